package models

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"flag"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"
	"gorm.io/gorm"
)

// Update rewrites golden files: go test ./models -update.
var Update = flag.Bool("update", false, "rewrite golden files and docs/workflow.md")

// Everybodys lets a context touch the rows of all municipalities.
func Everybodys(ctx context.Context) context.Context { return asInstallation(ctx) }

// As lets a context touch what somebody may see.
func As(ctx context.Context, u User) context.Context { return as(ctx, u) }

// Pool is the database itself, for tests that do what no verb allows: with everybody's rows.
func (s *Store) Pool() Pool { return Pool{s.pool} }

// Pool is a pool whose statements need no context.
type Pool struct{ *sql.DB }

// Exec changes any rows.
func (p Pool) Exec(query string, args ...any) (sql.Result, error) {
	return p.ExecContext(Everybodys(context.Background()), query, args...)
}

// Query reads any rows.
func (p Pool) Query(query string, args ...any) (*sql.Rows, error) {
	return p.QueryContext(Everybodys(context.Background()), query, args...)
}

// QueryRow reads any row.
func (p Pool) QueryRow(query string, args ...any) *sql.Row {
	return p.QueryRowContext(Everybodys(context.Background()), query, args...)
}

// Numbered writes a query's placeholders as the database wants them.
func (s *Store) Numbered(query string) string {
	if s.postgres {
		return numbered(query)
	}
	return query
}

// ContentHash is what an approval of a request binds to.
func ContentHash(r *Request) string { return contentHash(r) }

// DumpColumns are what lines of files have.
var DumpColumns = dumpColumns

// Chunk is how many due requests one transaction takes.
const Chunk = chunk

// LogPages is how long SQLite's log may be before a commit carries it over.
const LogPages = logPages

// Plant writes approved requests as they are given, with their approvals and a
// history, in one transaction: the fast way to a large midnight.
func (s *Store) Plant(ctx context.Context, actor User, ags string, rs []*Request) error {
	return s.write(ctx, actor, func(t *tx) error {
		if err := t.enter(ags); err != nil {
			return err
		}
		cat, err := s.catalogueNow(ctx)
		if err != nil {
			return err
		}
		for _, r := range rs {
			if err := t.plant(r, cat); err != nil {
				return err
			}
			if err := t.flush(); err != nil {
				return err
			}
			if err := t.reindex(r); err != nil {
				return err
			}
		}
		return nil
	})
}

func (t *tx) plant(r *Request, cat *catalogue) error {
	r.Status, r.Version, r.CreatedAt, r.UpdatedAt = Approved, 2+len(r.Approvals), t.now, t.now
	if err := t.nextRequest(r); err != nil {
		return err
	}
	needs, err := cat.needs(cat.forms[r.FormID], cat.definition(r.Assistant, r.Definition))
	if err != nil {
		return err
	}
	if r.Policy, err = canonical(needs); err != nil {
		return err
	}
	r.ContentHash = contentHash(r)
	r.count()
	settle(r, cat.calendars[r.AGS])
	t.insert(r)
	t.insertChanges(r)
	t.insertSections(r)
	for i := range r.Approvals {
		a := r.Approvals[i]
		a.RequestID, a.Version, a.ContentHash, a.At = r.ID, 2+i, r.ContentHash, t.now
		t.insert(&a)
		e := Event{RequestID: &r.ID, ActorID: &a.UserID, Action: Approve, From: InReview, To: Approved, Version: a.Version + 1}
		if _, err := t.record(e, EventData{ContentHash: r.ContentHash, Side: a.Side, Changes: shown(r.Changes)}); err != nil {
			return err
		}
	}
	return nil
}

// DecideAhead decides on what is due in some municipalities; what comes back writes it.
func (s *Store) DecideAhead(ctx context.Context, some ...string) (write func() error) {
	d := s.decide(ctx, some)
	return func() error {
		if d.err != nil {
			return d.err
		}
		return s.write(ctx, clockUser, func(t *tx) error { return cmp.Or(t.adopt(d), t.keepNumbers(2*t.numbered)) })
	}
}

// WriteAhead decides on portions, lets act happen, and writes what it can in one transaction; behind them comes nothing if they are not all.
func (s *Store) WriteAhead(ctx context.Context, all bool, act func(), portions ...string) (int, error) {
	a := &ahead{next: make(chan *decided, len(portions))}
	for _, some := range portions {
		a.next <- s.decide(ctx, []string{some})
	}
	if all {
		close(a.next)
	}
	act()
	return s.writeChunk(ctx, a, <-a.next)
}

// PlainAhead tells how many arguments of what is decided ahead there are, and how many of them the driver takes as they are.
func (s *Store) PlainAhead(ctx context.Context, some ...string) (all, plain int, err error) {
	d := s.decide(ctx, some)
	for _, w := range d.tx.queue {
		for _, a := range w.args {
			if all++; driver.IsValue(a) {
				plain++
			}
		}
	}
	return all, plain, d.err
}

// InstantAhead is an instant as it is written down when it was decided on ahead, and as the driver writes it.
func (s *Store) InstantAhead(ctx context.Context, at time.Time) (ours, drivers string, err error) {
	t := &tx{queue: []write{{args: []any{at}}}}
	err = cmp.Or(t.prepare(), s.pool.QueryRowContext(ctx, `SELECT CAST(? AS BLOB)`, at).Scan(&drivers))
	ours, _ = t.queue[0].args[0].(string)
	return ours, drivers, err
}

// UseUpMailNumbers takes all numbers for mails that were reserved, and tells how many there were.
func (s *Store) UseUpMailNumbers() (n int64) {
	for s.mailNumbers.take() != 0 {
		n++
	}
	return n
}

// Both is what a table says, read by cells and by GORM, and which columns there are.
type Both struct {
	Table           string
	InTable, Read   []string
	ByCells, ByGORM []any
	Err             error
}

// BothWays reads the tables of all row types that are read by cells.
func (s *Store) BothWays() []Both {
	return []Both{
		bothWays(s, "requests", requestColumns, (*Request).takeFrom), bothWays(s, "changes", changeColumns, (*Change).takeFrom),
		bothWays(s, "approvals", approvalColumns, (*Approval).takeFrom), bothWays(s, "users", userColumns, (*User).takeFrom),
		bothWays(s, "mails", mailColumns, (*Mail).takeFrom),
	}
}

func bothWays[T any](s *Store, table, list string, take func(*T, *cells)) Both {
	db := s.reader.WithContext(Everybodys(context.Background()))
	b := Both{Table: table, Read: columnsOf(list)}
	b.InTable, b.Err = columnsIn(db, table)
	byCells, err := readRows(db, take, "SELECT "+list+" FROM "+table+" ORDER BY 1, 2")
	var byGORM []*T
	b.Err = errors.Join(b.Err, err, db.Order("1, 2").Find(&byGORM).Error)
	for _, r := range byCells {
		b.ByCells = append(b.ByCells, r)
	}
	for _, r := range byGORM {
		b.ByGORM = append(b.ByGORM, r)
	}
	return b
}

// columnsIn are the columns that a table has.
func columnsIn(db *gorm.DB, table string) ([]string, error) {
	rows, err := db.Raw("SELECT * FROM " + table + " WHERE 1 = 0").Rows()
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	names, err := rows.Columns()
	return names, errors.Join(err, rows.Err())
}

// Why what was decided ahead is not written.
var ErrMoved, ErrReadsOwn = errMoved, errReadsOwn

// TokenHash is what is kept of a secret.
func TokenHash(secret string) string { return tokenHash(secret) }

// SealedCells are the columns that rows are sealed over besides what events tell, by table.
func SealedCells() map[string][]string {
	out := map[string][]string{}
	for _, x := range sealedTables {
		out[x.name] = x.cells
	}
	return out
}

// PlantPasskey adds a passkey whose making was somebody else's business.
func PlantPasskey(ctx context.Context, s *Store, u User, x Session, id string) error {
	_, err := s.keepPasskey(ctx, u, x, "Schlüssel", []byte("h"), &webauthn.Credential{ID: []byte(id), PublicKey: []byte("k")}, "")
	return err
}

// ReindexAll makes the search index anew.
func (s *Store) ReindexAll(ctx context.Context) error {
	return s.write(ctx, clockUser, func(t *tx) error {
		if s.postgres {
			t.do(`TRUNCATE search`)
		} else {
			t.do(`INSERT INTO search (search) VALUES ('delete-all')`)
		}
		return t.reindexAll()
	})
}
