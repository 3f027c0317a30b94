package models

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"formwandel/models/fields"
)

// sha256Hex is the SHA-256 of a text, as hexadecimal digits.
func sha256Hex[T string | []byte](text T) string {
	sum := sha256.Sum256([]byte(text))
	var digits [2 * sha256.Size]byte
	hex.Encode(digits[:], sum[:])
	return string(digits[:])
}

// digest is the SHA-256 of the parts, each preceded by its length, so that
// no two lists of parts look alike.
func digest(parts ...string) string {
	var room [4 << 10]byte // on the stack: a version's content has about half of that
	text := room[:0]
	for _, p := range parts {
		text = appendPart(text, p)
	}
	return sha256Hex(text)
}

// appendPart appends a part of what is hashed, preceded by its length.
func appendPart[T string | []byte](text []byte, part T) []byte {
	text = append(strconv.AppendInt(text, int64(len(part)), 10), ':')
	return append(text, part...)
}

// stampLayout is an instant as it goes into a hash: UTC, microseconds.
const stampLayout = "2006-01-02T15:04:05.000000Z"

func stamp(t time.Time) string {
	var room [len(stampLayout)]byte
	return string(appendStamp(room[:0], t))
}

// appendStamp appends an instant as it goes into a hash. It is written by hand:
// a step stamps a score of them, and the library reads the layout anew each time.
func appendStamp(text []byte, t time.Time) []byte {
	t = t.UTC()
	year, month, day := t.Date()
	if year < 0 || year > 9999 {
		return t.AppendFormat(text, stampLayout)
	}
	hour, minute, second := t.Clock()
	text = append(appendDigits(text, year, 4), '-')
	text = append(appendDigits(text, int(month), 2), '-')
	text = append(appendDigits(text, day, 2), 'T')
	text = append(appendDigits(text, hour, 2), ':')
	text = append(appendDigits(text, minute, 2), ':')
	text = append(appendDigits(text, second, 2), '.')
	return append(appendDigits(text, t.Nanosecond()/1000, 6), 'Z')
}

// appendDigits appends the last digits of a number that is not negative.
func appendDigits(text []byte, n, digits int) []byte {
	for range digits {
		text = append(text, '0')
	}
	for i := len(text) - 1; digits > 0; i, digits = i-1, digits-1 {
		text[i] += byte(n % 10)
		n /= 10
	}
	return text
}

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

// rowHash is over a request's row, who has edited it and what its changes build on, of protected
// values also which they were, but for what follows from the rest: when the clock looks at it, whom it waits for.
func rowHash(r *Request) string { return digest(rowParts(r, true)...) }

// isRow tells whether a hash is that of a request's row; in events of older programs it is not over former protected values.
func isRow(hash string, r *Request) bool {
	return hash == rowHash(r) || hash == digest(rowParts(r, false)...)
}

func rowParts(r *Request, protected bool) []string {
	sections, _ := r.Sections.Value()      // a list of words has always a text
	parts := append(make([]string, 0, 64), // room for a request of a few changes
		r.Number, r.AGS, strconv.FormatInt(r.FormID, 10), r.Assistant, strconv.Itoa(r.Definition), string(r.Status), strconv.Itoa(r.Version), r.Reason, r.Wish,
		strconv.FormatBool(r.WishUnseen), r.Kind, r.Date.String(), r.Until.String(), fmt.Sprint(sections), strconv.Itoa(r.NeedMunicipality), strconv.Itoa(r.NeedProvider),
		strconv.Itoa(r.GivenMunicipality), strconv.Itoa(r.GivenProvider), r.Policy, r.ContentHash, strconv.FormatInt(r.AuthorID, 10), number(r.AssigneeID), number(r.Reverts),
		stamp(r.CreatedAt), stamped(r.SubmittedAt), stamped(r.ApprovedAt), stamped(r.AppliedAt), stamped(r.DueAt), stamped(r.ApplyAt), stamped(r.ReturnAt),
		strconv.FormatBool(r.Returned), r.AcceptBy.String(), r.AnswerBy.String(), strconv.Itoa(r.Reminded), number(r.Late), number(r.ConfigNumber), r.Conflicts,
	)
	if r.EmptiedAt != nil {
		parts = append(parts, "emptied", stamp(*r.EmptiedAt))
	}
	editors := slices.Clone(r.Editors)
	slices.Sort(editors)
	for _, id := range slices.Compact(editors) {
		parts = append(parts, "editor", strconv.FormatInt(id, 10))
	}
	for _, c := range r.Changes {
		parts = append(parts, "change", c.Field, number(c.BuildsOn))
		if protected && c.Type == fields.Protected {
			parts = append(parts, string(c.Old))
		}
	}
	return parts
}

// stamped is an instant as it goes into a hash; "" for none.
func stamped(t *time.Time) string {
	if t == nil {
		return ""
	}
	return stamp(*t)
}

// rowHash is over what a document's row says beside its content.
func (a *Attachment) rowHash() string {
	return digest(a.Name, a.Type, strconv.FormatInt(a.Size, 10), a.Blob, strconv.FormatInt(a.AuthorID, 10), stamp(a.At))
}

// seal chains an event to its predecessor.
func (e *Event) seal(prev string) {
	e.Prev = prev
	e.Hash = e.words()
}

// words is the hash of what an event says, and of the event before it.
func (e *Event) words() string {
	var room [4 << 10]byte // on the stack
	return sha256Hex(e.appendWords(room[:0]))
}

// intact tells whether an event's hash is that of its words; scratch is memory to work in, given back for the next.
func (e *Event) intact(scratch []byte) (bool, []byte) {
	var written [2 * sha256.Size]byte
	scratch = e.appendWords(scratch[:0])
	sum := sha256.Sum256(scratch)
	hex.Encode(written[:], sum[:])
	return string(written[:]) == e.Hash, scratch
}

// appendWords appends what an event's hash is over.
func (e *Event) appendWords(text []byte) []byte {
	var small [40]byte
	id := func(n *int64) []byte {
		if n == nil {
			return nil
		}
		return strconv.AppendInt(small[:0], *n, 10)
	}
	text = appendPart(appendPart(text, e.Prev), e.AGS)
	text = appendPart(text, id(&e.Seq))
	text = appendPart(text, id(e.RequestID))
	text = appendPart(text, id(e.FormID))
	text = appendPart(text, appendStamp(small[:0], e.At))
	text = appendPart(text, id(e.ActorID))
	text = appendPart(appendPart(appendPart(text, string(e.Action)), string(e.From)), string(e.To))
	text = appendPart(text, strconv.AppendInt(small[:0], int64(e.Version), 10))
	text = appendPart(text, e.typed())
	text = appendPart(text, strconv.AppendBool(small[:0], e.Internal))
	text = appendPart(text, e.Data)
	if e.Salt == "" {
		return text
	}
	return appendPart(text, "salted")
}

// seal chains a version to its predecessor.
func (c *Configuration) seal(prev string) {
	c.Prev = prev
	c.Hash = digest(prev, strconv.FormatInt(c.FormID, 10), strconv.FormatInt(c.Number, 10), c.Content, strconv.Itoa(c.Definition),
		strconv.FormatBool(c.Maintenance), c.Cause, number(c.RequestID), number(c.ActorID), stamp(c.At), stamp(c.Effective))
}

// content is the canonical text of a form's values; empty ones are left out.
func content(values map[string]fields.Value) string {
	return contentIn(slices.Sorted(maps.Keys(values)), values)
}

// contentIn is that text, of all keys in their order.
func contentIn(order []string, values map[string]fields.Value) string {
	size := len(`{}`)
	for k, v := range values {
		size += len(k) + len(v) + len(`,"":`)
	}
	var b strings.Builder
	b.Grow(size)
	b.WriteByte('{')
	for _, k := range order {
		v := values[k]
		if v == "" {
			continue
		}
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		b.WriteByte('"')
		b.WriteString(k) // keys are letters, digits, dots: see package definition
		b.WriteString(`":`)
		b.WriteString(string(v))
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
