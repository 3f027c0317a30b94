package main_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"formwandel/models/modelstest"
)

// built is the real binary, built once for the tests of its commands and settings.
var built string

func TestMain(m *testing.M) {
	if order := os.Getenv(floodOrder); order != "" {
		os.Exit(asOrdered(order, flood.run))
	}
	if order := os.Getenv(greedOrder); order != "" {
		os.Exit(asOrdered(order, greed.run))
	}
	os.Exit(modelstest.ScoreLogs("all tests of app", withBinary(m.Run)))
}

func withBinary(run func() int) int {
	dir, err := os.MkdirTemp("", "formwandel-bin-")
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	built = filepath.Join(dir, "formwandel")
	if out, err := exec.Command("go", "build", "-o", built, ".").CombinedOutput(); err != nil {
		fmt.Printf("go build: %v\n%s", err, out)
		return 1
	}
	return run()
}

// outcome is what a command came to.
type outcome struct {
	*program
	what, out, err string
	code           int
}

// command runs a command to its end with settings of its own, whatever comes of it.
func (p *program) command(settings []string, args ...string) *outcome {
	p.Helper()
	cmd := exec.Command(p.bin, args...)
	cmd.Env, cmd.Dir = p.env(settings...), p.dir
	var out, err bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &err
	o := &outcome{program: p, what: strings.Join(append(settings, args...), " ")}
	var exit *exec.ExitError
	if e := cmd.Run(); e != nil && !errors.As(e, &exit) {
		p.Fatal(e)
	}
	o.out, o.err, o.code = out.String(), err.String(), cmd.ProcessState.ExitCode()
	return o
}

// empty is an installation in which nothing has been done yet.
func empty(t testing.TB, database string) *program {
	t.Helper()
	dir := t.TempDir()
	if database == "" {
		database = "sqlite://" + filepath.Join(dir, "formwandel.db")
	}
	return &program{TB: t, bin: built, dir: dir, database: database}
}

// ok asserts that a command did what it was asked and complained about nothing.
func (o *outcome) ok() *outcome {
	o.Helper()
	if o.code != 0 || o.err != "" {
		o.Fatalf("%s: exit %d\n%s%s", o.what, o.code, o.out, o.err)
	}
	return o
}

// refused asserts an exit status and one line for the operator that says what is wrong.
func (o *outcome) refused(code int, says string) {
	o.Helper()
	if o.code != code || o.out != "" {
		o.Errorf("%s: exit %d, want %d: %s%s", o.what, o.code, code, o.out, o.err)
	}
	if !strings.HasPrefix(o.err, "formwandel: ") || strings.Count(o.err, "\n") != 1 || !strings.HasSuffix(o.err, "\n") || !strings.Contains(o.err, says) {
		o.Errorf("%s: want one line with %q, got %q", o.what, says, o.err)
	}
}
