package mailer

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"formwandel/mailer/smtptest"
	"formwandel/models"
)

func write(t *testing.T, l models.Letter) ([]byte, error) {
	t.Helper()
	head, err := newLetterhead(sender, base+":8443/app")
	if err != nil {
		t.Fatal(err)
	}
	m, err := head.write(l, time.Time{}, new(bytes.Buffer))
	return m.Raw, err
}

// common are the headers of each mail; threaded those that one about a request has beside them.
var (
	common = []string{"Auto-Submitted", "Content-Language", "Content-Type", "Date", "From", "Message-Id",
		"Mime-Version", "Subject", "To", "X-Auto-Response-Suppress"}
	threaded = []string{"In-Reply-To", "References", "X-Formwandel-Request"}
)

// strict takes a mail about a request apart and complains about everything that
// is not as it must be; it returns headers and the two bodies.
func strict(t *testing.T, raw []byte) (header mail.Header, text, html string) {
	t.Helper()
	return strictly(t, raw, slices.Concat(common, threaded))
}

// strictly does so with a mail that has just these headers.
func strictly(t *testing.T, raw []byte, headers []string) (header mail.Header, text, html string) {
	t.Helper()
	for _, line := range strings.Split(strings.TrimSuffix(string(raw), "\r\n"), "\r\n") {
		long := len(line) > 78 && !strings.HasPrefix(line, "Message-ID: ") // it has no place to fold
		if strings.ContainsAny(line, "\r\n\x00") || long || len(line) > 998 {
			t.Errorf("line %q", line)
		}
	}
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("%v in\n%s", err, raw)
	}
	if got, want := slices.Sorted(maps.Keys(m.Header)), slices.Sorted(slices.Values(headers)); !slices.Equal(got, want) {
		t.Errorf("headers %v", got)
	}
	for name, values := range m.Header {
		if len(values) != 1 {
			t.Errorf("%d times %s", len(values), name)
		}
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("%s, %v", kind, err)
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	text, html = part(t, parts, "text/plain"), part(t, parts, "text/html")
	if _, err := parts.NextRawPart(); err != io.EOF {
		t.Errorf("a third part: %v", err)
	}
	return m.Header, text, html
}

func part(t *testing.T, parts *multipart.Reader, want string) string {
	t.Helper()
	p, err := parts.NextRawPart()
	if err != nil {
		t.Fatal(err)
	}
	kind, params, err := mime.ParseMediaType(p.Header.Get("Content-Type"))
	if err != nil || kind != want || params["charset"] != "UTF-8" || len(p.Header) != 2 {
		t.Errorf("part %v, %v", p.Header, err)
	}
	body, err := io.ReadAll(quotedprintable.NewReader(p))
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func subjectOf(t *testing.T, h mail.Header) string {
	t.Helper()
	s, err := new(mime.WordDecoder).DecodeHeader(h.Get("Subject"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestHeadersAreTheAgreedOnes(t *testing.T) {
	l := birthCertificate(7, recipient(1))
	l.Mail.Kind = models.MailQuestion
	raw, err := write(t, l)
	if err != nil {
		t.Fatal(err)
	}
	h, text, html := strict(t, raw)
	for name, want := range map[string]string{
		"From":                     `"Formwandel" <no-reply@kisa.example>`,
		"To":                       recipient(1),
		"Date":                     "Tue, 24 Nov 2026 09:30:00 +0100",
		"Message-ID":               "<mail-7@formwandel.example>",
		"References":               "<KA-2026-000001@formwandel.example>",
		"In-Reply-To":              "<KA-2026-000001@formwandel.example>",
		"Auto-Submitted":           "auto-generated",
		"X-Auto-Response-Suppress": "All",
		"X-Formwandel-Request":     "KA-2026-000001",
		"Content-Language":         "de",
		"Subject":                  "[KA-2026-000001] =?UTF-8?Q?R=C3=BCckfrage=3A_Geburtsurkunde_=28Bautzen=29?=",
	} {
		if got := h.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if got := subjectOf(t, h); got != "[KA-2026-000001] Rückfrage: Geburtsurkunde (Bautzen)" {
		t.Errorf("subject %q", got)
	}
	link := base + ":8443/app/auftraege/KA-2026-000001"
	if !strings.Contains(text, "\r\n"+link+"\r\n") || !strings.Contains(html, `<a href="`+link+`"`) {
		t.Error("the link is missing")
	}
	again, err := write(t, l)
	if err != nil || len(again) != len(raw) {
		t.Errorf("the same mail again is another one: %v", err)
	}
}

// payloads are forty ways to smuggle something into a header or a command.
func payloads() []string {
	var all []string
	for _, end := range []string{"\r\n", "\n", "\r", "\x00", "\u2028", "\u2029", "\u0085", "\v", "\f", "\r\n "} {
		all = append(all, "x"+end+"Bcc: spy@evil.example", "x"+end+end+"<h1>evil</h1>", end+".\r\nMAIL FROM:<evil@evil.example>")
	}
	return append(all, "=?UTF-8?Q?x=0D=0ABcc:_spy@evil.example?=", "=?utf-8?b?eA0KQmNjOiBzcHlAZXZpbC5leGFtcGxl?=",
		"x%0d%0aBcc: spy@evil.example", `x\r\nBcc: spy@evil.example`, "x, spy@evil.example", "<spy@evil.example>",
		`"x" <spy@evil.example>`, "\u202emoc.live", "x\xff\xfe\r\nBcc: spy@evil.example", strings.Repeat("ä€😀", 300))
}

// fields are the places a payload can come from.
var fields = map[string]func(l *models.Letter, payload string){
	"form":         func(l *models.Letter, p string) { l.Facts.FormTitle = p },
	"municipality": func(l *models.Letter, p string) { l.Facts.Municipality = p },
	"actor":        func(l *models.Letter, p string) { l.Facts.Actor = p },
	"comment":      func(l *models.Letter, p string) { l.Facts.Comment = p },
	"wish":         func(l *models.Letter, p string) { l.Facts.Wish = p },
	"effective":    func(l *models.Letter, p string) { l.Facts.Effective = p },
	"sentence":     func(l *models.Letter, p string) { l.Facts.Sentences = []string{p, p} },
	"open":         func(l *models.Letter, p string) { l.Facts.Open = []string{p} },
	"reading":      func(l *models.Letter, p string) { l.Facts.ReadBack = []models.MailReading{{Label: p, Value: p}} },
	"conflict": func(l *models.Letter, p string) {
		l.Facts.Conflicts = []models.MailConflict{{Label: p, Expected: p, Found: p}}
	},
	"predecessor": func(l *models.Letter, p string) { l.Facts.Predecessor = p },
	"revert":      func(l *models.Letter, p string) { l.Facts.Revert = p },
	"locale":      func(l *models.Letter, p string) { l.Mail.Locale = p },
	"role":        func(l *models.Letter, p string) { l.Mail.Role = p },
	"recipient":   func(l *models.Letter, p string) { l.Mail.Recipient = p },
	"in address":  func(l *models.Letter, p string) { l.Mail.Recipient = "amt@bautzen.example" + p },
	"message id":  func(l *models.Letter, p string) { l.Mail.MessageID = "<x" + p + "@host>" },
	"number":      func(l *models.Letter, p string) { l.Facts.Number = p },
	"after number": func(l *models.Letter, p string) {
		l.Facts.Number += p
	},
}

// accountFields are those of letters that are about no request, each with the letter that says most of it.
var accountFields = map[string]struct {
	kind models.MailKind
	put  func(l *models.Letter, payload string)
}{
	"account":         {models.MailAccountAdded, func(l *models.Letter, p string) { l.Facts.Account = p }},
	"account watched": {models.MailAddressWatch, func(l *models.Letter, p string) { l.Facts.Account = p }},
	"form of a policy": {models.MailPolicyProposed, func(l *models.Letter, p string) {
		l.Facts.Policy, l.Facts.Actor, l.Facts.Municipality = []models.PolicyDifference{{AssistantTitle: p, SectionTitle: p}}, p, p
	}},
	"why it was declined":      {models.MailPolicyDeclined, func(l *models.Letter, p string) { l.Facts.Comment, l.Facts.AGS = p, p }},
	"who invites":              {models.MailInvitation, func(l *models.Letter, p string) { l.Facts.Actor, l.Facts.Municipality = p, p }},
	"personal link":            {models.MailReset, func(l *models.Letter, p string) { l.Facts.Link = "/zugang/" + p }},
	"statement of a signature": {models.MailCheckpoint, func(l *models.Letter, p string) { l.Facts.Signed = []string{p, p} }},
}

func TestNothingTypedBecomesAHeader(t *testing.T) {
	all := payloads()
	if len(all) != 40 {
		t.Fatalf("%d payloads", len(all))
	}
	for field, put := range fields {
		for i, payload := range all {
			t.Run(fmt.Sprintf("%s/%d", field, i), func(t *testing.T) {
				l := birthCertificate(1, recipient(1))
				put(&l, payload)
				raw, err := write(t, l)
				var refused *Refused
				if errors.As(err, &refused) {
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				h, text, html := strict(t, raw)
				if h.Get("To") != l.Mail.Recipient || h.Get("X-Formwandel-Request") != l.Facts.Number {
					t.Errorf("to %q about %q", h.Get("To"), h.Get("X-Formwandel-Request"))
				}
				if subject := subjectOf(t, h); !strings.HasPrefix(subject, "["+l.Facts.Number+"] ") || strings.ContainsAny(subject, "\r\n\x00\u2028\u202e") {
					t.Errorf("subject %q", subject)
				}
				if strings.Contains(html, "<h1>") || strings.ContainsAny(text, "\x00\u2028\u202e") {
					t.Error("the payload got through")
				}
			})
		}
	}
}

func TestBadAddressesNeverReachTheServer(t *testing.T) {
	server := smtptest.Start(t, smtptest.Options{Plain: true})
	o := newOutbox()
	for i, payload := range payloads() {
		l := birthCertificate(int64(2*i), recipient(i))
		l.Facts.FormTitle, l.Facts.Comment, l.Facts.Municipality = payload, payload, payload
		bad := birthCertificate(int64(2*i+1), "amt@bautzen.example"+payload)
		o.add(l, bad)
	}
	start(t, o, newSMTP(t, server, Patience{}))
	eventually(t, "an empty outbox", o.done)
	if n := len(server.Messages()); n != 40 {
		t.Errorf("%d mails", n)
	}
	for _, m := range server.Messages() {
		if len(m.To) != 1 || !strings.HasPrefix(m.To[0], "amt") || m.From != "no-reply@kisa.example" {
			t.Errorf("from %s to %v", m.From, m.To)
		}
		strict(t, m.Data)
	}
	if heard := server.Heard(); strings.Count(heard, "MAIL FROM:<no-reply@") != 40 || strings.Contains(heard, "\r\nMAIL FROM:<evil") {
		t.Error("the server heard more commands than mails")
	}
}

func TestSubjectsSurviveTheirEncoding(t *testing.T) {
	for _, s := range []string{"plain", "Grüße", "[KA-2026-000001] Umgesetzt: Gewerbe-Ummeldung für Großschönau (Großschönau)",
		"=?UTF-8?Q?x?=", strings.Repeat("ä", 500), strings.Repeat("x", 300), strings.Repeat("wort ", 50) + "ende", "a  b", "ü  ü", "😀 und = ? _ .", " ü"} {
		encoded := encodeSubject(s)
		decoded, err := new(mime.WordDecoder).DecodeHeader(encoded)
		if err != nil || decoded != s || !isHeader(encoded) {
			t.Errorf("%q became %q, read %q (%v)", s, encoded, decoded, err)
		}
		for _, word := range strings.Fields(encoded) {
			if len(word) > wordLimit {
				t.Errorf("word of %d characters: %q", len(word), word)
			}
		}
	}
}

func TestSenderAndBaseAreChecked(t *testing.T) {
	for _, bad := range []string{"", "nobody", "a@b\r\nBcc: c@d", "a@b, c@d", "ä@kisa.example"} {
		if _, err := newLetterhead(bad, base); err == nil {
			t.Errorf("sender %q is accepted", bad)
		}
	}
	if _, err := newLetterhead(sender, "formwandel"); err == nil {
		t.Error("a base address without a host is accepted")
	}
	for url, want := range map[string]string{
		"https://formwandel.example:8443/x": "formwandel.example", "http://127.0.0.1:8080": "[127.0.0.1]",
		"http://[::1]:8080": "[IPv6:::1]", "": "localhost",
	} {
		if got := localName(url); got != want {
			t.Errorf("%s: we call ourselves %q, want %q", url, got, want)
		}
	}
}

func TestOnlyBareAddressesAreUsed(t *testing.T) {
	for _, good := range []string{"a@b", "vor.name+amt@stadt-bautzen.example", "o'brien@bautzen.example"} {
		if !isMailbox(good) {
			t.Errorf("%q is refused", good)
		}
	}
	for _, bad := range []string{"", "a", "@b", "a@", "a@b@c", "a b@c", `"a b"@c`, "A <a@b>", "a@b,c@d", "a@b>", "a@[127.0.0.1]", "ä@b", "a@ä",
		"=?utf-8?q?x?=@b", "a@b\n", "a@b\x00", "a@b NOTIFY=NEVER", "a@b.", "a@b..c", strings.Repeat("a", 250) + "@b.de"} {
		if isMailbox(bad) {
			t.Errorf("%q is accepted", bad)
		}
	}
}
