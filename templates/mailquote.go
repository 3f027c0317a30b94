package templates

import (
	"regexp"
	"strings"
	"unicode"
)

// quoteLimit is how much of a person's text a mail repeats, in characters.
const quoteLimit = 500

// quoteLines makes a person's text fit to stand in our mail: at most 500
// characters, nothing invisible, nothing a mail program would turn into a link.
func quoteLines(typed string) []string {
	var lines []string
	for _, line := range strings.Split(cutTo(quoteLimit, unifyNewlines(typed)), "\n") {
		line = strings.TrimRight(defang(oneLine(line)), " ")
		if line == "" && (len(lines) == 0 || lines[len(lines)-1] == "") {
			continue
		}
		lines = append(lines, line)
	}
	if n := len(lines); n > 0 && lines[n-1] == "" {
		lines = lines[:n-1]
	}
	return lines
}

var newlines = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\v", "\n", "\f", "\n",
	"\u0085", "\n", "\u2028", "\n", "\u2029", "\n")

func unifyNewlines(s string) string { return newlines.Replace(s) }

// oneLine makes s a single line of visible characters: line ends and tabs become
// blanks; controls, bidirectional overrides, zero-width characters and broken
// UTF-8 vanish.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= ' ' && r < 0x7f:
			return r // most of what there is
		case r == '\t' || r == '\n' || r == '\r' || r == '\v' || r == '\f' || r == '\u0085' ||
			r == '\u2028' || r == '\u2029':
			return ' '
		case r == unicode.ReplacementChar || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co):
			return -1
		}
		return r
	}, s)
}

// registerName is a label out of a register, cut to a sensible length and free of links.
func registerName(s string) string {
	return defang(cutTo(120, strings.TrimSpace(oneLine(s))))
}

// cutTo keeps the first characters of s, the last of them a sign that there was more.
func cutTo(limit int, s string) string {
	n, last := 0, 0
	for i := range s {
		if n++; n == limit {
			last = i
		} else if n > limit {
			return s[:last] + "…"
		}
	}
	return s
}

var (
	looksLikeDot = strings.NewReplacer("\u3002", ".", "\uff0e", ".", "\uff61", ".", "\u2024", ".")
	dotInName    = regexp.MustCompile(`\.(\pL{2})`)
	linkScheme   = regexp.MustCompile(`(?i)(www)\.|(mailto):`)
	calls        = regexp.MustCompile(`(?i)\b(` + callSchemes + `):(\S)`)
	numbersPath  = regexp.MustCompile(`\b(\d{1,3}\.\d{1,3}\.\d{1,3})\.(\d{1,3}[/:])`)
)

// callSchemes are those that mail programs and phones make a link of without two slashes, or that run something.
const callSchemes = `tel|sms|smsto|mms|callto|skype|sip|sips|xmpp|facetime|whatsapp|tg|javascript|vbscript|data|file`

// defang takes from addresses what mail programs recognise them by:
// "https://example.org" becomes "https[:]//example[.]org".
func defang(s string) string {
	if !strings.ContainsAny(s, `.:\`+"\u3002\uff0e\uff61\u2024") {
		return s
	}
	s = looksLikeDot.Replace(s)
	s = strings.ReplaceAll(s, "://", "[:]//")
	s = strings.ReplaceAll(s, `\\`, `[\\]`)
	s = linkScheme.ReplaceAllStringFunc(s, func(m string) string {
		return m[:len(m)-1] + "[" + m[len(m)-1:] + "]"
	})
	s = calls.ReplaceAllString(s, "$1[:]$2")
	s = numbersPath.ReplaceAllString(s, "$1[.]$2")
	return dotInName.ReplaceAllString(s, "[.]$1")
}

// webAddress is what looks like an address of the web, with or without its scheme; one for mail is none.
var webAddress = regexp.MustCompile(`(?i)\S*(?:://|www\.)\S*|[^\s@]+\.(?:\pL{2,}|\d{1,3})[/:]\S+|\b(?:` + callSchemes + `):\S+`)

// unlinked is a sentence as it is in the list and in the history, but for web
// addresses in it: they were typed by somebody, and a mail of ours makes no link of them.
func unlinked(s string) string {
	if !mayHoldAddress(s) {
		return s
	}
	return webAddress.ReplaceAllStringFunc(s, defang)
}

// mayHoldAddress is quick to say no: what webAddress finds has a slash or colon before something visible, or a "www.".
func mayHoldAddress(s string) bool {
	for i := range len(s) {
		switch s[i] {
		case '/', ':':
			if i+1 < len(s) && !strings.ContainsRune("\t\n\f\r ", rune(s[i+1])) {
				return true
			}
		case '.':
			if i >= 3 && strings.EqualFold(s[i-3:i], "www") {
				return true
			}
		}
	}
	return false
}
