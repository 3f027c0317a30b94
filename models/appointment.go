package models

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"

	"formwandel/models/calendar"
)

// AppointmentKind says what happens to a request on a day.
type AppointmentKind string

// What the calendar knows, in the order in which a day lists it.
const (
	LastDay    AppointmentKind = "deadline"   // to be applied by the end of the day at the latest
	Start      AppointmentKind = "start"      // holds from the day on: planned, wished for, or done
	GoesBack   AppointmentKind = "return"     // a temporary change is over, the former values hold again
	Done       AppointmentKind = "done"       // was applied on the day, before its deadline
	Acceptance AppointmentKind = "acceptance" // the last day for the author to accept it
)

// Appointment is what happens to a request on a day.
type Appointment struct {
	Entry
	Kind AppointmentKind
	Day  calendar.Day
}

// line is one sort of appointments: which requests, and the column that they are in order by.
type line struct {
	kind   AppointmentKind
	column string
	where  string
	lag    int  // the column is so many days after the appointment's day
	days   bool // the column holds days, not instants
	mixed  bool // no index has the column in order: a question goes through all that the condition leaves
}

// lines are all sorts of appointments. Constants only: they become SQL. The
// states are written so that no index on them is taken for the one on dates.
var lines = []line{
	{kind: LastDay, column: "due_at", where: "r.kind = 'by' AND (r.status || '') IN ('submitted', 'in_review', 'question', 'approved', 'failed')", lag: 1},
	{kind: Start, column: "due_at", where: "r.kind = 'from' AND (r.status || '') IN ('submitted', 'in_review', 'question', 'approved', 'failed', 'applied', 'accepted')"},
	{kind: GoesBack, column: "return_at", where: "r.return_at IS NOT NULL AND (r.status || '') IN ('approved', 'applied', 'accepted')"},
	{kind: Done, column: "applied_at", where: "r.applied_at IS NOT NULL AND r.kind = 'by'"},
	{kind: Acceptance, column: "accept_by", where: "r.waiting <> 0 AND (r.status || '') = 'applied' AND r.accept_by IS NOT NULL", days: true, mixed: true},
}

// Span narrows the calendar: from a day on, up to but without another (none: no end).
type Span struct {
	From, Until  calendar.Day
	Municipality string
	Cursor       string
	Limit        int // 1..200, 0 = 50
}

// Appointments lists what happens from a day on, in order, a page at a time.
func (s *Store) Appointments(ctx context.Context, u User, sp Span) ([]Appointment, string, error) {
	ctx = as(ctx, u)
	n, err := pageLimit(sp.Limit)
	if err != nil {
		return nil, "", err
	}
	return s.appointments(ctx, u, sp, n)
}

func (s *Store) appointments(ctx context.Context, u User, sp Span, n int) ([]Appointment, string, error) {
	after, err := readSpot(sp.Cursor)
	if err != nil {
		return nil, "", err
	}
	var found []spot
	for rank := range lines {
		some, err := s.spots(ctx, u, sp, after, rank, n+1)
		if err != nil {
			return nil, "", err
		}
		found = append(found, some...)
	}
	slices.SortFunc(found, spot.compare)
	found, next := cut(found, n, spot.cursor)
	out, err := s.fill(ctx, found)
	return out, next, err
}

// spots reads the next appointments of one sort.
func (s *Store) spots(ctx context.Context, u User, sp Span, after spot, rank, n int) ([]spot, error) {
	l := lines[rank]
	db, err := s.line(ctx, u, sp.Municipality, l)
	if err != nil || db == nil {
		return nil, err
	}
	from := sp.From
	if rank < after.rank && !after.day.Before(from) {
		from = after.day.AddDays(1)
	} else if after.day.After(from) {
		from = after.day
	}
	db = db.Where("r."+l.column+" >= ?", l.edge(from))
	if !sp.Until.IsZero() {
		db = db.Where("r."+l.column+" < ?", l.edge(sp.Until))
	}
	if !after.day.IsZero() && rank == after.rank {
		db = db.Where("(r."+l.column+", r.id) > (?, ?)", l.position(after), after.id)
	}
	var rows []spotRow
	if err := db.Order("r." + l.column + ", r.id").Limit(n).Scan(&rows).Error; err != nil {
		return nil, trouble(err)
	}
	out := make([]spot, 0, len(rows))
	for _, row := range rows {
		out = append(out, l.spot(rank, row))
	}
	return out, nil
}

// line is the query of one sort of appointments; nil if the person has none of it.
func (s *Store) line(ctx context.Context, u User, ags string, l line) (*gorm.DB, error) {
	at := "r." + l.column + " AS at"
	if l.days {
		at = "r." + l.column + " AS on_day"
	}
	db, err := tenant(s.reader.WithContext(ctx).Table("requests AS r").Select("r.id, "+at).Where(l.where), u)
	if err != nil {
		return nil, err
	}
	if l.kind == Acceptance {
		if u.AGS == "" {
			return nil, nil
		}
		db = db.Where("r.author_id = ?", u.ID)
	}
	return byForm(db, ags, "")
}

// spotRow is an appointment as a query finds it.
type spotRow struct {
	ID    int64
	At    time.Time
	OnDay calendar.Day
}

// spot is the place of an appointment in the calendar.
type spot struct {
	day  calendar.Day
	rank int
	at   time.Time
	id   int64
}

func (a spot) compare(b spot) int {
	return cmp.Or(a.day.Compare(b.day), cmp.Compare(a.rank, b.rank), a.at.Compare(b.at), cmp.Compare(a.id, b.id))
}

// edge is where a day begins in a line's column.
func (l line) edge(d calendar.Day) any {
	if l.days {
		return d
	}
	return d.AddDays(l.lag).Start()
}

func (l line) position(s spot) any {
	if l.days {
		return s.day
	}
	return s.at
}

func (l line) spot(rank int, row spotRow) spot {
	if l.days {
		return spot{day: row.OnDay, rank: rank, id: row.ID}
	}
	at := row.At.UTC()
	return spot{calendar.DayOf(at).AddDays(-l.lag), rank, at, row.ID}
}

// fill adds to places in the calendar what a list shows, the requests in one query.
func (s *Store) fill(ctx context.Context, found []spot) ([]Appointment, error) {
	if len(found) == 0 {
		return nil, nil
	}
	var ids []int64
	for _, f := range found {
		if !slices.Contains(ids, f.id) {
			ids = append(ids, f.id)
		}
	}
	var rs []*Request
	if err := s.reader.WithContext(ctx).Where("id IN ?", ids).Find(&rs).Error; err != nil {
		return nil, trouble(err)
	}
	entries, err := s.entries(ctx, rs)
	if err != nil {
		return nil, err
	}
	byID := map[int64]Entry{}
	for _, e := range entries {
		byID[e.ID] = e
	}
	out := make([]Appointment, 0, len(found))
	for _, f := range found {
		if e, ok := byID[f.id]; ok {
			out = append(out, Appointment{e, lines[f.rank].kind, f.day})
		}
	}
	return out, nil
}

// cursor continues behind an appointment.
func (a spot) cursor() string {
	return cursorText(strings.Join([]string{a.day.String(), strconv.Itoa(a.rank), a.at.Format(time.RFC3339Nano), strconv.FormatInt(a.id, 10)}, "|"))
}

func readSpot(cursor string) (spot, error) {
	text, err := textCursor(cursor)
	if err != nil || text == "" {
		return spot{}, err
	}
	bad := invalid("cursor", "bad_cursor")
	parts := strings.Split(text, "|")
	if len(parts) != 4 {
		return spot{}, bad
	}
	var out spot
	errs := [4]error{}
	out.day, errs[0] = calendar.ParseDay(parts[0])
	out.rank, errs[1] = strconv.Atoi(parts[1])
	out.at, errs[2] = time.Parse(time.RFC3339Nano, parts[2])
	out.id, errs[3] = strconv.ParseInt(parts[3], 10, 64)
	if cmp.Or(errs[:]...) != nil || out.rank < 0 || out.rank >= len(lines) {
		return spot{}, bad
	}
	return out, nil
}
