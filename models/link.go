package models

import (
	"context"
	"slices"
	"time"

	"gorm.io/gorm"
)

// A link by mail shows that somebody reads an account's mailbox. Its secret is
// made when the letter is written for sending (docs/adr/0015) and stands only
// there; the records hold its hash.

// LinkKind is what a link is for.
type LinkKind string

// The kinds of link.
const (
	InvitationLink LinkKind = "invitation" // set the first password
	ResetLink      LinkKind = "reset"      // set a forgotten one anew
	AddressLink    LinkKind = "address"    // confirm a new address
)

// linkLife is how long a link is good for. A reset's counts as long as resetsAnHour counts those that were sent: whoever is sent no
// more, because somebody else has used them up, has one that still opens.
var linkLife = map[LinkKind]time.Duration{InvitationLink: 7 * 24 * time.Hour, ResetLink: resetWindow, AddressLink: 24 * time.Hour}

// linkMail is the letter that brings a link.
var linkMail = map[LinkKind]MailKind{InvitationLink: MailInvitation, ResetLink: MailReset, AddressLink: MailAddress}

// Link is a link by mail that still counts.
type Link struct {
	ID        string
	UserID    int64
	Kind      LinkKind
	Email     string // where it was sent
	ExpiresAt time.Time
	AskedBy   *int64     // who wants it, if that is not the account's owner
	OpensAt   *time.Time // it counts from then on only; nil: at once
	Owners    bool       // its secret went to the address that counts now: whoever has it may agree or stop
	Agreed    bool       `gorm:"-"` // the owner has, so the record
	User      User       `gorm:"-"`

	unsealed bool
}

// Waits tells whether it does not count yet.
func (l *Link) Waits(now time.Time) bool {
	return l.OpensAt != nil && !l.Agreed && now.Before(*l.OpensAt)
}

// accountLink is its row.
type accountLink struct {
	ID        string
	UserID    int64
	Kind      LinkKind
	Email     string
	AGS       string `gorm:"column:ags"`
	EventSeq  int64
	CreatedAt time.Time
	ExpiresAt time.Time
	AskedBy   *int64
	OpensAt   *time.Time
}

// linkRow is all of it.
type linkRow struct {
	Row     accountLink `gorm:"embedded"`
	UsedAt  *time.Time
	EndedAt *time.Time
}

// TableName implements GORM's Tabler.
func (linkRow) TableName() string { return "account_links" }

// TableName implements GORM's Tabler.
func (accountLink) TableName() string { return "account_links" }

// sendLink makes a link for an account, in place of older ones of its kind, and posts its letter.
func (t *tx) sendLink(u User, kind LinkKind, email string, by *int64) (Event, error) {
	e, err := t.makeLink(u, kind, email, by, nil, false)
	if err == nil {
		t.post(e, linkMail[kind], recipient{email, u.Locale, personRole}, nil)
	}
	return e, err
}

// makeLink makes a link in place of older ones of its kind; asker is who asks for
// it instead of the owner, nil: the owner, or a rule. One that waits does not count at once.
func (t *tx) makeLink(u User, kind LinkKind, email string, by, asker *int64, waits bool) (Event, error) {
	t.endLinks(u.ID, kind)
	l := &accountLink{ID: randomHex(16), UserID: u.ID, Kind: kind, Email: email, CreatedAt: t.now, ExpiresAt: t.now.Add(linkLife[kind]), AskedBy: asker}
	if waits {
		opens := t.now.Add(AddressWait)
		l.OpensAt, l.ExpiresAt = &opens, opens.Add(addressOpen)
	}
	e, err := t.record(Event{ActorID: by, Action: Action("user_" + kind)}, EventData{Subject: "user " + number(&u.ID), File: l.rowHash()})
	if err != nil {
		return e, err
	}
	l.AGS, l.EventSeq = e.AGS, e.Seq
	t.insert(l)
	t.witness(SecurityEvent{Code: linkCode[kind], AGS: u.AGS, UserID: u.ID, Detail: askedBy(asker)})
	return e, nil
}

// linkCode is what the security log calls it.
var linkCode = map[LinkKind]SecurityCode{InvitationLink: InvitationSent, ResetLink: ResetAsked, AddressLink: AddressAsked}

// askedBy names in the security log who asked for it in the owner's place.
func askedBy(asker *int64) string {
	if asker == nil {
		return ""
	}
	return "by " + number(asker)
}

// personRole is the role of whoever is written to about the own account.
const personRole = "person"

// tellPerson records what has happened to an account and tells its person.
func (t *tx) tellPerson(e Event, u User, kind MailKind) error {
	return t.tellPersonAs(e, u, kind, EventData{})
}

// tellPersonAs does, with more that the act decided.
func (t *tx) tellPersonAs(e Event, u User, kind MailKind, d EventData) error {
	e, err := t.recordAccountAs(e, u.ID, d)
	if err == nil {
		t.post(e, kind, recipient{u.Email, u.Locale, personRole}, nil)
	}
	return err
}

// endLinks ends an account's links of some kinds.
func (t *tx) endLinks(userID int64, kinds ...LinkKind) {
	for _, k := range kinds {
		t.do(`UPDATE account_links SET ended_at = ? WHERE user_id = ? AND kind = ? AND used_at IS NULL AND ended_at IS NULL`, t.now, userID, k)
	}
}

// linkOver is said of every link that does not count, whatever the reason.
func linkOver() *Error { return &Error{Kind: NotFound, Code: "link_over"} }

// secretLength is that of 256 bits in base64.
const secretLength = 43

// openLinks is the condition of links that still count.
const openLinks = `FROM account_link_secrets x JOIN account_links l ON l.id = x.link_id JOIN users u ON u.id = l.user_id
	WHERE x.hash = ? AND l.used_at IS NULL AND l.ended_at IS NULL AND l.expires_at > ? AND u.active`

// Link finds out what a secret from a letter is good for. It uses nothing up.
func (s *Store) Link(ctx context.Context, secret string) (*Link, error) {
	ctx = asInstallation(ctx) // whose it is is not known before
	now, err := s.Now(ctx)
	if err != nil {
		return nil, err
	}
	l, err := s.openLink(s.reader.WithContext(ctx), secret, now)
	if err == nil && l.unsealed {
		err = s.tellUnsealed(ctx, secret, l)
	}
	return l, s.linkRefused(ctx, err)
}

// onLink runs fn on a link that counts, inside its account's chain.
func (s *Store) onLink(ctx context.Context, secret string, fn func(*tx, *Link) error) error {
	l, err := s.Link(ctx, secret)
	if err != nil {
		return err
	}
	return s.linkRefused(ctx, s.write(ctx, clockUser, func(t *tx) error {
		if err := t.enter(chainOf(l.User.AGS)); err != nil {
			return err
		}
		now, err := s.openLink(t.db, secret, t.now)
		if err != nil {
			return err
		}
		return fn(t, now)
	}))
}

// useLink uses a link of some kinds up: of several at once one wins.
func (s *Store) useLink(ctx context.Context, secret string, kinds []LinkKind, fn func(*tx, *Link) error) error {
	return s.onLink(ctx, secret, func(t *tx, l *Link) error {
		if l.Owners || !slices.Contains(kinds, l.Kind) {
			return linkOver()
		}
		t.must(1, `UPDATE account_links SET used_at = ? WHERE id = ? AND used_at IS NULL AND ended_at IS NULL`, t.now, l.ID)
		return fn(t, l)
	})
}

// PersonalLink makes a link to set an account's password for the operator to hand
// over, and returns its path: nobody gets a letter.
func (s *Store) PersonalLink(ctx context.Context, email string) (path string, err error) {
	ctx = asInstallation(ctx)
	u, err := s.byAddress(ctx, email)
	switch {
	case err != nil:
		return "", err
	case u.ID == 0:
		return "", notFound("user")
	}
	var e Event
	err = s.write(ctx, clockUser, func(t *tx) error {
		if err := t.enter(chainOf(u.AGS)); err != nil {
			return err
		}
		e, err = t.makeLink(u, ResetLink, u.Email, nil, nil, false)
		return err
	})
	if err != nil {
		return "", err
	}
	var id string
	if err := s.reader.WithContext(ctx).Raw(`SELECT id FROM account_links WHERE ags = ? AND event_seq = ?`, e.AGS, e.Seq).Row().Scan(&id); err != nil {
		return "", trouble(err)
	}
	return s.openWith(ctx, id, false)
}

// SetOwnPassword sets the password that a link asks for. All sessions end, and
// nobody is signed in by it.
func (s *Store) SetOwnPassword(ctx context.Context, secret, password string) (User, error) {
	l, err := s.Link(ctx, secret)
	if err != nil {
		return User{}, err
	}
	hash, err := newHash(ctx, l.User, password)
	if err != nil {
		return User{}, err
	}
	err = s.useLink(ctx, secret, []LinkKind{InvitationLink, ResetLink}, func(t *tx, l *Link) error {
		t.setPassword(l.User, hash, "")
		if l.Kind == InvitationLink {
			_, err := t.recordAccount(Event{ActorID: &l.UserID, Action: "user_accept"}, l.UserID)
			return err
		}
		return t.tellPassword(l.User)
	})
	return l.User, err
}

// SendLink sends a person a link to set a password: the invitation once more while
// it has not been accepted, else one for a reset. Nobody but the person learns it.
func (s *Store) SendLink(ctx context.Context, u User, id int64, version int, o *Once) error {
	ctx = as(ctx, u)
	return s.onPerson(ctx, u, id, version, o, func(t *tx, m *Member) error {
		if !m.Active {
			return conflict("account_off")
		}
		kind := ResetLink
		if m.Invited {
			kind = InvitationLink
		}
		_, err := t.sendLink(m.User, kind, m.Email, &u.ID)
		return err
	})
}

// loadInvited marks who has not set a password yet, and until when they can.
func loadInvited(db *gorm.DB, ms []Member, ids []int64, at map[int64]int) error {
	var rows []struct {
		UserID    int64
		ExpiresAt time.Time
	}
	err := db.Raw(`SELECT l.user_id, l.expires_at FROM account_links l JOIN users u ON u.id = l.user_id WHERE l.user_id IN ? AND l.kind = ?
		AND l.used_at IS NULL AND l.ended_at IS NULL AND u.password_hash = '' AND u.signed_in_at IS NULL`, ids, InvitationLink).Scan(&rows).Error
	for _, r := range rows {
		ms[at[r.UserID]].Invited, ms[at[r.UserID]].InvitedUntil = true, r.ExpiresAt
	}
	return err
}

// keepLinks is how long links that no longer count are kept, for whoever asks what became of them.
const keepLinks = 30 * 24 * time.Hour

// tidyLinks removes links that have long been over.
func (s *Store) tidyLinks(ctx context.Context) error {
	return s.mark(ctx, func(now time.Time) write {
		return write{sql: `DELETE FROM account_links WHERE expires_at <= ?`, args: []any{now.Add(-keepLinks)}, want: -1}
	})
}
