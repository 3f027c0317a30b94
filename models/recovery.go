package models

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"strings"
)

// recoveryCodes is how many there are.
const recoveryCodes = 10

// codeLetters are the 32 letters and digits that nobody takes for another.
var codeLetters = base32.NewEncoding("abcdefghjkmnpqrstuvwxyz023456789").WithPadding(base32.NoPadding)

// NewRecoveryCodes makes ten codes for the day on which the other factors are
// lost, and voids those there were. They are returned once and never again.
func (s *Store) NewRecoveryCodes(ctx context.Context, u User, address string) ([]string, error) {
	if err := notDemo(u); err != nil {
		return nil, err
	}
	codes := make([]string, recoveryCodes)
	for i := range codes {
		var chance [15]byte         // 120 bits: above what a quick hash asks for
		_, _ = rand.Read(chance[:]) // never fails (crypto/rand since Go 1.24)
		text := codeLetters.EncodeToString(chance[:])
		codes[i] = strings.Join([]string{text[:4], text[4:8], text[8:12], text[12:16], text[16:20], text[20:]}, "-")
	}
	return codes, s.write(ctx, u, func(t *tx) error {
		if err := t.enter(chainOf(u.AGS)); err != nil {
			return err
		}
		var any bool
		if err := t.db.Raw(`SELECT `+armedSQL+` FROM users u WHERE u.id = ?`, u.ID).Row().Scan(&any); err != nil {
			return err
		}
		if !any {
			return conflict("no_factor")
		}
		t.do(`DELETE FROM recovery_codes WHERE user_id = ?`, u.ID)
		for _, c := range codes {
			t.do(`INSERT INTO recovery_codes (user_id, hash) VALUES (?, ?)`, u.ID, recoveryHash(c))
		}
		t.witness(SecurityEvent{Code: FactorAdded, AGS: u.AGS, UserID: u.ID, Address: address, Detail: "recovery_codes"})
		_, err := t.recordAccount(Event{ActorID: &u.ID, Action: "factor_add", Comment: "recovery_codes"}, u.ID)
		return err
	})
}

// recoveryHash is what is kept of a code: it is random, so one SHA-256 is enough.
// Dashes, blanks and capitals are no difference.
func recoveryHash(code string) string {
	code = strings.ToLower(strings.Map(func(r rune) rune {
		if r == '-' || r == ' ' || r == '\u00a0' {
			return -1
		}
		return r
	}, code))
	return tokenHash("recovery " + code)
}

// takeRecovery accepts a recovery code, once.
func (t *tx) takeRecovery(userID int64, code string) error {
	done := t.db.Exec(`UPDATE recovery_codes SET used_at = ? WHERE user_id = ? AND hash = ? AND used_at IS NULL`, t.now, userID, recoveryHash(code))
	if done.Error == nil && done.RowsAffected == 0 {
		return &Error{Kind: Invalid, Code: "invalid", Fields: []FieldError{{Field: "notfallcode", Code: "wrong_recovery"}}}
	}
	return done.Error
}
