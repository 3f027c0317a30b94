package handlers

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

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
		d.strayed(c, e)
		return
	default:
		return
	}
	d.Log.Info("security", "code", e.Code, "user", u.ID, "token", u.TokenID, "municipality", u.AGS, "detail", e.Detail)
	d.beside(func(ctx context.Context) error { return d.Store.Witness(ctx, e) })
}

// strayed writes down whether what a municipality's person has asked for is another's. It does
// so beside the answer, whatever that is.
func (d *door) strayed(c *fiber.Ctx, e models.SecurityEvent) {
	asked := askedFor(c)
	d.beside(func(ctx context.Context) error { return d.Store.WitnessForeign(ctx, e, asked) })
}

// foreignFilter notices lists of one municipality: of a foreign one they are empty, without a refusal.
func (d *door) foreignFilter(c *fiber.Ctx) error {
	if err := c.Next(); err != nil {
		return err // noticed as a refusal
	}
	u := user(c)
	if u.AGS != "" && slices.ContainsFunc(townsIn(c), func(ags string) bool { return ags != u.AGS }) {
		d.strayed(c, models.SecurityEvent{AGS: u.AGS, UserID: u.ID, TokenID: u.TokenID, Address: c.IP(), Detail: c.Method() + " " + c.Route().Path})
	}
	return nil
}

// townsIn are the municipalities that an address filters by.
func townsIn(c *fiber.Ctx) (out []string) {
	for _, name := range []string{"municipality", "kommune"} {
		if ags := c.Query(name); ags != "" {
			out = append(out, ags)
		}
	}
	return out
}

// mostAsked bounds how long a name of a form may be that is looked for in a body.
const mostAsked = 200

// askedFor is what a call has named: in its path, its query, or its body.
func askedFor(c *fiber.Ctx) models.Asked {
	a := models.Asked{Number: c.Params("number"), Towns: townsIn(c)}
	if ags := c.Params("ags"); ags != "" {
		a.Towns = append(a.Towns, ags)
	}
	if strings.HasPrefix(c.Route().Path, "/verwaltung/personen/:id") {
		a.Person, _ = strconv.ParseInt(c.Params("id"), 10, 64) // what is no id is nobody's
	}
	var body struct {
		Form string `json:"form"`
	}
	switch {
	case strings.HasPrefix(c.Get(fiber.HeaderContentType), fiber.MIMEApplicationJSON):
		_ = json.Unmarshal(c.Body(), &body) // what can't be read names nothing
	case strings.HasPrefix(c.Get(fiber.HeaderContentType), fiber.MIMEApplicationForm):
		body.Form = c.FormValue("form")
		a.Towns = append(a.Towns, c.FormValue("kommune"))
	}
	if ags, _, ok := strings.Cut(body.Form, "/"); ok && len(body.Form) <= mostAsked {
		a.Towns = append(a.Towns, ags)
	}
	return a
}
