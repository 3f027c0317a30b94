package models

import (
	"context"
	"strings"
	"time"
)

// Identity is who somebody is elsewhere: an account of an OpenID provider, and
// what its groups stand for here.
type Identity struct {
	Provider        string // its key in the settings
	Issuer, Subject string
	Email           string
	Verified        bool // the provider has confirmed the address
	Name, Locale    string
	AGS             string // whose side the groups stand for; empty: the provider's people
	Roles           []Role // none: no group of theirs means anything here
	Confined        string // the only municipality the provider may speak for; empty: any side
	Create          bool   // an account is made for whoever has none
}

// maxSubject bounds what a provider calls somebody, in bytes (OpenID Connect Core 2).
const maxSubject = 255

// outside is the refusal of a sign-in with an account from elsewhere.
func outside(code string) *Error { return forbidden("identity_" + code) }

// Recognise finds the account that belongs to an identity, links one, or makes
// one. What the provider's groups stand for becomes the person's roles; whoever
// has none left loses those they had.
func (s *Store) Recognise(ctx context.Context, i Identity) (User, error) {
	ctx = asInstallation(ctx)
	i.Email = strings.ToLower(strings.TrimSpace(i.Email))
	if err := i.check(); err != nil {
		return User{}, err
	}
	ags, err := s.sideOf(ctx, i)
	if err != nil {
		return User{}, err
	}
	var u User
	var refused *Error
	err = s.write(ctx, clockUser, func(t *tx) (err error) {
		if err := t.enter(chainOf(ags)); err != nil {
			return err
		}
		u, refused = User{}, nil
		u, refused, err = t.recognise(i)
		return err
	})
	switch {
	case IsKind(err, NotFound):
		return User{}, outside("no_town")
	case err != nil:
		return User{}, err
	case refused != nil:
		return User{}, refused
	}
	return u, nil
}

// check refuses an identity that says more than its provider may.
func (i *Identity) check() error {
	if i.Issuer == "" || i.Subject == "" || len(i.Subject) > maxSubject || !isText(i.Subject) || !isText(i.Name) {
		return outside("untrusted")
	}
	if len(i.Roles) > 0 && i.Confined != "" && i.AGS != i.Confined {
		return outside("side")
	}
	for _, r := range i.Roles {
		if (r.Side() == Municipal) != (i.AGS != "") {
			return outside("side")
		}
	}
	return nil
}

// sideOf is in whose chain a sign-in is recorded: that of the account it belongs to, or will belong to.
func (s *Store) sideOf(ctx context.Context, i Identity) (string, error) {
	t := &tx{ctx: ctx, s: s, db: s.reader.WithContext(ctx)}
	m, err := t.identified(i)
	if err != nil || m != nil {
		return sideOr(m, i.AGS), trouble(err)
	}
	return i.AGS, nil
}

func sideOr(m *Member, ags string) string {
	if m != nil {
		return m.AGS
	}
	return ags
}

// identified finds the account that is linked to an identity, nil if there is none.
func (t *tx) identified(i Identity) (*Member, error) {
	var id int64
	err := t.db.Raw(`SELECT user_id FROM identities WHERE issuer = ? AND subject = ?`, i.Issuer, i.Subject).Scan(&id).Error
	if err != nil || id == 0 {
		return nil, err
	}
	return readMember(t.db, id)
}

// recognise does it inside the chain. A refusal comes beside the error: what was written with it stays written.
func (t *tx) recognise(i Identity) (User, *Error, error) {
	m, err := t.identified(i)
	if err != nil {
		return User{}, nil, err
	}
	if m == nil {
		return t.introduce(i)
	}
	switch {
	case !m.Active:
		return User{}, outside("off"), nil
	case i.Confined != "" && m.AGS != i.Confined:
		return User{}, outside("side"), nil
	case len(i.Roles) == 0:
		return User{}, outside("no_group"), t.follow(m, nil, i)
	case m.AGS != i.AGS:
		return User{}, outside("side"), t.follow(m, nil, i)
	}
	t.touches("identities", "issuer = ? AND subject = ?", i.Issuer, i.Subject)
	t.must(1, `UPDATE identities SET used_at = ? WHERE issuer = ? AND subject = ?`, t.now, i.Issuer, i.Subject)
	if err := t.follow(m, i.Roles, i); err != nil {
		return User{}, nil, err
	}
	u := m.User
	u.Roles = i.Roles
	return u, nil, nil
}

// introduce links an identity that is seen for the first time: to the account
// with its address, or to one that is made for it.
func (t *tx) introduce(i Identity) (User, *Error, error) {
	switch {
	case len(i.Roles) == 0:
		return User{}, outside("no_group"), nil
	case !i.Verified || i.Email == "":
		return User{}, outside("unverified"), nil
	}
	found, err := t.byEmail(i.Email)
	if IsKind(err, NotFound) {
		return t.welcomeNew(i)
	}
	if err != nil {
		return User{}, nil, err
	}
	m, err := readMember(t.db, found.ID)
	if err != nil {
		return User{}, nil, err
	}
	var others int
	if err := t.db.Raw(`SELECT count(*) FROM identities WHERE issuer = ? AND user_id = ?`, i.Issuer, m.ID).Scan(&others).Error; err != nil {
		return User{}, nil, err
	}
	switch {
	case m.AGS != i.AGS:
		return User{}, outside("taken"), nil
	case !m.Active:
		return User{}, outside("off"), nil
	case others > 0:
		return User{}, outside("other"), nil
	}
	if err := t.link(m.ID, m.AGS, i); err != nil {
		return User{}, nil, err
	}
	if err := t.follow(m, i.Roles, i); err != nil {
		return User{}, nil, err
	}
	u := m.User
	u.Roles = i.Roles
	return u, nil, nil
}

// welcomeNew makes an account for whoever has none, if the provider may.
func (t *tx) welcomeNew(i Identity) (User, *Error, error) {
	if !i.Create {
		return User{}, outside("unknown"), nil
	}
	n := NewUser{AGS: i.AGS, Email: i.Email, Name: i.Name, Locale: i.Locale, Roles: i.Roles}
	if strings.TrimSpace(n.Name) == "" {
		n.Name, _, _ = strings.Cut(i.Email, "@")
	}
	if err := n.check(); err != nil {
		return User{}, outside("unusable"), nil // an address or a name that no account here can have; it is not repeated
	}
	id, err := t.addUser(n, nil)
	if err == nil {
		err = t.link(id, n.AGS, i)
	}
	return User{ID: id, AGS: n.AGS, Email: n.Email, Name: n.Name, Locale: n.Locale, Active: true, CreatedAt: t.now, Roles: n.Roles}, nil, err
}

// link writes down that an identity is an account's.
func (t *tx) link(id int64, ags string, i Identity) error {
	t.touches("identities", "issuer = ? AND subject = ?", i.Issuer, i.Subject)
	t.must(1, `INSERT INTO identities (issuer, subject, user_id, provider, created_at, used_at) VALUES (?, ?, ?, ?, ?, ?)`, i.Issuer, i.Subject, id, i.Provider, t.now, t.now)
	t.witness(SecurityEvent{Code: IdentityLinked, AGS: ags, UserID: id, Detail: i.Provider})
	_, err := t.recordAccount(Event{Action: "user_link", Comment: i.Provider}, id)
	return err
}

// follow gives a person the roles that the provider's groups stand for, and no
// others. Whose roles change is signed out everywhere.
func (t *tx) follow(m *Member, roles []Role, i Identity) error {
	if sameRoles(m.Roles, roles) {
		return nil
	}
	t.touches("users", "id = ?", m.ID)
	t.must(1, `UPDATE users SET version = version + 1 WHERE id = ?`, m.ID)
	t.do(`DELETE FROM user_roles WHERE user_id = ?`, m.ID)
	t.giveRoles(m.ID, roles)
	if err := t.endAccess(m.User); err != nil {
		return err
	}
	t.touchCatalogue()
	t.witness(SecurityEvent{Code: RolesChanged, AGS: m.AGS, UserID: m.ID, Detail: i.Provider})
	_, err := t.recordAccount(Event{Action: "user_roles", Comment: roleNames(roles)}, m.ID)
	return err
}

// LinkedIdentity is a sign-in elsewhere that belongs to an account.
type LinkedIdentity struct {
	Provider          string
	CreatedAt, UsedAt time.Time
}

// Identities lists with what accounts from elsewhere a person can sign in: oneself, or one that somebody may see.
func (s *Store) Identities(ctx context.Context, u User, id int64) ([]LinkedIdentity, error) {
	ctx = as(ctx, u)
	if id != u.ID {
		if _, err := s.Person(ctx, u, id); err != nil {
			return nil, err
		}
	}
	var out []LinkedIdentity
	err := s.reader.WithContext(ctx).Raw(`SELECT provider, created_at, used_at FROM identities WHERE user_id = ? ORDER BY created_at, provider`, id).Scan(&out).Error
	return out, trouble(err)
}

// Unlink parts an account from all accounts elsewhere, and ends what it is signed in with.
func (s *Store) Unlink(ctx context.Context, u User, id int64, version int, o *Once) error {
	ctx = as(ctx, u)
	return s.onPerson(ctx, u, id, version, o, func(t *tx, m *Member) error {
		t.do(`DELETE FROM identities WHERE user_id = ?`, id)
		if err := t.endAccess(m.User); err != nil {
			return err
		}
		_, err := t.recordAccount(Event{ActorID: &u.ID, Action: "user_unlink"}, id)
		return err
	})
}
