package main_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"formwandel/models/modelstest"
)

// tally counts answers by status.
type tally struct {
	mu sync.Mutex
	of map[int]int
	n  int
}

func (c *tally) add(status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.of[status]++
	c.n++
}

// fetch makes a call and reads its answer; no answer counts as status 0.
func (c *tally) fetch(client *http.Client, req *http.Request) {
	res, err := client.Do(req)
	if err != nil {
		c.add(0)
		return
	}
	_, _ = io.Copy(io.Discard, res.Body) // only the status counts
	_ = res.Body.Close()                 // it has been read
	c.add(res.StatusCode)
}

// TestManyExports: fifty searches and exports at the same time hold up nobody else.
func TestManyExports(t *testing.T) {
	p := newProgram(t, built, "")
	greedy, other := p.token("bearbeitung@kisa.example"), p.token("bearbeitung2@kisa.example")
	clerk := p.token("sachbearbeitung@bautzen.example")
	how := p.within(256 << 20)
	s := p.serve(freeAddr(t)).wait()
	rows := modelstest.Share(20_000)
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for range rows / 8 {
				fileOneAs(t, s.addr, clerk, worker)
			}
		})
	}
	wg.Wait()
	o := work(t, s.addr, other)
	time.Sleep(3 * time.Second)
	_, quiet := o.end("before")
	o = work(t, s.addr, other)
	client := &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 60}}
	counts := &tally{of: map[int]int{}}
	until := time.Now().Add(time.Duration(modelstest.Share(60)) * time.Second)
	queries := []string{"a", "e", "Ä", "2", "Geburtsurkunde", "Gebühr a e i", strings.Repeat("e ", 40)}
	for i := range 50 {
		wg.Go(func() {
			for time.Now().Before(until) {
				req, err := http.NewRequest(http.MethodGet, "http://"+s.addr+"/api/v1/requests?limit=200&q="+url.QueryEscape(queries[i%len(queries)]), http.NoBody)
				if err != nil {
					t.Error(err)
					return
				}
				req.Header.Set("Authorization", "Bearer "+greedy)
				counts.fetch(client, req)
			}
		})
	}
	wg.Wait()
	n, p95 := o.end("searches")
	most := peak(t, s.cmd.Process.Pid)
	s.stop()
	if counts.of[200] == 0 || counts.of[500] > 0 || counts.of[0] > 0 {
		t.Errorf("searches were answered %v", counts.of)
	}
	modelstest.Score(t, "S28", fmt.Sprintf("searches with many hits by 50 connections of one person, each again at once, at %d rows; 256 MB by %s", rows, how), counts.n,
		fmt.Sprintf("%d calls of others all answered, 95 %% within %s (%s before, × %.1f); the searches themselves: %v; at most %d MB resident", n, p95, quiet, float64(p95)/float64(max(quiet, time.Millisecond)), counts.of, most))
}

func fileOneAs(t *testing.T, addr, token string, worker int) {
	body := fmt.Sprintf(`{"form":"14625020/KOMM24Geburtsurkunde","reason":"Gebührensatzung %d","effective":{"kind":"from","date":"2030-01-01"},"sections":["gebuehren"],"changes":[{"field":"gebuehren.erste","new":2500}]}`, worker)
	req, err := http.NewRequest(http.MethodPost, "http://"+addr+"/api/v1/requests", strings.NewReader(body))
	if err != nil {
		t.Error(err)
		return
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Error(err)
		return
	}
	_ = res.Body.Close() // only the status counts
	if res.StatusCode != http.StatusCreated {
		t.Errorf("filing: %s", res.Status)
	}
}

var guestToken = regexp.MustCompile(`name="csrf" value="([0-9a-f]+)"`)

// TestFloodOfSignIns: 200 wrong sign-ins a second hold up nobody who is at work.
func TestFloodOfSignIns(t *testing.T) {
	p := newProgram(t, built, "")
	token := p.token("bearbeitung@kisa.example")
	s := p.serve(freeAddr(t)).wait()
	o := work(t, s.addr, token)
	time.Sleep(3 * time.Second)
	_, quiet := o.end("before")
	page, cookies := signInPage(t, s.addr)
	o = work(t, s.addr, token)
	client := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 200}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	counts := &tally{of: map[int]int{}}
	var wg sync.WaitGroup
	for i := range 200 * modelstest.Share(30) {
		email := []string{"sachbearbeitung@bautzen.example", "admin@kisa.example", fmt.Sprintf("niemand%d@bautzen.example", i)}[i%3]
		form := url.Values{"email": {email}, "password": {fmt.Sprintf("falsch %d", i)}, "csrf": {page}}
		wg.Go(func() {
			req, err := http.NewRequest(http.MethodPost, "http://"+s.addr+"/anmelden", strings.NewReader(form.Encode()))
			if err != nil {
				t.Error(err)
				return
			}
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			for _, c := range cookies {
				req.AddCookie(c)
			}
			counts.fetch(client, req)
		})
		time.Sleep(5 * time.Millisecond)
	}
	wg.Wait()
	n, p95 := o.end("sign-ins")
	s.stop()
	if counts.of[303] > 0 || counts.of[500] > 0 {
		t.Errorf("sign-ins were answered %v", counts.of)
	}
	modelstest.Score(t, "S29", "wrong sign-ins, 200 a second, for known and unknown accounts", counts.n,
		fmt.Sprintf("%d calls of people at work all answered, 95 %% within %s (%s before, × %.1f); the sign-ins themselves: %v", n, p95, quiet, float64(p95)/float64(max(quiet, time.Millisecond)), counts.of))
}

// signInPage is the token of the sign-in form and the cookies that belong to it.
func signInPage(t *testing.T, addr string) (string, []*http.Cookie) {
	t.Helper()
	res, err := http.Get("http://" + addr + "/anmelden")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	m := guestToken.FindSubmatch(text)
	if err != nil || m == nil {
		t.Fatalf("%v: %s", err, text)
	}
	return string(m[1]), res.Cookies()
}
