package models

import (
	"context"
	"time"
)

// Presence is who has a request on the screen just now. It is no history: rows
// are of use for a minute, go into no chain and no backup.

// lookingFor is how long somebody counts as looking without a sign of life; pages give one every 20 seconds.
const lookingFor = time.Minute

// Look notes that a person looks at a request, and tells who else does: each
// side sees its own people only.
func (s *Store) Look(ctx context.Context, u User, number string) ([]Person, error) {
	ctx = as(ctx, u)
	if _, err := s.whose(ctx, u, number); err != nil {
		return nil, err
	}
	err := s.mark(ctx, func(now time.Time) write {
		return write{sql: `INSERT INTO presence (request_id, user_id, seen_at) SELECT id, ?, ? FROM requests WHERE number = ?
			ON CONFLICT (request_id, user_id) DO UPDATE SET seen_at = excluded.seen_at`, args: []any{u.ID, now, number}, want: -1,
			touches: &touched{"presence", "user_id = ? AND request_id = (SELECT id FROM requests WHERE number = ?)", []any{u.ID, number}, true}}
	})
	if err != nil {
		return nil, err
	}
	return s.Lookers(ctx, u, number)
}

// Lookers are the others who look at a request just now.
func (s *Store) Lookers(ctx context.Context, u User, number string) ([]Person, error) {
	ctx = as(ctx, u)
	if _, err := s.whose(ctx, u, number); err != nil {
		return nil, err
	}
	rows, err := s.looking(ctx, u, `p.request_id = (SELECT id FROM requests WHERE number = ?)`, number)
	out := make([]Person, 0, len(rows))
	for _, r := range rows {
		out = append(out, r.person())
	}
	return out, err
}

// LookersOf are the others who look at the requests of a page just now, by the request's id.
func (s *Store) LookersOf(ctx context.Context, u User, entries []Entry) (map[int64][]Person, error) {
	ctx = as(ctx, u)
	ids := make([]int64, 0, len(entries))
	for i := range entries {
		if u.Sees(entries[i].AGS) {
			ids = append(ids, entries[i].ID)
		}
	}
	out := map[int64][]Person{}
	if len(ids) == 0 {
		return out, nil
	}
	rows, err := s.looking(ctx, u, `p.request_id IN ?`, ids)
	for _, r := range rows {
		out[r.RequestID] = append(out[r.RequestID], r.person())
	}
	return out, err
}

// looker is somebody who looks at a request.
type looker struct {
	User
	RequestID int64
}

// looking reads who else of a person's side looks; which is a constant of this file.
func (s *Store) looking(ctx context.Context, u User, which string, arg any) ([]looker, error) {
	now, err := s.Now(ctx)
	if err != nil {
		return nil, err
	}
	side, args := `u.ags IS NULL`, []any{arg, now.Add(-lookingFor), u.ID}
	if u.AGS != "" {
		side, args = `u.ags = ?`, append(args, u.AGS)
	}
	var rows []looker
	err = s.reader.WithContext(ctx).Raw(`SELECT p.request_id, u.id, coalesce(u.ags, '') AS ags, u.name FROM presence p JOIN users u ON u.id = p.user_id
		WHERE `+which+` AND p.seen_at > ? AND p.user_id <> ? AND `+side+` ORDER BY u.name, u.id LIMIT 200`, args...).Scan(&rows).Error
	return rows, trouble(err)
}

// tidyPresence forgets who has looked long ago.
func (s *Store) tidyPresence(ctx context.Context) error {
	return s.mark(ctx, func(now time.Time) write {
		return write{sql: `DELETE FROM presence WHERE seen_at <= ?`, args: []any{now.Add(-lookingFor)}, want: -1}
	})
}
