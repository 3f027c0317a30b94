package models

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"
)

// byEmail finds an account.
func (t *tx) byEmail(email string) (User, error) {
	var us []User
	if !isText(email) {
		return User{}, notFound("user")
	}
	if err := t.db.Where("email = ?", strings.ToLower(strings.TrimSpace(email))).Limit(1).Find(&us).Error; err != nil {
		return User{}, err
	}
	if len(us) == 0 {
		return User{}, notFound("user")
	}
	return us[0], nil
}

// enterOf begins to write in the chain of the account with an address, and reads it as it is now that nobody else can change it.
func (t *tx) enterOf(email string) (User, error) {
	before, err := t.byEmail(email)
	if err != nil {
		return User{}, err
	}
	if err := t.enter(chainOf(before.AGS)); err != nil {
		return User{}, err
	}
	now, err := t.byEmail(email)
	if err == nil && now.AGS != before.AGS { // another chain is locked than its own
		return User{}, conflict("stale")
	}
	return now, err
}

// Account is an account by its address with its roles, for the operator's commands: they act in nobody's session.
func (s *Store) Account(ctx context.Context, email string) (User, error) {
	t := &tx{ctx: asInstallation(ctx), s: s, db: s.reader.WithContext(asInstallation(ctx))}
	u, err := t.byEmail(email)
	if err != nil {
		return User{}, trouble(err)
	}
	return u, trouble(t.db.Raw(`SELECT role FROM user_roles WHERE user_id = ? ORDER BY role`, u.ID).Scan(&u.Roles).Error)
}

// isText tells whether a database takes it as text.
func isText(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }

// NewUser is an account to be made.
type NewUser struct {
	AGS          string // empty: the provider's
	Email        string
	Name         string
	Locale       string
	PasswordHash string
	Roles        []Role
	Demo         bool
}

// AddUser makes an account; one with that address that exists already is left as it is.
func (s *Store) AddUser(ctx context.Context, n NewUser) (added bool, err error) {
	if err := n.check(); err != nil {
		return false, err
	}
	err = s.write(ctx, clockUser, func(t *tx) error {
		if err := t.enter(chainOf(n.AGS)); err != nil {
			return err
		}
		if _, err := t.byEmail(n.Email); !IsKind(err, NotFound) {
			return err
		}
		_, err := t.addUser(n, nil)
		added = err == nil
		return err
	})
	return added, err
}

// addUser makes an account that was checked; by is who makes it, nil the operator.
func (t *tx) addUser(n NewUser, by *int64) (id int64, err error) {
	t.touches("users", "email = ?", strings.ToLower(n.Email))
	err = t.db.Raw(`INSERT INTO users (ags, email, name, locale, password_hash, active, demo, created_at) VALUES (nullif(?, ''), ?, ?, ?, ?, TRUE, ?, ?) RETURNING id`,
		n.AGS, strings.ToLower(n.Email), n.Name, n.Locale, n.PasswordHash, n.Demo, t.now).Row().Scan(&id)
	if err != nil {
		return 0, err
	}
	t.call(id, n.AGS, n.Name)
	t.giveRoles(id, n.Roles)
	t.touchCatalogue()
	t.witness(SecurityEvent{Code: AccountAdded, AGS: n.AGS, UserID: deref(by), Detail: "user " + number(&id)})
	_, err = t.recordAccount(Event{ActorID: by, Action: "user_add", Comment: roleNames(n.Roles)}, id)
	return id, err
}

// Bounds of an account: the name of an office in characters, an address in bytes (RFC 5321).
const (
	maxName  = 200
	maxEmail = 254
)

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}

// check refuses an account that could not be used.
func (n *NewUser) check() error {
	var f findings
	if !isEmail(n.Email) {
		f.add("email", "not_an_email")
	}
	n.Name = strings.Join(strings.Fields(text(n.Name, "name", maxName, &f)), " ")
	if n.Name == "" {
		f.add("name", "name_required")
	}
	if n.Locale == "" {
		n.Locale = "de"
	}
	if n.Locale != "de" && n.Locale != "en" {
		f.add("locale", "unknown_language")
	}
	if len(n.Roles) == 0 {
		f.add("roles", "role_required")
	}
	for i, r := range n.Roles {
		if !slices.Contains(Roles, r) || slices.Contains(n.Roles[:i], r) {
			f.add("roles", "unknown_role")
			break
		}
		if (r.Side() == Municipal) != (n.AGS != "") {
			f.add("roles", "role_side", "role", string(r))
		}
	}
	return f.err()
}

// SetPassword replaces an account's password hash and ends the person's sessions.
// It is the operator's act, and recorded.
func (s *Store) SetPassword(ctx context.Context, email, hash string) error {
	return s.write(ctx, clockUser, func(t *tx) error {
		u, err := t.enterOf(email)
		if err != nil {
			return err
		}
		t.setPassword(u, hash, "")
		_, err = t.recordAccount(Event{Action: "password_set"}, u.ID)
		return err
	})
}

// PasswordHash reads an account's password hash, "" if there is no such account.
func (s *Store) PasswordHash(ctx context.Context, email string) (string, error) {
	var hash string
	if !isText(email) {
		return "", nil
	}
	err := s.reader.WithContext(ctx).Raw(`SELECT password_hash FROM users WHERE email = ?`, strings.ToLower(email)).Scan(&hash).Error
	return hash, trouble(err)
}
