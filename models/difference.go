package models

import "formwandel/models/fields"

// Difference is one field that two versions hold differently. Each value is
// read by the questionnaire of its own time: 20 days are not 20 cents.
type Difference struct {
	Field    fields.Field // as the new value's questionnaire knows it, or the last one that did
	Was      fields.Field // as the old value's does
	Old, New fields.Value
}

// Sentence is the difference in one sentence; without a date for what has happened.
func (d Difference) Sentence(locale string) string {
	return d.Field.SentenceSince(d.Was, d.Old, d.New, fields.Effective{}, locale)
}

// filled is a form's values with the version of the questionnaire that asked for them.
type filled struct {
	definition int
	values     map[string]fields.Value
}

func (x filled) held(key string) held { return held{x.definition, x.values[key]} }

// held is the value of one field and the version of the questionnaire that asked for it.
type held struct {
	definition int
	value      fields.Value
}

// differences compares values in the order of the newer questionnaire. Of a
// protected field it says only that it changed.
func (c *catalogue) differences(assistant string, old, now filled) []Difference {
	out, seen := []Difference{}, map[string]bool{}
	compare := func(key string) {
		if d, differ := c.difference(assistant, key, old.held(key), now.held(key)); !seen[key] && differ {
			out = append(out, d)
		}
		seen[key] = true
	}
	if d := c.definition(assistant, max(old.definition, now.definition)); d != nil {
		for _, f := range d.Fields() {
			compare(f.Key)
		}
	}
	for _, k := range keysOfBoth(old.values, now.values) { // what the newer one does not ask for
		compare(k)
	}
	return out
}

// difference reads two values of a field, and tells whether they differ: other values do, also where both are concealed,
// and the same digits if they are days once and cents later. It has the label of the newer questionnaire.
func (c *catalogue) difference(assistant, key string, old, now held) (d Difference, differ bool) {
	was, knew := c.fieldOf(assistant, old.definition, key)
	f, knows := c.fieldOf(assistant, now.definition, key)
	switch {
	case !knew && !knows:
		f = unknownField(key, old.value, now.value)
		was = f
	case !knows:
		f = was
	case !knew:
		was = f
	}
	newer := now.definition
	if old.definition > newer {
		f.Label, newer = was.Label, old.definition
	}
	was.Label = f.Label
	differ = old.value != now.value
	if c.wasProtected(assistant, newer, key) || f.Type == fields.Protected {
		f.Type, was.Type = fields.Protected, fields.Protected
		return Difference{f, was, old.value.Concealed(), now.value.Concealed()}, differ
	}
	differ = differ || f.Type != was.Type && f.Display(now.value, "de") != was.Display(old.value, "de")
	return Difference{f, was, old.value, now.value}, differ
}

// fieldOf finds a field as a version's questionnaire knows it, or the last one
// before that did: a version may be the one that lost it.
func (c *catalogue) fieldOf(assistant string, version int, key string) (f fields.Field, known bool) {
	for v := version; v > 0; v-- {
		if f, ok := c.fieldIn(assistant, v, key); ok {
			return f, true
		}
	}
	return fields.Field{}, false
}

// wasProtected tells whether a questionnaire up to a version has ever protected a field: its older values stay so.
func (c *catalogue) wasProtected(assistant string, version int, key string) bool {
	for v := version; v > 0; v-- {
		if f, ok := c.fieldIn(assistant, v, key); ok && f.Type == fields.Protected {
			return true
		}
	}
	return false
}

// unknownField is a field that no questionnaire knows: what its values look like tells whether it was protected.
func unknownField(key string, old, now fields.Value) fields.Field {
	f := fields.Field{Key: key, Label: key, Type: fields.Text}
	if isSealed(old) || isSealed(now) {
		f.Type = fields.Protected
	}
	return f
}
