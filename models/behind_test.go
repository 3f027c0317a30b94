package models_test

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// behind is a story whose teller looks behind the store.
type behind struct {
	*story
	url   string
	db    *sql.DB
	super *sql.DB // as a superuser, for the one who needs it

	lowered []trigger // taken away: see unguard
	meddle  string    // what is done to them for the next audit
}

// look runs a story on every kind of database, with a connection past the store.
func look(t *testing.T, what func(b *behind)) {
	t.Helper()
	for _, kind := range Databases {
		t.Run(kind, func(t *testing.T) { what(behindOf(t, kind)) })
	}
}

// behindOf stages a story on one kind of database.
func behindOf(t *testing.T, kind string) *behind {
	t.Helper()
	url := URL(t, kind)
	s := Open(t, url)
	return &behind{story: &story{T: t, Cast: Stage(t, s), s: s}, url: url, db: past(t, url)}
}

// past opens a database past the store.
func past(t testing.TB, url string) *sql.DB {
	t.Helper()
	driver, dsn := "pgx", url
	if file, ok := strings.CutPrefix(url, "sqlite://"); ok {
		driver, dsn = "sqlite", "file:"+file+"?_pragma=busy_timeout(10000)&_timezone=UTC&_time_format=sqlite&_texttotime=1"
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() }) // nothing is lost with it
	return db
}

func (b *behind) sqlite() bool { return b.s.Dialect() == "sqlite" }

// dollars writes placeholders as the database wants them.
func (b *behind) dollars(query string) string {
	if b.sqlite() {
		return query
	}
	var out strings.Builder
	n := 0
	for _, r := range query {
		if r == '?' {
			n++
			out.WriteString("$" + strconv.Itoa(n))
			continue
		}
		out.WriteRune(r)
	}
	return out.String()
}

// exec changes rows past the store.
func (b *behind) exec(query string, args ...any) {
	b.Helper()
	if _, err := b.db.Exec(b.dollars(query), args...); err != nil {
		b.Fatalf("%s: %v", query, err)
	}
}

// number reads one number past the store.
func (b *behind) number(query string, args ...any) int64 {
	b.Helper()
	var n int64
	if err := b.db.QueryRow(b.dollars(query), args...).Scan(&n); err != nil {
		b.Fatalf("%s: %v", query, err)
	}
	return n
}

// column reads one column past the store.
func (b *behind) column(query string, args ...any) []string {
	b.Helper()
	rows, err := b.db.Query(b.dollars(query), args...)
	if err != nil {
		b.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var v sql.NullString
		if err := rows.Scan(&v); err != nil {
			b.Fatal(err)
		}
		out = append(out, v.String)
	}
	if err := rows.Err(); err != nil {
		b.Fatal(err)
	}
	return out
}

// instance is another store on the same database, at the same time of day.
func (b *behind) instance() *models.Store {
	b.Helper()
	s := Open(b.T, b.url)
	now, err := b.s.Now(ctx)
	if err != nil {
		b.Fatal(err)
	}
	SetNow(b, s, now)
	return s
}

// tables are what a write may touch; their counts tell whether it left anything behind.
var tables = []string{"requests", "changes", "request_sections", "request_editors", "approvals", "events", "configurations", "mails", "idempotency", "attachments", "blobs", "secrets", "search"}

// rows counts the rows of every table.
func (b *behind) rows() string {
	b.Helper()
	var out strings.Builder
	for _, t := range tables {
		fmt.Fprintf(&out, "%s=%d ", t, b.number("SELECT count(*) FROM "+t))
	}
	return out.String()
}

// start is a barrier: everybody behind it goes at once.
func start(n int, what func(i int)) {
	var ready, done sync.WaitGroup
	gun := make(chan struct{})
	ready.Add(n)
	done.Add(n)
	for _, i := range rand.Perm(n) { // else the one started last would always come first
		go func() {
			defer done.Done()
			ready.Done()
			<-gun
			what(i)
		}()
	}
	ready.Wait()
	close(gun)
	done.Wait()
}

// warm opens every connection of a store's pool: a cold one lets callers in one by one.
func warm(t testing.TB, s *models.Store) {
	t.Helper()
	pool, _ := s.Pools()
	want := pool.Stats().MaxOpenConnections
	conns := make([]*sql.Conn, want)
	for i := range conns {
		c, err := pool.Conn(ctx)
		if err != nil {
			t.Fatal(err)
		}
		conns[i] = c
	}
	for _, c := range conns {
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if got := pool.Stats().OpenConnections; got != want {
		t.Fatalf("%d of %d connections are open", got, want)
	}
}

// wording files a change in a section that only the provider approves.
func wording(text string) models.FileInput {
	return models.FileInput{Form: Bautzen + "/" + Birth, Submit: true, Content: models.Content{
		Effective: &models.EffectiveInput{Kind: "by", Date: "2027-01-31"},
		Changes:   &[]models.ChangeInput{{Field: "kontakt.ansprechstelle", New: []byte(strconv.Quote(text))}},
	}}
}

// edited is new content for the field that wording changes.
func edited(text string) *models.Content {
	return &models.Content{Changes: &[]models.ChangeInput{{Field: "kontakt.ansprechstelle", New: []byte(strconv.Quote(text))}}}
}

// kindOf is the kind of refusal, "" for success.
func kindOf(err error) models.Kind {
	for _, k := range []models.Kind{
		models.NotFound, models.Forbidden, models.Conflict, models.Invalid, models.Malformed,
		models.Unauthorized, models.TooLarge, models.Unsupported, models.Busy,
	} {
		if models.IsKind(err, k) {
			return k
		}
	}
	if err != nil {
		return models.Kind("other: " + err.Error())
	}
	return ""
}

// must ends a test whose preparation fails.
func (st *story) must(err error) {
	st.Helper()
	if err != nil {
		st.Fatal(err)
	}
}

// shift moves the clock forward.
func (b *behind) shift(d time.Duration, stores ...*models.Store) {
	b.Helper()
	now, err := b.s.Now(ctx)
	b.must(err)
	for _, s := range append(stores, b.s) {
		SetNow(b, s, now.Add(d))
	}
}
