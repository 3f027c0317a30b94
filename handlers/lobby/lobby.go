// Package lobby is where connections wait: so many at once, and so many of one
// network. Whoever has waited longest without an answer makes room for somebody new.
package lobby

import (
	"container/list"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"formwandel/models/network"
)

// Limits say how many connections are kept.
type Limits struct {
	All     int                   // of everybody
	Each    int                   // of one address, or of one network of IPv6
	Trusted func(netip.Addr) bool // whose connections are many people's: only All counts; nil = nobody's
}

// New is a listener that keeps to limits.
func New(l net.Listener, limits Limits) net.Listener {
	return &lobby{Listener: l, limits: limits, closed: make(chan struct{}), guests: list.New(), of: map[netip.Prefix]int{}}
}

type lobby struct {
	net.Listener
	limits Limits
	close  sync.Once
	closed chan struct{}

	mu     sync.Mutex
	guests *list.List           // of *guest; whoever was answered last is at the end
	of     map[netip.Prefix]int // by network
}

// breath is how long nobody is let in after the door did not open: that there are no more files, for example, passes.
const breath = 100 * time.Millisecond

// Accept waits for somebody there is room for; the only error is that the lobby has closed.
func (l *lobby) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil, err
		}
		if err != nil {
			select {
			case <-time.After(breath):
				continue
			case <-l.closed:
				return nil, net.ErrClosed
			}
		}
		g := l.guestFrom(c, AddrOf(c.RemoteAddr()))
		gone, welcome := l.admit(g)
		if gone != nil {
			_ = gone.Conn.Close() // whatever it says: it is no guest any more
		}
		if welcome {
			return g, nil
		}
		_ = c.Close() // the same
	}
}

// Close lets nobody in any more.
func (l *lobby) Close() error {
	l.close.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

func (l *lobby) guestFrom(c net.Conn, from netip.Addr) *guest {
	return &guest{Conn: c, lobby: l, from: from, network: network.Of(from), unheard: true}
}

// admit takes somebody in; gone is who has to leave for it.
func (l *lobby) admit(g *guest) (gone *guest, welcome bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	crowded := func(*guest) bool { return true }
	switch many := l.limits.Trusted != nil && l.limits.Trusted(g.from); {
	case !many && l.of[g.network] >= l.limits.Each:
		crowded = func(other *guest) bool { return other.network == g.network }
	case l.guests.Len() < l.limits.All:
		crowded = nil
	}
	if crowded != nil {
		if gone = l.longest(crowded); gone == nil {
			return nil, false
		}
		l.forget(gone)
	}
	g.at = l.guests.PushBack(g)
	l.of[g.network]++
	return gone, true
}

// longest is who has waited longest for their own next word, or to be listened to.
func (l *lobby) longest(one func(*guest) bool) *guest {
	for e := l.guests.Front(); e != nil; e = e.Next() {
		if g := e.Value.(*guest); one(g) && g.idle() {
			return g
		}
	}
	return nil
}

// forget strikes a guest off the list; the second time nothing happens.
func (l *lobby) forget(g *guest) {
	if g.at == nil {
		return
	}
	l.guests.Remove(g.at)
	g.at = nil
	if l.of[g.network]--; l.of[g.network] == 0 {
		delete(l.of, g.network)
	}
}

// guest is one connection.
type guest struct {
	net.Conn
	lobby   *lobby
	from    netip.Addr
	network netip.Prefix  // from which it is counted
	at      *list.Element // nil: not counted any more

	mu       sync.Mutex
	waiting  int  // reads and writes that wait for the other side
	answered bool // nothing has been read since the last answer began
	unheard  bool // nobody has begun to listen
}

// Read waits for the other side.
func (g *guest) Read(b []byte) (int, error) {
	g.wait(1)
	n, err := g.Conn.Read(b)
	g.mu.Lock()
	g.waiting--
	g.answered = g.answered && n == 0
	g.mu.Unlock()
	return n, err
}

// Write begins an answer, or goes on with it; waiting for one that is not fetched is waiting, too.
func (g *guest) Write(b []byte) (int, error) {
	g.wait(1)
	defer g.wait(-1)
	g.mu.Lock()
	first := !g.answered
	g.answered = true
	g.mu.Unlock()
	if first {
		g.lobby.mu.Lock()
		if g.at != nil {
			g.lobby.guests.MoveToBack(g.at)
		}
		g.lobby.mu.Unlock()
	}
	return g.Conn.Write(b)
}

// Close frees the place.
func (g *guest) Close() error {
	g.lobby.mu.Lock()
	g.lobby.forget(g)
	g.lobby.mu.Unlock()
	return g.Conn.Close()
}

func (g *guest) wait(n int) {
	g.mu.Lock()
	g.waiting += n
	g.unheard = false
	g.mu.Unlock()
}

func (g *guest) idle() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.waiting > 0 || g.unheard
}

// AddrOf is a network address without its port; what is none is the zero address.
func AddrOf(a net.Addr) netip.Addr {
	if t, ok := a.(*net.TCPAddr); ok {
		return t.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}
