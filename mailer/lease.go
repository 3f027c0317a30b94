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

// extend keeps what is still to be sent. While it waited its turn at the outbox, one of them may have
// been noted: that is no other worker's doing, and the rest is asked for again.
func (b *batch) extend(ctx context.Context) bool {
	for ids := b.remaining(); len(ids) > 0; {
		began := b.Now()
		err := b.extendEach(ctx, ids)
		if err == nil {
			b.mu.Lock()
			b.renewed = began
			b.mu.Unlock()
			return true
		}
		left := b.remaining()
		if len(left) == len(ids) {
			b.Log.Warn("lease of mails not extended", "mails", len(ids), "error", err)
			return false
		}
		ids = left
	}
	return true
}

func (b *batch) extendEach(ctx context.Context, ids []int64) error {
	db, done := atOutbox(ctx)
	defer done()
	return b.Outbox.ExtendLease(db, ids, b.token, b.Lease)
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
