package smtptest

import (
	"time"

	"github.com/emersion/go-smtp"
)

// Step is a moment in a mail's conversation.
type Step int

// The moments at which a server can answer badly.
const (
	AtRcpt Step = iota // after RCPT TO
	AtDot              // after the final dot
)

// Answer is one bad answer for a recipient.
type Answer struct {
	At     Step
	Code   int    // 550, 451, …; 0 accepts
	Words  string // what follows the code
	Drop   bool   // take the mail, then cut the line instead of answering
	Late   time.Duration
	Always bool // again and again; otherwise once
}

// Script makes the server answer badly for a recipient, one answer after the other.
func (s *Server) Script(recipient string, answers ...Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scripts[recipient] = append(s.scripts[recipient], answers...)
}

// next takes the answer that is due for a recipient at a step.
func (s *Server) next(recipient string, at Step) Answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	script := s.scripts[recipient]
	if len(script) == 0 || script[0].At != at {
		return Answer{}
	}
	if !script[0].Always {
		s.scripts[recipient] = script[1:]
	}
	return script[0]
}

func (a Answer) err() error {
	time.Sleep(a.Late)
	if a.Code == 0 {
		return nil
	}
	return &smtp.SMTPError{Code: a.Code, EnhancedCode: smtp.NoEnhancedCode, Message: a.Words}
}
