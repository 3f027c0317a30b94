package handlers

import (
	"slices"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
	"formwandel/models/calendar"
	"formwandel/templates"
)

// keptPages are the pages whose typing is kept.
var keptPages = []string{fieldsStep, whenStep}

// remember keeps what has been typed so far; the page's script calls it now and then.
func (d *door) remember(c *fiber.Ctx) error {
	page := posted(c, "seite")
	version, err := strconv.Atoi(posted(c, "version"))
	if err != nil || !slices.Contains(keptPages, page) {
		return &models.Error{Kind: models.Malformed, Code: "bad_request"}
	}
	at, err := d.Store.KeepTyped(c.UserContext(), user(c), c.Params("number"), page, version, typedInputs(c))
	if err != nil {
		return err
	}
	text := templates.Words(locale(c)).Say("web.filing.saved_at", map[string]any{"time": at.In(calendar.Berlin).Format("15:04")})
	return show(c, map[string]string{"text": text}, nil)
}

// discard throws away what was typed into a page and not saved.
func (d *door) discard(c *fiber.Ctx, k *desk) error {
	page := posted(c, "seite")
	if !slices.Contains(keptPages, page) {
		return &models.Error{Kind: models.Malformed, Code: "bad_request"}
	}
	if err := d.Store.ForgetTyped(c.UserContext(), user(c), k.Number, page); err != nil {
		return err
	}
	return c.Redirect(k.base()+"/"+page, fiber.StatusSeeOther)
}
