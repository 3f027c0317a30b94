package handlers

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"strings"

	ics "github.com/arran4/golang-ical"
	"github.com/gofiber/fiber/v2"

	"formwandel/models"
	"formwandel/templates"
)

// feedSentences is how many sentences of a request an event has.
const feedSentences = 20

// calendarFeed is the calendar as programmes read it. Whoever has the private
// link is let in; a link that is nobody's looks like a page that is not there.
func (d *door) calendarFeed(c *fiber.Ctx) error {
	u, all, err := d.Store.FollowedCalendar(c.UserContext(), c.Params("token"))
	if err != nil {
		return err
	}
	var body bytes.Buffer
	if err := d.feedOf(u, all).SerializeTo(&body, ics.WithNewLineWindows); err != nil {
		return err
	}
	sum := sha256.Sum256(body.Bytes())
	tag := `"` + hex.EncodeToString(sum[:16]) + `"`
	c.Set(fiber.HeaderETag, tag)
	c.Set(fiber.HeaderCacheControl, "private, no-cache")
	c.Set("X-Robots-Tag", "noindex")
	if matches(c.Get(fiber.HeaderIfNoneMatch), tag) {
		c.Status(fiber.StatusNotModified)
		return nil
	}
	c.Set(fiber.HeaderContentType, "text/calendar; charset=utf-8")
	return c.Send(body.Bytes())
}

// feedOf writes appointments as all-day events. Nothing of it changes unless a
// request does, or one that it builds on, so that programmes see what is new.
func (d *door) feedOf(u models.User, all []models.Appointment) *ics.Calendar {
	words := templates.Words(u.Locale)
	cal := ics.NewCalendarFor("Formwandel")
	cal.SetMethod(ics.MethodPublish)
	name := words.Say("web.calendar.feed.name", nil)
	if u.AGS != "" && len(all) > 0 {
		name = words.Say("web.calendar.feed.name_town", map[string]any{"town": all[0].Municipality})
	}
	cal.SetXWRCalName(name)
	cal.SetXWRTimezone("Europe/Berlin")
	base := strings.TrimSuffix(d.BaseURL, "/")
	host := base
	if parsed, err := url.Parse(base); err == nil {
		host = parsed.Hostname()
	}
	for _, a := range all {
		item := templates.NewCalendarItem(a, feedSentences, words.Lang())
		e := cal.AddEvent(a.Number + "-" + string(a.Kind) + "@" + host)
		touched := a.UpdatedAt
		if a.Basis != nil && a.Basis.Since.After(touched) {
			touched = a.Basis.Since
		}
		e.SetDtStampTime(touched)
		e.SetModifiedAt(touched)
		e.SetAllDayStartAt(midnight(a.Day))
		e.SetAllDayEndAt(midnight(a.Day.AddDays(1)))
		e.SetSummary(templates.FeedLine(a, words))
		lines := item.Sentences
		if item.Why != "" {
			lines = append([]string{item.Why}, lines...)
		}
		e.SetDescription(plainLines(lines))
		e.SetURL(base + item.Path)
		e.SetClass(ics.ClassificationPrivate)
		e.SetTimeTransparency(ics.TransparencyTransparent)
	}
	return cal
}

// plainLines are sentences one below the other, each on one line: the library
// writes a carriage return as it is.
func plainLines(sentences []string) string {
	return strings.ReplaceAll(strings.Join(sentences, "\n"), "\r", "")
}
