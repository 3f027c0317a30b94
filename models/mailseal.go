package models

import (
	"strconv"
	"strings"
)

// A mail is no part of the record, but what it is about is: an event names the mails that it has made,
// so that none is put in or taken away unseen. To whom a mail goes and what has become of it stands in no
// event; that is sealed with a key that is in no database, as sessions are.

// mailMarkLength is how much of a hash names a mail in its event: enough that nobody finds another mail with the same.
const mailMarkLength = 16

// mark is how its event names a mail: by all that never changes of it but the recipient, who may be forgotten.
func (m *Mail) mark() string {
	return digest("mail", m.MessageID, number(m.RequestID), string(m.Kind), m.Role, m.Locale)[:mailMarkLength]
}

// widerSeal begins a mail's seal that is over when it is tried next, too, and why it has to wait.
const widerSeal = "2:"

// sealFor is the seal that a mail's row should have, "" where the key is not known. How often it was
// tried, and who is trying it just now, decide nothing about what goes out, and are not in it.
func (m *Mail) sealFor(s *Store) string {
	seal := s.sealOf("mail 2", m.MessageID, m.AGS, number(m.RequestID), strconv.FormatInt(m.EventSeq, 10), string(m.Kind), m.Role, m.Recipient, m.Locale,
		stamp(m.CreatedAt), string(m.State), stamped(m.SentAt), m.LastError, stamp(m.NextAt))
	if seal == "" {
		return ""
	}
	return widerSeal + seal
}

// narrowSeal is the one that older programs have given.
func (m *Mail) narrowSeal(s *Store) string {
	reason := ""
	if m.State == MailRefused {
		reason = m.LastError
	}
	return s.sealOf("mail", m.MessageID, m.AGS, number(m.RequestID), strconv.FormatInt(m.EventSeq, 10), string(m.Kind), m.Role, m.Recipient, m.Locale,
		stamp(m.CreatedAt), string(m.State), stamped(m.SentAt), reason)
}

// sealState is what a mail's seal says of its row.
func (m *Mail) sealState(s *Store) sealState {
	if m.Seal != "" && !strings.HasPrefix(m.Seal, widerSeal) {
		return sealSays(m.Seal, m.narrowSeal(s))
	}
	return sealSays(m.Seal, m.sealFor(s))
}

// resealed changes what decides in a mail, and seals it anew if it was sealed rightly: it never makes one right that was not.
func (m Mail) resealed(s *Store, change func(*Mail)) Mail {
	state := m.sealState(s)
	change(&m)
	m.Seal = state.renewed(m.Seal, m.sealFor(s))
	return m
}

// named lets a mail's event, which is not sealed before it is written, name the mail.
func (t *tx) named(m *Mail) {
	for _, c := range t.chains {
		if c.ags != m.AGS || len(c.open) == 0 {
			continue
		}
		if i := m.EventSeq - c.open[0].Seq; i >= 0 && i < int64(len(c.open)) { // they are numbered without a gap
			c.open[i].marks = append(c.open[i].marks, m.mark())
			return
		}
	}
	t.late = errLate
}

// name adds the marks of an event's mails to what it says; mails stand last in EventData.
func (e *Event) name(marks []string) {
	if len(marks) == 0 {
		return
	}
	said := strings.TrimSuffix(e.Data, `}`)
	if said == "" {
		said = `{`
	} else {
		said += `,`
	}
	e.Data = said + mailsKey + `"` + strings.Join(marks, `","`) + `"]}`
}

// mailsKey begins the list of marks: it is the last in EventData, and no text that people typed holds it, for quotes are escaped there.
const mailsKey = `"mails":[`

// forgetMails puts a pseudonym in the place of somebody's addresses; what still waits for them goes to nobody.
func (t *tx) forgetMails(addresses []string, pseudonym string) error {
	query := `SELECT * FROM mails WHERE recipient IN ? ORDER BY id`
	if t.s.postgres {
		query += ` FOR UPDATE`
	}
	var ms []Mail
	if err := t.db.Raw(query, addresses).Scan(&ms).Error; err != nil {
		return err
	}
	for _, m := range ms {
		x := m.resealed(t.s, func(x *Mail) {
			if x.Recipient, x.LastError = pseudonym, ""; x.State == MailWaiting {
				x.State = MailRefused
			}
		})
		t.do(`UPDATE mails SET state = ?, recipient = ?, last_error = '', lease_token = '', lease_until = NULL, seal = ? WHERE id = ?`, x.State, x.Recipient, x.Seal, x.ID)
	}
	return nil
}
