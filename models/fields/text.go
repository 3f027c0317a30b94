package fields

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// clean is s trimmed and in Unicode's normal form C, without the soft hyphens
// that copying from a web page brings along. Characters nobody can see are
// refused; line breaks too, unless lines are allowed.
func clean(s string, lines bool) (string, error) {
	if !utf8.ValidString(s) {
		return "", refuse("invalid_text")
	}
	if lines {
		s = strings.ReplaceAll(s, "\r\n", "\n")
	}
	s = norm.NFC.String(strings.ReplaceAll(s, "\u00AD", ""))
	for _, r := range s {
		switch {
		case r == '\n' && lines:
		case r == '\n' || r == '\r':
			return "", refuse("line_break")
		case r == utf8.RuneError:
			return "", refuse("invalid_text")
		case hidden(r):
			return "", refuse("invisible_characters")
		}
	}
	return strings.TrimSpace(s), nil
}

// emojiStyle is the one selector people type without knowing (❤️).
const emojiStyle = '\uFE0F'

// hidden says that r shows nothing or changes how its neighbours are shown:
// controls, zero-width and bidirectional marks, fillers, private use.
func hidden(r rune) bool {
	return r != emojiStyle && unicode.In(r, unicode.C, unicode.Zl, unicode.Zp, unicode.Variation_Selector,
		unicode.Other_Default_Ignorable_Code_Point, unicode.Noncharacter_Code_Point)
}

func readText(_ Field, s string) (Value, error) { return quote(s), nil }

func showText(_ Field, v Value, _ string) string { return v.text() }

func writeText(_ Field, v Value) string { return v.text() }

// keepText checks length, pattern and placeholders.
func keepText(f Field, v Value) error {
	s, c := v.text(), f.Constraints
	length, limit := utf8.RuneCountInString(s), c.MaxLength
	if limit == 0 {
		limit = kinds[f.Type].length
	}
	if length > limit {
		return refuse("too_long", "max", limit, "length", length)
	}
	if length < c.MinLength {
		return refuse("too_short", "min", c.MinLength)
	}
	if c.Pattern != "" && !whole(c.Pattern).MatchString(s) {
		return refuse("pattern", "hint", c.PatternHint)
	}
	return keepPlaceholders(c.Placeholders, s)
}

var placeholder = regexp.MustCompile(`\$\{([^{}]*)\}`)

func keepPlaceholders(allowed []string, s string) error {
	if len(allowed) == 0 {
		return nil
	}
	list := "${" + strings.Join(allowed, "}, ${") + "}"
	for _, found := range placeholder.FindAllStringSubmatch(s, -1) {
		if !slices.Contains(allowed, found[1]) {
			return refuse("placeholder_unknown", "allowed", list)
		}
	}
	if strings.Contains(placeholder.ReplaceAllString(s, ""), "${") {
		return refuse("placeholder_open", "allowed", list)
	}
	return nil
}

// patterns are the compiled patterns of the definitions met so far.
var patterns sync.Map

// nothing matches no text; it stands in for a pattern that does not compile.
var nothing = regexp.MustCompile(`[^\s\S]`)

// whole is the pattern, matching whole texts only.
func whole(pattern string) *regexp.Regexp {
	if known, ok := patterns.Load(pattern); ok {
		return known.(*regexp.Regexp)
	}
	compiled, err := regexp.Compile(`\A(?:` + pattern + `)\z`)
	if err != nil {
		compiled = nothing
	}
	patterns.Store(pattern, compiled)
	return compiled
}
