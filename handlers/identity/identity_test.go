package identity

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"formwandel/models"
	"formwandel/models/transport"
)

// written writes a settings file beside a secret.
func written(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "oidc.json")
	for name, mode := range map[string]os.FileMode{"secret": 0o600, "open": 0o644, "leer": 0o600} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(map[bool]string{true: "geheim\n"}[name != "leer"]), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(filepath.Join(dir, name), mode); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(text, "DIR", dir)), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const good = `{"providers": [{"key": "bautzen", "name": {"de": "Stadt", "en": "City"}, "issuer": "https://login.bautzen.example", "client_id": "fw",
 "client_secret_file": "DIR/secret", "municipality": "14625020", "groups": {"sb": {"roles": ["clerk"]}}}]}`

// TestReadingSettings: what is not understood is refused, with the file and the place; a secret is never repeated.
func TestReadingSettings(t *testing.T) {
	list, err := Read(written(t, good), false)
	if err != nil || len(list) != 1 || list[0].secret != "geheim" || list[0].Groups["sb"].Municipality != "14625020" || list[0].GroupsClaim[0] != "groups" || len(list[0].Scopes) != 3 {
		t.Fatal(list, err)
	}
	t.Setenv("OIDC_GEHEIMNIS", "geheim")
	if list, err = Read(written(t, strings.Replace(good, `"client_secret_file": "DIR/secret"`, `"client_secret_env": "OIDC_GEHEIMNIS"`, 1)), false); err != nil || list[0].secret != "geheim" {
		t.Error(list, err)
	}
	for change, place := range map[[2]string]string{
		{`"key": "bautzen"`, `"key": "Bautzen Stadt"`}:                           "providers[0].key",
		{`"key": "bautzen"`, `"key": "a/../b"`}:                                  "providers[0].key",
		{`, "en": "City"`, ``}:                                                   "providers[0].name",
		{`https://login`, `http://login`}:                                        "providers[0].issuer",
		{`https://login`, `https://u:p@login`}:                                   "providers[0].issuer",
		{`https://login.bautzen.example`, `http://127.0.0.1:1`}:                  "providers[0].issuer",
		{`"client_id": "fw"`, `"client_id": ""`}:                                 "providers[0].client_id",
		{`"client_secret_file": "DIR/secret",`, ``}:                              "providers[0].client_secret_file",
		{`DIR/secret`, `DIR/fehlt`}:                                              "providers[0].client_secret_file",
		{`DIR/secret`, `DIR/open`}:                                               "can be read by everybody",
		{`DIR/secret`, `DIR/leer`}:                                               "is empty",
		{`"client_secret_file": "DIR/secret"`, `"client_secret_env": "FEHLT"`}:   "providers[0].client_secret_env",
		{`"client_secret_file": "DIR/secret"`, `"client_secret": "geheim"`}:      "providers/0/client_secret: there is no such setting",
		{`"roles": ["clerk"]`, `"roles": ["agent"]`}:                             `providers[0].groups["sb"].roles`,
		{`"roles": ["clerk"]`, `"roles": ["koenig"]`}:                            `providers[0].groups["sb"].roles`,
		{`"roles": ["clerk"]`, `"roles": []`}:                                    `providers[0].groups["sb"].roles`,
		{`"roles": ["clerk"]`, `"roles": "clerk"`}:                               "providers/0/groups/sb/roles",
		{`"roles": ["clerk"]`, `"roles": ["clerk"], "rolls": []`}:                "providers/0/groups/sb/rolls",
		{`"roles": ["clerk"]`, `"municipality": "14713000", "roles": ["clerk"]`}: `providers[0].groups["sb"].municipality`,
		{`"municipality": "14625020", `, ``}:                                     `providers[0].groups["sb"].roles`,
		{`"municipality": "14625020"`, `"municipality": "Bautzen"`}:              "providers[0].municipality",
		{`{"sb": {"roles": ["clerk"]}}`, `{}`}:                                   "providers[0].groups",
		{`"client_id"`, `"scopes": ["email"], "client_id"`}:                      "providers[0].scopes",
		{`"client_id"`, `"scopes": ["openid email"], "client_id"`}:               "providers[0].scopes",
		{`"client_id"`, `"groups_claim": ["a", ""], "client_id"`}:                "providers[0].groups_claim",
		{`"client_id"`, `"client_id": "x", "client_id"`}:                         "providers/0",
		{`}]}`, `}]} x`}: "byte",
		{`}]}`, `}`}:     "byte",
	} {
		path := written(t, strings.Replace(good, change[0], change[1], 1))
		_, err := Read(path, false)
		var m *Mistake
		if !errors.As(err, &m) || !strings.HasPrefix(err.Error(), path+": ") || !strings.Contains(err.Error(), place) || strings.Contains(err.Error(), "geheim") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v: %v", change, err)
		}
	}
	twice := strings.Replace(good, `}]}`, `}, `+strings.TrimPrefix(good, `{"providers": [`), 1)
	for path, want := range map[string]string{"/gibt/es/nicht": "no such file", written(t, `{"providers": []}`): "names no provider", written(t, ``): "oidc.json", written(t, twice): "providers[1]"} {
		if _, err := Read(path, false); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := Read(written(t, strings.Replace(good, `https://login.bautzen.example`, `http://127.0.0.1:1`, 1)), true); err != nil {
		t.Error("a rehearsal may do without https on this machine", err)
	}
}

// TestGroupsMean: groups that mean nothing are left out, groups of two sides contradict each other.
func TestGroupsMean(t *testing.T) {
	p := &Settings{Groups: map[string]Group{
		"a": {Roles: []models.Role{models.Lead}}, "b": {Roles: []models.Role{models.Agent, models.Lead}}, "m": {Municipality: "14625020", Roles: []models.Role{models.Clerk}}, "n": {Municipality: "14713000", Roles: []models.Role{models.Clerk}},
	}}
	for groups, want := range map[string]string{"": " []", "x y": " []", "a": " [lead]", "a b x a": " [agent lead]", "m x": "14625020 [clerk]", "A": " []", "a m": "!", "m n": "!", "n b": "!"} {
		ags, roles, err := p.means(strings.Fields(groups))
		if got := fmt.Sprint(ags, " ", roles); (err != nil) != (want == "!") || err == nil && got != want {
			t.Errorf("%s: %s, %v", groups, got, err)
		}
	}
}

// TestSecondFactor: only the token's own word for it counts.
func TestSecondFactor(t *testing.T) {
	p := &Provider{Settings: Settings{GroupsClaim: []string{"groups"}, SecondFactor: SecondFactor{AMR: []string{"mfa", "hwk"}, ACR: []string{"hoch"}}}}
	for text, want := range map[string]bool{
		`{}`: false, `{"amr": ["pwd"]}`: false, `{"amr": ["pwd", "mfa"]}`: true, `{"amr": "hwk"}`: true, `{"amr": ["MFA"]}`: false, `{"acr": "hoch"}`: true, `{"acr": "niedrig"}`: false, `{"acr": ["hoch"]}`: false, `{"acr": ""}`: false,
	} {
		says := map[string]any{}
		if err := json.Unmarshal([]byte(text), &says); err != nil {
			t.Fatal(err)
		}
		p.complete(says, map[string]any{"amr": []any{"mfa"}, "acr": "hoch", "groups": []any{"x"}})
		who, err := p.person(&oidc.IDToken{Subject: "x"}, says)
		if err != nil || who.Second != want {
			t.Errorf("%s: %v, %v", text, who, err)
		}
	}
}

// TestAsGoodAsAPasskey: a key in hardware or a level that cannot be phished, and only beside what the settings count as two factors.
func TestAsGoodAsAPasskey(t *testing.T) {
	p := &Provider{Settings: Settings{GroupsClaim: []string{"groups"}, SecondFactor: SecondFactor{AMR: []string{"mfa"}, ACR: []string{"phr"}}}}
	for text, want := range map[string]bool{
		`{}`: false, `{"amr": ["mfa"]}`: false, `{"amr": ["mfa", "hwk"]}`: true, `{"amr": ["hwk", "mfa"]}`: true, `{"amr": ["hwk"]}`: false, `{"amr": ["mfa", "swk"]}`: false, `{"amr": ["mfa", "otp", "sms"]}`: false,
		`{"amr": ["mfa", "HWK"]}`: false, `{"acr": "phr"}`: true, `{"acr": "phrh"}`: false, `{"acr": "phrh", "amr": ["mfa"]}`: true, `{"acr": "hwk", "amr": ["mfa"]}`: false, `{"acr": ["phr"], "amr": ["mfa"]}`: false,
	} {
		says := map[string]any{}
		if err := json.Unmarshal([]byte(text), &says); err != nil {
			t.Fatal(err)
		}
		p.complete(says, map[string]any{"amr": []any{"hwk", "mfa"}, "acr": "phr", "groups": []any{"x"}})
		who, err := p.person(&oidc.IDToken{Subject: "x"}, says)
		if err != nil || who.Keyed != want || who.Keyed && !who.Second {
			t.Errorf("%s: %+v, %v", text, who, err)
		}
	}
}

// TestConfirmedAddress: whether an address is confirmed says who says the address.
func TestConfirmedAddress(t *testing.T) {
	p := &Provider{Settings: Settings{GroupsClaim: []string{"groups"}}}
	for _, x := range []struct {
		token, asked string
		email        string
		verified     bool
	}{
		{`{"email": "a@x.example"}`, `{"email": "b@x.example", "email_verified": true}`, "a@x.example", false},
		{`{"email": "a@x.example"}`, `{"email": "a@x.example", "email_verified": true}`, "a@x.example", false},
		{`{"email_verified": true}`, `{"email": "b@x.example"}`, "b@x.example", false},
		{`{}`, `{"email": "b@x.example", "email_verified": true}`, "b@x.example", true},
		{`{"email": "a@x.example", "email_verified": "true"}`, `{}`, "a@x.example", false},
		{`{"email": "a@x.example", "email_verified": true}`, `{"email_verified": false}`, "a@x.example", true},
	} {
		says, more := map[string]any{}, map[string]any{}
		if err := errors.Join(json.Unmarshal([]byte(x.token), &says), json.Unmarshal([]byte(x.asked), &more)); err != nil {
			t.Fatal(err)
		}
		p.complete(says, more)
		if who, err := p.person(&oidc.IDToken{Subject: "x"}, says); err != nil || who.Email != x.email || who.Verified != x.verified {
			t.Errorf("%s %s: %+v, %v", x.token, x.asked, who, err)
		}
	}
}

// TestOnlyTheProviderIsAsked: no redirect is followed, no private network entered that is not the issuer's own, no plain http spoken, no long answer read.
func TestOnlyTheProviderIsAsked(t *testing.T) {
	var inside atomic.Int64
	sentinel := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { inside.Add(1); fmt.Fprint(w, "{}") }))
	defer sentinel.Close()
	var answer func(w http.ResponseWriter, r *http.Request)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { answer(w, r) }))
	defer server.Close()
	port := sentinel.URL[strings.LastIndex(sentinel.URL, ":"):]
	own := client(server.URL, true)
	get := func(c *http.Client, address string) error {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
		if err != nil {
			return err
		}
		res, err := c.Do(req)
		if err != nil {
			return err
		}
		defer res.Body.Close()
		if res.StatusCode != http.StatusOK {
			return fmt.Errorf("status %d", res.StatusCode)
		}
		return json.NewDecoder(res.Body).Decode(&map[string]any{})
	}
	answer = func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, sentinel.URL, http.StatusFound) }
	if err := get(own, server.URL); err == nil {
		t.Error("a redirect is followed")
	}
	answer = func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"x": "`+strings.Repeat("x", maxAnswer)+`"}`)
	}
	if err := get(own, server.URL); err == nil {
		t.Error("a long answer is read")
	}
	answer = func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{}`) }
	if err := get(own, server.URL); err != nil {
		t.Error("the provider itself may be where it is", err)
	}
	elsewhere := client("https://login.example", true)
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "[::]", "127.1.2.3"} {
		if err := get(elsewhere, "http://"+host+port); err == nil {
			t.Errorf("%s is asked", host)
		}
	}
	for _, addr := range []string{"10.0.0.1:443", "172.16.3.4:443", "192.168.1.1:443", "169.254.169.254:80", "100.64.0.1:443", "[fd00::1]:443", "[fe80::1]:443", "[64:ff9b::7f00:1]:443", "[::ffff:10.0.0.1]:443", "0.0.0.0:443", "224.0.0.1:443", "x"} {
		if public("tcp", addr, nil) == nil {
			t.Errorf("%s is dialled", addr)
		}
	}
	for _, addr := range []string{"93.184.216.34:443", "[2606:2800:220:1::1]:443"} {
		if err := public("tcp", addr, nil); err != nil {
			t.Error(err)
		}
	}
	if err := get(client(server.URL, false), server.URL); err == nil {
		t.Error("plain http is spoken")
	}
	if inside.Load() != 0 {
		t.Errorf("%d calls reached the inside", inside.Load())
	}
}

// TestOldSuitesAreNotSpoken: a provider that has only old suites under TLS 1.2 hears nothing; with a good one it is asked.
func TestOldSuitesAreNotSpoken(t *testing.T) {
	for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		if s.SupportedVersions[0] == tls.VersionTLS13 || strings.Contains(s.Name, "ECDSA") {
			continue // of those none fits the server's certificate
		}
		var heard atomic.Int64
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { heard.Add(1) }))
		server.Config.ErrorLog = log.New(io.Discard, "", 0)
		server.TLS = &tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{s.ID}}
		server.StartTLS()
		own := client(server.URL, false)
		roots := x509.NewCertPool()
		roots.AddCert(server.Certificate())
		own.Transport.(bounded).next.(*http.Transport).TLSClientConfig.RootCAs = roots
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		res, err := own.Do(req)
		if err == nil {
			_ = res.Body.Close() // empty
		}
		if good := slices.Contains(transport.Suites, s.ID); (err == nil) != good || (heard.Load() == 1) != good {
			t.Errorf("%s: %v, asked %d times", s.Name, err, heard.Load())
		}
		server.Close()
	}
}

// TestAskingAgain: a provider that was away is asked again soon, one that has answered holds while it is away, and who waits is not made to wait long.
func TestAskingAgain(t *testing.T) {
	var asked, down atomic.Int64
	var server *httptest.Server
	metadata := func() map[string]any {
		return map[string]any{"issuer": server.URL, "authorization_endpoint": server.URL + "/auth", "token_endpoint": server.URL + "/token", "jwks_uri": server.URL + "/keys", "end_session_endpoint": "http://evil.example/", "authorization_response_iss_parameter_supported": true}
	}
	change := func(map[string]any) {}
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		if down.Load() > 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		m := metadata()
		change(m)
		_ = json.NewEncoder(w).Encode(m)
	}))
	defer server.Close()
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	p := New([]Settings{{Key: "x", Issuer: server.URL, ClientID: "fw", Name: map[string]string{"de": "X"}}}, func() time.Time { return now }, true)[0]
	begin := func() error {
		_, _, err := p.Begin(context.Background(), "https://fw.example/zurueck", false)
		return err
	}
	down.Store(1)
	for range 5 {
		if err := begin(); !models.IsKind(err, models.Busy) {
			t.Error(err)
		}
	}
	if asked.Load() != 2 {
		t.Errorf("asked %d times at once", asked.Load())
	}
	now = now.Add(askAfterBad)
	down.Store(0)
	if err := begin(); err != nil {
		t.Error("not asked again", err)
	}
	if _, err := p.End(context.Background(), Attempt{}, "", url.Values{"code": {"x"}}); err == nil || !strings.Contains(err.Error(), "another issuer") {
		t.Error("a provider that says it names itself does not", err)
	}
	if p.EndAddress(context.Background(), "https://fw.example") != "" {
		t.Error("a place without https is offered")
	}
	down.Store(1)
	now = now.Add(2 * askAgain)
	if err := begin(); err != nil {
		t.Error("what it said before does not hold", err)
	}
	down.Store(0)
	for name, bad := range map[string]func(map[string]any){
		"another issuer":           func(m map[string]any) { m["issuer"] = "https://evil.example" },
		"a way out without https":  func(m map[string]any) { m["authorization_endpoint"] = "http://evil.example/" },
		"a script":                 func(m map[string]any) { m["authorization_endpoint"] = "javascript:alert(1)" },
		"a token without https":    func(m map[string]any) { m["token_endpoint"] = "http://10.0.0.1/" },
		"no place for tokens":      func(m map[string]any) { delete(m, "token_endpoint") },
		"somebody's name in front": func(m map[string]any) { m["token_endpoint"] = "https://a:b@evil.example/" },
	} {
		change = bad
		fresh := New([]Settings{p.Settings}, func() time.Time { return now }, true)[0]
		if _, _, err := fresh.Begin(context.Background(), "x", false); !models.IsKind(err, models.Busy) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
