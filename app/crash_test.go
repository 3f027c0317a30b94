package main_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"formwandel/models/modelstest"
)

// TestCrash lets people work while the program is killed again and again:
// what was acknowledged is there, what is due happens once, no mail comes twice
// but in the one moment when nobody can know, and nobody has to lend a hand.
//
//	FORMWANDEL_TEST_KILLS=5000 go test ./app -run TestCrash/sqlite -timeout 0
//	FORMWANDEL_TEST_SEED=…     repeats the moments of a run
func TestCrash(t *testing.T) {
	bin := build(t)
	t.Run("sqlite", func(t *testing.T) {
		newRuin(t, bin, "", kills(t, 15), 1).run()
	})
	t.Run("postgres", func(t *testing.T) {
		newRuin(t, bin, modelstest.URL(t, "postgres"), kills(t, 5), 2).run()
	})
}

// kills is how often the program is killed.
func kills(t testing.TB, otherwise int) int {
	t.Helper()
	text := os.Getenv("FORMWANDEL_TEST_KILLS")
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("FORMWANDEL_TEST_KILLS=%q is no number", text)
	}
	return n
}

// ruin is an installation that is killed while people work.
type ruin struct {
	*program
	seed   uint64
	rnd    *rand.Rand
	kills  int
	sink   *sink
	office *office
	crew   []*worker
	stand  []*server // the instances
}

func newRuin(t *testing.T, bin, database string, kills, instances int) *ruin {
	r := &ruin{seed: uint64(time.Now().UnixNano()), kills: kills, sink: newSink(t)}
	if text := os.Getenv("FORMWANDEL_TEST_SEED"); text != "" {
		seed, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("FORMWANDEL_TEST_SEED=%q is no number", text)
		}
		r.seed = seed
	}
	t.Logf("FORMWANDEL_TEST_SEED=%d", r.seed)
	r.rnd = rand.New(rand.NewPCG(r.seed, 0))
	r.program = newProgram(t, bin, database, "FORMWANDEL_SMTP_URL="+r.sink.url, "FORMWANDEL_TEAM_MAIL=team@kisa.example")
	var addrs []string
	for range instances {
		addrs = append(addrs, freeAddr(t))
	}
	r.office = newOffice(r.program, addrs...)
	for _, addr := range addrs {
		r.stand = append(r.stand, r.serve(addr))
	}
	for _, s := range r.stand {
		s.wait()
	}
	r.crew = crew(r.office, r.seed)
	return r
}

func (r *ruin) run() {
	ctx, enough := context.WithCancel(context.Background())
	var work sync.WaitGroup
	for _, w := range r.crew {
		work.Go(func() { w.work(ctx) })
	}
	for n := range r.kills {
		r.fall(n % len(r.stand))
		if r.Failed() {
			break
		}
	}
	enough()
	work.Wait() // everybody follows to its end what has begun
	if r.Failed() {
		return
	}
	r.settle()
	for _, s := range r.stand {
		s.stop()
	}
	r.examine()
}

// fall kills one instance at some moment, also while it is starting, and
// starts it again.
func (r *ruin) fall(i int) {
	s := r.stand[i]
	time.Sleep(time.Duration(r.rnd.IntN(1500)) * time.Millisecond)
	if r.rnd.IntN(4) > 0 {
		s.wait()
	}
	s.kill()
	r.sink.killed()
	r.stand[i] = r.serve(s.addr)
}

// settle waits until all mails are gone. What a killed instance had leased
// waits for the lease to end, half a minute on PostgreSQL: it is sealed, and nobody can bring its end forward.
func (r *ruin) settle() {
	for _, s := range r.stand {
		s.wait()
	}
	eventually(r, "all mails are sent", func() (bool, string) {
		n := r.number(`SELECT count(*) FROM mails WHERE state = 'waiting'`)
		return n == 0, say("%d waiting", n)
	})
}

// inHand is how many mails one instance can have sent and not noted: one a worker.
const inHand = 6

// examine reads the records as they are on disk.
func (r *ruin) examine() {
	acknowledged, retried, known := 0, 0, 0
	for _, w := range r.crew {
		retried, known = retried+w.retried, known+w.known
		for _, m := range w.minds {
			acknowledged++
			r.examineOne(m)
		}
	}
	again, wrong := r.sink.twice()
	if len(wrong) > 0 {
		r.Errorf("mails that came twice without a reason: %v", wrong)
	}
	if again > r.kills*inHand {
		r.Errorf("%d mails came again after %d kills", again, r.kills)
	}
	r.examineAll(acknowledged)
	if out := r.program.run("audit", "verify"); !strings.HasPrefix(out, "whole:") {
		r.Errorf("audit verify: %s", out)
	}
	r.Logf("%d kills, %d requests, %d calls sent again (%d of them had been done), %d mails, %d of them came again",
		r.kills, acknowledged, retried, known, r.sink.count(), again)
	if acknowledged == 0 {
		r.Error("nobody has done anything")
	}
}

// examineOne holds one request against what its clerk was told.
func (r *ruin) examineOne(m *mind) {
	var version, configs int
	var status, marker string
	err := r.row(`SELECT version, status, reason, (SELECT count(*) FROM configurations c WHERE c.request_id = r.id AND c.cause = 'apply')
		FROM requests r WHERE number = ?`, m.number).Scan(&version, &status, &marker, &configs)
	if err != nil {
		r.Errorf("%s was acknowledged: %v", m.number, err)
		return
	}
	want, once := "applied", 1
	if m.dead {
		want, once = "withdrawn", 0
	}
	if version < m.version || status != want || marker != m.marker || configs != once {
		r.Errorf("%s: version %d (told %d), %s (want %s), %q (want %q), %d times applied", m.number, version, m.version, status, want, marker, m.marker, configs)
		return
	}
	if m.dead {
		return
	}
	var content string
	if err := r.row(`SELECT c.content FROM configurations c JOIN requests r ON r.id = c.request_id WHERE r.number = ?`, m.number).Scan(&content); err != nil {
		r.Error(err)
		return
	}
	var values map[string]json.RawMessage
	if err := json.Unmarshal([]byte(content), &values); err != nil || string(values[m.field]) != m.value {
		r.Errorf("%s: applied %s, approved %s (%v)", m.number, values[m.field], m.value, err)
	}
}

// nothing are questions to which the answer is zero.
var nothing = map[string]string{
	"requests filed twice":                 `SELECT count(*) FROM (SELECT reason FROM requests GROUP BY reason HAVING count(*) > 1) x`,
	"requests that are half done":          `SELECT count(*) FROM requests WHERE status NOT IN ('applied', 'withdrawn')`,
	"requests without a history":           `SELECT count(*) FROM requests r WHERE NOT EXISTS (SELECT 1 FROM events e WHERE e.request_id = r.id AND e.action = 'submit')`,
	"versions out of step with histories":  `SELECT count(*) FROM requests r WHERE version <> (SELECT max(version) FROM events e WHERE e.request_id = r.id)`,
	"events out of order":                  `SELECT count(*) FROM chains c WHERE seq <> (SELECT count(*) FROM events e WHERE e.ags = c.ags)`,
	"gaps in the versions of forms":        `SELECT count(*) FROM forms f WHERE live <> (SELECT count(*) FROM configurations c WHERE c.form_id = f.id)`,
	"changes applied from another value":   `SELECT count(*) FROM requests r WHERE status = 'applied' AND conflicts <> ''`,
	"mails refused":                        `SELECT count(*) FROM mails WHERE state <> 'sent'`,
	"applications without enough approval": `SELECT count(*) FROM requests r WHERE status = 'applied' AND need_municipality + need_provider > (SELECT count(*) FROM approvals a WHERE a.request_id = r.id AND a.void_at IS NULL AND a.content_hash = r.content_hash)`,
	"applied requests without mail":        `SELECT count(*) FROM requests r WHERE status = 'applied' AND NOT EXISTS (SELECT 1 FROM mails m WHERE m.request_id = r.id AND m.kind = 'applied')`,
}

func (r *ruin) examineAll(acknowledged int) {
	for what, query := range nothing {
		if n := r.number(query); n != 0 {
			r.Errorf("%d %s", n, what)
		}
	}
	if n := r.number(`SELECT count(*) FROM requests`); n != acknowledged {
		r.Errorf("%d requests, %d were acknowledged", n, acknowledged)
	}
	r.examineMails()
	if !strings.HasPrefix(r.database, "sqlite") {
		return
	}
	var word string
	if err := r.row(`PRAGMA integrity_check`).Scan(&word); err != nil || word != "ok" {
		r.Errorf("integrity_check: %s %v", word, err)
	}
}

// examineMails holds every mail that is noted as sent against those that came.
func (r *ruin) examineMails() {
	db := r.open()
	defer db.Close()
	rows, err := db.Query(`SELECT message_id FROM mails WHERE state = 'sent'`)
	if err != nil {
		r.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			r.Fatal(err)
		}
		if !r.sink.has(id) {
			r.Errorf("%s is noted as sent and never came", id)
		}
	}
	if err := rows.Err(); err != nil {
		r.Fatal(err)
	}
}

// open opens the records beside the program.
func (p *program) open() *sql.DB {
	p.Helper()
	driver, dsn := "pgx", p.database
	if path, ok := strings.CutPrefix(p.database, "sqlite://"); ok {
		driver, dsn = "sqlite", "file:"+path+"?_pragma=busy_timeout(10000)"
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		p.Fatal(err)
	}
	return db
}

// lookup is one row of the records.
type lookup struct {
	p     *program
	query string
	args  []any
}

func (p *program) row(query string, args ...any) lookup {
	if !strings.HasPrefix(p.database, "sqlite") {
		query = strings.Replace(query, "?", "$1", 1)
	}
	return lookup{p, query, args}
}

// Scan reads it on a connection of its own.
func (l lookup) Scan(into ...any) error {
	db := l.p.open()
	defer db.Close()
	return db.QueryRow(l.query, l.args...).Scan(into...)
}

func (p *program) number(query string) (n int) {
	p.Helper()
	if err := p.row(query).Scan(&n); err != nil {
		p.Fatalf("%v in %s", err, query)
	}
	return n
}

func (p *program) exec(query string) {
	p.Helper()
	db := p.open()
	defer db.Close()
	if _, err := db.Exec(query); err != nil {
		p.Fatal(err)
	}
}
