package handlers

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
)

// authenticate goes on when it is known who calls.
func (d *door) authenticate(c *fiber.Ctx) error {
	if err := d.recognise(c); err != nil {
		return err
	}
	return c.Next()
}

// recognise finds out who calls.
func (d *door) recognise(c *fiber.Ctx) error {
	scheme, token, _ := strings.Cut(c.Get(fiber.HeaderAuthorization), " ")
	if !strings.EqualFold(scheme, "Bearer") { // RFC 9110, 11.1: in any letters
		return &models.Error{Kind: models.Unauthorized, Code: "unauthorized"}
	}
	u, err := d.Store.Authenticate(c.UserContext(), token)
	if models.IsKind(err, models.Unauthorized) {
		if u.ID != 0 { // whoever holds one that counted once guesses nothing: it is over, and waiting does not help
			return cmp.Or(d.refusedToken(c, u, err), err)
		}
		return cmp.Or(d.attempt(c, models.TokenAttempt, ""), d.refusedToken(c, u, err), err) // who holds one that counts is never made to wait
	}
	if err != nil {
		return err
	}
	if err := d.Store.NoteUse(c.UserContext(), u); err != nil {
		d.Log.Warn("a token's use was not written down", "token", u.TokenID, "error", err) // whoever reads reads on
	}
	c.Locals(userKey, u)
	return nil
}

// recogniseAgain finds out anew who calls when that was read so long ago that it may be true no more.
func (d *door) recogniseAgain(c *fiber.Ctx) error {
	if u := whoever(c); u.ID == 0 || d.Store.Believes(u) {
		return nil // a stranger has nothing to lose
	}
	for _, key := range []string{userKey, halfKey, sessionKey} {
		c.Locals(key, nil)
	}
	if isPage(c) {
		return d.resume(c)
	}
	return d.recognise(c)
}

// refusedToken writes into the security log that a token was refused, and whose it was.
func (d *door) refusedToken(c *fiber.Ctx, owner models.User, err error) error {
	var refusal *models.Error
	if !errors.As(err, &refusal) {
		return err
	}
	c.Locals(suspectKey, owner)
	return d.witness(c, models.TokenRefused, fmt.Sprint(refusal.Args["why"]))
}

const (
	userKey    = "user"
	suspectKey = "suspect" // whose token was refused
)

// user is who calls, behind authenticate.
func user(c *fiber.Ctx) models.User {
	u, _ := c.Locals(userKey).(models.User)
	return u
}

// locale is the language the caller wants: the one asked for, else the
// account's, else German. On pages only the switch on the page asks for one.
func locale(c *fiber.Ctx) string {
	if isPage(c) {
		if chosen, _ := c.Locals(langKey).(string); chosen == "de" || chosen == "en" {
			return chosen
		}
		if u := whoever(c); u.Locale != "" {
			return u.Locale
		}
		return "de"
	}
	if asked := c.AcceptsLanguages("de", "en"); asked != "" && c.Get(fiber.HeaderAcceptLanguage) != "" && c.Get(fiber.HeaderAcceptLanguage) != "*" {
		return asked
	}
	if u := user(c); u.Locale != "" {
		return u.Locale
	}
	return "de"
}

// meJSON is the caller.
type meJSON struct {
	ID           int64             `json:"id"`
	Email        string            `json:"email"`
	Name         string            `json:"name"`
	Roles        []models.Role     `json:"roles"`
	Side         models.Side       `json:"side"`
	Municipality *municipalityLink `json:"municipality"`
	Locale       string            `json:"locale"`
}

// municipalityLink names a municipality.
type municipalityLink struct {
	AGS  string `json:"ags"`
	Name string `json:"name"`
}

func (d *door) me(c *fiber.Ctx) error {
	u := user(c)
	out := meJSON{ID: u.ID, Email: u.Email, Name: u.Name, Roles: u.Roles, Side: models.Provider, Locale: u.Locale}
	if u.AGS != "" {
		name, err := d.Store.MunicipalityName(c.UserContext(), u.AGS)
		if err != nil {
			return err
		}
		out.Side, out.Municipality = models.Municipal, &municipalityLink{u.AGS, name}
	}
	return show(c, out, nil)
}
