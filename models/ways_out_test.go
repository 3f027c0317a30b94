package models_test

import (
	"slices"
	"testing"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// From wherever a request may be rejected, everybody who took part is told why.
func TestReject(t *testing.T) {
	tell(t, func(st *story) {
		for _, x := range []struct {
			in  models.Status
			who models.User
		}{
			{models.Submitted, st.Approver}, {models.InReview, st.Agent}, {models.Question, st.Lead}, {models.Approved, st.Approver},
		} {
			n := st.in(x.in)
			_, err := st.try(x.who, n, models.Reject, models.Input{Comment: "  "})
			st.refused(err, models.Invalid, "comment_required")
			c := st.do(x.who, n, models.Reject, "Steht nicht in der Satzung.")
			if c.Status != models.Rejected || c.Open || c.KnockAt != nil || c.Waiting != 0 {
				st.Fatalf("from %s: %+v", x.in, c.Request)
			}
			if got := st.told(n, models.MailRejected); len(got) < 2 || got[0] != st.Clerk.Email {
				st.Fatalf("%v", got)
			}
			if e := st.last(n, models.Reject); e.Comment != "Steht nicht in der Satzung." {
				st.Fatalf("%+v", e)
			}
		}
		st.at("2027-06-02 00:00:00")
		st.holds(first, "2000")
	})
}

func TestWithdraw(t *testing.T) {
	tell(t, func(st *story) {
		for _, s := range []models.Status{models.Submitted, models.InReview, models.Question, models.Approved, models.Failed} {
			n := st.in(s)
			if c := st.do(st.Clerk2, n, models.Withdraw, "Doch nicht."); c.Status != models.Withdrawn || c.KnockAt != nil {
				st.Fatalf("from %s: %+v", s, c.Request)
			}
			if got := st.told(n, models.MailWithdrawn); len(got) < 2 {
				st.Fatalf("%s: %v", s, got)
			}
		}
		live := st.live().Live
		st.at("2027-06-02 00:00:00")
		if now := st.live().Live; now != live {
			st.Fatal("something withdrawn was applied")
		}
	})
}

// What is approved can be taken up again before it is due, and not after.
func TestReopen(t *testing.T) {
	tell(t, func(st *story) {
		c := st.filed(fee("2500", "2027-01-01"))
		_, err := st.try(st.Clerk2, c.Number, models.Reopen, models.Input{})
		st.refused(err, models.Forbidden, "not_your_role")
		_, err = st.try(st.Agent2, c.Number, models.Reopen, models.Input{})
		st.refused(err, models.Forbidden, "not_assignee")
		r := st.do(st.Clerk, c.Number, models.Reopen, "Noch eine Frage.")
		if r.Status != models.InReview || len(r.Given) != 0 || r.ApplyAt != nil || r.ApprovedAt != nil {
			st.Fatalf("%+v", r.Request)
		}
		st.hear(c.Number, models.MailReopened, st.Clerk.Email, st.Agent.Email, st.Approver.Email, st.Lead.Email, team)
		st.with(st.Agent, c.Number, models.Edit, edit(first, "2600"))
		st.do(st.Approver, c.Number, models.Approve, "")
		st.do(st.Lead, c.Number, models.Approve, "")
		st.on("2027-01-01") // the clock has not knocked yet
		_, err = st.try(st.Agent, c.Number, models.Reopen, models.Input{})
		st.refused(err, models.Conflict, "already_due")
		st.knock()
		st.holds(first, "2600")
	})
}

// What holds already when a request is taken up again is named, and nobody approves it: no version is made that changes nothing.
func TestRebasedOnWhatItWants(t *testing.T) {
	tell(t, func(st *story) {
		c := st.filed(want("from", "2027-01-01", first, "2800", further, "1200"))
		st.applied(want("by", "2026-12-01", first, "2800"))
		st.at("2027-01-01 00:00:00")
		st.is(c.Number, models.Failed)
		st.do(st.Agent, c.Number, models.Rebase, "")
		st.old(c.Number, "2800")
		st.blockedBy(c.Number, "approval_missing_municipality", "approval_missing_provider", "unchanged")
		for _, u := range []models.User{st.Approver, st.Lead} {
			_, err := st.try(u, c.Number, models.Approve, models.Input{})
			st.refused(err, models.Invalid, "unchanged")
		}
		st.with(st.Agent, c.Number, models.Edit, edit(further, "1200"))
		st.blockedBy(c.Number, "approval_missing_municipality", "approval_missing_provider")
		st.do(st.Approver, c.Number, models.Approve, "")
		st.do(st.Lead, c.Number, models.Approve, "")
		st.knock()
		st.is(c.Number, models.Applied)
		st.holds(further, "1200")
	})
}

// Where nothing is left to change, the ways out are to reject and to withdraw.
func TestRebasedOnNothingElse(t *testing.T) {
	tell(t, func(st *story) {
		c := st.filed(want("from", "2027-01-01", first, "2800"))
		st.applied(want("by", "2026-12-01", first, "2800"))
		st.at("2027-01-01 00:00:00")
		live := st.live().Live
		st.do(st.Agent, c.Number, models.Rebase, "")
		_, err := st.try(st.Approver, c.Number, models.Approve, models.Input{})
		st.refused(err, models.Invalid, "unchanged")
		st.do(st.Agent, c.Number, models.Reject, "Der Wert gilt schon.")
		if st.live().Live != live {
			st.Error("a version that changes nothing")
		}
	})
}

// The way back is a request of its own, linked, and needs approval like any other.
func TestRevert(t *testing.T) {
	tell(t, func(st *story) {
		c := st.applied(want("by", "2026-12-01", first, "2500", further, "1200"))
		back := st.do(st.Clerk, c.Number, models.Revert, "")
		if back.Number == c.Number || back.Status != models.Draft || back.RevertsWhat != c.Number || back.Kind != "by" || back.Date.String() != "2026-11-24" {
			st.Fatalf("%+v", back.Request)
		}
		for i, w := range []struct{ old, new string }{{"2500", "2000"}, {"1200", "1000"}} {
			if ch := back.Changes[i]; string(ch.Old) != w.old || string(ch.New) != w.new {
				st.Errorf("the way back: %+v", ch)
			}
		}
		if s := st.get(back.Number).Sections; len(s) != 1 || s[0] != "gebuehren" {
			st.Errorf("sections %v", s)
		}
		st.blockedBy(back.Number)
		if by := st.get(c.Number).RevertedBy; len(by) != 1 || by[0] != back.Number {
			st.Fatalf("not linked: %v", by)
		}
		if e := st.last(c.Number, models.Revert); e.Other != back.Number {
			st.Fatalf("%+v", e)
		}
		if st.get(c.Number).Version != c.Version {
			st.Fatal("the request itself has not changed")
		}
		st.holds(first, "2500")
		_, err := st.try(st.Approver, back.Number, models.Approve, models.Input{})
		st.refused(err, models.Conflict, "wrong_state")
		st.do(st.Clerk, back.Number, models.Submit, "")
		st.approved(back.Number)
		st.knock()
		st.is(back.Number, models.Applied)
		st.holds(first, "2000")
		st.holds(further, "1000")
		_, err = st.try(st.Clerk, c.Number, models.Revert, models.Input{})
		st.refused(err, models.Conflict, "nothing_to_revert")
	})
}

// What lay below a temporary change comes back once that is over, not the value that was approved until then only.
func TestRevertOfWhatLayOnATemporary(t *testing.T) {
	tell(t, func(st *story) {
		st.filed(limited(want("from", "2026-12-01", first, "3000"), "2026-12-31"))
		st.at("2026-12-01 00:00:00")
		b := st.applied(want("by", "2026-12-15", first, "3500"))
		during := st.do(st.Clerk, b.Number, models.Revert, "")
		if ch := during.Changes[0]; ch.Old != "3500" || ch.New != "3000" {
			st.Errorf("while its time lasts: %+v", ch)
		}
		st.at("2027-01-04 09:00:00")
		after := st.do(st.Clerk, b.Number, models.Revert, "")
		if ch := after.Changes[0]; ch.Old != "3500" || ch.New != "2000" {
			st.Errorf("when it is over: %+v", ch)
		}
	})
}

// A field of which the questionnaire has made another kind has no way back: what were euros are not days, and what was secret stays it.
func TestRevertOfAnotherKind(t *testing.T) {
	tell(t, func(st *story) {
		const shipping = "gebuehren.versand"
		b := st.applied(want("by", "2026-12-01", shipping, "700", first, "2500"))
		only := st.applied(want("by", "2026-12-01", shipping, "900"))
		st.newQuestionnaire(`"label":"Gebühr für den Versand","required":true,"type":"money"`, `"label":"Versanddauer in Tagen","required":true,"type":"integer"`)
		back := st.do(st.Clerk, b.Number, models.Revert, "")
		if len(back.Changes) != 1 || back.Changes[0].Field != first {
			st.Errorf("%+v", back.Changes)
		}
		st.cannotGoBack(only.Number)
	})
}

// What was secret does not come back as something to read, nor the other way round.
func TestRevertOfASecret(t *testing.T) {
	tell(t, func(st *story) {
		const secret, purpose = "zahlung.epaybl_keystore_passwort", "zahlung.epaybl_verwendungszweck"
		at := func(field, value string) models.FileInput {
			in := want("by", "2026-12-01", field, value)
			in.Form = Bautzen + "/" + Trade
			return in
		}
		st.applied(at(secret, `"geheim-eins"`))
		wasSecret, wasPlain := st.applied(at(secret, `"geheim-zwei"`)), st.applied(at(purpose, `"ZWEI"`))
		st.nextOf(Trade, `"label":"ePayBL: Passwort des Keystores","type":"protected"`, `"label":"ePayBL: Hinweis","type":"text"`,
			`"label":"ePayBL: Verwendungszweck","type":"text"`, `"label":"ePayBL: Verwendungszweck","type":"protected"`,
			`"default":"GEWERBEANMELDUNG","example":"GEWERBEANMELDUNG",`, ``)
		st.cannotGoBack(wasSecret.Number)
		st.cannotGoBack(wasPlain.Number)
	})
}

// cannotGoBack sees that a way back is neither offered nor taken.
func (st *story) cannotGoBack(number string) {
	st.Helper()
	c, err := st.s.Case(ctx, st.Clerk, number)
	st.must(err)
	if slices.Contains(c.Can, models.Revert) {
		st.Errorf("%s: a way back is offered", number)
	}
	_, err = st.try(st.Clerk, number, models.Revert, models.Input{})
	st.refused(err, models.Conflict, "nothing_to_revert")
}

// A temporary change that was taken back before its end is over quietly: what held before holds, and nobody is told otherwise.
func TestTakenBackBeforeItsEnd(t *testing.T) {
	tell(t, func(st *story) {
		c := st.applied(limited(want("by", "2026-11-30", first, "2500", further, "1200"), "2026-12-31"))
		back := st.do(st.Clerk, c.Number, models.Revert, "")
		st.do(st.Clerk, back.Number, models.Submit, "")
		st.approved(back.Number)
		st.knock()
		st.holds(first, "2000")
		st.applied(want("by", "2026-12-05", further, "1300"))
		st.at("2027-01-01 00:00:00")
		if e := st.last(c.Number, models.Return); e.Config != 0 || len(e.Conflicts) != 1 || e.Conflicts[0].Field != further {
			st.Errorf("%+v", e.EventData) // only what is another value now
		}
		st.holds(first, "2000")
		st.holds(further, "1300")

		c = st.applied(limited(want("by", "2027-01-10", first, "2500"), "2027-01-31"))
		back = st.do(st.Clerk, c.Number, models.Revert, "")
		st.do(st.Clerk, back.Number, models.Submit, "")
		st.approved(back.Number)
		st.knock()
		versions := st.live().Live
		st.foresees("2027-02-01", first, "2000")
		st.at("2027-02-01 00:00:00")
		st.hear(c.Number, models.MailKept)
		st.hear(c.Number, models.MailReturned, st.Clerk.Email, st.Approver.Email, st.Deputy.Email, team)
		if e := st.last(c.Number, models.Return); len(e.Conflicts) != 0 || e.Config != 0 {
			st.Errorf("%+v", e.EventData)
		}
		if st.live().Live != versions || !st.get(c.Number).Returned {
			st.Error("it is not over quietly")
		}
		st.holds(first, "2000")
	})
}

// A temporary change whose time is over leaves nothing to take back: what held without it holds again. What is not possible is not offered.
func TestNothingIsTakenBackTwice(t *testing.T) {
	tell(t, func(st *story) {
		over := st.applied(limited(want("by", "2026-11-30", first, "2500"), "2026-12-10"))
		once := st.applied(want("by", "2026-11-30", further, "1200"))
		offered := func(number string, want bool) {
			st.Helper()
			c, err := st.s.Case(ctx, st.Clerk, number)
			if err != nil || slices.Contains(c.Can, models.Revert) != want {
				st.Errorf("%s offers %v, %v", number, c.Can, err)
			}
			if _, err := st.try(st.Clerk, number, models.Revert, models.Input{}); (err == nil) != want {
				st.Errorf("%s: %v", number, err)
			}
		}
		offered(over.Number, true)
		back := st.do(st.Clerk, once.Number, models.Revert, "")
		st.do(st.Clerk, back.Number, models.Submit, "")
		st.approved(back.Number)
		st.knock()
		offered(once.Number, false)
		st.at("2026-12-11 00:00:00")
		st.applied(want("by", "2026-12-20", first, "2700"))
		offered(over.Number, false)
	})
}

// Who asks for today knows that the day has begun: nobody is told that it is missed, neither when it was filed nor when it was edited so.
func TestTodayIsNotOverdue(t *testing.T) {
	tell(t, func(st *story) {
		c := st.file(st.Clerk, want("from", "2026-11-23", first, "2500"))
		later := st.file(st.Clerk, want("from", "2026-12-10", further, "1200"))
		edited := models.Content{Effective: &models.EffectiveInput{Kind: "from", Date: "2026-11-23"}}
		if _, err := st.try(st.Clerk, later.Number, models.Edit, models.Input{Content: &edited}); err != nil {
			st.Fatal(err)
		}
		for range 3 {
			st.knock()
		}
		st.at("2026-11-24 09:00:00")
		for _, n := range []string{c.Number, later.Number} {
			if st.times(n, models.Overdue) != 0 {
				st.Errorf("%s is overdue", n)
			}
			st.hear(n, models.MailOverdue)
		}
		st.audit()
	})
}

// What the provider drafts, a clerk makes the municipality's by submitting it.
func TestProvidersRevert(t *testing.T) {
	tell(t, func(st *story) {
		c := st.applied(want("by", "2026-12-01", first, "2500"))
		back := st.do(st.Agent, c.Number, models.Revert, "")
		st.hear(c.Number, models.MailReverted, st.Clerk.Email)
		_, err := st.try(st.Agent, back.Number, models.Submit, models.Input{})
		st.refused(err, models.Forbidden, "not_your_role")
		for _, u := range []models.User{st.Clerk, st.Clerk2} {
			if !st.waitsFor(u, back.Number) {
				st.Errorf("%s does not see that the draft waits", u.Name)
			}
		}
		if st.waitsFor(st.Agent, back.Number) {
			st.Error("it waits for the agent, who can do nothing")
		}
		sent := st.do(st.Clerk2, back.Number, models.Submit, "")
		if sent.AuthorID != st.Clerk2.ID {
			st.Fatalf("author %d", sent.AuthorID)
		}
		st.hear(back.Number, models.MailSubmitted, st.Clerk2.Email, team, st.Approver.Email, st.Deputy.Email)
		st.approved(back.Number)
		st.knock()
		st.holds(first, "2000")
	})
}

// Only what still holds is taken back.
func TestRevertOfWhatHasMovedOn(t *testing.T) {
	tell(t, func(st *story) {
		c := st.applied(want("by", "2026-12-01", first, "2500", further, "1200"))
		st.applied(want("by", "2026-12-01", first, "2000"))
		back := st.do(st.Clerk, c.Number, models.Revert, "")
		if len(back.Changes) != 1 || back.Changes[0].Field != further {
			st.Fatalf("%+v", back.Changes)
		}
	})
}

// A value that was empty before can be emptied again.
func TestRevertToNothing(t *testing.T) {
	tell(t, func(st *story) {
		c := st.applied(want("by", "2026-12-01", "gebuehren.satzung_url", `"https://www.bautzen.example/satzung"`))
		back := st.do(st.Clerk, c.Number, models.Revert, "")
		st.do(st.Clerk, back.Number, models.Submit, "")
		st.approved(back.Number)
		st.knock()
		st.is(back.Number, models.Applied)
		st.holds("gebuehren.satzung_url", "")
	})
}

func (st *story) waitsFor(u models.User, number string) bool {
	st.Helper()
	es, _, err := st.s.Requests(ctx, u, models.Filter{WaitingForMe: true, Limit: 200})
	if err != nil {
		st.Fatal(err)
	}
	for _, e := range es {
		if e.Number == number {
			return true
		}
	}
	return false
}
