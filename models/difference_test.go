package models_test

import (
	"slices"
	"strings"
	"testing"

	"formwandel/models"
	"formwandel/models/fields"
	. "formwandel/models/modelstest"
)

const deadline = "zahlung.epaybl_frist"

// otherMeaning imports a questionnaire in which a number of days has become an amount, and one fee is gone.
func (st *story) otherMeaning() {
	st.Helper()
	st.newQuestionnaire(`"label":"ePayBL: Zahlungsfrist in Tagen","type":"integer"`, `"label":"ePayBL: Mahngebühr","type":"money"`, `"gebuehren.versand"`, `"gebuehren.porto"`)
}

// compare are the sentences of what differs between two versions.
func (st *story) compare(from, to int64) (said []string) {
	st.Helper()
	ds, err := st.s.Diff(ctx, st.Clerk, Bautzen, Birth, from, to)
	st.must(err)
	for _, d := range ds {
		said = append(said, d.Sentence("de"))
	}
	return said
}

// Each value is read by the questionnaire of its own time, wherever versions are held against each other.
func TestVersionsAreReadByTheirOwnQuestionnaire(t *testing.T) {
	tell(t, func(st *story) {
		st.approved(st.file(st.Clerk, want("by", "2027-01-01", deadline, "21", "gebuehren.versand", "150")).Number)
		st.knock()
		st.at("2026-12-01 10:00:00")
		st.otherMeaning()
		if past, _, err := st.s.FieldPast(ctx, st.LeipzigClerk, Leipzig, Birth, deadline, "", 10); err != nil || len(past) != 2 || past[0].Sentence("de") != "ePayBL: Mahngebühr: 14 → 0,14 €" {
			st.Errorf("the same digits: %+v %v", past, err)
		}
		const days, gone = "ePayBL: Mahngebühr: 21 → 0,14 €", "Gebühr für den Versand: 1,50 € → (leer)"
		if got := st.compare(2, 3); len(got) != 3 || !slices.Contains(got, days) || !slices.Contains(got, gone) {
			st.Errorf("forward: %q", got)
		}
		if got := st.compare(3, 2); !slices.Contains(got, "ePayBL: Mahngebühr: 0,14 € → 21") || !slices.Contains(got, "Gebühr für den Versand: (leer) → 1,50 €") {
			st.Errorf("back: %q", got)
		}
		// the digits are the same, what they mean is not
		if got := st.compare(1, 3); !slices.Contains(got, "ePayBL: Mahngebühr: 14 → 0,14 €") {
			st.Errorf("from the first: %q", got)
		}
		past, _, err := st.s.FieldPast(ctx, st.Clerk, Bautzen, Birth, deadline, "", 10)
		st.must(err)
		if len(past) != 3 || past[0].Sentence("de") != days || past[1].Sentence("de") != "ePayBL: Zahlungsfrist in Tagen: 14 → 21" {
			st.Errorf("%+v", past)
		}
		f, err := st.s.OnDay(ctx, st.Clerk, Bautzen, Birth, onDay("2026-11-30"))
		st.must(err)
		i := slices.IndexFunc(f.Changed, func(c models.DayChange) bool { return c.Field.Key == deadline })
		if i < 0 || f.Changed[i].Sentence("de") != "ePayBL: Mahngebühr: 0,14 € → 21" {
			st.Errorf("%+v", f.Changed)
		}
	})
}

// What a request says goes on meaning what was filed, on its page and in its history, also when it is rebased on a
// questionnaire that means something else by the field.
func TestRequestKeepsItsMeaning(t *testing.T) {
	tell(t, func(st *story) {
		c := st.filed(want("from", "2027-01-01", deadline, "30", "gebuehren.versand", "150"))
		st.otherMeaning()
		st.at("2027-01-01 00:00:00")
		st.is(c.Number, models.Failed)
		st.do(st.Agent, c.Number, models.Rebase, "")
		const wanted = "ePayBL: Zahlungsfrist in Tagen: 14 → 30, ab 01.01.2027; Gebühr für den Versand: 0,00 € → 1,50 €, ab 01.01.2027"
		now := st.get(c.Number)
		if got := sentences(now.Fields, now.Changes, now.Effective()); got != wanted {
			st.Errorf("the request says %q", got)
		}
		for _, h := range st.history(c.Number) {
			if len(h.Changes) > 0 && sentences(h.Fields, h.Changes, now.Effective()) != wanted {
				st.Errorf("its history says %q", sentences(h.Fields, h.Changes, now.Effective()))
			}
		}
		st.audit()
	})
}

// sentences are those of some changes.
func sentences(fs []fields.Field, cs []models.Change, when fields.Effective) string {
	var out []string
	for i, c := range cs {
		out = append(out, fs[i].Sentence(c.Old, c.New, when, "de"))
	}
	return strings.Join(out, "; ")
}
