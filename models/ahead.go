package models

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"maps"
	"sync"
	"time"
)

// SQLite has one writer, and half of what applying takes is reading and
// deciding. So while a portion is written, the next one, which belongs to other
// municipalities, is read and decided on beside it, on a reading connection at
// one moment. Portions are small, so that little is kept in memory; a transaction
// takes as many as fill a chunk, so that what all of them change in the same pages is
// written once. What is written is written in the order of the portions, and
// only if nothing it was decided on has moved since: every act writes an event,
// so it has moved the chain of its municipality; and what else decides is in
// the catalogue, which counts its changes.

// portion is how many due requests are decided on at once, more only where one municipality has more.
const portion = 250

// portionsAhead is how many of them may wait to be written.
const portionsAhead = 1

// aheadWait is how long a transaction waits for the next portion before it ends with what it has: whom it
// waits for may be waiting for the writer.
const aheadWait = 100 * time.Millisecond

// decided is a portion that has been read and decided on, not written yet.
type decided struct {
	some      []string // municipalities
	steps     int
	catalogue string           // its number when it was read
	ends      map[string]int64 // where their chains ended
	tx        *tx              // what is to be written
	err       error
}

var (
	errReadsOwn = errors.New("it reads what it has queued itself") // a way back after an application in the same chunk
	errMoved    = errors.New("what it was decided on has moved")
)

// settleEvery is after how many transactions the log is carried into the database
// with nobody reading: else it would grow as long as somebody always does. The
// commits leave it alone meanwhile: most of what one would carry over changes again in the next.
const settleEvery = 4

// knockAhead takes portions of what is due one after the other, and decides on
// the next while one is written. A portion that can't be decided on ahead, or on
// which something has moved since, is read and decided on anew by the writer.
func (s *Store) knockAhead(ctx context.Context, portions [][]string) (took int, err error) {
	if _, err := s.pool.ExecContext(ctx, `PRAGMA wal_autocheckpoint = 0`); err != nil {
		return 0, err
	}
	defer func() {
		_, again := s.pool.ExecContext(context.WithoutCancel(ctx), `PRAGMA wal_autocheckpoint = `+logPages)
		err = errors.Join(err, again)
	}()
	var troubles []error
	a := s.ahead(ctx, portions)
	for n, d := 1, <-a.next; d != nil; n, d = n+1, <-a.next {
		k, err := s.writeChunk(ctx, a, d)
		took += k
		troubles = append(troubles, err)
		if n%settleEvery == 0 {
			troubles = append(troubles, s.settleLog(ctx, a))
		}
	}
	return took, errors.Join(troubles...)
}

// settleLog carries the log into the database while nobody reads to decide.
func (s *Store) settleLog(ctx context.Context, a *ahead) error {
	a.reading.Lock()
	defer a.reading.Unlock()
	_, err := s.pool.ExecContext(ctx, `PRAGMA wal_checkpoint(PASSIVE)`)
	return err
}

// ahead decides on portions of what is due while others are written.
type ahead struct {
	next    chan *decided // in their order; closed behind the last one
	reading sync.Mutex    // held while one is being decided on
}

// ahead begins with the first portion, and goes on as long as few wait to be written. Who asks for it takes all.
func (s *Store) ahead(ctx context.Context, portions [][]string) *ahead {
	a := &ahead{next: make(chan *decided, portionsAhead)}
	go func() {
		defer close(a.next)
		for _, some := range portions {
			a.reading.Lock()
			d := s.decide(ctx, some)
			a.reading.Unlock()
			a.next <- d
		}
	}()
	return a
}

// soon is the next portion if there is one and it comes before long, else nil.
func (a *ahead) soon() *decided {
	select {
	case d := <-a.next:
		return d
	case <-time.After(aheadWait):
		return nil
	}
}

// writeChunk writes down a portion and those behind it until they fill a chunk, in one transaction.
// If that fails, all of them, and one that could not be decided on ahead, are decided on by the writer.
func (s *Store) writeChunk(ctx context.Context, a *ahead, d *decided) (took int, err error) {
	var written, again [][]string
	if d.err == nil {
		err := s.write(ctx, clockUser, func(t *tx) error {
			for d != nil && d.err == nil {
				took, written = took+d.steps, append(written, d.some)
				if err := t.adopt(d); err != nil {
					d = nil
					return err
				}
				if d = nil; took < chunk {
					d = a.soon()
				}
			}
			return t.keepNumbers(2 * t.numbered) // for the transaction that is decided on meanwhile, and the one after it
		})
		if err != nil {
			took, again = 0, written
		}
	}
	if d != nil {
		again = append(again, d.some)
	}
	var troubles []error
	for _, some := range again {
		n, err := s.knockTogether(ctx, some)
		took += n
		troubles = append(troubles, err)
	}
	return took, errors.Join(troubles...)
}

// decide reads a portion at one moment and takes its steps, all but writing them down.
func (s *Store) decide(ctx context.Context, some []string) *decided {
	d := &decided{some: some, ends: map[string]int64{}}
	ctx = as(ctx, clockUser)
	var stx *sql.Tx
	if stx, d.err = s.readers.BeginTx(ctx, nil); d.err != nil {
		return d
	}
	defer stx.Rollback() //nolint:errcheck // it has only read
	d.tx = s.beginning(ctx, clockUser, s.reader, stx)
	d.tx.ahead, d.tx.now = true, s.shift(s.now())
	if d.catalogue, d.err = d.tx.catalogueNumber(); d.err != nil {
		return d
	}
	d.steps, d.err = d.tx.takeEach(some)
	for _, c := range d.tx.chains {
		d.ends[c.ags] = c.oldSeq
	}
	d.tx.gather()
	d.err = cmp.Or(d.err, d.tx.late, d.tx.prepare())
	return d
}

// prepare makes what is queued ready for the driver, so that the writer, for whom all wait, need not.
func (t *tx) prepare() error {
	for _, w := range t.queue {
		for i, a := range w.args {
			v, err := plain(a)
			if err != nil {
				return err
			}
			if at, ok := v.(time.Time); ok {
				v = at.UTC().Format(sqliteTime)
			}
			w.args[i] = v
		}
	}
	return nil
}

// adopt writes a portion down, if everything is still as it was decided on.
func (t *tx) adopt(d *decided) error {
	if number, err := t.catalogueNumber(); err != nil || number != d.catalogue {
		return cmp.Or(err, errMoved)
	}
	for ags, end := range d.ends {
		if err := t.enter(ags); err != nil || t.chain.seq != end {
			return cmp.Or(err, errMoved)
		}
	}
	t.queue, t.seen, t.after = append(t.queue, d.tx.queue...), append(t.seen, d.tx.seen...), append(t.after, d.tx.after...)
	maps.Copy(t.changed, d.tx.changed)
	t.mails, t.due, t.numbered = t.mails || d.tx.mails, t.due || d.tx.due, t.numbered+d.tx.numbered
	for table, moved := range d.tx.moves {
		t.movesOf(table).add(*moved)
	}
	return t.flush()
}

// catalogueNumber rises with every change of municipalities, forms, questionnaires and people.
func (t *tx) catalogueNumber() (string, error) {
	var number string
	err := t.db.Raw(`SELECT value FROM settings WHERE name = 'catalogue'`).Scan(&number).Error
	return number, err
}
