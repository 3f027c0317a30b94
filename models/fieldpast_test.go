package models_test

import (
	"fmt"
	"testing"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

func TestFieldKnowsItsPast(t *testing.T) {
	tell(t, func(st *story) {
		for _, cents := range []string{"2100", "2200", "2300"} {
			in := by(cents, "2027-03-01")
			why := "Satzung " + cents
			in.Content.Reason = &why
			st.approved(st.file(st.Clerk, in).Number)
			st.knock()
			if _, err := st.s.Maintain(ctx, st.TenantAdmin, Bautzen, Birth, cents != "2200", nil); err != nil {
				st.Fatal(err)
			}
		}
		var got []string
		cursor := ""
		for range 10 {
			page, next, err := st.s.FieldPast(ctx, st.Clerk, Bautzen, Birth, "gebuehren.erste", cursor, 2)
			if err != nil {
				st.Fatal(err)
			}
			for _, c := range page {
				got = append(got, fmt.Sprintf("%s→%s %s %t %s %d", c.Old, c.New, c.Cause, c.First, c.Reason, len(c.Given)))
			}
			if cursor = next; next == "" {
				break
			}
		}
		want := []string{"2200→2300 apply false Satzung 2300 2", "2100→2200 apply false Satzung 2200 2", "2000→2100 apply false Satzung 2100 2", "→2000 initial true  0"}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			st.Errorf("got  %q\nwant %q", got, want)
		}
		for _, who := range []models.User{st.LeipzigClerk} {
			if _, _, err := st.s.FieldPast(ctx, who, Bautzen, Birth, "gebuehren.erste", "", 0); !models.IsKind(err, models.NotFound) {
				st.Errorf("%s: %v", who.Name, err)
			}
		}
		if _, _, err := st.s.FieldPast(ctx, st.Clerk, Bautzen, Birth, "nichts.da", "", 0); !models.IsKind(err, models.NotFound) {
			st.Errorf("a field that never was: %v", err)
		}
		if past, _, err := st.s.FieldPast(ctx, st.Clerk, Bautzen, Birth, "kontakt.telefon", "", 0); err != nil || len(past) > 0 {
			st.Errorf("a field that never had a value: %v, %v", past, err)
		}
	})
}

func TestLongPastIsReadInPieces(t *testing.T) {
	look(t, func(b *behind) {
		b.approved(b.file(b.Clerk, by("2100", "2027-03-01")).Number)
		b.knock()
		for i := range 450 {
			b.must(last(b.s.Maintain(ctx, b.TenantAdmin, Bautzen, Birth, i%2 == 0, nil)))
		}
		l := listen(b, b.s)
		var first []models.FieldChange
		var next string
		said := l.during(func() {
			var err error
			first, next, err = b.s.FieldPast(ctx, b.Clerk, Bautzen, Birth, "gebuehren.erste", "", 50)
			b.must(err)
		})
		if len(first) != 0 || next == "" || len(said) > 12 {
			b.Errorf("%d found, next %q, %d statements", len(first), next, len(said))
		}
		then, next, err := b.s.FieldPast(ctx, b.Clerk, Bautzen, Birth, "gebuehren.erste", next, 50)
		if err != nil || len(then) != 2 || next != "" {
			b.Errorf("%d found, next %q, %v", len(then), next, err)
		}
	})
}

func TestFormOnADayNamesWhoMakesTheDifference(t *testing.T) {
	tell(t, func(st *story) {
		planned := st.file(st.Clerk, fee("2600", "2027-01-01")).Number
		st.approved(planned)
		while := fee("2800", "2027-02-01")
		while.Content.Effective.Until = "2027-02-10"
		temporary := st.file(st.Clerk, while).Number
		st.approved(temporary)
		for day, want := range map[string]string{
			"2026-12-31": "", "2027-01-01": "2000→2600 " + planned + " false", "2027-02-05": "2000→2800 " + temporary + " false", "2027-02-11": "2000→2600 " + temporary + " true",
		} {
			f, err := st.s.OnDay(ctx, st.Clerk, Bautzen, Birth, onDay(day))
			if err != nil {
				st.Fatal(err)
			}
			got := ""
			for _, c := range f.Changed {
				got += fmt.Sprintf("%s→%s %s %t", c.Old, c.New, c.By, c.Back)
			}
			if got != want || f.Past {
				st.Errorf("%s: %q, want %q", day, got, want)
			}
		}
		if _, err := st.s.OnDay(ctx, st.Clerk, Bautzen, Birth, onDay("2020-01-01")); !models.IsKind(err, models.NotFound) {
			st.Errorf("before there was a form: %v", err)
		}
		st.at("2027-01-02 10:00:00")
		f, err := st.s.OnDay(ctx, st.Clerk, Bautzen, Birth, onDay("2026-12-31"))
		if err != nil || !f.Past || len(f.Changed) != 1 || f.Live != 1 {
			st.Errorf("%+v %v", f, err)
		}
		w, err := st.s.WorkOn(ctx, st.Clerk, Bautzen, Birth)
		if err != nil || len(w.Planned) != 1 || w.Planned[0].Number != temporary || len(w.Open) != 0 {
			st.Errorf("%+v %v", w, err)
		}
		if _, err := st.s.WorkOn(ctx, st.LeipzigClerk, Bautzen, Birth); !models.IsKind(err, models.NotFound) {
			st.Errorf("a foreign form: %v", err)
		}
	})
}

func TestFormsAreFoundByTownAndTitle(t *testing.T) {
	tell(t, func(st *story) {
		find := func(u models.User, f models.FormFilter) (out []string) {
			st.Helper()
			f.Limit = 2
			for {
				page, next, err := st.s.FindForms(ctx, u, f)
				if err != nil {
					st.Fatal(err)
				}
				for _, l := range page {
					out = append(out, fmt.Sprintf("%s %s %d", l.Municipality, l.Title, l.Planned))
				}
				if f.Cursor = next; next == "" {
					return out
				}
			}
		}
		st.approved(st.file(st.Clerk, fee("2600", "2027-01-01")).Number)
		if got := find(st.Clerk, models.FormFilter{}); len(got) != 3 || got[0] != "Bautzen Geburtsurkunde 1" {
			st.Errorf("clerk: %v", got)
		}
		if got := find(st.Agent, models.FormFilter{}); len(got) != 6 || got[5][:7] != "Leipzig" {
			st.Errorf("agent: %v", got)
		}
		if got := find(st.Agent, models.FormFilter{Q: "leip hundest"}); len(got) != 1 {
			st.Errorf("words: %v", got)
		}
		if got := find(st.Agent, models.FormFilter{Municipality: Leipzig, Q: "Geburt"}); len(got) != 1 {
			st.Errorf("town: %v", got)
		}
		if got := find(st.Clerk, models.FormFilter{Municipality: Leipzig}); len(got) != 0 {
			st.Errorf("a foreign town: %v", got)
		}
		if towns, err := st.s.Towns(ctx, st.Agent); err != nil || len(towns) != 2 || towns[0].Name != "Bautzen" {
			st.Errorf("%v %v", towns, err)
		}
	})
}

func TestMaintenanceIsSwitchedOnlyOnWhatWasSeen(t *testing.T) {
	tell(t, func(st *story) {
		if _, err := st.s.MaintainSeen(ctx, st.TenantAdmin, Bautzen, Birth, true, 1, nil); err != nil {
			st.Fatal(err)
		}
		if _, err := st.s.MaintainSeen(ctx, st.TenantAdmin, Bautzen, Birth, false, 1, nil); !models.IsKind(err, models.Conflict) {
			st.Errorf("a stale version: %v", err)
		}
		if f, err := st.s.MaintainSeen(ctx, st.TenantAdmin, Bautzen, Birth, false, 2, nil); err != nil || f.Maintenance {
			st.Errorf("%v", err)
		}
	})
}
