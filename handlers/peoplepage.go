package handlers

import (
	"net/url"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
	"formwandel/templates"
)

const peoplePath = "/verwaltung/personen"

// people lists accounts.
func (d *door) people(c *fiber.Ctx) error {
	u := user(c)
	p := &templates.PeoplePage{Desk: d.desk(c, say(c, "web.admin.people")), Place: strings.TrimSpace(c.Query("kommune"))}
	return d.showPeople(c, p, u)
}

// findPerson looks an account up by its address, which never stands in the address of a page.
func (d *door) findPerson(c *fiber.Ctx) error {
	u, email, place := user(c), strings.TrimSpace(posted(c, "email")), strings.TrimSpace(posted(c, "kommune"))
	if email == "" {
		return c.Redirect(strings.TrimSuffix(peoplePath+"?kommune="+url.QueryEscape(place), "?kommune="), fiber.StatusSeeOther)
	}
	m, err := d.Store.PersonByEmail(c.UserContext(), u, email)
	if err == nil {
		return c.Redirect(peoplePath+"/"+itoa(m.ID), fiber.StatusSeeOther)
	}
	if !models.IsKind(err, models.NotFound) {
		return err
	}
	p := &templates.PeoplePage{Desk: d.desk(c, say(c, "web.admin.people")), Place: place, Email: email}
	p.Problems = append(p.Problems, templates.Problem{Field: "email", Text: say(c, "web.admin.people.unknown", "email", email)})
	return d.showPeople(c, p, u)
}

func (d *door) showPeople(c *fiber.Ctx, p *templates.PeoplePage, u models.User) error {
	f := models.PeopleFilter{Cursor: c.Query("cursor"), Provider: c.Query("seite") == "kisa"}
	if err := d.peopleOf(c, p, &f); err != nil {
		return err
	}
	ms, next, err := d.Store.People(c.UserContext(), u, f)
	if err != nil {
		return err
	}
	for _, m := range ms {
		l, err := d.personLine(c, m)
		if err != nil {
			return err
		}
		p.People = append(p.People, l)
	}
	p.Next, p.First = pages(c, next)
	return d.render(c, fiber.StatusOK, p)
}

// peopleOf says whose people the page lists, and where to add one.
func (d *door) peopleOf(c *fiber.Ctx, p *templates.PeoplePage, f *models.PeopleFilter) error {
	u := user(c)
	p.Whose = say(c, "web.admin.people.all")
	if u.AGS != "" {
		p.Whose, p.New = p.Frame.Town, peoplePath+"/neu"
		return nil
	}
	if p.Place != "" {
		m, err := d.Store.MunicipalityCalled(c.UserContext(), u, p.Place)
		switch {
		case err == nil:
			f.AGS, p.Whose = m.AGS, m.Name
		case models.IsKind(err, models.NotFound):
			p.Problems = append(p.Problems, templates.Problem{Field: "kommune", Text: say(c, "web.admin.town_unknown", "asked", p.Place)})
		default:
			return err
		}
	} else if f.Provider {
		p.Whose = say(c, "web.admin.provider")
	}
	if u.May(models.ChangePeople, "") {
		p.New = strings.TrimSuffix(peoplePath+"/neu?kommune="+f.AGS, "?kommune=")
	}
	p.Sides = []templates.NavItem{
		{Path: peoplePath, Label: say(c, "web.admin.people.all"), Current: p.Place == "" && !f.Provider},
		{Path: peoplePath + "?seite=kisa", Label: say(c, "web.admin.provider"), Current: p.Place == "" && f.Provider},
	}
	return nil
}

// personLine is an account as lists show it.
func (d *door) personLine(c *fiber.Ctx, m models.Member) (templates.PersonLine, error) {
	l := templates.PersonLine{Member: m, Path: peoplePath + "/" + itoa(m.ID), Town: say(c, "web.admin.provider"), RoleNames: roleWords(c, m.Roles)}
	if m.AGS == "" {
		return l, nil
	}
	var err error
	l.Town, err = d.Store.MunicipalityName(c.UserContext(), m.AGS)
	return l, err
}

func roleWords(c *fiber.Ctx, roles []models.Role) []string {
	var out []string
	for _, r := range roles {
		out = append(out, say(c, "web.role."+string(r)))
	}
	return out
}

// choices are the roles of one side, those given marked.
func choices(ags string, given []models.Role) []templates.RoleChoice {
	var out []templates.RoleChoice
	for _, r := range models.Roles {
		if (r.Side() == models.Municipal) == (ags != "") {
			out = append(out, templates.RoleChoice{Role: r, Chosen: slices.Contains(given, r)})
		}
	}
	return out
}

// personPage shows one account.
func (d *door) personPage(c *fiber.Ctx) error {
	m, err := d.person(c)
	if err != nil {
		return err
	}
	form := templates.PersonForm{Name: m.Name, Locale: m.Locale, Roles: choices(m.AGS, m.Roles)}
	return d.showPerson(c, fiber.StatusOK, m, form, nil, false)
}

// person reads the account that an address names.
func (d *door) person(c *fiber.Ctx) (*models.Member, error) {
	id, err := number(c, "id")
	if err != nil {
		return nil, err
	}
	return d.Store.Person(c.UserContext(), user(c), id)
}

func (d *door) showPerson(c *fiber.Ctx, status int, m *models.Member, form templates.PersonForm, problems []templates.Problem, stale bool) error {
	line, err := d.personLine(c, *m)
	if err != nil {
		return err
	}
	p := &templates.PersonPage{Desk: d.desk(c, m.Name, crumb(c, peoplePath, "web.admin.people")), Person: *m, Place: line.Town, RoleNames: line.RoleNames, Form: form}
	if p.Factors, err = d.Store.FactorsOf(c.UserContext(), user(c), m.ID); err != nil {
		return err
	}
	if p.Links, err = d.personLinks(c, m); err != nil {
		return err
	}
	if p.Asked, err = d.Store.AddressAskedOf(c.UserContext(), user(c), m.ID); err != nil {
		return err
	}
	p.May, p.Self, p.Problems = user(c).May(models.ChangePeople, m.AGS), user(c).ID == m.ID, problems
	if m.Invited {
		now, err := d.Store.Now(c.UserContext())
		if err != nil {
			return err
		}
		p.InviteOver = !m.InvitedUntil.After(now)
	}
	if p.Tokens, err = d.theirTokens(c, m); err != nil {
		return err
	}
	if stale {
		active := "web.admin.people.off"
		if m.Active {
			active = "web.admin.people.on"
		}
		p.Stale = []string{m.Name, say(c, "web.admin.people.roles") + ": " + strings.Join(line.RoleNames, ", "), say(c, active)}
	}
	return d.render(c, status, p)
}

// entered is what a form says about an account.
func entered(c *fiber.Ctx, ags string) (templates.PersonForm, []models.Role) {
	var roles []models.Role
	for _, r := range postedAll(c, "rollen") {
		roles = append(roles, models.Role(r))
	}
	form := templates.PersonForm{Email: strings.TrimSpace(posted(c, "email")), Name: posted(c, "name"), Locale: posted(c, "sprache"), Roles: choices(ags, roles)}
	return form, roles
}

// changePerson changes name, language and roles.
func (d *door) changePerson(c *fiber.Ctx) error {
	m, err := d.person(c)
	if err != nil {
		return err
	}
	form, roles := entered(c, m.AGS)
	where := func(any) string { return peoplePath + "/" + itoa(m.ID) + "?erledigt=person" }
	o := onceForm(c, where)
	err = d.Store.ChangePerson(c.UserContext(), user(c), m.ID, postedVersion(c), models.PersonChange{Name: form.Name, Locale: form.Locale, Roles: roles}, o)
	if err != nil {
		return d.refusedPerson(c, m, form, err)
	}
	return goOn(c, o, any(nil), where)
}

// refusedPerson shows the form again, with what was typed and why it can't be.
func (d *door) refusedPerson(c *fiber.Ctx, m *models.Member, form templates.PersonForm, err error) error {
	problems, status, stale := refusal(c, err)
	if status == 0 {
		return err
	}
	return d.showPerson(c, status, m, form, problems, stale)
}

// switchPerson switches an account off or on.
func (d *door) switchPerson(on bool) fiber.Handler {
	done := "person_off"
	if on {
		done = "person_on"
	}
	return func(c *fiber.Ctx) error {
		return d.onPerson(c, done, templates.PersonForm{}, func(m *models.Member, o *models.Once) error {
			return d.Store.SwitchPerson(c.UserContext(), user(c), m.ID, postedVersion(c), on, o)
		})
	}
}
