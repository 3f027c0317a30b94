package models

import "formwandel/models/calendar"

// Working days that a change usually takes until it can hold.
const (
	reviewDays  = 3 // to look at a request
	approveDays = 2 // for each side that has to approve
)

// Earliest is the first day on which a change filed today will realistically
// hold, and the working days it is made of.
type Earliest struct {
	Day                            calendar.Day
	Review, Municipality, Provider int
}

// earliest reckons working days of the municipality from a day on: first the
// review, then the approval of each side that the request needs one from.
func earliest(r *Request, cal calendar.Calendar, today calendar.Day) Earliest {
	e := Earliest{Review: reviewDays}
	if r.NeedMunicipality > 0 {
		e.Municipality = approveDays
	}
	if r.NeedProvider > 0 {
		e.Provider = approveDays
	}
	e.Day = cal.AddWorkingDays(today, e.Review+e.Municipality+e.Provider)
	return e
}
