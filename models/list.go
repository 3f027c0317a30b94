package models

import (
	"cmp"
	"context"
	"regexp"
	"strings"

	"gorm.io/gorm"

	"formwandel/models/calendar"
	"formwandel/models/fields"
)

// Filter narrows the queue. Every field is checked before it comes near a query.
type Filter struct {
	Status       []string
	Municipality string
	Assistant    string
	Section      string
	Assignee     string // an id, "me" or "none"
	WaitingForMe bool
	DueBefore    string // a day or an instant
	Q            string
	Sort         string // -number (newest first, the default), number, due, -due
	Cursor       string
	Limit        int // 1..200, 0 = 50

	sought []sought // the words of a search, see matching
	reach  reach    // of a search, see reached
	part   part     // of a list by date, see page
}

// Entry is a request as a list shows it.
type Entry struct {
	Request
	FormTitle, FormKey, Municipality string
	Author                           Person
	Assignee                         *Person
	Fields                           []fields.Field
	Basis                            *Basis // of an approved request: what keeps it from being applied as things are, nil for nothing

	calendar calendar.Calendar
}

// Limits of a page.
const (
	pageSize = 50
	maxPage  = 200
)

// listOrder is an order of a list, and what comes behind an entry in it.
type listOrder struct{ order, after string }

// sorts are the orders a list can have; nothing else reaches ORDER BY.
var sorts = map[string]listOrder{
	"-number": {"r.id DESC", "r.id < ?"},
	"number":  {"r.id", "r.id > ?"},
	"due":     {"r.due_at, r.id", "(r.due_at, r.id) > (?, ?)"},
	"-due":    {"r.due_at DESC, r.id DESC", "(r.due_at, r.id) < (?, ?)"},
}

// order is how a list is ordered; what has no date follows its number.
func (f *Filter) order() (listOrder, bool) {
	if f.part == undated {
		return sorts[strings.Replace(f.Sort, "due", "number", 1)], true
	}
	order, ok := sorts[f.Sort]
	return order, ok
}

// Requests lists what a user may see, a page at a time; next is "" on the last page.
func (s *Store) Requests(ctx context.Context, u User, f Filter) (entries []Entry, next string, err error) {
	ctx = as(ctx, u)
	limit, err := pageLimit(f.Limit)
	if err != nil {
		return nil, "", err
	}
	rs, err := s.page(ctx, u, &f, limit+1)
	if err != nil {
		return nil, "", err
	}
	if len(rs) > limit {
		rs = rs[:limit]
		next = cursorOf(f.Sort, rs[limit-1])
	}
	entries, err = s.entries(ctx, rs)
	return entries, next, err
}

// part is what of a list by date is read.
type part int

const (
	whole part = iota
	dated
	undated // in the order of its numbers
)

// byDate tells whether a list is in the order of its dates.
func (f *Filter) byDate() bool { return strings.HasSuffix(f.Sort, "due") }

// page reads up to n requests. What has no date, drafts and what was withdrawn as one, stands last in an order by date.
func (s *Store) page(ctx context.Context, u User, f *Filter, n int) ([]*Request, error) {
	if !f.byDate() {
		return s.reached(ctx, u, f, n)
	}
	f.part = dated
	if c, err := readCursor(f); f.Cursor != "" && err == nil && c.due.IsZero() {
		f.part = undated
	}
	rs, err := s.reached(ctx, u, f, n)
	if err != nil || len(rs) == n || f.part == undated || f.DueBefore != "" {
		return rs, err
	}
	f.part, f.Cursor = undated, ""
	rest, err := s.reached(ctx, u, f, n-len(rs))
	return append(rs, rest...), err
}

// reached reads up to n requests. A search on PostgreSQL reaches back in steps, and ends where the page is full.
func (s *Store) reached(ctx context.Context, u User, f *Filter, n int) ([]*Request, error) {
	for f.reach = s.firstReach(f); ; {
		db, err := s.filtered(s.reader.WithContext(ctx), u, f)
		if err != nil {
			return nil, err
		}
		var rs []*Request
		if err := db.Limit(n).Find(&rs).Error; err != nil {
			return nil, trouble(err)
		}
		if len(rs) == n || f.reach == allTime {
			return rs, nil
		}
		f.reach = f.reach.after(u, len(rs))
	}
}

func pageLimit(n int) (int, error) {
	if n == 0 {
		return pageSize, nil
	}
	if n < 1 || n > maxPage {
		return 0, invalid("limit", "limit_range", "max", maxPage)
	}
	return n, nil
}

// filtered turns a filter into conditions, the tenant first.
func (s *Store) filtered(db *gorm.DB, u User, f *Filter) (*gorm.DB, error) {
	if f.Sort == "" {
		f.Sort = "-number"
	}
	order, ok := f.order()
	if !ok {
		return nil, invalid("sort", "unknown_sort", "sort", clip(f.Sort))
	}
	db = db.Table("requests AS r" + s.waitingIndex(u, f)).Select("r.*")
	db, err := tenant(db, u)
	if err != nil {
		return nil, err
	}
	if strings.TrimSpace(f.Q) != "" {
		var by string
		if db, by, err = s.matching(db, u, f); err != nil {
			return nil, err
		}
		order.order = by + " DESC"
	}
	var faults findings
	for _, narrow := range []func(*gorm.DB, User, *Filter) (*gorm.DB, error){byStatus, byMunicipality, bySection, byAssignee, byDue, byWaiting, afterCursor} {
		narrower, err := narrow(db, u, f)
		if err == nil {
			db = narrower
		} else if err = faults.take(err); err != nil {
			return nil, err
		}
	}
	if err := faults.err(); err != nil {
		return nil, err
	}
	return db.Order(order.order), nil
}

// waitingIndex names to SQLite the index of what waits in the order of the
// list: it would rather read all requests in that order. PostgreSQL finds it itself.
func (s *Store) waitingIndex(u User, f *Filter) string {
	if !f.WaitingForMe || s.postgres || strings.TrimSpace(f.Q) != "" {
		return ""
	}
	name := " INDEXED BY requests_waiting"
	if !everywhere(u, f) {
		name = " INDEXED BY requests_ags_waiting"
	}
	if !f.byDate() {
		name += "_id"
	}
	return name
}

// everywhere tells whether a list goes over all municipalities: the provider's own queue.
func everywhere(u User, f *Filter) bool { return u.AGS == "" && f.Municipality == "" }

// Keys of municipalities, and of assistants and sections: anything else is nobody's.
var (
	agsPattern = regexp.MustCompile(`^[0-9]{8}$`)
	keyPattern = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,100}$`)
)

// tenant is the condition that every list begins with: a municipality's people
// see their own, the provider's see all, anybody else nothing.
func tenant(db *gorm.DB, u User) (*gorm.DB, error) {
	switch {
	case !u.Active:
	case agsPattern.MatchString(u.AGS):
		return db.Where("r.ags = ?", u.AGS), nil
	case u.AGS == "" && u.Has(Agent, Lead, Admin, Auditor):
		return db, nil
	}
	return nil, forbidden("no_role")
}

// entries adds to a page of requests what a list shows, in two queries, and in one more where some build on others.
func (s *Store) entries(ctx context.Context, rs []*Request) ([]Entry, error) {
	out := make([]Entry, 0, len(rs))
	if len(rs) == 0 {
		return out, nil
	}
	cat, err := s.catalogueNow(ctx)
	if err != nil {
		return nil, err
	}
	t := &tx{ctx: ctx, s: s, db: s.reader.WithContext(ctx), people: map[int64]User{}}
	if err := cmp.Or(loadChanges(t.db, rs), t.loadAuthors(rs)); err != nil {
		return nil, trouble(err)
	}
	bases, err := t.loadBases(rs)
	if err != nil {
		return nil, trouble(err)
	}
	for _, r := range rs {
		e := Entry{Basis: bases[r.ID], Request: *r, FormTitle: cat.title(r.Assistant), FormKey: r.AGS + "/" + r.Assistant, Municipality: cat.name(r.AGS), Author: t.people[r.AuthorID].person(), calendar: cat.calendars[r.AGS]}
		if r.AssigneeID != nil {
			p := t.people[*r.AssigneeID].person()
			e.Assignee = &p
		}
		for _, c := range r.Changes {
			e.Fields = append(e.Fields, cat.field(r.Assistant, r.Definition, c))
		}
		out = append(out, e)
	}
	return out, nil
}
