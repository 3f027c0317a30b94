package templates

import (
	"slices"
	"strconv"
	"time"

	"formwandel/models"
	"formwandel/models/calendar"
)

// CalendarPage is a month with what becomes effective on each day.
type CalendarPage struct {
	Frame
	Month                  string // Januar 2027
	MonthKey               string // 2027-01
	Weeks                  [][]CalendarDay
	Empty                  bool
	Previous, Next, AsList string
	CalendarChoice
	LinkSince time.Time // when the person's private link was made; zero without one
}

// File implements Page.
func (*CalendarPage) File() string { return "calendar" }

// CalendarListPage is the calendar as a list.
type CalendarListPage struct {
	Frame
	Lead        string
	Days        []CalendarDay
	Next, First string
	AsMonth     string
	Whole       string // path: everything, not this one day
	OneDay      string // 2027-01-01, if it is that day's list
	CalendarChoice
}

// File implements Page.
func (*CalendarListPage) File() string { return "calendarlist" }

// CalendarChoice is whose calendar is shown, and whose could be.
type CalendarChoice struct {
	AGS   string
	Towns []models.Municipality
}

// CalendarLinkPage shows a private link, once.
type CalendarLinkPage struct {
	Frame
	Link string
}

// File implements Page.
func (*CalendarLinkPage) File() string { return "calendarlink" }

// CalendarDay is a day with what happens on it.
type CalendarDay struct {
	Day         calendar.Day // none: outside of the month
	Number      string
	Name        string // Freitag, 01.01.2027
	Today, Free bool
	Holiday     string
	Items       []CalendarItem
	More        int
	Many        bool // more than that
	Path        string
}

// CalendarItem is one thing that happens on a day.
type CalendarItem struct {
	Path, Number, Title, Town string
	Kind                      string // as in web.calendar.kind.…
	Sentences                 []string
	Why                       string // it will not come as things are; "" if it will
}

// NewCalendarDay names a day.
func NewCalendarDay(d, today calendar.Day, holiday, lang string) CalendarDay {
	weekday := int(d.Weekday())
	name := Words(lang).Say("web.calendar.day_of", map[string]any{"weekday": Words(lang).Say("web.calendar.week."+strconv.Itoa(weekday), nil), "day": dayIn(Words(lang), d)})
	return CalendarDay{Day: d, Number: strconv.Itoa(d.Start().In(calendar.Berlin).Day()), Name: name, Today: d == today, Free: weekday == 0 || weekday == 6 || holiday != "", Holiday: holiday}
}

// NewCalendarItem makes a line out of an appointment, with a few of its sentences.
func NewCalendarItem(a models.Appointment, few int, lang string) CalendarItem {
	e := NewEntryLine(a.Entry, lang)
	item := CalendarItem{Path: e.Path, Number: e.Number, Title: e.Title, Town: e.Town, Kind: KindOf(a), Sentences: Few(e.Sentences, few)}
	if a.Basis != nil {
		item.Why = basisWords(Words(lang), a.Basis)
	}
	return item
}

// longAppointment is how much of a sentence is shown where there is only one of many.
const longAppointment = 140

// Few are the first of some sentences; an ellipsis stands for the others.
func Few(sentences []string, n int) []string {
	if n == 1 && len(sentences) > 0 {
		return []string{shorten(sentences[0], longAppointment)}
	}
	if len(sentences) <= n {
		return sentences
	}
	return append(append([]string{}, sentences[:n]...), "…")
}

// blockedKind is an appointment that will not come as things are.
const blockedKind = "blocked"

// KindOf is what an appointment means to people: planned is certain, wished is not.
func KindOf(a models.Appointment) string {
	switch {
	case a.Basis != nil:
		return blockedKind
	case a.Kind == models.GoesBack || a.Kind == models.Done || a.Kind == models.Acceptance:
		return string(a.Kind)
	case a.Status == models.Approved:
		return "planned"
	case a.Status == models.Failed:
		return "failed"
	case a.Status == models.Applied || a.Status == models.Accepted:
		return "done"
	case a.Kind == models.LastDay:
		return "deadline"
	}
	return "wished"
}

// MonthName is a month as people write it: Januar 2027.
func MonthName(d calendar.Day, lang string) string {
	t := d.Start().In(calendar.Berlin)
	month := Words(lang).Say("web.calendar.month."+strconv.Itoa(int(t.Month())), nil)
	return Words(lang).Say("web.calendar.month_year", map[string]any{"month": month, "year": t.Year()})
}

// FeedLine is an appointment in one line for calendar programmes, without anybody's name.
func FeedLine(a models.Appointment, words Catalogue) string {
	what := words.Say("web.calendar.feed.what", map[string]any{"title": a.FormTitle, "town": a.Municipality})
	return words.Say("web.calendar.feed."+KindOf(a), map[string]any{"number": a.Number, "what": what})
}

// Weekdays are the columns of a month, Monday first, as in web.calendar.week.…
func (*CalendarPage) Weekdays() []int { return []int{1, 2, 3, 4, 5, 6, 0} }

// Kinds are what the calendar explains.
func (p *CalendarPage) Kinds() []string {
	kinds := []string{"planned", "wished", "return", "done"}
	if p.has(blockedKind) {
		kinds = append(kinds, blockedKind)
	}
	if p.User != nil && p.User.AGS != "" {
		kinds = append(kinds, "acceptance")
	}
	return kinds
}

// has tells whether a kind of appointment is on the page.
func (p *CalendarPage) has(kind string) bool {
	for _, week := range p.Weeks {
		for _, day := range week {
			if slices.ContainsFunc(day.Items, func(i CalendarItem) bool { return i.Kind == kind }) {
				return true
			}
		}
	}
	return false
}
