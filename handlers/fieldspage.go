package handlers

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
	"formwandel/models/definition"
	"formwandel/models/fields"
	"formwandel/templates"
)

// fieldsPage shows the fields of the chosen sections, live value beside new value.
func (d *door) fieldsPage(c *fiber.Ctx, k *desk) error { return d.showFields(c, k, asShown) }

func (d *door) showFields(c *fiber.Ctx, k *desk, a attempt) error {
	p := &templates.FieldsPage{Wizard: d.wizard(c, k, "web.filing.fields.title"), FormKey: k.FormKey}
	if err := d.put(c, k, &p.Wizard, a); err != nil {
		return err
	}
	in := saved(k.Sheet)
	if a.values == nil {
		a.values = k.typed[k.page].Values
	}
	in = in.over(k.Sheet, a.values)
	for _, s := range k.Definition.Sections {
		if slices.Contains(k.Sections, s.Key) {
			p.Sections = append(p.Sections, fieldSection(&p.Frame, k.Sheet, s, in))
			p.Tables = p.Tables || slices.ContainsFunc(s.Fields, func(f fields.Field) bool { return f.Type == fields.Table && f.Configurable })
		}
	}
	p.Wish, p.Wishing = in.one("wunsch"), in.one("wunsch") != "" || c.Query("wunsch") != ""
	if user(c).IsProvider() {
		p.Asking, p.Wish = k.Wish, ""
	}
	return d.render(c, a.status, p)
}

func fieldSection(fr *templates.Frame, k *models.Sheet, s definition.Section, in inputs) templates.FieldSection {
	out := templates.FieldSection{Key: s.Key, Title: s.Title, Help: s.Help}
	for _, f := range s.Fields {
		row := templates.NewFieldRow(fr, f, in)
		row.Live = f.Display(k.Live[f.Key], fr.Lang)
		if f.Type == fields.Protected {
			row.Live = fr.Say("web.filing.secret")
		}
		for _, coming := range k.Coming[f.Key] {
			row.Coming = append(row.Coming, templates.ComingLine(fr, f, coming))
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

// saveFields takes the new values. A field that nobody touched is no change.
func (d *door) saveFields(c *fiber.Ctx, k *desk) error {
	again := func(k *desk, a attempt) error { return d.showFields(c, k, a) }
	in := typedInputs(c)
	if posted(c, "zeile") != "" {
		return d.giveBack(c, k, attempt{status: fiber.StatusOK}, again)
	}
	changes := changesOfPage(c, k.Sheet, in)
	content := models.Content{Changes: &changes}
	wish, asked := in["wunsch"]
	if asked && !user(c).IsProvider() {
		content.Wish = &wish[0]
	}
	if posted(c, "version") == strconv.Itoa(k.Version) && sameChanges(k.Sheet, changes) && (content.Wish == nil || sameText(*content.Wish, k.Wish)) {
		if len(changes) == 0 && sameText(k.Wish, "") && posted(c, "zurueck") == "" {
			problem := templates.Problem{Field: "felder", Text: templates.Words(locale(c)).Say("web.filing.fields.none", nil)}
			if c.Query("wunsch") != "" {
				problem.Field = "wunsch" // it was asked for on the page before
			}
			return d.giveBack(c, k, attempt{status: fiber.StatusUnprocessableEntity, problems: []templates.Problem{problem}}, again)
		}
		return d.goOnUnsaved(c, k)
	}
	return d.save(c, k, content, again)
}

// changesOfPage are the changes that the page asks for, and those of fields that were not on it.
func changesOfPage(c *fiber.Ctx, k *models.Sheet, in inputs) []models.ChangeInput {
	out := []models.ChangeInput{}
	for _, f := range k.Definition.Fields() {
		old, had := changeOf(k, f.Key)
		switch {
		case !f.Configurable:
		case f.Type == fields.Protected:
			if secret := posted(c, templates.FieldInput(f)); secret != "" {
				raw, _ := json.Marshal(secret) // a text
				out = append(out, models.ChangeInput{Field: f.Key, New: raw})
			} else if had && in.one("wegwerfen-"+f.Key) == "" {
				out = append(out, kept(old))
			}
		case !in.has(f):
			if had {
				out = append(out, kept(old))
			}
		default:
			if ci, ok := in.change(k, f); ok {
				out = append(out, ci)
			}
		}
	}
	return out
}

// kept is a change that stays as it is; a protected value can't be sent back and is named only.
func kept(ch models.Change) models.ChangeInput {
	if ch.Type == fields.Protected || ch.New == "" {
		return models.ChangeInput{Field: ch.Field, New: []byte("null")}
	}
	return models.ChangeInput{Field: ch.Field, New: []byte(ch.New)}
}

// change is what a field's inputs ask for, if it is something else than what holds.
func (in inputs) change(k *models.Sheet, f fields.Field) (models.ChangeInput, bool) {
	in.tidy(f)
	if !in.touched(f) {
		return models.ChangeInput{}, false
	}
	raw := in.raw(f)
	if v, err := f.Parse(raw); err == nil && v == k.Old[f.Key] {
		return models.ChangeInput{}, false
	}
	return models.ChangeInput{Field: f.Key, New: raw}, true
}

// sameChanges tells whether a request holds exactly these changes already.
func sameChanges(k *models.Sheet, in []models.ChangeInput) bool {
	if len(in) != len(k.Changes) {
		return false
	}
	for _, ci := range in {
		f, _ := k.Definition.Field(ci.Field)
		old, had := changeOf(k, ci.Field)
		v, err := f.Parse(ci.New)
		if f.Type == fields.Protected && string(ci.New) == "null" {
			v, err = old.New, nil
		}
		if !had || err != nil || v != old.New {
			return false
		}
	}
	return true
}

func sameText(a, b string) bool {
	return strings.TrimSpace(strings.ReplaceAll(a, "\r\n", "\n")) == b
}

// placed is where in a field a problem is: gebuehren.positionen[2].betrag.
var placed = regexp.MustCompile(`^(.*?)\[(\d+)\](?:\.(.+))?$`)

// otherInputs are the inputs of what is no field of the form.
var otherInputs = map[string]string{
	"wish": "wunsch", "reason": "grund", "effective": "datum", "effective.date": "datum", "effective.kind": "art", "effective.until": "befristet",
}

// problemsOf places what is to be mended at its input.
func (d *door) problemsOf(c *fiber.Ctx, k *desk, list []models.FieldError) []templates.Problem {
	details := fieldsOf(list, templates.Words(locale(c)))
	out := make([]templates.Problem, 0, len(list))
	for _, p := range details {
		key, line, column := p.Field, "", ""
		if m := placed.FindStringSubmatch(key); m != nil {
			key, line, column = m[1], m[2], m[3]
		}
		f, known := k.Definition.Field(key)
		at, text := otherInputs[key], p.Detail
		if known {
			at = inputAt(f, line, column)
			if !strings.Contains(text, f.Label) {
				text = f.Label + ": " + text
			}
		}
		if !slices.ContainsFunc(out, func(o templates.Problem) bool { return at != "" && o.Field == at }) {
			out = append(out, templates.Problem{Field: at, Text: text})
		}
	}
	return out
}

// inputAt is the id of the input for a place in a field.
func inputAt(f fields.Field, line, column string) string {
	if f.Type != fields.Table {
		return templates.FieldInput(f)
	}
	if column == "" && len(f.Constraints.Columns) > 0 {
		column = f.Constraints.Columns[0].Key
	}
	i, err := strconv.Atoi(line)
	if err != nil {
		i = 0 // the table as a whole
	}
	return templates.CellInput(f, i, column)
}
