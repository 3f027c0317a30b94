package main

import (
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"

	"formwandel/handlers"
	"formwandel/handlers/identity"
	"formwandel/mailer"
)

// Config is the settings, read from the environment. Every one has a default
// that works on a laptop; an invalid one stops the start.
type Config struct {
	Addr        string `env:"ADDR" envDefault:"127.0.0.1:8080"`
	BaseURL     string `env:"BASE_URL"`
	DatabaseURL string `env:"DATABASE_URL" envDefault:"sqlite://data/formwandel.db"`
	Data        string `env:"DATA" envDefault:"data"`
	SMTPURL     string `env:"SMTP_URL"`
	MailFrom    string `env:"MAIL_FROM"`
	TeamMail    string `env:"TEAM_MAIL"`

	CheckpointMail string `env:"CHECKPOINT_MAIL"`

	DemoPassword string `env:"DEMO_PASSWORD"`
	Clock        string `env:"CLOCK"`
	Env          string `env:"ENV" envDefault:"production"`
	Log          string `env:"LOG" envDefault:"text"`
	Contact      string `env:"SECURITY_CONTACT"`
	Policy       string `env:"SECURITY_POLICY"`
	Beneath      string `env:"HSTS_SUBDOMAINS" envDefault:"false"`

	TrustedProxies string `env:"TRUSTED_PROXIES"`
	MetricsAddr    string `env:"METRICS_ADDR"`
	ClamAV         string `env:"CLAMAV"`
	Rate           int    `env:"RATE" envDefault:"2000"`
	OIDC           string `env:"OIDC"`
	TLSCert        string `env:"TLS_CERT"`
	TLSKey         string `env:"TLS_KEY"`

	start time.Time // the instant the rehearsal clock starts at; zero: none
	base  *url.URL

	proxies    []netip.Prefix
	scan       handlers.Scan
	identities identity.Providers
}

const prefix = "FORMWANDEL_"

// readConfig reads and checks the settings; an error names the setting.
func readConfig() (*Config, error) {
	var c Config
	if err := env.ParseWithOptions(&c, env.Options{Prefix: prefix}); err != nil {
		return nil, unreadable(err)
	}
	if c.BaseURL == "" {
		c.BaseURL = c.scheme() + "://" + reachable(c.Addr)
	}
	for _, check := range []func(*Config) error{checkAddr, checkBase, checkDatabase, checkMail, checkClock, checkContact, checkPolicy, checkRest, checkDoorstep, checkIdentities, checkTLS, checkUnknown} {
		if err := check(&c); err != nil {
			return nil, err
		}
	}
	return &c, nil
}

// wanted is what a setting has to be that is not kept as text, by its field.
var wanted = map[string]struct{ name, want string }{
	"Rate": {"RATE", wantRate},
}

// unreadable names the first setting that is no number where one is wanted.
func unreadable(err error) error {
	var at env.ParseError
	if errors.As(err, &at) {
		if w, ok := wanted[at.Name]; ok {
			return wrong(w.name, os.Getenv(prefix+w.name), w.want)
		}
	}
	return err
}

// reachable is an address to open in a browser: a wildcard becomes this machine.
func reachable(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	if ip := net.ParseIP(host); host == "" || (ip != nil && ip.IsUnspecified()) {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

func wrong(name, value, want string) error {
	return fmt.Errorf("%s%s=%q: %s", prefix, name, value, want)
}

func checkAddr(c *Config) error {
	_, port, err := net.SplitHostPort(c.Addr)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	if err != nil {
		return wrong("ADDR", c.Addr, "want host:port, for example 127.0.0.1:8080")
	}
	return nil
}

func checkBase(c *Config) error {
	u, err := url.Parse(c.BaseURL)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "" {
		return wrong("BASE_URL", printable(u), "want the address people use, for example https://formwandel.example")
	}
	c.base, c.BaseURL = u, strings.TrimSuffix(c.BaseURL, "/")
	return nil
}

// printable is an address without what nobody should read.
func printable(u *url.URL) string {
	if u == nil {
		return "…"
	}
	return u.Redacted()
}

func checkDatabase(c *Config) error {
	scheme, rest, _ := strings.Cut(c.DatabaseURL, "://")
	if (scheme != "sqlite" && scheme != "postgres" && scheme != "postgresql") || rest == "" {
		return wrong("DATABASE_URL", scheme+"://…", "want sqlite://data/formwandel.db, sqlite:///absolute/path or postgres://user@host/name")
	}
	return nil
}

func checkMail(c *Config) error {
	if c.SMTPURL != "" {
		if _, err := mailer.ParseURL(c.SMTPURL); err != nil {
			return fmt.Errorf("%sSMTP_URL: %w", prefix, err)
		}
	}
	if c.MailFrom == "" {
		c.MailFrom = "Formwandel <formwandel@" + mailHost(c.base.Hostname()) + ">"
	}
	if _, err := mail.ParseAddress(c.MailFrom); err != nil {
		return wrong("MAIL_FROM", c.MailFrom, "want one address, for example Formwandel <formwandel@kisa.example>")
	}
	if a, err := mail.ParseAddress(c.TeamMail); c.TeamMail != "" && (err != nil || a.Address != c.TeamMail) {
		return wrong("TEAM_MAIL", c.TeamMail, "want one address without a name, for example antragsmanagement@kisa.example")
	}
	if a, err := mail.ParseAddress(c.CheckpointMail); c.CheckpointMail != "" && (err != nil || a.Address != c.CheckpointMail) {
		return wrong("CHECKPOINT_MAIL", c.CheckpointMail, "want one address without a name, for example revision@kisa.example")
	}
	return nil
}

// mailHost is the right half of the sender's address; an address literal is no host name.
func mailHost(host string) string {
	if net.ParseIP(host) != nil || !strings.Contains(host, ".") {
		return "formwandel.localhost"
	}
	return host
}

func checkClock(c *Config) error {
	if c.Env != "production" && c.Env != "rehearsal" {
		return wrong("ENV", c.Env, "want production or rehearsal")
	}
	if c.Clock == "" {
		return nil
	}
	if c.Env != "rehearsal" {
		return wrong("CLOCK", c.Clock, "refused unless "+prefix+"ENV=rehearsal: another time than the real one applies changes at another time")
	}
	at, err := time.Parse(time.RFC3339, c.Clock)
	if err != nil {
		return wrong("CLOCK", c.Clock, "want an instant such as 2026-12-31T23:59:00+01:00")
	}
	c.start = at
	return nil
}

// checkContact takes an address of mail, of the web or of a telephone; a bare one is mail.
func checkContact(c *Config) error {
	if c.Contact == "" {
		return nil
	}
	if a, err := mail.ParseAddress(c.Contact); err == nil && a.Address == c.Contact {
		c.Contact = "mailto:" + c.Contact
	}
	u, err := url.Parse(c.Contact)
	if err != nil || (u.Scheme != "mailto" || u.Opaque == "") && (u.Scheme != "https" || u.Host == "") && (u.Scheme != "tel" || u.Opaque == "") {
		return wrong("SECURITY_CONTACT", c.Contact, "want an address such as mailto:sicherheit@kisa.example, https://… or tel:+49…")
	}
	c.Contact = u.String()
	return nil
}

// checkPolicy takes the address of a page, and yes or no.
func checkPolicy(c *Config) error {
	if c.Beneath != "true" && c.Beneath != "false" {
		return wrong("HSTS_SUBDOMAINS", c.Beneath, "want true or false")
	}
	if c.Policy == "" {
		return nil
	}
	u, err := url.Parse(c.Policy)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
		return wrong("SECURITY_POLICY", c.Policy, "want the address of a page that begins with https://")
	}
	c.Policy = u.String()
	return nil
}

func checkRest(c *Config) error {
	if c.Log != "text" && c.Log != "json" {
		return wrong("LOG", c.Log, "want text or json")
	}
	if c.Data == "" {
		return wrong("DATA", c.Data, "want a folder")
	}
	if c.DemoPassword != "" && len(c.DemoPassword) < 8 {
		return wrong("DEMO_PASSWORD", "…", "want at least 8 characters")
	}
	return nil
}

// checkIdentities reads with whose accounts people may sign in; no provider is asked anything yet.
func checkIdentities(c *Config) error {
	if c.OIDC == "" {
		return nil
	}
	rehearsal := c.Env == "rehearsal"
	list, err := identity.Read(c.OIDC, rehearsal)
	if err != nil {
		return fmt.Errorf("%sOIDC: %w", prefix, err)
	}
	c.identities = identity.New(list, now, rehearsal)
	return nil
}

// scheme is what is spoken at the address itself.
func (c *Config) scheme() string {
	if c.TLSCert != "" {
		return "https"
	}
	return "http"
}

// checkTLS wants both files or none; what is in them is looked at when the server starts.
func checkTLS(c *Config) error {
	switch {
	case c.TLSCert == "" && c.TLSKey == "":
		return nil
	case c.TLSCert == "":
		return wrong("TLS_CERT", "", "want the file of the certificate that belongs to "+prefix+"TLS_KEY")
	case c.TLSKey == "":
		return wrong("TLS_KEY", "", "want the file of the key that belongs to "+prefix+"TLS_CERT")
	case c.base.Scheme != "https":
		return wrong("BASE_URL", printable(c.base), "want an address that begins with https://, because "+prefix+"TLS_CERT is set")
	}
	return nil
}

// settings are the names that mean something.
var settings = []string{"ADDR", "BASE_URL", "DATABASE_URL", "DATA", "SMTP_URL", "MAIL_FROM", "TEAM_MAIL", "CHECKPOINT_MAIL", "DEMO_PASSWORD", "CLOCK", "ENV", "LOG", "TRUSTED_PROXIES", "METRICS_ADDR", "CLAMAV", "RATE", "SECURITY_CONTACT", "SECURITY_POLICY", "HSTS_SUBDOMAINS", "OIDC", "TLS_CERT", "TLS_KEY"}

// checkUnknown refuses a misspelt setting: it would silently be the default.
func checkUnknown(*Config) error {
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		rest, ours := strings.CutPrefix(name, prefix)
		if !ours || strings.HasPrefix(rest, "TEST_") {
			continue
		}
		known := false
		for _, s := range settings {
			known = known || s == rest
		}
		if !known {
			return fmt.Errorf("%s is no setting; known are %s%s", name, prefix, strings.Join(settings, ", "+prefix))
		}
	}
	return nil
}
