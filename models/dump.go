package models

import (
	"compress/gzip"
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"gorm.io/gorm"
)

// A backup is gzipped JSON lines: a manifest, then every row of every table in
// an order that keys allow, then an end mark with the counts. It does not
// depend on the database: what SQLite wrote PostgreSQL can read.

// backupTables are all tables, parents first. `search` and `name_words` are made anew. Links by mail
// with their secrets, who has asked for one, known browsers and counts of tries
// are thrown away: what opens an account is in no backup. Sessions, challenges and sign-ins
// elsewhere that have begun (identity_attempts) are for the moment.
var backupTables = []string{
	"municipalities", "chains", "signing_keys", "checkpoints", "users", "user_roles", "identities", "tokens", "totps", "passkeys", "recovery_codes", "factor_roles", "assistants", "definitions", "forms", "requests", "request_sections", "changes",
	"request_editors", "approvals", "events", "configurations", "secrets", "blobs", "attachments", "mails", "idempotency", "saved_views", "calendar_links", "settings", "access_grants", "access_uses", "policy_proposals", "retention_runs",
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
	ctx = asInstallation(ctx)
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

// dumpTable writes the rows of one table, all columns but some; table and where are constants of this file.
func dumpTable(db *gorm.DB, table, where string, args []any, out *json.Encoder, but ...string) (int64, error) {
	if table == "events" {
		where += " ORDER BY ags, seq" // so that an audit can read them as they come
	}
	rows, err := db.Raw("SELECT * FROM "+table+" "+where, args...).Rows()
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	var n int64
	err = eachByColumn(rows, func(row map[string]any) error {
		for name, v := range row {
			row[name] = portable(table, name, v)
		}
		for _, name := range but {
			delete(row, name)
		}
		n++
		return out.Encode(dumpLine{table, row})
	})
	return n, err
}

// eachByColumn passes rows as the driver reads them, by column, always in the same map. GORM would ask what every column is for every row.
func eachByColumn(rows *sql.Rows, each func(row map[string]any) error) error {
	names, err := rows.Columns()
	if err != nil {
		return err
	}
	cells, into, row := make([]any, len(names)), make([]any, len(names)), make(map[string]any, len(names))
	for i := range cells {
		into[i] = &cells[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		for i, name := range names {
			row[name] = cells[i]
		}
		if err := each(row); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Columns that the two databases hold in different types.
var (
	byteColumns = []string{"secrets.sealed", "blobs.content", "totps.sealed"}
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

// exportTables are what an auditor reads: no passwords, tokens, sealed values,
// kept answers or documents; protected values are references everywhere.
var exportTables = []struct{ table, of string }{
	{"municipalities", "WHERE ags = ?"}, {"chains", "WHERE ags = ?"}, {"signing_keys", ""}, {"checkpoints", "WHERE ? = ''"}, {"assistants", ""}, {"definitions", ""}, {"forms", "WHERE ags = ?"},
	{"requests", "WHERE ags = ?"}, {"request_editors", "WHERE request_id IN (SELECT id FROM requests WHERE ags = ?)"}, {"changes", "WHERE request_id IN (SELECT id FROM requests WHERE ags = ?)"},
	{"approvals", "WHERE request_id IN (SELECT id FROM requests WHERE ags = ?)"}, {"events", "WHERE ags = ?"},
	{"configurations", "WHERE form_id IN (SELECT id FROM forms WHERE ags = ?)"}, {"mails", "WHERE ags = ?"},
	{"access_grants", "WHERE ags = ?"}, {"access_uses", "WHERE ags = ?"}, {"policy_proposals", "WHERE ags = ?"},
	{"attachments", "WHERE request_id IN (SELECT id FROM requests WHERE ags = ?)"},
}

// Export writes the record as JSON lines, of one municipality or of all.
func (s *Store) Export(ctx context.Context, ags string, w io.Writer) error {
	ctx = asInstallation(ctx)
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
			if _, err := dumpTable(db, x.table, where, args, out, "seal"); err != nil { // nobody outside has the key
				return fmt.Errorf("%s: %w", x.table, err)
			}
		}
		return nil
	}))
}
