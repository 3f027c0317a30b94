package models

import (
	"cmp"
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

// plan is everything that will happen to a form, in order.
type plan []planned

// makePlan orders what the approved and the temporarily applied requests of a form will do.
func makePlan(rs []*Request) plan {
	var p plan
	for _, r := range rs {
		if r.Status == Approved {
			p = append(p, planned{at: *r.ApplyAt, rank: r.ApprovedAt.UnixMicro(), id: r.ID, number: r.Number, changes: r.Changes})
		}
		if r.ReturnAt != nil && !r.Returned {
			p = append(p, planned{at: *r.ReturnAt, id: r.ID, number: r.Number, back: true, changes: r.Changes})
		}
	}
	slices.SortFunc(p, planned.compare)
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
	var out plan
	for _, x := range p {
		if x.id != r.ID && x.compare(me) < 0 {
			out = append(out, x)
		}
	}
	return out
}

// until is the part of a plan that has happened at an instant.
func (p plan) until(at time.Time) plan {
	i := slices.IndexFunc(p, func(x planned) bool { return x.at.After(at) })
	if i < 0 {
		return p
	}
	return p[:i]
}

// outlook is a form's values after a plan, and which request each planned value comes from.
type outlook struct {
	values map[string]fields.Value
	source map[string]int64
}

// held is what a field held before a planned request, and where that came from; 0 is what is live.
type held struct {
	value  fields.Value
	source int64
}

// compose plays a plan on the live values. A temporary change goes back only
// where its own value still stands; what comes after it does not build on it.
func compose(live map[string]fields.Value, p plan) outlook {
	o := outlook{values: make(map[string]fields.Value, len(live)), source: map[string]int64{}}
	for k, v := range live {
		o.values[k] = v
	}
	former := map[int64]map[string]held{}
	for _, x := range p {
		if !x.back {
			former[x.id] = map[string]held{}
		}
		for _, c := range x.changes {
			switch {
			case !x.back:
				former[x.id][c.Field] = held{o.values[c.Field], o.source[c.Field]}
				o.set(c.Field, held{c.New, x.id})
			case o.values[c.Field] == c.New:
				back, ok := former[x.id][c.Field]
				if !ok {
					back = held{value: c.Old}
				}
				o.set(c.Field, back)
			}
		}
	}
	return o
}

// set lets a field hold a value from a source.
func (o outlook) set(field string, h held) {
	o.values[field] = h.value
	if o.source[field] = h.source; h.source == 0 {
		delete(o.source, field)
	}
}
