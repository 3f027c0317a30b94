package handlers_test

import (
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	. "formwandel/models/modelstest"
)

// insideTargets are addresses inside of a house, written in every way that some client follows; port is that of the sentinel.
func insideTargets(port string) []string {
	var out []string
	hosts := []string{
		"127.0.0.1", "localhost", "LOCALHOST", "localhost.", "127.1", "127.0.1", "0", "0.0.0.0", "2130706433", "0x7f000001", "0x7f.0x0.0x0.0x1", "0177.0.0.1", "017700000001", "127.0.0.1.", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
		"①②⑦.⓪.⓪.①", "127。0。0。1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "[fd00::1]", "[fe80::1]", "100.64.0.1", "metadata", "localhost.localdomain", "127.0.0.1%2f", "127.0.0.1%00.town.example", "user@127.0.0.1", "town.example@127.0.0.1", "127.0.0.1#@town.example", "127.0.0.1\\@town.example", "127.127.127.127", "[::127.0.0.1]",
		"0x7f000001.", "224.0.0.1",
	}
	for _, h := range hosts {
		out = append(out, "https://"+h+":"+port+"/x.pdf", "http://"+h+":"+port+"/")
	}
	return out
}

// linkTricks are other ways to make a link that is none.
func linkTricks() []string {
	out := []string{"https:town.example", "https:/town.example", "https:///town.example/x", "//town.example/x", "/x", "x", "x/y", "://", "https://", "https://.", "https://..", "https://a", "https://town", "https://-town.example/", "https://town-.example/", "https://town..example/", "https://town.example:99999/", "https://town.example:x/", "https://town.example\\x", "https://town.example/\\..\\x", "https://town.example/x\ty", "https://to\twn.example/", "https://town.example/\u0000", "https://town.example/\u202e", "https://town.example/\u200b", "https://tоwn.example/", "https://town。example/", "https://town.example/<script>", `https://town.example/"onclick="x`, "https://a:b@town.example/", "https://town.example@evil.example/", "https://town.example%2eevil.example/", "https://xn--/", "https://[town.example]/", "https://town.example/%zz", "https://town.example/%", "https://" + strings.Repeat("a", 300) + ".example/", "https://town.example/" + strings.Repeat("a", 5000)}
	for _, scheme := range []string{"javascript", "JaVaScRiPt", "java\tscript", "java\nscript", "\x01javascript", " javascript", "vbscript", "data", "file", "ftp", "gopher", "ldap", "blob", "about", "ws", "wss", "view-source", "jar", "intent", "tel", "sms", "mailto", "http", "HTTP", "httpx", "h\u0000ttps", "ｈttps", "https\u200b"} {
		for _, rest := range []string{":alert(1)", "://town.example/x.pdf", ":%2f%2ftown.example"} {
			out = append(out, scheme+rest)
		}
	}
	return out
}

// TestLinkTricks: no link that leads elsewhere than it says, inside, or into a script is kept, and nobody follows any.
func TestLinkTricks(t *testing.T) {
	s := newSiege(t)
	sentinel, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer sentinel.Close()
	var visits atomic.Int64
	go func() {
		for {
			c, err := sentinel.Accept()
			if err != nil {
				return
			}
			visits.Add(1)
			_ = c.Close() // nobody should have come
		}
	}()
	_, port, _ := net.SplitHostPort(sentinel.Addr().String())
	var attacks []attack
	targets, tricks := insideTargets(port), linkTricks()
	for _, link := range append(append([]string{}, targets...), tricks...) {
		for _, field := range []string{"zahlung.sepa_mandat_url", "gebuehren.satzung_url"} {
			body := fee(2500, "2027-01-01")
			body["changes"] = []object{{"field": field, "new": link}}
			attacks = append(attacks, attack{link, call{s.Clerk, "POST", requests, body, nil}, 422, "invalid"})
		}
	}
	s.repel(attacks)
	wished := fee(2500, "2027-01-01")
	wished["wish"] = strings.ReplaceAll(strings.Join(targets, "\n"), "\\", "")
	s.post(s.Clerk, requests, wished).is(201)
	for _, link := range targets {
		s.get(s.Clerk, requests+"?q="+url.QueryEscape(link), "Referer", "http://127.0.0.1:"+port+"/", "Origin", link)
	}
	if n := visits.Load(); n > 0 {
		t.Errorf("the program visited an address inside %d times", n)
	}
	Score(t, "S37", fmt.Sprintf("%d tricks and %d targets inside in two link fields, in wishes and in searches, a sentinel listening on loopback", len(tricks), len(targets)), len(attacks),
		"0 kept, 0 connections: the program fetches nothing that anybody typed")
}
