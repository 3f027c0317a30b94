package models_test

import (
	"testing"
	"time"

	"formwandel/models"
	"formwandel/models/calendar"
	. "formwandel/models/modelstest"
)

// TestFigures counts a year: two requests of Bautzen, one applied on time with a question, and one of Leipzig.
func TestFigures(t *testing.T) {
	tell(t, func(st *story) {
		SetNow(t, st.s, time.Date(2026, 11, 24, 9, 0, 0, 0, calendar.Berlin))
		a := st.file(st.Clerk, fee("2500", "2026-12-01"))
		st.do(st.Agent, a.Number, models.Claim, "")
		st.do(st.Agent, a.Number, models.Ask, "Auch für weitere?")
		st.do(st.Clerk, a.Number, models.Answer, "Nein.")
		st.do(st.Approver, a.Number, models.Approve, "")
		st.do(st.Lead, a.Number, models.Approve, "")
		st.file(st.Clerk, fee("2600", "2027-01-01"))
		in := fee("2700", "2027-01-01")
		in.Form = Leipzig + "/" + Birth
		st.file(st.LeipzigClerk, in)
		SetNow(t, st.s, time.Date(2026, 12, 1, 0, 0, 1, 0, calendar.Berlin))
		if _, _, err := st.s.Knock(ctx); err != nil {
			t.Fatal(err)
		}

		f, err := st.s.Figures(ctx, st.Clerk, 2026, "")
		if err != nil {
			t.Fatal(err)
		}
		lead, _ := f.All.Lead()
		punctual, _ := f.All.Punctual()
		asked, _ := f.All.Asked()
		if f.All.Filed != 2 || f.All.Applied != 1 || lead != 5 || punctual != 100 || asked != 0.5 {
			t.Errorf("Bautzen: %+v, lead %v, on time %v, questions %v", f.All, lead, punctual, asked)
		}
		if len(f.Months) != 2 || f.Months[0].Key != "2026-11" || f.Months[0].Filed != 2 || f.Months[1].Filed != 0 {
			t.Errorf("months: %+v", f.Months)
		}
		if len(f.Assistants) != 1 || f.Assistants[0].Label != "Geburtsurkunde" || len(f.Sections) != 1 || f.Sections[0].Key != "gebuehren" {
			t.Errorf("groups: %+v %+v", f.Assistants, f.Sections)
		}
		for ags, want := range map[string]int{"": 3, Leipzig: 1} {
			if f, err := st.s.Figures(ctx, st.Auditor, 2026, ags); err != nil || f.All.Filed != want {
				t.Errorf("the provider, %q: %+v, %v", ags, f, err)
			}
		}
		if f, err := st.s.Figures(ctx, st.Clerk, 2026, Leipzig); err != nil || f.All.Filed != 0 {
			t.Errorf("a clerk sees another town's figures: %+v, %v", f, err)
		}
		if f, err := st.s.Figures(ctx, st.Clerk, 2025, ""); err != nil || f.All.Filed != 0 || len(f.Months) != 0 {
			t.Errorf("2025: %+v, %v", f, err)
		}
		if _, err := st.s.Figures(ctx, st.Clerk, 99999, ""); !models.IsKind(err, models.Invalid) {
			t.Errorf("year 99999: %v", err)
		}
	})
}
