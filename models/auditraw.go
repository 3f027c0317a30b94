package models

import (
	"context"
	"encoding/binary"
	"math"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/gorm"
)

// PostgreSQL's rows are taken as they come over the wire: most of the time that an audit
// takes would else be spent on handing fifteen cells of each event to database/sql and back.

// eachRaw reads events of a chain in order; not whole means that PostgreSQL has sent one
// of them otherwise than this program writes and reads it, and that all of it has to be read plainly.
func eachRaw(db *gorm.DB, chain, where string, args []any, each func(*heardEvent)) (whole bool, err error) {
	pool, err := db.DB()
	if err != nil {
		return false, err
	}
	ctx := db.Statement.Context
	conn, err := pool.Conn(ctx)
	if err != nil {
		return false, err
	}
	defer conn.Close()
	err = conn.Raw(func(driverConn any) error {
		c := driverConn.(*guardedConn)
		if err := c.become(ctx); err != nil {
			return err
		}
		whole, err = rawEvents(ctx, c.Conn.Conn(), chain, where, args, each)
		return err
	})
	return whole, err
}

func rawEvents(ctx context.Context, pg *pgx.Conn, chain, where string, args []any, each func(*heardEvent)) (whole bool, err error) {
	rows, err := pg.Query(ctx, numbered(`SELECT `+eventColumns+` FROM events WHERE ags = ? AND `+where+` ORDER BY seq`), append([]any{chain}, args...)...)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	var scratch []byte
	var ids idRoom
	for rows.Next() {
		if !isEvent(rows.FieldDescriptions()) {
			return false, nil
		}
		e := heardEvent{Event: Event{AGS: chain}}
		if scratch, whole = e.fromWire(rows.RawValues(), scratch, &ids); !whole {
			return false, nil
		}
		e.intact, scratch = e.Event.intact(scratch)
		each(&e)
	}
	return rows.Err() == nil, rows.Err()
}

// wireCells are the kinds of cells that eventColumns are made of, in order: numbers (i), numbers that may be missing (n),
// an instant (t), words (w), yes or no (b).
const wireCells = "inntnwwwiwwbwww"

// wireType is what PostgreSQL calls a kind of cell, and the form it is sent in.
func wireType(kind byte) (oid uint32, format int16) {
	const text, bin = pgx.TextFormatCode, pgx.BinaryFormatCode
	switch kind {
	case 't':
		return 1184, bin // timestamptz: microseconds since wireEpoch
	case 'b':
		return 16, bin // bool: one byte
	case 'w':
		return 25, text // text
	}
	return 20, bin // int8: eight bytes, the highest first
}

// isEvent tells whether columns are of the types, and sent in the forms, that fromWire reads.
func isEvent(columns []pgconn.FieldDescription) bool {
	if len(columns) != len(wireCells) {
		return false
	}
	for i, c := range columns {
		if oid, format := wireType(wireCells[i]); c.DataTypeOID != oid || c.Format != format {
			return false
		}
	}
	return true
}

// wireEpoch is the instant that PostgreSQL counts from.
var wireEpoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()

// fromWire reads an event from the cells of its row, and tells whether it is one; scratch is
// memory to work in, given back for the next. The cells themselves are not kept.
func (e *Event) fromWire(cells [][]byte, scratch []byte, ids *idRoom) ([]byte, bool) {
	good, scratch := true, scratch[:0]
	for i, kind := range []byte(wireCells) {
		good = good && (cells[i] != nil || kind == 'n')
		if kind == 'w' {
			scratch = append(scratch, cells[i]...)
		}
	}
	if !good {
		return scratch, false
	}
	words := string(scratch) // one piece of memory for all
	word := func(cell []byte) (w string) {
		w, words = words[:len(cell)], words[len(cell):]
		return w
	}
	num := func(cell []byte) int64 { return int64(binary.BigEndian.Uint64(cell)) }
	id := func(cell []byte) *int64 {
		if cell == nil {
			return nil
		}
		return ids.keep(num(cell))
	}
	at := num(cells[3])
	e.Seq, e.RequestID, e.FormID, e.ActorID, e.Version, e.Internal = num(cells[0]), id(cells[1]), id(cells[2]), id(cells[4]), int(num(cells[8])), cells[11][0] == 1
	e.Action, e.From, e.To = Action(word(cells[5])), Status(word(cells[6])), Status(word(cells[7]))
	e.Comment, e.Salt, e.Data, e.Prev, e.Hash = word(cells[9]), word(cells[10]), word(cells[12]), word(cells[13]), word(cells[14])
	if at == math.MinInt64 || at == math.MaxInt64 { // before and after all time
		return scratch, false
	}
	e.At = time.UnixMicro(wireEpoch + at).UTC()
	return scratch, true
}

// idRoom is room for ids that are pointed to, made for many at a time.
type idRoom []int64

func (r *idRoom) keep(id int64) *int64 {
	if len(*r) == cap(*r) {
		*r = make([]int64, 0, 1024)
	}
	*r = append(*r, id)
	return &(*r)[len(*r)-1]
}
