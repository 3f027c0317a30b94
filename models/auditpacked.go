package models

import (
	"database/sql"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"
)

// SQLite is asked for an event as one text: most of the time that an audit takes would
// else be spent on fetching fifteen cells of each.

// packedColumns are an event's cells in one text, with a separator between them. A cell
// that is empty and not missing, or missing where none may be, brings a separator too many.
const (
	packedCells   = 15
	separator     = "\x1f"
	packedColumns = `CAST(concat_ws(char(31), seq, ` +
		`coalesce(iif(length(request_id) = 0, char(31), request_id), ''), coalesce(iif(length(form_id) = 0, char(31), form_id), ''), coalesce(at, char(31, 31)), ` +
		`coalesce(iif(length(actor_id) = 0, char(31), actor_id), ''), coalesce(action, char(31, 31)), coalesce(from_state, char(31, 31)), coalesce(to_state, char(31, 31)), ` +
		`coalesce(version, char(31, 31)), coalesce(comment, char(31, 31)), coalesce(salt, char(31, 31)), coalesce(internal, char(31, 31)), coalesce(data, char(31, 31)), ` +
		`coalesce(prev, char(31, 31)), coalesce(hash, char(31, 31))) AS BLOB)`
	packedTime = "2006-01-02 15:04:05.999999999-07:00"
)

// eachPacked reads events of a chain in order; not whole means that one of them is
// not as this program writes them, and that all of it has to be read plainly.
func eachPacked(db *gorm.DB, chain, where string, args []any, each func(*heardEvent)) (whole bool, err error) {
	var packed sql.RawBytes
	var scratch []byte
	whole = true
	err = eachRow(db, packedColumns, chain, where, args, []any{&packed}, func() (bool, error) {
		e := heardEvent{Event: Event{AGS: chain}}
		if whole = e.unpack(string(packed)); whole {
			e.intact, scratch = e.Event.intact(scratch)
			each(&e)
		}
		return whole, nil
	})
	return whole, err
}

// unpack reads an event from its packed text, and tells whether it is one.
func (e *Event) unpack(packed string) bool {
	var cells [packedCells]string
	for i := range packedCells - 1 {
		var more bool
		if cells[i], packed, more = strings.Cut(packed, separator); !more {
			return false
		}
	}
	if cells[packedCells-1] = packed; strings.Contains(packed, separator) {
		return false
	}
	good := true
	num := func(cell string) int64 {
		n, err := strconv.ParseInt(cell, 10, 64)
		good = good && err == nil
		return n
	}
	id := func(cell string) *int64 {
		if cell == "" {
			return nil
		}
		n := num(cell)
		return &n
	}
	var err error
	e.Seq, e.RequestID, e.FormID, e.ActorID = num(cells[0]), id(cells[1]), id(cells[2]), id(cells[4])
	e.At, err = time.ParseInLocation(packedTime, cells[3], time.UTC)
	e.Action, e.From, e.To, e.Version = Action(cells[5]), Status(cells[6]), Status(cells[7]), int(num(cells[8]))
	e.Comment, e.Salt, e.Internal, e.Data, e.Prev, e.Hash = cells[9], cells[10], cells[11] == "1", cells[12], cells[13], cells[14]
	return good && err == nil && (e.Internal || cells[11] == "0")
}
