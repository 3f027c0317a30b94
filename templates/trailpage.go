package templates

import (
	"time"

	"formwandel/models"
)

// TrailPage is the audit log of one chain, newest first.
type TrailPage struct {
	Desk
	Chain, ChainName string
	Choose           bool // more than one chain may be looked at
	Place, Actor     string
	Action           models.Action
	Actions          []models.Action
	Lines            []TrailLine
	Next, First      string
	MayCheck         bool
	Last             *TrailCheck
	Signed           []models.Checkpoint // the last checkpoint, if there is one
}

// TrailLine is one event as the log shows it.
type TrailLine struct {
	models.TrailEvent
	What  string // in words
	About string // what an act of administration was about, if it is no request or form
	Link  string // to it
	Note  string // roles, counts
}

// TrailCheck is the outcome of an audit.
type TrailCheck struct {
	Report models.Report
	Digest string // over the ends of all chains
	At     time.Time
	Shown  int // how many findings the page shows
}

// File implements Page.
func (*TrailPage) File() string { return "trail" }

// TrailCheckPage tells what an audit has found.
type TrailCheckPage struct {
	Desk
	Check *TrailCheck
	Late  bool // it took too long and was given up
	Busy  bool // another one is running
}

// File implements Page.
func (*TrailCheckPage) File() string { return "trailcheck" }
