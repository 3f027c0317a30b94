package handlers_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// chosenPayloads are the share of the SQL payloads that this run tries.
func chosenPayloads(t *testing.T) []string {
	t.Helper()
	all, r := sqlPayloads(), rand.New(rand.NewPCG(uint64(Seed(t)), 36))
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all[:Share(len(all))]
}

// standing are the counts of tables that no refused or kept word may change.
func (st *stage) standing() []string {
	st.Helper()
	return slices.DeleteFunc(st.rows().counts, func(c string) bool {
		name, _, _ := strings.Cut(c, " ")
		return !slices.Contains([]string{"users", "user_roles", "municipalities", "forms", "configurations", "definitions", "chains"}, name)
	})
}

// TestSQLPayloadsInBodies: every payload in every text of every body of the API's writes: no failure, text is kept word by word or refused, nothing else changes.
func TestSQLPayloadsInBodies(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		s := newTour(st).siege
		payloads, routes, n, kept, answered := chosenPayloads(t), s.writes(), 0, 0, map[int]int{}
		before := st.standing()
		for _, payload := range payloads {
			for _, w := range routes {
				found := map[string]object{}
				spots("", w.body, found)
				for path, o := range found {
					for name, good := range o {
						if _, text := good.(string); !text && name != "new" {
							continue
						}
						o[name] = payload
						body, err := json.Marshal(w.body)
						o[name] = good
						if err != nil {
							t.Fatal(err)
						}
						begun := time.Now()
						r := s.send(call{w.as, w.method, w.path, string(body), nil})
						n++
						answered[r.status]++
						if r.status >= 500 || Share(10) == 10 && time.Since(begun) > 5*time.Second {
							t.Errorf("%s %s with %q in %s/%s: %d after %s: %s", w.method, w.path, payload, path, name, r.status, time.Since(begun), clip(r.body))
						}
						if name == "text" && r.status < 300 {
							if kept++; r.text("text") != strings.TrimSpace(strings.ReplaceAll(asJSON(t, payload), "\r\n", "\n")) {
								t.Errorf("%q is kept as %q", payload, r.text("text"))
							}
						}
					}
				}
			}
		}
		if after := st.standing(); !slices.Equal(before, after) {
			t.Errorf("before %v\nafter %v", before, after)
		}
		if report, err := st.s.Verify(t.Context(), nil); err != nil || len(report.Findings) > 0 {
			t.Errorf("half of something was written: %v %v", report, err)
		}
		if kept < len(payloads)/2 {
			t.Errorf("only %d of %d were kept: %v", kept, len(payloads), answered)
		}
		Score(t, "S36", fmt.Sprintf("%d SQL payloads in every text of the bodies of %d write routes", len(payloads), len(routes)), n,
			fmt.Sprintf("0 of 5xx, %d comments kept word by word, no other row; statuses %v", kept, answered))
	})
}

// TestSQLPayloadsInForms: every payload in every field of every form of the pages: no failure, and the record stays whole.
func TestSQLPayloadsInForms(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		tour := newTour(st)
		payloads, n, forms, answered := chosenPayloads(t), 0, 0, map[int]int{}
		for _, route := range tour.pageRoutes() {
			e := routeRights[route.method+" "+route.path]
			if route.method != "POST" || route.path == "/abmelden" || e.body == "file" {
				continue
			}
			values, err := url.ParseQuery(strings.ReplaceAll(e.body, ":ags", Bautzen))
			if err != nil {
				t.Fatal(err)
			}
			forms++
			v := tour.whoMay(route, values)
			for _, payload := range payloads {
				for name, good := range values {
					if name == "csrf" {
						continue
					}
					values[name] = []string{payload}
					r := v.sendAs(tour.at(route.path), values)
					values[name] = good
					n++
					if answered[r.status]++; r.status >= 500 {
						t.Errorf("%s with %q in %s: %d: %s", route.path, payload, name, r.status, clip(r.body))
					}
				}
			}
		}
		if report, err := st.s.Verify(t.Context(), nil); err != nil || len(report.Findings) > 0 {
			t.Errorf("half of something was written: %v %v", report, err)
		}
		if forms < 50 || answered[303] == 0 || answered[422] == 0 {
			t.Errorf("%d forms, answered %v", forms, answered)
		}
		Score(t, "S36", fmt.Sprintf("%d SQL payloads in every field of %d forms of the pages, as somebody who may send it", len(payloads), forms), n, fmt.Sprintf("0 of 5xx, the record whole; statuses %v", answered))
	})
}

// whoMay is the first of those at work whom a form is not refused, with a token of theirs in it.
func (t *tour) whoMay(route pageRoute, values url.Values) (v *visitor) {
	t.Helper()
	for _, u := range []models.User{t.Clerk, t.Agent, t.TenantAdmin, t.Admin} {
		v = t.as(u)
		values.Set("csrf", v.token("/konto"))
		if r := v.sendAs(t.at(route.path), values); r.status != 403 && r.status != 404 {
			break
		}
	}
	return v
}

// asJSON is a text as a body of JSON carries it: what is no UTF-8 cannot stand there.
func asJSON(t *testing.T, text string) (carried string) {
	t.Helper()
	body, err := json.Marshal(text)
	if err == nil {
		err = json.Unmarshal(body, &carried)
	}
	if err != nil {
		t.Fatal(err)
	}
	return carried
}
