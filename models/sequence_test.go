package models_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// 25 € from January and 28 € from March are a sequence, not a conflict.
func TestSequence(t *testing.T) {
	tell(t, func(st *story) {
		jan := st.filed(fee("2500", "2027-01-01"))
		mar := st.filed(fee("2800", "2027-03-01"))
		st.old(mar.Number, "2500")
		st.blockedBy(mar.Number)
		feb := st.filed(fee("2600", "2027-02-01")) // between the two
		st.old(feb.Number, "2500")
		st.blockedBy(mar.Number, "old_value_changed")
		st.do(st.Clerk, feb.Number, models.Withdraw, "")
		st.blockedBy(mar.Number)
		st.at("2027-01-01 00:00:00")
		st.at("2027-03-01 00:00:00")
		for n, want := range map[string]models.Status{jan.Number: models.Accepted, mar.Number: models.Applied} {
			if c := st.is(n, want); c.Late != nil {
				st.Errorf("%s is late", n)
			}
		}
		st.holds(first, "2800")
	})
}

// What comes before does not wait for what comes after.
func TestFiledLaterDueEarlier(t *testing.T) {
	tell(t, func(st *story) {
		st.filed(fee("2800", "2027-03-01"))
		jan := st.filed(fee("2500", "2027-01-01"))
		st.old(jan.Number, "2000")
	})
}

// When the first of a sequence goes, the owner of the second is told, sees it
// at once, and it is never applied from the wrong value.
func TestPredecessorGone(t *testing.T) {
	ways := []struct {
		name string
		gone func(st *story, n string)
	}{
		{"withdrawn", func(st *story, n string) { st.do(st.Clerk, n, models.Withdraw, "") }},
		{"rejected", func(st *story, n string) { st.do(st.Lead, n, models.Reject, "Nein.") }},
		{"reopened", func(st *story, n string) { st.do(st.Clerk, n, models.Reopen, "") }},
		{"failed", func(st *story, n string) {
			st.applied(want("by", "2026-12-01", "gebuehren.auskunft", "1700"))
			st.at("2027-01-01 00:00:00")
			st.is(n, models.Failed)
		}},
	}
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			tell(t, func(st *story) {
				jan := st.filed(want("from", "2027-01-01", first, "2500", "gebuehren.auskunft", "1600"))
				c := st.file(st.Clerk2, fee("2800", "2027-03-01"))
				mar := st.approved(c.Number)
				before := mar.Version
				way.gone(st, jan.Number)
				st.hear(mar.Number, models.MailSuccessor, st.Clerk2.Email, st.Agent.Email)
				if e := st.last(mar.Number, models.PredecessorGone); e.Gone != jan.Number || e.ActorID != nil {
					st.Fatalf("%+v", e)
				}
				st.blockedBy(mar.Number, "predecessor_gone")
				if now := st.is(mar.Number, models.Approved); now.Version != before {
					st.Fatal("nobody has done anything to it yet")
				}
				st.at("2027-02-28 23:59:50")
				st.is(mar.Number, models.Approved)
				st.at("2027-03-01 00:00:00")
				f := st.is(mar.Number, models.Failed)
				if f.Failure.Reason != "predecessor_gone" || f.Failure.Gone != jan.Number || len(f.Failure.Conflicts) != 1 || f.Failure.Conflicts[0].Found != "2000" {
					st.Fatalf("%+v", f.Failure)
				}
				st.holds(first, "2000")
				r := st.do(st.Agent, mar.Number, models.Rebase, "")
				if r.Changes[0].Old != "2000" {
					st.Fatalf("%+v", r.Changes)
				}
				st.blockedBy(mar.Number, "approval_missing_municipality", "approval_missing_provider")
				st.do(st.Approver, mar.Number, models.Approve, "")
				st.do(st.Lead, mar.Number, models.Approve, "")
				st.knock()
				st.is(mar.Number, models.Applied)
				st.holds(first, "2800")
			})
		})
	}
}

// A predecessor that comes back in time, as it was, holds nobody up.
func TestPredecessorComesBack(t *testing.T) {
	tell(t, func(st *story) {
		jan := st.filed(fee("2500", "2027-01-01"))
		mar := st.filed(fee("2800", "2027-03-01"))
		st.do(st.Clerk, jan.Number, models.Reopen, "")
		st.blockedBy(mar.Number, "predecessor_gone")
		st.do(st.Approver, jan.Number, models.Approve, "")
		st.do(st.Lead, jan.Number, models.Approve, "")
		st.blockedBy(mar.Number)
		st.at("2027-01-01 00:00:00")
		st.at("2027-03-01 00:00:00")
		st.holds(first, "2800")
	})
}

// A predecessor that comes back as something else is a conflict.
func TestPredecessorComesBackOtherwise(t *testing.T) {
	tell(t, func(st *story) {
		jan := st.filed(fee("2500", "2027-01-01"))
		mar := st.filed(fee("2800", "2027-03-01"))
		st.do(st.Clerk, jan.Number, models.Reopen, "")
		st.with(st.Agent, jan.Number, models.Edit, edit(first, "2600"))
		st.do(st.Approver, jan.Number, models.Approve, "")
		st.do(st.Lead, jan.Number, models.Approve, "")
		st.blockedBy(mar.Number, "old_value_changed")
		st.at("2027-01-01 00:00:00")
		st.at("2027-03-01 00:00:00")
		if f := st.is(mar.Number, models.Failed).Failure; f.Reason != "conflict" || f.Conflicts[0].Expected != "2500" || f.Conflicts[0].Found != "2600" {
			st.Fatalf("%+v", f)
		}
		st.holds(first, "2600")
	})
}

// A chain of three: each owner is told when what he builds on is gone.
func TestChain(t *testing.T) {
	tell(t, func(st *story) {
		a := st.filed(fee("2500", "2027-01-01"))
		b := st.filed(fee("2600", "2027-02-01"))
		c := st.filed(fee("2700", "2027-03-01"))
		st.do(st.Clerk, a.Number, models.Withdraw, "")
		st.hear(b.Number, models.MailSuccessor, st.Clerk.Email, st.Agent.Email)
		st.hear(c.Number, models.MailSuccessor)
		st.at("2027-02-01 00:00:00")
		st.is(b.Number, models.Failed)
		st.hear(c.Number, models.MailSuccessor, st.Clerk.Email, st.Agent.Email)
		st.blockedBy(c.Number, "predecessor_gone")
		st.at("2027-03-01 00:00:00")
		st.is(c.Number, models.Failed)
		st.holds(first, "2000")
	})
}

// At the same midnight, what was approved first is applied first.
func TestSameInstant(t *testing.T) {
	tell(t, func(st *story) {
		a := st.file(st.Clerk, fee("2500", "2027-01-01"))
		b := st.file(st.Clerk, want("from", "2027-01-01", further, "900"))
		st.approved(b.Number)
		st.approved(a.Number)
		c := st.filed(fee("2700", "2027-01-01")) // knows what comes before it
		st.old(c.Number, "2500")
		st.at("2027-01-01 00:00:00")
		st.made(2, further, "900", b.Number)
		st.made(3, first, "2500", a.Number)
		st.made(4, first, "2700", c.Number)
		st.holds(first, "2700")
	})
}

// At the same midnight, what is taken up again keeps what it builds on, and comes before what builds on it once it is approved again as it was.
func TestSameInstantTakenUpAgain(t *testing.T) {
	tell(t, func(st *story) {
		a := st.filed(fee("2500", "2027-01-01"))
		b := st.filed(fee("2700", "2027-01-01"))
		c := st.filed(want("from", "2027-01-01", first, "2900", further, "900"))
		st.do(st.Clerk, a.Number, models.Reopen, "")
		st.old(a.Number, "2000")
		st.blockedBy(b.Number, "predecessor_gone")
		st.do(st.Approver, a.Number, models.Approve, "")
		st.do(st.Lead, a.Number, models.Approve, "")
		for _, n := range []string{a.Number, b.Number, c.Number} {
			st.blockedBy(n)
		}
		st.foresees("2027-01-01", first, "2900")
		st.at("2027-01-01 00:00:00")
		st.made(2, first, "2500", a.Number)
		st.made(3, first, "2700", b.Number)
		st.made(4, first, "2900", c.Number)
		st.holds(first, "2900")
	})
}

// Where the database refuses another request of the chunk, each is taken on its own; what it builds on comes before it there, too.
func TestSameInstantOneByOne(t *testing.T) {
	tell(t, func(st *story) {
		a := st.filed(fee("2500", "2027-01-01"))
		b := st.filed(fee("2700", "2027-01-01"))
		bad := st.filed(want("from", "2027-01-01", "gebuehren.auskunft", "1600"))
		st.do(st.Clerk, a.Number, models.Reopen, "")
		st.do(st.Approver, a.Number, models.Approve, "")
		st.do(st.Lead, a.Number, models.Approve, "")
		st.poison(bad.Number)
		SetNow(t, st.s, b.ApplyAt.Add(time.Second))
		if _, _, err := st.s.Knock(ctx); err == nil {
			t.Error("nobody hears of what the database refuses")
		}
		st.is(a.Number, models.Applied)
		st.is(b.Number, models.Applied)
		st.holds(first, "2700")
		st.heal()
		st.knock()
		st.is(bad.Number, models.Applied)
	})
}

// An older program let two requests of one midnight build on each other. They fail on their day, and nobody waits for ever.
func TestTwoThatBuildOnEachOther(t *testing.T) {
	tell(t, func(st *story) {
		a := st.filed(fee("2500", "2027-01-01"))
		b := st.filed(fee("2700", "2027-01-01"))
		if _, err := st.s.Pool().Exec(fmt.Sprintf("UPDATE changes SET builds_on = %d, old = '2700' WHERE request_id = %d", b.ID, a.ID)); err != nil {
			t.Fatal(err)
		}
		st.bent = append(st.bent, "request "+a.Number)
		st.at("2027-01-01 00:00:00")
		st.is(a.Number, models.Failed)
		st.is(b.Number, models.Failed)
		st.holds(first, "2000")
	})
}

// Approved again with another value, it is applied, and what was built on the former one is not.
func TestSameInstantTakenUpAndChanged(t *testing.T) {
	tell(t, func(st *story) {
		a := st.filed(fee("2500", "2027-01-01"))
		b := st.filed(fee("2700", "2027-01-01"))
		st.do(st.Clerk, a.Number, models.Reopen, "")
		st.with(st.Agent, a.Number, models.Edit, edit(first, "2600"))
		st.old(a.Number, "2000")
		st.do(st.Approver, a.Number, models.Approve, "")
		st.do(st.Lead, a.Number, models.Approve, "")
		st.blockedBy(b.Number, "old_value_changed")
		if x := st.get(b.Number).Blockers[0].Args; !strings.Contains(fmt.Sprint(x["found"]), "26,00") {
			st.Errorf("what will hold: %v", x)
		}
		st.at("2027-01-01 00:00:00")
		st.is(a.Number, models.Applied)
		if f := st.is(b.Number, models.Failed).Failure; f.Conflicts[0].Found != "2600" {
			st.Errorf("%+v", f)
		}
		st.holds(first, "2600")
	})
}

// A deadline that is approved now comes before every later midnight.
func TestDeadlineBetween(t *testing.T) {
	tell(t, func(st *story) {
		jan := st.filed(fee("2500", "2027-01-01"))
		by := st.filed(want("by", "2027-02-01", first, "2100"))
		st.old(by.Number, "2000")
		st.knock()
		st.holds(first, "2100")
		st.blockedBy(jan.Number, "old_value_changed")
		st.at("2027-01-01 00:00:00")
		st.is(jan.Number, models.Failed)
		st.holds(first, "2100")
	})
}
