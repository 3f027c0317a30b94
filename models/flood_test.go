package models

import (
	"context"
	"runtime/debug"
	"testing"
	"time"
)

// TestFewPasswordsAtATime: who wants in while as many are being checked as may be waits, and is not refused but asked to come again.
func TestFewPasswordsAtATime(t *testing.T) {
	s, err := Open(Options{URL: "sqlite://" + t.TempDir() + "/x.db", Host: "formwandel.example"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }() // nothing is lost with it
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range cap(hashing) {
		hashing <- struct{}{}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := s.CheckPassword(ctx, "niemand@bautzen.example", "x"); !IsKind(err, Busy) {
		t.Errorf("one more: %v", err)
	}
	<-hashing
	if _, err := s.CheckPassword(t.Context(), "niemand@bautzen.example", "x"); !IsKind(err, Unauthorized) {
		t.Errorf("when there is room: %v", err)
	}
	for range cap(hashing) - 1 {
		<-hashing
	}
}

// TestACrowdMayLeaveMore: while many want in, garbage is collected less often; afterwards as before, and never more often than the operator wants.
func TestACrowdMayLeaveMore(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	for usual, crowded := range map[int]int{100: crowdGarbage, crowdGarbage + 1: crowdGarbage + 1, -1: -1} {
		debug.SetGCPercent(usual)
		var p patience
		for range 2 {
			p.lie()
			if now := debug.SetGCPercent(crowded); now != crowded {
				t.Errorf("of %d %d in a crowd", usual, now)
			}
		}
		for range 2 {
			p.end()
			if now := debug.SetGCPercent(usual); now != usual {
				t.Errorf("of %d %d afterwards", usual, now)
			}
		}
	}
}
