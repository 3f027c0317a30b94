package mailer

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"formwandel/mailer/smtptest"
	"formwandel/models"
	"formwandel/models/modelstest"
	"formwandel/templates"
)

// smuggled are the pieces that header injections are made of.
var smuggled = struct{ ends, goods, wraps []string }{
	ends:  []string{"\r\n", "\n", "\r", "\r\n ", "\r\n\t", "\n\n", "\r\n\r\n", "\x00", "\u2028", "\u2029", "\u0085", "\v", "\f", "%0d%0a", `\r\n`, "=0D=0A", "&#13;&#10;", "\u560d\u560a", "\xe5\x98\x8d\xe5\x98\x8a", "\r\n.\r\n"},
	goods: []string{"Bcc: spy@evil.example", "Subject: evil", "To: spy@evil.example", "Content-Type: text/html", "MIME-Version: 9", "From: chef@bautzen.example", "RCPT TO:<spy@evil.example>", "DATA", "MAIL FROM:<evil@evil.example>", "--formwandel-", "X-Evil: 1", "Reply-To: spy@evil.example", "Content-Disposition: attachment; filename=x.exe"},
	wraps: []string{"%s", "x%s", "Bautzen%s", "=?UTF-8?Q?%s?=", "\"%s", "<%s>", "ä%s", "%s\u202e", "https://evil.example/%s", "www.evil.example%s", "\u200b%s", "[x](https://evil.example/%s)"},
}

// injections are n header injections, each another one.
func injections(n int, seed int64) []string {
	var all []string
	for _, wrap := range smuggled.wraps {
		for _, end := range smuggled.ends {
			for _, good := range smuggled.goods {
				all = append(all, fmt.Sprintf(wrap, end+good))
			}
		}
	}
	r := rand.New(rand.NewPCG(uint64(seed), 0))
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all[:min(n, len(all))]
}

var anyLink = regexp.MustCompile(`(?i)(?:https?|ftp)://[^\s"'<>]*`)

var (
	mailSaid    = regexp.MustCompile(`(?s)\r\nDATA\r\n.*?\r\n\.\r\n`)
	ourCommands = regexp.MustCompile(`^(?:EHLO formwandel\.example|MAIL FROM:<no-reply@kisa\.example>(?: BODY=8BITMIME)?(?: SMTPUTF8)?|DATA|QUIT|NOOP|RSET)$`)
)

// commands are the lines that a server took for commands: what stands between DATA and the dot is a mail.
func commands(talks []string) (all []string) {
	for _, heard := range talks {
		all = append(all, strings.Split(strings.TrimSuffix(mailSaid.ReplaceAllString(heard, "\r\nDATA\r\n"), "\r\n"), "\r\n")...)
	}
	return all
}

// TestHeaderInjections: whatever stands in whatever field, what arrives at the server is a mail of ours to whom it was meant for.
func TestHeaderInjections(t *testing.T) {
	server, o := smtptest.Start(t, smtptest.Options{Plain: true}), newOutbox()
	all, meant, tries := injections(modelstest.Share(1000), modelstest.Seed(t)), map[string][]string{}, 0 // meant are the headers that go to an address
	for _, field := range slices.Sorted(maps.Keys(fields)) {
		for _, payload := range all {
			l := birthCertificate(int64(tries), recipient(tries))
			l.Mail.Kind = []models.MailKind{models.MailApproved, models.MailQuestion, models.MailApplied}[tries%3]
			fields[field](&l, payload)
			meant[l.Mail.Recipient] = slices.Concat(common, threaded)
			o.add(l)
			tries++
		}
	}
	for _, field := range slices.Sorted(maps.Keys(accountFields)) {
		for _, payload := range all {
			l := birthCertificate(int64(tries), recipient(tries))
			l.Mail.Kind, l.Facts = accountFields[field].kind, templates.SampleLetter(accountFields[field].kind, "person", "de").Facts
			accountFields[field].put(&l, payload)
			meant[l.Mail.Recipient] = common
			o.add(l)
			tries++
		}
	}
	start(t, o, newSMTP(t, server, Patience{}))
	for end := time.Now().Add(10 * time.Minute); !o.done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the outbox is not empty")
		}
	}
	arrived := server.Messages()
	for _, m := range arrived {
		if len(m.To) != 1 || meant[m.To[0]] == nil || m.From != "no-reply@kisa.example" {
			t.Errorf("from %s to %v", m.From, m.To)
		}
		_, text, html := strictly(t, m.Data, meant[m.To[0]])
		for _, link := range anyLink.FindAllString(text+html, -1) {
			if !strings.HasPrefix(link, base+"/") && link != base {
				t.Errorf("a link that is not ours: %q", link)
			}
		}
		if t.Failed() {
			t.Fatalf("%q", bytes.TrimSpace(m.Data))
		}
	}
	for _, said := range commands(server.Talks()) {
		to, ok := strings.CutPrefix(said, "RCPT TO:<")
		if ok && meant[strings.TrimSuffix(to, ">")] == nil || !ok && !ourCommands.MatchString(said) {
			t.Errorf("the server heard a command that was smuggled in: %q", said)
		}
	}
	modelstest.Score(t, "S20", fmt.Sprintf("%d header injections in each of %d fields, through a real SMTP conversation", len(all), len(fields)+len(accountFields)), tries,
		fmt.Sprintf("%d mails arrived, all with our headers, our one recipient and links to us only; %d refused before", len(arrived), tries-len(arrived)))
}
