package modelstest

import (
	"context"
	"testing"
	"time"

	"formwandel/models"
	"formwandel/models/definition"
	"formwandel/models/fields"
	"formwandel/models/gv100ad"
)

// The municipalities and forms of the stories.
const (
	Bautzen = "14625020"
	Leipzig = "14713000"
	Birth   = "KOMM24Geburtsurkunde"
	Dog     = "KOMM24Hundesteueranmeldung"
	Trade   = "KOMM24Gewerbeanmeldung"
)

// Cast are the people of the stories.
type Cast struct {
	Clerk, Clerk2, Approver, Deputy, TenantAdmin models.User // Bautzen; Deputy is clerk and approver in one
	LeipzigClerk, LeipzigApprover                models.User
	Agent, Agent2, Lead, Lead2, Admin, Auditor   models.User
	AgentLead                                    models.User // agent and lead in one
}

// Stage sets up two municipalities with forms and everybody in the cast.
func Stage(t testing.TB, s *models.Store) *Cast {
	t.Helper()
	ctx := context.Background()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := s.ImportMunicipalities(ctx, []gv100ad.Municipality{
		{AGS: Bautzen, Name: "Bautzen", Kind: "Große Kreisstadt", PLZ: "02625"}, {AGS: Leipzig, Name: "Leipzig", Kind: "kreisfreie Stadt", PLZ: "04109"},
	}, true)
	must(err)
	defs, err := definition.Builtin()
	must(err)
	for _, d := range defs {
		if d.Key == Birth || d.Key == Dog || d.Key == Trade {
			_, err := s.ImportAssistant(ctx, d)
			must(err)
		}
	}
	for _, ags := range []string{Bautzen, Leipzig} {
		must(s.SetOffice(ctx, ags, "amt@"+ags+".example"))
		for _, a := range []string{Birth, Dog, Trade} {
			_, err := s.GoLive(ctx, ags, a, map[string]fields.Value{"kontakt.email": `"standesamt@town.example"`, "datenschutz.dsb_email": `"dsb@town.example"`}, false)
			must(err)
		}
	}
	add := func(ags, email, name string, roles ...models.Role) models.User {
		_, err := s.AddUser(ctx, models.NewUser{AGS: ags, Email: email, Name: name, Roles: roles})
		must(err)
		return SignIn(t, s, email)
	}
	cast := &Cast{
		Clerk:           add(Bautzen, "sachbearbeitung@bautzen.example", "Sachbearbeitung Bautzen", models.Clerk),
		Clerk2:          add(Bautzen, "sachbearbeitung2@bautzen.example", "Sachbearbeitung 2 Bautzen", models.Clerk),
		Approver:        add(Bautzen, "freigabe@bautzen.example", "Freigabe Bautzen", models.Approver),
		Deputy:          add(Bautzen, "vertretung@bautzen.example", "Vertretung Bautzen", models.Clerk, models.Approver),
		TenantAdmin:     add(Bautzen, "mandant@bautzen.example", "Mandant Bautzen", models.TenantAdmin),
		LeipzigClerk:    add(Leipzig, "sachbearbeitung@leipzig.example", "Sachbearbeitung Leipzig", models.Clerk),
		LeipzigApprover: add(Leipzig, "freigabe@leipzig.example", "Freigabe Leipzig", models.Approver),
		Agent:           add("", "bearbeitung@kisa.example", "Bearbeitung KISA", models.Agent),
		Agent2:          add("", "bearbeitung2@kisa.example", "Bearbeitung 2 KISA", models.Agent),
		Lead:            add("", "freigabe@kisa.example", "Freigabe KISA", models.Lead),
		Lead2:           add("", "freigabe2@kisa.example", "Freigabe 2 KISA", models.Lead),
		AgentLead:       add("", "beides@kisa.example", "Bearbeitung und Freigabe KISA", models.Agent, models.Lead),
		Admin:           add("", "admin@kisa.example", "Administration KISA", models.Admin),
		Auditor:         add("", "revision@kisa.example", "Revision KISA", models.Auditor),
	}
	RequireFactorOf(t, s, cast.Admin) // of nobody: the stories are about other things
	return cast
}

// RequireFactorOf lets an administrator say whose roles require a second factor, any, and of no others.
func RequireFactorOf(t testing.TB, s *models.Store, admin models.User, roles ...models.Role) {
	t.Helper()
	var wanted models.Requirement
	for _, r := range roles {
		wanted = append(wanted, models.RoleFactor{Role: r, Kind: models.AnyFactor})
	}
	Require(t, s, admin, wanted)
}

// Require lets an administrator say what roles ask for, where passkeys can be used.
func Require(t testing.TB, s *models.Store, admin models.User, wanted models.Requirement) {
	t.Helper()
	admin.TokenID = 0 // in person, as on the page
	party, err := models.NewRelyingParty("https://formwandel.example")
	if err != nil {
		t.Fatal(err)
	}
	seen, err := s.FactorRoles(context.Background(), admin)
	if err == nil {
		err = s.RequireFactor(context.Background(), party, admin, wanted, seen, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// SetPolicy lets two people of a municipality change its approval policy: one proposes, the other agrees.
func SetPolicy(t testing.TB, s *models.Store, proposer, second models.User, ags string, rules models.PolicyRules) *models.Policy {
	t.Helper()
	now, err := s.Policy(context.Background(), proposer, ags)
	if err == nil {
		now, err = s.ProposePolicy(context.Background(), proposer, ags, now.Version, rules, nil)
	}
	if err == nil {
		now, err = s.AgreePolicy(context.Background(), second, ags, now.Version, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return now
}

// evermore is when the cast was read: whoever acts in a story has just come in, however long it lasts.
var evermore = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// SignIn signs somebody in with a fresh token.
func SignIn(t testing.TB, s *models.Store, email string) models.User {
	t.Helper()
	token, err := s.CreateToken(context.Background(), email, "test", 10*365*24*60*60*1e9)
	if err != nil {
		t.Fatal(err)
	}
	u, err := s.Authenticate(context.Background(), token)
	if err != nil {
		t.Fatal(err)
	}
	u.ReadAt = evermore
	return u
}
