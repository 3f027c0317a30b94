package handlers

import (
	"errors"
	"strings"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
	"formwandel/templates"
)

// allowed tells whether somebody may do something with what is a municipality's; where only its grant is missing, in words what can be done.
func (d *door) allowed(c *fiber.Ctx, r models.Right, ags string) (may bool, lacking string, err error) {
	err = d.Store.Allowed(c.UserContext(), user(c), r, ags)
	var refusal *models.Error
	if !errors.As(err, &refusal) || refusal.Kind != models.Forbidden {
		return err == nil, "", err
	}
	if strings.HasPrefix(refusal.Code, "access_needed_") {
		lacking = templates.Words(locale(c)).Say("error."+refusal.Code, refusal.Args)
	}
	return false, lacking, nil
}
