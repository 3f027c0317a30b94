package models

import (
	"cmp"
	"context"
	"time"
)

// Tidy removes answers older than they are kept, sessions that have ended,
// what was typed and left, and who has looked; and it lets SQLite renew what it
// knows about its tables. The clock calls it now and then.
func (s *Store) Tidy(ctx context.Context) error {
	err := s.mark(ctx, func(now time.Time) write {
		return write{sql: `DELETE FROM idempotency WHERE created_at <= ?`, args: []any{now.Add(-keepAnswers)}, want: -1}
	})
	if err == nil {
		err = cmp.Or(s.tidySessions(ctx), s.tidyPresence(ctx), s.tidyTyped(ctx), s.tidyAttempts(ctx), s.tidyDevices(ctx), s.tidyLinks(ctx), s.tidyParked(ctx))
	}
	if err != nil || s.postgres {
		return err
	}
	return trouble(s.db.WithContext(ctx).Exec(`PRAGMA optimize`).Error)
}
