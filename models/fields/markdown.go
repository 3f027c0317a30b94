package fields

import (
	"regexp"
	"strings"
)

var (
	rawHTML = regexp.MustCompile(`<[A-Za-z/!?]`)
	script  = regexp.MustCompile(`(?i)(javascript|vbscript)\s*:|data:[a-z]+/`)

	// links finds what a renderer may turn into one: the target of an inline
	// link or image, of a reference, and addresses that stand in the text.
	links = []*regexp.Regexp{
		regexp.MustCompile(`\]\(\s*([^\s)]*)`),
		regexp.MustCompile(`\]:\s*(\S*)`),
		regexp.MustCompile(`(?i)\b([a-z][a-z0-9+.\-]*://[^\s<>]*)`),
	}
)

// trailing is punctuation after an address in running text.
const trailing = `.,;:!?"'“”»«)*_~]`

func readMarkdown(_ Field, s string) (Value, error) {
	if rawHTML.MatchString(s) {
		return "", refuse("html")
	}
	if script.MatchString(s) {
		return "", refuse("link")
	}
	for _, link := range links {
		for _, found := range link.FindAllStringSubmatch(s, -1) {
			if _, err := webAddress(strings.TrimRight(found[1], trailing)); err != nil {
				return "", refuse("link")
			}
		}
	}
	return quote(s), nil
}
