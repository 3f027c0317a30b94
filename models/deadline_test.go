package models

import (
	"testing"
	"time"

	"formwandel/models/calendar"
)

// TestDeadline is the rule of the traffic light, in examples. Christmas 2026:
// the 24th is a Thursday, the 25th and 26th are holidays; this town closes on the 24th.
func TestDeadline(t *testing.T) {
	town := calendar.Saxony(calendar.NewDay(2026, 12, 24))
	at := func(s string) time.Time {
		v, err := time.ParseInLocation("2006-01-02 15:04", s, calendar.Berlin)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, c := range []struct {
		name, now, kind, date string
		status                Status
		want                  Deadline
	}{
		{"far", "2026-11-25 09:00", By, "2026-12-16", InReview, Deadline{DueFar, 15}},
		{"four days", "2026-11-30 09:00", By, "2026-12-04", Submitted, Deadline{DueFar, 4}},
		{"three days", "2026-12-01 09:00", By, "2026-12-04", Submitted, Deadline{DueNear, 3}},
		{"tomorrow", "2026-12-03 23:59", From, "2026-12-04", Question, Deadline{DueNear, 1}},
		{"over a weekend", "2026-12-04 09:00", From, "2026-12-07", Question, Deadline{DueNear, 1}},
		{"the last day of by", "2026-12-04 09:00", By, "2026-12-04", Submitted, Deadline{DueToday, 0}},
		{"by a Sunday, on Friday", "2026-12-04 09:00", By, "2026-12-06", Submitted, Deadline{DueToday, 0}},
		{"from has begun", "2026-12-04 00:00", From, "2026-12-04", Submitted, Deadline{DueLate, 1}},
		{"by is over", "2026-12-05 00:00", By, "2026-12-04", Submitted, Deadline{DueLate, 0}},
		{"by is over on a working day", "2026-12-07 08:00", By, "2026-12-04", Submitted, Deadline{DueLate, 1}},
		{"late over Christmas", "2026-12-28 08:00", By, "2026-12-23", Failed, Deadline{DueLate, 1}},
		{"near because of Christmas", "2026-12-22 08:00", By, "2026-12-29", InReview, Deadline{DueNear, 3}},
		{"approved is the clock's", "2026-12-22 08:00", By, "2026-12-29", Approved, Deadline{}},
		{"applied is done", "2027-12-22 08:00", By, "2026-12-29", Applied, Deadline{}},
		{"a draft promises nothing", "2027-12-22 08:00", By, "2026-12-29", Draft, Deadline{}},
	} {
		day, err := calendar.ParseDay(c.date)
		if err != nil {
			t.Fatal(err)
		}
		r := &Request{Status: c.status, Kind: c.kind, Date: day}
		r.DueAt = r.promise()
		if got := r.deadline(town, at(c.now)); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	if got := (&Request{Status: Draft}).deadline(town, at("2026-11-25 09:00")); got != (Deadline{}) {
		t.Errorf("without a date: %v", got)
	}
}
