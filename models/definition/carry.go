package definition

import (
	"maps"
	"slices"

	"github.com/go-json-experiment/json"

	"formwandel/models/calendar"
	"formwandel/models/fields"
)

// Lost is a value that has no place in another version of the definition.
type Lost struct {
	Field string
	Label string // the key when nobody knows the label any more
	Value string // as people read it in German; empty for a protected value
	Code  string // why: CodeRemoved, CodeType, CodeFixed, or the code of a fields.Problem
}

// The reasons why a value is lost beside the problems of package fields.
const (
	CodeRemoved = "field_removed"  // the field is gone
	CodeColumn  = "column_removed" // a column of the table is gone, the rest is kept
	CodeType    = "type_changed"   // the value would mean something else
	CodeFixed   = "field_fixed"    // nobody may change the field any more
)

// Carry takes a form's values from one version of the definition to d: values that still fit are kept, new fields get
// their default, those that do not fit are listed and replaced by the default. A day that was not past when it was
// entered still fits. What a protected value was is told to nobody.
func (d *Definition) Carry(from *Definition, values map[string]fields.Value, today calendar.Day) (kept map[string]fields.Value, lost []Lost) {
	kept = map[string]fields.Value{}
	for _, f := range d.Fields() {
		was, known := from.Field(f.Key)
		if !known {
			was = f
		}
		old := values[f.Key]
		if known && old == "" && !f.Required && f.Configurable {
			continue // emptied on purpose
		}
		value, code := fit(was, f, old, today)
		if value == "" {
			value = f.Default
		}
		if value != "" {
			kept[f.Key] = value
		}
		if code != "" && value != old {
			lost = append(lost, loss(was, old, code, f.Type == fields.Protected))
		}
	}
	lost = append(lost, d.untangle(kept)...)
	return kept, append(lost, d.removed(from, values)...)
}

// fit is a value of field was as a value of f; the code says why it, or a part of it, has no place there.
func fit(was, f fields.Field, old fields.Value, today calendar.Day) (fields.Value, string) {
	switch {
	case old == "":
		return "", ""
	case !f.Configurable && !was.Configurable && f.Type != fields.Protected:
		return "", "" // never was the municipality's
	case !f.Configurable && f.Type != fields.Protected:
		return "", CodeFixed
	case !sameMeaning(was, f):
		return "", CodeType
	case f.Type == fields.Protected:
		return old, "" // sealed: nobody can look at it
	}
	f.Constraints.NotPast = false
	slim, code := withoutColumns(f, old)
	value, err := f.Parse([]byte(slim))
	if err == nil {
		err = f.Check(value, today)
	}
	if problems := fields.Problems(err); len(problems) > 0 {
		return "", problems[0].Code
	}
	return value, code
}

// withoutColumns takes the cells out of a table that no longer have a column.
func withoutColumns(f fields.Field, old fields.Value) (fields.Value, string) {
	var rows []map[string]fields.Value
	if f.Type != fields.Table || json.Unmarshal([]byte(old), &rows) != nil {
		return old, ""
	}
	code := ""
	for _, row := range rows {
		maps.DeleteFunc(row, func(key string, cell fields.Value) bool {
			gone := !slices.ContainsFunc(f.Constraints.Columns, func(c fields.Column) bool { return c.Key == key })
			if gone && cell != "" {
				code = CodeColumn
			}
			return gone
		})
	}
	slim, err := json.Marshal(rows)
	if err != nil {
		return old, ""
	}
	return fields.Value(slim), code
}

// written are the types whose values are texts that read the same under each of them.
var written = []fields.Type{fields.Text, fields.Markdown, fields.URL, fields.Email, fields.Phone, fields.IBAN, fields.Enum}

// sameMeaning says that a value of one field says the same in the other: 2500 as money is not 2500 days, and a
// secret never becomes readable.
func sameMeaning(a, b fields.Field) bool {
	if !sameType(a.Type, b.Type) {
		return false
	}
	switch a.Type {
	case fields.List:
		return a.Constraints.Item == nil || b.Constraints.Item == nil ||
			sameType(a.Constraints.Item.Type, b.Constraints.Item.Type)
	case fields.Table:
		for _, column := range a.Constraints.Columns {
			same := func(c fields.Column) bool { return c.Key == column.Key && !sameType(c.Type, column.Type) }
			if slices.ContainsFunc(b.Constraints.Columns, same) {
				return false
			}
		}
	}
	return true
}

func sameType(a, b fields.Type) bool {
	return a == b || slices.Contains(written, a) && slices.Contains(written, b)
}

// untangle takes out values that contradict another one (not_above, not_below) and lists them.
func (d *Definition) untangle(kept map[string]fields.Value) (lost []Lost) {
	for _, p := range d.contradictions(kept) {
		if f, ok := d.Field(p.Path); ok && kept[f.Key] != "" {
			lost = append(lost, loss(f, kept[f.Key], p.Code, false))
			delete(kept, f.Key)
		}
	}
	return lost
}

// removed lists the values of fields that d does not have.
func (d *Definition) removed(from *Definition, values map[string]fields.Value) (lost []Lost) {
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if _, still := d.Field(key); still || values[key] == "" {
			continue
		}
		if was, known := from.Field(key); known {
			lost = append(lost, loss(was, values[key], CodeRemoved, false))
		} else {
			lost = append(lost, Lost{Field: key, Label: key, Code: CodeRemoved})
		}
	}
	return lost
}

func loss(f fields.Field, v fields.Value, code string, secret bool) Lost {
	l := Lost{Field: f.Key, Label: f.Label, Code: code}
	if f.Type != fields.Protected && !secret {
		l.Value = f.Display(v, "de")
	}
	return l
}
