package fields

import (
	"strings"
	"unicode"

	"formwandel/models/calendar"
)

// Effective is when a change shall hold: from a day on or by a day at the
// latest, and possibly until a day only.
type Effective struct {
	Kind  string       `json:"kind"` // From or By
	Date  calendar.Day `json:"date"`
	Until calendar.Day `json:"until"`
}

// The two promises about a date.
const (
	From = "from" // applied at 00:00 on the day, never earlier
	By   = "by"   // applied as soon as approved, late after the day
)

// Phrase is the date for a sentence: "ab 01.01.2027"; without a date it is empty.
func (e Effective) Phrase(locale string) string {
	if e.Date.IsZero() {
		return ""
	}
	form := "ab {date}|from {date}"
	switch {
	case e.Kind == By && e.Until.IsZero():
		form = "bis spätestens {date}|by {date}"
	case e.Kind == By:
		form = "bis spätestens {date}, befristet bis {until}|by {date}, limited until {until}"
	case !e.Until.IsZero():
		form = "vom {date} bis {until}|from {date} to {until}"
	}
	write := calendar.Day.German
	if locale == "en" {
		write = calendar.Day.English
	}
	return strings.NewReplacer("{date}", write(e.Date), "{until}", write(e.Until)).Replace(phrase(locale, form))
}

// Sentence is the one sentence a change has, used word for word everywhere:
// "Gebühr erste Geburtsurkunde: 20,00 € → 25,00 €, ab 01.01.2027". Without a date
// it ends after the new value. Its blanks are plain ones, so that people and
// programs can look for it as they would type it.
func (f Field) Sentence(old, new Value, e Effective, locale string) string {
	return f.SentenceSince(f, old, new, e, locale)
}

// Arrow stands between the old value and the new one.
const Arrow = " → "

// SentenceSince is the same where the old value was one of another kind of field: was.
func (f Field) SentenceSince(was Field, old, new Value, e Effective, locale string) string {
	before, after := f.sides(was, old, new, locale)
	s := f.Label + ": " + before + Arrow + after
	if when := e.Phrase(locale); when != "" {
		s += ", " + when
	}
	return strings.ReplaceAll(s, "\u00a0", " ")
}

// sides are old and new value, short enough for a line.
func (f Field) sides(was Field, old, new Value, locale string) (before, after string) {
	before, after = flat(was.Display(old, locale)), flat(f.Display(new, locale))
	if f.Type == Protected && new != "" {
		after = phrase(locale, "neuer Wert (geschützt)|new value (protected)")
	}
	a, b := []rune(before), []rune(after)
	start := 0
	for start < min(len(a), len(b)) && a[start] == b[start] {
		start++
	}
	return excerpt(a, start), excerpt(b, start)
}

const (
	longest = 80 // characters of a side
	context = 20 // of them before the first difference
)

// excerpt is s if it is short, else a piece of it that shows where the two
// sides begin to differ.
func excerpt(s []rune, difference int) string {
	if len(s) <= longest {
		return string(s)
	}
	start := 0
	if difference > longest-context {
		start = min(difference-context, len(s)-longest+2)
	}
	piece := string(s[start:min(len(s), start+longest-2)])
	if start > 0 {
		piece = "…" + strings.TrimLeftFunc(piece, unicode.IsSpace)
	}
	if start+longest-2 < len(s) {
		piece = strings.TrimRightFunc(piece, unicode.IsSpace) + "…"
	}
	return piece
}

// flat is a text on one line.
func flat(s string) string {
	if !strings.Contains(s, "\n") {
		return s
	}
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == ' ' }), " ")
}
