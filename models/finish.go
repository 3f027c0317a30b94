package models

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"gorm.io/gorm/schema"
)

// finish makes the move, writes history and mails, and queues every row.
func (st *step) finish() error {
	r, t := st.r, st.tx
	if st.rule.to != "" && r.Status == st.before.Status {
		r.Status = st.rule.to
	}
	if st.rule.voids && len(r.Approvals) > 0 {
		t.do(`UPDATE approvals SET void_at = ? WHERE request_id = ? AND void_at IS NULL`, t.now, r.ID)
		r.Approvals = nil
		r.count()
	}
	if st.action.isTransition() {
		r.Version++
	}
	r.UpdatedAt = t.now
	t.fates[r.ID] = fate{r.Number, r.Status}
	settle(r, st.cat.calendars[r.AGS])
	if err := st.tell(st.action, st.before.Status, r.Status, st.rule); err != nil {
		return err
	}
	if err := st.openLane(); err != nil {
		return err
	}
	if err := st.followUp(); err != nil {
		return err
	}
	return st.store()
}

// openLane tells the municipality's approvers when a wish has become something that they can decide on; of what was that when it was submitted they have heard.
func (st *step) openLane() error {
	r, was := st.r, &st.before
	if !was.isUndecided() || was.isDecidable() || !r.isDecidable() {
		return nil
	}
	return st.tx.mail(st.told[len(st.told)-1], MailSubmitted, r, st.cat.municipalities[r.AGS], say(toLane))
}

// followUp is what a step brings about beside itself: a request whose lanes
// were complete before it came into review is approved by arriving there; one
// that is gone is told to those who build on it.
func (st *step) followUp() error {
	r := st.r
	if (st.action == Claim || st.action == Assign || st.action == Answer) && r.Status == InReview && r.complete() && len(r.Changes) > 0 && !r.WishUnseen {
		ru := rule{mail: MailApproved, tell: rules[Approve][0].tell}
		st.rule = ru
		st.approveIfComplete()
		r.Version++
		settle(r, st.cat.calendars[r.AGS])
		actor := st.actor
		st.actor, st.data, st.in.Comment = clockUser, EventData{}, ""
		err := st.tell(Approve, InReview, Approved, ru)
		st.actor = actor
		if err != nil {
			return err
		}
	}
	if st.leavesSuccessors() {
		return st.tellSuccessors()
	}
	return nil
}

// leavesSuccessors tells whether those who build on the request can't any more, or for good: what was approved no longer is,
// or it was open again and comes to its end.
func (st *step) leavesSuccessors() bool {
	switch st.before.Status {
	case Approved:
		return st.r.Status != Approved && st.r.Status != Applied
	case InReview, Question:
		return st.r.Status == Rejected || st.r.Status == Withdrawn
	}
	return false
}

// tell records the event and writes the mails that the rule names.
func (st *step) tell(a Action, from, to Status, ru rule) error {
	r := st.r
	if a.isTransition() || a == Return {
		e := r.Effective()
		if e.Kind != "" {
			st.data.Effective = &e
		}
		st.data.ContentHash = r.ContentHash
		st.data.Changes = shown(r.Changes)
	}
	if from != Approved && to == Approved {
		if err := st.foresee(); err != nil {
			return err
		}
	}
	st.data.Row = rowHash(r)
	e := Event{RequestID: &r.ID, ActorID: st.actorID(), Action: a, From: from, To: to, Version: r.Version, Comment: st.in.Comment}
	e, err := st.tx.record(e, st.data)
	st.told = append(st.told, e)
	if err != nil || ru.mail == "" {
		return err
	}
	return st.tx.mail(e, ru.mail, r, st.cat.municipalities[r.AGS], ru.tell)
}

// foresee notes whether an approved request will not be applied as things are: nobody is promised a day that will not come.
func (st *step) foresee() error {
	o, err := st.outlook()
	if err != nil {
		return err
	}
	p, err := st.tx.loadPlan(st.live)
	if err != nil {
		return err
	}
	gone, err := st.tx.gonePredecessor(st.r)
	me := planned{at: *cmp.Or(st.r.ApplyAt, &st.tx.now), changes: st.changes()}
	st.data.Doomed = gone != "" || !me.comes(o.values, st.def, func(id int64) bool { return p.lost[id] != "" })
	return err
}

func (st *step) actorID() *int64 {
	if st.actor.IsClock() {
		return nil
	}
	id := st.actor.ID
	return &id
}

// shown are changes as history may keep them: of a protected value only whether there is one.
func shown(changes []Change) []Change {
	out := make([]Change, len(changes))
	for i, c := range changes {
		out[i] = c.shown()
	}
	return out
}

// store queues the request's rows: only the columns that have changed.
func (st *step) store() error {
	t, r := st.tx, st.r
	t.touched[r.FormID] = true
	t.update(&st.before, r)
	t.due = t.due || (r.KnockAt != nil && !r.KnockAt.After(t.now))
	if st.rewrite {
		t.do(`DELETE FROM changes WHERE request_id = ?`, r.ID)
		t.insertChanges(r)
		if !equal(st.before.Sections, r.Sections) {
			t.do(`DELETE FROM request_sections WHERE request_id = ?`, r.ID)
			t.insertSections(r)
		}
	}
	if st.rewrite || st.isFoundOtherwise() {
		return t.reindex(r, st.told...)
	}
	return nil
}

// isFoundOtherwise tells whether a step has said something, or brought somebody new to the request.
func (st *step) isFoundOtherwise() bool {
	before := st.before.ownCast()
	return !before.names(st.r.AssigneeID) || slices.ContainsFunc(st.told, func(e Event) bool { return e.Comment != "" || !before.names(e.ActorID) })
}

func equal(a, b StringList) bool { return reflect.DeepEqual([]string(a), []string(b)) }

func (t *tx) insertChanges(r *Request) {
	for i := range r.Changes {
		c := r.Changes[i]
		c.RequestID, c.Ord = r.ID, i
		t.insert(&c)
	}
}

// sectionRow makes a request findable by section.
type sectionRow struct {
	Section   string
	RequestID int64
}

// TableName implements GORM's Tabler.
func (sectionRow) TableName() string { return "request_sections" }

func (t *tx) insertSections(r *Request) {
	for _, s := range r.Sections {
		t.insert(&sectionRow{Section: s, RequestID: r.ID})
	}
}

// editor remembers who edited a request's changes.
func (t *tx) editor(request int64, users ...int64) {
	for _, u := range users {
		t.do(`INSERT INTO request_editors (request_id, user_id) VALUES (?, ?) ON CONFLICT DO NOTHING`, request, u)
	}
}

// requestFields are the columns of a request, from GORM's mapping.
var requestFields = sync.OnceValue(func() []*schema.Field {
	s, err := schema.Parse(&Request{}, &sync.Map{}, schema.NamingStrategy{})
	if err != nil {
		panic(err) // a programming error, seen by the first test
	}
	var out []*schema.Field
	for _, f := range s.Fields {
		if f.DBName != "" && f.DBName != "id" {
			out = append(out, f)
		}
	}
	return out
})

// same tells whether two cells hold the same; an instant is the same in any zone.
func same(a, b any) bool {
	if x, ok := a.(*time.Time); ok {
		y := b.(*time.Time)
		return x == y || (x != nil && y != nil && x.Equal(*y))
	}
	if x, ok := a.(time.Time); ok {
		return x.Equal(b.(time.Time))
	}
	return reflect.DeepEqual(a, b)
}

// alike tells quickly that two cells are the very same; those of which it can't say so may still be.
func alike(f *schema.Field, a, b reflect.Value) bool { return f.FieldType.Comparable() && a.Equal(b) }

// update queues the columns in which a request differs from what was read,
// guarded by the version that was read.
func (t *tx) update(before, after *Request) {
	var set []string
	var args []any
	b, a := reflect.ValueOf(before).Elem(), reflect.ValueOf(after).Elem()
	for _, f := range requestFields() {
		if alike(f, f.ReflectValueOf(t.ctx, b), f.ReflectValueOf(t.ctx, a)) {
			continue
		}
		old, _ := f.ValueOf(t.ctx, b)
		now, _ := f.ValueOf(t.ctx, a)
		if !same(old, now) {
			set = append(set, f.DBName+" = ?")
			args = append(args, now)
		}
	}
	if len(set) == 0 {
		return
	}
	args = append(args, before.ID, before.Version)
	t.must(1, "UPDATE requests SET "+strings.Join(set, ", ")+" WHERE id = ? AND version = ?", args...)
}
