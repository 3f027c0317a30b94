package calendar

import "testing"

func TestReadDayAsPeopleWriteIt(t *testing.T) {
	for _, s := range []string{
		"1.1.2027", "01.01.2027", " 01. 01. 2027 ", "1. Januar 2027", "1 Januar 2027", "1.Januar 2027", "2027-01-01", "1.1.27", "1 January 2027",
		"Freitag, 01.01.2027", "1. Jan. 2027", "1-1-2027", "1/1/2027", "1 1 2027", "1.\u00a0Januar 2027",
	} {
		if d, err := ReadDay(s); err != nil || d.String() != "2027-01-01" {
			t.Errorf("%q is read as %s, %v", s, d, err)
		}
	}
	for s, want := range map[string]string{"3. März 2027": "2027-03-03", "29.2.2028": "2028-02-29", "24. DEZEMBER 2026": "2026-12-24"} {
		if d, err := ReadDay(s); err != nil || d.String() != want {
			t.Errorf("%q is read as %s, %v", s, d, err)
		}
	}
	for _, s := range []string{"", "morgen", "31.4.2027", "29.2.2027", "1.13.2027", "0.1.2027", "1.1.", "2027", "1.1.027", "1. Foo 2027", "01.01.2027 bis", "1.1.1899", "10112027"} {
		if d, err := ReadDay(s); err == nil || !d.IsZero() {
			t.Errorf("%q is read as %s", s, d)
		}
	}
}
