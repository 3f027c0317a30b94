package mailer

import (
	"errors"
	"net/smtp"
	"slices"
	"strings"
)

// credentials signs in, over an encrypted line and with a mechanism the server
// offers, or not at all. The library would send the mail without signing in when
// the server offers nothing, and would use LOGIN in the clear.
type credentials struct {
	user, password, host string
	chosen               smtp.Auth
}

// Start refuses before a byte of the credentials leaves us.
func (c *credentials) Start(server *smtp.ServerInfo) (string, []byte, error) {
	if !server.TLS {
		return "", nil, errors.New("the line is not encrypted: credentials are not sent")
	}
	offers := func(mechanism string) bool {
		return slices.ContainsFunc(server.Auth, func(m string) bool { return strings.EqualFold(m, mechanism) })
	}
	switch {
	case offers("PLAIN"):
		c.chosen = smtp.PlainAuth("", c.user, c.password, c.host)
	case offers("LOGIN"):
		c.chosen = &login{user: c.user, password: c.password}
	case offers("CRAM-MD5"):
		c.chosen = smtp.CRAMMD5Auth(c.user, c.password)
	default:
		return "", nil, errors.New("the server offers no way to sign in: mails are not sent without")
	}
	return c.chosen.Start(server)
}

// Next answers a challenge.
func (c *credentials) Next(challenge []byte, more bool) ([]byte, error) {
	return c.chosen.Next(challenge, more)
}

// login is the old LOGIN mechanism: asked twice, it answers user, then password,
// whatever words the server asks with.
type login struct {
	user, password string
	asked          int
}

func (l *login) Start(*smtp.ServerInfo) (string, []byte, error) { return "LOGIN", nil, nil }

func (l *login) Next(_ []byte, more bool) ([]byte, error) {
	if !more {
		return nil, nil
	}
	l.asked++
	switch l.asked {
	case 1:
		return []byte(l.user), nil
	case 2:
		return []byte(l.password), nil
	}
	return nil, errors.New("the server asks more than user and password")
}
