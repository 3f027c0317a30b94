package templates

import (
	"strings"

	"formwandel/models"
	"formwandel/models/calendar"
)

// EntryLine is a request as lists on pages show it.
type EntryLine struct {
	Path, Number string
	Title, Town  string
	Status       models.Status
	Version      int
	Sentences    []string // the changes, or the wish
	Next         string   // what comes next, with its date
	Blocked      bool     // approved, and not going to be applied as things are: Next says why
	Assignee     string
	Author       string
}

// longWish is how much of a wish a list shows, in characters.
const longWish = 140

// NewEntryLine makes a list's line out of a request.
func NewEntryLine(e models.Entry, lang string) EntryLine {
	words := Words(lang)
	l := EntryLine{
		Path: "/auftraege/" + e.Number, Number: e.Number, Title: e.FormTitle, Town: e.Municipality, Status: e.Status, Version: e.Version,
		Next: nextStep(words, e), Blocked: e.Basis != nil, Author: e.Author.Name,
	}
	if e.Status == models.Draft {
		l.Path += "/bearbeiten/felder" // whoever may not edit it is shown the request instead
	}
	if e.Assignee != nil {
		l.Assignee = e.Assignee.Name
	}
	for i, c := range e.Changes {
		l.Sentences = append(l.Sentences, e.Fields[i].Sentence(c.Old, c.New, e.Effective(), words.Lang()))
	}
	if len(l.Sentences) == 0 && e.Wish != "" {
		l.Sentences = append(l.Sentences, words.Say("web.wish", map[string]any{"text": shorten(e.Wish, longWish)}))
	}
	return l
}

// nextStep says in words what comes next, with the day it hangs on.
func nextStep(words Catalogue, e models.Entry) string {
	r := &e.Request
	if e.Basis != nil {
		return words.Say("web.next.blocked", map[string]any{"why": basisWords(words, e.Basis)})
	}
	on := func(key string, d calendar.Day) string { return words.Say(key, map[string]any{"day": dayIn(words, d)}) }
	switch r.Status {
	case models.Question:
		return on("web.next.question", r.AnswerBy)
	case models.Applied:
		return on("web.next.applied", r.AcceptBy)
	case models.Approved:
		if r.ApplyAt == nil || r.Kind == models.By {
			return words.Say("web.next.approved_now", nil)
		}
		return on("web.next.approved", calendar.DayOf(*r.ApplyAt))
	case models.Submitted, models.InReview:
		if r.Kind == models.By {
			return on("web.next.due_by", r.Date)
		}
		return on("web.next.due_from", r.Date)
	}
	return words.Say("web.next."+string(r.Status), nil)
}

// basisWords say why a request can't be applied as long as nothing is done.
func basisWords(words Catalogue, b *models.Basis) string {
	return words.Say("web.basis."+string(b.State), map[string]any{"number": b.Number})
}

// shorten cuts a text to n characters, on one line: between words where it can, since half of an amount or of a date would be another one.
func shorten(s string, n int) string {
	s = oneLine(s)
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	head := string(r[:n])
	if word := strings.LastIndexByte(string(r[:n+1]), ' '); word > len(head)/2 {
		return strings.TrimRight(head[:word], " ,") + " …"
	}
	return head + "…"
}
