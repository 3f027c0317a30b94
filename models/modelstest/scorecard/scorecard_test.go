package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestTestsAreFound(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"a/x_test.go":            "package a\nfunc TestOne(t *T) { Score(t, \"S24\", \"w\", 1, \"\") }\nfunc TestTwo(t *T) { t.Run(\"x\", func() { help(t) }) }\nfunc help(t *T) { modelstest.Score(t, \"S25\", \"w\", 1, \"\") }\nfunc TestNone(t *T) {}\nfunc TestThree(t *T) { t.Run(\"x\", s.passed) }\nfunc (s x) passed(t *T) { help(t) }\n",
		"a/y.go":                 "package a\nfunc TestNot(t *T) { Score(t, \"S1\", \"\", 1, \"\") }\n",
		"node_modules/b_test.go": "not Go",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := find(dir)
	if err != nil || len(got) != 1 || !slices.Equal(got[0].tests, []string{"TestOne", "TestThree", "TestTwo"}) || !slices.Equal(got[0].of["S25"], []string{"TestThree", "TestTwo"}) {
		t.Errorf("%+v, %v", got, err)
	}
	ours, err := find("../../..")
	if err != nil || !slices.ContainsFunc(ours, func(s suite) bool { return strings.HasSuffix(s.dir, "handlers") }) {
		t.Errorf("%d suites, %v", len(ours), err)
	}
}

func TestTheReportIsHonest(t *testing.T) {
	text := string(document(run{date: "2026-11-26", machine: "two processors", seed: "7"}, nil, reported{
		{Line: "S24", What: "bombs | more", Tried: 10, Result: "all 415", Test: "TestBombs", Passed: true},
		{Line: "S25", What: "slow ones", Tried: 5, Test: "TestSlow"}, {Line: "T24", What: "addresses", Tried: 1, Test: "TestCallers", Passed: true},
	}))
	for _, want := range []string{"| S24 | bombs \\| more | 10 | all 415 | `TestBombs` |", "| S25 | slow ones | 5 | **FAILED**", "| T24 |", "## Not covered", "| S45 |", "seed 7", "two processors"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "## No report") {
		t.Error("who is silent?")
	}
	text = string(document(run{}, []suite{{tests: []string{"TestBombs", "TestFallen", "TestMain"}}}, reported{{Line: "S24", Test: "TestBombs/sqlite", Passed: true}}))
	if !strings.Contains(text, "## No report\n\nThese tests ended before they could report, or were not run: `TestFallen`.") {
		t.Error("a test that fell is not named:", text)
	}
	if _, rest, _ := strings.Cut(text, "## Not covered"); strings.Contains(rest, "| S24 |") {
		t.Error("what was reported is called not covered")
	}
}
