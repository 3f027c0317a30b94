package handlers

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"formwandel/models"
)

func TestTheGateLetsInSoMuch(t *testing.T) {
	g := newGate(6, 4)
	var in, most atomic.Int64
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			leave, err := g.enter(t.Context(), string(rune('a'+i%3)), int64(1+i%3))
			if err != nil {
				t.Error(err)
				return
			}
			now := in.Add(int64(1 + i%3))
			for was := most.Load(); now > was && !most.CompareAndSwap(was, now); was = most.Load() {
			}
			time.Sleep(time.Millisecond)
			in.Add(-int64(1 + i%3))
			leave()
		})
	}
	wg.Wait()
	if most.Load() > 6 || g.in != 0 || len(g.of) != 0 {
		t.Errorf("%d were in at once; %d and %v are left", most.Load(), g.in, g.of)
	}
}

func TestOnePersonLeavesRoomForOthers(t *testing.T) {
	g := newGate(10, 3)
	for range 3 {
		if _, err := g.enter(t.Context(), "a", 1); err != nil {
			t.Fatal(err)
		}
	}
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer stop()
	if _, err := g.enter(ctx, "a", 1); err == nil {
		t.Error("one person takes all the room")
	}
	if _, err := g.enter(t.Context(), "b", 99); err != nil {
		t.Errorf("somebody else: %v", err)
	}
}

// TestNobodyWaitsBehindAllOfAnother: who asks for fifty things at once is one of those who wait, not fifty.
func TestNobodyWaitsBehindAllOfAnother(t *testing.T) {
	g := newGate(1, 1)
	first, err := g.enter(t.Context(), "a", 1)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	var order []string
	waits := func(who string) {
		before := len(g.queue)
		wg.Go(func() {
			leave, err := g.enter(t.Context(), who, 1)
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			order = append(order, who)
			mu.Unlock()
			leave()
		})
		for until := time.Now().Add(10 * time.Second); time.Now().Before(until); time.Sleep(time.Millisecond) {
			g.mu.Lock()
			now := len(g.queue)
			g.mu.Unlock()
			if now > before {
				return
			}
		}
		t.Fatal("nobody waits")
	}
	for range 50 {
		waits("a")
	}
	waits("b")
	waits("c")
	first()
	wg.Wait()
	if len(order) != 52 || slices.Index(order, "b") > 2 || slices.Index(order, "c") > 3 {
		t.Errorf("the order was %v", order)
	}
}

// TestWhoGivesUpTakesNoPlace: whoever has waited in vain leaves the line as it was.
func TestWhoGivesUpTakesNoPlace(t *testing.T) {
	g := newGate(1, 1)
	leave, err := g.enter(t.Context(), "a", 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, who := range []string{"a", "b"} {
		ctx, stop := context.WithTimeout(t.Context(), 5*time.Millisecond)
		if _, err := g.enter(ctx, who, 1); !models.IsKind(err, models.Busy) {
			t.Errorf("%s: %v", who, err)
		}
		stop()
	}
	leave()
	if len(g.queue) != 0 || g.in != 0 || len(g.of) != 0 {
		t.Errorf("%d wait, %d are in, %v", len(g.queue), g.in, g.of)
	}
}

func TestPursesFillAgain(t *testing.T) {
	p, now := newPurses(5), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	spent := 0
	for p.spend("a", 1, now) == 0 {
		spent++
	}
	if spent != 5*savedUp {
		t.Errorf("%d calls at once", spent)
	}
	if wait := p.spend("a", 1, now); wait <= 0 || wait > 200*time.Millisecond {
		t.Errorf("wait %s", wait)
	}
	if p.spend("b", 1, now) != 0 || p.spend("a", 1, now.Add(time.Second)) != 0 {
		t.Error("somebody else, or later, pays for it")
	}
	if p.spend("a", 1, now.Add(-time.Hour)) != 0 {
		t.Error("a clock that goes back takes money")
	}
	for i := range 3 * mostPurses {
		p.spend(string(rune(i)), 1, now)
	}
	if len(p.of) > mostPurses {
		t.Errorf("%d purses", len(p.of))
	}
	if newPurses(0).spend("a", 1e9, now) != 0 {
		t.Error("no limit is a limit")
	}
}
