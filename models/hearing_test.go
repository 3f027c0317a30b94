package models_test

import (
	"slices"
	"testing"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// Approvers hear of a wish, and are asked for their approval when it has become something that they can decide on.
func TestApproversAreAskedWhenTheyCanDecide(t *testing.T) {
	tell(t, func(st *story) {
		c := st.file(st.Clerk, wish("from", "2027-01-01", "Die Geburtsurkunde soll 25 Euro kosten.", "gebuehren"))
		st.hear(c.Number, models.MailSubmitted, st.Clerk.Email, team, st.Approver.Email, st.Deputy.Email)
		st.do(st.Agent, c.Number, models.Claim, "")
		st.with(st.Agent, c.Number, models.Edit, edit(first, "2500"))
		st.do(st.Agent, c.Number, models.Ask, "So?")
		st.hear(c.Number, models.MailSubmitted, st.Clerk.Email, team, st.Approver.Email, st.Deputy.Email)
		st.do(st.Clerk, c.Number, models.Answer, "Ja.")
		twice := []string{st.Clerk.Email, team, st.Approver.Email, st.Deputy.Email, st.Approver.Email, st.Deputy.Email}
		st.hear(c.Number, models.MailSubmitted, twice...)
		st.do(st.Agent, c.Number, models.Ask, "Noch etwas?")
		st.do(st.Clerk, c.Number, models.Answer, "Nein.")
		st.hear(c.Number, models.MailSubmitted, twice...)

		own := st.file(st.Clerk, wish("from", "2027-02-01", "Noch ein Wunsch", "gebuehren"))
		st.with(st.Clerk, own.Number, models.Edit, edit(further, "900"))
		st.hear(own.Number, models.MailSubmitted, twice...)
	})
}

// Nobody is asked to approve what they have had a hand in.
func TestNobodyIsAskedToApproveTheirOwn(t *testing.T) {
	tell(t, func(st *story) {
		in := fee("2500", "2027-01-01")
		in.Submit = false
		c := st.file(st.Clerk, in)
		st.with(st.Deputy, c.Number, models.Edit, edit(first, "2600"))
		st.do(st.Clerk, c.Number, models.Submit, "")
		st.hear(c.Number, models.MailSubmitted, st.Clerk.Email, team, st.Approver.Email)
	})
}

// Where the author's account is off, the town hall hears in its mailbox.
func TestTheOfficeHearsForAnAuthorWhoIsGone(t *testing.T) {
	const days = "versand.bearbeitungszeit_tage"
	tell(t, func(st *story) {
		c := st.file(st.Clerk, want("from", "2027-01-01", days, "14"))
		st.do(st.Agent, c.Number, models.Claim, "")
		st.do(st.Lead, c.Number, models.Approve, "")
		st.applied(want("by", "2026-12-15", days, "30"))
		p, err := st.s.Person(ctx, st.Admin, st.Clerk.ID)
		st.must(err)
		st.must(st.s.SwitchPerson(ctx, st.TenantAdmin, st.Clerk.ID, p.Version, false, nil))
		st.at("2027-01-01 00:00:00")
		st.is(c.Number, models.Failed)
		st.hear(c.Number, models.MailFailed, st.Agent.Email, st.Lead.Email, team, office)
	})
}

// A draft that a colleague withdraws is no secret to its author; one's own is nobody's business.
func TestAuthorHearsOfADraftWithdrawn(t *testing.T) {
	tell(t, func(st *story) {
		in := fee("2500", "2027-01-01")
		in.Submit = false
		c, own := st.file(st.Clerk, in), st.file(st.Clerk, in)
		st.do(st.Deputy, c.Number, models.Withdraw, "")
		st.hear(c.Number, models.MailWithdrawn, st.Clerk.Email)
		st.do(st.Clerk, own.Number, models.Withdraw, "")
		st.hear(own.Number, models.MailWithdrawn)
	})
}

// Another date has another day until which an answer keeps it; and a day that has passed is not promised any more.
func TestAnswerByFollowsTheDate(t *testing.T) {
	tell(t, func(st *story) {
		c := st.file(st.Clerk, fee("2500", "2026-12-10"))
		st.do(st.Agent, c.Number, models.Claim, "")
		asked := st.do(st.Agent, c.Number, models.Ask, "Seit wann?")
		later := st.with(st.Clerk, c.Number, models.Edit, effect("from", "2027-02-01", ""))
		if !later.AnswerBy.After(asked.AnswerBy.AddDays(30)) {
			t.Errorf("%s, after the date was moved %s", asked.AnswerBy, later.AnswerBy)
		}
		for _, passed := range []bool{false, true} {
			if passed {
				st.at(later.AnswerBy.AddDays(1).String() + " 08:00:00")
			}
			b := st.get(c.Number).Blockers
			if i := slices.IndexFunc(b, func(b models.Blocker) bool { return b.Code == "question_open" }); i < 0 || (b[i].Variant() == "passed") != passed {
				t.Errorf("passed %v: %+v", passed, b)
			}
		}
	})
}

// A successor that has failed in the same catching up is not told afterwards, by an event behind its end, that what it builds on is gone.
func TestSuccessorThatMovedIsNotTold(t *testing.T) {
	tell(t, func(st *story) {
		p := st.filed(want("from", "2027-01-05", first, "2500", further, "900"))
		s := st.filed(want("from", "2027-01-10", first, "2800"))
		st.do(st.Clerk, p.Number, models.Reopen, "")
		st.with(st.Agent, p.Number, models.Edit, effect("from", "2027-01-20", ""))
		st.do(st.Approver, p.Number, models.Approve, "")
		st.do(st.Lead, p.Number, models.Approve, "")
		st.applied(want("by", "2026-12-15", further, "800"))
		st.at("2027-01-25 00:00:00")
		st.is(p.Number, models.Failed)
		st.is(s.Number, models.Failed)
		es := st.history(s.Number)
		if e := es[len(es)-1]; e.Action != models.Fail {
			t.Errorf("its history ends with %s", e.Action)
		}
	})
}

// A day of a field comes back although it has passed by now: it was asked about when it came first.
func TestRevertOfADayThatHasPassed(t *testing.T) {
	const since = "gebuehren.gueltig_ab"
	tell(t, func(st *story) {
		st.applied(want("by", "2026-12-10", since, `"2026-12-01"`))
		st.at("2026-12-03 09:00:00")
		b := st.applied(want("by", "2026-12-10", since, `"2026-12-15"`))
		back := st.do(st.Clerk, b.Number, models.Revert, "")
		st.do(st.Clerk, back.Number, models.Submit, "")
		st.approved(back.Number)
		st.knock()
		st.holds(since, `"2026-12-01"`)
	})
}

// A section that no questionnaire has can't be meant, not even for all assistants.
func TestPolicyForNoSection(t *testing.T) {
	tell(t, func(st *story) {
		_, err := st.s.ProposePolicy(ctx, st.TenantAdmin, Bautzen, st.policyVersion(), models.PolicyRules{"*": {"gebuhren": 2}}, nil)
		st.refused(err, models.Invalid, "unknown_section")
		st.propose(st.TenantAdmin, models.PolicyRules{"*": {"gebuehren": 2}})
	})
}
