package handlers

import (
	"errors"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
)

// refuseForged writes into the security log that a form came from another site, or was made for
// somebody else, and passes the refusal on. It is refused all the same if it can't be written.
func (d *door) refuseForged(c *fiber.Ctx, why error) error {
	var e *models.Error
	if !errors.As(why, &e) || e.Code != "forged" {
		return why
	}
	if err := d.witness(c, models.FormForged, c.Method()); err != nil {
		d.Log.Error("the security log could not be written", "code", models.FormForged, "error", err)
	}
	return why
}
