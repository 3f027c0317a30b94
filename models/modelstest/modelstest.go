// Package modelstest opens real databases for tests: SQLite files, and a
// throwaway PostgreSQL cluster that is started once per test program.
package modelstest

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"formwandel/models"
)

// Databases are the kinds that every store test runs on.
var Databases = []string{"sqlite", "postgres"}

// Each runs a test on every kind of database.
func Each(t *testing.T, test func(t *testing.T, s *models.Store)) {
	for _, kind := range Databases {
		t.Run(kind, func(t *testing.T) {
			test(t, Open(t, URL(t, kind)))
		})
	}
}

// URL makes an empty database of a kind.
func URL(t testing.TB, kind string) string {
	t.Helper()
	if kind == "sqlite" {
		return "sqlite://" + filepath.Join(t.TempDir(), "formwandel.db")
	}
	return newPostgres(t)
}

// Epoch is when tests begin, unless they say otherwise: a Monday morning in Berlin.
var Epoch = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

// Open opens and migrates a database; its clock starts at Epoch.
func Open(t testing.TB, url string) *models.Store {
	t.Helper()
	s, err := models.Open(models.Options{URL: url, Host: "formwandel.example", Team: "antragsmanagement@kisa.example"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := s.Migrate(context.Background()); err != nil {
		t.Fatal(err)
	}
	SetNow(t, s, Epoch)
	if err := s.EnsureSealKey(context.Background(), t.TempDir()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.EnsureFactorKey(context.Background(), Keys(t, url)); err != nil { // another program may have made the key in a folder of its own
		t.Fatal("the key for second factors", err)
	}
	return s
}

// Keys is the folder of an installation's keys, the same for every instance on one database.
func Keys(t testing.TB, url string) string {
	t.Helper()
	sum := sha256.Sum256([]byte(url))
	dir := filepath.Join(os.TempDir(), "formwandel-keys-"+hex.EncodeToString(sum[:8]))
	t.Cleanup(func() { _ = os.RemoveAll(dir) }) // nothing is lost with it
	return dir
}

// SetNow moves the clock that decides to an instant; it goes on from there.
func SetNow(t testing.TB, s *models.Store, at time.Time) {
	t.Helper()
	s.SetOffset(0)
	now, err := s.Now(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	s.SetOffset(at.Sub(now))
}

// cluster is the throwaway PostgreSQL of this test program.
var cluster struct {
	once sync.Once
	err  error
	port int
	n    atomic.Int64
}

// newPostgres makes an empty database in the cluster.
func newPostgres(t testing.TB) string {
	t.Helper()
	return inCluster(t, administrator(t))
}

// administrator is who may make databases on the server of this test program.
func administrator(t testing.TB) string {
	t.Helper()
	if url := os.Getenv("FORMWANDEL_TEST_POSTGRES"); url != "" {
		return url
	}
	cluster.once.Do(func() { cluster.port, cluster.err = startPostgres() })
	if cluster.err != nil {
		t.Fatalf("PostgreSQL: %v (Debian: apt-get install postgresql; `make test` does it)", cluster.err)
	}
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/postgres?sslmode=disable", cluster.port)
}

// inCluster makes a database that belongs to a plain role of its own, as the
// program is to be run: a superuser would go past row-level security.
func inCluster(t testing.TB, admin string) string {
	t.Helper()
	db, err := sql.Open("pgx", admin)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	name := fmt.Sprintf("test_%d_%d", os.Getpid(), cluster.n.Add(1))
	var super bool
	if err := db.QueryRow("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").Scan(&super); err != nil {
		t.Fatal(err)
	}
	url, todo := replaceDatabase(admin, name, ""), []string{"CREATE DATABASE " + name}
	if super {
		url = replaceDatabase(admin, name, name)
		todo = []string{"CREATE ROLE " + name + " LOGIN PASSWORD '" + name + "'", "CREATE DATABASE " + name + " OWNER " + name}
	}
	for _, q := range todo {
		if _, err := db.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { dropDatabase(admin, name) })
	return url
}

// Superuser is a database as a superuser sees it: past triggers, and past row-level security.
func Superuser(t testing.TB, url string) string {
	t.Helper()
	if !strings.HasPrefix(url, "postgres") {
		return url
	}
	return replaceDatabase(administrator(t), databaseOf(url), "")
}

func dropDatabase(admin, name string) {
	db, err := sql.Open("pgx", admin)
	if err != nil {
		return
	}
	defer db.Close()
	_, _ = db.Exec("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)") // the cluster goes with the test program
	_, _ = db.Exec("DROP ROLE IF EXISTS " + name)
}

// startPostgres starts a cluster of this program's own on a free port; it dies with its parent folder's owner.
func startPostgres() (int, error) {
	bin, err := binaries()
	if err != nil {
		return 0, err
	}
	removeOrphans()
	dir, err := os.MkdirTemp("", fmt.Sprintf("%s%d-", clusterPrefix, os.Getpid()))
	if err != nil {
		return 0, err
	}
	port, err := freePort()
	if err != nil {
		return 0, err
	}
	run, err := runner(bin, dir)
	if err != nil {
		return 0, err
	}
	data := filepath.Join(dir, "data")
	if out, err := run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync").CombinedOutput(); err != nil {
		return 0, fmt.Errorf("initdb: %w: %s", err, out)
	}
	cmd := run("postgres", "-D", data, "-p", strconv.Itoa(port), "-k", dir, "-c", "listen_addresses=127.0.0.1", "-c", "max_connections=200",
		"-c", "fsync="+env("FORMWANDEL_TEST_FSYNC", "off"))
	dieWithParent(cmd)
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	return port, waitFor(port)
}

// runner runs PostgreSQL's programs, as a user who may; a folder is given to that user.
func runner(bin, dir string) (func(name string, args ...string) *exec.Cmd, error) {
	if os.Getuid() != 0 {
		return func(name string, args ...string) *exec.Cmd { return exec.Command(filepath.Join(bin, name), args...) }, nil
	}
	return func(name string, args ...string) *exec.Cmd {
		return exec.Command("setpriv", append([]string{"--reuid=postgres", "--regid=postgres", "--clear-groups", "--pdeathsig=INT", filepath.Join(bin, name)}, args...)...)
	}, giveTo(dir, "postgres")
}

// clusterPrefix begins the name of a cluster's folder; the id of its test program follows.
const clusterPrefix = "formwandel-pg-"

// removeOrphans removes the clusters of test programs that have ended: nothing
// in a program runs after its last test, so the next one tidies up.
func removeOrphans() {
	found, _ := filepath.Glob(filepath.Join(os.TempDir(), clusterPrefix+"*")) // a fixed pattern has no error
	for _, dir := range found {
		var pid int
		if _, err := fmt.Sscanf(filepath.Base(dir), clusterPrefix+"%d-", &pid); err == nil && syscall.Kill(pid, 0) != nil {
			_ = os.RemoveAll(dir) // somebody else's, perhaps: then it stays
		}
	}
}

func waitFor(port int) error {
	db, err := sql.Open("pgx", fmt.Sprintf("postgres://postgres@127.0.0.1:%d/postgres?sslmode=disable", port))
	if err != nil {
		return err
	}
	defer db.Close()
	for range 200 {
		if err = db.Ping(); err == nil {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return err
}

func binaries() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres") // a fixed pattern has no error
	if len(found) == 0 {
		return "", fmt.Errorf("no server found under /usr/lib/postgresql")
	}
	return filepath.Dir(found[len(found)-1]), nil
}

func giveTo(dir, name string) error {
	u, err := user.Lookup(name)
	if err != nil {
		return err
	}
	uid, _ := strconv.Atoi(u.Uid) // numbers on Linux
	gid, _ := strconv.Atoi(u.Gid)
	return os.Chown(dir, uid, gid)
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

func env(name, otherwise string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return otherwise
}
