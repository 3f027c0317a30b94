package models

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"
	"gorm.io/gorm"
)

// What decides who an account is, and how somebody comes in with it, stands in several tables.
// A hash over all of it is in every event about the account, so that nobody is let in behind the
// record. It is salted: once the person is forgotten nobody can find out what it was made of.

// accountRow is the account itself, as far as it decides.
type accountRow struct {
	ID           int64
	AGS          *string `gorm:"column:ags"`
	Email        string
	Name         string
	PasswordHash string
	Active       bool
	Demo         bool
	AddressBy    *int64
	Salt         string
	OffAt        *time.Time
	ForgottenAt  *time.Time
}

// TableName implements GORM's Tabler.
func (accountRow) TableName() string { return "users" }

// appRow is a code app.
type appRow struct {
	UserID      int64
	Sealed      []byte
	ConfirmedAt *time.Time
}

// TableName implements GORM's Tabler.
func (appRow) TableName() string { return "totps" }

// keyRow is a passkey.
type keyRow struct {
	UserID       int64
	Handle       string
	CredentialID string
	Credential   string
}

// TableName implements GORM's Tabler.
func (keyRow) TableName() string { return "passkeys" }

// publicKey is what its signatures are checked with; the rest, such as their count, moves.
func (k keyRow) publicKey() string {
	var c webauthn.Credential
	if err := json.Unmarshal([]byte(k.Credential), &c); err != nil {
		return k.Credential
	}
	return base64.StdEncoding.EncodeToString(c.PublicKey)
}

// elsewhereRow is an account elsewhere that signs in here.
type elsewhereRow struct {
	UserID          int64
	Issuer, Subject string
}

// TableName implements GORM's Tabler.
func (elsewhereRow) TableName() string { return "identities" }

// codeRow is a recovery code.
type codeRow struct {
	UserID int64
	Hash   string
	UsedAt *time.Time
}

// TableName implements GORM's Tabler.
func (codeRow) TableName() string { return "recovery_codes" }

// accountRows are the rows of one account, or of all.
type accountRows struct {
	accounts []accountRow
	apps     []appRow
	keys     []keyRow
	links    []elsewhereRow
	codes    []codeRow
}

// loadAccountRows reads the rows of one account; 0: of all.
func loadAccountRows(db *gorm.DB, id int64) (*accountRows, error) {
	var x accountRows
	account, part := db, func() *gorm.DB { return db }
	if id != 0 {
		account, part = db.Where("id = ?", id), func() *gorm.DB { return db.Where("user_id = ?", id) } // each reading anew: GORM's conditions remember their table
	}
	err := cmp.Or(account.Order("id").Find(&x.accounts).Error, part().Find(&x.apps).Error, part().Find(&x.keys).Error, part().Find(&x.links).Error, part().Find(&x.codes).Error)
	return &x, err
}

// hashes are the accounts' hashes, by their ids.
func (x *accountRows) hashes() map[int64]string {
	parts := make(map[int64][]string, len(x.accounts))
	add := func(id int64, words ...string) { parts[id] = append(parts[id], words...) }
	for _, a := range x.accounts {
		ags := ""
		if a.AGS != nil {
			ags = *a.AGS
		}
		add(a.ID, a.Salt, strconv.FormatInt(a.ID, 10), ags, a.Email, a.PasswordHash, strconv.FormatBool(a.Active), strconv.FormatBool(a.Demo), number(a.AddressBy))
	}
	for _, a := range x.apps {
		if a.ConfirmedAt != nil { // before, it opens nothing
			add(a.UserID, "app", base64.StdEncoding.EncodeToString(a.Sealed))
		}
	}
	slices.SortFunc(x.keys, func(a, b keyRow) int { return cmp.Compare(a.CredentialID, b.CredentialID) })
	for _, k := range x.keys {
		add(k.UserID, "passkey", k.Handle, k.CredentialID, k.publicKey())
	}
	slices.SortFunc(x.links, func(a, b elsewhereRow) int {
		return cmp.Or(cmp.Compare(a.Issuer, b.Issuer), cmp.Compare(a.Subject, b.Subject))
	})
	for _, l := range x.links {
		add(l.UserID, "elsewhere", l.Issuer, l.Subject)
	}
	slices.SortFunc(x.codes, func(a, b codeRow) int { return cmp.Compare(a.Hash, b.Hash) })
	for _, c := range x.codes {
		add(c.UserID, "code", c.Hash, strconv.FormatBool(c.UsedAt != nil))
	}
	out := make(map[int64]string, len(parts))
	for id, words := range parts {
		out[id] = digest(words...)
	}
	return out
}

// recordAccount records what was done to an account, with the hash over what it has become.
func (t *tx) recordAccount(e Event, id int64) (Event, error) {
	return t.recordAccountAs(e, id, EventData{})
}

// recordAccountAs does, with more that the act decided.
func (t *tx) recordAccountAs(e Event, id int64, d EventData) (Event, error) {
	t.do(`UPDATE users SET salt = ? WHERE id = ? AND salt = ''`, randomHex(saltBytes), id)
	if err := t.flush(); err != nil {
		return e, err
	}
	rows, err := loadAccountRows(t.db, id)
	if err != nil {
		return e, err
	}
	d.Subject, d.Row = "user "+number(&id), rows.hashes()[id]
	for _, a := range rows.accounts {
		d.Name = a.nameHash()
	}
	return t.record(e, d)
}

// nameHash is over what an account is called, which is whom everybody sees as who has decided. It is salted as the row's is.
func (a accountRow) nameHash() string {
	return digest("name", a.Salt, strconv.FormatInt(a.ID, 10), a.Name)
}

// rowHash is over whose an API token is, what it may and until when, and the number by which events name it.
func (t Token) rowHash() string {
	return digest("token", number(&t.UserID), t.Hash, t.Scopes, stamp(t.CreatedAt), stamp(t.ExpiresAt), number(&t.ID))
}

// rowHashBefore is the same as programs from before have made it: without the number.
func (t Token) rowHashBefore() string {
	return digest("token", number(&t.UserID), t.Hash, t.Scopes, stamp(t.CreatedAt), stamp(t.ExpiresAt))
}
