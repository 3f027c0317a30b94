package models

import (
	"cmp"
	"context"
	"net/mail"
	"strings"
	"time"
)

// An account's address is where its links go: another one counts only when
// somebody who reads its mailbox has confirmed it, and the old one is told.

// isEmail tells whether mail can be sent to an address as it stands; one at a number of the network (RFC 5321, 4.1.3) is no office's.
func isEmail(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && len(s) <= maxEmail && isASCII(s) && !strings.Contains(s, "@[")
}

// AskAddress asks for another address of one's own; the password is asked for once more.
func (s *Store) AskAddress(ctx context.Context, u User, password, email string) error {
	ctx = as(ctx, u)
	email = strings.ToLower(strings.TrimSpace(email))
	if err := cmp.Or(notDemo(u), otherAddress(u.Email, email)); err != nil {
		return err
	}
	if _, err := s.CheckPassword(ctx, Known, u.Email, password); err != nil {
		return err
	}
	return s.write(ctx, u, func(t *tx) error {
		if err := t.enter(chainOf(u.AGS)); err != nil {
			return err
		}
		return t.askAddress(u, email, &u.ID)
	})
}

// AskAddressOf asks for another address of somebody's account; it is the
// administration's act. An account that somebody has used already keeps its
// address until its owner agrees, or AddressWait has passed (docs/adr/0022); that of one
// that nobody has used can be put right at once, and the account remembers by whom.
func (s *Store) AskAddressOf(ctx context.Context, u User, id int64, version int, email string, o *Once) error {
	ctx = as(ctx, u)
	email = strings.ToLower(strings.TrimSpace(email))
	return s.onPerson(ctx, u, id, version, o, func(t *tx, m *Member) error {
		if err := otherAddress(m.Email, email); err != nil {
			return err
		}
		switch {
		case !m.Active:
			return conflict("account_off")
		case m.Demo:
			return notDemo(m.User)
		case m.ID == u.ID:
			return t.askAddress(m.User, email, &u.ID)
		}
		return t.askFor(u, m, email)
	})
}

func otherAddress(now, email string) error {
	switch {
	case !isText(email) || !isEmail(email):
		return invalid("email", "not_an_email")
	case email == now:
		return invalid("email", "email_same")
	}
	return nil
}

// askAddress writes to both mailboxes. An address that is another account's gets
// nothing, and whoever asked is not told: accounts are nobody's to count.
func (t *tx) askAddress(u User, email string, by *int64) error {
	_, err := t.byEmail(email)
	var e Event
	switch {
	case IsKind(err, NotFound):
		e, err = t.sendLink(u, AddressLink, email, by)
	case err == nil:
		t.endLinks(u.ID, AddressLink)
		e, err = t.record(Event{ActorID: by, Action: "user_address"}, EventData{Subject: "user " + number(&u.ID), File: noLink})
	}
	if err == nil {
		t.post(e, MailAddressAsked, recipient{u.Email, u.Locale, personRole}, nil)
	}
	return err
}

// How long an address that somebody else asked for waits for the owner's word,
// and how long it can be confirmed after that.
const (
	AddressWait = 72 * time.Hour
	addressOpen = 96 * time.Hour
)

// owned tells whether somebody has used the account: before that, nobody can be robbed of it.
func (t *tx) owned(m *Member) (owned bool, err error) {
	err = t.db.Raw(`SELECT u.password_hash <> '' OR u.signed_in_at IS NOT NULL OR EXISTS (SELECT 1 FROM identities i WHERE i.user_id = u.id) FROM users u WHERE u.id = ?`, m.ID).Row().Scan(&owned)
	return owned, err
}

// askFor writes to both mailboxes, and to everybody else who administers the account. The owner
// of an account that somebody uses is asked; else the present address may be a stranger's.
func (t *tx) askFor(u User, m *Member, email string) error {
	owned, err := t.owned(m)
	if err != nil {
		return err
	}
	_, taken := t.byEmail(email)
	if taken != nil && !IsKind(taken, NotFound) {
		return taken
	}
	e, err := t.makeLink(m.User, AddressLink, email, &u.ID, &u.ID, owned)
	if err != nil {
		return err
	}
	if taken != nil { // it is nobody's yet
		t.post(e, MailAddress, recipient{email, m.Locale, personRole}, nil)
	}
	present := MailAddressAsked
	if owned {
		present = MailAddressConsent
	}
	t.post(e, present, recipient{m.Email, m.Locale, personRole}, nil)
	return t.tellAdministration(e, u, m, MailAddressWatch)
}

// OtherAddress is another address that was asked for and does not count yet.
type OtherAddress struct {
	ID                 string
	Email              string
	AskedBy            string // the name of who asked, "" for the owner
	OpensAt, ExpiresAt time.Time
}

const addressesAsked = `SELECT l.id, l.email, coalesce(b.name, '') AS asked_by, coalesce(l.opens_at, l.created_at) AS opens_at, l.expires_at
	FROM account_links l LEFT JOIN users b ON b.id = l.asked_by
	WHERE l.user_id = ? AND l.kind = 'address' AND l.used_at IS NULL AND l.ended_at IS NULL AND l.expires_at > ? AND l.asked_by IS NOT NULL`

// AddressAskedOf reads which other address somebody else asked for, for an account
// of one's own or one that one may look at; nil if there is none.
func (s *Store) AddressAskedOf(ctx context.Context, u User, id int64) (*OtherAddress, error) {
	ctx = as(ctx, u)
	if id != u.ID {
		if _, err := s.Person(ctx, u, id); err != nil {
			return nil, err
		}
	}
	now, err := s.Now(ctx)
	if err != nil {
		return nil, err
	}
	var as []OtherAddress
	if err := s.reader.WithContext(ctx).Raw(addressesAsked, id, now).Scan(&as).Error; err != nil || len(as) == 0 {
		return nil, trouble(err)
	}
	return &as[0], nil
}

// StopAddressOf ends what was asked for, before it counts; any administrator of the account may.
func (s *Store) StopAddressOf(ctx context.Context, u User, id int64, version int, o *Once) error {
	ctx = as(ctx, u)
	return s.onPerson(ctx, u, id, version, o, func(t *tx, m *Member) error { return t.stopAddress(m.User, &u.ID) })
}

// StopAddress ends what somebody else asked for about one's own account.
func (s *Store) StopAddress(ctx context.Context, u User) error {
	ctx = as(ctx, u)
	return s.write(ctx, u, func(t *tx) error {
		if err := t.enter(chainOf(u.AGS)); err != nil {
			return err
		}
		return t.stopAddress(u, &u.ID)
	})
}

func (t *tx) stopAddress(u User, by *int64) error {
	done := t.db.Exec(`UPDATE account_links SET ended_at = ? WHERE user_id = ? AND kind = 'address' AND asked_by IS NOT NULL AND used_at IS NULL AND ended_at IS NULL`, t.now, u.ID)
	switch {
	case done.Error != nil:
		return done.Error
	case done.RowsAffected == 0:
		return conflict("address_decided")
	}
	t.witness(SecurityEvent{Code: AddressStopped, AGS: u.AGS, UserID: deref(by), Detail: "user " + number(&u.ID)})
	_, err := t.record(Event{ActorID: by, Action: "user_address_stop"}, EventData{Subject: "user " + number(&u.ID)})
	return err
}

// AnswerAddress is the owner's word, by the letter to the address that counts: agreed or stopped.
func (s *Store) AnswerAddress(ctx context.Context, secret string, agreed bool) error {
	return s.onLink(ctx, secret, func(t *tx, l *Link) error {
		switch {
		case !l.Owners:
			return linkOver()
		case !agreed:
			return t.stopAddress(l.User, &l.UserID)
		case l.Agreed:
			return nil
		}
		t.witness(SecurityEvent{Code: AddressAgreed, AGS: l.User.AGS, UserID: l.UserID})
		_, err := t.record(Event{ActorID: &l.UserID, Action: agreedToLink}, EventData{Subject: "user " + number(&l.UserID)})
		return err
	})
}

// ConfirmAddress makes the address that a link was sent to the account's. All
// sessions and all other links end.
func (s *Store) ConfirmAddress(ctx context.Context, secret string) error {
	return s.useLink(ctx, secret, []LinkKind{AddressLink}, func(t *tx, l *Link) error {
		if l.Waits(t.now) {
			return conflict("address_waits")
		}
		if _, err := t.byEmail(l.Email); !IsKind(err, NotFound) {
			if err == nil {
				err = linkOver()
			}
			return err
		}
		t.touches("users", "id = ?", l.UserID)
		t.must(1, `UPDATE users SET email = ?, version = version + 1 WHERE id = ?`, l.Email, l.UserID)
		if l.AskedBy != nil && !l.Agreed { // without the owner's word
			t.do(`UPDATE users SET address_by = ? WHERE id = ?`, l.AskedBy, l.UserID)
		}
		t.endSessions(l.UserID, "")
		t.endLinks(l.UserID, InvitationLink, ResetLink)
		t.touchCatalogue()
		t.witness(SecurityEvent{Code: AddressChanged, AGS: l.User.AGS, UserID: l.UserID, Detail: askedBy(l.AskedBy)})
		return t.tellPerson(Event{ActorID: &l.UserID, Action: "user_email"}, l.User, MailAddressChanged)
	})
}
