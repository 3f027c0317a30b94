package models_test

import (
	"slices"
	"testing"

	"formwandel/models"
)

// History is read from its end as well as from its beginning, and by what happened.
func TestRecent(t *testing.T) {
	tell(t, func(st *story) {
		c := st.file(st.Clerk, want("from", "2027-01-01", first, "2500"))
		st.do(st.Agent, c.Number, models.Claim, "")
		st.do(st.Agent, c.Number, models.Ask, "Welche Gebühr?")
		for _, internal := range []bool{false, true} {
			if _, err := st.s.Comment(ctx, st.Agent, c.Number, "Notiz", internal, nil); err != nil {
				st.Fatal(err)
			}
		}
		recent := func(u models.User, l models.Look) (out []models.Action, next string) {
			hs, next, err := st.s.Recent(ctx, u, c.Number, l)
			if err != nil {
				st.Fatal(err)
			}
			for _, h := range hs {
				out = append(out, h.Action)
			}
			if len(hs) > 0 && next != "" && next != hs[len(hs)-1].Cursor() {
				st.Error("a list does not go on after its last entry")
			}
			return out, next
		}
		all, next := recent(st.Agent, models.Look{Limit: 3})
		if !slices.Equal(all, []models.Action{models.Comment, models.Comment, models.Ask}) {
			st.Errorf("%v", all)
		}
		rest, next := recent(st.Agent, models.Look{Limit: 3, Cursor: next})
		if !slices.Equal(rest, []models.Action{models.Claim, models.Submit}) || next != "" {
			st.Errorf("%v, then %q", rest, next)
		}
		if got, _ := recent(st.Clerk, models.Look{Only: []models.Action{models.Comment, models.Claim}}); !slices.Equal(got, []models.Action{models.Comment, models.Claim}) {
			st.Errorf("a clerk reads %v", got)
		}
		_, _, err := st.s.Recent(ctx, st.LeipzigClerk, c.Number, models.Look{})
		st.refused(err, models.NotFound, "request")
		_, _, err = st.s.Recent(ctx, st.Clerk, c.Number, models.Look{Cursor: "unsinn"})
		st.refused(err, models.Invalid, "bad_cursor")
	})
}

// Around a request stand those it builds on, those that build on it, and who may still approve it.
func TestAround(t *testing.T) {
	tell(t, func(st *story) {
		base := st.filed(want("from", "2027-01-01", first, "2500"))
		next := st.file(st.Deputy, want("from", "2027-03-01", first, "2800"))
		around := func(u models.User, number string) *models.Surroundings {
			c, err := st.s.Case(ctx, u, number)
			if err != nil {
				st.Fatal(err)
			}
			out, err := st.s.Around(ctx, u, c)
			if err != nil {
				st.Fatal(err)
			}
			return out
		}
		if a := around(st.Clerk, base.Number); !slices.Equal(a.BuiltOnBy, []string{next.Number}) || len(a.BuildsOn) != 0 || len(a.CouldApprove) != 0 || !slices.Equal(a.Sections, []string{"Gebühren"}) {
			st.Errorf("%+v", a)
		}
		a := around(st.Clerk, next.Number)
		if !slices.Equal(a.BuildsOn, []string{base.Number}) || len(a.BuiltOnBy) != 0 {
			st.Errorf("%+v", a)
		}
		if got := a.CouldApprove[models.Municipal]; !slices.Equal(got, []string{st.Approver.Name}) { // not the deputy, who filed it
			st.Errorf("%v", got)
		}
		if got := a.CouldApprove[models.Provider]; len(got) != 3 {
			st.Errorf("%v", got)
		}
		c := st.get(next.Number)
		for u, want := range map[string]string{st.Deputy.Email: "four_eyes", st.Approver.Email: "", st.Clerk.Email: "", st.Auditor.Email: ""} {
			for _, p := range []models.User{st.Deputy, st.Approver, st.Clerk, st.Auditor} {
				if p.Email == u && c.Hindrance(p) != want {
					st.Errorf("%s: %q", u, c.Hindrance(p))
				}
			}
		}
		st.do(st.Approver, next.Number, models.Approve, "")
		if got := st.get(next.Number).Hindrance(st.Approver); got != "already_approved" {
			st.Errorf("%q", got)
		}
		_, err := st.s.Around(ctx, st.LeipzigClerk, c)
		st.refused(err, models.NotFound, "request")
	})
}
