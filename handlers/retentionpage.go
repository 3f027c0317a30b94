package handlers

import (
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
	"formwandel/templates"
)

const retentionPath = "/verwaltung/aufbewahrung"

// retentionPage shows how long things are kept, what a run would delete now, and what the last ones did.
func (d *door) retentionPage(c *fiber.Ctx) error {
	rules, err := d.Store.Keepings(c.UserContext(), user(c))
	if err != nil {
		return err
	}
	typed := map[string]string{}
	for _, k := range rules {
		typed[k.Key] = strconv.Itoa(k.Keep)
	}
	return d.showRetention(c, fiber.StatusOK, typed, nil)
}

func (d *door) showRetention(c *fiber.Ctx, status int, typed map[string]string, problems []templates.Problem) error {
	u := user(c)
	p := &templates.RetentionPage{Desk: d.desk(c, say(c, "web.admin.retention")), May: u.May(models.SetRetention, "")}
	p.Problems = problems
	expired, err := d.Store.Expiring(c.UserContext(), u)
	if err != nil {
		return err
	}
	for _, e := range expired {
		p.Rules = append(p.Rules, templates.RetentionRule{Expired: e, Typed: typed[e.Key]})
	}
	if p.Reports, err = d.Store.RetentionReports(c.UserContext(), u); err != nil {
		return err
	}
	return d.render(c, status, p)
}

// setRetention changes how long things are kept.
func (d *door) setRetention(c *fiber.Ctx) error {
	rules, err := d.Store.Keepings(c.UserContext(), user(c))
	if err != nil {
		return err
	}
	keep, typed := map[string]int{}, map[string]string{}
	for _, k := range rules {
		typed[k.Key] = strings.TrimSpace(posted(c, k.Key))
		if keep[k.Key], err = strconv.Atoi(typed[k.Key]); err != nil {
			keep[k.Key] = -1 // no number is none that is allowed
		}
	}
	where := func(any) string { return retentionPath + "?erledigt=retention" }
	o := onceForm(c, where)
	err = d.Store.SetKeepings(c.UserContext(), user(c), keep, o)
	if models.IsKind(err, models.Invalid) {
		problems, status, _ := refusal(c, err)
		return d.showRetention(c, status, typed, problems)
	}
	if err != nil {
		return err
	}
	return goOn(c, o, any(nil), where)
}
