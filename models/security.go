package models

import "context"

// SecurityCode names what touched safety. Codes are stable: alarms are built on them.
type SecurityCode string

// What is written into the security log.
const (
	SignedIn          SecurityCode = "signed_in"
	SignedOut         SecurityCode = "signed_out"
	LoginFailed       SecurityCode = "login_failed"
	LoginLimited      SecurityCode = "login_limited"
	SecondFailed      SecurityCode = "second_factor_failed"
	ConfirmFailed     SecurityCode = "confirmation_failed" // re-authentication
	FactorAdded       SecurityCode = "factor_added"
	FactorRemoved     SecurityCode = "factor_removed"
	RecoveryUsed      SecurityCode = "recovery_code_used"
	SessionEnded      SecurityCode = "session_ended" // by somebody, not by signing out
	InvitationSent    SecurityCode = "invitation_sent"
	ResetAsked        SecurityCode = "reset_asked"
	LinkRefused       SecurityCode = "link_refused"     // of an invitation or a reset
	LinkForged        SecurityCode = "link_forged"      // its row is not what the record says, or not what this program has written
	LinkUnsealed      SecurityCode = "link_unsealed"    // an instance without the key has written it
	SessionForged     SecurityCode = "session_forged"   // its row is not what this program has written
	SessionUnsealed   SecurityCode = "session_unsealed" // an instance without the key has begun it
	MailForged        SecurityCode = "mail_forged"      // its row is not what this program has written: it was not sent
	MailUnsealed      SecurityCode = "mail_unsealed"    // an instance without the key has written it
	RowForged         SecurityCode = "row_forged"       // a row of another kind is not what this program has written: it does not count
	RowsSealed        SecurityCode = "rows_sealed"      // rows without a seal were given one: those of older programs, of a backup, of an instance without the key
	PasswordChanged   SecurityCode = "password_changed"
	AddressAsked      SecurityCode = "address_change_asked"
	AddressChanged    SecurityCode = "address_changed"
	AddressAgreed     SecurityCode = "address_change_agreed" // by the owner, to what somebody else asked for
	AddressStopped    SecurityCode = "address_change_stopped"
	AccountAdded      SecurityCode = "account_added"
	RolesChanged      SecurityCode = "role_changed"
	AccountSwitched   SecurityCode = "account_switched"
	IdentityLinked    SecurityCode = "identity_linked" // an outside sign-in
	TokenMade         SecurityCode = "token_created"
	TokenEnded        SecurityCode = "token_revoked"
	TokenRefused      SecurityCode = "token_refused"
	RightMissing      SecurityCode = "right_missing"
	TenantViolation   SecurityCode = "tenant_violation" // a foreign municipality's object was asked for
	FormForged        SecurityCode = "form_forged"
	AccessGranted     SecurityCode = "access_granted" // a municipality's to the provider
	AccessWithdrawn   SecurityCode = "access_withdrawn"
	PolicyProposed    SecurityCode = "policy_proposed" // it counts when a second person has agreed
	PolicyChanged     SecurityCode = "policy_changed"
	FileRefused       SecurityCode = "file_refused"
	VirusFound        SecurityCode = "virus_found"
	Exported          SecurityCode = "export"
	Downloaded        SecurityCode = "download" // a document, a case file, a receipt, figures
	Pseudonymised     SecurityCode = "pseudonymised"
	RetentionRun      SecurityCode = "retention_run"
	CheckpointMade    SecurityCode = "checkpoint_signed"
	RecordBroken      SecurityCode = "record_broken" // the audit has found tampering
	CertificateLoaded SecurityCode = "certificate_loaded"
)

// SecurityEvent is one line of the security log. It never holds a name, an
// e-mail address, a secret or anything that somebody typed.
type SecurityEvent struct {
	Code    SecurityCode
	AGS     string // whose municipality, "" for the provider's
	UserID  int64  // who, 0 for nobody who is known
	TokenID int64  // by which API token, 0 for none
	Address string // the caller's network address, "" for the program itself
	Detail  string // a code or an id, at most 200 bytes
}

// Witness writes down what touched safety. What happens again within a minute is counted.
func (s *Store) Witness(ctx context.Context, e SecurityEvent) error {
	return s.marked(ctx, &markCall{seen: &e})
}

// witness writes it down together with what it is about.
func (t *tx) witness(e SecurityEvent) {
	e.Detail = e.Detail[:min(len(e.Detail), 200)]
	t.seen = append(t.seen, e)
}
