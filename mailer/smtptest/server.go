// Package smtptest runs a real mail server inside a test: it keeps what it was
// given and answers badly on demand.
package smtptest

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-smtp"
)

// Options say what kind of server it is; the zero value offers STARTTLS and no
// way to sign in.
type Options struct {
	Plain    bool   // offers no STARTTLS
	Implicit bool   // speaks TLS from the first byte
	User     string // offers to sign in as User with Password
	Password string
	Login    bool     // offers LOGIN only, also in the clear
	CertName string   // whom the certificate is for, default 127.0.0.1
	Suites   []uint16 // speaks TLS 1.2 at most, with these suites only
}

// Server is a running mail server. All methods may be called at any time.
type Server struct {
	Host  string
	Port  string
	Roots *x509.CertPool // trusts the server's certificate

	options Options
	smtp    *smtp.Server

	mu       sync.Mutex
	messages []Message
	scripts  map[string][]Answer
	heard    bytes.Buffer
	talks    []*recorded
	calls    int
	open     int
	lines    []net.Conn
	users    []string
	attempts map[string]int
}

// Message is a mail the server has answered with 250, unless it was Broken off.
type Message struct {
	From   string
	To     []string
	Data   []byte
	TLS    bool
	Broken bool // the line was cut after the final dot: the sender does not know
}

// Start runs a server until the test ends.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if o.CertName == "" {
		o.CertName = "127.0.0.1"
	}
	cert, roots := certificate(t, o.CertName)
	s := &Server{Roots: roots, options: o, scripts: map[string][]Answer{}, attempts: map[string]int{}}
	s.Host, s.Port, _ = net.SplitHostPort(listener.Addr().String())
	s.smtp = smtp.NewServer(smtp.BackendFunc(s.session))
	s.smtp.Domain = "smtp.test"
	s.smtp.AllowInsecureAuth = o.Login
	s.smtp.ErrorLog = log.New(io.Discard, "", 0)
	config := &tls.Config{Certificates: []tls.Certificate{cert}}
	if o.Suites != nil {
		config.MaxVersion, config.CipherSuites = tls.VersionTLS12, o.Suites
	}
	listener = &recorder{Listener: listener, server: s}
	switch {
	case o.Implicit:
		listener = tls.NewListener(listener, config)
	case !o.Plain:
		s.smtp.TLSConfig = config
	}
	go func() { _ = s.smtp.Serve(listener) }()
	t.Cleanup(func() { _ = s.smtp.Close() })
	return s
}

// Messages are the mails taken so far, oldest first.
func (s *Server) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.messages)
}

// MessagesTo are the mails for one recipient.
func (s *Server) MessagesTo(recipient string) []Message {
	return slices.DeleteFunc(s.Messages(), func(m Message) bool { return !slices.Contains(m.To, recipient) })
}

// Heard is everything clients have said, byte by byte, as it was on the wire.
func (s *Server) Heard() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.heard.String()
}

// Talks are what was heard on each line by itself.
func (s *Server) Talks() (all []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.talks {
		all = append(all, r.heard.String())
	}
	return all
}

// Calls counts the connections.
func (s *Server) Calls() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls
}

// Open counts the connections that neither side has hung up yet.
func (s *Server) Open() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open
}

// Users are those who signed in, one entry for each time.
func (s *Server) Users() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.users)
}

// Attempts counts how often a recipient was named to the server.
func (s *Server) Attempts(recipient string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.attempts[recipient]
}

// URL is the server's address as the setting wants it.
func (s *Server) URL() string {
	scheme, user, query := "smtp", "", ""
	if s.options.Implicit {
		scheme = "smtps"
	}
	if s.options.User != "" {
		user = s.options.User + ":" + s.options.Password + "@"
	}
	if s.options.Plain && s.options.User == "" {
		query = "?tls=none"
	}
	return strings.Join([]string{scheme, "://", user, s.Host, ":", s.Port, query}, "")
}

// HangUp cuts all lines, as a server that is restarted does, but goes on listening.
func (s *Server) HangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.lines {
		_ = c.Close()
	}
	s.lines = nil
}
