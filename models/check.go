package models

import (
	"cmp"
	"slices"

	"formwandel/models/calendar"
	"formwandel/models/definition"
	"formwandel/models/fields"
)

// checkTogether checks what fields demand of each other, with the values as
// they will be, and refuses a change that changes nothing.
func (st *step) checkTogether(f findings) error {
	st.refuseUnchanged(&f)
	o, err := st.outlook()
	if err != nil {
		return err
	}
	if f = append(f, together(st.def, o.values, st.r.Changes)...); len(f) > 0 {
		return f.err()
	}
	f, err = st.checkEnds()
	return cmp.Or(err, f.err())
}

// checkEnds checks what fields demand of each other when temporary changes end behind the request, its own among them:
// what comes back then is refused by nobody.
func (st *step) checkEnds() (f findings, err error) {
	if st.r.Date.IsZero() {
		return nil, nil // a draft: nobody knows yet from when, and until when
	}
	bound := st.def.Bound()
	if !slices.ContainsFunc(bound, func(b fields.Field) bool { _, own := st.r.change(b.Key); return own }) {
		return nil, nil
	}
	p, err := st.plan()
	if err != nil {
		return nil, err
	}
	c, rest := st.behind(p)
	for _, x := range rest {
		c.take(x)
		if !x.back {
			continue
		}
		changed := map[string]bool{}
		for _, ch := range st.r.Changes {
			changed[ch.Field] = x.id == st.r.ID || c.layers.top(ch.Field).request == st.r.ID
		}
		for _, p := range fields.CheckTogether(bound, c.values, changed) {
			p.Args["day"] = calendar.DayOf(x.at)
			f = append(f, FieldError{Field: p.Path, Code: "not_together_later", Args: p.Args})
		}
		if len(f) > 0 {
			break
		}
	}
	return f, nil
}

// behind is the form when the request has done its work, and what is planned behind it, its own end among that.
func (st *step) behind(p plan) (course, []planned) {
	r := st.r
	before := p.before(r, st.tx.now)
	c := courseOf(st.live.values, p.past, st.def)
	for _, x := range before.steps {
		c.take(x)
	}
	c.take(planned{id: r.ID, changes: st.changes()})
	rest := slices.DeleteFunc(slices.Clone(p.steps[len(before.steps):]), func(x planned) bool { return x.id == r.ID })
	if r.ReturnAt != nil {
		end := planned{at: *r.ReturnAt, id: r.ID, back: true, changes: st.changes()}
		i := slices.IndexFunc(rest, func(x planned) bool { return x.compare(end) > 0 })
		if i < 0 {
			i = len(rest)
		}
		rest = slices.Insert(rest, i, end)
	}
	return c, rest
}

// refuseUnchanged finds the changes that change nothing.
func (st *step) refuseUnchanged(f *findings) {
	for _, c := range st.changes() {
		if c.Old == c.New {
			fd, _ := st.def.Field(c.Field)
			f.add(c.Field, "unchanged", "label", c.Label, "value", fd.Shown(c.Old))
		}
	}
}

// together checks the fields of a questionnaire against each other after some changes.
func together(d *definition.Definition, values map[string]fields.Value, changes []Change) findings {
	var f findings
	after, changed, touched := map[string]fields.Value{}, map[string]bool{}, false
	for _, c := range changes {
		after[c.Field], changed[c.Field] = c.New, true
	}
	for _, b := range d.Bound() {
		touched = touched || changed[b.Key]
		if !changed[b.Key] {
			after[b.Key] = values[b.Key]
		}
	}
	if !touched {
		return nil
	}
	for _, p := range fields.CheckTogether(d.Bound(), after, changed) {
		f = append(f, FieldError{Field: p.Path, Code: p.Code, Args: p.Args})
	}
	return f
}

// checkComplete refuses to submit what nobody could decide on.
func (st *step) checkComplete() error {
	var f findings
	r := st.r
	switch {
	case r.Kind == "" || r.Date.IsZero():
		f.add("effective", "effective_required")
	case r.Date.Before(today(st.tx.now)):
		f.add("effective.date", "past_day", "today", today(st.tx.now))
	}
	if len(r.Sections) == 0 {
		f.add("sections", "sections_required")
	}
	if len(r.Changes) == 0 && r.Wish == "" {
		f.add("changes", "changes_or_wish")
	}
	day := today(st.tx.now)
	if r.Reverts != nil {
		day = calendar.Day{} // a day that comes back was asked about when it came first
	}
	for _, c := range r.Changes {
		fd, _ := st.def.Field(c.Field)
		if err := checkValue(fd, c, day); err != nil {
			fd.Key, fd.Label = c.Field, c.Label // it may be gone
			f.problem(fd, err)
		}
	}
	return st.checkTogether(f)
}

// checkValue checks a recorded value against the field as it is defined now; a
// sealed one was checked before it was sealed. Whether a date is past is asked
// when it is entered and filed, on that day; later, with no day, it is not: it is
// no fault of the date that people take their time, or that it was to come first.
func checkValue(fd fields.Field, c Change, day calendar.Day) error {
	if c.closedBy(fd) {
		return fields.Problem{Path: c.Field, Code: unfitClosed}
	}
	if fd.Type == fields.Protected {
		return nil
	}
	return fd.Check(c.New, day)
}

// closedBy tells whether a field, as it is defined now, no longer takes a change.
func (c Change) closedBy(fd fields.Field) bool {
	return fd.Key == "" || !fd.Configurable || fd.Type != c.Type
}

// misfit is a change that does not fit the questionnaire, and why: a problem's code.
type misfit struct {
	change Change
	code   string
}

// misfits finds what of some changes does not fit a questionnaire, with the
// values that hold beside them.
func misfits(d *definition.Definition, values map[string]fields.Value, changes []Change) []misfit {
	var out []misfit
	for _, c := range changes {
		fd, _ := d.Field(c.Field)
		if err := checkValue(fd, c, calendar.Day{}); err != nil {
			m := misfit{change: c}
			if ps := fields.Problems(err); len(ps) > 0 {
				m.code = ps[0].Code
			}
			out = append(out, m)
		}
	}
	for _, p := range together(d, values, changes) {
		if c, ok := changeIn(changes, p.Field); ok {
			out = append(out, misfit{c, p.Code})
		}
	}
	return out
}
