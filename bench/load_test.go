package bench

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"formwandel/models"
)

// loader fills tables faster than any program could: no flush, no rules.
type loader struct {
	kind string
	conn *sql.Conn
}

func (o *office) loader(b testing.TB) *loader {
	b.Helper()
	var db *sql.DB
	if o.kind == "postgres" {
		db = o.bare(b, 1)
	} else {
		dsn := "file:" + (&url.URL{Path: strings.TrimPrefix(o.url, "sqlite://")}).EscapedPath() +
			"?_pragma=journal_mode(WAL)&_pragma=synchronous(OFF)&_pragma=busy_timeout(10000)&_pragma=cache_size(-200000)&_timezone=UTC&_time_format=sqlite&_texttotime=1&_txlock=immediate"
		var err error
		db, err = sql.Open("sqlite", dsn)
		must(b, err)
		db.SetMaxOpenConns(1)
		b.Cleanup(func() { _ = db.Close() })
	}
	c, err := db.Conn(ctx)
	must(b, err)
	b.Cleanup(func() { _ = c.Close() })
	return &loader{o.kind, c}
}

// chunkLoad is how many rows a loading transaction takes.
const chunkLoad = 50000

// rows writes n rows of one table.
func (l *loader) rows(b testing.TB, table string, columns []string, n int, row func(i int) []any) {
	b.Helper()
	if l.kind == "postgres" {
		must(b, l.conn.Raw(func(dc any) error {
			_, err := dc.(*stdlib.Conn).Conn().CopyFrom(ctx, pgx.Identifier{table}, columns, pgx.CopyFromSlice(n, func(i int) ([]any, error) { return row(i), nil }))
			return err
		}))
		return
	}
	query := "INSERT INTO " + table + " (" + strings.Join(columns, ", ") + ") VALUES (" + strings.TrimSuffix(strings.Repeat("?, ", len(columns)), ", ") + ")"
	for from := 0; from < n; from += chunkLoad {
		tx, err := l.conn.BeginTx(ctx, nil)
		must(b, err)
		stmt, err := tx.PrepareContext(ctx, query) //nolint:sqlclosecheck // ends with its transaction, right below
		must(b, err)
		for i := from; i < min(n, from+chunkLoad); i++ {
			_, err := stmt.ExecContext(ctx, row(i)...)
			must(b, err)
		}
		must(b, tx.Commit())
	}
}

// dropIndexes takes PostgreSQL's indexes from tables, because one that is made
// at the end takes a tenth of the time; restore makes them again. SQLite keeps its own.
func (l *loader) dropIndexes(b testing.TB, tables ...string) (restore func()) {
	b.Helper()
	if l.kind != "postgres" {
		return func() {}
	}
	l.exec(b, "SET maintenance_work_mem = '512MB'")
	l.exec(b, "SET session_replication_role = replica") // no triggers: not foreign keys either
	var made []string
	for _, table := range tables {
		names, defs := l.indexes(b, table)
		made = append(made, defs...)
		for _, name := range names {
			l.exec(b, "DROP INDEX "+name)
		}
	}
	return func() {
		for _, def := range made {
			l.exec(b, def)
		}
	}
}

func (l *loader) exec(b testing.TB, query string, args ...any) {
	b.Helper()
	_, err := l.conn.ExecContext(ctx, numbered(l.kind, query), args...)
	must(b, err)
}

func (l *loader) number(b testing.TB, query string) (n int64) {
	b.Helper()
	must(b, l.conn.QueryRowContext(ctx, query).Scan(&n))
	return n
}

// contentHash is what approvals are bound to, as the program reckons it.
func contentHash(form int64, r *models.Request, newValue string) string {
	parts := []string{strconv.FormatInt(form, 10), strconv.Itoa(r.Definition), r.Kind, r.Date.String(), r.Until.String()}
	for _, s := range r.Sections {
		parts = append(parts, "section", s)
	}
	parts = append(parts, "change", r.Changes[0].Field, newValue)
	h := sha256.New()
	for _, p := range parts {
		h.Write(strconv.AppendInt(nil, int64(len(p)), 10))
		h.Write([]byte{':'})
		h.Write([]byte(p))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// indexes are a table's indexes that are no constraint: their names, and the statements that make them.
func (l *loader) indexes(b testing.TB, table string) (names, defs []string) {
	b.Helper()
	rows, err := l.conn.QueryContext(ctx, `SELECT indexname, indexdef FROM pg_indexes i WHERE tablename = $1
		AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conname = i.indexname)`, table)
	must(b, err)
	defer rows.Close()
	for rows.Next() {
		var name, def string
		must(b, rows.Scan(&name, &def))
		names, defs = append(names, name), append(defs, def)
	}
	must(b, rows.Err())
	return names, defs
}
