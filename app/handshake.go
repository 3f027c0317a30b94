package main

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/cpu"

	"formwandel/models/transport"
)

// What this server speaks: AES-GCM only, in TLS 1.3, too. Go has one suite more there
// that can't be switched off (ChaCha20-Poly1305); whoever would get it is offered 1.2.
var aesGCM = append([]uint16{tls.TLS_AES_128_GCM_SHA256, tls.TLS_AES_256_GCM_SHA384}, transport.Suites...)

// Bounds of handshakes.
const (
	handshakeTime  = 5 * time.Second
	mostHandshakes = 2000 // at the same time; what comes above is closed at once
)

// spoken are the rules of TLS for connections that show a certificate.
func spoken(c *certificate) *tls.Config {
	rules := transport.Rules()
	rules.NextProtos, rules.GetCertificate, rules.VerifyConnection = []string{"http/1.1"}, c.current, onlyAESGCM
	older := rules.Clone()
	older.MaxVersion = tls.VersionTLS12
	rules.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		if wouldGetChaCha(hello.CipherSuites, fastAES()) {
			return older, nil
		}
		return nil, nil // the rules as they are
	}
	return rules
}

// wouldGetChaCha tells whether Go would choose ChaCha20-Poly1305 in TLS 1.3: it
// does where this machine is slow with AES, or the first suite that the client names is no AES-GCM.
func wouldGetChaCha(offered []uint16, fast bool) bool {
	if !slices.Contains(offered, tls.TLS_CHACHA20_POLY1305_SHA256) {
		return false
	}
	known := slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites())
	first := slices.IndexFunc(offered, func(id uint16) bool {
		return slices.ContainsFunc(known, func(s *tls.CipherSuite) bool { return s.ID == id })
	})
	return !fast || !slices.Contains(aesGCM, offered[first])
}

// fastAES tells whether this machine computes AES-GCM in hardware, as Go asks it.
func fastAES() bool {
	return cpu.X86.HasAES && cpu.X86.HasPCLMULQDQ && cpu.X86.HasSSE41 && cpu.X86.HasSSSE3 || cpu.ARM64.HasAES && cpu.ARM64.HasPMULL ||
		cpu.S390X.HasAES && cpu.S390X.HasAESCBC && cpu.S390X.HasAESCTR && (cpu.S390X.HasGHASH || cpu.S390X.HasAESGCM)
}

// onlyAESGCM ends a handshake that has come to any other suite.
func onlyAESGCM(state tls.ConnectionState) error {
	if !slices.Contains(aesGCM, state.CipherSuite) {
		return errors.New("tls: no suite in common")
	}
	return nil
}

// tlsListener is a listener whose connections have shaken hands already: who is
// slow with it holds up nobody, and is gone after a while.
type tlsListener struct {
	net.Listener
	rules    *tls.Config
	patience time.Duration
	ready    chan net.Conn
	slots    chan struct{}
	ended    context.Context
	end      context.CancelFunc
	work     sync.WaitGroup
}

// encrypt begins to shake hands with whoever comes.
func encrypt(l net.Listener, rules *tls.Config, patience time.Duration) *tlsListener {
	e := &tlsListener{Listener: l, rules: rules, patience: patience, ready: make(chan net.Conn), slots: make(chan struct{}, mostHandshakes)}
	e.ended, e.end = context.WithCancel(context.Background())
	e.work.Go(e.greet)
	return e
}

// Accept is the next connection that has shaken hands.
func (e *tlsListener) Accept() (net.Conn, error) {
	select {
	case c := <-e.ready:
		return c, nil
	case <-e.ended.Done():
		return nil, net.ErrClosed
	}
}

// Close ends it, and the handshakes that are going on.
func (e *tlsListener) Close() error {
	e.end()
	err := e.Listener.Close()
	e.work.Wait()
	return err
}

// greet takes connections until there are no more.
func (e *tlsListener) greet() {
	for {
		raw, err := e.Listener.Accept()
		if err != nil {
			e.end() // the lobby waits for what passes
			return
		}
		select {
		case e.slots <- struct{}{}:
			e.work.Go(func() { e.shake(raw); <-e.slots })
		default:
			_ = raw.Close() // nobody has spoken yet
		}
	}
}

// shake shakes hands with one connection and hands it on.
func (e *tlsListener) shake(raw net.Conn) {
	ctx, cancel := context.WithTimeout(e.ended, e.patience)
	defer cancel()
	c := tls.Server(raw, e.rules)
	if err := c.HandshakeContext(ctx); err != nil {
		_ = raw.Close() // whoever it was has gone or is refused
		return
	}
	select {
	case e.ready <- c:
	case <-e.ended.Done():
		_ = raw.Close() // the server ends
	}
}
