package models

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"formwandel/models/calendar"
)

// Receipt (Beleg) is what the record says of one request, for somebody who
// wants to prove it without the record: every event with all its hash is made of,
// and the checkpoint that covers it. The chain proves accounts, not names: these stand apart, with their day.
// Made again on that day, it is the same unless the request has moved or a name has changed.
type Receipt struct {
	Format       int            `json:"formwandel_receipt"` // 2; 1 had the names of its day at the events, as if the chain held them
	Installation string         `json:"installation"`
	Number       string         `json:"number"`
	Form         string         `json:"form"` // 14625020/KOMM24Geburtsurkunde
	Municipality string         `json:"municipality"`
	Status       Status         `json:"status"`
	Version      int            `json:"version"`
	ContentHash  string         `json:"content_hash"`
	Events       []ReceiptEvent `json:"events"`
	NamesAsOf    string         `json:"names_as_of,omitempty"` // the day in Berlin on which the people had these names
	People       []ReceiptName  `json:"people,omitempty"`      // whom the accounts of the events belong to
	Checkpoint   string         `json:"checkpoint"`            // the first statement behind the last event, with its signature; "" if there is none yet
	Key          string         `json:"key"`
	Signature    string         `json:"signature"` // Ed25519 over this document as canonical JSON (RFC 8785) without signature, base64
}

// ReceiptName is what somebody was called on the day of a receipt. No chain proves it: people are renamed.
type ReceiptName struct {
	Account int64  `json:"account"`
	Side    Side   `json:"side"`
	Name    string `json:"name"`
}

// ReceiptEvent is one event: what reads easily first, then as the chain has it, which says the same.
type ReceiptEvent struct {
	When    string  `json:"when"`              // in Berlin, with the offset from UTC
	Who     *string `json:"who,omitempty"`     // format 1: a name
	Account int64   `json:"account,omitempty"` // who did it; 0 is the clock, and format 1
	Lane    Side    `json:"lane,omitempty"`    // of an approval
	Session string  `json:"session"`           // public name, "" where none was known
	Token   int64   `json:"token"`             // the API token it was done with, 0 for none
	eventLine
}

// Formats of receipts.
const (
	namedReceipt  = 1 // names at the events
	latestReceipt = 2
)

// Receipt makes a request's receipt, as far as u may see its events, signed with the key in dir.
func (s *Store) Receipt(ctx context.Context, u User, dir, number string) (*Receipt, error) {
	ctx = as(ctx, u)
	r, err := s.Case(ctx, u, number)
	if err != nil {
		return nil, err
	}
	out := &Receipt{
		Format: latestReceipt, Installation: s.host, Number: r.Number, Form: r.AGS + "/" + r.Assistant, Municipality: r.AGS, Status: r.Status, Version: r.Version, ContentHash: r.ContentHash,
	}
	if err := s.receiptEvents(ctx, u, r.ID, out); err != nil {
		return nil, trouble(err)
	}
	if out.Checkpoint, err = s.covering(ctx, out.Events); err != nil {
		return nil, err
	}
	return out, s.signReceipt(ctx, dir, out)
}

// receiptEvents reads a request's events.
func (s *Store) receiptEvents(ctx context.Context, u User, id int64, out *Receipt) error {
	db := s.reader.WithContext(ctx).Where("ags = ? AND request_id = ?", out.Municipality, id)
	if !u.IsProvider() {
		db = db.Where("NOT internal")
	}
	var es []Event
	if err := db.Order("seq").Find(&es).Error; err != nil {
		return err
	}
	told, err := s.trail(ctx, es)
	if err != nil {
		return err
	}
	now, err := s.Now(ctx)
	out.NamesAsOf = today(now).String()
	people := map[int64]ReceiptName{}
	for _, e := range told {
		x := ReceiptEvent{When: e.At.In(calendar.Berlin).Format("2006-01-02T15:04:05.000000-07:00"), Lane: e.Side, Session: e.Session, Token: e.Token, eventLine: eventLine(e.Event)}
		if e.ActorID != nil {
			x.Account = *e.ActorID
			people[x.Account] = ReceiptName{x.Account, e.Actor.Side, e.Actor.Name}
		}
		out.Events = append(out.Events, x)
	}
	for _, id := range slices.Sorted(maps.Keys(people)) {
		out.People = append(out.People, people[id])
	}
	return err
}

// covering is the first checkpoint behind the last event.
func (s *Store) covering(ctx context.Context, es []ReceiptEvent) (string, error) {
	if len(es) == 0 {
		return "", nil
	}
	var row checkpointRow
	err := s.reader.WithContext(ctx).Raw(`SELECT number, at, statement, signature FROM checkpoints WHERE at >= ? ORDER BY number LIMIT 1`, es[len(es)-1].At).Scan(&row).Error
	if err != nil || row.Number == 0 {
		return "", trouble(err)
	}
	c, err := row.read()
	return c.Short(), err
}

// signReceipt signs with the installation's key; where there is none, or another
// instance has it, the signature stays out.
func (s *Store) signReceipt(ctx context.Context, dir string, r *Receipt) error {
	t := &tx{ctx: ctx, s: s, db: s.reader.WithContext(ctx)}
	public, err := t.currentKey()
	if err != nil || public.ID == "" {
		return trouble(err)
	}
	k, err := openKey(dir, public)
	if errors.Is(err, ErrKeyElsewhere) {
		return nil
	}
	if err != nil {
		return err
	}
	r.Key = k.ID
	text, err := r.signed()
	r.Signature = base64.StdEncoding.EncodeToString(k.sign(text))
	return err
}

// signed is what is signed.
func (r Receipt) signed() (string, error) {
	r.Signature = ""
	return canonical(r)
}

// ReadReceipt reads a receipt.
func ReadReceipt(text []byte) (*Receipt, error) {
	var r Receipt
	in := json.NewDecoder(strings.NewReader(string(text)))
	in.DisallowUnknownFields()
	if err := in.Decode(&r); err != nil || r.Format < namedReceipt || r.Format > latestReceipt || len(r.Events) == 0 {
		return nil, errors.New("this is no receipt of Formwandel")
	}
	return &r, nil
}

// Flaws is everything that a receipt says wrongly, as far as it can be seen without the record.
func (r *Receipt) Flaws(keys []SigningKey) []string {
	var out []string
	if !r.genuine(keys) {
		out = append(out, "receipt: its signature is not one of a trusted key")
	}
	for _, x := range r.Events {
		e := Event(x.eventLine)
		if e.words() != e.Hash || e.AGS != r.Municipality {
			out = append(out, fmt.Sprintf("municipality %s event %d: changed", e.AGS, e.Seq))
		}
		if at, err := time.Parse(time.RFC3339Nano, x.When); err != nil || !at.Equal(e.At) {
			out = append(out, fmt.Sprintf("municipality %s event %d: another time in words", e.AGS, e.Seq))
		}
		if !x.agrees(r.Format) {
			out = append(out, fmt.Sprintf("municipality %s event %d: another account, lane, session or token in words", e.AGS, e.Seq))
		}
	}
	if r.Checkpoint == "" {
		return out
	}
	c, err := ReadCheckpoint(r.Checkpoint)
	if err != nil {
		return append(out, "checkpoint: "+err.Error())
	}
	if flaw := c.flaw(keys); flaw != "" {
		out = append(out, fmt.Sprintf("checkpoint %d: %s", c.Number, flaw))
	}
	return out
}

// agrees tells whether what reads easily is what the chain has.
func (x *ReceiptEvent) agrees(format int) bool {
	e := Event(x.eventLine)
	d, err := e.Decode()
	if err != nil || x.Session != d.Session || x.Token != d.Token {
		return false
	}
	if format == namedReceipt {
		return x.Account == 0 && x.Lane == ""
	}
	return x.Who == nil && x.Lane == d.Side && (e.ActorID == nil && x.Account == 0 || e.ActorID != nil && *e.ActorID == x.Account)
}

// Names says what the names in a receipt are worth.
func (r *Receipt) Names() string {
	if r.Format == namedReceipt {
		return "names: those of the day on which it was made; the chain proves accounts (actor_id), not names"
	}
	return "names: those of " + r.NamesAsOf + "; the chain proves accounts, not names"
}

// genuine tells whether one of the keys has signed the receipt.
func (r *Receipt) genuine(keys []SigningKey) bool {
	text, err := r.signed()
	signature, err2 := base64.StdEncoding.Strict().DecodeString(r.Signature)
	for _, k := range keys {
		if err == nil && err2 == nil && k.ID == r.Key && k.public() != nil && ed25519.Verify(k.public(), []byte(text), signature) {
			return true
		}
	}
	return false
}

// Places are where its events stand, to hold a record against.
func (r *Receipt) Places() []Head {
	out := make([]Head, len(r.Events))
	for i, e := range r.Events {
		out[i] = Head{e.AGS, e.Seq, e.Hash}
	}
	return out
}
