package main_test

import (
	"database/sql"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	_ "modernc.org/sqlite" // the "sqlite" driver

	"formwandel/models/modelstest"
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

// refusedRest is how long a greedy connection rests after a refusal: less than the second that the answer asks for.
const refusedRest = 250 * time.Millisecond

// TestManyExports: fifty searches and exports at the same time hold up nobody else.
func TestManyExports(t *testing.T) {
	p := newProgram(t, built, "")
	greedy, other := p.token("bearbeitung@kisa.example"), p.token("bearbeitung2@kisa.example")
	clerk := p.token("sachbearbeitung@bautzen.example")
	how := p.within(256 << 20)
	s := p.serve(freeAddr(t)).wait()
	fileOne(t, s.addr, clerk)
	s.stop()
	rows := modelstest.Share(100_000)
	p.copyRequests(rows)
	s = p.serve(freeAddr(t)).wait()
	type figures struct {
		n          int
		quiet, p95 time.Duration
		counts     *tally
	}
	f := best(t, func(int) (f figures, _ []delay) {
		var wg sync.WaitGroup
		_, f.quiet = calm(t, s.addr, other)
		o := work(t, s.addr, other)
		client := &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 60}}
		counts := &tally{of: map[int]int{}}
		f.counts = counts
		until := time.Now().Add(time.Duration(modelstest.Share(60)) * time.Second)
		queries := []string{"a", "e", "Ä", "2", "Geburtsurkunde", "Gebühr a e i", strings.Repeat("e ", 40)}
		for i := range 50 {
			wg.Go(func() {
				for time.Now().Before(until) {
					req, err := http.NewRequest(http.MethodGet, "http://"+s.addr+"/api/v1/requests?limit=200&q="+url.QueryEscape(queries[i%len(queries)]), http.NoBody)
					if err != nil {
						t.Error(err)
						return
					}
					req.Header.Set("Authorization", "Bearer "+greedy)
					if counts.fetch(client, req) == http.StatusTooManyRequests {
						time.Sleep(refusedRest)
					}
				}
			})
		}
		wg.Wait()
		f.n, f.p95 = o.end("searches")
		return f, []delay{{"searches", f.quiet, f.p95}}
	})
	most := peak(t, s.cmd.Process.Pid)
	s.stop()
	if most > 256 {
		t.Errorf("%d MB were resident", most)
	}
	if f.counts.of[200] == 0 || f.counts.of[500] > 0 || f.counts.of[0] > 0 {
		t.Errorf("searches were answered %v", f.counts.of)
	}
	modelstest.Score(t, "S28", fmt.Sprintf("searches with many hits by 50 connections of one person, each again at once, or after a quarter of a second when refused, at %d rows; 256 MB by %s", rows, how), f.counts.n,
		fmt.Sprintf("%d calls of others all answered, 95 %% within %s (%s before, × %.1f); the searches themselves: %v; at most %d MB resident", f.n, f.p95, f.quiet, float64(f.p95)/float64(max(f.quiet, time.Millisecond)), f.counts.of, most))
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
	if _, err := db.Exec("INSERT OR REPLACE INTO settings (name, value) VALUES ('search', 'to be made anew')"); err != nil {
		p.Fatal(err)
	}
}
