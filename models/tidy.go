package models

import (
	"cmp"
	"context"
	"time"
)

// Tidy removes answers older than they are kept, sessions that have ended,
// what was typed and left, and who has looked; and it has SQLite forget what
// somebody had it count. The clock calls it now and then.
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
	return trouble(s.forgetStatistics(ctx))
}

// forgetStatistics keeps SQLite's plans what they are without statistics: the ones the tests explain and the benchmarks measure, with
// few requests as with a million. Counted rows are soon old ones: of a table that had one row when it was counted, SQLite reads all
// hundred thousand, for each find of a search (docs/adr/0027-sqlite-plans-without-statistics.md).
func (s *Store) forgetStatistics(ctx context.Context) error {
	for _, table := range []string{"sqlite_stat1", "sqlite_stat4"} {
		if err := s.db.WithContext(ctx).Exec(`DROP TABLE IF EXISTS ` + table).Error; err != nil {
			return err
		}
	}
	return nil
}
