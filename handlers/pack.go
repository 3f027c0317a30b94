package handlers

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"io"

	"formwandel/models"
)

// packLimit bounds what a form carries back, unpacked.
const packLimit = 1 << 20

// pack makes text small enough to travel in a form, so that what was looked at is what is done.
func pack(text []byte) (string, error) {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(text); err != nil {
		return "", err
	}
	if err := w.Close(); err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(out.Bytes()), nil
}

// unpack reads it back, never more than the limit.
func unpack(packed string) ([]byte, error) {
	broken := &models.Error{Kind: models.Malformed, Code: "malformed"}
	raw, err := base64.RawURLEncoding.DecodeString(packed)
	if err != nil {
		return nil, broken
	}
	r, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return nil, broken
	}
	text, err := io.ReadAll(io.LimitReader(r, packLimit+1))
	if err != nil || len(text) > packLimit {
		return nil, broken
	}
	return text, nil
}
