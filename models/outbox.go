package models

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// mail writes one row per recipient; the same person is told once, for the
// first reason in the rule's order.
func (t *tx) mail(e Event, kind MailKind, r *Request, m *Municipality, tell []audience) error {
	told := map[string]bool{}
	for _, a := range tell {
		people, err := t.recipients(a, r, m)
		if err != nil {
			return err
		}
		for _, p := range people {
			if p.Email == "" || told[p.Email] {
				continue
			}
			told[p.Email] = true
			t.post(e, kind, p, r)
		}
	}
	return nil
}

// maxPosted bounds how many mails of a transaction are remembered for its answer.
const maxPosted = 200

// recipient is where a mail goes and why.
type recipient struct {
	Email, Locale, role string
}

// post queues one mail. Its Message-ID is fixed now, before the first try.
func (t *tx) post(e Event, kind MailKind, to recipient, r *Request) {
	about := "formwandel"
	m := Mail{
		AGS: e.AGS, EventSeq: e.Seq, Kind: kind, Role: to.role, Recipient: to.Email, Locale: to.Locale,
		State: MailWaiting, NextAt: t.now, CreatedAt: t.now,
	}
	if r != nil {
		about, m.RequestID = r.Number, &r.ID
	}
	// it begins with the time, so that a midnight's mails stand side by side in its index
	m.MessageID = fmt.Sprintf("<%x.%s.%s.%s@%s>", t.now.UnixMicro(), randomHex(12), about, kind, t.s.host)
	t.insert(&m)
	t.mails = true
	if len(t.posted) < maxPosted {
		t.posted = append(t.posted, m)
	}
}

// recipients are the people behind an audience.
func (t *tx) recipients(a audience, r *Request, m *Municipality) ([]recipient, error) {
	switch a {
	case toAuthor:
		return t.to(string(toAuthor), r.AuthorID)
	case toAssignee:
		if r.AssigneeID == nil {
			return nil, nil
		}
		return t.to(string(toAssignee), *r.AssigneeID)
	case toOffice:
		if m == nil {
			return nil, nil
		}
		return []recipient{{m.OfficeMail, "de", string(toOffice)}}, nil
	case toLane:
		if r.GivenMunicipality >= r.NeedMunicipality {
			return nil, nil
		}
		return t.holders(string(toApprovers), r.AGS, Approver)
	case toApprovers:
		return t.holders(string(toApprovers), r.AGS, Approver)
	case toEverybody:
		return t.participants(r)
	}
	return t.team()
}

// team is the team's mailbox; without one, every agent.
func (t *tx) team() ([]recipient, error) {
	if t.s.team != "" {
		return []recipient{{t.s.team, "de", string(toTeam)}}, nil
	}
	return t.holders(string(toTeam), "", Agent)
}

// to is a person, if still active.
func (t *tx) to(role string, ids ...int64) ([]recipient, error) {
	var out []recipient
	for _, id := range ids {
		u, err := t.person(id)
		if err != nil {
			return nil, err
		}
		if u.Active {
			out = append(out, recipient{u.Email, u.Locale, role})
		}
	}
	return out, nil
}

// holders are the active people of a municipality ("" = the provider) with a role.
func (t *tx) holders(why, ags string, role Role) ([]recipient, error) {
	cat, err := t.s.catalogueNow(t.ctx)
	if err != nil {
		return nil, err
	}
	out := slices.Clone(cat.holders[ags+"/"+string(role)])
	for i := range out {
		out[i].role = why
	}
	return out, nil
}

// participants is everybody who took part in a request, each told as what they are in it, and the team.
func (t *tx) participants(r *Request) ([]recipient, error) {
	var acted []int64
	if err := t.db.Raw(`SELECT DISTINCT actor_id FROM events WHERE request_id = ? AND actor_id IS NOT NULL ORDER BY actor_id`, r.ID).Scan(&acted).Error; err != nil {
		return nil, err
	}
	out, err := t.to(string(toAuthor), r.AuthorID)
	if err != nil {
		return nil, err
	}
	if r.AssigneeID != nil {
		holder, err := t.to(string(toAssignee), *r.AssigneeID)
		if err != nil {
			return nil, err
		}
		out = append(out, holder...)
	}
	others, err := t.to(string(toEverybody), acted...)
	if err != nil {
		return nil, err
	}
	team, err := t.team()
	return slices.Concat(out, others, team), err
}

// tellSuccessors writes to those whose requests build on one that is gone.
func (st *step) tellSuccessors() error {
	var ids []string
	err := st.tx.db.Raw(`SELECT DISTINCT r.number FROM changes c JOIN requests r ON r.id = c.request_id WHERE c.builds_on = ? AND r.open ORDER BY r.number`, st.r.ID).Scan(&ids).Error
	if err != nil {
		return err
	}
	for _, n := range ids {
		r, err := st.tx.loadRequest(n)
		if err != nil {
			return err
		}
		e, err := st.tx.record(Event{RequestID: &r.ID, Action: PredecessorGone, From: r.Status, To: r.Status, Version: r.Version}, EventData{Gone: st.r.Number})
		if err != nil {
			return err
		}
		if err := st.tx.mail(e, MailSuccessor, r, st.cat.municipalities[r.AGS], say(toAuthor, toAssignee)); err != nil {
			return err
		}
	}
	return nil
}

// LeaseMails gives a worker up to n mails that are due, oldest first; nobody
// else gets them before the lease is over. The database's clock decides.
func (s *Store) LeaseMails(ctx context.Context, worker string, n int, lease time.Duration) ([]Letter, error) {
	ctx = asInstallation(ctx)
	if some, err := s.waitingMails(ctx); !some || err != nil {
		return nil, err
	}
	var mails []Mail
	err := s.write(ctx, clockUser, func(t *tx) error {
		if err := t.tick(); err != nil {
			return err
		}
		token := worker + "." + randomHex(8)
		skip := ""
		if s.postgres {
			skip = " FOR UPDATE SKIP LOCKED"
		}
		return t.db.Raw(`UPDATE mails SET lease_token = ?, lease_until = ?, attempts = attempts + 1 WHERE id IN (
			SELECT id FROM mails WHERE state = 'waiting' AND next_at <= ? AND (lease_until IS NULL OR lease_until <= ?)
			ORDER BY next_at, id LIMIT ?`+skip+`) RETURNING *`, token, t.now.Add(lease), t.now, t.now, n).Scan(&mails).Error
	})
	if err != nil || len(mails) == 0 {
		return nil, err
	}
	slices.SortFunc(mails, func(a, b Mail) int { return int(a.ID - b.ID) })
	return s.letters(ctx, mails, true)
}

// waitingMails tells whether a mail is due: a look that holds up no writer.
func (s *Store) waitingMails(ctx context.Context) (bool, error) {
	var one int
	now, err := s.Now(ctx)
	if err != nil {
		return false, err
	}
	err = s.reader.WithContext(ctx).Raw(`SELECT 1 FROM mails WHERE state = 'waiting' AND next_at <= ? AND (lease_until IS NULL OR lease_until <= ?) LIMIT 1`, now, now).Scan(&one).Error
	return one == 1, trouble(err)
}

// ExtendLease keeps mails leased while their worker is alive; it is refused if
// one of them is no longer the worker's.
func (s *Store) ExtendLease(ctx context.Context, ids []int64, token string, lease time.Duration) error {
	if len(ids) == 0 {
		return nil
	}
	return s.mark(ctx, func(now time.Time) write {
		return write{sql: `UPDATE mails SET lease_until = ? WHERE id IN (` + marks(len(ids)) + `) AND lease_token = ? AND state = 'waiting'`, args: with(now.Add(lease), ids, token), want: int64(len(ids))}
	})
}

// MarkSent records that a server has accepted a mail. A worker whose lease was
// given to another is refused.
func (s *Store) MarkSent(ctx context.Context, id int64, token string) error {
	return s.mark(ctx, func(now time.Time) write {
		return write{sql: `UPDATE mails SET state = 'sent', sent_at = ?, last_error = '', lease_token = '', lease_until = NULL WHERE id = ? AND lease_token = ? AND state = 'waiting'`, args: []any{now, id, token}, want: 1}
	})
}

// MarkRetry lets a mail wait for another try.
func (s *Store) MarkRetry(ctx context.Context, id int64, token string, after time.Duration, reason string) error {
	return s.mark(ctx, func(now time.Time) write {
		return write{sql: `UPDATE mails SET next_at = ?, last_error = ?, lease_token = '', lease_until = NULL WHERE id = ? AND lease_token = ? AND state = 'waiting'`, args: []any{now.Add(after), clip500(reason), id, token}, want: 1}
	})
}

// MarkRefused records that a mail was refused for good.
func (s *Store) MarkRefused(ctx context.Context, id int64, token string, reason string) error {
	return s.mark(ctx, func(time.Time) write {
		return write{sql: `UPDATE mails SET state = 'failed', last_error = ?, lease_token = '', lease_until = NULL WHERE id = ? AND lease_token = ? AND state = 'waiting'`, args: []any{clip500(reason), id, token}, want: 1}
	})
}

// ReleaseMails gives mails back that were not tried.
func (s *Store) ReleaseMails(ctx context.Context, ids []int64, token string) error {
	if len(ids) == 0 {
		return nil
	}
	return s.mark(ctx, func(time.Time) write {
		return write{sql: `UPDATE mails SET attempts = attempts - 1, lease_token = '', lease_until = NULL WHERE id IN (` + marks(len(ids)) + `) AND lease_token = ? AND state = 'waiting'`, args: with(nil, ids, token)[1:], want: -1}
	})
}

// FreeLeases gives back what a killed process held; only for a database that one process uses (SQLite).
func (s *Store) FreeLeases(ctx context.Context) error {
	if s.postgres {
		return nil
	}
	return s.mark(ctx, func(time.Time) write {
		return write{sql: `UPDATE mails SET lease_token = '', lease_until = NULL WHERE lease_until IS NOT NULL AND state = 'waiting'`, args: nil, want: -1}
	})
}

// marks is n placeholders.
func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?, ", n), ", ") }

// with lists arguments: one, some ids, one.
func with(first any, ids []int64, last any) []any {
	out := []any{first}
	for _, id := range ids {
		out = append(out, id)
	}
	return append(out, last)
}
