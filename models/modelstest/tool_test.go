package modelstest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// hearing writes down how a test would have ended.
type hearing struct {
	testing.TB
	said string
}

func (h *hearing) Helper()                     {}
func (h *hearing) Skipf(say string, of ...any) { h.said += "skipped: " + fmt.Sprintf(say, of...) }
func (h *hearing) Fatalf(say string, of ...any) {
	h.said += "failed: " + fmt.Sprintf(say, of...)
	panic(h)
}

// TestMissingTools: where a tool is missing a test is skipped, but neither in CI nor in the whole suite.
func TestMissingTools(t *testing.T) {
	for _, c := range []struct{ ci, abuse, tool, said string }{
		{"", "", "sh", ""},
		{"true", "1", "sh", ""},
		{"", "", "no-such-tool", "skipped: no-such-tool is missing: apt-get install its-package"},
		{"true", "", "no-such-tool", "failed: no-such-tool is missing: apt-get install its-package"},
		{"", "1", "no-such-tool", "failed: no-such-tool is missing: apt-get install its-package"},
	} {
		t.Setenv("CI", c.ci)
		t.Setenv("FORMWANDEL_TEST_ABUSE", c.abuse)
		h := &hearing{TB: t}
		func() {
			defer func() { _ = recover() }() // a test that fails goes no further
			Tool(h, c.tool, "its-package")
		}()
		if h.said != c.said {
			t.Errorf("%+v: %q", c, h.said)
		}
	}
}

// TestSomeAreATenth: chance decides which, and the whole suite has all as they are.
func TestSomeAreATenth(t *testing.T) {
	all, seen := []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, map[int]bool{}
	t.Setenv("FORMWANDEL_TEST_ABUSE", "1")
	if got := Some(rand.New(rand.NewPCG(1, 0)), all); !slices.Equal(got, all) {
		t.Error(got)
	}
	t.Setenv("FORMWANDEL_TEST_ABUSE", "")
	for seed := range uint64(100) {
		got := Some(rand.New(rand.NewPCG(seed, 0)), all)
		if len(got) != 2 || got[0] == got[1] {
			t.Error(got)
		}
		for _, one := range got {
			seen[one] = true
		}
	}
	if len(seen) != len(all) || !slices.IsSorted(all) {
		t.Error("never tried:", seen, all)
	}
	if got := Some(rand.New(rand.NewPCG(1, 0)), []int{}); len(got) != 0 {
		t.Error(got)
	}
}
