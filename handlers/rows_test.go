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
}

// past opens the database past the store, once.
func (st *stage) past() *sql.Conn {
	st.Helper()
	if st.conn != nil {
		return st.conn
	}
	db, err := sql.Open("sqlite", "file:"+strings.TrimPrefix(st.url, "sqlite://")+"?mode=ro&_pragma=busy_timeout(10000)")
	if err == nil {
		st.conn, err = db.Conn(st.Context())
	}
	if err != nil {
		st.Fatal(err)
	}
	st.Cleanup(func() { _ = db.Close() }) // nothing is lost with it
	return st.conn
}

// rows counts every row of every table.
func (st *stage) rows() rows {
	st.Helper()
	var tables []string
	st.query(`SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name`, func(scan func(...any) error) error {
		var name string
		err := scan(&name)
		tables = append(tables, name)
		return err
	})
	if !slices.Contains(tables, "events") || !slices.Contains(tables, "mails") {
		st.Fatalf("tables: %v", tables)
	}
	var out rows
	for _, name := range tables {
		st.query(`SELECT count(*) FROM "`+name+`"`, func(scan func(...any) error) error {
			var n int
			err := scan(&n)
			out.counts = append(out.counts, fmt.Sprintf("%s %d", name, n))
			return err
		})
	}
	st.query(`PRAGMA data_version`, func(scan func(...any) error) error { return scan(&out.mark) })
	return out
}

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
	} else if before.mark != after.mark {
		st.Errorf("%s: something was written", what)
	}
}
