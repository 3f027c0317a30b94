package models_test

import (
	"slices"
	"testing"
	"time"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// What builds on a request that is gone will not be applied, and is no future for anybody from the moment that is known.
func TestWhatWillNotComeIsNoFuture(t *testing.T) {
	tell(t, func(st *story) {
		p := st.filed(want("from", "2026-12-10", first, "2100"))
		q := st.filed(want("from", "2026-12-20", first, "2200"))
		r := st.filed(want("from", "2027-01-05", first, "2300"))
		st.foresees("2027-01-06", first, "2300")
		st.do(st.Clerk, p.Number, models.Withdraw, "")
		st.blockedBy(q.Number, "predecessor_gone")
		st.blockedBy(r.Number, "predecessor_gone") // at once, not on the day
		for _, day := range []string{"2026-12-21", "2027-01-06"} {
			st.foresees(day, first, "2000")
		}
		_, err := st.s.File(ctx, st.Clerk, want("from", "2027-01-06", first, "2000"))
		st.refused(err, models.Invalid, "unchanged")
		n := st.filed(want("from", "2027-01-07", first, "2200")) // what q asked for is a real change
		st.old(n.Number, "2000")
		st.blockedBy(n.Number)
		st.lists(q.Number+" lost", r.Number+" lost", n.Number)
		st.at("2027-01-07 00:00:00")
		for _, x := range []*models.Case{q, r} {
			st.is(x.Number, models.Failed)
			st.blockedBy(x.Number, "failed") // nobody can edit or reopen it now
		}
		st.is(n.Number, models.Applied)
		st.holds(first, "2200")
	})
}

// lists asserts what the form's page lists as planned.
func (st *story) lists(want ...string) {
	st.Helper()
	w, err := st.s.WorkOn(ctx, st.Clerk, Bautzen, Birth)
	st.must(err)
	var got []string
	for _, e := range w.Planned {
		line := e.Number
		if e.Lost {
			line += " lost"
		}
		got = append(got, line)
	}
	if !slices.Equal(got, want) {
		st.Errorf("the page lists %q, want %q", got, want)
	}
}

// Of two approved requests for one field and one day the second fails: who comes later builds on the first.
func TestSecondOfADayIsNoFuture(t *testing.T) {
	tell(t, func(st *story) {
		a := st.file(st.Clerk, want("from", "2027-01-01", first, "2500"))
		b := st.file(st.Clerk2, want("from", "2027-01-01", first, "2800"))
		st.approved(a.Number)
		st.approved(b.Number)
		st.blockedBy(b.Number, "old_value_changed")
		st.foresees("2027-01-02", first, "2500")
		c := st.filed(want("from", "2027-02-01", first, "3000"))
		st.old(c.Number, "2500")
		st.at("2027-02-01 00:00:00")
		st.is(b.Number, models.Failed)
		st.is(c.Number, models.Applied)
	})
}

// A value that a new questionnaire forbids is no future either, nor one that will not fit what holds by then.
func TestWhatDoesNotFitIsNoFuture(t *testing.T) {
	tell(t, func(st *story) {
		a := st.filed(want("from", "2027-01-01", first, "900000"))
		b := st.filed(want("from", "2027-02-01", first, "3000"))
		c := st.filed(want("from", "2027-03-01", further, "1900"))
		st.newQuestionnaire(`"max":1000000`, `"max":500000`)
		st.blockedBy(a.Number, "no_longer_valid")
		st.blockedBy(b.Number, "predecessor_gone")
		st.foresees("2027-01-02", first, "2000")
		low := st.filed(want("from", "2027-02-10", first, "1800"))
		st.old(low.Number, "2000")
		st.blockedBy(c.Number, "no_longer_valid") // further would be above first
		st.foresees("2027-03-01", further, "1000")
		st.at("2027-03-01 00:00:00")
		for _, x := range []*models.Case{a, b, c} {
			st.is(x.Number, models.Failed)
		}
		st.is(low.Number, models.Applied)
	})
}

// A temporary change that will not come brings nothing back at its end.
func TestTemporaryThatWillNotCome(t *testing.T) {
	tell(t, func(st *story) {
		p := st.filed(want("from", "2026-12-10", first, "2100"))
		q := st.filed(limited(want("from", "2026-12-20", first, "2200"), "2027-01-10"))
		st.do(st.Clerk, p.Number, models.Withdraw, "")
		for _, day := range []string{"2026-12-21", "2027-01-11"} {
			st.foresees(day, first, "2000")
		}
		n := st.filed(limited(want("from", "2027-01-05", first, "2300"), "2027-01-20"))
		st.old(n.Number, "2000")
		st.foresees("2027-01-15", first, "2300")
		st.foresees("2027-01-21", first, "2000")
		st.at("2027-01-21 00:00:00")
		st.is(q.Number, models.Failed)
		st.holds(first, "2000")
	})
}

// Whoever hears that a request is approved which will not be applied as things are is not promised that it will be.
func TestApprovalPromisesNoDayThatWillNotCome(t *testing.T) {
	tell(t, func(st *story) {
		a := st.file(st.Clerk, want("from", "2027-01-01", first, "2500"))
		b := st.file(st.Clerk, want("from", "2027-03-01", first, "2800"))
		fine := st.file(st.Clerk, want("from", "2027-04-01", further, "1200"))
		for _, c := range []*models.Case{a, b, fine} {
			st.approved(c.Number)
		}
		for number, want := range map[string]bool{a.Number: false, b.Number: true, fine.Number: false} {
			if e := st.last(number, models.Approve); e.To != models.Approved || e.Doomed != want {
				st.Errorf("%s: %+v", number, e.EventData)
			}
		}
		letters, err := st.s.LeaseMails(ctx, "test", 500, time.Minute)
		st.must(err)
		for _, l := range letters {
			if l.Mail.Kind == models.MailApproved && l.Facts.Doomed != (l.Facts.Number == b.Number) {
				st.Errorf("the letter about %s says %t", l.Facts.Number, l.Facts.Doomed)
			}
		}
		st.do(st.Clerk, b.Number, models.Reopen, "")
		st.old(b.Number, "2500")
		st.do(st.Approver, b.Number, models.Approve, "")
		st.do(st.Lead, b.Number, models.Approve, "")
		if st.last(b.Number, models.Approve).Doomed {
			st.Error("it has been put right")
		}
		st.at("2027-03-01 00:00:00")
		st.holds(first, "2800")
	})
}
