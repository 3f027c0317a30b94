package calendar

import (
	"database/sql/driver"
	"fmt"
	"time"
)

// Value stores a day as "2027-01-01" and no day as NULL.
func (d Day) Value() (driver.Value, error) {
	if d.IsZero() {
		return nil, nil
	}
	return d.String(), nil
}

// Scan reads a DATE column; of a timestamp it takes the date as written.
func (d *Day) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*d = Day{}
		return nil
	case time.Time:
		return d.read(v.Format(iso))
	case string:
		return d.scanText(v)
	case []byte:
		return d.scanText(string(v))
	}
	return fmt.Errorf("calendar: a day cannot be read from %T", src)
}

// stamps are the ways a database may write the midnight of a DATE.
var stamps = []string{time.RFC3339Nano, "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02 15:04:05Z07", "2006-01-02 15:04:05"}

func (d *Day) scanText(s string) error {
	for _, layout := range stamps {
		if t, err := time.Parse(layout, s); err == nil {
			return d.read(t.Format(iso))
		}
	}
	return d.read(s)
}

// MarshalJSON writes "2027-01-01", or null for no day.
func (d Day) MarshalJSON() ([]byte, error) {
	if d.IsZero() {
		return []byte("null"), nil
	}
	return []byte(`"` + d.String() + `"`), nil
}

// UnmarshalJSON reads what MarshalJSON writes.
func (d *Day) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*d = Day{}
		return nil
	}
	if len(b) < 2 || b[0] != '"' || b[len(b)-1] != '"' {
		return fmt.Errorf("calendar: %.40s is not a day like \"2027-01-01\"", b)
	}
	return d.read(string(b[1 : len(b)-1]))
}

func (d *Day) read(s string) error {
	day, err := ParseDay(s)
	if err != nil {
		return err
	}
	*d = day
	return nil
}
