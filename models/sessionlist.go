package models

import (
	"context"
	"time"
)

// Sessions lists where a person is signed in, the one used last first.
func (s *Store) Sessions(ctx context.Context, u User) ([]Session, error) {
	ctx = as(ctx, u)
	now, err := s.Now(ctx)
	if err != nil {
		return nil, err
	}
	var xs []Session
	err = s.reader.WithContext(ctx).Raw(`SELECT `+sessionColumns+` FROM sessions x WHERE x.user_id = ? AND x.seen_at > ? AND x.created_at > ? ORDER BY x.seen_at DESC, x.id LIMIT 100`,
		u.ID, now.Add(-SessionIdle), now.Add(-SessionLife)).Scan(&xs).Error
	return xs, trouble(err)
}

// EndSession ends one of a person's own sessions; where there is none, nothing happens.
func (s *Store) EndSession(ctx context.Context, u User, id, address string) error {
	return s.write(ctx, u, func(t *tx) error {
		if err := t.tick(); err != nil {
			return err
		}
		r := t.db.Exec(`DELETE FROM sessions WHERE id = ? AND user_id = ?`, id, u.ID)
		if r.Error != nil || r.RowsAffected == 0 {
			return r.Error
		}
		t.witness(SecurityEvent{Code: SessionEnded, AGS: u.AGS, UserID: u.ID, Address: address, Detail: "one"})
		return nil
	})
}

// EndOtherSessions ends all of a person's sessions but the one with that id.
func (s *Store) EndOtherSessions(ctx context.Context, u User, but, address string) error {
	return s.write(ctx, u, func(t *tx) error {
		if err := t.tick(); err != nil {
			return err
		}
		t.do(`DELETE FROM sessions WHERE user_id = ? AND id <> ?`, u.ID, but)
		t.witness(SecurityEvent{Code: SessionEnded, AGS: u.AGS, UserID: u.ID, Address: address, Detail: "others"})
		return nil
	})
}

// failuresSince is how far back a person is told of attempts that failed.
const failuresSince = 7 * 24 * time.Hour

// FailuresOf counts the attempts of the last days to get into a person's account that failed.
func (s *Store) FailuresOf(ctx context.Context, u User) (int, error) {
	ctx = as(ctx, u)
	now, err := s.Now(ctx)
	if err != nil {
		return 0, err
	}
	var n int
	err = s.reader.WithContext(ctx).Raw(`SELECT coalesce(sum(count), 0) FROM security_events WHERE user_id = ? AND minute > ? AND code IN ?`,
		u.ID, now.Add(-failuresSince), []SecurityCode{LoginFailed, SecondFailed, ConfirmFailed}).Row().Scan(&n)
	return n, trouble(err)
}
