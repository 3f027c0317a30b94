// Package identity lets people sign in with an account that they have
// elsewhere: it reads which OpenID providers there are, leads to them, and
// turns what they say into who somebody is here.
package identity

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"formwandel/models"
)

// Settings are what an operator says of one provider (docs/oidc.md).
type Settings struct {
	Key          string            `json:"key"`  // in addresses
	Name         map[string]string `json:"name"` // on the button, by language
	Issuer       string            `json:"issuer"`
	ClientID     string            `json:"client_id"`
	SecretFile   string            `json:"client_secret_file"` // one of the two
	SecretEnv    string            `json:"client_secret_env"`
	Scopes       []string          `json:"scopes"`
	GroupsClaim  []string          `json:"groups_claim"` // the way to it: ["realm_access", "roles"]
	Groups       map[string]Group  `json:"groups"`
	Municipality string            `json:"municipality"` // the only one this provider may speak for; empty: any side
	SecondFactor SecondFactor      `json:"second_factor"`
	Create       bool              `json:"create"` // accounts are made at the first sign-in

	secret string
}

// Group is what a group of the provider stands for here.
type Group struct {
	Municipality string        `json:"municipality"` // empty: the provider's only one, or the provider's people
	Roles        []models.Role `json:"roles"`
}

// SecondFactor are the words of a token that say that two factors were shown.
type SecondFactor struct {
	ACR []string `json:"acr"`
	AMR []string `json:"amr"`
}

// file is the whole settings file.
type file struct {
	Providers []Settings `json:"providers"`
}

// Mistake is what is wrong in a settings file, and where.
type Mistake struct{ File, Path, Text string }

// Error says it in one line.
func (m *Mistake) Error() string {
	if m.Path == "" {
		return m.File + ": " + m.Text
	}
	return m.File + ": " + m.Path + ": " + m.Text
}

// Read reads a settings file strictly: what is not known is refused, by file and place.
func Read(path string, insecure bool) ([]Settings, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, &Mistake{path, "", cause(err)}
	}
	var f file
	if err := json.Unmarshal(text, &f, json.RejectUnknownMembers(true)); err != nil {
		return nil, unreadable(path, err)
	}
	if len(f.Providers) == 0 {
		return nil, &Mistake{path, "providers", "names no provider"}
	}
	for i := range f.Providers {
		p, at := &f.Providers[i], fmt.Sprintf("providers[%d]", i)
		if where, what := p.check(insecure); what != "" {
			return nil, &Mistake{path, at + "." + where, what}
		}
		for _, other := range f.Providers[:i] {
			if other.Key == p.Key || other.Issuer == p.Issuer {
				return nil, &Mistake{path, at, "has the key or the issuer of another one: each provider stands here once"}
			}
		}
	}
	return f.Providers, nil
}

// cause is why a file can't be read, without its name.
func cause(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}

// unreadable names the place in a file that is no settings file.
func unreadable(path string, err error) error {
	var semantic *json.SemanticError
	var syntactic *jsontext.SyntacticError
	switch {
	case errors.As(err, &syntactic):
		return &Mistake{path, place(syntactic.JSONPointer), fmt.Sprintf("%v (byte %d)", syntactic.Err, syntactic.ByteOffset)}
	case errors.Is(err, json.ErrUnknownName) && errors.As(err, &semantic):
		return &Mistake{path, place(semantic.JSONPointer), "there is no such setting"}
	case errors.As(err, &semantic):
		return &Mistake{path, place(semantic.JSONPointer), fmt.Sprintf("is of the wrong type, want %v", semantic.GoType)}
	}
	return &Mistake{path, "", err.Error()}
}

// place writes a JSON pointer as people write it: providers/0/issuer.
func place(p jsontext.Pointer) string { return strings.TrimPrefix(string(p), "/") }

var (
	keyPattern   = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)
	townPattern  = regexp.MustCompile(`^\d{8}$`)
	scopePattern = regexp.MustCompile(`^[\x21\x23-\x5b\x5d-\x7e]+$`)
)

// check completes settings; it returns where what is wrong, or nothing.
func (p *Settings) check(insecure bool) (where, what string) {
	switch {
	case !keyPattern.MatchString(p.Key):
		return "key", "want small letters, digits and hyphens: it stands in addresses"
	case strings.TrimSpace(p.Name["de"]) == "" || strings.TrimSpace(p.Name["en"]) == "" || len(p.Name) != 2:
		return "name", `want {"de": "…", "en": "…"}: it stands on the button`
	case !addressed(p.Issuer, insecure):
		return "issuer", "want an address that begins with https://, exactly as the provider writes it"
	case p.ClientID == "":
		return "client_id", "is missing"
	case p.Municipality != "" && !townPattern.MatchString(p.Municipality):
		return "municipality", "want an AGS of 8 digits"
	case slices.Contains(p.GroupsClaim, ""):
		return "groups_claim", `want the way to the groups, for example ["realm_access", "roles"]`
	}
	if p.GroupsClaim == nil {
		p.GroupsClaim = []string{"groups"}
	}
	if p.Scopes == nil {
		p.Scopes = []string{"openid", "email", "profile"}
	}
	if !slices.Contains(p.Scopes, "openid") || slices.ContainsFunc(p.Scopes, func(s string) bool { return !scopePattern.MatchString(s) }) {
		return "scopes", "want a list with openid in it, each without blanks"
	}
	if where, what := p.checkGroups(); what != "" {
		return where, what
	}
	return p.readSecret()
}

// addressed tells whether an address may be spoken to: over https, or without in a rehearsal on this machine.
func addressed(address string, insecure bool) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" || u.RawQuery != "" {
		return false
	}
	return u.Scheme == "https" || insecure && u.Scheme == "http" && loopback(u.Hostname())
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// checkGroups refuses a group that means nothing, and one that gives more than its provider may.
func (p *Settings) checkGroups() (where, what string) {
	if len(p.Groups) == 0 {
		return "groups", "names no group: nobody could sign in"
	}
	for name, g := range p.Groups {
		at := fmt.Sprintf("groups[%q]", name)
		if g.Municipality == "" {
			g.Municipality = p.Municipality
			p.Groups[name] = g
		}
		if p.Municipality != "" && g.Municipality != p.Municipality {
			return at + ".municipality", "this provider may speak for " + p.Municipality + " only"
		}
		if g.Municipality != "" && !townPattern.MatchString(g.Municipality) {
			return at + ".municipality", "want an AGS of 8 digits"
		}
		if len(g.Roles) == 0 {
			return at + ".roles", "names no role"
		}
		for _, r := range g.Roles {
			if !slices.Contains(models.Roles, r) {
				return at + ".roles", fmt.Sprintf("%q is no role; known are %v", r, models.Roles)
			}
			if (r.Side() == models.Municipal) != (g.Municipality != "") {
				return at + ".roles", fmt.Sprintf("%q is a role of the other side: roles of a municipality need one, roles of the provider have none", r)
			}
		}
	}
	return "", ""
}

// readSecret reads what the provider knows this installation by.
func (p *Settings) readSecret() (where, what string) {
	switch {
	case (p.SecretFile == "") == (p.SecretEnv == ""):
		return "client_secret_file", "want either this or client_secret_env; the secret itself never stands in this file"
	case p.SecretEnv != "":
		if p.secret = os.Getenv(p.SecretEnv); p.secret == "" {
			return "client_secret_env", "the environment has no " + p.SecretEnv
		}
		return "", ""
	}
	info, err := os.Stat(p.SecretFile)
	if err != nil {
		return "client_secret_file", p.SecretFile + ": " + cause(err)
	}
	if info.Mode().Perm()&0o007 != 0 {
		return "client_secret_file", p.SecretFile + " can be read by everybody on this machine: chmod o= " + p.SecretFile
	}
	text, err := os.ReadFile(p.SecretFile)
	if err != nil {
		return "client_secret_file", p.SecretFile + ": " + cause(err)
	}
	if p.secret = strings.TrimSpace(string(text)); p.secret == "" {
		return "client_secret_file", p.SecretFile + " is empty"
	}
	return "", ""
}

// means tells what a person's groups stand for: whose side, and which roles
// there. Groups of two sides contradict each other.
func (p *Settings) means(groups []string) (ags string, roles []models.Role, err *models.Error) {
	first := true
	for _, name := range groups {
		g, known := p.Groups[name]
		if !known {
			continue
		}
		if !first && g.Municipality != ags {
			return "", nil, &models.Error{Kind: models.Forbidden, Code: "identity_two_sides"}
		}
		ags, first = g.Municipality, false
		for _, r := range g.Roles {
			if !slices.Contains(roles, r) {
				roles = append(roles, r)
			}
		}
	}
	slices.SortFunc(roles, func(a, b models.Role) int { return slices.Index(models.Roles, a) - slices.Index(models.Roles, b) })
	return ags, roles, nil
}
