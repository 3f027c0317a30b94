package models

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"formwandel/models/fields"
)

// letters adds to leased mails the facts their texts are made of: the event
// they report, read back with its request; a few queries for any number, and one or two
// more for each that tells of an account or a checkpoint. One whose facts can't be read says so
// and holds up no other. Those not meant for sending hold no secret.
func (s *Store) letters(ctx context.Context, mails []Mail, toSend bool) ([]Letter, error) {
	l := &lettering{s: s, requests: map[int64]*Request{}, events: map[eventKey]reported{}, configs: map[configKey]Configuration{}, after: map[int64]Configuration{}}
	var err error
	if l.cat, err = s.catalogueNow(ctx); err != nil {
		return nil, err
	}
	l.tx = &tx{ctx: ctx, s: s, db: s.reader.WithContext(ctx), people: map[int64]User{}, live: map[int64]*liveForm{}, plans: map[int64]plan{}}
	ids := make([]int64, len(mails))
	for i, m := range mails {
		ids[i] = m.ID
	}
	if err := cmp.Or(l.loadEvents(ids), l.loadRequests(ids), l.loadPeople(), l.loadReadings(ids), l.loadAfter(ids)); err != nil {
		return nil, trouble(err)
	}
	out := make([]Letter, len(mails))
	for i, m := range mails {
		facts, err := l.facts(m)
		if err != nil && (ctx.Err() != nil || IsKind(err, Busy)) { // the database's trouble, not this letter's
			return nil, err
		}
		out[i] = Letter{Mail: m, Facts: facts, Err: err}
	}
	return out, s.addLinks(ctx, out, toSend)
}

// lettering is what the letters of one lease have in common.
type lettering struct {
	s        *Store
	tx       *tx
	cat      *catalogue
	requests map[int64]*Request
	events   map[eventKey]reported
	configs  map[configKey]Configuration
	after    map[int64]Configuration // by request: the version that held when a temporary change had ended
}

type eventKey struct {
	ags string
	seq int64
}

// reported is an event that mails tell of: three of them as a rule, so it is read once.
type reported struct {
	Event
	data EventData
	err  error // its data can't be read
}

type configKey struct{ form, number int64 }

// loadEvents reads the events that mails report.
func (l *lettering) loadEvents(ids []int64) error {
	var es []Event
	err := l.tx.db.Raw(`SELECT e.* FROM mails m JOIN events e ON e.ags = m.ags AND e.seq = m.event_seq WHERE m.id IN ?`, ids).Scan(&es).Error
	for _, e := range es {
		d, err := e.Decode()
		l.events[eventKey{e.AGS, e.Seq}] = reported{e, d, err}
	}
	return err
}

// loadRequests reads the requests that mails are about, with their changes as they are now.
func (l *lettering) loadRequests(ids []int64) error {
	var rs []*Request
	few := l.tx.db.Select("id, number, ags, form_id, assistant, definition, kind, date, until, wish, config_number")
	if err := few.Where("id IN (SELECT request_id FROM mails WHERE id IN ?)", ids).Find(&rs).Error; err != nil || len(rs) == 0 {
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

// endings are the kinds of mail that tell of the end of a temporary change.
var endings = []MailKind{MailReturned, MailKept}

// loadAfter reads the versions that held when temporary changes had ended: those that their ends made, in one query.
func (l *lettering) loadAfter(ids []int64) error {
	var made []Configuration
	err := l.tx.db.Raw(`SELECT * FROM configurations WHERE cause = ? AND request_id IN (SELECT request_id FROM mails WHERE id IN ? AND kind IN ?)`, causeReturn, ids, endings).Scan(&made).Error
	for _, c := range made {
		l.after[*c.RequestID] = c
	}
	for _, e := range l.events {
		if err == nil && e.Action == Return {
			err = l.loadUnchanged(l.requests[*e.RequestID], e.At)
		}
	}
	return err
}

// loadUnchanged reads the version that was live when a temporary change ended whose end made none.
func (l *lettering) loadUnchanged(r *Request, ended time.Time) error {
	if r == nil {
		return nil
	}
	c, made := l.after[r.ID]
	if !made {
		if err := l.tx.db.Raw(`SELECT * FROM configurations WHERE form_id = ? AND at <= ? ORDER BY number DESC LIMIT 1`, r.FormID, ended).Scan(&c).Error; err != nil {
			return err
		}
		l.after[r.ID] = c
	}
	return l.s.learn(l.tx.ctx, r.Assistant, c.Definition)
}

// facts puts together what one mail reports.
func (l *lettering) facts(m Mail) (MailFacts, error) {
	told := l.events[eventKey{m.AGS, m.EventSeq}]
	e, d := told.Event, told.data
	if told.err != nil {
		return MailFacts{}, told.err
	}
	f := MailFacts{
		AGS: m.AGS, Municipality: l.cat.name(m.AGS), Comment: e.Comment, At: e.At, Predecessor: d.Gone, Basis: d.Basis, Tokens: d.Tokens, Doomed: d.Doomed, Revert: d.Other,
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
	if m.Role == seconderRole || m.Role == proposerRole {
		return f, l.aboutPolicy(&f, e, d)
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
	return trouble(err)
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
	f.Reason = d.Reason
	for _, k := range d.Conflicts {
		fd := l.cat.field(r.Assistant, r.Definition, Change{Field: k.Field, Label: k.Label, Type: k.Type})
		if k.Unfit() {
			f.Conflicts = append(f.Conflicts, MailConflict{Label: k.Label, Wanted: fd.Display(k.Found, m.Locale), Unfit: true, Closed: k.Closed()})
			continue
		}
		expected, found := fd.Conflict(k.Expected, k.Found, m.Locale)
		f.Conflicts = append(f.Conflicts, MailConflict{Label: k.Label, Expected: expected, Found: found})
	}
	if r.ConfigNumber != nil && m.Kind == MailApplied {
		return l.readBack(f, r, changes, m.Locale)
	}
	if slices.Contains(endings, m.Kind) {
		return l.readAfter(f, r, changes, m.Locale)
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

// readAfter shows the values that hold once a temporary change has ended, as the questionnaire of then reads them;
// a field that it no longer has holds nothing.
func (l *lettering) readAfter(f *MailFacts, r *Request, changes []Change, locale string) error {
	c := l.after[r.ID]
	values, err := c.Values()
	if err != nil {
		return err
	}
	for _, ch := range changes {
		fd, known := l.cat.fieldIn(r.Assistant, c.Definition, ch.Field)
		if !known {
			continue
		}
		if ch.Type == fields.Protected || l.cat.wasProtected(r.Assistant, c.Definition, ch.Field) {
			fd.Type = fields.Protected
		}
		f.ReadBack = append(f.ReadBack, MailReading{ch.Label, fd.Display(values[ch.Field], locale)})
	}
	return nil
}
