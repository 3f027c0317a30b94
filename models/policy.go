package models

import (
	"context"
	"fmt"
	"time"
)

// PolicyRules are approvals of a municipality's own lane beyond what the questionnaires
// ask: assistant (or "*") → section (or "*") → how many.
type PolicyRules map[string]map[string]int

// Policy is what a municipality demands of itself, and what somebody has proposed instead.
type Policy struct {
	Rules   PolicyRules // that count
	Version int
	Waiting *Proposal // nil: nothing waits
	Alone   bool      // nobody but the reader could agree to what the reader proposes
}

// MaxApprovals is the most approvals a municipality can demand of itself.
const MaxApprovals = 5

// Policy reads what a municipality demands of itself, and what waits.
func (s *Store) Policy(ctx context.Context, u User, ags string) (*Policy, error) {
	ctx = as(ctx, u)
	if err := s.reachTown(ctx, u, SeePolicy, ags); err != nil {
		return nil, err
	}
	var out *Policy
	err := s.read(ctx, func(t *tx) error {
		now, err := t.policyOf(ags)
		if err == nil {
			out, err = t.policyFor(u, now)
		}
		return err
	})
	return out, err
}

// policyRow is a municipality's policy as it is kept, with what waits.
type policyRow struct {
	AGS, Policy string
	Version     int
	Waiting     *proposalRow
}

// policyOf reads both in one statement: no agreement comes between.
func (t *tx) policyOf(ags string) (*policyRow, error) {
	var row struct {
		AGS        string `gorm:"column:ags"`
		Policy     string
		Version    int
		Proposed   *string
		ProposedBy *int64
		ProposedAt *time.Time
		EventSeq   *int64
	}
	err := t.db.Raw(`SELECT m.ags, m.policy, m.version, p.policy AS proposed, p.proposed_by, p.proposed_at, p.event_seq
		FROM municipalities m LEFT JOIN policy_proposals p ON p.ags = m.ags WHERE m.ags = ?`, ags).Scan(&row).Error
	if err == nil && row.AGS == "" {
		err = notFound("municipality")
	}
	out := &policyRow{AGS: row.AGS, Policy: row.Policy, Version: row.Version}
	if row.Proposed != nil {
		out.Waiting = &proposalRow{ags, *row.Proposed, *row.ProposedBy, *row.ProposedAt, *row.EventSeq}
	}
	return out, err
}

// policyFor is a policy as somebody may see it.
func (t *tx) policyFor(u User, now *policyRow) (*Policy, error) {
	out := &Policy{Version: now.Version}
	if err := decode(now.Policy, &out.Rules); err != nil {
		return nil, err
	}
	if now.Waiting != nil {
		var err error
		out.Waiting, err = t.proposalFor(u, now.Waiting, out.Rules)
		return out, err
	}
	if u.AGS != now.AGS {
		return out, nil
	}
	others, err := t.seconders(now.AGS, u)
	out.Alone = len(others) == 0
	return out, err
}

// checkPolicy refuses a policy that speaks of what does not exist.
func (c *catalogue) checkPolicy(policy PolicyRules) error {
	var f findings
	for assistant, sections := range policy {
		a := c.assistants[assistant]
		if assistant != "*" && a == nil {
			f.add("policy", "unknown_assistant", "assistant", clip(assistant))
			continue
		}
		for section, n := range sections {
			if n < 0 || n > MaxApprovals {
				f.add(fmt.Sprintf("policy.%s.%s", assistant, section), "approvals_range", "max", MaxApprovals)
			}
			if section != "*" && !c.hasSection(a, section) {
				f.add(fmt.Sprintf("policy.%s", assistant), "unknown_section", "section", clip(section))
			}
		}
	}
	return f.err()
}

// hasSection tells whether an assistant's questionnaire has a section, or for none whether any has.
func (c *catalogue) hasSection(a *Assistant, section string) bool {
	some := c.assistants
	if a != nil {
		some = map[string]*Assistant{a.Key: a}
	}
	for _, a := range some {
		if d := c.definition(a.Key, a.Definition); d != nil {
			if _, ok := d.Section(section); ok {
				return true
			}
		}
	}
	return false
}
