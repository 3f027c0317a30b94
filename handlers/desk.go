package handlers

import (
	"errors"
	"slices"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
	"formwandel/templates"
)

// The pages of a request that is being edited, and their addresses.
const (
	sectionsStep = "abschnitte"
	fieldsStep   = "felder"
	whenStep     = "wann"
	filesStep    = "anlagen"
	checkStep    = "pruefen"
)

// steps is the order of the pages in which a clerk files.
var steps = []string{sectionsStep, fieldsStep, whenStep, checkStep}

// desk is a request on the desk of somebody who edits it, with what was typed and not saved.
type desk struct {
	*models.Sheet
	typed map[string]models.Typed
	page  string // one of the steps
}

// onDesk lets a page be shown and sent only by whoever may edit the request now. Others see the request itself.
func (d *door) onDesk(page string, do func(*fiber.Ctx, *desk) error) fiber.Handler {
	return func(c *fiber.Ctx) error {
		k, err := d.lay(c, page)
		if err != nil && c.Method() == fiber.MethodGet && (models.IsKind(err, models.Forbidden) || models.IsKind(err, models.Conflict)) {
			return c.Redirect("/auftraege/"+c.Params("number"), fiber.StatusSeeOther)
		}
		if err != nil {
			return err
		}
		return do(c, k)
	}
}

// lay puts a request on the desk.
func (d *door) lay(c *fiber.Ctx, page string) (*desk, error) {
	sheet, err := d.Store.Sheet(c.UserContext(), user(c), c.Params("number"))
	if err != nil {
		return nil, err
	}
	typed, err := d.Store.Typed(c.UserContext(), user(c), sheet.Number)
	return &desk{sheet, typed, page}, err
}

// base is where the request's pages are.
func (k *desk) base() string { return "/auftraege/" + k.Number + "/bearbeiten" }

// isDraft tells whether the request is still being filed.
func (k *desk) isDraft() bool { return k.Status == models.Draft }

// next is where one goes after a page was saved; what came from the check page goes back to it.
func (k *desk) next(c *fiber.Ctx) string {
	i := slices.Index(steps, k.page)
	switch {
	case !k.isDraft() && posted(c, "zurueck") == "":
		return k.base() + "/" + checkStep + "?erledigt=inhalt"
	case !k.isDraft(), i < 0, posted(c, "von") == checkStep:
		return k.base() + "/" + checkStep
	case posted(c, "zurueck") != "":
		return k.base() + "/" + steps[max(i-1, 0)]
	}
	return k.base() + "/" + steps[i+1]
}

// wizard is what surrounds a page about a request.
func (d *door) wizard(c *fiber.Ctx, k *desk, title string) templates.Wizard {
	w := templates.Wizard{
		Frame: d.frame(c, title, "form", k.FormTitle), Number: k.Number, FormTitle: k.FormTitle, Base: k.base(), Version: k.Version, Draft: k.isDraft(),
		Approvals: len(k.Given), Asked: k.Status == models.Question,
	}
	if k.isDraft() {
		w.Step = slices.Index(steps, k.page) + 1
	}
	if c.Query("von") == checkStep || posted(c, "von") == checkStep {
		w.From = checkStep
	}
	return w
}

// attempt is a page that came back because it could not be saved.
type attempt struct {
	status    int
	problems  []templates.Problem
	values    inputs // as typed; nil: nothing was sent
	meanwhile int    // the version that was decided on, if it is no longer the request's
}

// asShown is a page that was only opened.
var asShown = attempt{status: fiber.StatusOK}

// put dresses a page for an attempt: its problems, and what happened meanwhile.
func (d *door) put(c *fiber.Ctx, k *desk, w *templates.Wizard, a attempt) (err error) {
	w.Problems = a.problems
	since := a.meanwhile
	if kept, ok := k.typed[k.page]; ok && a.values == nil {
		at := kept.At
		w.Restored = &at
		since = kept.Version
	}
	if since > 0 && since < k.Version {
		w.Meanwhile, err = d.happened(c, k, since)
	}
	return err
}

// happened tells what others have done to a request since a version.
func (d *door) happened(c *fiber.Ctx, k *desk, since int) ([]string, error) {
	const most = 200
	events, _, err := d.Store.Events(c.UserContext(), user(c), k.Number, "", most)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, e := range events {
		if e.Version > since && e.Action != models.Comment && e.Action != models.Attach {
			out = append(out, templates.MeanwhileLine(locale(c), e))
		}
	}
	return out, nil
}

// save edits the request and goes on. What can't be saved is kept as typed, and again shows it with what to mend;
// whoever goes back goes back all the same.
func (d *door) save(c *fiber.Ctx, k *desk, content models.Content, again func(*desk, attempt) error) error {
	ctx, u, next := c.UserContext(), user(c), k.next(c)
	where := func(*models.Case) string { return next }
	o := onceForm(c, where)
	out, err := d.Store.Do(ctx, u, k.Number, models.Edit, models.Input{Version: max(postedVersion(c), 1), Content: &content, Once: o})
	if err == nil {
		if err := d.Store.ForgetTyped(ctx, u, k.Number, k.page); err != nil {
			return err
		}
		return goOn(c, o, out, where)
	}
	a, mendable := d.refused(c, k, err)
	if !mendable {
		return err
	}
	return d.giveBack(c, k, a, again)
}

// giveBack keeps what was typed and shows it again, or goes back as was asked.
func (d *door) giveBack(c *fiber.Ctx, k *desk, a attempt, again func(*desk, attempt) error) error {
	a.values = typedInputs(c)
	if _, err := d.Store.KeepTyped(c.UserContext(), user(c), k.Number, k.page, postedVersion(c), a.values); err != nil {
		return err
	}
	if posted(c, "zurueck") != "" {
		return c.Redirect(k.next(c), fiber.StatusSeeOther)
	}
	fresh, err := d.lay(c, k.page)
	if err != nil {
		return err
	}
	return again(fresh, a)
}

// refused turns a refusal that a person can mend on the page into an attempt.
func (d *door) refused(c *fiber.Ctx, k *desk, err error) (attempt, bool) {
	var e *models.Error
	if !errors.As(err, &e) {
		return attempt{}, false
	}
	switch {
	case e.Code == "stale" || e.Code == "key_reused":
		text := templates.Words(locale(c)).Say("web.filing.meanwhile.problem", nil)
		return attempt{status: fiber.StatusConflict, problems: []templates.Problem{{Field: "inzwischen", Text: text}}, meanwhile: max(postedVersion(c), 1)}, true
	case e.Kind == models.Invalid:
		return attempt{status: fiber.StatusUnprocessableEntity, problems: d.problemsOf(c, k, e.Fields)}, true
	}
	return attempt{}, false
}

// goOnUnsaved goes on from a page on which nothing was changed.
func (d *door) goOnUnsaved(c *fiber.Ctx, k *desk) error {
	if err := d.Store.ForgetTyped(c.UserContext(), user(c), k.Number, k.page); err != nil {
		return err
	}
	next := k.next(c)
	if !k.isDraft() {
		next = k.base() + "/" + checkStep
	}
	return c.Redirect(next, fiber.StatusSeeOther)
}
