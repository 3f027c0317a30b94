package handlers

import (
	"net/url"

	"github.com/gofiber/fiber/v2"

	"formwandel/handlers/identity"
	"formwandel/models"
	"formwandel/templates"
)

// Whoever signs in with an account elsewhere shows there, too, that they are
// still who they were: the form waits here meanwhile, and is sent by its sender.

const confirmPath = accountPath + "/bestaetigen/"

// parkForm keeps a form that waits, and offers the providers that may confirm its sender.
func (d *door) parkForm(c *fiber.Ctx, p *templates.ConfirmPage) error {
	links, err := d.Store.Identities(c.UserContext(), whoever(c), whoever(c).ID)
	if err != nil || len(links) == 0 {
		return err
	}
	form := url.Values{}
	for _, f := range p.Carried {
		form.Add(f.Name, f.Value)
	}
	id, err := d.Store.ParkForm(c.UserContext(), whoever(c), session(c), p.To, form.Encode())
	if err != nil || id == "" {
		return err
	}
	for _, l := range links {
		if at := d.Identities.Called(l.Provider); at != nil {
			p.Elsewhere = append(p.Elsewhere, templates.NavItem{Path: confirmPath + id + "/mit/" + at.Key, Label: at.Title(locale(c))})
		}
	}
	return nil
}

// leaveToConfirm sends somebody to their provider, to come back to the form that waits.
func (d *door) leaveToConfirm(c *fiber.Ctx) error {
	p, err := d.elsewhere(c)
	if err != nil {
		return err
	}
	f, err := d.Store.Parked(c.UserContext(), session(c), c.Params("form"))
	if err != nil {
		return err
	}
	to, err := d.leave(c, p, models.IdentityAttempt{Parked: f.ID, Next: "/"})
	if err != nil {
		return d.unconfirmedElsewhere(c, p, f, err)
	}
	return c.Redirect(to, fiber.StatusSeeOther)
}

// comeBackToForm takes the provider's word, and leads on to the form.
func (d *door) comeBackToForm(c *fiber.Ctx, p *identity.Provider, id string, who *identity.Person, err error) error {
	f, lost := d.Store.Parked(c.UserContext(), session(c), id)
	if lost != nil {
		return d.refuseElsewhere(c, p, "/", &models.Error{Kind: models.Forbidden, Code: "identity_stale"})
	}
	var secret string
	if err == nil {
		secret, err = d.Store.ConfirmElsewhere(c.UserContext(), whoever(c), session(c), who.Identity, who.Second && who.Keyed)
	}
	if err != nil {
		return d.unconfirmedElsewhere(c, p, f, err)
	}
	d.renew(c, secret)
	return c.Redirect(confirmPath+f.ID, fiber.StatusSeeOther)
}

// unconfirmedElsewhere asks again, and says what was wrong.
func (d *door) unconfirmedElsewhere(c *fiber.Ctx, p *identity.Provider, f models.ParkedForm, err error) error {
	problems, status, err := d.refusedElsewhere(c, p, models.ConfirmFailed, err)
	if err != nil {
		return err
	}
	return d.showProof(c, status, f, problems)
}

// parkedPage shows that a form can be sent now, or asks again.
func (d *door) parkedPage(c *fiber.Ctx) error {
	f, err := d.Store.Parked(c.UserContext(), session(c), c.Params("form"))
	if err != nil {
		return err
	}
	return d.showProof(c, fiber.StatusOK, f, nil)
}

// showProof asks for the proof of a form that waits here; once it was given, only to send it.
func (d *door) showProof(c *fiber.Ctx, status int, f models.ParkedForm, problems []templates.Problem) error {
	form, err := url.ParseQuery(f.Form)
	if err != nil {
		return err
	}
	p := &templates.ConfirmPage{Frame: d.frame(c, "web.account.confirm.title"), To: f.Place, Back: "/", Done: session(c).Fresh && problems == nil}
	for name, values := range form {
		for _, value := range values {
			p.Carried = append(p.Carried, templates.Carried{Name: name, Value: value})
		}
	}
	if p.Done {
		p.Title = say(c, "web.account.confirm.done")
	}
	p.Problems = problems
	return d.fillProof(c, status, p)
}
