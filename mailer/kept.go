package mailer

import (
	"path/filepath"
	"time"
)

// take gives out a kept line, the freshest first, or nil.
func (s *SMTP) take() *line {
	s.mu.Lock()
	defer s.mu.Unlock()
	for n := len(s.kept); n > 0; n = len(s.kept) {
		l := s.kept[n-1]
		s.kept = s.kept[:n-1]
		if l.idle.Stop() {
			return l
		}
	}
	return nil
}

// keep puts a line aside for the next mail; unused for a while it hangs up.
func (s *SMTP) keep(l *line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		go l.quit()
		return
	}
	l.idle = time.AfterFunc(s.Patience.Idle, func() { s.dismiss(l) })
	s.kept = append(s.kept, l)
}

func (s *SMTP) dismiss(l *line) {
	s.mu.Lock()
	for i := range s.kept {
		if s.kept[i] == l {
			s.kept = append(s.kept[:i], s.kept[i+1:]...)
			break
		}
	}
	s.mu.Unlock()
	l.quit()
}

// Close says good-bye on the kept lines; lines in use hang up when they are done.
func (s *SMTP) Close() error {
	s.mu.Lock()
	kept := s.kept
	s.kept, s.closed = nil, true
	s.mu.Unlock()
	for _, l := range kept {
		if l.idle.Stop() {
			l.quit()
		}
	}
	return nil
}

// NewSender chooses by the setting: a mail server, or the folder "mail" below the
// data folder if there is none.
func NewSender(smtpURL, data, baseURL string) (Sender, error) {
	if smtpURL == "" {
		return NewFiles(filepath.Join(data, "mail"))
	}
	server, err := ParseURL(smtpURL)
	if err != nil {
		return nil, err
	}
	return NewSMTP(SMTPConfig{Server: server, BaseURL: baseURL}), nil
}
