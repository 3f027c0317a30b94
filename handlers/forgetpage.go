package handlers

import (
	"github.com/gofiber/fiber/v2"

	"formwandel/models"
	"formwandel/templates"
)

// forgetPage asks whether a person is really to be forgotten.
func (d *door) forgetPage(c *fiber.Ctx) error {
	m, err := d.person(c)
	if err != nil {
		return err
	}
	return d.askToForget(c, fiber.StatusOK, m, nil)
}

func (d *door) askToForget(c *fiber.Ctx, status int, m *models.Member, problems []templates.Problem) error {
	if !user(c).May(models.ChangePeople, m.AGS) {
		return notYours()
	}
	if m.Active || m.ForgottenAt != nil {
		return c.Redirect(peoplePath+"/"+itoa(m.ID), fiber.StatusSeeOther)
	}
	p := &templates.ForgetPage{Desk: d.desk(c, say(c, "web.privacy.forget"), crumb(c, peoplePath, "web.admin.people"), templates.Crumb{Path: peoplePath + "/" + itoa(m.ID), Label: m.Name}), Person: *m}
	p.Problems = problems
	return d.render(c, status, p)
}

// forgetPerson replaces a person by a pseudonym, for good.
func (d *door) forgetPerson(c *fiber.Ctx) error {
	m, err := d.person(c)
	if err != nil {
		return err
	}
	if posted(c, "sicher") != "ja" {
		return d.askToForget(c, fiber.StatusUnprocessableEntity, m, []templates.Problem{{Field: "sicher", Text: say(c, "web.privacy.forget.not_sure")}})
	}
	where := func(any) string { return peoplePath + "/" + itoa(m.ID) + "?erledigt=person_forgotten" }
	o := onceForm(c, where)
	err = d.Store.Pseudonymise(c.UserContext(), user(c), m.ID, postedVersion(c), o)
	if problems, status, stale := refusal(c, err); status != 0 {
		if stale {
			problems = []templates.Problem{{Text: say(c, "web.admin.stale.lead")}}
		}
		return d.askToForget(c, status, m, problems)
	}
	if err != nil {
		return err
	}
	if d.Letters != nil {
		if err := d.Letters(c.UserContext(), m.User); err != nil { // the person is forgotten all the same
			d.Log.Error("letters as files still name somebody who was forgotten: look into the folder mail", "account", m.ID, "error", err)
		}
	}
	return goOn(c, o, any(nil), where)
}
