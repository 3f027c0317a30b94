package fields

import (
	"regexp"
	"strings"
)

// germany is the country of a number without one.
const germany = "+49"

// short are the numbers without an area code: emergency and the authorities' 115.
var short = map[string]bool{"110": true, "112": true, "115": true}

var (
	typedPhone = regexp.MustCompile(`^\+?[0-9 ()/.-]+$`)
	dialled    = regexp.MustCompile(`^\+[1-9]\d{6,14}$`)
	trunkZero  = regexp.MustCompile(`^(\+ ?\d+[ ./-]*)\(0(\d*)\)`) // +49 (0)3591, +49 (03591)
	separators = strings.NewReplacer(" ", "", "(", "", ")", "", "/", "", ".", "", "-", "")
	dashes     = strings.NewReplacer("–", "-", "—", "-", "\u2010", "-", "\u2011", "-")
)

// readPhone reads a number with its area code and keeps what a telephone dials
// (E.164). Where an extension began is not kept: E.164 has no place for it.
func readPhone(_ Field, s string) (Value, error) {
	s = strings.TrimSpace(dashes.Replace(spaces.Replace(s)))
	if !typedPhone.MatchString(s) {
		return "", refuse("phone")
	}
	if abroad, ok := strings.CutPrefix(s, "00"); ok {
		s = "+" + abroad
	}
	s = separators.Replace(trunkZero.ReplaceAllString(s, "$1$2"))
	switch {
	case short[strings.TrimPrefix(s, germany)]:
		return quote(germany + strings.TrimPrefix(s, germany)), nil
	case strings.HasPrefix(s, "00"): // (0049)
		s = "+" + s[2:]
	case strings.HasPrefix(s, "0"):
		s = germany + s[1:]
	case !strings.HasPrefix(s, "+"):
		return "", refuse("area_code")
	}
	if !dialled.MatchString(s) || strings.HasPrefix(s, germany+"0") {
		return "", refuse("phone")
	}
	return quote(s), nil
}

// areas are the area codes of Saxony's larger places, of Berlin, and the
// prefixes of mobile and service numbers; other codes cannot be told from the number.
var areas = strings.Fields(`
	30 341 351 371 375
	3421 3423 3425 3431 3433 3435 3437 3441 3447
	3501 3504 3521 3522 3523 3525 3528 3529 3531 3533 3535 3537
	3571 3573 3574 3576 3578 3581 3583 3585 3586 3588 3591 3592 3594 3596
	3721 3722 3723 3724 3725 3726 3727 3731 3733 3735 3737 3741 3744 3745
	3761 3762 3763 3764 3765 3771 3772 3773 3774
	34202 34291 34298 35200 35205 35242 35930 37206 37382
	151 152 155 157 159 160 162 163 170 171 172 173 174 175 176 177 178 179 180 800 900`)

// showPhone groups a number as DIN 5008 does where the area code is known:
// "+49 3591 5340".
func showPhone(_ Field, v Value, _ string) string {
	rest, german := strings.CutPrefix(v.text(), germany)
	switch {
	case !german:
		return v.text()
	case short[rest]:
		return rest
	}
	for _, code := range areas {
		if number, ok := strings.CutPrefix(rest, code); ok && number != "" {
			return germany + " " + code + " " + number
		}
	}
	return germany + " " + rest
}
