package handlers

import (
	"net/url"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
	"formwandel/models/calendar"
	"formwandel/templates"
)

// How much of each list the pages about forms show.
const (
	formsPage     = 50
	versionsPage  = 50
	formVersions  = 5
	fieldPastPage = 30
)

// formsPage lists the forms that somebody may see.
func (d *door) formsPage(c *fiber.Ctx) error {
	u, f := user(c), models.FormFilter{Q: strings.TrimSpace(c.Query("q")), Municipality: c.Query("kommune"), Cursor: c.Query("cursor"), Limit: formsPage}
	lines, next, err := d.Store.FindForms(c.UserContext(), u, f)
	if err != nil {
		return err
	}
	p := &templates.FormsPage{Frame: d.frame(c, "web.forms.title"), Q: f.Q, AGS: f.Municipality}
	for _, l := range lines {
		h := templates.NewFormHead(l.Form, l.Title, l.Municipality)
		h.Planned = l.Planned
		p.Lines = append(p.Lines, h)
	}
	if u.AGS == "" {
		if p.Towns, err = d.Store.Towns(c.UserContext(), u); err != nil {
			return err
		}
	}
	p.First, p.Next = pageLinks("/formulare", url.Values{"q": {f.Q}, "kommune": {f.Municipality}}, f.Cursor, next)
	return d.render(c, fiber.StatusOK, p)
}

// pageLinks are the ways to a list's beginning, if one is not there, and to its next page.
func pageLinks(path string, query url.Values, cursor, next string) (first, more string) {
	for name, v := range query {
		if v[0] == "" {
			delete(query, name)
		}
	}
	if cursor != "" {
		first = withQuery(path, query)
	}
	if next != "" {
		query.Set("cursor", next)
		more = withQuery(path, query)
	}
	return first, more
}

func withQuery(path string, query url.Values) string {
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}

// formHere reads the form that a page's address names.
func (d *door) formHere(c *fiber.Ctx) (*models.FormView, templates.FormHead, error) {
	v, err := d.Store.Form(c.UserContext(), user(c), c.Params("ags"), c.Params("assistant"))
	if err != nil {
		return nil, templates.FormHead{}, err
	}
	return v, templates.NewFormHead(v.Form, v.Title, v.Municipality), nil
}

// formPage shows a form with everything that is going on with it.
func (d *door) formPage(c *fiber.Ctx) error {
	v, head, err := d.formHere(c)
	if err != nil {
		return err
	}
	u, lang := user(c), locale(c)
	p := &templates.FormPage{Frame: d.frame(c, "web.forms.title"), Form: head, MayFile: u.May(models.FileRequests, v.AGS)}
	p.Title = head.Title + " (" + head.Town + ")"
	p.Leika, p.LeikaPath = templates.Leika(v.Definition.Leika)
	p.Sections, p.Jump = templates.NewSections(v.Definition, v.Values, head.Path, c.Query("abschnitt"), lang)
	if err := d.workOn(c, v, p); err != nil {
		return err
	}
	vs, _, err := d.Store.Versions(c.UserContext(), u, v.AGS, v.Assistant, "", formVersions)
	for _, x := range vs {
		p.Versions = append(p.Versions, templates.NewVersionLine(x, head, lang))
	}
	if err != nil {
		return err
	}
	if p.MaySwitch, p.Lacking, err = d.allowed(c, models.SwitchMaintenance, v.AGS); err != nil {
		return err
	}
	p.Example, err = d.exampleDay(c)
	if err != nil {
		return err
	}
	return d.render(c, fiber.StatusOK, p)
}

// workOn fills in what is planned for a form and what is still being decided.
func (d *door) workOn(c *fiber.Ctx, v *models.FormView, p *templates.FormPage) error {
	w, err := d.Store.WorkOn(c.UserContext(), user(c), v.AGS, v.Assistant)
	if err != nil {
		return err
	}
	for _, e := range w.Planned {
		day := calendar.DayOf(*e.ApplyAt)
		line := templates.NewEntryLine(e.Entry, locale(c))
		line.Sentences = templates.Few(line.Sentences, listSentences)
		p.Planned = append(p.Planned, templates.PlannedLine{EntryLine: line, Day: day, Path: p.Form.Path + "/vergleich?tag=" + day.String(), Lost: e.Lost})
	}
	for _, e := range w.Open {
		line := templates.NewEntryLine(e, locale(c))
		line.Sentences = templates.Few(line.Sentences, listSentences)
		p.Open = append(p.Open, line)
	}
	if w.More {
		p.MoreWork = "/auftraege?" + url.Values{"municipality": {v.AGS}, "assistant": {v.Assistant}}.Encode()
	}
	return nil
}

// exampleDay is a day to come as people type it: the first of next January.
func (d *door) exampleDay(c *fiber.Ctx) (string, error) {
	now, err := d.Store.Now(c.UserContext())
	return calendar.NewDay(now.In(calendar.Berlin).Year()+1, time.January, 1).German(), err
}

// formDayPage shows a form on a day, and asks again for a day that is none.
func (d *door) formDayPage(c *fiber.Ctx) error {
	v, head, err := d.formHere(c)
	if err != nil {
		return err
	}
	p := &templates.DayPage{Frame: d.frame(c, "web.forms.day"), Form: head, Day: c.Query("tag")}
	if p.Example, err = d.exampleDay(c); err != nil {
		return err
	}
	day, err := calendar.ReadDay(p.Day)
	if err != nil {
		key := "web.forms.day_wrong"
		if p.Day == "" {
			key = "web.forms.day_missing"
		}
		p.Problems = []templates.Problem{{Field: "tag", Text: p.Say(key, "example", p.Example)}}
		return d.render(c, fiber.StatusUnprocessableEntity, p)
	}
	p.On = day
	p.Title = p.Say("web.forms.on_title", "title", head.Title, "day", templates.DayIn(p.Lang, day))
	on, err := d.Store.OnDay(c.UserContext(), user(c), v.AGS, v.Assistant, day)
	if models.IsKind(err, models.NotFound) {
		p.None = true
		return d.render(c, fiber.StatusOK, p)
	}
	if err != nil {
		return err
	}
	d.showDay(c, p, on)
	return d.render(c, fiber.StatusOK, p)
}

// showDay fills in a form as it is on a day.
func (d *door) showDay(c *fiber.Ctx, p *templates.DayPage, on *models.FormDay) {
	lang := locale(c)
	p.Past, p.Held = on.Past, on.Live
	p.Sections, p.Jump = templates.NewSections(on.Definition, on.Values, p.Form.Path, c.Query("abschnitt"), lang)
	for i := range p.Jump {
		p.Jump[i].Path = strings.Replace(p.Jump[i].Path, "?", "/am?tag="+on.Day.String()+"&", 1)
	}
	p.Mark(on.Changed, lang)
	for _, x := range on.Changed {
		l := templates.NewCompareLine(x.Difference, p.Form.Path, lang)
		l.By, l.Back = x.By, x.Back
		p.Changed = append(p.Changed, l)
	}
	if len(on.Changed) > 0 {
		p.Compare = p.Form.Path + "/vergleich?tag=" + on.Day.String()
	}
}
