package models

import (
	"regexp"
	"strings"
	"unicode"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/german"
	"golang.org/x/text/unicode/norm"
)

// How much text of one request is searchable, in characters: of itself, and of
// what was said about it last. All of it is indexed anew with each comment, while others wait.
const (
	maxIndexed = 30_000
	maxSaid    = 10_000 // public, and as much internal
	saidLast   = 200    // in so many comments
)

// words are the search words of a text: lower case, without accents, umlauts
// as people type them on any keyboard (Gebühr, Gebuehr, Gebuhr alike), stemmed.
func words(text string) []string {
	var out []string
	for _, w := range tokens(text) {
		out = append(out, stem(w))
	}
	return out
}

// longEnding is how much longer than its stem a word may be and still be found by each of its beginnings.
const longEnding = 2

// wordsToFind are the words under which a text is indexed: the stems, and
// where much was cut off (Anmeld-ung) the whole word, so that "Anmeldu" finds it too.
func wordsToFind(text string) []string {
	if r := []rune(text); len(r) > maxIndexed {
		text = string(r[:maxIndexed])
	}
	var out []string
	for _, w := range tokens(fullNumber.ReplaceAllString(text, "${0} "+oneWord)) {
		s := stem(w)
		out = append(out, s)
		if whole := clipBytes(w); len(whole) > len(s)+longEnding {
			out = append(out, whole)
		}
	}
	return out
}

// tokens are the folded words of a text.
func tokens(text string) []string {
	return strings.FieldsFunc(fold(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

var umlauts = strings.NewReplacer("ß", "ss", "ae", "a", "oe", "o", "ue", "u")

// fold removes what people type differently.
func fold(s string) string {
	plain := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKD.String(s))
	return umlauts.Replace(plain)
}

// stem cuts a German word to its stem; numbers stay whole.
func stem(w string) string {
	if strings.ContainsFunc(w, unicode.IsDigit) || len(w) > 64 {
		return clipBytes(w)
	}
	env := snowballstem.NewEnv(w)
	german.Stem(env)
	return env.Current()
}

// tenantWord marks a request's municipality in the index, so that a search
// inside one never walks through another's.
func tenantWord(ags string) string { return "mandant" + ags }

// A number that is written in full is also one word of the index: its parts
// are in thousands of requests.
var fullNumber = regexp.MustCompile(`(?i)\bKA-([0-9]{4})-([0-9]{6,12})\b`)

const oneWord = "KA${1}${2}"

// maxWords bounds a query.
const maxWords = 12

// wanted are the words of a search: all of them have to be there, the last one
// as the beginning of a word; none if there is nothing to look for.
func wanted(q string) []string {
	ws := words(fullNumber.ReplaceAllString(q, oneWord))
	return ws[:min(len(ws), maxWords)]
}
