package models

import (
	"context"
	"time"
)

// A browser that has signed in with an account before is known for it: its
// tries are counted apart, so that whoever guesses from elsewhere cannot lock
// the owner out.

const (
	deviceBytes = 24                   // of chance in what a browser holds
	deviceLife  = 365 * 24 * time.Hour // after its last use a browser is forgotten
	mostDevices = 20                   // of one account
)

// KnowDevice remembers that this browser has signed in with an account. It
// returns what the browser has to keep, which is what it holds if that is sound.
func (s *Store) KnowDevice(ctx context.Context, u User, device string) (string, error) {
	if len(device) != 2*deviceBytes {
		device = randomHex(deviceBytes)
	}
	err := s.write(ctx, clockUser, func(t *tx) error {
		if err := t.tick(); err != nil {
			return err
		}
		t.do(`INSERT INTO devices (hash, user_id, seen_at) VALUES (?, ?, ?) ON CONFLICT (hash, user_id) DO UPDATE SET seen_at = excluded.seen_at`, tokenHash(device), u.ID, t.now)
		t.do(`DELETE FROM devices WHERE user_id = ? AND hash NOT IN (SELECT hash FROM devices WHERE user_id = ? ORDER BY seen_at DESC LIMIT ?)`, u.ID, u.ID, mostDevices)
		return nil
	})
	return device, err
}

// knowsDevice tells whether a browser has signed in with an account before.
func (s *Store) knowsDevice(ctx context.Context, email, device string) (bool, error) {
	if len(device) != 2*deviceBytes || !isText(email) {
		return false, nil
	}
	var n int
	err := s.reader.WithContext(ctx).Raw(`SELECT count(*) FROM devices d JOIN users u ON u.id = d.user_id WHERE d.hash = ? AND u.email = ?`, tokenHash(device), email).Row().Scan(&n)
	return n > 0, trouble(err)
}

// tidyDevices forgets browsers that have not been used for a year.
func (s *Store) tidyDevices(ctx context.Context) error {
	return s.mark(ctx, func(now time.Time) write {
		return write{sql: `DELETE FROM devices WHERE seen_at <= ?`, args: []any{now.Add(-deviceLife)}, want: -1}
	})
}
