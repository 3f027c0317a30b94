package models_test

import (
	"strings"
	"testing"
	"time"

	"formwandel/models"
	"formwandel/models/definition"
	. "formwandel/models/modelstest"
)

// newQuestionnaire imports the next version of the birth certificate, with some words of it replaced.
func (st *story) newQuestionnaire(pairs ...string) {
	st.Helper()
	st.nextOf(Birth, pairs...)
}

// nextOf does so with any questionnaire.
func (st *story) nextOf(assistant string, pairs ...string) {
	st.Helper()
	_, d, err := st.s.Assistant(ctx, assistant)
	if err != nil {
		st.Fatal(err)
	}
	text := strings.Replace(string(d.JSON()), `"version":1`, `"version":2`, 1)
	next := strings.NewReplacer(pairs...).Replace(text)
	if next == text {
		st.Fatalf("nothing was replaced in %s", text[:300])
	}
	n, err := definition.Read(strings.NewReader(next), "next")
	if err != nil {
		st.Fatal(err)
	}
	if _, err := st.s.ImportAssistant(ctx, n); err != nil {
		st.Fatal(err)
	}
}

// A value that was right when it was approved and is no longer allowed on its day is not applied.
func TestQuestionnaireForbidsTheValue(t *testing.T) {
	tell(t, func(st *story) {
		c := st.filed(fee("900000", "2027-01-01"))
		ok := st.filed(want("from", "2027-01-01", "gebuehren.auskunft", "1600"))
		st.newQuestionnaire(`"max":1000000`, `"max":500000`)
		st.blockedBy(c.Number, "no_longer_valid")
		st.blockedBy(ok.Number)
		st.at("2027-01-01 00:00:00")
		f := st.is(c.Number, models.Failed).Failure
		if f.Reason != "no_longer_valid" || len(f.Conflicts) != 1 || f.Conflicts[0].Code != "too_large" {
			st.Fatalf("%+v", f)
		}
		st.is(ok.Number, models.Applied)
		st.holds(first, "2000")
	})
}

// What may no longer be configured can't be approved any more.
func TestQuestionnaireClosesTheField(t *testing.T) {
	tell(t, func(st *story) {
		c := st.file(st.Clerk, want("from", "2027-01-01", "gebuehren.versand", "100"))
		st.do(st.Agent, c.Number, models.Claim, "")
		st.newQuestionnaire(`"gebuehren.versand"`, `"gebuehren.porto"`)
		_, err := st.try(st.Lead, c.Number, models.Approve, models.Input{})
		st.refused(err, models.Invalid, "no_longer_configurable")
		st.do(st.Clerk, c.Number, models.Withdraw, "")
	})
}

// A failed request and the letters about it name what was wanted and does not fit, not a value that was never in the form.
func TestLetterAboutWhatNoLongerFits(t *testing.T) {
	tell(t, func(st *story) {
		large := st.filed(fee("900000", "2027-01-01"))
		closed := st.filed(want("from", "2027-01-01", "gebuehren.versand", "100"))
		st.newQuestionnaire(`"max":1000000`, `"max":500000`, `"gebuehren.versand"`, `"gebuehren.porto"`)
		st.at("2027-01-01 00:00:00")
		letters, err := st.s.LeaseMails(ctx, "test", 500, time.Minute)
		if err != nil {
			st.Fatal(err)
		}
		for number, want := range map[string]models.MailConflict{
			large.Number:  {Label: "Gebühr erste Geburtsurkunde", Wanted: "9.000,00\u00a0€", Unfit: true},
			closed.Number: {Label: closed.Changes[0].Label, Wanted: "1,00\u00a0€", Unfit: true, Closed: true},
		} {
			f := st.is(number, models.Failed).Failure
			if f.Reason != "no_longer_valid" || len(f.Conflicts) != 1 || !f.Conflicts[0].Unfit() || f.Conflicts[0].Closed() != want.Closed {
				st.Errorf("%+v", f)
			}
			n := 0
			for _, l := range letters {
				if l.Facts.Number != number || l.Mail.Kind != models.MailFailed || l.Mail.Locale != "de" {
					continue
				}
				if n++; l.Facts.Reason != "no_longer_valid" || len(l.Facts.Conflicts) != 1 || l.Facts.Conflicts[0] != want {
					st.Errorf("%s %+v", l.Facts.Reason, l.Facts.Conflicts)
				}
			}
			if n == 0 {
				st.Errorf("no letter about %s", number)
			}
		}
	})
}

// A date that may not be past is asked for when it is entered. That people take their time, or that it comes before the change, is no fault of it.
func TestADateThatPassesMeanwhile(t *testing.T) {
	const since = "gebuehren.gueltig_ab"
	tell(t, func(st *story) {
		_, err := st.s.File(ctx, st.Clerk, want("from", "2026-12-01", since, `"2026-11-20"`))
		st.refused(err, models.Invalid, "in_the_past")

		late := st.file(st.Clerk, want("from", "2026-12-01", first, "2500", since, `"2026-12-01"`))
		st.do(st.Agent, late.Number, models.Claim, "")
		st.do(st.Approver, late.Number, models.Approve, "")
		st.at("2026-12-02 09:00:00")
		st.do(st.Lead, late.Number, models.Approve, "")
		st.knock()
		st.is(late.Number, models.Applied)

		byDay := st.file(st.Clerk, want("by", "2026-12-11", "gebuehren.auskunft", "1600", since, `"2026-12-02"`))
		st.do(st.Agent, byDay.Number, models.Claim, "")
		st.at("2026-12-03 09:00:00")
		st.with(st.Agent, byDay.Number, models.Edit, edit("gebuehren.auskunft", "1700", since, `"2026-12-02"`)) // another field; the day stays as it was
		_, err = st.try(st.Agent, byDay.Number, models.Edit, edit("gebuehren.auskunft", "1700", since, `"2026-11-30"`))
		st.refused(err, models.Invalid, "in_the_past")
		st.do(st.Approver, byDay.Number, models.Approve, "")
		st.do(st.Lead, byDay.Number, models.Approve, "")
		st.knock()
		st.is(byDay.Number, models.Applied)

		early := st.filed(want("from", "2027-01-15", first, "2600", since, `"2027-01-01"`))
		st.at("2027-01-15 00:00:00")
		st.is(early.Number, models.Applied)
		st.holds(since, `"2027-01-01"`)
	})
}

// anotherOrder imports a questionnaire that asks for the same in another way: options in another order, one more column.
func (st *story) anotherOrder() {
	st.Helper()
	st.newQuestionnaire(
		`{"label":"Post im Inland","value":"post_inland"},{"label":"Post ins Ausland","value":"post_ausland"},{"label":"Abholung","value":"abholung"}`,
		`{"label":"Abholung","value":"abholung"},{"label":"Post im Inland","value":"post_inland"},{"label":"Post ins Ausland","value":"post_ausland"}`,
		`"default":["post_inland","post_ausland","abholung"]`, `"default":["abholung","post_inland","post_ausland"]`,
		`{"constraints":{"max":20,"min":1},"key":"max_anzahl"`, `{"key":"hinweis","label":"Hinweis","type":"text"},{"constraints":{"max":20,"min":1},"key":"max_anzahl"`)
}

// The same value written in another way is the same value: what was approved is applied, and what was to go back does.
func TestQuestionnaireWritesTheSameInAnotherWay(t *testing.T) {
	const ways, papers = "versand.arten", "anlagen.liste"
	const card, short = `[["Ausweis","ja","pdf_jpg","10","1"]]`, `[["Zeitweise","ja","pdf_jpg","10","1"]]`
	tell(t, func(st *story) {
		before := st.formValues()
		later := st.filed(want("from", "2027-01-01", ways, `["post_inland","post_ausland"]`, papers, card))
		draft := st.file(st.Clerk, func() models.FileInput {
			in := want("from", "2027-02-01", ways, `["post_inland","abholung"]`)
			in.Submit = false
			return in
		}())
		limit := st.filed(limited(want("from", "2026-12-01", ways, `["post_inland","abholung"]`, papers, short), "2026-12-10"))
		st.at("2026-12-01 00:00:00")
		st.anotherOrder()
		st.blockedBy(later.Number)
		st.blockedBy(limit.Number)
		st.at("2026-12-11 00:00:00")
		if e := st.last(limit.Number, models.Return); len(e.Conflicts) != 0 || len(st.told(limit.Number, models.MailKept)) != 0 {
			st.Errorf("it did not go back: %+v", e.EventData)
		}
		st.holds(ways, `["abholung","post_inland","post_ausland"]`)
		if now := st.formValues()[papers]; strings.ReplaceAll(now, `"hinweis":null,`, "") != before[papers] {
			st.Errorf("%s is now %s", before[papers], now)
		}
		st.do(st.Clerk, draft.Number, models.Submit, "")
		st.approved(draft.Number)
		st.at("2027-01-01 00:00:00")
		st.is(later.Number, models.Applied)
		st.holds(ways, `["post_inland","post_ausland"]`)
		back := st.do(st.Clerk, later.Number, models.Revert, "")
		if ch := back.Changes[0]; string(ch.New) != `["abholung","post_inland","post_ausland"]` {
			st.Errorf("the way back: %+v", ch)
		}
		st.at("2027-02-01 00:00:00")
		st.is(draft.Number, models.Applied)
		st.holds(ways, `["abholung","post_inland"]`)
	})
}

// What the new questionnaire can't write stays as it was, and is a conflict as before.
func TestQuestionnaireHasNoPlaceForIt(t *testing.T) {
	tell(t, func(st *story) {
		c := st.filed(want("from", "2027-01-01", "versand.arten", `["post_inland","abholung"]`))
		st.newQuestionnaire(`,{"label":"Abholung","value":"abholung"}`, ``, `"default":["post_inland","post_ausland","abholung"]`, `"default":["post_inland","post_ausland"]`)
		st.at("2027-01-01 00:00:00")
		if f := st.is(c.Number, models.Failed).Failure; f.Reason != "conflict" {
			st.Errorf("%+v", f)
		}
	})
}

// formValues are the values of the birth certificate as they are now.
func (st *story) formValues() map[string]string {
	st.Helper()
	f, err := st.s.Form(ctx, st.Auditor, Bautzen, Birth)
	st.must(err)
	out := map[string]string{}
	for k, v := range f.Values {
		out[k] = string(v)
	}
	return out
}

// What is of another kind by now is written as it was: nothing of a request is lost by looking at it.
func TestQuestionnaireMakesAnotherKindOfIt(t *testing.T) {
	const place = "kontakt.ansprechstelle"
	tell(t, func(st *story) {
		c := st.filed(want("from", "2027-01-01", place, `"Bürgerbüro"`))
		st.newQuestionnaire(`"constraints":{"max_length":120},"default":"Standesamt","example":"Standesamt"`, `"constraints":{"options":[{"label":"Amt","value":"amt"}]},"default":["amt"]`,
			`"key":"kontakt.ansprechstelle","label":"Ansprechstelle","type":"text"`, `"key":"kontakt.ansprechstelle","label":"Ansprechstelle","type":"enum_set"`)
		st.blockedBy(c.Number, "no_longer_valid")
		st.do(st.Clerk, c.Number, models.Reopen, "")
		if ch := st.get(c.Number).Changes[0]; ch.New != `"Bürgerbüro"` || ch.Old != `"Standesamt"` {
			st.Errorf("%+v", ch)
		}
	})
}
