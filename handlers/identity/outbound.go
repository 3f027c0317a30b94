package identity

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"

	"formwandel/models/transport"
)

// Bounds of what a provider is asked, and of what it answers.
const (
	askTimeout = 5 * time.Second
	maxAnswer  = 1 << 20 // bytes
)

var errPrivate = errors.New("the provider names an address inside a private network that is not its own")

// client speaks to one provider and to nobody else it might name: over https,
// never along a redirect, never into a private network other than the issuer's own host.
func client(issuer string, insecure bool) *http.Client {
	u, _ := url.Parse(issuer) // was checked
	own := u.Hostname()
	transport := &http.Transport{
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			d := net.Dialer{Timeout: askTimeout}
			if host, _, err := net.SplitHostPort(addr); err != nil || host != own {
				d.Control = public
			}
			return d.DialContext(ctx, network, addr)
		},
		TLSClientConfig:       transport.Rules(),
		TLSHandshakeTimeout:   askTimeout,
		ResponseHeaderTimeout: askTimeout,
		IdleConnTimeout:       time.Minute,
		MaxIdleConnsPerHost:   4,
		ForceAttemptHTTP2:     true,
	}
	return &http.Client{
		Timeout:       askTimeout,
		Transport:     bounded{transport, insecure},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// public refuses to dial what is in a private network. It sees the address that
// was resolved, so that no name can mean two.
func public(_, addr string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(addr)
	if err != nil {
		return err
	}
	ip := at.Addr().Unmap()
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || sharedNet.Contains(ip) || translated.Contains(ip) {
		return errPrivate
	}
	return nil
}

var (
	sharedNet  = netip.MustParsePrefix("100.64.0.0/10") // RFC 6598
	translated = netip.MustParsePrefix("64:ff9b::/96")  // RFC 6052: an IPv4 address in another coat
)

// bounded refuses plain http and long answers.
type bounded struct {
	next     http.RoundTripper
	insecure bool
}

// RoundTrip implements http.RoundTripper.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme != "https" && !(b.insecure && loopback(r.URL.Hostname())) {
		return nil, errors.New("the provider names an address without https")
	}
	res, err := b.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	res.Body = &bodyUpTo{res.Body, maxAnswer}
	return res, nil
}

// bodyUpTo is an answer that breaks off when it is longer than any of ours.
type bodyUpTo struct {
	io.ReadCloser
	left int64
}

// Read implements io.Reader.
func (b *bodyUpTo) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errors.New("the provider's answer is too long")
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}
