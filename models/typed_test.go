package models_test

import (
	"strings"
	"testing"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// draft begins a draft about fees.
func (st *story) draft(u models.User) *models.Case {
	st.Helper()
	return st.file(u, models.FileInput{Form: Bautzen + "/" + Birth, Content: models.Content{Sections: &[]string{"gebuehren"}}})
}

// TestTypedIsKeptForWhoTypedIt until it is forgotten or the request is submitted; it is no edit.
func TestTypedIsKeptForWhoTypedIt(t *testing.T) {
	tell(t, func(st *story) {
		c := st.draft(st.Clerk)
		keep := func(u models.User, page, text string) {
			if _, err := st.s.KeepTyped(ctx, u, c.Number, page, c.Version, map[string][]string{"a": {text}}); err != nil {
				st.Fatal(err)
			}
		}
		typed := func(u models.User) map[string]models.Typed {
			out, err := st.s.Typed(ctx, u, c.Number)
			if err != nil {
				st.Fatal(err)
			}
			return out
		}
		keep(st.Clerk, "felder", "2")
		keep(st.Clerk, "felder", "25,")
		keep(st.Clerk, "wann", "1.1.")
		keep(st.Clerk2, "felder", "30")
		if k := typed(st.Clerk); len(k) != 2 || k["felder"].Values["a"][0] != "25," || k["felder"].Version != 1 || k["felder"].At.IsZero() {
			st.Errorf("%+v", k)
		}
		if k := typed(st.Clerk2); len(k) != 1 || k["felder"].Values["a"][0] != "30" {
			st.Errorf("%+v", k)
		}
		if st.get(c.Number).Version != 1 || len(st.history(c.Number)) != 1 {
			st.Error("typing is an edit")
		}
		st.must(st.s.ForgetTyped(ctx, st.Clerk, c.Number, "wann"))
		if k := typed(st.Clerk); len(k) != 1 {
			st.Errorf("%+v", k)
		}
		st.with(st.Clerk, c.Number, models.Edit, models.Input{Content: &models.Content{
			Effective: &models.EffectiveInput{Kind: "from", Date: "2027-01-01"}, Changes: &[]models.ChangeInput{{Field: first, New: []byte("2500")}},
		}})
		st.do(st.Clerk, c.Number, models.Submit, "")
		if len(typed(st.Clerk)) != 0 || len(typed(st.Clerk2)) != 0 {
			st.Error("what was typed outlives the draft")
		}
	})
}

// TestTypedIsForWhoMayEdit and for nothing that is too big.
func TestTypedIsForWhoMayEdit(t *testing.T) {
	tell(t, func(st *story) {
		c := st.draft(st.Clerk)
		keep := func(u models.User, values map[string][]string) error {
			_, err := st.s.KeepTyped(ctx, u, c.Number, "felder", 1, values)
			return err
		}
		st.refused(keep(st.LeipzigClerk, nil), models.NotFound, "request")
		st.refused(keep(st.Approver, nil), models.Forbidden, "not_your_role")
		st.refused(keep(st.Agent, nil), models.Conflict, "wrong_state")
		st.refused(keep(st.Clerk, map[string][]string{"a": {strings.Repeat("x", 500_000)}}), models.TooLarge, "body_too_large")
		st.refused(st.s.ForgetTyped(ctx, st.LeipzigClerk, c.Number, "felder"), models.NotFound, "request")
		_, err := st.s.Typed(ctx, st.LeipzigClerk, c.Number)
		st.refused(err, models.NotFound, "request")
		st.must(keep(st.Clerk, map[string][]string{"a": {"1"}}))
		st.on("2027-06-01")
		st.must(st.s.Tidy(ctx))
		if k, _ := st.s.Typed(ctx, st.Clerk, c.Number); len(k) != 0 {
			st.Error("nobody came back, and it is still there")
		}
	})
}

// TestSheet tells what holds, what is coming and what will be the old value; it is for those who may edit.
func TestSheet(t *testing.T) {
	tell(t, func(st *story) {
		other := fee("2500", "2027-01-01")
		other.Content.Effective.Until = "2027-01-31"
		planned := st.file(st.Clerk2, other)
		st.approved(planned.Number)
		c := st.draft(st.Clerk)
		sheet := func(u models.User) (*models.Sheet, error) { return st.s.Sheet(ctx, u, c.Number) }
		k, err := sheet(st.Clerk)
		st.must(err)
		if k.Live[first] != "2000" || k.Old[first] != "2000" || len(k.Coming[first]) != 2 || k.Coming[first][0].Value != "2500" || k.Coming[first][1].Value != "2000" || !k.Coming[first][1].Back {
			st.Errorf("live %s, old %s, coming %+v", k.Live[first], k.Old[first], k.Coming[first])
		}
		if k.Earliest.Day.String() != "2026-12-02" || k.Today.String() != "2026-11-23" || k.Definition.Key != Birth {
			st.Errorf("%+v %s", k.Earliest, k.Today)
		}
		st.with(st.Clerk, c.Number, models.Edit, models.Input{Content: &models.Content{Effective: &models.EffectiveInput{Kind: "from", Date: "2027-01-15"}}})
		k, err = sheet(st.Clerk2)
		st.must(err)
		if k.Old[first] != "2500" {
			st.Errorf("old %s", k.Old[first])
		}
		_, err = sheet(st.LeipzigClerk)
		st.refused(err, models.NotFound, "request")
		_, err = sheet(st.Approver)
		st.refused(err, models.Forbidden, "not_your_role")
		_, err = sheet(st.Agent)
		st.refused(err, models.Conflict, "wrong_state")
	})
}

// TestRivals are open requests of the same form that change the same field.
func TestRivals(t *testing.T) {
	tell(t, func(st *story) {
		mine := st.file(st.Clerk, fee("2500", "2027-01-01"))
		other := st.file(st.Clerk2, fee("2600", "2027-02-01"))
		gone := st.file(st.Clerk2, fee("2700", "2027-02-01"))
		st.do(st.Clerk, gone.Number, models.Withdraw, "")
		st.file(st.Clerk, want("from", "2027-01-01", sepa, `"https://www.xyz.example/mandat.pdf"`))
		leipzig := fee("2500", "2027-01-01")
		leipzig.Form = Leipzig + "/" + Birth
		st.file(st.LeipzigClerk, leipzig)
		found, err := st.s.Rivals(ctx, st.Clerk, mine.Number)
		st.must(err)
		if len(found) != 1 || found[0].Number != other.Number || len(found[0].Fields) != 1 {
			st.Errorf("%+v", found)
		}
		_, err = st.s.Rivals(ctx, st.LeipzigClerk, mine.Number)
		st.refused(err, models.NotFound, "request")
	})
}

// TestFormsToFile are a clerk's own, by title, narrowed by words, a page at a time.
func TestFormsToFile(t *testing.T) {
	tell(t, func(st *story) {
		titles := func(q, cursor string, limit int) (out []string, next string) {
			fs, next, err := st.s.FormsToFile(ctx, st.Clerk, q, cursor, limit)
			st.must(err)
			for _, f := range fs {
				if f.AGS != Bautzen {
					st.Errorf("%s is another's", f.Key())
				}
				out = append(out, f.Title)
			}
			return out, next
		}
		all, next := titles("", "", 2)
		rest, end := titles("", next, 2)
		if got := strings.Join(append(all, rest...), ","); got != "Geburtsurkunde,Gewerbeanmeldung,Hundesteueranmeldung" || next == "" || end != "" {
			st.Errorf("%s %q %q", got, next, end)
		}
		for q, n := range map[string]int{"hunde": 1, "ANMELD gewerbe": 1, "komm24": 3, "xyz": 0, "  ": 3} {
			if got, _ := titles(q, "", 0); len(got) != n {
				st.Errorf("%q: %v", q, got)
			}
		}
		if _, err := st.s.Maintain(ctx, st.TenantAdmin, Bautzen, Birth, true, nil); err != nil {
			st.Fatal(err)
		}
		fs, _, err := st.s.FormsToFile(ctx, st.Clerk, "geburt", "", 0)
		st.must(err)
		if len(fs) != 1 || !fs[0].Maintenance {
			st.Errorf("%+v", fs)
		}
		_, _, err = st.s.FormsToFile(ctx, st.Agent, "", "", 0)
		st.refused(err, models.Forbidden, "not_your_role")
	})
}
