package main_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// pair writes a certificate and its key into a folder.
func pair(t *testing.T, dir string, serial int64, ends time.Time) (cert, key string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(serial), DNSNames: []string{"localhost"}, NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: ends}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalECPrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")
	for name, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "EC PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(name+".new", pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(name+".new", name); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

// TestServingTLS: the program itself answers over TLS, takes a new certificate while it runs, and ends as always.
func TestServingTLS(t *testing.T) {
	p := newProgram(t, built, "")
	cert, key := pair(t, p.dir, 1, time.Now().Add(-time.Hour))
	s := p.serve(freeAddr(t), "FORMWANDEL_TLS_CERT="+cert, "FORMWANDEL_TLS_KEY="+key, "FORMWANDEL_BASE_URL=https://localhost").said()
	browser := &http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	shown := func() int64 {
		t.Helper()
		res, err := browser.Get("https://" + s.addr + "/anmelden")
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if res.StatusCode != http.StatusOK || res.Header.Get("Strict-Transport-Security") == "" || !strings.HasPrefix(res.Header.Get("Set-Cookie"), "__Host-") {
			t.Errorf("%d %v", res.StatusCode, res.Header)
		}
		return res.TLS.PeerCertificates[0].SerialNumber.Int64()
	}
	if n := shown(); n != 1 || !strings.Contains(s.log.String(), "the certificate has expired") {
		t.Error(n, s.log.String())
	}
	pair(t, p.dir, 2, time.Now().Add(90*24*time.Hour))
	if n := shown(); n != 2 {
		t.Error(n)
	}
	if err := os.WriteFile(cert, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if n := shown(); n != 2 || !strings.Contains(s.log.String(), "the old one stays in use") {
		t.Error(n, s.log.String())
	}
	if res, err := http.Get("http://" + s.addr + "/anmelden"); err == nil {
		_ = res.Body.Close() // it should not be there
		t.Error("plain text is answered", res.StatusCode)
	}
	s.stop()
}

// TestWrongTLS: half a setting, an address without https, an open key, a wrong pair: each stops the start with a line that names it.
func TestWrongTLS(t *testing.T) {
	p := empty(t, "")
	cert, key := pair(t, t.TempDir(), 1, time.Now().Add(time.Hour))
	otherCert, _ := pair(t, t.TempDir(), 2, time.Now().Add(time.Hour))
	open := filepath.Join(t.TempDir(), "tls.key")
	text, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(open, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(open, 0o644); err != nil {
		t.Fatal(err)
	}
	const base = "FORMWANDEL_BASE_URL=https://formwandel.example"
	for _, x := range []struct {
		cert, key, base string
		status          int
		want            string
	}{
		{cert, "", base, 2, "FORMWANDEL_TLS_KEY"},
		{"", key, base, 2, "FORMWANDEL_TLS_CERT"},
		{cert, key, "FORMWANDEL_BASE_URL=http://formwandel.example", 2, "FORMWANDEL_BASE_URL"},
		{cert, open, base, 1, "FORMWANDEL_TLS_KEY: " + open + " can be read by everybody"},
		{cert, "/gibt/es/nicht", base, 1, "FORMWANDEL_TLS_KEY"},
		{"/gibt/es/nicht", key, base, 1, "FORMWANDEL_TLS_CERT"},
		{otherCert, key, base, 1, "FORMWANDEL_TLS_CERT"},
		{key, key, base, 1, "FORMWANDEL_TLS_CERT"},
	} {
		o := p.command([]string{"FORMWANDEL_TLS_CERT=" + x.cert, "FORMWANDEL_TLS_KEY=" + x.key, x.base}, "serve")
		o.refused(x.status, x.want)
		if strings.Contains(o.err, "PRIVATE KEY-") {
			t.Error("the key is printed")
		}
	}
}

// TestWrongProviders: what is wrong with a file of OpenID providers is said with its name, and a provider that is away stops no start.
func TestWrongProviders(t *testing.T) {
	p := newProgram(t, built, "")
	file, secret := filepath.Join(p.dir, "oidc.json"), filepath.Join(p.dir, "geheim")
	text := `{"providers": [{"key": "kisa", "name": {"de": "KISA", "en": "KISA"}, "issuer": "https://127.0.0.1:1", "client_id": "x", "client_secret_file": "` + secret + `", "groups": {"a": {"roles": ["agent"]}}}]}`
	put := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	e := empty(t, "")
	setting := []string{"FORMWANDEL_OIDC=" + file}
	e.command(setting, "serve").refused(2, "FORMWANDEL_OIDC: "+file)
	put(secret, "geheimwort")
	put(file, strings.Replace(text, "agent", "koenig", 1))
	e.command(setting, "serve").refused(2, `providers[0].groups["a"].roles`)
	put(file, text)
	s := p.serve(freeAddr(t), setting...).wait()
	res, err := http.Get("http://" + s.addr + "/anmelden/mit/kisa")
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close() // only the status counts
	if res.StatusCode != http.StatusServiceUnavailable || strings.Contains(s.log.String(), "geheimwort") {
		t.Error(res.StatusCode, s.log.String())
	}
	s.stop()
}
