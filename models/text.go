package models

import (
	"strings"
	"unicode/utf8"
)

// clip shortens what somebody sent before it goes into a message.
func clip(s string) string {
	const limit = 80
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	return string([]rune(s)[:limit]) + "…"
}

// clip500 is the beginning of what somebody else said, a mail server or a caller, as a database takes it.
func clip500(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
	if r := []rune(s); len(r) > 500 {
		return string(r[:500])
	}
	return s
}

// clipBytes is the beginning of a word, as an index takes it.
func clipBytes(w string) string {
	if len(w) > 64 {
		return strings.ToValidUTF8(w[:64], "")
	}
	return w
}
