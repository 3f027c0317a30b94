package models

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"time"
)

// Sessions and the secrets of links stand in no record. What decides in their rows is sealed with a
// key derived from the installation's, which is in no database: who writes there alone lets nobody in.

// sealOf is what seals parts of a row for a purpose, "" where the key is not known.
func (s *Store) sealOf(purpose string, parts ...string) string {
	key := s.factorKey.Load()
	if key == nil {
		return ""
	}
	mac := hmac.New(sha256.New, s.derived(key, purpose))
	mac.Write([]byte(digest(parts...)))
	return hex.EncodeToString(mac.Sum(nil))
}

// derived is the key of a purpose. It is kept: mails are sealed by the thousand.
func (s *Store) derived(key *[32]byte, purpose string) []byte {
	name := derivedKey{key, purpose}
	if known, ok := s.derivedKeys.Load(name); ok {
		return known.([]byte)
	}
	mac := hmac.New(sha256.New, key[:])
	mac.Write([]byte("formwandel " + purpose))
	sum := mac.Sum(nil)
	s.derivedKeys.Store(name, sum)
	return sum
}

type derivedKey struct {
	of      *[32]byte
	purpose string
}

// sealState is what a seal says of its row.
type sealState int

// What it can say. Where the key is not known, every row is right.
const (
	sealRight sealState = iota
	sealNone            // an instance that does not know the key has written it
	sealWrong
)

func sealSays(is, want string) sealState {
	switch {
	case want == "" || hmac.Equal([]byte(is), []byte(want)):
		return sealRight
	case is == "":
		return sealNone
	}
	return sealWrong
}

// renewed is the seal of a row after it has changed, which was as the state says before: one that was wrong stays so.
func (x sealState) renewed(was, now string) string {
	switch x {
	case sealRight:
		return now
	case sealNone:
		return ""
	}
	return was
}

// sealedSession is what decides in a session's row.
type sealedSession struct {
	Hash, Former string
	RotatedAt    time.Time
	ID           string
	UserID       int64
	CSRF         string `gorm:"column:csrf"`
	Method       string
	Second       bool
	Keyed        bool
	ConfirmedAt  time.Time
	CreatedAt    time.Time
	Seal         string
}

// sealFor is the seal that the row should have.
func (x *sealedSession) sealFor(s *Store) string {
	return s.sealOf("session", x.Hash, x.Former, stamp(x.RotatedAt), x.ID, strconv.FormatInt(x.UserID, 10), x.CSRF, x.Method,
		strconv.FormatBool(x.Second), strconv.FormatBool(x.Keyed), stamp(x.ConfirmedAt), stamp(x.CreatedAt))
}

// sealedSessions reads rows of a person, for changing them.
func (t *tx) sealedSessions(userID int64, id string) (xs []sealedSession, err error) {
	query := `SELECT hash, former, rotated_at, id, user_id, csrf, method, second, keyed, confirmed_at, created_at, seal FROM sessions WHERE user_id = ? AND (id = ? OR ? = '') ORDER BY id`
	if t.s.postgres {
		query += ` FOR UPDATE`
	}
	return xs, t.db.Raw(query, userID, id, id).Scan(&xs).Error
}

// changeSession changes what decides in a session, and seals it anew if it was sealed rightly.
func (t *tx) changeSession(userID int64, id string, change func(*sealedSession)) error {
	xs, err := t.sealedSessions(userID, id)
	switch {
	case err != nil:
		return err
	case len(xs) == 0:
		return conflict("stale")
	}
	return t.reseal(xs[0], change)
}

// reseal never makes a row right that was not.
func (t *tx) reseal(x sealedSession, change func(*sealedSession)) error {
	state := sealSays(x.Seal, x.sealFor(t.s))
	if state == sealWrong {
		return &Error{Kind: Unauthorized, Code: "unauthorized"}
	}
	change(&x)
	x.Seal = state.renewed(x.Seal, x.sealFor(t.s))
	t.must(1, `UPDATE sessions SET hash = ?, former = ?, rotated_at = ?, second = ?, keyed = ?, confirmed_at = ?, seal = ? WHERE id = ? AND user_id = ?`,
		x.Hash, x.Former, x.RotatedAt, x.Second, x.Keyed, x.ConfirmedAt, x.Seal, x.ID, x.UserID)
	return nil
}

// changeSessions changes all sessions of a person; what is sealed wrongly stays so, and is refused when it is used.
func (t *tx) changeSessions(userID int64, change func(*sealedSession)) error {
	xs, err := t.sealedSessions(userID, "")
	for _, x := range xs {
		if err == nil && sealSays(x.Seal, x.sealFor(t.s)) != sealWrong {
			err = t.reseal(x, change)
		}
	}
	return err
}

// proven gives a session another secret, and a moment at which its owner has shown who they are.
func (t *tx) proven(userID int64, id, secret string, keyed bool) error {
	t.touches("sessions", "id = ?", id)
	t.do(`UPDATE sessions SET failures = 0 WHERE id = ? AND user_id = ?`, id, userID)
	return t.changeSession(userID, id, func(r *sealedSession) {
		r.Hash, r.Former, r.RotatedAt, r.ConfirmedAt, r.Keyed = tokenHash(secret), r.Hash, t.now, t.now, r.Keyed || keyed
	})
}

// unbroken looks at a session's seals; use is what the one over its use says. One that is wrong ends the session; one that is missing is told once,
// by the record and the security log, and made good: an instance without the key has begun it. On
// SQLite there is no other instance, so there it is wrong.
func (s *Store) unbroken(ctx context.Context, u User, x *sealedSession, use sealState) error {
	if sealSays(x.Seal, x.sealFor(s)) == sealRight && s.believes(use) {
		return nil
	}
	forged := false
	err := s.write(ctx, clockUser, func(t *tx) error {
		if err := t.enter(chainOf(u.AGS)); err != nil {
			return err
		}
		xs, err := t.sealedSessions(u.ID, x.ID)
		if err != nil || len(xs) == 0 {
			forged = true // it has ended meanwhile
			return err
		}
		now, code := &xs[0], SessionUnsealed
		state := sealSays(now.Seal, now.sealFor(s))
		if state == sealNone && !s.postgres {
			state = sealWrong
		}
		uses, err := s.sealedRows(t.db, "sessions", "id = ?", x.ID)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(uses, func(r *sealedRow) bool { return !s.sound(r) }) {
			state = sealWrong
		}
		forged = state == sealWrong
		switch state {
		case sealRight:
			return nil
		case sealNone:
			t.must(1, `UPDATE sessions SET seal = ? WHERE id = ?`, now.sealFor(s), now.ID)
		case sealWrong:
			code = SessionForged
			t.must(1, `DELETE FROM sessions WHERE id = ?`, now.ID)
		}
		t.witness(SecurityEvent{Code: code, AGS: u.AGS, UserID: u.ID, Detail: now.ID})
		_, err = t.record(Event{Action: Action(code), Comment: number(&u.ID)}, EventData{Subject: "session " + now.ID})
		return err
	})
	if err == nil && forged {
		err = &Error{Kind: Unauthorized, Code: "unauthorized"}
	}
	return err
}
