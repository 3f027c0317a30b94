package calendar

import (
	"sync/atomic"
	"time"

	"github.com/rickar/cal/v2/de"
)

// Calendar knows the working days of a municipality: Monday to Friday without
// Saxony's public holidays and its own closing days.
type Calendar struct {
	closed map[Day]bool
}

// closingDay is what a municipality's own closing day is called.
const closingDay = "Schließtag"

// Saxony is the calendar of a municipality with these extra closing days
// (24.12., or Corpus Christi in a Catholic parish).
func Saxony(extra ...Day) Calendar {
	closed := make(map[Day]bool, len(extra))
	for _, d := range extra {
		closed[d] = true
	}
	return Calendar{closed}
}

// Holiday is the name of the holiday on d, if it is one.
func (c Calendar) Holiday(d Day) (name string, ok bool) {
	if d.IsZero() {
		return "", false
	}
	if name, ok = holidays(d.year())[d]; ok {
		return name, true
	}
	if c.closed[d] {
		return closingDay, true
	}
	return "", false
}

// WorkingDay says that the town hall works on d.
func (c Calendar) WorkingDay(d Day) bool {
	if w := d.Weekday(); d.IsZero() || w == time.Saturday || w == time.Sunday {
		return false
	}
	_, free := c.Holiday(d)
	return !free
}

// AddWorkingDays is the n-th working day after d, before d if n is negative;
// with n = 0 it is d itself or the next working day.
func (c Calendar) AddWorkingDays(d Day, n int) Day {
	if n == 0 && c.WorkingDay(d) {
		return d
	}
	step, left := 1, max(n, 1)
	if n < 0 {
		step, left = -1, -n
	}
	for left > 0 && !d.IsZero() {
		if d = d.AddDays(step); c.WorkingDay(d) {
			left--
		}
	}
	return d
}

// WorkingDaysBetween counts the working days after a up to and including b;
// it is negative when b is before a.
func (c Calendar) WorkingDaysBetween(a, b Day) int {
	if b.Before(a) {
		return -c.WorkingDaysBetween(b, a)
	}
	if a.IsZero() {
		return 0
	}
	count := 0
	for d := a; d != b; {
		next := d.AddDays(1)
		if end := next.endOfYear(); next == NewDay(next.year(), time.January, 1) && !end.After(b) {
			count, d = count+workingDaysOf(next.year()), end // a day that is far away is far in years
			continue
		}
		if d = next; Saxony().WorkingDay(d) {
			count++
		}
	}
	for d := range c.closed {
		if d.After(a) && !d.After(b) && Saxony().WorkingDay(d) {
			count--
		}
	}
	return count
}

// workingDays caches how many working days each year has in Saxony, 0 where nobody has asked for it.
var workingDays [lastYear - firstYear + 1]atomic.Int32

func workingDaysOf(year int) int {
	cached := &workingDays[year-firstYear]
	if n := cached.Load(); n != 0 {
		return int(n)
	}
	n := int32(0)
	for d, end := NewDay(year, time.January, 1), NewDay(year, time.December, 31); ; d = d.AddDays(1) {
		if Saxony().WorkingDay(d) {
			n++
		}
		if d == end {
			break
		}
	}
	cached.Store(n)
	return int(n)
}

// years caches the holidays of each year once somebody has asked for it.
var years [lastYear - firstYear + 1]atomic.Pointer[map[Day]string]

func holidays(year int) map[Day]string {
	cached := &years[year-firstYear]
	if known := cached.Load(); known != nil {
		return *known
	}
	found := make(map[Day]string, len(de.HolidaysSN))
	for _, h := range de.HolidaysSN {
		actual, _ := h.Calc(year)
		if !actual.IsZero() {
			found[NewDay(actual.Date())] = germanName(h.Name)
		}
	}
	cached.Store(&found)
	return found
}

// usual are the names people use where the library has others.
var usual = map[string]string{
	"Neujahrstag":                "Neujahr",
	"Weihnachtstag":              "1. Weihnachtstag",
	"Zweiter Weihnachtsfeiertag": "2. Weihnachtstag",
}

func germanName(name string) string {
	if n, ok := usual[name]; ok {
		return n
	}
	return name
}
