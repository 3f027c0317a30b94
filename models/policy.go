package models

import (
	"context"
	"fmt"
	"time"
)

// MunicipalityName is a municipality's name.
func (s *Store) MunicipalityName(ctx context.Context, ags string) (string, error) {
	cat, err := s.catalogueNow(ctx)
	if err != nil {
		return "", err
	}
	return cat.name(ags), nil
}

// Policy is what a municipality demands of itself beyond the questionnaires:
// assistant (or "*") → section (or "*") → approvals of its own lane.
func (s *Store) Policy(ctx context.Context, u User, ags string) (map[string]map[string]int, int, error) {
	ctx = as(ctx, u)
	var m Municipality
	if err := u.reach(SeePolicy, ags, "municipality"); err != nil {
		return nil, 0, err
	}
	if err := s.reader.WithContext(ctx).Raw(`SELECT * FROM municipalities WHERE ags = ?`, ags).Scan(&m).Error; err != nil {
		return nil, 0, trouble(err)
	}
	if m.AGS == "" {
		return nil, 0, notFound("municipality")
	}
	out := map[string]map[string]int{}
	return out, m.Version, decode(m.Policy, &out)
}

// MaxApprovals is the most approvals a municipality can demand of itself.
const MaxApprovals = 5

// SetPolicy replaces a municipality's approval policy. Requests already
// submitted keep the policy they were submitted under.
func (s *Store) SetPolicy(ctx context.Context, u User, ags string, version int, policy map[string]map[string]int, o *Once) (int, error) {
	if err := u.reach(ChangePolicy, ags, "municipality"); err != nil {
		return 0, err
	}
	cat, err := s.catalogueNow(ctx)
	if err != nil {
		return 0, err
	}
	if err := cat.checkPolicy(policy); err != nil {
		return 0, err
	}
	text, err := canonical(policy)
	if err != nil {
		return 0, err
	}
	err = s.once(ctx, u, o, func(t *tx) (any, error) {
		if err := t.enter(ags); err != nil {
			return nil, err
		}
		if kept, err := t.answered(o); kept != nil || err != nil {
			return nil, err
		}
		t.must(1, `UPDATE municipalities SET policy = ?, version = version + 1 WHERE ags = ? AND version = ?`, text, ags, version)
		t.touchCatalogue()
		t.witness(SecurityEvent{Code: PolicyChanged, AGS: ags, UserID: u.ID, TokenID: u.TokenID, Detail: ags})
		_, err := t.record(Event{ActorID: &u.ID, Action: "policy", Comment: text}, EventData{})
		return version + 1, err
	})
	return version + 1, err
}

// checkPolicy refuses a policy that speaks of what does not exist.
func (c *catalogue) checkPolicy(policy map[string]map[string]int) error {
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
			if section == "*" || a == nil {
				continue
			}
			if _, ok := c.definition(assistant, a.Definition).Section(section); !ok {
				f.add(fmt.Sprintf("policy.%s", assistant), "unknown_section", "section", clip(section))
			}
		}
	}
	return f.err()
}

// Backlog is what waits to be done.
type Backlog struct {
	MailsWaiting, MailsRefused int64
	DueLag                     time.Duration // of the longest overdue step of the clock
}

// Backlog counts what waits, for those who watch.
func (s *Store) Backlog(ctx context.Context) (Backlog, error) {
	ctx = asInstallation(ctx)
	var b Backlog
	var first *time.Time
	db := s.reader.WithContext(ctx)
	now, err := s.Now(ctx)
	if err != nil {
		return b, err
	}
	err = firstError(
		db.Raw(`SELECT count(*) FROM mails WHERE state = 'waiting'`).Scan(&b.MailsWaiting).Error,
		db.Raw(`SELECT count(*) FROM mails WHERE state = 'failed'`).Scan(&b.MailsRefused).Error,
		db.Raw(`SELECT knock_at FROM requests WHERE knock_at IS NOT NULL ORDER BY knock_at, knock_rank, id LIMIT 1`).Scan(&first).Error)
	if first != nil && first.Before(now) {
		b.DueLag = now.Sub(*first)
	}
	return b, trouble(err)
}
