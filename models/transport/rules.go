// Package transport is what is spoken over TLS, as a server and as a client.
package transport

import "crypto/tls"

// Suites and Curves are those of TLS 1.2 after BSI TR-02102-2: ECDHE with AES-GCM only.
// Which suites of TLS 1.3 there are, Go decides.
var (
	Suites = []uint16{
		tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
		tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	}
	Curves = []tls.CurveID{tls.X25519MLKEM768, tls.X25519, tls.CurveP256, tls.CurveP384}
)

// Rules are for either side of a connection; whoever takes them adds whom to trust, or what to show.
func Rules() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, CipherSuites: Suites, CurvePreferences: Curves}
}
