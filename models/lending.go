package models

import (
	"context"
	"sync"
)

// lending has the documents that somebody is reading right now, each once: a document can be ten megabytes, a mail about it
// sends several people to it at the same moment, and until it is read from the database it takes three times its size.
// Their contents never change: what they are known by is their hash.
type lending struct {
	one  chan struct{} // who reads from the database: one at a time
	mu   sync.Mutex
	lent map[string]*lent // by hash
}

// lent is a document out on loan.
type lent struct {
	content []byte
	loans   int
}

// Loan is a document's content for as long as it is needed; who has it gives it back.
type Loan struct {
	Content []byte
	back    func()
}

// Return gives the content back. Whoever asks after the last one did has it read anew.
func (l *Loan) Return() { l.back() }

func newLending() *lending {
	return &lending{one: make(chan struct{}, 1), lent: map[string]*lent{}}
}

// lend lends what has this hash: what another reader has already, or else what read gets.
func (l *lending) lend(ctx context.Context, hash string, read func() ([]byte, error)) (*Loan, error) {
	if loan := l.another(hash); loan != nil {
		return loan, nil
	}
	select {
	case l.one <- struct{}{}:
		defer func() { <-l.one }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if loan := l.another(hash); loan != nil { // read meanwhile
		return loan, nil
	}
	content, err := read()
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lent[hash] = &lent{content: content}
	return l.loan(hash), nil
}

// another lends what somebody has on loan; nil if nobody has.
func (l *lending) another(hash string) *Loan {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.loan(hash)
}

func (l *lending) loan(hash string) *Loan {
	d := l.lent[hash]
	if d == nil {
		return nil
	}
	d.loans++
	return &Loan{d.content, sync.OnceFunc(func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if d.loans--; d.loans == 0 {
			delete(l.lent, hash)
		}
	})}
}
