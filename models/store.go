// Package models is the office: its nouns, its rules, its records. Exported
// methods of Store are the verbs; each opens its own transaction.
package models

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"gorm.io/gorm"
)

// Store keeps the records of one installation.
type Store struct {
	db, reader    *gorm.DB // writer (SQLite: one connection), readers
	pool, readers *sql.DB
	postgres      bool
	path          string // of the SQLite file

	host, team  string
	now         func() time.Time
	offset      atomic.Int64 // nanoseconds, rehearsal
	sealKey     atomic.Pointer[[32]byte]
	factorKey   atomic.Pointer[[32]byte]
	salt        atomic.Pointer[string] // of the counts of tries
	pauses      pauses                 // of tries
	linkKey     []byte                 // of this process, for the secrets of links
	derivedKeys sync.Map               // derivedKey → what rows are sealed with
	rowsSealed  atomic.Bool            // every row that can have a seal has one; see adopt
	tallyTurn   atomic.Int64           // whose turn it is of a tally's parts
	mailNumbers mailNumbers
	tallying    tallyStatements

	tables      sync.Map       // reflect.Type → *table
	prepared    preparedWrites // of SQLite's one writing connection
	catalogue   atomic.Pointer[catalogue]
	definitions sync.Map     // definitionKey → *definition.Definition
	parsed      sync.Map     // hash of a questionnaire → *definition.Definition
	outdated    atomic.Int64 // rises whenever the catalogue in memory is forgotten
	loading     sync.Mutex
	public      sync.Map     // "ags/assistant" → *PublicForm
	published   atomic.Int64 // rises whenever an answer in memory is forgotten
	publishing  sync.Mutex
	lives       sync.Map // id of a form → *liveForm as it was committed last
	livesKept   atomic.Int64
	marking     marking
	running     sync.Map // idempotency keys at work
	documents   *lending

	mailWake  chan struct{}
	clockWake chan struct{}
}

func newStore(o Options) *Store {
	s := &Store{
		host: o.Host, team: o.Team, now: o.Now,
		mailWake: make(chan struct{}, 1), clockWake: make(chan struct{}, 1), marking: marking{more: make(chan struct{}, 1)},
		documents: newLending(),
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.host == "" {
		s.host = "localhost"
	}
	s.offset.Store(int64(o.Offset))
	s.linkKey = []byte(rand.Text() + rand.Text())
	return s
}

// SetOffset moves the rehearsal clock: the offset is added to whatever clock decides.
func (s *Store) SetOffset(d time.Duration) { s.offset.Store(int64(d)) }

// Dialect names the database: "sqlite" or "postgres".
func (s *Store) Dialect() string {
	if s.postgres {
		return "postgres"
	}
	return "sqlite"
}

// Now is the time that decides: the database's, plus the rehearsal offset.
func (s *Store) Now(ctx context.Context) (time.Time, error) {
	now, err := s.databaseClock(s.reader.WithContext(ctx))
	return now, trouble(err)
}

// databaseClock asks PostgreSQL for the time; SQLite has this machine's.
func (s *Store) databaseClock(db *gorm.DB) (time.Time, error) {
	if !s.postgres {
		return s.shift(s.now()), nil
	}
	var now time.Time
	err := db.Raw(`SELECT clock_timestamp()`).Row().Scan(&now)
	return s.shift(now), err
}

// shift adds the rehearsal offset; instants are UTC in microseconds.
func (s *Store) shift(t time.Time) time.Time {
	return t.Add(time.Duration(s.offset.Load())).UTC().Truncate(time.Microsecond)
}

// Ping tells whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	var one int
	return s.readers.QueryRowContext(ctx, `SELECT 1`).Scan(&one)
}

// MailWake is nudged when mails have been written.
func (s *Store) MailWake() <-chan struct{} { return s.mailWake }

// ClockWake is nudged when something has become due at once.
func (s *Store) ClockWake() <-chan struct{} { return s.clockWake }

func nudge(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// trouble turns what a database says when it can't answer into a refusal that
// asks to try again; refusals for people and cancellations pass.
func trouble(err error) error {
	var e *Error
	if err == nil || errors.As(err, &e) || errors.Is(err, context.Canceled) {
		return err
	}
	return &databaseError{err}
}

// databaseError is a failure of the database, for operators; people are asked to try again.
type databaseError struct{ cause error }

func (e *databaseError) Error() string { return "database: " + e.cause.Error() }
func (e *databaseError) Unwrap() error { return e.cause }

// As lets the edge answer it as a Busy refusal.
func (e *databaseError) As(target any) bool {
	if t, ok := target.(**Error); ok {
		*t = &Error{Kind: Busy, Code: "database_busy"}
		return true
	}
	return false
}
