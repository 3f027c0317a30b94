package handlers

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
	"formwandel/templates"
)

const resetPath = "/anmelden/vergessen"

// resetPage asks for the address whose password was forgotten.
func (d *door) resetPage(c *fiber.Ctx) error { return d.askReset(c, fiber.StatusOK, "", nil) }

func (d *door) askReset(c *fiber.Ctx, status int, email string, problems []templates.Problem) error {
	if len(email) > longAddress {
		email = ""
	}
	p := &templates.ResetPage{Frame: d.frame(c, "web.access.forgotten"), Email: email, Asked: c.Query("erledigt") == "reset_asked"}
	p.Problems = problems
	return d.render(c, status, p)
}

// sendReset notes that a link is asked for. The answer is the same whoever asks.
func (d *door) sendReset(c *fiber.Ctx) error {
	email := strings.TrimSpace(posted(c, "email"))
	if email == "" {
		return d.askReset(c, fiber.StatusUnprocessableEntity, "", []templates.Problem{{Field: "email", Text: say(c, "web.signin.email_missing")}})
	}
	err := d.attempt(c, models.ResetAttempt, "")
	if problems := tooMany(c, err); problems != nil {
		return d.askReset(c, fiber.StatusTooManyRequests, email, problems)
	}
	if err == nil {
		err = d.Store.AskReset(c.UserContext(), email, d.device(c))
	}
	if err != nil {
		return err
	}
	return c.Redirect(resetPath+"?erledigt=reset_asked", fiber.StatusSeeOther)
}
