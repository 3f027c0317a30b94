package handlers

import (
	"slices"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
	"formwandel/models/fields"
	"formwandel/templates"
)

// checkPage shows everything once more, word for word, before it is sent.
func (d *door) checkPage(c *fiber.Ctx, k *desk) error { return d.showCheck(c, k, asShown) }

func (d *door) showCheck(c *fiber.Ctx, k *desk, a attempt) error {
	p := &templates.CheckPage{Wizard: d.wizard(c, k, "web.filing.check.title"), ContentHash: k.ContentHash, Wish: k.Wish, Reason: k.Reason, Maintenance: k.Maintenance}
	if err := d.put(c, k, &p.Wizard, a); err != nil {
		return err
	}
	rivals, err := d.Store.Rivals(c.UserContext(), user(c), k.Number)
	if err != nil {
		return err
	}
	for _, r := range rivals {
		p.Rivals = append(p.Rivals, templates.NewEntryLine(r, p.Lang))
	}
	files, err := d.Store.Attachments(c.UserContext(), user(c), k.Number)
	if err != nil {
		return err
	}
	for _, f := range files {
		p.Files = append(p.Files, f.Name)
	}
	p.MaySubmit = slices.Contains(k.Can, models.Submit)
	p.Fill(k.Sheet)
	p.Missing = append(p.Missing, k.leftovers(&p.Frame)...)
	return d.render(c, a.status, p)
}

// leftovers are pages on which something was typed that is not in the request.
func (k *desk) leftovers(fr *templates.Frame) []templates.CheckGap {
	var out []templates.CheckGap
	for _, page := range []string{fieldsStep, whenStep} {
		if kept, ok := k.typed[page]; ok && k.differs(page, kept.Values) {
			out = append(out, templates.CheckGap{Text: fr.Say("web.filing.check.typed." + page), Path: k.base() + "/" + page + "?von=" + checkStep})
		}
	}
	return out
}

// differs tells whether what was typed into a page says something else than the request.
func (k *desk) differs(page string, typed inputs) bool {
	if page == whenStep {
		was := k.whenAsSaved()
		for name := range was {
			if v, ok := typed[name]; ok && !sameText(v[0], was.one(name)) {
				return true
			}
		}
		return false
	}
	was := saved(k.Sheet)
	if w, ok := typed["wunsch"]; ok && !sameText(w[0], k.Wish) {
		return true
	}
	now := saved(k.Sheet).over(k.Sheet, typed)
	return slices.ContainsFunc(k.Definition.Fields(), func(f fields.Field) bool {
		return f.Configurable && f.Type != fields.Protected && now.mark(f) != was.mark(f)
	})
}

// submit sends a draft, bound to what was shown.
func (d *door) submit(c *fiber.Ctx, k *desk) error {
	if gaps := k.leftovers(&templates.Frame{Lang: locale(c)}); len(gaps) > 0 {
		return d.showCheck(c, k, attempt{status: fiber.StatusUnprocessableEntity, problems: []templates.Problem{{Field: "fehlt", Text: gaps[0].Text}}})
	}
	where := func(*models.Case) string { return "/auftraege/" + k.Number + "/eingereicht" }
	o := onceForm(c, where)
	out, err := d.Store.Do(c.UserContext(), user(c), k.Number, models.Submit, models.Input{Version: max(postedVersion(c), 1), ContentHash: posted(c, "inhalt"), Once: o})
	if err == nil {
		return goOn(c, o, out, where)
	}
	a, mendable := d.refused(c, k, err)
	if !mendable {
		return err
	}
	for i, p := range a.problems {
		if a.problems[i].Field = "termin"; p.Field != "datum" && p.Field != "befristet" {
			a.problems[i].Field = "aenderungen"
		}
	}
	if a.status == fiber.StatusConflict {
		a.problems[0].Field = "inzwischen"
	}
	return d.showCheck(c, k, a)
}

// sentPage confirms that a request was sent, and says what happens next.
func (d *door) sentPage(c *fiber.Ctx) error {
	k, err := d.Store.Case(c.UserContext(), user(c), c.Params("number"))
	if err != nil {
		return err
	}
	if k.Status == models.Draft {
		return c.Redirect("/auftraege/"+k.Number+"/bearbeiten/"+checkStep, fiber.StatusSeeOther)
	}
	p := &templates.SentPage{Frame: d.frame(c, "web.filing.sent.title"), Number: k.Number, FormTitle: k.FormTitle, Contact: d.Store.TeamMail(), Email: user(c).Email}
	p.Tell(k)
	return d.render(c, fiber.StatusOK, p)
}
