package modelstest

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"testing"
	"time"
)

// The abuse suite is made of tests in every room. Each that stands for a line
// of the scorecard takes its figures from Share and reports by Score what it
// has tried: a tenth in `make test`, the whole in `make abuse`, which writes
// the reports into docs/abuse.md.

// Share is how many of n tries this run makes: all in the whole suite, else a tenth, at least one.
func Share(n int) int {
	if os.Getenv("FORMWANDEL_TEST_ABUSE") != "" {
		return n
	}
	return max(1, (n+9)/10)
}

// Some is what this run tries of all: everything in the whole suite, else a tenth by chance, at least one.
func Some[T any](chance *rand.Rand, all []T) []T {
	n := Share(len(all))
	if n >= len(all) {
		return all
	}
	some := slices.Clone(all)
	chance.Shuffle(len(some), func(i, k int) { some[i], some[k] = some[k], some[i] })
	return some[:n]
}

// Seed is where this run's chance begins: printed, and given again by FORMWANDEL_TEST_SEED.
func Seed(t testing.TB) int64 {
	t.Helper()
	seed := time.Now().UnixNano()
	if given := os.Getenv("FORMWANDEL_TEST_SEED"); given != "" {
		if _, err := fmt.Sscan(given, &seed); err != nil {
			t.Fatalf("FORMWANDEL_TEST_SEED=%q: %v", given, err)
		}
	}
	t.Logf("FORMWANDEL_TEST_SEED=%d", seed)
	return seed
}

// Report is what a test has tried for a line of the scorecard.
type Report struct {
	Line   string `json:"line"`   // S24
	What   string `json:"what"`   // what was tried, in words
	Tried  int    `json:"tried"`  // how often
	Result string `json:"result"` // what became of it, with figures
	Test   string `json:"test"`
	Passed bool   `json:"passed"`
}

var scores sync.Mutex

// keep appends the report to the file that the whole suite gathers.
func (r Report) keep() error {
	file := os.Getenv("FORMWANDEL_TEST_SCORES")
	if file == "" {
		return nil
	}
	scores.Lock()
	defer scores.Unlock()
	f, err := os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(json.NewEncoder(f).Encode(r), f.Close())
}

// Score reports what was tried for a line of the scorecard once the test is over; result may be empty when passing says all.
func Score(t testing.TB, line, what string, tried int, result string) {
	t.Helper()
	t.Cleanup(func() {
		t.Logf("%s: %d × %s: %s", line, tried, what, result)
		if err := (Report{Line: line, What: what, Tried: tried, Result: result, Test: t.Name(), Passed: !t.Failed()}).keep(); err != nil {
			t.Error(err)
		}
	})
}
