package main_test

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"formwandel/models/modelstest"
)

// refusedRest is how long a greedy connection rests after a refusal: less than the second that the answer asks for.
const refusedRest = 250 * time.Millisecond

// errand is something large that somebody fetches again and again.
type errand struct {
	Name, Path string
	Token      string         // of who fetches it in a program
	Cookies    []*http.Cookie // of who fetches it in a browser
}

// errands are all that the program lists or exports at length: searches of many hits, spelt as wildcards and as beginnings
// of words, and every file that can be downloaded, as three people and a calendar program. The audit's export is the operator's command.
func errands(t *testing.T, addr, number, file string, tokens map[string]string) []errand {
	t.Helper()
	const agent, clerk, auditor = "bearbeitung@kisa.example", "sachbearbeitung@bautzen.example", "revision@kisa.example"
	in := map[string][]*http.Cookie{}
	for _, email := range []string{agent, clerk, auditor} {
		in[email] = signedIn(t, addr, email)
	}
	var out []errand
	for _, q := range []string{"a", "Ä", "2", "*", "%", "Geb*", "geburtsurk", "KA-2026", strings.Repeat("e ", 40)} {
		out = append(out, errand{Name: "search", Path: "/api/v1/requests?limit=200&q=" + url.QueryEscape(q), Token: tokens[agent]})
	}
	for _, x := range []struct{ name, path, email string }{
		{"list", "/auftraege?q=Geb", agent}, {"figures", "/zahlen.csv", agent}, {"month", "/kalender?monat=2030-01", agent}, {"day", "/kalender/liste?tag=2030-01-01", agent},
		{"own data", "/konto/daten/datei", clerk}, {"figures of a town", "/zahlen.csv", clerk}, {"case file", "/auftraege/" + number + "/akte", clerk}, {"receipt", "/auftraege/" + number + "/beleg", clerk},
		{"security log", "/verwaltung/sicherheitsprotokoll.csv", auditor}, {"ends of chains", "/verwaltung/protokoll/enden.txt", auditor},
	} {
		out = append(out, errand{Name: x.name, Path: x.path, Cookies: in[x.email]})
	}
	return append(out, errand{Name: "document", Path: file, Token: tokens[clerk]}, errand{Name: "document", Path: "/auftraege/" + strings.TrimPrefix(strings.Replace(file, "/attachments/", "/anlagen/", 1), "/api/v1/requests/"), Cookies: in[agent]},
		errand{Name: "calendar", Path: followed(t, addr, in[clerk])})
}

// signedIn are the cookies of somebody who has signed in.
func signedIn(t *testing.T, addr, email string) []*http.Cookie {
	t.Helper()
	csrf, cookies, err := signInPage(addr)
	if err != nil {
		t.Fatal(err)
	}
	res := sends(t, addr, "/anmelden", url.Values{"email": {email}, "password": {"long-enough"}, "csrf": {csrf}}, cookies)
	_ = res.Body.Close()
	if res.StatusCode != http.StatusSeeOther {
		t.Fatalf("%s signs in: %s", email, res.Status)
	}
	return res.Cookies()
}

// sends sends a form.
func sends(t *testing.T, addr, path string, form url.Values, cookies []*http.Cookie) *http.Response {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, "http://"+addr+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, c := range cookies {
		req.AddCookie(c)
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

var privateLink = regexp.MustCompile(`/kalender/[0-9a-zA-Z_-]+\.ics`)

// followed is where a calendar program reads somebody's appointments.
func followed(t *testing.T, addr string, cookies []*http.Cookie) string {
	t.Helper()
	page := errand{Path: "/kalender", Cookies: cookies}
	_, _, text, err := page.run(http.DefaultClient, addr)
	form := guestToken.FindStringSubmatch(text)
	if err != nil || form == nil {
		t.Fatalf("the calendar: %v %s", err, text)
	}
	res := sends(t, addr, "/kalender/abo", url.Values{"csrf": {form[1]}}, cookies)
	defer res.Body.Close()
	shown, err := io.ReadAll(res.Body)
	link := privateLink.FindString(string(shown))
	if err != nil || link == "" {
		t.Fatalf("no private link: %s %v", res.Status, err)
	}
	return link
}

// run fetches it once.
func (e errand) run(client *http.Client, addr string) (status int, retry, text string, err error) {
	req, err := http.NewRequest(http.MethodGet, "http://"+addr+e.Path, http.NoBody)
	if err != nil {
		return 0, "", "", err
	}
	if e.Token != "" {
		req.Header.Set("Authorization", "Bearer "+e.Token)
	}
	for _, c := range e.Cookies {
		req.AddCookie(c)
	}
	res, err := client.Do(req)
	if err != nil {
		return 0, "", "", err
	}
	defer res.Body.Close()
	head := make([]byte, 64<<10) // of what is refused it is all
	n, err := io.ReadFull(res.Body, head)
	if err == nil {
		_, err = io.Copy(io.Discard, res.Body)
	} else if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		err = nil
	}
	return res.StatusCode, res.Header.Get("Retry-After"), string(head[:n]), err
}

// greedOrder is the variable by which this test's binary, started once more, is told to be the greedy ones.
const greedOrder = "FORMWANDEL_TEST_GREED"

// greed is errands over so many connections at once, each again at once, or after a rest when it was refused.
type greed struct {
	Addr        string
	Errands     []errand
	Connections int
	Long        time.Duration
}

// takings are what came of errands, by name and status, and what was wrong about the answers.
type takings struct {
	Of    map[string]map[int]int
	Wrong []string
	mu    sync.Mutex
}

func (k *takings) add(name string, status int, wrong string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.Of[name] == nil {
		k.Of[name] = map[int]int{}
	}
	k.Of[name][status]++
	if wrong != "" && len(k.Wrong) < 10 {
		k.Wrong = append(k.Wrong, name+": "+wrong)
	}
}

// take adds up.
func (k *takings) take(more *takings) {
	k.Wrong = append(k.Wrong, more.Wrong...)
	for name, of := range more.Of {
		for status, n := range of {
			if k.Of[name] == nil {
				k.Of[name] = map[int]int{}
			}
			k.Of[name][status] += n
		}
	}
}

func (g greed) run() (any, error) {
	client := &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: g.Connections}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	k := &takings{Of: map[string]map[int]int{}}
	var wg sync.WaitGroup
	until := time.Now().Add(g.Long)
	for i := range g.Connections {
		wg.Go(func() {
			for e := g.Errands[i%len(g.Errands)]; time.Now().Before(until); {
				status, retry, text, err := e.run(client, g.Addr)
				wrong, refused := "", status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable
				switch {
				case err != nil || !refused && status != http.StatusOK:
					wrong = fmt.Sprintf("answered %d, %v: %.300s", status, err, text)
				case refused && (retry == "" || !strings.Contains(text, "Sekunden") && !strings.Contains(text, "seconds")):
					wrong = fmt.Sprintf("refused with %d, to come again after %q: %.300s", status, retry, text)
				}
				if k.add(e.Name, status, wrong); refused {
					time.Sleep(refusedRest)
				}
			}
		})
	}
	wg.Wait()
	return k, nil
}

// TestManyExports: fifty searches and exports at the same time, from a process that gives way to the program, hold up nobody else, by turns with calm.
func TestManyExports(t *testing.T) {
	p := newProgram(t, built, "")
	tokens := map[string]string{}
	for _, email := range []string{"bearbeitung@kisa.example", "bearbeitung2@kisa.example", "sachbearbeitung@bautzen.example"} {
		tokens[email] = p.token(email)
	}
	other, clerk := tokens["bearbeitung2@kisa.example"], tokens["sachbearbeitung@bautzen.example"]
	how := p.within(256 << 20)
	s := p.serve(freeAddr(t)).wait()
	number := fileOne(t, s.addr, clerk)
	file := enclose(t, s.addr, clerk, number)
	_ = signedIn(t, s.addr, "sachbearbeitung@bautzen.example") // so that the security log has a line
	s.stop()
	rows := modelstest.Share(100_000)
	p.copyRequests(rows)
	s = p.serve(freeAddr(t)).wait()
	all := errands(t, s.addr, number, file, tokens)
	const connections, turns = 50, 3
	type figures struct {
		n          int
		quiet, p95 time.Duration
		took       *takings
	}
	f := best(t, func(int) (f figures, _ []delay) {
		var quiet, busy []time.Duration
		f.took = &takings{Of: map[string]map[int]int{}}
		for range turns {
			_, p95 := calm(t, s.addr, other)
			quiet = append(quiet, p95)
			o := work(t, s.addr, other)
			var more takings
			ordered(t, greedOrder, greed{s.addr, all, connections, time.Duration(modelstest.Share(60)) * time.Second / turns}, &more)
			f.took.take(&more)
			n, p95 := o.end("searches and exports")
			busy, f.n = append(busy, p95), f.n+n
		}
		slices.Sort(quiet)
		slices.Sort(busy)
		f.quiet, f.p95 = quiet[turns/2], busy[turns/2]
		t.Logf("calm %v, busy %v, answered %v", quiet, busy, f.took.Of)
		return f, []delay{{"searches and exports", f.quiet, f.p95}}
	})
	most := peak(t, s.cmd.Process.Pid)
	s.stop()
	if most > 256 {
		t.Errorf("%d MB were resident", most)
	}
	for _, wrong := range f.took.Wrong {
		t.Error(wrong)
	}
	sum, tried := map[int]int{}, 0
	for _, name := range slices.Sorted(maps.Keys(f.took.Of)) {
		for status, n := range f.took.Of[name] {
			sum[status] += n
			tried += n
		}
		if modelstest.Share(10) == 10 && f.took.Of[name][http.StatusOK] == 0 {
			t.Errorf("%s was never answered: %v", name, f.took.Of[name])
		}
	}
	modelstest.Score(t, "S28", fmt.Sprintf("searches with many hits (wildcards, beginnings of words) and every download there is (%s) by %d connections of three people at once, each again at once, or after a quarter of a second when refused, by turns with calm, at %d rows; 256 MB by %s", strings.Join(slices.Sorted(maps.Keys(f.took.Of)), ", "), connections, rows, how), tried,
		fmt.Sprintf("%d calls of others all answered, 95 %% within %s (%s before, × %.1f); the searches and exports themselves: %v; at most %d MB resident", f.n, f.p95, f.quiet, float64(f.p95)/float64(max(f.quiet, time.Millisecond)), sum, most))
}
