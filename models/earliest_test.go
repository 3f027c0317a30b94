package models

import (
	"testing"

	"formwandel/models/calendar"
)

// TestEarliestRealisticDay counts working days: the review, and the approval of whoever has to agree.
func TestEarliestRealisticDay(t *testing.T) {
	wednesday, christmas := calendar.NewDay(2026, 11, 25), calendar.NewDay(2026, 12, 22)
	for _, c := range []struct {
		today             calendar.Day
		own, provider     int
		closed            []calendar.Day
		want              string
		municipality, our int
	}{
		{wednesday, 1, 1, nil, "2026-12-04", 2, 2},
		{wednesday, 0, 1, nil, "2026-12-02", 0, 2},
		{wednesday, 3, 1, nil, "2026-12-04", 2, 2},
		{christmas, 1, 1, nil, "2027-01-04", 2, 2},
		{christmas, 1, 1, []calendar.Day{calendar.NewDay(2026, 12, 24), calendar.NewDay(2026, 12, 31)}, "2027-01-06", 2, 2},
	} {
		e := earliest(&Request{NeedMunicipality: c.own, NeedProvider: c.provider}, calendar.Saxony(c.closed...), c.today)
		if e.Day.String() != c.want || e.Municipality != c.municipality || e.Provider != c.our || e.Review != reviewDays {
			t.Errorf("from %s: %+v, want %s", c.today, e, c.want)
		}
	}
}
