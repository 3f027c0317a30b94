package templates

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// mustSay are words that each text of the law has to have: what BfWebG § 3, Art. 13 GDPR and § 5 DDG ask for.
var mustSay = map[string]map[string][]string{
	"barrierefreiheit": {
		"de": {"BfWebG", "Stand der Vereinbarkeit", "Stand: ", "noch nicht barrierefrei", "Grund", "Selbstbewertung", "E-Mail:", "Telefon:", "Durchsetzungsstelle", "dzb lesen", "bfit-sachsen@dzblesen.de"},
		"en": {"BfWebG", "State of conformity", "As of: ", "not accessible yet", "Reason", "self-assessment", "E-mail:", "Telephone:", "enforcement body", "dzb lesen", "bfit-sachsen@dzblesen.de"},
	},
	"datenschutz": {
		"de": {"Artikel 13", "Artikel 28", "Datenschutzbeauftragte", "Wozu", "Wie lange", "Rechtsgrundlagen", "Wer die Daten bekommt", "Artikel 15 bis 18", "Artikel 21", "Sächsische Datenschutz- und Transparenzbeauftragte", "Sicherheitsprotokoll", "Müssen Sie Ihre Daten angeben"},
		"en": {"article 13", "article 28", "Data protection officer", "What for", "How long", "Legal bases", "Who gets the data", "articles 15 to 18", "article 21", "Sächsische Datenschutz- und Transparenzbeauftragte", "Security log", "Do you have to give your data"},
	},
	"impressum": {
		"de": {"§ 5 Digitale-Dienste-Gesetz", "Anbieter", "Vertreten durch", "Telefon", "E-Mail", "Aufsichtsbehörde", "Umsatzsteuer"},
		"en": {"Digitale-Dienste-Gesetz", "Provider", "Represented by", "Telephone", "E-mail", "Supervisory authority", "VAT"},
	},
}

func TestTextsOfTheLawSayWhatTheyMust(t *testing.T) {
	for name, byLang := range mustSay {
		for lang, words := range byLang {
			raw, err := textFiles.ReadFile("texts/" + lang + "/" + name + ".md")
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range words {
				if !strings.Contains(string(raw), w) {
					t.Errorf("%s/%s.md does not say %q", lang, name, w)
				}
			}
		}
		if de, en := strings.Count(texts["de"][name].markup, "<h2"), strings.Count(texts["en"][name].markup, "<h2"); de != en {
			t.Errorf("%s has %d parts in German and %d in English", name, de, en)
		}
	}
}

// ourCookie is how a cookie's name stands in the code of the door.
var ourCookie = regexp.MustCompile(`"(fw(?:-[a-z]+)?)"`)

// TestPrivacyTextNamesEveryCookie: a cookie that the program sets and the text does not name would be a secret one.
func TestPrivacyTextNamesEveryCookie(t *testing.T) {
	files, err := filepath.Glob("../handlers/*.go")
	if err != nil {
		t.Fatal(err)
	}
	cookies := map[string]bool{}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range ourCookie.FindAllSubmatch(raw, -1) {
			if !strings.HasSuffix(f, "_test.go") {
				cookies[string(m[1])] = true
			}
		}
	}
	if len(cookies) < 4 {
		t.Fatalf("only %v found: does this test still look at the right place?", cookies)
	}
	for _, lang := range []string{"de", "en"} {
		for cookie := range cookies {
			if !strings.Contains(texts[lang]["datenschutz"].markup, "<code>"+cookie+"</code>") {
				t.Errorf("%s: the privacy text does not name the cookie %s", lang, cookie)
			}
		}
	}
}

// TestAccessibilityStatementIsYoung fails a year after somebody has last looked at the statement: then look, and write down the day.
func TestAccessibilityStatementIsYoung(t *testing.T) {
	for _, lang := range []string{"de", "en"} {
		if made := newestDay(texts[lang]["barrierefreiheit"].markup); made.AddDate(0, lawTextAge, 0).Before(time.Now()) {
			t.Errorf("%s: the statement on accessibility is of %s; it has to be reviewed at least yearly", lang, made.Format("2006-01-02"))
		}
	}
}

func TestDaysAreFoundInTexts(t *testing.T) {
	for text, want := range map[string]string{
		"Stand: 26.11.2026": "2026-11-26", "am 1. März 2027 geprüft": "2027-03-01", "26 November 2026": "2026-11-26", "2027-01-31": "2027-01-31",
		"erstellt am 02.01.2026, überprüft am 3. Dezember 2026": "2026-12-03", "as of May 4, 2027": "2027-05-04", "kein Tag": "0001-01-01", "99.99.2026": "0001-01-01",
	} {
		if got := newestDay(text).Format("2006-01-02"); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// TestOperatorHearsWhatTheTextsLack goes the way from the templates to good texts, and to one that has grown old.
func TestOperatorHearsWhatTheTextsLack(t *testing.T) {
	day := time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC)
	if got := LawTextFaults(day); len(got) != 6 {
		t.Errorf("of six templates are found wanting: %q", got)
	}
	kept := map[string]map[string]prose{}
	for lang := range texts {
		kept[lang] = map[string]prose{}
		for _, name := range legalTexts {
			kept[lang][name] = texts[lang][name]
		}
	}
	t.Cleanup(func() {
		for lang, all := range kept {
			for name, p := range all {
				texts[lang][name] = p
			}
		}
		if err := parseAll(); err != nil {
			t.Error(err)
		}
	})
	folder := t.TempDir()
	for _, lang := range []string{"de", "en"} {
		for _, name := range legalTexts {
			if err := os.WriteFile(filepath.Join(folder, name+"."+lang+".md"), []byte("# Text\n\nStand: 15.01.2027\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := ReplaceTexts(folder); err != nil {
		t.Fatal(err)
	}
	if got := LawTextFaults(day); got != nil {
		t.Errorf("good texts are found wanting: %q", got)
	}
	if got := LawTextFaults(day.AddDate(1, 0, 0)); len(got) != 2 || !strings.HasPrefix(got[0], "barrierefreiheit.de.md") {
		t.Errorf("a year later: %q", got)
	}
}
