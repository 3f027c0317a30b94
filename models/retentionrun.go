package models

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"
)

// RetentionReport is what a run of the rules has deleted.
type RetentionReport struct {
	At    time.Time
	Rules []Expired
}

// Held names some of what a run has left because the record says otherwise than its rows.
func (r *RetentionReport) Held() (names []string) {
	for _, e := range r.Rules {
		names = append(names, e.HeldNames...)
	}
	return names
}

// deleted is how much a run has deleted.
func deleted(rules []Expired) (n int64) {
	for _, e := range rules {
		n += e.Done
	}
	return n
}

// Expire deletes what has had its time, by the rules as they hold now. A run
// that found something is recorded, and its report kept.
func (s *Store) Expire(ctx context.Context) (*RetentionReport, error) {
	ctx = asInstallation(ctx)
	if _, err := s.catalogueNow(ctx); err != nil {
		return nil, err
	}
	if err := s.noteSwitchedOff(ctx); err != nil {
		return nil, err
	}
	rules, err := s.expired(ctx)
	if err != nil {
		return nil, err
	}
	var errs error // of one rule: the others have their time, too, and what is gone is reported
	for i := range rules {
		if rules[i].Count > 0 {
			errs = errors.Join(errs, s.expire(ctx, &rules[i]))
		}
	}
	report := &RetentionReport{Rules: rules}
	if report.At, err = s.Now(ctx); err != nil || deleted(rules) == 0 && report.Held() == nil {
		return report, errors.Join(errs, err)
	}
	return report, errors.Join(errs, s.keepReport(ctx, report), s.scour(ctx))
}

// noteSwitchedOff lets the time begin of accounts that are off, whoever has
// switched them off, and ends that of those that are on again.
func (s *Store) noteSwitchedOff(ctx context.Context) error {
	err := s.mark(ctx, func(now time.Time) write {
		return write{sql: `UPDATE users SET off_at = ? WHERE NOT active AND off_at IS NULL`, args: []any{now}, want: -1, touches: &touched{table: "users", where: "NOT active AND off_at IS NULL"}}
	})
	if err != nil {
		return err
	}
	return s.mark(ctx, func(time.Time) write {
		return write{sql: `UPDATE users SET off_at = NULL WHERE active AND off_at IS NOT NULL`, want: -1, touches: &touched{table: "users", where: "active AND off_at IS NOT NULL"}}
	})
}

// ExpireDaily does so once a day, whichever instance is the first to ask.
func (s *Store) ExpireDaily(ctx context.Context) (*RetentionReport, error) {
	err := s.mark(ctx, func(now time.Time) write {
		return write{sql: `INSERT INTO settings (name, value) VALUES ('expired.on', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE settings.value < excluded.value`,
			args: []any{today(now).String()}, want: 1, touches: &touched{table: "settings", where: "name = 'expired.on'", args: nil}}
	})
	if IsKind(err, Conflict) {
		return nil, nil // it has been done today
	}
	if err != nil {
		return nil, err
	}
	return s.Expire(ctx)
}

// keepReport records a run.
func (s *Store) keepReport(ctx context.Context, r *RetentionReport) error {
	text, err := json.Marshal(r.Rules)
	if err != nil {
		return err
	}
	return s.write(ctx, clockUser, func(t *tx) error {
		if err := t.enter(Installation); err != nil {
			return err
		}
		r.At = t.now
		t.touches("retention_runs", "at = ?", t.now)
		t.must(1, `INSERT INTO retention_runs (at, report) VALUES (?, ?)`, t.now, string(text))
		t.witness(SecurityEvent{Code: RetentionRun})
		if r.Held() != nil {
			t.witness(SecurityEvent{Code: RecordBroken, Detail: "retention"})
		}
		_, err := t.record(Event{Action: "retention_run", Comment: string(text)}, EventData{Subject: "retention"})
		return err
	})
}

// expire does what one rule says to all that it finds.
func (s *Store) expire(ctx context.Context, e *Expired) error {
	switch e.Key {
	case "drafts":
		return s.expireRequests(ctx, e, (*tx).expireDraft)
	case "requests":
		return s.expireRequests(ctx, e, func(t *tx, r *Request) (int, error) { return t.empty(r) })
	case "accounts":
		return s.expireAccounts(ctx, e)
	case "mails":
		return s.expireRows(ctx, e, func(t *tx) (int64, error) {
			var seals []string
			err := t.db.Raw(`DELETE FROM mails WHERE id IN (SELECT id FROM mails WHERE state <> 'waiting' AND created_at <= ? LIMIT 5000) RETURNING seal`, e.Before).Scan(&seals).Error
			t.mailsGone(seals)
			return int64(len(seals)), err
		})
	}
	return s.expireRows(ctx, e, func(t *tx) (int64, error) { return t.expireLog(e.Before) })
}

// expireDraft takes a draft back that nobody has touched for long, and empties it.
func (t *tx) expireDraft(r *Request) (int, error) {
	st, err := t.stepOn(r, clockUser, Withdraw, Input{})
	if err != nil {
		return 0, err
	}
	if err := st.take(); err != nil {
		return 0, err
	}
	if err := t.flush(); err != nil {
		return 0, err
	}
	return t.empty(r)
}

// emptied at once: how many requests share a transaction.
const emptiedAtOnce = 100

// expireRequests does something to the requests that a rule finds, a few of one municipality at a time.
func (s *Store) expireRequests(ctx context.Context, e *Expired, do func(*tx, *Request) (int, error)) error {
	var due []struct{ AGS, Number string }
	err := s.reader.WithContext(ctx).Raw(`SELECT r.ags, r.number FROM requests r JOIN (`+expiring[e.Key]+`) AS x ON x.name = r.number ORDER BY r.ags, r.id`, e.Before).Scan(&due).Error
	if err != nil {
		return trouble(err)
	}
	for len(due) > 0 {
		n := 1
		for n < len(due) && n < emptiedAtOnce && due[n].AGS == due[0].AGS {
			n++
		}
		some := make([]string, n)
		for i := range some {
			some[i] = due[i].Number
		}
		if err := s.expireSome(ctx, e, due[0].AGS, some, do); err != nil {
			return err
		}
		due = due[n:]
	}
	return nil
}

// expireSome does it to some requests of a municipality, if their time is over still.
func (s *Store) expireSome(ctx context.Context, e *Expired, ags string, some []string, do func(*tx, *Request) (int, error)) error {
	was := *e
	err := s.write(ctx, clockUser, func(t *tx) error {
		*e = was
		if err := t.enter(ags); err != nil {
			return err
		}
		var still []string
		if err := t.db.Raw(`SELECT name FROM (`+expiring[e.Key]+`) AS x WHERE name IN ?`, e.Before, some).Scan(&still).Error; err != nil {
			return err
		}
		slices.Sort(still)
		for _, number := range still {
			if err := t.expireOne(e, number, do); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		*e = was
	}
	return err
}

// expireOne does it to one request, if it is as old as its row says.
func (t *tx) expireOne(e *Expired, number string, do func(*tx, *Request) (int, error)) error {
	r, err := t.loadRequest(number)
	if err != nil {
		return err
	}
	if aged, err := t.isAsRecorded(r); err != nil || !aged {
		e.hold(number)
		return err
	}
	kept, err := do(t, r)
	e.Done, e.KeptText = e.Done+1, e.KeptText+int64(kept)
	return err
}

// expireAccounts forgets the people whose accounts were switched off long ago.
func (s *Store) expireAccounts(ctx context.Context, e *Expired) error {
	var ids []int64
	if err := s.reader.WithContext(ctx).Raw(`SELECT id FROM users WHERE NOT active AND forgotten_at IS NULL AND off_at <= ? ORDER BY id`, e.Before).Scan(&ids).Error; err != nil {
		return trouble(err)
	}
	for _, id := range ids {
		became, err := s.forgetAccount(ctx, id, &e.Before)
		if err != nil {
			return err
		}
		switch became {
		case accountHeld:
			e.hold("user " + number(&id))
		case accountForgotten:
			e.Done++
		}
	}
	return nil
}

// expireRows deletes rows, a few thousand in a transaction.
func (s *Store) expireRows(ctx context.Context, e *Expired, some func(*tx) (int64, error)) error {
	for {
		var n int64
		err := s.write(ctx, clockUser, func(t *tx) (err error) {
			n, err = some(t)
			return err
		})
		if err != nil || n == 0 {
			return err
		}
		e.Done += n
	}
}

// RetentionReports are the last runs that found something, newest first.
func (s *Store) RetentionReports(ctx context.Context, u User) ([]RetentionReport, error) {
	ctx = as(ctx, u)
	if err := u.refused(SeeRetention, ""); err != nil {
		return nil, err
	}
	var rows []struct {
		At     time.Time
		Report string
	}
	if err := s.reader.WithContext(ctx).Raw(`SELECT at, report FROM retention_runs ORDER BY id DESC LIMIT 20`).Scan(&rows).Error; err != nil {
		return nil, trouble(err)
	}
	out := make([]RetentionReport, 0, len(rows))
	for _, row := range rows {
		r := RetentionReport{At: row.At}
		if err := json.Unmarshal([]byte(row.Report), &r.Rules); err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}
