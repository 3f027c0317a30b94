package definition

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"formwandel/models/fields"
)

// contradictions are the problems between values that are compared with each other (not_above, not_below).
func (d *Definition) contradictions(values map[string]fields.Value) []fields.Problem {
	all := d.Fields()
	changed := map[string]bool{}
	for _, f := range all {
		changed[f.Key] = true
	}
	return fields.CheckTogether(all, values, changed)
}

func (d *Definition) checkDefaultsTogether(rep *report) {
	for _, p := range d.contradictions(d.Defaults()) {
		at := d.places[p.Path]
		rep.note(unfit(fmt.Sprintf("/sections/%d/fields/%d/default", at.section, at.field), p))
	}
}

// unsound are the findings of package fields about a field's definition: where they stand and what they say.
var unsound = map[string]struct{ place, words string }{
	"def_key":         {"/key", "must be letters, digits, _ and dots, at most 100 characters"},
	"def_label":       {"/label", "must be a visible text on one line"},
	"def_reason":      {"/reason", "a field that nobody may change must say why"},
	"def_type":        {"/type", "unknown type, or not allowed here"},
	"def_constraint":  {"/constraints", "has no meaning for this type"},
	"def_pattern":     {"/constraints/pattern", "must be an RE2 expression of at most 500 characters, together with a pattern_hint"},
	"def_bounds":      {"/constraints", "bounds must be values of the type and leave room between them"},
	"def_placeholder": {"/constraints/placeholders", "must be names of letters, digits, _, - and dots, without ${ }"},
	"def_options":     {"/constraints/options", "must be 1 to 500 choices that differ in value and label, values without commas"},
	"def_item":        {"/constraints/item", "a list must say what its items are"},
	"def_columns":     {"/constraints/columns", "a table must have 1 to 20 columns with different keys and with labels"},
}

// addUnsound notes what package fields found in the definition of the field that stands at a place.
func (r *report) addUnsound(at string, f fields.Field, err error) {
	for _, p := range fields.Problems(err) {
		known, ok := unsound[p.Code]
		if !ok {
			known.words = sentence(p)
		}
		path := at + part(f, p.Path) + known.place
		if name, ok := p.Args["name"].(string); ok {
			path += "/" + name
		}
		if !r.has(path) {
			r.add(path, "%s", known.words)
		}
	}
}

// part is the place of a list's item or a table's column within the definition of its field.
func part(f fields.Field, path string) string {
	switch rest := strings.TrimPrefix(path, f.Key); {
	case rest == "":
		return ""
	case rest == "[]":
		return "/constraints/item"
	default:
		i := slices.IndexFunc(f.Constraints.Columns, func(c fields.Column) bool { return "."+c.Key == rest })
		return fmt.Sprintf("/constraints/columns/%d", max(i, 0))
	}
}

// addProblems notes what package fields found in a value of the field that stands at a place.
func (r *report) addProblems(at, key string, err error) {
	for _, p := range fields.Problems(err) {
		place := at
		for _, step := range steps.FindAllString(strings.TrimPrefix(p.Path, key), -1) {
			place += "/" + step
		}
		r.note(unfit(place, p))
	}
}

// unfit is the finding that a value does not fit.
func unfit(path string, p fields.Problem) Finding {
	return Finding{Path: path, Message: sentence(p), problem: p}
}

// steps are the parts of the path of a problem: .name and [0].
var steps = regexp.MustCompile(`[^.\[\]]+`)

// sentence is a problem for operators, where nobody has better words: its code and its arguments, "too large (max 20,00 €)".
func sentence(p fields.Problem) string {
	var args []string
	for _, name := range slices.Sorted(maps.Keys(p.Args)) {
		args = append(args, fmt.Sprintf("%s %v", name, p.Args[name]))
	}
	text := strings.ReplaceAll(p.Code, "_", " ")
	if len(args) > 0 {
		text += " (" + strings.Join(args, ", ") + ")"
	}
	return text
}
