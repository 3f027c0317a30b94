package handlers

import (
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
	"formwandel/templates"
)

// pickerSize is how many forms the picker shows on a page.
const pickerSize = 50

// pickForm lets a clerk pick the form that is to change.
func (d *door) pickForm(c *fiber.Ctx) error {
	q := strings.TrimSpace(c.Query("q"))
	forms, next, err := d.Store.FormsToFile(c.UserContext(), user(c), q, c.Query("cursor"), pickerSize)
	if err != nil {
		return err
	}
	p := &templates.FormPickerPage{Frame: d.frame(c, "web.filing.pick.title"), Q: q}
	for _, f := range forms {
		p.Forms = append(p.Forms, templates.FormChoice{Path: "/auftraege/neu/" + f.Assistant, Title: f.Title, Key: f.Assistant, Maintenance: f.Maintenance})
	}
	if next != "" {
		p.Next = "/auftraege/neu?q=" + url.QueryEscape(q) + "&cursor=" + url.QueryEscape(next)
	}
	if c.Query("cursor") != "" {
		p.First = "/auftraege/neu?q=" + url.QueryEscape(q)
	}
	return d.render(c, fiber.StatusOK, p)
}

// pickSections lets a clerk choose what of a form is to change.
func (d *door) pickSections(c *fiber.Ctx) error {
	return d.askSections(c, fiber.StatusOK, sectionsChosen{}, nil)
}

// sectionsChosen is what was chosen on the page of sections.
type sectionsChosen struct {
	sections []string
	wishing  bool
}

func chosenSections(c *fiber.Ctx) sectionsChosen {
	return sectionsChosen{postedAll(c, "abschnitt"), posted(c, "wunsch") != ""}
}

// askSections shows the page of sections for a request that is not there yet.
func (d *door) askSections(c *fiber.Ctx, status int, chosen sectionsChosen, problems []templates.Problem) error {
	u := user(c)
	if !u.May(models.FileRequests, u.AGS) {
		return notYours()
	}
	form, err := d.Store.Form(c.UserContext(), u, u.AGS, c.Params("assistant"))
	if err != nil {
		return err
	}
	p := &templates.SectionsPage{Wizard: templates.Wizard{Frame: d.frame(c, "web.filing.sections.title"), FormTitle: form.Title, Draft: true, Step: 1}}
	p.Action, p.Problems, p.Wishing = "/auftraege/neu/"+form.Assistant, problems, chosen.wishing
	p.Sections = templates.SectionChoices(form.Definition, chosen.sections)
	return d.render(c, status, p)
}

// fileDraft begins a draft with the sections that were chosen.
func (d *door) fileDraft(c *fiber.Ctx) error {
	u, chosen := user(c), chosenSections(c)
	if len(chosen.sections) == 0 {
		return d.askSections(c, fiber.StatusUnprocessableEntity, chosen, noSection(c))
	}
	where := func(k *models.Case) string { return fieldsPath(k.Number, chosen.wishing) }
	o := onceForm(c, where)
	in := models.FileInput{Form: u.AGS + "/" + c.Params("assistant"), Content: models.Content{Sections: &chosen.sections}, Once: o}
	out, err := d.Store.File(c.UserContext(), u, in)
	if err != nil {
		return err
	}
	return goOn(c, o, out, where)
}

// noSection says that a section has to be chosen.
func noSection(c *fiber.Ctx) []templates.Problem {
	return []templates.Problem{{Field: "abschnitt", Text: templates.Words(locale(c)).Say("web.filing.sections.none", nil)}}
}

// fieldsPath is the address of a request's fields, with the wish open or not.
func fieldsPath(number string, wishing bool) string {
	path := "/auftraege/" + number + "/bearbeiten/felder"
	if wishing {
		path += "?wunsch=1"
	}
	return path
}
