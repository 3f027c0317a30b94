package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"formwandel/models/transport"
)

// files are a certificate and its key on disk.
type files struct{ cert, key string }

// issue writes a certificate that the test has signed itself.
func (f files) issue(t testing.TB, serial int64, kind string, ends time.Time) {
	t.Helper()
	var key any
	var public any
	if kind == "rsa" {
		k, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			t.Fatal(err)
		}
		key, public = k, &k.PublicKey
	} else {
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		key, public = k, &k.PublicKey
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"}, NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: ends}
	der, err := x509.CreateCertificate(rand.Reader, c, c, public, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	f.put(t, f.cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644)
	f.put(t, f.key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600)
}

// put replaces a file, as tools that renew certificates do.
func (files) put(t testing.TB, name string, text []byte, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(name+".new", text, mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(name+".new", name); err != nil {
		t.Fatal(err)
	}
}

func newFiles(t testing.TB) files {
	dir := t.TempDir()
	return files{filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")}
}

// greeting is a listener that speaks TLS and says hello to whoever has shaken hands.
func greeting(t *testing.T, f files, patience time.Duration) (addr string, said *[]string) {
	t.Helper()
	said = &[]string{}
	c, err := newCertificate(f.cert, f.key, time.Now, slog.New(slog.DiscardHandler), func(detail string) { *said = append(*said, detail) })
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	e := encrypt(l, spoken(c), patience)
	t.Cleanup(func() { _ = e.Close() })
	go func() {
		for {
			conn, err := e.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(conn, "hello") // whoever has gone does not hear it
			_ = conn.Close()
		}
	}()
	return l.Addr().String(), said
}

// shake shakes hands as a browser with these rules would.
func shake(addr string, rules *tls.Config) (tls.ConnectionState, error) {
	rules.InsecureSkipVerify = true
	d := &net.Dialer{Timeout: 20 * time.Second}
	c, err := tls.DialWithDialer(d, "tcp", addr, rules)
	if err != nil {
		return tls.ConnectionState{}, err
	}
	defer c.Close()
	_, err = io.ReadAll(c)
	return c.ConnectionState(), err
}

// TestOnlyGoodTLS: real handshakes, each with one thing that is allowed or not.
func TestOnlyGoodTLS(t *testing.T) {
	for _, kind := range []string{"rsa", "ecdsa"} {
		f := newFiles(t)
		f.issue(t, 1, kind, time.Now().Add(90*24*time.Hour))
		addr, _ := greeting(t, f, handshakeTime)
		for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
			if s.SupportedVersions[0] == tls.VersionTLS13 {
				continue
			}
			state, err := shake(addr, &tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{s.ID}})
			good := slices.Contains(transport.Suites, s.ID) && strings.Contains(strings.ToLower(s.Name), "ecdhe_"+kind)
			if (err == nil) != good || good && state.CipherSuite != s.ID {
				t.Errorf("%s with %s: %v", kind, s.Name, err)
			}
		}
		for _, v := range []uint16{tls.VersionTLS10, tls.VersionTLS11, tls.VersionTLS12, tls.VersionTLS13} {
			state, err := shake(addr, &tls.Config{MinVersion: v, MaxVersion: v})
			if good := v >= tls.VersionTLS12; (err == nil) != good || good && state.Version != v {
				t.Errorf("%s with %s: %v", kind, tls.VersionName(v), err)
			}
		}
		for curve, good := range map[tls.CurveID]bool{tls.X25519MLKEM768: true, tls.X25519: true, tls.CurveP256: true, tls.CurveP384: true, tls.CurveP521: false} {
			state, err := shake(addr, &tls.Config{CurvePreferences: []tls.CurveID{curve}})
			if (err == nil) != good || good && (state.CurveID != curve || !slices.Contains(aesGCM, state.CipherSuite)) {
				t.Errorf("%s with %s: %v %s", kind, curve, err, tls.CipherSuiteName(state.CipherSuite))
			}
		}
		if state, err := shake(addr, &tls.Config{NextProtos: []string{"h2", "http/1.1"}}); err != nil || state.NegotiatedProtocol != "http/1.1" {
			t.Error(state.NegotiatedProtocol, err)
		}
	}
}

// TestNoChaCha: whoever would get ChaCha20 in TLS 1.3 is offered 1.2, and nobody gets it.
func TestNoChaCha(t *testing.T) {
	const grease = 0x0a0a
	for _, x := range []struct {
		offered []uint16
		fast    bool
		chacha  bool
	}{
		{[]uint16{grease, tls.TLS_AES_128_GCM_SHA256, tls.TLS_CHACHA20_POLY1305_SHA256}, true, false},
		{[]uint16{grease, tls.TLS_CHACHA20_POLY1305_SHA256, tls.TLS_AES_128_GCM_SHA256}, true, true},
		{[]uint16{tls.TLS_AES_128_GCM_SHA256, tls.TLS_CHACHA20_POLY1305_SHA256}, false, true},
		{[]uint16{tls.TLS_AES_128_GCM_SHA256}, false, false},
		{[]uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA, tls.TLS_AES_128_GCM_SHA256, tls.TLS_CHACHA20_POLY1305_SHA256}, true, true},
		{[]uint16{tls.TLS_CHACHA20_POLY1305_SHA256}, true, true},
		{nil, true, false},
	} {
		if got := wouldGetChaCha(x.offered, x.fast); got != x.chacha {
			t.Errorf("%x, %v: %v", x.offered, x.fast, got)
		}
	}
	if onlyAESGCM(tls.ConnectionState{CipherSuite: tls.TLS_CHACHA20_POLY1305_SHA256}) == nil || onlyAESGCM(tls.ConnectionState{CipherSuite: tls.TLS_AES_128_GCM_SHA256}) != nil {
		t.Error("the last look does not tell suites apart")
	}
	f := newFiles(t)
	f.issue(t, 1, "rsa", time.Now().Add(90*24*time.Hour))
	addr, _ := greeting(t, f, handshakeTime)
	for args, want := range map[string]string{
		"-tls1_3 -ciphersuites TLS_CHACHA20_POLY1305_SHA256": "",
		"-ciphersuites TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256 -cipher ECDHE-RSA-CHACHA20-POLY1305:ECDHE-RSA-AES256-GCM-SHA384": "ECDHE-RSA-AES256-GCM-SHA384",
		"-tls1_3 -ciphersuites TLS_AES_256_GCM_SHA384":                              "TLS_AES_256_GCM_SHA384",
		"-tls1_2 -cipher ECDHE-RSA-CHACHA20-POLY1305":                               "",
		"-tls1_2 -cipher AES256-GCM-SHA384:DHE-RSA-AES256-GCM-SHA384:AES128-SHA256": "",
	} {
		out := openssl(t, addr, strings.Fields(args)...)
		if got := strings.Contains(out, "Cipher is "+want) && !strings.Contains(out, "Cipher is (NONE)"); got != (want != "") {
			t.Errorf("openssl s_client %s: %s", args, out)
		}
	}
}

// TestSlowHandshakes: hundreds who say nothing, or half, hold up nobody and are gone after a while.
func TestSlowHandshakes(t *testing.T) {
	f := newFiles(t)
	f.issue(t, 1, "ecdsa", time.Now().Add(90*24*time.Hour))
	addr, _ := greeting(t, f, time.Second)
	var slow []net.Conn
	for i := range 300 {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if i%2 == 0 {
			if _, err := c.Write([]byte{22, 3, 1, 2, 0, 1}); err != nil {
				t.Fatal(err)
			}
		}
		slow = append(slow, c)
	}
	if _, err := shake(addr, &tls.Config{}); err != nil {
		t.Error("somebody else is held up", err)
	}
	for _, c := range slow {
		_ = c.SetReadDeadline(time.Now().Add(20 * time.Second))
		if _, err := io.ReadAll(c); err != nil && strings.Contains(err.Error(), "timeout") {
			t.Fatal("a handshake without end", err)
		}
	}
	c, err := net.Dial("tcp", addr) // plain text is answered by nothing that a browser could show
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if answer, _ := io.ReadAll(c); strings.Contains(string(answer), "HTTP") {
		t.Errorf("%q", answer)
	}
}

// TestCertificatesAreRenewed: a new pair is shown at once, a broken one never.
func TestCertificatesAreRenewed(t *testing.T) {
	f := newFiles(t)
	ends := time.Now().Add(90 * 24 * time.Hour)
	f.issue(t, 1, "ecdsa", ends)
	addr, said := greeting(t, f, handshakeTime)
	shows := func(serial int64, want ...string) {
		t.Helper()
		for range 3 { // what is no good is complained of once
			state, err := shake(addr, &tls.Config{})
			if err != nil {
				t.Fatal(err)
			}
			if got := state.PeerCertificates[0].SerialNumber.Int64(); got != serial {
				t.Errorf("shows %d, want %d", got, serial)
			}
		}
		if !slices.Equal(*said, want) {
			t.Errorf("the security log has %v, want %v", *said, want)
		}
		*said = nil
	}
	shows(1)
	f.issue(t, 2, "rsa", ends)
	shows(2, "loaded")
	other := newFiles(t)
	other.issue(t, 3, "ecdsa", ends)
	text, err := os.ReadFile(other.cert)
	if err != nil {
		t.Fatal(err)
	}
	f.put(t, f.cert, text, 0o644) // the key of another one
	shows(2, "failed")
	f.put(t, f.cert, text[:len(text)/2], 0o644)
	shows(2, "failed")
	if err := os.Remove(f.cert); err != nil {
		t.Fatal(err)
	}
	shows(2)
	f.issue(t, 4, "ecdsa", ends)
	if err := os.Chmod(f.key, 0o604); err != nil {
		t.Fatal(err)
	}
	f.put(t, f.cert, must(os.ReadFile(f.cert)), 0o644)
	shows(2, "failed")
	f.issue(t, 5, "ecdsa", time.Now().Add(24*time.Hour))
	shows(5, "loaded", "ends_soon")
	f.issue(t, 6, "ecdsa", time.Now().Add(-time.Hour))
	shows(6, "loaded", "expired")
	f.issue(t, 7, "ecdsa", ends)
	shows(7, "loaded")
}

func must(text []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return text
}

// openssl is what another implementation makes of a handshake.
func openssl(t *testing.T, addr string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "openssl", append([]string{"s_client", "-connect", addr}, args...)...)
	out, _ := cmd.CombinedOutput() // a handshake that is refused ends with a status; what it says is looked at
	if len(out) == 0 {
		t.Fatal("openssl says nothing: is it installed?")
	}
	return string(out)
}
