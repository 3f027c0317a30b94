package handlers

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
	"formwandel/templates"
)

// personNewPage asks for a new account.
func (d *door) personNewPage(c *fiber.Ctx) error {
	u, asked := user(c), strings.TrimSpace(c.Query("kommune"))
	if !u.May(models.ChangePeople, u.AGS) {
		return notYours()
	}
	ags := u.AGS
	var problems []templates.Problem
	if ags == "" && asked != "" {
		m, err := d.Store.MunicipalityCalled(c.UserContext(), u, asked)
		switch {
		case err == nil:
			ags = m.AGS
		case models.IsKind(err, models.NotFound):
			problems = append(problems, templates.Problem{Field: "kommune", Text: say(c, "web.admin.town_unknown", "asked", asked)})
		default:
			return err
		}
	}
	return d.askPerson(c, fiber.StatusOK, ags, asked, templates.PersonForm{Roles: choices(ags, nil)}, problems)
}

func (d *door) askPerson(c *fiber.Ctx, status int, ags, asked string, form templates.PersonForm, problems []templates.Problem) error {
	p := &templates.PersonNewPage{Desk: d.desk(c, say(c, "web.admin.people.add"), crumb(c, peoplePath, "web.admin.people")), AGS: ags, Asked: asked, Choose: user(c).AGS == "", Form: form}
	p.Place, p.Problems = say(c, "web.admin.provider"), problems
	if ags != "" {
		var err error
		if p.Place, err = d.Store.MunicipalityName(c.UserContext(), ags); err != nil {
			return err
		}
	}
	return d.render(c, status, p)
}

// addPerson makes an account and invites its person.
func (d *door) addPerson(c *fiber.Ctx) error {
	ags := posted(c, "kommune")
	form, roles := entered(c, ags)
	where := func(id int64) string { return peoplePath + "/" + itoa(id) + "?erledigt=invited" }
	o := onceForm(c, where)
	id, err := d.Store.AddPerson(c.UserContext(), user(c), models.NewUser{AGS: ags, Email: form.Email, Name: form.Name, Locale: form.Locale, Roles: roles}, o)
	if err != nil {
		problems, status, _ := refusal(c, err)
		if status == 0 {
			return err
		}
		return d.askPerson(c, status, ags, ags, form, problems)
	}
	return goOn(c, o, id, where)
}

// sendLink sends a person the link to set a password: nobody else learns or sets it.
func (d *door) sendLink(c *fiber.Ctx) error {
	return d.onPerson(c, "link_sent", templates.PersonForm{}, func(m *models.Member, o *models.Once) error {
		return d.Store.SendLink(c.UserContext(), user(c), m.ID, postedVersion(c), o)
	})
}

// changeAddress asks for another address of an account; it counts once its mailbox has confirmed it.
func (d *door) changeAddress(c *fiber.Ctx) error {
	email := strings.TrimSpace(posted(c, "email"))
	return d.onPerson(c, "person_address_asked", templates.PersonForm{Email: email}, func(m *models.Member, o *models.Once) error {
		return d.Store.AskAddressOf(c.UserContext(), user(c), m.ID, postedVersion(c), email, o)
	})
}

// stopAddress ends what was asked for before it counts.
func (d *door) stopAddress(c *fiber.Ctx) error {
	return d.onPerson(c, "address_stopped", templates.PersonForm{}, func(m *models.Member, o *models.Once) error {
		return d.Store.StopAddressOf(c.UserContext(), user(c), m.ID, postedVersion(c), o)
	})
}

// onPerson runs a write on the account that an address names, and shows the account again.
func (d *door) onPerson(c *fiber.Ctx, done string, form templates.PersonForm, do func(*models.Member, *models.Once) error) error {
	m, err := d.person(c)
	if err != nil {
		return err
	}
	where := func(any) string { return peoplePath + "/" + itoa(m.ID) + "?erledigt=" + done }
	o := onceForm(c, where)
	if err := do(m, o); err != nil {
		form.Name, form.Locale, form.Roles = m.Name, m.Locale, choices(m.AGS, m.Roles)
		return d.refusedPerson(c, m, form, err)
	}
	return goOn(c, o, any(nil), where)
}
