package templates

import (
	"time"

	"formwandel/models"
)

// PeoplePage lists accounts by address.
type PeoplePage struct {
	Desk
	Sides        []NavItem // whose people; nil for a municipality's own
	Place, Email string    // what was asked for
	Whose        string    // title of the list
	New          string    // where to add somebody; "" where one may not
	People       []PersonLine
	Next, First  string
}

// PersonLine is one account as the list shows it.
type PersonLine struct {
	models.Member
	Path, Town string
	RoleNames  []string
}

// File implements Page.
func (*PeoplePage) File() string { return "people" }

// PersonForm is what can be entered about an account.
type PersonForm struct {
	Email, Name, Locale string
	Roles               []RoleChoice
}

// RoleChoice is a role that may be given, and whether it is.
type RoleChoice struct {
	Role   models.Role
	Chosen bool
}

// PersonPage shows one account, for reading or for changing.
type PersonPage struct {
	Desk
	Person     models.Member
	Place      string
	RoleNames  []string
	May        bool // change it
	Self       bool
	InviteOver bool // the invitation's link does not count any more
	Form       PersonForm
	Factors    *models.Factors
	Tokens     []TokenLine
	Links      []PersonLink
	Asked      *models.OtherAddress // another address, not yet counting; nil: none
	Stale      []string             // how it stands now, when somebody changed it meanwhile
}

// File implements Page.
func (*PersonPage) File() string { return "person" }

// PersonLink is an account elsewhere with which a person can sign in.
type PersonLink struct {
	Name        string // of the provider
	Since, Used time.Time
}

// PersonNewPage adds an account.
type PersonNewPage struct {
	Desk
	AGS, Place string // whose; empty: the provider's
	Asked      string
	Choose     bool // whose it is can be chosen
	Form       PersonForm
}

// File implements Page.
func (*PersonNewPage) File() string { return "personnew" }
