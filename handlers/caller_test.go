package handlers_test

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"formwandel/handlers"
	. "formwandel/models/modelstest"
)

// TestCallers: X-Forwarded-For is believed from the operator's proxies only, and read from the right.
func TestCallers(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("127.0.0.7/32"), netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8:1::/48")}
	var calls atomic.Int64 // seconds apart, so that each refusal is written down
	st := stageWith(t, func(c *handlers.Config) {
		c.Proxies, c.Now = trusted, func() time.Time { return time.Now().Add(time.Duration(calls.Add(1)) * time.Second) }
	})
	addr := st.listen()
	tries := 0
	for _, c := range []struct {
		name, peer string
		lines      []string
		want       string
	}{
		{"no proxy, no header", "127.0.0.5", nil, "127.0.0.5"},
		{"no proxy lies", "127.0.0.5", []string{"9.9.9.9"}, "127.0.0.5"},
		{"no proxy names a proxy", "127.0.0.5", []string{"10.0.0.1"}, "127.0.0.5"},
		{"no proxy, several lines", "127.0.0.5", []string{"9.9.9.9", "8.8.8.8"}, "127.0.0.5"},
		{"a proxy says nothing", "127.0.0.7", nil, "127.0.0.7"},
		{"a proxy says an empty word", "127.0.0.7", []string{""}, "127.0.0.7"},
		{"a proxy", "127.0.0.7", []string{"192.0.2.1"}, "192.0.2.1"},
		{"a client lied before the proxy", "127.0.0.7", []string{"9.9.9.9, 192.0.2.1"}, "192.0.2.1"},
		{"a client lied in a line of its own", "127.0.0.7", []string{"9.9.9.9", "192.0.2.1"}, "192.0.2.1"},
		{"a client pretends to be a proxy", "127.0.0.7", []string{"10.0.0.1, 192.0.2.1"}, "192.0.2.1"},
		{"two proxies", "127.0.0.7", []string{"192.0.2.1, 10.1.2.3"}, "192.0.2.1"},
		{"two proxies, two lines, a lie", "127.0.0.7", []string{"9.9.9.9, 192.0.2.1", "10.1.2.3"}, "192.0.2.1"},
		{"only proxies", "127.0.0.7", []string{"10.9.9.9, 10.1.2.3"}, "10.9.9.9"},
		{"with a port", "127.0.0.7", []string{"192.0.2.1:4711"}, "192.0.2.1"},
		{"IPv6", "127.0.0.7", []string{"2001:db8:2::1"}, "2001:db8:2::1"},
		{"IPv6 in brackets", "127.0.0.7", []string{"[2001:db8:2::1]"}, "2001:db8:2::1"},
		{"IPv6 with a port", "127.0.0.7", []string{"[2001:db8:2::1]:4711"}, "2001:db8:2::1"},
		{"IPv6 with a zone", "127.0.0.7", []string{"fe80::1%eth0"}, "fe80::1"},
		{"an IPv6 proxy", "127.0.0.7", []string{"2001:db8:2::1, 2001:db8:1::5"}, "2001:db8:2::1"},
		{"IPv4 as IPv6", "127.0.0.7", []string{"192.0.2.1, ::ffff:10.1.2.3"}, "192.0.2.1"},
		{"nonsense", "127.0.0.7", []string{"evil"}, "127.0.0.7"},
		{"nonsense in the middle", "127.0.0.7", []string{"192.0.2.1, evil, 10.1.2.3"}, "10.1.2.3"},
		{"unknown", "127.0.0.7", []string{"unknown"}, "127.0.0.7"},
		{"SQL", "127.0.0.7", []string{"' OR 1=1 --"}, "127.0.0.7"},
		{"octal", "127.0.0.7", []string{"0300.0.2.1"}, "127.0.0.7"},
		{"too many parts", "127.0.0.7", []string{"1.2.3.4.5"}, "127.0.0.7"},
		{"very many", "127.0.0.7", []string{strings.Repeat("10.0.0.1,", 800) + "192.0.2.9"}, "192.0.2.9"},
	} {
		for _, header := range []string{"X-Forwarded-For", "x-forwarded-for"} {
			var lines strings.Builder
			for _, l := range c.lines {
				fmt.Fprintf(&lines, "%s: %s\r\n", header, l)
			}
			sent := "GET /api/v1/me HTTP/1.1\r\nHost: formwandel.example\r\nX-Real-IP: 9.9.9.9\r\nForwarded: for=9.9.9.9\r\nTrue-Client-IP: 9.9.9.9\r\nX-Caller: 1\r\n" + lines.String() + "Connection: close\r\n\r\n"
			if got := st.seenFrom(addr, c.peer, sent); got != c.want {
				t.Errorf("%s: %q, want %q", c.name, got, c.want)
			}
			tries++
		}
	}
	Score(t, "T24", "ways to lie about one's address, through connections from several addresses", tries, "0 believed: the security log has the address beside the last trusted proxy")
}

// seenFrom signs in wrongly from an address of this machine and reads the address that the security log has.
func (st *stage) seenFrom(addr, peer, sent string) string {
	st.Helper()
	first := func(get string) string {
		c, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(peer)}}).Dial("tcp", addr)
		if err != nil {
			st.Fatal(err)
		}
		defer c.Close()
		return talk(st.T, c, get)
	}
	before := st.failures()
	page := first(strings.Replace(sent, "GET /api/v1/me", "GET /anmelden", 1))
	guest, _, _ := strings.Cut(page[strings.Index(page, "fw-gast=")+len("fw-gast="):], ";")
	body := "email=x%40y.example&password=falsch&csrf=" + guest
	post := strings.Replace(sent, "GET /api/v1/me", "POST /anmelden", 1)
	post = strings.Replace(post, "X-Caller: 1\r\n", fmt.Sprintf("Cookie: __Host-fw-gast=%s\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n", guest, len(body)), 1)
	if answer := first(post + body); !strings.HasPrefix(answer, "HTTP/1.1 422") && !strings.HasPrefix(answer, "HTTP/1.1 429") { // who guesses too often is written down, too
		st.Fatalf("%s", clip([]byte(answer)))
	}
	for at, n := range st.failures() {
		if n > before[at] {
			return at
		}
	}
	return ""
}

// failures are how often somebody failed to sign in, by address.
func (st *stage) failures() map[string]int {
	st.Helper()
	out := map[string]int{}
	st.query(`SELECT address, sum(count) FROM security_events WHERE code IN ('login_failed', 'login_limited') GROUP BY address`, func(scan func(...any) error) error {
		var at string
		var n int
		err := scan(&at, &n)
		out[at] = n
		return err
	})
	return out
}
