package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The documents on safety name the files and tests in which a thing is held.
// These tests keep them from going stale: what is named exists.

var (
	ticked   = regexp.MustCompile("`([^`\n]+)`")
	testName = regexp.MustCompile(`^(?:Test|Fuzz|Benchmark)[A-Z]\w*$`)
	filePath = regexp.MustCompile(`^(?:app|handlers|models|mailer|templates|e2e|bench|docs|\.ci)/[\w./-]*$|^(?:Makefile|Dockerfile|docker-compose\.yml|\.golangci\.yml|SECURITY\.md|README\.md)$`)
	linkTo   = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	declared = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)\w+)\(`)
	headings = regexp.MustCompile(`(?m)^#+ +(.+)$`)
)

// TestPapersNameWhatExists: every file, test and heading that a document on safety names is there.
func TestPapersNameWhatExists(t *testing.T) {
	tests, named := testsOf(t), 0
	for _, paper := range papers(t) {
		text := paperText(t, paper)
		for _, m := range ticked.FindAllStringSubmatch(text, -1) {
			switch name := m[1]; {
			case testName.MatchString(name):
				if named++; !tests[name] {
					t.Errorf("%s names the test %s, which does not exist", paper, name)
				}
			case filePath.MatchString(name):
				if _, err := os.Stat(filepath.Join("..", name)); err != nil {
					t.Errorf("%s names the file %s: %v", paper, name, err)
				}
			}
		}
		for _, m := range linkTo.FindAllStringSubmatch(text, -1) {
			followed(t, paper, m[1])
		}
	}
	if named < 100 {
		t.Errorf("only %d tests are named: does this test still look at the right place?", named)
	}
}

// followed holds a link against the files, and its end against the headings there.
func followed(t *testing.T, paper, link string) {
	t.Helper()
	if strings.Contains(link, "://") || strings.HasPrefix(link, "mailto:") {
		return
	}
	file, part, _ := strings.Cut(link, "#")
	target := filepath.Join("..", paper)
	if file != "" {
		target = filepath.Join(filepath.Dir(target), file)
	}
	text, err := os.ReadFile(target)
	if err != nil {
		t.Errorf("%s leads to %s: %v", paper, link, err)
		return
	}
	if part == "" {
		return
	}
	for _, h := range headings.FindAllStringSubmatch(string(text), -1) {
		if anchor(h[1]) == part {
			return
		}
	}
	t.Errorf("%s leads to %s, but there is no such heading", paper, link)
}

// anchor is the name under which a heading can be reached.
func anchor(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r > 127:
			return r
		}
		return -1
	}, strings.ToLower(strings.TrimSpace(heading)))
}

// asvsRow is a line of the checklist: number, level, what is asked, state, where.
var asvsRow = regexp.MustCompile(`^\| (\d+)\.(\d+)\.(\d+) \| ([12]) \| ([^|]+) \| (met|not met|not applicable|in preparation) \| ([^|]+) \|$`)

// asvsPerChapter is how many requirements of levels 1 and 2 each of the 17 chapters of version 5.0.0 has.
var asvsPerChapter = []int{27, 11, 19, 10, 9, 35, 18, 7, 7, 29, 14, 9, 13, 9, 13, 16, 7}

// TestASVSIsWhole: each requirement of the levels 1 and 2 stands in the checklist once, what is met says where,
// and the sums above it are those of the table.
func TestASVSIsWhole(t *testing.T) {
	text := paperText(t, "docs/security/asvs.md")
	chapters, states, last := make([]int, len(asvsPerChapter)), map[string]int{}, []int{0, 0, 0}
	for line := range strings.SplitSeq(text, "\n") {
		m := asvsRow.FindStringSubmatch(line)
		if m == nil {
			if regexp.MustCompile(`^\| \d+\.\d+\.\d+ `).MatchString(line) {
				t.Errorf("this line is no row of the checklist: %s", line)
			}
			continue
		}
		id := make([]int, 3)
		for i := range id {
			if _, err := fmt.Sscan(m[i+1], &id[i]); err != nil {
				t.Fatal(err)
			}
		}
		if slices.Compare(last, id) >= 0 {
			t.Errorf("%v stands behind %v", id, last)
		}
		last = id
		chapters[id[0]-1]++
		states[m[6]]++
		if m[6] == "met" && !strings.Contains(m[7], "`") && !strings.Contains(m[7], "](") && !strings.HasPrefix(m[7], "as ") {
			t.Errorf("%v is met, but nobody says where: %s", id, m[7])
		}
	}
	if !slices.Equal(chapters, asvsPerChapter) {
		t.Errorf("requirements per chapter: %v, want %v", chapters, asvsPerChapter)
	}
	for _, state := range []string{"met", "not met", "not applicable"} {
		if sum := fmt.Sprintf("| %s | %d |", state, states[state]); !strings.Contains(text, sum) {
			t.Errorf("the sums do not say %q", sum)
		}
	}
}

// TestEveryThreatHasItsControl: T1 to T37 stand in the threat model once, each with a test or the reason why there is none.
func TestEveryThreatHasItsControl(t *testing.T) {
	text := paperText(t, "docs/security/threat-model.md")
	for n := 1; n <= 37; n++ {
		rows := regexp.MustCompile(fmt.Sprintf(`(?m)^\| T%d \|.*$`, n)).FindAllString(text, -1)
		if len(rows) != 1 {
			t.Errorf("T%d stands there %d times", n, len(rows))
			continue
		}
		if !strings.Contains(rows[0], "`Test") && !strings.Contains(rows[0], "no test") {
			t.Errorf("T%d names no test, nor why there is none", n)
		}
	}
}

// codeSays are the lines of the table of codes in the program.
var codeSays = regexp.MustCompile(`(?m)^\t(\w+) +SecurityCode = "(\w+)"`)

// TestAlarmsCanSound: every code that operators are told to listen for is one that the program writes.
func TestAlarmsCanSound(t *testing.T) {
	table, err := os.ReadFile("../models/security.go")
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]string{}
	for _, m := range codeSays.FindAllStringSubmatch(string(table), -1) {
		names[m[2]] = m[1]
	}
	written := map[string]bool{}
	for _, room := range []string{"app", "handlers", "models"} {
		err := filepath.WalkDir(filepath.Join("..", room), func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || slices.Contains([]string{"security.go", "securitylog.go"}, filepath.Base(path)) {
				return err
			}
			raw, err := os.ReadFile(path)
			for code, name := range names {
				written[code] = written[code] || regexp.MustCompile(`\b`+name+`\b`).Match(raw)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	_, alarms, _ := strings.Cut(paperText(t, "docs/security/hardening.md"), "| code | alarm when |")
	alarms, _, _ = strings.Cut(alarms, "\n\n")
	heard := 0
	for line := range strings.SplitSeq(alarms, "\n") {
		codes, _, _ := strings.Cut(strings.TrimPrefix(line, "|"), "|")
		for _, m := range ticked.FindAllStringSubmatch(codes, -1) {
			if heard++; !written[m[1]] {
				t.Errorf("operators are to listen for %s, which nobody writes", m[1])
			}
		}
	}
	if heard < 10 {
		t.Errorf("only %d codes are listened for", heard)
	}
}

// papers are the documents on safety.
func papers(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob("../docs/security/*.md")
	if err != nil || len(found) < 4 {
		t.Fatalf("papers: %v, %v", found, err)
	}
	out := []string{"SECURITY.md"}
	for _, f := range found {
		out = append(out, strings.TrimPrefix(filepath.ToSlash(f), "../"))
	}
	return out
}

func paperText(t *testing.T, paper string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", paper))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// testsOf are the names of all tests in our rooms.
func testsOf(t *testing.T) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	for _, room := range []string{"app", "handlers", "models", "mailer", "templates", "e2e", "bench"} {
		err := filepath.WalkDir(filepath.Join("..", room), func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			raw, err := os.ReadFile(path)
			for _, m := range declared.FindAllSubmatch(raw, -1) {
				out[string(m[1])] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(out) < 300 {
		t.Fatalf("only %d tests found", len(out))
	}
	return out
}
