package models

import (
	"cmp"
	"context"
	"slices"
	"time"

	"formwandel/models/calendar"
)

// Figures are what a year's requests came to.
type Figures struct {
	Year       int
	All        Figure
	Months     []Figure // from the first with requests to the one that has begun last; Key is 2026-01
	Assistants []Figure // those with requests, the most first; Key is the assistant's
	Sections   []Figure // the same; a request on two sections counts in both
}

// Figure sums up a group of requests by the day they were submitted on.
type Figure struct {
	Key, Label string
	Filed      int
	Applied    int
	OnTime     int // applied without being late
	Questions  int
	lead       []int // working days from submission to application, of each that was applied
}

// Lead is the median number of working days from submission to application; ok is false if none was applied.
func (f Figure) Lead() (days float64, ok bool) {
	n := len(f.lead)
	if n == 0 {
		return 0, false
	}
	slices.Sort(f.lead)
	if n%2 == 1 {
		return float64(f.lead[n/2]), true
	}
	return float64(f.lead[n/2-1]+f.lead[n/2]) / 2, true
}

// Punctual is the share of what was applied that was on time, in percent; ok is false if none was applied.
func (f Figure) Punctual() (percent float64, ok bool) {
	if f.Applied == 0 {
		return 0, false
	}
	return 100 * float64(f.OnTime) / float64(f.Applied), true
}

// Asked is the number of questions per request; ok is false if none was filed.
func (f Figure) Asked() (questions float64, ok bool) {
	if f.Filed == 0 {
		return 0, false
	}
	return float64(f.Questions) / float64(f.Filed), true
}

// counted is what a figure needs to know of a request.
type counted struct {
	AGS         string
	Assistant   string
	Definition  int
	Sections    StringList
	SubmittedAt time.Time
	AppliedAt   *time.Time
	Late        *int64
	Questions   int
}

// Figures counts what a user may see of a year, all municipalities or one.
func (s *Store) Figures(ctx context.Context, u User, year int, ags string) (*Figures, error) {
	ctx = as(ctx, u)
	if year < 2000 || year > 2100 {
		return nil, invalid("jahr", "not_a_number")
	}
	cat, err := s.catalogueNow(ctx)
	if err != nil {
		return nil, err
	}
	db, err := tenant(s.reader.WithContext(ctx).Table("requests AS r"), u)
	if err != nil {
		return nil, err
	}
	if db, err = byForm(db, ags, ""); err != nil {
		return nil, err
	}
	from, to := calendar.NewDay(year, time.January, 1), calendar.NewDay(year+1, time.January, 1)
	rows, err := db.Select(`r.ags, r.assistant, r.definition, r.sections, r.submitted_at, r.applied_at, r.late,
		(SELECT count(*) FROM events e WHERE e.request_id = r.id AND e.action = 'ask') AS questions`).
		Where("r.submitted_at >= ? AND r.submitted_at < ?", from.Start().UTC(), to.Start().UTC()).Rows()
	if err != nil {
		return nil, trouble(err)
	}
	defer rows.Close()
	t := newTally(cat, year)
	for rows.Next() {
		var c counted
		if err := rows.Scan(&c.AGS, &c.Assistant, &c.Definition, &c.Sections, &c.SubmittedAt, &c.AppliedAt, &c.Late, &c.Questions); err != nil {
			return nil, trouble(err)
		}
		t.count(c)
	}
	if err := rows.Err(); err != nil {
		return nil, trouble(err)
	}
	now, err := s.Now(ctx)
	if err != nil {
		return nil, err
	}
	return t.figures(calendar.DayOf(now)), nil
}

// tally adds up requests by group.
type tally struct {
	cat                          *catalogue
	year                         int
	all                          Figure
	months, assistants, sections map[string]*Figure
}

func newTally(cat *catalogue, year int) *tally {
	return &tally{cat: cat, year: year, months: map[string]*Figure{}, assistants: map[string]*Figure{}, sections: map[string]*Figure{}}
}

func (t *tally) count(c counted) {
	day := calendar.DayOf(c.SubmittedAt)
	groups := []*Figure{&t.all, group(t.months, day.String()[:7], ""), group(t.assistants, c.Assistant, t.cat.title(c.Assistant))}
	def := t.cat.definition(c.Assistant, c.Definition)
	for _, key := range c.Sections {
		label := key
		if def != nil {
			if sec, ok := def.Section(key); ok {
				label = sec.Title
			}
		}
		groups = append(groups, group(t.sections, key, label))
	}
	lead := 0
	if c.AppliedAt != nil {
		lead = t.cat.calendars[c.AGS].WorkingDaysBetween(day, calendar.DayOf(*c.AppliedAt))
	}
	for _, f := range groups {
		f.add(c, lead)
	}
}

func (f *Figure) add(c counted, lead int) {
	f.Filed++
	f.Questions += c.Questions
	if c.AppliedAt == nil {
		return
	}
	f.Applied++
	f.lead = append(f.lead, lead)
	if c.Late == nil {
		f.OnTime++
	}
}

// group finds or begins a group.
func group(of map[string]*Figure, key, label string) *Figure {
	f := of[key]
	if f == nil {
		f = &Figure{Key: key, Label: label}
		of[key] = f
	}
	return f
}

// figures puts the groups in order; a month without requests is one with nothing in it.
func (t *tally) figures(today calendar.Day) *Figures {
	out := &Figures{Year: t.year, All: t.all, Assistants: most(t.assistants), Sections: most(t.sections)}
	for m := time.January; m <= time.December; m++ {
		first := calendar.NewDay(t.year, m, 1)
		if first.After(today) {
			break
		}
		if f := group(t.months, first.String()[:7], ""); f.Filed > 0 || len(out.Months) > 0 {
			out.Months = append(out.Months, *f)
		}
	}
	return out
}

func most(of map[string]*Figure) []Figure {
	out := make([]Figure, 0, len(of))
	for _, f := range of {
		out = append(out, *f)
	}
	slices.SortFunc(out, func(a, b Figure) int { return cmp.Or(b.Filed-a.Filed, cmp.Compare(a.Label, b.Label)) })
	return out
}
