package handlers

import (
	"slices"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
	"formwandel/templates"
)

// How much of each list a request's page shows.
const (
	recentEvents   = 20
	recentComments = 10
	recentSteps    = 60
)

// milestones are the steps that a request's timeline and its questions are made of.
var milestones = []models.Action{models.Claim, models.Ask, models.Answer, models.Fail, models.Reject, models.Withdraw, models.Accept}

// told reads a request with what its pages say of it.
func (d *door) told(c *fiber.Ctx) (templates.Told, error) {
	ctx, u := c.UserContext(), user(c)
	k := templates.Told{Reader: u, Lang: locale(c)}
	var err error
	if k.Case, err = d.Store.Case(ctx, u, c.Params("number")); err != nil {
		return k, err
	}
	if k.Around, err = d.Store.Around(ctx, u, k.Case); err != nil {
		return k, err
	}
	if k.Steps, _, err = d.Store.Recent(ctx, u, k.Case.Number, models.Look{Only: milestones, Limit: recentSteps}); err != nil {
		return k, err
	}
	k.Now, err = d.Store.Now(ctx)
	return k, err
}

// requestPage shows a request.
func (d *door) requestPage(c *fiber.Ctx) error {
	return d.showRequest(c, fiber.StatusOK, "", nil)
}

// showRequest shows a request, with what was typed and is to be mended.
func (d *door) showRequest(c *fiber.Ctx, status int, text string, problems []templates.Problem) error {
	k, err := d.told(c)
	if err != nil {
		return err
	}
	p := &templates.RequestPage{Frame: d.frame(c, "web.request.title", "number", k.Case.Number, "form", k.Case.FormTitle), R: templates.NewRequestView(k), Text: text}
	p.Problems, p.Questions = problems, templates.QuestionsOf(k.Steps, k.Case, k.Lang)
	p.Path = p.R.Path // the answer of a form has no address to come back to
	p.Most, p.FileTo = models.MaxAttachment>>20, p.R.Path+"/anlagen"
	if next := p.R.ShowChanges(k.Case, 0, k.Lang); next > 0 {
		p.R.MoreChanges = p.R.Path + "/aenderungen?ab=" + strconv.Itoa(next+1)
	}
	p.R.ShortenMails()
	people, err := d.Store.Look(c.UserContext(), user(c), k.Case.Number)
	if err != nil {
		return err
	}
	p.Looking = templates.Looking(k.Lang, people)
	if err := d.addHistory(c, p); err != nil {
		return err
	}
	return d.render(c, status, p)
}

// addHistory adds what happened last, what was said last, and the documents.
func (d *door) addHistory(c *fiber.Ctx, p *templates.RequestPage) error {
	ctx, u, number, lang := c.UserContext(), user(c), p.R.Number, locale(c)
	events, next, err := d.Store.Recent(ctx, u, number, models.Look{Limit: recentEvents})
	if err != nil {
		return err
	}
	p.Events, next = templates.EventLines(events, next, lang, templates.ShortText, templates.AsideBudget)
	p.MoreEvents = next != ""
	comments, next, err := d.Store.Recent(ctx, u, number, models.Look{Only: []models.Action{models.Comment}, Limit: recentComments})
	if err != nil {
		return err
	}
	p.Comments, next = templates.EventLines(comments, next, lang, templates.FullText, templates.AsideBudget)
	slices.Reverse(p.Comments)
	p.MoreComment = next != ""
	attached, err := d.Store.Attachments(ctx, u, number)
	templates.NameFiles(p.Events, attached)
	p.Attachments = templates.AttachmentLines(attached, number, lang)
	return err
}

// changesPage compares the values of a request that has too many for one page.
func (d *door) changesPage(c *fiber.Ctx) error {
	k, err := d.told(c)
	if err != nil {
		return err
	}
	from, err := queryNumber(c, "ab")
	if err != nil {
		return err
	}
	p := &templates.ChangesPage{Frame: d.frame(c, "web.request.changes.title", "number", k.Case.Number), R: templates.NewRequestView(k)}
	if next := p.R.ShowChanges(k.Case, int(from)-1, k.Lang); next > 0 {
		p.Next = p.R.Path + "/aenderungen?ab=" + strconv.Itoa(next+1)
	}
	if from > 1 {
		p.First = p.R.Path + "/aenderungen"
	}
	return d.render(c, fiber.StatusOK, p)
}

// historyLimit is how many entries a page of the history has.
const historyLimit = 50

// historyPage shows a request's whole history, newest first.
func (d *door) historyPage(c *fiber.Ctx) error {
	k, err := d.told(c)
	if err != nil {
		return err
	}
	look, said := models.Look{Cursor: c.Query("cursor"), Limit: historyLimit}, c.Query("nur") == "kommentare"
	title, base := "web.request.history.title", "/verlauf?"
	if said {
		look.Only, title, base = []models.Action{models.Comment}, "web.request.comments.title", "/verlauf?nur=kommentare&"
	}
	events, next, err := d.Store.Recent(c.UserContext(), user(c), k.Case.Number, look)
	if err != nil {
		return err
	}
	p := &templates.HistoryPage{Frame: d.frame(c, title, "number", k.Case.Number), R: templates.NewRequestView(k), Comments: said}
	if p.Events, next = templates.EventLines(events, next, k.Lang, templates.FullText, templates.EventsBudget); next != "" {
		p.Next = p.R.Path + base + "cursor=" + next
	}
	if look.Cursor != "" {
		p.First = p.R.Path + base[:len(base)-1]
	}
	attached, err := d.Store.Attachments(c.UserContext(), user(c), k.Case.Number)
	if err != nil {
		return err
	}
	templates.NameFiles(p.Events, attached)
	return d.render(c, fiber.StatusOK, p)
}

// caseFile shows a request as it goes into the files: with hashes, oldest first.
func (d *door) caseFile(c *fiber.Ctx) error {
	k, err := d.told(c)
	if err != nil {
		return err
	}
	cursor, ctx, u := c.Query("cursor"), c.UserContext(), user(c)
	p := &templates.CaseFilePage{Frame: d.frame(c, "web.request.file.title", "number", k.Case.Number), R: templates.NewRequestView(k), At: k.Now, Part: cursor != ""}
	events, next, err := d.Store.Events(ctx, u, k.Case.Number, cursor, 2*historyLimit)
	if err != nil {
		return err
	}
	if p.Events, next = templates.EventLines(events, next, k.Lang, templates.FullText, templates.EventsBudget); next != "" {
		p.Next = p.R.Path + "/akte?cursor=" + next
	}
	if next := p.R.ShowChanges(k.Case, 0, k.Lang); next > 0 {
		p.R.MoreChanges = p.R.Path + "/aenderungen?ab=" + strconv.Itoa(next+1)
	}
	attached, err := d.Store.Attachments(ctx, u, k.Case.Number)
	if err != nil {
		return err
	}
	templates.NameFiles(p.Events, attached)
	p.Attachments = templates.AttachmentLines(attached, k.Case.Number, k.Lang)
	if !p.Part {
		d.taken(c, "case_file "+k.Case.Number)
	}
	return d.render(c, fiber.StatusOK, p)
}
