package models

import (
	"context"
	"database/sql"
	"encoding/base64"
	"time"

	"gorm.io/gorm"
)

// What tests see of the inside: the connections, to watch and to break them,
// and the pure functions whose results stand in the record.

// GORM are the writing and the reading connection.
func (s *Store) GORM() (writer, reader *gorm.DB) { return s.db, s.reader }

// Pools are their pools.
func (s *Store) Pools() (writer, readers *sql.DB) { return s.pool, s.readers }

// Write runs statements as one transaction of the store.
func (s *Store) Write(ags string, statements ...string) error {
	return s.write(context.Background(), clockUser, func(t *tx) error {
		if err := t.enter(ags); err != nil {
			return err
		}
		for _, q := range statements {
			t.do(q)
		}
		return nil
	})
}

// Mark writes one statement as small updates are written; made is told when its turn has come.
func (s *Store) Mark(ctx context.Context, statement string, made func()) error {
	return s.mark(ctx, func(time.Time) write {
		made()
		return write{sql: statement, want: 1}
	})
}

// Marking is how many small updates wait for their turn.
func (s *Store) Marking() int {
	s.marking.mu.Lock()
	defer s.marking.mu.Unlock()
	return len(s.marking.waiting)
}

// Sealed is an event chained to its predecessor.
func (e Event) Sealed(prev string) Event {
	e.seal(prev)
	return e
}

// Sealed is a version chained to its predecessor.
func (c Configuration) Sealed(prev string) Configuration {
	c.seal(prev)
	return c
}

// WritePrivate writes a key's file.
var WritePrivate = writePrivate

// FileName is the harmless name of a document.
func FileName(name, kind string) string { return fileName(name, kind) }

// Personal are the tables that are emptied of a person who is forgotten.
var Personal = personal

// BackupTables are the tables whose rows a backup holds.
var BackupTables = backupTables

// WordsOf is the digest that an event's hash holds of its words.
func (s *Store) WordsOf(ags string, seq int64, digest *string) error {
	var e Event
	err := s.reader.WithContext(asInstallation(context.Background())).Where("ags = ? AND seq = ?", ags, seq).Take(&e).Error
	*digest = e.typed()
	return err
}

// OwnParts are the names of the lists in the file of one's own data.
func OwnParts() (names []string) {
	for _, p := range ownParts {
		names = append(names, p.name)
	}
	return names
}

// SignReceipt signs what a receipt says with a key of dir, as one of the first format was.
func SignReceipt(dir string, key SigningKey, r *Receipt) error {
	k, err := openKey(dir, key)
	if err != nil {
		return err
	}
	r.Key = k.ID
	text, err := r.signed()
	r.Signature = base64.StdEncoding.EncodeToString(k.sign(text))
	return err
}

// LastSaid is what is searchable of comments, newest first.
func LastSaid(comments []Event) (public, internal string) { return lastSaid(comments) }

// MaxPeople is how many people a searched word stands for.
const MaxPeople = maxPeople
