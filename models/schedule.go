package models

import (
	"time"

	"formwandel/models/calendar"
)

// Working days that the product reckons with.
const (
	acceptDays  = 10 // an applied change counts as accepted after so many
	noticeDays  = 3  // "due soon" comes so many before the date
	processDays = 2  // an answer must come so many before the date to keep it
)

// noticeHour is when reminders go out: in the morning, Berlin time.
const noticeHour = 7

// wake is an instant at which the clock must look at a request, and why.
type wake struct {
	at   time.Time
	rank int64 // among equal instants: returns first, then applications in the order of their approval
	do   Action
}

// nextWake is the one thing that time will do to a request next. The clock
// asks it and nothing else: it knows no rules of its own.
func nextWake(r *Request, cal calendar.Calendar) (wake, bool) {
	var next wake
	found := false
	consider := func(at time.Time, rank int64, do Action) {
		if !found || at.Before(next.at) {
			next, found = wake{at, rank, do}, true
		}
	}
	if r.Status == Approved && r.ApplyAt != nil {
		consider(*r.ApplyAt, r.ApprovedAt.UnixMicro(), Apply)
	}
	if (r.Status == Applied || r.Status == Accepted) && r.ReturnAt != nil && !r.Returned {
		consider(*r.ReturnAt, 0, Return)
	}
	if r.Status == Applied && !r.AcceptBy.IsZero() {
		consider(r.AcceptBy.End(), lastRank, Accept)
	}
	if r.Status == Submitted || r.Status == InReview || r.Status == Question {
		if at, ok := noticeAt(r, cal); ok {
			consider(at, lastRank, DueSoon)
		}
		if r.Reminded < 2 {
			consider(*r.DueAt, lastRank, Overdue)
		}
	}
	return next, found
}

// lastRank comes after everything that changes a configuration.
const lastRank = int64(1) << 62

// noticeAt is when "due soon" is said: not at all if the request was filed later than that.
func noticeAt(r *Request, cal calendar.Calendar) (time.Time, bool) {
	if r.Reminded > 0 || r.SubmittedAt == nil {
		return time.Time{}, false
	}
	day := cal.AddWorkingDays(r.Date, -noticeDays)
	at := morning(day)
	return at, at.After(*r.SubmittedAt) && at.Before(*r.DueAt)
}

// morning is the hour of a day at which offices want to hear of things.
func morning(d calendar.Day) time.Time {
	t := d.Start().In(calendar.Berlin)
	return time.Date(t.Year(), t.Month(), t.Day(), noticeHour, 0, 0, 0, calendar.Berlin).UTC()
}

// answerBy is the last day on which an answer keeps the date; today if that has passed.
func answerBy(r *Request, cal calendar.Calendar, today calendar.Day) calendar.Day {
	day := cal.AddWorkingDays(r.Date, -processDays)
	if day.Before(today) {
		return today
	}
	return day
}

// onTime is how much later than promised still counts as on time: the clock
// wakes within a second, and a large midnight takes a few.
const onTime = 10 * time.Second

// lateness is how many seconds later than the promise something happens; nil
// when the promise is kept.
func lateness(promise, at time.Time) *int64 {
	d := at.Sub(promise)
	if d <= onTime {
		return nil
	}
	s := int64(d / time.Second)
	return &s
}

// lateness is how many seconds later than promised a request is applied at an instant; nil when the promise is kept.
// Who approves when the day has come is late by every second: that was no delay of the clock's.
func (r *Request) lateness(at time.Time) *int64 {
	promise := *r.promise()
	if r.ApprovedAt == nil || !r.ApprovedAt.After(promise) {
		return lateness(promise, at)
	}
	s := max(1, int64(at.Sub(promise)/time.Second))
	return &s
}

// settle brings everything that follows from a request's state up to date:
// when the clock must look at it, who it waits for, whether it is open.
// It is called once at the end of every step.
func settle(r *Request, cal calendar.Calendar) {
	r.DueAt = r.promise()
	r.Open = r.Status.isOpen()
	r.Planned = r.planned()
	r.Waiting = waiting(r)
	r.KnockAt, r.KnockRank = nil, 0
	if w, ok := nextWake(r, cal); ok {
		at := w.at
		r.KnockAt, r.KnockRank = &at, w.rank
	}
}

// planned tells whether time has still to change the form by this request.
func (r *Request) planned() bool {
	return r.Status == Approved || (r.Status == Applied || r.Status == Accepted) && r.ReturnAt != nil && !r.Returned
}

// Whom a request waits for, as bits of Request.Waiting.
const (
	forClerk = 1 << iota
	forApprover
	forAgent
	forAssignee
	forLead
	forAuthor
)

// waiting tells whom a request waits for.
func waiting(r *Request) int {
	w := 0
	switch r.Status {
	case Draft:
		w |= forAuthor
		if r.Reverts != nil {
			w = forClerk // whoever drafted the way back, the office has to send it
		}
	case Submitted:
		w |= forAgent
	case InReview:
		w |= forAssignee
		if len(r.Changes) > 0 && !r.WishUnseen && r.GivenProvider < r.NeedProvider {
			w |= forLead
		}
	case Question, Applied:
		w |= forClerk
	case Failed:
		w |= forAssignee
	}
	approvable := r.Status == Submitted || r.Status == InReview || r.Status == Question
	if approvable && len(r.Changes) > 0 && !r.WishUnseen && r.GivenMunicipality < r.NeedMunicipality {
		w |= forApprover
	}
	return w
}
