package templates

import "formwandel/models"

// LinkPage is where a personal link from a mail leads.
type LinkPage struct {
	Frame
	Link  *models.Link // nil: it does not count any more
	Waits bool         // it does not count yet
}

// File implements Page.
func (*LinkPage) File() string { return "link" }

// ResetPage asks for the address whose password was forgotten.
type ResetPage struct {
	Frame
	Email string
	Asked bool // a link was asked for just now
}

// File implements Page.
func (*ResetPage) File() string { return "reset" }

// OwnPasswordPage changes one's own password.
type OwnPasswordPage struct {
	Frame
	Tokens int // API tokens that go on counting, once it is changed
}

// File implements Page.
func (*OwnPasswordPage) File() string { return "ownpassword" }

// OwnAddressPage asks for another address of one's own.
type OwnAddressPage struct {
	Frame
	Email string
	Asked *models.OtherAddress // by somebody else; nil: nothing
}

// File implements Page.
func (*OwnAddressPage) File() string { return "ownaddress" }
