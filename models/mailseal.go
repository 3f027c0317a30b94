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

// What a mail's seal begins with that is over the whole row, and over all but its number, how often it was tried and by whom.
const (
	wholeSeal = "3:"
	widerSeal = "2:"
)

// sealFor is the seal that a mail's row should have, "" where the key is not known.
func (m *Mail) sealFor(s *Store) string {
	seal := s.sealOf("mail 3", strconv.FormatInt(m.ID, 10), m.MessageID, m.AGS, number(m.RequestID), strconv.FormatInt(m.EventSeq, 10), string(m.Kind), m.Role, m.Recipient, m.Locale,
		stamp(m.CreatedAt), string(m.State), stamped(m.SentAt), m.LastError, stamp(m.NextAt), strconv.Itoa(m.Attempts), m.LeaseToken, stamped(m.LeaseUntil))
	if seal == "" {
		return ""
	}
	return wholeSeal + seal
}

// sealedWhole tells whether a mail has the seal that is over its whole row.
func (m *Mail) sealedWhole() bool { return strings.HasPrefix(m.Seal, wholeSeal) }

// widerSealFor is the one that older programs have given,
func (m *Mail) widerSealFor(s *Store) string {
	return widerSeal + s.sealOf("mail 2", m.MessageID, m.AGS, number(m.RequestID), strconv.FormatInt(m.EventSeq, 10), string(m.Kind), m.Role, m.Recipient, m.Locale,
		stamp(m.CreatedAt), string(m.State), stamped(m.SentAt), m.LastError, stamp(m.NextAt))
}

// narrowSeal is that of programs older still.
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
	whole := m.sealFor(s)
	switch {
	case whole == "": // the key is not known
		return sealRight
	case strings.HasPrefix(m.Seal, widerSeal):
		return sealSays(m.Seal, m.widerSealFor(s))
	case m.Seal != "" && !m.sealedWhole():
		return sealSays(m.Seal, m.narrowSeal(s))
	}
	return sealSays(m.Seal, whole)
}

// resealed changes what decides in a mail, and seals it anew if it was sealed rightly: it never makes one right that was not.
func (m Mail) resealed(s *Store, change func(*Mail)) Mail {
	state := m.sealState(s)
	change(&m)
	m.Seal = state.renewed(m.Seal, m.sealFor(s))
	return m
}

// changeMail changes a mail that this transaction has read and, on PostgreSQL, locked.
func (t *tx) changeMail(m Mail, change func(*Mail)) Mail { return t.changeMailWhere(m, change, "") }

// changeLeased changes a mail that this transaction has not read, as somebody knows it; if its row is not so, the transaction is refused as stale.
func (t *tx) changeLeased(m Mail, change func(*Mail)) {
	t.changeMailWhere(m, change, ` AND recipient = ? AND state = ? AND attempts = ? AND next_at = ? AND sent_at IS NULL AND last_error = ? AND lease_token = ? AND lease_until = ? AND seal = ?`,
		m.Recipient, m.State, m.Attempts, m.NextAt, m.LastError, m.LeaseToken, m.LeaseUntil, m.Seal)
}

// changeMailWhere sets all of a mail's row that ever changes, and counts it out as it was and in as it becomes; where is a constant of this program.
func (t *tx) changeMailWhere(m Mail, change func(*Mail), where string, args ...any) Mail {
	x := m.resealed(t.s, change)
	c := t.movesOf("mails")
	c.out("mails", m.Seal)
	c.in("mails", x.Seal)
	t.must(1, `UPDATE mails SET recipient = ?, state = ?, attempts = ?, next_at = ?, sent_at = ?, last_error = ?, lease_token = ?, lease_until = ?, seal = ? WHERE id = ?`+where,
		append([]any{x.Recipient, x.State, x.Attempts, x.NextAt, x.SentAt, x.LastError, x.LeaseToken, x.LeaseUntil, x.Seal, x.ID}, args...)...)
	return x
}

// mailsGoing counts mails out that this transaction is about to delete; where is a constant of this program.
func (t *tx) mailsGoing(where string, args ...any) error {
	query := `SELECT seal FROM mails WHERE ` + where
	if t.s.postgres {
		query += ` FOR UPDATE`
	}
	var seals []string
	err := t.db.Raw(query, args...).Scan(&seals).Error
	t.mailsGone(seals)
	return err
}

// mailsGone counts mails out that had these seals.
func (t *tx) mailsGone(seals []string) {
	for _, seal := range seals {
		t.movesOf("mails").out("mails", seal)
	}
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
	ms, err := t.lockMails(`recipient IN ?`, addresses)
	if err != nil {
		return err
	}
	for _, m := range ms {
		t.changeMail(*m, func(x *Mail) {
			x.Recipient, x.LastError, x.LeaseToken, x.LeaseUntil = pseudonym, "", "", nil
			if x.State == MailWaiting {
				x.State = MailRefused
			}
		})
	}
	return nil
}
