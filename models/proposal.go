package models

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
)

// How many approve is what two persons of a municipality say: one proposes another
// policy, and it counts when a second one agrees to what was shown (docs/adr/0023).

// Proposal is another policy that waits for a second person.
type Proposal struct {
	Seq         int64 // number of the event by which it was proposed
	Rules       PolicyRules
	By          Person
	At          time.Time
	Differences []PolicyDifference // from what counts
	Mine        bool               // the reader has proposed it
	Hindrance   string             // why the reader, who may agree to others', does not to this one: an error's code; "" for no such reason
	Could       []string           // the names of those who could agree
}

// proposalRow is a proposal as it is kept, one a municipality.
type proposalRow struct {
	AGS        string `gorm:"column:ags"`
	Policy     string
	ProposedBy int64
	ProposedAt time.Time
	EventSeq   int64
}

// TableName implements GORM's Tabler.
func (proposalRow) TableName() string { return "policy_proposals" }

// subject is how the events that decide on a proposal name it: by the number of that which made it.
func (p *proposalRow) subject() string { return proposalSubject + strconv.FormatInt(p.EventSeq, 10) }

const proposalSubject = "proposal "

// ProposePolicy proposes another policy: what counts stays, until a second person agrees.
func (s *Store) ProposePolicy(ctx context.Context, u User, ags string, version int, rules PolicyRules, o *Once) (*Policy, error) {
	ctx = as(ctx, u)
	return s.onPolicy(ctx, u, ChangePolicy, ags, version, o, func(t *tx, now *policyRow) error {
		if now.Waiting != nil {
			return conflict("policy_waits")
		}
		text, others, err := t.proposable(u, now, rules)
		if err != nil {
			return err
		}
		e, err := t.record(Event{ActorID: &u.ID, Action: "policy_propose", Comment: text}, EventData{Policy: now.Policy})
		if err != nil {
			return err
		}
		now.Waiting = &proposalRow{ags, text, u.ID, t.now, e.Seq}
		t.do(`INSERT INTO policy_proposals (ags, policy, proposed_by, proposed_at, event_seq) VALUES (?, ?, ?, ?, ?)`, ags, text, u.ID, t.now, e.Seq)
		t.witness(SecurityEvent{Code: PolicyProposed, AGS: ags, UserID: u.ID, TokenID: u.TokenID, Detail: ags})
		for _, x := range others {
			t.post(e, MailPolicyProposed, recipient{x.Email, x.Locale, seconderRole}, nil)
		}
		return nil
	})
}

// AgreePolicy lets the policy that waits count from now on. Requests already
// submitted keep the policy they were submitted under.
func (s *Store) AgreePolicy(ctx context.Context, u User, ags string, version int, o *Once) (*Policy, error) {
	ctx = as(ctx, u)
	return s.onProposal(ctx, u, AgreePolicy, ags, version, o, func(t *tx, now *policyRow, by User) error {
		if code := sameHead(u, by); code != "" {
			return forbidden(code)
		}
		p := now.Waiting
		var rules PolicyRules
		cat, err := t.s.catalogueNow(t.ctx)
		if err = cmp.Or(err, decode(p.Policy, &rules)); err != nil {
			return err
		}
		if err := cat.checkPolicy(rules); err != nil { // a questionnaire may have lost sections meanwhile
			return err
		}
		now.Policy = p.Policy
		t.must(1, `UPDATE municipalities SET policy = ? WHERE ags = ?`, p.Policy, ags)
		t.touchCatalogue()
		t.witness(SecurityEvent{Code: PolicyChanged, AGS: ags, UserID: u.ID, TokenID: u.TokenID, Detail: ags})
		return t.decide(now, by, Event{ActorID: &u.ID, Action: "policy", Comment: p.Policy}, MailPolicyAgreed)
	})
}

// DeclinePolicy ends the proposal that waits: what counts stays.
func (s *Store) DeclinePolicy(ctx context.Context, u User, ags string, version int, reason string, o *Once) (*Policy, error) {
	ctx = as(ctx, u)
	return s.onProposal(ctx, u, AgreePolicy, ags, version, o, func(t *tx, now *policyRow, by User) error {
		if u.ID == by.ID {
			return forbidden("policy_own")
		}
		var f findings
		reason := strings.TrimSpace(text(reason, "reason", maxReason, &f))
		if err := f.err(); err != nil {
			return err
		}
		return t.decide(now, by, Event{ActorID: &u.ID, Action: "policy_decline", Comment: reason}, MailPolicyDeclined)
	})
}

// WithdrawPolicy takes the proposal that waits back; whoever may propose may.
func (s *Store) WithdrawPolicy(ctx context.Context, u User, ags string, version int, o *Once) (*Policy, error) {
	ctx = as(ctx, u)
	return s.onProposal(ctx, u, ChangePolicy, ags, version, o, func(t *tx, now *policyRow, by User) error {
		return t.decide(now, by, Event{ActorID: &u.ID, Action: "policy_withdraw"}, MailPolicyWithdrawn)
	})
}

// onProposal does something about the proposal that waits, as it was seen; by is who made it.
func (s *Store) onProposal(ctx context.Context, u User, r Right, ags string, version int, o *Once, do func(t *tx, now *policyRow, by User) error) (*Policy, error) {
	return s.onPolicy(ctx, u, r, ags, version, o, func(t *tx, now *policyRow) error {
		if now.Waiting == nil {
			return conflict("policy_nothing_waits")
		}
		by, err := t.person(now.Waiting.ProposedBy)
		if err != nil {
			return err
		}
		return do(t, now, by)
	})
}

// onPolicy does something about a municipality's policy as it was seen: version is that
// of the municipality, and rises. now becomes what is written, and is the answer.
func (s *Store) onPolicy(ctx context.Context, u User, r Right, ags string, version int, o *Once, do func(t *tx, now *policyRow) error) (*Policy, error) {
	if err := s.reachTown(ctx, u, r, ags); err != nil {
		return nil, err
	}
	var out *Policy
	err := s.once(ctx, u, o, func(t *tx) (any, error) {
		if err := t.enter(ags); err != nil {
			return nil, err
		}
		if kept, err := t.answered(o); kept != nil || err != nil {
			return nil, err
		}
		now, err := t.policyOf(ags)
		if err != nil {
			return nil, err
		}
		if now.Version != version {
			return nil, conflict("stale_policy")
		}
		if err := do(t, now); err != nil {
			return nil, err
		}
		now.Version++
		t.touches("municipalities", "ags = ?", ags)
		t.must(1, `UPDATE municipalities SET version = version + 1 WHERE ags = ? AND version = ?`, ags, version)
		out, err = t.policyFor(u, now)
		return out, err
	})
	return out, err
}

// proposable refuses what could not be proposed; it returns the policy as it is
// kept, and who could agree to it.
func (t *tx) proposable(u User, now *policyRow, rules PolicyRules) (string, []User, error) {
	cat, err := t.s.catalogueNow(t.ctx)
	if err != nil {
		return "", nil, err
	}
	if err := cat.checkPolicy(rules); err != nil {
		return "", nil, err
	}
	var counts PolicyRules
	if err := decode(now.Policy, &counts); err != nil {
		return "", nil, err
	}
	if len(cat.policyDifferences(counts, rules)) == 0 {
		return "", nil, conflict("policy_same")
	}
	others, err := t.seconders(now.AGS, u)
	if err == nil && len(others) == 0 {
		err = conflict("policy_alone")
	}
	if err != nil {
		return "", nil, err
	}
	text, err := canonical(rules)
	return text, others, err
}

// decide ends the proposal that waits; its maker is told, unless it was their own act.
func (t *tx) decide(now *policyRow, by User, e Event, kind MailKind) error {
	e, err := t.record(e, EventData{Subject: now.Waiting.subject()})
	if err != nil {
		return err
	}
	t.must(1, `DELETE FROM policy_proposals WHERE ags = ? AND event_seq = ?`, now.AGS, now.Waiting.EventSeq)
	now.Waiting = nil
	if by.Active && *e.ActorID != by.ID {
		t.post(e, kind, recipient{by.Email, by.Locale, proposerRole}, nil)
	}
	return nil
}

// sameHead tells why two accounts are not two persons: an error's code, "" if they
// are. Whose address somebody else set may be that person, on either side.
func sameHead(u, by User) string {
	switch {
	case u.ID == by.ID:
		return "policy_own"
	case u.AddressBy == by.ID, by.AddressBy == u.ID, u.AddressBy != 0 && u.AddressBy == by.AddressBy:
		return "policy_same_head"
	}
	return ""
}

// seconders are the active people of a municipality who could agree to what somebody proposes.
func (t *tx) seconders(ags string, by User) ([]User, error) {
	roles := rights[AgreePolicy].Own.Roles
	var us []User
	err := t.db.Raw(`SELECT u.id, u.email, u.name, u.locale, coalesce(u.address_by, 0) AS address_by FROM users u
		WHERE u.active AND u.ags = ? AND u.id IN (SELECT user_id FROM user_roles WHERE role IN ?) ORDER BY u.name, u.id`, ags, roles).Scan(&us).Error
	return slices.DeleteFunc(us, func(u User) bool { return sameHead(u, by) != "" }), err
}

// proposalFor is what waits as somebody may see it.
func (t *tx) proposalFor(u User, p *proposalRow, counts PolicyRules) (*Proposal, error) {
	by, err := t.person(p.ProposedBy)
	if err != nil {
		return nil, err
	}
	cat, err := t.s.catalogueNow(t.ctx)
	if err != nil {
		return nil, err
	}
	out := &Proposal{Seq: p.EventSeq, By: by.person(), At: p.ProposedAt, Mine: u.ID == by.ID}
	if err := decode(p.Policy, &out.Rules); err != nil {
		return nil, err
	}
	out.Differences = cat.policyDifferences(counts, out.Rules)
	if u.May(AgreePolicy, p.AGS) {
		out.Hindrance = sameHead(u, by)
	}
	could, err := t.seconders(p.AGS, by)
	for _, x := range could {
		out.Could = append(out.Could, x.Name)
	}
	return out, err
}
