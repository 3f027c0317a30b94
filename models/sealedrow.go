package models

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"
)

// Some rows, or some cells of rows, stand in no event and have no seal of their own making: what somebody has typed and not
// sent, counts of tries, when a token was used last. They are sealed alike: over the cells named here, as the database gives
// them back. A transaction that changes such a row says so before it does (touches); what it has touched is sealed anew when all
// is written, and what was sealed wrongly before stays wrong.

// sealedTable is a table with rows that are sealed so.
type sealedTable struct {
	name  string
	key   []string // columns that name a row; none: there is one row
	cells []string // columns that the seal is over, beside the key
	seal  string   // the column it is in
}

// sealedTables are all of them. What is not named of tokens, accounts, passkeys and the like, events tell.
var sealedTables = []*sealedTable{
	{"chains", []string{"ags"}, []string{"seq", "hash"}, "seal"},
	{"typed", []string{"request_id", "user_id", "page"}, []string{"version", "content", "updated_at"}, "seal"},
	{"presence", []string{"request_id", "user_id"}, []string{"seen_at"}, "seal"},
	{"saved_views", []string{"id"}, []string{"user_id", "name", "query", "created_at"}, "seal"},
	{"idempotency", []string{"user_id", "key"}, []string{"salt", "body_hash", "status", "location", "answer", "created_at"}, "seal"},
	{"parked_forms", []string{"id"}, []string{"session_id", "place", "form", "created_at"}, "seal"},
	{"challenges", []string{"holder"}, []string{"user_id", "data", "created_at"}, "seal"},
	{"identity_attempts", []string{"state"}, []string{"browser", "provider", "nonce", "verifier", "next", "created_at", "parked", "fresh"}, "seal"},
	{"reset_asks", []string{"id"}, []string{"email", "known", "at"}, "seal"},
	{"attempts", []string{"drawer"}, []string{"failures", "since", "until"}, "seal"},
	{"sessions", []string{"id"}, []string{"failures", "browser", "system", "address", "seen_at"}, "use_seal"}, // the others: see sealedSession
	{"attempt_salt", nil, []string{"salt"}, "seal"},
	{"tokens", []string{"id"}, []string{"user_id", "name", "tail", "revoked_at", "used_at"}, "seal"},
	{"attachments", []string{"id"}, []string{"request_id", "blob"}, "seal"},
	{"approvals", []string{"id"}, []string{"request_id", "side", "user_id"}, "seal"},
	{"retention_runs", []string{"id"}, []string{"at"}, "seal"},
	{"totps", []string{"user_id"}, []string{"sealed", "last_step", "created_at"}, "seal"},
	{"passkeys", []string{"id"}, []string{"user_id", "credential", "name", "created_at", "used_at"}, "seal"},
	{"identities", []string{"issuer", "subject"}, []string{"provider", "created_at", "used_at"}, "seal"},
	{"users", []string{"id"}, []string{"locale", "version", "created_at", "signed_in_at", "off_at"}, "seal"},
	{"secrets", []string{"ref"}, []string{"ags", "sealed", "created_at"}, "seal"},
	{"calendar_links", []string{"user_id"}, []string{"created_at"}, "seal"},
	{"municipalities", []string{"ags"}, []string{"version"}, "seal"},
	{"settings", []string{"name"}, []string{"value"}, "seal"},
}

// columns are all that a row's seal is over.
func (x *sealedTable) columns() []string { return slices.Concat(x.key, x.cells) }

// sealedTableOf finds a table by its name.
func sealedTableOf(name string) *sealedTable {
	i := slices.IndexFunc(sealedTables, func(x *sealedTable) bool { return x.name == name })
	return sealedTables[i] // an unknown name is a programming error, seen by the first test
}

// sealedRow is a row of such a table.
type sealedRow struct {
	table *sealedTable
	cells map[string]any // as the database gives them
	seal  string
	want  string // the seal it should have, "" where the key is not known
}

// state is what its seal says of it.
func (r *sealedRow) state() sealState { return sealSays(r.seal, r.want) }

// name tells a row from the others of its table.
func (r *sealedRow) name() string {
	parts := make([]string, len(r.table.key))
	for i, column := range r.table.key {
		parts[i] = column + " " + clipName(sealText(r.table.name, column, r.cells[column]))
	}
	return strings.Join(parts, ", ")
}

// clipName keeps names short enough for a line, and what nobody should come to know by one unknown.
func clipName(s string) string {
	if len(s) > 24 {
		return s[:16] + "…"
	}
	return s
}

// Cells of a row; a cell of another kind is empty.
func (r *sealedRow) text(column string) string  { s, _ := r.cells[column].(string); return s }
func (r *sealedRow) number(column string) int64 { n, _ := r.cells[column].(int64); return n }
func (r *sealedRow) at(column string) time.Time { t, _ := r.cells[column].(time.Time); return t }

// where picks the row by its key.
func (r *sealedRow) where() (string, []any) {
	parts, args := []string{"TRUE"}, []any(nil)
	for _, column := range r.table.key {
		parts, args = append(parts, column+" = ?"), append(args, r.cells[column])
	}
	return strings.Join(parts, " AND "), args
}

// sealText is a cell as a seal takes it, the same from either database and before it was ever written.
func sealText(table, column string, v any) string {
	switch v := v.(type) {
	case nil:
		return "\x00" // no text of a database
	case bool:
		if v {
			return "1"
		}
		return "0"
	case time.Time:
		return stamp(v)
	}
	switch v := portable(table, column, v).(type) {
	case bool:
		return sealText(table, column, v)
	case string:
		return v
	default:
		return fmt.Sprint(v)
	}
}

// sealOfCells is the seal of a row with these cells.
func (s *Store) sealOfCells(x *sealedTable, cells map[string]any) string {
	var parts []string
	for _, column := range x.columns() {
		parts = append(parts, sealText(x.name, column, cells[column]))
	}
	return s.sealOf("row of "+x.name, parts...)
}

// sealOfEnd is the seal over the end of a municipality's events.
func (s *Store) sealOfEnd(ags string, seq int64, hash string) string {
	return s.sealOf("row of chains", ags, strconv.FormatInt(seq, 10), hash)
}

// sealedRows reads rows of a sealed table; where is a constant of this program.
func (s *Store) sealedRows(db *gorm.DB, table, where string, args ...any) (rows []*sealedRow, err error) {
	err = s.eachSealed(db, sealedTableOf(table), where, args, func(r *sealedRow) error {
		rows = append(rows, r)
		return nil
	})
	return rows, err
}

// eachSealed passes rows of a sealed table one after the other.
func (s *Store) eachSealed(db *gorm.DB, x *sealedTable, where string, args []any, each func(*sealedRow) error) error {
	var rows *sql.Rows
	rows, err := db.Raw(`SELECT `+strings.Join(x.columns(), ", ")+`, `+x.seal+` FROM `+x.name+` WHERE `+where, args...).Rows()
	if err != nil {
		return err
	}
	defer rows.Close()
	return eachByColumn(rows, func(row map[string]any) error {
		r := &sealedRow{table: x, cells: make(map[string]any, len(row))}
		for name, v := range row {
			if b, ok := v.([]byte); ok && name != "sealed" {
				v = string(b)
			}
			r.cells[name] = v
		}
		r.seal, _ = r.cells[x.seal].(string)
		delete(r.cells, x.seal)
		r.want = s.sealOfCells(x, r.cells)
		return each(r)
	})
}

// touched are rows that a transaction changes.
type touched struct {
	table string
	where string
	args  []any
	whole bool // nothing of what was there before stays: what was wrong is told, and is over
}

// touches notes that this transaction changes rows or makes them: before it does. where is a constant of this program.
func (t *tx) touches(table, where string, args ...any) {
	t.touch(touched{table: table, where: where, args: args})
}

func (t *tx) touch(x touched) {
	rows, err := t.s.sealedRows(t.db, x.table, x.where, x.args...)
	t.late = cmp.Or(t.late, err)
	if t.states == nil {
		t.states = map[string]sealState{}
	}
	for _, r := range rows {
		id := x.table + " " + r.id()
		if _, known := t.states[id]; known {
			continue // it may have been changed meanwhile
		}
		t.states[id] = r.state()
		if x.whole && !t.s.sound(r) {
			t.witness(r.forged(t.actor))
			t.states[id] = sealRight
		}
		by, is := r.where()
		t.touching = append(t.touching, touched{table: x.table, where: by, args: is})
	}
	t.touching = append(t.touching, x)
}

// id is a row's key as a text.
func (r *sealedRow) id() string {
	var parts []string
	for _, column := range r.table.key {
		parts = append(parts, sealText(r.table.name, column, r.cells[column]))
	}
	return strings.Join(parts, "\x00")
}

// sealTouched seals what was touched, as it stands now.
func (t *tx) sealTouched() error {
	done := map[string]bool{}
	for _, x := range t.touching {
		rows, err := t.s.sealedRows(t.db, x.table, x.where, x.args...)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if id := x.table + " " + r.id(); !done[id] {
				done[id] = true
				t.reseals(r, t.states[id])
			}
		}
	}
	t.touching, t.states = nil, nil
	return t.flush()
}

// reseals queues a row's new seal; what was wrong before stays so.
func (t *tx) reseals(r *sealedRow, before sealState) {
	if seal := before.renewed(r.seal, r.want); seal != r.seal {
		by, is := r.where()
		t.must(1, `UPDATE `+r.table.name+` SET `+r.table.seal+` = ? WHERE `+by, append([]any{seal}, is...)...)
	}
}

// sound tells of a row whether this program has written it, or may have: see isKnown.
func (s *Store) sound(r *sealedRow) bool { return s.believes(r.state()) }

// believes tells whether a row counts whose seal says so.
func (s *Store) believes(state sealState) bool {
	return state == sealRight || state == sealNone && (s.postgres || !s.rowsSealed.Load())
}

// soundRows reads rows for use. Those that are not sound do not count, and the security log hears of them; u is who has met them.
func (s *Store) soundRows(ctx context.Context, u User, table, where string, args ...any) (out []*sealedRow, err error) {
	rows, err := s.sealedRows(s.reader.WithContext(ctx), table, where, args...)
	if err != nil {
		return nil, trouble(err)
	}
	for _, r := range rows {
		if s.sound(r) {
			out = append(out, r)
		} else if err := s.Witness(ctx, r.forged(u)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// allSound tells whether rows are sound; of others the security log hears. u is who has met them.
func (t *tx) allSound(u User, table, where string, args ...any) (bool, error) {
	rows, err := t.s.sealedRows(t.db, table, where, args...)
	sound := true
	for _, r := range rows {
		if !t.s.sound(r) {
			sound = false
			t.witness(r.forged(u))
		}
	}
	return sound, err
}

// forged is what the security log hears of a row that is not sound; u is who has met it.
func (r *sealedRow) forged(u User) SecurityEvent {
	return SecurityEvent{Code: RowForged, AGS: u.AGS, UserID: u.ID, Detail: r.table.name}
}
