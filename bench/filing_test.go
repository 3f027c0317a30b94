package bench

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"formwandel/models"
	"formwandel/models/modelstest"
)

// BenchmarkFiling files submitted requests, each with one change, its event,
// its mails and its search row, flushed to disk, against the same rows written
// with bare SQL: prepared, one statement after the other, one transaction.
func BenchmarkFiling(b *testing.B) {
	for _, kind := range kinds {
		for _, n := range []int{1, 4, 16} {
			b.Run(fmt.Sprintf("%s/%d", kind, n), func(b *testing.B) {
				o, bare := newOffice(b, kind, towns), newBareOffice(b, kind, n)
				file := func() float64 { return o.fileMany(b, n) }
				file()
				b.Run("sql", func(b *testing.B) {
					compare(b, fmt.Sprintf("filing, %s, %d at a time, against bare SQL", kind, n), "≥ 0.5", 25, file,
						func() float64 { return bare.many(b, n, (*bareOffice).file) })
				})
				if kind == "sqlite" {
					return // there are no round trips to save
				}
				b.Run("batch", func(b *testing.B) {
					compare(b, fmt.Sprintf("filing, %s, %d at a time, against a pipelined pgx batch", kind, n), "", 25, file,
						func() float64 { return bare.many(b, n, (*bareOffice).fileBatch) })
				})
			})
		}
	}
}

const (
	towns    = 24 // more than goroutines, so that they seldom meet in one
	perRound = 64 // filings
)

// filing is one fee from New Year.
func filing(ags string, i int64) models.FileInput {
	return models.FileInput{Form: ags + "/" + modelstest.Birth, Submit: true, Content: models.Content{
		Reason:    ptr("Neue Gebührensatzung"),
		Effective: &models.EffectiveInput{Kind: "from", Date: "2027-01-01"},
		Sections:  &[]string{"gebuehren"},
		Changes:   &[]models.ChangeInput{{Field: "gebuehren.erste", New: fmt.Appendf(nil, "%d", 2001+i%5000)}},
	}}
}

var filed atomic.Int64

func (o *office) fileMany(b *testing.B, n int) float64 {
	return perSecond(perRound, func() {
		together(b, n, func(g int) error {
			for i := range perRound / n {
				t := o.towns[(g+i*n)%len(o.towns)]
				if _, err := o.File(ctx, t.clerk, filing(t.ags, filed.Add(1))); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// bareOffice writes a filing's rows without the program.
type bareOffice struct {
	*office
	lines                             []*line
	request, change, section, ev, pen *rows
	words                             any
	forms                             map[string]int64
	head                              string
	nextID                            string
	id                                atomic.Int64
}

// newBareOffice lets the program file once and remembers what it wrote.
func newBareOffice(b testing.TB, kind string, conns int) *bareOffice {
	b.Helper()
	o := &bareOffice{office: newOffice(b, kind, towns)}
	t := o.towns[0]
	c, err := o.File(ctx, t.clerk, filing(t.ags, 1))
	must(b, err)
	db := o.bare(b, conns)
	o.forms = formsOf(b, db)
	o.request = readRows(b, db, "requests", fmt.Sprintf("id = %d", c.ID))
	o.change = readRows(b, db, "changes", fmt.Sprintf("request_id = %d", c.ID))
	o.section = readRows(b, db, "request_sections", fmt.Sprintf("request_id = %d", c.ID))
	o.ev = readRows(b, db, "events", fmt.Sprintf("request_id = %d", c.ID))
	o.pen = readRows(b, db, "mails", fmt.Sprintf("request_id = %d", c.ID)).without("id")
	if len(o.pen.values) < 3 {
		b.Fatalf("%d mails", len(o.pen.values))
	}
	text := "ka 2026 000001 1 neu gebuhrensatz komm24geburtsurkund geburtsurkund musterstadt 000 14100000 gebuhr erst geburtsurkund 20 00 € 25 00 € clerk 14100000 mandant14100000"
	o.words, o.head, o.nextID = text, `SELECT seq, hash FROM chains WHERE ags = ?`, `SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'requests'), 0) + 1`
	if kind == "postgres" {
		o.words, o.nextID = strings.Fields(text), ""
		o.head = `SELECT seq, hash, nextval('requests_id_seq') FROM chains WHERE ags = ? FOR UPDATE`
	}
	if kind == "sqlite" {
		conns = 1
	}
	for range conns {
		o.lines = append(o.lines, newLine(b, kind, db))
	}
	o.id.Store(1000)
	return o
}

// many files on all lines at once; on SQLite the goroutines share the one writer.
func (o *bareOffice) many(b *testing.B, n int, file func(*bareOffice, *line, town) error) float64 {
	n = min(n, len(o.lines))
	return perSecond(perRound, func() {
		together(b, n, func(g int) error {
			for i := range perRound / n {
				if err := file(o, o.lines[g], o.towns[(g+i*n)%len(o.towns)]); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// statement is one row to write.
type statement struct {
	sql  string
	args []any
}

// statements are a filing's rows behind the head of a chain.
func (o *bareOffice) statements(t town, id, seq int64) []statement {
	number, hash := fmt.Sprintf("KA-2026-%06d", id), random(32)
	out := []statement{
		{o.request.insert("sqlite"), o.request.with(0, map[string]any{"id": id, "number": number, "ags": t.ags, "form_id": o.forms[t.ags], "author_id": t.clerk.ID})},
		{o.change.insert("sqlite"), o.change.with(0, map[string]any{"request_id": id})},
		{o.section.insert("sqlite"), o.section.with(0, map[string]any{"request_id": id})},
	}
	if o.kind == "postgres" {
		out = append(out, statement{`INSERT INTO search (request_id, ags, words, everything) VALUES (?, ?, array_to_tsvector(?), array_to_tsvector(?))`, []any{id, t.ags, o.words, o.words}})
	} else {
		out = append(out, statement{`INSERT INTO search (rowid, words, internal) VALUES (?, ?, ?)`, []any{id, o.words, ""}})
	}
	out = append(out, statement{o.ev.insert("sqlite"), o.ev.with(0, map[string]any{"ags": t.ags, "seq": seq + 1, "request_id": id, "actor_id": t.clerk.ID, "hash": hash})})
	for i := range o.pen.values {
		out = append(out, statement{o.pen.insert("sqlite"), o.pen.with(i, map[string]any{"ags": t.ags, "request_id": id, "event_seq": seq + 1, "message_id": "<" + number + ".submitted." + random(12) + "@formwandel.example>"})})
	}
	return append(out, statement{`UPDATE chains SET seq = ?, hash = ? WHERE ags = ? AND seq = ?`, []any{seq + 1, hash, t.ags, seq}})
}

// file writes one filing, a round trip for each statement.
func (o *bareOffice) file(l *line, t town) error {
	return l.in(func() error {
		var seq, id int64
		var hash string
		if o.nextID == "" {
			if err := l.scan(o.head, []any{t.ags}, &seq, &hash, &id); err != nil {
				return err
			}
		} else if err := l.scan(o.head, []any{t.ags}, &seq, &hash); err != nil {
			return err
		} else if err := l.scan(o.nextID, nil, &id); err != nil {
			return err
		}
		for _, s := range o.statements(t, id, seq) {
			if err := l.exec(s.sql, s.args...); err != nil {
				return err
			}
		}
		return nil
	})
}

// fileBatch writes one filing with as few round trips as there can be: the
// head of the chain, then everything else and the commit.
func (o *bareOffice) fileBatch(l *line, t town) error {
	return l.conn.Raw(func(dc any) error {
		conn := dc.(*stdlib.Conn).Conn()
		var seq, id int64
		var hash string
		first := &pgx.Batch{}
		first.Queue("BEGIN")
		first.Queue(numbered(o.kind, o.head), t.ags).QueryRow(func(r pgx.Row) error { return r.Scan(&seq, &hash, &id) })
		if err := conn.SendBatch(ctx, first).Close(); err != nil {
			return err
		}
		rest := &pgx.Batch{}
		for _, s := range o.statements(t, id, seq) {
			rest.Queue(numbered(o.kind, s.sql), s.args...)
		}
		rest.Queue("COMMIT")
		return conn.SendBatch(ctx, rest).Close()
	})
}

// TestBareFilingIsTaken: what is measured against goes on being what the database takes.
func TestBareFilingIsTaken(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			o := newBareOffice(t, kind, 1)
			for i, town := range o.towns[:2] {
				must(t, o.file(o.lines[0], town))
				if kind == "postgres" {
					must(t, o.fileBatch(o.lines[0], o.towns[len(o.towns)-1-i]))
				}
			}
		})
	}
}

func random(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}
