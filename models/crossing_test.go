package models_test

import (
	"testing"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// foresees asserts what a field of Bautzen's birth certificates will hold at the end of a day.
func (st *story) foresees(day, field, want string) {
	st.Helper()
	f, err := st.s.FormOn(ctx, st.Clerk, Bautzen, Birth, day)
	if err != nil {
		st.Fatal(err)
	}
	if got := string(f.Values[field]); got != want {
		st.Errorf("%s will hold %s on %s, want %s", field, got, day, want)
	}
}

// crossing are two temporary changes, the second built on the first, which ends while the second holds.
func (st *story) crossing() (a, b *models.Case) {
	a = st.filed(limited(want("from", "2026-12-01", first, "2500"), "2026-12-31"))
	b = st.filed(limited(want("from", "2026-12-15", first, "2700"), "2027-01-31"))
	st.old(b.Number, "2500")
	return a, b
}

// Two temporary changes that cross: what returns at the end is what holds without both.
func TestTemporaryAcrossATemporary(t *testing.T) {
	tell(t, func(st *story) {
		a, b := st.crossing()
		after := st.filed(fee("2800", "2027-02-10"))
		st.old(after.Number, "2000")
		days := []struct{ at, day, want string }{
			{"2026-12-01", "2026-12-02", "2500"}, {"2026-12-15", "2026-12-31", "2700"}, {"2027-01-01", "2027-01-31", "2700"},
			{"2027-02-01", "2027-02-05", "2000"}, {"2027-02-10", "2027-02-10", "2800"},
		}
		for i := range days {
			for _, x := range days[i:] { // foreseen from here, and from every day that has come
				st.foresees(x.day, first, x.want)
			}
			st.at(days[i].at + " 00:00:00")
			st.holds(first, days[i].want)
		}
		st.hear(a.Number, models.MailKept, st.Clerk.Email, st.Approver.Email, st.Deputy.Email, team)
		st.hear(b.Number, models.MailKept)
		st.made(4, first, "2000", b.Number)
		st.is(after.Number, models.Applied)
	})
}

// The clock was away for all of it: one step after the other is caught up, and ends the same.
func TestTemporaryAcrossATemporaryCaughtUp(t *testing.T) {
	tell(t, func(st *story) {
		st.crossing()
		st.at("2026-12-15 00:00:00")
		st.holds(first, "2700")
		st.at("2027-02-20 00:00:00")
		st.holds(first, "2000")
	})
}

// A chain of three: each takes away only what it brought.
func TestThreeTemporariesCross(t *testing.T) {
	tell(t, func(st *story) {
		st.applied(limited(want("by", "2026-11-30", first, "2500"), "2026-12-31"))
		st.applied(limited(want("by", "2026-12-05", first, "2600"), "2027-01-31"))
		st.applied(limited(want("by", "2026-12-10", first, "2700"), "2027-02-28"))
		st.foresees("2027-02-15", first, "2700")
		st.foresees("2027-03-01", first, "2000")
		for _, x := range []struct{ at, want string }{{"2027-01-01", "2700"}, {"2027-02-01", "2700"}, {"2027-03-01", "2000"}} {
			st.at(x.at + " 00:00:00")
			st.holds(first, x.want)
		}
	})
}

// What somebody decided for good in between stays: neither end takes it away.
func TestChangedForGoodBetweenCrossing(t *testing.T) {
	tell(t, func(st *story) {
		st.applied(limited(want("by", "2026-11-30", first, "2500"), "2026-12-31"))
		st.applied(want("by", "2026-12-05", first, "2600"))
		b := st.applied(limited(want("by", "2026-12-10", first, "2700"), "2027-01-31"))
		st.foresees("2027-02-01", first, "2600")
		st.at("2027-01-01 00:00:00")
		st.holds(first, "2700")
		st.at("2027-02-01 00:00:00")
		st.holds(first, "2600")
		st.hear(b.Number, models.MailKept)
	})
}

// Somebody decided on the very same value for good: it is theirs now, and does not go back.
func TestTheSameValueForGood(t *testing.T) {
	tell(t, func(st *story) {
		c := st.applied(limited(want("by", "2026-11-30", first, "2500"), "2026-12-31"))
		st.applied(want("by", "2026-12-05", first, "2600"))
		st.applied(want("by", "2026-12-10", first, "2500"))
		st.foresees("2027-01-01", first, "2500")
		st.at("2027-01-01 00:00:00")
		st.holds(first, "2500")
		if len(st.told(c.Number, models.MailKept)) == 0 {
			st.Error("nobody was told")
		}
	})
}
