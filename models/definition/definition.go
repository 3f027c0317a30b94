// Package definition knows what of an online form a municipality can configure: sections and typed fields, as data files.
package definition

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"formwandel/models/fields"
)

// Definition is one version of an assistant's questionnaire; nobody changes it once it is read.
type Definition struct {
	Key      string    `json:"key"`
	Version  int       `json:"version"` // counts from 1, rises with every change
	Title    string    `json:"title"`
	Leika    string    `json:"leika,omitempty"`  // key of the service in the LeiKa catalogue, 14 digits
	Demo     bool      `json:"demo,omitzero"`    // its defaults are illustrative
	Source   string    `json:"source,omitempty"` // where its figures come from
	Sections []Section `json:"sections"`

	canonical []byte
	places    map[string]place
	bound     []fields.Field
}

// Section is a part of the questionnaire that a request can be about ("Abschnitt").
type Section struct {
	Key      string         `json:"key"`
	Title    string         `json:"title"`
	Help     string         `json:"help,omitempty"`
	Approval Approval       `json:"approval"`
	Fields   []fields.Field `json:"fields"`
}

// Approval is how many approvals a change in a section needs on each side.
type Approval struct {
	Municipality int `json:"municipality"` // 0 when absent
	Provider     int `json:"provider"`     // 1 when absent, never 0
}

// place is where a field stands: in which section, at which position.
type place struct{ section, field int }

// Field is the field of that key.
func (d *Definition) Field(key string) (fields.Field, bool) {
	at, ok := d.places[key]
	if !ok {
		return fields.Field{}, false
	}
	return d.Sections[at.section].Fields[at.field], true
}

// SectionOf is the section in which a field stands.
func (d *Definition) SectionOf(fieldKey string) (Section, bool) {
	at, ok := d.places[fieldKey]
	if !ok {
		return Section{}, false
	}
	return d.Sections[at.section], true
}

// Section is the section of that key.
func (d *Definition) Section(key string) (Section, bool) {
	for _, s := range d.Sections {
		if s.Key == key {
			return s, true
		}
	}
	return Section{}, false
}

// Fields are all fields in the order of the questionnaire.
func (d *Definition) Fields() []fields.Field {
	all := make([]fields.Field, 0, len(d.places))
	for _, s := range d.Sections {
		all = append(all, s.Fields...)
	}
	return all
}

// Defaults are the values of a new form; a field without a default is not in it.
func (d *Definition) Defaults() map[string]fields.Value {
	values := map[string]fields.Value{}
	for _, f := range d.Fields() {
		if f.Default != "" {
			values[f.Key] = f.Default
		}
	}
	return values
}

// JSON is the file the definition was read from in canonical form (RFC 8785), without $schema.
func (d *Definition) JSON() []byte { return slices.Clone(d.canonical) }

// Hash is the SHA-256 of JSON in hexadecimal digits: two definitions with the same hash say the same.
func (d *Definition) Hash() string {
	sum := sha256.Sum256(d.canonical)
	return hex.EncodeToString(sum[:])
}

// index remembers where each field stands; of two with the same key the first counts.
func (d *Definition) index() {
	d.places = map[string]place{}
	for i, s := range d.Sections {
		for j, f := range s.Fields {
			if _, twice := d.places[f.Key]; !twice {
				d.places[f.Key] = place{i, j}
			}
		}
	}
	d.bind()
}

// bind gathers the fields that are held against another one.
func (d *Definition) bind() {
	tied := map[string]bool{}
	for _, f := range d.Fields() {
		for _, other := range []string{f.Constraints.NotAbove, f.Constraints.NotBelow} {
			if other != "" {
				tied[f.Key], tied[other] = true, true
			}
		}
	}
	for _, f := range d.Fields() {
		if tied[f.Key] {
			d.bound = append(d.bound, f)
		}
	}
}

// Bound are the fields that are held against each other, in the questionnaire's order.
func (d *Definition) Bound() []fields.Field { return d.bound }
