package models

import (
	"context"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"time"
)

// Line is where somebody stands until their password is hashed. Whoever is
// known has one of their own, so that a crowd of strangers keeps nobody from
// signing in where they always do, nor from a step that asks for the password.
type Line struct {
	hashing chan struct{} // those who are being served; half of the processors, two at most
	inRow   chan struct{} // with those who wait: nobody waits without end
}

// The two lines. Between them no more than four passwords are hashed at the same time, with 19 MiB each.
var (
	Strangers = newLine() // a browser that has not signed in with the account before
	Known     = newLine() // one that has, and people who are signed in or hold a link that counts
)

func newLine() Line {
	return Line{make(chan struct{}, min(2, max(1, Processors()/2))), make(chan struct{}, 32)}
}

// Processors is how many processors the program may keep busy. Go's own number can be higher: then more threads are ready to run than
// can, and the kernel chooses among them (app/threads.go).
func Processors() int { return min(runtime.GOMAXPROCS(0), runtime.NumCPU()) }

// LineOf is the line of a browser that wants to sign in with an account.
func (s *Store) LineOf(ctx context.Context, email, device string) (Line, error) {
	known, err := s.knowsDevice(ctx, strings.ToLower(strings.TrimSpace(email)), device)
	if known {
		return Known, err
	}
	return Strangers, err
}

// Room refuses at once, before anything is counted or written, while too many stand in a line.
func (l Line) Room() error {
	if len(l.inRow) == cap(l.inRow) {
		return &Error{Kind: Busy, Code: "too_many_at_once"}
	}
	return nil
}

// serve runs what hashes a password when it is its turn; a line that is too long is refused at once.
func (l Line) serve(ctx context.Context, hash func() error) error {
	select {
	case l.inRow <- struct{}{}:
		defer func() { <-l.inRow }()
	default:
		return &Error{Kind: Busy, Code: "too_many_at_once"}
	}
	select {
	case l.hashing <- struct{}{}:
		defer l.rest()
		return hash()
	case <-ctx.Done():
		return &Error{Kind: Busy, Code: "too_many_at_once"}
	}
}

// A crowd is more in line than ever come on their own. While there is one, a
// place at hashing rests after each hash for about three times as long as one takes, and the collector lets more garbage
// lie: each hash leaves 19 MiB, and collecting after every other one would slow down everybody who is at work.
const (
	crowd        = 8
	crowdGarbage = 400 // GOGC, percent of what is in use
	crowdRest    = 105 * time.Millisecond
	crowdIsOver  = 5 * time.Second // after the last time that there was one
)

// rest gives a place at hashing free again; in a crowd not before it has rested.
func (l Line) rest() {
	if len(l.inRow) <= crowd {
		<-l.hashing
		return
	}
	garbage.lie()
	time.AfterFunc(crowdRest, func() { <-l.hashing })
}

// patience is how much garbage the collector lets lie.
type patience struct {
	mu    sync.Mutex
	usual int         // GOGC without a crowd
	over  *time.Timer // nil without a crowd
}

var garbage patience

// lie makes the collector wait for longer until the crowd is over.
func (p *patience) lie() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over != nil {
		p.over.Reset(crowdIsOver)
		return
	}
	if p.usual = debug.SetGCPercent(crowdGarbage); p.usual < 0 || p.usual > crowdGarbage {
		debug.SetGCPercent(p.usual) // the operator lets more lie
	}
	p.over = time.AfterFunc(crowdIsOver, p.end)
}

func (p *patience) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over != nil {
		debug.SetGCPercent(p.usual)
		p.over = nil
	}
}
