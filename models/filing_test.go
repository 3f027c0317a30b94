package models_test

import (
	"errors"
	"strings"
	"testing"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// Example 1 is TestFeeFromNewYear. Example 2: another link for the SEPA
// mandate by a day, without a reason, applied as soon as both sides agree.
func TestLinkByADay(t *testing.T) {
	tell(t, func(st *story) {
		c := st.file(st.Clerk, want("by", "2026-12-15", sepa, `"https://www.xyz.example/mandat.pdf"`))
		if c.Reason != "" || c.NeedMunicipality != 1 || c.NeedProvider != 1 {
			st.Fatalf("filed: %+v", c.Request)
		}
		st.blockedBy(c.Number, "not_claimed", "approval_missing_municipality", "approval_missing_provider")
		st.do(st.Agent, c.Number, models.Claim, "")
		st.do(st.Lead, c.Number, models.Approve, "")
		st.blockedBy(c.Number, "approval_missing_municipality")
		st.knock()
		st.is(c.Number, models.InReview)
		st.do(st.Approver, c.Number, models.Approve, "")
		if n := st.knock(); n != 1 {
			st.Fatalf("the clock took %d steps", n)
		}
		if c := st.is(c.Number, models.Applied); c.Late != nil {
			st.Fatalf("late by %d s", *c.Late)
		}
		st.holds(sepa, `"https://www.xyz.example/mandat.pdf"`)
	})
}

func TestSentence(t *testing.T) {
	tell(t, func(st *story) {
		c := st.get(st.file(st.Clerk, fee("2500", "2027-01-01")).Number)
		got := c.Fields[0].Sentence(c.Changes[0].Old, c.Changes[0].New, c.Effective(), "de")
		if got = strings.ReplaceAll(got, "\u00a0", " "); got != "Gebühr erste Geburtsurkunde: 20,00 € → 25,00 €, ab 01.01.2027" {
			st.Fatal(got)
		}
	})
}

// What people type is read as they type it; old value and label are the system's.
func TestTypedAsPeopleType(t *testing.T) {
	tell(t, func(st *story) {
		c := st.file(st.Clerk, want("from", "2027-01-01", first, `"25,50 €"`))
		got := st.get(c.Number).Changes[0]
		if got.Old != "2000" || got.New != "2550" || got.Section != "gebuehren" || got.Label != "Gebühr erste Geburtsurkunde" {
			st.Fatalf("%+v", got)
		}
		if s := st.get(c.Number).Sections; len(s) != 1 || s[0] != "gebuehren" {
			st.Fatalf("sections %v", s)
		}
	})
}

func TestWhatCannotBeFiled(t *testing.T) {
	tell(t, func(st *story) {
		for _, c := range []struct {
			what string
			in   models.FileInput
			code string
		}{
			{"a day that is past", want("from", "2026-11-22", first, "2500"), "past_day"},
			{"a deadline that is past", want("by", "2026-11-22", first, "2500"), "past_day"},
			{"no day", want("from", "2026-02-30", first, "2500"), "not_a_day"},
			{"no such promise", want("soon", "2027-01-01", first, "2500"), "effective_kind"},
			{"until before the day", limited(want("from", "2027-01-01", first, "2500"), "2026-12-31"), "until_before_date"},
			{"until is no day", limited(want("from", "2027-01-01", first, "2500"), "morgen"), "not_a_day"},
			{"the value it has", want("from", "2027-01-01", first, "2000"), "unchanged"},
			{"a field that nobody may change", want("from", "2027-01-01", "einstieg.vertrauensniveau", `"HOCH"`), "read_only"},
			{"no such field", want("from", "2027-01-01", "gebuehren.dritte", "1"), "unknown_field"},
			{"a field twice", want("from", "2027-01-01", first, "2500", first, "2600"), "twice"},
			{"too much", want("from", "2027-01-01", first, "1000001"), "too_large"},
			{"more for the further than for the first", want("from", "2027-01-01", further, "2100"), "not_above"},
			{"nothing", want("from", "2027-01-01"), "sections_required"},
			{"neither change nor wish", wish("from", "2027-01-01", "", "gebuehren"), "changes_or_wish"},
			{"no such section", wish("from", "2027-01-01", "Bitte", "geschenke"), "unknown_section"},
			{"a section of no wish", wish("from", "2027-01-01", "Bitte"), "sections_required"},
			{"without a date", func() models.FileInput {
				in := fee("2500", "2027-01-01")
				in.Content.Effective = nil
				return in
			}(), "effective_required"},
		} {
			_, err := st.s.File(ctx, st.Clerk, c.in)
			if got := said(err); got != "invalid "+c.code {
				st.Errorf("%s: %s, want %s", c.what, got, c.code)
			}
		}
		if n := st.one(`SELECT count(*) FROM requests`); n != 0 {
			st.Errorf("%d requests were written", n)
		}
	})
}

// Everything wrong is said at once.
func TestAllFindingsAtOnce(t *testing.T) {
	tell(t, func(st *story) {
		in := want("soon", "2026-11-22", first, "-1", "gebuehren.dritte", "1")
		_, err := st.s.File(ctx, st.Clerk, in)
		var e *models.Error
		if !errors.As(err, &e) || len(e.Fields) != 4 {
			st.Fatalf("%v", err)
		}
	})
}

func TestWhoCannotFile(t *testing.T) {
	tell(t, func(st *story) {
		in := fee("2500", "2027-01-01")
		for _, u := range []models.User{st.Approver, st.TenantAdmin, st.Agent, st.Lead, st.Admin, st.Auditor, {}} {
			_, err := st.s.File(ctx, u, in)
			st.refused(err, models.Forbidden, "not_your_role")
		}
		_, err := st.s.File(ctx, st.LeipzigClerk, in)
		st.refused(err, models.NotFound, "unknown_form")
		in.Form = Bautzen + "/KOMM24Nichts"
		_, err = st.s.File(ctx, st.Clerk, in)
		st.refused(err, models.NotFound, "unknown_form")
	})
}

// From today is not the past.
func TestFromToday(t *testing.T) {
	tell(t, func(st *story) {
		st.applied(fee("2500", "2026-11-23"))
		st.holds(first, "2500")
	})
}

// The night of the day is Berlin's: 23:30 in Berlin is still today, though UTC counts another hour.
func TestTodayIsBerlins(t *testing.T) {
	tell(t, func(st *story) {
		st.at("2026-12-31 23:59:50")
		st.file(st.Clerk, fee("2500", "2026-12-31"))
		st.at("2027-01-01 00:00:00")
		_, err := st.s.File(ctx, st.Clerk, fee("2600", "2026-12-31"))
		st.refused(err, models.Invalid, "past_day")
	})
}

// A draft is nobody's business but the office's: no mail, any clerk may go on with it.
func TestDraft(t *testing.T) {
	tell(t, func(st *story) {
		c := st.file(st.Clerk, draft(fee("2500", "2027-01-01")))
		if c.Status != models.Draft || len(st.get(c.Number).Mails) != 0 {
			st.Fatalf("%+v", c.Request)
		}
		c = st.with(st.Clerk2, c.Number, models.Edit, edit(first, "2600"))
		if c.Version != 2 {
			st.Fatalf("version %d", c.Version)
		}
		st.do(st.Clerk, c.Number, models.Submit, "")
		st.hear(c.Number, models.MailSubmitted, st.Clerk.Email, team, st.Approver.Email, st.Deputy.Email)
		st.approved(c.Number)
		st.at("2027-01-01 00:00:00")
		st.holds(first, "2600")
	})
}

// A draft may lack everything; submitting it asks for what is missing.
func TestEmptyDraft(t *testing.T) {
	tell(t, func(st *story) {
		c := st.file(st.Clerk, models.FileInput{Form: Bautzen + "/" + Birth})
		_, err := st.try(st.Clerk, c.Number, models.Submit, models.Input{})
		st.refused(err, models.Invalid, "effective_required")
		full := want("by", "2026-12-01", first, "2500").Content
		st.with(st.Clerk, c.Number, models.Edit, models.Input{Content: &full})
		st.do(st.Clerk, c.Number, models.Submit, "")
		st.do(st.Clerk2, c.Number, models.Withdraw, "")
	})
}

// A draft that lay around is measured on the day it is submitted.
func TestDraftThatGrewOld(t *testing.T) {
	tell(t, func(st *story) {
		c := st.file(st.Clerk, draft(fee("2500", "2027-01-01")))
		st.at("2027-01-02 09:00:00")
		_, err := st.try(st.Clerk, c.Number, models.Submit, models.Input{})
		st.refused(err, models.Invalid, "past_day")
		st.with(st.Clerk, c.Number, models.Edit, effect("from", "2027-02-01", ""))
		st.do(st.Clerk, c.Number, models.Submit, "")
	})
}

// Withdrawing a draft tells nobody: nobody has heard of it.
func TestWithdrawnDraftTellsNobody(t *testing.T) {
	tell(t, func(st *story) {
		c := st.file(st.Clerk, draft(fee("2500", "2027-01-01")))
		st.do(st.Clerk, c.Number, models.Withdraw, "")
		if ms := st.get(c.Number).Mails; len(ms) != 0 {
			st.Fatalf("%+v", ms)
		}
	})
}

// What is typed is kept as typed, without what nobody sees.
func TestTextsAreCleaned(t *testing.T) {
	tell(t, func(st *story) {
		in := fee("2500", "2027-01-01")
		words := "  Neue\u202eSatzung\r\nab Januar\u200b  "
		in.Content.Reason = &words
		if got := st.get(st.file(st.Clerk, in).Number).Reason; got != "NeueSatzung\nab Januar" {
			st.Fatalf("%q", got)
		}
		for bad, code := range map[string]string{"a\x00b": "control_character", "a\xffb": "not_utf8", strings.Repeat("ä", 2001): "too_long"} {
			in.Content.Reason = &bad
			_, err := st.s.File(ctx, st.Clerk, in)
			st.refused(err, models.Invalid, code)
		}
	})
}

// A foreign request does not exist.
func TestForeignRequest(t *testing.T) {
	tell(t, func(st *story) {
		n := st.file(st.Clerk, fee("2500", "2027-01-01")).Number
		for _, u := range []models.User{st.LeipzigClerk, st.LeipzigApprover, {}} {
			_, err := st.s.Case(ctx, u, n)
			st.refused(err, models.NotFound, "request")
			_, _, err = st.s.Events(ctx, u, n, "", 0)
			st.refused(err, models.NotFound, "request")
		}
		for _, number := range []string{"", "KA-2026-999999", "KA-2026-1' OR 1=1 --", "1"} {
			_, err := st.s.Case(ctx, st.Auditor, number)
			st.refused(err, models.NotFound, "request")
		}
	})
}

// A stale version is refused by every action, and nothing happens.
func TestStaleVersion(t *testing.T) {
	tell(t, func(st *story) {
		for _, c := range []struct {
			in   models.Status
			who  models.User
			what models.Action
		}{
			{models.Draft, st.Clerk, models.Submit},
			{models.Draft, st.Clerk, models.Edit},
			{models.Submitted, st.Agent, models.Claim},
			{models.InReview, st.Agent, models.Ask},
			{models.Question, st.Clerk, models.Answer},
			{models.InReview, st.Agent, models.Edit},
			{models.InReview, st.Approver, models.Approve},
			{models.InReview, st.Lead, models.Approve},
			{models.InReview, st.Agent, models.Reject},
			{models.Approved, st.Clerk, models.Reopen},
			{models.Failed, st.Agent, models.Rebase},
			{models.Submitted, st.Clerk, models.Withdraw},
			{models.Applied, st.Clerk, models.Accept},
			{models.Applied, st.Clerk, models.Revert},
		} {
			n := st.in(c.in)
			before := st.get(n)
			events := len(st.history(n))
			for _, v := range []int{before.Version - 1, before.Version + 1, -1} {
				in := arguments(c.what)
				if in.Version = v; v == 0 {
					in.Version = -2
				}
				_, err := st.s.Do(ctx, c.who, n, c.what, in)
				st.refused(err, models.Conflict, "stale")
			}
			in := arguments(c.what)
			_, err := st.s.Do(ctx, c.who, n, c.what, in)
			st.refused(err, models.Invalid, "version_required")
			in.Version, in.ContentHash = before.Version, strings.Repeat("0", 64)
			_, err = st.s.Do(ctx, c.who, n, c.what, in)
			st.refused(err, models.Conflict, "stale")
			if after := st.get(n); after.Version != before.Version || after.Status != before.Status || len(st.history(n)) != events {
				st.Errorf("%s: something happened", c.what)
			}
			in.ContentHash = before.ContentHash
			if _, err := st.s.Do(ctx, c.who, n, c.what, in); err != nil {
				st.Errorf("%s on the right version: %v", c.what, err)
			}
		}
		n := st.filed(want("by", "2027-06-01", first, "1900")).Number
		_, err := st.s.Do(ctx, st.Lead, n, models.Apply, models.Input{Version: 1})
		st.refused(err, models.Conflict, "stale")
	})
}
