package models_test

import (
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// wait is how long a refused try has to wait, in seconds; "" if it was not refused.
func wait(t *testing.T, err error) string {
	t.Helper()
	var e *models.Error
	if err == nil {
		return ""
	}
	if !errors.As(err, &e) || e.Kind != models.Limited {
		t.Fatal(err)
	}
	seconds, _ := e.Args["seconds"].(string)
	return seconds
}

// TestBadTriesAreCounted: an address after twenty, an account after ten and then ever longer, each apart.
func TestBadTriesAreCounted(t *testing.T) {
	Each(t, func(t *testing.T, s *models.Store) {
		b := Stage(t, s)
		try := func(account, address, device string) string {
			t.Helper()
			return wait(t, s.Attempt(t.Context(), models.SignInAttempt, account, address, device))
		}
		for n := range 20 {
			if try(fmt.Sprintf("niemand%d@bautzen.example", n), "192.0.2.7", "") != "" {
				t.Fatal("refused too early", n)
			}
		}
		if w := try("jemand@bautzen.example", "192.0.2.7", ""); w != "300" && w != "299" {
			t.Errorf("after twenty bad tries: wait %q", w)
		}
		if try("jemand@bautzen.example", "192.0.2.8", "") != "" || wait(t, s.Attempt(t.Context(), models.SecondAttempt, "jemand@bautzen.example", "192.0.2.7", "")) != "" {
			t.Error("others are counted apart")
		}
		SetNow(t, s, Epoch.Add(6*time.Minute))
		if try("jemand@bautzen.example", "192.0.2.7", "") != "" {
			t.Error("the pause has no end")
		}

		device, err := s.KnowDevice(t.Context(), b.Clerk, "")
		if err != nil {
			t.Fatal(err)
		}
		for i, account := range []string{b.Clerk.Email, "unbekannt@bautzen.example"} {
			begin := Epoch.Add(time.Duration(2+2*i) * time.Hour)
			SetNow(t, s, begin)
			for n := 1; n <= 20; n++ { // each from another place
				if w := try(" "+account, fmt.Sprintf("2001:db8:%x::1", n), ""); w != "" {
					t.Fatalf("%s: try %d waits %s", account, n, w)
				}
				if want := map[int]string{10: "60", 15: "300", 20: "900"}[n]; want != "" {
					got, _ := strconv.Atoi(try(account, "2001:db8:ffff::1", ""))
					if most, _ := strconv.Atoi(want); got > most || got < most-3 {
						t.Errorf("%s: after %d bad tries wait %d, want %s", account, n, got, want)
					}
				}
				if n >= 10 {
					SetNow(t, s, begin.Add(time.Duration(n-9)*5*time.Minute+time.Duration(n)*time.Second))
				}
			}
			if account == b.Clerk.Email && try(account, "192.0.2.9", device) != "" {
				t.Error("the owner's browser is locked out")
			}
		}
	})
}

// TestGoodTriesAreNotCounted: a whole office behind one address signs in, and a browser that is known is counted for itself.
func TestGoodTriesAreNotCounted(t *testing.T) {
	Each(t, func(t *testing.T, s *models.Store) {
		b := Stage(t, s)
		ctx := t.Context()
		for n := range 60 {
			account := fmt.Sprintf("person%d@bautzen.example", n)
			if err := s.Attempt(ctx, models.SignInAttempt, account, "192.0.2.1", ""); err != nil {
				t.Fatal(n, err)
			}
			if err := s.AttemptPassed(ctx, models.SignInAttempt, account, "192.0.2.1", ""); err != nil {
				t.Fatal(err)
			}
		}
		mine, _ := s.KnowDevice(ctx, b.Clerk, "")
		again, err := s.KnowDevice(ctx, b.Approver, mine)
		if err != nil || again != mine {
			t.Fatal("one browser, two people:", err)
		}
		for range 10 {
			if err := s.Attempt(ctx, models.SignInAttempt, b.Clerk.Email, "192.0.2.1", mine); err != nil {
				t.Fatal(err)
			}
		}
		if w := wait(t, s.Attempt(ctx, models.SignInAttempt, b.Clerk.Email, "192.0.2.1", mine)); w != "60" && w != "59" {
			t.Errorf("a browser that is known guesses on: %q", w)
		}
		if err := s.Attempt(ctx, models.SignInAttempt, b.Approver.Email, "192.0.2.1", mine); err != nil {
			t.Error("another account of the same browser:", err)
		}
		if err := s.Attempt(ctx, models.SignInAttempt, b.Deputy.Email, "192.0.2.1", mine); err != nil {
			t.Error("and one from nowhere:", err)
		}
	})
}

// TestManyTriesAtOnce: none slips through between looking and counting.
func TestManyTriesAtOnce(t *testing.T) {
	Each(t, func(t *testing.T, s *models.Store) {
		var passed atomic.Int64
		var all sync.WaitGroup
		start := make(chan struct{})
		for n := range 100 {
			all.Go(func() {
				<-start
				err := s.Attempt(t.Context(), models.SignInAttempt, "eine@bautzen.example", fmt.Sprintf("192.0.2.%d", n), "")
				if err == nil {
					passed.Add(1)
				} else if !models.IsKind(err, models.Limited) {
					t.Error(err)
				}
			})
		}
		close(start)
		all.Wait()
		if passed.Load() != 10 {
			t.Errorf("%d of 100 tries at once were let through, want 10", passed.Load())
		}
	})
}

// TestAFloodOfTriesFillsNoDisk: the counts have a bounded number of drawers, and are thrown away.
func TestAFloodOfTriesFillsNoDisk(t *testing.T) {
	Each(t, func(t *testing.T, s *models.Store) {
		n := Share(5000)
		var all sync.WaitGroup
		for part := range 8 {
			all.Go(func() {
				for i := part; i < n; i += 8 {
					if err := s.Attempt(t.Context(), models.SignInAttempt, fmt.Sprintf("a%d@b.example", i), fmt.Sprintf("10.%d.%d.1", i/256, i%256), ""); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		all.Wait()
		_, reader := s.Pools()
		rows := func() (count, largest int64) {
			if err := reader.QueryRowContext(t.Context(), `SELECT count(*), coalesce(max(drawer), 0) FROM attempts`).Scan(&count, &largest); err != nil {
				t.Fatal(err)
			}
			return count, largest
		}
		count, largest := rows()
		if count == 0 || count > int64(2*n) || largest >= 4<<18 {
			t.Errorf("%d rows, the largest drawer is %d", count, largest)
		}
		SetNow(t, s, Epoch.Add(2*time.Hour))
		if err := s.Tidy(t.Context()); err != nil {
			t.Fatal(err)
		}
		if left, _ := rows(); left != 0 {
			t.Errorf("%d rows stay", left)
		}
		Score(t, "T13", "tries from as many addresses at as many accounts on "+s.Dialect(), n, fmt.Sprintf("%d rows, of at most %d; none after two hours", count, 3<<18))
	})
}
