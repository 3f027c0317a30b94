package models

import (
	"context"
	"net/mail"
	"strings"
)

// An account's address is where its links go: another one counts only when
// somebody who reads its mailbox has confirmed it, and the old one is told.

// isEmail tells whether mail can be sent to an address as it stands.
func isEmail(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && len(s) <= maxEmail && isASCII(s)
}

// AskAddress asks for another address of one's own; the password is asked for once more.
func (s *Store) AskAddress(ctx context.Context, u User, password, email string) error {
	ctx = as(ctx, u)
	email = strings.ToLower(strings.TrimSpace(email))
	if err := otherAddress(u.Email, email); err != nil {
		return err
	}
	if _, err := s.CheckPassword(ctx, u.Email, password); err != nil {
		return err
	}
	return s.write(ctx, u, func(t *tx) error {
		if err := t.enter(chainOf(u.AGS)); err != nil {
			return err
		}
		return t.askAddress(u, email, &u.ID)
	})
}

// AskAddressOf asks for another address of somebody's account; it is the administration's act.
func (s *Store) AskAddressOf(ctx context.Context, u User, id int64, version int, email string, o *Once) error {
	ctx = as(ctx, u)
	email = strings.ToLower(strings.TrimSpace(email))
	return s.onPerson(ctx, u, id, version, o, func(t *tx, m *Member) error {
		if err := otherAddress(m.Email, email); err != nil {
			return err
		}
		if !m.Active {
			return conflict("account_off")
		}
		return t.askAddress(m.User, email, &u.ID)
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
		e, err = t.record(Event{ActorID: by, Action: "user_address"}, EventData{Subject: "user " + number(&u.ID)})
	}
	if err == nil {
		t.post(e, MailAddressAsked, recipient{u.Email, u.Locale, personRole}, nil)
	}
	return err
}

// ConfirmAddress makes the address that a link was sent to the account's. All
// sessions and all other links end.
func (s *Store) ConfirmAddress(ctx context.Context, secret string) error {
	return s.useLink(ctx, secret, []LinkKind{AddressLink}, func(t *tx, l *Link) error {
		if _, err := t.byEmail(l.Email); !IsKind(err, NotFound) {
			if err == nil {
				err = linkOver()
			}
			return err
		}
		t.must(1, `UPDATE users SET email = ?, version = version + 1 WHERE id = ?`, l.Email, l.UserID)
		t.endSessions(l.UserID, "")
		t.endLinks(l.UserID, InvitationLink, ResetLink)
		t.touchCatalogue()
		t.witness(SecurityEvent{Code: AddressChanged, AGS: l.User.AGS, UserID: l.UserID})
		return t.tellPerson(Event{ActorID: &l.UserID, Action: "user_email"}, l.User, MailAddressChanged)
	})
}
