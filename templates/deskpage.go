package templates

import "formwandel/models"

// Desk is what every page of the administration has: the frame and the way back.
type Desk struct {
	Frame
	Crumbs []Crumb
}

// Crumb is one step of the way that leads to a page.
type Crumb struct{ Path, Label string }

// DeskPage is the way into the administration, with what stands there at a glance.
type DeskPage struct {
	Desk
	Cards []DeskCard
}

// DeskCard is one part of the administration: what it is for, and how it stands.
type DeskCard struct {
	Path, Title, Text string
	State             []string
	Alarm             bool // somebody should look at it
}

// File implements Page.
func (*DeskPage) File() string { return "desk" }

// OutboxPage lists the mails that the product writes, newest first.
type OutboxPage struct {
	Desk
	State       string
	States      []NavItem
	Mails       []OutboxLine
	Next, First string
	MayRetry    bool
}

// OutboxLine is one mail as the list shows it.
type OutboxLine struct {
	models.Outgoing
	Path, What, RoleName string
}

// File implements Page.
func (*OutboxPage) File() string { return "outbox" }

// MailPage shows one mail as it was or will be sent.
type MailPage struct {
	Desk
	Written
	Mail           models.Mail
	Number, Place  string
	What, RoleName string
	Thread         string // the Message-ID that it refers to
	MayRetry       bool
}

// Written is a letter's text, and where its HTML is shown.
type Written struct {
	Subject, Text, HTMLPath string
}

// File implements Page.
func (*MailPage) File() string { return "mail" }

// MailSamplesPage lists every letter that the product writes.
type MailSamplesPage struct {
	Desk
	Groups []SampleGroup
}

// SampleGroup is one kind of letter with everybody who gets it.
type SampleGroup struct {
	What  string
	Lines []SampleLine
}

// SampleLine is one letter in both languages.
type SampleLine struct {
	RoleName         string
	German, English  string // paths
	GermanOf, EnglOf string // what the links are called in full
}

// File implements Page.
func (*MailSamplesPage) File() string { return "mailsamples" }

// MailSamplePage shows one letter with example facts.
type MailSamplePage struct {
	Desk
	Written
	Other string // the same letter in the other language
}

// File implements Page.
func (*MailSamplePage) File() string { return "mailsample" }
