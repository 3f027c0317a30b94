package fields

import (
	"cmp"
	"math/big"
	"regexp"
	"strconv"
	"strings"
)

const (
	wholeDigits   = 15 // stay exact in every JSON reader
	decimalDigits = 18
)

// figure is a number as text: sign, digits before and after the decimal mark.
type figure struct {
	minus           bool
	whole, fraction string
}

// spaces are the blanks people and typewriters put into numbers.
var spaces = strings.NewReplacer("\u00A0", " ", "\u202F", " ", "\u2009", " ", "−", "-")

// readFigure reads a number the German way: comma for decimals, dots or blanks
// between groups of three. A single dot is a decimal point unless exactly three
// digits follow, so "25.00" is twenty-five and "1.234" more than a thousand; "0.500"
// can't be a thousand.
func readFigure(s string) (figure, error) {
	s, minus := strings.CutPrefix(strings.TrimSpace(spaces.Replace(s)), "-")
	whole, fraction, split := strings.Cut(s, ",")
	if !split {
		if left, right, ok := strings.Cut(s, "."); ok && (len(right) != 3 || strings.Trim(left, "0") == "") && !strings.Contains(right, ".") {
			whole, fraction, split = left, right, true
		}
	}
	whole, ok := ungroup(whole)
	if !ok || split && !digits(fraction) {
		return figure{}, refuse("number")
	}
	return figure{minus, whole, fraction}.tidy(), nil
}

// ungroup takes the separators out of "1.234.567" or "12 500".
func ungroup(s string) (string, bool) {
	for _, separator := range []string{".", " "} {
		groups := strings.Split(s, separator)
		if len(groups) == 1 {
			continue
		}
		for i, g := range groups {
			if i == 0 && strings.HasPrefix(g, "0") {
				return "", false // nobody writes thousands so
			}
			if !digits(g) || len(g) > 3 || i > 0 && len(g) < 3 {
				return "", false
			}
		}
		return strings.Join(groups, ""), true
	}
	return s, digits(s)
}

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

var jsonNumber = regexp.MustCompile(`^(-?)(\d+)(?:\.(\d+))?$`)

// takeFigure reads a JSON number; exponents are refused, they hide size.
func takeFigure(v Value) (figure, error) {
	m := jsonNumber.FindStringSubmatch(string(v))
	if m == nil {
		return figure{}, refuse("wrong_type")
	}
	n := figure{m[1] != "", m[2], m[3]}.tidy()
	n.fraction = strings.TrimRight(n.fraction, "0")
	return n, nil
}

// tidy drops leading zeros and the sign of nothing.
func (n figure) tidy() figure {
	n.whole = strings.TrimLeft(n.whole, "0")
	if n.whole == "" {
		n.whole = "0"
	}
	n.minus = n.minus && strings.Trim(n.whole+n.fraction, "0") != ""
	return n
}

// text is the number as canonical JSON.
func (n figure) text() string {
	s := n.whole
	if n.minus {
		s = "-" + s
	}
	if f := strings.TrimRight(n.fraction, "0"); f != "" {
		s += "." + f
	}
	return s
}

// grouped is the number with a separator between thousands from so many digits
// on, and with a decimal mark.
func (n figure) grouped(from int, separator, mark string) string {
	s := n.whole
	if len(s) >= from {
		for i := len(s) - 3; i > 0; i -= 3 {
			s = s[:i] + separator + s[i:]
		}
	}
	if n.minus {
		s = "-" + s
	}
	if n.fraction != "" {
		s += mark + n.fraction
	}
	return s
}

func readInteger(_ Field, s string) (Value, error) { return integer(readFigure(s)) }

func takeInteger(_ Field, v Value) (Value, error) { return integer(takeFigure(v)) }

func integer(n figure, err error) (Value, error) {
	switch {
	case err != nil:
		return "", err
	case n.fraction != "":
		return "", refuse("whole_number")
	case len(n.whole) > wholeDigits:
		return "", refuse("too_many_digits", "max", wholeDigits)
	}
	return Value(n.text()), nil
}

// thousand is a decimal that may be meant as one: "1.234".
var thousand = regexp.MustCompile(`^\s*-?[1-9]\d{0,2}\.\d{3}\s*$`)

func readDecimal(_ Field, s string) (Value, error) {
	if thousand.MatchString(s) {
		return "", refuse("ambiguous", "small", strings.Replace(s, ".", ",", 1), "large", strings.Replace(s, ".", "", 1))
	}
	return decimal(readFigure(s))
}

func takeDecimal(_ Field, v Value) (Value, error) { return decimal(takeFigure(v)) }

func decimal(n figure, err error) (Value, error) {
	if err != nil {
		return "", err
	}
	if len(n.whole)+len(strings.TrimRight(n.fraction, "0")) > decimalDigits {
		return "", refuse("too_many_digits", "max", decimalDigits)
	}
	return Value(n.text()), nil
}

func showNumber(_ Field, v Value, locale string) string {
	n, err := takeFigure(v)
	if err != nil {
		return string(v)
	}
	if locale == "en" {
		return n.grouped(5, ",", ".")
	}
	return n.grouped(5, "\u00A0", ",")
}

// keepRange holds a number between the bounds of its field.
func keepRange(f Field, v Value) error {
	if low := f.Constraints.Min; low != "" && compare(v, low) < 0 {
		return refuse("too_small", "min", Shown{f, low})
	}
	if high := f.Constraints.Max; high != "" && compare(v, high) > 0 {
		return refuse("too_large", "max", Shown{f, high})
	}
	return nil
}

// compare orders two numbers exactly and two dates by the calendar; what is no
// number counts as zero.
func compare(a, b Value) int {
	if a.isText() && b.isText() {
		return strings.Compare(string(a), string(b)) // years have four digits
	}
	x, wholeA := a.whole()
	y, wholeB := b.whole()
	if wholeA && wholeB {
		return cmp.Compare(x, y)
	}
	return rational(a).Cmp(rational(b))
}

// whole is a whole number that a machine can count with; most are.
func (v Value) whole() (int64, bool) {
	if unsigned := strings.TrimPrefix(string(v), "-"); len(unsigned) > decimalDigits || !digits(unsigned) {
		return 0, false
	}
	n, err := strconv.ParseInt(string(v), 10, 64)
	return n, err == nil
}

func rational(v Value) *big.Rat {
	if n, err := takeFigure(v); err == nil && len(v) <= 2*decimalDigits {
		if r, ok := new(big.Rat).SetString(n.text()); ok {
			return r
		}
	}
	return new(big.Rat)
}
