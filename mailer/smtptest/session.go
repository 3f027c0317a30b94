package smtptest

import (
	"errors"
	"io"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// session is one client's conversation.
type session struct {
	server  *Server
	conn    *smtp.Conn
	message Message
}

// signing is a session with a server that offers to sign in.
type signing struct{ *session }

func (s *Server) session(c *smtp.Conn) (smtp.Session, error) {
	plain := &session{server: s, conn: c}
	if s.options.User != "" {
		return signing{plain}, nil
	}
	return plain, nil
}

func (s *session) Reset()        { s.message = Message{} }
func (s *session) Logout() error { return nil }

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	_, encrypted := s.conn.TLSConnectionState()
	s.message = Message{From: from, TLS: encrypted}
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.server.mu.Lock()
	s.server.attempts[to]++
	s.server.mu.Unlock()
	answer := s.server.next(to, AtRcpt)
	if answer.Drop {
		_ = s.conn.Conn().Close()
	}
	s.message.To = append(s.message.To, to)
	return answer.err()
}

func (s *session) Data(r io.Reader) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.message.Data = data
	answer := s.server.next(s.message.To[0], AtDot)
	if answer.Code == 0 {
		s.message.Broken = answer.Drop
		s.server.mu.Lock()
		s.server.messages = append(s.server.messages, s.message)
		s.server.mu.Unlock()
	}
	if answer.Drop {
		_ = s.conn.Conn().Close()
	}
	return answer.err()
}

// AuthMechanisms are what the server offers.
func (s signing) AuthMechanisms() []string {
	if s.server.options.Login {
		return []string{"LOGIN"}
	}
	return []string{sasl.Plain}
}

// Auth checks user and password.
func (s signing) Auth(mechanism string) (sasl.Server, error) {
	if mechanism == "LOGIN" {
		return &login{check: s.check}, nil
	}
	return sasl.NewPlainServer(func(_, user, password string) error { return s.check(user, password) }), nil
}

func (s signing) check(user, password string) error {
	o := s.server.options
	if user != o.User || password != o.Password {
		return smtp.ErrAuthFailed
	}
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.users = append(s.server.users, user)
	return nil
}

// login is the server's side of LOGIN.
type login struct {
	check func(user, password string) error
	said  []string
}

func (l *login) Next(response []byte) ([]byte, bool, error) {
	if response != nil {
		l.said = append(l.said, string(response))
	}
	switch len(l.said) {
	case 0:
		return []byte("User Name"), false, nil
	case 1:
		return []byte("Password"), false, nil
	case 2:
		return nil, true, l.check(l.said[0], l.said[1])
	}
	return nil, true, errors.New("too many answers")
}
