package handlers

import (
	"context"
	"time"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
)

// policyJSON is what a municipality demands of itself, and what somebody has proposed instead.
type policyJSON struct {
	Version  int                `json:"version"`
	Policy   models.PolicyRules `json:"policy"`
	Proposed *proposalJSON      `json:"proposed"`
}

// proposalJSON is a policy that waits for a second person to agree.
type proposalJSON struct {
	Number int64              `json:"number"`
	Policy models.PolicyRules `json:"policy"`
	By     models.Person      `json:"by"`
	At     time.Time          `json:"at"`
}

func policyOf(p *models.Policy) policyJSON {
	out := policyJSON{Version: p.Version, Policy: p.Rules}
	if w := p.Waiting; w != nil {
		out.Proposed = &proposalJSON{w.Seq, w.Rules, w.By, w.At.UTC()}
	}
	return out
}

// policy shows a municipality's approval policy, and what waits.
func (d *door) policy(c *fiber.Ctx) error {
	p, err := d.Store.Policy(c.UserContext(), user(c), c.Params("ags"))
	if err != nil {
		return err
	}
	return show(c, policyOf(p), nil)
}

// policyBody is a policy that somebody proposes.
type policyBody struct {
	Version int                `json:"version"`
	Policy  models.PolicyRules `json:"policy"`
}

// proposePolicy proposes another policy.
func (d *door) proposePolicy(c *fiber.Ctx) error {
	var b policyBody
	if err := bind(c, &b); err != nil {
		return err
	}
	if b.Policy == nil {
		return &models.Error{Kind: models.Invalid, Code: "invalid", Fields: []models.FieldError{{Field: "policy", Code: "parameter_required"}}}
	}
	return d.onPolicy(c, func(ctx context.Context, u models.User, ags string, o *models.Once) (*models.Policy, error) {
		return d.Store.ProposePolicy(ctx, u, ags, b.Version, b.Policy, o)
	})
}

// decisionBody is what somebody has seen who agrees to a proposal, or takes it back.
type decisionBody struct {
	Version int `json:"version"`
}

// agreeToPolicy lets a proposal count.
func (d *door) agreeToPolicy(c *fiber.Ctx) error {
	var b decisionBody
	if err := bind(c, &b); err != nil {
		return err
	}
	return d.onPolicy(c, func(ctx context.Context, u models.User, ags string, o *models.Once) (*models.Policy, error) {
		return d.Store.AgreePolicy(ctx, u, ags, b.Version, o)
	})
}

// takePolicyBack withdraws a proposal.
func (d *door) takePolicyBack(c *fiber.Ctx) error {
	var b decisionBody
	if err := bind(c, &b); err != nil {
		return err
	}
	return d.onPolicy(c, func(ctx context.Context, u models.User, ags string, o *models.Once) (*models.Policy, error) {
		return d.Store.WithdrawPolicy(ctx, u, ags, b.Version, o)
	})
}

// refusalBody is what somebody has seen who declines a proposal, and why they do.
type refusalBody struct {
	Version int    `json:"version"`
	Reason  string `json:"reason"`
}

// refusePolicy declines a proposal.
func (d *door) refusePolicy(c *fiber.Ctx) error {
	var b refusalBody
	if err := bind(c, &b); err != nil {
		return err
	}
	return d.onPolicy(c, func(ctx context.Context, u models.User, ags string, o *models.Once) (*models.Policy, error) {
		return d.Store.DeclinePolicy(ctx, u, ags, b.Version, b.Reason, o)
	})
}

// onPolicy answers with the policy as it is after something was done about it, once.
func (d *door) onPolicy(c *fiber.Ctx, verb func(context.Context, models.User, string, *models.Once) (*models.Policy, error)) error {
	render := func(p *models.Policy) answer { return answer{status: fiber.StatusOK, body: policyOf(p)} }
	o, err := once(c, render)
	if err != nil {
		return err
	}
	out, err := verb(c.UserContext(), user(c), c.Params("ags"), o)
	return reply(c, o, out, err, render)
}
