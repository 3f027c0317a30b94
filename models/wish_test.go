package models_test

import (
	"slices"
	"testing"

	"formwandel/models"
	"formwandel/models/calendar"
	. "formwandel/models/modelstest"
)

// A wish becomes typed changes in the agent's hands; the clerk sees them before anybody approves.
func TestWishBecomesChanges(t *testing.T) {
	tell(t, func(st *story) {
		c := st.file(st.Clerk, wish("from", "2027-01-01", "Die Geburtsurkunde soll 25 Euro kosten.", "gebuehren"))
		if c.NeedMunicipality != 1 {
			st.Fatal("the section decides on the lanes")
		}
		st.blockedBy(c.Number, "not_claimed", "changes_missing", "approval_missing_municipality", "approval_missing_provider")
		_, err := st.try(st.Lead, c.Number, models.Approve, models.Input{})
		st.refused(err, models.Conflict, "changes_missing")
		st.do(st.Agent, c.Number, models.Claim, "")
		_, err = st.try(st.Agent2, c.Number, models.Edit, edit(first, "2500"))
		st.refused(err, models.Forbidden, "not_assignee")
		st.with(st.Agent, c.Number, models.Edit, edit(first, "2500"))
		st.old(c.Number, "2000")
		st.blockedBy(c.Number, "wish_unseen", "approval_missing_municipality", "approval_missing_provider")
		for _, u := range []models.User{st.Approver, st.Lead} {
			_, err = st.try(u, c.Number, models.Approve, models.Input{})
			st.refused(err, models.Conflict, "wish_unseen")
			seen, err := st.s.Case(ctx, u, c.Number)
			if err != nil || slices.Contains(seen.Can, models.Approve) {
				st.Errorf("%s is offered to approve (%v)", u.Name, err)
			}
		}
		st.do(st.Agent, c.Number, models.Ask, "Ist das so gemeint?")
		st.do(st.Clerk, c.Number, models.Answer, "Ja, genau so.")
		st.blockedBy(c.Number, "approval_missing_municipality", "approval_missing_provider")
		st.do(st.Approver, c.Number, models.Approve, "")
		st.do(st.Lead, c.Number, models.Approve, "")
		st.at("2027-01-01 00:00:00")
		st.holds(first, "2500")
	})
}

// The second example, told as a wish.
func TestWishForALink(t *testing.T) {
	tell(t, func(st *story) {
		c := st.file(st.Clerk, wish("by", "2026-12-15", "Der Link zum SEPA-Mandat führt künftig zu xyz.example.", "zahlung"))
		st.do(st.Agent, c.Number, models.Claim, "")
		st.with(st.Agent, c.Number, models.Edit, edit(sepa, `"https://xyz.example/mandat.pdf"`))
		st.do(st.Agent, c.Number, models.Ask, "So?")
		answered := st.with(st.Clerk, c.Number, models.Answer, edit(sepa, `"https://xyz.example/sepa.pdf"`))
		if answered.WishUnseen || answered.Status != models.InReview {
			st.Fatalf("the clerk wrote it: %+v", answered.Request)
		}
		st.do(st.Approver, c.Number, models.Approve, "")
		st.do(st.Lead, c.Number, models.Approve, "")
		st.knock()
		st.holds(sepa, `"https://xyz.example/sepa.pdf"`)
	})
}

// Each time the agent changes what became of the wish, the clerk has to see it again.
func TestWishSeenAgain(t *testing.T) {
	tell(t, func(st *story) {
		c := st.file(st.Clerk, wish("from", "2027-01-01", "25 Euro", "gebuehren"))
		st.do(st.Agent, c.Number, models.Claim, "")
		st.with(st.Agent, c.Number, models.Edit, edit(first, "2500"))
		st.do(st.Agent, c.Number, models.Ask, "So?")
		st.do(st.Clerk, c.Number, models.Answer, "Ja")
		st.do(st.Approver, c.Number, models.Approve, "")
		if e := st.with(st.Agent, c.Number, models.Edit, edit(first, "2600")); !e.WishUnseen || e.GivenMunicipality != 0 {
			st.Fatalf("%+v", e.Request)
		}
	})
}

// A wish may stand beside changes; it is approved as it was filed.
func TestWishBesideChanges(t *testing.T) {
	tell(t, func(st *story) {
		in := fee("2500", "2027-01-01")
		words := "Bitte auch den Aushang anpassen."
		in.Content.Wish = &words
		st.filed(in)
		st.at("2027-01-01 00:00:00")
		st.holds(first, "2500")
	})
}

// A question names the last day on which an answer keeps the date: two working days before.
func TestAnswerBy(t *testing.T) {
	tell(t, func(st *story) {
		for _, x := range []struct{ date, day string }{
			{"2027-01-01", "2026-12-30"}, // New Year is a Friday
			{"2026-12-28", "2026-12-23"}, // Monday after Christmas: 24th is one, 25th and 26th are none
			{"2027-03-30", "2027-03-24"}, // Tuesday after Easter: Thursday, Wednesday
			{"2026-11-25", "2026-11-23"}, // today
			{"2026-11-24", "2026-11-23"}, // too late to keep it: today
		} {
			n := st.file(st.Clerk, want("from", x.date, further, "900")).Number
			st.do(st.Agent, n, models.Claim, "")
			c := st.do(st.Agent, n, models.Ask, "Warum?")
			if c.AnswerBy.String() != x.day {
				st.Errorf("for %s an answer by %s, want %s", x.date, c.AnswerBy, x.day)
			}
			if d := st.last(n, models.Ask).AnswerBy; d == nil || d.String() != x.day {
				st.Errorf("history says %v", d)
			}
		}
	})
}

// The office's closing days are no working days.
func TestAnswerByKnowsClosingDays(t *testing.T) {
	tell(t, func(st *story) {
		days := []calendar.Day{calendar.NewDay(2026, 12, 24), calendar.NewDay(2026, 12, 31)}
		st.must(st.s.SetProfile(ctx, st.TenantAdmin, Bautzen, st.policyVersion(), models.Profile{OfficeMail: office, ClosingDays: days}, nil))
		n := st.file(st.Clerk, fee("2500", "2027-01-01")).Number
		st.do(st.Agent, n, models.Claim, "")
		if c := st.do(st.Agent, n, models.Ask, "Warum?"); c.AnswerBy.String() != "2026-12-29" {
			st.Fatal(c.AnswerBy)
		}
	})
}

func TestQuestionAndAnswer(t *testing.T) {
	tell(t, func(st *story) {
		n := st.in(models.InReview)
		st.do(st.Approver, n, models.Approve, "")
		_, err := st.try(st.Agent, n, models.Ask, models.Input{})
		st.refused(err, models.Invalid, "comment_required")
		st.do(st.Agent, n, models.Ask, "Welche Satzung?")
		st.hear(n, models.MailQuestion, st.Clerk.Email, office)
		st.blockedBy(n, "question_open", "approval_missing_provider")
		_, err = st.try(st.Clerk, n, models.Answer, models.Input{Comment: " \n"})
		st.refused(err, models.Invalid, "answer_required")
		c := st.do(st.Clerk2, n, models.Answer, "Die vom 1. November.")
		if c.GivenMunicipality != 1 || c.Status != models.InReview {
			st.Fatalf("an answer without an edit leaves approvals: %+v", c.Request)
		}
		st.hear(n, models.MailAnswered, st.Agent.Email)
		st.do(st.Agent, n, models.Ask, "Und ab wann?")
		in := effect("from", "2027-07-01", "")
		in.Comment = "Doch erst ab Juli."
		c = st.with(st.Clerk, n, models.Answer, in)
		if c.GivenMunicipality != 0 || c.Date.String() != "2027-07-01" {
			st.Fatalf("an answer with an edit voids them: %+v", c.Request)
		}
		if e := st.last(n, models.Answer); e.Comment != "Doch erst ab Juli." || e.From != models.Question || e.To != models.InReview {
			st.Fatalf("%+v", e)
		}
	})
}

// An edit since the question is an answer, too; one before it is none.
func TestEditIsAnAnswer(t *testing.T) {
	tell(t, func(st *story) {
		n := st.in(models.InReview)
		st.do(st.Agent, n, models.Ask, "Welche Satzung?")
		st.with(st.Clerk, n, models.Edit, effect("from", "2027-07-01", ""))
		c := st.do(st.Clerk2, n, models.Answer, "")
		if c.Status != models.InReview || c.Date.String() != "2027-07-01" {
			st.Fatalf("%+v", c.Request)
		}
		st.hear(n, models.MailAnswered, st.Agent.Email)
		st.do(st.Agent, n, models.Ask, "Und die Begründung?")
		_, err := st.try(st.Clerk, n, models.Answer, models.Input{})
		st.refused(err, models.Invalid, "answer_required")
	})
}

// An edit that is refused leaves everything as it was.
func TestRefusedEdit(t *testing.T) {
	tell(t, func(st *story) {
		n := st.in(models.Submitted)
		st.do(st.Approver, n, models.Approve, "")
		before := st.get(n)
		for code, in := range map[string]models.Input{
			"nothing_to_edit":    {},
			"unchanged":          edit(first, "2000"),
			"read_only":          edit("einstieg.vertrauensniveau", `"HOCH"`),
			"changes_or_wish":    edit(),
			"effective_required": effect("", "", ""),
			"past_day":           effect("from", "2026-11-01", ""),
		} {
			_, err := st.try(st.Clerk, n, models.Edit, in)
			st.refused(err, models.Invalid, code)
		}
		if after := st.get(n); after.Version != before.Version || after.GivenMunicipality != 1 || after.Changes[0] != before.Changes[0] {
			st.Fatalf("%+v", after.Request)
		}
	})
}

// Where nobody of the municipality approves, the clerk sees what an agent has altered before the provider does.
func TestAnAgentsEditIsSeen(t *testing.T) {
	tell(t, func(st *story) {
		n := st.file(st.Clerk, wording("Zimmer 1")).Number
		st.do(st.Agent, n, models.Claim, "")
		st.with(st.Agent, n, models.Edit, models.Input{Content: edited("Zimmer 2")})
		st.blockedBy(n, "wish_unseen", "approval_missing_provider")
		_, err := st.try(st.Lead, n, models.Approve, models.Input{})
		st.refused(err, models.Conflict, "wish_unseen")
		if c := st.with(st.Agent, n, models.Edit, reasoned("Doch nicht")); !c.WishUnseen {
			st.Fatal("the next edit hides the one before")
		}
		st.do(st.Agent, n, models.Ask, "Zimmer 2?")
		st.hear(n, models.MailQuestion, st.Clerk.Email, office)
		st.do(st.Clerk, n, models.Answer, "Ja.")
		st.with(st.Agent, n, models.Edit, effect("from", "2027-02-01", ""))
		st.blockedBy(n, "wish_unseen", "approval_missing_provider")
		st.do(st.Agent, n, models.Ask, "Erst im Februar?")
		st.do(st.Clerk, n, models.Answer, "Gut.")
		st.do(st.Lead, n, models.Approve, "")
		st.is(n, models.Approved)
	})
}

// The reason is the clerk's word, too: an agent who puts another in its place is seen, and history keeps both until somebody takes them out.
func TestAnAgentsReasonIsSeen(t *testing.T) {
	tell(t, func(st *story) {
		in := wording("Zimmer 1")
		why := "Beschluss vom 1. November"
		in.Content.Reason = &why
		n := st.file(st.Clerk, in).Number
		st.do(st.Agent, n, models.Claim, "")
		st.with(st.Agent, n, models.Edit, reasoned("Auf Wunsch der Kommune"))
		st.blockedBy(n, "wish_unseen", "approval_missing_provider")
		_, err := st.try(st.Lead, n, models.Approve, models.Input{})
		st.refused(err, models.Conflict, "wish_unseen")
		e := st.last(n, models.Edit)
		if e.Comment != "Begründung bisher: Beschluss vom 1. November\nBegründung neu: Auf Wunsch der Kommune" || e.Salt == "" {
			st.Fatalf("%q, salt %q", e.Comment, e.Salt)
		}
		st.do(st.Agent, n, models.Ask, "So?")
		if c := st.with(st.Clerk, n, models.Answer, reasoned(why)); c.WishUnseen {
			st.Fatal("the clerk's own words are unseen")
		}
		if e := st.last(n, models.Answer); e.Comment != "" {
			st.Fatalf("the clerk's own edit says %q", e.Comment)
		}
		if err := st.s.Redact(ctx, n, e.Seq, "Name einer Bürgerin"); err != nil {
			st.Fatal(err)
		}
		if e := st.last(n, models.Edit); e.Comment != "" || !e.Redacted() {
			st.Fatalf("%+v", e)
		}
		st.do(st.Lead, n, models.Approve, "")
		st.is(n, models.Approved)
	})
}

// Where the municipality approves, that is how it sees it: no question is needed.
func TestAnAgentsEditIsApprovedByTheMunicipality(t *testing.T) {
	tell(t, func(st *story) {
		n := st.in(models.InReview)
		st.do(st.Approver, n, models.Approve, "")
		if c := st.with(st.Agent, n, models.Edit, edit(first, "2600")); c.WishUnseen || c.GivenMunicipality != 0 {
			st.Fatalf("%+v", c.Request)
		}
		st.blockedBy(n, "approval_missing_municipality", "approval_missing_provider")
		st.do(st.Approver, n, models.Approve, "")
		st.do(st.Lead, n, models.Approve, "")
	})
}

// Taking the wish away with the same hand does not make it seen.
func TestAWishTakenAwayIsUnseen(t *testing.T) {
	tell(t, func(st *story) {
		n := st.file(st.Clerk, wish("from", "2027-01-01", "25 Euro", "gebuehren")).Number
		st.do(st.Agent, n, models.Claim, "")
		in, none := edit(first, "2500"), ""
		in.Content.Wish = &none
		if c := st.with(st.Agent, n, models.Edit, in); !c.WishUnseen || c.Wish != "" {
			st.Fatalf("%+v", c.Request)
		}
	})
}

// reasoned is an edit of the reason alone.
func reasoned(why string) models.Input {
	return models.Input{Content: &models.Content{Reason: &why}}
}
