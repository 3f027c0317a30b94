package models_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"formwandel/models"
)

// TestOneBadMarkHoldsUpNoOther: what the database refuses is refused to the one who asked for it, though all were to share a commit.
func TestOneBadMarkHoldsUpNoOther(t *testing.T) {
	look(t, func(b *behind) {
		first, release := held(b, "mark first")
		errs := make([]chan error, 5)
		for i := range errs {
			name := fmt.Sprint("mark ", i)
			if i == 2 {
				name = "catalogue" // there is one
			}
			errs[i] = make(chan error, 1)
			go func() { errs[i] <- b.s.Mark(ctx, put(name), func() {}) }()
		}
		b.queued(len(errs))
		release()
		b.must(<-first)
		for i, err := range errs {
			if err := <-err; (err != nil) != (i == 2) {
				b.Errorf("mark %d: %v", i, err)
			}
		}
		if n := b.number("SELECT count(*) FROM settings WHERE name LIKE 'mark %'"); n != 5 {
			b.Errorf("%d marks are written, want 5", n)
		}
	})
}

// TestWhoseTimeIsOverWaitsForNoMark, which is written all the same.
func TestWhoseTimeIsOverWaitsForNoMark(t *testing.T) {
	look(t, func(b *behind) {
		first, release := held(b, "mark first")
		short, stop := context.WithCancel(ctx)
		shorter, done := context.WithTimeout(ctx, 50*time.Millisecond)
		defer done()
		gone, late := make(chan error, 1), make(chan error, 1)
		go func() { gone <- b.s.Mark(short, put("mark second"), func() {}) }()
		b.queued(1)
		go func() { late <- b.s.Mark(shorter, put("mark fourth"), func() {}) }()
		b.queued(2)
		stop()
		for asked, right := range map[chan error]func(error) bool{
			gone: func(err error) bool { return errors.Is(err, context.Canceled) },
			late: func(err error) bool { return models.IsKind(err, models.Busy) }, // and is asked to try again
		} {
			select {
			case err := <-asked:
				if !right(err) {
					b.Errorf("whose time is over hears %v", err)
				}
			case <-time.After(20 * time.Second):
				b.Error("whose time is over waits")
			}
		}
		release()
		b.must(<-first)
		b.must(b.s.Mark(ctx, put("mark third"), func() {}))
		if n := b.number("SELECT count(*) FROM settings WHERE name LIKE 'mark %'"); n != 4 {
			b.Errorf("%d marks are written, want 4", n)
		}
	})
}

func put(name string) string {
	return "INSERT INTO settings (name, value) VALUES ('" + name + "', '1')"
}

// held is a mark whose transaction has begun and goes on once it is released.
func held(b *behind, name string) (done chan error, release func()) {
	b.Helper()
	begun, free := make(chan bool), make(chan bool)
	done = make(chan error, 1)
	go func() { done <- b.s.Mark(ctx, put(name), func() { begun <- true; <-free }) }()
	<-begun
	return done, func() { close(free) }
}

// queued waits until so many marks wait for their turn.
func (b *behind) queued(n int) {
	b.Helper()
	for end := time.Now().Add(20 * time.Second); b.s.Marking() < n; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			b.Fatalf("%d marks wait, want %d", b.s.Marking(), n)
		}
	}
}
