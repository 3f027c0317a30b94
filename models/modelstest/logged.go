package modelstest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
)

// Whatever a test is about: what the program logs meanwhile is looked at, line by line (S48).

// secrets are what no log may have in it, whatever a run was about.
var secrets = map[string]*regexp.Regexp{
	"an API token":              regexp.MustCompile(`fw_[A-Za-z0-9_-]{16,}`),
	"an e-mail address":         regexp.MustCompile(`[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+\.[A-Za-z]{2,}`),
	"a session or its form key": regexp.MustCompile(`\b[0-9a-f]{48}\b`),
	"a link's secret":           regexp.MustCompile(`/zugang/[A-Za-z0-9_-]{43}`),
	"a password's hash":         regexp.MustCompile(`\$argon2`),
	"a private key":             regexp.MustCompile(`PRIVATE KEY`),
	"an IBAN":                   regexp.MustCompile(`\bDE\d{20}\b`),
}

// loggedLines is how many lines have been looked at in this process.
var loggedLines atomic.Int64

// Watched is a log whose every line is looked at; it keeps none.
func Watched(t testing.TB) *slog.Logger { return slog.New(slog.NewJSONHandler(lookout{t}, nil)) }

// lookout looks at what a JSON handler writes, an entry at a time.
type lookout struct{ t testing.TB }

// Write implements io.Writer.
func (l lookout) Write(entry []byte) (int, error) {
	looksAt(l.t, string(bytes.TrimSuffix(entry, []byte("\n"))))
	return len(entry), nil
}

// LooksThrough looks at what a program has logged, words that only this run knows included.
func LooksThrough(t testing.TB, log io.Reader, words ...string) {
	t.Helper()
	text, err := io.ReadAll(log)
	if err != nil {
		t.Error(err)
		return
	}
	for line := range strings.Lines(string(text)) {
		if entry, whole := strings.CutSuffix(line, "\n"); whole { // a killed program may leave half a line
			looksAt(t, entry, words...)
		}
	}
}

// looksAt asserts that an entry is one line of the form it should have, with no secret in it.
func looksAt(t testing.TB, line string, words ...string) {
	t.Helper()
	loggedLines.Add(1)
	if strings.HasPrefix(line, "{") && !json.Valid([]byte(line)) {
		t.Errorf("this is no line of the log: %q", line)
	}
	if strings.ContainsFunc(line, func(r rune) bool {
		return r < ' ' && r != '\t' || r == 0x7f || r == 0x85 || r == '\u2028' || r == '\u2029'
	}) {
		t.Errorf("this line of the log has control characters: %q", line)
	}
	for what, pattern := range secrets {
		if found := pattern.FindString(line); found != "" {
			t.Errorf("the log has %s, %q: %s", what, found, line)
		}
	}
	for _, w := range words {
		if w != "" && strings.Contains(line, w) {
			t.Errorf("the log has a secret of this run, %q: %s", w, line)
		}
	}
}

// ScoreLogs reports on the logs of all tests of a package, once they are over; it passes the tests' exit status on.
func ScoreLogs(tests string, status int) int {
	r := Report{Line: "S48", What: "lines that the program has logged in all tests of this run", Tried: int(loggedLines.Load()), Test: tests, Passed: status == 0,
		Result: fmt.Sprintf("each whole; none with any of %d kinds of secrets and personal data", len(secrets))}
	if r.Tried == 0 {
		return status
	}
	if err := r.keep(); err != nil {
		fmt.Println(err)
		return 1
	}
	return status
}
