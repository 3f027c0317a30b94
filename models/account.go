package models

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Token is an API token; only its hash is kept.
type Token struct {
	ID        int64
	UserID    int64
	Hash      string
	Name      string
	CreatedAt time.Time
	ExpiresAt time.Time
	RevokedAt *time.Time
}

// tokenPrefix makes a token recognisable where it does not belong.
const tokenPrefix = "fw_"

// tokenHash is what is kept of a token: it is random, so one SHA-256 is enough.
func tokenHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// CreateToken gives a person an API token with all their rights. It is the
// operator's act, and recorded. The token is returned once and never again.
func (s *Store) CreateToken(ctx context.Context, email, name string, valid time.Duration) (string, error) {
	token := tokenPrefix + randomHex(24)
	err := s.write(ctx, clockUser, func(t *tx) error {
		u, err := t.byEmail(email)
		if err != nil {
			return err
		}
		ags := u.AGS
		if ags == "" {
			ags = Installation
		}
		if err := t.enter(ags); err != nil {
			return err
		}
		row := &Token{UserID: u.ID, Hash: tokenHash(token), Name: name, CreatedAt: t.now, ExpiresAt: t.now.Add(valid)}
		t.insert(row)
		_, err = t.record(Event{Action: "token_create"}, EventData{Subject: "user " + number(&u.ID)})
		return err
	})
	return token, err
}

// RevokeTokens ends all of a person's API tokens; it returns how many were in force.
func (s *Store) RevokeTokens(ctx context.Context, email string) (int64, error) {
	var n int64
	err := s.write(ctx, clockUser, func(t *tx) error {
		u, err := t.byEmail(email)
		if err != nil {
			return err
		}
		ags := u.AGS
		if ags == "" {
			ags = Installation
		}
		if err := t.enter(ags); err != nil {
			return err
		}
		res := t.db.Exec(`UPDATE tokens SET revoked_at = ? WHERE user_id = ? AND revoked_at IS NULL`, t.now, u.ID)
		if n = res.RowsAffected; res.Error != nil || n == 0 {
			return res.Error
		}
		_, err = t.record(Event{Action: "token_revoke"}, EventData{Subject: "user " + number(&u.ID)})
		return err
	})
	return n, err
}

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

// isText tells whether a database takes it as text.
func isText(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }

// Authenticate finds out whose token this is. Expiry is decided by the database's clock.
func (s *Store) Authenticate(ctx context.Context, token string) (User, error) {
	ctx = asInstallation(ctx)
	refused := &Error{Kind: Unauthorized, Code: "unauthorized"}
	if !strings.HasPrefix(token, tokenPrefix) || len(token) != len(tokenPrefix)+48 {
		return User{}, refused
	}
	db := s.reader.WithContext(ctx)
	var rows []struct {
		User
		TokenID int64
		Role    Role
	}
	now := "?"
	args := []any{tokenHash(token), s.shift(s.now())}
	if s.postgres {
		now, args[1] = "clock_timestamp() + make_interval(secs => ?)", float64(s.offset.Load())/1e9
	}
	err := db.Raw(`SELECT u.id, coalesce(u.ags, '') AS ags, u.email, u.name, u.locale, u.active, t.id AS token_id, r.role
		FROM tokens t JOIN users u ON u.id = t.user_id JOIN user_roles r ON r.user_id = u.id
		WHERE t.hash = ? AND t.revoked_at IS NULL AND u.active AND t.expires_at > `+now, args...).Scan(&rows).Error
	if err != nil {
		return User{}, trouble(err)
	}
	if len(rows) == 0 {
		return User{}, refused
	}
	u := rows[0].User
	u.TokenID = rows[0].TokenID
	for _, r := range rows {
		u.Roles = append(u.Roles, r.Role)
	}
	return u, nil
}

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
	err = t.db.Raw(`INSERT INTO users (ags, email, name, locale, password_hash, active, demo, created_at) VALUES (nullif(?, ''), ?, ?, ?, ?, TRUE, ?, ?) RETURNING id`,
		n.AGS, strings.ToLower(n.Email), n.Name, n.Locale, n.PasswordHash, n.Demo, t.now).Row().Scan(&id)
	if err != nil {
		return 0, err
	}
	t.giveRoles(id, n.Roles)
	t.touchCatalogue()
	_, err = t.record(Event{ActorID: by, Action: "user_add", Comment: roleNames(n.Roles)}, EventData{Subject: "user " + number(&id)})
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
	if a, err := mail.ParseAddress(n.Email); err != nil || a.Address != n.Email || len(n.Email) > maxEmail || !isASCII(n.Email) {
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
		u, err := t.byEmail(email)
		if err != nil {
			return err
		}
		ags := u.AGS
		if ags == "" {
			ags = Installation
		}
		if err := t.enter(ags); err != nil {
			return err
		}
		t.setPassword(u, hash, "")
		_, err = t.record(Event{Action: "password_set"}, EventData{Subject: "user " + number(&u.ID)})
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
