package models

import (
	"context"
	"encoding/json"
	"time"
)

// Typed is what somebody typed into a page about a request and did not save:
// half a word counts. It belongs to that person alone.
type Typed struct {
	Version int // of the request when it was typed
	Values  map[string][]string
	At      time.Time
}

// keepTyped is how long what was typed waits for whoever typed it.
const keepTyped = 90 * 24 * time.Hour

// maxTyped is how much of it is kept, in bytes.
const maxTyped = 400_000

// KeepTyped keeps what somebody who may edit a request has typed into a page so
// far, and says when. It is no edit: no version, no event, no approval is void.
func (s *Store) KeepTyped(ctx context.Context, u User, number, page string, version int, values map[string][]string) (time.Time, error) {
	ctx = as(ctx, u)
	r, err := s.editable(ctx, u, number)
	if err != nil {
		return time.Time{}, err
	}
	version = max(0, min(version, r.Version)) // nobody has typed into what is still to come
	content, err := json.Marshal(values)
	if err != nil {
		return time.Time{}, err
	}
	if len(content) > maxTyped {
		return time.Time{}, &Error{Kind: TooLarge, Code: "body_too_large"}
	}
	var at time.Time
	err = s.mark(ctx, func(now time.Time) write {
		at = now
		return write{sql: `INSERT INTO typed (request_id, user_id, page, version, content, updated_at) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (request_id, user_id, page) DO UPDATE SET version = excluded.version, content = excluded.content, updated_at = excluded.updated_at`,
			args: []any{r.ID, u.ID, page, version, string(content), now}, want: 1, touches: &touched{"typed", "request_id = ? AND user_id = ? AND page = ?", []any{r.ID, u.ID, page}, true}}
	})
	return at, err
}

// editable finds a request that somebody may edit now, without its parts.
func (s *Store) editable(ctx context.Context, u User, number string) (*Request, error) {
	if _, err := s.whose(ctx, u, number); err != nil {
		return nil, err
	}
	var r Request
	if err := s.reader.WithContext(ctx).Where("number = ?", number).Take(&r).Error; err != nil {
		return nil, trouble(err)
	}
	_, err := ruleFor(u, Edit, &r)
	return &r, err
}

// Typed reads what somebody typed into the pages about a request, by page.
func (s *Store) Typed(ctx context.Context, u User, number string) (map[string]Typed, error) {
	ctx = as(ctx, u)
	ags, err := s.whose(ctx, u, number)
	if err != nil {
		return nil, err
	}
	rows, err := s.soundRows(ctx, u, "typed", `user_id = ? AND request_id = (SELECT id FROM requests WHERE number = ? AND ags = ?)`, u.ID, number, ags)
	out := map[string]Typed{}
	for _, r := range rows {
		kept := Typed{Version: int(r.number("version")), At: r.at("updated_at")}
		if json.Unmarshal([]byte(r.text("content")), &kept.Values) == nil {
			out[r.text("page")] = kept
		}
	}
	return out, err
}

// ForgetTyped throws away what somebody typed into a page about a request.
func (s *Store) ForgetTyped(ctx context.Context, u User, number, page string) error {
	ctx = as(ctx, u)
	ags, err := s.whose(ctx, u, number)
	if err != nil {
		return err
	}
	return s.mark(ctx, func(time.Time) write {
		return write{sql: `DELETE FROM typed WHERE user_id = ? AND page = ? AND request_id = (SELECT id FROM requests WHERE number = ? AND ags = ?)`, args: []any{u.ID, page, number, ags}, want: -1}
	})
}

// tidyTyped throws away what nobody came back for.
func (s *Store) tidyTyped(ctx context.Context) error {
	return s.mark(ctx, func(now time.Time) write {
		return write{sql: `DELETE FROM typed WHERE updated_at <= ?`, args: []any{now.Add(-keepTyped)}, want: -1}
	})
}
