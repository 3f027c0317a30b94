package templates

import "formwandel/models"

// AccessPage shows what a municipality lets the provider do for it, and what the provider did.
type AccessPage struct {
	Desk
	AGS, Place  string
	May         bool // grant and withdraw
	Grants      []AccessLine
	Uses        []TrailLine
	Next, First string
}

// File implements Page.
func (*AccessPage) File() string { return "access" }

// AccessLine is one access: granted or not, with what was typed into its form.
type AccessLine struct {
	models.Grant
	Until, Reason string // as typed
}
