package models

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/trustelem/zxcvbn"
	"github.com/trustelem/zxcvbn/frequency"
	"golang.org/x/text/unicode/norm"
)

// Length of a password that somebody chooses, in characters. There are no other
// rules about what it is made of.
const (
	MinPassword = 12
	MaxPassword = 128
)

// tooFewGuesses is how soon a list of the commonest passwords, words and
// keyboard patterns would find one that is refused: 10^8.
const tooFewGuesses = 3

// estimated is how much of a password is looked at to tell how common it is, in characters.
const estimated = 48

// germanStarts are what people here begin a password with, and the lists of English speakers lack.
var germanStarts = []string{
	"passwort", "kennwort", "willkommen", "geheim", "hallo", "sommer", "winter", "herbst", "fruehling", "frühling", "montag", "freitag", "januar", "februar", "märz",
	"april", "mai", "juni", "juli", "august", "september", "oktober", "november", "dezember", "sachsen", "deutschland", "rathaus", "standesamt", "verwaltung", "schatz", "test",
}

// newHash makes what is kept of a password that somebody chooses for an account,
// or says what is wrong with it.
func newHash(ctx context.Context, u User, password string) (hash string, err error) {
	password = norm.NFC.String(password)
	n := utf8.RuneCountInString(password)
	switch {
	case !isText(password):
		return "", invalid("password", "password_unreadable")
	case n < MinPassword:
		return "", invalid("password", "password_short", "min", MinPassword)
	case n > MaxPassword:
		return "", invalid("password", "password_long", "max", MaxPassword)
	case holdsOwn(u, password):
		return "", invalid("password", "password_own")
	}
	err = Known.serve(ctx, func() error {
		if common(password) {
			return invalid("password", "password_common")
		}
		hash, err = HashPassword(password)
		return err
	})
	return hash, err
}

// holdsOwn tells whether a password is made of what everybody knows about the account.
func holdsOwn(u User, password string) bool {
	low := strings.ToLower(password)
	box, _, _ := strings.Cut(u.Email, "@")
	for _, own := range []string{"formwandel", u.Email, box, strings.ToLower(u.Name)} {
		if own = norm.NFC.String(own); utf8.RuneCountInString(own) >= 4 && strings.Contains(low, own) {
			return true
		}
	}
	return false
}

// The lists have been ranked when the program began; nothing reads them in their first form again.
func init() { clear(frequency.FrequencyLists) }

// common tells whether a password is among those that are tried first.
func common(password string) bool {
	if r := []rune(password); len(r) > estimated {
		password = string(r[:estimated])
	}
	return zxcvbn.PasswordStrength(password, germanStarts).Score < tooFewGuesses
}

// endSessions ends an account's sessions but the one whose hash is given, "" for none.
func (t *tx) endSessions(userID int64, exceptHash string) {
	t.do(`DELETE FROM sessions WHERE user_id = ? AND hash <> ?`, userID, exceptHash)
}

// setPassword replaces an account's password: its links and what it is signed in
// with end, browsers that were known are not any more.
func (t *tx) setPassword(u User, hash, exceptHash string) {
	t.must(1, `UPDATE users SET password_hash = ? WHERE id = ?`, hash, u.ID)
	t.endSessions(u.ID, exceptHash)
	t.endLinks(u.ID, InvitationLink, ResetLink, AddressLink)
	t.do(`DELETE FROM devices WHERE user_id = ?`, u.ID)
	t.witness(SecurityEvent{Code: PasswordChanged, AGS: u.AGS, UserID: u.ID})
}

// tellPassword records that somebody has set a new password, and tells the person, also how many API tokens go on counting:
// they may be of whoever has known the old one.
func (t *tx) tellPassword(u User) error {
	n, err := tokensInForce(t.db, u.ID, t.now)
	if err != nil {
		return err
	}
	return t.tellPersonAs(Event{ActorID: &u.ID, Action: "user_password"}, u, MailPasswordChanged, EventData{Tokens: n})
}

// ChangePassword replaces one's own password, which is asked for once more; session is
// the secret of the one that goes on, all others end. The person is told by mail.
// Sent twice, it counts once: the second time the old password is not the old one any more.
func (s *Store) ChangePassword(ctx context.Context, u User, old, password, session string, o *Once) error {
	ctx = as(ctx, u)
	if err := notDemo(u); err != nil {
		return err
	}
	hash := ""
	_, refused := s.CheckPassword(ctx, Known, u.Email, old)
	if refused == nil {
		hash, refused = newHash(ctx, u, password)
	}
	if refused != nil && (o == nil || !IsKind(refused, Unauthorized)) {
		return refused
	}
	return s.once(ctx, u, o, func(t *tx) (any, error) {
		if err := t.enter(chainOf(u.AGS)); err != nil {
			return nil, err
		}
		if kept, err := t.answered(o); kept != nil || err != nil {
			return nil, err
		}
		if refused != nil {
			return nil, refused
		}
		t.setPassword(u, hash, tokenHash(session))
		return u.ID, t.tellPassword(u)
	})
}
