package fields

import (
	"regexp"
	"strings"
)

// ibanLengths are the lengths of IBANs in the countries of SEPA (EPC409-09).
var ibanLengths = map[string]int{
	"AD": 24, "AL": 28, "AT": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18,
	"EE": 20, "ES": 24, "FI": 18, "FR": 27, "GB": 22, "GI": 23, "GR": 27, "HR": 21, "HU": 28, "IE": 22,
	"IS": 26, "IT": 27, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MD": 24, "ME": 22, "MK": 19,
	"MT": 31, "NL": 18, "NO": 15, "PL": 28, "PT": 25, "RO": 24, "RS": 22, "SE": 24, "SI": 19, "SK": 24,
	"SM": 27, "VA": 22,
}

var ibanShape = regexp.MustCompile(`^[A-Z]{2}[0-9]{2}[A-Z0-9]+$`)

// readIBAN reads an IBAN with or without blanks and proves its check digits.
func readIBAN(_ Field, s string) (Value, error) {
	s = strings.ToUpper(strings.ReplaceAll(spaces.Replace(s), " ", ""))
	if !ibanShape.MatchString(s) {
		return "", refuse("iban")
	}
	length, known := ibanLengths[s[:2]]
	switch {
	case !known:
		return "", refuse("iban_country")
	case len(s) != length:
		return "", refuse("iban_length", "length", length, "country", s[:2])
	case s[:2] == "DE" && !digits(s[2:]), remainder(s[4:]+s[:4]) != 1:
		return "", refuse("iban_check")
	}
	return quote(s), nil
}

// remainder is the number s modulo 97, where A counts 10 and Z 35 (ISO 7064).
func remainder(s string) int {
	rest := 0
	for _, c := range s {
		if c >= 'A' {
			rest = (rest*100 + int(c-'A') + 10) % 97
		} else {
			rest = (rest*10 + int(c-'0')) % 97
		}
	}
	return rest
}

// showIBAN groups by four, as on every form.
func showIBAN(_ Field, v Value, _ string) string {
	s := v.text()
	groups := make([]string, 0, len(s)/4+1)
	for len(s) > 4 {
		groups, s = append(groups, s[:4]), s[4:]
	}
	return strings.Join(append(groups, s), " ")
}
