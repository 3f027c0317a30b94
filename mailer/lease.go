package mailer

import (
	"context"
	"slices"
	"sync"
)

// keepLease extends the lease in the background until stop is called.
func (b *batch) keepLease(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var beating sync.WaitGroup
	beating.Go(func() {
		for sleep(ctx, b.Lease/3) {
			b.extend(ctx)
		}
	})
	return func() { cancel(); beating.Wait() }
}

func (b *batch) extend(ctx context.Context) bool {
	ids := b.remaining()
	if len(ids) == 0 {
		return true
	}
	began := b.Now()
	db, done := atOutbox(ctx)
	defer done()
	if err := b.Outbox.ExtendLease(db, ids, b.token, b.Lease); err != nil {
		b.Log.Warn("lease of mails not extended", "mails", len(ids), "error", err)
		return false
	}
	b.mu.Lock()
	b.renewed = began
	b.mu.Unlock()
	return true
}

// stillOurs makes sure of a lease that has grown old, as after the process was
// stopped for a while: somebody else may have sent these mails meanwhile.
func (b *batch) stillOurs(ctx context.Context) bool {
	b.mu.Lock()
	age := b.Now().Sub(b.renewed)
	b.mu.Unlock()
	return age < b.Lease*3/4 || b.extend(ctx)
}

func (b *batch) remaining() []int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.open)
}

func (b *batch) forget(id int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.open = slices.DeleteFunc(b.open, func(o int64) bool { return o == id })
}

func (b *batch) forgetAll() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.open = nil
}

func (b *batch) release(ctx context.Context) {
	ids := b.remaining()
	if len(ids) == 0 {
		return
	}
	db, done := atOutbox(ctx)
	defer done()
	if err := b.Outbox.ReleaseMails(db, ids, b.token, b.away); err != nil {
		b.Log.Warn("mails not given back, their lease will run out", "mails", len(ids), "error", err)
	}
}
