package fields

import "formwandel/models/calendar"

// readDate reads a day as people write it (01.01.2027, 1.1.27, 1. Januar 2027), or 2027-01-01.
func readDate(_ Field, s string) (Value, error) {
	d, err := calendar.ReadDay(s)
	if err != nil || d.IsZero() {
		return "", refuse("date")
	}
	return quote(d.String()), nil
}

// keepDates holds a date between the bounds of its field.
func keepDates(f Field, v Value) error {
	if low := f.Constraints.Min; low != "" && compare(v, low) < 0 {
		return refuse("too_early", "min", Shown{f, low})
	}
	if high := f.Constraints.Max; high != "" && compare(v, high) > 0 {
		return refuse("too_late", "max", Shown{f, high})
	}
	return nil
}

func dayOf(v Value) calendar.Day {
	d, _ := calendar.ParseDay(v.text())
	return d
}

func showDate(_ Field, v Value, locale string) string {
	switch d := dayOf(v); {
	case d.IsZero():
		return v.text()
	case locale == "en":
		return d.English()
	default:
		return d.German()
	}
}
