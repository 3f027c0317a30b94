package models_test

import (
	"fmt"
	"testing"

	"formwandel/models"
	"formwandel/models/calendar"
	"formwandel/models/gv100ad"
	. "formwandel/models/modelstest"
)

// TestPeopleAreGuarded tells of accounts on both databases: who may, in which chain, on which version.
func TestPeopleAreGuarded(t *testing.T) {
	look(t, func(b *behind) {
		s := b.s
		id, err := s.AddPerson(ctx, b.TenantAdmin, models.NewUser{AGS: Bautzen, Email: "Kasse@bautzen.example", Name: "Kasse", Roles: []models.Role{models.Clerk}}, nil)
		b.must(err)
		for name, n := range map[string]models.NewUser{
			"the provider's role":  {AGS: Bautzen, Email: "a@bautzen.example", Name: "A", Roles: []models.Role{models.Admin}},
			"no role":              {AGS: Bautzen, Email: "a@bautzen.example", Name: "A"},
			"a role twice":         {AGS: Bautzen, Email: "a@bautzen.example", Name: "A", Roles: []models.Role{models.Clerk, models.Clerk}},
			"an unknown role":      {AGS: Bautzen, Email: "a@bautzen.example", Name: "A", Roles: []models.Role{"king"}},
			"a known address":      {AGS: Bautzen, Email: "KASSE@bautzen.example", Name: "A", Roles: []models.Role{models.Clerk}},
			"an unknown language":  {AGS: Bautzen, Email: "a@bautzen.example", Name: "A", Locale: "fr", Roles: []models.Role{models.Clerk}},
			"no address at all":    {AGS: Bautzen, Email: "a", Name: "A", Roles: []models.Role{models.Clerk}},
			"an address of others": {AGS: Bautzen, Email: "ä@bautzen.example", Name: "A", Roles: []models.Role{models.Clerk}},
		} {
			if _, err := s.AddPerson(ctx, b.TenantAdmin, n, nil); kindOf(err) != models.Invalid {
				b.Errorf("%s: %v", name, err)
			}
		}
		token, err := s.CreateToken(ctx, "kasse@bautzen.example", "test", 1e15)
		b.must(err)
		m, err := s.Person(ctx, b.Auditor, id)
		b.must(err)
		secret, _, err := s.SignIn(ctx, m.User, models.Proof{Method: "password"}, models.Visit{})
		b.must(err)
		b.must(s.ChangePerson(ctx, b.TenantAdmin, id, 1, models.PersonChange{Name: "Stadtkasse", Locale: "de", Roles: []models.Role{models.Clerk}}, nil))
		if _, err := s.Authenticate(ctx, token); err != nil {
			b.Errorf("another name ends a token: %v", err)
		}
		b.must(s.ChangePerson(ctx, b.Admin, id, 2, models.PersonChange{Name: "Stadtkasse", Locale: "de", Roles: []models.Role{models.Approver}}, nil))
		if _, err := s.Authenticate(ctx, token); kindOf(err) != models.Unauthorized {
			b.Errorf("a token outlives the roles it was made with: %v", err)
		}
		if _, _, err := s.Resume(ctx, secret); kindOf(err) != models.Unauthorized {
			b.Errorf("a session outlives the roles: %v", err)
		}
		if err := s.SwitchPerson(ctx, b.Admin, id, 2, false, nil); kindOf(err) != models.Conflict {
			b.Errorf("a stale version: %v", err)
		}
		b.must(s.SwitchPerson(ctx, b.Admin, id, 3, false, nil))
		if err := s.SendLink(ctx, b.Admin, id, 4, nil); kindOf(err) != models.Conflict {
			b.Errorf("a link for an account that is off: %v", err)
		}
		if err := s.SwitchPerson(ctx, b.Auditor, id, 4, true, nil); kindOf(err) != models.Forbidden {
			b.Errorf("an auditor: %v", err)
		}
		own, err := s.Person(ctx, b.Admin, b.Admin.ID)
		b.must(err)
		if err := s.ChangePerson(ctx, b.Admin, own.ID, own.Version, models.PersonChange{Name: "A", Roles: []models.Role{models.Agent}}, nil); kindOf(err) != models.Conflict {
			b.Errorf("one's own role: %v", err)
		}
		second, err := s.AddPerson(ctx, b.Admin, models.NewUser{Email: "admin2@kisa.example", Name: "Admin 2", Roles: []models.Role{models.Admin, models.Lead}}, nil)
		b.must(err)
		two, err := s.Person(ctx, b.Admin, second)
		b.must(err)
		b.must(s.SwitchPerson(ctx, two.User, own.ID, own.Version, false, nil))
		if err := s.SwitchPerson(ctx, b.Admin, second, 1, false, nil); kindOf(err) != models.Conflict {
			b.Errorf("the last one: %v", err)
		}
		es, _, err := s.Trail(ctx, b.Auditor, models.TrailFilter{Chain: Bautzen, Limit: 6})
		b.must(err)
		var said []models.Action
		for _, e := range es {
			said = append(said, e.Action)
		}
		if want := "[user_off user_roles token_revoke user_change token_create user_invitation]"; fmt.Sprint(said) != want {
			b.Errorf("%v", said)
		}
		if r, err := s.Verify(ctx, nil); err != nil || len(r.Findings) > 0 {
			b.Errorf("%v %v", r, err)
		}
	})
}

// TestListsOfPeople are paged and show a municipality its own only.
func TestListsOfPeople(t *testing.T) {
	look(t, func(b *behind) {
		all := 0
		for f := (models.PeopleFilter{Limit: 3}); ; {
			ms, next, err := b.s.People(ctx, b.Auditor, f)
			b.must(err)
			for _, m := range ms {
				if len(m.Roles) == 0 {
					b.Errorf("%s without roles", m.Email)
				}
			}
			if all += len(ms); next == "" {
				break
			}
			f.Cursor = next
		}
		if want := int(b.number("SELECT count(*) FROM users")); all != want {
			b.Errorf("%d, want %d", all, want)
		}
		ms, _, err := b.s.People(ctx, b.TenantAdmin, models.PeopleFilter{AGS: Leipzig})
		b.must(err)
		for _, m := range ms {
			if m.AGS != Bautzen {
				b.Errorf("Bautzen sees %s", m.Email)
			}
		}
		ours, _, err := b.s.People(ctx, b.Admin, models.PeopleFilter{Provider: true})
		b.must(err)
		theirs, _, err := b.s.People(ctx, b.Admin, models.PeopleFilter{AGS: Leipzig})
		b.must(err)
		if len(ours) < 5 || len(theirs) != 2 || len(ms) != 5 {
			b.Errorf("%d, %d, %d", len(ours), len(theirs), len(ms))
		}
		if _, _, err := b.s.People(ctx, b.Agent, models.PeopleFilter{}); kindOf(err) != models.Forbidden {
			b.Error(err)
		}
	})
}

// TestForecastsChangeNothing: what is foretold is what happens, and foretelling leaves no trace.
func TestForecastsChangeNothing(t *testing.T) {
	look(t, func(b *behind) {
		before := b.rows()
		register := []gv100ad.Municipality{{AGS: Bautzen, Name: "Budyšin", Kind: "Große Kreisstadt", PLZ: "02625"}, {AGS: "14627140", Name: "Meißen"}, {AGS: Leipzig, Name: "Leipzig", Kind: "kreisfreie Stadt", PLZ: "04109", Population: 600000}}
		f, err := b.s.ForecastMunicipalities(ctx, b.Admin, register)
		b.must(err)
		if len(f.Added) != 1 || len(f.Renamed) != 1 || len(f.Updated) != 1 || f.Renamed[0] != "Bautzen → Budyšin" {
			b.Errorf("%+v", f)
		}
		d := newer(b, Birth, 2, func(m map[string]any) { m["title"] = "Urkunde" })
		fa, err := b.s.ForecastAssistant(ctx, b.Auditor, d)
		b.must(err)
		if fa.Forms != 2 || fa.Untouched != 2 || fa.Known.Version != 1 || fa.Same {
			b.Errorf("%+v", fa)
		}
		if after := b.rows(); after != before {
			b.Errorf("before %s\nafter  %s", before, after)
		}
		done, err := b.s.TakeMunicipalities(ctx, b.Admin, register, nil)
		b.must(err)
		if done.Added != 1 || done.Updated != 2 {
			b.Errorf("%+v", done)
		}
		other := Open(b, b.url) // another instance, which has not heard of it yet
		_, err = other.Questionnaire(ctx, Birth, 1)
		b.must(err)
		took, err := b.s.TakeAssistant(ctx, b.Admin, d, nil)
		b.must(err)
		if took.Updated != 1 || len(took.Lost) != 0 {
			b.Errorf("%+v", took)
		}
		for _, u := range []models.User{b.Auditor, b.Agent, b.TenantAdmin} {
			if _, err := b.s.TakeAssistant(ctx, u, d, nil); kindOf(err) != models.Forbidden {
				b.Error(err)
			}
			if _, err := b.s.TakeMunicipalities(ctx, u, register, nil); kindOf(err) != models.Forbidden {
				b.Error(err)
			}
		}
		qs, err := b.s.Questionnaires(ctx, Birth)
		b.must(err)
		if len(qs) != 2 || qs[0].Version != 2 {
			b.Errorf("%+v", qs)
		}
		if q, err := other.Questionnaire(ctx, Birth, 2); err != nil || q.Version != 2 {
			b.Errorf("an instance that has not seen the import: %v", err)
		}
		if _, err := b.s.Questionnaire(ctx, Birth, 3); kindOf(err) != models.NotFound {
			b.Error(err)
		}
	})
}

// TestAProfileIsGuarded by version and municipality.
func TestAProfileIsGuarded(t *testing.T) {
	look(t, func(b *behind) {
		m, err := b.s.MunicipalityOf(ctx, b.TenantAdmin, Bautzen)
		b.must(err)
		p := models.Profile{OfficeMail: "amt@bautzen.example", ClosingDays: []calendar.Day{calendar.NewDay(2026, 12, 24), calendar.NewDay(2026, 12, 24)}}
		b.must(b.s.SetProfile(ctx, b.TenantAdmin, Bautzen, m.Version, p, nil))
		if err := b.s.SetProfile(ctx, b.TenantAdmin, Bautzen, m.Version, p, nil); kindOf(err) != models.Conflict {
			b.Error(err)
		}
		now, err := b.s.MunicipalityOf(ctx, b.Auditor, Bautzen)
		b.must(err)
		if now.OfficeMail != "amt@bautzen.example" || len(now.ClosingDays) != 1 || now.Version != m.Version+1 {
			b.Errorf("%+v", now)
		}
		if err := b.s.SetProfile(ctx, b.TenantAdmin, Bautzen, now.Version, models.Profile{OfficeMail: "kein"}, nil); kindOf(err) != models.Invalid {
			b.Error(err)
		}
		if err := b.s.SetProfile(ctx, b.Auditor, Bautzen, now.Version, p, nil); kindOf(err) != models.Forbidden {
			b.Error(err)
		}
	})
}

// TestALetterCanBeRead by those who look after the outbox.
func TestALetterCanBeRead(t *testing.T) {
	look(t, func(b *behind) {
		c := b.file(b.Clerk, fee("2500", "2027-01-01"))
		id := b.number("SELECT min(id) FROM mails")
		l, err := b.s.Letter(ctx, b.Auditor, id)
		b.must(err)
		if l.Facts.Number != c.Number || len(l.Facts.Sentences) != 1 {
			b.Errorf("%+v", l.Facts)
		}
		if _, err := b.s.Letter(ctx, b.TenantAdmin, id); kindOf(err) != models.Forbidden {
			b.Error(err)
		}
		if _, err := b.s.Letter(ctx, b.Admin, 1<<40); kindOf(err) != models.NotFound {
			b.Error(err)
		}
	})
}

// TestTheTrailIsPaged walks a chain to its end, and through a filter.
func TestTheTrailIsPaged(t *testing.T) {
	look(t, func(b *behind) {
		for range 3 {
			b.file(b.Clerk, fee("2500", "2027-01-01"))
		}
		seen := map[int64]bool{}
		f := models.TrailFilter{Chain: Bautzen, Limit: 2}
		for {
			es, next, err := b.s.Trail(ctx, b.TenantAdmin, f)
			b.must(err)
			for _, e := range es {
				seen[e.Seq] = true
			}
			if next == "" {
				break
			}
			f.Cursor = next
		}
		if want := b.number("SELECT count(*) FROM events WHERE ags = '" + Bautzen + "' AND NOT internal"); int64(len(seen)) != want {
			b.Errorf("%d, want %d", len(seen), want)
		}
		es, _, err := b.s.Trail(ctx, b.Auditor, models.TrailFilter{Chain: Bautzen, Action: "submit", Actor: b.Clerk.ID})
		b.must(err)
		if len(es) != 3 || es[0].Number == "" || es[0].Actor.Name != b.Clerk.Name {
			b.Errorf("%+v", es)
		}
		for _, u := range []models.User{b.Clerk, b.Agent} {
			if _, _, err := b.s.Trail(ctx, u, models.TrailFilter{Chain: Bautzen}); kindOf(err) != models.Forbidden {
				b.Error(err)
			}
		}
	})
}
