package main_test

import (
	"crypto/tls"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"formwandel/models/modelstest"
)

// Other people's scanners, which know nothing of this program. In the whole suite they take a quarter of an hour of a
// processor; in `make test` chance picks a tenth, without what finds holes by the time that an answer takes.

// scanned is the program as it is scanned, and who is signed in there.
type scanned struct {
	*testing.T
	chance  *rand.Rand
	kind    string // of its database
	base    string
	browser *http.Client
	token   string
}

// TestScannersFindNothing: sqlmap tries every parameter of lists, pages, paths and bodies; wapiti goes through all pages by itself.
func TestScannersFindNothing(t *testing.T) {
	modelstest.Tool(t, "sqlmap", "sqlmap")
	modelstest.Tool(t, "wapiti", "wapiti")
	chance := rand.New(rand.NewPCG(uint64(modelstest.Seed(t)), 36))
	for _, kind := range modelstest.Databases {
		t.Run(kind, func(t *testing.T) {
			s := scannable(t, kind)
			s.chance = chance
			t.Run("sqlmap", s.sqlmap)
			if kind == "sqlite" {
				t.Run("wapiti", s.wapiti)
			}
		})
	}
}

// TestScannersFindSomething: in a careless program both find what there is to find.
func TestScannersFindSomething(t *testing.T) {
	modelstest.Tool(t, "sqlmap", "sqlmap")
	modelstest.Tool(t, "wapiti", "wapiti")
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "careless.db"))
	if err == nil {
		_, err = db.Exec(`CREATE TABLE offices (name TEXT); INSERT INTO offices VALUES ('Bautzen'), ('Leipzig')`)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	careless := http.NewServeMux()
	careless.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = fmt.Fprintf(w, `<p>You are looking for %s.</p><a href="/?q=Bautzen">Look</a> <a href="/offices?q=Bautzen">Offices</a>`, r.FormValue("q"))
	})
	careless.HandleFunc("/offices", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		var name string
		switch err := db.QueryRow(`SELECT name FROM offices WHERE name = '` + r.FormValue("q") + `'`).Scan(&name); {
		case err == nil:
			_, _ = fmt.Fprintf(w, `<h1>The office of %s</h1>%s`, name, strings.Repeat("<p>It is open from Monday to Friday and knows all about dogs.</p>", 20))
		case errors.Is(err, sql.ErrNoRows):
			_, _ = io.WriteString(w, "<h1>There is no such office</h1>")
		default:
			_, _ = fmt.Fprintf(w, "<pre>sqlite3.OperationalError: %s</pre>", err)
		}
	})
	server := httptest.NewServer(careless)
	defer server.Close()
	if said := sqlmap(t, "sqlite", "-u", server.URL+"/offices?q=Bautzen", "--technique=BEU"); !injectable.MatchString(said) {
		t.Error("sqlmap finds nothing:", said)
	}
	_, found := wapiti(t, server.URL+"/", nil, int(patience.Seconds()), "sql,xss")
	if len(found) < 2 {
		t.Error("wapiti finds only", found)
	}
	modelstest.Score(t, "S36", "holes in a careless program, found by sqlmap and by wapiti: their silence about ours means something", 1+len(found), "found")
}

// scannable starts the program over TLS, as it stands in a town hall, with a few requests in it.
func scannable(t *testing.T, kind string) *scanned {
	t.Helper()
	p := newProgram(t, built, modelstest.URL(t, kind))
	cert, key := pair(t, p.dir, 1, time.Now().Add(300*24*time.Hour))
	addr := freeAddr(t)
	server := p.serve(addr, "FORMWANDEL_TLS_CERT="+cert, "FORMWANDEL_TLS_KEY="+key, "FORMWANDEL_BASE_URL=https://"+addr).said()
	t.Cleanup(func() {
		if strings.Contains(server.log.String(), "level=ERROR") {
			t.Error("the program says:", server.log.String())
		}
	})
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &scanned{T: t, kind: kind, base: "https://" + addr, token: p.token("admin@kisa.example")}
	s.browser = &http.Client{Timeout: patience, Jar: jar, Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	clerk := p.token("sachbearbeitung@bautzen.example")
	for i := range 3 {
		body := fmt.Sprintf(`{"form":"14625020/KOMM24Geburtsurkunde","reason":"Satzung","effective":{"kind":"from","date":"%s"},"sections":["gebuehren"],"changes":[{"field":"gebuehren.erste","new":%d}],"submit":true}`,
			time.Now().AddDate(0, 2, 0).Format(time.DateOnly), 2500+i)
		req, err := http.NewRequest(http.MethodPost, s.base+"/api/v1/requests", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+clerk)
		req.Header.Set("Content-Type", "application/json")
		if status, text := s.ask(req); status != http.StatusCreated {
			t.Fatal(status, text)
		}
	}
	for _, on := range []string{"true", "false"} { // two more versions
		req, err := http.NewRequest(http.MethodPut, s.base+"/api/v1/forms/14625020/KOMM24Geburtsurkunde/maintenance", strings.NewReader(`{"on":`+on+`}`))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+p.token("mandant@bautzen.example"))
		req.Header.Set("Content-Type", "application/json")
		if status, text := s.ask(req); status != http.StatusOK {
			t.Fatal(status, text)
		}
	}
	return s
}

func (s *scanned) ask(req *http.Request) (status int, text string) {
	s.Helper()
	res, err := s.browser.Do(req)
	if err != nil {
		s.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		s.Fatal(err)
	}
	return res.StatusCode, string(body)
}

// signIn opens a session; its cookies are returned.
func (s *scanned) signIn(email string) []*http.Cookie {
	s.Helper()
	get := func(path string) (int, string) {
		req, err := http.NewRequest(http.MethodGet, s.base+path, http.NoBody)
		if err != nil {
			s.Fatal(err)
		}
		return s.ask(req)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.Fatal(err)
	}
	s.browser.Jar = jar
	_, page := get("/anmelden")
	m := guestToken.FindStringSubmatch(page)
	if m == nil {
		s.Fatal("no form:", page)
	}
	req, err := http.NewRequest(http.MethodPost, s.base+"/anmelden", strings.NewReader(url.Values{"email": {email}, "password": {"long-enough"}, "csrf": {m[1]}}.Encode()))
	if err != nil {
		s.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if status, page := s.ask(req); status != http.StatusOK || guestToken.MatchString(page) && strings.Contains(page, `id="password"`) {
		s.Fatal(status, page)
	}
	at, err := url.Parse(s.base)
	if err != nil {
		s.Fatal(err)
	}
	return jar.Cookies(at)
}

// agent looks after all municipalities' requests.
const agent = "bearbeitung@kisa.example"

// parameters are addresses with everything they ask for, as sqlmap tries it: what is named, and what a star stands behind.
var parameters = []struct{ who, path, names, body string }{
	{"", "/api/v1/requests?q=Satzung&sort=-number&status=submitted&municipality=14625020&assistant=KOMM24Geburtsurkunde&section=gebuehren&due_before=2099-01-01&limit=20", "q,sort,status,municipality,assistant,section,due_before,limit", ""},
	{"", "/api/v1/requests/KA-THIS-000001*", "", ""},
	{"", "/api/v1/requests/KA-THIS-000001*/events?limit=5*", "", ""},
	{"", "/api/v1/requests/KA-THIS-000001/comments?limit=5*", "", ""},
	{"", "/api/v1/forms?municipality=14625020&assistant=KOMM24Geburtsurkunde&limit=5", "municipality,assistant,limit", ""},
	{"", "/api/v1/forms/14625020*/KOMM24Geburtsurkunde*", "", ""},
	{"", "/api/v1/forms/14625020/KOMM24Geburtsurkunde/versions/1*", "", ""},
	{"", "/api/v1/forms/14625020/KOMM24Geburtsurkunde/diff?from=1&to=2", "from,to", ""},
	{"", "/api/v1/forms/14625020/KOMM24Geburtsurkunde/at/2099-01-01*", "", ""},
	{"", "/api/v1/assistants/KOMM24Geburtsurkunde*", "", ""},
	{"", "/api/v1/mails?state=sent&limit=5", "state,limit", ""},
	{"", "/public/v1/forms/14625020*/KOMM24Geburtsurkunde*", "", ""},
	{"", "/api/v1/requests/KA-THIS-000002/comments", "", `{"text":"Bitte prüfen*","internal":false}`},
	{agent, "/auftraege?q=Satzung&sort=due&status=submitted&municipality=14625020&assistant=KOMM24Geburtsurkunde&section=gebuehren&due_before=2099-01-01", "q,sort,status,municipality,assistant,section,due_before", ""},
	{agent, "/auftraege/KA-THIS-000001*", "", ""},
	{agent, "/auftraege/KA-THIS-000001/verlauf?nur=kommentare", "nur", ""},
	{agent, "/formulare?q=Geburt&kommune=14625020", "q,kommune", ""},
	{agent, "/formulare/14625020/KOMM24Geburtsurkunde/vergleich?von=1&bis=2", "von,bis", ""},
	{agent, "/formulare/14625020/KOMM24Geburtsurkunde/am?tag=1.1.2099", "tag", ""},
	{agent, "/kalender?monat=2026-12", "monat", ""},
	{agent, "/zahlen?jahr=2026&kommune=14625020", "jahr,kommune", ""},
	{"admin@kisa.example", "/verwaltung/personen?kommune=14625020", "kommune", ""},
	{"admin@kisa.example", "/verwaltung/protokoll?kommune=14625020", "kommune", ""},
	{"admin@kisa.example", "/verwaltung/postausgang?state=waiting", "state", ""},
}

// inThisYear names requests of this year in an address.
func inThisYear(path string) string {
	return strings.ReplaceAll(path, "KA-THIS", "KA-"+strconv.Itoa(time.Now().Year()))
}

var (
	injectable   = regexp.MustCompile(`identified the following injection point`)
	seenByWapiti = regexp.MustCompile(`found (\d+) URLs and forms`)
	harmless     = regexp.MustCompile(`do not appear to be injectable`)
	tries        = regexp.MustCompile(`(?m)^(\d+) \([A-Z][A-Za-z -]+\) - (\d+) times`)
)

// sqlmap runs the scanner of that name to its end.
func sqlmap(t *testing.T, kind string, args ...string) string {
	t.Helper()
	dir := t.TempDir()
	args = append([]string{"--batch", "--disable-coloring", "--flush-session", "--output-dir=" + dir, "--level=3", "--risk=2", "--ignore-code=*", "--dbms=" + map[string]string{"sqlite": "SQLite", "postgres": "PostgreSQL"}[kind]}, args...)
	return scanner(t, dir, "sqlmap", args...)
}

// scanner runs a scanner in a folder of its own, and returns what it says. A sitecustomize.py in there is read by Python before it begins.
func scanner(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Env = []string{"HOME=" + dir, "PATH=" + os.Getenv("PATH"), "TERM=dumb", "LANG=C.UTF-8", "PYTHONPATH=" + dir}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
	return string(out)
}

func (s *scanned) sqlmap(t *testing.T) {
	s.T = t
	s.signIn("admin@kisa.example")
	addresses := modelstest.Some(s.chance, parameters)
	for _, p := range addresses {
		path := inThisYear(p.path)
		args := []string{"-u", s.base + path}
		method, head := http.MethodGet, http.Header{}
		if p.who == "" {
			head.Set("Authorization", "Bearer "+s.token)
		} else {
			var cookies []string
			for _, c := range s.signIn(p.who) {
				cookies = append(cookies, c.String())
			}
			head.Set("Cookie", strings.Join(cookies, "; "))
		}
		if p.body != "" {
			method = http.MethodPost
			head.Set("Content-Type", "application/json")
			args = append(args, "--data="+p.body)
		}
		for name := range head {
			args = append(args, "-H", name+": "+head.Get(name))
		}
		if p.names != "" {
			args = append(args, "-p", strings.Join(modelstest.Some(s.chance, strings.Split(p.names, ",")), ","))
		}
		if modelstest.Share(10) < 10 {
			args = append(args, "--technique=BEUQ") // those that count seconds are tried in the whole suite
		}
		req, err := http.NewRequest(method, s.base+strings.ReplaceAll(path, "*", ""), strings.NewReader(strings.ReplaceAll(p.body, "*", "")))
		if err != nil {
			t.Fatal(err)
		}
		req.Header = head
		if status, text := s.ask(req); status/100 != 2 || strings.Contains(text, `id="password"`) {
			t.Errorf("%s as it is: %d %s", path, status, text)
			continue
		}
		said := sqlmap(t, s.kind, args...)
		if injectable.MatchString(said) || !harmless.MatchString(said) {
			t.Errorf("%s: %s", path, said)
		}
		for _, m := range tries.FindAllStringSubmatch(said, -1) {
			if m[1] == "401" || m[1] == "429" || m[1] >= "500" {
				t.Errorf("%s: %s", path, m[0])
			}
		}
		t.Log(path, tries.FindAllString(said, -1))
	}
	modelstest.Score(t, "S36", "addresses whose parameters, paths and bodies sqlmap tries (level 3, risk 2), on "+s.kind, len(addresses), "0 findings, 0 of 5xx")
}

// flagsFirst lets Debian 12's wapiti leave pages out (-x): its patterns end with flags, and Debian 12's Python wants them first.
const flagsFirst = `import re
compiled = re.compile
re.compile = lambda p, flags=0: compiled("(?ms)" + p[:-5] if isinstance(p, str) and p.endswith("(?ms)") else p, flags)
`

// wapiti runs the scanner of that name over an address and what it finds behind it; each module ends after so many seconds.
// It is kept from signing itself out, and from uploads: there it sends every field as a file, is refused with and without a good token, and takes that for the same.
func wapiti(t *testing.T, start string, cookies []*http.Cookie, seconds int, modules string) (pages int, found []string) {
	t.Helper()
	dir := t.TempDir()
	out, kept := filepath.Join(dir, "report.json"), filepath.Join(dir, "cookies.json")
	at, err := url.Parse(start)
	if err != nil {
		t.Fatal(err)
	}
	base := at.Scheme + "://" + at.Host
	jar := map[string]any{}
	for _, c := range cookies {
		jar[c.Name] = map[string]any{"value": c.Value, "version": 0, "expires": nil, "secure": true, "port": nil}
	}
	text, err := json.Marshal(map[string]any{at.Hostname(): map[string]any{"/": jar}})
	if err == nil {
		err = errors.Join(os.WriteFile(kept, text, 0o600), os.WriteFile(filepath.Join(dir, "sitecustomize.py"), []byte(flagsFirst), 0o600))
	}
	if err != nil {
		t.Fatal(err)
	}
	limit, depth := strconv.Itoa(seconds), "3"
	if modelstest.Share(10) < 10 {
		depth = "1"
	}
	said := scanner(t, dir, "wapiti", "-u", start, "-c", kept, "--scope", "domain", "-x", base+"/abmelden", "-x", base+"/konto/sitzungen*", "-x", base+"/auftraege/*/anlagen", "-m", modules, "--max-scan-time", limit, "--max-attack-time", limit, "-d", depth, "--max-parameters", "10", "--max-files-per-dir", "25", "-f", "json", "-o", out, "--flush-session", "--no-bugreport")
	if m := seenByWapiti.FindStringSubmatch(said); m != nil {
		pages, _ = strconv.Atoi(m[1])
	}
	text, err = os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	type finding struct{ Method, Path, Info, Parameter string }
	var report struct {
		Vulnerabilities, Anomalies map[string][]finding
	}
	if err := json.Unmarshal(text, &report); err != nil {
		t.Fatal(err)
	}
	for _, list := range []map[string][]finding{report.Vulnerabilities, report.Anomalies} {
		for what, all := range list {
			if what == "Resource consumption" && modelstest.Share(10) < 10 {
				continue // no answer within 6 s: the machine may have been busy
			}
			for _, f := range all {
				found = append(found, fmt.Sprintf("%s: %s %s %s: %s", what, f.Method, f.Path, f.Parameter, f.Info))
			}
		}
	}
	return pages, found
}

// wapitiModules are its ways to attack, but for those that guess names of files, and the one that misses headers which browsers
// have given up: X-XSS-Protection, and X-Frame-Options beside frame-ancestors.
var wapitiModules = []string{"sql", "blindsql", "xss", "permanentxss", "file", "exec", "crlf", "redirect", "csp", "cookieflags", "csrf", "methods"}

func (s *scanned) wapiti(t *testing.T) {
	s.T = t
	const each = 25 // seconds
	start, modules := "/auftraege", wapitiModules
	if modelstest.Share(10) < 10 {
		start, modules = s.tenth()
	}
	pages, found := wapiti(t, s.base+start, s.signIn(agent), each, strings.Join(modules, ","))
	for _, f := range found {
		t.Error(f)
	}
	if pages < modelstest.Share(50) {
		t.Errorf("the scanner has found %d pages and forms only", pages)
	}
	req, err := http.NewRequest(http.MethodGet, s.base+"/auftraege", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if status, page := s.ask(req); status != http.StatusOK || strings.Contains(page, `id="password"`) {
		t.Error("the scanner was not signed in to its end:", status)
	}
	modelstest.Score(t, "S36", fmt.Sprintf("pages and forms that wapiti found as an agent, attacked by %d of its modules for %d s each", len(modules), each), pages, "0 findings")
}

// tenth is a page of an agent from which wapiti goes one step, and a tenth of its modules.
func (s *scanned) tenth() (start string, modules []string) {
	var starts []string
	for _, p := range parameters {
		if p.who == agent {
			starts = append(starts, inThisYear(strings.TrimSuffix(p.path, "*")))
		}
	}
	modules = modelstest.Some(s.chance, slices.DeleteFunc(slices.Clone(wapitiModules), func(m string) bool { return m == "blindsql" }))
	if slices.Contains(modules, "permanentxss") {
		modules = append(modules, "xss") // it looks for what that one has left
	}
	return modelstest.Some(s.chance, starts)[0], modules
}
