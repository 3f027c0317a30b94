package mailer

import (
	"bytes"
	"sync"
	"time"

	"formwandel/models"
)

// draft is a letter of the batch, written and not sent yet.
type draft struct {
	letter  *models.Letter
	message Message
	err     error // why it can't be sent
	buf     *bytes.Buffer
}

// buffers hold a mail each while it is being written and sent.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func newDraft() *draft { return &draft{buf: buffers.Get().(*bytes.Buffer)} }

func (d *draft) putAway() { buffers.Put(d.buf) }

// write makes a mail of the letter, in the place of the one before.
func (d *draft) write(head letterhead, l *models.Letter, now time.Time) {
	d.buf.Reset()
	d.letter = l
	if l.Err != nil {
		d.message, d.err = Message{}, &Refused{Words: clean("what this mail reports can't be read: " + l.Err.Error())}
		return
	}
	d.message, d.err = head.write(*l, now, d.buf)
}
