package models

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// germanRoles are the words on screen for roles and scopes.
var germanRoles = map[string]string{
	"clerk": "Sachbearbeitung", "approver": "Freigabe", "tenant_admin": "Mandanten-Administration", "agent": "Bearbeitung", "lead": "Freigabe", "admin": "Administration", "auditor": "Revision",
	"read": "lesen", "file": "einreichen", "work": "bearbeiten", "administer": "verwalten", "all": "alles, nur vom Betrieb",
	"profile": "Profil", "maintenance": "Wartungsmodus",
}

// TestRightsDocument keeps docs/rights.md at what the table says.
func TestRightsDocument(t *testing.T) {
	hold(t, filepath.Join("..", "docs", "rights.md"), rightsDocument())
}

func rightsDocument() string {
	var b strings.Builder
	b.WriteString("# Who may do what\n\nGenerated from the table in `models/rights.go` by `go test ./models -update`; a test fails when it is out of date, and another one\n" +
		"walks every route of the running program as everybody and holds what happens against it.\n\n" +
		"- **In a municipality** a role holds a right over what is its own municipality's. What is another's is answered as if it were not there.\n" +
		"- **At the provider** a role holds it over what is the provider's and every municipality's; where a *grant* is named, only while the municipality grants it (Rechtevergabe).\n" +
		"- **With a token** a right needs a scope beside the role: " + scopeList() + ". Every token reads. *All* is what the operator's `token create` gives: no token made on the web has it, so none approves or applies. What is to be done in person no token does.\n" +
		"- Steps of requests are asked here first and then in the [workflow](workflow.md): its state, whose task it is, four eyes.\n\n" +
		"| right | what | in a municipality | with a token | at the provider | with a token | grant |\n|---|---|---|---|---|---|---|\n")
	for _, r := range sortedRights() {
		a := rights[r]
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s | %s |\n", r, a.What, roleList(a.Own), scopeOf(a.Own), roleList(a.House), scopeOf(a.House), germanRoles[string(a.Under)])
	}
	return b.String()
}

func sortedRights() []Right {
	var out []Right
	for r := range rights {
		out = append(out, r)
	}
	slices.SortFunc(out, cmp.Compare)
	return out
}

func roleList(h Holders) string {
	var out []string
	for _, r := range h.Roles {
		out = append(out, fmt.Sprintf("%s (%s)", r, germanRoles[string(r)]))
	}
	return strings.Join(out, ", ")
}

func scopeOf(h Holders) string {
	switch {
	case len(h.Roles) == 0:
		return ""
	case h.Scope == inPerson:
		return "in person"
	}
	return string(h.Scope)
}

func scopeList() string {
	var out []string
	for _, s := range Scopes {
		out = append(out, fmt.Sprintf("*%s* (%s)", s, germanRoles[string(s)]))
	}
	return strings.Join(out, ", ")
}

// TestRightsAreWhole asks the table for what no row may lack.
func TestRightsAreWhole(t *testing.T) {
	for r, a := range rights {
		if a.What == "" || len(a.Own.Roles)+len(a.House.Roles) == 0 {
			t.Errorf("%s: nobody may, or nobody knows what: %+v", r, a)
		}
		for _, role := range a.Own.Roles {
			if role.Side() != Municipal {
				t.Errorf("%s: %s is no role of a municipality", r, role)
			}
		}
		for _, role := range a.House.Roles {
			if role.Side() != Provider {
				t.Errorf("%s: %s is no role of the provider", r, role)
			}
		}
	}
}

// TestRightsAndRulesAgree: whoever a rule of the workflow speaks of holds the right to take its step, and nobody else does.
func TestRightsAndRulesAgree(t *testing.T) {
	roles := map[who][]Role{clerk: {Clerk}, approver: {Approver}, author: {Clerk, Agent}, agent: {Agent}, assignee: {Agent}, lead: {Lead}}
	for a, rs := range rules {
		want := map[Role]bool{}
		for _, ru := range rs {
			for _, r := range roles[ru.may] {
				want[r] = true
			}
		}
		held := rights[StepRight(a)]
		for _, r := range Roles {
			if has := slices.Contains(slices.Concat(held.Own.Roles, held.House.Roles), r); has != want[r] {
				t.Errorf("%s: %s holds the right: %t, is in the rules: %t", a, r, has, want[r])
			}
		}
	}
}

// TestNoTokenOfTheWebApproves: approving and applying needs what only the operator gives.
func TestNoTokenOfTheWebApproves(t *testing.T) {
	for _, a := range []Action{Approve, Apply} {
		for _, m := range members {
			u := m.user
			if u.IsClock() {
				continue
			}
			u.TokenID, u.Scopes = 7, Scopes
			if u.refused(StepRight(a), u.AGS) == nil {
				t.Errorf("%s may %s with a token for %v", m.name, a, u.Scopes)
			}
			if s := u.ScopesFor(); slices.Contains(s, ScopeAll) || slices.Contains(s, inPerson) || !slices.Contains(s, ScopeRead) {
				t.Errorf("%s is offered %v", m.name, s)
			}
		}
	}
}
