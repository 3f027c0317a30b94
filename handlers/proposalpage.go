package handlers

import (
	"context"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
	"formwandel/templates"
)

// proposalPath is where everybody of a municipality finds its policy and what waits; letters lead there.
const proposalPath = "/freigaberegeln"

// waiting is the proposal that waits, with what its reader may do about it; nil if none does.
func waiting(c *fiber.Ctx, o *ownPolicy, reason, fault string) *templates.PolicyWaiting {
	if o.waiting == nil {
		return nil
	}
	u := user(c)
	w := &templates.PolicyWaiting{Proposal: o.waiting, Lines: templates.NewPolicyLines(locale(c), o.waiting.Differences), Own: u.AGS == o.ags, Reason: reason, ReasonError: fault}
	may := u.May(models.AgreePolicy, o.ags)
	w.Agree, w.Decline, w.Back = may && w.Hindrance == "", may && !w.Mine, u.May(models.ChangePolicy, o.ags)
	if may && w.Hindrance != "" {
		w.Why = templates.Words(locale(c)).Say("error."+w.Hindrance, nil)
	}
	return w
}

// agreePolicy lets what was shown count.
func (d *door) agreePolicy(c *fiber.Ctx) error {
	return d.decidePolicy(c, "policy_agree", func(ctx context.Context, u models.User, ags string, version int, o *models.Once) (*models.Policy, error) {
		return d.Store.AgreePolicy(ctx, u, ags, version, o)
	})
}

// declinePolicy ends the proposal that was shown.
func (d *door) declinePolicy(c *fiber.Ctx) error {
	return d.decidePolicy(c, "policy_decline", func(ctx context.Context, u models.User, ags string, version int, o *models.Once) (*models.Policy, error) {
		return d.Store.DeclinePolicy(ctx, u, ags, version, posted(c, "grund"), o)
	})
}

// withdrawPolicy takes the proposal that was shown back.
func (d *door) withdrawPolicy(c *fiber.Ctx) error {
	return d.decidePolicy(c, "policy_withdraw", func(ctx context.Context, u models.User, ags string, version int, o *models.Once) (*models.Policy, error) {
		return d.Store.WithdrawPolicy(ctx, u, ags, version, o)
	})
}

// decidePolicy decides on the proposal that was shown; what can't be is shown as it is now, with what was typed.
func (d *door) decidePolicy(c *fiber.Ctx, done string, verb func(context.Context, models.User, string, int, *models.Once) (*models.Policy, error)) error {
	where := func(*models.Policy) string { return proposalPath + "/" + c.Params("ags") + "?erledigt=" + done }
	once := onceForm(c, where)
	out, err := verb(c.UserContext(), user(c), c.Params("ags"), postedVersion(c), once)
	if err == nil {
		return goOn(c, once, out, where)
	}
	problems, status, stale := refusal(c, err)
	if status == 0 {
		return err
	}
	for i := range problems {
		problems[i].Field = map[string]string{"reason": "grund"}[problems[i].Field]
	}
	o, err := d.ownPolicy(c)
	if err != nil {
		return err
	}
	return d.showPolicy(c, status, o, policyTyped{itoa(int64(o.every())), posted(c, "grund")}, problems, stale)
}

// policyToAgree is where a proposal waits for whoever is signed in to agree, "" for nowhere.
func (d *door) policyToAgree(c *fiber.Ctx) (string, error) {
	u := user(c)
	if !u.May(models.AgreePolicy, u.AGS) {
		return "", nil
	}
	p, err := d.Store.Policy(c.UserContext(), u, u.AGS)
	if err != nil || p.Waiting == nil || p.Waiting.Hindrance != "" {
		return "", err
	}
	return proposalPath + "/" + u.AGS, nil
}

// policyState says whether something waits at a municipality's policy.
func (d *door) policyState(c *fiber.Ctx, ags string) (state []string, err error) {
	p, err := d.Store.Policy(c.UserContext(), user(c), ags)
	if err == nil && p.Waiting != nil {
		state = append(state, say(c, "web.policy.waits.state"))
	}
	return state, err
}
