package models

import (
	"context"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"
)

// Member is a person's account as administration sees it.
type Member struct {
	User
	Version      int
	SignedInAt   *time.Time // with the password, last; nil: never
	Invited      bool       `gorm:"-"` // and has not set a password yet
	InvitedUntil time.Time  `gorm:"-"` // when the invitation ends, or has ended
	ForgottenAt  *time.Time // since when this is nobody's account any more
}

// PeopleFilter narrows the list of accounts.
type PeopleFilter struct {
	AGS      string // one municipality
	Provider bool   // the provider's people only
	Cursor   string
	Limit    int
}

const memberColumns = `u.id, coalesce(u.ags, '') AS ags, u.email, u.name, u.locale, u.active, u.demo, u.created_at, u.version, u.signed_in_at, u.forgotten_at, coalesce(u.address_by, 0) AS address_by`

// People lists accounts by address, a page at a time. A municipality's administration sees its own.
func (s *Store) People(ctx context.Context, u User, f PeopleFilter) ([]Member, string, error) {
	ctx = as(ctx, u)
	n, err := pageLimit(f.Limit)
	if err != nil {
		return nil, "", err
	}
	after, err := textCursor(f.Cursor)
	if err != nil {
		return nil, "", err
	}
	db, err := peopleSeen(s.reader.WithContext(ctx).Table("users AS u").Select(memberColumns), u, f)
	if err != nil {
		return nil, "", err
	}
	var ms []Member
	if err := db.Where("u.email > ?", after).Order("u.email").Limit(n + 1).Scan(&ms).Error; err != nil {
		return nil, "", trouble(err)
	}
	ms, next := cut(ms, n, func(x Member) string { return cursorText(x.Email) })
	return ms, next, trouble(loadRoles(s.reader.WithContext(ctx), ms))
}

// peopleSeen is the condition that the list begins with.
func peopleSeen(db *gorm.DB, u User, f PeopleFilter) (*gorm.DB, error) {
	switch {
	case u.AGS != "":
		if err := u.reach(SeePeople, u.AGS, "municipality"); err != nil {
			return nil, err
		}
		return db.Where("u.ags = ?", u.AGS), nil
	case u.refused(SeePeople, "") != nil:
		return nil, u.refused(SeePeople, "")
	case f.Provider:
		return db.Where("u.ags IS NULL"), nil
	case f.AGS != "":
		return db.Where("u.ags = ?", clip(f.AGS)), nil
	}
	return db, nil
}

// loadRoles adds to people what they may do, in one query.
func loadRoles(db *gorm.DB, ms []Member) error {
	if len(ms) == 0 {
		return nil
	}
	at := make(map[int64]int, len(ms))
	ids := make([]int64, len(ms))
	for i, m := range ms {
		at[m.ID], ids[i] = i, m.ID
	}
	var rows []struct {
		UserID int64
		Role   Role
	}
	err := db.Raw(`SELECT user_id, role FROM user_roles WHERE user_id IN ?`, ids).Scan(&rows).Error
	for _, r := range rows {
		m := &ms[at[r.UserID]]
		m.Roles = append(m.Roles, r.Role)
	}
	for _, m := range ms {
		slices.SortFunc(m.Roles, func(a, b Role) int { return slices.Index(Roles, a) - slices.Index(Roles, b) })
	}
	return firstError(err, loadInvited(db, ms))
}

// Person reads one account.
func (s *Store) Person(ctx context.Context, u User, id int64) (*Member, error) {
	ctx = as(ctx, u)
	m, err := loadMember(s.reader.WithContext(ctx), u, id)
	if err != nil {
		return nil, trouble(err)
	}
	return m, u.reach(SeePeople, m.AGS, "user")
}

// PersonByEmail finds an account by its whole address.
func (s *Store) PersonByEmail(ctx context.Context, u User, email string) (*Member, error) {
	ctx = as(ctx, u)
	t := &tx{ctx: ctx, s: s, db: s.reader.WithContext(ctx)}
	found, err := t.byEmail(email)
	if err != nil {
		return nil, trouble(err)
	}
	return s.Person(ctx, u, found.ID)
}

// loadMember reads an account that somebody may know of.
func loadMember(db *gorm.DB, u User, id int64) (*Member, error) {
	m, err := memberWhere(db, `u.id = ? AND (? = '' OR u.ags = ?)`, id, u.AGS, u.AGS) // what is foreign takes no longer than what is missing
	if err != nil {
		return nil, err
	}
	return m, u.known(m.AGS, "user")
}

// readMember reads an account, whoever asks.
func readMember(db *gorm.DB, id int64) (*Member, error) { return memberWhere(db, `u.id = ?`, id) }

func memberWhere(db *gorm.DB, where string, args ...any) (*Member, error) {
	var ms []Member
	if err := db.Raw(`SELECT `+memberColumns+` FROM users u WHERE `+where, args...).Scan(&ms).Error; err != nil {
		return nil, err
	}
	if len(ms) == 0 {
		return nil, notFound("user")
	}
	return &ms[0], loadRoles(db, ms)
}

// AddPerson makes an account and invites its person by mail; it belongs to whom n names.
func (s *Store) AddPerson(ctx context.Context, u User, n NewUser, o *Once) (int64, error) {
	if err := u.reach(ChangePeople, n.AGS, "municipality"); err != nil {
		return 0, err
	}
	n.Email = strings.ToLower(strings.TrimSpace(n.Email))
	if err := n.check(); err != nil {
		return 0, err
	}
	var id int64
	err := s.once(ctx, u, o, func(t *tx) (any, error) {
		if err := t.enter(chainOf(n.AGS)); err != nil {
			return nil, err
		}
		if kept, err := t.answered(o); kept != nil || err != nil {
			return nil, err
		}
		known, err := t.byEmail(n.Email)
		switch {
		case err == nil:
			return nil, invalid("email", "email_taken", "email", known.Email)
		case !IsKind(err, NotFound):
			return nil, err
		}
		if id, err = t.addUser(n, &u.ID); err != nil || n.PasswordHash != "" {
			return id, err
		}
		made := Member{User: User{ID: id, AGS: n.AGS, Email: n.Email, Name: n.Name, Locale: n.Locale, Roles: n.Roles}}
		e, err := t.sendLink(made.User, InvitationLink, n.Email, &u.ID)
		if err == nil && decides(n.Roles) {
			err = t.tellAdministration(e, u, &made, MailAccountAdded)
		}
		return id, err
	})
	return id, err
}

// chainOf is the chain in which a side's people are recorded.
func chainOf(ags string) string {
	if ags == "" {
		return Installation
	}
	return ags
}

// PersonChange is what can be changed about an account.
type PersonChange struct {
	Name, Locale string
	Roles        []Role
}

// ChangePerson changes name, language and roles. Whose roles change is signed out everywhere.
func (s *Store) ChangePerson(ctx context.Context, u User, id int64, version int, ch PersonChange, o *Once) error {
	ctx = as(ctx, u)
	return s.onPerson(ctx, u, id, version, o, func(t *tx, m *Member) error {
		n := NewUser{AGS: m.AGS, Email: m.Email, Name: strings.TrimSpace(ch.Name), Locale: ch.Locale, Roles: ch.Roles}
		if err := n.check(); err != nil {
			return err
		}
		t.do(`UPDATE users SET name = ?, locale = ? WHERE id = ?`, n.Name, n.Locale, id)
		if sameRoles(m.Roles, n.Roles) {
			_, err := t.record(Event{ActorID: &u.ID, Action: "user_change"}, EventData{Subject: "user " + number(&id)})
			return err
		}
		if err := t.keepAdmin(u, m, n.Roles); err != nil {
			return err
		}
		t.do(`DELETE FROM user_roles WHERE user_id = ?`, id)
		t.giveRoles(id, n.Roles)
		t.endAccess(id)
		t.witness(SecurityEvent{Code: RolesChanged, AGS: m.AGS, UserID: u.ID, TokenID: u.TokenID, Detail: "user " + number(&id)})
		e, err := t.record(Event{ActorID: &u.ID, Action: "user_roles", Comment: roleNames(n.Roles)}, EventData{Subject: "user " + number(&id)})
		if err == nil && decides(n.Roles) {
			err = t.tellAdministration(e, u, m, MailRolesChanged)
		}
		return err
	})
}

// SwitchPerson switches an account off, and everything it is signed in with, or on again.
func (s *Store) SwitchPerson(ctx context.Context, u User, id int64, version int, on bool, o *Once) error {
	ctx = as(ctx, u)
	return s.onPerson(ctx, u, id, version, o, func(t *tx, m *Member) error {
		action := Action("user_on")
		if !on {
			action = "user_off"
			if m.ID == u.ID {
				return conflict("own_account")
			}
			if err := t.keepAdmin(u, m, nil); err != nil {
				return err
			}
			t.endAccess(id)
		}
		t.switchAccount(id, on)
		t.witness(SecurityEvent{Code: AccountSwitched, AGS: m.AGS, UserID: u.ID, TokenID: u.TokenID, Detail: string(action) + " " + number(&id)})
		_, err := t.record(Event{ActorID: &u.ID, Action: action}, EventData{Subject: "user " + number(&id)})
		return err
	})
}

// onPerson runs a write on one account, inside its side's chain, on the version it was decided on.
func (s *Store) onPerson(ctx context.Context, u User, id int64, version int, o *Once, fn func(*tx, *Member) error) error {
	seen, err := s.Person(ctx, u, id)
	if err != nil {
		return err
	}
	if err := u.reach(ChangePeople, seen.AGS, "user"); err != nil {
		return err
	}
	return s.once(ctx, u, o, func(t *tx) (any, error) {
		if err := t.enter(chainOf(seen.AGS)); err != nil {
			return nil, err
		}
		if kept, err := t.answered(o); kept != nil || err != nil {
			return nil, err
		}
		m, err := loadMember(t.db, u, id)
		if err != nil {
			return nil, err
		}
		if m.Version != version {
			return nil, conflict("stale_account")
		}
		if m.ForgottenAt != nil {
			return nil, conflict("person_forgotten")
		}
		t.must(1, `UPDATE users SET version = version + 1 WHERE id = ? AND version = ?`, id, version)
		t.touchCatalogue()
		return id, fn(t, m)
	})
}

// keepAdmin refuses to leave an installation without administration, or oneself without the role one acts in.
func (t *tx) keepAdmin(u User, m *Member, roles []Role) error {
	for _, r := range []Role{Admin, TenantAdmin} {
		if m.ID == u.ID && m.Has(r) && !slices.Contains(roles, r) {
			return conflict("own_admin_role")
		}
	}
	if !m.Has(Admin) || !m.Active || slices.Contains(roles, Admin) {
		return nil
	}
	var others int
	err := t.db.Raw(`SELECT count(*) FROM users u JOIN user_roles r ON r.user_id = u.id WHERE u.ags IS NULL AND u.active AND r.role = ? AND u.id <> ?`, Admin, m.ID).Scan(&others).Error
	if err == nil && others == 0 {
		err = conflict("last_admin")
	}
	return err
}

// endAccess ends everything an account is signed in with.
func (t *tx) endAccess(id int64) {
	t.do(`DELETE FROM sessions WHERE user_id = ?`, id)
	t.do(`UPDATE tokens SET revoked_at = ? WHERE user_id = ? AND revoked_at IS NULL`, t.now, id)
	t.endLinks(id, ResetLink, AddressLink)
}

func (t *tx) giveRoles(id int64, roles []Role) {
	for _, r := range roles {
		t.do(`INSERT INTO user_roles (user_id, role) VALUES (?, ?)`, id, r)
	}
}

func sameRoles(a, b []Role) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(r Role) bool { return !slices.Contains(b, r) })
}

// roleNames are roles as history keeps them.
func roleNames(roles []Role) string {
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = string(r)
	}
	return strings.Join(names, " ")
}
