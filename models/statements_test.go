package models_test

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// listener hears every statement that a store sends through GORM.
type listener struct {
	mu   sync.Mutex
	on   bool
	said []statement
}

type statement struct {
	sql  string
	args []any
}

// listen hangs a listener on both connections of a store.
func listen(t testing.TB, s *models.Store) *listener {
	t.Helper()
	l := &listener{}
	writer, reader := s.GORM()
	for _, db := range []*gorm.DB{writer, reader} {
		for _, p := range []interface {
			Register(name string, fn func(*gorm.DB)) error
		}{db.Callback().Query().After("*"), db.Callback().Row().After("*"), db.Callback().Raw().After("*")} {
			if err := p.Register("listener", l.hear); err != nil {
				t.Fatal(err)
			}
		}
		if reader == writer {
			break
		}
	}
	return l
}

func (l *listener) hear(db *gorm.DB) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.on && !db.DryRun { // a part of another statement is built, not sent
		l.said = append(l.said, statement{db.Statement.SQL.String(), append([]any(nil), db.Statement.Vars...)})
	}
}

// during are the statements sent while something is done.
func (l *listener) during(what func()) []statement {
	l.mu.Lock()
	l.on, l.said = true, nil
	l.mu.Unlock()
	what()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.on = false
	return l.said
}

// TestStatementsDoNotGrowWithRows counts them for few rows and for many.
func TestStatementsDoNotGrowWithRows(t *testing.T) {
	look(t, func(b *behind) {
		l := listen(b, b.s)
		busy := b.file(b.Clerk, fee("2500", "2027-01-01"))
		counts := map[string][]int{}
		measure := func(round int) {
			b.must(b.s.RefreshCatalogue(ctx))
			due := time.Date(2026, 12, 31, 23, 0, 0, 0, time.UTC)
			for name, what := range map[string]func(){
				"a page":         func() { b.must(pageOf(b.s.Requests(ctx, b.Auditor, models.Filter{}))) },
				"a search":       func() { b.must(pageOf(b.s.Requests(ctx, b.Clerk, models.Filter{Q: "Bautzen"}))) },
				"waiting":        func() { b.must(pageOf(b.s.Requests(ctx, b.Lead, models.Filter{WaitingForMe: true, Sort: "due"}))) },
				"a case":         func() { b.must(last(b.s.Case(ctx, b.Auditor, busy.Number))) },
				"events":         func() { b.must(pageOf(b.s.Events(ctx, b.Auditor, busy.Number, "", 200))) },
				"mails":          func() { b.must(pageOf(b.s.Mails(ctx, b.Admin, "", "", 200))) },
				"versions":       func() { b.must(pageOf(b.s.Versions(ctx, b.Auditor, Bautzen, Birth, "", 200))) },
				"forms":          func() { b.must(pageOf(b.s.Forms(ctx, b.Auditor, "", "", "", 200))) },
				"a form":         func() { b.must(last(b.s.Form(ctx, b.Auditor, Bautzen, Birth))) },
				"a form on":      func() { b.must(last(b.s.FormOn(ctx, b.Auditor, Bautzen, Birth, "2027-06-01"))) },
				"found forms":    func() { b.must(pageOf(b.s.FindForms(ctx, b.Auditor, models.FormFilter{}))) },
				"a form's day":   func() { b.must(last(b.s.OnDay(ctx, b.Auditor, Bautzen, Birth, onDay("2027-06-01")))) },
				"a form's work":  func() { b.must(last(b.s.WorkOn(ctx, b.Auditor, Bautzen, Birth))) },
				"a field's past": func() { b.must(pageOf(b.s.FieldPast(ctx, b.Auditor, Bautzen, Birth, "einstieg.hinweistext", "", 50))) },
				"a calendar":     func() { b.must(pageOf(b.s.Appointments(ctx, b.Clerk, models.Span{From: onDay("2026-11-01")}))) },
				"a month":        func() { b.must(last(b.s.Month(ctx, b.Clerk, onDay("2027-02-01"), onDay("2027-03-01"), ""))) },
				"a document":     func() { b.must(last(b.s.Attachments(ctx, b.Auditor, busy.Number))) },
			} {
				counts[name] = append(counts[name], len(l.during(what)))
			}
			b.shift(0)
			kinds := map[models.MailKind]int{}
			counts["a lease"] = append(counts["a lease"], len(l.during(func() {
				letters, err := b.s.LeaseMails(ctx, "w", 1+round*1000, time.Minute)
				b.must(err)
				for _, x := range letters {
					kinds[x.Mail.Kind]++
				}
			})))
			if round > 0 && (len(kinds) < 6 || kinds[models.MailApplied] < 9 || kinds[models.MailDueSoon] < 9) {
				b.Errorf("leased %v", kinds)
			}
			_ = due
		}
		measure(0)
		for i := range 30 {
			in := wording(fmt.Sprintf("Zimmer %d", i))
			if i%3 == 0 {
				in.Form = Leipzig + "/" + Birth
			}
			u := b.Clerk
			if i%3 == 0 {
				u = b.LeipzigClerk
			}
			c := b.file(u, in)
			if i%2 == 0 {
				b.do(b.Agent, c.Number, models.Claim, "")
				b.do(b.Lead, c.Number, models.Approve, "")
				b.knock()
			}
			b.must(last(b.s.Comment(ctx, b.Agent, busy.Number, "Ein Wort", false, nil)))
			if i < 15 {
				b.must(last(b.s.Attach(ctx, b.Clerk, busy.Number, "a.txt", fmt.Appendf(nil, "Text %d", i), nil)))
			}
			b.must(last(b.s.Maintain(ctx, b.TenantAdmin, Bautzen, Birth, i%2 == 0, nil)))
		}
		b.do(b.Agent, busy.Number, models.Claim, "")
		b.do(b.Agent, busy.Number, models.Ask, "Warum?")
		b.do(b.Clerk, busy.Number, models.Answer, "Darum.")
		b.at("2027-01-29 08:00:00") // "due soon" for what was not claimed
		b.at("2027-02-02 08:00:00")
		measure(1)
		for name, n := range counts {
			if n[1] > n[0]+2 {
				b.Errorf("%s takes %d statements with few rows, %d with many", name, n[0], n[1])
			}
			if n[1] == 0 || n[1] > 12 {
				b.Errorf("%s takes %d statements", name, n[1])
			}
		}
	})
}

func pageOf[T any](_ []T, _ string, err error) error { return err }

// stuff fills tables past the store, so that the planner has something to plan for.
func (b *behind) stuff(n int) {
	b.Helper()
	b.populate(5, 40)
	cols := strings.Join(b.column("SELECT name FROM pragma_table_info('requests') WHERE name NOT IN ('id', 'number')"), ", ")
	b.exec(fmt.Sprintf(`WITH RECURSIVE k(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM k WHERE i < %d)
		INSERT INTO requests (number, %s) SELECT 'KA-2020-' || (1000000 + k.i * 1000 + r.id), %s FROM requests r, k`, n/40, cols, cols))
	b.exec(fmt.Sprintf(`WITH RECURSIVE k(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM k WHERE i < %d)
		INSERT INTO mails (ags, request_id, event_seq, kind, role, recipient, locale, message_id, state, next_at, created_at, sent_at)
		SELECT ags, request_id, event_seq, kind, role, recipient, locale, message_id || k.i, 'sent', next_at, created_at, created_at FROM mails, k`, n/200))
}

// big are the tables that grow; a statement that reads one of them whole is a defect.
var big = regexp.MustCompile(`^SCAN (r|requests|mails|events|e|c|changes|s|search|rs|request_sections|approvals|a)\b`)

// TestOldStatisticsDecideNothing: what SQLite once counted of a nearly empty table makes no search read a full one for each of its finds.
func TestOldStatisticsDecideNothing(t *testing.T) {
	b := behindOf(t, "sqlite")
	b.file(b.Clerk, fee("2500", "2027-01-01"))
	b.exec("ANALYZE")
	b.stuff(2000)
	b.s = b.instance() // statistics are read when a connection opens
	b.must(b.s.Tidy(ctx))
	l := listen(b, b.s)
	said := l.during(func() { b.must(pageOf(b.s.Requests(ctx, b.Agent, models.Filter{Q: "Bautzen"}))) })
	if !slices.ContainsFunc(said, func(x statement) bool { return strings.Contains(x.sql, "search MATCH") }) {
		b.Errorf("no search among %v", said)
	}
	for _, x := range said {
		for _, step := range b.plan(x, map[string]bool{}) {
			if big.MatchString(step) && !strings.Contains(step, "USING") && !strings.Contains(step, "VIRTUAL TABLE INDEX") {
				b.Errorf("%s\n%s", step, x.sql)
			}
		}
	}
}

// TestEveryQueryUsesAnIndex explains each statement of each daily work.
func TestEveryQueryUsesAnIndex(t *testing.T) {
	b := behindOf(t, "sqlite")
	b.stuff(20000)
	number := b.file(b.Clerk, fee("2500", "2027-01-01")).Number
	for _, analysed := range []bool{false, true} {
		if analysed {
			b.exec("ANALYZE")
			b.s = b.instance() // statistics are read when a connection opens
		}
		l := listen(b, b.s)
		used := map[string]bool{}
		explain := func(what string, do func()) {
			said := l.during(do)
			if len(said) == 0 {
				b.Errorf("%s: nothing was asked", what)
			}
			for _, x := range said {
				if strings.Count(x.sql, "accept_by IS NOT NULL") > 1 {
					b.Errorf("%s goes through what waits again and again: no index has the day of acceptance\n%s", what, x.sql)
				}
				for _, step := range b.plan(x, used) {
					if big.MatchString(step) && !strings.Contains(step, "USING") && !strings.Contains(step, "VIRTUAL TABLE INDEX") && !mayScan(what, step) {
						b.Errorf("%s (analysed: %t): %s\n%s", what, analysed, step, x.sql)
					}
					if strings.Contains(step, "VIRTUAL TABLE INDEX") && strings.Contains(step, ":=") {
						b.Errorf("%s (analysed: %t) puts the search to the index once for each request: %s\n%s", what, analysed, step, x.sql)
					}
					if strings.HasPrefix(step, "USE TEMP B-TREE FOR ORDER BY") && strings.Contains(x.sql, "LIMIT") && strings.Contains(x.sql, "FROM requests AS r") && !strings.Contains(x.sql, "accept_by") && !maySort(what, x.sql) {
						b.Errorf("%s (analysed: %t) sorts what it could read in order\n%s", what, analysed, x.sql)
					}
				}
			}
		}
		people := map[string]models.User{"clerk": b.Clerk, "approver": b.Approver, "agent": b.Agent, "lead": b.Lead, "auditor": b.Auditor}
		for who, u := range people {
			for _, sort := range []string{"-number", "number", "due", "-due"} {
				for name, f := range map[string]models.Filter{
					"all": {}, "waiting": {WaitingForMe: true}, "mine": {Assignee: "me"}, "one state": {Status: []string{"submitted"}}, "two states": {Status: []string{"submitted", "in_review"}},
					"municipality": {Municipality: Bautzen}, "assistant": {Assistant: Birth}, "section": {Section: "zahlung"}, "overdue": {DueBefore: "2027-01-02"}, "nobody's": {Assignee: "none"},
					"open": inStates(models.Submitted, models.InReview, models.Question, models.Approved, models.Failed), "my open": {Status: inStates(models.Submitted, models.InReview, models.Question).Status, Assignee: "me"},
				} {
					f.Sort = sort
					if sort == "-number" {
						words := f
						words.Q = "Bautzen"
						explain(who+" searches among "+name, func() { b.must(pageOf(b.s.Requests(ctx, u, words))) })
					}
					explain(fmt.Sprintf("%s, %s, by %s", who, name, sort), func() {
						_, next, err := b.s.Requests(ctx, u, f)
						b.must(err)
						if f.Cursor = next; next != "" {
							b.must(pageOf(b.s.Requests(ctx, u, f)))
						}
					})
				}
			}
			explain(who+" counts", func() {
				b.must(last(b.s.Count(ctx, u, []models.Filter{
					inStates(models.Submitted), inStates(models.InReview), inStates(models.Question), inStates(models.Approved), inStates(models.Failed),
					inStates(models.Submitted, models.InReview, models.Question, models.Approved, models.Failed), {WaitingForMe: true, Sort: "due"},
					{Status: inStates(models.Submitted, models.InReview, models.Question).Status, Assignee: "me", Sort: "due"},
				})))
			})
			entries, _, err := b.s.Requests(ctx, u, models.Filter{})
			b.must(err)
			explain(who+" looks", func() {
				b.must(last(b.s.Lookers(ctx, u, number)))
				b.must(last(b.s.LookersOf(ctx, u, entries)))
				b.must(last(b.s.SavedViews(ctx, u)))
			})
			explain(who+" searches", func() { b.must(pageOf(b.s.Requests(ctx, u, models.Filter{Q: "Bautzen Wert"}))) })
			explain(who+" opens", func() { b.must(last(b.s.Case(ctx, u, number))) })
			explain(who+" reads on", func() { b.must(pageOf(b.s.Events(ctx, u, number, "", 50))) })
			explain(who+" sees documents", func() { b.must(last(b.s.Attachments(ctx, u, number))) })
			explain(who+" sees a form", func() { b.must(last(b.s.FormOn(ctx, u, Bautzen, Birth, "2027-03-01"))) })
			explain(who+" sees a form's work", func() { b.must(last(b.s.WorkOn(ctx, u, Bautzen, Birth))) })
			explain(who+" looks for forms", func() { b.must(pageOf(b.s.FindForms(ctx, u, models.FormFilter{}))) })
			explain(who+" looks into the past", func() { b.must(pageOf(b.s.FieldPast(ctx, u, Bautzen, Birth, "gebuehren.erste", "", 50))) })
			for _, ags := range []string{"", Bautzen} {
				explain(who+" sees a month "+ags, func() { b.must(last(b.s.Month(ctx, u, onDay("2027-01-01"), onDay("2027-02-01"), ags))) })
				explain(who+" sees a calendar "+ags, func() {
					sp := models.Span{From: onDay("2026-12-01"), Municipality: ags, Limit: 5}
					_, next, err := b.s.Appointments(ctx, u, sp)
					b.must(err)
					if sp.Cursor = next; next != "" {
						b.must(pageOf(b.s.Appointments(ctx, u, sp)))
					}
				})
			}
			explain(who+" sees versions", func() { b.must(pageOf(b.s.Versions(ctx, u, Bautzen, Birth, "", 50))) })
		}
		explain("the clerk edits", func() {
			c := b.file(b.Clerk, models.FileInput{Form: Bautzen + "/" + Birth, Content: models.Content{Sections: &[]string{"gebuehren"}}})
			b.must(last(b.s.Sheet(ctx, b.Clerk, c.Number)))
			b.must(last(b.s.KeepTyped(ctx, b.Clerk, c.Number, "felder", 1, nil)))
			b.must(last(b.s.Typed(ctx, b.Clerk, c.Number)))
			b.must(last(b.s.Rivals(ctx, b.Clerk, number)))
			b.must(pageOf(b.s.FormsToFile(ctx, b.Clerk, "hunde", "", 10)))
		})
		explain("figures", func() { b.must(last(b.s.Figures(ctx, b.Auditor, 2026, ""))) })
		explain("the clock", func() { b.knock() })
		explain("a lease", func() { b.must(last(b.s.LeaseMails(ctx, "w", 50, time.Minute))) })
		for _, state := range []string{"", "waiting", "sent", "failed"} {
			explain("the outbox "+state, func() { b.must(pageOf(b.s.Mails(ctx, b.Admin, state, "", 50))) })
		}
		explain("filing", func() { b.file(b.Clerk, fee("2600", "2027-02-01")) })
		explain("the same step", func() {
			in := fee("2600", "2027-02-01")
			in.Once = key("k", "b")
			b.must(last(b.s.File(ctx, b.Clerk, in)))
		})
		explain("steps", func() {
			c := b.file(b.Clerk, fee("2600", "2027-02-01"))
			b.approved(c.Number)
			b.do(b.Clerk, c.Number, models.Withdraw, "")
			b.must(last(b.s.Comment(ctx, b.Clerk, c.Number, "Schade.", false, nil)))
		})
		explain("signing in", func() { SignIn(b, b.s, b.Clerk.Email) })
		for name, sqls := range map[string][]string{ // what is written in batches
			"writes": {"UPDATE requests SET version = 1 WHERE id = 1 AND version = 1", "DELETE FROM changes WHERE request_id = 1", "DELETE FROM request_sections WHERE request_id = 1", "DELETE FROM saved_views WHERE user_id = 1 AND id = 1", "DELETE FROM presence WHERE seen_at <= '2020-01-01'", "UPDATE approvals SET void_at = NULL WHERE request_id = 1 AND void_at IS NULL", "DELETE FROM idempotency WHERE created_at <= '2020-01-01'"},
		} {
			for _, q := range sqls {
				for _, step := range b.plan(statement{q, nil}, used) {
					if strings.HasPrefix(step, "SCAN") {
						b.Errorf("%s: %s\n%s", name, step, q)
					}
				}
			}
		}
		if analysed {
			continue
		}
		for _, index := range b.column("SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ('requests', 'mails', 'events', 'changes', 'request_sections') ORDER BY name") {
			if !used[index] {
				b.Errorf("nobody uses index %s: every filing pays for it", index)
			}
		}
	}
}

// mayScan are the lists that are read in the order of their numbers until the
// page is full: what they leave out is not much.
func mayScan(what, step string) bool {
	if step == "SCAN mails" {
		return what == "the outbox " || what == "the outbox sent"
	}
	if what == "figures" {
		return step == "SCAN r" // everything was filed in the one year that is counted
	}
	return step == "SCAN r" && strings.HasSuffix(what, "number") &&
		slices.ContainsFunc([]string{"all", "municipality", "assistant", "overdue", "nobody's", "two states", "open"}, func(list string) bool { return strings.Contains(what, list) })
}

// maySort are the lists whose rows are few, or that nobody looks at often; of searches, those that have already found the few that there are.
func maySort(what, sql string) bool {
	if strings.Contains(what, " searches among ") {
		return strings.Contains(sql, "r.id IN (")
	}
	return strings.Contains(what, "open") && (strings.HasSuffix(what, "number") || strings.HasPrefix(what, "clerk") || strings.HasPrefix(what, "approver")) || slices.ContainsFunc([]string{"section", "two states", "nobody's", "assistant", "overdue", "waiting"}, func(list string) bool { return strings.Contains(what, list) })
}

var indexName = regexp.MustCompile(`INDEX (\w+)`)

// plan is how SQLite means to run a statement.
func (b *behind) plan(x statement, used map[string]bool) []string {
	b.Helper()
	_, readers := b.s.Pools()
	rows, err := readers.QueryContext(context.Background(), "EXPLAIN QUERY PLAN "+x.sql, x.args...)
	if err != nil {
		b.Fatalf("%v in %s", err, x.sql)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			b.Fatal(err)
		}
		out = append(out, detail)
		for _, m := range indexName.FindAllStringSubmatch(detail, -1) {
			used[m[1]] = true
		}
	}
	b.must(rows.Err())
	return out
}
