package models

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/crypto/nacl/secretbox"
)

// The secrets of authenticator apps have to be read again to check a code, so
// they are sealed with a key that is in no database and no backup: a file in
// the data folder. The database knows its fingerprint.

// EnsureFactorKey makes the installation's key for second factors on first
// start, or reads it. known is false where the database was made with another
// key, whose file is not in this folder: then no code can be checked here.
func (s *Store) EnsureFactorKey(ctx context.Context, dir string) (known bool, err error) {
	err = s.write(ctx, clockUser, func(t *tx) error {
		if err := t.enter(Installation); err != nil {
			return err
		}
		var print string
		if err := t.db.Raw(`SELECT value FROM settings WHERE name = 'factor_key'`).Scan(&print).Error; err != nil {
			return err
		}
		if print != "" {
			known, err = s.readFactorKey(dir, print)
			return err
		}
		if _, err := checkKey(t.db, "factor_key", ""); err != nil {
			return err // the record names one: another is made by nobody
		}
		known = true
		return t.makeFactorKey(dir)
	})
	return known, err
}

func factorFile(dir, print string) string {
	return filepath.Join(dir, "factors-"+print[:8]+".key")
}

func (s *Store) readFactorKey(dir, print string) (bool, error) {
	text, err := os.ReadFile(factorFile(dir, print))
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	raw, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(raw) != 32 || fingerprint(raw) != print {
		return false, fmt.Errorf("%s is not the key that this database was made with", factorFile(dir, print))
	}
	s.factorKey.Store((*[32]byte)(raw))
	return true, nil
}

func (t *tx) makeFactorKey(dir string) error {
	var key [32]byte
	_, _ = rand.Read(key[:]) // never fails (crypto/rand since Go 1.24)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	print := fingerprint(key[:])
	if err := writePrivate(factorFile(dir, print), []byte(hex.EncodeToString(key[:])+"\n")); err != nil {
		return err
	}
	t.touches("settings", "name = 'factor_key'")
	t.do(`INSERT INTO settings (name, value) VALUES ('factor_key', ?)`, print)
	t.after = append(t.after, func() { t.s.factorKey.Store(&key) })
	return nil
}

func fingerprint(key []byte) string {
	sum := sha256.Sum256(key)
	return hex.EncodeToString(sum[:])
}

// nonceBytes go before what is sealed.
const nonceBytes = 24

func (s *Store) sealFactor(secret string) ([]byte, error) {
	key := s.factorKey.Load()
	if key == nil {
		return nil, &Error{Kind: Conflict, Code: "factor_key_missing"}
	}
	var nonce [nonceBytes]byte
	_, _ = rand.Read(nonce[:]) // never fails (crypto/rand since Go 1.24)
	return secretbox.Seal(nonce[:], []byte(secret), &nonce, key), nil
}

func (s *Store) openFactor(sealed []byte) (string, error) {
	key := s.factorKey.Load()
	if key == nil || len(sealed) < nonceBytes {
		return "", &Error{Kind: Conflict, Code: "factor_key_missing"}
	}
	plain, ok := secretbox.Open(nil, sealed[nonceBytes:], (*[nonceBytes]byte)(sealed), key)
	if !ok {
		return "", &Error{Kind: Conflict, Code: "factor_key_missing"}
	}
	return string(plain), nil
}
