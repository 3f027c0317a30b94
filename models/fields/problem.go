package fields

import (
	"errors"
	"maps"
	"strings"
)

// Problem is a refusal that a person can act on. The sentence for it stands in
// the locales under "field.<code>"; Path names the field, and the row and column
// in it: "gebuehren.positionen[2].betrag".
type Problem struct {
	Path string
	Code string
	Args map[string]any
}

// Error is the problem for operators: place and code, never a value.
func (p Problem) Error() string {
	return strings.TrimPrefix(p.Path+": "+p.Code, ": ")
}

// Problems are the refusals within an error, nil if it is of another kind.
func Problems(err error) []Problem {
	var one Problem
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		var all []Problem
		for _, e := range many.Unwrap() {
			all = append(all, Problems(e)...)
		}
		return all
	}
	if errors.As(err, &one) {
		return []Problem{one}
	}
	return nil
}

// Detail is the problem as a sentence in a language. say gives the words of a key
// such as "field.too_large" in that language, with the arguments filled in.
func (p Problem) Detail(locale string, say func(key string, args map[string]any) string) string {
	told := make(map[string]any, len(p.Args)+1)
	for name, arg := range p.Args {
		if s, ok := arg.(Shown); ok {
			arg = s.In(locale)
		}
		told[name] = arg
	}
	detail := say("field."+p.Code, told)
	if _, ok := p.Args["line"]; !ok {
		return detail
	}
	told["detail"] = detail
	if _, ok := p.Args["column"]; ok {
		return say("field.at_cell", told)
	}
	return say("field.at_line", told)
}

// Shown is a value in the arguments of a problem, written in the reader's
// language; printed without one it is German.
type Shown struct {
	field Field
	value Value
}

// Shown is a value for the arguments of what people read: written when their language is known.
func (f Field) Shown(v Value) Shown { return Shown{f, v} }

// In is the value as people of that language write it.
func (s Shown) In(locale string) string { return s.field.Display(s.value, locale) }

// String is the value in German.
func (s Shown) String() string { return s.In("de") }

// MarshalText lets arguments travel as JSON, in German.
func (s Shown) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// refuse makes a problem from its code and pairs of name and argument.
func refuse(code string, pairs ...any) error {
	return Problem{Code: code, Args: named(pairs)}
}

// named are pairs of name and argument as a map.
func named(pairs args) map[string]any {
	byName := make(map[string]any, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		byName[pairs[i].(string)] = pairs[i+1]
	}
	return byName
}

// at puts the problems of err under a path and adds arguments that tell people
// where it is.
func at(err error, path string, pairs ...any) error {
	if err == nil {
		return nil
	}
	var placed []error
	for _, p := range Problems(err) {
		where := named(pairs)
		maps.Copy(where, p.Args)
		placed = append(placed, Problem{Path: path + p.Path, Code: p.Code, Args: where})
	}
	if len(placed) == 1 {
		return placed[0]
	}
	return errors.Join(placed...)
}
