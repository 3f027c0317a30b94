// Package mailer empties the outbox: it leases mails, writes them, hands them
// to a mail server or a folder, and notes what became of each.
package mailer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"formwandel/models"
)

// Sender hands one finished mail over. It returns nil once somebody else has
// taken responsibility for it, or else a *Refused, *Deferred or *Unreachable.
type Sender interface {
	Send(ctx context.Context, m Message) error
}

// Outbox is the part of the store the mailer works on. Every change is fenced by
// the lease's token: a lease that was lost answers with models.Conflict.
type Outbox interface {
	// LeaseMails takes up to n due mails, oldest first, and counts the attempt.
	LeaseMails(ctx context.Context, worker string, n int, lease time.Duration) ([]models.Letter, error)
	// ExtendLease fails if one of the mails is no longer leased under token.
	ExtendLease(ctx context.Context, ids []int64, token string, lease time.Duration) error
	MarkSent(ctx context.Context, m models.Mail) error
	MarkRetry(ctx context.Context, m models.Mail, after time.Duration, reason string) error
	MarkRefused(ctx context.Context, m models.Mail, reason string) error
	// ReleaseMails gives mails back untried: the attempt does not count. Why not is noted, "" if there is nothing to say.
	ReleaseMails(ctx context.Context, ids []int64, token, why string) error
	// MailWake is nudged after commits that wrote mails.
	MailWake() <-chan struct{}
}

// Config is what a Worker needs; zero values stand for the defaults named.
type Config struct {
	Outbox  Outbox
	Sender  Sender
	From    string // FORMWANDEL_MAIL_FROM, with or without a name
	BaseURL string // links start with it, its host names the threads
	Log     *slog.Logger
	Now     func() time.Time
	Name    string        // this instance in leases, default "mailer"
	Workers int           // mails sent at the same time, default 2
	Batch   int           // mails leased at once, default 20
	Poll    time.Duration // how often to look without a nudge, default 1 s
	Lease   time.Duration // default 2 min, extended while sending
	Grace   time.Duration // for the mail in hand when stopped, default 8 s
	Pause   time.Duration // first pause when nothing can be sent, doubled up to 8 times; default 1 s
}

// Worker sends what is in the outbox until it is stopped.
type Worker struct {
	Config
	letterhead letterhead
	troubles   atomic.Int32 // how often in a row the server or the outbox was out of reach
}

// New checks the configuration and makes a worker of it.
func New(c Config) (*Worker, error) {
	if c.Outbox == nil || c.Sender == nil || c.Now == nil {
		return nil, errors.New("mailer: outbox, sender and clock are needed")
	}
	head, err := newLetterhead(c.From, c.BaseURL)
	if err != nil {
		return nil, fmt.Errorf("mailer: %w", err)
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Name == "" {
		c.Name = "mailer"
	}
	c.Workers, c.Batch = orElse(c.Workers, 2), orElse(c.Batch, 20)
	c.Poll, c.Lease = orElse(c.Poll, time.Second), orElse(c.Lease, 2*time.Minute)
	c.Grace, c.Pause = orElse(c.Grace, 8*time.Second), orElse(c.Pause, time.Second)
	return &Worker{Config: c, letterhead: head}, nil
}

func orElse[T int | time.Duration](given, otherwise T) T {
	if given > 0 {
		return given
	}
	return otherwise
}

// Run sends mails until ctx ends. Then each mail in hand has the grace period to
// be finished, and the rest of what was leased is given back.
func (w *Worker) Run(ctx context.Context) {
	sending, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(w.Grace, stop) })()
	var workers sync.WaitGroup
	for i := range w.Workers {
		workers.Go(func() { w.work(ctx, sending, fmt.Sprintf("%s/%d", w.Name, i+1)) })
	}
	workers.Wait()
	if c, ok := w.Sender.(io.Closer); ok {
		_ = c.Close() // only idle connections are left; nothing can be lost
	}
}

func (w *Worker) work(ctx, sending context.Context, name string) {
	for ctx.Err() == nil {
		letters, err := w.lease(ctx, name)
		switch {
		case err != nil:
			w.Log.Error("mails could not be leased", "worker", name, "error", err)
			w.pause(ctx)
		case len(letters) == 0:
			w.wait(ctx)
		case w.newBatch(letters).send(ctx, sending):
			w.troubles.Store(0)
		default:
			w.pause(ctx)
		}
	}
}

// lease takes a batch; after trouble a single mail, to see whether it is over.
func (w *Worker) lease(ctx context.Context, name string) ([]models.Letter, error) {
	n := w.Batch
	if w.troubles.Load() > 0 {
		n = 1
	}
	db, done := atOutbox(ctx)
	defer done()
	return w.Outbox.LeaseMails(db, name, n, w.Lease)
}

func (w *Worker) wait(ctx context.Context) {
	poll := time.NewTimer(w.Poll)
	defer poll.Stop()
	select {
	case <-ctx.Done():
	case <-w.Outbox.MailWake():
	case <-poll.C:
	}
}

// pause waits longer with each trouble in a row; nudges do not shorten it.
func (w *Worker) pause(ctx context.Context) {
	sleep(ctx, pauseAfter(w.Pause, int(w.troubles.Add(1))))
}

// outboxPatience is how long one word with the outbox may take.
const outboxPatience = 10 * time.Second

// atOutbox is the context of a word with the outbox: a mail that was sent is
// noted even when everything is being stopped.
func atOutbox(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), outboxPatience)
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
