package models

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"formwandel/models/fields"
)

// digest is the SHA-256 of the parts, each preceded by its length, so that
// no two lists of parts look alike.
func digest(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write(strconv.AppendInt(nil, int64(len(p)), 10))
		h.Write([]byte{':'})
		h.Write([]byte(p))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// stamp is an instant as it goes into a hash: UTC, microseconds.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }

// number is an id as it goes into a hash; "" for none.
func number(id *int64) string {
	if id == nil {
		return ""
	}
	return strconv.FormatInt(*id, 10)
}

// canonical is the one JSON text of a value (RFC 8785): keys sorted, no space.
func canonical(v any) (string, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	j := jsontext.Value(b)
	if err := j.Canonicalize(); err != nil {
		return "", err
	}
	return string(j), nil
}

// contentHash is over everything an approval agrees to: the form, its
// questionnaire, when, which sections, which new values. The old values are
// the system's own reckoning and stay outside.
func contentHash(r *Request) string {
	parts := []string{strconv.FormatInt(r.FormID, 10), strconv.Itoa(r.Definition), r.Kind, r.Date.String(), r.Until.String()}
	for _, s := range r.Sections {
		parts = append(parts, "section", s)
	}
	for _, c := range r.Changes {
		parts = append(parts, "change", c.Field, string(c.New))
	}
	return digest(parts...)
}

// seal chains an event to its predecessor.
func (e *Event) seal(prev string) {
	e.Prev = prev
	e.Hash = digest(prev, e.AGS, strconv.FormatInt(e.Seq, 10), number(e.RequestID), number(e.FormID), stamp(e.At),
		number(e.ActorID), string(e.Action), string(e.From), string(e.To), strconv.Itoa(e.Version), e.Comment,
		strconv.FormatBool(e.Internal), e.Data)
}

// seal chains a version to its predecessor.
func (c *Configuration) seal(prev string) {
	c.Prev = prev
	c.Hash = digest(prev, strconv.FormatInt(c.FormID, 10), strconv.FormatInt(c.Number, 10), c.Content, strconv.Itoa(c.Definition),
		strconv.FormatBool(c.Maintenance), c.Cause, number(c.RequestID), number(c.ActorID), stamp(c.At), stamp(c.Effective))
}

// content is the canonical text of a form's values; empty ones are left out.
func content(values map[string]fields.Value) string {
	var b strings.Builder
	b.WriteByte('{')
	for _, k := range slices.Sorted(maps.Keys(values)) {
		if values[k] == "" {
			continue
		}
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		b.WriteString(`"` + k + `":` + string(values[k])) // keys are letters, digits, dots: see package definition
	}
	b.WriteByte('}')
	return b.String()
}

// valuesOf reads a form's values back from their text.
func valuesOf(content string) (map[string]fields.Value, error) {
	var m map[string]json.RawMessage
	if err := json.Unmarshal([]byte(content), &m); err != nil {
		return nil, err
	}
	out := make(map[string]fields.Value, len(m))
	for k, v := range m {
		out[k] = fields.Value(v)
	}
	return out, nil
}

// randomHex is n random bytes as hexadecimal text.
func randomHex(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails (crypto/rand since Go 1.24)
	return hex.EncodeToString(b)
}
