package models

import (
	"encoding/json"
	"slices"

	"formwandel/models/calendar"
	"formwandel/models/definition"
	"formwandel/models/fields"
)

// Why an application failed: codes of EventData.Reason.
const (
	reasonConflict = "conflict"         // a value is not the one the request was built on
	reasonGone     = "predecessor_gone" // the request it builds on did not happen
	reasonInvalid  = "no_longer_valid"  // a value no longer fits its field
	reasonTampered = "tampered"         // the content is not what was approved
	reasonExpired  = "until_past"       // a temporary change whose time is over
)

// apply makes the new version of the configuration, or fails: all changes
// together or not at all.
func (st *step) apply() error {
	r := st.r
	if !st.actor.IsClock() && r.Kind != By {
		return conflict("only_by", "date", r.Date)
	}
	reason, conflicts, err := st.obstacle()
	if err != nil {
		return err
	}
	if reason != "" {
		return st.failWith(reason, conflicts)
	}
	values := map[string]fields.Value{}
	for _, c := range st.changes() {
		values[c.Field] = c.New
	}
	st.live.set(values)
	c := st.tx.append(st.live, Configuration{
		Definition: st.live.form.Definition, Maintenance: st.live.form.Maintenance,
		Cause: causeApply, RequestID: &r.ID, ActorID: st.actorID(), Effective: *r.ApplyAt,
	})
	r.AppliedAt, r.ConfigNumber, r.ApplyAt = at(st.tx.now), &c.Number, nil
	r.Late = r.lateness(st.tx.now)
	if r.Late != nil {
		st.data.Late = *r.Late
	}
	r.AcceptBy = st.cat.calendars[r.AGS].AddWorkingDays(today(st.tx.now), acceptDays)
	st.data.AcceptBy, st.data.Config, st.data.ConfigHash = &r.AcceptBy, c.Number, c.Hash
	return nil
}

// obstacle finds what keeps a request from being applied.
func (st *step) obstacle() (string, []FieldConflict, error) {
	r := st.r
	if !st.isAsApproved() {
		return reasonTampered, nil, nil
	}
	if r.ReturnAt != nil && !r.ReturnAt.After(st.tx.now) {
		return reasonExpired, nil, nil
	}
	var conflicts []FieldConflict
	closed := false
	for _, c := range st.changes() {
		fd, _ := st.def.Field(c.Field)
		if found := st.live.values[c.Field]; c.closedBy(fd) {
			closed = true
			conflicts = append(conflicts, c.conflict(c.New, unfitClosed))
		} else if found != c.Old {
			conflicts = append(conflicts, c.conflict(found, ""))
		}
	}
	gone, err := st.tx.gonePredecessor(r)
	switch {
	case err != nil:
		return "", nil, err
	case gone != "":
		st.data.Gone = gone
		return reasonGone, conflicts, nil
	case closed:
		return reasonInvalid, conflicts, nil
	case len(conflicts) > 0:
		return reasonConflict, conflicts, nil
	}
	reason, unfit := st.unfit()
	return reason, unfit, nil
}

// isAsApproved tells whether the content is the one that every lane has
// approved, by people who had no hand in it, and its day has come.
func (st *step) isAsApproved() bool {
	r := st.r
	r.count()
	if contentHash(r) != r.ContentHash || !st.lanesHold() || !r.complete() || (r.Kind == From && today(st.tx.now).Before(r.Date)) {
		return false
	}
	return !slices.ContainsFunc(r.Approvals, func(a Approval) bool { return a.ContentHash != r.ContentHash || r.contributed(a.UserID) })
}

// unfit finds values that no longer fit the questionnaire.
func (st *step) unfit() (string, []FieldConflict) {
	var conflicts []FieldConflict
	for _, m := range misfits(st.def, st.live.values, st.changes()) {
		conflicts = append(conflicts, m.change.conflict(m.change.New, m.code))
	}
	if len(conflicts) == 0 {
		return "", nil
	}
	return reasonInvalid, conflicts
}

// conflict says that a field holds something else than the request was built on.
func (c Change) conflict(found fields.Value, code string) FieldConflict {
	return FieldConflict{Field: c.Field, Label: c.Label, Type: c.Type, Expected: hide(c, c.Old), Found: hide(c, found), Code: code}
}

// failWith turns an application into a failure, by the clock's rule, with the reason for both sides.
func (st *step) failWith(reason string, conflicts []FieldConflict) error {
	st.action, st.rule = Fail, rules[Fail][0]
	st.data.Reason, st.data.Conflicts = reason, conflicts
	text, err := json.Marshal(failure{reason, conflicts, st.data.Gone})
	if err != nil {
		return err
	}
	st.r.Conflicts, st.r.ApplyAt = string(text), nil
	return nil
}

// failure is why a request failed, as the request keeps it.
type failure struct {
	Reason    string          `json:"reason"`
	Conflicts []FieldConflict `json:"conflicts,omitempty"`
	Gone      string          `json:"gone,omitempty"`
}

// goBack returns a temporary change's fields to what holds without it, as a
// version of its own by the same approval. What somebody has changed meanwhile
// is left alone, and both sides are told; unless they have brought the former
// value back themselves, or the time of what they have laid on it is over, too:
// that is as if it had returned. A former value that the questionnaire no longer allows does not come back either.
func (st *step) goBack() error {
	r := st.r
	on, err := st.layers()
	if err != nil {
		return err
	}
	r.Returned = true
	former := map[string]fields.Value{}
	for _, c := range r.Changes {
		if found := st.live.values[c.Field]; on.top(c.Field).request != r.ID {
			if before, ok := on.below(c.Field, r.ID); ok && before == found {
				continue
			}
			if ends, err := st.tx.allEnd(on.above(c.Field, r.ID)); err != nil {
				return err
			} else if ends {
				continue
			}
			st.data.Conflicts = append(st.data.Conflicts, FieldConflict{Field: c.Field, Label: c.Label, Type: c.Type, Expected: c.shown().New, Found: hide(c, found)})
			continue
		}
		on.lift(c.Field, r.ID)
		before := on.top(c.Field).value
		if code := misfitBack(st.def, c, before); code != "" {
			st.data.Conflicts = append(st.data.Conflicts, FieldConflict{Field: c.Field, Label: c.Label, Type: c.Type, Expected: c.shown().New, Found: hide(c, before), Code: code})
			continue
		}
		former[c.Field] = before
	}
	if len(st.data.Conflicts) > 0 {
		st.rule.mail = MailKept
	}
	if len(former) == 0 {
		return nil
	}
	st.live.set(former)
	v := st.tx.append(st.live, Configuration{
		Definition: st.live.form.Definition, Maintenance: st.live.form.Maintenance,
		Cause: causeReturn, RequestID: &r.ID, Effective: *r.ReturnAt,
	})
	st.data.Config, st.data.ConfigHash = v.Number, v.Hash
	if late := lateness(*r.ReturnAt, st.tx.now); late != nil {
		st.data.Late = *late
	}
	return nil
}

// misfitBack is why a value that is to come back no longer fits the questionnaire by itself, a problem's code; "" if it does. What fields
// demand of each other was asked when what lies beside it was filed: see checkEnds.
func misfitBack(d *definition.Definition, c Change, before fields.Value) string {
	fd, ok := d.Field(c.Field)
	if !ok || fd.Type == fields.Protected || c.Type == fields.Protected {
		return ""
	}
	if ps := fields.Problems(fd.Check(before, calendar.Day{})); len(ps) > 0 {
		return ps[0].Code
	}
	return ""
}

// allEnd tells whether the time of all of some requests is over by now, so that what lies below them will show.
func (t *tx) allEnd(ids []int64) (bool, error) {
	if slices.Contains(ids, 0) {
		return false, nil
	}
	var ending int64
	err := t.db.Raw(`SELECT count(*) FROM requests WHERE id IN ? AND return_at <= ? AND NOT returned`, ids, t.now).Row().Scan(&ending)
	return ending == int64(len(slices.Compact(slices.Sorted(slices.Values(ids))))), err
}

// shown is a change as it may be read: of a protected value only whether there is one.
func (c Change) shown() Change {
	c.Old, c.New = hide(c, c.Old), hide(c, c.New)
	return c
}

func hide(c Change, v fields.Value) fields.Value {
	if c.Type == fields.Protected {
		return v.Concealed()
	}
	return v
}
