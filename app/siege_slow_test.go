package main_test

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"formwandel/models/modelstest"
)

// TestSlowClients: who sends or reads as slowly as can be takes nobody else's place.
func TestSlowClients(t *testing.T) {
	p := newProgram(t, built, "")
	token, other := p.token("sachbearbeitung@bautzen.example"), p.token("bearbeitung@kisa.example")
	how := p.within(256 << 20)
	s := p.serve(freeAddr(t)).wait()
	number := fileOne(t, s.addr, token)
	file := enclose(t, s.addr, token, number)
	connections, seconds := modelstest.Share(1000), modelstest.Share(60)
	type figures struct {
		n, cut     int
		quiet, p95 time.Duration
	}
	f := best(t, func(int) (f figures, _ []delay) {
		_, f.quiet = calm(t, s.addr, other)
		o := work(t, s.addr, other)
		f.cut = besiege(t, s.addr, token, file, connections, time.Duration(seconds)*time.Second)
		f.n, f.p95 = o.end("slow clients")
		return f, []delay{{"slow clients", f.quiet, f.p95}}
	})
	most := peak(t, s.cmd.Process.Pid)
	if seconds > 20 && f.cut == 0 {
		t.Error("no slow connection was cut off")
	}
	s.stop()
	if most > 256 {
		t.Errorf("%d MB were resident", most)
	}
	ratio := float64(f.p95) / float64(max(f.quiet, time.Millisecond))
	modelstest.Score(t, "S25", fmt.Sprintf("slow heads, slow bodies, slow readers of 10 MB, silent ones, for %d s, from 20 addresses; 256 MB by %s", seconds, how), connections,
		fmt.Sprintf("%d calls of others all answered, 95 %% within %s (%s before, × %.1f); %d of the slow were cut off; at most %d MB resident", f.n, f.p95, f.quiet, ratio, f.cut, most))
}

// besiege holds slow connections for a time, each opened again when it is cut; it counts the cuts.
func besiege(t *testing.T, addr, token, file string, connections int, long time.Duration) int {
	heads := []string{
		"GET /api/v1/me HTTP/1.1\r\nHost: %s\r\nX-Slow: ",
		"POST /api/v1/requests HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer " + token + "\r\nContent-Type: application/json\r\nContent-Length: 900000\r\n\r\n{" + strings.Repeat(" ", 9000),
		"POST /anmelden HTTP/1.1\r\nHost: %s\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 250000\r\n\r\n" + strings.Repeat("a", 9000),
		"GET " + file + " HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer " + token + "\r\n\r\n",
		"POST /api/v1/requests HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer " + token + "\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n",
		"",
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	cut, until := 0, time.Now().Add(long)
	for i := range connections {
		wg.Go(func() {
			from := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 1, byte(1+i%20))}, Timeout: 10 * time.Second}
			for time.Now().Before(until) {
				if slowly(from, addr, fmt.Sprintf(strings.ReplaceAll(heads[i%len(heads)]+"%.0s", "%%", "%"), addr), i%len(heads) == 3, until) {
					mu.Lock()
					cut++
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	return cut
}

// slowly keeps one connection: a byte a second, one way or the other. It tells whether the server cut it off.
func slowly(from *net.Dialer, addr, head string, reads bool, until time.Time) bool {
	c, err := from.Dial("tcp", addr)
	if err != nil {
		time.Sleep(100 * time.Millisecond)
		return false
	}
	defer c.Close()
	if t, ok := c.(*net.TCPConn); ok {
		_ = t.SetReadBuffer(4 << 10) // so that little waits in the kernel
	}
	if _, err := io.WriteString(c, head); err != nil {
		return true
	}
	one := make([]byte, 1)
	for time.Now().Before(until) {
		time.Sleep(time.Second)
		if reads {
			_, err = c.Read(one)
		} else {
			_, err = c.Write([]byte("1"))
		}
		if err != nil {
			return true
		}
	}
	return false
}

// enclose attaches a document of almost 10 MB and tells where it can be fetched.
func enclose(t *testing.T, addr, token, number string) string {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	w, err := form.CreateFormFile("file", "gross.txt")
	if err == nil {
		_, err = w.Write(bytes.Repeat([]byte("Eine Zeile Text.\n"), 590_000))
	}
	if err != nil || form.Close() != nil {
		t.Fatal(err)
	}
	path := "/api/v1/requests/" + number + "/attachments"
	req, err := http.NewRequest(http.MethodPost, "http://"+addr+path, &body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", form.FormDataContentType())
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if text, _ := io.ReadAll(res.Body); res.StatusCode != http.StatusCreated {
		t.Fatalf("%s: %s", res.Status, text)
	}
	return path + "/1"
}
