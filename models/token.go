package models

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"
)

// Token is an API token; of its text only the hash and the end are kept.
type Token struct {
	ID        int64
	UserID    int64
	Hash      string
	Name      string
	Scopes    string // names of scopes, or "all"
	Tail      string // its last characters, to know it again by
	CreatedAt time.Time
	ExpiresAt time.Time
	RevokedAt *time.Time
	UsedAt    *time.Time // last, to the minute
}

// ScopeList are the scopes of a token.
func (t Token) ScopeList() []Scope { return scopesOf(t.Scopes) }

// scopesOf reads scopes as they are kept; what is none is left out.
func scopesOf(names string) []Scope {
	var out []Scope
	for name := range strings.FieldsSeq(names) {
		if s := Scope(name); s == ScopeAll || slices.Contains(Scopes, s) {
			out = append(out, s)
		}
	}
	return out
}

// scopeNames are scopes as they are kept.
func scopeNames(scopes []Scope) string {
	names := make([]string, len(scopes))
	for i, s := range scopes {
		names[i] = string(s)
	}
	return strings.Join(names, " ")
}

// Shape of a token: a prefix that makes it recognisable where it does not
// belong, then chance; as many of its last characters are kept to know it again by.
const (
	tokenPrefix = "fw_"
	tokenTail   = 4
)

// seenTokenEvery is how often a token's use is written down.
const seenTokenEvery = time.Minute

// tokenHash is what is kept of a token: it is random, so one SHA-256 is enough.
func tokenHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// CreateToken gives a person an API token, with all their rights if no scopes are
// named. It is the operator's act, and recorded. The token is returned once and never again.
func (s *Store) CreateToken(ctx context.Context, email, name string, valid time.Duration, scopes ...Scope) (string, error) {
	token := tokenPrefix + randomHex(sessionBytes)
	if len(scopes) == 0 {
		scopes = []Scope{ScopeAll}
	}
	err := s.write(ctx, clockUser, func(t *tx) error {
		u, err := t.enterOf(email)
		if err != nil {
			return err
		}
		_, err = t.addToken(u, nil, Token{Name: name, Scopes: scopeNames(scopes), ExpiresAt: t.now.Add(valid)}, token)
		return err
	})
	return token, err
}

// addToken makes a token; by is who makes it, nil the operator.
func (t *tx) addToken(u User, by *int64, row Token, token string) (int64, error) {
	row.UserID, row.Hash, row.Tail, row.CreatedAt = u.ID, tokenHash(token), token[len(token)-tokenTail:], t.now
	t.touches("tokens", "hash = ?", row.Hash)
	err := t.db.Raw(`INSERT INTO tokens (user_id, hash, name, scopes, tail, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id`,
		row.UserID, row.Hash, row.Name, row.Scopes, row.Tail, row.CreatedAt, row.ExpiresAt).Row().Scan(&row.ID)
	if err != nil {
		return 0, err
	}
	t.witness(SecurityEvent{Code: TokenMade, AGS: u.AGS, UserID: u.ID, Detail: number(&row.ID)})
	_, err = t.record(Event{ActorID: by, Action: "token_create", Comment: row.Scopes}, EventData{Subject: "user " + number(&u.ID), Row: row.rowHash()})
	return row.ID, err
}

// RevokeTokens ends all of a person's API tokens; it returns how many were in force.
func (s *Store) RevokeTokens(ctx context.Context, email string) (int64, error) {
	var n int64
	err := s.write(ctx, clockUser, func(t *tx) error {
		u, err := t.enterOf(email)
		if err != nil {
			return err
		}
		t.touches("tokens", "user_id = ?", u.ID)
		res := t.db.Exec(`UPDATE tokens SET revoked_at = ? WHERE user_id = ? AND revoked_at IS NULL`, t.now, u.ID)
		if n = res.RowsAffected; res.Error != nil || n == 0 {
			return res.Error
		}
		return t.recordEnd(u, nil, nil)
	})
	return n, err
}

// recordEnd records that a token of somebody's was ended, nil: all that were in force; by is who did it, nil the operator.
func (t *tx) recordEnd(of User, by *int64, one *Token) error {
	d, which := EventData{Subject: "user " + number(&of.ID)}, ""
	if one != nil {
		d.Row, d.File, which = one.rowHash(), one.rowHashBefore(), number(&one.ID) // one of them is what the event of its making says
	}
	t.witness(SecurityEvent{Code: TokenEnded, AGS: of.AGS, UserID: of.ID, Detail: which})
	_, err := t.record(Event{ActorID: by, Action: "token_revoke"}, d)
	return err
}

// Authenticate finds out whose token this is. Expiry is decided by the database's
// clock. A token that is refused has its owner beside the refusal, and why, for the security log.
func (s *Store) Authenticate(ctx context.Context, token string) (User, error) {
	ctx, asked := asInstallation(ctx), s.now()
	if !strings.HasPrefix(token, tokenPrefix) || len(token) != len(tokenPrefix)+2*sessionBytes {
		return User{}, refusedToken("no_token")
	}
	var rows []struct {
		User
		TokenID                int64
		Scopes                 string
		Role                   Role
		Revoked, Expired, Idle bool
	}
	now, args := s.tokenClock(tokenHash(token))
	err := s.reader.WithContext(ctx).Raw(`SELECT u.id, coalesce(u.ags, '') AS ags, u.email, u.name, u.locale, u.active, coalesce(u.address_by, 0) AS address_by, t.id AS token_id, t.scopes, r.role,
		t.revoked_at IS NOT NULL AS revoked, t.expires_at <= `+now+` AS expired, t.used_at IS NULL OR t.used_at <= `+now+` AS idle
		FROM tokens t JOIN users u ON u.id = t.user_id JOIN user_roles r ON r.user_id = u.id WHERE t.hash = ?`, args...).Scan(&rows).Error
	if err != nil {
		return User{}, trouble(err)
	}
	if len(rows) == 0 {
		return User{}, refusedToken("unknown")
	}
	u, first := rows[0].User, rows[0]
	u.TokenID, u.Scopes, u.tokenIdle, u.ReadAt = first.TokenID, scopesOf(first.Scopes), first.Idle, asked
	for _, r := range rows {
		u.Roles = append(u.Roles, r.Role)
	}
	switch {
	case first.Revoked:
		return u, refusedToken("revoked")
	case first.Expired:
		return u, refusedToken("expired")
	case !u.Active:
		return u, refusedToken("switched_off")
	}
	return u, nil
}

// refusedToken is the one refusal of all tokens; only the security log is told why.
func refusedToken(why string) error {
	return &Error{Kind: Unauthorized, Code: "unauthorized", Args: map[string]any{"why": why}}
}

// tokenClock is the database's time in SQL, and the arguments of Authenticate's query: now, a while ago, the hash.
func (s *Store) tokenClock(hash string) (string, []any) {
	if !s.postgres {
		now := s.shift(s.now())
		return "?", []any{now, now.Add(-seenTokenEvery), hash}
	}
	offset := time.Duration(s.offset.Load())
	return "clock_timestamp() + make_interval(secs => ?)", []any{offset.Seconds(), (offset - seenTokenEvery).Seconds(), hash}
}

// NoteUse writes down that the token somebody came with was used, at most once a minute.
func (s *Store) NoteUse(ctx context.Context, u User) error {
	ctx = as(ctx, u)
	if u.TokenID == 0 || !u.tokenIdle {
		return nil
	}
	return s.mark(ctx, func(now time.Time) write {
		return write{sql: `UPDATE tokens SET used_at = ? WHERE id = ? AND (used_at IS NULL OR used_at <= ?)`, args: []any{now, u.TokenID, now.Add(-seenTokenEvery)}, want: -1,
			touches: &touched{table: "tokens", where: "id = ?", args: []any{u.TokenID}}}
	})
}

// tokenNames are the names of some tokens, by their ids; what is no longer there is called by its number.
func (t *tx) tokenNames(ids []int64) (map[int64]string, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var rows []Token
	if err := t.db.Raw(`SELECT id, name FROM tokens WHERE id IN ?`, ids).Scan(&rows).Error; err != nil {
		return nil, err
	}
	out := make(map[int64]string, len(ids))
	for _, id := range ids {
		out[id] = number(&id)
	}
	for _, r := range rows {
		out[r.ID] = cmp.Or(r.Name, out[r.ID])
	}
	return out, nil
}
