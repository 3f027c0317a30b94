package models

import (
	"context"
	"slices"
	"time"
)

// Factors are what a person has beside the password to show who they are.
type Factors struct {
	Password   bool // there is one; whoever signs in elsewhere has none
	TOTP       bool
	TOTPSince  *time.Time
	Passkeys   []Passkey
	Codes      int  // recovery codes that were not used yet
	Required   bool // the roles ask for a second factor
	NeedsKey   bool // they ask for a passkey
	CodesGiven bool // recovery codes were made once
}

// Any tells whether there is a second factor.
func (f *Factors) Any() bool { return f.TOTP || len(f.Passkeys) > 0 }

// OnlyKey tells whether nothing but a passkey, or a recovery code in its stead, opens the account.
func (f *Factors) OnlyKey() bool { return f.NeedsKey && len(f.Passkeys) > 0 }

// Factors reads a person's own second factors.
func (s *Store) Factors(ctx context.Context, u User) (*Factors, error) {
	ctx = as(ctx, u)
	return s.factorsOf(ctx, u.ID)
}

// FactorsOf reads the second factors of an account that somebody administers.
func (s *Store) FactorsOf(ctx context.Context, u User, id int64) (*Factors, error) {
	ctx = as(ctx, u)
	if _, err := s.Person(ctx, u, id); err != nil {
		return nil, err
	}
	return s.factorsOf(ctx, id)
}

func (s *Store) factorsOf(ctx context.Context, id int64) (*Factors, error) {
	db := s.reader.WithContext(ctx)
	var f Factors
	var given int
	err := db.Raw(`SELECT u.password_hash <> '', (SELECT confirmed_at FROM totps WHERE user_id = u.id), (SELECT count(*) FROM recovery_codes WHERE user_id = u.id AND used_at IS NULL),
		(SELECT count(*) FROM recovery_codes WHERE user_id = u.id), `+boundSQL+`, `+keyBoundSQL+` FROM users u WHERE u.id = ?`, id).Row().Scan(&f.Password, &f.TOTPSince, &f.Codes, &given, &f.Required, &f.NeedsKey)
	if err != nil {
		return nil, trouble(err)
	}
	f.TOTP, f.CodesGiven = f.TOTPSince != nil, given > 0
	f.Passkeys, err = passkeysOf(db, id)
	return &f, trouble(err)
}

// armed makes the session in which a factor was added one with a second factor;
// other sessions of the account have to show it from now on.
func (t *tx) armed(u User, x Session, what, address string) (secret string, err error) {
	secret = randomHex(sessionBytes)
	err = t.changeSession(u.ID, x.ID, func(r *sealedSession) {
		r.Hash, r.Former, r.Second, r.Keyed = tokenHash(secret), "", true, r.Keyed || what == byPasskey
	})
	if err != nil {
		return "", err
	}
	t.witness(SecurityEvent{Code: FactorAdded, AGS: u.AGS, UserID: u.ID, Address: address, Detail: what})
	_, err = t.recordAccount(Event{ActorID: &u.ID, Action: "factor_add", Comment: what}, u.ID)
	return secret, err
}

// disarmed notes that a factor is gone. With the last one go the codes that stood
// in for it, and no session has shown one any more: where the role asks for one, it is asked for at once.
// The same goes for the last passkey, where the role needs one.
func (t *tx) disarmed(u User, what, address string) error {
	has, err := t.dutyOf(u.ID)
	if err != nil {
		return err
	}
	if !has.armed {
		t.do(`DELETE FROM recovery_codes WHERE user_id = ?`, u.ID)
	}
	err = t.changeSessions(u.ID, func(r *sealedSession) {
		r.Second = r.Second && has.armed
		r.Keyed = r.Keyed && (has.key || what != byPasskey)
	})
	if err != nil {
		return err
	}
	t.witness(SecurityEvent{Code: FactorRemoved, AGS: u.AGS, UserID: u.ID, Address: address, Detail: what})
	_, err = t.recordAccount(Event{ActorID: &u.ID, Action: "factor_remove", Comment: what}, u.ID)
	return err
}

// ResetFactors takes all second factors from an account whose owner has lost
// them, and ends its sessions: at the next sign-in the owner sets up new ones.
func (s *Store) ResetFactors(ctx context.Context, u User, id int64, version int, o *Once) error {
	ctx = as(ctx, u)
	return s.onPerson(ctx, u, id, version, o, func(t *tx, m *Member) error {
		if m.ID == u.ID {
			return conflict("own_factors")
		}
		for _, table := range []string{"totps", "passkeys", "recovery_codes", "sessions"} {
			t.do(`DELETE FROM `+table+` WHERE user_id = ?`, id)
		}
		t.witness(SecurityEvent{Code: FactorRemoved, AGS: m.AGS, UserID: id, Detail: "reset by " + number(&u.ID)})
		return t.tellPerson(Event{ActorID: &u.ID, Action: "factor_reset"}, m.User, MailFactorReset)
	})
}

// FactorRoles says which roles ask for a second factor, and for which.
func (s *Store) FactorRoles(ctx context.Context, u User) (Requirement, error) {
	if err := u.reach(SeeFactorRoles, "", "settings"); err != nil {
		return nil, err
	}
	r, err := requirement(s.reader.WithContext(as(ctx, u)))
	return r, trouble(err)
}

// RequireFactor says what roles ask for from now on; seen is what the decision was made on. At the
// next request of a session it counts. Passkeys can be asked for only where they can be used.
func (s *Store) RequireFactor(ctx context.Context, p *RelyingParty, u User, wanted, seen Requirement, o *Once) error {
	if err := u.reach(SetFactorRoles, "", "settings"); err != nil {
		return err
	}
	wanted = wanted.sorted()
	return s.once(ctx, u, o, func(t *tx) (any, error) {
		if err := t.enter(Installation); err != nil {
			return nil, err
		}
		if kept, err := t.answered(o); kept != nil || err != nil {
			return nil, err
		}
		now, err := requirement(t.db)
		if err != nil {
			return nil, err
		}
		if err := wanted.check(now, p); err != nil {
			return nil, err
		}
		if !slices.Equal(now, seen.sorted()) {
			return nil, conflict("stale_requirement")
		}
		t.do(`DELETE FROM factor_roles`)
		for _, f := range wanted {
			t.do(`INSERT INTO factor_roles (role, kind) VALUES (?, ?)`, f.Role, f.Kind)
		}
		t.witness(SecurityEvent{Code: PolicyChanged, UserID: u.ID, Detail: "factor_roles"})
		_, err = t.record(Event{ActorID: &u.ID, Action: "factor_roles", Comment: wanted.String()}, EventData{})
		return struct{}{}, err
	})
}

// PasskeysMissed tells whether a role needs a passkey although none can be used at this address.
func (s *Store) PasskeysMissed(ctx context.Context, p *RelyingParty) (bool, error) {
	r, err := requirement(s.reader.WithContext(asInstallation(ctx)))
	return !p.Works() && slices.ContainsFunc(r, func(f RoleFactor) bool { return f.Kind == PasskeyFactor }), trouble(err)
}
