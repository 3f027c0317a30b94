package models

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm/schema"
)

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
	t.do(`DELETE FROM factor_roles`)
	t.s.factorKey.Store(nil) // the record brings the name of its own, whose file a start looks for
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
	t.do(`UPDATE mails SET state = 'failed', last_error = 'restored from a backup: may have been sent since', lease_token = '', lease_until = NULL, seal = '' WHERE state = 'waiting'`)
	t.wantSeals() // the first start with the key seals what has come without
	t.touches("settings", "name = 'catalogue'")
	t.do(`UPDATE settings SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT) WHERE name = 'catalogue'`)
	if t.s.postgres {
		for _, table := range []string{"users", "tokens", "passkeys", "forms", "requests", "approvals", "attachments", "mails", "saved_views", "retention_runs"} {
			t.do(`SELECT setval('` + table + `_id_seq', (SELECT coalesce(max(id), 0) + 1 FROM ` + table + `), false)`)
		}
	}
	if err := t.flush(); err != nil {
		return err
	}
	if err := t.afterRestoreLog(); err != nil {
		return err
	}
	return t.reindexAll()
}

// setCells fills a row as GORM maps it; a column that it does not know passes by.
func setCells(sch *schema.Schema, table string, row any, cells map[string]any) error {
	v := reflect.ValueOf(row).Elem()
	for name, cell := range cells {
		field := sch.LookUpField(name)
		if field == nil || field.DBName != name || cell == nil {
			continue
		}
		value, err := restored(table+"."+name, cell)
		if err == nil {
			err = field.Set(context.Background(), v, value)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}
