package models

import (
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"math/bits"
	"slices"
	"strconv"

	"gorm.io/gorm"
)

// A seal shows that a row is as this program has written it. It does not show that a row is gone, nor that an older one has
// been put back, with its true seal. So what is sealed is counted: a tally says how many rows a table has and the sum of
// what their seals say, and is sealed itself. The database notes what moves (row_moves), so that nothing is counted that has
// not happened and nothing forgotten that has, whoever works beside; mails, of which there are many, are noted here. Before it
// commits, a transaction counts what it has moved. See ADR 29.

// talliedTable is a table that is counted.
type talliedTable struct {
	name string
	mark string // what of a row is: its seal, or what else says that it is there
}

// tallied are all of them: those with sealed rows but chains, whose ends their events say. The triggers of migration 30 have the same marks.
var tallied = []talliedTable{
	{"account_link_secrets", "seal"}, {"account_links", "id"}, {"approvals", "seal"}, {"attachments", "seal"}, {"attempt_salt", "seal"}, {"attempts", "seal"},
	{"calendar_links", "seal"}, {"challenges", "seal"}, {"devices", "seal"}, {"idempotency", "seal"}, {"identities", "seal"}, {"identity_attempts", "seal"},
	{"mails", "seal"}, {"municipalities", "seal"}, {"parked_forms", "seal"}, {"passkeys", "seal"}, {"presence", "seal"}, {"reset_asks", "seal"},
	{"retention_runs", "seal"}, {"saved_views", "seal"}, {"secrets", "seal"}, {"security_events", "seal"}, {"sessions", "seal || ' ' || use_seal"}, {"settings", "seal"},
	{"tokens", "seal"}, {"totps", "seal"}, {"typed", "seal"}, {"users", "seal"},
}

// tallyParts are the rows that a table's tally has: on PostgreSQL several, of which a transaction takes one, so that not all wait for the same.
func (s *Store) tallyParts() int {
	if s.postgres {
		return 8
	}
	return 1
}

// rowSum is a sum of hashes of rows, whatever their order: a number of 256 bits, the highest first.
type rowSum [4]uint64

// hashOfRow is what a row adds to the sum of its table.
func hashOfRow(table, mark string) (x rowSum) {
	h := sha256.Sum256([]byte(table + "\n" + mark))
	for i := range x {
		x[i] = binary.BigEndian.Uint64(h[8*i:])
	}
	return x
}

func (x *rowSum) add(y rowSum) {
	var carry uint64
	for i := len(x) - 1; i >= 0; i-- {
		x[i], carry = bits.Add64(x[i], y[i], carry)
	}
}

func (x *rowSum) take(y rowSum) {
	var borrow uint64
	for i := len(x) - 1; i >= 0; i-- {
		x[i], borrow = bits.Sub64(x[i], y[i], borrow)
	}
}

// String is the sum as a tally has it; see readSum.
func (x rowSum) String() string {
	var b []byte
	for _, n := range x {
		b = binary.BigEndian.AppendUint64(b, n)
	}
	return hex.EncodeToString(b)
}

// readSum reads what String has written. What is no sum is none: the tally's seal says that it was changed.
func readSum(text string) (x rowSum) {
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != 8*len(x) {
		return rowSum{}
	}
	for i := range x {
		x[i] = binary.BigEndian.Uint64(b[8*i:])
	}
	return x
}

// rowCount is a number of rows and their sum.
type rowCount struct {
	n   int64
	sum rowSum
}

func (c *rowCount) in(table, mark string) {
	c.n++
	c.sum.add(hashOfRow(table, mark))
}

func (c *rowCount) out(table, mark string) {
	c.n--
	c.sum.take(hashOfRow(table, mark))
}

func (c *rowCount) add(d rowCount) {
	c.n += d.n
	c.sum.add(d.sum)
}

// tallyRow is a tally, or a part of one.
type tallyRow struct {
	Name  string
	Part  int
	Total int64
	Sum   string
	Turn  int64 // how often it was written: it never goes back
	Seal  string
}

// sealFor is the seal that it should have, "" where the key is not known.
func (x *tallyRow) sealFor(s *Store) string {
	return s.sealOf("tally", x.Name, strconv.Itoa(x.Part), strconv.FormatInt(x.Total, 10), x.Sum, strconv.FormatInt(x.Turn, 10))
}

// set is the tally's next turn.
func (x *tallyRow) set(c rowCount) { x.Total, x.Sum, x.Turn = c.n, c.sum.String(), x.Turn+1 }

func (x *tallyRow) count() rowCount { return rowCount{x.Total, readSum(x.Sum)} }

// movesOf is what this transaction has moved of a table.
func (t *tx) movesOf(table string) *rowCount {
	if t.moves == nil {
		t.moves = map[string]*rowCount{}
	}
	if t.moves[table] == nil {
		t.moves[table] = &rowCount{}
	}
	return t.moves[table]
}

// foreignMoves remembers up to where moves stand that somebody has left: SQLite has one writer, so what comes behind them is this transaction's.
func (t *tx) foreignMoves() error {
	return t.sql.StmtContext(t.ctx, t.s.tallying.foreign).QueryRowContext(t.ctx).Scan(&t.foreign) //nolint:sqlclosecheck // it ends with its transaction
}

// tally counts what this transaction has moved, after everything else: who waits for a tally holds nothing that others wait for but tallies.
func (t *tx) tally() error {
	if err := t.takeMoves(); err != nil {
		return err
	}
	maps.DeleteFunc(t.moves, func(_ string, c *rowCount) bool { return *c == rowCount{} })
	if len(t.moves) == 0 {
		return nil
	}
	part := int(t.s.tallyTurn.Add(1)) % t.s.tallyParts()
	rows, err := t.talliesOf(part, slices.Sorted(maps.Keys(t.moves)))
	if err != nil {
		return err
	}
	for _, x := range rows { // one that is gone is missed by an audit, and makes nobody wait
		state := sealSays(x.Seal, x.sealFor(t.s))
		now := x.count()
		now.add(*t.moves[x.Name])
		x.set(now)
		x.Seal = state.renewed(x.Seal, x.sealFor(t.s))
		t.must(1, `UPDATE tallies SET total = ?, sum = ?, turn = ?, seal = ? WHERE name = ? AND part = ?`, x.Total, x.Sum, x.Turn, x.Seal, x.Name, x.Part)
	}
	t.moves = nil
	return t.flush()
}

// takeMoves takes over what the database has noted of this transaction.
func (t *tx) takeMoves() error {
	var rows *sql.Rows
	var err error
	if t.s.postgres {
		rows, err = t.sql.QueryContext(t.ctx, `DELETE FROM row_moves WHERE tx = txid_current() RETURNING name, was, now`)
	} else {
		rows, err = t.sql.StmtContext(t.ctx, t.s.tallying.take).QueryContext(t.ctx, t.foreign) //nolint:sqlclosecheck // it ends with its transaction
	}
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var was, now sql.NullString
		if err := rows.Scan(&name, &was, &now); err != nil {
			return err
		}
		c := t.movesOf(name)
		if was.Valid {
			c.out(name, was.String)
		}
		if now.Valid {
			c.in(name, now.String)
		}
	}
	return rows.Err()
}

// allTallies reads all in their order.
func allTallies(db *gorm.DB) (rows []tallyRow, err error) {
	return rows, db.Raw(`SELECT name, part, total, sum, turn, seal FROM tallies ORDER BY name, part`).Scan(&rows).Error
}

// tallies reads some in their order, and locks them until this transaction is over; where is a constant of this program.
func (t *tx) tallies(where string, args ...any) (rows []tallyRow, err error) {
	query := `SELECT name, part, total, sum, turn, seal FROM tallies WHERE ` + where + ` ORDER BY name, part`
	if t.s.postgres {
		query += ` FOR UPDATE`
	}
	return rows, t.db.Raw(query, args...).Scan(&rows).Error
}

// recount counts everything anew, as it is before this transaction writes: nobody else counts before it is over, and what it
// writes itself comes on top. What somebody had moved past the program counts from then on.
func (t *tx) recount() error {
	rows, err := t.tallies(`TRUE`)
	if err != nil {
		return err
	}
	there := map[string]tallyRow{}
	for _, x := range rows {
		there[x.Name+"/"+strconv.Itoa(x.Part)] = x
	}
	if err := t.db.Exec(`DELETE FROM row_moves`).Error; err != nil {
		return err
	}
	t.foreign = 0 // what comes from here on begins anew
	for _, table := range tallied {
		c, err := table.count(t.db)
		if err != nil {
			return err
		}
		for part := range t.s.tallyParts() {
			x := tallyRow{Name: table.name, Part: part, Turn: there[table.name+"/"+strconv.Itoa(part)].Turn}
			x.set(c)
			x.Seal, c = x.sealFor(t.s), rowCount{}
			t.must(1, `INSERT INTO tallies (name, part, total, sum, turn, seal) VALUES (?, ?, ?, ?, ?, ?)
				ON CONFLICT (name, part) DO UPDATE SET total = excluded.total, sum = excluded.sum, turn = excluded.turn, seal = excluded.seal`, x.Name, x.Part, x.Total, x.Sum, x.Turn, x.Seal)
		}
	}
	return nil
}

// count counts the rows as they are.
func (x talliedTable) count(db *gorm.DB) (c rowCount, err error) {
	rows, err := db.Raw(`SELECT ` + x.mark + ` FROM ` + x.name).Rows()
	if err != nil {
		return c, err
	}
	defer rows.Close()
	for rows.Next() {
		var mark string
		if err := rows.Scan(&mark); err != nil {
			return c, err
		}
		c.in(x.name, mark)
	}
	return c, rows.Err()
}
