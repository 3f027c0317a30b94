package models

import (
	"errors"
	"strings"
)

// Kind is the sort of refusal; the edge turns it into a status code, once.
type Kind string

// The kinds of refusal.
const (
	NotFound     Kind = "not_found"    // missing, or not yours to know of
	Forbidden    Kind = "forbidden"    // yours to see, not yours to do
	Conflict     Kind = "conflict"     // the state or version is not what you decided on
	Invalid      Kind = "invalid"      // what you sent can't be used; Fields say why
	Malformed    Kind = "malformed"    // what you sent can't even be read
	Unauthorized Kind = "unauthorized" // nobody is signed in
	TooLarge     Kind = "too_large"    // more than the product takes
	Unsupported  Kind = "unsupported"  // a type of content the product does not take
	Busy         Kind = "busy"         // the database can't answer just now; try again
	Limited      Kind = "limited"      // too many tries; Args "seconds" and "time" say until when to wait
)

// Error is a refusal for people: a code with arguments, translated at the
// edge by the key "error.<Code>". Fields name what to mend, one by one.
type Error struct {
	Kind   Kind
	Code   string
	Args   map[string]any
	Fields []FieldError
}

// FieldError is one thing to mend: the field's path as the caller sent it,
// and a code translated by the key "field.<Code>".
type FieldError struct {
	Field string
	Code  string
	Args  map[string]any
}

// Error is for logs; people read the translation.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(string(e.Kind) + ": " + e.Code)
	for _, f := range e.Fields {
		b.WriteString(" [" + f.Field + ": " + f.Code + "]")
	}
	return b.String()
}

// IsKind tells whether err is a refusal of kind k.
func IsKind(err error, k Kind) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind == k
}

func notFound(code string) *Error { return &Error{Kind: NotFound, Code: code} }

func forbidden(code string, args ...any) *Error {
	return &Error{Kind: Forbidden, Code: code, Args: pairs(args)}
}

func conflict(code string, args ...any) *Error {
	return &Error{Kind: Conflict, Code: code, Args: pairs(args)}
}

func invalid(field, code string, args ...any) *Error {
	return &Error{Kind: Invalid, Code: "invalid", Fields: []FieldError{{Field: field, Code: code, Args: pairs(args)}}}
}

// findings collects field errors so that a person mends them all at once.
type findings []FieldError

func (f *findings) add(field, code string, args ...any) {
	*f = append(*f, FieldError{Field: field, Code: code, Args: pairs(args)})
}

// take adds what another refusal wants mended; any other error comes back.
func (f *findings) take(err error) error {
	var e *Error
	if !errors.As(err, &e) || e.Kind != Invalid {
		return err
	}
	*f = append(*f, e.Fields...)
	return nil
}

func (f findings) err() error {
	if len(f) == 0 {
		return nil
	}
	return &Error{Kind: Invalid, Code: "invalid", Fields: f}
}

// pairs turns "name", value, … into arguments.
func pairs(args []any) map[string]any {
	if len(args) == 0 {
		return nil
	}
	m := make(map[string]any, len(args)/2)
	for i := 0; i+1 < len(args); i += 2 {
		m[args[i].(string)] = args[i+1]
	}
	return m
}
