package bench

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the "pgx" driver
	_ "modernc.org/sqlite"             // the "sqlite" driver

	"formwandel/models"
	"formwandel/models/definition"
	"formwandel/models/fields"
	"formwandel/models/gv100ad"
	"formwandel/models/modelstest"
)

var ctx = context.Background()

const team = "antragsmanagement@kisa.example"

// kinds of databases. PostgreSQL's cluster flushes every commit here, as in earnest.
var kinds = []string{"sqlite", "postgres"}

func init() { _ = os.Setenv("FORMWANDEL_TEST_FSYNC", "on") }

// town is a municipality with the people who are needed.
type town struct {
	ags             string
	clerk, approver models.User
}

// office is an installation with many towns.
type office struct {
	*models.Store
	kind, url   string
	towns       []town
	agent, lead models.User
	admin       models.User
}

// newOffice sets up an installation with n towns, each with one form.
func newOffice(b testing.TB, kind string, n int) *office {
	b.Helper()
	u := modelstest.URL(b, kind)
	o := &office{Store: modelstest.Open(b, u), kind: kind, url: u}
	o.furnish(b, n)
	return o
}

func (o *office) furnish(b testing.TB, n int) {
	b.Helper()
	var ms []gv100ad.Municipality
	for i := range n {
		ms = append(ms, gv100ad.Municipality{AGS: agsOf(i), Name: fmt.Sprintf("Musterstadt %03d", i), Kind: "Stadt", PLZ: "01000"})
	}
	_, err := o.ImportMunicipalities(ctx, ms, true)
	must(b, err)
	defs, err := definition.Builtin()
	must(b, err)
	for _, d := range defs {
		if d.Key == modelstest.Birth {
			_, err := o.ImportAssistant(ctx, d)
			must(b, err)
		}
	}
	values := map[string]fields.Value{"kontakt.email": `"standesamt@town.example"`, "datenschutz.dsb_email": `"dsb@town.example"`}
	for i := range n {
		ags := agsOf(i)
		must(b, o.SetOffice(ctx, ags, "amt@"+ags+".example"))
		_, err := o.GoLive(ctx, ags, modelstest.Birth, values, false)
		must(b, err)
		o.towns = append(o.towns, town{ags, o.person(b, ags, "clerk", models.Clerk), o.person(b, ags, "approver", models.Approver)})
	}
	o.agent, o.lead, o.admin = o.person(b, "", "agent", models.Agent), o.person(b, "", "lead", models.Lead), o.person(b, "", "admin", models.Admin)
}

func agsOf(i int) string { return fmt.Sprintf("14%06d", 100000+i) }

func (o *office) person(b testing.TB, ags, name string, role models.Role) models.User {
	b.Helper()
	where := ags
	if ags == "" {
		where = "kisa"
	}
	email := name + "@" + where + ".example"
	_, err := o.AddUser(ctx, models.NewUser{AGS: ags, Email: email, Name: name + " " + where, Roles: []models.Role{role}})
	must(b, err)
	return modelstest.SignIn(b, o.Store, email)
}

// bare opens the same database with the same driver and the same guarantees, but nothing in between.
func (o *office) bare(b testing.TB, conns int) *sql.DB {
	b.Helper()
	driver, dsn := "pgx", modelstest.Superuser(b, o.url) // the rows alone: nobody guards them
	if o.kind == "sqlite" {
		driver, conns = "sqlite", 1
		dsn = "file:" + (&url.URL{Path: strings.TrimPrefix(o.url, "sqlite://")}).EscapedPath() +
			"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=busy_timeout(10000)&_pragma=foreign_keys(1)" +
			"&_pragma=cache_size(-16000)&_pragma=temp_store(2)&_timezone=UTC&_time_format=sqlite&_texttotime=1&_txlock=immediate"
	}
	db, err := sql.Open(driver, dsn)
	must(b, err)
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	b.Cleanup(func() { _ = db.Close() })
	must(b, db.Ping())
	return db
}

// together runs a job on n goroutines and waits for all.
func together(b testing.TB, n int, job func(i int) error) {
	b.Helper()
	var all sync.WaitGroup
	errs := make([]error, n)
	for i := range n {
		all.Go(func() { errs[i] = job(i) })
	}
	all.Wait()
	for _, err := range errs {
		must(b, err)
	}
}

func must(b testing.TB, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// cache is where generated databases are kept between runs.
func cache(b testing.TB) string {
	b.Helper()
	dir := filepath.Join(os.TempDir(), "formwandel-bench")
	must(b, os.MkdirAll(dir, 0o700))
	return dir
}

func ptr[T any](v T) *T { return &v }
