package fields

import (
	"regexp"
	"strings"
)

// currency is the euro before or after an amount; ",-", ",--" and ".-" are how full euros are written.
var currency = regexp.MustCompile(`(?i)^(?:€|eur|euro)?\s*(.*?)(?:[,.]\s*(?:--?|[–—]))?\s*(?:€|eur|euro)?$`)

// readMoney reads euros as people type them: 25 / 25,5 / 1.234,50 € / EUR 25.
func readMoney(_ Field, s string) (Value, error) {
	amount := currency.FindStringSubmatch(strings.TrimSpace(spaces.Replace(s)))
	if amount == nil {
		return "", refuse("money")
	}
	n, err := readFigure(amount[1])
	switch {
	case err != nil:
		return "", refuse("money")
	case n.minus:
		return "", refuse("negative")
	case len(n.fraction) > 2:
		return "", refuse("too_many_decimals")
	}
	return cents(figure{whole: n.whole + (n.fraction + "00")[:2]}.tidy())
}

// takeMoney reads integer cents.
func takeMoney(_ Field, v Value) (Value, error) {
	n, err := takeFigure(v)
	switch {
	case err != nil:
		return "", err
	case n.minus:
		return "", refuse("negative")
	case n.fraction != "":
		return "", refuse("cents_expected")
	}
	return cents(n)
}

func cents(n figure) (Value, error) {
	if len(n.whole) > wholeDigits {
		return "", refuse("too_many_digits", "max", wholeDigits-2)
	}
	return Value(n.text()), nil
}

// euros are cents with two decimals.
func euros(v Value) (figure, bool) {
	n, err := takeFigure(v)
	if err != nil || n.fraction != "" {
		return n, false
	}
	for len(n.whole) < 3 {
		n.whole = "0" + n.whole
	}
	at := len(n.whole) - 2
	n.whole, n.fraction = n.whole[:at], n.whole[at:]
	return n, true
}

func showMoney(_ Field, v Value, locale string) string {
	n, ok := euros(v)
	switch {
	case !ok:
		return string(v)
	case locale == "en":
		return "€" + n.grouped(4, ",", ".")
	}
	return n.grouped(4, ".", ",") + "\u00A0€"
}

func writeMoney(f Field, v Value) string {
	return strings.TrimSuffix(showMoney(f, v, "de"), "\u00A0€")
}
