package models

import (
	"bufio"
	"compress/gzip"
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"
)

// A backup is gzipped JSON lines: a manifest, then every row of every table in
// an order that keys allow, then an end mark with the counts. It does not
// depend on the database: what SQLite wrote PostgreSQL can read.

// backupTables are all tables, parents first. `search` is made anew.
var backupTables = []string{
	"municipalities", "chains", "users", "user_roles", "tokens", "assistants", "definitions", "forms", "requests", "request_sections", "changes",
	"request_editors", "approvals", "events", "configurations", "secrets", "blobs", "attachments", "mails", "idempotency", "settings",
}

// backupFormat is raised when an older program could not read the file.
const backupFormat = 1

// Manifest says what a backup holds.
type Manifest struct {
	Format int              `json:"formwandel_backup"`
	At     time.Time        `json:"at"`
	Head   string           `json:"head,omitempty"` // digest over the ends of all chains
	Rows   map[string]int64 `json:"rows,omitempty"`
	End    bool             `json:"end,omitempty"`
}

// dumpLine is one row.
type dumpLine struct {
	Table string         `json:"t"`
	Row   map[string]any `json:"r"`
}

// Backup writes everything as it stood at one moment, while others go on working.
func (s *Store) Backup(ctx context.Context, w io.Writer) (Manifest, error) {
	zip := gzip.NewWriter(w)
	m := Manifest{Format: backupFormat, Rows: map[string]int64{}}
	err := s.snapshot(ctx, func(db *gorm.DB) error {
		var err error
		if m.At, err = s.databaseClock(db); err != nil {
			return err
		}
		out := json.NewEncoder(zip)
		if err := out.Encode(Manifest{Format: m.Format, At: m.At}); err != nil {
			return err
		}
		for _, table := range backupTables {
			n, err := dumpTable(db, table, "", nil, out)
			if err != nil {
				return fmt.Errorf("%s: %w", table, err)
			}
			m.Rows[table] = n
		}
		if m.Head, err = headOf(db); err != nil {
			return err
		}
		m.End = true
		return out.Encode(m)
	})
	return m, errors.Join(trouble(err), zip.Close())
}

// snapshot reads in one transaction that sees one moment.
func (s *Store) snapshot(ctx context.Context, fn func(*gorm.DB) error) error {
	opts := &sql.TxOptions{ReadOnly: true}
	if s.postgres {
		opts.Isolation = sql.LevelRepeatableRead
	}
	return s.reader.WithContext(ctx).Transaction(fn, opts)
}

func headOf(db *gorm.DB) (string, error) {
	var hs []Head
	err := db.Raw(`SELECT ags AS chain, seq, hash FROM chains WHERE seq > 0 ORDER BY ags`).Scan(&hs).Error
	return digestOf(hs), err
}

// dumpTable writes the rows of one table; table and where are constants of this file.
func dumpTable(db *gorm.DB, table, where string, args []any, out *json.Encoder) (int64, error) {
	rows, err := db.Raw("SELECT * FROM "+table+" "+where, args...).Rows()
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return 0, err
	}
	cells, into := make([]any, len(names)), make([]any, len(names))
	for i := range cells {
		into[i] = &cells[i]
	}
	var n int64
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return n, err
		}
		row := make(map[string]any, len(names))
		for i, name := range names {
			row[name] = portable(table, name, cells[i])
		}
		if err := out.Encode(dumpLine{table, row}); err != nil {
			return n, err
		}
		n++
	}
	return n, rows.Err()
}

// Columns that the two databases hold in different types.
var (
	byteColumns = []string{"secrets.sealed", "blobs.content"}
	dayColumns  = []string{"requests.date", "requests.until", "requests.accept_by", "requests.answer_by"}
	boolColumns = []string{
		"municipalities.demo", "users.active", "users.demo", "assistants.demo", "forms.maintenance", "requests.wish_unseen", "requests.returned",
		"requests.open", "requests.planned", "events.internal", "configurations.maintenance",
	}
)

// portable is a cell as both databases would write it.
func portable(table, name string, v any) any {
	key := table + "." + name
	switch v := v.(type) {
	case []byte:
		if slices.Contains(byteColumns, key) {
			return base64.StdEncoding.EncodeToString(v)
		}
		return string(v)
	case time.Time:
		if slices.Contains(dayColumns, key) {
			return v.Format("2006-01-02")
		}
		return v.UTC().Format(time.RFC3339Nano)
	case int64:
		if slices.Contains(boolColumns, key) {
			return v != 0
		}
	}
	return v
}

// Restore fills an empty database from a backup. Mails that still waited then
// may have been sent since: they are held back as refused, for an
// administrator to decide. What was applied stays applied.
func (s *Store) Restore(ctx context.Context, r io.Reader) (Manifest, error) {
	var m Manifest
	zip, err := gzip.NewReader(bufio.NewReaderSize(r, 1<<20))
	if err != nil {
		return m, errors.New("this is no backup of Formwandel")
	}
	err = s.write(ctx, clockUser, func(t *tx) error {
		if err := t.tick(); err != nil {
			return err
		}
		if err := t.mustBeEmpty(); err != nil {
			return err
		}
		m, err = t.readBackup(zip)
		return err
	})
	s.catalogue.Store(nil)
	s.Unpublish("")
	return m, err
}

// mustBeEmpty refuses to mix two records.
func (t *tx) mustBeEmpty() error {
	var n int64
	if err := t.db.Raw(`SELECT (SELECT count(*) FROM municipalities) + (SELECT count(*) FROM users) + (SELECT count(*) FROM events)`).Row().Scan(&n); err != nil {
		return err
	}
	if n > 0 {
		return conflict("restore_not_empty")
	}
	t.do(`DELETE FROM chains`)
	t.do(`DELETE FROM settings`)
	return t.flush()
}

// readBackup takes the lines over; the end mark proves that none is missing.
func (t *tx) readBackup(r io.Reader) (Manifest, error) {
	in := json.NewDecoder(r)
	in.UseNumber()
	var m Manifest
	if err := in.Decode(&m); err != nil || m.Format != backupFormat {
		return m, errors.New("this is no backup of Formwandel, or one of a newer version")
	}
	counts := map[string]int64{}
	for {
		var line struct {
			dumpLine
			Manifest
		}
		if err := in.Decode(&line); err != nil {
			return m, fmt.Errorf("the backup is cut off or damaged after %d rows: %w", total(counts), err)
		}
		if line.End {
			m = line.Manifest
			break
		}
		if err := t.restoreRow(line.dumpLine); err != nil {
			return m, err
		}
		counts[line.Table]++
		if len(t.queue) >= 500 {
			if err := t.flush(); err != nil {
				return m, err
			}
		}
	}
	if _, err := io.Copy(io.Discard, io.MultiReader(in.Buffered(), r)); err != nil {
		return m, fmt.Errorf("the backup is damaged: %w", err) // its checksum stands at its very end
	}
	for table, n := range m.Rows {
		if counts[table] != n {
			return m, fmt.Errorf("the backup is damaged: %d rows of %s, want %d", counts[table], table, n)
		}
	}
	return m, t.afterRestore()
}

func total(counts map[string]int64) (n int64) {
	for _, c := range counts {
		n += c
	}
	return n
}

// restoreRow queues one row; names that are no table or column of ours never reach the database.
func (t *tx) restoreRow(l dumpLine) error {
	if !slices.Contains(backupTables, l.Table) {
		return fmt.Errorf("the backup has rows of %q, which this version does not know", l.Table)
	}
	names := make([]string, 0, len(l.Row))
	for name := range l.Row {
		if strings.ContainsFunc(name, func(r rune) bool { return r != '_' && (r < 'a' || r > 'z') }) {
			return fmt.Errorf("the backup has a column %q, which is none", name)
		}
		names = append(names, name)
	}
	slices.Sort(names)
	args := make([]any, len(names))
	for i, name := range names {
		v, err := restored(l.Table+"."+name, l.Row[name])
		if err != nil {
			return fmt.Errorf("%s.%s: %w", l.Table, name, err)
		}
		args[i] = v
	}
	t.must(1, "INSERT INTO "+l.Table+" ("+strings.Join(names, ", ")+") VALUES ("+marks(len(names))+")", args...)
	return nil
}

// restored is a cell as the drivers take it.
func restored(key string, v any) (any, error) {
	switch v := v.(type) {
	case json.Number:
		return v.Int64()
	case string:
		if slices.Contains(byteColumns, key) {
			return base64.StdEncoding.DecodeString(v)
		}
		if timeColumn(key) {
			at, err := time.Parse(time.RFC3339Nano, v)
			return at, err
		}
	}
	return v, nil
}

// timeColumn tells whether a column holds an instant: they all end so.
func timeColumn(key string) bool {
	return strings.HasSuffix(key, "_at") || strings.HasSuffix(key, ".at") || key == "configurations.effective" || key == "mails.lease_until"
}

// afterRestore holds mails back, makes the search index anew and lets new rows
// have new ids.
func (t *tx) afterRestore() error {
	t.do(`UPDATE mails SET state = 'failed', last_error = 'restored from a backup: may have been sent since', lease_token = '', lease_until = NULL WHERE state = 'waiting'`)
	t.do(`UPDATE settings SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT) WHERE name = 'catalogue'`)
	if t.s.postgres {
		for _, table := range []string{"users", "tokens", "forms", "requests", "approvals", "attachments", "mails"} {
			t.do(`SELECT setval('` + table + `_id_seq', (SELECT coalesce(max(id), 0) + 1 FROM ` + table + `), false)`)
		}
	}
	if err := t.flush(); err != nil {
		return err
	}
	return t.reindexAll()
}

// reindexAll makes every request findable again, in pages.
func (t *tx) reindexAll() error {
	cat, err := t.s.loadCatalogueFrom(t.db)
	if err != nil {
		return err
	}
	t.s.catalogue.Store(cat)
	for after := int64(0); ; {
		var rs []*Request
		if err := t.db.Where("id > ?", after).Order("id").Limit(500).Find(&rs).Error; err != nil || len(rs) == 0 {
			return err
		}
		if err := loadChanges(t.db, rs); err != nil {
			return err
		}
		for _, r := range rs {
			if err := t.reindex(r); err != nil {
				return err
			}
			after = r.ID
		}
		if err := t.flush(); err != nil {
			return err
		}
	}
}

// exportTables are what an auditor reads: no passwords, tokens, sealed values,
// kept answers or documents; protected values are references everywhere.
var exportTables = []struct{ table, of string }{
	{"municipalities", "WHERE ags = ?"}, {"chains", "WHERE ags = ?"}, {"assistants", ""}, {"definitions", ""}, {"forms", "WHERE ags = ?"},
	{"requests", "WHERE ags = ?"}, {"changes", "WHERE request_id IN (SELECT id FROM requests WHERE ags = ?)"},
	{"approvals", "WHERE request_id IN (SELECT id FROM requests WHERE ags = ?)"}, {"events", "WHERE ags = ?"},
	{"configurations", "WHERE form_id IN (SELECT id FROM forms WHERE ags = ?)"}, {"mails", "WHERE ags = ?"},
	{"attachments", "WHERE request_id IN (SELECT id FROM requests WHERE ags = ?)"},
}

// Export writes the record as JSON lines, of one municipality or of all.
func (s *Store) Export(ctx context.Context, ags string, w io.Writer) error {
	if ags != "" {
		cat, err := s.catalogueNow(ctx)
		if err != nil {
			return err
		}
		if cat.municipalities[ags] == nil {
			return notFound("municipality")
		}
	}
	return trouble(s.snapshot(ctx, func(db *gorm.DB) error {
		out := json.NewEncoder(w)
		for _, x := range exportTables {
			where, args := "", []any(nil)
			if ags != "" && x.of != "" {
				where, args = x.of, []any{ags}
			}
			if _, err := dumpTable(db, x.table, where, args, out); err != nil {
				return fmt.Errorf("%s: %w", x.table, err)
			}
		}
		return nil
	}))
}
