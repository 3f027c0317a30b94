package bench

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"formwandel/models"
	"formwandel/models/modelstest"
)

// BenchmarkQueue reads first pages of the queue and searches in installations
// of different sizes, against one with a thousand requests: what people wait
// for must not grow with what has been filed.
func BenchmarkQueue(b *testing.B) {
	for _, kind := range kinds {
		small := newArchive(b, kind, 1_000, open)
		for _, n := range archiveSizes() {
			large := newArchive(b, kind, n, open)
			for _, q := range questions {
				b.Run(fmt.Sprintf("%s/%d/%s", kind, n, strings.ReplaceAll(q.name, " ", "_")), func(b *testing.B) {
					against(b, q, fmt.Sprintf("%s, %s, %d requests against 1,000", q.name, kind, n), large, small)
				})
			}
			middling := newArchive(b, kind, 10_000, open)
			for _, q := range rarer {
				b.Run(fmt.Sprintf("%s/%d/%s", kind, n, strings.ReplaceAll(q.name, " ", "_")), func(b *testing.B) {
					against(b, q, fmt.Sprintf("%s, %s, %d requests against 10,000", q.name, kind, n), large, middling)
				})
			}
		}
	}
}

// BenchmarkWaiting reads what waits for somebody where much does, against an
// office that keeps up.
func BenchmarkWaiting(b *testing.B) {
	for _, kind := range kinds {
		few, many := newArchive(b, kind, 10_000, open), newArchive(b, kind, 10_000, muchOpen)
		for _, q := range questions {
			if !q.filter.WaitingForMe {
				continue
			}
			b.Run(kind+"/"+strings.ReplaceAll(q.name, " ", "_"), func(b *testing.B) {
				against(b, q, fmt.Sprintf("%s, %s, %d open against %d", q.name, kind, muchOpen, open), many, few)
			})
		}
	}
}

// against asks the same of two archives by turns.
func against(b *testing.B, q question, name string, large, small *archive) {
	ask := func(a *archive) func() float64 { return func() float64 { return a.ask(b, q) } }
	ask(large)()
	ask(small)()
	compare(b, name, "≈ 1", 9, ask(large), ask(small))
}

func archiveSizes() []int {
	if full {
		return []int{100_000, 1_000_000}
	}
	return []int{100_000}
}

// question is a page somebody asks for.
type question struct {
	name   string
	as     func(*archive) models.User
	filter models.Filter
}

func agent(a *archive) models.User { return a.agents[0] }
func clerk(a *archive) models.User { return a.towns[10].clerk }
func approver(a *archive) models.User {
	return a.towns[10].approver
}

var questions = []question{
	{"queue of an agent", agent, models.Filter{}},
	{"waiting for me, agent", agent, models.Filter{WaitingForMe: true}},
	{"waiting for me by date, agent", agent, models.Filter{WaitingForMe: true, Sort: "due"}},
	{"waiting for me, approver", approver, models.Filter{WaitingForMe: true}},
	{"my own, agent", agent, models.Filter{Assignee: "me"}},
	{"submitted by date, agent", agent, models.Filter{Status: []string{"submitted"}, Sort: "due"}},
	{"queue by date, agent", agent, models.Filter{Sort: "due"}},
	{"queue of a clerk", clerk, models.Filter{}},
	{"queue of a clerk by date", clerk, models.Filter{Sort: "due"}},
	{"rare word, agent", agent, models.Filter{Q: "Rarität7"}},
	{"rare word, clerk", clerk, models.Filter{Q: "Rarität7"}},
	{"number, agent", agent, models.Filter{Q: "KA-2026-000504"}},
	{"number, clerk", clerk, models.Filter{Q: "KA-2026-000504"}},
	{"common word, agent", agent, models.Filter{Q: "Gebührensatzung"}},
	{"common word, clerk", clerk, models.Filter{Q: "Gebührensatzung"}},
	{"two words, agent", agent, models.Filter{Q: "Gebührensatzung Musterstadt"}},
	{"half a word, agent", agent, models.Filter{Q: "Gebüh"}},
	{"half a word, clerk", clerk, models.Filter{Q: "Gebüh"}},
	{"wide beginning, agent", agent, models.Filter{Q: "ka2"}},
	{"wide beginning, clerk", clerk, models.Filter{Q: "ka2"}},
	{"rare word and wide beginning, agent", agent, models.Filter{Q: "Rarität7 ka2"}},
	{"rare word and wide beginning, clerk", clerk, models.Filter{Q: "Rarität7 ka2"}},
	{"half a name, agent", agent, models.Filter{Q: "age"}},
	{"half a name, clerk", clerk, models.Filter{Q: "age"}},
}

// rarer are asked against ten thousand requests: a thousand have no page of them.
var rarer = []question{
	{"one in a hundred, agent", agent, models.Filter{Q: "Prozent"}},
	{"an agent's name, agent", agent, models.Filter{Q: "agent3 kisa"}},
	{"an agent's name, clerk", clerk, models.Filter{Q: "agent3 kisa"}},
	{"a clerk's name, agent", agent, models.Filter{Q: "clerk 14100010"}},
	{"a name and a rare word, agent", agent, models.Filter{Q: "agent3 Rarität7"}},
}

const (
	archiveTowns  = 12
	archiveAgents = 10
	pagesPerRound = 20
)

// archive is an installation in which much has been filed.
type archive struct {
	*office
	agents []models.User
	open   int // how many of its requests are
}

func (a *archive) ask(b testing.TB, q question) float64 {
	u := q.as(a)
	return perSecond(pagesPerRound, func() {
		for range pagesPerRound {
			entries, _, err := a.Requests(ctx, u, q.filter)
			must(b, err)
			if len(entries) == 0 {
				b.Fatalf("%s: nothing found", q.name)
			}
		}
	})
}

// newArchive makes an archive of n requests; on SQLite it is kept for the next run.
func newArchive(b testing.TB, kind string, n, open int) *archive {
	b.Helper()
	if kind == "postgres" {
		a := &archive{office: newOffice(b, kind, archiveTowns), open: open}
		a.hire(b)
		a.fill(b, n)
		return a
	}
	kept := filepath.Join(cache(b), fmt.Sprintf("archive-%x-%d-%d.db", schema(b), n, open))
	if _, err := os.Stat(kept); err != nil {
		made := kept + ".new"
		for _, f := range []string{made, made + "-wal", made + "-shm"} {
			_ = os.Remove(f) // left by a run that was stopped
		}
		a := &archive{office: &office{Store: modelstest.Open(b, "sqlite://"+made), kind: kind, url: "sqlite://" + made}, open: open}
		a.furnish(b, archiveTowns)
		a.hire(b)
		a.fill(b, n)
		must(b, a.Close())
		must(b, os.Rename(made, kept))
	}
	a := &archive{office: &office{Store: modelstest.Open(b, "sqlite://"+kept), kind: kind, url: "sqlite://" + kept}, open: open}
	a.furnish(b, archiveTowns) // finds everything there and signs everybody in
	a.hire(b)
	return a
}

// schema names the tables that an archive has: by all migrations there are.
func schema(b testing.TB) []byte {
	files, err := filepath.Glob("../models/migrations/sqlite/*.sql")
	must(b, err)
	h := sha256.New()
	for _, f := range files {
		text, err := os.ReadFile(f)
		must(b, err)
		h.Write(text)
	}
	return h.Sum(nil)[:8]
}

// hire takes on the agents.
func (a *archive) hire(b testing.TB) {
	for i := range archiveAgents {
		a.agents = append(a.agents, a.person(b, "", fmt.Sprintf("agent%d", i), models.Agent))
	}
}

// open is how many of an archive's requests are still open: as many in a large
// one as in a small one, as in an office that keeps up; muchOpen, where it does not.
const (
	open     = 600
	muchOpen = 5000
)

// fill files n requests at once.
func (a *archive) fill(b testing.TB, n int) {
	b.Helper()
	t := a.towns[0]
	c, err := a.File(ctx, t.clerk, filing(t.ags, 1))
	must(b, err)
	db := a.bare(b, 2)
	request, change := readRows(b, db, "requests", fmt.Sprintf("id = %d", c.ID)), readRows(b, db, "changes", fmt.Sprintf("request_id = %d", c.ID))
	section := readRows(b, db, "request_sections", fmt.Sprintf("request_id = %d", c.ID))
	forms := map[string]any{}
	for _, f := range readRows(b, db, "forms", "1 = 1").values {
		forms[f[1].(string)] = f[0]
	}
	must(b, db.Close())
	l := a.loader(b)
	restore := l.dropIndexes(b, "requests", "changes", "request_sections", "search")
	id := func(i int) int64 { return c.ID + 1 + int64(i) }
	l.rows(b, "requests", request.columns, n, func(i int) []any {
		town := a.towns[i%len(a.towns)]
		set := map[string]any{"id": id(i), "number": numberOf(id(i)), "ags": town.ags, "form_id": forms[town.ags], "author_id": town.clerk.ID,
			"due_at": newYear.AddDate(0, 0, i*7%700-600), "knock_at": nil, "content_hash": ""}
		for k, v := range a.state(i, n) {
			set[k] = v
		}
		return request.with(0, set)
	})
	l.rows(b, "changes", change.columns, n, func(i int) []any { return change.with(0, map[string]any{"request_id": id(i)}) })
	l.rows(b, "request_sections", section.columns, n, func(i int) []any { return section.with(0, map[string]any{"request_id": id(i)}) })
	a.fillSearch(b, l, n, id)
	restore()
	if a.kind == "postgres" {
		l.exec(b, "SELECT setval('requests_id_seq', (SELECT max(id) FROM requests))")
		l.exec(b, "VACUUM ANALYZE")
	} else {
		l.exec(b, "PRAGMA wal_checkpoint(TRUNCATE)")
	}
	_ = l.conn.Close()
}

func numberOf(id int64) string { return fmt.Sprintf("KA-2026-%06d", id) }

// state is how far a request has come.
func (a *archive) state(i, n int) map[string]any {
	agent := a.agents[i/3%len(a.agents)].ID
	switch {
	case i >= n-a.open && i%2 == 0:
		return map[string]any{"status": "submitted", "waiting": 2 | 4}
	case i >= n-a.open:
		return map[string]any{"status": "in_review", "waiting": 8 | 16, "assignee_id": agent, "given_municipality": 1}
	}
	at := newYear.AddDate(0, 0, i*7%700-600)
	return map[string]any{"status": "accepted", "waiting": 0, "open": false, "assignee_id": agent, "applied_at": at, "config_number": 1 + i, "given_municipality": 1, "given_provider": 1}
}

// fillSearch makes them findable: a rare word in a few, common ones in all; by who filed them, and by an agent.
func (a *archive) fillSearch(b testing.TB, l *loader, n int, id func(int) int64) {
	text := func(i int) string {
		words := fmt.Sprintf("ka 2026 %06d ka2026%06d %d neu gebuhrensatz komm24geburtsurkund geburtsurkund musterstadt %03d gebuhr erst 20 00 25 00 mandant%s §%d §%d",
			id(i), id(i), id(i), i%len(a.towns), a.towns[i%len(a.towns)].ags, a.towns[i%len(a.towns)].clerk.ID, a.agents[i/3%len(a.agents)].ID)
		if i%len(a.towns) == 10 && i < 100 {
			words += " raritat7"
		}
		if i%101 == 0 {
			words += " prozent"
		}
		return words
	}
	if l.kind == "sqlite" {
		l.rows(b, "search", []string{"rowid", "words", "internal"}, n, func(i int) []any { return []any{id(i), text(i), ""} })
		return
	}
	l.exec(b, "CREATE TEMP TABLE texts (id BIGINT, ags TEXT, words TEXT)")
	l.rows(b, "texts", []string{"id", "ags", "words"}, n, func(i int) []any { return []any{id(i), a.towns[i%len(a.towns)].ags, text(i)} })
	l.exec(b, `INSERT INTO search (request_id, ags, words, everything)
		SELECT id, ags, array_to_tsvector(w), array_to_tsvector(w) FROM (SELECT id, ags, ARRAY(SELECT DISTINCT unnest(string_to_array(words, ' '))) || ('#' || id / 32768) w FROM texts) x`)
}
