package models

import (
	"context"
	"slices"
	"strings"
)

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
		t.touches("users", "id = ?", id)
		t.do(`UPDATE users SET name = ?, locale = ? WHERE id = ?`, n.Name, n.Locale, id)
		t.call(id, m.AGS, n.Name)
		t.renamedIn(m.Name, n.Name)
		if sameRoles(m.Roles, n.Roles) {
			_, err := t.recordAccount(Event{ActorID: &u.ID, Action: "user_change"}, id)
			return err
		}
		if err := t.keepAdmin(u, m, n.Roles); err != nil {
			return err
		}
		t.do(`DELETE FROM user_roles WHERE user_id = ?`, id)
		t.giveRoles(id, n.Roles)
		if err := t.endAccess(m.User); err != nil {
			return err
		}
		t.witness(SecurityEvent{Code: RolesChanged, AGS: m.AGS, UserID: u.ID, TokenID: u.TokenID, Detail: "user " + number(&id)})
		e, err := t.recordAccount(Event{ActorID: &u.ID, Action: "user_roles", Comment: roleNames(n.Roles)}, id)
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
			if err := t.endAccess(m.User); err != nil {
				return err
			}
		}
		t.switchAccount(id, on)
		t.witness(SecurityEvent{Code: AccountSwitched, AGS: m.AGS, UserID: u.ID, TokenID: u.TokenID, Detail: string(action) + " " + number(&id)})
		_, err := t.recordAccount(Event{ActorID: &u.ID, Action: action}, id)
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
		t.touches("users", "id = ?", id)
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
func (t *tx) endAccess(of User) error {
	t.do(`DELETE FROM sessions WHERE user_id = ?`, of.ID)
	t.endLinks(of.ID, ResetLink, AddressLink)
	t.touches("tokens", "user_id = ?", of.ID)
	done := t.db.Exec(`UPDATE tokens SET revoked_at = ? WHERE user_id = ? AND revoked_at IS NULL`, t.now, of.ID)
	if done.Error != nil || done.RowsAffected == 0 {
		return done.Error
	}
	return t.recordEnd(of, t.by(), nil)
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
