package models

import (
	"context"
	"encoding/base64"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

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

	search search
}

// Entry is a request as a list shows it.
type Entry struct {
	Request
	FormTitle, FormKey, Municipality string
	Author                           Person
	Assignee                         *Person
	Fields                           []fields.Field
}

// Limits of a page.
const (
	pageSize = 50
	maxPage  = 200
)

// sorts are the orders a list can have; nothing else reaches ORDER BY.
var sorts = map[string]struct{ order, after string }{
	"-number": {"r.id DESC", "r.id < ?"},
	"number":  {"r.id", "r.id > ?"},
	"due":     {"r.due_at, r.id", "(r.due_at, r.id) > (?, ?)"},
	"-due":    {"r.due_at DESC, r.id DESC", "(r.due_at, r.id) < (?, ?)"},
}

// Requests lists what a user may see, a page at a time; next is "" on the last page.
func (s *Store) Requests(ctx context.Context, u User, f Filter) (entries []Entry, next string, err error) {
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

// page reads up to n requests. PostgreSQL can't tell a rare word from a common
// one: a common one fills the page from the newest requests alone; else the
// index finds them all first.
func (s *Store) page(ctx context.Context, u User, f *Filter, n int) ([]*Request, error) {
	tries := []search{{}}
	if s.postgres && strings.TrimSpace(f.Q) != "" {
		tries = []search{{recent: true}, {all: true}}
	}
	var rs []*Request
	for _, how := range tries {
		f.search = how
		db, err := s.filtered(s.reader.WithContext(ctx), u, f)
		if err != nil {
			return nil, err
		}
		rs = nil
		if err := db.Limit(n).Find(&rs).Error; err != nil {
			return nil, trouble(err)
		}
		if len(rs) == n {
			break
		}
	}
	return rs, nil
}

// search is how a full-text search goes about it.
type search struct {
	recent bool // looks only at the newest requests
	all    bool // finds all by the index before it sorts
}

// recentRequests is how many of the newest requests a search looks at before it asks the index.
const recentRequests = 2000

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
	order, ok := sorts[f.Sort]
	if !ok {
		return nil, invalid("sort", "unknown_sort", "sort", clip(f.Sort))
	}
	db = db.Table("requests AS r").Select("r.*")
	db, err := tenant(db, u)
	if err != nil {
		return nil, err
	}
	if strings.TrimSpace(f.Q) != "" {
		order.order = s.bySearch() + " DESC"
		if s.query(f.Q, u) == "" {
			order.order = "r.id DESC" // nothing to look for is found nowhere
		}
		if db, err = s.matching(db, u, f); err != nil {
			return nil, err
		}
	}
	for _, narrow := range []func(*gorm.DB, User, *Filter) (*gorm.DB, error){byStatus, byMunicipality, bySection, byAssignee, byDue, byWaiting, afterCursor} {
		if db, err = narrow(db, u, f); err != nil {
			return nil, err
		}
	}
	if f.WaitingForMe {
		order.order = strings.Replace(order.order, "r.id", "+r.id", 1) // those that wait are few: look at them alone, then sort
	}
	return db.Order(order.order), nil
}

// bySearch is the order of what a search finds: the index's own, newest first,
// so that the page's limit ends the search.
func (s *Store) bySearch() string {
	if s.postgres {
		return "s.request_id"
	}
	return "s.rowid"
}

// Keys of municipalities, and of assistants and sections: anything else is nobody's.
var (
	agsPattern = regexp.MustCompile(`^[0-9]{8}$`)
	keyPattern = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,100}$`)
)

// tenant is the condition that every list begins with: a municipality's people
// see their own, the provider's see all, anybody else nothing.
func tenant(db *gorm.DB, u User) (*gorm.DB, error) {
	switch {
	case agsPattern.MatchString(u.AGS):
		return db.Where("r.ags = ?", u.AGS), nil
	case u.AGS == "" && u.Has(Agent, Lead, Admin, Auditor):
		return db, nil
	}
	return nil, forbidden("no_role")
}

// matching restricts to what a full-text search finds, newest first.
func (s *Store) matching(db *gorm.DB, u User, f *Filter) (*gorm.DB, error) {
	if len(f.Q) > 500 {
		return nil, invalid("q", "too_long", "max", 500, "length", len(f.Q))
	}
	if f.Sort != "-number" {
		return nil, invalid("sort", "search_sort")
	}
	q := s.query(f.Q, u)
	switch {
	case q == "":
		return db.Where("1 = 0"), nil
	case s.postgres:
		return s.matchingPostgres(db, u, f, q)
	}
	return db.Joins("JOIN search s ON s.rowid = r.id").Where("search MATCH ?", q), nil
}

// oneByOne looks each found request up by its id: OFFSET 0 keeps the planner
// from reading all requests in search of a few.
const oneByOne = ", LATERAL (SELECT * FROM requests WHERE id = s.request_id OFFSET 0) AS r"

// matchingPostgres lets a municipality search in what it may read only.
func (s *Store) matchingPostgres(db *gorm.DB, u User, f *Filter, q string) (*gorm.DB, error) {
	column := "everything"
	if u.AGS != "" {
		column = "words"
	}
	if f.search.all {
		return db.Table("(SELECT request_id FROM search WHERE "+column+" @@ CAST(? AS tsquery) ORDER BY request_id DESC OFFSET 0) AS s"+oneByOne, q), nil
	}
	before := int64(math.MaxInt64)
	if f.Cursor != "" {
		c, err := readCursor(f)
		if err != nil {
			return nil, err
		}
		before = c.id
	}
	return db.Table("(SELECT request_id, "+column+" AS text FROM search WHERE request_id < ? ORDER BY request_id DESC LIMIT ?) AS s"+oneByOne, before, recentRequests).
		Where("s.text @@ CAST(? AS tsquery)", q), nil
}

func byStatus(db *gorm.DB, u User, f *Filter) (*gorm.DB, error) {
	for _, st := range f.Status {
		if !isStatus(st) {
			return nil, invalid("status", "unknown_status", "status", clip(st))
		}
	}
	if len(f.Status) == 0 && u.IsProvider() && !u.Has(Auditor) {
		return db.Where("(r.status <> 'draft' OR r.author_id = ?)", u.ID), nil // what is not submitted is not in the queue
	}
	if len(f.Status) == 0 {
		return db, nil
	}
	return db.Where("r.status IN ?", f.Status), nil
}

func isStatus(s string) bool {
	for _, x := range Statuses {
		if string(x) == s {
			return true
		}
	}
	return false
}

func byMunicipality(db *gorm.DB, u User, f *Filter) (*gorm.DB, error) {
	return byForm(db, f.Municipality, f.Assistant)
}

// byForm keeps what belongs to a municipality, an assistant, or both.
func byForm(db *gorm.DB, ags, assistant string) (*gorm.DB, error) {
	if ags != "" {
		if !agsPattern.MatchString(ags) {
			return nil, invalid("municipality", "unknown_municipality", "municipality", clip(ags))
		}
		db = db.Where("r.ags = ?", ags)
	}
	if assistant != "" {
		if !keyPattern.MatchString(assistant) {
			return nil, invalid("assistant", "unknown_assistant", "assistant", clip(assistant))
		}
		db = db.Where("r.assistant = ?", assistant)
	}
	return db, nil
}

func bySection(db *gorm.DB, u User, f *Filter) (*gorm.DB, error) {
	if f.Section == "" {
		return db, nil
	}
	if !keyPattern.MatchString(f.Section) {
		return nil, invalid("section", "unknown_section", "section", clip(f.Section))
	}
	return db.Joins("JOIN request_sections rs ON rs.request_id = r.id").Where("rs.section = ?", f.Section), nil
}

func byAssignee(db *gorm.DB, u User, f *Filter) (*gorm.DB, error) {
	switch f.Assignee {
	case "":
		return db, nil
	case "none":
		return db.Where("r.assignee_id IS NULL"), nil
	case "me":
		return db.Where("r.assignee_id = ?", u.ID), nil
	}
	id, err := strconv.ParseInt(f.Assignee, 10, 64)
	if err != nil {
		return nil, invalid("assignee", "unknown_assignee")
	}
	return db.Where("r.assignee_id = ?", id), nil
}

func byDue(db *gorm.DB, u User, f *Filter) (*gorm.DB, error) {
	if f.DueBefore == "" {
		return db, nil
	}
	at, err := time.Parse(time.RFC3339, f.DueBefore)
	if err != nil {
		day, err := calendar.ParseDay(f.DueBefore)
		if err != nil {
			return nil, invalid("due_before", "not_a_day")
		}
		at = day.Start()
	}
	return db.Where("r.due_at < ?", at.UTC()), nil
}

// byWaiting keeps what the user could move on now.
func byWaiting(db *gorm.DB, u User, f *Filter) (*gorm.DB, error) {
	if !f.WaitingForMe {
		return db, nil
	}
	cond := []string{"(r.waiting & ?) <> 0 AND r.author_id = ?"}
	args := []any{forAuthor, u.ID}
	add := func(sql string, a ...any) { cond, args = append(cond, sql), append(args, a...) }
	if u.Has(Clerk) {
		add("(r.waiting & ?) <> 0", forClerk)
	}
	if u.Has(Agent) {
		add("(r.waiting & ?) <> 0", forAgent)
		add("(r.waiting & ?) <> 0 AND r.assignee_id = ?", forAssignee, u.ID)
	}
	lanes := 0
	if u.Has(Approver) {
		lanes |= forApprover
	}
	if u.Has(Lead) {
		lanes |= forLead
	}
	if lanes != 0 {
		add(`(r.waiting & ?) <> 0 AND r.author_id <> ? AND NOT EXISTS (SELECT 1 FROM request_editors e WHERE e.request_id = r.id AND e.user_id = ?)
			AND NOT EXISTS (SELECT 1 FROM approvals a WHERE a.request_id = r.id AND a.user_id = ? AND a.void_at IS NULL)`, lanes, u.ID, u.ID, u.ID)
	}
	return db.Where("r.waiting <> 0 AND ("+strings.Join(cond, " OR ")+")", args...), nil
}

// afterCursor continues behind the last entry of the page before. The cursor
// names its order, so that it can't be used with another.
func afterCursor(db *gorm.DB, u User, f *Filter) (*gorm.DB, error) {
	due := strings.HasSuffix(f.Sort, "due")
	if due {
		db = db.Where("r.due_at IS NOT NULL")
	}
	if f.Cursor == "" {
		return db, nil
	}
	c, err := readCursor(f)
	if err != nil {
		return nil, err
	}
	if due {
		return db.Where(sorts[f.Sort].after, c.due, c.id), nil
	}
	return db.Where(sorts[f.Sort].after, c.id), nil
}

// cursor is the last entry of the page before.
type cursor struct {
	id  int64
	due time.Time // in an order by date
}

func readCursor(f *Filter) (c cursor, err error) {
	bad := invalid("cursor", "bad_cursor")
	raw, err := base64.RawURLEncoding.DecodeString(f.Cursor)
	parts := strings.Split(string(raw), "|")
	if err != nil || len(parts) != 3 || parts[0] != f.Sort {
		return c, bad
	}
	if c.id, err = strconv.ParseInt(parts[1], 10, 64); err != nil {
		return c, bad
	}
	if strings.HasSuffix(f.Sort, "due") {
		if c.due, err = time.Parse(time.RFC3339Nano, parts[2]); err != nil {
			return c, bad
		}
	}
	return c, nil
}

func cursorOf(sort string, last *Request) string {
	due := ""
	if last.DueAt != nil {
		due = last.DueAt.UTC().Format(time.RFC3339Nano)
	}
	return base64.RawURLEncoding.EncodeToString([]byte(sort + "|" + strconv.FormatInt(last.ID, 10) + "|" + due))
}

// entries adds to a page of requests what a list shows, in two queries.
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
	if err := firstError(loadChanges(t.db, rs), t.loadAuthors(rs)); err != nil {
		return nil, trouble(err)
	}
	for _, r := range rs {
		e := Entry{Request: *r, FormTitle: cat.title(r.Assistant), FormKey: r.AGS + "/" + r.Assistant, Municipality: cat.name(r.AGS), Author: t.people[r.AuthorID].person()}
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
