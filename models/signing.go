package models

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// SigningKey is the public half of a key that the installation signs with, or has signed with.
type SigningKey struct {
	ID        string // the first 16 bytes of the SHA-256 of the public key, as hexadecimal text
	Public    string // 32 bytes as hexadecimal text
	CreatedAt time.Time
	RetiredAt *time.Time // nil: it signs today
}

// ErrKeyElsewhere says that this instance's data folder has no signing key, because another's has it.
var ErrKeyElsewhere = errors.New("the signing key is in the data folder of another instance; `formwandel audit key --renew` makes a new one here")

// keyID names a public key.
func keyID(public []byte) string {
	sum := sha256.Sum256(public)
	return hex.EncodeToString(sum[:16])
}

// public is the key itself; nil if it is none.
func (k SigningKey) public() ed25519.PublicKey {
	raw, err := hex.DecodeString(k.Public)
	if err != nil || len(raw) != ed25519.PublicKeySize || keyID(raw) != k.ID {
		return nil
	}
	return raw
}

// PEM is the key as openssl reads it.
func (k SigningKey) PEM() string {
	der, err := x509.MarshalPKIXPublicKey(k.public())
	if err != nil {
		return ""
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// ReadSigningKey reads a public key from PEM or from 64 hexadecimal digits.
func ReadSigningKey(text string) (SigningKey, error) {
	bad := errors.New("this is no Ed25519 public key: want PEM, as `formwandel audit key` prints it, or 64 hexadecimal digits")
	raw, err := hex.DecodeString(strings.TrimSpace(text))
	if err != nil {
		block, _ := pem.Decode([]byte(text))
		if block == nil {
			return SigningKey{}, bad
		}
		parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
		key, ok := parsed.(ed25519.PublicKey)
		if err != nil || !ok {
			return SigningKey{}, bad
		}
		raw = key
	}
	if len(raw) != ed25519.PublicKeySize {
		return SigningKey{}, bad
	}
	return SigningKey{ID: keyID(raw), Public: hex.EncodeToString(raw)}, nil
}

// SigningKeys lists every key the installation has ever signed with, the newest first.
func (s *Store) SigningKeys(ctx context.Context) ([]SigningKey, error) {
	var ks []SigningKey
	err := s.reader.WithContext(ctx).Raw(`SELECT * FROM signing_keys ORDER BY retired_at IS NOT NULL, created_at DESC, id`).Scan(&ks).Error
	return ks, trouble(err)
}

// signer is a key with its private half.
type signer struct {
	SigningKey
	private ed25519.PrivateKey
}

func (k signer) sign(text string) []byte { return ed25519.Sign(k.private, []byte(text)) }

// RenewSigningKey retires the installation's key and makes a new one in dir. What
// the old one signs last is a checkpoint behind the event that names the new one, if dir has it.
func (s *Store) RenewSigningKey(ctx context.Context, dir string) (SigningKey, error) {
	var made signer
	err := s.write(ctx, clockUser, func(t *tx) error {
		if err := t.enter(Installation); err != nil {
			return err
		}
		old, err := t.currentKey()
		if err != nil {
			return err
		}
		if old.ID == "" {
			made, err = t.makeKey(dir)
			return err
		}
		last, err := openKey(dir, old)
		here := err == nil
		if !here && !errors.Is(err, ErrKeyElsewhere) {
			return fmt.Errorf("the old key has a last checkpoint to sign: %w; put the file right, or move it away to go without", err)
		}
		if made, err = t.makeKey(dir); err != nil {
			return err
		}
		if here {
			if err := t.flush(); err != nil {
				return err
			}
			if _, err := t.checkpoint(last, nil); err != nil {
				return err
			}
		}
		t.must(1, `UPDATE signing_keys SET retired_at = ? WHERE id = ?`, t.now, old.ID)
		return nil
	})
	return made.SigningKey, err
}

// signer is the installation's key with its private half; the first time it is made.
func (t *tx) signer(dir string) (signer, error) {
	k, err := t.currentKey()
	if err != nil {
		return signer{}, err
	}
	if k.ID == "" {
		return t.makeKey(dir)
	}
	return openKey(dir, k)
}

// currentKey is the key that signs today; an empty one if there is none yet.
func (t *tx) currentKey() (SigningKey, error) {
	var k SigningKey
	err := t.db.Raw(`SELECT * FROM signing_keys WHERE retired_at IS NULL ORDER BY created_at DESC, id LIMIT 1`).Scan(&k).Error
	return k, err
}

// makeKey makes a key pair: the private half becomes a file before the public one becomes a row.
func (t *tx) makeKey(dir string) (signer, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return signer{}, err
	}
	k := signer{SigningKey{ID: keyID(public), Public: hex.EncodeToString(public), CreatedAt: t.now}, private}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return signer{}, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return signer{}, err
	}
	if err := writePrivate(keyFile(dir, k.ID), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})); err != nil {
		return signer{}, err
	}
	t.do(`INSERT INTO signing_keys (id, public, created_at) VALUES (?, ?, ?)`, k.ID, k.Public, k.CreatedAt)
	_, err = t.record(Event{ActorID: t.by(), Action: "signing_key"}, EventData{Subject: "key " + k.ID})
	return k, err
}

// keyFile is where a key's private half is.
func keyFile(dir, id string) string { return filepath.Join(dir, "checkpoints-"+id+".key") }

// writePrivate writes a file for the operator's eyes that is on disk, with its name, when it returns: the database
// names the key afterwards, and nobody makes another.
func writePrivate(name string, text []byte) error {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(name))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// openKey reads the private half of a key.
func openKey(dir string, k SigningKey) (signer, error) {
	text, err := os.ReadFile(keyFile(dir, k.ID))
	if errors.Is(err, os.ErrNotExist) {
		return signer{}, ErrKeyElsewhere
	}
	if err != nil {
		return signer{}, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return signer{}, fmt.Errorf("%s holds no key", keyFile(dir, k.ID))
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	private, ok := parsed.(ed25519.PrivateKey)
	if err != nil || !ok || keyID(private.Public().(ed25519.PublicKey)) != k.ID {
		return signer{}, fmt.Errorf("%s holds another key", keyFile(dir, k.ID))
	}
	return signer{k, private}, nil
}
