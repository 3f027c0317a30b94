// Package fields knows the types of configurable fields: how their values are
// read from people and machines, checked, stored, shown and compared.
package fields

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Type is the kind of values a field holds.
type Type string

// The types of fields.
const (
	Text      Type = "text"      // one line
	Markdown  Type = "markdown"  // several lines, no HTML, links https only
	URL       Type = "url"       // https, a public host
	Email     Type = "email"     // a bare address
	Phone     Type = "phone"     // E.164
	Money     Type = "money"     // integer cents, never negative
	Integer   Type = "integer"   // up to 15 digits
	Decimal   Type = "decimal"   // exact, up to 18 digits
	Date      Type = "date"      // "2027-01-01"
	Bool      Type = "bool"      // true, false
	Enum      Type = "enum"      // the value of one option
	EnumSet   Type = "enum_set"  // values of options in the definition's order
	List      Type = "list"      // items of one scalar type
	Table     Type = "table"     // rows of scalar columns
	IBAN      Type = "iban"      // compact, upper case
	Protected Type = "protected" // a secret: written, never shown
)

// Field is one thing of a form that can be configured.
type Field struct {
	Key          string      `json:"key"`
	Label        string      `json:"label"`
	Type         Type        `json:"type"`
	Configurable bool        `json:"configurable"`     // true when absent
	Reason       string      `json:"reason,omitempty"` // why nobody may change it
	Help         string      `json:"help,omitempty"`
	Example      string      `json:"example,omitempty"`
	Required     bool        `json:"required,omitzero"` // may not be emptied
	Default      Value       `json:"default,omitzero"`
	Constraints  Constraints `json:"constraints,omitzero"`
}

// Constraints narrow the values of a field; each belongs to certain types.
type Constraints struct {
	Min          Value    `json:"min,omitzero"`           // money (cents), integer, decimal, date
	Max          Value    `json:"max,omitzero"`           // the same
	MinLength    int      `json:"min_length,omitzero"`    // characters of a text
	MaxLength    int      `json:"max_length,omitzero"`    // characters of a text
	Pattern      string   `json:"pattern,omitempty"`      // RE2, matches the whole text
	PatternHint  string   `json:"pattern_hint,omitempty"` // the same as a sentence for people
	Hosts        []string `json:"hosts,omitempty"`        // url: the only hosts allowed
	Suffixes     []string `json:"suffixes,omitempty"`     // url: endings of the path, ".pdf"
	Placeholders []string `json:"placeholders,omitempty"` // text, markdown: the only ${names} allowed
	Options      []Option `json:"options,omitempty"`      // enum, enum_set
	MinItems     int      `json:"min_items,omitzero"`     // list, table, enum_set
	MaxItems     int      `json:"max_items,omitzero"`     // the same; never above 500
	Unique       bool     `json:"unique,omitzero"`        // items of a list, first column of a table
	Item         *Item    `json:"item,omitempty"`         // list
	Columns      []Column `json:"columns,omitempty"`      // table
	NotPast      bool     `json:"not_past,omitzero"`      // date, asked by Check only
	NotAbove     string   `json:"not_above,omitempty"`    // key of a field this one may not exceed
	NotBelow     string   `json:"not_below,omitempty"`    // key of a field this one may not fall below
}

// Option is one choice of an enum.
type Option struct {
	Value string `json:"value"`
	Label string `json:"label"`
}

// Item describes the items of a list.
type Item struct {
	Type        Type        `json:"type"`
	Constraints Constraints `json:"constraints,omitzero"`
}

// Column describes one column of a table.
type Column struct {
	Key         string      `json:"key"`
	Label       string      `json:"label"`
	Type        Type        `json:"type"`
	Required    bool        `json:"required,omitzero"`
	Constraints Constraints `json:"constraints,omitzero"`
}

// plain is a Field without its JSON methods.
type plain Field

// UnmarshalJSON reads a field definition strictly: an unknown name is an error,
// and a field is configurable unless it says otherwise.
func (f *Field) UnmarshalJSON(b []byte) error {
	*f = Field{Configurable: true}
	return json.Unmarshal(b, (*plain)(f), json.RejectUnknownMembers(true))
}

// UnmarshalJSONFrom does the same within a larger document.
func (f *Field) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	*f = Field{Configurable: true}
	return json.UnmarshalDecode(d, (*plain)(f), json.RejectUnknownMembers(true))
}

// field is the item at position i of list f, seen as a field of its own.
func (it Item) field(f Field) Field {
	return Field{Key: f.Key, Label: f.Label, Type: it.Type, Required: true, Constraints: it.Constraints}
}

func (c Column) field() Field {
	return Field{Key: c.Key, Label: c.Label, Type: c.Type, Required: c.Required, Constraints: c.Constraints}
}
