package calendar

import (
	"encoding/json"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// everyDay visits the days from 2024 to 2040.
func everyDay(visit func(d Day, midnight time.Time)) {
	for t := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC); t.Year() <= 2040; t = t.AddDate(0, 0, 1) {
		visit(NewDay(t.Date()), t)
	}
}

func TestEveryDayKnowsItself(t *testing.T) {
	before := NewDay(2023, time.December, 31)
	everyDay(func(d Day, midnight time.Time) {
		if d.String() != midnight.Format(iso) || d.Weekday() != midnight.Weekday() {
			t.Fatalf("%s: %s, %s", midnight, d, d.Weekday())
		}
		if before.AddDays(1) != d || d.AddDays(-1) != before || !before.Before(d) || !d.After(before) || d.Compare(before) != 1 {
			t.Fatalf("%s does not follow %s", d, before)
		}
		if parsed, err := ParseDay(d.String()); err != nil || parsed != d {
			t.Fatalf("%s: read as %s, %v", d, parsed, err)
		}
		before = d
	})
}

func TestEveryDayStartsAtMidnightInBerlin(t *testing.T) {
	everyDay(func(d Day, _ time.Time) {
		start := d.Start()
		if start.Location() != time.UTC || start.In(Berlin).Format("2006-01-02 15:04:05") != d.String()+" 00:00:00" {
			t.Fatalf("%s starts at %s", d, start)
		}
		if DayOf(start) != d || DayOf(start.Add(-time.Nanosecond)) != d.AddDays(-1) || !d.End().Equal(d.AddDays(1).Start()) {
			t.Fatalf("%s does not start at %s", d, start)
		}
		for at := start; at.Before(d.AddDays(1).Start()); at = at.Add(30 * time.Minute) {
			if DayOf(at) != d {
				t.Fatalf("%s is on %s, not %s", at, DayOf(at), d)
			}
		}
	})
}

func TestEveryDaySurvivesDatabaseAndJSON(t *testing.T) {
	everyDay(func(d Day, midnight time.Time) {
		stored, _ := d.Value()
		written, _ := json.Marshal(d)
		var fromJSON Day
		if err := json.Unmarshal(written, &fromJSON); err != nil || fromJSON != d {
			t.Fatalf("%s: JSON %s gives %s, %v", d, written, fromJSON, err)
		}
		for _, src := range []any{stored, []byte(d.String()), d.String() + "T00:00:00Z", d.String() + " 00:00:00+00:00", midnight, midnight.In(Berlin)} {
			var back Day
			if err := back.Scan(src); err != nil || back != d {
				t.Fatalf("%v gives %s, %v", src, back, err)
			}
		}
	})
}

func TestNightsOfTheClockChange(t *testing.T) {
	for _, c := range []struct {
		day, start string
		hours      float64
	}{
		{"2027-03-28", "2027-03-27T23:00:00Z", 23},
		{"2026-10-25", "2026-10-24T22:00:00Z", 25},
		{"2027-01-01", "2026-12-31T23:00:00Z", 24},
	} {
		d, _ := ParseDay(c.day)
		if got := d.Start().Format(time.RFC3339); got != c.start {
			t.Errorf("%s starts at %s, want %s", d, got, c.start)
		}
		if got := d.AddDays(1).Start().Sub(d.Start()).Hours(); got != c.hours {
			t.Errorf("%s has %g hours, want %g", d, got, c.hours)
		}
	}
}

func TestDayIsWrittenForPeople(t *testing.T) {
	d := NewDay(2027, time.January, 1)
	if d.German() != "01.01.2027" || d.English() != "1 January 2027" {
		t.Errorf("%s, %s", d.German(), d.English())
	}
}

func TestNoDay(t *testing.T) {
	var none Day
	if !none.IsZero() || none.String() != "" || none.German() != "" || none.AddDays(5) != none || !none.Start().IsZero() || !none.End().IsZero() {
		t.Error("no day became one")
	}
	if v, err := none.Value(); v != nil || err != nil {
		t.Errorf("stored as %v, %v", v, err)
	}
	if b, _ := json.Marshal(none); string(b) != "null" {
		t.Errorf("written as %s", b)
	}
	d := NewDay(2027, 1, 1)
	if err := json.Unmarshal([]byte("null"), &d); err != nil || !d.IsZero() {
		t.Errorf("null gives %s, %v", d, err)
	}
	d = NewDay(2027, 1, 1)
	if err := d.Scan(nil); err != nil || !d.IsZero() {
		t.Errorf("NULL gives %s, %v", d, err)
	}
}

func TestOutsideTheSupportedYearsIsNoDay(t *testing.T) {
	first, last := NewDay(1900, 1, 1), NewDay(9999, 12, 31)
	for name, d := range map[string]Day{
		"1899": NewDay(1899, 12, 31), "10000": NewDay(10000, 1, 1), "before": first.AddDays(-1), "after": last.AddDays(1),
		"far": first.AddDays(1 << 62), "long ago": last.AddDays(-1 << 62),
	} {
		if !d.IsZero() {
			t.Errorf("%s is %s", name, d)
		}
	}
	if first.AddDays(int(last.n-first.n)) != last {
		t.Error("the last day is not reached from the first")
	}
}

func TestParseDayIsStrict(t *testing.T) {
	for _, s := range []string{
		"", "2027-1-1", "2027-02-29", "2027-13-01", "2027-00-10", "01.01.2027", "2027-01-01 ", " 2027-01-01", "27-01-01",
		"1899-12-31", "0000-01-01", "10000-01-01", "-2027-01-01", "2027-01-01T00:00:00Z", "2027/01/01", "２０２７-01-01",
	} {
		if d, err := ParseDay(s); err == nil || !d.IsZero() {
			t.Errorf("%q is read as %s", s, d)
		}
	}
}

func TestUnreadableDaysAreErrors(t *testing.T) {
	for _, src := range []any{42, true, "heute", []byte("2027"), time.Date(1800, 1, 1, 0, 0, 0, 0, time.UTC)} {
		if err := new(Day).Scan(src); err == nil {
			t.Errorf("%v was read", src)
		}
	}
	for _, s := range []string{`20270101`, `"01.01.2027"`, `""`, `{}`, `"2027-01-01T00:00:00Z"`} {
		if err := json.Unmarshal([]byte(s), new(Day)); err == nil {
			t.Errorf("%s was read", s)
		}
	}
}

func TestDayArithmetic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := NewDay(rapid.IntRange(1900, 9999).Draw(t, "year"), time.Month(rapid.IntRange(1, 12).Draw(t, "month")), rapid.IntRange(1, 28).Draw(t, "day"))
		n := rapid.IntRange(-5000, 5000).Draw(t, "n")
		if e := d.AddDays(n); !e.IsZero() && (e.AddDays(-n) != d || e.midnight() != d.midnight().AddDate(0, 0, n)) {
			t.Fatalf("%s and %d days is %s", d, n, e)
		}
	})
}

// The last day there is ends, too: a request may hold until then.
func TestTheLastDayEnds(t *testing.T) {
	d, err := ParseDay("9999-12-31")
	if want := time.Date(9999, 12, 31, 23, 0, 0, 0, time.UTC); err != nil || !d.End().Equal(want) {
		t.Errorf("%s, %v", d.End(), err)
	}
}
