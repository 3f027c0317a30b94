package models

import (
	"context"
	"time"
)

// Session is somebody signed in on the web. The browser holds a random secret,
// the records only its hash.
type Session struct {
	CSRF      string // goes with every form of this session
	CreatedAt time.Time
	SeenAt    time.Time
}

// Proof is how somebody has shown who they are.
type Proof struct {
	Method string // password, passkey, or oidc: and the provider's id
	Second bool   // a second factor was part of it
}

// How long a session lasts: unused, and at most.
const (
	SessionIdle = 30 * time.Minute
	SessionLife = 10 * time.Hour
)

// seenEvery is how often a session's use is written down.
const seenEvery = time.Minute

// sessionBytes is how much chance is in a secret: 192 bits.
const sessionBytes = 24

// SignIn begins a session for a person whose password was right; secret goes to the browser, once.
func (s *Store) SignIn(ctx context.Context, u User, _ Proof) (secret string, err error) {
	secret = randomHex(sessionBytes)
	csrf := randomHex(sessionBytes)
	err = s.mark(ctx, func(now time.Time) write {
		return write{sql: `INSERT INTO sessions (hash, user_id, csrf, created_at, seen_at) VALUES (?, ?, ?, ?, ?)`, args: []any{tokenHash(secret), u.ID, csrf, now, now}, want: 1}
	})
	if err != nil {
		return "", err
	}
	return secret, s.mark(ctx, func(now time.Time) write {
		return write{sql: `UPDATE users SET signed_in_at = ? WHERE id = ?`, args: []any{now, u.ID}, want: 1}
	})
}

// SignOut ends a session; one that has ended already stays so.
func (s *Store) SignOut(ctx context.Context, secret string) error {
	return s.mark(ctx, func(time.Time) write {
		return write{sql: `DELETE FROM sessions WHERE hash = ?`, args: []any{tokenHash(secret)}, want: -1}
	})
}

// Resume finds out whose session this is. What has expired, by the database's
// clock, is nobody's; so is that of an account that was switched off.
func (s *Store) Resume(ctx context.Context, secret string) (User, Session, error) {
	ctx = asInstallation(ctx) // whose rows is not known before
	refused := &Error{Kind: Unauthorized, Code: "unauthorized"}
	if len(secret) != 2*sessionBytes {
		return User{}, Session{}, refused
	}
	now, err := s.Now(ctx)
	if err != nil {
		return User{}, Session{}, err
	}
	var rows []struct {
		User
		Session
		Role Role
	}
	err = s.reader.WithContext(ctx).Raw(`SELECT u.id, coalesce(u.ags, '') AS ags, u.email, u.name, u.locale, u.active, u.demo, x.csrf, x.created_at, x.seen_at, r.role
		FROM sessions x JOIN users u ON u.id = x.user_id JOIN user_roles r ON r.user_id = u.id
		WHERE x.hash = ? AND u.active AND x.seen_at > ? AND x.created_at > ? ORDER BY r.role`, tokenHash(secret), now.Add(-SessionIdle), now.Add(-SessionLife)).Scan(&rows).Error
	if err != nil {
		return User{}, Session{}, trouble(err)
	}
	if len(rows) == 0 {
		return User{}, Session{}, refused
	}
	u, session := rows[0].User, rows[0].Session
	for _, r := range rows {
		u.Roles = append(u.Roles, r.Role)
	}
	if now.Sub(session.SeenAt) < seenEvery {
		return u, session, nil
	}
	err = s.mark(ctx, func(now time.Time) write {
		return write{sql: `UPDATE sessions SET seen_at = ? WHERE hash = ?`, args: []any{now, tokenHash(secret)}, want: -1}
	})
	return u, session, err
}

// tidySessions removes sessions that nobody can use any more.
func (s *Store) tidySessions(ctx context.Context) error {
	return s.mark(ctx, func(now time.Time) write {
		return write{sql: `DELETE FROM sessions WHERE seen_at <= ? OR created_at <= ?`, args: []any{now.Add(-SessionIdle), now.Add(-SessionLife)}, want: -1}
	})
}

// DemoAccounts are the accounts of the demonstration, by address, for the
// sign-in page; none when there is real data.
func (s *Store) DemoAccounts(ctx context.Context) ([]User, error) {
	var us []User
	err := s.reader.WithContext(ctx).Raw(`SELECT id, coalesce(ags, '') AS ags, email, name FROM users WHERE demo AND active AND (ags IS NULL OR ags IN ('14625020', '14713000')) ORDER BY ags, email LIMIT 20`).Scan(&us).Error
	return us, trouble(err)
}
