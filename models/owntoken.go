package models

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"gorm.io/gorm"
)

// Bounds of the tokens that people make for themselves.
const (
	MostTokens    = 20 // in force
	MaxTokenDays  = 365
	TokenDays     = 90 // unless another number is chosen
	longTokenName = 60
	TokensShown   = 100 // as many as a list shows, those in force first
)

// NewToken is a token to be made; Text is what it will be, made by the caller so that a double click makes one.
type NewToken struct {
	Name   string
	Scopes []Scope
	Days   int
	Text   string
}

// check refuses a token that could not be used, or that would be good for more than its owner.
func (n *NewToken) check(u User) error {
	var f findings
	n.Name = strings.Join(strings.Fields(n.Name), " ")
	switch length := utf8.RuneCountInString(n.Name); {
	case n.Name == "" || !isText(n.Name):
		f.add("name", "token_name_required")
	case length > longTokenName:
		f.add("name", "too_long", "max", longTokenName, "length", length)
	}
	if n.Days < 1 || n.Days > MaxTokenDays {
		f.add("days", "token_days", "max", MaxTokenDays)
	}
	may, wanted := u.ScopesFor(), []Scope{ScopeRead}
	for _, s := range n.Scopes {
		if !slices.Contains(may, s) {
			f.add("scopes", "token_scope_refused")
			break
		}
	}
	for _, s := range may {
		if s != ScopeRead && slices.Contains(n.Scopes, s) {
			wanted = append(wanted, s)
		}
	}
	n.Scopes = wanted
	if len(n.Text) != 2*sessionBytes || !isASCII(n.Text) {
		f.add("name", "token_name_required")
	}
	return f.err()
}

// MakeToken gives somebody a token of their own; it is returned, once.
func (s *Store) MakeToken(ctx context.Context, u User, n NewToken, o *Once) (string, error) {
	if err := u.refused(OwnTokens, u.AGS); err != nil {
		return "", err
	}
	if err := n.check(u); err != nil {
		return "", err
	}
	err := s.once(ctx, u, o, func(t *tx) (any, error) {
		if err := t.enter(chainOf(u.AGS)); err != nil {
			return nil, err
		}
		if kept, err := t.answered(o); kept != nil || err != nil {
			return nil, err
		}
		have, err := tokensInForce(t.db, u.ID, t.now)
		if err != nil {
			return nil, err
		}
		if have >= MostTokens {
			return nil, invalid("name", "too_many_tokens", "max", MostTokens)
		}
		return t.addToken(u, &u.ID, Token{Name: n.Name, Scopes: scopeNames(n.Scopes), ExpiresAt: t.now.AddDate(0, 0, n.Days)}, tokenPrefix+n.Text)
	})
	return tokenPrefix + n.Text, err
}

// Tokens lists somebody's tokens, those in force first, newest first: one's own, or of a person whose account one may see.
func (s *Store) Tokens(ctx context.Context, u User, of int64) ([]Token, error) {
	ctx = as(ctx, u)
	if of != u.ID {
		if _, err := s.Person(ctx, u, of); err != nil {
			return nil, err
		}
	}
	now, err := s.Now(ctx)
	if err != nil {
		return nil, err
	}
	var out []Token
	err = s.reader.WithContext(ctx).Raw(`SELECT id, user_id, name, scopes, tail, created_at, expires_at, revoked_at, used_at FROM tokens WHERE user_id = ?
		ORDER BY CASE WHEN revoked_at IS NULL AND expires_at > ? THEN 0 ELSE 1 END, id DESC LIMIT ?`, of, now, TokensShown).Scan(&out).Error
	return out, trouble(err)
}

// TokensInForce is how many of somebody's own tokens count now.
func (s *Store) TokensInForce(ctx context.Context, u User) (int, error) {
	ctx = as(ctx, u)
	now, err := s.Now(ctx)
	if err != nil {
		return 0, err
	}
	n, err := tokensInForce(s.reader.WithContext(ctx), u.ID, now)
	return n, trouble(err)
}

func tokensInForce(db *gorm.DB, id int64, now time.Time) (n int, err error) {
	err = db.Raw(`SELECT count(*) FROM tokens WHERE user_id = ? AND revoked_at IS NULL AND expires_at > ?`, id, now).Scan(&n).Error
	return n, err
}

// EndToken ends one token, at once and everywhere: one's own, or of a person whose account one administers. One that has ended stays so.
func (s *Store) EndToken(ctx context.Context, u User, of, id int64, o *Once) error {
	ctx = as(ctx, u)
	owner := u
	if of == u.ID {
		if err := u.refused(OwnTokens, u.AGS); err != nil {
			return err
		}
	} else {
		m, err := s.Person(ctx, u, of)
		if err != nil {
			return err
		}
		if err := u.reach(EndTokens, m.AGS, "user"); err != nil {
			return err
		}
		owner = m.User
	}
	return s.once(ctx, u, o, func(t *tx) (any, error) {
		if err := t.enter(chainOf(owner.AGS)); err != nil {
			return nil, err
		}
		if kept, err := t.answered(o); kept != nil || err != nil {
			return nil, err
		}
		var row Token
		if err := t.db.Raw(`SELECT id, user_id, hash, scopes, created_at, expires_at, revoked_at FROM tokens WHERE id = ? AND user_id = ?`, id, owner.ID).Scan(&row).Error; err != nil {
			return nil, err
		}
		if row.ID == 0 {
			return nil, notFound("token")
		}
		if row.RevokedAt != nil {
			return id, nil
		}
		t.touches("tokens", "id = ?", id)
		t.must(1, `UPDATE tokens SET revoked_at = ? WHERE id = ? AND user_id = ?`, t.now, id, owner.ID)
		return id, t.recordEnd(owner, &u.ID, &row)
	})
}
