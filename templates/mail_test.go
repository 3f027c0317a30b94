package templates

import (
	"flag"
	"fmt"
	stdhtml "html"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"formwandel/models"
	"formwandel/models/calendar"
)

var updateMails = flag.Bool("update-mails", false, "write the golden mails anew")

func TestEveryMailReadsAsAgreed(t *testing.T) {
	for kind, roles := range letterRoles {
		for _, role := range roles {
			for _, locale := range []string{"de", "en"} {
				t.Run(fmt.Sprintf("%s.%s.%s", kind, role, locale), func(t *testing.T) {
					subject, text, html, err := RenderMail(birthCertificate(kind, role, locale), atBautzen)
					if err != nil {
						t.Fatal(err)
					}
					file := fmt.Sprintf("%s.%s.%s", kind, role, locale)
					goldenMail(t, file+".golden", "Subject: "+subject+"\n\n"+text)
					if kind == models.MailQuestion || kind == models.MailApplied {
						goldenMail(t, file+".html.golden", html)
					}
				})
			}
		}
	}
}

// What is only open again is not told as gone.
func TestASuccessorOfAnOpenRequestReadsAsAgreed(t *testing.T) {
	for _, role := range letterRoles[models.MailSuccessor] {
		for _, locale := range []string{"de", "en"} {
			l := birthCertificate(models.MailSuccessor, role, locale)
			l.Facts.Basis = models.BasisOpen
			subject, text, _, err := RenderMail(l, atBautzen)
			if err != nil {
				t.Fatal(err)
			}
			goldenMail(t, fmt.Sprintf("successor-open.%s.%s.golden", role, locale), "Subject: "+subject+"\n\n"+text)
			l.Facts.Basis = models.BasisGone
			if gone, _, _, _ := RenderMail(l, atBautzen); gone == subject {
				t.Errorf("to %s: %q is said of both", role, subject)
			}
		}
	}
}

func goldenMail(t *testing.T, file, got string) {
	t.Helper()
	path := filepath.Join("testdata", "mails", file)
	if *updateMails {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (go test ./templates -update-mails writes it anew):\n%s", path, got)
	}
}

func TestSubjectIsTheAgreedOne(t *testing.T) {
	subject, _, _, err := RenderMail(birthCertificate(models.MailApproved, "author", "de"), atBautzen)
	if err != nil {
		t.Fatal(err)
	}
	if want := "[KA-2026-000001] Freigegeben: Geburtsurkunde (Bautzen)"; subject != want {
		t.Errorf("subject %q, want %q", subject, want)
	}
}

// everyLetter calls see with each kind for each role in each language, also
// those combinations nobody sends today.
func everyLetter(see func(l models.Letter)) {
	roles := []string{"author", "team", "approver", "assignee", "office", "participant", "auditor", "seconder", "proposer", "somebody"}
	for kind := range letterRoles {
		for _, role := range roles {
			for _, locale := range []string{"de", "en", "fr", ""} {
				l := birthCertificate(kind, role, locale)
				see(l)
				if kind == models.MailFailed {
					everyFailure(l, see)
				}
				if kind == models.MailSubmitted {
					wish := l
					wish.Facts.Sentences, wish.Facts.Wish = nil, "Bitte 27 Euro"
					see(wish)
				}
				if kind == models.MailKept {
					unfit := l
					unfit.Facts.Conflicts = []models.MailConflict{{Label: "Versand", Wanted: "0,00 €", Unfit: true}}
					see(unfit)
				}
				if kind == models.MailSuccessor {
					open := l
					open.Facts.Basis = models.BasisOpen
					see(open)
				}
				if l.Facts.Doomed = true; kind == models.MailApproved {
					see(l)
				}
			}
		}
	}
}

// everyFailure is a letter about a failed request for each reason there is.
func everyFailure(l models.Letter, see func(l models.Letter)) {
	for _, reason := range []string{"predecessor_gone", "tampered", "until_past"} {
		l.Facts.Reason, l.Facts.Conflicts = reason, nil
		see(l)
	}
	for _, closed := range []bool{false, true} {
		l.Facts.Reason, l.Facts.Conflicts = "no_longer_valid", []models.MailConflict{{Label: "Mail", Wanted: "neu", Unfit: true, Closed: closed}}
		see(l)
	}
}

func TestTextAndHTMLSayTheSame(t *testing.T) {
	everyLetter(func(l models.Letter) {
		_, text, html, err := RenderMail(l, atBautzen)
		if err != nil {
			t.Fatal(err)
		}
		if a, b := spoken(text), heard(html); a != b {
			t.Errorf("%s to %s:\ntext %s\nhtml %s", l.Mail.Kind, l.Mail.Role, a, b)
		}
	})
}

// spoken is the plain text without the marks of lists, quotes and the footer.
func spoken(text string) string {
	text = regexp.MustCompile(`(?m)^(- |> ?|-- $)`).ReplaceAllString(text, "")
	return strings.Join(strings.Fields(text), " ")
}

// heard is what a screen reader finds in the body of the HTML.
func heard(html string) string {
	_, body, _ := strings.Cut(html, "<body")
	_, body, _ = strings.Cut(body, ">")
	body = regexp.MustCompile(`<[^>]*>`).ReplaceAllString(body, " ")
	return strings.Join(strings.Fields(stdhtml.UnescapeString(body)), " ")
}

func TestTheOnlyLinksAreOurs(t *testing.T) {
	link := regexp.MustCompile(`(?i)(https?://|www\.|mailto:)[^\s"<]*`)
	everyLetter(func(l models.Letter) {
		l.Facts.Comment = "Siehe HTTPS://evil.example/a und www.evil.example oder evil.example, mailto:x@evil.example"
		l.Facts.Wish = "http://evil.example"
		l.Facts.Actor = "Amt www.evil.example"
		_, text, html, err := RenderMail(l, atBautzen+"/")
		if err != nil {
			t.Fatal(err)
		}
		for _, body := range []string{text, html} {
			found := link.FindAllString(body, -1)
			for _, url := range found {
				if !strings.HasPrefix(url, atBautzen+"/auftraege/KA-") && !strings.HasPrefix(url, atBautzen+"/formulare/14625020/") && url != atBautzen+"/verwaltung/protokoll" && url != atBautzen+"/freigaberegeln/14625020" {
					t.Errorf("%s to %s: foreign link %q", l.Mail.Kind, l.Mail.Role, url)
				}
			}
			if n := strings.Count(body, "evil.example"); n > 0 || len(found) == 0 {
				t.Errorf("%s: %d clickable names, %d links", l.Mail.Kind, n, len(found))
			}
		}
	})
}

func TestAPersonsTextNeverReachesTheSubject(t *testing.T) {
	everyLetter(func(l models.Letter) {
		l.Facts.Comment, l.Facts.Wish, l.Facts.Actor = "Passwort ablaufen", "Passwort ablaufen", "Passwort ablaufen"
		subject, text, _, err := RenderMail(l, atBautzen)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(subject, "Passwort") || !strings.Contains(text, "\n> Passwort ablaufen\n") {
			t.Errorf("%s: subject %q", l.Mail.Kind, subject)
		}
	})
}

func TestSentencesStandWordForWord(t *testing.T) {
	l := birthCertificate(models.MailApproved, "author", "de")
	l.Facts.Sentences = []string{"Link: https://www.bautzen.example/a.pdf → https://www.bautzen.example/b.pdf, ab 01.01.2027"}
	l.Facts.Sentences = append(l.Facts.Sentences, "Gebühr erste Geburtsurkunde: 20,00\u00a0€ → 25,00\u00a0€, ab 01.01.2027")
	_, text, html, err := RenderMail(l, atBautzen)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Link: https[:]//www[.]bautzen[.]example/a[.]pdf → https[:]//www[.]bautzen[.]example/b[.]pdf, ab 01.01.2027", l.Facts.Sentences[1]} { // what was typed is no link of ours
		if !strings.Contains(text, "\n- "+want+"\n") || !strings.Contains(html, ">"+want+"<") {
			t.Errorf("the sentence is not there:\n%s", text)
		}
	}
	if strings.Count(html, "<a ") != 1 {
		t.Errorf("there must be one link:\n%s", html)
	}
}

func TestUnknownKindIsAnError(t *testing.T) {
	if _, _, _, err := RenderMail(models.Letter{Mail: models.Mail{Kind: "birthday"}}, atBautzen); err == nil {
		t.Error("want an error")
	}
}

func TestLateIsSaidInWords(t *testing.T) {
	cases := map[time.Duration]string{
		time.Second:                  "1 Minute",
		59*time.Minute + time.Second: "59 Minuten",
		time.Hour:                    "1 Stunde",
		26 * time.Hour:               "1 Tag und 2 Stunden",
		61 * time.Minute:             "1 Stunde und 1 Minute",
		48*time.Hour + time.Minute:   "2 Tage",
	}
	for d, want := range cases {
		if got := howLong(Words("de"), d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

func TestBothLanguagesHaveTheSameWords(t *testing.T) {
	de, en := Words("de"), Words("en")
	for _, key := range slices.Sorted(maps.Keys(de.words)) {
		if !en.Has(key) {
			t.Errorf("no English words for %q", key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(en.words)) {
		if !de.Has(key) {
			t.Errorf("no German words for %q", key)
		}
	}
	for key := range de.words {
		if placeholders(de.words[key]) != placeholders(en.words[key]) {
			t.Errorf("%q: German and English do not have the same placeholders", key)
		}
	}
}

func placeholders(words string) string {
	found := regexp.MustCompile(`\{\w+\}`).FindAllString(words, -1)
	slices.Sort(found)
	return strings.Join(slices.Compact(found), "")
}

func TestEveryMailWordIsUsed(t *testing.T) {
	said := map[string]bool{}
	for _, locale := range []string{"de", "en"} {
		words := Words(locale)
		words.said = func(key string) { said[key] = true }
		everyLetter(func(l models.Letter) { newLetterWriter(l, atBautzen, words).mail() })
		everyAccountLetter(func(l models.Letter) { newLetterWriter(l, atBautzen, words).accountMail() })
		sayRareWords(words)
	}
	for key := range Words("de").words {
		if strings.HasPrefix(key, "mail.") && !said[key] {
			t.Errorf("nobody ever says %q", key)
		}
	}
}

// sayRareWords writes the letters the cast has no example of.
func sayRareWords(words Catalogue) {
	question := birthCertificate(models.MailQuestion, "author", "")
	question.Facts.AnswerBy = calendar.Day{}
	newLetterWriter(question, atBautzen, words).mail()
	off := birthCertificate(models.MailMaintenance, "office", "")
	off.Facts.On = false
	newLetterWriter(off, atBautzen, words).mail()
	much := birthCertificate(models.MailPolicyProposed, "seconder", "")
	much.Facts.Policy = make([]models.PolicyDifference, mostPolicyLines+1)
	newLetterWriter(much, atBautzen, words).mail()
	for _, d := range []time.Duration{time.Minute, 2 * time.Minute, 25 * time.Hour, 50 * time.Hour} {
		howLong(words, d)
	}
}
