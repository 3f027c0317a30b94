package handlers

import (
	"errors"
	"slices"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
	"formwandel/templates"
)

// onPages are the steps that a request's pages take; a draft is submitted where its answers are checked, work is assigned in the queue.
func onPages(a models.Action) bool { return forPeople[a] && a != models.Submit && a != models.Assign }

// stepPage asks before a step is taken.
func (d *door) stepPage(c *fiber.Ctx) error {
	a := models.Action(c.Params("action"))
	if !onPages(a) {
		return fiber.ErrNotFound
	}
	p, err := d.askStep(c, a)
	if err != nil {
		return err
	}
	if !p.Possible {
		p.Meanwhile = &templates.Meanwhile{Reason: p.Say("web.request.step.impossible")}
		return d.render(c, fiber.StatusConflict, p)
	}
	return d.render(c, fiber.StatusOK, p)
}

// askStep is the page that asks for a step on the request as it is now.
func (d *door) askStep(c *fiber.Ctx, a models.Action) (*templates.StepPage, error) {
	k, err := d.told(c)
	if err != nil {
		return nil, err
	}
	if !user(c).May(models.StepRight(a), k.Case.AGS) {
		return nil, notYours()
	}
	p := &templates.StepPage{Frame: d.frame(c, "web.request.step.title."+string(a)), R: templates.NewRequestView(k), Action: a}
	p.Heading, p.Title, p.Path = p.Title, k.Case.Number+": "+p.Title, c.Path()
	p.Possible, p.Demands = slices.Contains(k.Case.Can, a), templates.Demanding(a)
	p.Asks = a != models.Claim && a != models.Revert
	p.R.ShowChanges(k.Case, 0, k.Lang)
	return p, nil
}

// takeStep takes a step on the version that was shown.
func (d *door) takeStep(c *fiber.Ctx) error {
	a := models.Action(c.Params("action"))
	if !onPages(a) {
		return fiber.ErrNotFound
	}
	where := func(k *models.Case) string { return "/auftraege/" + k.Number + "?erledigt=request_" + doneCode(a, k) }
	o := onceForm(c, where)
	in := models.Input{Version: postedVersion(c), ContentHash: posted(c, "content_hash"), Comment: posted(c, "comment"), Once: o}
	out, err := d.Store.Do(c.UserContext(), user(c), c.Params("number"), a, in)
	if err != nil {
		return d.stepRefused(c, a, err)
	}
	return goOn(c, o, out, where)
}

// doneCode names what has been done; an approval may have been the last one that was missing.
func doneCode(a models.Action, k *models.Case) string {
	if k.Status == models.Approved && (a == models.Approve || a == models.Claim || a == models.Answer) {
		return "approved"
	}
	return string(a)
}

// postedVersion is the version of the request that a form was shown with, 0 for none.
func postedVersion(c *fiber.Ctx) int {
	n, err := strconv.Atoi(posted(c, "version"))
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// stepRefused shows why a step was not taken: what is to be mended, or what
// happened meanwhile. What was typed stays in the form.
func (d *door) stepRefused(c *fiber.Ctx, a models.Action, why error) error {
	var refusal *models.Error
	if !errors.As(why, &refusal) || refusal.Kind != models.Invalid && refusal.Kind != models.Conflict || refusal.Code == "still_running" || refusal.Code == "key_reused" {
		return why
	}
	p, err := d.askStep(c, a)
	if err != nil {
		return err
	}
	p.Text = posted(c, "comment")
	if refusal.Kind == models.Conflict {
		if p.Meanwhile, err = d.meanwhile(c, refusal); err != nil {
			return err
		}
		return d.render(c, fiber.StatusConflict, p)
	}
	for _, f := range fieldsOf(refusal.Fields, templates.Words(locale(c))) {
		p.Problems = append(p.Problems, templates.Problem{Field: f.Field, Text: f.Detail})
	}
	return d.render(c, fiber.StatusUnprocessableEntity, p)
}

// meanwhile tells what happened since the version that was shown.
func (d *door) meanwhile(c *fiber.Ctx, refusal *models.Error) (*templates.Meanwhile, error) {
	words := templates.Words(locale(c))
	m := &templates.Meanwhile{Reason: inWords(refusal, words)}
	if refusal.Code == "stale" {
		m.Reason = words.Say("web.request.meanwhile.stale", nil)
	}
	events, _, err := d.Store.Recent(c.UserContext(), user(c), c.Params("number"), models.Look{Limit: recentEvents})
	if err != nil {
		return nil, err
	}
	seen := postedVersion(c)
	events = slices.DeleteFunc(events, func(h models.History) bool { return h.Version <= seen })
	slices.Reverse(events)
	m.Events, _ = templates.EventLines(events, "", locale(c), templates.ShortText, templates.AsideBudget)
	return m, nil
}
