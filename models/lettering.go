package models

import (
	"slices"
	"time"

	"formwandel/models/calendar"
	"formwandel/models/fields"
)

// lettering is what the letters of one lease have in common.
type lettering struct {
	s        *Store
	tx       *tx
	cat      *catalogue
	mails    []Mail
	requests map[int64]*Request
	events   map[eventKey]reported
	configs  map[configKey]Configuration
	after    map[int64]Configuration // by request: the version that held when a temporary change had ended
	said     map[sayingKey]saying
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

// saying is what each mail says of a request in one language, and sayingKey which mails say the same.
type (
	saying struct {
		effective string
		sentences []string
	}
	sayingKey struct {
		event   eventKey
		request int64
		locale  string
	}
)

// some are the ids of the mails of some kinds.
func (l *lettering) some(kinds ...MailKind) []int64 {
	var ids []int64
	for _, m := range l.mails {
		if slices.Contains(kinds, m.Kind) {
			ids = append(ids, m.ID)
		}
	}
	return ids
}

// loadEvents reads the events that mails report, each by one of its mails.
func (l *lettering) loadEvents() error {
	var ids []int64
	for _, m := range l.mails {
		key := eventKey{m.AGS, m.EventSeq}
		if _, known := l.events[key]; !known {
			l.events[key] = reported{}
			ids = append(ids, m.ID)
		}
	}
	return eachCells(l.tx.db, `SELECT e.ags, e.seq, e.request_id, e.form_id, e.at, e.actor_id, e.action, e.comment, e.data
		FROM mails m JOIN events e ON e.ags = m.ags AND e.seq = m.event_seq WHERE m.id IN ?`, []any{ids}, func(x *cells) {
		e := Event{
			AGS: x.text(), Seq: x.number(), RequestID: x.perhapsNumber(), FormID: x.perhapsNumber(), At: x.instant(), ActorID: x.perhapsNumber(),
			Action: Action(x.text()), Comment: x.text(), Data: x.text(),
		}
		d, err := e.Decode()
		l.events[eventKey{e.AGS, e.Seq}] = reported{e, d, err}
	})
}

// loadRequests reads the requests that mails are about, with their changes as they are now.
func (l *lettering) loadRequests() error {
	var ids []int64
	for _, m := range l.mails {
		if m.RequestID != nil && !slices.Contains(ids, *m.RequestID) {
			ids = append(ids, *m.RequestID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	rs, err := readRows(l.tx.db, (*Request).takeForLetter, `SELECT id, number, ags, form_id, assistant, definition, kind, date, until, wish, config_number
		FROM requests WHERE id IN ?`, ids)
	if err != nil || len(rs) == 0 {
		return err
	}
	for _, r := range rs {
		l.requests[r.ID] = r
	}
	return loadChanges(l.tx.db, rs)
}

// takeForLetter reads what letters say of a request.
func (r *Request) takeForLetter(x *cells) {
	*r = Request{
		ID: x.number(), Number: x.text(), AGS: x.text(), FormID: x.number(), Assistant: x.text(), Definition: x.count(), Kind: x.text(),
		Date: own[calendar.Day](x), Until: own[calendar.Day](x), Wish: x.text(), ConfigNumber: x.perhapsNumber(),
	}
}

func (l *lettering) loadPeople() error {
	var ids []int64
	for _, e := range l.events {
		if e.ActorID != nil && !slices.Contains(ids, *e.ActorID) {
			ids = append(ids, *e.ActorID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	return l.tx.loadPeople(ids)
}

// loadReadings reads the versions back that mails report.
func (l *lettering) loadReadings() error {
	ids := l.some(MailApplied)
	if len(ids) == 0 {
		return nil
	}
	var cs []Configuration
	err := l.tx.db.Raw(`SELECT c.* FROM configurations c JOIN requests r ON r.form_id = c.form_id AND r.config_number = c.number
		WHERE r.id IN (SELECT request_id FROM mails WHERE id IN ?)`, ids).Scan(&cs).Error
	for _, c := range cs {
		l.configs[configKey{c.FormID, c.Number}] = c
	}
	return err
}

// endings are the kinds of mail that tell of the end of a temporary change.
var endings = []MailKind{MailReturned, MailKept}

// loadAfter reads the versions that held when temporary changes had ended: those that their ends made, in one query.
func (l *lettering) loadAfter() error {
	if ids := l.some(endings...); len(ids) > 0 {
		var made []Configuration
		err := l.tx.db.Raw(`SELECT * FROM configurations WHERE cause = ? AND request_id IN (SELECT request_id FROM mails WHERE id IN ?)`, causeReturn, ids).Scan(&made).Error
		if err != nil {
			return err
		}
		for _, c := range made {
			l.after[*c.RequestID] = c
		}
	}
	for _, e := range l.events {
		if e.Action == Return {
			if err := l.loadUnchanged(l.requests[*e.RequestID], e.At); err != nil {
				return err
			}
		}
	}
	return nil
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

// tell says what a request asks for, in the words that all its mails about an event share; nobody changes them.
func (l *lettering) tell(m Mail, r *Request, changes []Change, eff fields.Effective) saying {
	key := sayingKey{eventKey{m.AGS, m.EventSeq}, r.ID, m.Locale}
	t, known := l.said[key]
	if known {
		return t
	}
	if eff.Kind != "" {
		t.effective = eff.Phrase(m.Locale)
	}
	for _, c := range changes {
		fd := l.cat.field(r.Assistant, r.Definition, c)
		t.sentences = append(t.sentences, fd.Sentence(c.Old, c.New, eff, m.Locale))
	}
	l.said[key] = t
	return t
}
