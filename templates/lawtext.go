package templates

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

// lawTextAge is how old an accessibility statement may become: it is reviewed at least yearly.
const lawTextAge = 12 // months

// openPlaces mark in a text of the law what the operator has to fill in or check.
var openPlaces = []string{"[bitte eintragen", "[bitte prüfen", "[to be filled in", "[to be checked"}

// LawTextFaults tells what the operator's imprint, privacy and accessibility
// texts still lack on a day: "impressum.de.md is still the template". A
// statement on accessibility is too old a year after the newest day in it.
func LawTextFaults(day time.Time) []string {
	var faults []string
	for _, name := range legalTexts {
		for _, lang := range []string{"de", "en"} {
			file, markup := name+"."+lang+".md", texts[lang][name].markup
			switch {
			case slices.ContainsFunc(openPlaces, func(p string) bool { return strings.Contains(markup, p) }):
				faults = append(faults, file+" has places that nobody has filled in")
			case name == "barrierefreiheit" && newestDay(markup).AddDate(0, lawTextAge, 0).Before(day):
				faults = append(faults, file+" names no day of the last twelve months")
			}
		}
	}
	return faults
}

// writtenDays are the ways a day is written in a text for people, each with its layouts.
var writtenDays = map[*regexp.Regexp][]string{
	regexp.MustCompile(`\b\d{1,2}\.\d{1,2}\.\d{4}\b`):      {"2.1.2006"},
	regexp.MustCompile(`\b\d{4}-\d{2}-\d{2}\b`):            {"2006-01-02"},
	regexp.MustCompile(`\b\d{1,2}\.? (\p{L}+) \d{4}\b`):    {"2. January 2006", "2 January 2006"},
	regexp.MustCompile(`\b\p{Lu}\p{Ll}+ \d{1,2}, \d{4}\b`): {"January 2, 2006"},
}

// germanMonths are those that are written otherwise in English.
var germanMonths = strings.NewReplacer("Januar ", "January ", "Februar ", "February ", "März ", "March ", "Mai ", "May ", "Juni ", "June ", "Juli ", "July ", "Oktober ", "October ", "Dezember ", "December ")

// newestDay is the latest day that a text names, the zero time if there is none.
func newestDay(text string) time.Time {
	var newest time.Time
	for written, layouts := range writtenDays {
		for _, found := range written.FindAllString(text, -1) {
			for _, layout := range layouts {
				if day, err := time.Parse(layout, germanMonths.Replace(found)); err == nil && day.After(newest) {
					newest = day
				}
			}
		}
	}
	return newest
}
