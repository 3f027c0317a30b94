package mailer

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"formwandel/mailer/smtptest"
	"formwandel/models"
)

func TestEveryMailIsSentOnce(t *testing.T) {
	server := smtptest.Start(t, smtptest.Options{Plain: true})
	o := newOutbox()
	for i := range 100 {
		o.add(birthCertificate(int64(i), recipient(i)))
	}
	start(t, o, newSMTP(t, server, Patience{}))
	eventually(t, "an empty outbox", o.done)
	for i := range 100 {
		if n := len(server.MessagesTo(recipient(i))); n != 1 {
			t.Errorf("%s got %d mails", recipient(i), n)
		}
		if r := o.row(int64(i)); r.letter.Mail.State != models.MailSent || r.letter.Mail.Attempts != 1 {
			t.Errorf("mail %d: %s after %d attempts", i, r.letter.Mail.State, r.letter.Mail.Attempts)
		}
	}
	if server.Calls() > 2 {
		t.Errorf("%d lines for two workers", server.Calls())
	}
}

func TestOneRecipientHoldsUpNobody(t *testing.T) {
	server := smtptest.Start(t, smtptest.Options{Plain: true})
	server.Script(recipient(0), smtptest.Answer{Code: 550, Words: "no such user", Always: true})
	server.Script(recipient(1), smtptest.Answer{Code: 451, Words: "later"}, smtptest.Answer{Code: 451, Words: "later"})
	server.Script(recipient(2), smtptest.Answer{Drop: true}, smtptest.Answer{At: smtptest.AtDot, Code: 554, Words: "spam"})
	server.Script(recipient(3), smtptest.Answer{At: smtptest.AtDot, Drop: true})
	o := newOutbox()
	for i := range 10 {
		o.add(birthCertificate(int64(i), recipient(i)))
	}
	broken := birthCertificate(10, "amt@bautzen.example\r\nBcc: x@evil.example")
	o.add(broken)
	unreadable := birthCertificate(11, recipient(11))
	unreadable.Err = errors.New("invalid character 'n'")
	o.add(unreadable)
	start(t, o, newSMTP(t, server, Patience{}), func(c *Config) { c.Workers = 1 })
	eventually(t, "an empty outbox", o.done)
	for id, want := range map[int64]string{0: "550 no such user", 2: "554 spam", 10: "the recipient's address cannot be used", 11: "what this mail reports can't be read: invalid character 'n'"} {
		if r := o.row(id); r.letter.Mail.State != models.MailRefused || r.reason != want {
			t.Errorf("mail %d: %s %q, want %q", id, r.letter.Mail.State, r.reason, want)
		}
	}
	if r := o.row(3); r.reason != "the mail server hung up in the middle" {
		t.Errorf("mail 3 was sent again because %q", r.reason)
	}
	if r := o.row(1); r.letter.Mail.Attempts != 3 || len(r.after) != 2 || r.after[0] > time.Minute || r.after[1] <= time.Minute {
		t.Errorf("mail 1: %d attempts, pauses %v", r.letter.Mail.Attempts, r.after)
	}
	again := server.MessagesTo(recipient(3))
	if len(again) != 2 || !again[0].Broken || again[1].Broken {
		t.Fatalf("mail 3 came %d times", len(again))
	}
	if id := "Message-ID: <mail-3@formwandel.example>"; strings.Count(string(again[0].Data)+string(again[1].Data), id) != 2 {
		t.Error("the second copy has another Message-ID")
	}
	for i := 4; i < 10; i++ {
		if n := len(server.MessagesTo(recipient(i))); n != 1 {
			t.Errorf("%s got %d mails", recipient(i), n)
		}
	}
}

func TestServerDownCountsNoAttempt(t *testing.T) {
	host, port := smtptest.Reading(t, "421 closed")
	closed, err := ParseURL("smtp://" + host + ":" + port + "?tls=none")
	if err != nil {
		t.Fatal(err)
	}
	server := smtptest.Start(t, smtptest.Options{Plain: true})
	sender := &switchable{}
	sender.to.Store(NewSMTP(SMTPConfig{Server: closed, BaseURL: base}))
	o := newOutbox()
	for i := range 30 {
		o.add(birthCertificate(int64(i), recipient(i)))
	}
	start(t, o, sender)
	eventually(t, "a few tries", func() bool { return sender.tries.Load() > 10 })
	o.mu.Lock()
	probes := o.released - 2*20
	o.mu.Unlock()
	if probes > int(sender.tries.Load()) {
		t.Errorf("%d mails given back in %d tries: after trouble one mail is enough to try", probes, sender.tries.Load())
	}
	o.mu.Lock()
	for _, r := range o.rows {
		if r.reason != "" && (r.reason != takesNone || strings.Contains(r.reason, host)) { // those that were tried
			t.Errorf("it waits because %q", r.reason)
		}
	}
	told := slices.ContainsFunc(o.rows, func(r *row) bool { return r.reason == takesNone })
	o.mu.Unlock()
	if !told {
		t.Error("no mail says why it waits")
	}
	sender.to.Store(newSMTP(t, server, Patience{}))
	eventually(t, "an empty outbox", o.done)
	for i := range 30 {
		if r := o.row(int64(i)); r.letter.Mail.Attempts != 1 || len(r.after) != 0 {
			t.Errorf("mail %d: %d attempts, pauses %v", i, r.letter.Mail.Attempts, r.after)
		}
	}
}

// switchable sends through whatever it is set to.
type switchable struct {
	to    atomic.Pointer[SMTP]
	tries atomic.Int32
}

func (s *switchable) Send(ctx context.Context, m Message) error {
	s.tries.Add(1)
	return s.to.Load().Send(ctx, m)
}

func TestStopFinishesTheMailInHandAndGivesBackTheRest(t *testing.T) {
	server := smtptest.Start(t, smtptest.Options{Plain: true})
	server.Script(recipient(0), smtptest.Answer{At: smtptest.AtDot, Late: 300 * time.Millisecond})
	o := newOutbox()
	for i := range 10 {
		o.add(birthCertificate(int64(i), recipient(i)))
	}
	stop := start(t, o, newSMTP(t, server, Patience{}), func(c *Config) { c.Workers = 1 })
	eventually(t, "the first recipient", func() bool { return server.Attempts(recipient(0)) == 1 })
	stop()
	if state := o.row(0).letter.Mail.State; state != models.MailSent {
		t.Errorf("the mail in hand is %s", state)
	}
	for i := 1; i < 10; i++ {
		if m := o.row(int64(i)).letter.Mail; m.State != models.MailWaiting || m.LeaseToken != "" || m.Attempts != 0 {
			t.Errorf("mail %d is %s, leased %q, %d attempts", i, m.State, m.LeaseToken, m.Attempts)
		}
	}
}

func TestStopDoesNotWaitForeverForAVerdict(t *testing.T) {
	server := smtptest.Start(t, smtptest.Options{Plain: true})
	server.Script(recipient(0), smtptest.Answer{At: smtptest.AtDot, Late: 5 * time.Second})
	o := newOutbox(birthCertificate(0, recipient(0)))
	stop := start(t, o, newSMTP(t, server, Patience{}), func(c *Config) { c.Grace = 20 * time.Millisecond })
	eventually(t, "the recipient", func() bool { return server.Attempts(recipient(0)) == 1 })
	stop()
	if r := o.row(0); r.letter.Mail.State != models.MailWaiting || len(r.after) != 1 {
		t.Errorf("%s, pauses %v: the outcome is unknown, so it is tried again", r.letter.Mail.State, r.after)
	}
}

func TestSentMailIsNotedHoweverLongItTakes(t *testing.T) {
	server := smtptest.Start(t, smtptest.Options{Plain: true})
	o := newOutbox(birthCertificate(0, recipient(0)))
	sender := &hook{Sender: newSMTP(t, server, Patience{}), after: func() {
		o.mu.Lock()
		o.down = 4
		o.mu.Unlock()
	}}
	start(t, o, sender)
	eventually(t, "an empty outbox", o.done)
	if n := len(server.Messages()); n != 1 {
		t.Errorf("sent %d times because the outbox was away for a moment", n)
	}
}

func TestOutboxDownIsSurvived(t *testing.T) {
	server := smtptest.Start(t, smtptest.Options{Plain: true})
	o := newOutbox(birthCertificate(0, recipient(0)))
	o.down = 5
	start(t, o, newSMTP(t, server, Patience{}))
	eventually(t, "an empty outbox", o.done)
}

// hook does something around each mail.
type hook struct {
	Sender
	before, after func()
}

func (h *hook) Send(ctx context.Context, m Message) error {
	if h.before != nil {
		h.before()
	}
	err := h.Sender.Send(ctx, m)
	if h.after != nil {
		h.after()
	}
	return err
}

func TestLeaseIsKeptWhileSending(t *testing.T) {
	server := smtptest.Start(t, smtptest.Options{Plain: true})
	o := newOutbox(birthCertificate(0, recipient(0)))
	extended := func() int { o.mu.Lock(); defer o.mu.Unlock(); return o.extended }
	sender := &hook{Sender: newSMTP(t, server, Patience{}), before: func() {
		eventually(t, "three extensions", func() bool { return extended() >= 3 })
	}}
	start(t, o, sender, func(c *Config) { c.Lease = 30 * time.Millisecond })
	eventually(t, "an empty outbox", o.done)
}

func TestAfterALongSleepNothingIsSentOnALostLease(t *testing.T) {
	server := smtptest.Start(t, smtptest.Options{Plain: true})
	o := newOutbox(birthCertificate(0, recipient(0)), birthCertificate(1, recipient(1)))
	o.stolen = &models.Error{Kind: models.Conflict, Code: "lease_lost"}
	var asleep atomic.Int64
	sender := &hook{Sender: newSMTP(t, server, Patience{}), after: func() { asleep.Add(int64(time.Hour)) }}
	stop := start(t, o, sender, func(c *Config) {
		c.Workers, c.Lease = 1, time.Minute
		c.Now = func() time.Time { return time.Unix(0, asleep.Load()) }
	})
	eventually(t, "the first mail", func() bool { return o.row(0).letter.Mail.State == models.MailSent })
	eventually(t, "the next look", func() bool { o.mu.Lock(); defer o.mu.Unlock(); return o.leases > 1 })
	stop()
	if n := len(server.MessagesTo(recipient(1))); n != 0 {
		t.Error("a mail was sent that belongs to another worker by now")
	}
	if o.released != 0 {
		t.Error("what is not ours cannot be given back")
	}
}

// A lease that is extended just when one of its mails is noted is still the worker's for all the others.
func TestALeaseIsExtendedThoughAMailWasNotedMeanwhile(t *testing.T) {
	o := newOutbox(birthCertificate(0, recipient(0)), birthCertificate(1, recipient(1)))
	letters, err := o.LeaseMails(t.Context(), "here", 2, time.Minute)
	if err != nil || len(letters) != 2 {
		t.Fatalf("%d mails (%v)", len(letters), err)
	}
	var log bytes.Buffer
	b := (&Worker{Config: Config{Outbox: o, Lease: time.Minute, Now: time.Now, Log: slog.New(slog.NewTextHandler(&log, nil))}}).newBatch(letters)
	first := letters[0].Mail
	o.waited = func() {
		o.waited = nil
		if err := o.MarkSent(t.Context(), first); err != nil {
			t.Error(err)
		}
		b.forget(first.ID)
	}
	if !b.extend(t.Context()) || o.extended != 1 || log.Len() > 0 {
		t.Errorf("extended %d times: %s", o.extended, log.String())
	}
	second := letters[1].Mail // and what another worker has is not kept
	o.rows[1].letter.Mail.LeaseToken = "another's"
	if b.extend(t.Context()) || !strings.Contains(log.String(), "not extended") {
		t.Errorf("mail %d is somebody else's: %s", second.ID, log.String())
	}
}

func TestANudgeIsEnough(t *testing.T) {
	server := smtptest.Start(t, smtptest.Options{Plain: true})
	o := newOutbox()
	start(t, o, newSMTP(t, server, Patience{}), func(c *Config) { c.Poll = time.Hour })
	eventually(t, "a first look by both", func() bool { o.mu.Lock(); defer o.mu.Unlock(); return o.leases >= 2 })
	o.add(birthCertificate(0, recipient(0)))
	o.wake <- struct{}{}
	eventually(t, "an empty outbox", o.done)
}

func TestUnreadableMailWaitsForABetterProgram(t *testing.T) {
	l := birthCertificate(0, recipient(0))
	l.Mail.Kind = "birthday"
	o := newOutbox(l)
	start(t, o, senderFunc(func(Message) error { return errors.New("never") }))
	eventually(t, "a pause", func() bool { return len(o.row(0).after) > 0 })
}

type senderFunc func(Message) error

func (f senderFunc) Send(_ context.Context, m Message) error { return f(m) }
