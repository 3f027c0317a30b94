package mailer

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strconv"
)

// Security says how the line to the mail server is protected.
type Security string

// The ways to protect the line; there is no "if possible".
const (
	StartTLS Security = "starttls" // plain greeting, then TLS before anything else
	Implicit Security = "tls"      // TLS from the first byte
	NoTLS    Security = "none"     // for a relay on the same machine, without credentials
)

// Server is a mail server and how to speak with it.
type Server struct {
	Host     string
	Port     int
	User     string
	Password string
	Security Security
}

// String leaves the password out.
func (s Server) String() string {
	return fmt.Sprintf("%s (%s)", net.JoinHostPort(s.Host, strconv.Itoa(s.Port)), s.Security)
}

// LogValue leaves the password out of logs, too.
func (s Server) LogValue() slog.Value { return slog.StringValue(s.String()) }

// ParseURL reads smtp://user:password@host:587, smtps://… or smtp://host:25?tls=none.
// Its errors say what to mend and repeat nothing of the input: a password that was
// not encoded may turn up anywhere in it.
func ParseURL(raw string) (Server, error) {
	u, err := url.Parse(raw)
	if err != nil { // the library's words would show the password
		return Server{}, errors.New("not an address like smtp://user:password@host:587 (special characters in user and password are written %-encoded, @ as %40)")
	}
	s := Server{Host: u.Hostname(), User: u.User.Username()}
	s.Password, _ = u.User.Password()
	if s.Security, err = security(u); err != nil {
		return Server{}, err
	}
	if s.Port, err = port(u.Port(), s.Security); err != nil {
		return Server{}, err
	}
	return s, s.check(u)
}

func security(u *url.URL) (Security, error) {
	options, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return "", errors.New("what follows the ? cannot be read; only ?tls=none is known")
	}
	for name := range options {
		if name != "tls" {
			return "", errors.New("there is an unknown option; only ?tls=none is known")
		}
	}
	switch tls := options.Get("tls"); {
	case u.Scheme != "smtp" && u.Scheme != "smtps":
		return "", errors.New("it does not begin with smtp:// or smtps://")
	case u.Scheme == "smtps" && !options.Has("tls"):
		return Implicit, nil
	case u.Scheme == "smtps":
		return "", errors.New("smtps:// is always encrypted and takes no ?tls=")
	case !options.Has("tls"):
		return StartTLS, nil
	case tls == string(NoTLS) && len(options["tls"]) == 1:
		return NoTLS, nil
	default:
		return "", errors.New("of ?tls= only none is known")
	}
}

func port(given string, s Security) (int, error) {
	if given == "" {
		return map[Security]int{StartTLS: 587, Implicit: 465, NoTLS: 25}[s], nil
	}
	n, err := strconv.Atoi(given)
	if err != nil || n < 1 || n > 65535 {
		return 0, errors.New("the port is not a number between 1 and 65535")
	}
	if n == 465 && s != Implicit {
		return 0, errors.New("port 465 is encrypted from the first byte: write smtps://")
	}
	return n, nil
}

func (s Server) check(u *url.URL) error {
	_, withPassword := u.User.Password()
	switch {
	case s.Host == "":
		return errors.New("the host is missing")
	case !isHeader(s.Host) || len(s.Host) > 253:
		return errors.New("the host is not a host name")
	case u.Path != "" && u.Path != "/" || u.Fragment != "":
		return errors.New("nothing may follow host and port but ?tls=none")
	case (s.User == "") != (s.Password == "") || withPassword && s.Password == "":
		return errors.New("user and password belong together; one of them is missing")
	case s.User != "" && s.Security == NoTLS:
		return errors.New("with ?tls=none the password would travel unencrypted: leave out user and password, or tls=none")
	}
	return nil
}
