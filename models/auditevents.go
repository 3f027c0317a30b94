package models

import (
	"context"
	"database/sql"
	"sync/atomic"

	"gorm.io/gorm"
)

const eventColumns = `seq, request_id, form_id, at, actor_id, action, from_state, to_state, version, comment, salt, internal, data, prev, hash`

// heardEvent is an event, and whether its hash is that of its words.
type heardEvent struct {
	Event
	intact bool
}

// How a long chain is read: by several readers at once, in blocks, a few of them ahead.
const (
	auditBlock   = 4000
	auditReaders = 2
	auditAhead   = 4
)

// events passes one chain's events in order. What the head knows of is append-only, so
// it may be read beside the snapshot; what stands behind the head is read within it.
func (l *ledger) events(h Head, each func(e *Event, intact bool)) error {
	read := int64(0)
	if h.Seq > 2*auditBlock {
		read = h.Seq
		if err := l.blocks(h, each); err != nil {
			return err
		}
	}
	return eachEvent(l.db, h.Chain, `seq > ?`, []any{read}, func(e *heardEvent) { each(&e.Event, e.intact) })
}

// eachEvent reads events of a chain in order, as the drivers give them.
func eachEvent(db *gorm.DB, chain, where string, args []any, each func(*heardEvent)) error {
	row := eventRow{e: Event{AGS: chain}}
	var scratch []byte
	return eachRow(db, eventColumns, chain, where, args, row.into(), func() (bool, error) {
		e := heardEvent{Event: row.event()}
		e.intact, scratch = e.Event.intact(scratch)
		each(&e)
		return true, nil
	})
}

// eachRow reads columns of a chain's events until nobody wants more.
func eachRow(db *gorm.DB, columns, chain, where string, args, into []any, each func() (more bool, err error)) error {
	rows, err := db.Raw(`SELECT `+columns+` FROM events WHERE ags = ? AND `+where+` ORDER BY seq`, append([]any{chain}, args...)...).Rows()
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		if more, err := each(); err != nil || !more {
			return err
		}
	}
	return rows.Err()
}

// eventRow is an event as the drivers give it.
type eventRow struct {
	e                    Event
	request, form, actor sql.NullInt64
}

func (r *eventRow) into() []any {
	return []any{
		&r.e.Seq, &r.request, &r.form, &r.e.At, &r.actor, (*string)(&r.e.Action), (*string)(&r.e.From), (*string)(&r.e.To), &r.e.Version, &r.e.Comment, &r.e.Salt, &r.e.Internal,
		&r.e.Data, &r.e.Prev, &r.e.Hash,
	}
}

func (r *eventRow) event() Event {
	e := r.e
	e.RequestID, e.FormID, e.ActorID = some(r.request), some(r.form), some(r.actor)
	return e
}

// some is a number that may be missing.
func some(n sql.NullInt64) *int64 {
	if !n.Valid {
		return nil
	}
	return &n.Int64
}

// block is a stretch of a chain that one reader has read.
type block struct {
	events []heardEvent
	err    error
}

// blocks reads a long chain up to its head.
func (l *ledger) blocks(h Head, each func(e *Event, intact bool)) error {
	ctx, stop := context.WithCancel(l.ctx)
	defer stop()
	n := (h.Seq + auditBlock - 1) / auditBlock
	out, ahead := make([]chan block, n), make(chan struct{}, auditAhead)
	for i := range out {
		out[i] = make(chan block, 1)
	}
	var next atomic.Int64
	for range auditReaders {
		go func() {
			for {
				select { // a place ahead first, then the block: the first that is waited for always has one
				case ahead <- struct{}{}:
				case <-ctx.Done():
					return
				}
				i := next.Add(1) - 1
				if i >= n {
					return
				}
				out[i] <- l.block(ctx, h, i)
			}
		}()
	}
	for i := range out {
		var b block
		select {
		case b = <-out[i]:
		case <-ctx.Done():
			return ctx.Err()
		}
		<-ahead
		if b.err != nil {
			return b.err
		}
		for k := range b.events {
			each(&b.events[k].Event, b.events[k].intact)
		}
	}
	return nil
}

// block reads one: the fast way of the database, and plainly when an event is not as this program writes it.
func (l *ledger) block(ctx context.Context, h Head, i int64) block {
	db, events := l.beside.WithContext(ctx), make([]heardEvent, 0, auditBlock)
	const where = `seq > ? AND seq <= ?`
	args := []any{i * auditBlock, min(h.Seq, (i+1)*auditBlock)}
	take := func(e *heardEvent) { events = append(events, *e) }
	var whole bool
	var err error
	if l.postgres {
		whole, err = eachRaw(db, h.Chain, where, args, take)
	} else {
		whole, err = eachPacked(db, h.Chain, where, args, take)
	}
	if err != nil || whole {
		return block{events, err}
	}
	events = events[:0]
	err = eachEvent(db, h.Chain, where, args, take)
	return block{events, err}
}
