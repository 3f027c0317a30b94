package models

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	stdjson "encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"gorm.io/gorm/schema"
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

// take reads one row. What an audit does not look at passes by.
func (f *filed) take(l fileLine) error {
	switch l.Table {
	case "events":
		return f.event(l.Row)
	case "chains":
		var h struct {
			AGS  string `json:"ags"`
			Seq  int64  `json:"seq"`
			Hash string `json:"hash"`
		}
		err := leniently(l.Row, &h)
		f.heads[h.AGS] = Head{h.AGS, h.Seq, h.Hash}
		return err
	case "blobs", "secrets":
		return f.content(l)
	case "user_roles":
		var r struct {
			User int64  `json:"user_id"`
			Role string `json:"role"`
		}
		err := leniently(l.Row, &r)
		f.roles[r.User] += " " + r.Role
		return err
	}
	return f.keepRow(l)
}

// keepAccount keeps a row that belongs to an account.
func (f *filed) keepAccount(l fileLine) error {
	switch l.Table {
	case "users":
		return into(f, l, &f.people.accounts)
	case "totps":
		return into(f, l, &f.people.apps)
	case "passkeys":
		return into(f, l, &f.people.keys)
	case "identities":
		return into(f, l, &f.people.links)
	case "recovery_codes":
		return into(f, l, &f.people.codes)
	case "factor_roles":
		var r struct {
			Role Role       `json:"role"`
			Kind FactorKind `json:"kind"`
		}
		err := leniently(l.Row, &r)
		f.factors = append(f.factors, RoleFactor(r))
		return err
	}
	return nil
}

// keepRow keeps a row that is looked at when the events have passed.
func (f *filed) keepRow(l fileLine) error {
	switch l.Table {
	case "signing_keys":
		return into(f, l, &f.keys)
	case "checkpoints":
		return into(f, l, &f.signed)
	case "forms":
		return into(f, l, &f.forms)
	case "configurations":
		return into(f, l, &f.versions)
	case "definitions":
		return into(f, l, &f.quests)
	case "municipalities":
		return into(f, l, &f.towns)
	case "access_grants":
		return into(f, l, &f.grants)
	case "access_uses":
		return into(f, l, &f.uses)
	case "policy_proposals":
		return into(f, l, &f.proposals)
	case "tokens":
		return into(f, l, &f.tokens)
	case "assistants":
		return into(f, l, &f.assistants)
	case "calendar_links":
		return into(f, l, &f.calendars)
	case "retention_runs":
		return into(f, l, &f.runs)
	case "settings":
		return into(f, l, &f.settings)
	case "mails":
		if len(l.Row) == 0 {
			return nil // which look has told
		}
		var ms []Mail
		err := into(f, l, &ms)
		f.mails = append(f.mails, ms[0].kept())
		return err
	case "requests":
		var rs []Request
		err := into(f, l, &rs)
		f.of(rs[0].ID).r = &rs[0]
		return err
	case "changes", "approvals", "attachments", "request_editors", "request_sections":
		return f.part(l)
	}
	return f.keepAccount(l)
}

// of is what a file has about a request.
func (f *filed) of(request int64) *file {
	x := f.files[request]
	if x == nil {
		x = &file{}
		f.files[request] = x
	}
	return x
}

// part keeps a row that belongs to a request.
func (f *filed) part(l fileLine) error {
	var id struct {
		Request int64  `json:"request_id"`
		User    int64  `json:"user_id"`
		Section string `json:"section"`
	}
	if err := leniently(l.Row, &id); err != nil {
		return err
	}
	x := f.of(id.Request)
	switch l.Table {
	case "changes":
		return into(f, l, &x.changes)
	case "approvals":
		return into(f, l, &x.approvals)
	case "attachments":
		return into(f, l, &x.documents)
	case "request_sections": // an export has none
		f.sections = true
		x.sections = append(x.sections, id.Section)
		return nil
	}
	x.editors = append(x.editors, id.User)
	return nil
}

// into reads a row as GORM would, and puts it behind others.
func into[T any](f *filed, l fileLine, rows *[]T) error {
	var row T
	*rows = append(*rows, row)
	to := &(*rows)[len(*rows)-1]
	sch, err := schema.Parse(to, f.schemas, schema.NamingStrategy{})
	if err != nil {
		return err
	}
	var cells map[string]any
	in := stdjson.NewDecoder(bytes.NewReader(l.Row))
	in.UseNumber()
	if err := in.Decode(&cells); err != nil {
		return err
	}
	return setCells(sch, l.Table, to, cells)
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
