package templates

import "formwandel/models"

// SignInPage asks for address and password. Accounts are those of the demonstration, if there is one.
type SignInPage struct {
	Frame
	Email, Next string
	Tokens      int  // API tokens that go on counting after a password was set by a link
	Passkeys    bool // can be used at this address
	Accounts    []models.User
	Elsewhere   []NavItem // providers with whose accounts one may sign in
	Left        *NavItem  // where to end the session at the provider one came from; nil: nowhere
}

// File implements Page.
func (*SignInPage) File() string { return "signin" }

// StartPage is a town hall's first page.
type StartPage struct {
	Frame
	MayFile                 bool
	Proposal                string // where a proposed policy waits for the reader to agree; "": nowhere
	Waiting, Drafts, Recent []EntryLine
	MoreWaiting, MoreRecent string
}

// File implements Page.
func (*StartPage) File() string { return "start" }

// ErrorPage says what went wrong, and keeps what was typed.
type ErrorPage struct {
	Frame
	Detail string
	ID     string   // under which operators find it in the log
	Kept   []string // what the person had typed
	Back   string
	SignIn bool // the way back leads over the sign-in page
}

// File implements Page.
func (*ErrorPage) File() string { return "error" }
