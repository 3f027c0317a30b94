package models

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/gorm"
)

// tx is one transaction: one actor, one now, and the chains of the municipalities it
// has entered, one of them at work. What
// it writes is queued and goes to the database together at the end, on
// PostgreSQL in a single round trip.
type tx struct {
	ctx   context.Context
	s     *Store
	db    *gorm.DB // for reading inside the transaction
	sql   *sql.Tx
	conn  *sql.Conn
	now   time.Time
	actor User

	chain    *chain   // the municipality at work
	chains   []*chain // all that were entered
	live     map[int64]*liveForm
	changed  map[int64]*liveForm // forms with a new version
	queue    []write
	moved    []move   // forms that are to be pointed at their last version
	streams  [3][]any // rows of the append-only streams: versions, events, mails
	after    []func() // once committed
	mails    bool     // mails were written
	reserved []int64  // numbers for mails, by this transaction
	numbered int      // how many it took of those that the process had
	due      bool     // something has become due at once
	people   map[int64]User
	known    map[int64]knownForm
	fates    map[int64]fate // of requests that others build on
	plans    map[int64]plan
	copies   map[string]policy // that requests keep, by their texts
	posted   []Mail            // mails written so far
	seen     []SecurityEvent   // for the security log
	touched  map[int64]bool    // forms of which a request has moved since what was queued went out
	ahead    bool              // it only decides: what it queues is written by another one, see ahead
	fresh    bool              // the request was made in this transaction: nothing about it is in the database yet
	stood    bool              // it was looked whether the actor still may, see stand
	renamed  *catalogue        // as this transaction has left it, where requests are indexed anew for it
	late     error             // what went wrong where nobody was asked; nothing is written then

	touching []touched            // rows that are to be sealed anew, see touches
	moves    map[string]*rowCount // of what is counted, by table, see tally
	foreign  int64                // SQLite: what somebody has moved past the program ends there
	states   map[string]sealState // what their seals said before
}

// retries is how often a transaction that PostgreSQL gave up for another one is tried again.
const retries = 3

// write runs fn in a transaction as actor. What fn queued is written, then
// committed; then memory is brought up to date.
func (s *Store) write(ctx context.Context, actor User, fn func(*tx) error) error {
	ctx = as(ctx, actor)
	var err error
	for range retries {
		if err = s.writeOnce(ctx, actor, fn); !isSerialization(err) {
			break
		}
	}
	return trouble(err)
}

func (s *Store) writeOnce(ctx context.Context, actor User, fn func(*tx) error) (err error) {
	if !s.postgres {
		if err := s.tallying.prepare(ctx, s.pool); err != nil {
			return err
		}
	}
	conn, err := s.pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	own := ctx
	if !s.postgres {
		own = context.WithoutCancel(ctx) // flush goes past database/sql: on a transaction taken back under it, it would write without one
	}
	stx, err := conn.BeginTx(own, nil)
	if err != nil {
		return err
	}
	defer stx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back
	t := s.beginning(ctx, actor, s.db, stx)
	t.conn = conn
	if !s.postgres {
		t.now = s.shift(s.now())
		if err := t.foreignMoves(); err != nil {
			return err
		}
	}
	if err := fn(t); err != nil {
		return err
	}
	if err := t.stand(); err != nil { // who has entered no chain and asked no clock
		return err
	}
	if err := t.flush(); err != nil {
		return err
	}
	if err := t.sealTouched(); err != nil {
		return err
	}
	if err := t.writeSeen(); err != nil {
		return err
	}
	if err := t.tally(); err != nil {
		return err
	}
	if err := stx.Commit(); err != nil {
		return err
	}
	t.committed()
	return nil
}

// beginning is a transaction that reads in stx and has nothing in its queue yet.
func (s *Store) beginning(ctx context.Context, actor User, pool *gorm.DB, stx *sql.Tx) *tx {
	db := pool.Session(&gorm.Session{NewDB: true, Context: ctx})
	db.Statement.ConnPool = stx
	return &tx{
		ctx: ctx, s: s, db: db, sql: stx, actor: actor, live: map[int64]*liveForm{}, changed: map[int64]*liveForm{}, people: map[int64]User{},
		plans: map[int64]plan{}, copies: map[string]policy{}, known: map[int64]knownForm{}, fates: map[int64]fate{}, touched: map[int64]bool{},
	}
}

// committed brings memory up to date and wakes who has work.
func (t *tx) committed() {
	for _, l := range t.changed {
		t.s.Unpublish(l.form.Key())
		t.s.rememberLive(l)
	}
	for _, f := range t.after {
		f()
	}
	if t.mails {
		nudge(t.s.mailWake)
	}
	if t.due {
		nudge(t.s.clockWake)
	}
}

// chain is the end of a municipality's events inside a transaction.
type chain struct {
	ags    string
	seq    int64
	oldSeq int64 // as it was read or written last
	head   string
	seal   string    // over both: an event that is added past the program is not as this program has written it
	state  sealState // what it said
	open   []*openEvent
}

// enter locks a municipality's chain: from here on nobody else writes anything
// for it until this transaction ends, so that what is read stays true.
func (t *tx) enter(ags string) error {
	c := &chain{ags: ags}
	if t.s.postgres {
		return t.entered(c, t.db.Raw(`SELECT seq, hash, seal, clock_timestamp() FROM chains WHERE ags = ? FOR UPDATE`, ags).Row().Scan(&c.seq, &c.head, &c.seal, &t.now))
	}
	return t.entered(c, t.db.Raw(`SELECT seq, hash, seal FROM chains WHERE ags = ?`, ags).Row().Scan(&c.seq, &c.head, &c.seal))
}

// enterToFile does the same, and learns on the way what filing needs: the id
// of the new request, the form's live version, whether anything is planned for it.
func (t *tx) enterToFile(f Form, requestID *int64) error {
	c := &chain{ags: f.AGS}
	var known knownForm
	var err error
	if t.s.postgres {
		err = t.db.Raw(`SELECT seq, hash, seal, clock_timestamp(), nextval('requests_id_seq') FROM chains WHERE ags = ? FOR UPDATE`, f.AGS).Row().Scan(&c.seq, &c.head, &c.seal, &t.now, requestID)
		if err == nil { // a statement of its own: the one that waits for the lock sees the form as it was before
			err = t.db.Raw(`SELECT live, EXISTS (SELECT 1 FROM requests WHERE form_id = f.id AND planned) FROM forms f WHERE id = ?`, f.ID).Row().Scan(&known.live, &known.planned)
		}
	} else {
		err = t.db.Raw(`SELECT c.seq, c.hash, c.seal, coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'requests'), 0) + 1, f.live,
			EXISTS (SELECT 1 FROM requests WHERE form_id = f.id AND planned) FROM chains c, forms f WHERE c.ags = ? AND f.id = ?`, f.AGS, f.ID).
			Row().Scan(&c.seq, &c.head, &c.seal, requestID, &known.live, &known.planned)
	}
	t.known[f.ID] = known
	return t.entered(c, err)
}

// knownForm is what a transaction has learnt about a form on the way.
type knownForm struct {
	live    int64
	planned bool
}

// entered notes whose chain is locked; events go to the one entered last.
func (t *tx) entered(c *chain, err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return notFound("municipality")
	}
	if t.s.postgres {
		t.now = t.s.shift(t.now)
	}
	c.oldSeq = c.seq
	if c.state = sealSays(c.seal, t.s.sealOfEnd(c.ags, c.seq, c.head)); c.state == sealNone && c.seq == 0 {
		c.state = sealRight // nothing has been written
	}
	t.chain = c
	t.chains = append(t.chains, c)
	if err != nil {
		return err
	}
	return t.stand()
}

// tick asks the database what time it is, for transactions that enter no chain.
func (t *tx) tick() error {
	now, err := t.s.databaseClock(t.db)
	if t.now = now; err != nil {
		return err
	}
	return t.stand()
}

// isSerialization tells whether PostgreSQL gave a transaction up for another one.
func isSerialization(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01")
}

// read runs fn on the readers with the time that decides, outside a transaction.
func (s *Store) read(ctx context.Context, fn func(*tx) error) error {
	t := &tx{ctx: ctx, s: s, db: s.reader.WithContext(ctx), live: map[int64]*liveForm{}, people: map[int64]User{}, plans: map[int64]plan{}, fates: map[int64]fate{}}
	if err := t.tick(); err != nil {
		return trouble(err)
	}
	return trouble(fn(t))
}
