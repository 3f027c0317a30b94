package templates

import (
	"unicode/utf8"

	"formwandel/models"
	"formwandel/models/fields"
)

// ChangeLine is one change, before and after.
type ChangeLine struct {
	Ord      int // from 1
	Label    string
	Old, New string
	Diff     []DiffPiece // of a long text; then Old and New are empty
}

// Sizes in bytes of what a page shows of changes, so that it stays small.
const (
	changesBudget = 24 << 10
	longProse     = 120 // characters from which on a text is compared word by word
)

// ShowChanges adds the changes from a position on, as many as a page can hold.
func (v *RequestView) ShowChanges(c *models.Case, from int, lang string) (next int) {
	v.Changes = nil
	for size, i := 0, max(from, 0); i < len(c.Changes); i++ {
		line := changeLine(c.Fields[i], c.Changes[i], lang)
		line.Ord = i + 1
		if size += line.size(); size > changesBudget && len(v.Changes) > 0 {
			return i
		}
		v.Changes = append(v.Changes, line)
	}
	return 0
}

// changeLine shows both values; of a protected one only that it changes.
func changeLine(f fields.Field, c models.Change, lang string) ChangeLine {
	l := ChangeLine{Label: c.Label}
	if c.Type == fields.Protected {
		l.Old, l.New = f.Display(c.Old, lang), Words(lang).Say("web.request.protected", nil)
		if c.New == "" {
			l.New = f.Display("", lang)
		}
		return l
	}
	before, after := f.Display(c.Old, lang), f.Display(c.New, lang)
	if c.Old != "" && c.New != "" && isProse(c.Type) && max(utf8.RuneCountInString(before), utf8.RuneCountInString(after)) > longProse {
		l.Diff = diffWords(before, after)
		return l
	}
	l.Old, l.New = before, after
	return l
}

func isProse(t fields.Type) bool {
	return t == fields.Text || t == fields.Markdown || t == fields.List || t == fields.Table
}

// size is about how many bytes a change takes on a page.
func (l ChangeLine) size() int {
	const around = 200
	n := around + len(l.Label) + len(l.Old) + len(l.New)
	for _, p := range l.Diff {
		n += around/2 + len(p.Text)
	}
	return n
}
