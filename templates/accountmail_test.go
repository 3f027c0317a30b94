package templates

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"formwandel/models"
)

// everyAccountLetter calls see with each letter about an account as its person reads it, and as others do.
func everyAccountLetter(see func(l models.Letter)) {
	for _, kind := range accountOrder {
		for _, locale := range []string{"de", "en"} {
			l := SampleLetter(kind, accountReader(kind), locale)
			see(l)
			l.Facts.Municipality = ""
			see(l)
			if kind == models.MailAddress { // asked for by somebody else
				waits := l
				waits.Facts.Opens = l.Facts.At.AddDate(0, 0, 3)
				see(waits)
			}
			if kind == models.MailPasswordChanged {
				for _, n := range []int{0, 1} {
					tokens := l
					tokens.Facts.Tokens = n
					see(tokens)
				}
			}
			if kind == models.MailAddressWatch { // of an account that nobody has used
				now := l
				now.Facts.Opens = time.Time{}
				see(now)
			}
			if bringsLink[kind] {
				l.Facts.Link, l.Facts.Municipality = "/zugang/6YqYfzHh1nP0oXb4Qk2w7s8uVdLrTgJmZaEcNiBxKtM", "Bautzen"
				see(l)
			}
		}
	}
}

func TestAccountMailsReadAsAgreed(t *testing.T) {
	everyAccountLetter(func(l models.Letter) {
		if l.Facts.Municipality == "" || bringsLink[l.Mail.Kind] && l.Facts.Link == "" {
			return
		}
		subject, text, html, err := RenderMail(l, atBautzen)
		if err != nil {
			t.Fatal(err)
		}
		file := string(l.Mail.Kind) + "." + l.Mail.Role + "." + l.Mail.Locale
		goldenMail(t, file+".golden", "Subject: "+subject+"\n\n"+text)
		if l.Mail.Kind == models.MailInvitation {
			goldenMail(t, file+".html.golden", html)
		}
	})
}

// TestAccountMailsLeadHomeOnly: one link, ours; the personal one only in what is sent; both parts say the same.
func TestAccountMailsLeadHomeOnly(t *testing.T) {
	link := regexp.MustCompile(`(?i)(https?://|www\.|mailto:)[^\s"<]*`)
	everyAccountLetter(func(l models.Letter) {
		l.Facts.Actor = "Amt www.evil.example"
		subject, text, html, err := RenderMail(l, atBautzen+"/")
		if err != nil {
			t.Fatal(err)
		}
		if spoken(text) != heard(html) {
			t.Errorf("text %s\nhtml %s", spoken(text), heard(html))
		}
		want := l.Facts.Link
		if !bringsLink[l.Mail.Kind] {
			want = "/anmelden/vergessen"
		}
		if l.Mail.Kind == models.MailAddressChanged {
			want = "/anmelden"
		}
		if administrationKinds[l.Mail.Kind] {
			want = "/verwaltung/personen/17"
		}
		for _, found := range append(link.FindAllString(text, -1), link.FindAllString(html, -1)...) {
			if want == "" || found != atBautzen+want {
				t.Errorf("%s leads to %s", l.Mail.Kind, found)
			}
		}
		if want != "" && strings.Count(html, "<a ") != 1 || strings.Contains(text, "evil.example") || strings.ContainsAny(subject, "@") || strings.Contains(subject, "Bautzen") {
			t.Errorf("%s: %q\n%s", l.Mail.Kind, subject, text)
		}
	})
}
