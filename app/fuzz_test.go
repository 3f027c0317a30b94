package main_test

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"formwandel/models/modelstest"
)

// executions are what each parser gets in the whole suite.
const (
	executions = 1_000_000
	guided     = 30_000 // before that, led by what of the code they reach
)

// fuzzTarget is a parser that is fed with chance.
type fuzzTarget struct{ dir, name string }

func (f fuzzTarget) String() string { return strings.TrimPrefix(f.dir, "../") + " " + f.name }

var (
	fuzzNamed = regexp.MustCompile(`(?m)^func (Fuzz\w+)\(`)
	fuzzCount = regexp.MustCompile(`execs: (\d+)`)
)

// fuzzTargets are all that there are.
func fuzzTargets(t *testing.T) []fuzzTarget {
	t.Helper()
	var out []fuzzTarget
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || len(d.Name()) > 2 && d.Name()[0] == '.') {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(path)
		for _, m := range fuzzNamed.FindAllStringSubmatch(string(text), -1) {
			out = append(out, fuzzTarget{filepath.Dir(path), m[1]})
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(out, func(a, b fuzzTarget) int { return strings.Compare(a.String(), b.String()) })
	return out
}

// TestParsersHoldAMillion: each parser reads a million inputs of chance and neither fails nor hangs (S26). Where
// no database is linked, inputs that reach new code are looked for first; all of them, and those that `make fuzz`
// has found, are then varied by a program without that instrument, which is ten times as fast. In `make test` each gets a tenth, varied from the seeds alone.
func TestParsersHoldAMillion(t *testing.T) {
	targets := fuzzTargets(t)
	if len(targets) < 14 {
		t.Fatalf("only %v", targets)
	}
	whole, most := modelstest.Share(10) == 10, modelstest.Share(executions)
	cache := strings.TrimSpace(goTool(t, "..", "env", "GOCACHE"))
	programs, all, said := map[string]string{}, 0, []string{}
	for i, f := range targets {
		if programs[f.dir] == "" {
			programs[f.dir] = filepath.Join(t.TempDir(), fmt.Sprintf("fuzz%d.test", i))
			goTool(t, f.dir, "test", "-c", "-o", programs[f.dir], ".")
		}
		led := 0
		if whole && !strings.Contains(goTool(t, f.dir, "list", "-deps", "-test", "."), "modernc.org/sqlite") {
			led = fuzzed(t, f, goTool(t, f.dir, "test", ".", "-run", "^$", "-fuzz", "^"+f.name+"$", "-fuzztime", fmt.Sprint(guided, "x"), "-fuzzminimizetime", "1x"))
		}
		path := strings.TrimSpace(goTool(t, f.dir, "list", "."))
		cmd := exec.CommandContext(t.Context(), programs[f.dir], "-test.run", "^$", "-test.fuzz", "^"+f.name+"$", "-test.fuzztime", fmt.Sprint(most, "x"), "-test.fuzzminimizetime", "1x",
			"-test.fuzzcachedir", filepath.Join(cache, "fuzz", filepath.FromSlash(path)))
		cmd.Dir = f.dir
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v: %s", f, err, out)
			continue
		}
		n := fuzzed(t, f, string(out))
		if n < most {
			t.Errorf("%s: only %d executions: %s", f, n, out)
		}
		all += n + led
		said = append(said, fmt.Sprintf("%s %d", f, n+led))
		t.Log(f, n, "and", led, "led by coverage")
	}
	modelstest.Score(t, "S26", fmt.Sprintf("inputs by chance for %d parsers, at least %d each, what comes out being read again", len(targets), most), all,
		"0 panics, none longer than 2 s: "+strings.Join(said, ", "))
}

// fuzzed is how many executions the engine reports.
func fuzzed(t *testing.T, f fuzzTarget, out string) int {
	t.Helper()
	found := fuzzCount.FindAllStringSubmatch(out, -1)
	if len(found) == 0 {
		t.Fatalf("%s: %s", f, out)
	}
	n, err := strconv.Atoi(found[len(found)-1][1])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func goTool(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %v in %s: %v: %s", args, dir, err, out)
	}
	return string(out)
}
