package templates

import "formwandel/models"

// CheckpointsPage lists the signed ends of the record, newest first, and the keys.
type CheckpointsPage struct {
	Desk
	Path        string
	Checkpoints []models.Checkpoint
	Keys        []models.SigningKey
	Next, First string
}

// File implements Page.
func (*CheckpointsPage) File() string { return "checkpoints" }

// SecurityPage is the security log: numbers by code, then line by line, newest first.
type SecurityPage struct {
	Desk
	Choose      bool // more than one municipality may be looked at
	Place       string
	Code        models.SecurityCode
	Codes       []models.SecurityCode
	Hours       int
	Spans       []int // hours
	Counts      []models.SecurityCount
	Entries     []models.SecurityEntry
	Next, First string
	CSV         string
}

// File implements Page.
func (*SecurityPage) File() string { return "security" }
