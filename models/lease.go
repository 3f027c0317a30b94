package models

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"
)

// longestLease is the longest that a worker has a mail without a word, whatever it asks for.
const longestLease = time.Hour

// LeaseMails gives a worker up to n mails that are due, oldest first; nobody
// else gets them before the lease is over. The database's clock decides.
func (s *Store) LeaseMails(ctx context.Context, worker string, n int, lease time.Duration) ([]Letter, error) {
	ctx = asInstallation(ctx)
	if some, err := s.waitingMails(ctx); !some || err != nil {
		return nil, err
	}
	lease = min(lease, longestLease)
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
		err := t.db.Raw(`UPDATE mails SET lease_token = ?, lease_until = ?, attempts = attempts + 1 WHERE id IN (
			SELECT id FROM mails WHERE state = 'waiting' AND next_at <= ? AND (lease_until IS NULL OR lease_until <= ?)
			ORDER BY next_at, id LIMIT ?`+skip+`) RETURNING *`, token, t.now.Add(lease), t.now, t.now, n).Scan(&mails).Error
		mails = slices.DeleteFunc(mails, t.forged)
		return err
	})
	if err != nil || len(mails) == 0 {
		return nil, err
	}
	slices.SortFunc(mails, func(a, b Mail) int { return int(a.ID - b.ID) })
	return s.letters(ctx, mails, true)
}

// forgedMail is why a mail is not sent that this program has not written so.
const forgedMail = "its row is not what this program has written"

// forged tells whether a leased mail is not what this program has written. It goes to nobody, and the security log hears of
// it. One without a seal, which an instance that does not know the key has written, is sent and told; on SQLite there is
// no other instance, so there it is forged, too.
func (t *tx) forged(m Mail) bool {
	state := m.sealState(t.s)
	if state == sealRight || state == sealNone && !t.s.rowsSealed.Load() {
		return false
	}
	e := SecurityEvent{Code: MailUnsealed, AGS: townOf(m.AGS), Detail: "mail " + number(&m.ID)}
	if state == sealNone && t.s.postgres {
		t.witness(e)
		return false
	}
	e.Code = MailForged
	t.witness(e)
	t.must(1, `UPDATE mails SET state = 'failed', last_error = ?, lease_token = '', lease_until = NULL WHERE id = ? AND lease_token = ?`, forgedMail, m.ID, m.LeaseToken)
	return true
}

// townOf is whose a chain is, "" for the installation's.
func townOf(chain string) string {
	if chain == Installation {
		return ""
	}
	return chain
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
		return write{sql: `UPDATE mails SET lease_until = ? WHERE id IN (` + marks(len(ids)) + `) AND lease_token = ? AND state = 'waiting'`, args: with(now.Add(min(lease, longestLease)), ids, token), want: int64(len(ids))}
	})
}

// MarkSent records that a server has accepted a leased mail. A worker whose lease was
// given to another is refused.
func (s *Store) MarkSent(ctx context.Context, m Mail) error {
	return s.mark(ctx, func(now time.Time) write {
		x := m.resealed(s, func(x *Mail) { x.State, x.SentAt, x.LastError = MailSent, &now, "" })
		return write{sql: `UPDATE mails SET state = 'sent', sent_at = ?, last_error = '', lease_token = '', lease_until = NULL, seal = ? WHERE id = ? AND lease_token = ? AND state = 'waiting'`, args: []any{now, x.Seal, m.ID, m.LeaseToken}, want: 1}
	})
}

// MarkRetry lets a mail wait for another try.
func (s *Store) MarkRetry(ctx context.Context, m Mail, after time.Duration, reason string) error {
	reason = clip500(reason)
	return s.mark(ctx, func(now time.Time) write {
		x := m.resealed(s, func(x *Mail) { x.NextAt, x.LastError = now.Add(after), reason })
		return write{sql: `UPDATE mails SET next_at = ?, last_error = ?, lease_token = '', lease_until = NULL, seal = ? WHERE id = ? AND lease_token = ? AND state = 'waiting'`, args: []any{x.NextAt, reason, x.Seal, m.ID, m.LeaseToken}, want: 1}
	})
}

// MarkRefused records that a leased mail was refused for good.
func (s *Store) MarkRefused(ctx context.Context, m Mail, reason string) error {
	reason = clip500(reason)
	return s.mark(ctx, func(time.Time) write {
		x := m.resealed(s, func(x *Mail) { x.State, x.LastError = MailRefused, reason })
		return write{sql: `UPDATE mails SET state = 'failed', last_error = ?, lease_token = '', lease_until = NULL, seal = ? WHERE id = ? AND lease_token = ? AND state = 'waiting'`, args: []any{reason, x.Seal, m.ID, m.LeaseToken}, want: 1}
	})
}

// ReleaseMails gives mails back that were not tried, with the reason, if there is one to tell.
func (s *Store) ReleaseMails(ctx context.Context, ids []int64, token, why string) error {
	if len(ids) == 0 {
		return nil
	}
	ctx, why = asInstallation(ctx), clip500(why)
	return s.write(ctx, clockUser, func(t *tx) error {
		if err := t.tick(); err != nil {
			return err
		}
		query := `SELECT * FROM mails WHERE id IN ? AND lease_token = ? AND state = 'waiting' ORDER BY id`
		if s.postgres {
			query += ` FOR UPDATE`
		}
		var ms []Mail
		err := t.db.Raw(query, ids, token).Scan(&ms).Error
		for _, m := range ms {
			x := m.resealed(s, func(x *Mail) { x.LastError = cmp.Or(why, x.LastError) })
			t.do(`UPDATE mails SET attempts = attempts - 1, lease_token = '', lease_until = NULL, last_error = ?, seal = ? WHERE id = ?`, x.LastError, x.Seal, m.ID)
		}
		return err
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
