package handlers

import (
	"github.com/gofiber/fiber/v2"

	"formwandel/templates"
)

const (
	accountPath = "/konto"
	codesPath   = accountPath + "/notfallcodes"
)

// accountPage shows a person their own account: factors, sessions, attempts that failed.
func (d *door) accountPage(c *fiber.Ctx) error {
	u := user(c)
	p := &templates.AccountPage{Frame: d.frame(c, "web.account.title"), RoleNames: roleWords(c, u.Roles), Place: say(c, "web.admin.provider"), Here: session(c).ID}
	if u.AGS != "" {
		p.Place = p.Town
	}
	var err error
	if p.Factors, err = d.Store.Factors(c.UserContext(), u); err != nil {
		return err
	}
	if p.Sessions, err = d.Store.Sessions(c.UserContext(), u); err != nil {
		return err
	}
	if p.Failures, err = d.Store.FailuresOf(c.UserContext(), u); err != nil {
		return err
	}
	return d.render(c, fiber.StatusOK, p)
}

// endSession ends one of a person's own sessions.
func (d *door) endSession(c *fiber.Ctx) error {
	if c.Params("session") == session(c).ID {
		return d.signOut(c)
	}
	if err := d.Store.EndSession(c.UserContext(), user(c), c.Params("session"), c.IP()); err != nil {
		return err
	}
	return c.Redirect(accountPath+"?erledigt=session_ended#sitzungen", fiber.StatusSeeOther)
}

// endOtherSessions ends all of a person's sessions but this one.
func (d *door) endOtherSessions(c *fiber.Ctx) error {
	if err := d.Store.EndOtherSessions(c.UserContext(), user(c), session(c).ID, c.IP()); err != nil {
		return err
	}
	return c.Redirect(accountPath+"?erledigt=sessions_ended#sitzungen", fiber.StatusSeeOther)
}

// codesPage tells what recovery codes are for, and offers to make them.
func (d *door) codesPage(c *fiber.Ctx) error { return d.showCodes(c, fiber.StatusOK, nil, nil) }

func (d *door) showCodes(c *fiber.Ctx, status int, codes []string, problems []templates.Problem) error {
	f, err := d.Store.Factors(c.UserContext(), user(c))
	if err != nil {
		return err
	}
	p := &templates.CodesPage{Frame: d.frame(c, "web.account.codes.title"), Factors: f, Codes: codes}
	p.Problems = problems
	return d.render(c, status, p)
}

// newCodes makes recovery codes and shows them, once.
func (d *door) newCodes(c *fiber.Ctx) error {
	codes, err := d.Store.NewRecoveryCodes(c.UserContext(), user(c), c.IP())
	if problems, status, _ := refusal(c, err); status != 0 {
		return d.showCodes(c, status, nil, problems)
	}
	if err != nil {
		return err
	}
	return d.showCodes(c, fiber.StatusOK, codes, nil)
}
