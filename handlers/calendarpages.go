package handlers

import (
	"net/url"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
	"formwandel/models/calendar"
	"formwandel/templates"
)

// How much the list shows: appointments on a page, sentences of each.
const (
	calendarList  = 50
	listSentences = 4
)

// calendarPage shows a month.
func (d *door) calendarPage(c *fiber.Ctx) error {
	today, choice, err := d.calendarFor(c)
	if err != nil {
		return err
	}
	month := monthOf(today)
	p := &templates.CalendarPage{Frame: d.frame(c, "web.calendar.title"), CalendarChoice: choice}
	if asked := c.Query("monat"); asked != "" {
		if m, err := calendar.ParseDay(asked + "-01"); err == nil && inCalendar(m) {
			month = m
		} else {
			p.Problems = []templates.Problem{{Text: p.Say("web.calendar.month_wrong")}}
		}
	}
	p.MonthKey, p.Month = month.String()[:7], templates.MonthName(month, p.Lang)
	p.Title = p.Say("web.calendar.month_title", "month", p.Month)
	if err := d.fillMonth(c, p, month, today); err != nil {
		return err
	}
	p.LinkSince, err = d.Store.CalendarLink(c.UserContext(), user(c))
	if err != nil {
		return err
	}
	return d.render(c, fiber.StatusOK, p)
}

// calendarFor is today, whose calendar was asked for, and whose could be.
func (d *door) calendarFor(c *fiber.Ctx) (today calendar.Day, choice templates.CalendarChoice, err error) {
	now, err := d.Store.Now(c.UserContext())
	if err != nil {
		return today, choice, err
	}
	choice.AGS = c.Query("kommune")
	if user(c).AGS == "" {
		choice.Towns, err = d.Store.Towns(c.UserContext(), user(c))
	}
	return calendar.DayOf(now), choice, err
}

// fillMonth puts what happens into weeks that begin on Monday.
func (d *door) fillMonth(c *fiber.Ctx, p *templates.CalendarPage, month, today calendar.Day) error {
	next := monthOf(month.AddDays(31))
	days, err := d.Store.Month(c.UserContext(), user(c), month, next, p.AGS)
	if err != nil {
		return err
	}
	p.Empty = true
	week := make([]templates.CalendarDay, (int(month.Weekday())+6)%7, 7)
	for _, x := range days {
		day := templates.NewCalendarDay(x.Day, today, x.Holiday, p.Lang)
		for _, a := range x.First {
			day.Items = append(day.Items, templates.NewCalendarItem(a, 1, p.Lang))
		}
		day.More, day.Many, day.Path = x.More, x.Many, calendarPath("/kalender/liste", p.AGS, "tag", x.Day.String())
		p.Empty = p.Empty && len(day.Items) == 0
		if week = append(week, day); len(week) == 7 {
			p.Weeks, week = append(p.Weeks, week), nil
		}
	}
	for len(week) > 0 && len(week) < 7 {
		week = append(week, templates.CalendarDay{})
	}
	if week != nil {
		p.Weeks = append(p.Weeks, week)
	}
	p.Previous, p.Next = monthPath(month.AddDays(-1), p.AGS), monthPath(next, p.AGS)
	p.AsList = calendarPath("/kalender/liste", p.AGS, "", "")
	return nil
}

// monthPath is the way to a day's month; none outside of the calendar.
func monthPath(d calendar.Day, ags string) string {
	if !inCalendar(d) {
		return ""
	}
	return calendarPath("/kalender", ags, "monat", d.String()[:7])
}

// inCalendar tells whether the calendar has a day: those of this century.
func inCalendar(d calendar.Day) bool {
	return !d.Before(calendar.NewDay(2000, time.January, 1)) && d.Before(calendar.NewDay(2100, time.January, 1))
}

func calendarPath(path, ags, name, value string) string {
	q := url.Values{}
	if ags != "" {
		q.Set("kommune", ags)
	}
	if name != "" {
		q.Set(name, value)
	}
	return withQuery(path, q)
}

// calendarList shows the calendar as a list: from today on, or one day.
func (d *door) calendarList(c *fiber.Ctx) error {
	today, choice, err := d.calendarFor(c)
	if err != nil {
		return err
	}
	p := &templates.CalendarListPage{Frame: d.frame(c, "web.calendar.list_title"), CalendarChoice: choice}
	sp := models.Span{From: today, Municipality: choice.AGS, Cursor: c.Query("cursor"), Limit: calendarList}
	p.Lead, p.AsMonth = p.Say("web.calendar.list_lead"), calendarPath("/kalender", choice.AGS, "", "")
	query := url.Values{"kommune": {choice.AGS}}
	if one, err := calendar.ReadDay(c.Query("tag")); err == nil {
		sp.From, sp.Until, p.OneDay, p.Lead = one, one.AddDays(1), one.String(), ""
		p.Title = p.Say("web.calendar.day_title", "day", templates.DayIn(p.Lang, one))
		p.Whole, p.AsMonth = calendarPath("/kalender/liste", choice.AGS, "", ""), monthPath(one, choice.AGS)
		query.Set("tag", p.OneDay)
	}
	all, next, err := d.Store.Appointments(c.UserContext(), user(c), sp)
	if err != nil {
		return err
	}
	for _, a := range all {
		if n := len(p.Days); n == 0 || p.Days[n-1].Day != a.Day {
			p.Days = append(p.Days, templates.NewCalendarDay(a.Day, today, "", p.Lang))
		}
		last := &p.Days[len(p.Days)-1]
		last.Items = append(last.Items, templates.NewCalendarItem(a, listSentences, p.Lang))
	}
	p.First, p.Next = pageLinks("/kalender/liste", query, sp.Cursor, next)
	return d.render(c, fiber.StatusOK, p)
}

// linkCalendar makes a private link and shows it: this once, so that no
// address and no kept answer ever holds the secret.
func (d *door) linkCalendar(c *fiber.Ctx) error {
	secret, err := d.Store.LinkCalendar(c.UserContext(), user(c))
	if err != nil {
		return err
	}
	p := &templates.CalendarLinkPage{Frame: d.frame(c, "web.calendar.link_title"), Link: strings.TrimSuffix(d.BaseURL, "/") + "/kalender/" + secret + ".ics"}
	p.Path = "/kalender"
	return d.render(c, fiber.StatusOK, p)
}

// unlinkCalendar makes the private link void.
func (d *door) unlinkCalendar(c *fiber.Ctx) error {
	if err := d.Store.UnlinkCalendar(c.UserContext(), user(c)); err != nil {
		return err
	}
	return c.Redirect("/kalender?erledigt=kalender_geloescht", fiber.StatusSeeOther)
}

// monthOf is the first day of a day's month.
func monthOf(d calendar.Day) calendar.Day {
	t := d.Start().In(calendar.Berlin)
	return calendar.NewDay(t.Year(), t.Month(), 1)
}

// midnight is a day as calendar programmes write one, without a zone.
func midnight(d calendar.Day) time.Time {
	t := d.Start().In(calendar.Berlin)
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}
