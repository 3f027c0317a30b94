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
		mails = nil // it may be tried again
		if err := t.tick(); err != nil {
			return err
		}
		token, until := worker+"."+randomHex(8), t.now.Add(lease)
		query := `SELECT ` + mailColumns + ` FROM mails WHERE state = 'waiting' AND next_at <= ? AND (lease_until IS NULL OR lease_until <= ?) ORDER BY next_at, id LIMIT ?`
		if s.postgres {
			query += ` FOR UPDATE SKIP LOCKED`
		}
		found, err := readRows(t.db, (*Mail).takeFrom, query, t.now, t.now, n)
		if err != nil {
			return err
		}
		for _, m := range found {
			if t.forged(*m) {
				continue
			}
			mails = append(mails, t.changeMail(*m, func(x *Mail) { x.LeaseToken, x.LeaseUntil, x.Attempts = token, &until, x.Attempts+1 }))
		}
		return nil
	})
	if err != nil || len(mails) == 0 {
		return nil, err
	}
	slices.SortFunc(mails, func(a, b Mail) int { return int(a.ID - b.ID) })
	return s.letters(ctx, mails, true)
}

// forgedMail is why a mail is not sent that this program has not written so.
const forgedMail = "its row is not what this program has written"

// forged tells whether a mail that is due is not what this program has written. It goes to nobody, and the security log hears of
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
	t.must(1, `UPDATE mails SET state = 'failed', last_error = ?, lease_token = '', lease_until = NULL WHERE id = ?`, forgedMail, m.ID)
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
	return s.write(asInstallation(ctx), clockUser, func(t *tx) error {
		ms, err := t.leased(ids, token)
		if err != nil {
			return err
		}
		if len(ms) != len(ids) {
			return conflict("stale")
		}
		until := t.now.Add(min(lease, longestLease))
		for _, m := range ms {
			t.changeMail(*m, func(x *Mail) { x.LeaseUntil = &until })
		}
		return nil
	})
}

// leased reads mails that a worker still has.
func (t *tx) leased(ids []int64, token string) ([]*Mail, error) {
	if err := t.tick(); err != nil {
		return nil, err
	}
	return t.lockMails(`id IN ? AND lease_token = ? AND state = 'waiting'`, ids, token)
}

// MarkSent records that a server has accepted a leased mail. A worker whose lease was
// given to another is refused.
func (s *Store) MarkSent(ctx context.Context, m Mail) error {
	return s.markMail(ctx, m, func(x *Mail, now time.Time) { x.State, x.SentAt, x.LastError = MailSent, &now, "" })
}

// MarkRetry lets a mail wait for another try.
func (s *Store) MarkRetry(ctx context.Context, m Mail, after time.Duration, reason string) error {
	return s.markMail(ctx, m, func(x *Mail, now time.Time) { x.NextAt, x.LastError = now.Add(after), clip500(reason) })
}

// MarkRefused records that a leased mail was refused for good.
func (s *Store) MarkRefused(ctx context.Context, m Mail, reason string) error {
	return s.markMail(ctx, m, func(x *Mail, _ time.Time) { x.State, x.LastError = MailRefused, clip500(reason) })
}

// markMail notes what became of a leased mail, and ends its lease.
func (s *Store) markMail(ctx context.Context, m Mail, change func(x *Mail, now time.Time)) error {
	return s.marked(ctx, &markCall{mail: &mailMark{leased: m, change: change}, want: 1})
}

// mailMark is what became of a mail that somebody has leased.
type mailMark struct {
	leased Mail // its row as the lease has left it
	change func(x *Mail, now time.Time)
	moved  bool // the row may be another one by now, as after its lease was extended
}

// end is what becomes of the row at an instant.
func (m *mailMark) end(now time.Time) func(*Mail) {
	return func(x *Mail) {
		m.change(x, now)
		x.LeaseToken, x.LeaseUntil = "", nil
	}
}

// markMails notes what became of mails. A row that is as the lease has left it need not be read again; if one is not, none is
// noted, and all are read: see lookAgain.
func (t *tx) markMails(calls []*markCall) error {
	var others []*markCall
	for _, c := range calls {
		switch {
		case c.mail == nil:
		case c.mail.moved || !c.mail.leased.sealedWhole():
			others = append(others, c)
		default:
			t.changeLeased(c.mail.leased, c.mail.end(t.now))
			c.hit = 1
		}
	}
	return t.markAnew(others)
}

// markAnew notes what became of mails as their rows are now.
func (t *tx) markAnew(calls []*markCall) error {
	var ids []int64
	for _, c := range calls {
		ids = append(ids, c.mail.leased.ID)
	}
	if len(ids) == 0 {
		return nil
	}
	ms, err := t.lockMails(`id IN ? AND state = 'waiting'`, ids)
	if err != nil {
		return err
	}
	for _, c := range calls {
		c.hit = 0 // it may be tried again
		is := c.mail.leased
		i := slices.IndexFunc(ms, func(m *Mail) bool { return m.ID == is.ID && m.LeaseToken == is.LeaseToken && m.LeaseToken != "" })
		if i < 0 {
			continue
		}
		t.changeMail(*ms[i], c.mail.end(t.now))
		ms[i].LeaseToken = "" // asked for twice, it is noted once
		c.hit = 1
	}
	return nil
}

// lookAgain has the rows of mails read, where updates were refused because one was not as its lease has left it; false if that is not why.
func lookAgain(calls []*markCall, err error) bool {
	if !isStale(err) {
		return false
	}
	some := false
	for _, c := range calls {
		if c.mail != nil && !c.mail.moved {
			c.mail.moved, some = true, true
		}
	}
	return some
}

// lockMails reads mails, and locks them; where is a constant of this program.
func (t *tx) lockMails(where string, args ...any) ([]*Mail, error) {
	query := `SELECT ` + mailColumns + ` FROM mails WHERE ` + where + ` ORDER BY id`
	if t.s.postgres {
		query += ` FOR UPDATE`
	}
	return readRows(t.db, (*Mail).takeFrom, query, args...)
}

// ReleaseMails gives mails back that were not tried, with the reason, if there is one to tell.
func (s *Store) ReleaseMails(ctx context.Context, ids []int64, token, why string) error {
	if len(ids) == 0 {
		return nil
	}
	why = clip500(why)
	return s.write(asInstallation(ctx), clockUser, func(t *tx) error {
		ms, err := t.leased(ids, token)
		for _, m := range ms {
			t.changeMail(*m, func(x *Mail) {
				x.LeaseToken, x.LeaseUntil, x.Attempts, x.LastError = "", nil, x.Attempts-1, cmp.Or(why, x.LastError)
			})
		}
		return err
	})
}

// FreeLeases gives back what a killed process held; only for a database that one process uses (SQLite).
func (s *Store) FreeLeases(ctx context.Context) error {
	if s.postgres {
		return nil
	}
	return s.write(asInstallation(ctx), clockUser, func(t *tx) error {
		if err := t.tick(); err != nil {
			return err
		}
		ms, err := t.lockMails(`lease_until IS NOT NULL AND state = 'waiting'`)
		for _, m := range ms {
			t.changeMail(*m, func(x *Mail) { x.LeaseToken, x.LeaseUntil = "", nil })
		}
		return err
	})
}

// marks is n placeholders.
func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?, ", n), ", ") }
