package fields

import (
	"strings"
	"unicode/utf8"
)

// Concealed stands where the value of a protected field may not be: that there is one may be known.
const Concealed Value = `"…"`

// Concealed is Concealed for a value, and nothing for none.
func (v Value) Concealed() Value {
	if v == "" {
		return ""
	}
	return Concealed
}

// Conflict is the value that a change was built on and the one that was found instead, as people read them.
func (f Field) Conflict(expected, found Value, locale string) (string, string) {
	if f.Type == Protected && expected != "" && found != "" {
		return f.Display(expected, locale), phrase(locale, "ein anderer Wert (geschützt)|another value (protected)")
	}
	return f.Display(expected, locale), f.Display(found, locale)
}

// readSecret takes a secret exactly as typed. Blanks at the ends are refused
// rather than trimmed: they are a slip of copying, or they count.
func readSecret(_ Field, s string) (Value, error) {
	switch {
	case !utf8.ValidString(s) || strings.ContainsRune(s, utf8.RuneError):
		return "", refuse("invalid_text")
	case strings.ContainsFunc(s, hidden):
		return "", refuse("invisible_characters")
	case strings.TrimSpace(s) != s:
		return "", refuse("outer_space")
	}
	return quote(s), nil
}

func showSecret(_ Field, _ Value, locale string) string {
	return phrase(locale, "(geschützt)|(protected)")
}

func writeSecret(Field, Value) string { return "" }
