package models_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// spread copies the requests there are, past the store, until there are n
// more, with ids far apart, the reason of each made by SQL from its number i;
// then the index is made anew from the records.
func (b *behind) spread(n int, reason string) {
	b.Helper()
	names := "SELECT column_name FROM information_schema.columns WHERE table_name = 'requests'"
	if b.sqlite() {
		names = "SELECT name FROM pragma_table_info('requests')"
	}
	cols := slices.DeleteFunc(b.column(names), func(c string) bool { return c == "id" || c == "number" || c == "reason" })
	all := strings.Join(cols, ", ")
	b.exec(fmt.Sprintf(`WITH RECURSIVE k (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM k WHERE i < %d)
		INSERT INTO requests (id, number, reason, %s) SELECT 100000 + i * 61, 'KA-2026-' || (100000 + i * 61), %s, %s
		FROM k JOIN requests r ON r.id = 1 + i %% (SELECT max(id) FROM requests)`, n, all, reason, all))
	b.emptyIndex()
	b.must(b.s.Migrate(ctx))
}

// emptyIndex leaves the search index as a migration does that needs it to be made anew.
func (b *behind) emptyIndex() {
	b.Helper()
	b.exec("DELETE FROM search")
	b.exec("INSERT INTO settings (name, value) VALUES ('search', 'to be made anew')")
}

// reason is what a request says, in words that are their own stems.
type reason struct {
	number, ags string
	words       []string
}

// reasons are those of the requests that were spread, newest first.
func (b *behind) reasons() (out []reason) {
	b.Helper()
	for _, r := range b.column("SELECT number || '|' || ags || '|' || reason FROM requests WHERE id > 1000 ORDER BY id DESC") {
		p := strings.Split(r, "|")
		out = append(out, reason{p[0], p[1], strings.Fields(p[2])})
	}
	return out
}

// hasAll tells whether all words are there, the last one as the beginning of one.
func (r reason) hasAll(ws []string) bool {
	last := len(ws) - 1
	return slices.ContainsFunc(r.words, func(w string) bool { return strings.HasPrefix(w, ws[last]) }) &&
		!slices.ContainsFunc(ws[:last], func(w string) bool { return !slices.Contains(r.words, w) })
}

// TestSearchMissesNothingAmongMany: all that begins with a word, newest first,
// nothing twice and no gap from page to page; whatever way the search goes
// for words that are in all, in some or in few, at the beginning or the end.
func TestSearchMissesNothingAmongMany(t *testing.T) {
	look(t, func(b *behind) {
		b.file(b.Clerk, wording("Saal 1"))
		elsewhere := wording("Saal 2")
		elsewhere.Form = Leipzig + "/" + Birth
		b.file(b.LeipzigClerk, elsewhere)
		b.file(b.Clerk, wording("Saal 3"))
		b.spread(4500, `'rohrbruch ' || 'wasserrohrbruch' || (i % 200) || ' kanal' || (i % 83) || CASE WHEN i < 700 THEN ' altbestand' ELSE '' END || CASE WHEN i % 1000 = 7 THEN ' selten9' ELSE '' END`)
		rows := b.reasons()
		want := func(u models.User, q string) (out []string) {
			for _, r := range rows {
				if u.Sees(r.ags) && r.hasAll(strings.Fields(q)) {
					out = append(out, r.number)
				}
			}
			return out
		}
		for who, u := range map[string]models.User{"clerk": b.Clerk, "in Leipzig": b.LeipzigClerk, "agent": b.Agent} {
			for _, q := range []string{
				"rohrb", "wasserrohrbruch", "wasserrohrbruch1", "wasserrohrbruch17", "kanal8", "kanal82", "wasserro", "altb", "altbestand", "selten9", "sel", "rohrbruch kanal7",
				"selten9 rohr", "selten9 wasserrohrbr", "altbestand kanal1", "kanal7 wasserr", "kanal7 selten9", "kanal7 altbestand rohrbruch", "wasserrohrbruch2000", "rohrbrux",
			} {
				got, want := b.walk(u, models.Filter{Q: q, Limit: 200}), want(u, q)
				if !slices.Equal(got, want) {
					b.Errorf("%s by %q: %d found, want %d", who, q, len(got), len(want))
				}
			}
			small, all := b.walk(u, models.Filter{Q: "altbestand kanal1", Limit: 7}), want(u, "altbestand kanal1")
			if !slices.Equal(small, all) || len(all) < 8 {
				b.Errorf("%s in small pages: %d, want %d", who, len(small), len(all))
			}
		}
	})
}

// TestAnEmptiedIndexIsMadeAnew by migrating, from all that is recorded; until
// then the program doesn't work on it.
func TestAnEmptiedIndexIsMadeAnew(t *testing.T) {
	look(t, func(b *behind) {
		n := b.tellsOf(b.Clerk, Bautzen+"/"+Birth, "Rathausneubau", "")
		b.must(last(b.s.Comment(ctx, b.Clerk, n, "Der Stadtrat tagt.", false, nil)))
		b.must(last(b.s.Comment(ctx, b.Agent, n, "Verzögerungstaktik", true, nil)))
		b.emptyIndex()
		if err := b.s.Migrated(ctx); err == nil || !strings.Contains(err.Error(), "formwandel migrate") {
			b.Errorf("an empty index counts as made: %v", err)
		}
		for range 2 {
			b.must(b.s.Migrate(ctx))
			b.must(b.s.Migrated(ctx))
			for _, q := range []string{"Rathausneu", "Stadtrat", "Verz", "Verzögerungsta"} {
				if got := b.finds(b.Agent, q); !slices.Equal(got, []string{n}) {
					b.Errorf("%q finds %v", q, got)
				}
				if got := b.finds(b.Clerk, q); len(got) > 0 && strings.HasPrefix(q, "Verz") {
					b.Errorf("the clerk finds an internal note by %q", q)
				}
			}
		}
	})
}
