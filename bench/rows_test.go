package bench

import (
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// rows are some rows of one table, as the program wrote them.
type rows struct {
	table   string
	columns []string
	values  [][]any
}

// readRows reads back what the program wrote, so that bare SQL can write the same.
func readRows(b testing.TB, db *sql.DB, table, where string, args ...any) *rows {
	b.Helper()
	res, err := db.Query("SELECT * FROM "+table+" WHERE "+where, args...)
	must(b, err)
	defer res.Close()
	out := &rows{table: table}
	out.columns, err = res.Columns()
	must(b, err)
	for res.Next() {
		v := make([]any, len(out.columns))
		p := make([]any, len(v))
		for i := range v {
			p[i] = &v[i]
		}
		must(b, res.Scan(p...))
		out.values = append(out.values, v)
	}
	must(b, res.Err())
	if len(out.values) == 0 {
		b.Fatalf("no rows in %s where %s", table, where)
	}
	return out
}

// formsOf are the forms by their municipalities; each has one here.
func formsOf(b testing.TB, db *sql.DB) map[string]int64 {
	b.Helper()
	out := map[string]int64{}
	for _, f := range readRows(b, db, "forms", "1 = 1").values {
		out[f[1].(string)] = f[0].(int64)
	}
	return out
}

// without leaves a column to the database.
func (r *rows) without(column string) *rows {
	out := &rows{table: r.table}
	for i, c := range r.columns {
		if c != column {
			out.columns = append(out.columns, c)
			for j, v := range r.values {
				if len(out.values) <= j {
					out.values = append(out.values, nil)
				}
				out.values[j] = append(out.values[j], v[i])
			}
		}
	}
	return out
}

// with is a row's values with some replaced.
func (r *rows) with(n int, set map[string]any) []any {
	out := make([]any, len(r.columns))
	for i, c := range r.columns {
		if v, ok := set[c]; ok {
			out[i] = v
		} else {
			out[i] = r.values[n][i]
		}
	}
	return out
}

// insert is the statement that writes one such row.
func (r *rows) insert(kind string) string {
	return numbered(kind, "INSERT INTO "+r.table+" ("+strings.Join(r.columns, ", ")+") VALUES ("+strings.TrimSuffix(strings.Repeat("?, ", len(r.columns)), ", ")+")")
}

// numbered writes placeholders as a database wants them.
func numbered(kind, query string) string {
	if kind == "sqlite" {
		return query
	}
	var out strings.Builder
	n := 0
	for _, c := range query {
		if c == '?' {
			n++
			out.WriteString("$" + strconv.Itoa(n))
			continue
		}
		out.WriteRune(c)
	}
	return out.String()
}

// line is one connection with its prepared statements.
type line struct {
	kind string
	conn *sql.Conn
	of   map[string]*sql.Stmt
}

func newLine(b testing.TB, kind string, db *sql.DB) *line {
	b.Helper()
	c, err := db.Conn(ctx)
	must(b, err)
	b.Cleanup(func() { _ = c.Close() })
	return &line{kind, c, map[string]*sql.Stmt{}}
}

// prepared is a statement, prepared once on this connection.
func (l *line) prepared(query string) (*sql.Stmt, error) {
	if s, ok := l.of[query]; ok {
		return s, nil
	}
	s, err := l.conn.PrepareContext(ctx, numbered(l.kind, query))
	if err != nil {
		return nil, fmt.Errorf("%w in %s", err, query)
	}
	l.of[query] = s
	return s, nil
}

func (l *line) exec(query string, args ...any) error {
	s, err := l.prepared(query) //nolint:sqlclosecheck // kept for the next call; ends with its connection
	if err != nil {
		return err
	}
	if _, err = s.ExecContext(ctx, args...); err != nil {
		return fmt.Errorf("%w in %s", err, query)
	}
	return nil
}

func (l *line) scan(query string, args []any, into ...any) error {
	s, err := l.prepared(query) //nolint:sqlclosecheck // kept for the next call; ends with its connection
	if err != nil {
		return err
	}
	return s.QueryRowContext(ctx, args...).Scan(into...)
}

// in runs fn in one transaction on this connection. It is begun by hand,
// because sql.Tx would prepare every statement anew.
func (l *line) in(fn func() error) error {
	begin := "BEGIN"
	if l.kind == "sqlite" {
		begin = "BEGIN IMMEDIATE"
	}
	if _, err := l.conn.ExecContext(ctx, begin); err != nil {
		return err
	}
	if err := fn(); err != nil {
		_, _ = l.conn.ExecContext(ctx, "ROLLBACK")
		return err
	}
	_, err := l.conn.ExecContext(ctx, "COMMIT")
	return err
}
