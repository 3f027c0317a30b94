package handlers_test

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	. "formwandel/models/modelstest"
)

// listen lets the server answer on a real connection and returns its address.
func (st *stage) listen() string {
	st.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		st.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- st.app.Listener(l) }()
	st.Cleanup(func() {
		if err := st.app.ShutdownWithTimeout(10 * time.Second); err != nil {
			st.Error(err)
		}
		if err := <-done; err != nil {
			st.Error(err)
		}
	})
	return l.Addr().String()
}

// exchange sends bytes, says that no more will come, and reads every answer until the server closes.
func exchange(t *testing.T, addr, sent string) string {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return talk(t, c, sent)
}

// talk does the same on a connection that is there.
func talk(t *testing.T, c net.Conn, sent string) string {
	t.Helper()
	if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(c, sent)    // the server may close before it has read everything
	_ = c.(*net.TCPConn).CloseWrite() // the same
	got, _ := io.ReadAll(c)           // a reset is an answer too
	return string(got)
}

// answers reads the answers off a connection.
func answers(t *testing.T, got string) []*http.Response {
	t.Helper()
	var out []*http.Response
	for r := bufio.NewReader(strings.NewReader(got)); ; {
		if _, err := r.Peek(1); err != nil {
			return out
		}
		res, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatalf("no HTTP: %v: %q", err, got)
		}
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatalf("no HTTP: %v: %q", err, got)
		}
		res.Body = io.NopCloser(bytes.NewReader(body))
		out = append(out, res)
	}
}

// reads holds a raw answer against what every answer promises.
func (st *stage) reads(name, sent, got string) []*http.Response {
	st.Helper()
	all := answers(st.T, got)
	for _, res := range all {
		body, _ := io.ReadAll(res.Body) // from memory
		res.Body = io.NopCloser(bytes.NewReader(body))
		r := &reply{st.T, name, res.StatusCode, res.Header, body}
		fault := func(format string, args ...any) {
			st.Errorf("%s: %d: "+format+"\n%q", append([]any{name, r.status}, append(args, got)...)...)
		}
		headerFaults(r, fault)
		if r.status >= 400 && !strings.HasPrefix(sent, "HEAD") {
			problemFaults(&http.Request{Method: "GET"}, r, fault)
		}
	}
	return all
}

// TestSmuggling: what two readers could read in two ways is refused, and never answered twice.
func TestSmuggling(t *testing.T) {
	st := newStage(t)
	addr := st.listen()
	const second = "GET /healthz HTTP/1.1\r\nHost: formwandel.example\r\n\r\n"
	post := "POST /api/v1/requests HTTP/1.1\r\nHost: formwandel.example\r\nAuthorization: Bearer " + st.tokens[st.Clerk.Email] + "\r\nContent-Type: application/json\r\n"
	const chunked = "Transfer-Encoding: chunked\r\n"
	shapes := map[string]string{
		"two lengths":              post + "Content-Length: 0\r\nContent-Length: 55\r\n\r\n" + second,
		"two equal lengths":        post + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nAAAAA",
		"a list of lengths":        post + "Content-Length: 5, 5\r\n\r\nAAAAA" + second,
		"length with a sign":       post + "Content-Length: +5\r\n\r\nAAAAA" + second,
		"negative length":          post + "Content-Length: -1\r\n\r\n" + second,
		"hexadecimal length":       post + "Content-Length: 0x5\r\n\r\nAAAAA" + second,
		"length with a blank":      post + "Content-Length: 5 5\r\n\r\nAAAAA" + second,
		"empty length":             post + "Content-Length: \r\n\r\n" + second,
		"huge length":              post + "Content-Length: 99999999999999999999\r\n\r\n" + second,
		"length and chunks":        post + "Content-Length: 4\r\n" + chunked + "\r\n0\r\n\r\n" + second,
		"chunks and length":        post + chunked + "Content-Length: 4\r\n\r\n0\r\n\r\n" + second,
		"blank before the colon":   post + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + second,
		"tab before the colon":     post + "Content-Length\t: 55\r\n\r\n" + second,
		"chunks by another name":   post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + second,
		"chunked and identity":     post + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + second,
		"identity and chunked":     post + "Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n" + second,
		"two encodings":            post + chunked + "Transfer-Encoding: identity\r\n\r\n0\r\n\r\n" + second,
		"quoted encoding":          post + "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n" + second,
		"encoding with a tab":      post + "Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n" + second,
		"chunks in HTTP/1.0":       strings.Replace(post, "1.1", "1.0", 1) + chunked + "\r\n0\r\n\r\n" + second,
		"chunk size with a sign":   post + chunked + "\r\n+5\r\nAAAAA\r\n0\r\n\r\n" + second,
		"chunk size with 0x":       post + chunked + "\r\n0x5\r\nAAAAA\r\n0\r\n\r\n" + second,
		"huge chunk size":          post + chunked + "\r\nfffffffffffffffff\r\nAAAAA\r\n0\r\n\r\n" + second,
		"chunk without its end":    post + chunked + "\r\n5\r\nAAAAAAA0\r\n\r\n" + second,
		"chunk lines with bare LF": post + chunked + "\r\n5\nAAAAA\n0\n\n" + second,
		"bare LF":                  "GET /healthz HTTP/1.1\nHost: formwandel.example\n\n" + second,
		"one bare LF":              "GET /healthz HTTP/1.1\r\nHost: formwandel.example\nX: 1\r\n\r\n" + second,
		"bare CR":                  "GET /healthz HTTP/1.1\r\nHost: formwandel.example\rX: 1\r\n\r\n" + second,
		"two Hosts":                "GET /healthz HTTP/1.1\r\nHost: formwandel.example\r\nHost: evil.example\r\n\r\n" + second,
		"two equal Hosts":          "GET /healthz HTTP/1.1\r\nHost: formwandel.example\r\nHost: formwandel.example\r\n\r\n" + second,
		"no Host":                  "GET /healthz HTTP/1.1\r\n\r\n",
		"another Host in the line": "GET http://evil.example/healthz HTTP/1.1\r\nHost: formwandel.example\r\n\r\n",
		"obs-fold":                 "GET /healthz HTTP/1.1\r\nHost: formwandel.example\r\nX: 1\r\n 2\r\n\r\n" + second,
		"obs-fold of the Host":     "GET /healthz HTTP/1.1\r\nHost:\r\n formwandel.example\r\n\r\n" + second,
		"obs-fold of the encoding": post + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n" + second,
		"blank before the first":   "GET /healthz HTTP/1.1\r\n Host: formwandel.example\r\n\r\n" + second,
		"NUL in a header":          "GET /healthz HTTP/1.1\r\nHost: formwandel.example\r\nX: a\x00b\r\n\r\n" + second,
		"NUL in a name":            "GET /healthz HTTP/1.1\r\nHost: formwandel.example\r\nX\x00: b\r\n\r\n" + second,
		"a header without a colon": "GET /healthz HTTP/1.1\r\nHost: formwandel.example\r\nContent-Length 55\r\n\r\n" + second,
		"a header without a name":  "GET /healthz HTTP/1.1\r\nHost: formwandel.example\r\n: 1\r\n\r\n" + second,
		"HTTP/2.0":                 "GET /healthz HTTP/2.0\r\nHost: formwandel.example\r\n\r\n" + second,
		"HTTP/1.1 with more":       "GET /healthz HTTP/1.1 x\r\nHost: formwandel.example\r\n\r\n" + second,
		"no version":               "GET /healthz\r\nHost: formwandel.example\r\n\r\n" + second,
		"a blank in the path":      "GET /heal thz HTTP/1.1\r\nHost: formwandel.example\r\n\r\n" + second,
		"a method with a blank":    " GET /healthz HTTP/1.1\r\nHost: formwandel.example\r\n\r\n" + second,
		"TLS":                      "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
	}
	before := st.rows()
	for name, sent := range shapes {
		all := st.reads(name, sent, exchange(t, addr, sent))
		switch {
		case len(all) > 1:
			t.Errorf("%s: %d answers", name, len(all))
		case len(all) == 1 && all[0].StatusCode != 400:
			t.Errorf("%s: %d", name, all[0].StatusCode)
		}
	}
	st.unchanged(before, "smuggling")
	Score(t, "S27", "requests that two readers could read in two ways, on a real connection", len(shapes), "refused with 400 or hung up on, never two answers")
	if all := answers(t, exchange(t, addr, second+second)); len(all) != 2 || all[1].StatusCode != 200 {
		t.Errorf("two honest requests have %d answers", len(all))
	}
}

// TestUnknownMethods: what is no method at all is refused in the same words and headers as everything else, and ends the connection.
func TestUnknownMethods(t *testing.T) {
	st := newStage(t)
	addr := st.listen()
	const second = "GET /healthz HTTP/1.1\r\nHost: formwandel.example\r\n\r\n"
	before, n := st.rows(), 0
	for _, method := range []string{"FOO", "get", "Post", "PROPFIND", "PRI", "TRACK", "DEBUG", "SEARCH", "GETX", "G", "<script>", "GET\x01", "PÖST", "%47ET", strings.Repeat("A", 4000)} {
		for place, c := range map[string]struct {
			host   string
			status int
			code   string
		}{
			"/":                    {"formwandel.example", 405, "method_not_allowed"},
			"/healthz":             {"formwandel.example", 405, "method_not_allowed"},
			requests:               {"formwandel.example", 401, "unauthorized"},
			"/verwaltung/kommunen": {"formwandel.example", 405, "method_not_allowed"},
			"/gibt/es/nicht":       {"formwandel.example", 404, "not_found"},
			"/anmelden":            {"evil.example", 400, "unknown_host"},
		} {
			for _, body := range []string{"", "Content-Length: 5\r\n\r\nAAAAA", "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"} {
				n++
				sent := method + " " + place + " HTTP/1.1\r\nHost: " + c.host + "\r\n" + body
				if body == "" {
					sent += "\r\n"
				}
				all := st.reads(method+" "+place, sent, exchange(t, addr, sent+second))
				if len(all) != 1 {
					t.Errorf("%q: %d answers", sent, len(all))
					continue
				}
				got, _ := io.ReadAll(all[0].Body) // from memory
				if all[0].StatusCode == 400 && !strings.Contains(string(got), "unknown_host") && strings.ContainsAny(method, "<%Ö\x01") {
					continue // refused before it was read
				}
				if all[0].StatusCode != c.status || !strings.Contains(string(got), `"code":"`+c.code+`"`) || c.status == 405 && !strings.Contains(all[0].Header.Get("Allow"), "GET") {
					t.Errorf("%q: %d %v %s", sent, all[0].StatusCode, all[0].Header, got)
				}
			}
		}
	}
	sent := "FOO / HTTP/1.1\r\nHost: formwandel.example\r\nAccept: text/html\r\n\r\n"
	if all := answers(t, exchange(t, addr, sent)); len(all) != 1 || all[0].StatusCode != 405 || all[0].Header.Get("Cache-Control") == "" || !strings.Contains(all[0].Header.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
		t.Errorf("%v", all)
	}
	st.unchanged(before, "unknown methods")
	Score(t, "S43", "requests with a method that nobody knows, on a real connection", n, "405, 404 or 400, dressed like every other answer, and hung up on")
}

// TestOtherHosts: links come from the base URL, whatever a request claims about itself.
func TestOtherHosts(t *testing.T) {
	st := newStage(t)
	for i, claim := range [][]string{
		{"X-Forwarded-Host", "evil.example"}, {"X-Forwarded-Proto", "gopher"}, {"X-Forwarded-Port", "666"}, {"Forwarded", "host=evil.example;proto=ftp"}, {"X-Host", "evil.example"}, {"X-Original-URL", "/api/v1/mails"}, {"X-Rewrite-URL", "/healthz"},
		{"X-Original-Host", "evil.example"}, {"X-Forwarded-Server", "evil.example"}, {"X-Forwarded-Prefix", "/evil.example"}, {"Host", "127.0.0.1:8080"}, {"Host", "localhost"}, {"Host", "FORMWANDEL.example:443"}, {"Origin", "https://evil.example"}, {"Referer", "https://evil.example/"},
	} {
		r := st.post(st.Clerk, requests, fee(2500+i, "2027-01-01"), claim...).is(201)
		if strings.Contains(string(r.body), "evil") || !strings.HasPrefix(r.header.Get("Location"), base+"/") {
			t.Errorf("%v: Location %q", claim, r.header.Get("Location"))
		}
		links := r.at("links").(map[string]any)
		if len(links) != 6 {
			t.Errorf("%v: %d links", claim, len(links))
		}
		for _, link := range links {
			if !strings.HasPrefix(link.(string), base+"/") {
				t.Errorf("%v: %v", claim, link)
			}
		}
		for name, values := range r.header {
			if strings.Contains(strings.Join(values, " "), "evil") {
				t.Errorf("%v: %s: %v", claim, name, values)
			}
		}
	}
	for _, host := range []string{"evil.example", "formwandel.example.evil.example", "evil.example:443", "formwandel.example@evil.example", "127.0.0.1.evil.example", "[2001:db8::1]", "xformwandel.example", "formwandel.example.", "169.254.169.254", "localhost.evil.example"} {
		st.get(nobody, "/healthz", "Host", host).refused(400, "unknown_host")
		st.get(st.Clerk, "/api/v1/me", "Host", host).refused(400, "unknown_host")
	}
}

// TestSlowOnes: who sends slowly holds up nobody else.
func TestSlowOnes(t *testing.T) {
	st := newStage(t)
	addr := st.listen()
	for _, begun := range []string{"GET /api/v1/me HT", "GET /healthz HTTP/1.1\r\nHost: formwandel.example\r\nX-Slow: ", "POST /api/v1/requests HTTP/1.1\r\nHost: formwandel.example\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"} {
		for range 40 {
			c, err := net.Dial("tcp", addr)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if _, err := io.WriteString(c, begun); err != nil {
				t.Fatal(err)
			}
		}
	}
	got := exchange(t, addr, "GET /healthz HTTP/1.1\r\nHost: formwandel.example\r\nConnection: close\r\n\r\n")
	if all := answers(t, got); len(all) != 1 || all[0].StatusCode != 200 {
		t.Errorf("behind 120 slow ones: %q", got)
	}
}

// TestTooMuch: what is too large is refused by the server itself, in the same words as everything else.
func TestTooMuch(t *testing.T) {
	st := newStage(t)
	addr := st.listen()
	const host = "Host: formwandel.example\r\n"
	token := "Authorization: Bearer " + st.tokens[st.Clerk.Email] + "\r\n"
	for name, c := range map[string]struct {
		sent   string
		status int
		code   string
	}{
		"body":         {"POST /api/v1/requests HTTP/1.1\r\n" + host + "Content-Length: 99999999\r\n\r\n" + strings.Repeat("x", 9_000), 413, "body_too_large"},
		"chunks":       {"POST /api/v1/requests HTTP/1.1\r\n" + host + token + "Transfer-Encoding: chunked\r\n\r\n5f5e0ff\r\n" + strings.Repeat("x", 4<<20+10), 413, "body_too_large"},
		"header":       {"GET /healthz HTTP/1.1\r\n" + host + "X: " + strings.Repeat("a", 64<<10) + "\r\n\r\n", 431, "header_too_large"},
		"many headers": {"GET /healthz HTTP/1.1\r\n" + host + strings.Repeat("X: a\r\n", 10_000) + "\r\n", 431, "header_too_large"},
		"address":      {"GET /" + strings.Repeat("a", 64<<10) + " HTTP/1.1\r\n" + host + "\r\n", 431, "header_too_large"},
	} {
		got := exchange(t, addr, c.sent)
		all := st.reads(name, c.sent, got)
		if len(all) != 1 || all[0].StatusCode != c.status {
			t.Errorf("%s: %d answers, %q", name, len(all), got)
			continue
		}
		if body, _ := io.ReadAll(all[0].Body); !strings.Contains(string(body), `"code":"`+c.code+`"`) {
			t.Errorf("%s: %s", name, body)
		}
	}
}
