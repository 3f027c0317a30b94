package handlers

import (
	"errors"
	"syscall"
	"testing"
)

// TestWhatTakesLongGivesWay: it comes back with its error, its panic is the caller's, no other thread is lowered by it, and a thread that has given way does so again.
func TestWhatTakesLongGivesWay(t *testing.T) {
	wrong := errors.New("wrong")
	before := priority(t)
	inside := 0
	lowered, err := givingWay(func() error { inside = priority(t); return wrong })
	if lowered != nil || !errors.Is(err, wrong) {
		t.Errorf("lowered: %v, %v", lowered, err)
	}
	if inside < lowliness || priority(t) != before {
		t.Errorf("nice %d, meanwhile %d, then %d", before, inside, priority(t))
	}
	defer func() {
		if thrown := recover(); thrown != "thrown" {
			t.Errorf("%v reached the caller", thrown)
		}
	}()
	_, _ = givingWay(func() error {
		if again := priority(t); again != inside {
			t.Errorf("nice %d, then %d", inside, again)
		}
		panic("thrown")
	})
}

// priority is the nice value of the thread that asks.
func priority(t *testing.T) int {
	t.Helper()
	raw, err := syscall.Getpriority(syscall.PRIO_PROCESS, 0)
	if err != nil {
		t.Error(err)
	}
	return 20 - raw
}
