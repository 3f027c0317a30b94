package handlers

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"strings"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
	"formwandel/templates"
)

// ownPasswordPage asks for one's own new password, and for the old one.
func (d *door) ownPasswordPage(c *fiber.Ctx) error {
	return d.askOwnPassword(c, fiber.StatusOK, nil)
}

func (d *door) askOwnPassword(c *fiber.Ctx, status int, problems []templates.Problem) error {
	p := &templates.OwnPasswordPage{Frame: d.frame(c, "web.access.own_password")}
	p.Problems = problems
	if c.Query("erledigt") == "own_password" {
		var err error
		if p.Tokens, err = d.Store.TokensInForce(c.UserContext(), user(c)); err != nil {
			return err
		}
	}
	return d.render(c, status, p)
}

// changeOwnPassword replaces it; the session goes on, all others end.
func (d *door) changeOwnPassword(c *fiber.Ctx) error {
	u, where := user(c), func(any) string { return "/konto/kennwort?erledigt=own_password" }
	o := onceSent(c, posted(c, "key"), d.marked(c), where)
	err := d.withPassword(c, func() error {
		return d.Store.ChangePassword(c.UserContext(), u, posted(c, "geheim_alt"), posted(c, "password"), c.Cookies(d.cookieName("fw")), o)
	})
	if problems, status := d.unconfirmed(c, err); status != 0 {
		return d.askOwnPassword(c, status, problems)
	}
	if err == nil {
		err = d.knowDevice(c, u)
	}
	if err != nil {
		return err
	}
	return goOn(c, o, any(nil), where)
}

// marked is a form as this session alone can tell it from others: of a password
// nothing is kept that somebody could try guesses at.
func (d *door) marked(c *fiber.Ctx) []byte {
	mac := hmac.New(sha256.New, []byte(c.Cookies(d.cookieName("fw"))))
	mac.Write(c.Request().Body())
	return mac.Sum(nil)
}

// ownAddressPage asks for another address of one's own.
func (d *door) ownAddressPage(c *fiber.Ctx) error {
	return d.askOwnAddress(c, fiber.StatusOK, "", nil)
}

func (d *door) askOwnAddress(c *fiber.Ctx, status int, email string, problems []templates.Problem) error {
	if len(email) > longAddress {
		email = ""
	}
	asked, err := d.Store.AddressAskedOf(c.UserContext(), user(c), user(c).ID)
	if err != nil {
		return err
	}
	p := &templates.OwnAddressPage{Frame: d.frame(c, "web.access.own_address"), Email: email, Asked: asked}
	p.Problems = problems
	return d.render(c, status, p)
}

// changeOwnAddress sends a link to the new address.
func (d *door) changeOwnAddress(c *fiber.Ctx) error {
	email := strings.TrimSpace(posted(c, "email"))
	err := d.withPassword(c, func() error {
		return d.Store.AskAddress(c.UserContext(), user(c), posted(c, "geheim_alt"), email)
	})
	if problems, status := d.unconfirmed(c, err); status != 0 {
		return d.askOwnAddress(c, status, email, problems)
	}
	if err != nil {
		return err
	}
	return c.Redirect("/konto/adresse?erledigt=address_asked", fiber.StatusSeeOther)
}

// stopOwnAddress refuses the address that somebody else asked for.
func (d *door) stopOwnAddress(c *fiber.Ctx) error {
	err := d.Store.StopAddress(c.UserContext(), user(c))
	if problems, status, _ := refusal(c, err); status != 0 {
		return d.askOwnAddress(c, status, "", problems)
	}
	if err != nil {
		return err
	}
	return c.Redirect("/konto/adresse?erledigt=address_stopped", fiber.StatusSeeOther)
}

// withPassword runs what asks for one's own password once more, within the budget of tries.
func (d *door) withPassword(c *fiber.Ctx, do func() error) error {
	if err := d.attempt(c, models.ConfirmAttempt, user(c).Email); err != nil {
		return err
	}
	err := do()
	if models.IsKind(err, models.Unauthorized) {
		return cmp.Or(d.witness(c, models.ConfirmFailed, ""), err)
	}
	return cmp.Or(d.passed(c, models.ConfirmAttempt, user(c).Email), err)
}

// unconfirmed is what the form says: a wrong password, too many of them, or what is to be mended.
func (d *door) unconfirmed(c *fiber.Ctx, err error) ([]templates.Problem, int) {
	if problems := tooMany(c, err); problems != nil {
		return problems, fiber.StatusTooManyRequests
	}
	if models.IsKind(err, models.Unauthorized) {
		return []templates.Problem{{Field: "geheim_alt", Text: say(c, "web.access.wrong_old")}}, fiber.StatusUnprocessableEntity
	}
	problems, status, _ := refusal(c, err)
	return problems, status
}
