package models_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"formwandel/models"
	"formwandel/models/calendar"
	. "formwandel/models/modelstest"
)

// codeOf is the code of a refusal, "" for none.
func codeOf(err error) string {
	var e *models.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// tries are what the provider does under a grant: a profile, a switch.
func (st *story) tries(u models.User) (profile, switched string) {
	st.Helper()
	m, err := st.s.MunicipalityOf(ctx, st.TenantAdmin, Bautzen)
	if err != nil {
		st.Fatal(err)
	}
	form, err := st.s.Form(ctx, u, Bautzen, Birth)
	if err != nil {
		st.Fatal(err)
	}
	profile = codeOf(st.s.SetProfile(ctx, u, Bautzen, m.Version, models.Profile{OfficeMail: "amt@bautzen.example"}, nil))
	return profile, codeOf(last(st.s.Maintain(ctx, u, Bautzen, Birth, !form.Maintenance, nil)))
}

func (st *story) set(u models.User, kind models.Access, on bool, until calendar.Day) error {
	return st.s.SetAccess(ctx, u, Bautzen, models.AccessChange{Kind: kind, On: on, Until: until, Reason: "Vertretung"}, nil)
}

// TestTheProviderActsUnderAGrant only, while it holds, and what it does is listed for the municipality.
func TestTheProviderActsUnderAGrant(t *testing.T) {
	tell(t, func(st *story) {
		is := func(u models.User, profile, switched string) {
			st.Helper()
			if p, s := st.tries(u); p != profile || s != switched {
				st.Errorf("%s: %q and %q, want %q and %q", u.Name, p, s, profile, switched)
			}
		}
		must := func(err error) {
			st.Helper()
			if err != nil {
				st.Fatal(err)
			}
		}
		is(st.Admin, "access_needed_profile", "access_needed_maintenance")
		is(st.Agent, "access_needed_profile", "access_needed_maintenance")
		must(st.set(st.TenantAdmin, models.AccessProfile, true, calendar.Day{}))
		is(st.Admin, "", "access_needed_maintenance")
		must(st.set(st.TenantAdmin, models.AccessMaintenance, true, calendar.NewDay(2026, 11, 24)))
		is(st.Agent, "", "")
		is(st.TenantAdmin, "", "")
		for _, u := range []models.User{st.Lead, st.Auditor, st.Clerk, st.Approver} {
			is(u, "not_your_role", "not_your_role")
		}
		st.at("2026-11-24 23:59:59")
		is(st.Agent, "", "")
		st.at("2026-11-25 00:00:00")
		is(st.Agent, "", "access_needed_maintenance")
		must(st.set(st.TenantAdmin, models.AccessProfile, false, calendar.Day{}))
		is(st.Admin, "access_needed_profile", "access_needed_maintenance")

		uses, next, err := st.s.AccessUses(ctx, st.TenantAdmin, Bautzen, "", 4)
		must(err)
		rest, end, err := st.s.AccessUses(ctx, st.TenantAdmin, Bautzen, next, 4)
		must(err)
		if len(uses) != 4 || len(rest) != 2 || end != "" || uses[0].Actor.Name != st.Agent.Name || rest[1].Actor.Name != st.Admin.Name || rest[1].Action != "municipality_change" {
			st.Errorf("%d and %d uses: %+v %+v", len(uses), len(rest), uses, rest)
		}
		for _, x := range append(uses, rest...) {
			if x.Grant == 0 || x.Actor.Side != models.Provider {
				st.Errorf("%d %s by %s names no grant", x.Seq, x.Action, x.Actor.Name)
			}
		}
	})
}

// TestOnlyTheMunicipalityGrants, by what it has seen.
func TestOnlyTheMunicipalityGrants(t *testing.T) {
	tell(t, func(st *story) {
		for _, u := range []models.User{st.Clerk, st.Approver, st.Deputy, st.Agent, st.Lead, st.Admin, st.Auditor, st.LeipzigClerk} {
			if err := st.set(u, models.AccessProfile, true, calendar.Day{}); !models.IsKind(err, models.Forbidden) && !models.IsKind(err, models.NotFound) {
				st.Errorf("%s grants: %v", u.Name, err)
			}
		}
		if err := st.set(st.TenantAdmin, models.AccessProfile, true, calendar.NewDay(2020, 1, 1)); !models.IsKind(err, models.Invalid) {
			st.Error("until a day in the past:", err)
		}
		if err := st.set(st.TenantAdmin, "everything", true, calendar.Day{}); !models.IsKind(err, models.Invalid) {
			st.Error("everything:", err)
		}
		if err := st.set(st.TenantAdmin, models.AccessProfile, false, calendar.Day{}); codeOf(err) != "not_granted" {
			st.Error("withdrawn before it was granted:", err)
		}
		none := int64(0)
		warm(st, st.s)
		errs := make([]error, 8)
		start(len(errs), func(i int) {
			errs[i] = st.s.SetAccess(ctx, st.TenantAdmin, Bautzen, models.AccessChange{Kind: models.AccessProfile, On: true, Seen: &none}, nil)
		})
		st.oneWinner("granting at once", errs)
		gs, err := st.s.Access(ctx, st.Auditor, Bautzen)
		if err != nil || !gs[0].InForce() || gs[1].InForce() || gs[0].By.Name != st.TenantAdmin.Name {
			st.Errorf("%+v, %v", gs, err)
		}
	})
}

// TestATokenSaysItsLastUse once a minute, by the database's clock.
func TestATokenSaysItsLastUse(t *testing.T) {
	tell(t, func(st *story) {
		token, err := st.s.CreateToken(ctx, st.Clerk.Email, "Zeiten", time.Hour, models.ScopeRead)
		if err != nil {
			st.Fatal(err)
		}
		used := func() string {
			st.Helper()
			u, err := st.s.Authenticate(ctx, token)
			if err != nil || st.s.NoteUse(ctx, u) != nil {
				st.Fatal("no use", err)
			}
			ts, err := st.s.Tokens(ctx, st.Clerk, st.Clerk.ID)
			if err != nil || ts[0].UsedAt == nil {
				st.Fatal("no last use", err)
			}
			return fmt.Sprint(ts[0].UsedAt.UTC())
		}
		first := used()
		if again := used(); again != first {
			st.Errorf("written down twice in a minute: %s, %s", first, again)
		}
		SetNow(st, st.s, Epoch.Add(2*time.Minute))
		if later := used(); later == first {
			st.Error("not written down after a minute")
		}
	})
}
