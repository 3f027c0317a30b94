package models

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/crypto/nacl/box"

	"formwandel/models/fields"
)

// secretRow is a protected value, sealed with the installation's public key:
// the program can write it and never read it back.
type secretRow struct {
	Ref       string
	AGS       string `gorm:"column:ags"`
	Sealed    []byte
	CreatedAt time.Time
}

// TableName implements GORM's Tabler.
func (secretRow) TableName() string { return "secrets" }

// seal stores a protected value and returns the reference that stands for it
// in changes and configurations.
func (t *tx) seal(v fields.Value) (fields.Value, error) {
	key, err := t.publicKey()
	if err != nil {
		return "", err
	}
	sealed, err := box.SealAnonymous(nil, []byte(v), key, rand.Reader)
	if err != nil {
		return "", err
	}
	ref := boundRef(sealed)
	t.touches("secrets", "ref = ?", ref)
	t.insert(&secretRow{ref, t.chain.ags, sealed, t.now})
	return fields.Value(sealedPrefix + ref + `"`), nil
}

// refLength is that of a reference, in characters.
const refLength = 2 * 16

// boundMark begins a reference that is bound to what it stands for; older ones are 32 hexadecimal digits by chance.
const boundMark = "h"

// boundRef is the reference of a sealed value: whoever puts another into its row is found, since approvals and versions hold the reference.
func boundRef(sealed []byte) string { return boundMark + sha256Hex(sealed)[:refLength-len(boundMark)] }

// publicKey is the installation's, the same for every instance on one database.
func (t *tx) publicKey() (*[32]byte, error) {
	if k := t.s.sealKey.Load(); k != nil {
		return k, nil
	}
	db := t.s.reader.WithContext(asInstallation(t.ctx)) // this transaction may see one municipality's events only
	var text string
	if err := db.Raw(`SELECT value FROM settings WHERE name = 'seal'`).Scan(&text).Error; err != nil {
		return nil, err
	}
	if _, err := checkKey(db, "seal", text); err != nil {
		return nil, err
	}
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != 32 {
		return nil, errors.New("the installation has no key for protected values: start `formwandel serve` once")
	}
	k := [32]byte(raw)
	t.s.sealKey.Store(&k)
	return &k, nil
}

// EnsureSealKey makes the installation's key pair on first start. The public
// half goes into the database; the private half into a file that only the
// operator reads, and that the program itself never opens again.
func (s *Store) EnsureSealKey(ctx context.Context, dir string) error {
	return s.write(ctx, clockUser, func(t *tx) error {
		if err := t.enter(Installation); err != nil {
			return err
		}
		var have int
		if err := t.db.Raw(`SELECT count(*) FROM settings WHERE name = 'seal'`).Row().Scan(&have); err != nil || have > 0 {
			return err
		}
		if _, err := checkKey(t.db, "seal", ""); err != nil {
			return err // the record names one: another is made by nobody
		}
		public, private, err := box.GenerateKey(rand.Reader)
		if err != nil {
			return err
		}
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
		file := filepath.Join(dir, "protected-"+hex.EncodeToString(public[:4])+".key")
		text := fmt.Sprintf("%s\n%s\n", hex.EncodeToString(public[:]), hex.EncodeToString(private[:]))
		if err := writePrivate(file, []byte(text)); err != nil {
			return err
		}
		t.touches("settings", "name = 'seal'")
		t.do(`INSERT INTO settings (name, value) VALUES ('seal', ?)`, hex.EncodeToString(public[:]))
		return nil
	})
}

// sealedPrefix begins the reference that stands for a protected value.
const sealedPrefix = `"sealed:`

func isSealed(v fields.Value) bool {
	return strings.HasPrefix(string(v), sealedPrefix) && len(v) == len(sealedPrefix)+refLength+1
}
