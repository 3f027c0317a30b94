package main_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"formwandel/models/modelstest"
)

// floodOrder is the variable by which this test's binary, started once more, is told to be the flood.
const floodOrder = "FORMWANDEL_TEST_FLOOD"

// flood is what a process of its own sends, at a steady pace, whether or not it is answered.
type flood struct {
	Addr, Kind string // "calm": a page that costs nothing; "one": wrong sign-ins from one address; "many": from another one each
	Seconds    int
	Turn       int // so that accounts and addresses are new ones
}

const floodRate = 200 // a second

// TestFloodOfSignIns: 200 wrong sign-ins a second hold up nobody who is at work. The flood comes from a
// process that gives way to the program; what it is held against is the same flood of calls that cost nothing.
// Nor does it keep out the person whose password is guessed at: their own browser, which is known, signs in meanwhile.
func TestFloodOfSignIns(t *testing.T) {
	p := newProgram(t, built, "", "FORMWANDEL_TRUSTED_PROXIES=127.0.0.1")
	token := p.token("bearbeitung@kisa.example")
	s := p.serve(freeAddr(t)).wait()
	known := signInAgain(t, s.addr, nil)
	const turns = 3
	type figures struct {
		middle      map[string]time.Duration
		answers     map[string]map[string]int
		sent, asked int
		signedIn    int
	}
	f := best(t, func(run int) (figures, []delay) {
		f, p95s := figures{map[string]time.Duration{}, map[string]map[string]int{}, 0, 0, 0}, map[string][]time.Duration{}
		for turn := range turns {
			for _, kind := range []string{"calm", "one", "many"} {
				o := work(t, s.addr, token)
				meanwhile := make(chan struct{})
				time.AfterFunc(time.Second, func() {
					defer close(meanwhile)
					signInAgain(t, s.addr, known)
				})
				for status, n := range flooded(t, flood{s.addr, kind, modelstest.Share(30) / turns, run*turns + turn}) {
					if f.answers[kind] == nil {
						f.answers[kind] = map[string]int{}
					}
					f.answers[kind][status] += n
					f.sent += n
				}
				<-meanwhile
				f.signedIn++
				n, p95 := o.end(kind)
				p95s[kind] = append(p95s[kind], p95)
				f.asked += n
			}
		}
		for kind, of := range p95s {
			slices.Sort(of)
			f.middle[kind] = of[turns/2]
		}
		return f, []delay{{"sign-ins from one address", f.middle["calm"], f.middle["one"]}, {"sign-ins from many addresses", f.middle["calm"], f.middle["many"]}}
	})
	s.stop()
	for kind, of := range f.answers {
		for status := range of {
			if kind != "calm" && !slices.Contains([]string{"422", "429", "503"}, status) {
				t.Errorf("%s: sign-ins were answered %v", kind, of)
			}
		}
	}
	ratio := func(kind string) float64 {
		return float64(f.middle[kind]) / float64(max(f.middle["calm"], time.Millisecond))
	}
	modelstest.Score(t, "S29", "wrong sign-ins, 200 a second, for known and unknown accounts, from one address and from another one each; calls that cost nothing at the same rate, by turns", f.sent,
		fmt.Sprintf("%d calls of people at work all answered, 95 %% within %s beside the calls that cost nothing, %s (× %.1f) beside sign-ins from one address, answered %v, %s (× %.1f) from many, answered %v; an account that was guessed at signed in %d times meanwhile, in its own browser",
			f.asked, f.middle["calm"], f.middle["one"], ratio("one"), f.answers["one"], f.middle["many"], ratio("many"), f.answers["many"], f.signedIn))
}

// flooded runs a flood to its end and tells how often it was answered how; "0" is not at all.
func flooded(t *testing.T, f flood) map[string]int {
	t.Helper()
	answers := map[string]int{}
	ordered(t, floodOrder, f, &answers)
	return answers
}

// ordered starts this test's binary once more, to do what a variable orders, in a process that gives way to the program; it reads what that tells.
func ordered(t *testing.T, variable string, what, told any) {
	t.Helper()
	order, err := json.Marshal(what)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("nice", "-n", "10", os.Args[0])
	cmd.Env, cmd.Stderr = append(os.Environ(), variable+"="+string(order)), os.Stderr
	out, err := cmd.Output()
	if err := errors.Join(err, json.Unmarshal(out, told)); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// asOrdered does what this process was started for, and tells what came of it.
func asOrdered[T any](order string, do func(T) (any, error)) int {
	var what T
	err := json.Unmarshal([]byte(order), &what)
	if err == nil {
		var told any
		if told, err = do(what); err == nil {
			err = json.NewEncoder(os.Stdout).Encode(told)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func (f flood) run() (any, error) {
	csrf, cookies, err := signInPage(f.Addr)
	if err != nil {
		return nil, err
	}
	client := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: floodRate}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	counts := &tally{of: map[int]int{}}
	var wg sync.WaitGroup
	tick := time.NewTicker(time.Second / floodRate)
	defer tick.Stop()
	for i := range floodRate * f.Seconds {
		req, err := f.call(i, csrf)
		if err != nil {
			return nil, err
		}
		for _, c := range cookies {
			req.AddCookie(c)
		}
		wg.Go(func() { counts.fetch(client, req) })
		<-tick.C
	}
	wg.Wait()
	answers := map[string]int{}
	for status, n := range counts.of {
		answers[fmt.Sprint(status)] = n
	}
	return answers, nil
}

// call is one of the flood's calls.
func (f flood) call(i int, csrf string) (*http.Request, error) {
	if f.Kind == "calm" {
		return http.NewRequest(http.MethodGet, "http://"+f.Addr+"/healthz", http.NoBody)
	}
	email := []string{"sachbearbeitung@bautzen.example", "admin@kisa.example", fmt.Sprintf("niemand%d.%d@bautzen.example", f.Turn, i)}[i%3]
	form := url.Values{"email": {email}, "password": {fmt.Sprintf("falsch %d", i)}, "csrf": {csrf}}
	req, err := http.NewRequest(http.MethodPost, "http://"+f.Addr+"/anmelden", strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if f.Kind == "many" {
		req.Header.Set("X-Forwarded-For", fmt.Sprintf("10.%d.%d.%d", f.Turn, i/200, 1+i%200))
	}
	return req, nil
}

// signInAgain signs an account in, in a browser that holds some cookies, and returns what it holds afterwards to be known by.
func signInAgain(t *testing.T, addr string, held []*http.Cookie) []*http.Cookie {
	t.Helper()
	csrf, cookies, err := signInPage(addr)
	if err != nil {
		t.Error(err)
		return nil
	}
	form := url.Values{"email": {"sachbearbeitung@bautzen.example"}, "password": {"long-enough"}, "csrf": {csrf}}
	req, err := http.NewRequest(http.MethodPost, "http://"+addr+"/anmelden", strings.NewReader(form.Encode()))
	if err != nil {
		t.Error(err)
		return nil
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, c := range append(cookies, held...) {
		req.AddCookie(c)
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Error(err)
		return nil
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusSeeOther {
		t.Errorf("a browser that is known was answered %s", res.Status)
	}
	return slices.DeleteFunc(res.Cookies(), func(c *http.Cookie) bool { return c.Name != "fw-geraet" })
}

var guestToken = regexp.MustCompile(`name="csrf" value="([0-9a-f]+)"`)

// signInPage is the token of the sign-in form and the cookies that belong to it.
func signInPage(addr string) (string, []*http.Cookie, error) {
	res, err := http.Get("http://" + addr + "/anmelden")
	if err != nil {
		return "", nil, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	m := guestToken.FindSubmatch(text)
	if err != nil {
		return "", nil, err
	}
	if m == nil {
		return "", nil, fmt.Errorf("no form: %s", text)
	}
	return string(m[1]), res.Cookies(), nil
}
