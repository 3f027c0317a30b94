package models

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"strconv"
	"strings"
	"sync"
	"time"

	"formwandel/models/calendar"
	"formwandel/models/network"
)

// AttemptKind is what somebody tries to get past.
type AttemptKind string

// Each is counted apart from the others.
const (
	SignInAttempt  AttemptKind = "sign_in" // address and password
	SecondAttempt  AttemptKind = "second"  // the second factor
	ConfirmAttempt AttemptKind = "confirm" // the password once more, while signed in
	ResetAttempt   AttemptKind = "reset"   // asking for a link
	LinkAttempt    AttemptKind = "link"    // opening one that does not count
	TokenAttempt   AttemptKind = "token"   // an API token that is none
	LeaveAttempt   AttemptKind = "leave"   // going to a provider to sign in, and not coming back
)

// counter is a kind of count: of a network address, of an account from browsers
// that nobody knows, of a browser that has signed in with the account before.
type counter struct {
	number int64
	window time.Duration // after its first bad try counting begins anew
	steps  []pause
}

// pause is how long nothing more is tried once so many tries were bad.
type pause struct {
	after int
	wait  time.Duration
}

var (
	ofAddress = counter{1, 5 * time.Minute, []pause{{20, 5 * time.Minute}}}
	ofAccount = counter{2, time.Hour, growing}
	ofDevice  = counter{3, time.Hour, growing}
	ofLeaving = counter{4, 5 * time.Minute, []pause{{100, time.Minute}}} // of an address: a town hall has one
	growing   = []pause{{10, time.Minute}, {15, 5 * time.Minute}, {20, 15 * time.Minute}}
)

// drawers is how many counts of a kind are kept at most.
const drawers = 1 << 18

// count is one counter at one place.
type count struct {
	counter
	drawer int64
}

// Attempt counts a try before it is made, so that of many at once none slips
// through, and refuses it when there were too many bad ones. account is the
// address as it was typed, "" when the try is at nobody in particular; address
// is the caller's network address; device is what the browser holds, "" for
// nothing. Accounts that exist and others are counted alike.
func (s *Store) Attempt(ctx context.Context, kind AttemptKind, account, address, device string) error {
	counts, err := s.counts(ctx, kind, account, address, device)
	if err != nil {
		return err
	}
	if err := s.mayTry(ctx, counts); err != nil {
		return err
	}
	for _, c := range counts {
		err := s.mark(ctx, c.more)
		if isStale(err) { // others were faster to use the budget up
			return s.mayTry(ctx, []count{c})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// AttemptPassed takes a try back that was good.
func (s *Store) AttemptPassed(ctx context.Context, kind AttemptKind, account, address, device string) error {
	counts, err := s.counts(ctx, kind, account, address, device)
	for _, c := range counts {
		if err == nil {
			s.pauses.forget(c.drawer)
			err = s.mark(ctx, c.less)
		}
	}
	return err
}

// counts are the counters that a try goes into.
func (s *Store) counts(ctx context.Context, kind AttemptKind, account, address, device string) ([]count, error) {
	salt, err := s.attemptSalt(ctx)
	if err != nil {
		return nil, err
	}
	in := func(c counter, parts ...string) count {
		mac := hmac.New(sha256.New, []byte(salt))
		mac.Write([]byte(digest(append(parts, string(kind))...)))
		return count{c, c.number*drawers + int64(binary.BigEndian.Uint64(mac.Sum(nil))%drawers)}
	}
	account = strings.ToLower(strings.TrimSpace(account))
	known, err := s.knowsDevice(ctx, account, device)
	if err != nil {
		return nil, err
	}
	if known {
		return []count{in(ofDevice, device, account)}, nil
	}
	if kind == LeaveAttempt {
		return []count{in(ofLeaving, network.Named(address))}, nil
	}
	out := []count{in(ofAddress, network.Named(address))}
	if account != "" {
		out = append(out, in(ofAccount, account))
	}
	return out, nil
}

// mayTry refuses while a pause lasts.
func (s *Store) mayTry(ctx context.Context, counts []count) error {
	now, err := s.Now(ctx)
	if err != nil {
		return err
	}
	places := make([]int64, len(counts))
	for i, c := range counts {
		places[i] = c.drawer
		if until, lasts := s.pauses.lasts(c.drawer, now); lasts {
			return limited(now, until)
		}
	}
	var found []struct {
		Drawer int64
		Until  time.Time
	}
	err = s.reader.WithContext(ctx).Raw(`SELECT drawer, until FROM attempts WHERE drawer IN ? AND until > ? ORDER BY until DESC LIMIT 1`, places, now).Scan(&found).Error
	if err != nil || len(found) == 0 {
		return trouble(err)
	}
	s.pauses.remember(found[0].Drawer, now, found[0].Until)
	return limited(now, found[0].Until)
}

// pauses are those that were found within the last second, so that of a flood of tries the database hears once.
type pauses struct {
	mu sync.Mutex
	of map[int64]pauseSeen // by drawer
}

type pauseSeen struct{ at, until time.Time }

const mostPauses = 10_000

func (p *pauses) lasts(drawer int64, now time.Time) (until time.Time, lasts bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	x, known := p.of[drawer]
	since := now.Sub(x.at)
	return x.until, known && since >= 0 && since < time.Second && x.until.After(now)
}

func (p *pauses) remember(drawer int64, now, until time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.of == nil || len(p.of) >= mostPauses {
		p.of = map[int64]pauseSeen{}
	}
	p.of[drawer] = pauseSeen{now, until}
}

func (p *pauses) forget(drawer int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.of, drawer)
}

// limited says until when to wait.
func limited(now, until time.Time) *Error {
	seconds := int(until.Sub(now)/time.Second) + 1
	return &Error{Kind: Limited, Code: "too_many_tries", Args: map[string]any{
		"seconds": strconv.Itoa(seconds), "time": until.Add(time.Minute - time.Microsecond).In(calendar.Berlin).Format("15:04"),
	}}
}

// more counts a try; none is counted while a pause lasts.
func (c count) more(now time.Time) write {
	until, args := "CASE", []any{}
	for i := len(c.steps) - 1; i >= 0; i-- {
		until += " WHEN CASE WHEN attempts.since <= ? THEN 1 ELSE attempts.failures + 1 END >= ? THEN ?"
		args = append(args, now.Add(-c.window), c.steps[i].after, now.Add(c.steps[i].wait))
	}
	return write{sql: `INSERT INTO attempts (drawer, failures, since, until) VALUES (?, 1, ?, ?) ON CONFLICT (drawer) DO UPDATE SET
		failures = CASE WHEN attempts.since <= ? THEN 1 ELSE attempts.failures + 1 END, until = ` + until + ` ELSE attempts.until END,
		since = CASE WHEN attempts.since <= ? THEN ? ELSE attempts.since END WHERE attempts.until <= ?`,
		args: append(append([]any{c.drawer, now, now.Add(-c.window), now.Add(-c.window)}, args...), now.Add(-c.window), now, now), want: 1, touches: c.touched()}
}

// less takes a try back: an account's count begins anew, an address is given back its own try only.
func (c count) less(now time.Time) write {
	if c.number != ofAddress.number && c.number != ofLeaving.number {
		return write{sql: `DELETE FROM attempts WHERE drawer = ?`, args: []any{c.drawer}, want: -1}
	}
	return write{sql: `UPDATE attempts SET failures = failures - 1, until = CASE WHEN failures <= ? THEN ? ELSE until END WHERE drawer = ? AND failures > 0`,
		args: []any{c.steps[0].after, now.Add(-c.window), c.drawer}, want: -1, touches: c.touched()}
}

func (c count) touched() *touched {
	return &touched{table: "attempts", where: "drawer = ?", args: []any{c.drawer}}
}

// attemptSalt is the installation's, the same for every instance on one database.
func (s *Store) attemptSalt(ctx context.Context) (string, error) {
	if kept := s.salt.Load(); kept != nil {
		return *kept, nil
	}
	var salt string
	if err := s.reader.WithContext(ctx).Raw(`SELECT salt FROM attempt_salt`).Row().Scan(&salt); err != nil {
		return "", trouble(err)
	}
	s.salt.Store(&salt)
	return salt, nil
}

// tidyAttempts forgets counts that begin anew anyway.
func (s *Store) tidyAttempts(ctx context.Context) error {
	return s.mark(ctx, func(now time.Time) write {
		return write{sql: `DELETE FROM attempts WHERE since <= ? AND until <= ?`, args: []any{now.Add(-ofAccount.window), now}, want: -1}
	})
}
