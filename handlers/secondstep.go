package handlers

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
	"formwandel/templates"
)

const secondPath = "/anmelden/zweiter-faktor"

// secondPage asks for the second factor after the password.
func (d *door) secondPage(c *fiber.Ctx) error {
	return d.askSecond(c, fiber.StatusOK, backHere(c.Query("weiter")), nil)
}

func (d *door) askSecond(c *fiber.Ctx, status int, next string, problems []templates.Problem) error {
	f, err := d.Store.Factors(c.UserContext(), whoever(c))
	if err != nil {
		return err
	}
	p := &templates.SecondPage{Frame: d.frame(c, "web.account.second.title"), Next: next, TOTP: f.TOTP && !f.OnlyKey(), Passkey: len(f.Passkeys) > 0, Codes: f.Codes > 0, OnlyKey: f.OnlyKey(), Works: d.party.Works()}
	p.Problems = problems
	return d.render(c, status, p)
}

// showSecond takes the second factor and opens the house.
func (d *door) showSecond(c *fiber.Ctx) error {
	u, x, next := whoever(c), session(c), backHere(posted(c, "weiter"))
	shown := models.Shown{Code: digits(posted(c, "code")), Recovery: strings.TrimSpace(posted(c, "notfallcode")), Passkey: []byte(posted(c, "passkey"))}
	var secret string
	var n models.Session
	err := d.withinBudget(c, models.SecondAttempt, func() (err error) {
		secret, n, err = d.Store.ShowSecond(c.UserContext(), d.party, u, x, shown)
		return err
	})
	if problems := paused(c, err); problems != nil {
		return d.askSecond(c, fiber.StatusTooManyRequests, next, problems)
	}
	problems, status, _ := refusal(c, err)
	switch {
	case err == nil:
		return d.enter(c, u, n, secret, next)
	case status == 0:
		return err
	}
	if err := d.witness(c, models.SecondFailed, codeIn(err)); err != nil {
		return err
	}
	return d.askSecond(c, status, next, problems)
}

// digits is a code without the blanks that apps show in it.
func digits(code string) string { return strings.Join(strings.Fields(code), "") }

// codeIn is the code of the first thing that a refusal names.
func codeIn(err error) string {
	var e *models.Error
	if errors.As(err, &e) && len(e.Fields) > 0 {
		return e.Fields[0].Code
	}
	return ""
}

// askPasskey is what a browser needs to let a passkey sign: for the second
// factor, or before a serious step.
func (d *door) askPasskey(c *fiber.Ctx) error {
	options, err := d.Store.AskPasskey(c.UserContext(), d.party, whoever(c), session(c))
	return d.forScript(c, options, err)
}

// askAnyPasskey is what a browser needs to sign in with a passkey alone.
func (d *door) askAnyPasskey(c *fiber.Ctx) error {
	options, err := d.Store.AskAnyPasskey(c.UserContext(), d.party, csrf(c))
	return d.forScript(c, options, err)
}

// forScript answers a page's script.
func (d *door) forScript(c *fiber.Ctx, answer any, err error) error {
	if err != nil {
		return err
	}
	body, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "application/json; charset=utf-8")
	return c.Send(body)
}

// signInByPasskey begins a session for the owner of a passkey.
func (d *door) signInByPasskey(c *fiber.Ctx) error {
	next := backHere(posted(c, "weiter"))
	u, err := d.Store.PasskeyOwner(c.UserContext(), d.party, csrf(c), []byte(posted(c, "passkey")))
	problems, status, _ := refusal(c, err)
	switch {
	case err == nil:
		return d.welcome(c, u, models.Proof{Method: "passkey", Second: true, Keyed: true}, next)
	case status == 0:
		return err
	}
	if err := d.witness(c, models.LoginFailed, codeIn(err)); err != nil {
		return err
	}
	return d.askSignIn(c, status, "", next, problems)
}
