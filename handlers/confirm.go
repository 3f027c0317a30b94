package handlers

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
	"formwandel/templates"
)

// The fields in which a form carries the proof that its sender is who they were.
const (
	proofPassword = "proof_password"
	proofCode     = "proof_code"
	proofPasskey  = "proof_passkey"
	proofRecovery = "proof_recovery"
)

// confirmed lets a form do its work only if its sender has shown who they are
// within models.ConfirmFor. Else a page asks for it and carries the whole form
// along: what was typed is kept, and the step is taken right after, once.
func (d *door) confirmed(h fiber.Handler) fiber.Handler {
	return d.confirmedIf(func(*fiber.Ctx) bool { return true }, h)
}

// confirmedIf asks before those forms only that are serious.
func (d *door) confirmedIf(serious func(*fiber.Ctx) bool, h fiber.Handler) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if !serious(c) {
			return h(c)
		}
		shown, any := takeProof(c)
		return d.onceProven(c, session(c).Fresh, session(c).FreshUntil, shown, any, h)
	}
}

// onceProven does a form's work while a proof from before counts, or after one that the form carries; else it is asked for.
func (d *door) onceProven(c *fiber.Ctx, counts bool, until time.Time, shown models.Shown, any bool, h fiber.Handler) error {
	switch {
	case hasFiles(c):
		return &models.Error{Kind: models.Unsupported, Code: "content_type"} // no serious form carries files
	case counts:
		return d.whileFresh(c, until, shown, h)
	case !any:
		return d.askProof(c, fiber.StatusForbidden, shown, nil)
	}
	if done, err := d.prove(c, shown); err != nil || done {
		return err
	}
	return h(c)
}

// confirmedFully is confirmed for what touches one's own second factors: whoever has one shows it again. Neither the
// password alone does, nor a proof from before; only a sign-in with a second factor counts for as long as any proof does.
func (d *door) confirmedFully(h fiber.Handler) fiber.Handler {
	return func(c *fiber.Ctx) error {
		f, err := d.Store.Factors(c.UserContext(), whoever(c))
		if err != nil {
			return err
		}
		if !f.Any() {
			return d.confirmed(h)(c)
		}
		shown, any := takeProof(c)
		any = any && shown.Password == ""
		shown.Password, shown.Fully = "", true
		return d.onceProven(c, session(c).Full, session(c).FullUntil, shown, any, h)
	}
}

// whileFresh does a form's work if the proof still counts when its turn in the database comes; else it is asked for after all.
func (d *door) whileFresh(c *fiber.Ctx, until time.Time, shown models.Shown, h fiber.Handler) error {
	u := whoever(c)
	u.ProofUntil = until
	becomes(c, u)
	err := h(c)
	var refused *models.Error
	if errors.As(err, &refused) && refused.Code == "proof_over" {
		return d.askProof(c, fiber.StatusForbidden, shown, nil)
	}
	return err
}

// takeProof takes the proof out of a form, so that the form is the same with and without it.
func takeProof(c *fiber.Ctx) (models.Shown, bool) {
	form := c.Context().PostArgs()
	shown := models.Shown{Password: posted(c, proofPassword), Code: digits(posted(c, proofCode)), Passkey: []byte(posted(c, proofPasskey)), Recovery: strings.TrimSpace(posted(c, proofRecovery))}
	any := false
	for _, name := range []string{proofPassword, proofCode, proofPasskey, proofRecovery} {
		any = any || form.Has(name)
		form.Del(name)
	}
	c.Request().SetBody(slices.Clone(form.QueryString()))
	return shown, any
}

// prove takes the proof; what is wrong with it is said on the page that asks again, and done is true.
func (d *door) prove(c *fiber.Ctx, shown models.Shown) (done bool, err error) {
	var secret string
	err = d.withinBudget(c, models.ConfirmAttempt, func() (err error) {
		secret, err = d.Store.Confirm(c.UserContext(), d.party, whoever(c), session(c), shown)
		return err
	})
	if problems := paused(c, err); problems != nil {
		return true, d.askProof(c, fiber.StatusTooManyRequests, shown, problems)
	}
	if err == nil {
		d.renew(c, secret)
		x := session(c)
		x.Fresh = true
		c.Locals(sessionKey, x)
		return false, nil
	}
	problems, status, _ := refusal(c, err)
	if status == 0 {
		return true, err
	}
	for i, p := range problems {
		problems[i].Field = map[string]string{"password": proofPassword, "passkey": "proof-passkey", "code": proofCode, "notfallcode": proofRecovery}[p.Field]
	}
	if err := d.witness(c, models.ConfirmFailed, codeIn(err)); err != nil {
		return true, err
	}
	return true, d.askProof(c, status, shown, problems)
}

// renew replaces the secret of the session in the browser, and for the handler that follows.
func (d *door) renew(c *fiber.Ctx, secret string) {
	d.setCookie(c, d.cookieName("fw"), secret, models.SessionLife)
	c.Request().Header.SetCookie(d.cookieName("fw"), secret)
}

// askProof asks for the proof that was missing in what was shown; the page carries the form along.
func (d *door) askProof(c *fiber.Ctx, status int, shown models.Shown, problems []templates.Problem) error {
	p := &templates.ConfirmPage{Frame: d.frame(c, "web.account.confirm.title"), To: c.OriginalURL(), Back: "/", Fully: shown.Fully}
	for name, value := range c.Context().PostArgs().All() {
		if string(name) != "csrf" {
			p.Carried = append(p.Carried, templates.Carried{Name: string(name), Value: string(value)})
		}
	}
	if back, err := url.Parse(c.Get(fiber.HeaderReferer)); err == nil && back.Host == string(c.Request().Host()) {
		p.Back = backHere(back.RequestURI())
	}
	p.Problems = problems
	return d.fillProof(c, status, p)
}

// fillProof shows the page with what its reader can show here, and where else.
func (d *door) fillProof(c *fiber.Ctx, status int, p *templates.ConfirmPage) error {
	f, err := d.Store.Factors(c.UserContext(), whoever(c))
	if err != nil {
		return err
	}
	p.Password, p.TOTP, p.Passkey, p.Minutes = f.Password, f.TOTP, len(f.Passkeys) > 0 && d.party.Works(), int(models.ConfirmFor.Minutes())
	if p.Fully {
		p.Password, p.Recovery = false, f.Codes > 0
	}
	if p.OnlyKey = f.NeedsKey && session(c).Keyed; p.OnlyKey {
		p.Password, p.TOTP, p.Recovery = false, false, len(f.Passkeys) > 0 && f.Codes > 0
	}
	if !p.Done && !p.Fully { // what is shown elsewhere is no second factor of the account here
		if err := d.parkForm(c, p); err != nil {
			return err
		}
	}
	return d.render(c, status, p)
}

// seriousActions are those before which people are asked again who they are.
var seriousActions = []models.Action{models.Approve, models.Apply}

// seriousStep tells whether a request's page takes a serious step.
func seriousStep(c *fiber.Ctx) bool {
	return slices.Contains(seriousActions, models.Action(c.Params("action")))
}

// seriousWork tells whether a serious step is to be taken on many requests.
func seriousWork(c *fiber.Ctx) bool {
	return slices.Contains(seriousActions, pickedForm[posted(c, "tun")])
}
