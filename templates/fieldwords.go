package templates

import (
	"strings"

	"formwandel/models/definition"
	"formwandel/models/fields"
)

// NewQuestionnaire says a questionnaire in plain words.
func NewQuestionnaire(d *definition.Definition, lang string) []SectionWords {
	var out []SectionWords
	for _, s := range d.Sections {
		x := SectionWords{Section: s}
		for _, f := range s.Fields {
			w := FieldWords{Field: f, Kind: kindWords(f.Type, lang), Rules: RulesOf(f, lang)}
			if f.Default != "" {
				w.Shows = shorten(f.Display(f.Default, lang), longDefault)
			}
			x.Fields = append(x.Fields, w)
		}
		out = append(out, x)
	}
	return out
}

// longDefault is how much of a default value a page shows, in characters.
const longDefault = 120

func kindWords(t fields.Type, lang string) string {
	return Words(lang).Say("web.admin.type."+string(t), nil)
}

// RulesOf are a field's constraints as short sentences.
func RulesOf(f fields.Field, lang string) []string {
	r := rules{words: Words(lang), f: f}
	c := f.Constraints
	if f.Required {
		r.say("required")
	}
	r.bound("min", c.Min)
	r.bound("max", c.Max)
	r.number("min_length", c.MinLength)
	r.number("max_length", c.MaxLength)
	r.number("min_items", c.MinItems)
	r.number("max_items", c.MaxItems)
	r.text("pattern", c.PatternHint)
	r.text("hosts", strings.Join(c.Hosts, ", "))
	r.text("suffixes", strings.Join(c.Suffixes, ", "))
	r.text("placeholders", strings.Join(c.Placeholders, ", "))
	r.text("options", optionLabels(c.Options))
	r.text("columns", columnLabels(c.Columns))
	if c.Item != nil {
		r.text("item", kindWords(c.Item.Type, lang))
	}
	if c.Unique {
		r.say("unique")
	}
	if c.NotPast {
		r.say("not_past")
	}
	r.text("not_above", c.NotAbove)
	r.text("not_below", c.NotBelow)
	return r.out
}

// rules gathers sentences about one field.
type rules struct {
	words Catalogue
	f     fields.Field
	out   []string
}

func (r *rules) say(key string) { r.out = append(r.out, r.words.Say("web.admin.rule."+key, nil)) }

func (r *rules) text(key, value string) {
	if value != "" {
		r.out = append(r.out, r.words.Say("web.admin.rule."+key, map[string]any{"value": value}))
	}
}

func (r *rules) number(key string, n int) {
	if n > 0 {
		r.out = append(r.out, r.words.Say("web.admin.rule."+key, map[string]any{"value": n}))
	}
}

func (r *rules) bound(key string, v fields.Value) {
	if v != "" {
		r.text(key, r.f.Display(v, r.words.Lang()))
	}
}

func optionLabels(options []fields.Option) string {
	var out []string
	for _, o := range options {
		out = append(out, o.Label)
	}
	return strings.Join(out, ", ")
}

func columnLabels(columns []fields.Column) string {
	var out []string
	for _, c := range columns {
		out = append(out, c.Label)
	}
	return strings.Join(out, ", ")
}

// NewDifference says in words what one version of a questionnaire changes.
func NewDifference(c definition.Comparison, lang string) Difference {
	words := Words(lang)
	line := func(x definition.Change) FieldChange {
		return FieldChange{Section: x.Section, Label: x.Field.Label, Key: x.Field.Key, Kind: kindWords(x.Field.Type, lang)}
	}
	var d Difference
	for _, x := range c.Added {
		d.Added = append(d.Added, line(x))
	}
	for _, x := range c.Removed {
		d.Removed = append(d.Removed, line(x))
	}
	for _, x := range c.Changed {
		l := line(x)
		for _, what := range x.What {
			l.What = append(l.What, changeWords(words, what, x))
		}
		d.Changed = append(d.Changed, l)
	}
	return d
}

// changeWords says one thing that is different in a field, with the old and the new where they fit on a line.
func changeWords(words Catalogue, what string, x definition.Change) string {
	lang := words.Lang()
	pair := func(old, now string) string {
		if old == "" {
			old = words.Say("web.admin.nothing", nil)
		}
		if now == "" {
			now = words.Say("web.admin.nothing", nil)
		}
		return words.Say("web.admin.changed."+what, map[string]any{"old": shorten(old, longDefault), "new": shorten(now, longDefault)})
	}
	switch what {
	case "label":
		return pair(x.Was.Label, x.Field.Label)
	case "type":
		return pair(kindWords(x.Was.Type, lang), kindWords(x.Field.Type, lang))
	case "default":
		return pair(defaultShown(x.Was, lang), defaultShown(x.Field, lang))
	case "constraints":
		return pair(strings.Join(RulesOf(x.Was, lang), ", "), strings.Join(RulesOf(x.Field, lang), ", "))
	case "required", "configurable":
		is := x.Field.Required
		if what == "configurable" {
			is = x.Field.Configurable
		}
		if is {
			return words.Say("web.admin.changed."+what+".yes", nil)
		}
		return words.Say("web.admin.changed."+what+".no", nil)
	}
	return words.Say("web.admin.changed."+what, nil)
}

func defaultShown(f fields.Field, lang string) string {
	if f.Default == "" {
		return ""
	}
	return f.Display(f.Default, lang)
}
