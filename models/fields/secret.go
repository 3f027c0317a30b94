package fields

import (
	"strings"
	"unicode/utf8"
)

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
