package mailer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"formwandel/models"
)

const (
	base   = "https://formwandel.example"
	sender = "Formwandel <no-reply@kisa.example>"
)

var _ Outbox = (*models.Store)(nil)

// outbox is the outbox in memory; a deferred mail is due again at once.
type outbox struct {
	mu       sync.Mutex
	rows     []*row
	wake     chan struct{}
	leases   int
	released int
	extended int
	down     int    // so many calls fail as if the database were away
	stolen   error  // what ExtendLease answers
	waited   func() // what happens while ExtendLease waits its turn
}

type row struct {
	letter models.Letter
	after  []time.Duration // the pauses it was given
	reason string
}

var errDown = errors.New("the database is away")

func newOutbox(letters ...models.Letter) *outbox {
	o := &outbox{wake: make(chan struct{}, 1)}
	o.add(letters...)
	return o
}

func (o *outbox) add(letters ...models.Letter) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, l := range letters {
		l.Mail.State = models.MailWaiting
		o.rows = append(o.rows, &row{letter: l})
	}
}

func (o *outbox) LeaseMails(_ context.Context, worker string, n int, _ time.Duration) ([]models.Letter, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.away() {
		return nil, errDown
	}
	o.leases++
	token := fmt.Sprint(worker, "#", o.leases)
	var out []models.Letter
	for _, r := range o.rows {
		if m := &r.letter.Mail; m.State == models.MailWaiting && m.LeaseToken == "" && len(out) < n {
			m.LeaseToken = token
			m.Attempts++
			out = append(out, r.letter)
		}
	}
	return out, nil
}

func (o *outbox) away() bool {
	o.down--
	return o.down >= 0
}

func (o *outbox) ExtendLease(_ context.Context, ids []int64, token string, _ time.Duration) error {
	if o.waited != nil {
		o.waited()
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, r := range o.rows {
		if slices.Contains(ids, r.letter.Mail.ID) && r.letter.Mail.LeaseToken != token {
			return &models.Error{Kind: models.Conflict, Code: "stale"}
		}
	}
	o.extended++
	return o.stolen
}

func (o *outbox) mark(id int64, token string, do func(*row)) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.away() {
		return errDown
	}
	for _, r := range o.rows {
		if r.letter.Mail.ID == id && r.letter.Mail.LeaseToken == token && token != "" {
			r.letter.Mail.LeaseToken = ""
			do(r)
			return nil
		}
	}
	return &models.Error{Kind: models.Conflict, Code: "lease_lost"}
}

func (o *outbox) MarkSent(_ context.Context, m models.Mail) error {
	return o.mark(m.ID, m.LeaseToken, func(r *row) { r.letter.Mail.State = models.MailSent })
}

func (o *outbox) MarkRefused(_ context.Context, m models.Mail, reason string) error {
	return o.mark(m.ID, m.LeaseToken, func(r *row) { r.letter.Mail.State, r.reason = models.MailRefused, reason })
}

func (o *outbox) MarkRetry(_ context.Context, m models.Mail, after time.Duration, reason string) error {
	return o.mark(m.ID, m.LeaseToken, func(r *row) { r.after, r.reason = append(r.after, after), reason })
}

func (o *outbox) ReleaseMails(_ context.Context, ids []int64, token, why string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, r := range o.rows {
		if m := &r.letter.Mail; slices.Contains(ids, m.ID) && m.LeaseToken == token {
			m.LeaseToken = ""
			m.Attempts--
			r.reason = cmp.Or(why, r.reason)
			o.released++
		}
	}
	return nil
}

func (o *outbox) MailWake() <-chan struct{} { return o.wake }

// row is a copy of a mail's row.
func (o *outbox) row(id int64) row {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, r := range o.rows {
		if r.letter.Mail.ID == id {
			return *r
		}
	}
	return row{}
}

// done says that no mail waits any more.
func (o *outbox) done() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return !slices.ContainsFunc(o.rows, func(r *row) bool { return r.letter.Mail.State == models.MailWaiting })
}

// birthCertificate is mail number id about a fee in Bautzen.
func birthCertificate(id int64, to string) models.Letter {
	return models.Letter{
		Mail: models.Mail{
			ID: id, Kind: models.MailApproved, Role: "author", Recipient: to, Locale: "de",
			MessageID: fmt.Sprintf("<mail-%d@formwandel.example>", id),
			CreatedAt: time.Date(2026, 11, 24, 8, 30, 0, 0, time.UTC),
		},
		Facts: models.MailFacts{
			Number: "KA-2026-000001", FormTitle: "Geburtsurkunde", Municipality: "Bautzen",
			Sentences: []string{"Gebühr erste Geburtsurkunde: 20,00\u00a0€ → 25,00\u00a0€, ab 01.01.2027"},
			Actor:     "Stadt Bautzen", At: time.Date(2026, 11, 24, 8, 30, 0, 0, time.UTC),
		},
	}
}

func recipient(i int) string { return fmt.Sprintf("amt%d@bautzen.example", i) }

// start runs a worker with quick habits until the test or stop ends it.
func start(t *testing.T, o *outbox, s Sender, change ...func(*Config)) (stop func()) {
	t.Helper()
	c := Config{
		Outbox: o, Sender: s, From: sender, BaseURL: base, Now: time.Now, Log: quiet(t),
		Poll: 2 * time.Millisecond, Pause: time.Millisecond, Grace: 5 * time.Second,
	}
	for _, f := range change {
		f(&c)
	}
	w, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return run(t, w)
}

// run lets a worker work until the test or stop ends it.
func run(t *testing.T, w *Worker) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { w.Run(ctx) })
	stop = func() { cancel(); running.Wait() }
	t.Cleanup(stop)
	return stop
}

// eventually waits for something that must happen, however slow the machine.
func eventually(t *testing.T, what string, happened func() bool) {
	t.Helper()
	for range 6000 {
		if happened() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("never happened: %s", what)
}
