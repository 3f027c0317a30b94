package mailer

import (
	"bufio"
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/go-mail/mail/v2"

	"formwandel/models"
)

// sink is a mail server that accepts everything and keeps nothing.
func sink(b *testing.B) Server {
	b.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go swallow(c)
		}
	}()
	u := url.URL{Host: listener.Addr().String()}
	port, _ := strconv.Atoi(u.Port())
	return Server{Host: u.Hostname(), Port: port, Security: NoTLS}
}

func swallow(c net.Conn) {
	defer func() { _ = c.Close() }()
	_, _ = c.Write([]byte("220 sink\r\n"))
	lines := bufio.NewScanner(c)
	lines.Buffer(nil, 1<<20)
	content := false
	for lines.Scan() {
		answer := "250 ok\r\n"
		switch line := lines.Bytes(); {
		case content && !bytes.Equal(line, []byte(".")):
			continue
		case content:
			content = false
		case bytes.Equal(line, []byte("DATA")):
			content, answer = true, "354 go on\r\n"
		}
		if _, err := c.Write([]byte(answer)); err != nil {
			return
		}
	}
}

// BenchmarkBareGoMail is the library alone: one line, one mail built anew and
// sent each time. It is what BenchmarkWorker is measured against.
func BenchmarkBareGoMail(b *testing.B) {
	server := sink(b)
	line, err := mail.NewDialer(server.Host, server.Port, "", "").Dial()
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = line.Close() }()
	for b.Loop() {
		m := mail.NewMessage()
		m.SetHeader("From", "no-reply@kisa.example")
		m.SetHeader("To", recipient(1))
		m.SetHeader("Subject", "[KA-2026-000001] Freigegeben: Geburtsurkunde (Bautzen)")
		m.SetBody("text/plain", "Die Änderung ist freigegeben.")
		m.AddAlternative("text/html", "<p>Die Änderung ist freigegeben.</p>")
		if err := mail.Send(line, m); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "mails/s")
}

// BenchmarkWorker leases, writes, sends and marks, with one worker on one line.
func BenchmarkWorker(b *testing.B) {
	o := &endless{all: b.N, done: make(chan struct{}), wake: make(chan struct{})}
	w, err := New(Config{
		Outbox: o, Sender: NewSMTP(SMTPConfig{Server: sink(b), BaseURL: base}), From: sender, BaseURL: base,
		Now: time.Now, Log: slog.New(slog.DiscardHandler), Workers: 1,
	})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	stopped := make(chan struct{})
	b.ResetTimer()
	go func() { w.Run(ctx); close(stopped) }()
	<-o.done
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "mails/s")
	cancel()
	<-stopped
}

// BenchmarkWrite is one mail from its facts to its last byte.
func BenchmarkWrite(b *testing.B) {
	head, err := newLetterhead(sender, base)
	if err != nil {
		b.Fatal(err)
	}
	buf := new(bytes.Buffer)
	b.ReportAllocs()
	for b.Loop() {
		buf.Reset()
		if _, err := head.write(birthCertificate(1, recipient(1)), time.Time{}, buf); err != nil {
			b.Fatal(err)
		}
	}
}

// endless is an outbox for one worker with as many mails as it takes.
type endless struct {
	outbox
	all, leased, sent int
	done, wake        chan struct{}
}

func (e *endless) MailWake() <-chan struct{} { return e.wake }

func (e *endless) LeaseMails(_ context.Context, _ string, n int, _ time.Duration) ([]models.Letter, error) {
	n = min(n, e.all-e.leased)
	e.leased += n
	letters := make([]models.Letter, n)
	for i := range letters {
		letters[i] = birthCertificate(int64(i), recipient(i))
	}
	return letters, nil
}

func (e *endless) MarkSent(context.Context, models.Mail) error {
	if e.sent++; e.sent == e.all {
		close(e.done)
	}
	return nil
}
