package handlers

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"formwandel/handlers/identity"
	"formwandel/models"
	"formwandel/templates"
)

// Signing in with an account that somebody has elsewhere: the browser is sent
// to the provider, which sends it back.

const (
	attemptCookie   = "fw-hin"          // binds a sign-in that has begun to the browser that began it
	methodElsewhere = "oidc:"           // and the provider's key: how somebody has shown who they are
	elsewherePath   = "/anmelden/mit/"  // and the provider's key
	askElsewhere    = 8 * time.Second   // for all that a provider is asked on the way
	longestNext     = 2000              // bytes of a place to go on to
	wordsOfDoor     = "error.identity_" // the beginning of the keys of what can go wrong
)

// wayBack is where a provider sends the browser back to: each to a place of its own.
func (d *door) wayBack(p *identity.Provider) string {
	return d.BaseURL + elsewherePath + p.Key + "/zurueck"
}

// elsewhere finds the provider that an address names.
func (d *door) elsewhere(c *fiber.Ctx) (*identity.Provider, error) {
	p := d.Identities.Called(c.Params("provider"))
	if p == nil {
		return nil, &models.Error{Kind: models.NotFound, Code: "not_found"}
	}
	return p, nil
}

// leaveToSignIn sends a browser to a provider.
func (d *door) leaveToSignIn(c *fiber.Ctx) error {
	p, err := d.elsewhere(c)
	if err != nil {
		return err
	}
	next := backHere(c.Query("weiter"))
	if len(next) > longestNext {
		next = "/"
	}
	if user(c).ID != 0 {
		return c.Redirect(next, fiber.StatusSeeOther)
	}
	to, err := d.leave(c, p, models.IdentityAttempt{Next: next})
	if err != nil {
		return d.refuseElsewhere(c, p, next, err)
	}
	return c.Redirect(to, fiber.StatusSeeOther)
}

// leave remembers an attempt and tells where to send the browser; for a form that waits, the provider shall ask again who is there.
func (d *door) leave(c *fiber.Ctx, p *identity.Provider, attempt models.IdentityAttempt) (string, error) {
	if err := d.attempt(c, models.LeaveAttempt, ""); err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(c.UserContext(), askElsewhere)
	defer cancel()
	to, a, err := p.Begin(ctx, d.wayBack(p), attempt.Parked != "")
	if err != nil {
		return "", err
	}
	attempt.Browser, attempt.Provider = randomHex(), p.Key
	attempt.State, attempt.Nonce, attempt.Verifier, attempt.Fresh = a.State, a.Nonce, a.Verifier, a.Fresh
	if err := d.Store.BeginAttempt(c.UserContext(), attempt); err != nil {
		return "", err
	}
	d.setCookie(c, d.cookieName(attemptCookie), attempt.Browser, models.AttemptLife)
	return to, nil
}

// comeBack begins a session for whoever the provider says is there.
func (d *door) comeBack(c *fiber.Ctx) error {
	p, err := d.elsewhere(c)
	if err != nil {
		return err
	}
	query := queryOf(c)
	a, err := d.Store.TakeAttempt(c.UserContext(), p.Key, query.Get("state"), c.Cookies(d.cookieName(attemptCookie)))
	if err != nil {
		return d.refuseElsewhere(c, p, "/", err)
	}
	d.setCookie(c, d.cookieName(attemptCookie), "", 0)
	who, err := d.whoCame(c, p, a, query)
	switch {
	case a.Parked != "":
		return d.comeBackToForm(c, p, a.Parked, who, err)
	case err != nil:
		return d.refuseElsewhere(c, p, a.Next, err)
	}
	u, err := d.Store.Recognise(c.UserContext(), who.Identity)
	if err != nil {
		return d.refuseElsewhere(c, p, a.Next, err)
	}
	return d.welcome(c, u, models.Proof{Method: methodElsewhere + p.Key, Second: who.Second, Keyed: who.Keyed}, a.Next)
}

// whoCame asks the provider who the browser has come back with.
func (d *door) whoCame(c *fiber.Ctx, p *identity.Provider, a models.IdentityAttempt, query url.Values) (*identity.Person, error) {
	ctx, cancel := context.WithTimeout(c.UserContext(), askElsewhere)
	defer cancel()
	who, err := p.End(ctx, identity.Attempt{State: a.State, Nonce: a.Nonce, Verifier: a.Verifier, Fresh: a.Fresh}, d.wayBack(p), query)
	if err != nil {
		return nil, err
	}
	return who, d.passed(c, models.LeaveAttempt, "")
}

// refuseElsewhere says on the sign-in page why it did not work; nothing that a provider wrote is shown.
func (d *door) refuseElsewhere(c *fiber.Ctx, p *identity.Provider, next string, err error) error {
	problems, status, err := d.refusedElsewhere(c, p, models.LoginFailed, err)
	if err != nil {
		return err
	}
	return d.askSignIn(c, status, "", next, problems)
}

// refusedElsewhere says why it did not work, and writes it down; what is no refusal stays an error.
func (d *door) refusedElsewhere(c *fiber.Ctx, p *identity.Provider, code models.SecurityCode, err error) ([]templates.Problem, int, error) {
	if problems := tooMany(c, err); problems != nil {
		return problems, fiber.StatusTooManyRequests, nil
	}
	var refusal *models.Error
	if !errors.As(err, &refusal) || !strings.HasPrefix("error."+refusal.Code, wordsOfDoor) {
		return nil, 0, err
	}
	var failure *identity.Failure
	if errors.As(err, &failure) {
		d.Log.Warn("a sign-in elsewhere failed", "provider", p.Key, "code", refusal.Code, "why", failure.Why)
	}
	if err := d.witness(c, code, p.Key+" "+refusal.Code); err != nil {
		return nil, 0, err
	}
	text := say(c, "error."+refusal.Code, "provider", p.Title(locale(c)))
	return []templates.Problem{{Text: text}}, statusOf[refusal.Kind], nil
}

// offerElsewhere puts on the sign-in page with which accounts from elsewhere one
// can sign in, and where to end the session that one may still have there.
func (d *door) offerElsewhere(c *fiber.Ctx, page *templates.SignInPage) {
	page.Path = "/anmelden?weiter=" + url.QueryEscape(page.Next) // not the address that one came back to
	lang := locale(c)
	for _, p := range d.Identities {
		page.Elsewhere = append(page.Elsewhere, templates.NavItem{Path: elsewherePath + p.Key + "?weiter=" + url.QueryEscape(page.Next), Label: p.Title(lang)})
	}
	p := d.Identities.Called(c.Query("von"))
	if p == nil || c.Path() != "/anmelden" {
		return
	}
	ctx, cancel := context.WithTimeout(c.UserContext(), askElsewhere)
	defer cancel()
	if end := p.EndAddress(ctx, d.BaseURL+"/anmelden"); end != "" {
		page.Left = &templates.NavItem{Path: end, Label: p.Title(lang)}
	}
}

// afterSignOut is where to go on to: the sign-in page, which knows where one came from.
func (d *door) afterSignOut(c *fiber.Ctx) string {
	key, came := strings.CutPrefix(session(c).Method, methodElsewhere)
	if p := d.Identities.Called(key); came && p != nil {
		return "/anmelden?von=" + url.QueryEscape(p.Key)
	}
	return "/anmelden"
}

// unlinkPerson parts an account from all accounts elsewhere.
func (d *door) unlinkPerson(c *fiber.Ctx) error {
	return d.onPerson(c, "person_unlinked", templates.PersonForm{}, func(m *models.Member, o *models.Once) error {
		return d.Store.Unlink(c.UserContext(), user(c), m.ID, postedVersion(c), o)
	})
}

// personLinks are the accounts elsewhere with which somebody can sign in, as a page shows them.
func (d *door) personLinks(c *fiber.Ctx, m *models.Member) ([]templates.PersonLink, error) {
	links, err := d.Store.Identities(c.UserContext(), user(c), m.ID)
	out := make([]templates.PersonLink, 0, len(links))
	for _, l := range links {
		name := l.Provider
		if p := d.Identities.Called(l.Provider); p != nil {
			name = p.Title(locale(c))
		}
		out = append(out, templates.PersonLink{Name: name, Since: l.CreatedAt, Used: l.UsedAt})
	}
	return out, err
}
