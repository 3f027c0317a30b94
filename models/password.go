package models

import (
	"context"
	"strings"

	"github.com/alexedwards/argon2id"
	"golang.org/x/text/unicode/norm"
)

// passwordParams are OWASP's minimum for argon2id: 19 MiB, two rounds.
var passwordParams = &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// maxPassword bounds what is hashed, in bytes.
const maxPassword = 1024

// HashPassword makes what is kept of a password.
func HashPassword(password string) (string, error) {
	return argon2id.CreateHash(password, passwordParams)
}

// SamePassword tells whether a password is the one that was hashed.
func SamePassword(password, hash string) (bool, error) {
	return argon2id.ComparePasswordAndHash(password, hash)
}

// nobody's hash is compared with when there is no such account, so that the
// answer takes as long; no password is known for it.
const nobody = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2E$5YAq3LSxqeJBQx5L0pp9YI0kBWB0Ys3pV0rOfEsmkNM"

// CheckPassword finds the person with that address and password. Whether the
// address or the password was wrong, nobody learns.
func (s *Store) CheckPassword(ctx context.Context, line Line, email, password string) (User, error) {
	refused := &Error{Kind: Unauthorized, Code: "wrong_password"}
	if len(password) > maxPassword {
		return User{}, refused
	}
	u, err := s.byAddress(ctx, email)
	if err != nil {
		return User{}, err
	}
	hash := u.PasswordHash
	if hash == "" {
		hash = nobody
	}
	var same bool
	err = line.serve(ctx, func() (err error) { same, err = SamePassword(norm.NFC.String(password), hash); return err })
	if err != nil {
		return User{}, err
	}
	if !same || u.PasswordHash == "" {
		return User{}, refused
	}
	return u, nil
}

// byAddress finds the active account of an address, a zero one if there is none.
func (s *Store) byAddress(ctx context.Context, email string) (User, error) {
	var u User
	if !isText(email) {
		return u, nil
	}
	err := s.reader.WithContext(ctx).Raw(`SELECT id, coalesce(ags, '') AS ags, email, name, locale, password_hash, active FROM users WHERE email = ? AND active`,
		strings.ToLower(strings.TrimSpace(email))).Scan(&u).Error
	return u, trouble(err)
}
