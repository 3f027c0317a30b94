package models

import (
	"time"

	"formwandel/models/calendar"
)

// MailKind says what a mail reports; the rule table names it, the mail
// templates are found by it, and the API shows it as `kind`.
type MailKind string

// The kinds of mail, one per thing that happens (product: "E-mail").
const (
	MailSubmitted   MailKind = "submitted"   // to author, team, approvers of the municipality
	MailQuestion    MailKind = "question"    // to author and office mailbox
	MailAssigned    MailKind = "assigned"    // to the new assignee, unless they took it themselves
	MailAnswered    MailKind = "answered"    // to assignee
	MailApproved    MailKind = "approved"    // to author, assignee
	MailRejected    MailKind = "rejected"    // to everybody who took part
	MailFailed      MailKind = "failed"      // to everybody who took part
	MailReopened    MailKind = "reopened"    // to everybody who took part
	MailWithdrawn   MailKind = "withdrawn"   // to everybody who took part
	MailApplied     MailKind = "applied"     // to author, approvers, team
	MailReturned    MailKind = "returned"    // a temporary change went back: author, approvers, team
	MailKept        MailKind = "kept"        // a temporary change did not (wholly) go back: the same
	MailDueSoon     MailKind = "due_soon"    // to assignee, team
	MailOverdue     MailKind = "overdue"     // to assignee, team, author
	MailAccepted    MailKind = "accepted"    // accepted by time, to author
	MailSuccessor   MailKind = "successor"   // what your request builds on is gone, or open again: its author, assignee
	MailReverted    MailKind = "reverted"    // the provider drafted the way back: author
	MailMaintenance MailKind = "maintenance" // maintenance switched: office, team
	MailCheckpoint  MailKind = "checkpoint"  // where the record stood, signed: auditors
)

// Letters to a person about the own account. Those that bring a link hold its
// secret only when they are written for sending.
const (
	MailInvitation      MailKind = "invitation"       // set the first password
	MailReset           MailKind = "reset"            // set a forgotten password anew
	MailPasswordChanged MailKind = "password_changed" // it was
	MailAddress         MailKind = "address"          // confirm a new address: to that
	MailAddressAsked    MailKind = "address_asked"    // a new address is to be confirmed: to the old one
	MailAddressChanged  MailKind = "address_changed"  // it was: to the old one
	MailAddressConsent  MailKind = "address_consent"  // somebody else asks for another address: to the old one, to agree or stop
	MailFactorReset     MailKind = "factor_reset"     // the second factors were taken away
	MailRecoveryUsed    MailKind = "recovery_used"    // somebody signed in with a recovery code
)

// Letters to those who administer a side, about an account of it.
const (
	MailAccountAdded MailKind = "account_added" // one that may decide
	MailRolesChanged MailKind = "roles_changed" // to such that may decide
	MailAddressWatch MailKind = "address_watch" // somebody asks for another address of it
)

// Letters about a municipality's approval policy.
const (
	MailPolicyProposed  MailKind = "policy_proposed"  // to those who may agree
	MailPolicyAgreed    MailKind = "policy_agreed"    // it counts now: to who proposed it
	MailPolicyDeclined  MailKind = "policy_declined"  // to who proposed it
	MailPolicyWithdrawn MailKind = "policy_withdrawn" // by somebody else: to who proposed it
)

// Why somebody hears of a proposal: to agree or decline, or because it was theirs.
const (
	seconderRole = "seconder"
	proposerRole = "proposer"
)

// MailState says how far a mail got.
type MailState string

// A mail waits until a server has accepted it (sent) or refused it for good (failed).
const (
	MailWaiting MailState = "waiting"
	MailSent    MailState = "sent"
	MailRefused MailState = "failed"
)

// Mail is a row of the outbox: one recipient, one stable Message-ID.
type Mail struct {
	ID         int64
	AGS        string `gorm:"column:ags"`
	RequestID  *int64
	EventSeq   int64
	Kind       MailKind
	Role       string // why this recipient hears of it: author, team, approver, assignee, office, participant, person, administration, seconder, proposer, auditor
	Recipient  string
	Locale     string
	MessageID  string // with angle brackets, unique, stored before the first try
	State      MailState
	Attempts   int
	NextAt     time.Time
	CreatedAt  time.Time
	SentAt     *time.Time
	LastError  string
	LeaseToken string
	LeaseUntil *time.Time
	Seal       string // over what decides in the row, see sealFor
}

// mailColumns are those of a mail, in the order in which it takes them.
const mailColumns = `id, ags, request_id, event_seq, kind, role, recipient, locale, message_id, state, attempts, next_at, created_at, sent_at, last_error, lease_token, lease_until, seal`

// takeFrom reads a mail's row.
func (m *Mail) takeFrom(x *cells) {
	*m = Mail{
		ID: x.number(), AGS: x.text(), RequestID: x.perhapsNumber(), EventSeq: x.number(), Kind: MailKind(x.text()), Role: x.text(), Recipient: x.text(), Locale: x.text(),
		MessageID: x.text(), State: MailState(x.text()), Attempts: x.count(), NextAt: x.instant(), CreatedAt: x.instant(), SentAt: x.perhapsInstant(), LastError: x.text(),
		LeaseToken: x.text(), LeaseUntil: x.perhapsInstant(), Seal: x.text(),
	}
}

// Letter is a leased mail together with the facts its text is made of.
type Letter struct {
	Mail  Mail
	Facts MailFacts
	Err   error // why its facts can't be read: it can't be written, now or later
}

// MailFacts is what happened, as far as the recipient may know it: no
// protected value is ever in it. Empty fields mean "does not apply".
type MailFacts struct {
	Number       string // KA-2026-000001; empty for mails about a form
	FormTitle    string // Geburtsurkunde
	Municipality string // Bautzen
	AGS          string
	Assistant    string
	Sentences    []string       // one per change, in the recipient's language
	Wish         string         // the clerk's free text, if there are no typed changes
	Effective    string         // "ab 01.01.2027", in the recipient's language
	Actor        string         // office that did it
	Comment      string         // what the person typed: always quoted
	AnswerBy     calendar.Day   // question: an answer by then keeps the date
	AcceptBy     calendar.Day   // applied: accepted by time after this day
	Late         time.Duration  // how much later than promised, 0 = on time
	Conflicts    []MailConflict // failed, kept: field by field
	Reason       string         // failed: why, a code
	Doomed       bool           // approved: as things were it was not going to be applied
	ReadBack     []MailReading  // applied: the values read back from the live version; returned, kept: those that hold from then on
	Predecessor  string         // successor: number of the request that is gone
	Basis        BasisState     // successor: or that may still come
	Revert       string         // reverted: number of the drafted way back
	ConfigNumber int            // applied, returned, maintenance: number of the new version
	On           bool           // maintenance: switched on
	At           time.Time      // when it happened
	Link         string         // letters that bring one: its path, "" where others than the person read
	Expires      time.Time      // and until when it counts
	Opens        time.Time      // and from when on; zero: at once
	Tokens       int            // a new password: how many API tokens go on counting
	Account      string         // whose account it is about, for those who administer it
	AccountID    int64
	Roles        []Role             // that account's, as it was given them
	Open         []string           // what is still missing and the way out, as sentences in the recipient's language
	Signed       []string           // checkpoint: its statement and signature, line by line
	Policy       []PolicyDifference // policy_…: what was proposed, number by number
}

// MailConflict is one field whose value is not what the request was built on,
// or whose new value (Wanted) no longer fits the questionnaire.
type MailConflict struct {
	Label, Expected, Found, Wanted string
	Unfit, Closed                  bool // see FieldConflict
}

// MailReading is one field's value as it stands in the live version now.
type MailReading struct{ Label, Value string }
