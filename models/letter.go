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
	l := &lettering{
		s: s, mails: mails, requests: map[int64]*Request{}, events: map[eventKey]reported{}, configs: map[configKey]Configuration{}, after: map[int64]Configuration{},
		said: map[sayingKey]saying{},
	}
	var err error
	if l.cat, err = s.catalogueNow(ctx); err != nil {
		return nil, err
	}
	l.tx = &tx{ctx: ctx, s: s, db: s.reader.WithContext(ctx), people: map[int64]User{}, live: map[int64]*liveForm{}, plans: map[int64]plan{}}
	if err := cmp.Or(l.loadEvents(), l.loadRequests(), l.loadPeople(), l.loadReadings(), l.loadAfter()); err != nil {
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
	changes := d.Changes
	if !e.Action.isTransition() && e.Action != Return {
		changes = r.Changes
	}
	t := l.tell(m, r, changes, eff)
	f.Effective, f.Sentences = t.effective, t.sentences
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
