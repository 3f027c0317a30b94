package handlers

import (
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
	"formwandel/templates"
)

const factorRolesPath = "/verwaltung/sicherheit"

// The field of each role, and what it holds where nothing is asked for.
const (
	factorField = "faktor-"
	noFactor    = "none"
)

// factorRolesPage shows what roles ask for beside the password.
func (d *door) factorRolesPage(c *fiber.Ctx) error {
	r, err := d.Store.FactorRoles(c.UserContext(), user(c))
	if err != nil {
		return err
	}
	return d.showFactorRoles(c, fiber.StatusOK, r, r, nil)
}

func (d *door) showFactorRoles(c *fiber.Ctx, status int, chosen, seen models.Requirement, problems []templates.Problem) error {
	p := &templates.FactorRolesPage{Desk: d.desk(c, say(c, "web.account.security.title")), Seen: seen.String(), May: user(c).May(models.SetFactorRoles, ""), Works: d.party.Works()}
	for _, r := range models.Roles {
		p.Roles = append(p.Roles, templates.RoleFactor{Role: r, Kind: chosen.Of(r), Was: seen.Of(r)})
	}
	p.Problems = problems
	return d.render(c, status, p)
}

// requireFactor says what roles ask for beside the password.
func (d *door) requireFactor(c *fiber.Ctx) error {
	chosen, seen := chosenFactors(c), models.ReadRequirement(posted(c, "gesehen"))
	where := func(any) string { return factorRolesPath + "?erledigt=security" }
	o := onceForm(c, where)
	err := d.Store.RequireFactor(c.UserContext(), d.party, user(c), chosen, seen, o)
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
	if slices.ContainsFunc(chosen, func(f models.RoleFactor) bool { return f.Kind == "" }) {
		chosen = seen // what the form left out is not offered as nothing
	}
	return d.showFactorRoles(c, status, chosen, seen, problems)
}

// chosenFactors is what a form says of roles. One that it does not speak of is not let off
// in silence: it gets a kind that there is not, which is refused.
func chosenFactors(c *fiber.Ctx) models.Requirement {
	said := map[models.Role]string{}
	for _, r := range models.Roles {
		said[r] = ""
	}
	for name, value := range c.Context().PostArgs().All() {
		if role, is := strings.CutPrefix(string(name), factorField); is {
			said[models.Role(role)] = string(value)
		}
	}
	var out models.Requirement
	for role, kind := range said {
		if kind != noFactor {
			out = append(out, models.RoleFactor{Role: role, Kind: models.FactorKind(kind)})
		}
	}
	return out
}

// resetFactors takes all second factors from an account whose owner has lost them.
func (d *door) resetFactors(c *fiber.Ctx) error {
	return d.onPerson(c, "factors_reset", templates.PersonForm{}, func(m *models.Member, o *models.Once) error {
		return d.Store.ResetFactors(c.UserContext(), user(c), m.ID, postedVersion(c), o)
	})
}
