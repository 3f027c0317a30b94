package models

import (
	"context"
	"time"
)

// ParkedForm waits while its sender shows elsewhere who they are; it is its session's only.
type ParkedForm struct {
	ID    string
	Place string // where it is sent to
	Form  string // its fields, as a browser sends them
}

// Bounds of what waits: bytes of a form, and forms of a session.
const (
	longestParked = 64 << 10
	mostParked    = 5
)

// ParkForm keeps a form for as long as somebody may take elsewhere; one that is too long is not kept.
func (s *Store) ParkForm(ctx context.Context, u User, x Session, place, form string) (id string, err error) {
	if x.ID == "" || len(place)+len(form) > longestParked {
		return "", nil
	}
	id = randomHex(16)
	return id, s.write(ctx, u, func(t *tx) error {
		if err := t.tick(); err != nil {
			return err
		}
		t.do(`DELETE FROM parked_forms WHERE session_id = ? AND id NOT IN (SELECT id FROM parked_forms WHERE session_id = ? ORDER BY created_at DESC LIMIT ?)`, x.ID, x.ID, mostParked-1)
		t.touches("parked_forms", "id = ?", id)
		t.must(1, `INSERT INTO parked_forms (id, session_id, place, form, created_at) VALUES (?, ?, ?, ?, ?)`, id, x.ID, place, form, t.now)
		return nil
	})
}

// Parked reads a form that waits in a session.
func (s *Store) Parked(ctx context.Context, x Session, id string) (ParkedForm, error) {
	ctx = asInstallation(ctx) // the session's own
	now, err := s.Now(ctx)
	if err != nil {
		return ParkedForm{}, err
	}
	rows, err := s.soundRows(ctx, User{}, "parked_forms", "id = ? AND session_id = ? AND created_at > ?", id, x.ID, now.Add(-AttemptLife))
	if err != nil {
		return ParkedForm{}, err
	}
	if len(rows) == 0 || x.ID == "" {
		return ParkedForm{}, notFound("form")
	}
	return ParkedForm{ID: id, Place: rows[0].text("place"), Form: rows[0].text("form")}, nil
}

// tidyParked removes forms that nobody has come back to.
func (s *Store) tidyParked(ctx context.Context) error {
	return s.mark(ctx, func(now time.Time) write {
		return write{sql: `DELETE FROM parked_forms WHERE created_at <= ?`, args: []any{now.Add(-AttemptLife)}, want: -1}
	})
}

// ConfirmElsewhere takes a provider's word that a signed-in person is still who
// they were: the same account there. The session gets another secret. What the
// provider's groups stand for now holds at once; if it is something else, the session ends. keyed is whether a passkey was
// shown there: where the roles need one that the session has shown, nothing less does.
func (s *Store) ConfirmElsewhere(ctx context.Context, u User, x Session, i Identity, keyed bool) (secret string, err error) {
	if err := i.check(); err != nil {
		return "", err
	}
	secret = randomHex(sessionBytes)
	var refused *Error
	err = s.write(ctx, u, func(t *tx) error {
		if err := t.enter(chainOf(u.AGS)); err != nil {
			return err
		}
		refused = nil
		m, err := t.identified(i)
		switch {
		case err != nil:
			return err
		case m == nil || m.ID != u.ID:
			return outside("somebody_else")
		}
		has, err := t.dutyOf(u.ID)
		if err != nil {
			return err
		}
		if has.keyBound && x.Keyed && !keyed {
			return outside("no_passkey")
		}
		_, refused, err = t.recognise(i)
		switch {
		case err != nil || refused != nil:
			return err
		case !sameRoles(m.Roles, i.Roles):
			refused = outside("roles")
			return nil
		}
		return t.proven(u.ID, x.ID, secret, keyed)
	})
	if err == nil && refused != nil {
		err = refused
	}
	return secret, err
}
