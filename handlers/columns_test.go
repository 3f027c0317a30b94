package handlers_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// tables are all tables of the database.
func (st *stage) tables() (out []string) {
	st.Helper()
	names := `SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename`
	if st.sqlite() {
		names = `SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name`
	}
	st.query(names, func(scan func(...any) error) error {
		var name string
		err := scan(&name)
		out = append(out, name)
		return err
	})
	return out
}

// each reads every row of every table: its columns, and its cells as bytes.
func (st *stage) each(row func(table string, columns []string, cells []sql.RawBytes)) {
	st.Helper()
	for _, table := range st.tables() {
		rs, err := st.past().QueryContext(st.Context(), `SELECT * FROM "`+table+`"`)
		if err != nil {
			st.Fatal(err)
		}
		columns, err := rs.Columns()
		if err != nil {
			st.Fatal(err)
		}
		row(table, columns, nil)
		for rs.Next() {
			cells, into := make([]sql.RawBytes, len(columns)), make([]any, len(columns))
			for i := range cells {
				into[i] = &cells[i]
			}
			if err := rs.Scan(into...); err != nil {
				st.Fatal(err)
			}
			row(table, columns, cells)
		}
		if err := rs.Err(); err != nil {
			st.Fatal(err)
		}
		_ = rs.Close() //nolint:sqlclosecheck // one table after the other, read to its end
	}
}

// columns are the names of all columns of all tables, each once.
func (st *stage) columns() (out []string) {
	st.Helper()
	st.each(func(_ string, columns []string, _ []sql.RawBytes) { out = append(out, columns...) })
	slices.Sort(out)
	if out = slices.Compact(out); len(out) < 150 {
		st.Fatalf("only %d columns", len(out))
	}
	return out
}

// lies tells in which cells of the database a word lies.
func (st *stage) lies(word string) (where []string) {
	st.Helper()
	st.each(func(table string, columns []string, cells []sql.RawBytes) {
		for i, cell := range cells {
			if bytes.Contains(cell, []byte(word)) {
				where = append(where, table+"."+columns[i])
			}
		}
	})
	return where
}

// upperCamel is a column's name as the program's own types have it: ApplyAt for apply_at.
func upperCamel(column string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(column, "_") {
		if part != "" {
			b.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
	}
	return b.String()
}

// asked are the names that the pages' handlers ask a form for.
func asked(t *testing.T) map[string]bool {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]bool{}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		for _, m := range regexp.MustCompile(`posted(?:All)?\(c, "([^"]+)"`).FindAllSubmatch(text, -1) {
			out[string(m[1])] = true
		}
		if bytes.Contains(text, []byte("BodyParser(")) || bytes.Contains(text, []byte("QueryParser(")) {
			t.Errorf("%s reads a whole form into a type: name what is taken", name)
		}
	}
	if len(out) < 40 {
		t.Fatalf("only %d names: %v", len(out), out)
	}
	return out
}

// TestColumnsInForms: a form that carries the names of all columns writes none of them, whether it is taken or refused.
func TestColumnsInForms(t *testing.T) {
	st := newTour(newStage(t))
	taken, canaries, n := asked(t), []string{"kanarie", "76543217654321"}, 0
	columns := slices.DeleteFunc(st.columns(), func(c string) bool { return taken[c] })
	for _, canary := range canaries[:Share(len(canaries))] {
		extra := url.Values{}
		for _, c := range columns {
			extra[c], extra[upperCamel(c)] = []string{canary}, []string{canary}
		}
		routes := 0
		for _, r := range st.pageRoutes() {
			e := routeRights[r.method+" "+r.path]
			if r.method != "POST" || r.path == "/abmelden" || e.body == "file" {
				continue
			}
			routes++
			n += st.bothWays(r, e, extra)
		}
		if routes < 50 {
			t.Fatalf("only %d forms", routes)
		}
		fresh := newTour(newStage(t))
		fresh.extra = extra
		if _, kept := fresh.stored("Worte aus einem Formular " + canary[:1]); kept < 10 {
			t.Errorf("only %d were taken", kept)
		}
		n += 4 * len(extra) // a draft, a view, a person, a municipality
		for _, s := range []*stage{st.stage, fresh.stage} {
			if where := s.lies(canary); len(where) > 0 {
				t.Errorf("%s came into %v", canary, where)
			}
		}
	}
	Score(t, "S34", fmt.Sprintf("names of %d columns beside what every form of the pages sends, taken or refused; %d names are the forms' own", len(columns), len(taken)), n, "0 values came into any of the database's cells")
}

// bothWays sends a form without and with more names, as three people: the answers are alike. It returns how many names were tried.
func (t *tour) bothWays(r pageRoute, e entry, extra url.Values) (n int) {
	t.Helper()
	for _, u := range []models.User{t.Clerk, t.TenantAdmin, t.Admin} {
		v := t.as(u)
		v.open("/konto")
		values, err := url.ParseQuery(strings.ReplaceAll(e.body, ":ags", Bautzen))
		if err != nil {
			t.Fatal(err)
		}
		place := t.at(r.path)
		t.extra = nil
		plain := v.send(place, values)
		v.open("/konto")
		values.Del("key")
		t.extra = extra
		if with := v.send(place, values); with.status != plain.status {
			t.Errorf("%s: %s: %d, and %d with more names: %s", u.Name, place, plain.status, with.status, clip(with.body))
		}
		t.extra = nil
		n += len(extra)
	}
	return n
}
