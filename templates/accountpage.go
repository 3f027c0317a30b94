package templates

import (
	"slices"

	"formwandel/models"
)

// AccountPage shows a person their own account.
type AccountPage struct {
	Frame
	RoleNames []string
	Place     string
	Factors   *models.Factors
	Sessions  []models.Session
	Here      string // id of the session that looks at it
	Failures  int    // attempts to get in that failed, in the last days
}

// File implements Page.
func (*AccountPage) File() string { return "account" }

// Others tells whether the person is signed in elsewhere, too.
func (p *AccountPage) Others() bool { return len(p.Sessions) > 1 }

// SecondPage asks for the second factor after the password.
type SecondPage struct {
	Frame
	Next                 string
	TOTP, Passkey, Codes bool
	OnlyKey              bool // the role needs the passkey: a code of the app does not do
	Works                bool // passkeys can be used at this address
}

// File implements Page.
func (*SecondPage) File() string { return "second" }

// FactorsPage offers second factors.
type FactorsPage struct {
	Frame
	Factors  *models.Factors
	Passkeys bool // can be used at this address
	Must     bool // nothing else is open before one is set up
}

// OnlyKey tells whether it has to be a passkey, so that nothing else is offered.
func (p *FactorsPage) OnlyKey() bool { return p.Must && p.Factors.NeedsKey }

// File implements Page.
func (*FactorsPage) File() string { return "factors" }

// TOTPPage shows the secret that an authenticator app takes over.
type TOTPPage struct {
	Frame
	Secret []string // in groups
	Email  string
}

// File implements Page.
func (*TOTPPage) File() string { return "totp" }

// PasskeyPage asks for the name of a new passkey.
type PasskeyPage struct {
	Frame
	Name  string
	Works bool
}

// File implements Page.
func (*PasskeyPage) File() string { return "passkey" }

// CodesPage makes recovery codes; Codes are there right after they were made, and never again.
type CodesPage struct {
	Frame
	Factors *models.Factors
	Codes   []string
}

// File implements Page.
func (*CodesPage) File() string { return "codes" }

// ConfirmPage asks people to show again who they are, and carries along the form that made it ask.
type ConfirmPage struct {
	Frame
	To, Back                string
	Carried                 []Carried
	Password, TOTP, Passkey bool
	OnlyKey, Recovery       bool      // the roles need a passkey; a recovery code may stand in for it
	Fully                   bool      // it is about second factors: one of them is to be shown, the password does not do
	Elsewhere               []NavItem // where the account can show it, too
	Done                    bool      // it has just been shown: the form only has to be sent
	Minutes                 int       // how long the answer counts
}

// Carried is one field of a form that waits.
type Carried struct{ Name, Value string }

// File implements Page.
func (*ConfirmPage) File() string { return "confirm" }

// None tells whether the account has nothing that could be shown here.
func (p *ConfirmPage) None() bool {
	return !p.Password && !p.TOTP && !p.Passkey && !p.Recovery && len(p.Elsewhere) == 0
}

// FactorRolesPage says what roles ask for beside the password.
type FactorRolesPage struct {
	Desk
	Roles []RoleFactor
	Seen  string // how it stands, for the form
	May   bool
	Works bool // passkeys can be used at this address
}

// RoleFactor is a role, what was chosen for it, and how it stands; "" is nothing.
type RoleFactor struct {
	Role      models.Role
	Kind, Was models.FactorKind
}

// File implements Page.
func (*FactorRolesPage) File() string { return "factorroles" }

// Missed tells whether a role needs a passkey although none can be used here.
func (p *FactorRolesPage) Missed() bool {
	return !p.Works && slices.ContainsFunc(p.Roles, func(r RoleFactor) bool { return r.Was == models.PasskeyFactor })
}

// Any tells whether a role asks for anything.
func (p *FactorRolesPage) Any() bool {
	return slices.ContainsFunc(p.Roles, func(r RoleFactor) bool { return r.Was != "" })
}
