package models_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"formwandel/models"
	"formwandel/models/fields"
	. "formwandel/models/modelstest"
)

// Two requests want the same at once: the second fails, the configuration
// stays, both sides are told field by field, and the way on is a rebase.
func TestConflictAndRebase(t *testing.T) {
	tell(t, func(st *story) {
		a := st.file(st.Clerk, want("from", "2027-01-01", first, "2500"))
		b := st.file(st.Clerk2, want("from", "2027-01-01", first, "2800", further, "1100"))
		st.approved(a.Number)
		st.blockedBy(b.Number, "not_claimed", "approval_missing_municipality", "approval_missing_provider", "old_value_changed")
		st.approved(b.Number)
		st.at("2027-01-01 00:00:00")
		st.is(a.Number, models.Applied)
		live := st.live()
		c := st.is(b.Number, models.Failed)
		if live.Live != 2 || string(live.Values[further]) != "1000" {
			st.Fatal("not all or nothing")
		}
		if f := c.Failure; f == nil || f.Reason != "conflict" || len(f.Conflicts) != 1 || f.Conflicts[0].Field != first || f.Conflicts[0].Expected != "2000" || f.Conflicts[0].Found != "2500" {
			st.Fatalf("%+v", c.Failure)
		}
		st.hear(b.Number, models.MailFailed, st.Clerk2.Email, st.Agent.Email, st.Approver.Email, st.Lead.Email, team)
		if e := st.last(b.Number, models.Fail); e.Reason != "conflict" || len(e.Conflicts) != 1 || e.From != models.Approved || e.To != models.Failed || e.ActorID != nil {
			st.Fatalf("%+v", e)
		}
		st.blockedBy(b.Number, "failed")
		r := st.do(st.Agent, b.Number, models.Rebase, "")
		if r.Status != models.InReview || r.Failure != nil || len(r.Given) != 0 || r.Changes[0].Old != "2500" {
			st.Fatalf("%+v", r.Request)
		}
		st.do(st.Approver, b.Number, models.Approve, "")
		st.do(st.Lead, b.Number, models.Approve, "")
		st.knock()
		st.is(b.Number, models.Applied)
		st.holds(first, "2800")
		st.holds(further, "1100")
	})
}

// All changes of a request apply together or not at all.
func TestTogetherOrNotAtAll(t *testing.T) {
	tell(t, func(st *story) {
		c := st.filed(want("from", "2027-01-01", "gebuehren.auskunft", "1600", first, "2500", notice, `"Neu."`))
		st.applied(want("by", "2026-12-01", notice, `"Anders."`))
		st.at("2027-01-01 00:00:00")
		f := st.is(c.Number, models.Failed)
		if len(f.Failure.Conflicts) != 1 || f.Failure.Conflicts[0].Field != notice {
			st.Fatalf("%+v", f.Failure)
		}
		st.holds(first, "2000")
		st.holds("gebuehren.auskunft", "1500")
	})
}

// Values that were right each for themselves may not fit together any more.
func TestNoLongerValid(t *testing.T) {
	tell(t, func(st *story) {
		c := st.filed(want("from", "2027-01-01", further, "1900"))
		st.applied(want("by", "2026-12-01", first, "1800"))
		st.at("2027-01-01 00:00:00")
		f := st.is(c.Number, models.Failed)
		if f.Failure.Reason != "no_longer_valid" || len(f.Failure.Conflicts) != 1 || f.Failure.Conflicts[0].Code != "not_above" {
			st.Fatalf("%+v", f.Failure)
		}
		st.holds(further, "1000")
	})
}

// Approval that comes after the day applies at once, and says by how much it is late.
func TestLateApproval(t *testing.T) {
	tell(t, func(st *story) {
		c := st.file(st.Clerk, fee("2500", "2027-01-01"))
		st.at("2027-01-03 00:00:00")
		st.approved(c.Number)
		st.knock()
		got := st.is(c.Number, models.Applied)
		st.holds(first, "2500")
		st.late(got, 2*86400)
	})
}

// The mail about something applied says by how much it is late and reads the
// values back from the version that was made.
func TestMailReadsBack(t *testing.T) {
	tell(t, func(st *story) {
		c := st.file(st.Clerk, want("from", "2027-01-01", first, "2500", further, "1100"))
		st.at("2027-01-03 00:00:00")
		st.approved(c.Number)
		st.knock()
		st.applied(want("by", "2027-01-05", first, "2600")) // what came later is not what was applied
		letters, err := st.s.LeaseMails(ctx, "test", 500, time.Minute)
		if err != nil {
			st.Fatal(err)
		}
		for _, l := range letters {
			if l.Mail.Kind != models.MailApplied || l.Facts.Number != c.Number {
				continue
			}
			f := l.Facts
			if f.Late < 48*time.Hour || f.Late > 49*time.Hour || f.ConfigNumber != 2 || len(f.ReadBack) != 2 || !strings.HasPrefix(f.ReadBack[0].Value, "25,00") {
				st.Fatalf("%+v", f)
			}
			return
		}
		st.Fatal("no such mail")
	})
}

// late asserts by how many seconds something was applied late; a test may take a few of its own.
func (st *story) late(c *models.Case, want int64) {
	st.Helper()
	if c.Late == nil {
		st.Fatalf("%s is not late, want %d s", c.Number, want)
	}
	if d := *c.Late - want; d < 0 || d > 300 {
		st.Errorf("%s is late by %d s, want %d", c.Number, *c.Late, want)
	}
	if e := st.last(c.Number, models.Apply); e.Late != *c.Late {
		st.Errorf("history says late by %d s, the request %d", e.Late, *c.Late)
	}
}

// Whoever approves when the day has come is late by every second; the clock's own few seconds are no delay.
func TestLateBySeconds(t *testing.T) {
	tell(t, func(st *story) {
		in := st.filed(fee("2500", "2027-01-01"))
		c, d := st.file(st.Clerk, want("from", "2027-01-01", further, "900")), st.file(st.Clerk, want("by", "2026-12-31", "kontakt.sprechzeiten", `"Mo 9-12 Uhr"`))
		st.do(st.Agent, c.Number, models.Claim, "")
		st.do(st.Agent, d.Number, models.Claim, "")
		st.at("2026-12-31 23:59:55")
		st.do(st.Approver, c.Number, models.Approve, "")
		st.at("2027-01-01 00:00:02")
		st.knock()
		if got := st.is(in.Number, models.Applied); got.Late != nil {
			st.Errorf("the clock was late by %d s", *got.Late)
		}
		st.do(st.Lead, c.Number, models.Approve, "")
		st.do(st.Lead, d.Number, models.Approve, "")
		st.knock()
		for _, n := range []string{c.Number, d.Number} {
			if got := st.is(n, models.Applied); got.Late == nil || *got.Late < 1 || *got.Late > 9 {
				st.Errorf("%s: late is %v", n, got.Late)
			} else if e := st.last(n, models.Apply); e.Late != *got.Late {
				st.Errorf("history says late by %d s, the request %d", e.Late, *got.Late)
			}
		}
	})
}

// A deadline is kept until the last second of its day, and broken after 24:00.
func TestDeadlineIsTheEndOfTheDay(t *testing.T) {
	tell(t, func(st *story) {
		c := st.file(st.Clerk, want("by", "2026-12-15", first, "2500"))
		d := st.file(st.Clerk, want("by", "2026-12-14", further, "900"))
		st.at("2026-12-15 23:58:00")
		st.approved(c.Number)
		st.approved(d.Number)
		st.knock()
		if c := st.is(c.Number, models.Applied); c.Late != nil {
			st.Fatalf("on the last evening it is not late: %d", *c.Late)
		}
		st.late(st.is(d.Number, models.Applied), 86400-120)
	})
}

// The lead may apply what has a deadline and is approved, and nothing else.
func TestLeadAppliesNow(t *testing.T) {
	tell(t, func(st *story) {
		c := st.filed(want("by", "2026-12-15", first, "2500"))
		for _, u := range []models.User{st.Agent, st.Clerk, st.Approver, st.Admin} {
			_, err := st.try(u, c.Number, models.Apply, models.Input{})
			st.refused(err, models.Forbidden, "not_your_role")
		}
		st.do(st.Lead2, c.Number, models.Apply, "")
		st.holds(first, "2500")
		if e := st.last(c.Number, models.Apply); e.ActorID == nil || *e.ActorID != st.Lead2.ID {
			st.Fatalf("%+v", e)
		}
		if n := st.knock(); n != 0 {
			st.Fatal("it was applied twice")
		}
		f := st.filed(fee("2600", "2027-01-01"))
		_, err := st.try(st.Lead, f.Number, models.Apply, models.Input{})
		st.refused(err, models.Conflict, "only_by")
	})
}

// What the lead applies can fail like what the clock applies.
func TestLeadAppliesIntoAConflict(t *testing.T) {
	tell(t, func(st *story) {
		a := st.file(st.Clerk, want("by", "2026-12-15", first, "2500"))
		b := st.file(st.Clerk, want("by", "2026-12-15", first, "2600"))
		st.approved(a.Number)
		st.approved(b.Number)
		st.do(st.Lead, b.Number, models.Apply, "")
		st.holds(first, "2600")
		if c := st.do(st.Lead, a.Number, models.Apply, ""); c.Status != models.Failed {
			st.Fatal(c.Status)
		}
		st.holds(first, "2600")
	})
}

// The clock was away over several due days: all is applied in order, each with its lateness.
func TestDowntime(t *testing.T) {
	tell(t, func(st *story) {
		c := st.filed(fee("2500", "2027-01-01"))
		d := st.filed(fee("2800", "2027-02-01"))
		e := st.filed(fee("3000", "2027-03-01"))
		st.old(e.Number, "2800")
		st.at("2027-03-02 00:00:00")
		st.late(st.is(c.Number, models.Applied), 60*86400)
		st.late(st.is(d.Number, models.Applied), 29*86400)
		st.late(st.is(e.Number, models.Applied), 86400)
		st.holds(first, "3000")
		st.made(2, first, "2500", c.Number)
		st.made(3, first, "2800", d.Number)
		st.made(4, first, "3000", e.Number)
	})
}

// A version says who made it, why, when it was meant and when it came.
func TestVersionTellsItsStory(t *testing.T) {
	tell(t, func(st *story) {
		c := st.filed(fee("2500", "2027-01-01"))
		st.at("2027-01-01 00:00:00")
		v, err := st.s.Version(ctx, st.Clerk, Bautzen, Birth, 2)
		if err != nil {
			st.Fatal(err)
		}
		if v.Request != c.Number || v.Cause != "apply" || v.Effective.In(berlin).String() != "2027-01-01 00:00:00 +0100 CET" {
			st.Fatalf("%+v", v)
		}
		diff, err := st.s.Diff(ctx, st.Clerk, Bautzen, Birth, 1, 2)
		if err != nil || len(diff) != 1 || diff[0].Old != "2000" || diff[0].New != "2500" {
			st.Fatalf("%+v %v", diff, err)
		}
		if p := st.is(c.Number, models.Applied); p.ConfigNumber == nil || *p.ConfigNumber != 2 {
			st.Fatalf("%v", p.ConfigNumber)
		}
	})
}

// The form on a day is the live one plus everything approved.
func TestFormOnADay(t *testing.T) {
	tell(t, func(st *story) {
		st.filed(limited(want("from", "2027-01-01", first, "2500"), "2027-01-31"))
		st.filed(fee("2800", "2027-03-01"))
		st.file(st.Clerk, fee("9900", "2027-02-01")) // nobody has approved that
		look := func() {
			for day, want := range map[string]string{"2026-12-31": "2000", "2027-01-01": "2500", "2027-01-31": "2500", "2027-02-01": "2000", "2027-02-28": "2000", "2027-03-01": "2800"} {
				f, err := st.s.FormOn(ctx, st.Clerk, Bautzen, Birth, day)
				if err != nil || string(f.Values[first]) != want {
					st.Errorf("on %s: %s (%v), want %s", day, f.Values[first], err, want)
				}
			}
		}
		look()
		st.at("2027-01-01 00:00:00")
		look()
		st.at("2027-02-01 00:00:00")
		st.at("2027-03-01 00:00:00")
		look() // what was foreseen is what happened
	})
}

// A protected field that is empty has nothing to be emptied of.
func TestProtectedEmptyAlready(t *testing.T) {
	tell(t, func(st *story) {
		for _, submit := range []bool{true, false} {
			_, err := st.s.File(ctx, st.Clerk, models.FileInput{Form: Bautzen + "/" + Trade, Submit: submit, Content: models.Content{
				Effective: &models.EffectiveInput{Kind: "by", Date: "2026-12-01"}, Changes: changes(secret, `""`),
			}})
			st.refused(err, models.Invalid, "unchanged")
		}
	})
}

// A protected value is written once, sealed, and stands nowhere else.
func TestProtectedValueIsNowhere(t *testing.T) {
	const password = "Ganz-Geheim-4711-Wort"
	const password2 = "Noch-Geheimer-0815-Wort"
	tell(t, func(st *story) {
		file := func(pw string) *models.Case {
			return st.file(st.Clerk, models.FileInput{Form: Bautzen + "/" + Trade, Submit: true, Content: models.Content{
				Effective: &models.EffectiveInput{Kind: "by", Date: "2026-12-01"}, Changes: changes(secret, fmt.Sprintf("%q", pw)),
			}})
		}
		a, b := file(password), file(password2)
		st.approved(a.Number)
		st.approved(b.Number)
		st.knock()
		st.is(a.Number, models.Applied)
		f := st.is(b.Number, models.Failed) // both were filed on the empty value
		if c := f.Failure.Conflicts[0]; c.Expected != "" || c.Found != fields.Concealed {
			st.Fatalf("%+v", c)
		}
		st.do(st.Agent, b.Number, models.Rebase, "")
		st.with(st.Agent, b.Number, models.Edit, edit(secret, "null")) // shown to nobody, so kept as it is
		st.do(st.Approver, b.Number, models.Approve, "")
		st.do(st.Lead, b.Number, models.Approve, "")
		st.knock()
		st.is(b.Number, models.Applied)
		letters, err := st.s.LeaseMails(ctx, "test", 500, 1e9)
		if err != nil || len(letters) == 0 {
			st.Fatal(err)
		}
		view, err := st.s.Form(ctx, st.Clerk, Bautzen, Trade)
		if err != nil {
			st.Fatal(err)
		}
		diff, err := st.s.Diff(ctx, st.Clerk, Bautzen, Trade, 1, 2)
		if err != nil || len(diff) != 1 || diff[0].Field.Key != secret {
			st.Fatalf("the difference says only that it changed: %+v %v", diff, err)
		}
		public, err := st.s.Public(ctx, Bautzen, Trade)
		if err != nil {
			st.Fatal(err)
		}
		version, err := st.s.Version(ctx, st.Auditor, Bautzen, Trade, 2)
		if err != nil {
			st.Fatal(err)
		}
		if _, ok := view.Values[secret]; ok {
			st.Error("the form shows it")
		}
		if _, ok := version.Values[secret]; ok {
			st.Error("the version shows it")
		}
		if d := diff[0]; d.Old != "" || d.New != fields.Concealed {
			st.Errorf("the difference shows it: %+v", d)
		}
		for number, sentence := range map[string]string{
			a.Number: "ePayBL: Passwort des Keystores: (leer) → neuer Wert (geschützt), bis spätestens 01.12.2026",
			b.Number: "ePayBL: Passwort des Keystores: (geschützt) → neuer Wert (geschützt), bis spätestens 01.12.2026",
		} {
			c, e := st.get(number), st.last(number, models.Apply)
			for where, said := range map[string]string{
				"the request": c.Fields[0].Sentence(c.Changes[0].Old, c.Changes[0].New, c.Effective(), "de"),
				"the history": e.Fields[0].Sentence(e.Changes[0].Old, e.Changes[0].New, *e.Effective, "de"),
			} {
				if said != sentence {
					st.Errorf("%s of %s says %q", where, number, said)
				}
			}
			n := 0
			for _, l := range letters {
				if l.Facts.Number == number && l.Mail.Kind == models.MailApplied {
					if n++; len(l.Facts.Sentences) != 1 || l.Facts.Sentences[0] != sentence {
						st.Errorf("a letter about %s says %q", number, l.Facts.Sentences)
					}
				}
				if l.Mail.Kind == models.MailFailed && (l.Facts.Conflicts[0].Expected != "(leer)" || l.Facts.Conflicts[0].Found != "(geschützt)") {
					st.Errorf("the letter about the conflict says %+v", l.Facts.Conflicts)
				}
			}
			if n == 0 {
				st.Errorf("no letter about %s", number)
			}
		}
		seen := st.everything()
		seen["letters"], seen["view"], seen["public"] = fmt.Sprintf("%+v", letters), fmt.Sprintf("%+v", view.Values), string(public.Body)
		for _, n := range []string{a.Number, b.Number} {
			seen["case"] += fmt.Sprintf("%+v", st.get(n))
			seen["history"] += fmt.Sprintf("%+v", st.history(n))
		}
		for where, text := range seen {
			st.hides(where, text, password, password2)
		}
		if found, _, err := st.s.Requests(ctx, st.Auditor, models.Filter{Q: "Geheim"}); err != nil || len(found) != 0 {
			st.Errorf("the search finds it: %v", err)
		}
		if n := st.one(`SELECT count(*) FROM secrets`); n != 2 {
			st.Fatalf("%d secrets", n)
		}
		refs := st.rows(`SELECT ref FROM secrets`)
		for _, where := range []string{"events", "mails", "letters", "view", "public", "history", "requests"} {
			for _, r := range refs {
				st.hides(where, seen[where], r[0])
			}
		}
	})
}

// hides asserts that a text names none of the words.
func (st *story) hides(where, text string, words ...string) {
	st.Helper()
	for _, w := range words {
		if i := strings.Index(text, w); i >= 0 {
			st.Errorf("%s shows it: %s", where, text[max(0, i-80):min(len(text), i+80)])
		}
	}
}
