package models

import (
	"encoding/base64"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"

	"formwandel/models/calendar"
)

// matching restricts to what a full-text search finds; by is the column of its
// order, newest first: the index's own, so that the page's limit ends the search.
func (s *Store) matching(db *gorm.DB, u User, f *Filter) (found *gorm.DB, by string, err error) {
	if len(f.Q) > 500 {
		return nil, "", invalid("q", "too_long", "max", 500, "length", len(f.Q))
	}
	if f.Sort != "-number" {
		return nil, "", invalid("sort", "search_sort")
	}
	if f.sought == nil {
		if f.sought, err = s.seek(db.Statement.Context, u, f.Q); err != nil {
			return nil, "", trouble(err)
		}
	}
	switch {
	case len(f.sought) == 0:
		return db.Where("1 = 0"), "r.id", nil
	case s.postgres:
		found, err = s.matchingPostgres(db, u, f)
		return found, "s.request_id", err
	}
	return s.matchingSQLite(db, u, f)
}

// before is the id that the next page begins below.
func before(f *Filter) (int64, error) {
	if f.Cursor == "" {
		return math.MaxInt64, nil
	}
	c, err := readCursor(f)
	return c.id, err
}

func byStatus(db *gorm.DB, u User, f *Filter) (*gorm.DB, error) {
	for _, st := range f.Status {
		if !slices.Contains(Statuses, Status(st)) {
			return nil, invalid("status", "unknown_status", "status", clip(st))
		}
	}
	if len(f.Status) == 0 && u.IsProvider() && !u.Has(Auditor) {
		return db.Where("(r.status <> 'draft' OR r.author_id = ?)", u.ID), nil // what is not submitted is not in the queue
	}
	if len(f.Status) == 0 {
		return db, nil
	}
	if slices.ContainsFunc(f.Status, func(s string) bool { return !Status(s).isOpen() }) {
		return db.Where("r.status IN ?", f.Status), nil
	}
	db = db.Where("r.open") // there are indexes for what is not done alone
	if len(f.Status) == 1 {
		return db.Where("r.status = ?", f.Status[0]), nil
	}
	return db.Where("r.status NOT IN ?", othersOpen(f.Status)), nil // said so, it is read in order instead of state by state and sorted
}

// othersOpen are the open states that are not among some.
func othersOpen(status []string) []string {
	out := []string{""}
	for _, s := range Statuses {
		if s.isOpen() && !slices.Contains(status, string(s)) {
			out = append(out, string(s))
		}
	}
	return out
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
	some := "r.waiting <> 0 AND ("
	if everywhere(u, f) {
		some = "r.waiting > 1 AND (" // what waits for a clerk alone is in no index of the provider's
	}
	return db.Where(some+strings.Join(cond, " OR ")+")", args...), nil
}

// afterCursor continues behind the last entry of the page before. The cursor
// names its order, so that it can't be used with another.
func afterCursor(db *gorm.DB, u User, f *Filter) (*gorm.DB, error) {
	switch f.part {
	case undated:
		db = db.Where("r.due_at IS NULL")
	case dated:
		db = db.Where("r.due_at IS NOT NULL")
	}
	if f.Cursor == "" {
		return db, nil
	}
	c, err := readCursor(f)
	if err != nil {
		return nil, err
	}
	order, _ := f.order()
	if f.part == dated {
		return db.Where(order.after, c.due, c.id), nil
	}
	return db.Where(order.after, c.id), nil
}

// cursor is the last entry of the page before.
type cursor struct {
	id  int64
	due time.Time // in an order by date; zero where it has none
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
	if f.byDate() && parts[2] != "" {
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
