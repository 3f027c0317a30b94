package models

import (
	"encoding/json"
	"time"

	"formwandel/models/calendar"
	"formwandel/models/fields"
)

// Event is one entry of the append-only history (Verlauf). Every change of
// state writes one; the chain over a municipality's events shows any that
// was changed, removed or moved.
type Event struct {
	AGS       string `gorm:"column:ags"`
	Seq       int64
	RequestID *int64
	FormID    *int64
	At        time.Time
	ActorID   *int64 // nil: the clock
	Action    Action
	From      Status `gorm:"column:from_state"`
	To        Status `gorm:"column:to_state"`
	Version   int    // of the request, after the step
	Comment   string
	Salt      string // of the words, or what is left of them: see words
	Internal  bool   // for the provider's eyes only
	Data      string // EventData as JSON, "" for none
	Prev      string
	Hash      string
}

// EventData is what a step decided, as far as its readers need it: mails and
// history are made from it. A protected value is never in it.
type EventData struct {
	Changes     []Change          `json:"changes,omitempty"`
	Effective   *fields.Effective `json:"effective,omitempty"`
	ContentHash string            `json:"content_hash,omitempty"`
	Side        Side              `json:"side,omitempty"`
	Late        int64             `json:"late,omitempty"` // seconds
	AnswerBy    *calendar.Day     `json:"answer_by,omitempty"`
	AcceptBy    *calendar.Day     `json:"accept_by,omitempty"`
	Reason      string            `json:"reason,omitempty"` // why it failed: a code
	Conflicts   []FieldConflict   `json:"conflicts,omitempty"`
	Config      int64             `json:"config,omitempty"`      // number of the version it made
	ConfigHash  string            `json:"config_hash,omitempty"` // and its hash: the chain of events holds that of versions
	Gone        string            `json:"gone,omitempty"`        // number of the request it built on
	Basis       BasisState        `json:"basis,omitempty"`       // and what that one's step means for this one
	Doomed      bool              `json:"doomed,omitempty"`      // approved, but as things were it was not going to be applied
	Other       string            `json:"other,omitempty"`       // number of a linked request
	On          *bool             `json:"on,omitempty"`          // maintenance
	Token       int64             `json:"token,omitempty"`       // the API token it was done with
	Tokens      int               `json:"tokens,omitempty"`      // a new password: how many API tokens of the account go on counting
	Session     string            `json:"session,omitempty"`     // the public name of the session it was done in
	Row         string            `json:"row,omitempty"`         // hash over the row it left behind: of the request, of the document
	File        string            `json:"file,omitempty"`        // an attachment's hash, a checkpoint's, that of the list of migrations
	Assignee    int64             `json:"assignee,omitempty"`    // whom it was assigned to
	Former      int64             `json:"former,omitempty"`      // and whom it was taken from
	Subject     string            `json:"subject,omitempty"`     // what an act of administration was about
	Grant       int64             `json:"grant,omitempty"`       // the municipality's grant that the provider did it under, or that was withdrawn
	Until       *calendar.Day     `json:"until,omitempty"`       // a grant's last day
	Policy      string            `json:"policy,omitempty"`      // the approval policy that counted when another was proposed
	Seen        int64             `json:"seen,omitempty"`        // the last line of the security log when a checkpoint was made
	Name        string            `json:"name,omitempty"`        // salted hash over the name of the account that it is about
	Towns       map[string]string `json:"towns,omitempty"`       // what an import has written of municipalities: AGS → hash, see townRow
	Profile     string            `json:"profile,omitempty"`     // hash over a municipality's mailbox and closing days
	Mails       []string          `json:"mails,omitempty"`       // the mails that it has made, see Mail.mark; last, for they are added when the rest is written
}

// FieldConflict is one field whose value is not the one a request was built on;
// with a code it is one whose new value no longer fits, and that stands as Found.
type FieldConflict struct {
	Field    string       `json:"field"`
	Label    string       `json:"label"`
	Type     fields.Type  `json:"type"`
	Expected fields.Value `json:"expected"`
	Found    fields.Value `json:"found"`
	Code     string       `json:"code,omitempty"` // the value itself no longer fits the field
}

// cursor is where a list goes on that ends with this event.
func (e Event) cursor() string { return cursorID(e.Seq) }

// Decode reads an event's data.
func (e Event) Decode() (EventData, error) {
	var d EventData
	if e.Data == "" {
		return d, nil
	}
	err := json.Unmarshal([]byte(e.Data), &d)
	return d, err
}

// Installation is the chain of what concerns no single municipality.
const Installation = "00000000"

// record appends an event to the municipality's chain; it is sealed and written with
// everything else the transaction has queued.
func (t *tx) record(e Event, d EventData) (Event, error) {
	d.Token, d.Session = t.actor.TokenID, t.actor.SessionRef
	text, err := json.Marshal(d)
	if err != nil {
		return e, err
	}
	if string(text) != "{}" {
		e.Data = string(text)
	}
	if e.RequestID != nil && e.Comment != "" {
		e.Salt = randomHex(saltBytes)
	}
	c := t.chain
	c.seq++
	e.AGS, e.At, e.Seq = c.ags, t.now, c.seq
	written := &openEvent{Event: e}
	c.open = append(c.open, written)
	t.insert(&written.Event)
	return e, nil
}

// openEvent is an event that is not sealed yet, and the marks of the mails that it will name.
type openEvent struct {
	Event
	marks []string
}

// close seals the events that are to be written; until then mails may be added to what they say.
func (c *chain) close() {
	for _, e := range c.open {
		e.name(e.marks)
		e.seal(c.head)
		c.head = e.Hash
	}
	c.open = nil
}

// Unfit tells whether it is about a new value that no longer fits: Found is that
// value then, and the field held what was expected.
func (k FieldConflict) Unfit() bool { return k.Code != "" }

// unfitClosed is the code of a change of a field that the questionnaire no longer lets anybody change.
const unfitClosed = "no_longer_configurable"

// Closed tells whether the field is gone, or of another kind, or not to be changed any more.
func (k FieldConflict) Closed() bool { return k.Code == unfitClosed }
