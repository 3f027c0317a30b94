package templates

import (
	"strings"
	"testing"
	"unicode/utf8"

	"formwandel/models/fields"
)

// A row that has no room for a whole sentence cuts the old value: the new one is what it is read for.
func TestRowsKeepTheNewValue(t *testing.T) {
	const long = "Link zum SEPA-Lastschriftmandat: https://www.bautzen.example/formulare/sepa-lastschriftmandat.pdf → https://formulare.bautzen.example/formulare/2026/sepa-lastschriftmandat.pdf, bis spätestens 15.12.2026"
	got := rowSentence(long)
	if !strings.HasSuffix(got, "… → https://formulare.bautzen.example/formulare/2026/sepa-lastschriftmandat.pdf, bis spätestens 15.12.2026") || !strings.HasPrefix(got, "Link zum SEPA-Lastschriftmandat") {
		t.Error(got)
	}
	if got := rowSentence("Gebühr: 20,00 € → 25,00 €, ab 01.01.2027"); got != "Gebühr: 20,00 € → 25,00 €, ab 01.01.2027" {
		t.Error(got)
	}
	word := strings.Repeat("Wunsch ", 40)
	if got := rowSentence(word); utf8.RuneCountInString(got) > longSentence+2 || !strings.HasSuffix(got, "…") {
		t.Error(got)
	}
	if got := rowSentence("Hinweis: " + word + fields.Arrow + word); utf8.RuneCountInString(got) > shortBefore+longAfter+8 {
		t.Error(got)
	}
}
