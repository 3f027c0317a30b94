package mailer

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"formwandel/mailer/smtptest"
	"formwandel/models"
)

// storm makes the server answer badly as often as bad servers do; it returns
// who is refused for good.
func storm(server *smtptest.Server, mails int) (refused map[string]bool) {
	luck := rand.New(rand.NewPCG(2026, 11))
	refused = map[string]bool{}
	for i := range mails {
		switch n := luck.IntN(100); {
		case n < 10:
			server.Script(recipient(i), smtptest.Answer{Code: 451, Words: "later"})
		case n < 15:
			server.Script(recipient(i), smtptest.Answer{Drop: true})
		case n < 20:
			server.Script(recipient(i), smtptest.Answer{At: smtptest.AtDot, Drop: true})
		case n < 24:
			server.Script(recipient(i), smtptest.Answer{At: smtptest.AtDot, Code: 452, Words: "full"})
		case n < 26:
			server.Script(recipient(i), smtptest.Answer{Code: 421, Words: "closing"})
		case n < 28:
			server.Script(recipient(i), smtptest.Answer{Code: 550, Words: "no such user", Always: true})
			refused[recipient(i)] = true
		}
	}
	return refused
}

func TestStormOfFaults(t *testing.T) {
	const mails = 400
	server := smtptest.Start(t, smtptest.Options{Plain: true})
	refused := storm(server, mails)
	o := newOutbox()
	for i := range mails {
		o.add(birthCertificate(int64(i), recipient(i)))
	}
	start(t, o, newSMTP(t, server, Patience{}), func(c *Config) { c.Workers = 4 })
	eventually(t, "an empty outbox", o.done)
	for i := range mails {
		got, row := server.MessagesTo(recipient(i)), o.row(int64(i))
		whole := 0
		for _, m := range got {
			if !strings.Contains(string(m.Data), fmt.Sprintf("Message-ID: <mail-%d@", i)) {
				t.Errorf("mail %d came with another Message-ID", i)
			}
			if !m.Broken {
				whole++
			}
		}
		switch {
		case refused[recipient(i)] && (row.letter.Mail.State != models.MailRefused || len(got) > 0):
			t.Errorf("mail %d is %s, %d copies arrived", i, row.letter.Mail.State, len(got))
		case !refused[recipient(i)] && (row.letter.Mail.State != models.MailSent || whole != 1):
			t.Errorf("mail %d is %s, it was acknowledged %d times", i, row.letter.Mail.State, whole)
		}
	}
}
