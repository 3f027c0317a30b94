package models

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"strings"
)

// Checkpoints are mailed, and an auditor saves the mail as it came: with the line ends of mail,
// and its words wrapped and spelled as mail programs do (RFC 2045).

// deepest is how far parts of a mail may lie in others: forwarded, and forwarded again.
const deepest = 8

// plainWords are the words of a saved mail, or the text itself if it is none.
func plainWords(text []byte) ([]byte, error) {
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	if first, rest, _ := bytes.Cut(text, []byte("\n")); bytes.HasPrefix(first, []byte("From ")) {
		text = rest // as mailboxes of one file begin each mail
	}
	m, err := mail.ReadMessage(bytes.NewReader(text))
	if err != nil || m.Header.Get("Content-Type") == "" && m.Header.Get("Mime-Version") == "" {
		return text, nil //nolint:nilerr // what is no mail is a text
	}
	var out bytes.Buffer
	if err := writeWords(&out, textproto.MIMEHeader(m.Header), m.Body, deepest); err != nil {
		return nil, fmt.Errorf("the mail is broken: %w", err)
	}
	return bytes.ReplaceAll(out.Bytes(), []byte("\r\n"), []byte("\n")), nil
}

// writeWords writes what is plain text in a part of a mail.
func writeWords(out *bytes.Buffer, head textproto.MIMEHeader, body io.Reader, deep int) error {
	if deep == 0 {
		return errors.New("too many mails in mails")
	}
	kind, params, err := mime.ParseMediaType(head.Get("Content-Type"))
	if err != nil {
		kind = "text/plain" // what a mail is that does not say
	}
	switch strings.ToLower(strings.TrimSpace(head.Get("Content-Transfer-Encoding"))) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	switch {
	case kind == "text/plain":
		_, err = out.ReadFrom(body)
		out.WriteByte('\n')
		return err
	case kind == "message/rfc822":
		m, err := mail.ReadMessage(body)
		if err != nil {
			return err
		}
		return writeWords(out, textproto.MIMEHeader(m.Header), m.Body, deep-1)
	case strings.HasPrefix(kind, "multipart/"):
		parts := multipart.NewReader(body, params["boundary"])
		for {
			p, err := parts.NextRawPart()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err == nil {
				err = writeWords(out, p.Header, p, deep-1)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil // a picture, or the same words as a page
}
