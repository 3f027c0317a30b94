package templates

import (
	"time"

	"formwandel/models"
	"formwandel/models/fields"
)

// EventLine is one entry of a request's history.
type EventLine struct {
	Seq       int64
	At        time.Time
	Who       string
	Action    models.Action
	Side      models.Side // approve: in which lane
	From, To  models.Status
	Version   int
	Text      string
	Cut       bool // there is more of the text elsewhere
	Internal  bool
	Sentences []string // what an edit or a submission said
	Conflicts []ConflictLine
	Late      string
	Other     *RequestLink // a linked request, or one that will not happen
	Hash      string
	By        string // the name of the API token it was done with
	file      string // an added document's hash
}

// Lengths of what people typed, as lists show it, in characters.
const (
	ShortText   = 240
	FullText    = 6000 // longer than anybody may type
	someChanges = 8
)

// Budgets in bytes of lists on a page.
const (
	EventsBudget  = 40 << 10
	AsideBudget   = 16 << 10 // of a list beside others
	aroundOneLine = 600      // markup around an entry
)

// EventLines put a history into words, as many as fit into the budget; cursor
// is where the rest begins, next if all of these fit.
func EventLines(hs []models.History, next, lang string, text, budget int) (out []EventLine, cursor string) {
	words := Words(lang)
	size := 0
	for i, h := range hs {
		line := newEventLine(words, h, text)
		if size += line.size(); size > budget && i > 0 {
			return out, hs[i-1].Cursor()
		}
		out = append(out, line)
	}
	return out, next
}

func newEventLine(words Catalogue, h models.History, text int) EventLine {
	l := EventLine{
		Seq: h.Seq, At: h.At, Who: h.Actor.Name, Action: h.Action, Side: h.Side, Version: h.Version, Internal: h.Internal, Hash: h.Hash, By: h.By,
		Text: cutTo(text, h.Comment), file: h.File,
	}
	l.Cut = l.Text != h.Comment
	if h.From != h.To {
		l.From, l.To = h.From, h.To
	}
	if h.Late > 0 {
		l.Late = howLong(words, time.Duration(h.Late)*time.Second)
	}
	if number := h.Other + h.Gone; number != "" {
		link := NewRequestLink(number)
		l.Other = &link
	}
	l.Conflicts, l.Sentences = conflictLines(h.Conflicts, h.EventData.Changes, h.Fields, h.Action == models.Return, words)
	if h.Action == models.Submit || h.Action == models.Edit || h.Action == models.Rebase || h.Action == models.Answer {
		l.Sentences = sentencesOf(h, words.Lang())
	}
	return l
}

func sentencesOf(h models.History, lang string) []string {
	var when fields.Effective
	if h.Effective != nil {
		when = *h.Effective
	}
	var out []string
	for i, c := range h.EventData.Changes {
		if i == someChanges {
			return append(out, "…")
		}
		out = append(out, h.Fields[i].Sentence(c.Old, c.New, when, lang))
	}
	return out
}

func (l EventLine) size() int {
	n := aroundOneLine + len(l.Text)
	for _, s := range l.Sentences {
		n += 20 + len(s)
	}
	for _, c := range l.Conflicts {
		n += 60 + len(c.Label) + len(c.Expected) + len(c.Found)
	}
	return n
}

// NameFiles adds to entries about documents how these are called.
func NameFiles(lines []EventLine, as []models.Attachment) {
	for i := range lines {
		for _, a := range as {
			if lines[i].file != "" && lines[i].file == a.Blob {
				lines[i].Text = a.Name
			}
		}
	}
}

// QuestionView is a question with its answer, if there is one.
type QuestionView struct {
	Question EventLine
	Answer   *EventLine
	Open     bool
	AnswerBy string
}

// QuestionsOf finds questions and answers among a request's steps (newest first), oldest first.
func QuestionsOf(steps []models.History, c *models.Case, lang string) []QuestionView {
	words := Words(lang)
	var out []QuestionView
	for i := len(steps) - 1; i >= 0; i-- {
		line := newEventLine(words, steps[i], FullText)
		switch n := len(out); {
		case line.Action == models.Ask:
			out = append(out, QuestionView{Question: line})
		case line.Action == models.Answer && n > 0:
			out[n-1].Answer = &line
		}
	}
	if n := len(out); n > 0 && c.Status == models.Question {
		out[n-1].Open, out[n-1].AnswerBy = true, dayIn(words, c.AnswerBy)
	}
	const shown = 3
	return out[max(0, len(out)-shown):]
}
