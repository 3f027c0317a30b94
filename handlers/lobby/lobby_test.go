package lobby

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"testing"
	"time"
)

// open listens with limits and echoes what comes, one answer for each read.
func open(t *testing.T, limits Limits) string {
	t.Helper()
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := New(inner, limits)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				b := make([]byte, 16)
				for {
					n, err := c.Read(b)
					if err != nil {
						return
					}
					if _, err := c.Write(b[:n]); err != nil {
						return
					}
				}
			}()
		}
	}()
	return inner.Addr().String()
}

// from dials from an address of this machine.
func from(t *testing.T, own, addr string) net.Conn {
	t.Helper()
	c, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(own)}}).Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// speaks tells whether a connection is answered.
func speaks(t *testing.T, c net.Conn) bool {
	t.Helper()
	if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, "x"); err != nil {
		return false
	}
	_, err := io.ReadFull(c, make([]byte, 1))
	return err == nil
}

func TestTheLongestSilentMakesRoom(t *testing.T) {
	addr := open(t, Limits{All: 3, Each: 3})
	silent := from(t, "127.0.0.2", addr)
	time.Sleep(50 * time.Millisecond) // so that it is taken in first
	talking := from(t, "127.0.0.3", addr)
	if !speaks(t, talking) {
		t.Fatal("nobody answers")
	}
	for i := range 20 {
		if c := from(t, "127.0.0.4", addr); !speaks(t, c) {
			t.Fatalf("newcomer %d finds no room", i)
		}
		if i < 1 && !speaks(t, talking) {
			t.Error("who was answered last had to leave before who is silent")
		}
	}
	if speaks(t, silent) {
		t.Error("the silent one stays")
	}
}

func TestOneAddressTakesOnlyItsOwnRoom(t *testing.T) {
	addr := open(t, Limits{All: 100, Each: 5, Trusted: func(a netip.Addr) bool { return a == netip.MustParseAddr("127.0.0.9") }})
	polite := from(t, "127.0.0.2", addr)
	if !speaks(t, polite) {
		t.Fatal("nobody answers")
	}
	var crowd, proxied []net.Conn
	for range 50 {
		crowd = append(crowd, from(t, "127.0.0.3", addr))
		proxied = append(proxied, from(t, "127.0.0.9", addr))
	}
	if !speaks(t, from(t, "127.0.0.3", addr)) { // behind it all others have been taken in
		t.Error("the last of an address finds no room")
	}
	if !speaks(t, polite) {
		t.Error("the crowd of another address pushes out")
	}
	alive := 0
	for _, c := range crowd {
		if speaks(t, c) {
			alive++
		}
	}
	if alive > 5 || alive == 0 {
		t.Errorf("%d of one address, 5 are allowed", alive)
	}
	for _, c := range proxied {
		if !speaks(t, c) {
			t.Error("a proxy's connections are many people's")
			break
		}
	}
}

func TestWhoLeavesFreesThePlace(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := New(inner, Limits{All: 4, Each: 4}).(*lobby)
	defer l.Close()
	var wg sync.WaitGroup
	for range 40 {
		wg.Go(func() {
			c, err := net.Dial("tcp", inner.Addr().String())
			if err == nil {
				_ = c.Close()
			}
		})
	}
	for range 4 {
		c, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		_, _ = c.Read(make([]byte, 1)) // until it is closed
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		_ = c.Close() // the second time nothing happens
	}
	if l.guests.Len() != 0 || len(l.of) != 0 {
		t.Errorf("%d guests, %v", l.guests.Len(), l.of)
	}
	_ = l.Close()
	wg.Wait()
}

// TestOneNetworkOfIPv6TakesOnlyItsOwnRoom: whoever has 2^64 addresses has no more room for it.
func TestOneNetworkOfIPv6TakesOnlyItsOwnRoom(t *testing.T) {
	l := New(nil, Limits{All: 100, Each: 3}).(*lobby)
	comes := func(address string) (gone *guest) {
		t.Helper()
		gone, welcome := l.admit(l.guestFrom(nil, netip.MustParseAddr(address)))
		if !welcome {
			t.Fatalf("%s finds no room", address)
		}
		return gone
	}
	for _, address := range []string{"2001:db8:1:2::1", "2001:db8:1:2::2", "2001:db8:1:2:a:b:c:d", "2001:db8:1:3::1", "192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"} {
		if gone := comes(address); gone != nil {
			t.Errorf("for %s leaves %s", address, gone.from)
		}
	}
	if gone := comes("2001:db8:1:2:ffff::"); gone == nil || gone.from != netip.MustParseAddr("2001:db8:1:2::1") {
		t.Errorf("a fourth address of a network makes nobody of it leave: %v", gone)
	}
}

// outOfFiles is a listener that a few times has no file for whoever comes.
type outOfFiles struct {
	net.Listener
	times int
}

func (l *outOfFiles) Accept() (net.Conn, error) {
	if l.times != 0 {
		l.times--
		return nil, &net.OpError{Op: "accept", Err: syscall.EMFILE}
	}
	return l.Listener.Accept()
}

// TestADoorThatDoesNotOpenIsTriedAgain: no more files is no end; the lobby ends when it is closed, also while it waits.
func TestADoorThatDoesNotOpenIsTriedAgain(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := New(&outOfFiles{inner, 2}, Limits{All: 1, Each: 1})
	from(t, "127.0.0.1", inner.Addr().String())
	if _, err := l.Accept(); err != nil {
		t.Error(err)
	}
	_ = l.Close()
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("closed: %v", err)
	}

	never := New(&outOfFiles{inner, -1}, Limits{All: 1, Each: 1})
	ended := make(chan error, 1)
	go func() { _, err := never.Accept(); ended <- err }()
	_ = never.Close() // the second time it is closed already
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Errorf("closed while it waits: %v", err)
	}
}
