package models

import (
	"cmp"
	"context"
	"time"

	"gorm.io/gorm"

	"formwandel/models/fields"
)

// Comments are events: the history is the one stream that everything reads.

// Said is a comment as a user may read it.
type Said struct {
	Seq      int64
	At       time.Time
	Author   Person
	Text     string
	Internal bool
}

// maxComments bounds what is said about one request: its history is read, kept and shown.
const maxComments = 5000

// roomToSay refuses a comment on a request that has as many as it holds.
func (t *tx) roomToSay(r *Request) error {
	var n int
	err := t.db.Raw(`SELECT count(*) FROM events WHERE request_id = ?`, r.ID).Scan(&n).Error // the index alone knows
	if err == nil && n >= maxComments {
		err = t.db.Raw(`SELECT count(*) FROM events WHERE request_id = ? AND action = 'comment'`, r.ID).Scan(&n).Error
	}
	if err != nil {
		return err
	}
	if n >= maxComments {
		return conflict("too_many_comments", "max", maxComments)
	}
	return nil
}

// Comment adds a comment in any state. Internal ones are for the provider's eyes only.
func (s *Store) Comment(ctx context.Context, u User, number, words string, internal bool, o *Once) (*Said, error) {
	var out *Said
	err := s.onRequest(ctx, u, number, o, func(t *tx, r *Request) (any, error) {
		right := CommentRequests
		if internal && u.IsProvider() {
			right = NoteRequests
		}
		if err := u.refused(right, r.AGS); err != nil {
			return nil, err
		}
		var f findings
		words = text(words, "text", maxComment, &f)
		if words == "" {
			f.add("text", "text_required")
		}
		if internal && !u.IsProvider() {
			f.add("internal", "internal_provider_only")
		}
		if err := cmp.Or(f.err(), t.roomToSay(r)); err != nil {
			return nil, err
		}
		e, err := t.record(Event{RequestID: &r.ID, ActorID: &u.ID, Action: Comment, From: r.Status, To: r.Status, Version: r.Version, Comment: words, Internal: internal}, EventData{})
		if err != nil {
			return nil, err
		}
		out = &Said{e.Seq, e.At, u.person(), words, internal}
		return out, t.reindex(r, e)
	})
	return out, err
}

// onRequest runs a write on one request that moves no state: once, inside the municipality's chain.
func (s *Store) onRequest(ctx context.Context, u User, number string, o *Once, fn func(*tx, *Request) (any, error)) error {
	ags, err := s.whose(ctx, u, number)
	if err != nil {
		return err
	}
	if _, err := s.catalogueNow(ctx); err != nil {
		return err
	}
	return s.once(ctx, u, o, func(t *tx) (any, error) {
		if err := t.enter(ags); err != nil {
			return nil, err
		}
		if kept, err := t.answered(o); kept != nil || err != nil {
			return nil, err
		}
		r, err := t.loadRequest(number)
		if err != nil {
			return nil, err
		}
		return fn(t, r)
	})
}

// History is an event as a user may read it.
type History struct {
	Event
	Actor    Person
	Assigned *Person // whom it was assigned to
	By       string  // the name of the API token it was done with, "" in person
	EventData
	Fields []fields.Field // of the changes, in their order
}

// Events lists a request's history, oldest first, a page at a time.
func (s *Store) Events(ctx context.Context, u User, number string, cursor string, limit int) ([]History, string, error) {
	return s.history(ctx, u, number, "", cursor, limit)
}

// Comments lists what was said about a request, oldest first.
func (s *Store) Comments(ctx context.Context, u User, number string, cursor string, limit int) ([]History, string, error) {
	return s.history(ctx, u, number, Comment, cursor, limit)
}

func (s *Store) history(ctx context.Context, u User, number string, only Action, cursor string, limit int) ([]History, string, error) {
	ctx = as(ctx, u)
	ags, err := s.whose(ctx, u, number)
	if err != nil {
		return nil, "", err
	}
	n, after, err := idPage(cursor, limit)
	if err != nil {
		return nil, "", err
	}
	db := s.reader.WithContext(ctx).Where("ags = ? AND seq > ?", ags, after).Order("seq")
	if only != "" {
		db = db.Where("action = ?", only)
	}
	return s.pageOfHistory(ctx, u, number, db, n)
}

// pageOfHistory reads n of a request's events in the order that db gives; what is internal is the provider's.
func (s *Store) pageOfHistory(ctx context.Context, u User, number string, db *gorm.DB, n int) ([]History, string, error) {
	db = db.Where("request_id = (SELECT id FROM requests WHERE number = ?)", number)
	if !u.IsProvider() {
		db = db.Where("NOT internal")
	}
	var es []Event
	if err := db.Limit(n + 1).Find(&es).Error; err != nil {
		return nil, "", trouble(err)
	}
	es, next := cut(es, n, Event.cursor)
	out, err := s.told(ctx, es)
	if err != nil {
		return nil, "", err
	}
	return out, next, s.fieldsOf(ctx, number, out)
}

// fieldsOf adds to a request's events the fields that their changes speak of.
func (s *Store) fieldsOf(ctx context.Context, number string, hs []History) error {
	cat, err := s.catalogueNow(ctx)
	if err != nil {
		return err
	}
	var r Request
	if err := s.reader.WithContext(ctx).Select("assistant, definition").Where("number = ?", number).Take(&r).Error; err != nil {
		return trouble(err)
	}
	for i := range hs {
		for _, c := range hs[i].Changes {
			hs[i].Fields = append(hs[i].Fields, cat.field(r.Assistant, r.Definition, c))
		}
	}
	return nil
}

// told adds to events who did them and what they decided.
func (s *Store) told(ctx context.Context, es []Event) ([]History, error) {
	t := &tx{ctx: ctx, s: s, db: s.reader.WithContext(ctx), people: map[int64]User{}}
	var ids, tokens []int64
	for _, e := range es {
		if e.ActorID != nil {
			ids = append(ids, *e.ActorID)
		}
	}
	out := make([]History, 0, len(es))
	for _, e := range es {
		h := History{Event: e, Actor: Person{Name: clockUser.Name, Side: Provider}}
		var err error
		if h.EventData, err = e.Decode(); err != nil {
			return nil, err
		}
		if h.Assignee != 0 {
			ids = append(ids, h.Assignee)
		}
		if h.Token != 0 {
			tokens = append(tokens, h.Token)
		}
		out = append(out, h)
	}
	if len(ids) > 0 {
		if err := t.loadPeople(ids); err != nil {
			return nil, trouble(err)
		}
	}
	named, err := t.tokenNames(tokens)
	if err != nil {
		return nil, trouble(err)
	}
	for i := range out {
		out[i].name(t.people)
		out[i].By = named[out[i].Token]
	}
	return out, nil
}

// name fills in who did it, and whom it was given to.
func (h *History) name(people map[int64]User) {
	if h.ActorID != nil {
		h.Actor = people[*h.ActorID].person()
	}
	if h.Assignee != 0 {
		p := people[h.Assignee].person()
		h.Assigned = &p
	}
}
