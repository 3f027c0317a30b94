package models

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"gorm.io/gorm/schema"
)

// write is one queued statement.
type write struct {
	sql  string
	args []any
	want int64  // rows it must touch; -1: any number
	hit  *int64 // where the number of rows goes, if anybody asks

	touches *touched // rows to be sealed anew, for an update that is written together with others: see mark
}

// table is how rows of one type are inserted: made from GORM's own mapping.
type table struct {
	one     string // INSERT INTO t (a, b) VALUES (?, ?)
	many    string // the same with as many rows as a statement takes
	fields  []*schema.Field
	columns int
}

// rowsPerInsert bounds a multi-row statement, so that few distinct ones are prepared.
const rowsPerInsert = 32

// must queues a statement that has to touch exactly n rows; else somebody else
// was faster, and the whole transaction is refused as stale.
func (t *tx) must(n int64, sql string, args ...any) {
	t.queue = append(t.queue, write{sql: sql, args: args, want: n})
}

// do queues a statement that may touch any number of rows.
func (t *tx) do(sql string, args ...any) { t.must(-1, sql, args...) }

// insert queues a row, given as a pointer to a struct. Rows of the three
// append-only streams go last, many to a statement: nothing else in a
// transaction refers to them, and each may refer to those before it.
func (t *tx) insert(row any) {
	switch row.(type) {
	case *Configuration:
		t.streams[0] = append(t.streams[0], row)
	case *Event:
		t.streams[1] = append(t.streams[1], row)
	case *Mail:
		t.streams[2] = append(t.streams[2], row)
	default:
		t.insertRows([]any{row})
	}
}

// insertRows queues rows, all of one type, in as few statements as are worth preparing.
func (t *tx) insertRows(rows []any) {
	for len(rows) > 0 {
		n := 1
		if len(rows) >= rowsPerInsert {
			n = rowsPerInsert
		}
		tb := t.s.tableOf(rows[0])
		args := make([]any, 0, n*tb.columns)
		for _, r := range rows[:n] {
			v := reflect.Indirect(reflect.ValueOf(r))
			for _, f := range tb.fields {
				x, _ := f.ValueOf(t.ctx, v)
				args = append(args, x)
			}
		}
		t.queue = append(t.queue, write{sql: tb.statement(n), args: args, want: int64(n)})
		rows = rows[n:]
	}
}

// statement inserts one row or rowsPerInsert.
func (tb *table) statement(n int) string {
	if n == 1 {
		return tb.one
	}
	return tb.many
}

// tableOf reads a type's columns from GORM's mapping, once. A key that is zero
// is the database's to give.
func (s *Store) tableOf(row any) *table {
	typ := reflect.Indirect(reflect.ValueOf(row)).Type()
	key := tableKey{typ, generated(row)}
	if tb, ok := s.tables.Load(key); ok {
		return tb.(*table)
	}
	sch, err := schema.Parse(row, &sync.Map{}, s.db.NamingStrategy)
	if err != nil {
		panic(fmt.Sprintf("models: %T is not a row: %v", row, err)) // a programming error, seen by the first test
	}
	tb := &table{}
	var names []string
	for _, f := range sch.Fields {
		if f.DBName == "" || (f.DBName == "id" && key.generated) {
			continue
		}
		tb.fields = append(tb.fields, f)
		names = append(names, f.DBName)
	}
	tb.columns = len(names)
	cells := "(" + strings.TrimSuffix(strings.Repeat("?, ", len(names)), ", ") + ")"
	tb.one = "INSERT INTO " + sch.Table + " (" + strings.Join(names, ", ") + ") VALUES " + cells
	tb.many = tb.one + strings.Repeat(", "+cells, rowsPerInsert-1)
	s.tables.Store(key, tb)
	return tb
}

type tableKey struct {
	typ       reflect.Type
	generated bool
}

// generated tells whether the row's id is still to be given by the database.
func generated(row any) bool {
	id := reflect.Indirect(reflect.ValueOf(row)).FieldByName("ID")
	return id.IsValid() && id.IsZero()
}

// flush writes what was queued, the chain's head last.
func (t *tx) flush() error {
	if t.ahead {
		return errReadsOwn
	}
	t.gather()
	if t.late != nil {
		return t.late
	}
	q := t.queue
	t.queue = nil
	clear(t.touched)
	if len(q) == 0 {
		return nil
	}
	if err := t.ctx.Err(); err != nil {
		return err // nobody waits for it any more
	}
	if t.s.postgres {
		return t.flushBatch(q)
	}
	return t.conn.Raw(func(dc any) error { return t.s.prepared.run(dc.(driver.ConnPrepareContext), q) })
}

// errLate is a fault of this program: an event that is written can name no more mails.
var errLate = errors.New("a mail comes after its event was written")

// gather queues what is kept apart until everything else is known: which
// versions are live, where the chains end, and the rows of the append-only streams.
func (t *tx) gather() {
	for _, m := range t.moved {
		c := m.to.config
		t.must(1, `UPDATE forms SET live = ?, definition = ?, maintenance = ? WHERE id = ? AND live = ?`, c.Number, c.Definition, c.Maintenance, c.FormID, m.from)
		m.to.moved = false
	}
	t.moved = nil
	for _, c := range t.chains {
		c.close()
		if c.seq != c.oldSeq {
			c.seal = c.state.renewed(c.seal, t.s.sealOfEnd(c.ags, c.seq, c.head))
			t.must(1, `UPDATE chains SET seq = ?, hash = ?, seal = ? WHERE ags = ? AND seq = ?`, c.seq, c.head, c.seal, c.ags, c.oldSeq)
			c.oldSeq = c.seq
		}
	}
	for i := range t.streams {
		t.insertRows(t.streams[i])
		t.streams[i] = nil
	}
}

// flushBatch sends everything in one round trip; database/sql's transaction is
// open on this very connection.
func (t *tx) flushBatch(q []write) error {
	return t.conn.Raw(func(driverConn any) error {
		batch := &pgx.Batch{}
		for _, w := range q {
			batch.Queue(numbered(w.sql), w.args...)
		}
		res := driverConn.(*guardedConn).Conn.Conn().SendBatch(t.ctx, batch)
		for _, w := range q {
			tag, err := res.Exec()
			if err != nil {
				_ = res.Close() // the first error is the one that counts
				return fmt.Errorf("%w in %s", err, w.sql)
			}
			if !w.ok(tag.RowsAffected()) {
				_ = res.Close()
				return stale(nil)
			}
		}
		return res.Close()
	})
}

// ok notes how many rows were touched and tells whether that is what it must be.
func (w write) ok(n int64) bool {
	if w.hit != nil {
		*w.hit = n
	}
	return w.want < 0 || w.want == n
}

// stale is what a failed guard means: somebody else was faster.
func stale(err error) error {
	if err != nil {
		return err
	}
	return conflict("stale")
}

// isStale tells whether a guard failed.
func isStale(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == "stale"
}

// numbered turns ? into $1, $2, … as PostgreSQL wants them. It takes one or two millionths of a second, a round trip some
// hundred: what it has made is not kept, since lists of any length make texts without end.
func numbered(query string) string {
	out := make([]byte, 0, len(query)+3*strings.Count(query, "?"))
	for n := int64(1); ; n++ {
		before, after, found := strings.Cut(query, "?")
		out = append(out, before...)
		if !found {
			return string(out)
		}
		out = strconv.AppendInt(append(out, '$'), n, 10)
		query = after
	}
}
