package clamd_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"formwandel/handlers/clamd"
)

// daemon speaks as clamd does; answer gets what was streamed and says what to send back, "" for nothing at all.
func daemon(t *testing.T, network, address string, answer func(body []byte) string) string {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				in := bufio.NewReader(c)
				if command, err := in.ReadString(0); err != nil || command != "zINSTREAM\x00" {
					return
				}
				var body bytes.Buffer
				for {
					var n uint32
					if binary.Read(in, binary.BigEndian, &n) != nil {
						return
					}
					if n == 0 {
						break
					}
					if _, err := io.CopyN(&body, in, int64(n)); err != nil {
						return
					}
					if early := answer(nil); early != "" {
						_, _ = io.WriteString(c, early)
						return
					}
				}
				_, _ = io.WriteString(c, answer(append([]byte{}, body.Bytes()...)))
			}()
		}
	}()
	return l.Addr().String()
}

// eicar is the test signature that every scanner knows, in two halves so that none finds this file.
const eicar = `X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-` + `STANDARD-ANTIVIRUS-TEST-FILE!$H+H*`

func looks(body []byte) string {
	switch {
	case body == nil:
		return ""
	case bytes.Contains(body, []byte(eicar)):
		return "stream: Eicar-Test-Signature FOUND\x00"
	}
	return "stream: OK\x00"
}

func scanner(t *testing.T, address string) *clamd.Scanner {
	t.Helper()
	s, err := clamd.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTheDaemonIsAsked(t *testing.T) {
	socket := daemon(t, "unix", filepath.Join(t.TempDir(), "clamd.ctl"), looks)
	for _, s := range []*clamd.Scanner{scanner(t, "tcp://"+daemon(t, "tcp", "127.0.0.1:0", looks)), scanner(t, "unix://"+socket)} {
		for body, want := range map[string]string{"": "", "harmless": "", eicar: "Eicar-Test-Signature", strings.Repeat("x", 1<<20) + eicar: "Eicar-Test-Signature", strings.Repeat("x", 64<<10): ""} {
			if virus, err := s.Scan(t.Context(), []byte(body)); err != nil || virus != want {
				t.Errorf("%d bytes: %q, %v", len(body), virus, err)
			}
		}
	}
}

// TestSilenceIsNoAnswer: whatever the daemon does but say OK, nobody may keep the document.
func TestSilenceIsNoAnswer(t *testing.T) {
	says := func(word string) string {
		return "tcp://" + daemon(t, "tcp", "127.0.0.1:0", func(b []byte) string {
			if b == nil {
				return ""
			}
			return word
		})
	}
	tooLarge := daemon(t, "tcp", "127.0.0.1:0", func(b []byte) string { return "INSTREAM size limit exceeded. ERROR\x00" })
	for name, address := range map[string]string{
		"nobody listens": "tcp://127.0.0.1:1", "no socket": "unix:///nowhere/clamd.ctl", "closes": says(""), "half a word": says("stream: O"), "an error": says("stream: Can't allocate memory ERROR\x00"),
		"another stream": says("file: OK\x00"), "a virus without a name": says("stream:  FOUND\x00"), "OK and more": says("stream: OK, perhaps\x00"), "too large": "tcp://" + tooLarge, "endless": says(strings.Repeat("x", 1<<20)),
	} {
		if virus, err := scanner(t, address).Scan(t.Context(), bytes.Repeat([]byte("x"), 1<<20)); err == nil {
			t.Errorf("%s: taken for clean or found: %q", name, virus)
		}
	}
	mute, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer mute.Close()
	ctx, stop := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer stop()
	if _, err := scanner(t, "tcp://"+mute.Addr().String()).Scan(ctx, []byte("x")); err == nil {
		t.Error("a mute daemon says that all is well")
	}
}

func TestAddresses(t *testing.T) {
	for _, bad := range []string{"", "clamd", "http://h:3310", "tcp://h", "tcp://:3310", "unix://run/clamd", "unix:clamd", "tcp://u:p@h:3310", "tcp://h:3310/x", "tcp://h:3310?x", "unix:///x#y", "://"} {
		if _, err := clamd.Parse(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}
