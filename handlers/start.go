package handlers

import (
	"github.com/gofiber/fiber/v2"

	"formwandel/models"
	"formwandel/templates"
)

// How much of each list the start page shows.
const (
	startWaiting = 10
	startDrafts  = 5
	startRecent  = 20
)

// submitted are all states but that of a draft.
var submitted = func() (out []string) {
	for _, s := range models.Statuses {
		if s != models.Draft {
			out = append(out, string(s))
		}
	}
	return out
}()

// start is a town hall's first page: what waits, what is going on, one big button. The provider's people begin in the queue.
func (d *door) start(c *fiber.Ctx) error {
	u := user(c)
	if u.AGS == "" {
		return c.Redirect("/auftraege", fiber.StatusSeeOther)
	}
	p := &templates.StartPage{Frame: d.frame(c, "web.start.title", "name", u.Name), MayFile: u.May(models.FileRequests, u.AGS)}
	var next string
	var err error
	if p.Proposal, err = d.policyToAgree(c); err != nil {
		return err
	}
	if p.Waiting, next, err = d.entryLines(c, models.Filter{WaitingForMe: true, Status: submitted, Sort: "due", Limit: startWaiting}); err != nil {
		return err
	}
	if next != "" {
		p.MoreWaiting = "/auftraege?waiting_for=me&sort=due"
	}
	if p.MayFile { // nobody else can go on with one
		if p.Drafts, _, err = d.entryLines(c, models.Filter{Status: []string{string(models.Draft)}, Limit: startDrafts}); err != nil {
			return err
		}
	}
	if p.Recent, next, err = d.entryLines(c, models.Filter{Status: submitted, Limit: startRecent}); err != nil {
		return err
	}
	if next != "" {
		p.MoreRecent = "/auftraege"
	}
	return d.render(c, fiber.StatusOK, p)
}

// entryLines reads a page of requests as lists on pages show them.
func (d *door) entryLines(c *fiber.Ctx, f models.Filter) ([]templates.EntryLine, string, error) {
	entries, next, err := d.Store.Requests(c.UserContext(), user(c), f)
	if err != nil {
		return nil, "", err
	}
	out := make([]templates.EntryLine, 0, len(entries))
	for _, e := range entries {
		out = append(out, templates.NewEntryLine(e, locale(c)))
	}
	return out, next, nil
}
