package definition

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json"

	"formwandel/models/fields"
)

// The shapes of keys; assistant.schema.json says the same.
var (
	keyShape     = regexp.MustCompile(`^[A-Za-z0-9-]{3,60}$`)
	leikaShape   = regexp.MustCompile(`^(99[0-9]{12})?$`)
	sectionShape = regexp.MustCompile(`^[a-z0-9_]{1,40}$`)
	fieldShape   = regexp.MustCompile(`^[a-z0-9_]+\.[A-Za-z0-9_.]+$`)
)

const (
	maxTitle     = 100 // characters
	maxHelp      = 1000
	maxKey       = 100
	maxVersion   = 1_000_000
	maxApprovals = 9
)

// check finds all that is wrong with a definition that could be read.
func (d *Definition) check(rep *report) {
	shape(rep, "/key", d.Key, keyShape)
	shape(rep, "/leika", d.Leika, leikaShape)
	words(rep, "/title", d.Title, 1, maxTitle)
	words(rep, "/source", d.Source, 0, maxHelp)
	if d.Version < 1 || d.Version > maxVersion {
		rep.add("/version", "must be a number from 1 to %d", maxVersion)
	}
	if d.Demo && d.Source == "" {
		rep.add("/source", "demo data must say that it is: a sentence is missing")
	}
	if n := len(d.Sections); n < 1 || n > maxSections {
		rep.add("/sections", "must be 1 to %d sections, not %d", maxSections, n)
	}
	if n := len(d.Fields()); n > maxFields {
		rep.add("/sections", "must have at most %d fields, not %d", maxFields, n)
	}
	first := map[string]int{}
	for i, s := range d.Sections {
		path := fmt.Sprintf("/sections/%d", i)
		if j, twice := first[s.Key]; twice && s.Key != "" {
			rep.add(path+"/key", "%q is already the key of /sections/%d", s.Key, j)
		} else {
			first[s.Key] = i
		}
		d.checkSection(rep, path, s, i)
	}
	d.checkDefaultsTogether(rep)
}

func (d *Definition) checkSection(rep *report, path string, s Section, i int) {
	shape(rep, path+"/key", s.Key, sectionShape)
	words(rep, path+"/title", s.Title, 1, maxTitle)
	words(rep, path+"/help", s.Help, 0, maxHelp)
	if m := s.Approval.Municipality; m < 0 || m > maxApprovals {
		rep.add(path+"/approval/municipality", "must be 0 to %d", maxApprovals)
	}
	if p := s.Approval.Provider; p < 1 || p > maxApprovals {
		rep.add(path+"/approval/provider", "must be 1 to %d: the provider always approves", maxApprovals)
	}
	if len(s.Fields) == 0 {
		rep.add(path+"/fields", "must have at least one field")
	}
	for j, f := range s.Fields {
		at := fmt.Sprintf("%s/fields/%d", path, j)
		if !strings.HasPrefix(f.Key, s.Key+".") || !fieldShape.MatchString(f.Key) || len(f.Key) > maxKey {
			rep.add(at+"/key", "must be %q and a name of letters, digits, _ and dots, at most %d characters", s.Key+".", maxKey)
		} else if first := d.places[f.Key]; first != (place{i, j}) {
			rep.add(at+"/key", "%q is already the key of /sections/%d/fields/%d", f.Key, first.section, first.field)
		}
		d.checkField(rep, at, f)
	}
}

func (d *Definition) checkField(rep *report, at string, f fields.Field) {
	words(rep, at+"/label", f.Label, 1, maxTitle)
	words(rep, at+"/help", f.Help, 0, maxHelp)
	words(rep, at+"/reason", f.Reason, 0, maxHelp)
	words(rep, at+"/example", f.Example, 0, maxHelp)
	if !f.Configurable && f.Reason == "" {
		rep.add(at+"/reason", "a field that nobody may change must say why")
	}
	if f.Type == fields.Protected && f.Example != "" {
		rep.add(at+"/example", "a protected field has no example")
	}
	d.checkOther(rep, at+"/constraints/not_above", f, f.Constraints.NotAbove)
	d.checkOther(rep, at+"/constraints/not_below", f, f.Constraints.NotBelow)
	bare := f
	bare.Default = "" // checkDefault says more about it
	if err := bare.Validate(); err != nil {
		rep.addUnsound(at, f, err)
		return
	}
	d.checkDefault(rep, at+"/default", f)
}

// checkOther checks that the field to compare with exists and can be compared.
func (d *Definition) checkOther(rep *report, at string, f fields.Field, key string) {
	if key == "" {
		return
	}
	other, there := d.Field(key)
	switch {
	case !there:
		rep.add(at, "there is no field %q", key)
	case key == f.Key:
		rep.add(at, "a field cannot be compared with itself")
	case other.Type != f.Type:
		rep.add(at, "%q is %s, not %s", key, other.Type, f.Type)
	}
}

func (d *Definition) checkDefault(rep *report, at string, f fields.Field) {
	switch {
	case f.Default == "":
		return
	case f.Type == fields.Protected:
		rep.add(at, "a protected field has no default")
		return
	}
	value, err := f.Parse([]byte(f.Default))
	if err != nil {
		rep.addProblems(at, f.Key, err)
		return
	}
	if !sameJSON(value, f.Default) {
		rep.add(at, "must be written %s", value)
		return
	}
	here := d.places[f.Key]
	d.Sections[here.section].Fields[here.field].Default = value
}

// sameJSON says that two values differ in nothing but the order of members and empty cells.
func sameJSON(a, b fields.Value) bool {
	var x, y any
	if json.Unmarshal([]byte(a), &x) != nil || json.Unmarshal([]byte(b), &y) != nil {
		return a == b
	}
	return reflect.DeepEqual(withoutNulls(x), withoutNulls(y))
}

// withoutNulls takes the empty cells out of the rows of a table.
func withoutNulls(v any) any {
	rows, _ := v.([]any)
	for _, row := range rows {
		if cells, ok := row.(map[string]any); ok {
			maps.DeleteFunc(cells, func(_ string, cell any) bool { return cell == nil })
		}
	}
	return v
}

func shape(rep *report, path, text string, want *regexp.Regexp) {
	if !want.MatchString(text) {
		rep.add(path, "%.80q does not match %s", text, want)
	}
}

// words checks a text that people read.
func words(rep *report, path, text string, least, most int) {
	n := utf8.RuneCountInString(text)
	switch {
	case n < least || strings.TrimSpace(text) != text:
		rep.add(path, "must be a text of 1 to %d characters without blanks around it", most)
	case n > most:
		rep.add(path, "has %d characters, at most %d are allowed", n, most)
	case strings.ContainsFunc(text, unicode.IsControl):
		rep.add(path, "must be one line without control characters")
	}
}
