package fields

import (
	"strings"

	"formwandel/models/calendar"
)

const (
	maxBytes    = 64 << 10 // of any value, raw or canonical
	maxItems    = 500      // of any list or table
	maxProblems = 20       // told at once
)

// Parse reads a value from JSON: canonical, or as a string what people type.
// null is no value. What it returns is canonical and satisfies the constraints,
// except NotPast.
func (f Field) Parse(raw []byte) (Value, error) {
	v, err := f.parse(raw)
	return v, at(err, f.Key)
}

func (f Field) parse(raw []byte) (Value, error) {
	if len(raw) > maxBytes {
		return "", refuse("too_big")
	}
	v, err := compact(raw)
	if err != nil {
		return "", refuse("not_json")
	}
	return bounded(f.take(v))
}

// ParseText reads a value from what people type in a form; as checked as Parse.
// Lists have an item, tables a row a line with cells between semicolons, sets of
// options commas between their values or labels.
func (f Field) ParseText(s string) (Value, error) {
	if len(s) > maxBytes {
		return "", at(refuse("too_big"), f.Key)
	}
	v, err := bounded(f.read(s))
	return v, at(err, f.Key)
}

// Check holds a canonical value against the definition again, on a day. Of a
// protected value, sealed by then, it sees only whether there is one.
func (f Field) Check(v Value, today calendar.Day) error {
	return at(f.check(v, today), f.Key)
}

func (f Field) check(v Value, today calendar.Day) error {
	if f.Type == Protected && v.isText() {
		return nil
	}
	again, err := f.parse([]byte(v.orNull()))
	if err != nil {
		return err
	}
	if again != v {
		return refuse("not_canonical")
	}
	if f.Constraints.NotPast && v != "" && dayOf(v).Before(today) {
		return refuse("in_the_past", "today", Shown{f, quote(today.String())})
	}
	return nil
}

// take reads compact JSON.
func (f Field) take(v Value) (Value, error) {
	k, known := kinds[f.Type]
	switch {
	case !known:
		return "", refuse("unknown_type")
	case v == "":
		return f.empty()
	case v.isText():
		return f.read(v.text())
	case k.take == nil:
		return "", refuse("wrong_type")
	}
	return f.accept(k.take(f, v))
}

// read reads what people type.
func (f Field) read(s string) (Value, error) {
	k, known := kinds[f.Type]
	if !known {
		return "", refuse("unknown_type")
	}
	if !k.raw {
		var err error
		if s, err = clean(s, k.lines); err != nil {
			return "", err
		}
	}
	if s == "" {
		return f.empty()
	}
	return f.accept(k.read(f, s))
}

func (f Field) accept(v Value, err error) (Value, error) {
	if err != nil {
		return "", err
	}
	if v == "" {
		return f.empty()
	}
	if err := kinds[f.Type].keep(f, v); err != nil {
		return "", err
	}
	return v, nil
}

// empty is no value, where that is allowed.
func (f Field) empty() (Value, error) {
	if f.Constraints.MinItems > 0 {
		return "", refuse("too_few_items", "min", f.Constraints.MinItems)
	}
	if f.Required {
		return "", refuse("required")
	}
	return "", nil
}

// bounded refuses a value that grew too big when it was written anew.
func bounded(v Value, err error) (Value, error) {
	if err == nil && len(v) > maxBytes {
		err = refuse("too_big")
	}
	if err != nil {
		return "", err
	}
	return v, nil
}

func (v Value) orNull() string {
	if v == "" {
		return "null"
	}
	return string(v)
}

// blank says that there is nothing but space in s.
func blank(s string) bool { return strings.TrimSpace(s) == "" }
