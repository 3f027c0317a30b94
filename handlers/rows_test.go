package handlers_test

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// rows is what lies in every table, and a mark that any commit moves.
type rows struct {
	counts []string
	mark   int64
	seen   int // in the security log, which refusals are written into
	used   int // tokens
}

// past opens the database past the store, once.
func (st *stage) past() *sql.Conn {
	st.Helper()
	if st.conn == nil {
		st.conn = st.beside("ro")
	}
	return st.conn
}

// beside is one more connection to the database past the store; mode is SQLite's, "ro" or "rw".
func (st *stage) beside(mode string) *sql.Conn {
	st.Helper()
	driver, dsn := "pgx", st.url
	if st.sqlite() {
		driver, dsn = "sqlite", "file:"+strings.TrimPrefix(st.url, "sqlite://")+"?mode="+mode+"&_pragma=busy_timeout(10000)"
	}
	db, err := sql.Open(driver, dsn)
	var conn *sql.Conn
	if err == nil {
		conn, err = db.Conn(st.Context())
	}
	if err != nil {
		st.Fatal(err)
	}
	st.Cleanup(func() { _ = db.Close() }) // nothing is lost with it
	return conn
}

// exec does statements on a connection past the store.
func (st *stage) exec(conn *sql.Conn, statements ...string) {
	st.Helper()
	for _, q := range statements {
		if _, err := conn.ExecContext(st.Context(), q); err != nil {
			st.Fatal(err)
		}
	}
}

// rows counts every row of every table.
func (st *stage) rows() rows {
	st.Helper()
	var tables []string
	names := `SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename`
	count := `SELECT count(*), coalesce(max(CAST(CAST(xmin AS TEXT) AS BIGINT)), 0) FROM `
	if st.sqlite() {
		names, count = `SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name`, `SELECT count(*), 0 FROM `
	}
	st.query(names, func(scan func(...any) error) error {
		var name string
		err := scan(&name)
		tables = append(tables, name)
		return err
	})
	if !slices.Contains(tables, "events") || !slices.Contains(tables, "mails") {
		st.Fatalf("tables: %v", tables)
	}
	var out rows
	st.query(`SELECT coalesce(sum(count), 0), (SELECT count(used_at) FROM tokens) FROM security_events`, func(scan func(...any) error) error { return scan(&out.seen, &out.used) })
	for _, name := range tables {
		if name == "security_events" || name == "security_ends" || name == "attempts" || name == "attempt_salt" || name == "tallies" || name == "tokens" && !st.sqlite() {
			continue
		}
		st.query(count+`"`+name+`"`, func(scan func(...any) error) error {
			var n int
			var last int64 // transaction that wrote
			err := scan(&n, &last)
			out.mark = max(out.mark, last)
			out.counts = append(out.counts, fmt.Sprintf("%s %d", name, n))
			return err
		})
	}
	if st.sqlite() {
		st.query(`PRAGMA data_version`, func(scan func(...any) error) error { return scan(&out.mark) })
	}
	return out
}

func (st *stage) sqlite() bool { return st.s.Dialect() == "sqlite" }

func (st *stage) query(q string, each func(scan func(...any) error) error) {
	st.Helper()
	rs, err := st.past().QueryContext(st.Context(), q)
	if err != nil {
		st.Fatal(err)
	}
	defer rs.Close()
	for rs.Next() {
		if err := each(rs.Scan); err != nil {
			st.Fatal(err)
		}
	}
	if err := rs.Err(); err != nil {
		st.Fatal(err)
	}
}

// unchanged asserts that nothing at all has been written since.
func (st *stage) unchanged(before rows, what string) {
	st.Helper()
	after := st.rows()
	if !slices.Equal(before.counts, after.counts) {
		st.Errorf("%s:\nbefore %v\nafter  %v", what, before.counts, after.counts)
	} else if before.mark != after.mark && (!st.sqlite() || before.seen == after.seen && before.used == after.used) {
		st.Errorf("%s: something was written", what)
	}
}
