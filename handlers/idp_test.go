package handlers_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	b64 "encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"

	"formwandel/handlers"
	"formwandel/handlers/identity"
	. "formwandel/models/modelstest"
)

// idp is a real OpenID provider in this process, with people of its own. What
// its tokens say can be tampered with.
type idp struct {
	*storage.Storage
	*testing.T
	server *httptest.Server
	key    *rsa.PrivateKey
	people map[string]*storage.User // by what they sign in with
	groups map[string][]string
	nested bool // groups stand in realm_access.roles, not in groups

	forge  func(claims map[string]any) string // what becomes of a token, nil: nothing
	down   atomic.Bool
	tokens []string // that were given away, and codes
}

const (
	idpPassword = "Kennwort beim Anbieter"
	idpSecret   = "Geheimnis des Mandanten"
)

func newIDP(t *testing.T, key string) *idp {
	t.Helper()
	p := &idp{T: t, people: map[string]*storage.User{}, groups: map[string][]string{}}
	var err error
	if p.key, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		t.Fatal(err)
	}
	p.server = httptest.NewServer(nil)
	t.Cleanup(p.server.Close)
	client := storage.WebClient("formwandel", idpSecret, base+"/anmelden/mit/"+key+"/zurueck")
	p.Storage = storage.NewStorageWithClients(p, map[string]*storage.Client{"formwandel": client})
	p.server.Config.Handler = p.between(exampleop.SetupServer(p.server.URL, p, nil, true, op.WithAllowInsecure()))
	return p
}

// person adds somebody whose address the provider has confirmed.
func (p *idp) person(name, email string, groups ...string) {
	p.people[name] = &storage.User{ID: "sub-" + name, Username: name, Password: idpPassword, FirstName: "Erika", LastName: name, Email: email, EmailVerified: true}
	p.groups["sub-"+name] = groups
}

// GetUserByID implements storage.UserStore.
func (p *idp) GetUserByID(id string) *storage.User { return p.people[strings.TrimPrefix(id, "sub-")] }

// GetUserByUsername implements storage.UserStore.
func (p *idp) GetUserByUsername(name string) *storage.User { return p.people[name] }

// ExampleClientID implements storage.UserStore.
func (p *idp) ExampleClientID() string { return "service" }

// SetUserinfoFromScopes puts groups into tokens.
func (p *idp) SetUserinfoFromScopes(_ context.Context, info *oidc.UserInfo, user, _ string, _ []string) error {
	if p.nested {
		info.AppendClaims("realm_access", map[string]any{"roles": p.groups[user]})
		return nil
	}
	info.AppendClaims("groups", p.groups[user])
	return nil
}

// signing is the key that tokens are signed with.
type signing struct{ *rsa.PrivateKey }

func (signing) ID() string                                  { return "eins" }
func (signing) SignatureAlgorithm() jose.SignatureAlgorithm { return jose.RS256 }
func (signing) Algorithm() jose.SignatureAlgorithm          { return jose.RS256 }
func (signing) Use() string                                 { return "sig" }
func (s signing) Key() any                                  { return s.PrivateKey }

// verifying is its public half.
type verifying struct{ signing }

func (v verifying) Key() any { return &v.PublicKey }

// SigningKey implements op.Storage.
func (p *idp) SigningKey(context.Context) (op.SigningKey, error) { return signing{p.key}, nil }

// KeySet implements op.Storage.
func (p *idp) KeySet(context.Context) ([]op.Key, error) {
	return []op.Key{verifying{signing{p.key}}}, nil
}

// sign makes a token of claims.
func (p *idp) sign(claims map[string]any, alg jose.SignatureAlgorithm, key any) string {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: jose.JSONWebKey{Key: key, KeyID: "eins"}}, nil)
	if err != nil {
		p.Fatal(err)
	}
	text, _ := json.Marshal(claims)
	signed, err := signer.Sign(text)
	if err != nil {
		p.Fatal(err)
	}
	out, _ := signed.CompactSerialize()
	return out
}

// between sees what the provider answers, and changes tokens.
func (p *idp) between(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p.down.Load() {
			http.Error(w, "down", http.StatusBadGateway)
			return
		}
		if r.URL.Path != "/oauth/token" {
			next.ServeHTTP(w, r)
			return
		}
		rec := httptest.NewRecorder()
		next.ServeHTTP(rec, r)
		var answer map[string]any
		if json.Unmarshal(rec.Body.Bytes(), &answer) != nil || answer["id_token"] == nil {
			w.Header().Set("Content-Type", rec.Header().Get("Content-Type"))
			w.WriteHeader(rec.Code)
			_, _ = w.Write(rec.Body.Bytes())
			return
		}
		if p.forge != nil {
			payload, _ := b64.RawURLEncoding.DecodeString(strings.Split(answer["id_token"].(string), ".")[1])
			claims := map[string]any{}
			_ = json.Unmarshal(payload, &claims)
			answer["id_token"] = p.forge(claims)
		}
		p.tokens = append(p.tokens, answer["id_token"].(string), answer["access_token"].(string))
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(answer)
	})
}

var authRequest = regexp.MustCompile(`name="id" value="([^"]+)"`)

// signInAt signs somebody in at the provider and returns the way back that the browser is sent.
func (p *idp) signInAt(to, name string) string {
	p.Helper()
	jar, _ := cookiejar.New(nil)
	browser := &http.Client{Jar: jar, Timeout: 20 * time.Second, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if r.URL.Host == "formwandel.example" {
			return http.ErrUseLastResponse
		}
		return nil
	}}
	read := func(res *http.Response, err error) (*http.Response, string) {
		p.Helper()
		if err != nil {
			p.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			p.Fatal(err)
		}
		return res, string(body)
	}
	_, page := read(browser.Get(to))
	m := authRequest.FindStringSubmatch(page)
	if m == nil {
		p.Fatalf("the provider shows no form: %s", page)
	}
	res, page := read(browser.PostForm(p.server.URL+"/login/username", url.Values{"username": {name}, "password": {idpPassword}, "id": {m[1]}}))
	back, err := url.Parse(res.Header.Get("Location"))
	if err != nil || back.Host != "formwandel.example" {
		p.Fatalf("the provider leads to %q: %d %s", back, res.StatusCode, page)
	}
	p.tokens = append(p.tokens, back.Query().Get("code"))
	return back.RequestURI()
}

// elsewhere is a stage with the provider's own OpenID provider, and Bautzen's.
type elsewhere struct {
	*stage
	kisa, bautzen *idp
}

// newElsewhere sets it up; settings are changed before they are read.
func newElsewhere(t *testing.T, kind string, change func(*handlers.Config)) *elsewhere {
	t.Helper()
	e := &elsewhere{kisa: newIDP(t, "kisa"), bautzen: newIDP(t, "bautzen")}
	e.bautzen.nested = true
	e.kisa.person("agentin", "bearbeitung@kisa.example", "fw-bearbeitung", "kantine")
	e.kisa.person("fremd", "niemand@kisa.example", "fw-bearbeitung")
	e.kisa.person("leipzig", "sachbearbeitung@leipzig.example", "leipzig-sb")
	e.bautzen.person("neu", "neu@bautzen.example", "sb")
	e.bautzen.person("alt", "sachbearbeitung@bautzen.example", "sb")
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret")
	if err := errors.Join(os.WriteFile(secret, []byte(idpSecret+"\n"), 0o600), os.WriteFile(filepath.Join(dir, "oidc.json"), []byte(fmt.Sprintf(`{"providers": [
		{"key": "kisa", "name": {"de": "KISA-Konto", "en": "KISA account"}, "issuer": %q, "client_id": "formwandel", "client_secret_file": %q,
		 "groups": {"fw-bearbeitung": {"roles": ["agent"]}, "fw-freigabe": {"roles": ["lead"]}, "leipzig-sb": {"municipality": "14713000", "roles": ["clerk"]}},
		 "second_factor": {"amr": ["mfa"], "acr": ["hoch"]}},
		{"key": "bautzen", "name": {"de": "Stadt Bautzen", "en": "City of Bautzen"}, "issuer": %q, "client_id": "formwandel", "client_secret_file": %q, "municipality": "14625020", "create": true,
		 "groups_claim": ["realm_access", "roles"], "groups": {"sb": {"roles": ["clerk"]}, "fr": {"municipality": "14625020", "roles": ["approver"]}}}]}`,
		e.kisa.server.URL, secret, e.bautzen.server.URL, secret)), 0o600)); err != nil {
		t.Fatal(err)
	}
	settings, err := identity.Read(filepath.Join(dir, "oidc.json"), true)
	if err != nil {
		t.Fatal(err)
	}
	e.stage = stageOn(t, kind, func(c *handlers.Config) {
		c.Identities = identity.New(settings, time.Now, true)
		if change != nil {
			change(c)
		}
	})
	return e
}

// leave sends a visitor to a provider; it returns where the browser is sent.
func (v *visitor) leave(key string) string {
	v.Helper()
	return v.open("/anmelden/mit/" + key + "?weiter=/formulare").is(303).header.Get("Location")
}

// through signs somebody in over a provider, with a browser of their own.
func (e *elsewhere) through(p *idp, name string) (*visitor, *reply) {
	e.Helper()
	v := e.visit()
	key := map[*idp]string{e.kisa: "kisa", e.bautzen: "bautzen"}[p]
	return v, v.open(p.signInAt(v.leave(key), name))
}

// tellElsewhere tells a story on every kind of database.
func tellElsewhere(t *testing.T, story func(t *testing.T, e *elsewhere)) {
	t.Helper()
	for _, kind := range Databases {
		t.Run(kind, func(t *testing.T) { story(t, newElsewhere(t, kind, nil)) })
	}
}
