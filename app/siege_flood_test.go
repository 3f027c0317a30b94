package main_test

import (
	"database/sql"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"

	_ "modernc.org/sqlite" // the "sqlite" driver
)

// tally counts answers by status.
type tally struct {
	mu sync.Mutex
	of map[int]int
	n  int
}

func (c *tally) add(status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.of[status]++
	c.n++
}

// fetch makes a call and reads its answer; no answer counts as status 0.
func (c *tally) fetch(client *http.Client, req *http.Request) int {
	status := 0
	if res, err := client.Do(req); err == nil {
		_, _ = io.Copy(io.Discard, res.Body) // only the status counts
		_ = res.Body.Close()                 // it has been read
		status = res.StatusCode
	}
	c.add(status)
	return status
}

// columnsOf names the columns of a table.
func columnsOf(db *sql.DB, table string) ([]string, error) {
	rows, err := db.Query("SELECT name FROM pragma_table_info(?)", table)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var columns []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		columns = append(columns, name)
	}
	return columns, rows.Err()
}

// copyRequests makes n requests out of the one that there is, past the program, which has ended;
// it makes its search index anew at its next start.
func (p *program) copyRequests(n int) {
	p.Helper()
	db, err := sql.Open("sqlite", strings.TrimPrefix(p.database, "sqlite://"))
	if err != nil {
		p.Fatal(err)
	}
	defer db.Close()
	for _, table := range []struct{ name, id, where string }{{"requests", "id", "TRUE"}, {"changes", "request_id", "request_id = (SELECT min(id) FROM requests)"}} {
		columns, err := columnsOf(db, table.name)
		if err != nil {
			p.Fatal(err)
		}
		values := slices.Clone(columns)
		for i, name := range values {
			switch name {
			case table.id:
				values[i] = name + " + n"
			case "number":
				values[i] = "printf('KA-2026-%06d', id + n)"
			}
		}
		_, err = db.Exec("WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < ?) INSERT INTO "+table.name+" ("+strings.Join(columns, ", ")+") SELECT "+strings.Join(values, ", ")+" FROM "+table.name+", c WHERE "+table.where, n-1)
		if err != nil {
			p.Fatal(err)
		}
	}
	for query, args := range map[string][]any{
		"INSERT OR REPLACE INTO settings (name, value) VALUES ('search', 'to be made anew')": nil,
		`WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < ?) INSERT INTO security_events (minute, code, user_id, address, detail)
			SELECT minute, code, user_id, '192.0.2.1', 'copy ' || n FROM (SELECT * FROM security_events ORDER BY nr DESC LIMIT 1), c`: {n},
	} {
		if _, err := db.Exec(query, args...); err != nil {
			p.Fatal(err)
		}
	}
}
