package mailer

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	netmail "net/mail"
	"net/url"
	"strings"
	"sync"
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
	m := messages.Get().(*mail.Message)
	defer func() { m.Reset(); messages.Put(m) }()
	m.SetBoundary(boundary(row.MessageID))
	for _, f := range h.fields(l, subject, now) {
		if !isHeader(f.value) {
			return Message{}, &Refused{Words: "the header " + f.name + " cannot be used"}
		}
		m.SetHeader(f.name, f.value)
	}
	m.SetBody("text/plain", text)
	m.AddAlternative("text/html", html)
	if _, err := m.WriteTo(buf); err != nil {
		return Message{}, fmt.Errorf("mail %d cannot be written: %w", row.ID, err)
	}
	return Message{ID: row.ID, MessageID: row.MessageID, From: h.address, To: row.Recipient, Raw: buf.Bytes()}, nil
}

// messages are go-mail's, each used for one mail after the other: nothing stays in them.
var messages = sync.Pool{New: func() any { return mail.NewMessage() }}

// field is one of a header.
type field struct{ name, value string }

func (h letterhead) fields(l models.Letter, subject string, now time.Time) []field {
	date := l.Mail.CreatedAt
	if date.IsZero() {
		date = now
	}
	all := append(make([]field, 0, 11),
		field{"From", h.from},
		field{"To", l.Mail.Recipient},
		field{"Subject", encodeSubject(subject)},
		field{"Date", date.In(calendar.Berlin).Format(time.RFC1123Z)},
		field{"Message-ID", l.Mail.MessageID},
		field{"Content-Language", templates.Words(l.Mail.Locale).Lang()},
		field{"Auto-Submitted", "auto-generated"},
		field{"X-Auto-Response-Suppress", "All"},
	)
	if number := l.Facts.Number; number != "" {
		thread := h.thread(number)
		all = append(all, field{"In-Reply-To", thread}, field{"References", thread}, field{"X-Formwandel-Request", number})
	}
	return all
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
