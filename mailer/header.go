package mailer

import (
	"fmt"
	netmail "net/mail"
	"strings"
	"unicode/utf8"
)

// isHeader says that a value can stand in a header as it is: printable ASCII on
// one line. Nothing else gets near the library, which would write it out raw.
func isHeader(value string) bool {
	for i := range len(value) {
		if value[i] < ' ' || value[i] > '~' {
			return false
		}
	}
	return value != ""
}

// isMailbox says that s is one bare address, local@domain, in ASCII.
func isMailbox(s string) bool {
	at := strings.LastIndexByte(s, '@')
	if at < 1 || len(s) > 254 || !isHeader(s) || strings.ContainsAny(s[:at], " \"<>()[],;:\\") || strings.Contains(s, "=?") {
		return false
	}
	a, err := netmail.ParseAddress(s)
	return err == nil && a.Address == s && isName(strings.ReplaceAll(s[at+1:], ".", ""))
}

// isName says that s holds nothing but ASCII letters, digits and hyphens.
func isName(s string) bool {
	for i := range len(s) {
		if !isLetterOrDigit(s[i]) && s[i] != '-' {
			return false
		}
	}
	return s != ""
}

func isLetterOrDigit(b byte) bool {
	return '0' <= b && b <= '9' || 'A' <= b && b <= 'Z' || 'a' <= b && b <= 'z'
}

// isMessageID says that s is "<left@right>" without anything that could end it early.
func isMessageID(s string) bool {
	inner, ok := strings.CutPrefix(s, "<")
	inner, closed := strings.CutSuffix(inner, ">")
	left, right, _ := strings.Cut(inner, "@")
	return ok && closed && left != "" && right != "" && len(s) <= 250 && isHeader(s) &&
		!strings.ContainsAny(inner, " <>(),;\"\\") && !strings.Contains(right, "@")
}

// wordLimit keeps an encoded word, with the header's name before it, on one line.
const wordLimit = 60

// encodeSubject writes s in RFC 2047 words, from the first word that needs it;
// what stands before, such as the request's number, stays readable everywhere.
func encodeSubject(s string) string {
	plain := plainPrefix(s)
	if plain == len(s) {
		return s
	}
	return s[:plain] + encodeWords(s[plain:])
}

// plainPrefix is the length of the leading words that need no encoding.
func plainPrefix(s string) int {
	start := 0
	for _, word := range strings.SplitAfter(s, " ") {
		bare := strings.TrimSuffix(word, " ")
		if bare != "" && (!isHeader(bare) || len(bare) > wordLimit || strings.Contains(bare, "=?")) {
			return start
		}
		start += len(word)
	}
	return start
}

func encodeWords(s string) string {
	const before, after = "=?UTF-8?Q?", "?="
	var words []string
	var word strings.Builder
	for len(s) > 0 {
		_, size := utf8.DecodeRuneInString(s)
		letter := quoted(s[:size])
		if len(before)+word.Len()+len(letter)+len(after) > wordLimit {
			words = append(words, before+word.String()+after)
			word.Reset()
		}
		word.WriteString(letter)
		s = s[size:]
	}
	return strings.Join(append(words, before+word.String()+after), " ")
}

// quoted is one character as RFC 2047 "Q" writes it.
func quoted(letter string) string {
	b := letter[0]
	switch {
	case b == ' ':
		return "_"
	case b == '-' || b == '/' || isLetterOrDigit(b):
		return letter
	}
	var q strings.Builder
	for i := range len(letter) {
		fmt.Fprintf(&q, "=%02X", letter[i])
	}
	return q.String()
}
