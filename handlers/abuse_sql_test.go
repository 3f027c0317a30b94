package handlers_test

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	. "formwandel/models/modelstest"
)

// sqlPayloads are 200 ways to say something to a database, the hand-made ones first.
func sqlPayloads() []string {
	out := slices.Clone(injections[:28])
	for _, quote := range []string{"'", `"`, "')", "'))", "", "1", "1)", "%'", "\\'", "’"} {
		for _, word := range []string{
			" OR 1=1", " OR 'a'='a", " AND 1=0 UNION SELECT NULL,NULL--", "; DROP TABLE requests", "; SELECT pg_sleep(5)", " AND (SELECT count(*) FROM users)>0", "||(SELECT hash FROM tokens LIMIT 1)||'", " ORDER BY 99", " LIMIT 0 OFFSET 0",
			" AND randomblob(500000000)", " UNION ALL SELECT sql FROM sqlite_master", " AND extractvalue(1,2)", "; COPY users TO '/tmp/x'", "/**/OR/**/1=1", " COLLATE NOCASE", " ESCAPE '\\'", " GLOB '*'", " RETURNING *",
		} {
			for _, end := range []string{" --", " #", "/*", ""} {
				out = append(out, quote+word+end)
			}
		}
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(out)-28, func(i, j int) { out[28+i], out[28+j] = out[28+j], out[28+i] })
	return out[:200]
}

// TestSQLPayloads: every payload in every parameter of lists and pages: no failure, no row too many, no waiting.
func TestSQLPayloads(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		tour := newTour(st)
		all, n := sqlPayloads(), 0
		r := rand.New(rand.NewPCG(uint64(Seed(t)), 0))
		r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		all = all[:Share(len(all))]
		lists := map[string][]string{
			requests:                {"status", "municipality", "assistant", "section", "assignee", "waiting_for", "due_before", "q", "sort", "cursor", "limit"},
			tour.path + "/events":   {"cursor", "limit"},
			birthForm + "/versions": {"cursor", "limit"}, birthForm + "/diff": {"from", "to"},
			"/api/v1/forms": {"municipality", "assistant", "cursor", "limit"}, "/api/v1/municipalities": {"cursor", "limit"}, "/api/v1/mails": {"state", "cursor", "limit"},
		}
		agent, admin := tour.as(st.Agent), tour.as(st.Admin)
		before := st.rows()
		for _, payload := range all {
			q := url.QueryEscape(payload)
			for list, names := range lists {
				for _, name := range names {
					begun := time.Now()
					got := st.get(st.Admin, list+"?"+name+"="+q)
					n++
					if got.status >= 500 || time.Since(begun) > 5*time.Second {
						t.Errorf("%s?%s=%q: %d after %s", list, name, payload, got.status, time.Since(begun))
					}
					if got.status == 200 && name != "q" && got.items() > 0 {
						t.Errorf("%s?%s=%q finds %d", list, name, payload, got.items())
					}
				}
			}
			for _, route := range tour.pageRoutes() {
				if route.method != "GET" {
					continue
				}
				v := agent
				if strings.HasPrefix(route.path, "/verwaltung") {
					v = admin
				}
				for _, name := range askedOf[route.path] {
					n++
					if got := v.open(tour.at(route.path) + "?" + name + "=" + q); got.status >= 500 {
						t.Errorf("%s?%s=%q: %d", route.path, name, payload, got.status)
					}
				}
				if name := named.FindString(route.path); name != "" {
					n++
					if got := v.open(tour.at(route.path, name, url.PathEscape(payload))); got.status >= 500 {
						t.Errorf("%s with %q: %d", route.path, payload, got.status)
					}
				}
			}
		}
		after := st.rows()
		if !slices.Equal(without(before.counts, "presence", "sessions"), without(after.counts, "presence", "sessions")) {
			t.Errorf("before %v\nafter %v", before.counts, after.counts)
		}
		Score(t, "S36", fmt.Sprintf("%d SQL payloads in every parameter of lists, pages and paths", len(all)), n, "0 of 5xx, no row too many, none waited for")
	})
}

// without leaves out the tables that looking at something fills.
func without(counts []string, tables ...string) []string {
	return slices.DeleteFunc(slices.Clone(counts), func(c string) bool {
		name, _, _ := strings.Cut(c, " ")
		return slices.Contains(tables, name)
	})
}
