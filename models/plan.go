package models

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"formwandel/models/definition"
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
	lost  map[int64]string       // approved requests that will not be applied: their numbers by id
	def   *definition.Definition // by which it is sound; nil where there is nothing planned
}

// makePlan orders what the approved and the temporarily applied requests of a form will do.
func makePlan(rs []*Request) plan {
	var p plan
	for _, r := range rs {
		if r.Status == Approved {
			p.steps = append(p.steps, planned{at: *r.ApplyAt, rank: r.ApprovedAt.UnixMicro(), id: r.ID, number: r.Number, changes: r.Changes})
		}
		if r.ReturnAt != nil && !r.Returned && r.planned() {
			p.steps = append(p.steps, planned{at: *r.ReturnAt, id: r.ID, number: r.Number, back: true, changes: r.Changes})
		}
	}
	slices.SortFunc(p.steps, planned.compare)
	behind := map[int64]bool{} // what is still to come
	for _, x := range p.steps {
		behind[x.id] = behind[x.id] || !x.back
	}
	for i := range p.steps {
		if x := p.steps[i]; !x.back && slices.ContainsFunc(x.changes, func(c Change) bool { return c.BuildsOn != nil && behind[*c.BuildsOn] }) {
			basisFirst(p.steps[i:], func(x planned) int64 { return x.id }, planned.follows)
		}
		if x := p.steps[i]; !x.back {
			behind[x.id] = false
		}
	}
	return p
}

// follows tells whether a request that is due builds on another one that is due at the same instant.
func (a planned) follows(b planned) bool {
	return !a.back && !b.back && a.at.Equal(b.at) && buildOn(a.changes, b.id)
}

// basisFirst puts what the first of some things that are due at one instant builds on before it, and what that builds on before that.
// What was approved first comes first, so that is so already, but where a basis was taken up again and approved once more.
func basisFirst[T any](due []T, id func(T) int64, follows func(a, b T) bool) {
	moved := map[int64]bool{}
	for {
		i := slices.IndexFunc(due, func(x T) bool { return follows(due[0], x) })
		if i < 1 || moved[id(due[i])] {
			return
		}
		basis := due[i]
		moved[id(basis)] = true
		copy(due[1:i+1], due[:i])
		due[0] = basis
	}
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
	out := plan{past: p.past, lost: p.lost, def: p.def}
	if i := slices.IndexFunc(p.steps, func(x planned) bool { return x.id == r.ID && !x.back }); i >= 0 && r.Status == Approved {
		out.steps = p.steps[:i]
		return out
	}
	under := p.under(r, me)
	for _, x := range p.steps {
		if x.id != r.ID && (x.compare(me) < 0 || under[x.id] && !x.back) {
			out.steps = append(out.steps, x)
		}
	}
	return out
}

// under are the requests that are due at the instant of an approved one, and on which it builds, or what it builds on: they come first.
func (p plan) under(r *Request, me planned) map[int64]bool {
	under := map[int64]bool{}
	if r.Status != Approved {
		return under
	}
	above := slices.Clone(r.Changes)
	for _, x := range slices.Backward(p.steps) { // a basis stands before what builds on it
		if !x.back && x.at.Equal(me.at) && buildOn(above, x.id) {
			under[x.id] = true
			above = append(above, x.changes...)
		}
	}
	return under
}

// until is the part of a plan that has happened at an instant.
func (p plan) until(at time.Time) plan {
	i := slices.IndexFunc(p.steps, func(x planned) bool { return x.at.After(at) })
	if i < 0 {
		return p
	}
	return p.first(i)
}

// first are the first steps of a plan.
func (p plan) first(n int) plan {
	p.steps = p.steps[:n]
	return p
}

// sound plays a plan on the live values as the clock will, and leaves out what
// the clock will not apply: by then a value is not the one the request builds
// on, what it builds on is gone, or its values do not fit the questionnaire.
func (p plan) sound(live map[string]fields.Value, d *definition.Definition, gone func(id int64) bool) plan {
	out := plan{past: p.past, lost: map[int64]string{}, def: d}
	c := courseOf(live, p.past, d)
	for _, x := range p.steps {
		if _, lost := out.lost[x.id]; lost {
			continue // what never came does not go back
		}
		if !x.back && !x.comes(c.values, d, func(id int64) bool { return out.lost[id] != "" || gone(id) }) {
			out.lost[x.id] = x.number
			continue
		}
		c.take(x)
		out.steps = append(out.steps, x)
	}
	return out
}

// comes tells whether an approved request will be applied to the values that hold by then: see obstacle.
func (a planned) comes(values map[string]fields.Value, d *definition.Definition, gone func(id int64) bool) bool {
	for _, c := range a.changes {
		if values[c.Field] != c.Old || c.BuildsOn != nil && gone(*c.BuildsOn) {
			return false
		}
	}
	return len(misfits(d, values, a.changes)) == 0
}

// lostBelow is the number of a request on which this one builds and that will not be applied; "" if there is none.
func (p plan) lostBelow(r *Request) string {
	for _, id := range r.buildsOn() {
		if n := p.lost[id]; n != "" {
			return n
		}
	}
	return ""
}

// outlook is a form's values after a plan, and which request each planned value comes from.
type outlook struct {
	values map[string]fields.Value
	source map[string]int64
}

// course is a form on its way through a plan: what lies on its fields, and what holds.
type course struct {
	layers layers
	values map[string]fields.Value
	def    *definition.Definition // nil where nothing temporary ends
}

func courseOf(live map[string]fields.Value, past []laid, d *definition.Definition) course {
	return course{layersOf(live, past), maps.Clone(live), d}
}

// take takes a step of a plan. What comes after the end of a temporary change does not build on it.
func (c course) take(x planned) {
	l := c.layers
	for _, ch := range x.changes {
		if x.back {
			wasTop := l.top(ch.Field).request == x.id
			l.lift(ch.Field, x.id)
			if wasTop && c.def != nil && misfitBack(c.def, ch, l.top(ch.Field).value) != "" {
				l.lay(ch.Field, layer{value: c.values[ch.Field]}) // it stays, see goBack
			}
		} else {
			if len(l[ch.Field]) == 0 {
				l.show(ch.Field, c.values[ch.Field])
			}
			l.lay(ch.Field, layer{ch.New, x.id, true})
		}
		c.values[ch.Field] = l.top(ch.Field).value
	}
}

// compose plays a plan on the live values.
func compose(live map[string]fields.Value, p plan) outlook {
	c := courseOf(live, p.past, p.def)
	for _, x := range p.steps {
		c.take(x)
	}
	o := outlook{values: c.values, source: map[string]int64{}}
	for field := range c.layers {
		if top := c.layers.top(field); top.foreseen {
			o.source[field] = top.request
		}
	}
	return o
}
