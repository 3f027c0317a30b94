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
}
