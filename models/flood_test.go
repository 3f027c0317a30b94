package models

import (
	"context"
	"runtime/debug"
	"strings"
	"testing"
	"time"
)

// TestFewPasswordsAtATime: who wants in while as many are being checked as may be waits, and is not refused but asked to come again.
// Strangers keep nobody waiting who is known: neither a browser that has signed in with the account nor somebody signed in.
func TestFewPasswordsAtATime(t *testing.T) {
	s, err := Open(Options{URL: "sqlite://" + t.TempDir() + "/x.db", Host: "formwandel.example"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }() // nothing is lost with it
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	u := User{Name: "Fachamt", Email: "fachamt@bautzen.example"}
	if err := s.db.Raw(`INSERT INTO users (email, name, created_at) VALUES (?, ?, ?) RETURNING id`, u.Email, u.Name, time.Now()).Row().Scan(&u.ID); err != nil {
		t.Fatal(err)
	}
	device, err := s.KnowDevice(t.Context(), u, "")
	if err != nil {
		t.Fatal(err)
	}
	lineOf := func(email, device string) Line {
		t.Helper()
		l, err := s.LineOf(t.Context(), email, device)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	try := func(l Line) error {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if len(l.hashing) < cap(l.hashing) {
			ctx = t.Context()
		}
		_, err := s.CheckPassword(ctx, l, "niemand@bautzen.example", "x")
		return err
	}
	for range cap(Strangers.hashing) {
		Strangers.hashing <- struct{}{}
	}
	for range cap(Strangers.inRow) {
		Strangers.inRow <- struct{}{}
	}
	for name, l := range map[string]Line{
		"another browser":                   lineOf("fachamt@bautzen.example", ""),
		"what no browser was given":         lineOf("fachamt@bautzen.example", strings.Repeat("0", 2*deviceBytes)),
		"a browser that knows someone else": lineOf("andere@bautzen.example", device),
	} {
		if l != Strangers || !IsKind(l.Room(), Busy) || !IsKind(try(l), Busy) {
			t.Errorf("%s: %v, %v", name, l.Room(), try(l))
		}
	}
	if l := lineOf(" Fachamt@Bautzen.example", device); l != Known || l.Room() != nil || !IsKind(try(l), Unauthorized) {
		t.Errorf("a browser that is known: %v, %v", l.Room(), try(l))
	}
	if _, err := newHash(t.Context(), u, "lang genug und selten"); err != nil {
		t.Errorf("a new password: %v", err)
	}
	for range cap(Strangers.inRow) {
		<-Strangers.inRow
	}
	if err := try(Strangers); !IsKind(err, Busy) {
		t.Errorf("one more: %v", err)
	}
	<-Strangers.hashing
	if err := try(Strangers); !IsKind(err, Unauthorized) {
		t.Errorf("when there is room: %v", err)
	}
	for range cap(Strangers.hashing) - 1 {
		<-Strangers.hashing
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
