package models

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"gorm.io/gorm"
)

// Passkey is a passkey or security key of a person.
type Passkey struct {
	ID         int64
	UserID     int64
	Handle     string // of the person, as their passkeys know them
	Credential string // what WebAuthn needs to check a signature
	Name       string
	CreatedAt  time.Time
	UsedAt     *time.Time
}

// TableName implements GORM's Tabler.
func (Passkey) TableName() string { return "passkeys" }

func passkeysOf(db *gorm.DB, userID int64) (ps []Passkey, err error) {
	err = db.Raw(`SELECT id, user_id, handle, credential, name, created_at, used_at FROM passkeys WHERE user_id = ? ORDER BY id`, userID).Scan(&ps).Error
	return ps, err
}

// holder is a person with their passkeys as WebAuthn knows them.
func holder(u User, ps []Passkey) (*keyHolder, error) {
	k := &keyHolder{email: u.Email, name: u.Name, handle: make([]byte, 32)}
	_, _ = rand.Read(k.handle) // never fails (crypto/rand since Go 1.24)
	for _, p := range ps {
		var c webauthn.Credential
		if err := json.Unmarshal([]byte(p.Credential), &c); err != nil {
			return nil, err
		}
		handle, err := base64.RawURLEncoding.DecodeString(p.Handle)
		if err != nil {
			return nil, err
		}
		k.keys, k.handle = append(k.keys, c), handle
	}
	return k, nil
}

// byPasskey is a passkey as the record names this kind of factor.
const byPasskey = "passkey"

// mostPasskeys is how many a person can have.
const mostPasskeys = 20

// AskNewPasskey is what a browser needs to make a passkey; the answer goes to AddPasskey.
func (s *Store) AskNewPasskey(ctx context.Context, r *RelyingParty, u User, x Session) (any, error) {
	ctx = as(ctx, u)
	if err := notDemo(u); err != nil {
		return nil, err
	}
	k, err := s.keyHolder(ctx, r, u)
	if err != nil {
		return nil, err
	}
	if len(k.keys) >= mostPasskeys {
		return nil, conflict("too_many_passkeys")
	}
	options, data, err := r.web.BeginRegistration(k, webauthn.WithExclusions(webauthn.Credentials(k.keys).CredentialDescriptors()))
	if err != nil {
		return nil, err
	}
	return options, s.ask(ctx, forNew, x.ID, u.ID, data)
}

// keyHolder reads a person's passkeys, where there can be any.
func (s *Store) keyHolder(ctx context.Context, r *RelyingParty, u User) (*keyHolder, error) {
	if !r.Works() {
		return nil, conflict("no_passkeys_here")
	}
	ps, err := passkeysOf(s.reader.WithContext(ctx), u.ID)
	if err != nil {
		return nil, trouble(err)
	}
	return holder(u, ps)
}

// AddPasskey takes the passkey that a browser has made; the session gets another secret.
func (s *Store) AddPasskey(ctx context.Context, r *RelyingParty, u User, x Session, name string, answer []byte, address string) (secret string, err error) {
	ctx = as(ctx, u)
	if err := notDemo(u); err != nil {
		return "", err
	}
	var f findings
	if name = text(name, "name", 80, &f); name == "" {
		f.add("name", "passkey_name_required")
	}
	if err := f.err(); err != nil {
		return "", err
	}
	k, err := s.keyHolder(ctx, r, u)
	if err != nil {
		return "", err
	}
	data, err := s.challenged(ctx, forNew, x.ID, u.ID)
	if err != nil {
		return "", err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return "", refusedPasskey("passkey_refused")
	}
	k.handle = data.UserID
	c, err := r.web.CreateCredential(k, *data, parsed)
	if err != nil {
		return "", refusedPasskey("passkey_refused")
	}
	return s.keepPasskey(ctx, u, x, name, k.handle, c, address)
}

func (s *Store) keepPasskey(ctx context.Context, u User, x Session, name string, handle []byte, c *webauthn.Credential, address string) (secret string, err error) {
	kept, err := json.Marshal(c)
	if err != nil {
		return "", err
	}
	err = s.write(ctx, u, func(t *tx) error {
		if err := t.enter(chainOf(u.AGS)); err != nil {
			return err
		}
		t.touches("passkeys", "user_id = ?", u.ID)
		done := t.db.Exec(`INSERT INTO passkeys (user_id, handle, credential_id, credential, name, created_at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (credential_id) DO NOTHING`,
			u.ID, base64.RawURLEncoding.EncodeToString(handle), credentialID(c.ID), string(kept), name, t.now)
		if done.Error != nil {
			return done.Error
		}
		if done.RowsAffected == 0 {
			return refusedPasskey("passkey_known")
		}
		secret, err = t.armed(u, x, byPasskey, address)
		return err
	})
	return secret, err
}

func credentialID(id []byte) string { return base64.RawURLEncoding.EncodeToString(id) }

// AskPasskey is what a browser needs to let a session's owner sign with one of
// their passkeys: after the password, or before a serious step.
func (s *Store) AskPasskey(ctx context.Context, r *RelyingParty, u User, x Session) (any, error) {
	ctx = as(ctx, u)
	k, err := s.keyHolder(ctx, r, u)
	if err != nil {
		return nil, err
	}
	if len(k.keys) == 0 {
		return nil, conflict("no_factor")
	}
	options, data, err := r.web.BeginLogin(k)
	if err != nil {
		return nil, err
	}
	return options, s.ask(ctx, purposeOf(x), x.ID, u.ID, data)
}

// purposeOf is what a session's owner is asked for.
func purposeOf(x Session) string {
	if x.Lacks == LacksSecond {
		return forSecond
	}
	return forConfirm
}

// AskAnyPasskey is what a browser needs to let a visitor sign in with a passkey
// alone: who it is, the passkey says; that it is not a thief, its owner's finger or PIN.
func (s *Store) AskAnyPasskey(ctx context.Context, r *RelyingParty, visitor string) (any, error) {
	if !r.Works() {
		return nil, conflict("no_passkeys_here")
	}
	options, data, err := r.web.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return nil, err
	}
	return options, s.ask(ctx, forFirst, visitor, 0, data)
}

// PasskeyOwner finds the person whose passkey has signed what a visitor was asked.
func (s *Store) PasskeyOwner(ctx context.Context, r *RelyingParty, visitor string, answer []byte) (User, error) {
	if !r.Works() {
		return User{}, conflict("no_passkeys_here")
	}
	data, err := s.challenged(ctx, forFirst, visitor, 0)
	if err != nil {
		return User{}, err
	}
	var u User
	err = s.write(ctx, clockUser, func(t *tx) error {
		if err := t.tick(); err != nil {
			return err
		}
		u, err = t.takePasskey(r, nil, data, answer)
		return err
	})
	return u, err
}

// takePasskey checks a signature and notes that the key was used; who is nil where the key itself says whose it is.
func (t *tx) takePasskey(r *RelyingParty, who *User, data *webauthn.SessionData, answer []byte) (User, error) {
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return User{}, refusedPasskey("passkey_refused")
	}
	var rows []struct {
		User
		Key int64
		Old string
	}
	err = t.db.Raw(`SELECT u.id, coalesce(u.ags, '') AS ags, u.email, u.name, u.locale, u.active, u.demo, p.id AS key, p.credential AS old
		FROM passkeys p JOIN users u ON u.id = p.user_id WHERE p.credential_id = ? AND u.active`, credentialID(parsed.RawID)).Scan(&rows).Error
	if err != nil {
		return User{}, err
	}
	if len(rows) == 0 || who != nil && rows[0].User.ID != who.ID {
		return User{}, refusedPasskey("passkey_unknown")
	}
	u := rows[0].User
	ps, err := passkeysOf(t.db, u.ID)
	if err != nil {
		return User{}, err
	}
	k, err := holder(u, ps)
	if err != nil {
		return User{}, err
	}
	var c *webauthn.Credential
	if who != nil {
		c, err = r.web.ValidateLogin(k, *data, parsed)
	} else {
		_, c, err = r.web.ValidatePasskeyLogin(func(_, handle []byte) (webauthn.User, error) { return k, nil }, *data, parsed)
	}
	if err != nil {
		return User{}, refusedPasskey("passkey_refused")
	}
	return u, t.usedPasskey(rows[0].Key, rows[0].Old, c)
}

// usedPasskey notes a signature. A key whose count of signatures went back has a copy: neither is believed.
func (t *tx) usedPasskey(id int64, old string, c *webauthn.Credential) error {
	if c.Authenticator.CloneWarning {
		return refusedPasskey("passkey_copied")
	}
	kept, err := json.Marshal(c)
	if err == nil {
		t.touches("passkeys", "id = ?", id)
		t.must(1, `UPDATE passkeys SET credential = ?, used_at = ? WHERE id = ? AND credential = ?`, string(kept), t.now, id, old)
	}
	return err
}

// RemovePasskey takes one of a person's passkeys away.
func (s *Store) RemovePasskey(ctx context.Context, u User, id int64, address string) error {
	return s.write(ctx, u, func(t *tx) error {
		if err := t.enter(chainOf(u.AGS)); err != nil {
			return err
		}
		done := t.db.Exec(`DELETE FROM passkeys WHERE id = ? AND user_id = ?`, id, u.ID)
		if done.Error != nil {
			return done.Error
		}
		if done.RowsAffected == 0 {
			return notFound("passkey")
		}
		return t.disarmed(u, byPasskey, address)
	})
}
