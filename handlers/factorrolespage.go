package handlers

import (
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
	"formwandel/templates"
)

const factorRolesPath = "/verwaltung/sicherheit"

// factorRolesPage shows for which roles a second factor is required.
func (d *door) factorRolesPage(c *fiber.Ctx) error {
	roles, err := d.Store.FactorRoles(c.UserContext(), user(c))
	if err != nil {
		return err
	}
	return d.showFactorRoles(c, fiber.StatusOK, roles, roles, nil)
}

func (d *door) showFactorRoles(c *fiber.Ctx, status int, chosen, seen []models.Role, problems []templates.Problem) error {
	p := &templates.FactorRolesPage{Desk: d.desk(c, say(c, "web.account.security.title")), Seen: joined(seen), May: user(c).May(models.SetFactorRoles, "")}
	for _, r := range models.Roles {
		p.Roles = append(p.Roles, templates.RoleChoice{Role: r, Chosen: slices.Contains(chosen, r)})
	}
	p.Problems = problems
	return d.render(c, status, p)
}

// requireFactor says for which roles a second factor is required.
func (d *door) requireFactor(c *fiber.Ctx) error {
	var chosen, seen []models.Role
	for _, r := range postedAll(c, "rollen") {
		chosen = append(chosen, models.Role(r))
	}
	for _, r := range strings.Fields(posted(c, "gesehen")) {
		seen = append(seen, models.Role(r))
	}
	where := func(any) string { return factorRolesPath + "?erledigt=security" }
	o := onceForm(c, where)
	err := d.Store.RequireFactor(c.UserContext(), user(c), chosen, seen, o)
	if err == nil {
		return goOn(c, o, any(nil), where)
	}
	problems, status, _ := refusal(c, err)
	if status == 0 {
		return err
	}
	if seen, err = d.Store.FactorRoles(c.UserContext(), user(c)); err != nil {
		return err
	}
	return d.showFactorRoles(c, status, chosen, seen, problems)
}

func joined(roles []models.Role) string {
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = string(r)
	}
	return strings.Join(names, " ")
}

// resetFactors takes all second factors from an account whose owner has lost them.
func (d *door) resetFactors(c *fiber.Ctx) error {
	m, err := d.person(c)
	if err != nil {
		return err
	}
	where := func(any) string { return peoplePath + "/" + itoa(m.ID) + "?erledigt=factors_reset" }
	o := onceForm(c, where)
	if err := d.Store.ResetFactors(c.UserContext(), user(c), m.ID, postedVersion(c), o); err != nil {
		return d.refusedPerson(c, m, templates.PersonForm{Name: m.Name, Locale: m.Locale, Roles: choices(m.AGS, m.Roles)}, err)
	}
	return goOn(c, o, any(nil), where)
}
