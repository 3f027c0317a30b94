package models

import (
	"context"
	"strings"
)

// CountUpTo is where counting ends: more than that is "99+" on a page.
const CountUpTo = 100

// Count tells how many requests each filter would find, up to CountUpTo, in
// one round trip. It is for filters of what is open: then no count takes longer
// because more is done.
func (s *Store) Count(ctx context.Context, u User, filters []Filter) ([]int, error) {
	ctx = as(ctx, u)
	if len(filters) == 0 {
		return nil, nil
	}
	counts := make([]string, len(filters))
	finds := make([]any, len(filters))
	for i, f := range filters {
		db, err := s.filtered(s.reader.WithContext(ctx), u, &f) // in the list's order: the same index ends it
		if err != nil {
			return nil, err
		}
		counts[i], finds[i] = "(SELECT count(*) FROM (?) AS found)", db.Select("1").Limit(CountUpTo)
	}
	out := make([]int, len(filters))
	into := make([]any, len(filters))
	for i := range out {
		into[i] = &out[i]
	}
	err := s.reader.WithContext(ctx).Raw("SELECT "+strings.Join(counts, ", "), finds...).Row().Scan(into...)
	return out, trouble(err)
}

// CheckFilter tells whether a filter can be used by a person, without looking for anything.
func (s *Store) CheckFilter(u User, f Filter) error {
	if _, err := pageLimit(f.Limit); err != nil {
		return err
	}
	_, err := s.filtered(s.reader, u, &f)
	return err
}
