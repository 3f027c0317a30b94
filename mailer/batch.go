package mailer

import (
	"context"
	"errors"
	"sync"
	"time"

	"formwandel/models"
)

// batch is what one worker has leased at once.
type batch struct {
	*Worker
	letters []models.Letter
	token   string

	mu      sync.Mutex
	open    []int64 // mails of the batch that are still ours to send
	away    string  // why the rest was not tried
	renewed time.Time
}

func (w *Worker) newBatch(letters []models.Letter) *batch {
	b := &batch{Worker: w, letters: letters, token: letters[0].Mail.LeaseToken, renewed: w.Now()}
	for _, l := range letters {
		b.open = append(b.open, l.Mail.ID)
	}
	return b
}

// send goes through the batch and says whether the server and the outbox could
// be reached; what was not tried is given back.
func (b *batch) send(ctx, sending context.Context) bool {
	stop := b.keepLease(sending)
	fine := b.sendAll(ctx, sending)
	stop()
	b.release(ctx)
	return fine
}

func (b *batch) sendAll(ctx, sending context.Context) bool {
	d, next := newDraft(), newDraft()
	defer d.putAway()
	defer next.putAway()
	b.draft(d, 0)
	for i := range b.letters {
		if ctx.Err() != nil {
			return true
		}
		if !b.stillOurs(sending) {
			b.forgetAll()
			return true
		}
		if !b.sendOne(sending, d, func() { b.draft(next, i+1) }) {
			return false
		}
		d, next = next, d
	}
	return true
}

// draft writes one of the batch's letters, if there is one more.
func (b *batch) draft(d *draft, i int) {
	if i < len(b.letters) {
		d.write(b.letterhead, &b.letters[i], b.Now())
	}
}

// sendOne hands a mail over and notes the outcome before anything else is sent; meanwhile something else may be done.
// It is false when the rest of the batch has no chance either.
func (b *batch) sendOne(sending context.Context, d *draft, meanwhile func()) bool {
	m, err := &d.letter.Mail, d.err
	if err == nil {
		err = b.Sender.Send(sending, d.message)
	}
	var closed *Unreachable
	if errors.As(err, &closed) {
		b.Log.Warn("mails cannot be sent now", "mail", m.ID, "error", closed)
		b.away = takesNone
		return false
	}
	marked := b.insist(sending, b.outcome(m, err), meanwhile)
	b.forget(m.ID)
	if marked != nil {
		b.Log.Error("what became of a mail could not be noted", "mail", m.ID, "error", marked)
	}
	return marked == nil || lost(marked)
}

// outcome says what happened to a mail in the log and returns the note for the outbox.
func (b *batch) outcome(m *models.Mail, err error) func(db context.Context) error {
	if err == nil {
		b.Log.Info("mail sent", "mail", m.ID, "kind", string(m.Kind))
		return func(db context.Context) error { return b.Outbox.MarkSent(db, *m) }
	}
	log := b.Log.With("mail", m.ID, "kind", string(m.Kind))
	refused := func(words string) func(context.Context) error {
		return func(db context.Context) error { return b.Outbox.MarkRefused(db, *m, words) }
	}
	var no *Refused
	if errors.As(err, &no) {
		log.Error("mail refused", "code", no.Code)
		return refused(no.Words)
	}
	var later *Deferred
	if !errors.As(err, &later) {
		later = &Deferred{Words: clean(err.Error())}
		log.Error("mail failed", "error", err)
	}
	if givenUp(m.Attempts, b.Now().Sub(m.CreatedAt)) {
		log.Error("mail given up", "attempts", m.Attempts, "code", later.Code)
		return refused(later.Words)
	}
	after := retryAfter(m.Attempts)
	log.Warn("mail deferred", "attempts", m.Attempts, "code", later.Code,
		"perhaps_delivered", later.Unknown, "again_in", after)
	return func(db context.Context) error { return b.Outbox.MarkRetry(db, *m, after, later.Words) }
}

// insist notes what became of a mail while something else is done: the outbox takes its time, and needs no processor for it.
func (b *batch) insist(sending context.Context, note func(context.Context) error, meanwhile func()) error {
	noted := make(chan error, 1)
	go func() { noted <- b.repeat(sending, note) }()
	meanwhile()
	return <-noted
}

// repeat does so until the outbox has taken the note, at most for one lease:
// a mail that was sent but not noted would be sent again.
func (b *batch) repeat(sending context.Context, note func(context.Context) error) error {
	wait, waited := 50*time.Millisecond, time.Duration(0)
	for {
		db, done := atOutbox(sending)
		err := note(db)
		done()
		if err == nil || lost(err) || waited >= b.Lease || !sleep(sending, wait) {
			return err
		}
		waited += wait
		wait = min(2*wait, 2*time.Second)
	}
}

// lost says that the mail has gone to another worker.
func lost(err error) bool {
	return models.IsKind(err, models.Conflict) || models.IsKind(err, models.NotFound)
}
