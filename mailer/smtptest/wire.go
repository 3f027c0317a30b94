package smtptest

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"testing"
	"time"
)

// recorder writes down what clients say.
type recorder struct {
	net.Listener
	server *Server
}

func (r *recorder) Accept() (net.Conn, error) {
	c, err := r.Listener.Accept()
	if err != nil {
		return nil, err
	}
	r.server.mu.Lock()
	defer r.server.mu.Unlock()
	r.server.calls++
	r.server.open++
	r.server.lines = append(r.server.lines, c)
	talk := &recorded{Conn: c, server: r.server}
	r.server.talks = append(r.server.talks, talk)
	return talk, nil
}

type recorded struct {
	net.Conn
	server *Server
	heard  bytes.Buffer
	over   bool
}

func (r *recorded) Read(p []byte) (int, error) {
	n, err := r.Conn.Read(p)
	r.server.mu.Lock()
	defer r.server.mu.Unlock()
	r.server.heard.Write(p[:n])
	r.heard.Write(p[:n])
	if err != nil {
		r.end()
	}
	return n, err
}

func (r *recorded) Close() error {
	r.server.mu.Lock()
	r.end()
	r.server.mu.Unlock()
	return r.Conn.Close()
}

// end counts a connection out, whoever hung up.
func (r *recorded) end() {
	if !r.over {
		r.over = true
		r.server.open--
	}
}

// Reading runs a server that reads its lines from a sheet, one for each line it
// hears, the first as its greeting; then it falls silent. It returns host and port.
func Reading(t testing.TB, sheet ...string) (host, port string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go read(c, sheet)
		}
	}()
	host, port, _ = net.SplitHostPort(listener.Addr().String())
	return host, port
}

func read(c net.Conn, sheet []string) {
	defer func() { _ = c.Close() }()
	heard := bufio.NewScanner(c)
	for _, line := range sheet {
		if _, err := c.Write([]byte(line + "\r\n")); err != nil || !heard.Scan() {
			return
		}
	}
	for heard.Scan() {
		continue
	}
}

// certificate is made anew for each server and trusts itself.
func certificate(t testing.TB, name string) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "smtptest"},
		NotBefore: time.Unix(0, 0), NotAfter: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		IsCA:     true, BasicConstraintsValid: true,
	}
	if ip := net.ParseIP(name); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{name}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	made, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(made)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}
