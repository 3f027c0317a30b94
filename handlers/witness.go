package handlers

import (
	"context"
	"slices"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
)

// witness writes into the security log, and into the operator's, what somebody
// at the door has done that touches safety; detail is a code or an id.
func (d *door) witness(c *fiber.Ctx, code models.SecurityCode, detail string) error {
	u := whoever(c)
	if suspect, ok := c.Locals(suspectKey).(models.User); ok && u.ID == 0 {
		u = suspect
	}
	d.Log.Info("security", "code", code, "user", u.ID, "token", u.TokenID, "municipality", u.AGS, "detail", detail)
	return d.Store.Witness(c.UserContext(), models.SecurityEvent{Code: code, AGS: u.AGS, UserID: u.ID, TokenID: u.TokenID, Address: c.IP(), Detail: detail})
}

// taken writes down who has taken something away with them: a document, a request's case file
// or receipt, figures. What can't be written down is still read: the operator's log has it.
func (d *door) taken(c *fiber.Ctx, what string) {
	if err := d.witness(c, models.Downloaded, what); err != nil {
		d.Log.Warn("not written into the security log", "error", err)
	}
}

// mostBeside is how much work that no answer waits for is done at a time; what is more is left.
const mostBeside = 8

// beside does work that no answer waits for.
func (d *door) beside(work func(ctx context.Context) error) {
	done := func() {
		ctx, cancel := context.WithTimeout(context.Background(), answerTimeout)
		defer cancel()
		if err := work(ctx); err != nil {
			d.Log.Warn("not written into the security log", "error", err)
		}
	}
	if d.Later != nil {
		d.Later(done)
		return
	}
	if d.working.Add(1) > mostBeside {
		d.working.Add(-1)
		d.Log.Warn("not written into the security log: too much at a time")
		return
	}
	go func() {
		defer d.working.Add(-1)
		done()
	}()
}

// refusedFiles are refusals of documents.
var refusedFiles = []string{"attachment_type", "attachment_too_large", "attachments_too_large", "attachments_town_full", "archive_unsafe"}

// noticed writes down that somebody was refused what touches safety. It does so beside
// the answer, which takes as long for what is foreign as for what is missing.
func (d *door) noticed(c *fiber.Ctx, refusal *models.Error) {
	u, route := user(c), c.Method()+" "+c.Route().Path
	e := models.SecurityEvent{AGS: u.AGS, UserID: u.ID, TokenID: u.TokenID, Address: c.IP(), Detail: route}
	switch {
	case refusal.Code == "forged":
		e.Code = models.FormForged
	case slices.Contains(refusedFiles, refusal.Code):
		e.Code, e.Detail = models.FileRefused, refusal.Code
	case refusal.Kind == models.Forbidden && u.ID != 0:
		e.Code = models.RightMissing
	case refusal.Kind == models.NotFound && u.AGS != "":
		number, ags := c.Params("number"), c.Params("ags")
		d.beside(func(ctx context.Context) error { return d.Store.WitnessForeign(ctx, e, number, ags) })
		return
	default:
		return
	}
	d.Log.Info("security", "code", e.Code, "user", u.ID, "token", u.TokenID, "municipality", u.AGS, "detail", e.Detail)
	d.beside(func(ctx context.Context) error { return d.Store.Witness(ctx, e) })
}
