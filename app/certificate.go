package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"time"
)

// certificate is what this server shows to browsers. Its files are looked at
// with each handshake: new ones are used without a restart, broken ones never.
type certificate struct {
	cert, key string              // the files
	now       func() time.Time    // to tell whether it has expired
	tell      func(detail string) // what became of a new one, for the security log
	log       *slog.Logger

	mu     sync.Mutex
	pair   *tls.Certificate
	seen   stamp     // of the files that were read last, whatever came of it
	warned time.Time // when it was said last that it ends soon
}

// stamp tells one state of the two files from another.
type stamp struct{ cert, key fileStamp }

type fileStamp struct {
	at   time.Time
	size int64
}

// What is written into the security log about certificates.
const (
	certificateLoaded  = "loaded"
	certificateFailed  = "failed"
	certificateExpired = "expired"
	certificateEnding  = "ends_soon"
)

// endsSoon is how long before its end a certificate is complained of, once a day.
const endsSoon = 14 * 24 * time.Hour

// newCertificate reads the files for the first time: then both have to be right.
func newCertificate(cert, key string, now func() time.Time, log *slog.Logger, tell func(string)) (*certificate, error) {
	c := &certificate{cert: cert, key: key, now: now, log: log, tell: tell}
	if err := private(key); err != nil {
		return nil, fmt.Errorf("%sTLS_KEY: %w", prefix, err)
	}
	seen, err := c.look()
	if err != nil {
		return nil, fmt.Errorf("%sTLS_CERT: %w", prefix, err)
	}
	c.seen = seen
	if c.pair, err = c.read(); err != nil {
		return nil, fmt.Errorf("%sTLS_CERT: %s: %w", prefix, cert, err)
	}
	c.watchEnd()
	return c, nil
}

// private refuses a key that everybody on this machine can read.
func private(key string) error {
	info, err := os.Stat(key)
	if err != nil {
		return err
	}
	if info.Mode().Perm()&0o007 != 0 {
		return fmt.Errorf("%s can be read by everybody on this machine: chmod o= %s", key, key)
	}
	return nil
}

// look tells how the files are now.
func (c *certificate) look() (s stamp, err error) {
	for name, into := range map[string]*fileStamp{c.cert: &s.cert, c.key: &s.key} {
		var info fs.FileInfo
		if info, err = os.Stat(name); err != nil {
			return stamp{}, err
		}
		*into = fileStamp{info.ModTime(), info.Size()}
	}
	return s, nil
}

// read reads the pair; certificate and key have to belong to each other.
func (c *certificate) read() (*tls.Certificate, error) {
	if err := private(c.key); err != nil {
		return nil, err
	}
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err == nil && pair.Leaf == nil {
		err = errors.New("there is no certificate in it")
	}
	return &pair, err
}

// current is the pair to show, newly read if the files have changed. It implements tls.Config.GetCertificate.
func (c *certificate) current(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if seen, err := c.look(); err == nil && seen != c.seen {
		c.seen = seen
		c.renew()
	}
	c.watchEnd()
	return c.pair, nil
}

// renew takes the new pair; if it is no good, the old one stays.
func (c *certificate) renew() {
	pair, err := c.read()
	if err != nil {
		c.log.Error("the new certificate is no good: the old one stays in use", "file", c.cert, "error", err)
		c.tell(certificateFailed)
		return
	}
	c.pair, c.warned = pair, time.Time{}
	c.log.Info("a new certificate is in use", "file", c.cert, "until", pair.Leaf.NotAfter)
	c.tell(certificateLoaded)
}

// watchEnd complains once a day of a certificate that has ended or ends soon.
func (c *certificate) watchEnd() {
	now := c.now()
	left := c.pair.Leaf.NotAfter.Sub(now)
	if left > endsSoon || now.Sub(c.warned) < 24*time.Hour {
		return
	}
	c.warned = now
	if left <= 0 {
		c.log.Error("the certificate has expired: browsers refuse it", "file", c.cert, "ended", c.pair.Leaf.NotAfter)
		c.tell(certificateExpired)
		return
	}
	c.log.Warn("the certificate ends soon", "file", c.cert, "ends", c.pair.Leaf.NotAfter)
	c.tell(certificateEnding)
}
