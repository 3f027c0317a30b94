package templates

import (
	"slices"
	"time"

	"formwandel/models"
	"formwandel/models/fields"
)

// RequestView is a request as its pages show it, in one person's language.
type RequestView struct {
	Number, Path       string
	Form, FormPath     string
	Town               string
	Status             models.Status
	Version            int
	Hash               string // of exactly this content: what an approval binds to
	When               string // ab 01.01.2027
	Late               string // by how much the promise is broken
	Reason, Wish       string
	Emptied            *time.Time // since when what people typed is gone, nil: it is there
	Sections           []string
	Author, Assignee   string
	Sentences          []string
	MoreSentences      int // that the page leaves out
	Changes            []ChangeLine
	MoreChanges        string // where the rest of them is shown
	Timeline           []TimelineStep
	Now                string   // what happens next by itself, "" if somebody has to do something
	Blockers           []string // what is missing, each with the way out
	Buttons            []StepButton
	Untranslated       bool   // a wish that nobody has turned into changes
	Edit               string // where it is edited; "" for whoever may not
	Lanes              []LaneLine
	Hindrance          string // why this person, who approves, can't
	Failure            *FailureView
	BuildsOn           []RequestLink
	BuiltOnBy          []RequestLink
	RevertsWhat        *RequestLink
	RevertedBy         []RequestLink
	Mails              []MailGroup // newest first
	MoreMails, Waiting int         // mails left out; mails that nobody has received
	MayComment         bool
	MayNote            bool // internal notes
	MayAttach          bool
	MayAnswer          bool
}

// RequestLink leads to another request.
type RequestLink struct{ Number, Path string }

// NewRequestLink leads to the request with a number.
func NewRequestLink(number string) RequestLink {
	return RequestLink{number, "/auftraege/" + number}
}

func requestLinks(numbers []string) []RequestLink {
	var out []RequestLink
	for _, n := range numbers {
		out = append(out, NewRequestLink(n))
	}
	return out
}

// Told is everything that a view of a request is made of.
type Told struct {
	Case   *models.Case
	Around *models.Surroundings
	Steps  []models.History // what moved it, newest first
	Now    time.Time
	Reader models.User
	Lang   string
}

// How much of its lists a request's page shows.
const (
	shownSentences = 40
	shownMails     = 10
)

// NewRequestView puts a request into words. Changes are added by ShowChanges: not every page has them.
func NewRequestView(k Told) *RequestView {
	c, words := k.Case, Words(k.Lang)
	v := &RequestView{
		Number: c.Number, Path: "/auftraege/" + c.Number, Form: c.FormTitle, FormPath: "/formulare/" + c.FormKey, Town: c.Municipality,
		Status: c.Status, Version: c.Version, Hash: c.ContentHash, When: c.Effective().Phrase(words.Lang()), Reason: c.Reason, Wish: c.Wish, Emptied: c.EmptiedAt,
		Sections: k.Around.Sections, Author: c.Author.Name, Late: lateOf(words, c, k.Now), Timeline: timelineOf(words, k), Now: nowOf(words, c),
		Lanes: lanesOf(words, k), Failure: failureOf(words, c), BuildsOn: requestLinks(k.Around.BuildsOn), BuiltOnBy: requestLinks(k.Around.BuiltOnBy),
		RevertedBy: requestLinks(c.RevertedBy), MayComment: k.Reader.May(models.CommentRequests, c.AGS), MayNote: k.Reader.May(models.NoteRequests, c.AGS),
		MayAttach: k.Reader.May(models.AttachFiles, c.AGS) && c.Open, MayAnswer: slices.Contains(c.Can, models.Answer),
	}
	if c.Assignee != nil {
		v.Assignee = c.Assignee.Name
	}
	if c.RevertsWhat != "" {
		link := NewRequestLink(c.RevertsWhat)
		v.RevertsWhat = &link
	}
	if code := c.Hindrance(k.Reader); code != "" {
		v.Hindrance = words.Say("error."+code, nil)
	}
	for _, b := range c.Blockers {
		v.Blockers = append(v.Blockers, BlockerWords(words, b))
	}
	v.offer(c)
	v.sentences(c, words.Lang())
	v.mails(c.Mails)
	return v
}

// BlockerWords say what keeps a request from going on, and the way out.
func BlockerWords(words Catalogue, b models.Blocker) string {
	key := "blocked." + b.Code
	if own := key + "." + b.Variant(); words.Has(own) {
		key = own
	}
	return words.Say(key, b.Args)
}

func (v *RequestView) sentences(c *models.Case, lang string) {
	for i, ch := range c.Changes {
		if i == shownSentences {
			v.MoreSentences = len(c.Changes) - i
			return
		}
		v.Sentences = append(v.Sentences, c.Fields[i].Sentence(ch.Old, ch.New, c.Effective(), lang))
	}
}

// lateOf says by how much the promise was broken, or is by now.
func lateOf(words Catalogue, c *models.Case, now time.Time) string {
	switch {
	case c.Late != nil && *c.Late > 0:
		return words.Say("web.request.late.applied", map[string]any{"late": howLong(words, time.Duration(*c.Late)*time.Second)})
	case c.Open && c.Status != models.Draft && c.DueAt != nil && now.After(*c.DueAt):
		return words.Say("web.request.late.open", map[string]any{"late": howLong(words, now.Sub(*c.DueAt))})
	}
	return ""
}

// nowOf says what happens next, where nobody has to be waited for or all is over.
func nowOf(words Catalogue, c *models.Case) string {
	key, args := "web.request.now."+string(c.Status), map[string]any{}
	switch c.Status {
	case models.Submitted, models.InReview, models.Question, models.Failed:
		if len(c.Blockers) > 0 {
			return ""
		}
		key = "web.request.now.in_review"
	case models.Approved:
		switch {
		case len(c.Blockers) > 0: // they follow, with the way out
			key = "web.request.now.approved_blocked"
		case c.Kind == models.By || c.ApplyAt == nil:
			key = "web.request.now.approved_now"
		default:
			args["instant"] = instantIn(words, c.ApplyAt)
		}
	case models.Applied:
		args["day"] = dayIn(words, c.AcceptBy)
	}
	return words.Say(key, args)
}

// FailureView says why a request failed, field by field.
type FailureView struct {
	Reason string
	Gone   *RequestLink
	Lines  []ConflictLine
	Unfit  []string // new values that no longer fit, as sentences
}

// ConflictLine is one field whose value is not what the request was built on.
type ConflictLine struct{ Label, Expected, Found string }

func failureOf(words Catalogue, c *models.Case) *FailureView {
	if c.Failure == nil {
		return nil
	}
	out := &FailureView{Reason: words.Say("failed."+c.Failure.Reason, nil)}
	if c.Failure.Gone != "" {
		link := NewRequestLink(c.Failure.Gone)
		out.Gone = &link
	}
	out.Lines, out.Unfit = conflictLines(c.Failure.Conflicts, c.Changes, c.Fields, false, words)
	return out
}

// conflictLines show what was expected and what was found, and in sentences which new values no longer fit, or former ones where they
// were to come back; a protected value only as that.
func conflictLines(conflicts []models.FieldConflict, changes []models.Change, known []fields.Field, former bool, words Catalogue) (lines []ConflictLine, unfit []string) {
	for _, k := range conflicts {
		f := fields.Field{Key: k.Field, Label: k.Label, Type: k.Type}
		if i := slices.IndexFunc(changes, func(c models.Change) bool { return c.Field == k.Field }); i >= 0 && i < len(known) {
			f = known[i]
		}
		if k.Unfit() {
			key := "web.request.unfit"
			switch {
			case former:
				key = "web.request.unfit.former"
			case k.Closed():
				key = "web.request.unfit.closed"
			}
			unfit = append(unfit, words.Say(key, map[string]any{"label": k.Label, "wanted": f.Display(k.Found, words.Lang())}))
			continue
		}
		expected, found := f.Conflict(k.Expected, k.Found, words.Lang())
		lines = append(lines, ConflictLine{k.Label, expected, found})
	}
	return lines, unfit
}
