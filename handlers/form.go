package handlers

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
	"formwandel/models/definition"
	"formwandel/models/fields"
	"formwandel/templates"
)

// formJSON is a form with its questionnaire and its live values.
type formJSON struct {
	Form         string                  `json:"form"`
	Title        string                  `json:"title"`
	Municipality municipalityLink        `json:"municipality"`
	Assistant    string                  `json:"assistant"`
	Version      int64                   `json:"version"`
	Definition   int                     `json:"definition"`
	Maintenance  bool                    `json:"maintenance"`
	Date         string                  `json:"date,omitempty"`
	Values       map[string]fields.Value `json:"values"`
	Sections     []sectionJSON           `json:"sections"`
}

type sectionJSON struct {
	Key      string       `json:"key"`
	Title    string       `json:"title"`
	Help     string       `json:"help"`
	Approval approvalNeed `json:"approval"`
	Fields   []fieldJSON  `json:"fields"`
}

type approvalNeed struct {
	Municipality int `json:"municipality"`
	Provider     int `json:"provider"`
}

type fieldJSON struct {
	Key          string             `json:"key"`
	Label        string             `json:"label"`
	Type         fields.Type        `json:"type"`
	Value        fields.Value       `json:"value"`
	Display      string             `json:"display"`
	Configurable bool               `json:"configurable"`
	Reason       string             `json:"reason"`
	Required     bool               `json:"required"`
	Help         string             `json:"help"`
	Example      string             `json:"example"`
	Constraints  fields.Constraints `json:"constraints"`
}

func formOf(v *models.FormView, locale string) formJSON {
	return formJSON{
		Form: v.Key(), Title: v.Title, Municipality: municipalityLink{v.AGS, v.Municipality}, Assistant: v.Assistant, Version: v.Live,
		Definition: v.Form.Definition, Maintenance: v.Maintenance, Values: v.Values, Sections: sectionsOf(v.Definition, v.Values, locale),
	}
}

func sectionsOf(d *definition.Definition, values map[string]fields.Value, locale string) []sectionJSON {
	out := make([]sectionJSON, 0, len(d.Sections))
	for _, s := range d.Sections {
		j := sectionJSON{Key: s.Key, Title: s.Title, Help: s.Help, Approval: approvalNeed(s.Approval), Fields: make([]fieldJSON, 0, len(s.Fields))}
		for _, f := range s.Fields {
			display := values[f.Key]
			if f.Type == fields.Protected {
				display = fields.Concealed // whether it is set is not told
			}
			j.Fields = append(j.Fields, fieldJSON{
				f.Key, f.Label, f.Type, values[f.Key], f.Display(display, locale), f.Configurable, f.Reason, f.Required, f.Help, f.Example, f.Constraints,
			})
		}
		out = append(out, j)
	}
	return out
}

// formEntry is a form as a list shows it.
type formEntry struct {
	Form         string           `json:"form"`
	Title        string           `json:"title"`
	Municipality municipalityLink `json:"municipality"`
	Assistant    string           `json:"assistant"`
	Version      int64            `json:"version"`
	Maintenance  bool             `json:"maintenance"`
}

// forms lists the forms the caller may see.
func (d *door) forms(c *fiber.Ctx) error {
	cursor, limit, err := page(c, "municipality", "assistant")
	if err != nil {
		return err
	}
	fs, next, err := d.Store.Forms(c.UserContext(), user(c), c.Query("municipality"), c.Query("assistant"), cursor, limit)
	return show(c, pageOf(fs, next, func(f models.FormEntry) formEntry {
		return formEntry{f.Key(), f.Title, municipalityLink{f.AGS, f.Municipality}, f.Assistant, f.Live, f.Maintenance}
	}), err)
}

// form shows a form.
func (d *door) form(c *fiber.Ctx) error {
	v, err := d.Store.Form(c.UserContext(), user(c), c.Params("ags"), c.Params("assistant"))
	if err != nil {
		return err
	}
	return show(c, formOf(v, locale(c)), nil)
}

// formOn shows a form as it is on a day.
func (d *door) formOn(c *fiber.Ctx) error {
	v, err := d.Store.FormOn(c.UserContext(), user(c), c.Params("ags"), c.Params("assistant"), c.Params("date"))
	if err != nil {
		return err
	}
	out := formOf(v, locale(c))
	out.Date = c.Params("date")
	return show(c, out, nil)
}

// versionJSON is a version of a form.
type versionJSON struct {
	Version     int64                   `json:"version"`
	At          time.Time               `json:"at"`
	Effective   time.Time               `json:"effective"`
	Cause       string                  `json:"cause"`
	Request     *string                 `json:"request"`
	Actor       models.Person           `json:"actor"`
	Definition  int                     `json:"definition"`
	Maintenance bool                    `json:"maintenance"`
	Hash        string                  `json:"hash"`
	Previous    string                  `json:"previous"`
	Values      map[string]fields.Value `json:"values,omitempty"`
}

func versionOf(v models.Version) versionJSON {
	out := versionJSON{
		Version: v.Number, At: v.At.UTC(), Effective: v.Effective.UTC(), Cause: v.Cause, Actor: v.Actor, Definition: v.Configuration.Definition,
		Maintenance: v.Maintenance, Hash: v.Hash, Previous: v.Prev,
	}
	if v.Request != "" {
		out.Request = &v.Request
	}
	return out
}

// versions lists a form's versions, newest first.
func (d *door) versions(c *fiber.Ctx) error {
	cursor, limit, err := page(c)
	if err != nil {
		return err
	}
	vs, next, err := d.Store.Versions(c.UserContext(), user(c), c.Params("ags"), c.Params("assistant"), cursor, limit)
	return show(c, pageOf(vs, next, versionOf), err)
}

// version shows one version with its values.
func (d *door) version(c *fiber.Ctx) error {
	n, err := number(c, "n")
	if err != nil {
		return err
	}
	v, err := d.Store.Version(c.UserContext(), user(c), c.Params("ags"), c.Params("assistant"), n)
	if err != nil {
		return err
	}
	out := versionOf(*v)
	out.Values = v.Values
	return show(c, out, nil)
}

// diffJSON compares two versions.
type diffJSON struct {
	From    int64            `json:"from"`
	To      int64            `json:"to"`
	Changes []differenceJSON `json:"changes"`
}

type differenceJSON struct {
	Field    string       `json:"field"`
	Label    string       `json:"label"`
	Old      fields.Value `json:"old"`
	New      fields.Value `json:"new"`
	Sentence string       `json:"sentence"`
}

// diff compares two versions field by field.
func (d *door) diff(c *fiber.Ctx) error {
	if err := known(c, "from", "to"); err != nil {
		return err
	}
	from, err := required(c, "from")
	if err != nil {
		return err
	}
	to, err := required(c, "to")
	if err != nil {
		return err
	}
	ds, err := d.Store.Diff(c.UserContext(), user(c), c.Params("ags"), c.Params("assistant"), from, to)
	if err != nil {
		return err
	}
	out := diffJSON{from, to, []differenceJSON{}}
	for _, x := range ds {
		out.Changes = append(out.Changes, differenceJSON{x.Field.Key, x.Field.Label, unprotected(x.Field.Type, x.Old), unprotected(x.Field.Type, x.New), templates.SentenceOf(x, locale(c))})
	}
	return show(c, out, nil)
}

// required reads a number that has to be there.
func required(c *fiber.Ctx, name string) (int64, error) {
	n, err := queryNumber(c, name)
	if err == nil && n == 0 {
		err = &models.Error{Kind: models.Invalid, Code: "invalid", Fields: []models.FieldError{{Field: name, Code: "parameter_required"}}}
	}
	return n, err
}

type maintenanceBody struct {
	On *bool `json:"on"`
}

// maintain switches maintenance mode.
func (d *door) maintain(c *fiber.Ctx) error {
	var b maintenanceBody
	if err := bind(c, &b); err != nil {
		return err
	}
	if b.On == nil {
		return &models.Error{Kind: models.Invalid, Code: "invalid", Fields: []models.FieldError{{Field: "on", Code: "on_required"}}}
	}
	l := locale(c)
	render := func(v *models.FormView) answer { return answer{status: fiber.StatusOK, body: formOf(v, l)} }
	o, err := once(c, render)
	if err != nil {
		return err
	}
	out, err := d.Store.Maintain(c.UserContext(), user(c), c.Params("ags"), c.Params("assistant"), *b.On, o)
	return reply(c, o, out, err, render)
}
