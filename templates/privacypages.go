package templates

import "formwandel/models"

// OwnDataPage tells people what is kept about them, and offers it as a file.
type OwnDataPage struct {
	Frame
	Crumbs []Crumb
}

// File implements Page.
func (*OwnDataPage) File() string { return "owndata" }

// ForgetPage asks whether a person is really to be forgotten.
type ForgetPage struct {
	Desk
	Person models.Member
}

// File implements Page.
func (*ForgetPage) File() string { return "forget" }

// RetentionPage shows how long things are kept and what a run deletes.
type RetentionPage struct {
	Desk
	Rules   []RetentionRule
	May     bool // change the rules
	Reports []models.RetentionReport
}

// RetentionRule is one rule with what it finds now, and what stands in its input.
type RetentionRule struct {
	models.Expired
	Typed string
}

// File implements Page.
func (*RetentionPage) File() string { return "retention" }
