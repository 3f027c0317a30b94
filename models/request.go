package models

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"formwandel/models/calendar"
	"formwandel/models/fields"
)

// Request is a change request (Änderungsauftrag): the case.
type Request struct {
	ID                int64
	Number            string // KA-2026-000001: the year of filing and the id
	AGS               string `gorm:"column:ags"`
	FormID            int64
	Assistant         string
	Definition        int // version of the questionnaire its changes speak of
	Status            Status
	Version           int // rises with every transition, edit and approval
	Reason            string
	Wish              string
	WishUnseen        bool   // an agent has made changes that the clerk has not seen yet: see ADR 14
	Kind              string // from, by, or empty in a draft
	Date              calendar.Day
	Until             calendar.Day
	Sections          StringList
	NeedMunicipality  int
	NeedProvider      int
	GivenMunicipality int
	GivenProvider     int
	Policy            string // copied on submit: section → approvals needed
	ContentHash       string // over what is decided: form, when, sections, new values
	AuthorID          int64
	AssigneeID        *int64
	Reverts           *int64
	CreatedAt         time.Time
	UpdatedAt         time.Time
	SubmittedAt       *time.Time
	ApprovedAt        *time.Time
	AppliedAt         *time.Time
	DueAt             *time.Time // the promise: from → 00:00 that day, by → 24:00 that day
	ApplyAt           *time.Time // when the clock applies it; only while approved
	ReturnAt          *time.Time // 00:00 of the day after until
	Returned          bool
	AcceptBy          calendar.Day
	AnswerBy          calendar.Day
	Reminded          int    // 0 no, 1 due soon, 2 overdue
	Late              *int64 // seconds past the promise, if it was not kept
	ConfigNumber      *int64 // the version that applying made
	Conflicts         string // why it failed, as JSON
	KnockAt           *time.Time
	KnockRank         int64
	Open              bool
	Planned           bool
	Waiting           int
	EmptiedAt         *time.Time // when the words that people typed were deleted

	Changes   []Change   `gorm:"-"`
	Approvals []Approval `gorm:"-"` // those in force
	Editors   []int64    `gorm:"-"` // everybody who edited its changes
	Movers    []int64    `gorm:"-"` // who set the address of an account that filed or edited it, without its owner's word
}

// requestColumns are those of a request, in the order in which it takes them.
const requestColumns = `id, number, ags, form_id, assistant, definition, status, version, reason, wish, wish_unseen, kind, date, until, sections,
		need_municipality, need_provider, given_municipality, given_provider, policy, content_hash, author_id, assignee_id, reverts,
		created_at, updated_at, submitted_at, approved_at, applied_at, due_at, apply_at, return_at, returned, accept_by, answer_by,
		reminded, late, config_number, conflicts, knock_at, knock_rank, open, planned, waiting, emptied_at`

// takeFrom reads a request's own row.
func (r *Request) takeFrom(x *cells) {
	*r = Request{
		ID: x.number(), Number: x.text(), AGS: x.text(), FormID: x.number(), Assistant: x.text(), Definition: x.count(), Status: Status(x.text()),
		Version: x.count(), Reason: x.text(), Wish: x.text(), WishUnseen: x.flag(), Kind: x.text(), Date: own[calendar.Day](x), Until: own[calendar.Day](x),
		Sections: own[StringList](x), NeedMunicipality: x.count(), NeedProvider: x.count(), GivenMunicipality: x.count(), GivenProvider: x.count(),
		Policy: x.text(), ContentHash: x.text(), AuthorID: x.number(), AssigneeID: x.perhapsNumber(), Reverts: x.perhapsNumber(),
		CreatedAt: x.instant(), UpdatedAt: x.instant(), SubmittedAt: x.perhapsInstant(), ApprovedAt: x.perhapsInstant(), AppliedAt: x.perhapsInstant(),
		DueAt: x.perhapsInstant(), ApplyAt: x.perhapsInstant(), ReturnAt: x.perhapsInstant(), Returned: x.flag(),
		AcceptBy: own[calendar.Day](x), AnswerBy: own[calendar.Day](x), Reminded: x.count(), Late: x.perhapsNumber(), ConfigNumber: x.perhapsNumber(),
		Conflicts: x.text(), KnockAt: x.perhapsInstant(), KnockRank: x.number(), Open: x.flag(), Planned: x.flag(), Waiting: x.count(), EmptiedAt: x.perhapsInstant(),
	}
}

// Change is one line of a request: field, old value, new value. Old value and
// label are recorded by the system, never typed.
type Change struct {
	RequestID int64        `json:"-"`
	Ord       int          `json:"-"`
	Field     string       `json:"field"`
	Section   string       `json:"section"`
	Label     string       `json:"label"`
	Type      fields.Type  `json:"type"`
	Old       fields.Value `json:"old"`
	New       fields.Value `json:"new"`
	BuildsOn  *int64       `json:"-"` // the approved request whose value the old one is
}

// changeColumns are those of a change, in the order in which it takes them.
const changeColumns = `request_id, ord, field, section, label, type, old, new, builds_on`

// takeFrom reads a change's row.
func (c *Change) takeFrom(x *cells) {
	*c = Change{
		RequestID: x.number(), Ord: x.count(), Field: x.text(), Section: x.text(), Label: x.text(), Type: fields.Type(x.text()),
		Old: fields.Value(x.text()), New: fields.Value(x.text()), BuildsOn: x.perhapsNumber(),
	}
}

// Approval is one person's yes to exactly the content that was shown.
type Approval struct {
	ID          int64
	RequestID   int64
	Side        Side
	UserID      int64
	Version     int
	ContentHash string
	At          time.Time
	VoidAt      *time.Time
}

// approvalColumns are those of an approval, in the order in which it takes them.
const approvalColumns = `id, request_id, side, user_id, version, content_hash, at, void_at`

// takeFrom reads an approval's row.
func (a *Approval) takeFrom(x *cells) {
	*a = Approval{
		ID: x.number(), RequestID: x.number(), Side: Side(x.text()), UserID: x.number(), Version: x.count(), ContentHash: x.text(),
		At: x.instant(), VoidAt: x.perhapsInstant(),
	}
}

// StringList is a list of words kept as JSON in one column.
type StringList []string

// Value implements driver.Valuer.
func (l StringList) Value() (driver.Value, error) {
	if l == nil {
		return "[]", nil
	}
	b, err := json.Marshal([]string(l))
	return string(b), err
}

// Scan implements sql.Scanner.
func (l *StringList) Scan(v any) error {
	switch v := v.(type) {
	case string:
		return json.Unmarshal([]byte(v), (*[]string)(l))
	case []byte:
		return json.Unmarshal(v, (*[]string)(l))
	case nil:
		*l = nil
		return nil
	}
	return fmt.Errorf("a list of words can't be read from %T", v)
}

// numberOf makes the number of the request with an id, filed in a year.
func numberOf(year int, id int64) string { return fmt.Sprintf("KA-%d-%06d", year, id) }

// Effective is when the change is to hold.
func (r *Request) Effective() fields.Effective {
	return fields.Effective{Kind: r.Kind, Date: r.Date, Until: r.Until}
}

// promise is the instant after which the request is late: the start of the day
// for "from", the end of the day for "by"; nil in a draft without a date.
func (r *Request) promise() *time.Time {
	if r.Date.IsZero() {
		return nil
	}
	t := r.Date.Start()
	if r.Kind == By {
		t = r.Date.End()
	}
	return &t
}

// The two promises about time.
const (
	From = "from" // never earlier than 00:00 of the day
	By   = "by"   // as soon as approved, at the latest by 24:00 of the day
)

// complete tells whether every lane has what it needs.
func (r *Request) complete() bool {
	return r.GivenMunicipality >= r.NeedMunicipality && r.GivenProvider >= r.NeedProvider
}

// contributed tells whether a person filed it or edited its changes: such a
// person approves it in no lane (four eyes).
func (r *Request) contributed(user int64) bool {
	return r.AuthorID == user || slices.Contains(r.Editors, user)
}

// fourEyes tells why somebody is no second pair of eyes for a request: an error's code,
// "" if they are. Whose address somebody else set may be that person, on either side.
func (r *Request) fourEyes(u User) string {
	switch {
	case r.contributed(u.ID):
		return "four_eyes"
	case u.AddressBy != 0 && (r.contributed(u.AddressBy) || slices.Contains(r.Movers, u.AddressBy)):
		return "four_eyes_address"
	case slices.Contains(r.Movers, u.ID):
		return "four_eyes_mover"
	}
	return ""
}

// isUndecided tells whether those who approve are still to decide.
func (r *Request) isUndecided() bool {
	return r.Status == Submitted || r.Status == InReview || r.Status == Question
}

// isDecidable tells whether there is something that they can decide on: changes, and no wish whose clerk has not seen them.
func (r *Request) isDecidable() bool { return r.isUndecided() && len(r.Changes) > 0 && !r.WishUnseen }

// approvedBy tells whether a person's approval is in force.
func (r *Request) approvedBy(user int64) bool {
	return slices.ContainsFunc(r.Approvals, func(a Approval) bool { return a.UserID == user })
}

// count brings the given approvals up to date with those in force.
func (r *Request) count() {
	r.GivenMunicipality, r.GivenProvider = 0, 0
	for _, a := range r.Approvals {
		if a.Side == Provider {
			r.GivenProvider++
		} else {
			r.GivenMunicipality++
		}
	}
}

// change finds the change of a field.
func (r *Request) change(field string) (Change, bool) {
	return changeIn(r.Changes, field)
}

// changeIn finds the change of a field among some.
func changeIn(changes []Change, field string) (Change, bool) {
	i := slices.IndexFunc(changes, func(c Change) bool { return c.Field == field })
	if i < 0 {
		return Change{}, false
	}
	return changes[i], true
}

// isOpen tells whether anybody still has to do something about it.
func (s Status) isOpen() bool {
	return slices.Contains([]Status{Draft, Submitted, InReview, Question, Approved, Failed}, s)
}
