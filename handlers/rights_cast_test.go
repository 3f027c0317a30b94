package handlers_test

import (
	"strings"
	"testing"
	"time"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// newCells sets the stage: Bautzen has granted the provider nothing, Leipzig everything.
func newCells(t *testing.T) *cells {
	c := &cells{tour: newTour(newStage(t))}
	c.add("nobody", models.User{}, nil)
	for _, u := range []models.User{c.Clerk, c.Approver, c.TenantAdmin, c.Deputy, c.Agent, c.Lead, c.AgentLead, c.Admin, c.Auditor} {
		c.add(roleNames(u), u, nil)
	}
	leipzig := c.newcomer(Leipzig, "mandant@leipzig.example", models.TenantAdmin)
	c.add("tenant_admin of Leipzig", leipzig, nil)
	c.add("clerk of Leipzig", c.LeipzigClerk, nil)
	gone := c.add("a tenant_admin who has gone", c.newcomer(Bautzen, "fort@bautzen.example", models.TenantAdmin), nil)
	c.switchOff(c.TenantAdmin, gone)
	gone = c.add("an admin who has gone", c.newcomer("", "fort@kisa.example", models.Admin), nil)
	c.switchOff(c.Admin, gone)
	for _, x := range []struct {
		u      models.User
		scopes []models.Scope
	}{
		{c.Clerk, []models.Scope{models.ScopeRead}}, {c.Clerk, []models.Scope{models.ScopeFile}}, {c.Approver, []models.Scope{models.ScopeFile, models.ScopeWork, models.ScopeAdminister}},
		{c.TenantAdmin, []models.Scope{models.ScopeAdminister}}, {c.Agent, []models.Scope{models.ScopeWork}}, {c.Lead, []models.Scope{models.ScopeRead, models.ScopeFile, models.ScopeWork, models.ScopeAdminister}},
		{c.Admin, []models.Scope{models.ScopeRead}}, {c.Admin, []models.Scope{models.ScopeAdminister}}, {c.Auditor, []models.Scope{models.ScopeAdminister}},
	} {
		c.add(roleNames(x.u)+" with a token for "+scopeNames(x.scopes), x.u, x.scopes)
	}
	for _, kind := range models.Accesses {
		if err := c.s.SetAccess(t.Context(), leipzig, Leipzig, models.AccessChange{Kind: kind, On: true}, nil); err != nil {
			t.Fatal(err)
		}
	}
	c.place(leipzig)
	return c
}

func roleNames(u models.User) string {
	var names []string
	for _, r := range u.Roles {
		names = append(names, string(r))
	}
	return strings.Join(names, "+")
}

func scopeNames(scopes []models.Scope) string {
	var names []string
	for _, s := range scopes {
		names = append(names, string(s))
	}
	return strings.Join(names, "+")
}

func (c *cells) newcomer(ags, email string, role models.Role) models.User {
	c.Helper()
	if _, err := c.s.AddUser(c.Context(), models.NewUser{AGS: ags, Email: email, Name: email, Roles: []models.Role{role}}); err != nil {
		c.Fatal(err)
	}
	return SignIn(c, c.s, email)
}

// add puts somebody on the list, signed in and with a token.
func (c *cells) add(name string, u models.User, scopes []models.Scope) *actor {
	c.Helper()
	a := &actor{name: name, user: u, scopes: scopes, csrf: strings.Repeat("0a", 24)}
	c.actors = append(c.actors, a)
	if u.ID == 0 {
		return a
	}
	var err error
	if a.token, err = c.s.CreateToken(c.Context(), u.Email, name, time.Hour, scopes...); err != nil {
		c.Fatal(err)
	}
	if a.secret, _, err = c.s.SignIn(c.Context(), u, models.Proof{Method: "password", Second: true}, models.Visit{}); err != nil {
		c.Fatal(err)
	}
	_, session, err := c.s.Resume(c.Context(), a.secret)
	if err != nil {
		c.Fatal(err)
	}
	a.csrf = session.CSRF
	return a
}

func (c *cells) switchOff(by models.User, a *actor) {
	c.Helper()
	if err := c.s.SwitchPerson(c.Context(), by, a.user.ID, 1, false, nil); err != nil {
		c.Fatal(err)
	}
	a.gone, a.csrf = true, strings.Repeat("0a", 24)
}

// place names everything that routes speak of.
func (c *cells) place(leipzig models.User) {
	c.Helper()
	body := fee(2500, "2027-01-01")
	body["form"] = Leipzig + "/" + Birth
	number := c.file(c.LeipzigClerk, body)
	attachment := lastPart(c.attach(c.LeipzigClerk, number, []part{{"file", "a.pdf", pdf}}).is(201).text("href"))
	body["submit"] = false
	draft := c.post(c.LeipzigClerk, requests, body).is(201).text("number")
	common := map[string]string{":topic": "sachbearbeitung", ":kind": "submitted", ":role": "author", ":lang": "de", ":token": c.token, ":provider": "kisa", ":date": "2027-01-01", ":n": "1", ":field": "gebuehren.erste", ":assistant": Birth, ":key": Birth, ":idmail": c.mail, ":idown": "999999", ":session": "0123456789abcdef", ":passkey": "999999", ":secret": strings.Repeat("0", 48), ":zugang": "999999", ":form": strings.Repeat("0", 32)}
	with := func(more map[string]string) map[string]string {
		out := map[string]string{}
		for _, m := range []map[string]string{common, more} {
			for k, v := range m {
				out[k] = v
			}
		}
		return out
	}
	c.things = []thing{
		{"own", Bautzen, with(map[string]string{":ags": Bautzen, ":number": c.number, ":draft": c.draft, ":idperson": itoa(int(c.Clerk2.ID)), ":zugang": c.firstToken(c.Clerk2), ":idfile": c.attachment})},
		{"other", Leipzig, with(map[string]string{":ags": Leipzig, ":number": number, ":draft": draft, ":idperson": itoa(int(leipzig.ID)), ":zugang": c.firstToken(leipzig), ":idfile": attachment})},
		{"missing", "", with(map[string]string{":ags": "14999999", ":assistant": "KOMM24GibtEsNicht", ":key": "KOMM24GibtEsNicht", ":number": "KA-2026-999999", ":draft": "KA-2026-999998", ":idperson": "999999", ":idfile": "999999", ":idmail": "999999"})},
		{"nonsense", "", with(map[string]string{":ags": "________", ":assistant": "%25", ":key": "%25", ":number": "KA-2026-1", ":draft": "..%2f", ":idperson": "0x1", ":idfile": "1e3", ":idmail": "-1", ":n": "x"})},
		{"house", "", with(map[string]string{":ags": "", ":number": "-", ":draft": "-", ":idperson": itoa(int(c.Agent2.ID)), ":zugang": c.firstToken(c.Agent2), ":idfile": "-"})},
	}
}

// firstToken is the token that somebody had first, which nobody of the cast uses.
func (c *cells) firstToken(u models.User) string {
	c.Helper()
	ts, err := c.s.Tokens(c.Context(), u, u.ID)
	if err != nil || len(ts) == 0 {
		c.Fatal("no token", err)
	}
	return itoa(int(ts[len(ts)-1].ID))
}
