// Command scorecard runs the abuse suite, the tests that report to the
// scorecard, with their whole figures, and writes what came of it into a document.
package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"formwandel/models/modelstest"
)

func main() {
	r := run{}
	flag.StringVar(&r.goTool, "go", "go", "the go command")
	flag.StringVar(&r.out, "out", "docs/abuse.md", "where the report goes")
	flag.StringVar(&r.date, "date", "", "the day, for the report")
	flag.StringVar(&r.machine, "machine", "", "what kind of machine this is, for the report")
	flag.StringVar(&r.seed, "seed", "1", "where chance begins")
	flag.StringVar(&r.only, "only", "", "a line of the scorecard, to try it alone; writes no report")
	flag.StringVar(&r.from, "from", "", "reports of an earlier run, to write the document from; runs nothing")
	flag.Parse()
	if err := r.do(); err != nil {
		log.Fatal(err)
	}
}

// run is one run of the suite.
type run struct {
	goTool, out, date, machine, seed, only, from string
}

func (r run) do() error {
	tests, err := find(".")
	if err != nil {
		return err
	}
	var failed error
	scores := r.from
	if scores == "" {
		dir, err := os.MkdirTemp("", "scores-")
		if err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(dir) }() // a temporary folder
		scores = filepath.Join(dir, "scores.jsonl")
		for _, p := range tests {
			failed = errors.Join(failed, r.test(p, scores))
		}
	}
	reports, err := read(scores)
	if err != nil || r.only != "" {
		return errors.Join(err, failed)
	}
	if err := os.WriteFile(r.out, document(r, tests, reports), 0o644); err != nil {
		return err
	}
	for _, one := range reports {
		if !one.Passed {
			return fmt.Errorf("%s did not pass: see %s", one.Test, r.out)
		}
	}
	if silent := silentIn(tests, reports); len(silent) > 0 {
		failed = errors.Join(failed, fmt.Errorf("no report from %s: see %s", strings.Join(silent, ", "), r.out))
	}
	return failed
}

// test runs a package's tests; what fails says so itself, and in its report if it comes that far.
func (r run) test(p suite, scores string) error {
	names := p.tests
	if r.only != "" {
		names = p.of[r.only]
	}
	if len(names) == 0 {
		return nil
	}
	args := []string{"test", "-count=1", "-timeout=120m", "-v", "-run", "^(" + strings.Join(names, "|") + ")$", "./" + p.dir}
	fmt.Println(r.goTool, strings.Join(args, " "))
	cmd := exec.Command(r.goTool, args...)
	cmd.Env = append(os.Environ(), "FORMWANDEL_TEST_ABUSE=1", "FORMWANDEL_TEST_SCORES="+scores, "FORMWANDEL_TEST_SEED="+r.seed)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w", p.dir, err)
	}
	return nil
}

// reported are reports by line, in the order in which they came.
type reported = []modelstest.Report
