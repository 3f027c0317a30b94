package models

import (
	"context"
	"sync"
)

// Mails have their numbers before they are written: a number is sealed with the rest of its row. Numbers are reserved in the
// database some at a time, for all processes that work on it; what a process has not used when it ends is left out.

// How many numbers are reserved at once: by a transaction that needs one, and for deciding ahead on what is due.
const (
	numbersAtOnce = 64
	numbersAhead  = 8 * chunk
)

// mailNumbers are those that this process has reserved and not used.
type mailNumbers struct {
	mu   sync.Mutex
	left []int64
}

// take is the next one, 0 if there is none.
func (m *mailNumbers) take() (n int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.left) > 0 {
		n, m.left = m.left[0], m.left[1:]
	}
	return n
}

// count is how many are left.
func (m *mailNumbers) count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.left)
}

func (m *mailNumbers) give(some []int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.left = append(m.left, some...)
}

// mailNumber is a new mail's number.
func (t *tx) mailNumber() (int64, error) {
	if n := t.s.mailNumbers.take(); n != 0 {
		t.numbered++
		return n, nil
	}
	if t.ahead { // it only reads
		if err := t.s.reserveNumbers(t.ctx); err != nil {
			return 0, err
		}
		return t.mailNumber()
	}
	if len(t.reserved) == 0 {
		if err := t.reserve(numbersAtOnce); err != nil {
			return 0, err
		}
	}
	n := t.reserved[0]
	t.reserved = t.reserved[1:]
	return n, nil
}

// reserve reserves numbers for this transaction; what it leaves is for others once it is committed.
func (t *tx) reserve(n int) error {
	if t.reserved == nil {
		t.after = append(t.after, func() { t.s.mailNumbers.give(t.reserved) })
	}
	if t.s.postgres {
		return t.db.Raw(`SELECT nextval('mails_id_seq') FROM generate_series(1, ?)`, n).Scan(&t.reserved).Error
	}
	var last int64
	err := t.db.Raw(`SELECT max((SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'mails'), (SELECT coalesce(max(id), 0) FROM mails))`).Row().Scan(&last)
	if err != nil {
		return err
	}
	for range n {
		last++
		t.reserved = append(t.reserved, last)
	}
	done := t.db.Exec(`UPDATE sqlite_sequence SET seq = ? WHERE name = 'mails'`, last)
	if done.Error == nil && done.RowsAffected == 0 {
		done = t.db.Exec(`INSERT INTO sqlite_sequence (name, seq) VALUES ('mails', ?)`, last)
	}
	return done.Error
}

// keepNumbers reserves what is missing to n. Who decides ahead would have to wait for the writer to do it, and the writer then for him.
func (t *tx) keepNumbers(n int) error {
	if missing := n - t.s.mailNumbers.count(); missing > 0 {
		return t.reserve(missing)
	}
	return nil
}

// reserveNumbers reserves many for this process.
func (s *Store) reserveNumbers(ctx context.Context) error {
	return s.write(ctx, clockUser, func(t *tx) error {
		if err := t.tick(); err != nil {
			return err
		}
		return t.reserve(numbersAhead)
	})
}
