package fields

import (
	"strings"
	"testing"
)

func TestMoneyAsPeopleTypeIt(t *testing.T) {
	for text, want := range map[string]Value{
		"25": "2500", "25,5": "2550", "25,00": "2500", "25.00": "2500", "25.5": "2550", "0": "0", "0,05": "5", "007": "700",
		"1.234,50": "123450", "1.234": "123400", "1.234.567,8": "123456780", "1 234,50": "123450", "1234,50": "123450",
		"25 €": "2500", "25€": "2500", "25,00 €": "2500", "25,00\u00a0€": "2500", "25,00\u202f€": "2500", "1\u2009234,50 €": "123450",
		"EUR 25": "2500", "25 EUR": "2500", "€ 25": "2500", "25 Euro": "2500", " 25,00 ": "2500", "25,-": "2500", "25,– €": "2500", "25,--": "2500", "25,-- €": "2500", "25.-": "2500", "1.250,-": "125000", "0.50": "50",
		"-0": "0", "9999999999999,99": "999999999999999",
	} {
		typed{nextCopy, text, want, ""}.hold(t)
	}
	for text, code := range map[string]string{
		"1.23,4": "money", "1.2345,6": "money", "1,2,3": "money", "25.": "money", "25,": "money", ",50": "money", "abc": "money", "25 $": "money",
		"12.34.567": "money", "1.234 567": "money", "€": "money", "25 € 30": "money", "1e3": "money", "0x19": "money", "２５": "money", "+5": "money", "NaN": "money", "--5": "money",
		"-5": "negative", "−5,00 €": "negative", "25,005": "too_many_decimals", "25.0005": "too_many_decimals", "25,000": "too_many_decimals", "0.500": "too_many_decimals", "0.050 €": "too_many_decimals", "0.125.000": "money", "012.500": "money", "0 500": "money",
		"10000000000000": "too_many_digits", "99999999999999999999999999": "too_many_digits",
	} {
		typed{nextCopy, text, "", code}.hold(t)
	}
	typed{firstCopy, "10.000,01", "", "too_large"}.hold(t)
	typed{firstCopy, "", "", "required"}.hold(t)
	typed{nextCopy, "  ", "", ""}.hold(t)
}

func TestOtherNumbersAsPeopleTypeThem(t *testing.T) {
	whole, exact := Field{Type: Integer}, Field{Type: Decimal}
	for _, c := range []typed{
		{whole, "14", "14", ""}, {whole, "12 500", "12500", ""}, {whole, "1.000", "1000", ""}, {whole, "12\u00a0500", "12500", ""}, {whole, "-5", "-5", ""}, {whole, "−5", "-5", ""},
		{whole, "-0", "0", ""}, {whole, "1,5", "", "whole_number"}, {whole, "14,0", "", "whole_number"}, {whole, "0.125", "", "whole_number"}, {whole, "0 125", "", "number"}, {whole, "14 Tage", "", "number"}, {whole, "1234567890123456", "", "too_many_digits"},
		{period, "14", "14", ""}, {period, "6", "", "too_small"}, {period, "32", "", "too_large"},
		{exact, "1,5", "1.5", ""}, {exact, "1.5", "1.5", ""}, {exact, "1,50", "1.5", ""}, {exact, "0.125", "0.125", ""}, {exact, "-0.125", "-0.125", ""}, {exact, "0.125.000", "", "number"}, {exact, "1,234", "1.234", ""}, {exact, "-0,0", "0", ""},
		{exact, "1.234", "", "ambiguous"}, {exact, "1.234,5", "1234.5", ""}, {exact, "12 500,25", "12500.25", ""}, {exact, "123456789,123456789", "123456789.123456789", ""},
		{exact, "1234567890,123456789", "", "too_many_digits"}, {exact, "1,5,5", "", "number"}, {exact, "1/2", "", "number"},
		{diameter, "2,5", "2.5", ""}, {diameter, "2,51", "", "too_large"}, {diameter, "-0,1", "", "too_small"},
	} {
		c.hold(t)
	}
}

func TestNumbersInJSON(t *testing.T) {
	for _, c := range []struct {
		field     Field
		raw, want string
		code      string
	}{
		{firstCopy, "2500", "2500", ""}, {firstCopy, ` 2500 `, "2500", ""}, {firstCopy, "2500.0", "2500", ""}, {firstCopy, `"25,00 €"`, "2500", ""}, {firstCopy, "-0", "0", ""},
		{firstCopy, "25.5", "", "cents_expected"}, {firstCopy, "-1", "", "negative"}, {firstCopy, "1e3", "", "wrong_type"}, {firstCopy, "1e400000000", "", "wrong_type"},
		{firstCopy, "true", "", "wrong_type"}, {firstCopy, "[2500]", "", "wrong_type"}, {firstCopy, "{}", "", "wrong_type"}, {firstCopy, "null", "", "required"}, {firstCopy, `""`, "", "required"},
		{firstCopy, "02500", "", "not_json"}, {firstCopy, "2500 1", "", "not_json"}, {firstCopy, "", "", "not_json"}, {firstCopy, "\"\xff\"", "", "not_json"},
		{nextCopy, "null", "", ""}, {firstCopy, strings.Repeat(" ", 70000) + "1", "", "too_big"}, {firstCopy, strings.Repeat("9", 60000), "", "too_many_digits"},
		{period, "14", "14", ""}, {period, "14.5", "", "whole_number"}, {period, "14.0", "14", ""}, {period, "15e0", "", "wrong_type"},
		{diameter, "1.50", "1.5", ""}, {diameter, "1.000000000000000001", "", "too_many_digits"}, {diameter, "0.1", "0.1", ""}, {diameter, `"1.50"`, "1.5", ""},
	} {
		v, err := c.field.Parse([]byte(c.raw))
		if string(v) != c.want || codeOf(err) != c.code {
			t.Errorf("%s %.30s: %s, %v; want %s %s", c.field.Type, c.raw, v, err, c.want, c.code)
		}
	}
}

func TestNumbersAreShown(t *testing.T) {
	for _, c := range []struct {
		typ    Type
		value  Value
		de, en string
	}{
		{Money, "2500", "25,00\u00a0€", "€25.00"}, {Money, "5", "0,05\u00a0€", "€0.05"}, {Money, "99999", "999,99\u00a0€", "€999.99"},
		{Money, "123450", "1.234,50\u00a0€", "€1,234.50"}, {Money, "123456789", "1.234.567,89\u00a0€", "€1,234,567.89"},
		{Integer, "2027", "2027", "2027"}, {Integer, "12500", "12\u00a0500", "12,500"}, {Integer, "-1234567", "-1\u00a0234\u00a0567", "-1,234,567"},
		{Decimal, "1.5", "1,5", "1.5"}, {Decimal, "12500.25", "12\u00a0500,25", "12,500.25"},
	} {
		f := Field{Type: c.typ}
		if de, en := f.Display(c.value, "de"), f.Display(c.value, "en"); de != c.de || en != c.en {
			t.Errorf("%s: %q, %q", c.value, de, en)
		}
	}
}

// TestComparingIsExact: whole numbers that a machine counts with compare as all others do.
func TestComparingIsExact(t *testing.T) {
	texts := []Value{"0", "-0", "1", "-1", "7", "007", "10", "9.99", "10.0", "999999999999999999", "-999999999999999999", "1000000000000000000", "99999999999999999999", "", "null", "+5", "5_0", "1e3", "-"}
	for _, a := range texts {
		for _, b := range texts {
			if got, want := compare(a, b), rational(a).Cmp(rational(b)); got != want {
				t.Errorf("%s to %s is %d instead of %d", a, b, got, want)
			}
		}
	}
	if n, whole := Value("-42").whole(); n != -42 || !whole {
		t.Error("-42 is no whole number")
	}
}
