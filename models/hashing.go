package models

import (
	"context"
	"runtime"
	"runtime/debug"
	"sync"
	"time"
)

// hashing lets half of the processors, two at most, hash passwords at the same time, so that a flood of
// sign-ins takes neither the memory nor the processors of everybody else; inRow
// bounds how many stand in line, so that nobody waits without end.
var (
	hashing = make(chan struct{}, min(2, max(1, runtime.GOMAXPROCS(0)/2)))
	inRow   = make(chan struct{}, 32)
)

// RoomInLine refuses at once, before anything is counted or written, while too many passwords wait to be hashed.
func RoomInLine() error {
	if len(inRow) == cap(inRow) {
		return &Error{Kind: Busy, Code: "too_many_at_once"}
	}
	return nil
}

// inLine runs what hashes a password when it is its turn; a line that is too long is refused at once.
func inLine(ctx context.Context, hash func() error) error {
	select {
	case inRow <- struct{}{}:
		defer func() { <-inRow }()
	default:
		return &Error{Kind: Busy, Code: "too_many_at_once"}
	}
	select {
	case hashing <- struct{}{}:
		defer rest()
		return hash()
	case <-ctx.Done():
		return &Error{Kind: Busy, Code: "too_many_at_once"}
	}
}

// A crowd is more in line than ever come on their own. While there is one, a
// place at hashing rests after each hash for about as long as one takes, and the collector lets more garbage lie:
// each hash leaves 19 MiB, and collecting after every other one would slow down everybody who is at work.
const (
	crowd        = 8
	crowdGarbage = 400 // GOGC, percent of what is in use
	crowdRest    = 35 * time.Millisecond
	crowdIsOver  = 5 * time.Second // after the last time that there was one
)

// rest gives a place at hashing free again; in a crowd not before it has rested.
func rest() {
	if len(inRow) <= crowd {
		<-hashing
		return
	}
	garbage.lie()
	time.AfterFunc(crowdRest, func() { <-hashing })
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
