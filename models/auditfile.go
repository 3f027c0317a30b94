package models

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// AuditFile does what Audit does with what `export` or `backup` has written, without any database.
func AuditFile(ctx context.Context, r io.Reader, ev Evidence) (*Report, error) {
	lines, err := unzipped(r)
	if err != nil {
		return nil, err
	}
	f := &filed{audit: newAudit(ev), heads: map[string]Head{}, walks: map[string]*walk{}, files: map[int64]*file{}, roles: map[int64]string{}, passed: map[string]*seen{}, schemas: &sync.Map{}}
	in := jsontext.NewDecoder(lines, jsontext.AllowDuplicateNames(true))
	var l fileLine
	for {
		f.line++
		err := l.next(in)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("the file is cut off or damaged in line %d, after %d events: %w", f.line, f.report.Events, err)
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		f.look(&l)
		if err := f.take(l); err != nil {
			return nil, fmt.Errorf("line %d: a row of %q can't be read: %w", f.line, l.Table, err)
		}
	}
	if len(f.heads) == 0 {
		return nil, errors.New("this is neither an export nor a backup of Formwandel: there is no chain in it")
	}
	f.end()
	return f.report, nil
}

// unzipped reads plain lines, and those of a backup.
func unzipped(r io.Reader) (io.Reader, error) {
	b := bufio.NewReaderSize(r, 1<<16)
	if magic, err := b.Peek(2); err == nil && bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		return gzip.NewReader(b)
	}
	return b, nil
}

// filed gives an audit the rows of a file. Events pass by; what they are held against is kept.
type filed struct {
	*audit
	line       int              // of the file, from 1
	passed     map[string]*seen // by table
	begun      bool             // events have begun
	heads      map[string]Head
	walks      map[string]*walk
	keys       []SigningKey
	signed     []checkpointRow
	files      map[int64]*file // by request
	forms      []Form
	versions   []Configuration
	quests     []definitionRow
	towns      []townRow
	people     accountRows
	grants     []grantRow
	uses       []useRow
	proposals  []proposalRow
	tokens     []Token
	assistants []assistantRow
	settings   []settingRow
	calendars  []calendarRow
	mails      []keptMail
	runs       []runRow // of retention
	roles      map[int64]string
	factors    Requirement
	strays     int // events of no chain
	schemas    *sync.Map
	scratch    []byte           // see Event.intact
	cells      jsontext.Decoder // see nameOf
}

// eventLine is an event as a file has it.
type eventLine struct {
	AGS       string    `json:"ags"`
	Seq       int64     `json:"seq"`
	RequestID *int64    `json:"request_id"`
	FormID    *int64    `json:"form_id"`
	At        time.Time `json:"at"`
	ActorID   *int64    `json:"actor_id"`
	Action    Action    `json:"action"`
	From      Status    `json:"from_state"`
	To        Status    `json:"to_state"`
	Version   int       `json:"version"`
	Comment   string    `json:"comment"`
	Salt      string    `json:"salt"`
	Internal  bool      `json:"internal"`
	Data      string    `json:"data"`
	Prev      string    `json:"prev"`
	Hash      string    `json:"hash"`
}

// event takes one event in its chain.
func (f *filed) event(row jsontext.Value) error {
	if !f.begun {
		f.begin()
	}
	var l eventLine
	if err := json.Unmarshal(row, &l, json.RejectUnknownMembers(true)); err != nil {
		f.keysOf("events", shapes["events"], row)
		l = eventLine{}
		if err := leniently(row, &l); err != nil {
			return err
		}
	}
	e := Event(l)
	w := f.walks[e.AGS]
	if w == nil {
		f.strays++
		return nil
	}
	intact, scratch := e.intact(f.scratch)
	f.scratch = scratch
	w.next(&e, intact)
	return nil
}

// begin knows keys, checkpoints and heads: they stand before the events.
func (f *filed) begin() {
	f.begun = true
	if len(f.signers) == 0 {
		f.signers = f.keys
	}
	slices.SortFunc(f.signed, func(a, b checkpointRow) int { return cmp.Compare(a.Number, b.Number) })
	for _, r := range f.signed {
		f.own(r)
	}
	f.outside()
	f.settled()
	for _, h := range f.heads {
		f.walks[h.Chain] = f.walk(h)
	}
}
