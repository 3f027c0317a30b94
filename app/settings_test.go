package main_test

import (
	"os"
	"strings"
	"testing"
)

// TestWrongSettings: an invalid setting stops the start with one line that names it.
func TestWrongSettings(t *testing.T) {
	p := empty(t, "")
	for name, values := range map[string][]string{
		"ADDR":             {"8080", "localhost", "a:b:c", "127.0.0.1:99999", "127.0.0.1:-1", "127.0.0.1:http-alt-nix"},
		"BASE_URL":         {"formwandel.example", "ftp://formwandel.example", "https://", "https://formwandel.example/unter/pfad", "https://nutzer:geheimwort@formwandel.example", "https://formwandel.example?a=b", "https://formwandel.example#a", "%"},
		"DATABASE_URL":     {"data.db", "mysql://u:geheimwort@host/db", "sqlite:", "sqlite://", "postgres://", "://", "formwandel"},
		"SMTP_URL":         {"mail.example:25", "http://mail.example", "smtp://", "smtp://u:geheimwort@mail.example:99999", "smtp://mail.example?tls=vielleicht", "smtp://mail.example/pfad"},
		"MAIL_FROM":        {"niemand", "a@b.example, c@d.example", "a@b.example\r\nBcc: x@y.example", "<>"},
		"CHECKPOINT_MAIL":  {"revision", "R <r@kisa.example>", "a@b.example,c@d.example"},
		"TEAM_MAIL":        {"team", "Team <team@kisa.example>", "a@b.example\nBcc: x@y.example", "a@b.example,c@d.example"},
		"DEMO_PASSWORD":    {"kurz"},
		"CLOCK":            {"gestern", "2026-12-31", "2026-12-31T23:59:00"},
		"ENV":              {"test", "Production", "REHEARSAL"},
		"LOG":              {"xml", "TEXT", "debug"},
		"TRUSTED_PROXIES":  {"proxy.example", "10.0.0.0/33", "0.0.0.0/0", "::/0", "10.1.2", "10.0.0.1;10.0.0.2"},
		"METRICS_ADDR":     {"9100", "localhost", "127.0.0.1:8080", "127.0.0.1:"},
		"CLAMAV":           {"/run/clamd", "http://scanner:3310", "tcp://scanner", "unix://clamd"},
		"RATE":             {"-1", "abc", "1.5", "2 000", "99999999999999999999", "0x10"},
		"SECURITY_POLICY":  {"kisa.example/regeln", "http://kisa.example", "javascript:alert(1)", "https://", "https://kisa.example/\nContact: x"},
		"HSTS_SUBDOMAINS":  {"vielleicht", "2"},
		"SECURITY_CONTACT": {"niemand", "http://kisa.example", "javascript:alert(1)", "mailto:", "tel:", "https://", "a@b.example\nPolicy: x"},
	} {
		for _, v := range values {
			settings := []string{"FORMWANDEL_" + name + "=" + v}
			if name == "CLOCK" {
				settings = append(settings, "FORMWANDEL_ENV=rehearsal")
			}
			o := p.command(settings, "serve")
			o.refused(2, "FORMWANDEL_"+name)
			if name == "RATE" {
				o.refused(2, "FORMWANDEL_RATE=\""+v+"\": want how many calls a second")
			}
			if strings.Contains(o.err, "geheimwort") || (name == "DEMO_PASSWORD" && strings.Contains(o.err, v)) {
				t.Errorf("%s=%q: a secret is printed: %s", name, v, o.err)
			}
		}
	}
	if files, err := os.ReadDir(p.dir); err != nil || len(files) != 0 {
		t.Errorf("a start that was refused leaves %v, %v", files, err)
	}
}

// TestUnusableFolder: a folder that can't be made is named, too.
func TestUnusableFolder(t *testing.T) {
	p := empty(t, "")
	p.command([]string{"FORMWANDEL_DATA=/dev/null/data"}, "serve").refused(1, "FORMWANDEL_DATA")
	p.command([]string{"FORMWANDEL_DATABASE_URL=sqlite:///dev/null/data/formwandel.db"}, "serve").refused(1, "FORMWANDEL_DATABASE_URL")
}

// TestUnknownSettings: a misspelt setting would silently be the default.
func TestUnknownSettings(t *testing.T) {
	p := empty(t, "")
	for _, name := range []string{"FORMWANDEL_BASEURL", "FORMWANDEL_DATABASE", "FORMWANDEL_", "FORMWANDEL_addr", "FORMWANDEL_SMTP_PASSWORD"} {
		p.command([]string{name + "=geheimwort"}, "serve").refused(2, name+" ")
	}
	p.command([]string{"FORMWANDEL_TEST_POSTGRES=x", "FORMWANDELX=1", "ADDR=8080"}, "version").ok()
}

// TestAnotherTime: only a rehearsal has a clock of its own.
func TestAnotherTime(t *testing.T) {
	p := empty(t, "")
	const eve = "FORMWANDEL_CLOCK=2026-12-31T23:59:00+01:00"
	for _, env := range [][]string{nil, {"FORMWANDEL_ENV=production"}} {
		p.command(append([]string{eve}, env...), "serve").refused(2, "FORMWANDEL_CLOCK")
		p.command(append([]string{eve}, env...), "migrate").refused(2, "FORMWANDEL_CLOCK")
	}
	p.command([]string{eve, "FORMWANDEL_ENV=rehearsal"}, "migrate").ok()
}
