package models

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// chunk is how many due requests a transaction takes.
const chunk = 2000

// Knock does everything that is due: it asks each request what time does to
// it next and takes that step, as a user of its own, by the same rules as
// people. Any number of instances may knock at once: a municipality that
// another one is working on is left to it. It returns how many steps it took
// and how long until the next one is due (at most a minute).
func (s *Store) Knock(ctx context.Context) (steps int, next time.Duration, err error) {
	ctx = asInstallation(ctx)
	for {
		now, err := s.Now(ctx)
		if err != nil {
			return steps, time.Second, err
		}
		due, err := s.dueMunicipalities(ctx, now)
		if err != nil {
			return steps, time.Second, err
		}
		took, err := s.knockEverywhere(ctx, due)
		steps += took
		if took > 0 && ctx.Err() == nil {
			continue
		}
		if err != nil || len(due) > 0 {
			return steps, time.Second, err // in trouble, or another instance is at work on what is due
		}
		next, err := s.untilNext(ctx, now)
		return steps, next, err
	}
}

// dueAt is how much is due in a municipality.
type dueAt struct {
	AGS string
	N   int
}

// dueMunicipalities lists where something is due, the longest overdue first.
func (s *Store) dueMunicipalities(ctx context.Context, now time.Time) ([]dueAt, error) {
	var out []dueAt
	err := s.reader.WithContext(ctx).Raw(`SELECT ags, count(*) AS n FROM requests WHERE knock_at <= ? GROUP BY ags ORDER BY min(knock_at), ags`, now).Scan(&out).Error
	return out, trouble(err)
}

// knockEverywhere takes what is due in some municipalities, as many of them in
// a transaction as fill a chunk; trouble in one does not hold up the others.
func (s *Store) knockEverywhere(ctx context.Context, due []dueAt) (int, error) {
	if portions := inParts(due, portion); !s.postgres && len(portions) > 1 {
		return s.knockAhead(ctx, portions)
	}
	took := 0
	var troubles []error
	for _, some := range inParts(due, chunk) {
		k, err := s.knockTogether(ctx, some)
		took += k
		troubles = append(troubles, err)
	}
	return took, errors.Join(troubles...)
}

// inParts puts municipalities together, in their order, as many as have size requests that are due, or one that has more.
func inParts(due []dueAt, size int) [][]string {
	var parts [][]string
	n := size
	for _, d := range due {
		if n += d.N; n > size {
			n, parts = d.N, append(parts, nil)
		}
		last := len(parts) - 1
		parts[last] = append(parts[last], d.AGS)
	}
	return parts
}

// knockTogether takes a chunk of what is due in some municipalities in one
// transaction; when the database refuses it for the sake of one of them, each on its own.
func (s *Store) knockTogether(ctx context.Context, some []string) (int, error) {
	total := 0
	err := s.write(ctx, clockUser, func(t *tx) error {
		var err error
		total, err = t.takeEach(some)
		return err
	})
	if err == nil {
		return total, nil
	}
	total = 0
	var troubles []error
	for _, ags := range some {
		n, err := s.knockAt(ctx, ags)
		total += n
		troubles = append(troubles, err)
	}
	return total, errors.Join(troubles...)
}

// takeEach takes a chunk of what is due in each of some municipalities.
func (t *tx) takeEach(some []string) (int, error) {
	total := 0
	for _, ags := range some {
		n, err := t.takeAt(ags, 0)
		if err != nil {
			return 0, err
		}
		total += n
	}
	return total, nil
}

// takeAt takes what is due in one municipality, unless another instance is at work there.
func (t *tx) takeAt(ags string, only int64) (int, error) {
	free, err := t.tryEnter(ags)
	if err != nil || !free {
		return 0, err
	}
	return t.takeDue(only)
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

// knockAt takes what is due in one municipality, chunk by chunk, or one by one
// when the database refuses a chunk for the sake of one of them.
func (s *Store) knockAt(ctx context.Context, ags string) (int, error) {
	total := 0
	for {
		n, err := s.knockChunk(ctx, ags, 0)
		if err != nil {
			n, err = s.knockEach(ctx, ags)
			return total + n, err
		}
		total += n
		if n < chunk {
			return total, nil
		}
	}
}

// knockEach takes what is due in a municipality one by one and reports those that could not be taken.
func (s *Store) knockEach(ctx context.Context, ags string) (int, error) {
	now, err := s.Now(ctx)
	if err != nil {
		return 0, err
	}
	var ids []int64
	err = s.reader.WithContext(ctx).Raw(`SELECT id FROM requests WHERE ags = ? AND knock_at <= ? ORDER BY knock_at, knock_rank, id`, ags, now).Scan(&ids).Error
	total, troubles := 0, []error{trouble(err)}
	for _, id := range ids {
		n, err := s.knockChunk(ctx, ags, id)
		total += n
		if err != nil {
			troubles = append(troubles, fmt.Errorf("request %d: %w", id, err))
		}
	}
	return total, errors.Join(troubles...)
}

// knockChunk takes a chunk of what is due in a municipality, or one request of it, in a transaction.
func (s *Store) knockChunk(ctx context.Context, ags string, only int64) (int, error) {
	n := 0
	err := s.write(ctx, clockUser, func(t *tx) error {
		var err error
		n, err = t.takeAt(ags, only)
		return err
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}
