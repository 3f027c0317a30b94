package models_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"formwandel/models"
)

func TestSavedViews(t *testing.T) {
	tell(t, func(st *story) {
		save := func(u models.User, name, query string) error { return st.s.SaveView(ctx, u, name, query) }
		names := func(u models.User) (out []string) {
			vs, err := st.s.SavedViews(ctx, u)
			st.must(err)
			for _, v := range vs {
				out = append(out, v.Name+"="+v.Query)
			}
			return out
		}
		st.must(save(st.Agent, "  Bautzen   neu ", "municipality=14625020&sort=due"))
		st.must(save(st.Agent2, "Meins", "assignee=me"))
		st.must(save(st.Agent, "Bautzen neu", "municipality=14625020&sort=number"))
		if got := fmt.Sprint(names(st.Agent)); got != "[Bautzen neu=municipality=14625020&sort=number]" {
			st.Errorf("kept %s", got)
		}
		for name, bad := range map[string][2]string{"no name": {" ", "q=x"}, "long": {strings.Repeat("x", 61), "q=x"}, "no query": {"x", ""}, "long query": {"x", strings.Repeat("x", 2001)}, "NUL": {"a\x00", "q=x"}} {
			if err := save(st.Agent, bad[0], bad[1]); !models.IsKind(err, models.Invalid) {
				st.Errorf("%s: %v", name, err)
			}
		}
		for i := range models.MostViews - 1 {
			st.must(save(st.Agent, fmt.Sprint("Ansicht ", i), "sort=due"))
		}
		if err := save(st.Agent, "eine zu viel", "sort=due"); !models.IsKind(err, models.Invalid) {
			st.Errorf("one too many: %v", err)
		}
		st.must(save(st.Agent, "Bautzen neu", "q=x")) // replaced, not added
		vs, err := st.s.SavedViews(ctx, st.Agent)
		st.must(err)
		st.must(st.s.DropView(ctx, st.Agent2, vs[0].ID)) // another's
		if len(names(st.Agent)) != models.MostViews {
			st.Error("another dropped it")
		}
		st.must(st.s.DropView(ctx, st.Agent, vs[0].ID))
		st.must(st.s.DropView(ctx, st.Agent, vs[0].ID))
		if len(names(st.Agent)) != models.MostViews-1 || len(names(st.Agent2)) != 1 {
			st.Errorf("left %v, %v", names(st.Agent), names(st.Agent2))
		}
	})
}

func TestPresence(t *testing.T) {
	look(t, func(st *behind) {
		n := st.file(st.Clerk, want("from", "2027-01-11", first, "2500")).Number
		lookers := func(u models.User) (out []string) {
			people, err := st.s.Lookers(ctx, u, n)
			st.must(err)
			for _, p := range people {
				out = append(out, p.Name)
			}
			return out
		}
		look := func(u models.User) {
			_, err := st.s.Look(ctx, u, n)
			st.must(err)
		}
		for _, u := range []models.User{st.Agent, st.Agent2, st.Agent2, st.Lead, st.Clerk, st.Approver} {
			look(u)
		}
		for name, c := range map[string]struct {
			u    models.User
			want string
		}{
			"agent": {st.Agent, "[Bearbeitung 2 KISA Freigabe KISA]"}, "auditor": {st.Auditor, "[Bearbeitung 2 KISA Bearbeitung KISA Freigabe KISA]"},
			"clerk": {st.Clerk, "[Freigabe Bautzen]"}, "deputy": {st.Deputy, "[Freigabe Bautzen Sachbearbeitung Bautzen]"},
		} {
			if got := fmt.Sprint(lookers(c.u)); got != c.want {
				st.Errorf("%s sees %s, want %s", name, got, c.want)
			}
		}
		for _, u := range []models.User{st.LeipzigClerk, {}} {
			if _, err := st.s.Look(ctx, u, n); !models.IsKind(err, models.NotFound) {
				st.Errorf("%s looks: %v", u.Name, err)
			}
			if _, err := st.s.Lookers(ctx, u, n); !models.IsKind(err, models.NotFound) {
				st.Errorf("%s sees who looks: %v", u.Name, err)
			}
		}
		entries, _, err := st.s.Requests(ctx, st.Agent, models.Filter{})
		st.must(err)
		of, err := st.s.LookersOf(ctx, st.Agent, entries)
		st.must(err)
		if len(of) != 1 || len(of[entries[0].ID]) != 2 {
			st.Errorf("in the list: %v", of)
		}
		foreign, err := st.s.LookersOf(ctx, st.LeipzigClerk, entries)
		if st.must(err); len(foreign) != 0 {
			st.Errorf("in a foreign list: %v", foreign)
		}
		st.shift(61 * time.Second)
		if got := lookers(st.Auditor); got != nil {
			st.Errorf("a minute later: %v", got)
		}
		look(st.Agent)
		st.must(st.s.Tidy(ctx))
		if left := st.one("SELECT count(*) FROM presence"); left != 1 {
			st.Errorf("%d rows left", left)
		}
	})
}
