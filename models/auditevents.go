package models

import (
	"context"
	"database/sql"
	"sync/atomic"

	"gorm.io/gorm"
)

const eventColumns = `seq, request_id, form_id, at, actor_id, action, from_state, to_state, version, comment, salt, internal, data, prev, hash`

// sealedEvent is an event with the hash that its own words give.
type sealedEvent struct {
	Event
	sealed string
}

// How a long chain is read: by several readers at once, in blocks, a few of them ahead.
const (
	auditBlock   = 4000
	auditReaders = 2
	auditAhead   = 4
)

// events passes one chain's events in order. What the head knows of is append-only, so
// it may be read beside the snapshot; what stands behind the head is read within it.
func (l *ledger) events(h Head, each func(e *Event, sealed string)) error {
	read := int64(0)
	if h.Seq > 2*auditBlock {
		read = h.Seq
		if err := l.blocks(h, each); err != nil {
			return err
		}
	}
	return eachEvent(l.db, h.Chain, `seq > ?`, []any{read}, func(e *sealedEvent) { each(&e.Event, e.sealed) })
}

// eachEvent reads events of a chain in order.
func eachEvent(db *gorm.DB, chain, where string, args []any, each func(*sealedEvent)) error {
	rows, err := db.Raw(`SELECT `+eventColumns+` FROM events WHERE ags = ? AND `+where+` ORDER BY seq`, append([]any{chain}, args...)...).Rows()
	if err != nil {
		return err
	}
	defer rows.Close()
	row := eventRow{e: Event{AGS: chain}}
	into := row.into()
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		e := sealedEvent{Event: row.event()}
		e.sealed = e.words()
		each(&e)
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
	events []sealedEvent
	err    error
}

// blocks reads a long chain up to its head.
func (l *ledger) blocks(h Head, each func(e *Event, sealed string)) error {
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
			each(&b.events[k].Event, b.events[k].sealed)
		}
	}
	return nil
}

func (l *ledger) block(ctx context.Context, h Head, i int64) block {
	b := block{events: make([]sealedEvent, 0, auditBlock)}
	last := min(h.Seq, (i+1)*auditBlock)
	b.err = eachEvent(l.beside.WithContext(ctx), h.Chain, `seq > ? AND seq <= ?`, []any{i * auditBlock, last}, func(e *sealedEvent) { b.events = append(b.events, *e) })
	return b
}
