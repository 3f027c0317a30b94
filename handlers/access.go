package handlers

import (
	"errors"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
	"formwandel/models/calendar"
	"formwandel/templates"
)

// allowed tells whether somebody may do something with what is a municipality's; where only its grant is missing, in words what can be done.
func (d *door) allowed(c *fiber.Ctx, r models.Right, ags string) (may bool, lacking string, err error) {
	err = d.Store.Allowed(c.UserContext(), user(c), r, ags)
	var refusal *models.Error
	if !errors.As(err, &refusal) || refusal.Kind != models.Forbidden {
		return err == nil, "", err
	}
	if strings.HasPrefix(refusal.Code, "access_needed_") {
		lacking = templates.Words(locale(c)).Say("error."+refusal.Code, refusal.Args)
	}
	return false, lacking, nil
}

const accessPath = "/verwaltung/rechtevergabe"

// accessHome leads to one's own municipality's grants; the provider chooses among municipalities.
func (d *door) accessHome(c *fiber.Ctx) error {
	if ags := user(c).AGS; ags != "" {
		return c.Redirect(accessPath+"/"+ags, fiber.StatusSeeOther)
	}
	return c.Redirect(townsPath, fiber.StatusSeeOther)
}

// accessPage shows what a municipality lets the provider do, and what the provider did.
func (d *door) accessPage(c *fiber.Ctx) error {
	return d.showAccess(c, fiber.StatusOK, templates.AccessLine{}, nil)
}

// showAccess shows the page; typed is the form that came back, if one did.
func (d *door) showAccess(c *fiber.Ctx, status int, typed templates.AccessLine, problems []templates.Problem) error {
	u, ags := user(c), c.Params("ags")
	grants, err := d.Store.Access(c.UserContext(), u, ags)
	if err != nil {
		return err
	}
	name, err := d.Store.MunicipalityName(c.UserContext(), ags)
	if err != nil {
		return err
	}
	p := &templates.AccessPage{Desk: d.desk(c, say(c, "web.grants.of", "town", name)), AGS: ags, Place: name, May: u.May(models.GrantAccess, ags)}
	p.Problems = problems
	if !u.MaySomewhere(models.EnterDesk) {
		p.Crumbs = nil
	}
	for _, g := range grants {
		line := templates.AccessLine{Grant: g}
		if g.Kind == typed.Kind {
			line.Until, line.Reason = typed.Until, typed.Reason
		}
		p.Grants = append(p.Grants, line)
	}
	uses, next, err := d.Store.AccessUses(c.UserContext(), u, ags, c.Query("cursor"), 0)
	if err != nil {
		return err
	}
	for _, e := range uses {
		p.Uses = append(p.Uses, trailLine(c, e))
	}
	p.Next, p.First = pages(c, next)
	return d.render(c, status, p)
}

// setAccess grants the provider an access, or withdraws it.
func (d *door) setAccess(c *fiber.Ctx) error {
	ags, kind := c.Params("ags"), models.Access(posted(c, "art"))
	typed := templates.AccessLine{Grant: models.Grant{Kind: kind}, Until: strings.TrimSpace(posted(c, "bis-"+string(kind))), Reason: posted(c, "grund-"+string(kind))}
	ch := models.AccessChange{Kind: kind, On: posted(c, "tun") == "erteilen", Reason: typed.Reason}
	if seen, err := strconv.ParseInt(posted(c, "gesehen"), 10, 64); err == nil {
		ch.Seen = &seen
	}
	var err error
	if ch.Until, err = calendar.ReadDay(typed.Until); err != nil && typed.Until != "" && user(c).May(models.GrantAccess, ags) {
		return d.showAccess(c, fiber.StatusUnprocessableEntity, typed, []templates.Problem{{Field: "bis-" + string(kind), Text: say(c, "web.grants.not_a_day")}})
	}
	done := "access_withdraw"
	if ch.On {
		done = "access_grant"
	}
	where := func(any) string { return accessPath + "/" + ags + "?erledigt=" + done }
	o := onceForm(c, where)
	if err := d.Store.SetAccess(c.UserContext(), user(c), ags, ch, o); err != nil {
		problems, status, _ := refusal(c, err)
		if status == 0 {
			return err
		}
		return d.showAccess(c, status, typed, atAccess(problems, kind))
	}
	return goOn(c, o, any(nil), where)
}

// atAccess puts problems at the inputs of the form they belong to.
func atAccess(problems []templates.Problem, kind models.Access) []templates.Problem {
	inputs := map[string]string{"until": "bis-" + string(kind), "reason": "grund-" + string(kind)}
	for i := range problems {
		problems[i].Field = inputs[problems[i].Field]
	}
	return problems
}
