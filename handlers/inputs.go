package handlers

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
	"formwandel/models/fields"
	"formwandel/templates"
)

// inputs is what stands in the inputs of a page, by name.
type inputs map[string][]string

// typable are the inputs that people type into, and those beside them that say what stood there; of fields by how their names begin.
var (
	typable   = []string{"wunsch", "grund", "datum", "befristet", "art", "abschnitt"}
	typableOf = []string{"f-", "alt-", "hat-", "weg-", "wegwerfen-"}
)

// typedInputs is what a form sent of what people type into its page, without what is secret. What has another name is nobody's.
func typedInputs(c *fiber.Ctx) inputs {
	in := inputs{}
	for name, value := range c.Context().PostArgs().All() {
		n := string(name)
		if slices.Contains(typable, n) || slices.ContainsFunc(typableOf, func(begin string) bool { return strings.HasPrefix(n, begin) }) {
			in[n] = append(in[n], string(value))
		}
	}
	return in
}

// one is what stands in an input.
func (in inputs) one(name string) string { return in.at(name, 0) }

// at is what stands in one of several inputs of a name.
func (in inputs) at(name string, i int) string {
	if v := in[name]; i < len(v) {
		return v[i]
	}
	return ""
}

// fill writes a value into a field's inputs, as people would type it.
func (in inputs) fill(f fields.Field, v fields.Value) {
	id := templates.FieldInput(f)
	switch f.Type {
	case fields.Protected: // is never shown
	case fields.EnumSet:
		in[id] = nil
		for _, item := range itemsOf(v) {
			in[id] = append(in[id], textOf(item))
		}
	case fields.Table:
		for _, col := range f.Constraints.Columns {
			in[id+"."+col.Key] = nil
			cell := fields.Field{Type: col.Type, Constraints: col.Constraints}
			for _, row := range rowsOf(v) {
				in[id+"."+col.Key] = append(in[id+"."+col.Key], cell.Text(row[col.Key]))
			}
		}
	default:
		in[id] = []string{f.Text(v)}
	}
}

func itemsOf(v fields.Value) (out []fields.Value) {
	_ = json.Unmarshal([]byte(v), &out) // what is no list has no items
	return out
}

func rowsOf(v fields.Value) (out []map[string]fields.Value) {
	_ = json.Unmarshal([]byte(v), &out) // what is no table has no rows
	return out
}

func textOf(v fields.Value) (s string) {
	_ = json.Unmarshal([]byte(v), &s) // what is no text is empty
	return s
}

// tidy takes the empty rows out of a table, and those that are to be deleted.
func (in inputs) tidy(f fields.Field) {
	if f.Type != fields.Table {
		return
	}
	id, gone := templates.FieldInput(f), in["weg-"+f.Key]
	kept := map[string][]string{}
	for i := range in.height(f) {
		row, blank := map[string]string{}, true
		for _, col := range f.Constraints.Columns {
			name := id + "." + col.Key
			row[name] = in.at(name, i)
			blank = blank && strings.TrimSpace(row[name]) == ""
		}
		if blank || slices.Contains(gone, itoa(int64(i))) {
			continue
		}
		for _, col := range f.Constraints.Columns {
			name := id + "." + col.Key
			kept[name] = append(kept[name], row[name])
		}
	}
	for _, col := range f.Constraints.Columns {
		in[id+"."+col.Key] = kept[id+"."+col.Key]
	}
	delete(in, "weg-"+f.Key)
}

// height is how many rows a table has.
func (in inputs) height(f fields.Field) int {
	n := 0
	for _, col := range f.Constraints.Columns {
		n = max(n, len(in[templates.FieldInput(f)+"."+col.Key]))
	}
	return n
}

// raw is what stands in a field's inputs as the store reads it.
func (in inputs) raw(f fields.Field) []byte {
	id := templates.FieldInput(f)
	var v any = strings.ReplaceAll(in.one(id), "\r\n", "\n")
	switch f.Type {
	case fields.EnumSet:
		v = append([]string{}, in[id]...)
	case fields.Table:
		rows := [][]string{}
		for i := range in.height(f) {
			row := []string{}
			for _, col := range f.Constraints.Columns {
				row = append(row, in.at(id+"."+col.Key, i))
			}
			rows = append(rows, row)
		}
		v = rows
	}
	b, _ := json.Marshal(v) // texts
	return b
}

// mark is a short sign for what stands in a field's inputs.
func (in inputs) mark(f fields.Field) string { return markRaw(in.raw(f)) }

// markOf is the mark of a field with one input, whichever it is: a text, or a list of texts.
func markOf(v any) string {
	if s, ok := v.(string); ok {
		v = strings.ReplaceAll(s, "\r\n", "\n")
	}
	raw, _ := json.Marshal(v) // texts
	return markRaw(raw)
}

func markRaw(raw []byte) string {
	sum := sha256.Sum256([]byte(strings.Join(strings.Fields(string(raw)), " ")))
	return hex.EncodeToString(sum[:6])
}

// has tells whether a field was on the page.
func (in inputs) has(f fields.Field) bool { return len(in["alt-"+f.Key]) > 0 }

// touched tells whether somebody has put something else into a field's inputs than stood there when the page was made.
func (in inputs) touched(f fields.Field) bool { return in.mark(f) != in.one("alt-"+f.Key) }

// saved is what stands in the inputs of a request as it was saved.
func saved(k *models.Sheet) inputs {
	in := inputs{"wunsch": {k.Wish}}
	for _, f := range k.Definition.Fields() {
		if !f.Configurable {
			continue
		}
		in.fill(f, k.Old[f.Key])
		in["alt-"+f.Key] = []string{in.mark(f)}
		if ch, ok := changeOf(k, f.Key); ok {
			in.fill(f, ch.New)
			if f.Type == fields.Protected {
				in["hat-"+f.Key] = []string{"1"}
			}
		}
	}
	return in
}

func changeOf(k *models.Sheet, field string) (models.Change, bool) {
	for _, ch := range k.Changes {
		if ch.Field == field {
			return ch, true
		}
	}
	return models.Change{}, false
}

// over lays what somebody typed over what was saved; what was not touched follows the live value.
func (in inputs) over(k *models.Sheet, typed inputs) inputs {
	for _, f := range k.Definition.Fields() {
		if !f.Configurable || !typed.has(f) {
			continue
		}
		typed.tidy(f)
		if !typed.touched(f) {
			in.fill(f, k.Old[f.Key])
			continue
		}
		id := templates.FieldInput(f)
		in[id] = typed[id]
		for _, col := range f.Constraints.Columns {
			in[id+"."+col.Key] = typed[id+"."+col.Key]
		}
	}
	if w, ok := typed["wunsch"]; ok {
		in["wunsch"] = w
	}
	return in
}
