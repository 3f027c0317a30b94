package models

import (
	"cmp"
	"context"
	"time"
)

// Backlog is what waits to be done.
type Backlog struct {
	MailsWaiting, MailsRefused int64
	DueLag                     time.Duration // of the longest overdue step of the clock
}

// Backlog counts what waits, for those who watch.
func (s *Store) Backlog(ctx context.Context) (Backlog, error) {
	ctx = asInstallation(ctx)
	var b Backlog
	var first *time.Time
	db := s.reader.WithContext(ctx)
	now, err := s.Now(ctx)
	if err != nil {
		return b, err
	}
	err = cmp.Or(
		db.Raw(`SELECT count(*) FROM mails WHERE state = 'waiting'`).Scan(&b.MailsWaiting).Error,
		db.Raw(`SELECT count(*) FROM mails WHERE state = 'failed'`).Scan(&b.MailsRefused).Error,
		db.Raw(`SELECT knock_at FROM requests WHERE knock_at IS NOT NULL ORDER BY knock_at, knock_rank, id LIMIT 1`).Scan(&first).Error)
	if first != nil && first.Before(now) {
		b.DueLag = now.Sub(*first)
	}
	return b, trouble(err)
}
