package mailer

import (
	"testing"
	"time"

	"formwandel/models"
)

func TestPausesGrowToAnHour(t *testing.T) {
	want := []time.Duration{1, 1, 2, 5, 15, 30, 60, 60, 60}
	for attempts, minutes := range want {
		for range 100 {
			d, most := retryAfter(attempts), minutes*time.Minute
			if d > most || d < most*3/4 {
				t.Fatalf("after %d attempts %v, want three quarters of %v or more", attempts, d, most)
			}
		}
	}
}

func TestPauseOfTheWorkerIsCapped(t *testing.T) {
	for _, troubles := range []int{0, 1, 4, 5, 100, 1 << 30} {
		if d := pauseAfter(time.Second, troubles); d < 750*time.Millisecond || d > 8*time.Second {
			t.Errorf("after %d troubles %v", troubles, d)
		}
	}
}

func TestTemporaryRefusalsAreBelievedForFiveDays(t *testing.T) {
	cases := map[string]struct {
		attempts int
		age      time.Duration
		up       bool
	}{
		"refused for five days":              {attempts: 124, age: 5 * 24 * time.Hour, up: true},
		"many tries by hand":                 {attempts: 1000, age: 5*24*time.Hour - time.Second},
		"first try after a week's blackout":  {attempts: 1, age: 7 * 24 * time.Hour},
		"the slowest pace reaches its limit": {attempts: 6 + int((5*24*time.Hour-53*time.Minute)/time.Hour), age: 5 * 24 * time.Hour, up: true},
	}
	for name, c := range cases {
		if got := givenUp(c.attempts, c.age); got != c.up {
			t.Errorf("%s: given up is %v", name, got)
		}
	}
}

func TestGivenUpMailShowsTheLastWords(t *testing.T) {
	l := birthCertificate(0, recipient(0))
	l.Mail.Attempts, l.Mail.CreatedAt = 200, time.Now().Add(-6*24*time.Hour)
	o := newOutbox(l)
	start(t, o, senderFunc(func(Message) error { return &Deferred{Code: 451, Words: "451 later"} }))
	eventually(t, "an empty outbox", o.done)
	if r := o.row(0); r.letter.Mail.State != models.MailRefused || r.reason != "451 later" {
		t.Errorf("%s %q", r.letter.Mail.State, r.reason)
	}
}
