package handlers

import (
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
