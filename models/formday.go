package models

import (
	"context"
	"time"

	"formwandel/models/calendar"
	"formwandel/models/fields"
)

// FormDay is a form as it is at the end of a day, held against how it is now.
type FormDay struct {
	FormView
	Day     calendar.Day
	Past    bool // the day is over: what is shown is the version that held then
	Changed []DayChange
}

// DayChange is a field that is not as it is now: Old is now, New on the day.
type DayChange struct {
	Difference
	By   string // number of the planned request that makes it so; "" on a past day
	Back bool   // because a temporary change goes back
}

// OnDay reads a form as it will be, or was, at the end of a day, and which
// planned requests make the difference.
func (s *Store) OnDay(ctx context.Context, u User, ags, assistant string, day calendar.Day) (*FormDay, error) {
	ctx = as(ctx, u)
	out := &FormDay{Day: day}
	var now, then filled
	var steps plan
	v, err := s.formAt(ctx, u, ags, assistant, func(t *tx, l *liveForm) error {
		now = filled{l.form.Definition, l.values}
		end := day.End()
		if out.Past = !end.After(t.now); out.Past {
			err := t.becomeAsOf(l, end)
			then = filled{l.form.Definition, l.values}
			return err
		}
		p, err := t.loadPlan(l)
		steps = p.until(end.Add(-time.Microsecond))
		l.values = compose(now.values, steps).values
		then = filled{l.form.Definition, l.values}
		return err
	})
	if err != nil {
		return nil, err
	}
	cat, err := s.catalogueNow(ctx)
	if err != nil {
		return nil, err
	}
	out.FormView = *v
	causes := steps.causes(now.values)
	for _, d := range cat.differences(assistant, now, then) {
		by := causes[d.Field.Key]
		out.Changed = append(out.Changed, DayChange{d, by.number, by.back})
	}
	return out, nil
}

// becomeAsOf shows a form as the version that held before an instant.
func (t *tx) becomeAsOf(l *liveForm, end time.Time) error {
	var c Configuration
	if err := t.db.Raw(`SELECT * FROM configurations WHERE form_id = ? AND at < ? ORDER BY number DESC LIMIT 1`, l.form.ID, end).Scan(&c).Error; err != nil {
		return err
	}
	if c.Number == 0 {
		return notFound("no_form_then")
	}
	if err := t.s.learn(t.ctx, l.form.Assistant, c.Definition); err != nil {
		return err
	}
	return l.become(c)
}

// causes tells which step of a plan gives each field its last value.
func (p plan) causes(live map[string]fields.Value) map[string]planned {
	out := map[string]planned{}
	before := live
	for i, x := range p.steps {
		after := compose(live, p.first(i+1)).values
		for _, c := range x.changes {
			if before[c.Field] != after[c.Field] {
				out[c.Field] = x
			}
		}
		before = after
	}
	return out
}
