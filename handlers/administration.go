package handlers

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
	"formwandel/templates"
)

// deskOnly lets those into the administration who have something to do or to look at there.
func (d *door) deskOnly(c *fiber.Ctx) error {
	return d.only(models.EnterDesk)(c)
}

// houseOnly lets the provider's administration and auditors in.
func (d *door) houseOnly(c *fiber.Ctx) error {
	return d.only(models.EnterHouse)(c)
}

// only lets those go on who hold a right at all.
func (d *door) only(r models.Right) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if user(c).MaySomewhere(r) {
			return c.Next()
		}
		return notYours()
	}
}

// notYours refuses what is nobody's of this role.
func notYours() error { return &models.Error{Kind: models.Forbidden, Code: "not_your_role"} }

// desk is what surrounds a page of the administration; each part of the way is a path and its name.
func (d *door) desk(c *fiber.Ctx, title string, way ...templates.Crumb) templates.Desk {
	out := templates.Desk{Frame: d.frame(c, "web.nav.admin")}
	out.Title = title
	out.Crumbs = append([]templates.Crumb{{Path: "/verwaltung", Label: out.Say("web.nav.admin")}}, way...)
	return out
}

// say is words in the reader's language.
func say(c *fiber.Ctx, key string, args ...any) string {
	f := templates.Frame{Lang: locale(c)}
	return f.Say(key, args...)
}

// crumb is a step of the way whose name has a key.
func crumb(c *fiber.Ctx, path, key string) templates.Crumb {
	return templates.Crumb{Path: path, Label: say(c, key)}
}

// deskHome is the way into the administration.
func (d *door) deskHome(c *fiber.Ctx) error {
	p := &templates.DeskPage{Desk: templates.Desk{Frame: d.frame(c, "web.nav.admin")}}
	u := user(c)
	card := func(path, key string, state ...string) *templates.DeskCard {
		p.Cards = append(p.Cards, templates.DeskCard{Path: path, Title: say(c, "web.admin."+key), Text: say(c, "web.admin."+key+".what"), State: state})
		return &p.Cards[len(p.Cards)-1]
	}
	if u.AGS != "" {
		card("/verwaltung/personen", "people")
		state, err := d.policyState(c, u.AGS)
		if err != nil {
			return err
		}
		card("/verwaltung/freigaben/"+u.AGS, "policy", state...)
		card("/verwaltung/kommunen/"+u.AGS, "profile")
		card("/verwaltung/protokoll?kommune="+u.AGS, "trail")
		d.securityCard(c, p)
		p.Cards = append(p.Cards, templates.DeskCard{Path: accessPath, Title: say(c, "web.grants"), Text: say(c, "web.grants.what")})
		return d.render(c, fiber.StatusOK, p)
	}
	backlog, err := d.Store.Backlog(c.UserContext())
	if err != nil {
		return err
	}
	towns, assistants, forms, err := d.Store.Holdings(c.UserContext())
	if err != nil {
		return err
	}
	out := card("/verwaltung/postausgang", "outbox", say(c, "web.admin.outbox.waiting", "n", backlog.MailsWaiting), say(c, "web.admin.outbox.refused", "n", backlog.MailsRefused))
	out.Alarm = backlog.MailsRefused > 0
	card("/verwaltung/postausgang/vorlagen", "samples")
	card("/verwaltung/kommunen", "towns", say(c, "web.admin.towns.n", "n", towns), say(c, "web.admin.forms.n", "n", forms))
	card("/verwaltung/personen", "people")
	card("/verwaltung/freigaben", "policy")
	card("/verwaltung/assistenten", "assistants", say(c, "web.admin.assistants.n", "n", assistants))
	log := card("/verwaltung/protokoll", "trail", d.clockState(c, backlog), d.checkState(c))
	log.Alarm = backlog.DueLag > lateClock || d.foundSomething()
	d.securityCard(c, p)
	card(retentionPath, "retention")
	card("/verwaltung/einstellungen", "settings", d.Version)
	card(factorRolesPath, "security")
	return d.render(c, fiber.StatusOK, p)
}

// securityCard leads to the security log.
func (d *door) securityCard(c *fiber.Ctx, p *templates.DeskPage) {
	p.Cards = append(p.Cards, templates.DeskCard{Path: securityPath, Title: say(c, "web.record.security"), Text: say(c, "web.record.security.what")})
}

// lateClock is how long a step of the clock may wait before somebody should look.
const lateClock = 5 * time.Minute

// clockState says whether the clock keeps up.
func (d *door) clockState(c *fiber.Ctx, b models.Backlog) string {
	if b.DueLag < time.Minute {
		return say(c, "web.admin.clock.on_time")
	}
	return say(c, "web.admin.clock.late", "minutes", int(b.DueLag/time.Minute))
}
