package models

import (
	"cmp"

	"formwandel/models/definition"
	"formwandel/models/fields"
)

// revert drafts the way back as a request of its own: new values are the
// former ones, by the next working day, to be approved like any other.
func (st *step) revert() error {
	r, t := st.r, st.tx
	on, err := st.layers()
	if err != nil {
		return err
	}
	n := &Request{
		AGS: r.AGS, FormID: r.FormID, Assistant: r.Assistant, Definition: st.def.Version, Status: Draft, Version: 1,
		AuthorID: st.actor.ID, Reverts: &r.ID, CreatedAt: t.now, UpdatedAt: t.now,
		Kind: By, Date: st.cat.calendars[r.AGS].AddWorkingDays(today(t.now).AddDays(1), 0),
		Changes: r.wayBack(st.def, st.live.values, on),
	}
	if len(n.Changes) == 0 {
		return conflict("nothing_to_revert")
	}
	if err := t.nextRequest(n); err != nil {
		return err
	}
	draft := &step{tx: t, cat: st.cat, actor: st.actor, action: File, r: n, form: st.form, def: st.def, live: st.live}
	if err := cmp.Or(draft.recordOld(), draft.file()); err != nil {
		return err
	}
	st.data.Other, st.made = n.Number, n
	return nil
}

// wayBack are the changes that bring the values back that would hold without a request: not those of a temporary one that
// it lay on and whose time is over by now. There are none for a temporary one whose own time is over, and none where the
// questionnaire has made another kind of field of it: what was 5,00 € are not 500 days, and what was secret stays it.
func (r *Request) wayBack(d *definition.Definition, live map[string]fields.Value, on layers) (out []Change) {
	if r.Returned {
		return nil
	}
	for _, c := range r.Changes {
		former := rewritten(d, c.Field, c.Old)
		if below, ok := on.below(c.Field, r.ID); ok {
			former = below
		}
		if fd, ok := d.Field(c.Field); ok && !c.closedBy(fd) && live[c.Field] != former {
			out = append(out, Change{Field: c.Field, Section: c.Section, Label: fd.Label, Type: fd.Type, New: former})
		}
	}
	return out
}
