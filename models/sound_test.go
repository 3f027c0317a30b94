package models_test

import (
	"slices"
	"testing"
	"time"

	"formwandel/models"
	"formwandel/models/calendar"
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

// bases asserts what the lists and the calendar say of what keeps approved requests from being applied: "KA-3: KA-1 gone".
func (st *story) bases(want ...string) {
	st.Helper()
	es, _, err := st.s.Requests(ctx, st.Clerk, models.Filter{Sort: "number"})
	st.must(err)
	all, _, err := st.s.Appointments(ctx, st.Clerk, models.Span{From: calendar.NewDay(2026, 1, 1)})
	st.must(err)
	var listed, dated []string
	add := func(to *[]string, e models.Entry) {
		if e.Basis == nil {
			return
		}
		if line := e.Number + ": " + e.Basis.Number + " " + string(e.Basis.State); !slices.Contains(*to, line) {
			*to = append(*to, line)
		}
		if e.Basis.Since.IsZero() || e.Basis.Since.Equal(e.UpdatedAt) {
			st.Errorf("%s is kept since %v", e.Number, e.Basis.Since)
		}
	}
	for _, e := range es {
		add(&listed, e)
	}
	for _, a := range all {
		add(&dated, a.Entry)
	}
	slices.Sort(dated)
	if !slices.Equal(listed, want) || !slices.Equal(dated, want) {
		st.Errorf("lists say %q, the calendar says %q, want %q", listed, dated, want)
	}
}

// Lists and the calendar say of an approved request that it will not come as things are, and which request is why: the one below
// it, however deep the reason lies. What is only open again may still come, and then they promise the day once more.
func TestListsSayWhatKeepsARequest(t *testing.T) {
	tell(t, func(st *story) {
		a := st.filed(fee("2500", "2026-12-10")).Number
		b := st.filed(limited(fee("2600", "2026-12-20"), "2027-03-31")).Number
		c := st.filed(fee("2700", "2027-01-05")).Number
		st.filed(want("from", "2027-01-05", notice, `"Neu."`))
		st.bases()
		st.do(st.Clerk, a, models.Reopen, "")
		st.bases(b+": "+a+" open", c+": "+b+" lost")
		if got := st.get(b).Blockers[0].Basis(); got != models.BasisOpen {
			st.Errorf("the request says %q", got)
		}
		if got := st.get(c).Blockers[0].Basis(); got != models.BasisLost {
			st.Errorf("the last one says %q", got)
		}
		st.do(st.Approver, a, models.Approve, "")
		st.do(st.Lead, a, models.Approve, "")
		st.bases()
		st.do(st.Clerk, a, models.Withdraw, "")
		st.bases(b+": "+a+" gone", c+": "+b+" lost")
		if got := st.get(b).Blockers[0].Basis(); got != models.BasisGone {
			st.Errorf("the request says %q", got)
		}
		st.do(st.Clerk, b, models.Reopen, "")
		st.bases(c + ": " + b + " open")
	})
}

// Whoever builds on a request that is taken up again hears that it may still come; and once more when it does not.
func TestOpenAgainIsNotGone(t *testing.T) {
	for name, end := range map[string]func(st *story, n string){
		"withdrawn": func(st *story, n string) { st.do(st.Clerk, n, models.Withdraw, "") },
		"rejected":  func(st *story, n string) { st.do(st.Lead, n, models.Reject, "Nein.") },
		"asked about": func(st *story, n string) {
			st.do(st.Agent, n, models.Ask, "Doch nicht?")
			st.do(st.Clerk, n, models.Withdraw, "")
		},
	} {
		t.Run(name, func(t *testing.T) {
			tell(t, func(st *story) {
				jan := st.filed(fee("2500", "2027-01-01")).Number
				mar := st.filed(fee("2800", "2027-03-01")).Number
				st.do(st.Clerk, jan, models.Reopen, "")
				if e := st.last(mar, models.PredecessorGone); e.Gone != jan || e.Basis != models.BasisOpen {
					st.Fatalf("%+v", e.EventData)
				}
				end(st, jan)
				if e := st.last(mar, models.PredecessorGone); e.Gone != jan || e.Basis != models.BasisGone {
					st.Fatalf("%+v", e.EventData)
				}
				var said []models.BasisState
				letters, err := st.s.LeaseMails(ctx, "test", 500, time.Minute)
				st.must(err)
				for _, l := range letters {
					if l.Mail.Kind == models.MailSuccessor && l.Mail.Recipient == st.Clerk.Email {
						said = append(said, l.Facts.Basis)
					}
				}
				if !slices.Equal(said, []models.BasisState{models.BasisOpen, models.BasisGone}) {
					st.Errorf("the author hears %q", said)
				}
			})
		})
	}
}
