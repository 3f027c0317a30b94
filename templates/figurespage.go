package templates

import (
	"math"
	"strconv"
	"strings"

	"formwandel/models"
)

// FiguresPage shows what a year came to.
type FiguresPage struct {
	Frame
	Year       int
	Years      []int
	AGS        string                // of the one municipality counted; empty: all
	Towns      []models.Municipality // to choose from; none for a municipality's people
	Summary    []FigureLine          // one line: everything
	Months     FigureTable
	Assistants FigureTable
	Sections   FigureTable
	CSV        string // address of the same as a file
}

// File implements Page.
func (*FiguresPage) File() string { return "figures" }

// FigureTable is a table of figures with the chart above it.
type FigureTable struct {
	ID, Title, Head string
	Lines           []FigureLine
	Bars            []Bar
}

// FigureLine is a group's figures as people read them.
type FigureLine struct {
	Label                                 string
	Filed, Applied, Lead, Punctual, Asked string
	filed                                 int
}

// Bar is one bar of a chart, in the chart's own units.
type Bar struct {
	Label, Value string
	Y, Width     int
	TextY, After int // where the words stand
}

// The measures of a chart, in its own units.
const (
	barHeight = 28
	barRoom   = 620 // of the longest bar
	barStart  = 4
)

// NewFigureTable makes a table and its chart; labels of months are made from their keys.
func NewFigureTable(lang, id, title, head string, figures []models.Figure) FigureTable {
	words := Words(lang)
	t := FigureTable{ID: id, Title: words.Say(title, nil), Head: words.Say(head, nil)}
	for _, f := range figures {
		t.Lines = append(t.Lines, NewFigureLine(lang, f))
	}
	t.Bars = bars(t.Lines)
	return t
}

// NewFigureLine writes a group's figures in a language.
func NewFigureLine(lang string, f models.Figure) FigureLine {
	words := Words(lang)
	l := FigureLine{Label: f.Label, Filed: grouped(words, int64(f.Filed)), Applied: grouped(words, int64(f.Applied)), filed: f.Filed}
	if l.Label == "" && f.Key != "" {
		l.Label = monthIn(words, f.Key)
	}
	l.Lead, l.Punctual, l.Asked = "–", "–", "–"
	if days, ok := f.Lead(); ok {
		l.Lead = decimal(words, days, 1)
	}
	if percent, ok := f.Punctual(); ok {
		l.Punctual = words.Say("web.figures.percent", map[string]any{"n": decimal(words, percent, 0)})
	}
	if n, ok := f.Asked(); ok {
		l.Asked = decimal(words, n, 2)
	}
	return l
}

// bars draws one bar for each line, the longest as long as there is room.
func bars(lines []FigureLine) []Bar {
	most := 1
	for _, l := range lines {
		most = max(most, l.filed)
	}
	out := make([]Bar, 0, len(lines))
	for i, l := range lines {
		width := int(math.Round(float64(l.filed) * barRoom / float64(most)))
		out = append(out, Bar{Label: l.Label, Value: l.Filed, Y: i*2*barHeight + barHeight, Width: max(width, 1), TextY: i*2*barHeight + barHeight - 8, After: barStart + width + 8})
	}
	return out
}

// Height is how high a chart of so many bars is, in its own units.
func (t FigureTable) Height() int { return len(t.Bars)*2*barHeight + 4 }

// monthIn writes 2026-01 as "Januar 2026".
func monthIn(words Catalogue, key string) string {
	year, month, _ := strings.Cut(key, "-")
	return words.Say("web.month."+strings.TrimPrefix(month, "0"), nil) + " " + year
}

// grouped writes a number of things in groups of three, 12 500 as DIN 5008 has it or 12,500.
func grouped(words Catalogue, n int64) string {
	s := strconv.FormatInt(n, 10)
	gap := "\u00a0"
	if words.Lang() == "en" {
		gap = ","
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + gap + s[i:]
	}
	return s
}

// decimal writes a number with so many places at the most.
func decimal(words Catalogue, v float64, places int) string {
	s := strconv.FormatFloat(v, 'f', places, 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	if words.Lang() == "de" {
		s = strings.ReplaceAll(s, ".", ",")
	}
	return s
}
