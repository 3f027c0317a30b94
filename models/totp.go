package models

import (
	"context"
	"crypto/subtle"
	"encoding/base32"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"
)

// totpRow is an authenticator app.
type totpRow struct {
	UserID      int64
	Sealed      []byte
	LastStep    int64
	ConfirmedAt *time.Time
}

// TableName implements GORM's Tabler.
func (totpRow) TableName() string { return "totps" }

const (
	totpStep  = 30 * time.Second
	totpSlack = 1 // steps that a device's clock may be off, either way
)

// BeginTOTP makes the secret of an authenticator app that its owner has to
// confirm with a code; one that was begun before is void.
func (s *Store) BeginTOTP(ctx context.Context, u User) error {
	if err := notDemo(u); err != nil {
		return err
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: "Formwandel", AccountName: u.Email})
	if err != nil {
		return err
	}
	sealed, err := s.sealFactor(key.Secret())
	if err != nil {
		return err
	}
	return s.write(ctx, u, func(t *tx) error {
		if err := t.tick(); err != nil {
			return err
		}
		row, err := t.totp(u.ID)
		if err != nil {
			return err
		}
		if row.ConfirmedAt != nil {
			return conflict("totp_exists")
		}
		t.do(`DELETE FROM totps WHERE user_id = ?`, u.ID)
		t.touches("totps", "user_id = ?", u.ID)
		t.must(1, `INSERT INTO totps (user_id, sealed, created_at) VALUES (?, ?, ?)`, u.ID, sealed, t.now)
		return nil
	})
}

func (t *tx) totp(userID int64) (row totpRow, err error) {
	err = t.db.Raw(`SELECT user_id, sealed, last_step, confirmed_at FROM totps WHERE user_id = ?`, userID).Scan(&row).Error
	return row, err
}

// PendingTOTP is the key that a person's app takes over, while it is not confirmed.
func (s *Store) PendingTOTP(ctx context.Context, u User) (*otp.Key, error) {
	ctx = as(ctx, u)
	var row totpRow
	err := s.reader.WithContext(ctx).Raw(`SELECT user_id, sealed FROM totps WHERE user_id = ? AND confirmed_at IS NULL`, u.ID).Scan(&row).Error
	if err != nil {
		return nil, trouble(err)
	}
	if row.UserID == 0 {
		return nil, notFound("totp")
	}
	secret, err := s.openFactor(row.Sealed)
	if err != nil {
		return nil, err
	}
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	if err != nil {
		return nil, err
	}
	return totp.Generate(totp.GenerateOpts{Issuer: "Formwandel", AccountName: u.Email, Secret: raw})
}

// ConfirmTOTP makes the app that was begun a second factor of its owner, and of
// the session in which its code was typed; the session gets another secret.
func (s *Store) ConfirmTOTP(ctx context.Context, u User, x Session, code, address string) (secret string, err error) {
	err = s.write(ctx, u, func(t *tx) error {
		if err := t.enter(chainOf(u.AGS)); err != nil {
			return err
		}
		row, err := t.totp(u.ID)
		if err != nil {
			return err
		}
		if row.UserID == 0 || row.ConfirmedAt != nil {
			return notFound("totp")
		}
		if err := t.takeCode(row, code); err != nil {
			return err
		}
		t.must(1, `UPDATE totps SET confirmed_at = ? WHERE user_id = ? AND confirmed_at IS NULL`, t.now, u.ID)
		secret, err = t.armed(u, x, "totp", address)
		return err
	})
	return secret, err
}

// takeCode accepts a code of an app, each once.
func (t *tx) takeCode(row totpRow, code string) error {
	secret, err := t.s.openFactor(row.Sealed)
	if err != nil {
		return err
	}
	step, err := stepOf(secret, code, t.now)
	if err != nil {
		return err
	}
	if step == 0 {
		return refusedCode("wrong_code")
	}
	t.touches("totps", "user_id = ?", row.UserID)
	done := t.db.Exec(`UPDATE totps SET last_step = ? WHERE user_id = ? AND last_step < ?`, step, row.UserID, step)
	if done.Error == nil && done.RowsAffected == 0 {
		return refusedCode("used_code")
	}
	return done.Error
}

// refusedCode is a refusal of what was typed as a code.
func refusedCode(why string) error {
	return &Error{Kind: Invalid, Code: "invalid", Fields: []FieldError{{Field: "code", Code: why}}}
}

// stepOf finds the half minute whose code this is, near now; 0 for none.
func stepOf(secret, code string, now time.Time) (int64, error) {
	found := int64(0)
	at := now.Unix() / int64(totpStep/time.Second)
	for step := at - totpSlack; step <= at+totpSlack; step++ {
		want, err := totp.GenerateCodeCustom(secret, time.Unix(step*int64(totpStep/time.Second), 0), totp.ValidateOpts{Period: uint(totpStep / time.Second), Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err != nil {
			return 0, err
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			found = step
		}
	}
	return found, nil
}

// RemoveTOTP takes a person's app away.
func (s *Store) RemoveTOTP(ctx context.Context, u User, address string) error {
	return s.write(ctx, u, func(t *tx) error {
		if err := t.enter(chainOf(u.AGS)); err != nil {
			return err
		}
		done := t.db.Exec(`DELETE FROM totps WHERE user_id = ?`, u.ID)
		if done.Error != nil || done.RowsAffected == 0 {
			return done.Error
		}
		return t.disarmed(u, "totp", address)
	})
}
