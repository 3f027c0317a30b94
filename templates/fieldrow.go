package templates

import (
	"slices"
	"strconv"
	"strings"

	"formwandel/models"
	"formwandel/models/calendar"
	"formwandel/models/fields"
)

// FieldRow is one field on a page: what holds, and an input for what shall hold.
type FieldRow struct {
	ID, Key     string
	Kind        string // line, box, pick, yes, many, table, secret, fixed
	Label, Help string
	Required    bool
	Live        string   // what holds now
	Coming      []string // what others will change
	Reason      string   // why nobody may change it
	Error       string
	Before      string // mark of what the field held when the page was made
	Value       string // as typed
	Mode        string // of the keyboard on a telephone
	Rows        int
	Hints       bool // the server has something to say about it while one types
	Options     []FieldOption
	Columns     []string
	Lines       []TableLine
	Filled      bool // a protected value was entered
	Described   string
}

// FieldOption is one choice.
type FieldOption struct {
	ID, Value, Label string
	Chosen           bool
}

// TableLine is a row of a table with an input in each cell.
type TableLine struct {
	N     int
	Cells []TableCell
}

// TableCell is an input in a table.
type TableCell struct {
	ID, Name, Label, Value, Error, Mode string
	Options                             []FieldOption // a choice instead of an input
}

// FieldInput is the name and the id of a field's input. That of a protected one
// says so: what is typed there is never sent back.
func FieldInput(f fields.Field) string {
	if f.Type == fields.Protected {
		return "geheim-" + f.Key
	}
	return "f-" + f.Key
}

// CellInput is the id of an input in a table; its name leaves the line out.
func CellInput(f fields.Field, line int, column string) string {
	return FieldInput(f) + "." + strconv.Itoa(line) + "." + column
}

// NewFieldRow makes a row out of a field and what stands in its inputs.
func NewFieldRow(fr *Frame, f fields.Field, typed map[string][]string) FieldRow {
	r := FieldRow{ID: FieldInput(f), Key: f.Key, Kind: "line", Label: f.Label, Help: f.Help, Required: f.Required || f.Constraints.MinItems > 0, Reason: f.Reason}
	if f.Type == fields.List {
		r.Help = strings.TrimSpace(r.Help + " " + fr.Say("web.filing.list_help"))
	}
	if f.Example != "" {
		r.Help = strings.TrimSpace(r.Help + " " + fr.Say("web.filing.example", "example", example(f)))
	}
	if !f.Configurable {
		r.Kind = "fixed"
		return r
	}
	r.Error, r.Value, r.Before = fr.At(r.ID), first(typed[r.ID]), first(typed["alt-"+f.Key])
	r.shape(fr, f, typed)
	for _, part := range []struct {
		suffix string
		there  bool
	}{{"-hint", r.Help != ""}, {"-live", true}, {"-error", r.Error != ""}} {
		if part.there {
			r.Described = strings.TrimSpace(r.Described + " " + r.ID + part.suffix)
		}
	}
	return r
}

// example is a field's example as people would type it.
func example(f fields.Field) string {
	if v, err := f.ParseText(f.Example); err == nil && f.Type == fields.Date {
		return f.Text(v)
	}
	return f.Example
}

// shape gives the row the input that fits the type.
func (r *FieldRow) shape(fr *Frame, f fields.Field, typed map[string][]string) {
	switch f.Type {
	case fields.Markdown:
		r.Kind, r.Rows = "box", boxRows(r.Value, 6)
	case fields.List:
		r.Kind, r.Rows = "box", boxRows(r.Value, 4)
	case fields.Enum:
		r.Kind, r.Options = "pick", choices(fr, f, r.Value, !r.Required)
	case fields.Bool:
		r.Kind, r.Options = "yes", yesNo(fr, r.ID, r.Value, !r.Required)
	case fields.EnumSet:
		r.Kind, r.Options = "many", options(fr, f, typed[r.ID], false)
		for i := range r.Options {
			r.Options[i].ID = optionID(r.ID, i)
		}
	case fields.Table:
		r.Kind = "table"
		r.lines(fr, f, typed)
	case fields.Protected:
		r.Kind, r.Filled = "secret", len(typed["hat-"+f.Key]) > 0
	default:
		r.Mode, r.Hints = modes[f.Type], f.Type != fields.Text
	}
}

// modes are the keyboards of telephones that fit a type.
var modes = map[fields.Type]string{
	fields.Money: "decimal", fields.Decimal: "decimal", fields.Integer: "numeric", fields.URL: "url", fields.Email: "email", fields.Phone: "tel",
}

func boxRows(text string, least int) int {
	return min(max(least, 1+strings.Count(text, "\n")+len([]rune(text))/70), 16)
}

// optionID is the id of a choice: the first has the field's own, so that a problem's link leads to it.
func optionID(field string, i int) string {
	if i == 0 {
		return field
	}
	return field + "." + strconv.Itoa(i)
}

func options(fr *Frame, f fields.Field, chosen []string, empty bool) []FieldOption {
	var out []FieldOption
	if empty {
		out = append(out, FieldOption{Label: fr.Say("web.filing.empty"), Chosen: first(chosen) == ""})
	}
	for _, o := range f.Constraints.Options {
		out = append(out, FieldOption{Value: o.Value, Label: o.Label, Chosen: slices.Contains(chosen, o.Value)})
	}
	return out
}

// choices are those of which one is chosen; what is chosen is among them even if the questionnaire has dropped it.
func choices(fr *Frame, f fields.Field, chosen string, empty bool) []FieldOption {
	out := options(fr, f, []string{chosen}, empty || chosen == "")
	if !slices.ContainsFunc(out, func(o FieldOption) bool { return o.Chosen }) {
		out = append([]FieldOption{{Value: chosen, Label: chosen, Chosen: true}}, out...)
	}
	return out
}

func yesNo(fr *Frame, id, chosen string, empty bool) []FieldOption {
	out := []FieldOption{{Value: "ja", Label: fr.Say("web.filing.yes")}, {Value: "nein", Label: fr.Say("web.filing.no")}}
	if empty {
		out = append(out, FieldOption{Label: fr.Say("web.filing.empty")})
	}
	for i := range out {
		out[i].ID, out[i].Chosen = optionID(id, i), out[i].Value == chosen
	}
	return out
}

// spareLine is how many empty rows a table ends with.
const spareLine = 1

// lines are the rows of a table and one to add another.
func (r *FieldRow) lines(fr *Frame, f fields.Field, typed map[string][]string) {
	n := spareLine
	for _, c := range f.Constraints.Columns {
		r.Columns = append(r.Columns, c.Label)
		n = max(n, len(typed[r.ID+"."+c.Key])+spareLine)
	}
	for i := range n {
		line := TableLine{N: i + 1}
		for _, c := range f.Constraints.Columns {
			line.Cells = append(line.Cells, r.cell(fr, f, c, i, at(typed[r.ID+"."+c.Key], i)))
		}
		r.Lines = append(r.Lines, line)
	}
}

func (r *FieldRow) cell(fr *Frame, f fields.Field, c fields.Column, line int, value string) TableCell {
	cell := TableCell{ID: CellInput(f, line, c.Key), Name: r.ID + "." + c.Key, Value: value, Mode: modes[c.Type]}
	cell.Error = fr.At(cell.ID)
	cell.Label = fr.Say("web.filing.cell", "column", c.Label, "line", line+1)
	switch c.Type {
	case fields.Bool:
		cell.Options = append([]FieldOption{{Label: "–", Chosen: value == ""}}, yesNo(fr, "", value, false)...)
	case fields.Enum:
		cell.Options = append([]FieldOption{{Label: "–", Chosen: value == ""}}, options(fr, fields.Field{Constraints: c.Constraints}, []string{value}, false)...)
	}
	return cell
}

// ComingLine says what another request will change, and when.
func ComingLine(fr *Frame, f fields.Field, c models.Coming) string {
	key := "web.filing.coming"
	if c.Back {
		key = "web.filing.coming_back"
	}
	words := Words(fr.Lang)
	return fr.Say(key, "day", dayIn(words, calendar.DayOf(c.At)), "value", f.Display(c.Value, words.Lang()), "number", c.Number)
}

func first(list []string) string { return at(list, 0) }

func at(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return ""
}
