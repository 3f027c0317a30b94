package models_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// A temporary change goes back by itself, as a version of its own, by the same approval.
func TestTemporary(t *testing.T) {
	tell(t, func(st *story) {
		c := st.filed(limited(want("from", "2026-12-01", first, "2500", further, "900"), "2026-12-31"))
		st.at("2026-12-01 00:00:00")
		st.do(st.Clerk, c.Number, models.Accept, "")
		st.at("2026-12-31 23:59:50")
		st.holds(first, "2500")
		st.at("2027-01-01 00:00:00")
		st.holds(first, "2000")
		st.holds(further, "1000")
		if got := st.is(c.Number, models.Accepted); !got.Returned || got.KnockAt != nil {
			st.Fatalf("%+v", got.Request)
		}
		v, err := st.s.Version(ctx, st.Auditor, Bautzen, Birth, 3)
		if err != nil || v.Cause != "return" || v.Request != c.Number || v.Effective.In(berlin).Format("2006-01-02 15:04") != "2027-01-01 00:00" {
			st.Fatalf("%+v %v", v, err)
		}
		e := st.last(c.Number, models.Return)
		if e.Config != 3 || e.Late != 0 || e.ActorID != nil || len(e.Conflicts) != 0 {
			st.Fatalf("%+v", e)
		}
		st.hear(c.Number, models.MailReturned, st.Clerk.Email, st.Approver.Email, st.Deputy.Email, team)
		if st.knock() != 0 {
			st.Fatal("it goes back once")
		}
	})
}

// The return can be late as well, and says so.
func TestLateReturn(t *testing.T) {
	tell(t, func(st *story) {
		c := st.filed(limited(want("from", "2026-12-01", first, "2500"), "2026-12-31"))
		st.at("2026-12-01 00:00:00")
		st.at("2027-01-02 00:00:00")
		if e := st.last(c.Number, models.Return); e.Late < 86400 || e.Late > 86700 {
			st.Fatalf("late by %d s", e.Late)
		}
		st.holds(first, "2000")
	})
}

// Somebody has changed the field meanwhile: nothing is overwritten, and both sides are told.
func TestChangedMeanwhile(t *testing.T) {
	tell(t, func(st *story) {
		c := st.filed(limited(want("from", "2026-12-01", first, "2500", further, "900"), "2026-12-31"))
		st.at("2026-12-01 00:00:00")
		st.applied(want("by", "2026-12-15", first, "2700"))
		st.at("2027-01-01 00:00:00")
		st.holds(first, "2700")
		st.holds(further, "1000") // that one nobody touched
		st.hear(c.Number, models.MailKept, st.Clerk.Email, st.Approver.Email, st.Deputy.Email, team)
		st.hear(c.Number, models.MailReturned)
		e := st.last(c.Number, models.Return)
		if len(e.Conflicts) != 1 || e.Conflicts[0].Field != first || e.Conflicts[0].Expected != "2500" || e.Conflicts[0].Found != "2700" {
			st.Fatalf("%+v", e.Conflicts)
		}
	})
}

// When everything was changed meanwhile there is no new version.
func TestEverythingChangedMeanwhile(t *testing.T) {
	tell(t, func(st *story) {
		c := st.filed(limited(want("from", "2026-12-01", first, "2500"), "2026-12-31"))
		st.at("2026-12-01 00:00:00")
		st.applied(want("by", "2026-12-15", first, "2700"))
		live := st.live().Live
		st.at("2027-01-01 00:00:00")
		if now := st.live().Live; now != live {
			st.Fatalf("version %d", now)
		}
		if got := st.get(c.Number); !got.Returned || got.KnockAt == nil && got.Status != models.Accepted {
			st.Fatalf("%+v", got.Request)
		}
		if len(st.told(c.Number, models.MailKept)) == 0 {
			st.Fatal("nobody was told")
		}
	})
}

// endings are the letters about the end of a temporary change, one of each kind and request.
func (st *story) endings() map[string]models.Letter {
	st.Helper()
	letters, err := st.s.LeaseMails(ctx, "test", 500, time.Minute)
	st.must(err)
	out := map[string]models.Letter{}
	for _, l := range letters {
		st.must(l.Err)
		if l.Mail.Kind == models.MailReturned || l.Mail.Kind == models.MailKept {
			out[l.Facts.Number+" "+string(l.Mail.Kind)] = l
		}
	}
	return out
}

// reads asserts which values a letter about an end says to hold from then on.
func (st *story) reads(l models.Letter, want ...models.MailReading) {
	st.Helper()
	if !slices.Equal(l.Facts.ReadBack, want) {
		st.Errorf("%s about %s reads %+v, want %+v", l.Mail.Kind, l.Facts.Number, l.Facts.ReadBack, want)
	}
}

// The letter about the end says which values hold from then on, however the end came about; what happens later is not its matter.
func TestEndSaysWhatHolds(t *testing.T) {
	tell(t, func(st *story) {
		file := func(field, value string) string {
			return st.filed(limited(want("from", "2026-12-01", field, value, further, "900"), "2026-12-31")).Number
		}
		back := file(first, "2500")
		st.at("2026-12-01 00:00:00")
		st.at("2027-01-01 00:00:00")
		fee, second := models.MailReading{Label: "Gebühr erste Geburtsurkunde", Value: "20,00\u00a0€"}, models.MailReading{Label: "Gebühr jede weitere Geburtsurkunde", Value: "10,00\u00a0€"}
		st.applied(want("by", "2027-01-15", first, "3000"))
		st.reads(st.endings()[back+" returned"], fee, second)
		partly := st.filed(limited(want("from", "2027-02-01", first, "2500", further, "900"), "2027-02-10")).Number
		st.at("2027-02-01 00:00:00")
		st.applied(want("by", "2027-02-05", first, "2700"))
		st.at("2027-02-11 00:00:00")
		fee.Value = "27,00\u00a0€"
		st.reads(st.endings()[partly+" kept"], fee, second)
		nothing := st.filed(limited(want("from", "2027-03-01", first, "2500"), "2027-03-10")).Number
		st.at("2027-03-01 00:00:00")
		st.applied(want("by", "2027-03-05", first, "2700")) // somebody brings the former value back
		live := st.live().Live
		st.at("2027-03-11 00:00:00")
		if st.live().Live != live {
			st.Fatal("the end has made a version")
		}
		st.applied(want("by", "2027-03-20", first, "3100"))
		st.reads(st.endings()[nothing+" returned"], fee)
	})
}

// Of a protected value the letter about the end says only that there is one.
func TestEndSaysNoSecret(t *testing.T) {
	tell(t, func(st *story) {
		file := func(kind, day, until, pw string) string {
			return st.filed(limited(models.FileInput{Form: Bautzen + "/" + Trade, Submit: true, Content: models.Content{
				Effective: &models.EffectiveInput{Kind: kind, Date: day}, Changes: changes(secret, fmt.Sprintf("%q", pw)),
			}}, until)).Number
		}
		file("by", "2026-12-01", "", "Ganz-Geheim-4711-Wort")
		st.knock()
		number := file("from", "2026-12-10", "2026-12-20", "Noch-Geheimer-0815-Wort")
		st.at("2026-12-10 00:00:00")
		st.at("2026-12-21 00:00:00")
		st.reads(st.endings()[number+" returned"], models.MailReading{Label: "ePayBL: Passwort des Keystores", Value: "(geschützt)"})
	})
}

// What is filed for after the return builds on the former value; at the same
// midnight the return comes first.
func TestAfterTheReturn(t *testing.T) {
	tell(t, func(st *story) {
		tmp := st.filed(limited(want("from", "2026-12-01", first, "2500"), "2026-12-31"))
		during := st.file(st.Clerk, fee("2600", "2026-12-15"))
		st.old(during.Number, "2500")
		st.do(st.Clerk, during.Number, models.Withdraw, "")
		midnight := st.filed(fee("2800", "2027-01-01"))
		st.old(midnight.Number, "2000")
		st.at("2026-12-01 00:00:00")
		late := st.filed(fee("2900", "2027-02-01"))
		st.old(late.Number, "2800")
		st.at("2027-01-01 00:00:00")
		st.is(midnight.Number, models.Applied)
		st.made(2, first, "2500", tmp.Number)
		st.made(3, first, "2000", tmp.Number)
		st.made(4, first, "2800", midnight.Number)
		st.hear(tmp.Number, models.MailKept)
		st.at("2027-02-01 00:00:00")
		st.is(late.Number, models.Applied)
	})
}

// What comes after the return does not depend on the temporary change: it may go.
func TestTemporaryGoneHarmsNobodyAfterIt(t *testing.T) {
	tell(t, func(st *story) {
		tmp := st.filed(limited(want("from", "2026-12-01", first, "2500"), "2026-12-31"))
		after := st.filed(fee("2800", "2027-02-01"))
		st.old(after.Number, "2000")
		st.do(st.Clerk, tmp.Number, models.Withdraw, "")
		st.blockedBy(after.Number)
		st.hear(after.Number, models.MailSuccessor)
		st.at("2027-02-01 00:00:00")
		st.is(after.Number, models.Applied)
		st.holds(first, "2800")
	})
}

// A temporary change on top of a permanent one goes back to that.
func TestTemporaryOnTop(t *testing.T) {
	tell(t, func(st *story) {
		perm := st.filed(fee("2500", "2026-12-01"))
		tmp := st.filed(limited(want("from", "2026-12-10", first, "2700"), "2026-12-20"))
		after := st.filed(fee("2800", "2027-02-01"))
		st.old(after.Number, "2500")
		st.at("2026-12-01 00:00:00")
		st.at("2026-12-10 00:00:00")
		st.at("2026-12-21 00:00:00")
		st.holds(first, "2500")
		st.made(2, first, "2500", perm.Number)
		st.made(3, first, "2700", tmp.Number)
		st.made(4, first, "2500", tmp.Number)
		st.at("2027-02-01 00:00:00")
		st.is(after.Number, models.Applied)
		st.holds(first, "2800")
	})
}

// Two temporary changes, one inside the other.
func TestTemporaryInsideATemporary(t *testing.T) {
	tell(t, func(st *story) {
		st.filed(limited(want("from", "2026-12-01", first, "2500"), "2027-01-31"))
		st.filed(limited(want("from", "2026-12-20", first, "2700"), "2026-12-24"))
		for _, x := range []struct{ at, want string }{{"2026-12-01", "2500"}, {"2026-12-20", "2700"}, {"2026-12-25", "2500"}, {"2027-02-01", "2000"}} {
			st.at(x.at + " 00:00:00")
			st.holds(first, x.want)
		}
	})
}

// A temporary change whose time is over is not applied any more; the way on is a new date.
func TestTimeIsOver(t *testing.T) {
	tell(t, func(st *story) {
		in := limited(want("from", "2026-12-01", first, "2500"), "2026-12-31")
		unapproved := st.file(st.Clerk, in)
		c := st.filed(in)
		st.do(st.Agent, unapproved.Number, models.Claim, "")
		st.at("2027-01-01 00:00:00")
		failed := st.is(c.Number, models.Failed)
		if f := failed.Failure; f.Reason != "until_past" {
			st.Fatalf("%+v", f)
		}
		if b := failed.Blockers; len(b) != 1 || b[0].Code != "failed" || b[0].Variant() != "until_past" {
			st.Errorf("the way out is not said: %+v", b)
		}
		_, err := st.try(st.Lead, unapproved.Number, models.Approve, models.Input{})
		st.refused(err, models.Conflict, "until_past")
		seen, err := st.s.Case(ctx, st.Lead, unapproved.Number)
		if err != nil {
			st.Fatal(err)
		}
		for _, a := range seen.Can {
			if a == models.Approve {
				st.Error("the page offers what the rules refuse")
			}
		}
		st.do(st.Agent, c.Number, models.Rebase, "")
		st.with(st.Agent, c.Number, models.Edit, effect("from", "2027-01-10", "2027-01-20"))
		st.do(st.Approver, c.Number, models.Approve, "")
		st.do(st.Lead, c.Number, models.Approve, "")
		st.at("2027-01-10 00:00:00")
		st.holds(first, "2500")
		st.at("2027-01-21 00:00:00")
		st.holds(first, "2000")
	})
}

// A deadline can be temporary too: at once, and back after its last day.
func TestTemporaryByADay(t *testing.T) {
	tell(t, func(st *story) {
		st.applied(limited(want("by", "2026-12-01", first, "2500"), "2026-12-31"))
		st.holds(first, "2500")
		st.at("2027-01-01 00:00:00")
		st.holds(first, "2000")
	})
}

// Maintenance is a switch: an event, a version and a mail, and no request.
func TestMaintenance(t *testing.T) {
	tell(t, func(st *story) {
		for _, u := range []models.User{st.Clerk, st.Approver, st.Agent, st.Admin} {
			code := "not_your_role"
			if u.AGS == "" {
				code = "access_needed_maintenance"
			}
			_, err := st.s.Maintain(ctx, u, Bautzen, Birth, true, nil)
			st.refused(err, models.Forbidden, code)
		}
		c := st.filed(fee("2500", "2026-12-01"))
		for i, on := range []bool{true, true, false} {
			v, err := st.s.Maintain(ctx, st.TenantAdmin, Bautzen, Birth, on, nil)
			if err != nil || v.Maintenance != on {
				st.Fatalf("%d: %+v %v", i, v, err)
			}
		}
		if n := st.one(`SELECT count(*) FROM configurations WHERE cause = 'maintenance'`); n != 2 {
			st.Fatalf("%d versions", n)
		}
		if n := st.one(`SELECT count(*) FROM events WHERE action = 'maintenance'`); n != 2 {
			st.Fatalf("%d events", n)
		}
		for to, want := range map[string]int64{office: 2, team: 2} {
			if n := st.one(`SELECT count(*) FROM mails WHERE kind = 'maintenance' AND recipient = ?`, to); n != want {
				st.Errorf("%d mails to %s", n, to)
			}
		}
		st.at("2026-12-01 00:00:00")
		st.is(c.Number, models.Applied) // the switch is no value and no conflict
	})
}

// Two temporary changes of a field, one laid on the other, end at the same time: what held before both holds, and nobody is told otherwise.
func TestTwoEndTogether(t *testing.T) {
	tell(t, func(st *story) {
		a := st.filed(limited(want("from", "2026-12-01", first, "2500"), "2026-12-31"))
		st.at("2026-12-01 00:00:00")
		b := st.applied(limited(want("by", "2026-12-15", first, "2700"), "2026-12-31"))
		st.at("2027-01-01 00:00:00")
		st.holds(first, "2000")
		for _, c := range []*models.Case{a, b} {
			if e := st.last(c.Number, models.Return); len(e.Conflicts) != 0 || len(st.told(c.Number, models.MailReturned)) == 0 || len(st.told(c.Number, models.MailKept)) != 0 {
				st.Errorf("%s: %+v", c.Number, e.EventData)
			}
		}
		for who, l := range st.endings() {
			if back := l.Facts.ReadBack; len(back) != 1 || !strings.Contains(back[0].Value, "20,00") {
				st.Errorf("%s reads %+v", who, back)
			}
		}
	})
}

// Where another request lies between them that stays, that is a change meanwhile.
func TestTwoEndTogetherOverAnother(t *testing.T) {
	tell(t, func(st *story) {
		a := st.filed(limited(want("from", "2026-12-01", first, "2500"), "2026-12-31"))
		st.at("2026-12-01 00:00:00")
		st.applied(want("by", "2026-12-15", first, "2600"))
		b := st.applied(limited(want("by", "2026-12-15", first, "2700"), "2026-12-31"))
		st.at("2027-01-01 00:00:00")
		st.holds(first, "2600")
		if e := st.last(a.Number, models.Return); len(e.Conflicts) != 1 {
			st.Errorf("%+v", e.EventData)
		}
		if e := st.last(b.Number, models.Return); len(e.Conflicts) != 0 {
			st.Errorf("%+v", e.EventData)
		}
	})
}

// What would contradict another value when a temporary change ends is refused when it is filed: at the end nobody is there to refuse it.
func TestWhatItsEndWouldContradict(t *testing.T) {
	tell(t, func(st *story) {
		st.filed(limited(want("from", "2026-12-01", first, "3000"), "2026-12-31"))
		refused := func(in models.FileInput) {
			t.Helper()
			_, err := st.s.File(ctx, st.Clerk, in)
			st.refused(err, models.Invalid, "not_together_later")
		}
		refused(want("from", "2026-12-15", further, "2500"))
		st.at("2026-12-01 00:00:00")
		refused(want("by", "2026-12-15", further, "2500"))
		refused(limited(want("by", "2026-12-15", further, "2500"), "2027-01-10"))
		st.applied(limited(want("by", "2026-12-15", further, "2500"), "2026-12-30"))
		st.applied(want("by", "2026-12-15", "gebuehren.auskunft", "1600"))
		st.at("2027-01-01 00:00:00")
		st.holds(first, "2000")
		st.holds(further, "1000")
	})
}

// What is allowed only as long as another value is lowered is refused, too.
func TestWhatAnEndWouldLeaveTooLow(t *testing.T) {
	tell(t, func(st *story) {
		st.applied(want("by", "2026-12-01", first, "3000", further, "2500"))
		st.filed(limited(want("from", "2026-12-01", further, "900"), "2026-12-31"))
		_, err := st.s.File(ctx, st.Clerk, want("from", "2026-12-20", first, "2000"))
		st.refused(err, models.Invalid, "not_together_later")
		st.filed(want("from", "2026-12-20", first, "2500"))
		st.at("2026-12-20 00:00:00")
		st.at("2027-01-01 00:00:00")
		st.holds(first, "2500")
		st.holds(further, "2500")
	})
}

// A former value that the questionnaire no longer allows does not come back; both sides are told why.
func TestFormerValueIsForbidden(t *testing.T) {
	const shipping = "gebuehren.versand"
	tell(t, func(st *story) {
		a := st.filed(limited(want("from", "2026-12-01", shipping, "500", first, "2500"), "2026-12-31"))
		st.at("2026-12-01 00:00:00")
		st.newQuestionnaire(`"constraints":{"max":10000,"min":0}`, `"constraints":{"max":10000,"min":300}`, `"default":0`, `"default":300`)
		st.foresees("2027-01-05", shipping, "500")
		later := st.filed(want("from", "2027-01-10", shipping, "900"))
		st.old(later.Number, "500")
		st.at("2027-01-01 00:00:00")
		st.holds(shipping, "500")
		st.holds(first, "2000")
		e := st.last(a.Number, models.Return)
		if len(e.Conflicts) != 1 || e.Conflicts[0].Field != shipping || e.Conflicts[0].Found != "0" || e.Conflicts[0].Code != "too_small" {
			st.Errorf("%+v", e.Conflicts)
		}
		st.hear(a.Number, models.MailKept, st.Clerk.Email, st.Approver.Email, st.Deputy.Email, team)
		st.at("2027-01-10 00:00:00")
		st.is(later.Number, models.Applied)
	})
}

// Neither does one come back into a field that has become another kind of text and does not take it.
func TestFormerValueIsOfAnotherKind(t *testing.T) {
	const place = "kontakt.ansprechstelle"
	tell(t, func(st *story) {
		st.filed(limited(want("from", "2026-12-01", place, `"https://www.bautzen.de/"`), "2026-12-31"))
		st.at("2026-12-01 00:00:00")
		st.newQuestionnaire(`"default":"Standesamt"`, `"default":"https://www.bautzen.de/amt"`, `"example":"Standesamt"`, `"example":"https://www.bautzen.de/amt"`,
			`"key":"kontakt.ansprechstelle","label":"Ansprechstelle","type":"text"`, `"key":"kontakt.ansprechstelle","label":"Ansprechstelle","type":"url"`)
		st.at("2027-01-01 00:00:00")
		st.holds(place, `"https://www.bautzen.de/"`)
	})
}

// What may be filed with its end may be typed before its end is known.
func TestADraftIsNotHeldAgainstEnds(t *testing.T) {
	tell(t, func(st *story) {
		st.filed(limited(want("from", "2026-12-01", first, "3000"), "2026-12-31"))
		st.at("2026-12-01 00:00:00")
		in := want("by", "2026-12-15", further, "2500")
		in.Submit, in.Content.Effective = false, nil
		c := st.file(st.Clerk, in)
		_, err := st.try(st.Clerk, c.Number, models.Edit, effect("by", "2026-12-15", ""))
		st.refused(err, models.Invalid, "not_together_later")
		st.with(st.Clerk, c.Number, models.Edit, effect("by", "2026-12-15", "2026-12-30"))
		st.do(st.Clerk, c.Number, models.Submit, "")
	})
}
