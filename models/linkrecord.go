package models

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"gorm.io/gorm"
)

// What a link is good for, its event says, not its row: whoever changes the row, or puts one
// in, opens nothing. Whether it was used, has ended, or was agreed to, later events say.

// noLink is what the event of a link says whose letter would have gone to another account's address: there is none.
const noLink = "none"

// linkOverBy are the acts on an account that leave no link of a kind open.
var linkOverBy = map[LinkKind][]Action{
	InvitationLink: {"user_invitation", "user_accept", "user_password", "password_set", "user_email"},
	ResetLink:      {"user_reset", "user_accept", "user_password", "password_set", "user_email", "user_roles", "user_off"},
	AddressLink:    {"user_address", "user_accept", "user_password", "password_set", "user_email", "user_roles", "user_off", "user_address_stop"},
}

// agreedToLink is the owner's word on an address that somebody else asked for.
const agreedToLink Action = "user_address_agree"

// linkActs are all acts that say something of a link.
var linkActs = []Action{
	"user_invitation", "user_reset", "user_address", "user_accept", "user_password", "password_set", "user_email", "user_roles", "user_off", "user_address_stop", agreedToLink,
}

// rowHash is over what decides about a link. Its id is random and stands nowhere else: once the
// row is gone, nobody can find out whose address was in it.
func (l *accountLink) rowHash() string {
	return digest("link", l.ID, number(&l.UserID), string(l.Kind), l.Email, number(l.AskedBy), stamp(l.CreatedAt), stamp(l.ExpiresAt), stamped(l.OpensAt))
}

// linkHistory is a link's row, and what the events of its account say of it.
type linkHistory struct {
	accountLink
	made   bool // by an event that says the same as the row
	sealed bool // and has a hash over it; events from before have none
	agreed bool // by the owner
	over   bool // used, or ended
}

// linkHistory reads it.
func (l *accountLink) history(db *gorm.DB) (*linkHistory, error) {
	h := &linkHistory{accountLink: *l}
	return h, eachEvent(db, l.AGS, `seq >= ? AND action IN ?`, []any{l.EventSeq, linkActs}, func(e *heardEvent) {
		if d, err := e.Decode(); err == nil && (e.intact || slices.Contains(linkOverBy[h.Kind], e.Action) && e.Seq > h.EventSeq) {
			h.hear(&e.Event, d)
		}
	})
}

// hear takes one event, in the order of the chain.
func (h *linkHistory) hear(e *Event, d EventData) {
	switch {
	case e.AGS != h.AGS || e.Seq < h.EventSeq || d.Subject != "user "+number(&h.UserID):
	case e.Seq == h.EventSeq:
		h.sealed = d.File != ""
		h.made = e.Action == "user_"+Action(h.Kind) && (d.File == h.rowHash() || !h.sealed && h.likeBefore(e))
	case e.Action == agreedToLink:
		h.agreed = true
	case slices.Contains(linkOverBy[h.Kind], e.Action):
		h.over = true
	}
}

// likeBefore tells whether a program from before there were hashes has made the row with that
// event: what it can be held against is all that such a program could write.
func (h *linkHistory) likeBefore(e *Event) bool {
	life, asker := linkLife[h.Kind], e.ActorID
	if h.AskedBy != nil {
		life = AddressWait + addressOpen
	} else {
		asker = nil
	}
	opens := h.OpensAt == nil || h.AskedBy != nil && stamp(*h.OpensAt) == stamp(h.CreatedAt.Add(AddressWait))
	return opens && number(asker) == number(h.AskedBy) && stamp(e.At) == stamp(h.CreatedAt) && stamp(h.ExpiresAt) == stamp(h.CreatedAt.Add(life))
}

// true tells whether the row is as its history says. A program from before wrote the owner's word over the time from which it counts.
func (h *linkHistory) true() bool {
	return h.made && (h.sealed || h.AskedBy == nil || h.OpensAt != nil || h.agreed)
}

// forgedLink is a link that counts by its row and not by the record.
type forgedLink struct {
	userID int64
	ags    string
	kind   LinkKind
}

// Error implements error; people are told linkOver.
func (forgedLink) Error() string { return "a link is not what its history says" }

// linkRefused says of a forged link what is said of every one that does not count, and writes down that it was tried.
func (s *Store) linkRefused(ctx context.Context, err error) error {
	var f forgedLink
	if !errors.As(err, &f) {
		return err
	}
	return cmp.Or[error](s.Witness(ctx, SecurityEvent{Code: LinkForged, AGS: f.ags, UserID: f.userID, Detail: string(f.kind)}), linkOver())
}

// openedLink is a link that counts by its row, with whose it is.
type openedLink struct {
	Row     accountLink `gorm:"embedded"`
	Owners  bool
	Seal    string // of the secret
	Side    string
	Address string
	Name    string
	Locale  string
}

// openLink reads a link that counts, by its row and by the record.
func (s *Store) openLink(db *gorm.DB, secret string, now time.Time) (*Link, error) {
	x, err := rowOfLink(db, secret, now)
	if err != nil {
		return nil, err
	}
	h, err := x.Row.history(db)
	if err != nil {
		return nil, trouble(err)
	}
	seal := sealSays(x.Seal, s.secretSeal(secret, x.Row.ID, x.Owners))
	if !h.true() || h.over || seal == sealWrong {
		if _, err := rowOfLink(db, secret, now); err != nil {
			return nil, err // somebody has used it meanwhile
		}
		return nil, forgedLink{x.Row.UserID, x.Side, x.Row.Kind}
	}
	return &Link{
		ID: x.Row.ID, UserID: x.Row.UserID, Kind: x.Row.Kind, Email: x.Row.Email, ExpiresAt: x.Row.ExpiresAt, AskedBy: x.Row.AskedBy, OpensAt: x.Row.OpensAt, Owners: x.Owners, Agreed: h.agreed, unsealed: seal == sealNone,
		User: User{ID: x.Row.UserID, AGS: x.Side, Email: x.Address, Name: x.Name, Locale: x.Locale, Active: true},
	}, nil
}

func rowOfLink(db *gorm.DB, secret string, now time.Time) (*openedLink, error) {
	var rows []openedLink
	err := db.Raw(`SELECT l.id, l.user_id, l.kind, l.email, l.ags, l.event_seq, l.created_at, l.expires_at, l.asked_by, l.opens_at, x.owners, x.seal, coalesce(u.ags, '') AS side, u.email AS address, u.name, u.locale `+openLinks, tokenHash(secret), now).Scan(&rows).Error
	if err != nil {
		return nil, trouble(err)
	}
	if len(rows) == 0 || len(secret) != secretLength {
		return nil, linkOver()
	}
	return &rows[0], nil
}

// secretSeal is over what decides about a secret.
func (s *Store) secretSeal(secret, id string, owners bool) string {
	return s.secretHashSeal(tokenHash(secret), id, owners)
}

// secretHashSeal is the same for a secret of which only the hash is known.
func (s *Store) secretHashSeal(hash, id string, owners bool) string {
	return s.sealOf("link", hash, id, strconv.FormatBool(owners))
}

// tellUnsealed tells once of a secret that an instance has written which does not know the key, and seals it.
func (s *Store) tellUnsealed(ctx context.Context, secret string, l *Link) error {
	return s.write(ctx, clockUser, func(t *tx) error {
		if err := t.enter(chainOf(l.User.AGS)); err != nil {
			return err
		}
		done := t.db.Exec(`UPDATE account_link_secrets SET seal = ? WHERE hash = ? AND link_id = ? AND owners = ? AND seal = ''`, s.secretSeal(secret, l.ID, l.Owners), tokenHash(secret), l.ID, l.Owners)
		if done.Error != nil || done.RowsAffected == 0 {
			return done.Error
		}
		t.witness(SecurityEvent{Code: LinkUnsealed, AGS: l.User.AGS, UserID: l.UserID, Detail: string(l.Kind)})
		_, err := t.record(Event{Action: Action(LinkUnsealed), Comment: string(l.Kind)}, EventData{Subject: "user " + number(&l.UserID)})
		return err
	})
}

// linkRows gives an audit the links, before it hears the events.
func (l *ledger) linkRows() error {
	var rows []linkRow
	err := l.db.Order("ags, event_seq, id").Find(&rows).Error
	for _, r := range rows {
		h := &linkHistory{accountLink: r.Row}
		subject := "user " + number(&r.Row.UserID)
		l.links[subject] = append(l.links[subject], h)
		l.linked = append(l.linked, heldLink{h, r.UsedAt != nil || r.EndedAt != nil})
	}
	return err
}

// heldLink is a link that an audit holds against what events say, and whether it is over by its row.
type heldLink struct {
	*linkHistory
	ended bool
}

// mailLinks holds links against what events say of them: nobody gets one behind the record, sooner, or once more.
func (a *audit) mailLinks() {
	for _, h := range a.linked {
		where := "link by mail of account %d, municipality %s event %d"
		switch {
		case !h.true():
			a.found("is not what its history says", where, h.UserID, h.AGS, h.EventSeq)
		case h.sealed && h.over != h.ended:
			a.found("counts otherwise than its history says", where, h.UserID, h.AGS, h.EventSeq)
		}
	}
}
