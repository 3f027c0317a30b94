package templates

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestQuotesShowNothingClickable(t *testing.T) {
	cases := map[string]string{
		"https://evil.example/a":         "https[:]//evil[.]example/a",
		"www.evil.de":                    "www[.]evil[.]de",
		"a.bb.cc":                        "a[.]bb[.]cc",
		"mailto:x@evil.example":          "mailto[:]x@evil[.]example",
		"evil。example":                   "evil[.]example",
		`\\evil\share`:                   `[\\]evil\share`,
		"Das kostet 25.00 Euro, z.B.":    "Das kostet 25.00 Euro, z.B.",
		"Satz. Noch ein Satz. Ende.":     "Satz. Noch ein Satz. Ende.",
		"javascript:alert(1) Tel: 03591": "javascript[:]alert(1) Tel: 03591",
		"tel:+491234 SMS:+49":            "tel[:]+491234 SMS[:]+49",
		"1.2.3.4/x, 1.2.3.4:80":          "1.2.3[.]4/x, 1.2.3[.]4:80",
		"§ 1.2.3.4 Nr. 5, 25.00/Tag":     "§ 1.2.3.4 Nr. 5, 25.00/Tag",
		"\u202egnp.exe\u202c":            "gnp[.]exe",
		"ht\u200btps://ev\u00adil.de":    "https[:]//evil[.]de",
		"a\x00b\x1b[31mc\x7f":            "ab[31mc",
		"kaputt\xff\xfe":                 "kaputt",
		"  Rand  ":                       "  Rand",
		"<a href=\"x\">Klick</a>":        "<a href=\"x\">Klick</a>",
		"Gebühr: 20,00\u00a0€\tje Tag":   "Gebühr: 20,00\u00a0€ je Tag",
	}
	for typed, want := range cases {
		if got := strings.Join(quoteLines(typed), "\n"); got != want {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
}

func TestSentencesKeepAllButLinks(t *testing.T) {
	for sentence, want := range map[string]string{
		"Gebühr erste Geburtsurkunde: 20,00\u00a0€ → 25,00\u00a0€, ab 01.01.2027":     "Gebühr erste Geburtsurkunde: 20,00\u00a0€ → 25,00\u00a0€, ab 01.01.2027",
		"SEPA-Mandat: https://www.xxx.de/a.pdf → HTTPS://evil.example, ab 01.01.2027": "SEPA-Mandat: https[:]//www[.]xxx[.]de/a[.]pdf → HTTPS[:]//evil[.]example, ab 01.01.2027",
		"E-Mail: alt@bautzen.de → neu@bautzen.de":                                     "E-Mail: alt@bautzen.de → neu@bautzen.de",
		"Text: evil.de/login, 1.2.3.4/x, tel:110, und/oder, 25.00/Tag":                "Text: evil[.]de/login, 1.2.3[.]4/x, tel[:]110, und/oder, 25.00/Tag",
		"Text: siehe (www.evil.de)":                                                   "Text: siehe (www[.]evil[.]de)",
	} {
		if got := unlinked(sentence); got != want {
			t.Errorf("%q: %q, want %q", sentence, got, want)
		}
	}
}

func TestQuotesKeepTheirFrame(t *testing.T) {
	for _, end := range []string{"\n", "\r\n", "\r", "\v", "\f", "\u0085", "\u2028", "\u2029"} {
		if got := quoteLines("oben" + end + end + end + "unten" + end); strings.Join(got, "|") != "oben||unten" {
			t.Errorf("%q: %q", end, got)
		}
	}
	if got := quoteLines(" \n\t\n"); len(got) != 0 {
		t.Errorf("nothing typed, but %q", got)
	}
}

func TestQuotesEndAfter500Characters(t *testing.T) {
	if got := quoteLines(strings.Repeat("ä", 500))[0]; got != strings.Repeat("ä", 500) {
		t.Error("500 characters are allowed")
	}
	got := quoteLines(strings.Repeat("ä", 501))[0]
	if utf8.RuneCountInString(got) != 500 || !strings.HasSuffix(got, "ä…") {
		t.Errorf("%d characters", utf8.RuneCountInString(got))
	}
}

func TestMailsAreInPlainLanguage(t *testing.T) {
	short := regexp.MustCompile(`(?i)\b(z\. ?B|ggf|i\. ?d\. ?R|bzw|u\. ?a|d\. ?h|ca|etc|Abs|Nr|inkl|max|evtl|usw)\.`)
	for key, words := range Words("de").words {
		if !strings.HasPrefix(key, "mail.") {
			continue
		}
		if found := short.FindString(words); found != "" {
			t.Errorf("%s: unexplained abbreviation %q", key, found)
		}
		for _, sentence := range strings.SplitAfter(words, ". ") {
			if n := len(strings.Fields(sentence)); n > 22 {
				t.Errorf("%s: a sentence of %d words", key, n)
			}
		}
	}
}
