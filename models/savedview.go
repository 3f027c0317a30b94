package models

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"
)

// SavedView is a view of the queue that a person has given a name.
type SavedView struct {
	ID    int64
	Name  string
	Query string // the filter as it stands in the address
}

// Bounds of saved views.
const (
	MostViews    = 20
	longViewName = 60
	longQuery    = 2000
)

// SavedViews lists a person's views, oldest first.
func (s *Store) SavedViews(ctx context.Context, u User) ([]SavedView, error) {
	rows, err := s.soundRows(ctx, u, "saved_views", `user_id = ? ORDER BY id LIMIT ?`, u.ID, MostViews)
	vs := make([]SavedView, len(rows))
	for i, r := range rows {
		vs[i] = SavedView{ID: r.number("id"), Name: r.text("name"), Query: r.text("query")}
	}
	return vs, err
}

// SaveView keeps a view under a name; one of that name is replaced. The caller has checked the query.
func (s *Store) SaveView(ctx context.Context, u User, name, query string) error {
	name = strings.Join(strings.Fields(name), " ")
	switch {
	case name == "" || !isText(name):
		return invalid("name", "view_name_required")
	case utf8.RuneCountInString(name) > longViewName:
		return invalid("name", "too_long", "max", longViewName, "length", utf8.RuneCountInString(name))
	case query == "" || len(query) > longQuery || !isText(query):
		return invalid("query", "too_long", "max", longQuery, "length", len(query))
	}
	err := s.mark(ctx, func(now time.Time) write {
		return write{want: 1, args: []any{u.ID, name, query, now, u.ID, MostViews, u.ID, name}, sql: `INSERT INTO saved_views (user_id, name, query, created_at)
			SELECT ?, ?, ?, ? WHERE (SELECT count(*) FROM saved_views WHERE user_id = ?) < ? OR EXISTS (SELECT 1 FROM saved_views WHERE user_id = ? AND name = ?)
			ON CONFLICT (user_id, name) DO UPDATE SET query = excluded.query`, touches: &touched{"saved_views", "user_id = ? AND name = ?", []any{u.ID, name}, true}}
	})
	if IsKind(err, Conflict) {
		return invalid("name", "too_many_views", "max", MostViews)
	}
	return err
}

// DropView forgets a view; one that is gone stays so, another's is nobody's.
func (s *Store) DropView(ctx context.Context, u User, id int64) error {
	return s.mark(ctx, func(time.Time) write {
		return write{sql: `DELETE FROM saved_views WHERE user_id = ? AND id = ?`, args: []any{u.ID, id}, want: -1}
	})
}
