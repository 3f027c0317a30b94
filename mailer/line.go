package mailer

import (
	"context"
	"io"
	"time"

	"github.com/go-mail/mail/v2"
)

// line is a conversation with the mail server, good for many mails, one by one.
type line struct {
	mail.SendCloser
	wire     *wire
	patience Patience
	idle     *time.Timer // hangs up a kept line that nobody used
	handed   bool        // the mail in hand was written to its end, or may have been
}

// deliver sends one mail. After an error the line must be cut.
func (l *line) deliver(ctx context.Context, m Message) error {
	defer context.AfterFunc(ctx, l.cut)()
	l.handed = false
	l.wire.allow(l.patience.Command)
	err := l.Send(m.From, []string{m.To}, body{raw: m.Raw, line: l})
	l.wire.rest()
	if err != nil {
		return l.wire.explain(err)
	}
	return nil
}

// cut hangs up without a word.
func (l *line) cut() { _ = l.wire.Close() }

// quit says good-bye first, without waiting long.
func (l *line) quit() {
	l.wire.allow(min(l.patience.Command, time.Second))
	_ = l.Close()
	l.cut()
}

// body is a finished mail on its way into the line.
type body struct {
	raw  []byte
	line *line
}

// WriteTo hands the mail over. After it go-mail ends the mail with a dot, even
// if writing failed; so the line is cut first, or half a mail would be delivered.
func (b body) WriteTo(w io.Writer) (int64, error) {
	n, err := w.Write(b.raw)
	if err != nil {
		b.line.cut()
		return int64(n), err
	}
	b.line.handed = true
	b.line.wire.allow(b.line.patience.Verdict)
	return int64(n), nil
}
