// Package calendar counts days the way a Saxon town hall does: calendar days of
// Europe/Berlin, working days without Saxony's public holidays.
package calendar

import (
	"cmp"
	"fmt"
	"time"
	_ "time/tzdata" // a server without a zone database must still know Berlin
)

// Berlin is the time zone of every deadline.
var Berlin = mustLoad("Europe/Berlin")

// Day is a calendar day without a zone, between the years 1900 and 9999. Days
// compare with ==; the zero value means no day.
type Day struct {
	n int32 // days since 31.12.1899
}

const (
	firstYear, lastYear = 1900, 9999
	iso                 = "2006-01-02"
	secondsPerDay       = 24 * 60 * 60
)

// eve is the day before the first Day, so that the zero Day is none.
var (
	eve  = time.Date(firstYear, time.January, 0, 0, 0, 0, 0, time.UTC)
	last = NewDay(lastYear, time.December, 31)
)

// NewDay makes a day of year, month and day of month; like time.Date it carries
// over (31 April is 1 May). Outside the supported years it is no day.
func NewDay(y int, m time.Month, d int) Day {
	t := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	if t.Year() < firstYear || t.Year() > lastYear {
		return Day{}
	}
	return Day{int32((t.Unix() - eve.Unix()) / secondsPerDay)}
}

// DayOf is the day on which the instant t falls in Berlin.
func DayOf(t time.Time) Day {
	return NewDay(t.In(Berlin).Date())
}

// ParseDay reads "2027-01-01" and nothing else.
func ParseDay(s string) (Day, error) {
	t, err := time.Parse(iso, s)
	if err != nil {
		return Day{}, fmt.Errorf("calendar: %q is not a day like 2027-01-01", s)
	}
	d := NewDay(t.Date())
	if d.IsZero() {
		return Day{}, fmt.Errorf("calendar: %q is not between %d and %d", s, firstYear, lastYear)
	}
	return d, nil
}

// String is the day as machines write it, "2027-01-01"; empty for no day.
func (d Day) String() string { return d.format(iso) }

// German is the day as DIN 5008 writes it, "01.01.2027".
func (d Day) German() string { return d.format("02.01.2006") }

// English is the day in British English, "1 January 2027".
func (d Day) English() string { return d.format("2 January 2006") }

// In is the day as people of a language read it.
func (d Day) In(locale string) string {
	if locale == "en" {
		return d.English()
	}
	return d.German()
}

// Start is the instant at which the day begins in Berlin, in UTC.
func (d Day) Start() time.Time {
	if d.IsZero() {
		return time.Time{}
	}
	y, m, dd := d.midnight().Date()
	return time.Date(y, m, dd, 0, 0, 0, 0, Berlin).UTC()
}

// End is the instant at which the day after it begins in Berlin, in UTC; also for the last day there is.
func (d Day) End() time.Time {
	if d.IsZero() {
		return time.Time{}
	}
	y, m, dd := d.midnight().Date()
	return time.Date(y, m, dd+1, 0, 0, 0, 0, Berlin).UTC()
}

// AddDays is the day n days later; no day stays no day, and so does what would
// leave the supported years.
func (d Day) AddDays(n int) Day {
	if d.IsZero() || n > int(last.n-d.n) || n <= -int(d.n) {
		return Day{}
	}
	return Day{d.n + int32(n)}
}

// IsZero says that d is no day.
func (d Day) IsZero() bool { return d == Day{} }

// Before says that d is earlier than e.
func (d Day) Before(e Day) bool { return d.n < e.n }

// After says that d is later than e.
func (d Day) After(e Day) bool { return d.n > e.n }

// Compare is -1, 0 or +1 as d is before, on or after e.
func (d Day) Compare(e Day) int { return cmp.Compare(d.n, e.n) }

// Weekday is the day of the week.
func (d Day) Weekday() time.Weekday {
	return time.Weekday(int(d.n) % 7) // 31.12.1899 was a Sunday
}

func (d Day) endOfYear() Day { return NewDay(d.year(), time.December, 31) }

func (d Day) year() int { return d.midnight().Year() }

func (d Day) midnight() time.Time {
	return time.Unix(eve.Unix()+int64(d.n)*secondsPerDay, 0).UTC()
}

func (d Day) format(layout string) string {
	if d.IsZero() {
		return ""
	}
	return d.midnight().Format(layout)
}

func mustLoad(name string) *time.Location {
	l, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return l
}
