package main

import (
	"os"
	"strconv"
	"strings"

	"formwandel/templates"
)

// shown are the settings as administration may read them on a page: names, values
// without passwords, and whether anybody has set them.
func (c *Config) shown() []templates.Setting {
	values := map[string]string{
		"ADDR": c.Addr, "BASE_URL": c.BaseURL, "DATABASE_URL": withoutPassword(c.DatabaseURL), "DATA": c.Data, "SMTP_URL": withoutPassword(c.SMTPURL),
		"MAIL_FROM": c.MailFrom, "TEAM_MAIL": c.TeamMail, "CHECKPOINT_MAIL": c.CheckpointMail, "CLOCK": c.Clock, "ENV": c.Env, "LOG": c.Log,
		"TRUSTED_PROXIES": c.TrustedProxies, "METRICS_ADDR": c.MetricsAddr, "CLAMAV": c.ClamAV, "RATE": strconv.Itoa(c.Rate), "SECURITY_CONTACT": c.Contact, "SECURITY_POLICY": c.Policy, "HSTS_SUBDOMAINS": c.Beneath,
		"OIDC": c.OIDC, "TLS_CERT": c.TLSCert, "TLS_KEY": c.TLSKey,
	}
	out := make([]templates.Setting, 0, len(settings))
	for _, name := range settings {
		_, set := os.LookupEnv(prefix + name)
		s := templates.Setting{Name: prefix + name, Value: values[name], Default: !set}
		if name == "DEMO_PASSWORD" {
			s.Secret = c.DemoPassword != ""
		}
		out = append(out, s)
	}
	return out
}

// withoutPassword is an address of a service as anybody may read it: it may name several hosts.
func withoutPassword(address string) string {
	scheme, rest, ok := strings.Cut(address, "://")
	if !ok || scheme == "sqlite" {
		return address
	}
	rest, query, _ := strings.Cut(rest, "?")
	host, path, slash := strings.Cut(rest, "/")
	if at := strings.LastIndexByte(rest, '@'); at > len(host) {
		host, path, slash = rest, "", false // a slash inside the password
	}
	if at := strings.LastIndexByte(host, '@'); at >= 0 {
		name, _, _ := strings.Cut(host[:at], ":")
		host = name + ":" + hidden + host[at:]
	}
	out := scheme + "://" + host
	if slash {
		out += "/" + path
	}
	return out + withoutSecrets(query)
}

// hidden stands for what nobody reads.
const hidden = "xxxxx"

// withoutSecrets is a query without the values of what sounds like a password.
func withoutSecrets(query string) string {
	if query == "" {
		return ""
	}
	parts := strings.Split(query, "&")
	for i, p := range parts {
		if name, _, _ := strings.Cut(p, "="); strings.Contains(strings.ToLower(name), "pass") {
			parts[i] = name + "=" + hidden
		}
	}
	return "?" + strings.Join(parts, "&")
}
