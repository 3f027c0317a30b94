package models

import (
	"context"
	"errors"
	"time"
)

// chunk is how many due requests of one municipality a transaction takes.
const chunk = 1000

// Knock does everything that is due: it asks each request what time does to
// it next and takes that step, as a user of its own, by the same rules as
// people. Any number of instances may knock at once: a municipality that
// another one is working on is left to it. It returns how many steps it took
// and how long until the next one is due (at most a minute).
func (s *Store) Knock(ctx context.Context) (steps int, next time.Duration, err error) {
	for {
		now, err := s.Now(ctx)
		if err != nil {
			return steps, time.Second, err
		}
		due, err := s.dueMunicipalities(ctx, now)
		if err != nil {
			return steps, time.Second, err
		}
		took := 0
		for _, ags := range due {
			n, err := s.knockAt(ctx, ags)
			if err != nil {
				return steps + took, time.Second, err
			}
			took += n
		}
		steps += took
		if took == 0 {
			next, err := s.untilNext(ctx, now)
			return steps, next, err
		}
	}
}

// dueMunicipalities lists where something is due, the longest overdue first.
func (s *Store) dueMunicipalities(ctx context.Context, now time.Time) ([]string, error) {
	var out []string
	err := s.reader.WithContext(ctx).Raw(`SELECT ags FROM requests WHERE knock_at <= ? GROUP BY ags ORDER BY min(knock_at), ags`, now).Scan(&out).Error
	return out, trouble(err)
}

// untilNext is how long until the next request wants the clock.
func (s *Store) untilNext(ctx context.Context, now time.Time) (time.Duration, error) {
	var at *time.Time
	err := s.reader.WithContext(ctx).Raw(`SELECT knock_at FROM requests WHERE knock_at IS NOT NULL ORDER BY knock_at, knock_rank, id LIMIT 1`).Scan(&at).Error
	if err != nil || at == nil {
		return time.Minute, trouble(err)
	}
	return max(0, min(time.Minute, at.Sub(now))), nil
}

// knockAt takes what is due in one municipality, chunk by chunk.
func (s *Store) knockAt(ctx context.Context, ags string) (int, error) {
	total := 0
	for {
		n := 0
		err := s.write(ctx, clockUser, func(t *tx) error {
			n = 0
			free, err := t.tryEnter(ags)
			if err != nil || !free {
				return err
			}
			n, err = t.takeDue()
			return err
		})
		if err != nil {
			return total, err
		}
		total += n
		if n < chunk {
			return total, nil
		}
	}
}

// tryEnter enters a municipality's chain unless another instance is in it.
func (t *tx) tryEnter(ags string) (bool, error) {
	if t.s.postgres {
		var free string
		if err := t.db.Raw(`SELECT ags FROM chains WHERE ags = ? FOR UPDATE SKIP LOCKED`, ags).Scan(&free).Error; err != nil || free == "" {
			return false, err
		}
	}
	return true, t.enter(ags)
}

// takeDue takes one step on each of the requests that are due, in their order.
// One that can't be taken does not hold up the others.
func (t *tx) takeDue() (int, error) {
	var rs []*Request
	err := t.db.Where("ags = ? AND knock_at <= ?", t.ags, t.now).Order("knock_at, knock_rank, id").Limit(chunk).Find(&rs).Error
	if err != nil || len(rs) == 0 {
		return 0, err
	}
	if err := loadParts(t.db, rs); err != nil {
		return 0, err
	}
	if err := t.loadAuthors(rs); err != nil {
		return 0, err
	}
	cat, err := t.s.catalogueNow(t.ctx)
	if err != nil {
		return 0, err
	}
	for _, r := range rs {
		w, ok := nextWake(r, cat.calendars[r.AGS])
		if !ok || w.at.After(t.now) {
			t.settleAgain(r, cat)
			continue
		}
		if err := t.takeOne(r, w.do); err != nil {
			return 0, err
		}
	}
	return len(rs), nil
}

// takeOne takes one step; a refusal by the rules is a failure of that request alone.
func (t *tx) takeOne(r *Request, do Action) error {
	st, err := t.stepOn(r, clockUser, do, Input{})
	if err != nil {
		return err
	}
	err = st.take()
	var refusal *Error
	if errors.As(err, &refusal) && refusal.Kind != Busy && st.before.Status == Approved {
		*r = st.before
		st.data = EventData{}
		if err := st.failWith(reasonInvalid, nil); err != nil {
			return err
		}
		return st.finish()
	}
	return err
}

// settleAgain mends a wake-up time that is out of date.
func (t *tx) settleAgain(r *Request, cat *catalogue) {
	before := *r
	settle(r, cat.calendars[r.AGS])
	t.update(&before, r)
}

func (t *tx) loadAuthors(rs []*Request) error {
	seen := map[int64]bool{}
	var ids []int64
	for _, r := range rs {
		for _, id := range []*int64{&r.AuthorID, r.AssigneeID} {
			if id != nil && !seen[*id] {
				seen[*id] = true
				ids = append(ids, *id)
			}
		}
	}
	return t.loadPeople(ids)
}
