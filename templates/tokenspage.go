package templates

import (
	"time"

	"formwandel/models"
)

// TokensPage lists somebody's API tokens and makes new ones.
type TokensPage struct {
	Frame
	Tokens []TokenLine
	Form   TokenForm
}

// File implements Page.
func (*TokensPage) File() string { return "tokens" }

// TokenLine is an API token as lists show it.
type TokenLine struct {
	models.Token
	Scopes []string // in words
	State  string   // on, over or ended
	End    string   // where it can be revoked; "" where it can't
}

// NewTokenLines are tokens as lists show them; end is where one is revoked, with its id put in.
func NewTokenLines(ts []models.Token, now time.Time, lang string, end func(id int64) string) []TokenLine {
	words := Words(lang)
	out := make([]TokenLine, 0, len(ts))
	for _, t := range ts {
		l := TokenLine{Token: t, State: "on"}
		for _, s := range t.ScopeList() {
			l.Scopes = append(l.Scopes, words.Say("web.tokens.scope."+string(s), nil))
		}
		switch {
		case t.RevokedAt != nil:
			l.State = "ended"
		case !t.ExpiresAt.After(now):
			l.State = "over"
		case end != nil:
			l.End = end(t.ID)
		}
		out = append(out, l)
	}
	return out
}

// tokensCut tells whether a list of tokens is as long as one is shown at most.
func tokensCut(ts []TokenLine) bool { return len(ts) >= models.TokensShown }

// TokenForm is what can be entered about a new token.
type TokenForm struct {
	Name, Days string
	Scopes     []ScopeChoice
}

// ScopeChoice is a scope that may be given, and whether it is.
type ScopeChoice struct {
	Scope  models.Scope
	Chosen bool
}

// TokenMadePage shows a new token, once.
type TokenMadePage struct {
	Frame
	Name, Token string
}

// File implements Page.
func (*TokenMadePage) File() string { return "tokenmade" }
