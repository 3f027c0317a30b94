package modelstest

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// Replicated is a PostgreSQL of a test's own with a synchronous standby: what is acknowledged is on both.
type Replicated struct {
	URL string // both hosts; whichever takes writes is asked

	t       testing.TB
	run     func(name string, args ...string) *exec.Cmd
	standby string // folder of its data
	ports   [2]int
	primary *exec.Cmd
}

// NewReplicated starts both.
func NewReplicated(t testing.TB) *Replicated {
	t.Helper()
	r := &Replicated{t: t}
	bin, err := binaries()
	if err != nil && os.Getenv("FORMWANDEL_TEST_POSTGRES") != "" {
		t.Skip("the server that was given has no standby, and there are no programs to start another: ", err)
	}
	r.must(err)
	dir, err := os.MkdirTemp("", fmt.Sprintf("%s%d-", clusterPrefix, os.Getpid())) //nolint:usetesting // the server runs as another user, who may not enter the test's own
	r.must(err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) }) // else the next test program does
	r.run, err = runner(bin, dir)
	r.must(err)
	for i := range r.ports {
		r.ports[i], err = freePort()
		r.must(err)
	}
	first := filepath.Join(dir, "first")
	r.standby = filepath.Join(dir, "second")
	r.finish(r.run("initdb", "-D", first, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"))
	r.primary = r.start(first, dir, r.ports[0])
	r.finish(r.run("pg_basebackup", "-h", "127.0.0.1", "-p", strconv.Itoa(r.ports[0]), "-U", "postgres", "-D", r.standby, "-R", "--checkpoint=fast", "--no-sync"))
	r.start(r.standby, dir, r.ports[1])
	for _, q := range []string{"CREATE ROLE formwandel LOGIN", "CREATE DATABASE formwandel OWNER formwandel", "ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()"} {
		r.exec(0, q)
	}
	r.eventually("the standby follows", func() bool {
		var state string
		err := r.open(0).QueryRow("SELECT coalesce(max(sync_state), '') FROM pg_stat_replication").Scan(&state)
		return err == nil && state == "sync"
	})
	r.URL = fmt.Sprintf("postgres://formwandel@127.0.0.1:%d,127.0.0.1:%d/formwandel?sslmode=disable&target_session_attrs=read-write", r.ports[0], r.ports[1])
	return r
}

// FailOver kills the primary, as a power cut would, and lets the standby take its place.
func (r *Replicated) FailOver() {
	r.t.Helper()
	r.must(r.primary.Process.Signal(syscall.SIGKILL))
	_ = r.primary.Wait() // it was killed
	r.finish(r.run("pg_ctl", "promote", "-D", r.standby, "-w"))
	r.exec(1, "ALTER SYSTEM SET synchronous_standby_names = ''") // nobody follows it
	r.exec(1, "SELECT pg_reload_conf()")
}

// start starts a server and waits until it answers; it ends with the test.
func (r *Replicated) start(data, sockets string, port int) *exec.Cmd {
	r.t.Helper()
	cmd := r.run("postgres", "-D", data, "-p", strconv.Itoa(port), "-k", sockets, "-c", "listen_addresses=127.0.0.1", "-c", "hot_standby=on", "-c", "fsync=off")
	dieWithParent(cmd)
	r.must(cmd.Start())
	r.t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGINT) // it may be gone already
		_ = cmd.Wait()
	})
	r.must(waitFor(port))
	return cmd
}

func (r *Replicated) open(which int) *sql.DB {
	r.t.Helper()
	db, err := sql.Open("pgx", fmt.Sprintf("postgres://postgres@127.0.0.1:%d/postgres?sslmode=disable", r.ports[which]))
	r.must(err)
	r.t.Cleanup(func() { _ = db.Close() }) // nothing is lost with it
	return db
}

func (r *Replicated) exec(which int, query string) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), time.Minute)
	defer cancel()
	_, err := r.open(which).ExecContext(ctx, query)
	r.must(err)
}

// finish runs a program to its end.
func (r *Replicated) finish(cmd *exec.Cmd) {
	r.t.Helper()
	if out, err := cmd.CombinedOutput(); err != nil {
		r.t.Fatalf("%v: %v\n%s", cmd.Args, err, out)
	}
}

func (r *Replicated) eventually(what string, so func() bool) {
	r.t.Helper()
	for range 600 {
		if so() {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	r.t.Fatal("not so after a minute: ", what)
}

func (r *Replicated) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}
