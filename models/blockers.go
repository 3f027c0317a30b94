package models

import (
	"slices"
	"time"

	"formwandel/models/calendar"
	"formwandel/models/definition"
	"formwandel/models/fields"
)

// Blocker is something that keeps a request from going on, with its way out
// as a text of the catalogue ("blocked.<Code>").
type Blocker struct {
	Code string
	Args map[string]any
}

// Basis is the state of the request that a blocker is about, "" for one that is about something else.
func (b Blocker) Basis() BasisState {
	state, _ := b.Args["state"].(BasisState)
	return state
}

// blockersOf lists everything that keeps the request from its next step.
func (t *tx) blockersOf(cat *catalogue, c *Case, form Form) error {
	r := &c.Request
	switch r.Status {
	case Applied, Accepted:
		return t.offerWayBack(cat, c, form)
	case Rejected, Withdrawn:
		return nil
	}
	c.block(r, today(t.now))
	if len(r.Changes) == 0 || r.Status == Failed { // the way out of failed is one; what else is wrong is said when it is taken up again
		return nil
	}
	live, err := t.loadLive(form)
	if err != nil {
		return err
	}
	p, err := t.loadPlan(live)
	if err != nil {
		return err
	}
	basis, err := t.basisOf(r, p)
	if err != nil {
		return err
	}
	if basis != nil {
		c.add("predecessor_gone", "number", basis.Number, "state", basis.State)
	}
	o := compose(live.values, p.before(r, t.now))
	d := cat.definition(live.form.Assistant, live.form.Definition)
	if d == nil {
		return notFound("definition")
	}
	changes := rewrittenChanges(d, r.Changes)
	for i, ch := range changes {
		if fd, _ := d.Field(ch.Field); ch.closedBy(fd) {
			continue // what it holds says nothing about the change: see blockUnfit
		}
		if o.values[ch.Field] != ch.Old && basis == nil {
			f := c.Fields[i]
			c.add("old_value_changed", "label", ch.Label, "expected", f.Shown(ch.Old), "found", f.Shown(o.values[ch.Field]))
		}
	}
	c.blockUnchanged(changes)
	c.blockUnfit(d, o.values, changes, t.now)
	return nil
}

// offerWayBack offers to take an applied request back only if there is something to take back.
func (t *tx) offerWayBack(cat *catalogue, c *Case, form Form) error {
	if !slices.Contains(c.Can, Revert) {
		return nil
	}
	live, err := t.loadLive(form)
	if err != nil {
		return err
	}
	d := cat.definition(live.form.Assistant, live.form.Definition)
	if d == nil {
		return notFound("definition")
	}
	on, err := t.layersUnder(&c.Request, live, d)
	if err != nil {
		return err
	}
	if len(c.wayBack(d, live.values, on)) == 0 {
		c.Can = slices.DeleteFunc(c.Can, func(a Action) bool { return a == Revert })
	}
	return nil
}

// block lists what the request itself lacks.
func (c *Case) block(r *Request, today calendar.Day) {
	switch {
	case r.Status == Submitted:
		c.add("not_claimed")
	case r.Status == Question:
		passed := ""
		if r.AnswerBy.Before(today) {
			passed = "passed"
		}
		c.add("question_open", "answer_by", r.AnswerBy, "reason", passed)
	case r.Status == Failed:
		c.add("failed", "reason", c.failedFor())
		return
	}
	if r.Status == Draft || r.Status == Approved {
		return
	}
	if len(r.Changes) == 0 {
		c.add("changes_missing")
	}
	if r.WishUnseen {
		c.add("wish_unseen")
	}
	if n := r.NeedMunicipality - r.GivenMunicipality; n > 0 {
		c.add("approval_missing_municipality", "missing", n, "municipality", c.Municipality)
	}
	if n := r.NeedProvider - r.GivenProvider; n > 0 {
		c.add("approval_missing_provider", "missing", n)
	}
}

// failedFor is why the request has failed: the way out is another one where taking the values of today is not all.
func (c *Case) failedFor() string {
	if c.Failure == nil {
		return ""
	}
	return c.Failure.Reason
}

// blockUnchanged lists changes that change nothing: taking the values of today for the old ones may leave such.
func (c *Case) blockUnchanged(changes []Change) {
	for i, ch := range changes {
		if ch.Old == ch.New {
			c.add("unchanged", "label", ch.Label, "value", c.Fields[i].Shown(ch.Old))
		}
	}
}

// blockUnfit lists changes that no longer fit the questionnaire, with the values that will hold beside them, and a time that is over.
func (c *Case) blockUnfit(d *definition.Definition, values map[string]fields.Value, changes []Change, now time.Time) {
	named := map[string]bool{}
	for _, m := range misfits(d, values, changes) {
		if !named[m.change.Field] {
			named[m.change.Field] = true
			c.add("no_longer_valid", "label", m.change.Label)
		}
	}
	if c.ReturnAt != nil && !c.ReturnAt.After(now) && !c.Returned {
		c.add("until_past", "until", c.Until)
	}
}

// Variant is what of a blocker's words is its own beside its code: the state of the request that it is about, or why this one has failed.
func (b Blocker) Variant() string {
	if reason, ok := b.Args["reason"].(string); ok {
		return reason
	}
	return string(b.Basis())
}

func (c *Case) add(code string, args ...any) {
	c.Blockers = append(c.Blockers, Blocker{code, pairs(args)})
}
