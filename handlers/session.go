package handlers

import (
	"crypto/subtle"
	"net/url"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
	"formwandel/templates"
)

// cookieName is a cookie's name; behind https the browser holds it to this host.
func (d *door) cookieName(name string) string {
	if d.secure() {
		return "__Host-" + name
	}
	return name
}

func (d *door) secure() bool { return strings.HasPrefix(d.BaseURL, "https://") }

// setCookie gives the browser something to keep; an empty value takes it back.
func (d *door) setCookie(c *fiber.Ctx, name, value string, keep time.Duration) {
	k := &fiber.Cookie{Name: name, Value: value, Path: "/", HTTPOnly: true, SameSite: fiber.CookieSameSiteLaxMode, Secure: d.secure()}
	if value == "" {
		k.Expires = time.Unix(1, 0)
	} else if keep > 0 {
		k.MaxAge = int(keep.Seconds())
	}
	c.Cookie(k)
}

// resume finds out who is signed in. Whoever is not gets a token for the forms of strangers.
func (d *door) resume(c *fiber.Ctx) error {
	if secret := c.Cookies(d.cookieName("fw")); secret != "" {
		u, session, err := d.Store.Resume(c.UserContext(), secret)
		if err == nil {
			key := halfKey
			if session.Lacks == models.LacksNothing {
				key = userKey
			}
			c.Locals(key, u)
			c.Locals(sessionKey, session)
			return nil
		}
		if !models.IsKind(err, models.Unauthorized) {
			return err
		}
	}
	strange := c.Cookies(d.cookieName("fw-gast"))
	if len(strange) != 48 {
		strange = randomHex()
		d.setCookie(c, d.cookieName("fw-gast"), strange, 0)
	}
	c.Locals(strangeKey, strange)
	return nil
}

// csrf is the token that every form of this visitor carries.
func csrf(c *fiber.Ctx) string {
	if s, ok := c.Locals(sessionKey).(models.Session); ok {
		return s.CSRF
	}
	strange, _ := c.Locals(strangeKey).(string)
	return strange
}

// unforged refuses a form that another site sent, or that was made for somebody else.
func (d *door) unforged(c *fiber.Ctx) error {
	forged := &models.Error{Kind: models.Forbidden, Code: "forged"}
	if fromElsewhere(c) {
		return forged
	}
	token := c.Get("X-CSRF-Token")
	if token == "" {
		token = posted(c, "csrf")
	}
	if want := csrf(c); len(want) < 32 || subtle.ConstantTimeCompare([]byte(token), []byte(want)) != 1 {
		if user(c).ID == 0 && c.Path() != "/anmelden" {
			return &models.Error{Kind: models.Unauthorized, Code: "session_over"}
		}
		return forged
	}
	return nil
}

// fromElsewhere tells whether the browser says that another site's page has sent the form.
func fromElsewhere(c *fiber.Ctx) bool {
	if site := c.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return true
	}
	origin := c.Get(fiber.HeaderOrigin)
	if origin == "" {
		return false
	}
	u, err := url.Parse(origin)
	return err != nil || u.Host != string(c.Request().Host())
}

// signInPage asks for address and password.
func (d *door) signInPage(c *fiber.Ctx) error {
	next := backHere(c.Query("weiter"))
	if user(c).ID != 0 {
		return c.Redirect(next, fiber.StatusSeeOther)
	}
	return d.askSignIn(c, fiber.StatusOK, "", next, nil)
}

// longAddress is the most that an address can have, in bytes; what is longer is not shown again.
const longAddress = 254

func (d *door) askSignIn(c *fiber.Ctx, status int, email, next string, problems []templates.Problem) error {
	if len(email) > longAddress {
		email = ""
	}
	p := &templates.SignInPage{Frame: d.frame(c, "web.signin.title"), Email: email, Next: next, Tokens: d.countedTokens(c)}
	p.Problems = problems
	demo, err := d.Store.DemoAccounts(c.UserContext())
	if err != nil {
		return err
	}
	p.Demo, p.Accounts, p.Passkeys = len(demo) > 0, demo, d.party.Works()
	d.offerElsewhere(c, p)
	return d.render(c, status, p)
}

// signIn begins a session.
func (d *door) signIn(c *fiber.Ctx) error {
	email, password, next := strings.TrimSpace(posted(c, "email")), posted(c, "password"), backHere(posted(c, "weiter"))
	words := templates.Words(locale(c))
	var problems []templates.Problem
	if email == "" {
		problems = append(problems, templates.Problem{Field: "email", Text: words.Say("web.signin.email_missing", nil)})
	}
	if password == "" {
		problems = append(problems, templates.Problem{Field: "password", Text: words.Say("web.signin.password_missing", nil)})
	}
	if problems != nil {
		return d.askSignIn(c, fiber.StatusUnprocessableEntity, email, next, problems)
	}
	u, err := d.checkPassword(c, email, password)
	if problems := tooMany(c, err); problems != nil {
		problems = append(problems, templates.Problem{Text: say(c, "web.access.way_out")})
		if c.Locals(stubbornKey) != nil {
			return shortly(c, problems)
		}
		return d.askSignIn(c, fiber.StatusTooManyRequests, email, next, problems)
	}
	if models.IsKind(err, models.Unauthorized) {
		if err := d.witness(c, models.LoginFailed, ""); err != nil {
			return err
		}
		return d.askSignIn(c, fiber.StatusUnprocessableEntity, email, next, []templates.Problem{{Field: "email", Text: words.Say("web.signin.wrong", nil)}})
	}
	if err != nil {
		return err
	}
	return d.welcome(c, u, models.Proof{Method: "password"}, next)
}

// welcome begins a session for whoever has shown who they are, and leads on; proof says how.
// Where the proof is not enough, it leads to the page that asks for the rest.
func (d *door) welcome(c *fiber.Ctx, u models.User, proof models.Proof, next string) error {
	browser, system := browserOf(c.Get(fiber.HeaderUserAgent))
	visit := models.Visit{Browser: browser, System: system, Address: c.IP(), Former: c.Cookies(d.cookieName("fw"))}
	secret, x, err := d.Store.SignIn(c.UserContext(), u, proof, visit)
	if err != nil {
		return err
	}
	return d.enter(c, u, x, secret, next)
}

// enter hands the secret of a new session to the browser, and leads on.
func (d *door) enter(c *fiber.Ctx, u models.User, x models.Session, secret, next string) error {
	d.setCookie(c, d.cookieName("fw"), secret, models.SessionLife)
	d.setCookie(c, d.cookieName("fw-gast"), "", 0)
	if x.Lacks != models.LacksNothing {
		return c.Redirect(lackPages[x.Lacks]+"?weiter="+url.QueryEscape(next), fiber.StatusSeeOther)
	}
	if err := d.knowDevice(c, u); err != nil {
		return err
	}
	c.Locals(userKey, u)
	if err := d.witness(c, models.SignedIn, x.Method); err != nil {
		return err
	}
	return c.Redirect(next, fiber.StatusSeeOther)
}

// signOut ends the session.
func (d *door) signOut(c *fiber.Ctx) error {
	if err := d.Store.SignOut(c.UserContext(), c.Cookies(d.cookieName("fw"))); err != nil {
		return err
	}
	d.setCookie(c, d.cookieName("fw"), "", 0)
	if user(c).ID != 0 {
		if err := d.witness(c, models.SignedOut, ""); err != nil {
			return err
		}
	}
	return c.Redirect(d.afterSignOut(c), fiber.StatusSeeOther)
}

// keepView is how long the browser remembers language and colours.
const keepView = 365 * 24 * time.Hour

// setView changes language or colours and goes back.
func (d *door) setView(c *fiber.Ctx) error {
	if lang := posted(c, "sprache"); lang == "de" || lang == "en" {
		d.setCookie(c, d.cookieName("fw-sprache"), lang, keepView)
	}
	switch theme := posted(c, "farben"); theme {
	case "dark", "light":
		d.setCookie(c, d.cookieName("fw-farben"), theme, keepView)
	case "auto":
		d.setCookie(c, d.cookieName("fw-farben"), "", 0)
	}
	return c.Redirect(backHere(posted(c, "zurueck")), fiber.StatusSeeOther)
}
