// Package clamd asks ClamAV's daemon whether a document carries a virus.
package clamd

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"
)

// Scanner is a daemon at an address.
type Scanner struct {
	network, address string
}

// How long a look may take, and how much goes in one piece.
const (
	patience = 8 * time.Second
	piece    = 64 << 10
)

// Parse reads unix:///run/clamav/clamd.ctl or tcp://host:3310.
func Parse(raw string) (*Scanner, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.User != nil || u.RawQuery != "" || u.Fragment != "":
	case u.Scheme == "unix" && u.Host == "" && strings.HasPrefix(u.Path, "/"):
		return &Scanner{"unix", u.Path}, nil
	case u.Scheme == "tcp" && u.Hostname() != "" && u.Port() != "" && u.Path == "":
		return &Scanner{"tcp", u.Host}, nil
	}
	return nil, errors.New("want unix:///run/clamav/clamd.ctl or tcp://host:3310")
}

// Scan names the virus in a document; "" is none. An error says that nobody
// knows: then the document is not to be kept.
func (s *Scanner) Scan(ctx context.Context, body []byte) (virus string, err error) {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	conn, err := (&net.Dialer{}).DialContext(ctx, s.network, s.address)
	if err != nil {
		return "", fmt.Errorf("clamd: %w", err)
	}
	defer conn.Close()
	if end, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(end); err != nil {
			return "", fmt.Errorf("clamd: %w", err)
		}
	}
	sending := send(conn, body)
	answer, err := bufio.NewReaderSize(conn, 4096).ReadString(0) // it may have answered before it had heard all
	if err != nil {
		return "", fmt.Errorf("clamd: %w", errors.Join(sending, err))
	}
	return verdict(strings.TrimSuffix(answer, "\x00"))
}

// send speaks INSTREAM: pieces behind their length, and an empty one.
func send(conn net.Conn, body []byte) error {
	if _, err := conn.Write([]byte("zINSTREAM\x00")); err != nil {
		return err
	}
	for {
		n := min(len(body), piece)
		framed := append(binary.BigEndian.AppendUint32(make([]byte, 0, n+4), uint32(n)), body[:n]...)
		if _, err := conn.Write(framed); err != nil {
			return err
		}
		if n == 0 {
			return nil
		}
		body = body[n:]
	}
}

// verdict reads the answer: "stream: OK", "stream: Eicar-Signature FOUND", or what went wrong.
func verdict(answer string) (virus string, err error) {
	said, ours := strings.CutPrefix(answer, "stream: ")
	if name, found := strings.CutSuffix(said, " FOUND"); ours && found && name != "" {
		return name, nil
	}
	if ours && said == "OK" {
		return "", nil
	}
	return "", fmt.Errorf("clamd says %q", answer)
}
