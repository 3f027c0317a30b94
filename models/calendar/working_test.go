package calendar

import (
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func day(s string) Day {
	d, err := ParseDay(s)
	if err != nil {
		panic(err)
	}
	return d
}

var names = strings.Split("Neujahr,Karfreitag,Ostermontag,Tag der Arbeit,Christi Himmelfahrt,Pfingstmontag,"+
	"Tag der Deutschen Einheit,Reformationstag,Buß- und Bettag,1. Weihnachtstag,2. Weihnachtstag", ",")

func TestHolidaysOfSaxony(t *testing.T) {
	for year, days := range map[string]string{
		"2025": "01-01 04-18 04-21 05-01 05-29 06-09 10-03 10-31 11-19 12-25 12-26",
		"2026": "01-01 04-03 04-06 05-01 05-14 05-25 10-03 10-31 11-18 12-25 12-26",
		"2027": "01-01 03-26 03-29 05-01 05-06 05-17 10-03 10-31 11-17 12-25 12-26",
	} {
		want := map[Day]string{}
		for i, d := range strings.Fields(days) {
			want[day(year+"-"+d)] = names[i]
		}
		for d := day(year + "-01-01"); d.year() == day(year+"-01-01").year(); d = d.AddDays(1) {
			name, ok := Saxony().Holiday(d)
			if name != want[d] || ok != (want[d] != "") {
				t.Errorf("%s: %q, want %q", d, name, want[d])
			}
		}
	}
}

func TestClosingDays(t *testing.T) {
	eve := day("2026-12-24")
	c := Saxony(eve, day("2026-12-25"))
	if name, ok := c.Holiday(eve); name != "Schließtag" || !ok || c.WorkingDay(eve) || !Saxony().WorkingDay(eve) {
		t.Errorf("24.12.: %q, %v", name, ok)
	}
	if name, _ := c.Holiday(day("2026-12-25")); name != "1. Weihnachtstag" {
		t.Errorf("25.12.: %q", name)
	}
}

func TestAddWorkingDays(t *testing.T) {
	for _, c := range []struct {
		from string
		n    int
		want string
	}{
		{"2026-12-23", 1, "2026-12-24"},
		{"2026-12-24", 1, "2026-12-28"},
		{"2026-12-30", 2, "2027-01-04"},
		{"2027-01-01", 0, "2027-01-04"},
		{"2027-01-04", 0, "2027-01-04"},
		{"2027-01-02", 1, "2027-01-04"},
		{"2027-01-04", -1, "2026-12-31"},
		{"2027-01-03", -1, "2026-12-31"},
		{"2026-11-17", 1, "2026-11-19"},
		{"2026-12-18", 10, "2027-01-05"},
	} {
		if got := Saxony().AddWorkingDays(day(c.from), c.n); got != day(c.want) {
			t.Errorf("%s %+d: %s, want %s", c.from, c.n, got, c.want)
		}
	}
}

func TestWorkingDaysBetween(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"2026-12-31", "2026-12-31", 0},
		{"2026-12-31", "2027-01-04", 1},
		{"2027-01-04", "2026-12-31", -1},
		{"2025-12-31", "2026-12-31", 253},
		{"2025-12-30", "2027-01-04", 255},
		{"2026-01-01", "2026-12-31", 253},
	} {
		if got := Saxony().WorkingDaysBetween(day(c.a), day(c.b)); got != c.want {
			t.Errorf("%s to %s: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

// Whole years are counted at once: that must come to what counting day by day does.
func TestWorkingDaysOverYears(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := day("2024-01-01").AddDays(rapid.IntRange(0, 2000).Draw(t, "from"))
		b := a.AddDays(rapid.IntRange(0, 2000).Draw(t, "days"))
		c := Saxony(a.AddDays(5), a.AddDays(5+365), b, b.AddDays(1))
		want := 0
		for d := a; d != b; {
			if d = d.AddDays(1); c.WorkingDay(d) {
				want++
			}
		}
		if got := c.WorkingDaysBetween(a, b); got != want {
			t.Fatalf("%s to %s: %d, want %d", a, b, got, want)
		}
	})
	if n := Saxony().WorkingDaysBetween(day("1900-01-01"), day("9999-12-31")); n < 2_000_000 || n > 2_100_000 {
		t.Errorf("to the end of the calendar: %d", n)
	}
}

func TestNoDayIsNoWorkingDay(t *testing.T) {
	c := Saxony(Day{})
	if _, ok := c.Holiday(Day{}); ok || c.WorkingDay(Day{}) || !c.AddWorkingDays(Day{}, 3).IsZero() {
		t.Error("no day counts")
	}
	if c.WorkingDaysBetween(Day{}, day("2027-01-01")) != 0 || c.WorkingDaysBetween(day("2027-01-01"), Day{}) != 0 {
		t.Error("days between no day and one")
	}
	if !c.AddWorkingDays(day("9999-12-31"), 1).IsZero() {
		t.Error("the calendar goes on after its end")
	}
}

func TestWorkingDaysAreCountedAlike(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := day("2024-01-01").AddDays(rapid.IntRange(0, 6200).Draw(t, "day"))
		n := rapid.IntRange(-60, 60).Filter(func(n int) bool { return n != 0 }).Draw(t, "n")
		c := Saxony(d.AddDays(3))
		e := c.AddWorkingDays(d, n)
		if !c.WorkingDay(e) {
			t.Fatalf("%s %+d: %s is no working day", d, n, e)
		}
		got := c.WorkingDaysBetween(d, e)
		if n < 0 && !c.WorkingDay(d) {
			got-- // neither end of (e, d] counts
		}
		if got != n {
			t.Fatalf("%s %+d is %s, but %d working days away", d, n, e, got)
		}
	})
}

func TestHolidaysAreSafeToAskAtOnce(t *testing.T) {
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for year := 2100; year < 2130; year++ {
				if _, ok := Saxony().Holiday(NewDay(year, time.January, 1)); !ok {
					t.Errorf("no New Year in %d", year)
				}
			}
		})
	}
	wait.Wait()
}

func BenchmarkWorkingDay(b *testing.B) {
	c, d := Saxony(), day("2026-12-24")
	for b.Loop() {
		c.WorkingDay(d)
	}
}
