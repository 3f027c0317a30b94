package models

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"formwandel/models/fields"
)

// planned is one thing that will happen to a form's values: an approved
// request applies, or a temporary one goes back.
type planned struct {
	at      time.Time
	rank    int64 // as in wake
	id      int64
	number  string
	back    bool // goes back to the former values
	changes []Change
}

// plan is everything that will happen to a form, in order, and the past of the
// fields on which a temporary change lies.
type plan struct {
	past  []laid
	steps []planned
}

// makePlan orders what the approved and the temporarily applied requests of a form will do.
func makePlan(rs []*Request) plan {
	var p plan
	for _, r := range rs {
		if r.Status == Approved {
			p.steps = append(p.steps, planned{at: *r.ApplyAt, rank: r.ApprovedAt.UnixMicro(), id: r.ID, number: r.Number, changes: r.Changes})
		}
		if r.ReturnAt != nil && !r.Returned {
			p.steps = append(p.steps, planned{at: *r.ReturnAt, id: r.ID, number: r.Number, back: true, changes: r.Changes})
		}
	}
	slices.SortFunc(p.steps, planned.compare)
	return p
}

// compare orders two plans as the clock will take them.
func (a planned) compare(b planned) int {
	return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.rank, b.rank), cmp.Compare(a.id, b.id))
}

// before is the part of a plan that happens before a request does its work:
// at its own place if it is approved, else as the last of its instant.
func (p plan) before(r *Request, now time.Time) plan {
	me := planned{at: now, rank: lastRank, id: r.ID}
	if r.Status == Approved {
		me.at, me.rank = *r.ApplyAt, r.ApprovedAt.UnixMicro()
	} else if at := r.promise(); r.Kind == From && at != nil && at.After(now) {
		me.at = *at
	}
	out := plan{past: p.past}
	for _, x := range p.steps {
		if x.id != r.ID && x.compare(me) < 0 {
			out.steps = append(out.steps, x)
		}
	}
	return out
}

// until is the part of a plan that has happened at an instant.
func (p plan) until(at time.Time) plan {
	i := slices.IndexFunc(p.steps, func(x planned) bool { return x.at.After(at) })
	if i < 0 {
		return p
	}
	return plan{p.past, p.steps[:i]}
}

// outlook is a form's values after a plan, and which request each planned value comes from.
type outlook struct {
	values map[string]fields.Value
	source map[string]int64
}

// compose plays a plan on the live values. What comes after the end of a
// temporary change does not build on it.
func compose(live map[string]fields.Value, p plan) outlook {
	l := layersOf(live, p.past)
	for _, x := range p.steps {
		for _, c := range x.changes {
			if x.back {
				l.lift(c.Field, x.id)
				continue
			}
			if len(l[c.Field]) == 0 {
				l.show(c.Field, live[c.Field])
			}
			l.lay(c.Field, layer{c.New, x.id, true})
		}
	}
	o := outlook{values: maps.Clone(live), source: map[string]int64{}}
	for field := range l {
		top := l.top(field)
		if o.values[field] = top.value; top.foreseen {
			o.source[field] = top.request
		}
	}
	return o
}
