package models

import (
	"time"

	"formwandel/models/calendar"
)

// derived holds what follows from the rest of a request's row against the program's own reckoning: whether it is open
// and planned, whom it waits for, when the clock looks at it. The row is what its last event has sealed.
func (a *audit) derived(r *Request) {
	switch {
	case r.Open != r.Status.isOpen():
		a.found("is open otherwise than its state says", "request %s", r.Number)
	case r.Planned != r.planned():
		a.found("is planned otherwise than its state says", "request %s", r.Number)
	case r.Waiting != waiting(r):
		a.found("waits for others than its state says", "request %s", r.Number)
	case !knocks(r):
		a.found("the clock looks at it otherwise than its row says", "request %s", r.Number)
	}
}

// knocks tells whether the clock looks at a request when its row says. When a notice is said follows from a calendar, too, which is of the
// day of the last step: there the instant may be any morning from filing to the promise, and no more can be told.
func knocks(r *Request) bool {
	if r.Status == Approved && r.ApplyAt != nil && r.ApprovedAt == nil || r.Status.isOpen() && r.Status != Draft && r.DueAt == nil {
		return false // such a row no step has left
	}
	plain := *r
	if plain.Reminded == 0 {
		plain.Reminded = 1 // no notice
	}
	w, ok := nextWake(&plain, calendar.Calendar{})
	switch {
	case !ok || r.KnockAt == nil:
		return !ok && r.KnockAt == nil && r.KnockRank == 0
	case r.KnockRank != w.rank:
		return false
	}
	return r.KnockAt.Equal(w.at) || w.do == Overdue && r.Reminded == 0 && r.isMorningBefore(*r.KnockAt, w.at)
}

// isMorningBefore tells whether an instant is one at which the notice of a promise may be said.
func (r *Request) isMorningBefore(at, promise time.Time) bool {
	return r.SubmittedAt != nil && at.After(*r.SubmittedAt) && at.Before(promise) && at.Equal(morning(calendar.DayOf(at)))
}
