package models

import "context"

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
	n, before, err := idPage(cursor, limit)
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
	if err == nil {
		err = letters[0].Err
	}
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
		ms, err := t.lockMails(`id = ?`, id)
		switch {
		case err != nil:
			return nil, err
		case len(ms) == 0:
			return nil, notFound("mail")
		case ms[0].State == MailSent:
			return nil, conflict("already_sent")
		}
		m = t.changeMail(*ms[0], func(x *Mail) { x.State, x.NextAt, x.LastError = MailWaiting, t.now, "" })
		t.mails = true
		_, err = t.record(Event{ActorID: &u.ID, Action: "mail_retry"}, EventData{Subject: "mail " + number(&id)})
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
