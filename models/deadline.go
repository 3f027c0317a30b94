package models

import (
	"time"

	"formwandel/models/calendar"
)

// Urgency is the colour of a request's traffic light.
type Urgency string

// The urgencies. A request that is no longer worked on, or has no date yet, has none.
const (
	DueLate  Urgency = "late"  // the promise is broken
	DueToday Urgency = "today" // no working day is left after today
	DueNear  Urgency = "near"  // as near as "due soon" is told: at most 3 working days
	DueFar   Urgency = "far"
)

// Deadline is how near a request's date is, in working days of its municipality.
type Deadline struct {
	Urgency Urgency
	Days    int // left until the date; late: on how many it has been late, today included
}

// deadline reckons how near a date is.
//
// Late is what the clock calls overdue: "from" D when D has begun, "by" D when
// D is over. It counts the working days since the last day in time. Everything
// else counts the working days after today up to D.
func (r *Request) deadline(cal calendar.Calendar, now time.Time) Deadline {
	if r.DueAt == nil || r.Date.IsZero() || !r.Status.hasDeadline() {
		return Deadline{}
	}
	day := calendar.DayOf(now)
	if !r.DueAt.After(now) {
		inTime := r.Date
		if r.Kind == From {
			inTime = r.Date.AddDays(-1)
		}
		return Deadline{DueLate, cal.WorkingDaysBetween(inTime, day)}
	}
	left := cal.WorkingDaysBetween(day, r.Date)
	switch {
	case left == 0:
		return Deadline{DueToday, 0}
	case left <= noticeDays:
		return Deadline{DueNear, left}
	}
	return Deadline{DueFar, left}
}

// hasDeadline tells whether people still have to do something for the date: what is approved is the clock's.
func (s Status) hasDeadline() bool {
	return s == Submitted || s == InReview || s == Question || s == Failed
}

// Deadline is how near the date of a request in a list is.
func (e *Entry) Deadline(now time.Time) Deadline { return e.deadline(e.calendar, now) }
