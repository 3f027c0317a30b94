package models

import (
	"context"
	"strconv"
	"strings"
	"time"
)

// letters adds to leased mails the facts their texts are made of: the event
// they report, read back with its request; a few queries for any number. Those
// not meant for sending hold no secret.
func (s *Store) letters(ctx context.Context, mails []Mail, toSend bool) ([]Letter, error) {
	l := &lettering{s: s, requests: map[int64]*Request{}, events: map[eventKey]Event{}, configs: map[configKey]Configuration{}}
	var err error
	if l.cat, err = s.catalogueNow(ctx); err != nil {
		return nil, err
	}
	l.tx = &tx{ctx: ctx, s: s, db: s.reader.WithContext(ctx), people: map[int64]User{}, live: map[int64]*liveForm{}, plans: map[int64]plan{}}
	ids := make([]int64, len(mails))
	for i, m := range mails {
		ids[i] = m.ID
	}
	if err := firstError(l.loadEvents(ids), l.loadRequests(ids), l.loadPeople(), l.loadReadings(ids)); err != nil {
		return nil, trouble(err)
	}
	out := make([]Letter, len(mails))
	for i, m := range mails {
		facts, err := l.facts(m)
		if err != nil {
			return nil, err
		}
		out[i] = Letter{Mail: m, Facts: facts}
	}
	return out, s.addLinks(ctx, out, toSend)
}

// lettering is what the letters of one lease have in common.
type lettering struct {
	s        *Store
	tx       *tx
	cat      *catalogue
	requests map[int64]*Request
	events   map[eventKey]Event
	configs  map[configKey]Configuration
}

type eventKey struct {
	ags string
	seq int64
}

type configKey struct{ form, number int64 }

// loadEvents reads the events that mails report.
func (l *lettering) loadEvents(ids []int64) error {
	var es []Event
	err := l.tx.db.Raw(`SELECT e.* FROM mails m JOIN events e ON e.ags = m.ags AND e.seq = m.event_seq WHERE m.id IN ?`, ids).Scan(&es).Error
	for _, e := range es {
		l.events[eventKey{e.AGS, e.Seq}] = e
	}
	return err
}

// loadRequests reads the requests that mails are about, with their changes as they are now.
func (l *lettering) loadRequests(ids []int64) error {
	var rs []*Request
	if err := l.tx.db.Where("id IN (SELECT request_id FROM mails WHERE id IN ?)", ids).Find(&rs).Error; err != nil || len(rs) == 0 {
		return err
	}
	for _, r := range rs {
		l.requests[r.ID] = r
	}
	return loadChanges(l.tx.db, rs)
}

func (l *lettering) loadPeople() error {
	var ids []int64
	for _, e := range l.events {
		if e.ActorID != nil {
			ids = append(ids, *e.ActorID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	return l.tx.loadPeople(ids)
}

// loadReadings reads the versions back that mails report.
func (l *lettering) loadReadings(ids []int64) error {
	var cs []Configuration
	err := l.tx.db.Raw(`SELECT c.* FROM configurations c JOIN requests r ON r.form_id = c.form_id AND r.config_number = c.number
		WHERE r.id IN (SELECT request_id FROM mails WHERE id IN ? AND kind = ?)`, ids, MailApplied).Scan(&cs).Error
	for _, c := range cs {
		l.configs[configKey{c.FormID, c.Number}] = c
	}
	return err
}

// facts puts together what one mail reports.
func (l *lettering) facts(m Mail) (MailFacts, error) {
	e := l.events[eventKey{m.AGS, m.EventSeq}]
	d, err := e.Decode()
	if err != nil {
		return MailFacts{}, err
	}
	f := MailFacts{
		AGS: m.AGS, Municipality: l.cat.name(m.AGS), Comment: e.Comment, At: e.At, Predecessor: d.Gone, Revert: d.Other,
		Late: time.Duration(d.Late) * time.Second, ConfigNumber: int(d.Config), Actor: clockUser.Name,
	}
	if e.ActorID != nil {
		f.Actor = l.tx.people[*e.ActorID].Name
	}
	if d.AnswerBy != nil {
		f.AnswerBy = *d.AnswerBy
	}
	if d.AcceptBy != nil {
		f.AcceptBy = *d.AcceptBy
	}
	if d.On != nil {
		f.On = *d.On
	}
	if m.Kind == MailCheckpoint {
		return l.signed(e, d)
	}
	if m.RequestID != nil {
		return f, l.aboutRequest(&f, m, e, d)
	}
	if (m.Role == personRole || m.Role == administrationRole) && m.AGS == Installation {
		f.Municipality = ""
	}
	if m.Role == administrationRole {
		return f, l.aboutAccount(&f, d)
	}
	if e.FormID != nil {
		form := l.cat.forms[*e.FormID]
		f.Assistant, f.FormTitle = form.Assistant, l.cat.title(form.Assistant)
	}
	return f, nil
}

// aboutAccount adds to a letter to those who administer an account whose it is.
func (l *lettering) aboutAccount(f *MailFacts, d EventData) error {
	id, err := strconv.ParseInt(strings.TrimPrefix(d.Subject, "user "), 10, 64)
	if err != nil {
		return err
	}
	m, err := readMember(l.tx.db, id)
	if err == nil {
		f.Account, f.AccountID, f.Roles, f.Comment = m.Name, id, m.Roles, ""
	}
	return err
}

// signed is the checkpoint that an event tells of, as it is sent to auditors.
func (l *lettering) signed(e Event, d EventData) (MailFacts, error) {
	n, err := strconv.ParseInt(strings.TrimPrefix(d.Subject, "checkpoint "), 10, 64)
	if err != nil {
		return MailFacts{}, err
	}
	c, err := l.s.CheckpointNumbered(l.tx.ctx, n)
	return MailFacts{At: e.At, Signed: strings.Split(strings.TrimSpace(c.Short()), "\n")}, err
}

func (l *lettering) aboutRequest(f *MailFacts, m Mail, e Event, d EventData) error {
	r := l.requests[*m.RequestID]
	if r == nil {
		return notFound("request")
	}
	f.Number, f.Assistant, f.FormTitle = r.Number, r.Assistant, l.cat.title(r.Assistant)
	eff := r.Effective()
	if d.Effective != nil {
		eff = *d.Effective
	}
	if eff.Kind != "" {
		f.Effective = eff.Phrase(m.Locale)
	}
	changes := d.Changes
	if !e.Action.isTransition() && e.Action != Return {
		changes = r.Changes
	}
	for _, c := range changes {
		fd := l.cat.field(r.Assistant, r.Definition, c)
		f.Sentences = append(f.Sentences, fd.Sentence(c.Old, c.New, eff, m.Locale))
	}
	if len(changes) == 0 {
		f.Wish = r.Wish
	}
	for _, k := range d.Conflicts {
		fd := l.cat.field(r.Assistant, r.Definition, Change{Field: k.Field, Label: k.Label, Type: k.Type})
		f.Conflicts = append(f.Conflicts, MailConflict{k.Label, fd.Display(k.Expected, m.Locale), fd.Display(k.Found, m.Locale)})
	}
	if r.ConfigNumber != nil && m.Kind == MailApplied {
		return l.readBack(f, r, changes, m.Locale)
	}
	return nil
}

// readBack shows the values as they stand in the version that applying made.
func (l *lettering) readBack(f *MailFacts, r *Request, changes []Change, locale string) error {
	values, err := l.configs[configKey{r.FormID, *r.ConfigNumber}].Values()
	if err != nil {
		return err
	}
	for _, c := range changes {
		fd := l.cat.field(r.Assistant, r.Definition, c)
		f.ReadBack = append(f.ReadBack, MailReading{c.Label, fd.Display(values[c.Field], locale)})
	}
	return nil
}

// Outgoing is a mail as administration sees it.
type Outgoing struct {
	Mail
	Number string // of the request, if it is about one
}

// Mails lists the outbox, newest first, a page at a time.
func (s *Store) Mails(ctx context.Context, u User, state, cursor string, limit int) ([]Outgoing, string, error) {
	ctx = as(ctx, u)
	if err := u.refused(SeeOutbox, ""); err != nil {
		return nil, "", err
	}
	n, err := pageLimit(limit)
	if err != nil {
		return nil, "", err
	}
	before, err := idCursor(cursor)
	if err != nil {
		return nil, "", err
	}
	db := s.reader.WithContext(ctx).Table("mails")
	switch MailState(state) { // constants, for the partial indexes
	case "":
	case MailWaiting:
		db = db.Where("state = 'waiting'")
	case MailSent:
		db = db.Where("state = 'sent'")
	case MailRefused:
		db = db.Where("state = 'failed'")
	default:
		return nil, "", invalid("state", "unknown_state", "state", clip(state))
	}
	if before > 0 {
		db = db.Where("id < ?", before)
	}
	var ms []Mail
	order := "id DESC"
	if MailState(state) == MailWaiting {
		order = "+id DESC" // those that wait are few: look at them alone, then sort
	}
	if err := db.Order(order).Limit(n + 1).Find(&ms).Error; err != nil {
		return nil, "", trouble(err)
	}
	ms, next := cut(ms, n, func(x Mail) string { return cursorID(x.ID) })
	out, err := s.outgoing(ctx, ms)
	return out, next, err
}

func (s *Store) outgoing(ctx context.Context, ms []Mail) ([]Outgoing, error) {
	t := &tx{ctx: ctx, s: s, db: s.reader.WithContext(ctx)}
	var ids []int64
	for _, m := range ms {
		if m.RequestID != nil {
			ids = append(ids, *m.RequestID)
		}
	}
	numbers, err := t.numbers(ids)
	if err != nil {
		return nil, trouble(err)
	}
	out := make([]Outgoing, 0, len(ms))
	for _, m := range ms {
		o := Outgoing{Mail: m}
		if m.RequestID != nil {
			o.Number = numbers[*m.RequestID]
		}
		out = append(out, o)
	}
	return out, nil
}

// Letter reads one mail of the outbox with the facts its text is made of.
func (s *Store) Letter(ctx context.Context, u User, id int64) (*Letter, error) {
	ctx = as(ctx, u)
	if err := u.refused(SeeOutbox, ""); err != nil {
		return nil, err
	}
	var ms []Mail
	if err := s.reader.WithContext(ctx).Raw(`SELECT * FROM mails WHERE id = ?`, id).Scan(&ms).Error; err != nil {
		return nil, trouble(err)
	}
	if len(ms) == 0 {
		return nil, notFound("mail")
	}
	letters, err := s.letters(ctx, ms, false)
	if err != nil {
		return nil, err
	}
	return &letters[0], nil
}

// RetryMail sends a waiting mail now and a refused one again.
func (s *Store) RetryMail(ctx context.Context, u User, id int64, o *Once) (*Outgoing, error) {
	ctx = as(ctx, u)
	if err := u.refused(RetryMails, ""); err != nil {
		return nil, err
	}
	var m Mail
	err := s.once(ctx, u, o, func(t *tx) (any, error) {
		if err := t.enter(Installation); err != nil {
			return nil, err
		}
		if kept, err := t.answered(o); kept != nil || err != nil {
			return nil, err
		}
		if err := t.db.Raw(`SELECT * FROM mails WHERE id = ?`, id).Scan(&m).Error; err != nil {
			return nil, err
		}
		switch {
		case m.ID == 0:
			return nil, notFound("mail")
		case m.State == MailSent:
			return nil, conflict("already_sent")
		}
		t.must(1, `UPDATE mails SET state = 'waiting', next_at = ?, last_error = '' WHERE id = ? AND state <> 'sent'`, t.now, id)
		m.State, m.NextAt, m.LastError, t.mails = MailWaiting, t.now, "", true
		_, err := t.record(Event{ActorID: &u.ID, Action: "mail_retry"}, EventData{Subject: "mail " + number(&id)})
		return &Outgoing{Mail: m}, err
	})
	if err != nil || m.ID == 0 {
		return nil, err
	}
	out, err := s.outgoing(ctx, []Mail{m})
	if err != nil {
		return nil, err
	}
	return &out[0], nil
}
