package templates

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"formwandel/models"
	"formwandel/models/calendar"
	"formwandel/models/fields"
)

// QueuePage lists requests: the team's work, and a town hall's own.
type QueuePage struct {
	Frame
	Views       []QueueView // those of the house
	Saved       []QueueView // those that the person has named
	Asked       models.Filter
	Chips       []Chip
	Choices     models.Choices
	Query       string // the filter as it stands in the address, without a place in the list
	Rows        []QueueRow
	Next, First string
	MayWork     bool         // may claim and assign
	Towns       bool         // requests of more than one municipality
	Refused     []RefusedRow // of what was selected
	ViewName    string       // as it was typed
	Assignee    int64        // as it was chosen
}

// File implements Page.
func (*QueuePage) File() string { return "queue" }

// States are all states, for the filter.
func (*QueuePage) States() []models.Status { return models.Statuses }

// Sorts are the orders that a list can have.
func (*QueuePage) Sorts() []string { return []string{"due", "-due", "-number", "number"} }

// Wants tells whether the filter asks for a state.
func (p *QueuePage) Wants(s models.Status) bool {
	return slices.Contains(p.Asked.Status, string(s))
}

// QueueView is a filter with a name.
type QueueView struct {
	ID      int64 // of a saved one
	Path    string
	Label   string
	Count   string // "" for those that are not counted
	Current bool
}

// Chip is one thing that narrows a list; following it takes it away.
type Chip struct{ Path, Label string }

// RefusedRow is a selected request for which nothing was done, and why.
type RefusedRow struct{ Number, Why string }

// QueueRow is a request in the queue's table.
type QueueRow struct {
	EntryLine
	More    string         // how many changes the row leaves out
	When    string         // ab 01.01.2027
	Urgency models.Urgency // the traffic light's colour
	Due     string         // and its words
	Lanes   []string       // Kommune 1 von 1
	Looking string         // who has it on the screen
	Pick    string         // number and version, for selecting it; "" can't be selected
	Picked  bool
}

// How much of a request a row shows.
const (
	rowSentences = 2
	longSentence = 100
	longAfter    = 125 // a new value as long as sentences have it, and its days
	shortBefore  = 45  // characters that label and old value keep where the new one takes the room
)

// rowSentence is a sentence for a row. Where it is too long, the old value is cut: what is to come is what a row is read for.
func rowSentence(s string) string {
	if utf8.RuneCountInString(s) <= longSentence {
		return s
	}
	before, after, ok := strings.Cut(s, fields.Arrow)
	if !ok {
		return shorten(s, longSentence)
	}
	return shorten(before, max(shortBefore, longSentence-utf8.RuneCountInString(fields.Arrow+after))) + fields.Arrow + shorten(after, longAfter)
}

// NewQueueRow makes a row out of a request, as a person may work on it.
func NewQueueRow(e models.Entry, lang string, now time.Time) QueueRow {
	words := Words(lang)
	row := QueueRow{EntryLine: NewEntryLine(e, lang), Lanes: rowLanes(words, &e.Request)}
	if more := len(row.Sentences) - rowSentences; more > 0 {
		row.Sentences = row.Sentences[:rowSentences]
		row.More = words.Say("web.queue.more", map[string]any{"n": more})
	}
	for i, s := range row.Sentences {
		row.Sentences[i] = rowSentence(s)
	}
	if eff := e.Effective(); eff.Kind != "" {
		row.When = eff.Phrase(words.Lang())
	}
	if e.Status != models.Question && e.Status != models.Applied && !row.Blocked {
		row.Next = ""
	}
	d := e.Deadline(now)
	row.Urgency, row.Due = d.Urgency, dueWords(words, d, e.Date == calendar.DayOf(now))
	return row
}

// dueWords says a traffic light: überfällig seit 2 Arbeitstagen, heute, in 3 Arbeitstagen.
func dueWords(words Catalogue, d models.Deadline, today bool) string {
	switch {
	case d.Urgency == "":
		return ""
	case d.Urgency == models.DueToday && !today:
		return words.Say("web.queue.due.weekend", nil)
	case d.Urgency == models.DueToday:
		return words.Say("web.queue.due.today", nil)
	}
	key := "web.queue.due.in."
	if d.Urgency == models.DueLate {
		key = "web.queue.due.late."
	}
	switch d.Days {
	case 0:
		return words.Say(key+"none", nil)
	case 1:
		return words.Say(key+"one", nil)
	}
	return words.Say(key+"many", map[string]any{"n": d.Days})
}

// rowLanes says how many approvals each side has given, of those needed; nothing before and after that matters.
func rowLanes(words Catalogue, r *models.Request) []string {
	switch r.Status {
	case models.Submitted, models.InReview, models.Question, models.Approved:
	default:
		return nil
	}
	var out []string
	for _, l := range []struct {
		side        string
		given, need int
	}{{"municipality", r.GivenMunicipality, r.NeedMunicipality}, {"provider", r.GivenProvider, r.NeedProvider}} {
		if l.need > 0 {
			out = append(out, words.Say("web.queue.lane."+l.side, map[string]any{"given": l.given, "needed": l.need}))
		}
	}
	return out
}

// Looking says who else has a request on the screen; "" for nobody.
func Looking(lang string, people []models.Person) string {
	words := Words(lang)
	names := ""
	for i, p := range people {
		switch i {
		case 0:
			names = p.Name
		case len(people) - 1:
			names = words.Say("web.queue.and", map[string]any{"first": names, "last": p.Name})
		default:
			names += ", " + p.Name
		}
	}
	switch len(people) {
	case 0:
		return ""
	case 1:
		return words.Say("web.queue.looks.one", map[string]any{"names": names})
	}
	return words.Say("web.queue.looks.many", map[string]any{"names": names})
}
