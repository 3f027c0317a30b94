package models

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"formwandel/models/calendar"
)

// MonthDay is a day of the calendar with the first things that happen on it.
type MonthDay struct {
	Day     calendar.Day
	Holiday string
	First   []Appointment
	More    int  // how many there are beyond the first
	Many    bool // and even more than that: nobody counted
}

// How much of a day a month shows, and how far it counts what it does not show.
const (
	dayShows  = 5
	dayCounts = 25
)

// Month shows some weeks or days, each with what happens first on it. Of no day
// more is read than is shown and counted.
func (s *Store) Month(ctx context.Context, u User, from, until calendar.Day, ags string) ([]MonthDay, error) {
	ctx = as(ctx, u)
	cat, err := s.catalogueNow(ctx)
	if err != nil {
		return nil, err
	}
	perDay := map[calendar.Day][]spot{}
	for rank := range lines {
		if err := s.monthLine(ctx, u, from, until, ags, rank, perDay); err != nil {
			return nil, err
		}
	}
	free := cat.calendars[cmp.Or(u.AGS, ags)]
	var out []MonthDay
	var shown []spot
	for d := from; d.Before(until); d = d.AddDays(1) {
		day := MonthDay{Day: d}
		day.Holiday, _ = free.Holiday(d)
		all := perDay[d]
		slices.SortFunc(all, spot.compare)
		shown = append(shown, all[:min(len(all), dayShows)]...)
		day.More, day.Many = min(max(0, len(all)-dayShows), dayCounts-dayShows), len(all) > dayCounts
		out = append(out, day)
	}
	filled, err := s.fill(ctx, shown)
	for _, a := range filled {
		i := slices.IndexFunc(out, func(d MonthDay) bool { return d.Day == a.Day })
		out[i].First = append(out[i].First, a)
	}
	return out, err
}

// monthLine reads the first appointments of one sort of every day in one statement.
func (s *Store) monthLine(ctx context.Context, u User, from, until calendar.Day, ags string, rank int, perDay map[calendar.Day][]spot) error {
	read := s.dayByDay
	if lines[rank].mixed {
		read = s.allAtOnce
	}
	rows, err := read(ctx, u, from, until, ags, lines[rank])
	if err != nil {
		return trouble(err)
	}
	for _, row := range rows {
		at := lines[rank].spot(rank, row)
		perDay[at.day] = append(perDay[at.day], at)
	}
	return nil
}

// dayByDay asks an index of the line's column for each day.
func (s *Store) dayByDay(ctx context.Context, u User, from, until calendar.Day, ags string, l line) (rows []spotRow, err error) {
	var parts []string
	var args []any
	for d := from; d.Before(until); d = d.AddDays(1) {
		db, err := s.line(ctx, u, ags, l)
		if err != nil || db == nil {
			return nil, err
		}
		parts = append(parts, "SELECT * FROM (?) AS d")
		args = append(args, db.Where("r."+l.column+" >= ? AND r."+l.column+" < ?", l.edge(d), l.edge(d.AddDays(1))).Order("r."+l.column+", r.id").Limit(dayCounts+1))
	}
	if parts == nil {
		return nil, nil
	}
	err = s.reader.WithContext(ctx).Raw(strings.Join(parts, " UNION ALL "), args...).Scan(&rows).Error
	return rows, err
}

// allAtOnce goes once through all that there is of a line without an index, instead of once for each day.
func (s *Store) allAtOnce(ctx context.Context, u User, from, until calendar.Day, ags string, l line) (rows []spotRow, err error) {
	db, err := s.line(ctx, u, ags, l)
	if err != nil || db == nil {
		return nil, err
	}
	day := "r." + l.column
	db = db.Select("r.id, "+day+" AS on_day, row_number() OVER (PARTITION BY "+day+" ORDER BY r.id) AS nth").Where(day+" >= ? AND "+day+" < ?", l.edge(from), l.edge(until))
	err = s.reader.WithContext(ctx).Raw("SELECT id, on_day FROM (?) AS d WHERE nth <= ?", db, dayCounts+1).Scan(&rows).Error
	return rows, err
}
