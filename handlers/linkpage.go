package handlers

import (
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
	"formwandel/templates"
)

// A personal link from a mail leads here. Opening it uses nothing up: programs
// that look through mails open links, too. Its secret leaves the address at once.

const linkPath = "/zugang"

// keepSecret is how long a browser keeps the secret of a link it has opened.
const keepSecret = time.Hour

// openLink takes the secret out of the address.
func (d *door) openLink(c *fiber.Ctx) error {
	secret := c.Params("secret")
	if len(secret) > 100 || strings.ContainsFunc(secret, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-' || r == '_')
	}) {
		secret = "-"
	}
	d.setCookie(c, d.cookieName("fw-zugang"), secret, keepSecret)
	return c.Redirect(linkPath, fiber.StatusSeeOther)
}

func (d *door) secret(c *fiber.Ctx) string { return c.Cookies(d.cookieName("fw-zugang")) }

// linkPage asks for what the link is about.
func (d *door) linkPage(c *fiber.Ctx) error {
	l, err := d.Store.Link(c.UserContext(), d.secret(c))
	if err != nil {
		return d.linkOver(c, err)
	}
	return d.showLink(c, fiber.StatusOK, l, nil)
}

func (d *door) showLink(c *fiber.Ctx, status int, l *models.Link, problems []templates.Problem) error {
	now, err := d.Store.Now(c.UserContext())
	if err != nil {
		return err
	}
	title := "web.access." + string(l.Kind)
	if l.Owners {
		title = "web.access.address_consent"
	}
	p := &templates.LinkPage{Frame: d.frame(c, title), Link: l, Waits: l.Waits(now)}
	p.Path, p.Problems = linkPath, problems
	return d.render(c, status, p)
}

// linkOver shows that a link does not count, and counts that somebody tried one.
func (d *door) linkOver(c *fiber.Ctx, err error) error {
	if !models.IsKind(err, models.NotFound) {
		return err
	}
	if err := d.attempt(c, models.LinkAttempt, ""); err != nil {
		return err
	}
	if err := d.witness(c, models.LinkRefused, ""); err != nil {
		return err
	}
	return d.render(c, fiber.StatusNotFound, &templates.LinkPage{Frame: d.frame(c, "web.access.over")})
}

// useLink does what the link is about.
func (d *door) useLink(c *fiber.Ctx) error {
	secret := d.secret(c)
	l, err := d.Store.Link(c.UserContext(), secret)
	if err != nil {
		return d.linkOver(c, err)
	}
	if l.Owners {
		return d.answerAddress(c, l, secret)
	}
	done := "address_confirmed"
	if l.Kind == models.AddressLink {
		err = d.Store.ConfirmAddress(c.UserContext(), secret)
	} else {
		done = "password_set"
		_, err = d.Store.SetOwnPassword(c.UserContext(), secret, posted(c, "password"))
	}
	if problems, status, _ := refusal(c, err); status != 0 {
		return d.showLink(c, status, l, problems)
	}
	if err == nil {
		err = d.knowDevice(c, l.User) // whoever reads the mailbox is no stranger
	}
	if err == nil && done == "password_set" {
		err = d.countTokens(c, l.User)
	}
	if err != nil {
		return d.linkOver(c, err)
	}
	d.setCookie(c, d.cookieName("fw-zugang"), "", 0)
	d.setCookie(c, d.cookieName("fw"), "", 0) // all sessions have ended
	return c.Redirect("/anmelden?erledigt="+done, fiber.StatusSeeOther)
}

// The sign-in page says once how many tokens go on counting after a password was set by a link: nobody is signed in there, so
// a cookie takes the number along.

// keepTokens is how long it does.
const keepTokens = 10 * time.Minute

func (d *door) countTokens(c *fiber.Ctx, u models.User) error {
	n, err := d.Store.TokensInForce(c.UserContext(), u)
	if n > 0 {
		d.setCookie(c, d.cookieName("fw-zugaenge"), strconv.Itoa(n), keepTokens)
	}
	return err
}

// countedTokens is that number, once; 0 for none.
func (d *door) countedTokens(c *fiber.Ctx) int {
	n, err := strconv.Atoi(c.Cookies(d.cookieName("fw-zugaenge")))
	if err != nil || n < 1 || c.Query("erledigt") != "password_set" {
		return 0
	}
	d.setCookie(c, d.cookieName("fw-zugaenge"), "", 0)
	return n
}

// answerAddress takes the owner's word on an address that somebody else asked for.
func (d *door) answerAddress(c *fiber.Ctx, l *models.Link, secret string) error {
	agreed := posted(c, "antwort") == "ja"
	if !agreed && posted(c, "antwort") != "nein" {
		return d.showLink(c, fiber.StatusOK, l, nil)
	}
	if err := d.Store.AnswerAddress(c.UserContext(), secret, agreed); err != nil {
		return d.linkOver(c, err)
	}
	if agreed {
		return c.Redirect(linkPath+"?erledigt=address_agreed", fiber.StatusSeeOther)
	}
	d.setCookie(c, d.cookieName("fw-zugang"), "", 0)
	return c.Redirect("/anmelden?erledigt=address_stopped", fiber.StatusSeeOther)
}
