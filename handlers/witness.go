package handlers

import (
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

// rightMissing are the refusals that say that somebody lacks a right.
var rightMissing = []string{"not_your_role", "no_role", "token_scope", "not_by_token", "access_needed_profile", "access_needed_maintenance"}

// witnessMissing writes into the security log that somebody tried what they have no right to. They are refused all the same if it can't be written.
func (d *door) witnessMissing(c *fiber.Ctx, refusal *models.Error) {
	if refusal.Kind != models.Forbidden || !slices.Contains(rightMissing, refusal.Code) {
		return
	}
	if err := d.witness(c, models.RightMissing, refusal.Code+" "+c.Route().Path); err != nil {
		d.Log.Error("the security log could not be written", "code", models.RightMissing, "error", err)
	}
}
