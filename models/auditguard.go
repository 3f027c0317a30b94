package models

import (
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// What the database itself refuses, triggers refuse: that the record is changed, that somebody approves their own. An audit
// looks whether they stand there as the migrations made them. What else somebody has put there, an audit does not ask about.

// guards are the triggers that a database should have.
type guards struct {
	words map[string]string // "events_no_update on events" → how it is made
	does  map[string]string // PostgreSQL's functions that they call → what they do
}

var (
	guardWords = map[bool]*regexp.Regexp{ // by whether it is PostgreSQL's
		false: regexp.MustCompile(`(?s)(?:CREATE TRIGGER (\w+)\s.*?\bEND|DROP TRIGGER (\w+));`),
		true:  regexp.MustCompile(`(?:CREATE TRIGGER (\w+)\s[^;]*|DROP TRIGGER (\w+)[^;]*);`),
	}
	guardTable = regexp.MustCompile(`\sON (\w+)\b`)
	guardDoes  = regexp.MustCompile(`(?s)CREATE (?:OR REPLACE )?FUNCTION (\w+)\(\) RETURNS trigger LANGUAGE plpgsql AS \$\$(.*?)\$\$;`)
)

// guardsOf reads from the migrations what the databases should have.
var guardsOf = map[bool]func() (guards, error){
	false: sync.OnceValues(func() (guards, error) { return readGuards("migrations/sqlite", guardWords[false]) }),
	true:  sync.OnceValues(func() (guards, error) { return readGuards("migrations/postgres", guardWords[true]) }),
}

func readGuards(dir string, words *regexp.Regexp) (guards, error) {
	g := guards{map[string]string{}, map[string]string{}}
	files, err := fs.Glob(migrations, dir+"/*.sql") // in order
	for _, name := range files {
		text, failed := fs.ReadFile(migrations, name)
		if failed != nil {
			return g, failed
		}
		for _, m := range words.FindAllStringSubmatch(string(text), -1) {
			if m[1] == "" {
				maps.DeleteFunc(g.words, func(name, _ string) bool { return strings.HasPrefix(name, m[2]+" ") })
				continue
			}
			made := strings.TrimSuffix(m[0], ";")
			g.words[m[1]+" on "+guardTable.FindStringSubmatch(made)[1]] = made
		}
		for _, m := range guardDoes.FindAllStringSubmatch(string(text), -1) {
			g.does[m[1]] = m[2]
		}
	}
	return g, err
}

// guardRow is a trigger as a database has it.
type guardRow struct {
	Name    string // with its table
	Words   string
	Calls   string // PostgreSQL: the function,
	Does    string // and what it does
	Off     bool
	Inbuilt bool // keeps a key
}

// guards looks for the triggers that the migrations made.
func (l *ledger) guards() error {
	want, err := guardsOf[l.postgres]()
	if err != nil {
		return err
	}
	query := `SELECT name || ' on ' || tbl_name AS name, sql AS words FROM sqlite_master WHERE type = 'trigger' ORDER BY name`
	if l.postgres {
		query = `SELECT DISTINCT coalesce(k.conname, t.tgname) || ' on ' || c.relname AS name, CASE WHEN t.tgisinternal THEN '' ELSE pg_get_triggerdef(t.oid, TRUE) END AS words,
				p.proname AS calls, p.prosrc AS does, t.tgenabled NOT IN ('O', 'A') AS off, t.tgisinternal AS inbuilt
			FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid LEFT JOIN pg_constraint k ON k.oid = t.tgconstraint
			WHERE pg_table_is_visible(c.oid) ORDER BY 1`
	}
	var rows []guardRow
	if err := l.db.Raw(query).Scan(&rows).Error; err != nil {
		return err
	}
	have := map[string]guardRow{}
	for _, r := range rows {
		if have[r.Name] = r; r.Inbuilt && r.Off {
			l.found("is switched off", "key %s", r.Name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(want.words)) {
		r, is := have[name]
		switch {
		case !is:
			l.found("is not there", "guard %s", name)
		case r.Off:
			l.found("is switched off", "guard %s", name)
		case l.guardSays(r.Words) != l.guardSays(want.words[name]) || r.Does != want.does[r.Calls]:
			l.found("is not as this program made it", "guard %s", name)
		}
	}
	return nil
}

// guardSays are a trigger's words in one way: SQLite keeps them as they were written, PostgreSQL tells them in an order of its own.
func (l *ledger) guardSays(words string) string {
	if l.postgres {
		return sortedWords(words)
	}
	return strings.Join(strings.Fields(words), " ")
}
