package models

import (
	"context"
	"encoding/json"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"
)

// challengeFor is how long a passkey may take to answer.
const challengeFor = 5 * time.Minute

// What a passkey is asked to sign for.
const (
	forFirst   = "first"   // signing in with it alone
	forSecond  = "second"  // after the password
	forConfirm = "confirm" // before a serious step
	forNew     = "new"     // to be added
)

// challengeRow is what a passkey was asked.
type challengeRow struct {
	UserID    int64
	Data      string
	CreatedAt time.Time
}

// holderOf names who was asked, a session or a visitor, and what for.
func holderOf(purpose, who string) string { return tokenHash("challenge " + purpose + " " + who) }

// ask keeps what a passkey is asked; what the same one was asked before is void.
func (s *Store) ask(ctx context.Context, purpose, who string, userID int64, data *webauthn.SessionData) error {
	text, err := json.Marshal(data)
	if err != nil {
		return err
	}
	return s.mark(ctx, func(now time.Time) write {
		return write{sql: `INSERT INTO challenges (holder, user_id, data, created_at) VALUES (?, ?, ?, ?)
			ON CONFLICT (holder) DO UPDATE SET user_id = excluded.user_id, data = excluded.data, created_at = excluded.created_at`,
			args: []any{holderOf(purpose, who), userID, string(text), now}, want: 1, touches: &touched{"challenges", "holder = ?", []any{holderOf(purpose, who)}, true}}
	})
}

// challenged takes what a passkey was asked out of the records: whatever becomes
// of the answer, there is no second one.
func (s *Store) challenged(ctx context.Context, purpose, who string, userID int64) (*webauthn.SessionData, error) {
	var row challengeRow
	err := s.write(ctx, clockUser, func(t *tx) error {
		if err := t.tick(); err != nil {
			return err
		}
		row = challengeRow{}
		sound, err := t.allSound(User{ID: userID}, "challenges", "holder = ?", holderOf(purpose, who))
		if err != nil {
			return err
		}
		err = t.db.Raw(`DELETE FROM challenges WHERE holder = ? RETURNING user_id, data, created_at`, holderOf(purpose, who)).Scan(&row).Error
		if !sound || ended(row.CreatedAt, challengeFor, t.now) {
			row.Data = ""
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if row.Data == "" || row.UserID != userID {
		return nil, refusedPasskey("passkey_late")
	}
	var data webauthn.SessionData
	return &data, json.Unmarshal([]byte(row.Data), &data)
}

// refusedPasskey is a refusal of what a passkey has answered.
func refusedPasskey(why string) error {
	return &Error{Kind: Invalid, Code: "invalid", Fields: []FieldError{{Field: "passkey", Code: why}}}
}
