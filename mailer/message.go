package mailer

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	netmail "net/mail"
	"net/url"
	"strings"
	"time"

	"github.com/go-mail/mail/v2"

	"formwandel/models"
	"formwandel/models/calendar"
	"formwandel/templates"
)

// Message is a finished mail to one recipient. Raw is only lent: it is used
// again for the next mail.
type Message struct {
	ID        int64
	MessageID string // with angle brackets
	From, To  string // of the envelope
	Raw       []byte // header and both parts, lines end with CRLF
}

// letterhead is what all our mails have in common.
type letterhead struct {
	address string // envelope sender
	from    string // the From line, encoded
	baseURL string
	host    string // names the threads
}

func newLetterhead(from, baseURL string) (letterhead, error) {
	sender, err := netmail.ParseAddress(from)
	if err != nil || !isMailbox(sender.Address) || !isHeader(sender.String()) {
		return letterhead{}, fmt.Errorf("the sender %q is not a mail address such as Formwandel <no-reply@example.org>", from)
	}
	base, err := url.Parse(baseURL)
	if err != nil || base.Hostname() == "" {
		return letterhead{}, fmt.Errorf("the base address %q has no host", baseURL)
	}
	return letterhead{
		address: sender.Address, from: sender.String(),
		baseURL: baseURL, host: threadHost(base),
	}, nil
}

func threadHost(base *url.URL) string {
	if host := base.Hostname(); !strings.Contains(host, ":") {
		return host
	}
	return "[" + base.Hostname() + "]"
}

// write makes the mail in buf. A row that cannot become a mail is *Refused; the
// same row always becomes the same mail, however often it is sent.
func (h letterhead) write(l models.Letter, now time.Time, buf *bytes.Buffer) (Message, error) {
	row := l.Mail
	if !isMailbox(row.Recipient) {
		return Message{}, &Refused{Words: "the recipient's address cannot be used"}
	}
	if !isMessageID(row.MessageID) {
		return Message{}, &Refused{Words: "the Message-ID cannot be used"}
	}
	if number := l.Facts.Number; number != "" && (!isName(number) || len(number) > 40) {
		return Message{}, &Refused{Words: "the request number cannot be used"}
	}
	subject, text, html, err := templates.RenderMail(l, h.baseURL)
	if err != nil {
		return Message{}, fmt.Errorf("mail %d cannot be written: %w", row.ID, err)
	}
	m := mail.NewMessage()
	m.SetBoundary(boundary(row.MessageID))
	for name, value := range h.headers(l, subject, now) {
		if !isHeader(value) {
			return Message{}, &Refused{Words: "the header " + name + " cannot be used"}
		}
		m.SetHeader(name, value)
	}
	m.SetBody("text/plain", text)
	m.AddAlternative("text/html", html)
	if _, err := m.WriteTo(buf); err != nil {
		return Message{}, fmt.Errorf("mail %d cannot be written: %w", row.ID, err)
	}
	return Message{ID: row.ID, MessageID: row.MessageID, From: h.address, To: row.Recipient, Raw: buf.Bytes()}, nil
}

func (h letterhead) headers(l models.Letter, subject string, now time.Time) map[string]string {
	date := l.Mail.CreatedAt
	if date.IsZero() {
		date = now
	}
	headers := map[string]string{
		"From":                     h.from,
		"To":                       l.Mail.Recipient,
		"Subject":                  encodeSubject(subject),
		"Date":                     date.In(calendar.Berlin).Format(time.RFC1123Z),
		"Message-ID":               l.Mail.MessageID,
		"Content-Language":         templates.Words(l.Mail.Locale).Lang(),
		"Auto-Submitted":           "auto-generated",
		"X-Auto-Response-Suppress": "All",
	}
	if number := l.Facts.Number; number != "" {
		headers["In-Reply-To"], headers["References"] = h.thread(number), h.thread(number)
		headers["X-Formwandel-Request"] = number
	}
	return headers
}

// thread is the root that all mails about a request answer to.
func (h letterhead) thread(number string) string {
	return "<" + number + "@" + h.host + ">"
}

// boundary parts the bodies; it depends on the Message-ID alone, so that a mail
// sent again is the same to the letter.
func boundary(messageID string) string {
	sum := sha256.Sum256([]byte(messageID))
	return "formwandel-" + hex.EncodeToString(sum[:16])
}
