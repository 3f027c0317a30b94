package models

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"time"
)

// SQLite has one writer, and half of what applying a chunk takes is reading and
// deciding. So while a chunk is written, the next one, which belongs to other
// municipalities, is read and decided on beside it, on a reading connection at
// one moment. What is written is written in the order of the chunks, each in
// one transaction, and only if nothing it was decided on has moved since: every
// act writes an event, so it has moved the chain of its municipality; and what
// else decides is in the catalogue, which counts its changes.

// decided is a chunk that has been read and decided on, not written yet.
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

// settleEvery is after how many chunks the log is carried into the database
// with nobody reading: else it would grow as long as somebody always does. The
// commits leave it alone meanwhile: most of what one would carry over changes again in the next.
const settleEvery = 4

// knockAhead takes chunks of what is due one after the other, and decides on
// the next while one is written. A chunk that can't be decided on ahead, or on
// which something has moved since, is read and decided on anew by the writer.
func (s *Store) knockAhead(ctx context.Context, chunks [][]string) (took int, err error) {
	if _, err := s.pool.ExecContext(ctx, `PRAGMA wal_autocheckpoint = 0`); err != nil {
		return 0, err
	}
	defer func() {
		_, again := s.pool.ExecContext(context.WithoutCancel(ctx), `PRAGMA wal_autocheckpoint = `+logPages)
		err = errors.Join(err, again)
	}()
	var troubles []error
	next := s.deciding(ctx, chunks[0])
	for i := range chunks {
		d := <-next
		if i%settleEvery == settleEvery-1 {
			_, err := s.pool.ExecContext(ctx, `PRAGMA wal_checkpoint(PASSIVE)`)
			troubles = append(troubles, err)
		}
		if i+1 < len(chunks) {
			next = s.deciding(ctx, chunks[i+1])
		}
		n, err := d.steps, d.err
		if err == nil {
			err = s.writeDecided(ctx, d)
		}
		if err != nil {
			n, err = s.knockTogether(ctx, d.some)
		}
		took += n
		troubles = append(troubles, err)
	}
	return took, errors.Join(troubles...)
}

// deciding reads and decides on a chunk beside the writer.
func (s *Store) deciding(ctx context.Context, some []string) <-chan *decided {
	out := make(chan *decided, 1)
	go func() { out <- s.decide(ctx, some) }()
	return out
}

// decide reads a chunk at one moment and takes its steps, all but writing them down.
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

// writeDecided writes a chunk down, if everything is still as it was decided on.
func (s *Store) writeDecided(ctx context.Context, d *decided) error {
	return s.write(ctx, clockUser, func(t *tx) error {
		if number, err := t.catalogueNumber(); err != nil || number != d.catalogue {
			return cmp.Or(err, errMoved)
		}
		for ags, end := range d.ends {
			if err := t.enter(ags); err != nil || t.chain.seq != end {
				return cmp.Or(err, errMoved)
			}
		}
		t.queue, t.seen = d.tx.queue, d.tx.seen
		t.changed, t.after, t.mails, t.due = d.tx.changed, d.tx.after, d.tx.mails, d.tx.due
		t.moves = d.tx.moves
		return t.keepNumbers(2 * d.tx.numbered) // for the chunk that is decided on meanwhile, and the one after it
	})
}

// catalogueNumber rises with every change of municipalities, forms, questionnaires and people.
func (t *tx) catalogueNumber() (string, error) {
	var number string
	err := t.db.Raw(`SELECT value FROM settings WHERE name = 'catalogue'`).Scan(&number).Error
	return number, err
}
