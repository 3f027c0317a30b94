package models

import (
	"slices"

	"formwandel/models/definition"
	"formwandel/models/fields"
)

// What a request changes is recorded as the questionnaire wrote it then, and approved so. Another questionnaire may write the same
// value in another way, and the live values with it. So before recorded values are held against those that hold, or
// become them, they are written as the questionnaire of the form writes them now. The record keeps them as they were.

// rewritten is a value as a questionnaire writes it.
func rewritten(d *definition.Definition, field string, v fields.Value) fields.Value {
	if fd, ok := d.Field(field); ok && v != "" {
		return fd.Rewrite(v)
	}
	return v
}

// rewrittenChanges are changes as a questionnaire writes them.
func rewrittenChanges(d *definition.Definition, changes []Change) []Change {
	out := slices.Clone(changes)
	for i := range out {
		c := &out[i]
		c.Old, c.New = rewritten(d, c.Field, c.Old), rewritten(d, c.Field, c.New)
	}
	return out
}

// rewrittenPast is a past as a questionnaire writes it.
func rewrittenPast(d *definition.Definition, past []laid) []laid {
	for i := range past {
		x := &past[i]
		x.Old, x.New = rewritten(d, x.Field, x.Old), rewritten(d, x.Field, x.New)
	}
	return past
}

// rewritten is a plan as a questionnaire writes it.
func (p plan) rewritten(d *definition.Definition) plan {
	for i := range p.steps {
		p.steps[i].changes = rewrittenChanges(d, p.steps[i].changes)
	}
	p.past = rewrittenPast(d, p.past)
	return p
}

// changes are those of the request as the form's questionnaire writes them; nobody changes them.
func (st *step) changes() []Change {
	if st.r.Definition == st.def.Version {
		return st.r.Changes // they were recorded so
	}
	return rewrittenChanges(st.def, st.r.Changes)
}
