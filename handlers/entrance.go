package handlers

import (
	"net/url"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
)

// Whose session lacks something is for every page nobody, save for those few
// that ask for it.

// lackPages ask for what a session lacks.
var lackPages = map[models.Lack]string{models.LacksSecond: secondPath, models.LacksFactor: factorsPath}

// whoever is who is signed in, or has begun to.
func whoever(c *fiber.Ctx) models.User {
	if u, ok := c.Locals(halfKey).(models.User); ok {
		return u
	}
	return user(c)
}

// becomes says anew what is known of whoever is there, for the handlers that follow.
func becomes(c *fiber.Ctx, u models.User) {
	key := userKey
	if _, half := c.Locals(halfKey).(models.User); half {
		key = halfKey
	}
	c.Locals(key, u)
}

// session is the session of whoever is there.
func session(c *fiber.Ctx) models.Session {
	x, _ := c.Locals(sessionKey).(models.Session)
	return x
}

// signedIn sends visitors to the sign-in page, and back afterwards; who has not
// shown everything yet goes where the rest is asked for.
func (d *door) signedIn(c *fiber.Ctx) error {
	if user(c).ID != 0 {
		return c.Next()
	}
	return d.leadIn(c)
}

// setsUp lets in who is signed in, and who has to set up a second factor first.
func (d *door) setsUp(c *fiber.Ctx) error {
	if user(c).ID != 0 || session(c).Lacks == models.LacksFactor {
		return c.Next()
	}
	return d.leadIn(c)
}

// halfIn lets in who has shown the password and owes the second factor.
func (d *door) halfIn(c *fiber.Ctx) error {
	switch {
	case session(c).Lacks == models.LacksSecond:
		return c.Next()
	case user(c).ID != 0:
		return c.Redirect(backHere(c.Query("weiter")), fiber.StatusSeeOther)
	}
	return d.leadIn(c)
}

// leadIn leads to the page that asks for what is missing; a form is refused.
func (d *door) leadIn(c *fiber.Ctx) error {
	page, half := lackPages[session(c).Lacks]
	switch {
	case c.Method() != fiber.MethodGet && half:
		return &models.Error{Kind: models.Forbidden, Code: "second_factor_first"}
	case c.Method() != fiber.MethodGet:
		return &models.Error{Kind: models.Unauthorized, Code: "session_over"}
	case !half:
		page = "/anmelden"
	}
	return c.Redirect(page+"?weiter="+url.QueryEscape(c.OriginalURL()), fiber.StatusSeeOther)
}
