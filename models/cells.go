package models

import (
	"database/sql"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// What is read by the thousand is read by name: each row type has a list of its
// columns, and takes them in that order from the cells that the driver gives.
// GORM still sends the statement, but is not asked for every cell of every row what it is for.

// readRows reads rows that a statement finds, each as take takes it. Each row stands
// alone in memory: the live version of a form may keep one of them for long,
// and must not keep all those that were read with it.
func readRows[T any](db *gorm.DB, take func(*T, *cells), query string, args ...any) ([]*T, error) {
	var out []*T
	err := eachCells(db, query, args, func(x *cells) {
		row := new(T)
		take(row, x)
		out = append(out, row)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// eachCells passes the rows of a statement, each of which has to be taken to its last cell.
func eachCells(db *gorm.DB, query string, args []any, each func(x *cells)) error {
	return eachCellsOr(db, query, args, each, func(_ *cells, err error) error { return err })
}

// eachCellsOr does so, and lets somebody say what becomes of a row that is not what it was taken for.
func eachCellsOr(db *gorm.DB, query string, args []any, each func(x *cells), wrong func(x *cells, err error) error) error {
	rows, err := db.Raw(query, args...).Rows()
	if err != nil {
		return err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return err
	}
	x := newCells(names)
	for rows.Next() {
		if err := x.read(rows); err != nil {
			return err
		}
		each(x)
		if err := x.done(); err != nil {
			if err := wrong(x, err); err != nil {
				return err
			}
			x.err = nil
		}
	}
	return rows.Err()
}

// cells are those of one row, taken one after the other. The first that is not
// what it is taken for is the error of the row; what is taken then is empty.
type cells struct {
	names []string
	held  []any
	into  []any // where the driver puts them: pointers to held
	taken int
	err   error
}

func newCells(names []string) *cells {
	x := &cells{names: names, held: make([]any, len(names)), into: make([]any, len(names))}
	for i := range x.held {
		x.into[i] = &x.held[i]
	}
	return x
}

// read brings the next row.
func (x *cells) read(rows *sql.Rows) error {
	x.taken = 0
	return rows.Scan(x.into...)
}

// done is what was wrong with a row, also that it has more or fewer cells than were taken.
func (x *cells) done() error {
	if x.err == nil && x.taken != len(x.held) {
		x.err = fmt.Errorf("%d of %d columns were taken: %q", x.taken, len(x.held), x.names)
	}
	return x.err
}

// next is the next cell, nil for NULL.
func (x *cells) next() any {
	x.taken++
	if x.err != nil || x.taken > len(x.held) {
		return nil
	}
	return x.held[x.taken-1]
}

// wrong notes that a cell is not what it was taken for.
func (x *cells) wrong(what string, v any) {
	if x.err == nil {
		x.err = fmt.Errorf("column %s holds a %T instead of %s", x.names[x.taken-1], v, what)
	}
}

// text is a text; "" for NULL.
func (x *cells) text() string {
	switch v := x.next().(type) {
	case nil:
	case string:
		return v
	case []byte:
		return string(v)
	default:
		x.wrong("a text", v)
	}
	return ""
}

// number is a whole number; 0 for NULL.
func (x *cells) number() int64 {
	n := x.perhapsNumber()
	if n == nil {
		return 0
	}
	return *n
}

// count is a whole number that is small; 0 for NULL.
func (x *cells) count() int { return int(x.number()) }

// perhapsNumber is a whole number; nil for NULL.
func (x *cells) perhapsNumber() *int64 {
	switch v := x.next().(type) {
	case nil:
	case int64:
		return &v
	default:
		x.wrong("a whole number", v)
	}
	return nil
}

// flag is a yes or no, which SQLite keeps as a number.
func (x *cells) flag() bool {
	switch v := x.next().(type) {
	case bool:
		return v
	case int64:
		return v != 0
	case nil:
	default:
		x.wrong("a yes or no", v)
	}
	return false
}

// instant is a moment; the zero one for NULL.
func (x *cells) instant() time.Time {
	at := x.perhapsInstant()
	if at == nil {
		return time.Time{}
	}
	return *at
}

// perhapsInstant is a moment; nil for NULL.
func (x *cells) perhapsInstant() *time.Time {
	switch v := x.next().(type) {
	case nil:
	case time.Time:
		return &v
	default:
		x.wrong("a moment", v)
	}
	return nil
}

// own is a cell of a type that reads itself.
func own[T any, S interface {
	*T
	sql.Scanner
}](x *cells) T {
	var out T
	if err := S(&out).Scan(x.next()); err != nil && x.err == nil {
		x.err = fmt.Errorf("column %s: %w", x.names[x.taken-1], err)
	}
	return out
}
