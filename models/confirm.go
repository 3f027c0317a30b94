package models

import (
	"cmp"
	"context"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"
)

// Shown is what somebody shows to say who they are: one of these.
type Shown struct {
	Password string
	Code     string // of an authenticator app
	Recovery string // a recovery code; after the password only
	Passkey  []byte // what the browser answers for it
	Fully    bool   // where there is a second factor, the password alone does not do
}

// recovered tells whether check takes the recovery code: what is shown beside it goes before.
func (s Shown) recovered(data *webauthn.SessionData) bool {
	return data == nil && s.Code == "" && s.Recovery != ""
}

// keyed tells whether what check has taken counts as a passkey. A recovery code stands in for one that is lost, so not where there is none.
func (s Shown) keyed(data *webauthn.SessionData, has duty) bool {
	return data != nil || s.recovered(data) && has.key
}

// Wrong attempts after which a session ends: the password has to be shown again.
const (
	mostSecond  = 5
	mostConfirm = 10
)

// ShowSecond takes the second factor that a session lacks, and begins another
// session in its place, with a secret that nobody has seen before. It may still lack a passkey that its owner has to set up.
func (s *Store) ShowSecond(ctx context.Context, r *RelyingParty, u User, x Session, shown Shown) (secret string, n Session, err error) {
	if x.Lacks != LacksSecond {
		return "", n, conflict("stale")
	}
	data, err := s.asked(ctx, u, x, shown)
	if err != nil {
		return "", n, s.fumbled(ctx, x, mostSecond, err)
	}
	err = s.write(ctx, u, func(t *tx) error {
		if err := t.enter(chainOf(u.AGS)); err != nil {
			return err
		}
		has, err := t.dutyOf(u.ID)
		if err != nil {
			return err
		}
		if shown.Code != "" && data == nil && has.keyBound && has.key {
			return refusedPasskey("passkey_only")
		}
		if err := t.check(r, u, shown, data, true); err != nil {
			return err
		}
		t.must(1, `DELETE FROM sessions WHERE id = ? AND user_id = ?`, x.ID, u.ID)
		n = Session{Method: x.Method, Second: true, Keyed: shown.keyed(data, has), Browser: x.Browser, System: x.System, Address: x.Address}
		n.Lacks = lack(n, has)
		secret = t.beginSession(u.ID, &n)
		if !shown.recovered(data) {
			return nil
		}
		return t.tellRecovery(u, x)
	})
	return secret, n, s.fumbled(ctx, x, mostSecond, err)
}

// Confirm takes what a signed-in person shows before a serious step; the
// session gets another secret, and for ConfirmFor is not asked again. Where the roles
// need a passkey that the session has shown, nothing less confirms it: a passkey again, or a recovery code.
// What touches second factors is confirmed by one: any of the account's, or a recovery code.
func (s *Store) Confirm(ctx context.Context, r *RelyingParty, u User, x Session, shown Shown) (secret string, err error) {
	data, err := s.asked(ctx, u, x, shown)
	if err != nil {
		return "", s.fumbled(ctx, x, mostConfirm, err)
	}
	secret = randomHex(sessionBytes)
	err = s.write(ctx, u, func(t *tx) error {
		if err := t.enter(chainOf(u.AGS)); err != nil {
			return err
		}
		has, err := t.dutyOf(u.ID)
		if err != nil {
			return err
		}
		onlyKey := has.keyBound && x.Keyed
		if onlyKey && !shown.keyed(data, has) {
			return refusedPasskey("passkey_only")
		}
		second := onlyKey || shown.Fully && has.armed
		if err := t.check(r, u, shown, data, second); err != nil {
			return err
		}
		if err := t.proven(u.ID, x.ID, secret, data != nil); err != nil || !second || !shown.recovered(data) {
			return err
		}
		return t.tellRecovery(u, x)
	})
	return secret, s.fumbled(ctx, x, mostConfirm, err)
}

// asked does what needs no transaction of its own: comparing passwords takes
// long, and a challenge is used up whatever comes of it.
func (s *Store) asked(ctx context.Context, u User, x Session, shown Shown) (*webauthn.SessionData, error) {
	switch {
	case len(shown.Passkey) > 0:
		return s.challenged(ctx, purposeOf(x), x.ID, u.ID)
	case shown.Password != "" && x.Lacks != LacksSecond:
		found, err := s.CheckPassword(ctx, Known, u.Email, shown.Password)
		if IsKind(err, Unauthorized) || err == nil && found.ID != u.ID {
			return nil, &Error{Kind: Invalid, Code: "invalid", Fields: []FieldError{{Field: "password", Code: "wrong_own_password"}}}
		}
		return nil, err
	}
	return nil, nil
}

// check takes what was shown, each thing once; second is after the password, where a recovery code counts and the password does not.
func (t *tx) check(r *RelyingParty, u User, shown Shown, data *webauthn.SessionData, second bool) error {
	switch {
	case data != nil:
		_, err := t.takePasskey(r, &u, data, shown.Passkey)
		return err
	case shown.Code != "":
		row, err := t.totp(u.ID)
		if err != nil {
			return err
		}
		if row.ConfirmedAt == nil {
			return refusedCode("wrong_code")
		}
		return t.takeCode(row, shown.Code)
	case second && shown.Recovery != "":
		return t.takeRecovery(u.ID, shown.Recovery)
	case !second && shown.Password != "":
		return nil // compared before
	}
	return refusedCode("code_missing")
}

// tellRecovery tells the owner of an account, and the security log, that a recovery code was used up.
func (t *tx) tellRecovery(u User, x Session) error {
	t.witness(SecurityEvent{Code: RecoveryUsed, AGS: u.AGS, UserID: u.ID, Address: x.Address})
	return t.tellPerson(Event{ActorID: &u.ID, Action: "recovery_used"}, u, MailRecoveryUsed)
}

// fumbled counts a wrong attempt in a session, and ends it after too many.
func (s *Store) fumbled(ctx context.Context, x Session, most int, err error) error {
	if !IsKind(err, Invalid) {
		return err
	}
	e := s.mark(ctx, func(time.Time) write {
		return write{sql: `UPDATE sessions SET failures = failures + 1 WHERE id = ?`, args: []any{x.ID}, want: -1, touches: &touched{table: "sessions", where: "id = ?", args: []any{x.ID}}}
	})
	if e == nil {
		e = s.mark(ctx, func(time.Time) write {
			return write{sql: `DELETE FROM sessions WHERE id = ? AND failures >= ?`, args: []any{x.ID, most}, want: -1}
		})
	}
	return cmp.Or(e, err)
}
