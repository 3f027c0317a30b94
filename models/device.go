package models

import (
	"context"
	"slices"
	"strconv"
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

// deviceRow is a browser that an account is known to.
type deviceRow struct {
	Hash   string
	UserID int64
	SeenAt time.Time
	Seal   string
}

// sealFor is the seal that the row should have, "" where the key is not known.
func (d *deviceRow) sealFor(s *Store) string {
	return s.sealOf("device", d.Hash, strconv.FormatInt(d.UserID, 10), stamp(d.SeenAt))
}

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
		d := deviceRow{Hash: tokenHash(device), UserID: u.ID, SeenAt: t.now}
		t.do(`INSERT INTO devices (hash, user_id, seen_at, seal) VALUES (?, ?, ?, ?) ON CONFLICT (hash, user_id) DO UPDATE SET seen_at = excluded.seen_at, seal = excluded.seal`, d.Hash, d.UserID, d.SeenAt, d.sealFor(s))
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
	var ds []deviceRow
	err := s.reader.WithContext(ctx).Raw(`SELECT d.* FROM devices d JOIN users u ON u.id = d.user_id WHERE d.hash = ? AND u.email = ?`, tokenHash(device), email).Scan(&ds).Error
	return slices.ContainsFunc(ds, s.isKnown), trouble(err)
}

// isKnown tells whether this program has written a browser's row; one without a seal may be an instance's that does not
// know the key, but on SQLite there is none.
func (s *Store) isKnown(d deviceRow) bool {
	state := sealSays(d.Seal, d.sealFor(s))
	return state == sealRight || state == sealNone && (s.postgres || !s.rowsSealed.Load())
}

// sealDevices seals some browsers that have no seal; it tells how many it has found.
func (t *tx) sealDevices() (int, error) {
	var ds []deviceRow
	err := t.db.Raw(`SELECT * FROM devices WHERE seal = '' LIMIT ?`, sealedAtOnce).Scan(&ds).Error
	for _, d := range ds {
		t.do(`UPDATE devices SET seal = ? WHERE hash = ? AND user_id = ? AND seen_at = ? AND seal = ''`, d.sealFor(t.s), d.Hash, d.UserID, d.SeenAt)
	}
	return len(ds), err
}

// tidyDevices forgets browsers that have not been used for a year.
func (s *Store) tidyDevices(ctx context.Context) error {
	return s.mark(ctx, func(now time.Time) write {
		return write{sql: `DELETE FROM devices WHERE seen_at <= ?`, args: []any{now.Add(-deviceLife)}, want: -1}
	})
}
