package models

import (
	"context"

	"gorm.io/gorm"
)

// What stands in no event and decides all the same (mails, the security log, known browsers) is sealed row by row. Rows
// that have none yet, because an older program has written them, or a backup brought them, are given one when the server
// starts; the record says when that was. From then on a row without a seal is one that nobody has written who may.

// SealRows is the event that says that every row that can have a seal has one.
const SealRows Action = "rows_sealed"

// sealsWanted is the setting that says that rows without a seal have come since: with a backup, or (SQLite) while the key was not there.
const sealsWanted = "seals.wanted"

// sealing at once: how many rows share a transaction.
const sealedAtOnce = 1000

// KnowFactorKey reads the installation's key for second factors if its file is in a folder: for commands that write beside the server.
func (s *Store) KnowFactorKey(ctx context.Context, dir string) error {
	var print string
	err := s.reader.WithContext(ctx).Raw(`SELECT value FROM settings WHERE name = 'factor_key'`).Scan(&print).Error
	if err == nil && print != "" {
		_, err = s.readFactorKey(dir, print)
	}
	return trouble(err)
}

// adopt seals what has no seal yet, if it is not known that everything has one: once in the life of a process, when it starts.
func (s *Store) adopt(ctx context.Context) error {
	if s.factorKey.Load() == nil {
		if s.postgres { // there are other instances
			return nil
		}
		return s.write(ctx, clockUser, func(t *tx) error { t.wantSeals(); return nil })
	}
	var said, wanted bool
	err := s.reader.WithContext(asInstallation(ctx)).Raw(`SELECT EXISTS (SELECT 1 FROM events WHERE ags = ? AND action = ?), EXISTS (SELECT 1 FROM settings WHERE name = ?)`, Installation, SealRows, sealsWanted).Row().Scan(&said, &wanted)
	if err != nil {
		return trouble(err)
	}
	done := s.rowsSealed.Load()
	kinds := []func(*tx) (int, error){(*tx).sealMails, (*tx).sealLog, (*tx).sealDevices}
	for _, x := range sealedTables {
		kinds = append(kinds, x.sealSome)
	}
	for _, some := range kinds {
		for n := sealedAtOnce; n == sealedAtOnce && !done && (!said || wanted); {
			if err := s.write(ctx, clockUser, func(t *tx) error { n, err = some(t); return err }); err != nil {
				return err
			}
		}
	}
	s.rowsSealed.Store(true)
	switch {
	case !said || wanted && !done:
		return s.write(ctx, clockUser, (*tx).recordSeals)
	case wanted: // nobody has set it who may: there is no restoring beside a server
		return s.write(ctx, clockUser, func(t *tx) error { t.do(`DELETE FROM settings WHERE name = ?`, sealsWanted); return nil })
	}
	return nil
}

// wantSeals notes that rows without a seal come by right.
func (t *tx) wantSeals() {
	t.touches("settings", "name = ?", sealsWanted)
	t.do(`INSERT INTO settings (name, value) SELECT ?, 'yes' WHERE EXISTS (SELECT 1 FROM municipalities) ON CONFLICT (name) DO NOTHING`, sealsWanted)
}

// recordSeals records that everything is sealed, once there is something: an empty database can still be restored into.
func (t *tx) recordSeals() error {
	if err := t.enter(Installation); err != nil {
		return err
	}
	var some bool
	if err := t.db.Raw(`SELECT EXISTS (SELECT 1 FROM municipalities)`).Row().Scan(&some); err != nil || !some {
		return err
	}
	if _, err := t.lockLog(); err != nil { // before the tallies, as everybody does
		return err
	}
	if err := t.recount(); err != nil {
		return err
	}
	t.do(`DELETE FROM settings WHERE name = ?`, sealsWanted)
	t.witness(SecurityEvent{Code: RowsSealed})
	schema, err := schemaRows(t.db)
	if err != nil {
		return err
	}
	_, err = t.record(Event{Action: SealRows}, EventData{Subject: "rows", File: schema})
	return err
}

// schemaRows is a hash over which migrations the database has seen, and when: the event that says that all is sealed holds it, for
// after each migration it is written anew.
func schemaRows(db *gorm.DB) (string, error) {
	var rows []string
	err := db.Raw(`SELECT CAST(id AS TEXT) || ' ' || CAST(version_id AS TEXT) || ' ' || CAST(is_applied AS TEXT) || ' ' || CAST(tstamp AS TEXT) FROM goose_db_version ORDER BY id`).Scan(&rows).Error
	return digest(rows...), err
}

// sealMails seals some mails that have no seal; it tells how many it has found.
func (t *tx) sealMails() (int, error) {
	ms, err := t.lockMails(`id IN (SELECT id FROM mails WHERE seal = '' ORDER BY id LIMIT ?)`, sealedAtOnce)
	for _, m := range ms {
		if m.Seal == "" { // another instance may have been faster
			t.must(1, `UPDATE mails SET seal = ? WHERE id = ?`, m.sealFor(t.s), m.ID)
		}
	}
	return len(ms), err
}

// sealSome seals some rows of a table that have no seal; it tells how many it has found.
func (x *sealedTable) sealSome(t *tx) (int, error) {
	some := x.seal + ` = '' LIMIT ?`
	if t.s.postgres {
		some += ` FOR UPDATE` // others work beside
	}
	rows, err := t.s.sealedRows(t.db, x.name, some, sealedAtOnce)
	for _, r := range rows {
		t.reseals(r, sealRight)
	}
	return len(rows), err
}
