package models

import (
	"context"
	"time"
)

// IdentityAttempt is a sign-in elsewhere that has begun: the way back is open
// to the browser that began it, once, for a while.
type IdentityAttempt struct {
	State    string // goes to the provider and comes back
	Browser  string // what the browser holds
	Provider string // its key
	Nonce    string
	Verifier string // of the code (PKCE)
	Next     string // where to go on to afterwards
	Parked   string // the form that waits for it, "" = it is a sign-in
	Fresh    int64  // the provider has to have asked who is there since then (Unix seconds), 0: whenever
}

// AttemptLife is how long somebody may take to sign in elsewhere.
const AttemptLife = 10 * time.Minute

// BeginAttempt remembers a sign-in that begins, and forgets those that never came back.
func (s *Store) BeginAttempt(ctx context.Context, a IdentityAttempt) error {
	err := s.mark(ctx, func(now time.Time) write {
		return write{sql: `DELETE FROM identity_attempts WHERE created_at <= ?`, args: []any{now.Add(-AttemptLife)}, want: -1}
	})
	if err != nil {
		return err
	}
	return s.mark(ctx, func(now time.Time) write {
		return write{sql: `INSERT INTO identity_attempts (state, browser, provider, nonce, verifier, next, parked, fresh, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			args: []any{tokenHash(a.State), tokenHash(a.Browser), a.Provider, a.Nonce, a.Verifier, a.Next, a.Parked, a.Fresh, now}, want: 1,
			touches: &touched{table: "identity_attempts", where: "state = ?", args: []any{tokenHash(a.State)}}}
	})
}

// TakeAttempt finds the attempt that comes back and ends it: nobody can come
// back to it again. One of another browser or another provider is not found, and stays.
func (s *Store) TakeAttempt(ctx context.Context, provider, state, browser string) (IdentityAttempt, error) {
	if len(state) != 2*sessionBytes || len(browser) != 2*sessionBytes { // as both were made
		return IdentityAttempt{}, outside("stale")
	}
	a := IdentityAttempt{State: state, Browser: browser}
	err := s.write(ctx, clockUser, func(t *tx) error {
		if err := t.tick(); err != nil {
			return err
		}
		a = IdentityAttempt{State: state, Browser: browser}
		sound, err := t.allSound(User{}, "identity_attempts", "state = ? AND browser = ? AND provider = ?", tokenHash(state), tokenHash(browser), provider)
		if err != nil {
			return err
		}
		err = t.db.Raw(`DELETE FROM identity_attempts WHERE state = ? AND browser = ? AND provider = ? AND created_at > ? RETURNING provider, nonce, verifier, next, parked, fresh`,
			tokenHash(state), tokenHash(browser), provider, t.now.Add(-AttemptLife)).Scan(&a).Error
		if !sound {
			a.Verifier = ""
		}
		return err
	})
	if err == nil && a.Verifier == "" {
		err = outside("stale")
	}
	return a, err
}
