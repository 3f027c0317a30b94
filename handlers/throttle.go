package handlers

import (
	"cmp"
	"errors"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
	"formwandel/models/network"
	"formwandel/templates"
)

// waitFor tells the caller for how long to try nothing more.
func waitFor(c *fiber.Ctx, refusal *models.Error) {
	if refusal.Kind == models.Limited {
		seconds, _ := refusal.Args["seconds"].(string)
		c.Set(fiber.HeaderRetryAfter, seconds)
	}
}

// device is what this browser holds once somebody has signed in with it.
func (d *door) device(c *fiber.Ctx) string { return c.Cookies(d.cookieName("fw-geraet")) }

// knowDevice remembers that this browser has signed in with an account.
func (d *door) knowDevice(c *fiber.Ctx, u models.User) error {
	device, err := d.Store.KnowDevice(c.UserContext(), u, d.device(c))
	if err == nil {
		d.setCookie(c, d.cookieName("fw-geraet"), device, keepView)
	}
	return err
}

// attempt counts a try by this caller at an account, "" for nobody's in particular.
func (d *door) attempt(c *fiber.Ctx, kind models.AttemptKind, account string) error {
	err := d.Store.Attempt(c.UserContext(), kind, account, c.IP(), d.device(c))
	if !models.IsKind(err, models.Limited) {
		return err
	}
	if d.refusals.spend(network.Named(c.IP()), 1, d.Now()) > 0 {
		c.Locals(stubbornKey, true)
		return err
	}
	return errors.Join(err, d.witness(c, models.LoginLimited, string(kind)))
}

// Whoever goes on trying from one network while nothing is tried any more is answered and
// written down once a second; the rest of a flood costs neither a page nor a write.
const (
	refusalRate = 1
	stubbornKey = "stubborn"
)

// shortly refuses without a page, in the same words.
func shortly(c *fiber.Ctx, problems []templates.Problem) error {
	c.Set(fiber.HeaderContentType, fiber.MIMETextPlainCharsetUTF8)
	text := ""
	for _, p := range problems {
		text += p.Text + "\n"
	}
	return c.Status(fiber.StatusTooManyRequests).SendString(text)
}

// passed takes a try back that was good.
func (d *door) passed(c *fiber.Ctx, kind models.AttemptKind, account string) error {
	return d.Store.AttemptPassed(c.UserContext(), kind, account, c.IP(), d.device(c))
}

// checkPassword finds the person with that address and password, within the budget of tries.
func (d *door) checkPassword(c *fiber.Ctx, email, password string) (models.User, error) {
	line, err := d.Store.LineOf(c.UserContext(), email, d.device(c))
	if err := cmp.Or(err, line.Room()); err != nil {
		return models.User{}, err
	}
	if err := d.attempt(c, models.SignInAttempt, email); err != nil {
		return models.User{}, err
	}
	u, err := d.Store.CheckPassword(c.UserContext(), line, email, password)
	if models.IsKind(err, models.Unauthorized) {
		return u, err
	}
	return u, cmp.Or(d.passed(c, models.SignInAttempt, email), err) // what could not be tried was not bad
}

// tooMany is what a form says to whoever has tried too often; nil for any other error.
func tooMany(c *fiber.Ctx, err error) []templates.Problem {
	var refusal *models.Error
	if !errors.As(err, &refusal) || refusal.Kind != models.Limited {
		return nil
	}
	waitFor(c, refusal)
	return []templates.Problem{{Text: say(c, "error."+refusal.Code, "time", refusal.Args["time"])}}
}

// withinBudget takes a proof of somebody whose account is known already: whoever
// knows the password has no more tries at the second factor for it.
func (d *door) withinBudget(c *fiber.Ctx, kind models.AttemptKind, take func() error) error {
	account := whoever(c).Email
	if err := d.attempt(c, kind, account); err != nil {
		return err
	}
	err := take()
	if models.IsKind(err, models.Invalid) {
		return err
	}
	return cmp.Or(d.passed(c, kind, account), err)
}

// paused is what a form that takes a proof says to whoever has tried too often; nil for any other error.
func paused(c *fiber.Ctx, err error) []templates.Problem {
	problems := tooMany(c, err)
	if problems == nil {
		return nil
	}
	return []templates.Problem{{Text: problems[0].Text}}
}
