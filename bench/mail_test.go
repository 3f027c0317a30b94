package bench

import (
	"context"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/go-mail/mail/v2"

	"formwandel/mailer"
	"formwandel/models"
)

// BenchmarkMails empties an outbox on SQLite into a mail server, noting each
// mail as sent, against bare go-mail on one kept connection that notes nothing.
func BenchmarkMails(b *testing.B) {
	host, port := mailServer(b)
	for _, workers := range []int{1, 6} {
		b.Run(strconv.Itoa(workers), func(b *testing.B) {
			o := newOffice(b, "sqlite", towns)
			line, err := mail.NewDialer(host, port, "", "").Dial()
			must(b, err)
			defer func() { _ = line.Close() }()
			compare(b, fmt.Sprintf("mails sent and noted, %d workers, against bare go-mail", workers), "≥ 0.3", 7,
				func() float64 { return o.mailAll(b, host, port, workers) },
				func() float64 {
					return perSecond(mailsPerRound, func() {
						for i := range mailsPerRound {
							must(b, mail.Send(line, plainMail(i)))
						}
					})
				})
		})
	}
}

const mailsPerRound = 960

// mailServer takes everything and keeps nothing.
func mailServer(b testing.TB) (host string, port int) {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(b, err)
	s := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return swallow{}, nil }))
	s.Domain, s.ErrorLog = "sink.example", log.New(io.Discard, "", 0)
	go func() { _ = s.Serve(l) }()
	b.Cleanup(func() { _ = s.Close() })
	a := l.Addr().(*net.TCPAddr)
	return a.IP.String(), a.Port
}

type swallow struct{}

func (swallow) Reset()                               {}
func (swallow) Logout() error                        { return nil }
func (swallow) Mail(string, *smtp.MailOptions) error { return nil }
func (swallow) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (swallow) Data(r io.Reader) error               { _, err := io.Copy(io.Discard, r); return err }

// plainMail is a mail as a program without an outbox would send it.
func plainMail(i int) *mail.Message {
	m := mail.NewMessage()
	m.SetHeader("From", "formwandel@kisa.example")
	m.SetHeader("To", fmt.Sprintf("clerk%d@town.example", i))
	m.SetHeader("Subject", "[KA-2026-000001] Eingegangen: Geburtsurkunde (Musterstadt)")
	m.SetBody("text/plain", "Ihr Änderungsauftrag ist eingegangen.\n\nGebühr erste Geburtsurkunde: 20,00 € → 25,00 €, ab 01.01.2027\n")
	m.AddAlternative("text/html", "<p>Ihr Änderungsauftrag ist eingegangen.</p><p>Gebühr erste Geburtsurkunde: 20,00 € → 25,00 €, ab 01.01.2027</p>")
	return m
}

// counting tells when a number of mails has been noted as sent.
type counting struct {
	*models.Store
	left atomic.Int64
	done chan struct{}
}

func (c *counting) MarkSent(ctx context.Context, m models.Mail) error {
	err := c.Store.MarkSent(ctx, m)
	if err == nil && c.left.Add(-1) == 0 {
		close(c.done)
	}
	return err
}

// mailAll fills the outbox by filing and lets the program's own workers empty it.
func (o *office) mailAll(b *testing.B, host string, port, workers int) float64 {
	b.Helper()
	box := &counting{Store: o.Store, done: make(chan struct{})}
	for box.left.Load() < mailsPerRound {
		t := o.towns[int(filed.Load())%len(o.towns)]
		c, err := o.File(ctx, t.clerk, filing(t.ags, filed.Add(1)))
		must(b, err)
		box.left.Add(int64(len(c.Mails)))
	}
	n := int(box.left.Load())
	sender, err := mailer.NewSender(fmt.Sprintf("smtp://%s:%d?tls=none", host, port), b.TempDir(), "http://formwandel.example")
	must(b, err)
	w, err := mailer.New(mailer.Config{
		Outbox: box, Sender: sender, From: "formwandel@kisa.example", BaseURL: "http://formwandel.example",
		Log: slog.New(slog.DiscardHandler), Now: time.Now, Name: "bench", Workers: workers, Batch: 80,
	})
	must(b, err)
	run, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	speed := perSecond(n, func() {
		go func() { w.Run(run); close(ended) }()
		<-box.done
	})
	stop()
	<-ended
	return speed
}
