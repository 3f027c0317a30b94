package templates

import (
	"strings"
	"testing"
	"time"

	"formwandel/models"
	"formwandel/models/calendar"
)

// TestWhatCannotComeIsNotPromised: an approved request says its day, unless something keeps it from being applied.
func TestWhatCannotComeIsNotPromised(t *testing.T) {
	at := time.Date(2027, 1, 31, 23, 0, 0, 0, time.UTC)
	c := &models.Case{Request: models.Request{Status: models.Approved, Kind: models.From, ApplyAt: &at, Date: calendar.DayOf(at)}}
	station := func() string {
		for _, s := range timelineOf(Words("de"), Told{Case: c}) {
			if s.Title == "Umsetzung" {
				return s.Detail
			}
		}
		return "there is none"
	}
	if said := station(); said != "am 01.02.2027" {
		t.Error(said)
	}
	if said := nowOf(Words("de"), c); !strings.Contains(said, "wird umgesetzt: 01.02.2027") {
		t.Error(said)
	}
	c.Blockers = []models.Blocker{{Code: "predecessor_gone"}}
	if said := nowOf(Words("de"), c); strings.Contains(said, "wird umgesetzt") || !strings.Contains(said, "nicht umgesetzt") {
		t.Error(said)
	}
	if said := station(); said != "so, wie es ist, nicht" {
		t.Error(said)
	}
	for state, want := range map[models.BasisState]string{models.BasisGone: "kommt nicht zustande", models.BasisOpen: "ist wieder in Bearbeitung", models.BasisLost: "wird selbst nicht umgesetzt"} {
		c.Blockers = []models.Blocker{{Code: "predecessor_gone", Args: map[string]any{"number": "KA-2026-000007", "state": state}}}
		if said := station(); said != "so, wie es ist, nicht: KA-2026-000007 "+want {
			t.Error(said)
		}
		if said := BlockerWords(Words("de"), c.Blockers[0]); !strings.Contains(said, "KA-2026-000007") || !strings.Contains(said, strings.TrimPrefix(want, "wird ")) {
			t.Error(said)
		}
	}
	c.ReturnAt, c.Until = &at, calendar.DayOf(at)
	for _, s := range timelineOf(Words("de"), Told{Case: c}) {
		if strings.Contains(s.Detail, "01.02.2027") {
			t.Errorf("%s: %s", s.Title, s.Detail)
		}
	}
}

// TestListsPromiseNoDayThatWillNotCome: neither a list's line nor the calendar, whatever it knows of the request.
func TestListsPromiseNoDayThatWillNotCome(t *testing.T) {
	at := time.Date(2027, 1, 31, 23, 0, 0, 0, time.UTC)
	e := models.Entry{Request: models.Request{Number: "KA-2026-000009", Status: models.Approved, Kind: models.From, ApplyAt: &at, Date: calendar.DayOf(at)}, FormTitle: "Geburtsurkunde", Municipality: "Bautzen"}
	if said := NewEntryLine(e, "de"); said.Next != "wird am 01.02.2027 umgesetzt" || said.Blocked {
		t.Errorf("%+v", said)
	}
	e.Basis = &models.Basis{Number: "KA-2026-000007", State: models.BasisGone}
	why := "KA-2026-000007, auf dem er aufbaut, kommt nicht zustande"
	if said := NewEntryLine(e, "de"); said.Next != "wird so, wie es ist, nicht umgesetzt: "+why || !said.Blocked {
		t.Errorf("%+v", said)
	}
	if said := NewQueueRow(e, "de", at); said.Next == "" {
		t.Error("the queue does not say it")
	}
	for _, kind := range []models.AppointmentKind{models.Start, models.LastDay, models.GoesBack} {
		a := models.Appointment{Entry: e, Kind: kind, Day: calendar.DayOf(at)}
		item := NewCalendarItem(a, 1, "de")
		if item.Kind != "blocked" || item.Why != why {
			t.Errorf("%s: %+v", kind, item)
		}
		if said := FeedLine(a, Words("de")); said != "KA-2026-000009 wird so nicht umgesetzt: Geburtsurkunde (Bautzen)" {
			t.Error(said)
		}
		p := &CalendarPage{Weeks: [][]CalendarDay{{{Items: []CalendarItem{item}}}}}
		if kinds := p.Kinds(); kinds[len(kinds)-1] != "blocked" {
			t.Errorf("the calendar explains %q", kinds)
		}
	}
}
