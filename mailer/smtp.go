package mailer

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-mail/mail/v2"

	"formwandel/models/transport"
)

// Patience is how long a mail server may take.
type Patience struct {
	Command time.Duration // to accept the connection and for each answer; default 30 s
	Verdict time.Duration // to answer the final dot; default 10 min (RFC 5321, 4.5.3.2.6)
	Idle    time.Duration // how long an unused connection is kept; default 30 s
}

// SMTPConfig is what an SMTP needs.
type SMTPConfig struct {
	Server   Server
	BaseURL  string         // its host introduces us to the server
	Roots    *x509.CertPool // whom to trust, nil for the system's
	Patience Patience
}

// SMTP hands mails to a mail server. It keeps a connection for every mail that is
// sent at the same time and drops it on the first error.
type SMTP struct {
	SMTPConfig
	greeting string

	mu     sync.Mutex
	kept   []*line
	closed bool
}

// NewSMTP does not connect yet.
func NewSMTP(c SMTPConfig) *SMTP {
	c.Patience.Command = orElse(c.Patience.Command, 30*time.Second)
	c.Patience.Verdict = orElse(c.Patience.Verdict, 10*time.Minute)
	c.Patience.Idle = orElse(c.Patience.Idle, 30*time.Second)
	return &SMTP{SMTPConfig: c, greeting: localName(c.BaseURL)}
}

// localName is how we introduce ourselves: a full name or an address in brackets.
func localName(baseURL string) string {
	u, err := url.Parse(baseURL)
	if err != nil || u.Hostname() == "" {
		return "localhost"
	}
	switch ip := net.ParseIP(u.Hostname()); {
	case ip == nil:
		return u.Hostname()
	case strings.Contains(u.Hostname(), ":"):
		return "[IPv6:" + ip.String() + "]"
	default:
		return "[" + ip.String() + "]"
	}
}

// Send hands the mail over on a kept line or a new one. A kept line that turns
// out to be stale before anything of the mail was said costs nothing.
func (s *SMTP) Send(ctx context.Context, m Message) error {
	for {
		l := s.take()
		kept := l != nil
		var err error
		if !kept {
			if l, err = s.dial(ctx); err != nil {
				return &Unreachable{Words: clean(err.Error())}
			}
		}
		if err = l.deliver(ctx, m); err == nil {
			s.keep(l)
			return nil
		}
		l.cut()
		switch {
		case ctx.Err() != nil && !l.handed:
			return &Unreachable{Words: "stopped before the mail was handed over"}
		case kept && !l.handed && stale(err):
			continue
		}
		return verdict(err, l.handed)
	}
}

// stale says that the line is to blame, not the mail.
func stale(err error) bool {
	var reply *textproto.Error
	return !errors.As(err, &reply) || reply.Code == 421
}

// dialing guards mail.NetDialTimeout, the library's only door to the connection.
var dialing sync.Mutex

// dial makes a connection that is encrypted and signed in as configured, or none.
func (s *SMTP) dial(ctx context.Context) (*line, error) {
	l := &line{patience: s.Patience}
	stop := func() bool { return true }
	dialing.Lock()
	mail.NetDialTimeout = func(network, _ string, _ time.Duration) (net.Conn, error) {
		mail.NetDialTimeout = net.DialTimeout
		dialing.Unlock() // the library has read the variable: the next one may set it
		conn, err := s.connect(ctx, network)
		if err != nil {
			return nil, err
		}
		l.wire = newWire(conn, s.Patience.Command)
		stop = context.AfterFunc(ctx, l.cut)
		return l.wire, nil
	}
	sender, err := s.dialer().Dial()
	stop()
	if l.wire == nil {
		return nil, err
	}
	l.wire.rest()
	if err != nil {
		l.cut() // the library leaves it open
		return nil, l.wire.explain(err)
	}
	l.SendCloser = sender
	return l, nil
}

func (s *SMTP) connect(ctx context.Context, network string) (net.Conn, error) {
	d := net.Dialer{Timeout: s.Patience.Command}
	return d.DialContext(ctx, network, net.JoinHostPort(s.Server.Host, strconv.Itoa(s.Server.Port)))
}

// dialer is new for each connection: the library keeps state in it.
func (s *SMTP) dialer() *mail.Dialer {
	rules := transport.Rules()
	rules.ServerName, rules.RootCAs = s.Server.Host, s.Roots
	d := &mail.Dialer{
		Host: s.Server.Host, Port: s.Server.Port, LocalName: s.greeting,
		SSL:            s.Server.Security == Implicit,
		StartTLSPolicy: mail.MandatoryStartTLS,
		TLSConfig:      rules,
	}
	if s.Server.Security == NoTLS {
		d.StartTLSPolicy = mail.NoStartTLS
	}
	if s.Server.User != "" {
		d.Auth = &credentials{user: s.Server.User, password: s.Server.Password, host: s.Server.Host}
	}
	return d
}
