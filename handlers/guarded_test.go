package handlers_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"formwandel/models"
	. "formwandel/models/modelstest"
	"formwandel/templates"
)

// publicPages are the pages for everybody; every other one asks who is there.
var publicPages = []pageRoute{
	{"GET", "/anmelden"}, {"GET", "/anmelden/mit/:provider"}, {"GET", "/anmelden/mit/:provider/zurueck"}, {"POST", "/anmelden"}, {"POST", "/anmelden/passkey"}, {"POST", "/anmelden/passkey/frage"}, {"POST", "/abmelden"}, {"GET", "/anmelden/vergessen"}, {"POST", "/anmelden/vergessen"}, {"GET", "/zugang/:secret"}, {"GET", "/zugang"}, {"POST", "/zugang"}, {"POST", "/ansicht"}, {"GET", "/hilfe"}, {"GET", "/hilfe/:topic"},
	{"GET", "/impressum"}, {"GET", "/datenschutz"}, {"GET", "/barrierefreiheit"}, {"GET", "/kalender/:token.ics"},
	{"GET", "/.well-known/security.txt"},
}

// TestPagesAskWhoIsThere: nobody gets to a page that is not for everybody, and nothing is done.
func TestPagesAskWhoIsThere(t *testing.T) {
	st := newTour(newStage(t))
	stranger := st.visit()
	token := csrfField.FindStringSubmatch(stranger.html)[1]
	routes, before := st.pageRoutes(), st.rows()
	for _, r := range routes {
		place := st.at(r.path)
		switch {
		case slices.Contains(publicPages, r):
		case r.method == "GET":
			if to := stranger.open(place).is(303).header.Get("Location"); to != "/anmelden?weiter="+url.QueryEscape(place) {
				t.Errorf("%s leads to %s", place, to)
			}
		default:
			stranger.sendAs(place, url.Values{"csrf": {token}}).is(401)
		}
		st.unchanged(before, r.method+" "+place)
	}
	for _, p := range publicPages {
		if !slices.Contains(routes, p) {
			t.Errorf("there is no %v any more", p)
		}
	}
}

// TestEveryFormIsOneOfOurs: no form is taken that another site has sent, or that was made for another session.
func TestEveryFormIsOneOfOurs(t *testing.T) {
	st := newTour(newStage(t))
	past := st.signIn(st.AgentLead)
	old := past.token("/auftraege")
	past.send("/abmelden", url.Values{}).is(303)
	people := map[*visitor]string{st.visit(): "/anmelden"}
	for _, u := range []models.User{st.Clerk, st.TenantAdmin, st.Admin, st.AgentLead} {
		people[st.as(u)] = "/auftraege"
	}
	stranger, foreign := st.visit().token("/anmelden"), st.as(st.Agent).token("/auftraege")
	forged, over := templates.Words("de").Say("error.forged", nil), templates.Words("de").Say("error.session_over", nil)
	var posts []string
	for _, r := range st.pageRoutes() {
		if r.method == "POST" {
			posts = append(posts, st.at(r.path))
		}
	}
	n := 0
	for v, page := range people {
		good, tries, before := v.token(page), map[string]*http.Request{}, st.rows()
		for _, place := range posts {
			for name, token := range map[string]string{"no token": "", "another's": foreign, "an old one": old, "a stranger's": stranger, "half of it": good[:24]} {
				tries[name] = formTo(place, url.Values{"csrf": {token}}, "")
			}
			tries["in the address"] = formTo(place+"?csrf="+good, url.Values{}, "")
			tries["plain text"] = formTo(place, url.Values{"csrf": {good}}, "Content-Type: text/plain")
			tries["JSON"] = formTo(place, url.Values{"csrf": {good}}, "Content-Type: application/json")
			body, kind := st.form(part{"csrf", "", foreign}, part{"file", "a.pdf", pdf})
			tries["with a file"] = httptest.NewRequest(http.MethodPost, place, bytes.NewReader(body))
			tries["with a file"].Header.Set("Content-Type", kind)
			for _, header := range []string{"Origin: https://evil.example", "Origin: null", "Origin: https://formwandel.example.evil.example", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site"} {
				tries[header] = formTo(place, url.Values{"csrf": {good}, "text": {"Words of another site."}}, header)
			}
			for name, req := range tries {
				n++
				status, says := 403, forged
				if page == "/anmelden" && place != page && !strings.Contains(name, ": ") { // whose session is over hears that
					status, says = 401, over
				}
				if r := v.do(req); r.status != status || !strings.Contains(string(r.body), says) || strings.Contains(name, ": ") && strings.Contains(string(r.body), "another site") {
					t.Errorf("%s, %s: %d %s", place, name, r.status, clip(r.body))
				}
			}
			st.unchanged(before, place)
		}
	}
	Score(t, "S40", "forms that are not ours (no token, another's, an old one, in the address, other types, other origins) to every address that changes something, as five people", n, "403 or 401, no effect")
}

// TestCookiesAreNoTokens: the API takes no cookie, so that no form of another site reaches it.
func TestCookiesAreNoTokens(t *testing.T) {
	st := newTour(newStage(t))
	v, before, n := st.as(st.Clerk), st.rows(), 0
	for _, r := range st.app.GetRoutes(true) {
		if !strings.HasPrefix(r.Path, "/api/v1/") || r.Method == "GET" || r.Method == "HEAD" {
			continue
		}
		for _, kind := range []string{"application/json", "text/plain", "application/x-www-form-urlencoded"} {
			req := httptest.NewRequest(r.Method, strings.NewReplacer(":number", st.number, ":action", "withdraw", ":ags", "14625020", ":assistant", Birth, ":id", "1").Replace(r.Path), strings.NewReader(`{"version":1}`))
			req.Header.Set("Content-Type", kind)
			if n++; v.do(req).status != 401 {
				t.Errorf("%s %s takes a cookie", r.Method, r.Path)
			}
		}
	}
	st.unchanged(before, "cookies")
	Score(t, "S40", "writes of the API with a cookie and no token", n, "401, no effect")
}

// token is the token of the forms on a page.
func (v *visitor) token(page string) string {
	v.Helper()
	v.open(page).is(200)
	return csrfField.FindStringSubmatch(v.html)[1]
}

// formTo is a form on its way, with one more header.
func formTo(place string, values url.Values, header string) *http.Request {
	req := httptest.NewRequest(http.MethodPost, place, strings.NewReader(values.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if name, value, ok := strings.Cut(header, ": "); ok {
		req.Header.Set(name, value)
	}
	return req
}

// TestEveryAnswerIsDressed: what browsers are told to do and not to do is on every answer, also on refusals.
func TestEveryAnswerIsDressed(t *testing.T) {
	st := newTour(newStage(t))
	seen := map[int]int{}
	look := func(r *reply, kept string) {
		t.Helper()
		if seen[r.status]++; r.status != 200 && r.status != 304 {
			kept = "no-store"
		}
		dressed(r, kept)
	}
	for _, v := range []*visitor{st.visit(), st.as(st.Clerk), st.as(st.TenantAdmin), st.as(st.AgentLead), st.as(st.Auditor), st.as(st.Admin)} {
		for _, r := range st.pageRoutes() {
			kept := map[bool]string{true: "private, no-cache"}[strings.HasSuffix(r.path, ".ics")]
			if r.method == "GET" {
				look(v.open(st.at(r.path)), kept)
				look(v.open(st.at(r.path, ":number", "KA-2026-999999", ":id", "999999", ":ags", "14999999", ":token", strings.Repeat("0", 48))), "no-store")
				continue
			}
			if r.path != "/abmelden" {
				look(v.send(st.at(r.path), url.Values{"version": {"999"}}), "")
			}
			look(v.sendAs(st.at(r.path), url.Values{}), "")
		}
		look(v.open("/gibt/es/nicht"), "no-store")
		look(v.send("/impressum", url.Values{}), "no-store")
		look(v.open("/zahlen.csv"), "")
	}
	clerk := st.as(st.Clerk)
	clerk.open("/auftraege")
	look(clerk.upload("/auftraege/"+st.number+"/anlagen", "x.exe", "MZ\x90\x00\x03\x00"), "")
	look(clerk.upload("/auftraege/"+st.number+"/anlagen", "x.pdf", pdf+strings.Repeat(" ", 10<<20)), "")
	for _, a := range templates.Assets() {
		look(clerk.open(a.Path), "public, max-age=31536000, immutable")
	}
	if err := st.s.SetPassword(t.Context(), st.Lead.Email, "no hash"); err != nil {
		t.Fatal(err)
	}
	look(st.visit().send("/anmelden", url.Values{"email": {st.Lead.Email}, "password": {"x"}}), "no-store")
	st.broken()
	look(clerk.open("/auftraege"), "no-store")
	for _, status := range []int{200, 303, 401, 403, 404, 405, 409, 413, 415, 422, 500, 503} {
		if seen[status] == 0 {
			t.Errorf("no answer with %d was looked at: %v", status, seen)
		}
	}
	n := 0
	for _, times := range seen {
		n += times
	}
	Score(t, "S43", "answers of every page, as six people, with what is there, what is not, what is refused, files, errors", n, fmt.Sprintf("all dressed; by status %v", seen))
}

// dressed asserts the headers of an answer; kept says who may keep it, "" nobody.
func dressed(r *reply, kept string) {
	r.t.Helper()
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
		"Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()", "Strict-Transport-Security": "max-age=31536000", "Server": "",
	} {
		if got := r.header.Get(name); got != want {
			r.t.Errorf("%s: %d: %s is %q", r.what, r.status, name, got)
		}
	}
	policy := r.header.Get("Content-Security-Policy")
	locked := strings.HasSuffix(policy, "; sandbox")
	if len(r.header.Values("Content-Security-Policy")) != 1 || !strings.HasPrefix(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") && !locked ||
		strings.HasPrefix(r.header.Get("Content-Type"), "text/html") && !strings.Contains(policy, "frame-ancestors '") {
		r.t.Errorf("%s: %d: %q", r.what, r.status, policy)
	}
	if kept == "" {
		kept = "no-store"
	}
	if got := r.header.Get("Cache-Control"); got != kept {
		r.t.Errorf("%s: %d: Cache-Control is %q, want %q", r.what, r.status, got, kept)
	}
}

// broken takes from the database what every page needs.
func (st *stage) broken() {
	st.Helper()
	db, err := sql.Open("sqlite", "file:"+strings.TrimPrefix(st.url, "sqlite://")+"?_pragma=busy_timeout(10000)")
	if err == nil {
		_, err = db.ExecContext(st.Context(), `DROP TABLE sessions`)
	}
	if err != nil {
		st.Fatal(err)
	}
	_ = db.Close() // nothing is lost with it
}
