package main_test

import (
	"bytes"
	"io"
	"log"
	"net"
	"net/mail"
	"sync"
	"testing"

	"github.com/emersion/go-smtp"
)

// sink is a mail server that takes everything and remembers which Message-IDs
// it has answered with 250, and how often anything had been killed by then.
type sink struct {
	url string

	mu    sync.Mutex
	kills int
	taken map[string][]int // Message-ID → the number of kills at each acceptance
}

func newSink(t testing.TB) *sink {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &sink{url: "smtp://" + l.Addr().String() + "?tls=none", taken: map[string][]int{}}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &taking{s}, nil }))
	server.Domain, server.ErrorLog = "sink.example", log.New(io.Discard, "", 0)
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
	return s
}

// killed counts: from now on a mail may come a second time.
func (s *sink) killed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kills++
}

// twice are the Message-IDs that came more than once, and among them those
// that came again although nothing had been killed in between.
func (s *sink) twice() (again int, wrong []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, at := range s.taken {
		again += len(at) - 1
		for i := 1; i < len(at); i++ {
			if at[i] == at[i-1] {
				wrong = append(wrong, id)
			}
		}
	}
	return again, wrong
}

// has tells whether a Message-ID was accepted.
func (s *sink) has(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.taken[id]) > 0
}

func (s *sink) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.taken)
}

// taking is one client's conversation.
type taking struct{ sink *sink }

func (taking) Reset()                               {}
func (taking) Logout() error                        { return nil }
func (taking) Mail(string, *smtp.MailOptions) error { return nil }
func (taking) Rcpt(string, *smtp.RcptOptions) error { return nil }

func (t taking) Data(r io.Reader) error {
	body, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	m, err := mail.ReadMessage(bytes.NewReader(body))
	if err != nil {
		return err
	}
	t.sink.mu.Lock()
	defer t.sink.mu.Unlock()
	id := m.Header.Get("Message-ID")
	t.sink.taken[id] = append(t.sink.taken[id], t.sink.kills)
	return nil
}
