package models

import "time"

// Who calls is read before the body is, and before the writer is free; both can take seconds, in which a
// token is revoked, an account switched off, a role taken away. So who was read a while ago is read again
// where nothing that this transaction writes can be overtaken any more: behind the lock of the chain.

// believedFor is how long it is believed what somebody may do since it was read; ordinary calls take less and pay nothing.
const believedFor = 500 * time.Millisecond

// Believes tells whether a caller was read so lately that they need not be read again.
func (s *Store) Believes(u User) bool { return s.now().Sub(u.ReadAt) <= believedFor }

// stand refuses an actor who has lost meanwhile what they came with: the account, the token or session, the roles, the proof that it is they.
// Other roles than those that were read are refused, too: what was offered was for those.
func (t *tx) stand() error {
	if t.stood || t.actor.ID == 0 { // the clock and operators have no account to lose
		return nil
	}
	t.stood = true
	if until := t.actor.ProofUntil; !until.IsZero() && t.now.After(until) {
		return forbidden("proof_over")
	}
	if t.s.Believes(t.actor) {
		return nil
	}
	roles, err := t.standing()
	if err != nil {
		return err
	}
	switch {
	case len(roles) == 0 && t.actor.SessionRef != "":
		return &Error{Kind: Unauthorized, Code: "session_over"}
	case len(roles) == 0:
		return &Error{Kind: Unauthorized, Code: "unauthorized"}
	case !sameRoles(roles, t.actor.Roles):
		return forbidden("roles_changed")
	}
	return nil
}

// standing are the actor's roles as they are now; none when the account, or what they came with, counts no more.
func (t *tx) standing() (roles []Role, err error) {
	u := t.actor
	switch {
	case u.TokenID != 0:
		err = t.db.Raw(`SELECT r.role FROM tokens t JOIN users u ON u.id = t.user_id JOIN user_roles r ON r.user_id = u.id
			WHERE t.id = ? AND u.id = ? AND u.active AND t.revoked_at IS NULL AND t.expires_at > ?`, u.TokenID, u.ID, t.now).Scan(&roles).Error
	case u.SessionRef != "":
		err = t.db.Raw(`SELECT r.role FROM sessions x JOIN users u ON u.id = x.user_id JOIN user_roles r ON r.user_id = u.id
			WHERE x.id = ? AND u.id = ? AND u.active AND x.seen_at > ? AND x.created_at > ?`, u.SessionRef, u.ID, t.now.Add(-SessionIdle), t.now.Add(-SessionLife)).Scan(&roles).Error
	default:
		err = t.db.Raw(`SELECT r.role FROM users u JOIN user_roles r ON r.user_id = u.id WHERE u.id = ? AND u.active`, u.ID).Scan(&roles).Error
	}
	return roles, err
}
