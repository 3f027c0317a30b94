package handlers_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// write is a write route with a body that it takes.
type write struct {
	as           models.User
	method, path string
	body         object
}

// writes are all write routes that take JSON.
func (s *siege) writes() []write {
	content := func() object {
		return object{
			"version": 1, "content_hash": s.is(s.number, "submitted").text("content_hash"), "comment": "x", "reason": "x", "wish": "x", "sections": []string{"gebuehren"},
			"effective": object{"kind": "from", "date": "2027-01-01", "until": "2027-02-01"}, "changes": []object{{"field": "gebuehren.erste", "new": 2600}},
		}
	}
	filed := content()
	filed["form"], filed["submit"] = Bautzen+"/"+Birth, true
	delete(filed, "version")
	delete(filed, "content_hash")
	delete(filed, "comment")
	out := []write{
		{s.Clerk, "POST", requests, filed},
		{s.Clerk, "PATCH", s.path, content()},
		{s.Clerk, "POST", s.path + "/answer", content()},
		{s.Clerk, "POST", s.path + "/comments", object{"text": "x", "internal": false}},
		{s.TenantAdmin, "PUT", birthForm + "/maintenance", object{"on": true}},
		{s.TenantAdmin, "PUT", "/api/v1/municipalities/" + Bautzen + "/policy", object{"version": 1, "policy": object{"*": object{"*": 1}}}},
		{s.Approver, "POST", "/api/v1/municipalities/" + Bautzen + "/policy/agree", object{"version": 1}},
		{s.Approver, "POST", "/api/v1/municipalities/" + Bautzen + "/policy/decline", object{"version": 1, "reason": "x"}},
		{s.TenantAdmin, "POST", "/api/v1/municipalities/" + Bautzen + "/policy/withdraw", object{"version": 1}},
	}
	out = append(out, write{s.Agent, "POST", s.path + "/assign", object{"version": 1, "content_hash": "x", "comment": "x", "assignee": int(s.Agent.ID)}},
		write{s.TenantAdmin, "PUT", "/api/v1/municipalities/" + Bautzen + "/access", object{"kind": "profile", "granted": true, "until": "2027-01-31", "reason": "x", "number": 99999}})
	for action, u := range map[string]models.User{
		"submit": s.Clerk, "claim": s.Agent, "ask": s.Agent, "approve": s.Approver, "reject": s.Approver, "reopen": s.Clerk, "apply": s.Lead, "rebase": s.Agent, "withdraw": s.Clerk, "accept": s.Clerk, "revert": s.Clerk,
	} {
		out = append(out, write{u, "POST", s.path + "/" + action, object{"version": 1, "content_hash": "x", "comment": "x"}})
	}
	return out
}

// spots are all objects within a body, by their path.
func spots(path string, v any, found map[string]object) {
	switch x := v.(type) {
	case object:
		found[path] = x
		for k, y := range x {
			spots(path+"/"+k, y, found)
		}
	case []object:
		for i := range x {
			spots(fmt.Sprintf("%s/%d", path, i), x[i], found)
		}
	}
}

// open tells whether an object has names of the caller's own.
func open(path string) bool { return strings.HasPrefix(path, "/policy") }

// TestMassAssignment: no write takes a name that is a column and not the caller's to set.
func TestMassAssignment(t *testing.T) {
	s := newSiege(t)
	columns := s.columns()
	names := []string{"state", "tenant", "tenant_id", "municipality", "actions", "sentence", "internal_note", "old", "__proto__", "constructor", ""}
	for _, c := range columns {
		names = append(names, c, upperCamel(c))
	}
	routes := s.writes()
	var attacks []attack
	for _, w := range routes {
		found := map[string]object{}
		spots("", w.body, found)
		for path, o := range found {
			if open(path) {
				continue
			}
			for _, name := range names {
				if _, taken := o[name]; taken {
					continue
				}
				o[name] = "approved"
				text, err := json.Marshal(w.body)
				delete(o, name)
				if err != nil {
					t.Fatal(err)
				}
				attacks = append(attacks, attack{path + "/" + name, call{w.as, w.method, w.path, string(text), nil}, 400, "unknown_name"})
			}
		}
	}
	slices.SortFunc(attacks, func(a, b attack) int {
		return cmp.Or(strings.Compare(a.call.path, b.call.path), strings.Compare(a.name, b.name))
	}) // the same seed takes the same ones
	rand.New(rand.NewPCG(uint64(Seed(t)), 34)).Shuffle(len(attacks), func(i, k int) { attacks[i], attacks[k] = attacks[k], attacks[i] })
	whole := len(attacks)
	if attacks = attacks[:Share(whole)]; whole < 8000 {
		t.Fatalf("only %d attacks", whole)
	}
	s.repel(attacks)
	Score(t, "S34", fmt.Sprintf("names of %d columns, as they stand in the database and in the program, at every place of the bodies of %d write routes", len(columns), len(routes)), len(attacks), "each refused as unknown, nothing written")
}

// TestWrongTypes: every name of every body with a value of every other type.
func TestWrongTypes(t *testing.T) {
	s := newSiege(t)
	others := map[string]any{"number": 7, "text": "x", "bool": true, "array": []any{}, "object": object{}, "huge": json.RawMessage("1e400"), "minus": -1, "nested": []any{[]any{object{}}}}
	kinds := func(v any) []string {
		switch v.(type) {
		case string:
			return []string{"text"}
		case int:
			return []string{"number", "minus"}
		case bool:
			return []string{"bool"}
		case object:
			return []string{"object"}
		}
		return []string{"array"}
	}
	n := 0
	before := s.rows()
	for _, w := range s.writes() {
		found := map[string]object{}
		spots("", w.body, found)
		for path, o := range found {
			for name, good := range o {
				if name == "new" {
					continue // takes anything; the field's type decides
				}
				for kind, bad := range others {
					if strings.Contains(strings.Join(kinds(good), " "), kind) {
						continue
					}
					o[name] = bad
					text, err := json.Marshal(w.body)
					o[name] = good
					if err != nil {
						t.Fatal(err)
					}
					n++
					r := s.send(call{w.as, w.method, w.path, string(text), nil})
					if r.status != 400 || !strings.Contains(string(r.body), `"code":"json_type"`) {
						t.Errorf("%s %s with %s/%s as %s: %d %s", w.method, w.path, path, name, kind, r.status, clip(r.body))
					}
					s.unchanged(before, path+"/"+name+" as "+kind)
				}
			}
		}
	}
	if n < 200 {
		t.Fatalf("only %d attacks", n)
	}
}
