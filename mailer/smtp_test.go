package mailer

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	netsmtp "net/smtp"
	"slices"
	"strings"
	"testing"
	"time"

	"formwandel/mailer/smtptest"
	"formwandel/models/modelstest"
	"formwandel/models/transport"
)

func newSMTP(t *testing.T, s *smtptest.Server, p Patience) *SMTP {
	t.Helper()
	server, err := ParseURL(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	smtp := NewSMTP(SMTPConfig{Server: server, BaseURL: base, Roots: s.Roots, Patience: p})
	t.Cleanup(func() { _ = smtp.Close() })
	return smtp
}

func finished(t *testing.T, id int64, to string) Message {
	t.Helper()
	head, err := newLetterhead(sender, base)
	if err != nil {
		t.Fatal(err)
	}
	m, err := head.write(birthCertificate(id, to), time.Time{}, new(bytes.Buffer))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestMailsTravelEncryptedOnOneLine(t *testing.T) {
	for name, options := range map[string]smtptest.Options{
		"STARTTLS": {User: "kisa", Password: "geheim"},
		"TLS":      {Implicit: true, User: "kisa", Password: "geheim"},
		"LOGIN":    {Login: true, User: "kisa", Password: "geheim"},
	} {
		t.Run(name, func(t *testing.T) {
			server := smtptest.Start(t, options)
			smtp := newSMTP(t, server, Patience{})
			for i := range 3 {
				if err := smtp.Send(t.Context(), finished(t, int64(i), recipient(i))); err != nil {
					t.Fatal(err)
				}
			}
			if server.Calls() != 1 || len(server.Users()) != 1 || len(server.Messages()) != 3 {
				t.Errorf("%d lines, %d sign-ins, %d mails", server.Calls(), len(server.Users()), len(server.Messages()))
			}
			for _, m := range server.Messages() {
				if !m.TLS || m.From != "no-reply@kisa.example" || len(m.To) != 1 {
					t.Errorf("got %+v", m)
				}
			}
			mustNotHear(t, server)
		})
	}
}

// mustNotHear says that neither credentials nor contents went over the wire in the clear.
func mustNotHear(t *testing.T, s *smtptest.Server) {
	t.Helper()
	secrets := []string{"AUTH", "MAIL FROM", "RCPT", "DATA", "kisa", "geheim", "Subject"}
	for _, clear := range []string{"geheim", "kisa", "\x00kisa\x00geheim"} {
		secrets = append(secrets, base64.StdEncoding.EncodeToString([]byte(clear)))
	}
	for _, secret := range secrets {
		if strings.Contains(s.Heard(), secret) {
			t.Errorf("%q went over the wire in the clear", secret)
		}
	}
}

func TestNothingIsSaidWithoutEncryptionAndSignIn(t *testing.T) {
	cases := map[string]struct {
		options smtptest.Options
		url     func(s *smtptest.Server) string
		roots   bool
	}{
		"no STARTTLS":                 {options: smtptest.Options{Plain: true, User: "kisa", Password: "geheim"}, roots: true},
		"no STARTTLS, LOGIN in clear": {options: smtptest.Options{Plain: true, Login: true, User: "kisa", Password: "geheim"}, roots: true},
		"no STARTTLS, no sign-in": {options: smtptest.Options{Plain: true}, roots: true, url: func(s *smtptest.Server) string {
			return "smtp://" + s.Host + ":" + s.Port
		}},
		"unknown certificate":         {options: smtptest.Options{User: "kisa", Password: "geheim"}},
		"somebody else's certificate": {options: smtptest.Options{CertName: "evil.example", User: "kisa", Password: "geheim"}, roots: true},
		"unknown certificate, TLS":    {options: smtptest.Options{Implicit: true, User: "kisa", Password: "geheim"}},
		"sign-in not offered": {roots: true, url: func(s *smtptest.Server) string {
			return "smtp://kisa:geheim@" + s.Host + ":" + s.Port
		}},
		"wrong password": {options: smtptest.Options{User: "kisa", Password: "geheim"}, roots: true, url: func(s *smtptest.Server) string {
			return "smtp://kisa:falsch@" + s.Host + ":" + s.Port
		}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			server := smtptest.Start(t, c.options)
			smtp := newSMTP(t, server, Patience{})
			if !c.roots {
				smtp.Roots = nil
			}
			if c.url != nil {
				smtp.Server, _ = ParseURL(c.url(server))
			}
			err := smtp.Send(t.Context(), finished(t, 1, recipient(1)))
			var away *Unreachable
			if !errors.As(err, &away) {
				t.Fatalf("want *Unreachable, got %v", err)
			}
			if strings.Contains(away.Words, "geheim") || strings.Contains(away.Words, "falsch") {
				t.Errorf("the reason shows the password: %q", away.Words)
			}
			if len(server.Messages()) != 0 || server.Attempts(recipient(1)) != 0 {
				t.Error("the server was given a mail")
			}
			eventually(t, "hanging up", func() bool { return server.Open() == 0 })
			mustNotHear(t, server)
		})
	}
	modelstest.Score(t, "S21", "mail servers without STARTTLS, with a wrong certificate, without sign-in, with a wrong password", len(cases), "0 bytes of credentials or of a mail in the clear")
}

// TestOldSuitesAreNotSpoken: a mail server that has only old suites under TLS 1.2 gets neither credentials nor a mail; with a good one it gets the mail.
func TestOldSuitesAreNotSpoken(t *testing.T) {
	refused := 0
	for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		if !strings.Contains(s.Name, "ECDHE_ECDSA") { // of the others none fits the server's certificate
			continue
		}
		for _, implicit := range []bool{false, true} {
			server := smtptest.Start(t, smtptest.Options{Implicit: implicit, User: "kisa", Password: "geheim", Suites: []uint16{s.ID}})
			err := newSMTP(t, server, Patience{}).Send(t.Context(), finished(t, 1, recipient(1)))
			mustNotHear(t, server)
			if slices.Contains(transport.Suites, s.ID) {
				if err != nil || len(server.Messages()) != 1 {
					t.Errorf("%s: %v, %d mails", s.Name, err, len(server.Messages()))
				}
				continue
			}
			refused++
			var away *Unreachable
			if !errors.As(err, &away) || len(server.Messages()) != 0 || len(server.Users()) != 0 {
				t.Errorf("%s: %v, %d mails, %v signed in", s.Name, err, len(server.Messages()), server.Users())
			}
		}
	}
	if refused < 6 {
		t.Errorf("only %d were refused", refused)
	}
	modelstest.Score(t, "S21", "mail servers that offer one old suite only under TLS 1.2", refused, "0 bytes of credentials or of a mail")
}

func TestRelayWithoutTLSIsAChoice(t *testing.T) {
	server := smtptest.Start(t, smtptest.Options{Plain: true})
	if err := newSMTP(t, server, Patience{}).Send(t.Context(), finished(t, 1, recipient(1))); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(server.Heard(), "EHLO formwandel.example\r\n") {
		t.Errorf("we did not introduce ourselves: %.60q", server.Heard())
	}
}

func TestServersAnswersAreUnderstood(t *testing.T) {
	cases := map[string]struct {
		answer  smtptest.Answer
		refused int
		words   string
	}{
		"unknown recipient": {answer: smtptest.Answer{Code: 550, Words: "no\u202e such\x07 user"}, refused: 550, words: "550 no such user"},
		"refused content":   {answer: smtptest.Answer{At: smtptest.AtDot, Code: 554, Words: "looks like spam"}, refused: 554, words: "554 looks like spam"},
		"greylisted":        {answer: smtptest.Answer{Code: 451, Words: "later"}, words: "451 later"},
		"full at the dot":   {answer: smtptest.Answer{At: smtptest.AtDot, Code: 452, Words: "full"}, words: "452 full"},
		"closing":           {answer: smtptest.Answer{Code: 421, Words: "closing"}, words: "421 closing"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			server := smtptest.Start(t, smtptest.Options{Plain: true})
			server.Script(recipient(1), c.answer)
			smtp := newSMTP(t, server, Patience{})
			err := smtp.Send(t.Context(), finished(t, 1, recipient(1)))
			var refused *Refused
			var deferred *Deferred
			switch {
			case c.refused > 0 && (!errors.As(err, &refused) || refused.Code != c.refused || refused.Words != c.words):
				t.Errorf("want a refusal %q, got %v", c.words, err)
			case c.refused == 0 && (!errors.As(err, &deferred) || deferred.Words != c.words || deferred.Unknown):
				t.Errorf("want a delay %q, got %v", c.words, err)
			}
			if err := smtp.Send(t.Context(), finished(t, 2, recipient(2))); err != nil {
				t.Errorf("the next mail: %v", err)
			}
			if server.Calls() != 2 {
				t.Errorf("%d lines: the one with the error must be dropped", server.Calls())
			}
		})
	}
}

func TestTroubleBeforeAnyMailIsTheServers(t *testing.T) {
	cases := map[string][]string{
		"refuses us":         {"554 no service"},
		"is closing":         {"421 try later"},
		"hates our name":     {"220 hello", "550 who are you", "550 who are you"},
		"wants us to log in": {"220 hello", "250 hello", "530 5.7.0 sign in first"},
		"silent":             {},
		"silent after hello": {"220 hello"},
	}
	for name, sheet := range cases {
		t.Run(name, func(t *testing.T) {
			host, port := smtptest.Reading(t, sheet...)
			server, err := ParseURL("smtp://" + host + ":" + port + "?tls=none")
			if err != nil {
				t.Fatal(err)
			}
			smtp := NewSMTP(SMTPConfig{Server: server, BaseURL: base, Patience: Patience{Command: 50 * time.Millisecond}})
			var away *Unreachable
			if err := smtp.Send(t.Context(), finished(t, 1, recipient(1))); !errors.As(err, &away) {
				t.Errorf("want *Unreachable, got %v", err)
			}
		})
	}
}

func TestSlowVerdictIsAwaited(t *testing.T) {
	for name, options := range map[string]smtptest.Options{"none": {Plain: true}, "STARTTLS": {}, "TLS": {Implicit: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := smtptest.Start(t, options)
			server.Script(recipient(1), smtptest.Answer{At: smtptest.AtDot, Late: 2 * time.Second})
			smtp := newSMTP(t, server, Patience{Command: time.Second})
			if err := smtp.Send(t.Context(), finished(t, 1, recipient(1))); err != nil {
				t.Errorf("the final dot must be given more time than a command: %v", err)
			}
		})
	}
}

func TestBrokenAfterTheDotIsUnknown(t *testing.T) {
	server := smtptest.Start(t, smtptest.Options{})
	server.Script(recipient(1), smtptest.Answer{At: smtptest.AtDot, Drop: true})
	server.Script(recipient(2), smtptest.Answer{At: smtptest.AtDot, Late: time.Second})
	smtp := newSMTP(t, server, Patience{Verdict: 100 * time.Millisecond})
	for i := 1; i <= 2; i++ {
		var deferred *Deferred
		err := smtp.Send(t.Context(), finished(t, int64(i), recipient(i)))
		if !errors.As(err, &deferred) || !deferred.Unknown {
			t.Errorf("mail %d: want an unknown outcome, got %v", i, err)
		}
	}
}

func TestStaleLineCostsNothing(t *testing.T) {
	server := smtptest.Start(t, smtptest.Options{})
	smtp := newSMTP(t, server, Patience{})
	for i := range 3 {
		if err := smtp.Send(t.Context(), finished(t, int64(i), recipient(i))); err != nil {
			t.Fatalf("mail %d: %v", i, err)
		}
		server.HangUp()
	}
	if server.Calls() != 3 || len(server.Messages()) != 3 {
		t.Errorf("%d lines, %d mails", server.Calls(), len(server.Messages()))
	}
}

func TestUnusedLineIsGivenUp(t *testing.T) {
	server := smtptest.Start(t, smtptest.Options{Plain: true})
	smtp := newSMTP(t, server, Patience{Idle: 10 * time.Millisecond})
	if err := smtp.Send(t.Context(), finished(t, 1, recipient(1))); err != nil {
		t.Fatal(err)
	}
	eventually(t, "good-bye", func() bool { return strings.HasSuffix(server.Heard(), "QUIT\r\n") })
	if err := smtp.Send(t.Context(), finished(t, 2, recipient(2))); err != nil {
		t.Fatal(err)
	}
}

func TestStoppingBeforeTheMailIsSaidLeavesItUntried(t *testing.T) {
	server := smtptest.Start(t, smtptest.Options{Plain: true})
	server.Script(recipient(1), smtptest.Answer{Late: time.Second})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	var away *Unreachable
	if err := newSMTP(t, server, Patience{}).Send(ctx, finished(t, 1, recipient(1))); !errors.As(err, &away) {
		t.Errorf("want *Unreachable, got %v", err)
	}
}

func TestHalfAMailIsNeverEnded(t *testing.T) {
	server := smtptest.Start(t, smtptest.Options{Plain: true})
	smtp := newSMTP(t, server, Patience{})
	l, err := smtp.dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	half := brokenPen{body{raw: []byte("Subject: half\r\n\r\nha"), line: l}}
	if err := l.Send("a@kisa.example", []string{recipient(1)}, half); err == nil {
		t.Error("want an error")
	}
	if err := smtp.Send(t.Context(), finished(t, 2, recipient(2))); err != nil {
		t.Fatal(err)
	}
	if got := server.MessagesTo(recipient(1)); len(got) != 0 {
		t.Errorf("half a mail was delivered: %q", got[0].Data)
	}
}

func TestCredentialsStayHereWithoutEncryption(t *testing.T) {
	c := &credentials{user: "kisa", password: "geheim", host: "127.0.0.1"}
	for _, mechanism := range []string{"PLAIN", "LOGIN", "CRAM-MD5"} {
		_, said, err := c.Start(&netsmtp.ServerInfo{Name: "127.0.0.1", Auth: []string{mechanism}})
		if err == nil || said != nil {
			t.Errorf("%s: said %q, %v", mechanism, said, err)
		}
	}
}
