package handlers_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"formwandel/models"
)

// castPassword is what the visitors of a stage sign in with.
const castPassword = "Kennwort der Probe"

// visitor is somebody with a browser: cookies are kept, forms carry the token of the page they stand on.
type visitor struct {
	*stage
	cookies map[string]string
	at      string // the page that was shown last
	html    string
}

// visit opens the sign-in page.
func (st *stage) visit() *visitor {
	v := &visitor{stage: st, cookies: map[string]string{}}
	v.open("/anmelden").is(200)
	return v
}

// signIn is a visit by somebody who has signed in.
func (st *stage) signIn(u models.User) *visitor {
	st.Helper()
	hash, err := models.HashPassword(castPassword)
	if err != nil {
		st.Fatal(err)
	}
	if err := st.s.SetPassword(st.Context(), u.Email, hash); err != nil {
		st.Fatal(err)
	}
	v := st.visit()
	v.send("/anmelden", url.Values{"email": {u.Email}, "password": {castPassword}}).is(303)
	return v
}

// open reads a page.
func (v *visitor) open(path string) *reply {
	v.Helper()
	r := v.do(httptest.NewRequest(http.MethodGet, path, http.NoBody))
	if r.status == 200 {
		v.at, v.html = path, string(r.body)
	}
	return r
}

var (
	csrfField = regexp.MustCompile(`name="csrf" value="([0-9a-f]+)"`)
	keyField  = regexp.MustCompile(`name="key" value="([0-9a-f]+)"`)
)

// send sends a form from the page shown last, with its token and its key.
func (v *visitor) send(path string, values url.Values) *reply {
	v.Helper()
	for name, field := range map[string]*regexp.Regexp{"csrf": csrfField, "key": keyField} {
		if m := field.FindStringSubmatch(v.html); m != nil && !values.Has(name) {
			values.Set(name, m[1])
		}
	}
	return v.sendAs(path, values)
}

// sendAs sends a form exactly as it is.
func (v *visitor) sendAs(path string, values url.Values) *reply {
	v.Helper()
	text := values.Encode()
	for name, more := range v.extra {
		if !values.Has(name) {
			text += "&" + url.Values{name: more}.Encode()
		}
	}
	req := httptest.NewRequest(http.MethodPost, path, strings.NewReader(text))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return v.do(req)
}

func (v *visitor) do(req *http.Request) *reply {
	v.Helper()
	req.Host = "formwandel.example"
	req.Header.Set("Accept", "text/html")
	for name, value := range v.cookies {
		req.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	res, err := v.app.Test(req, -1)
	if err != nil {
		v.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		v.Fatal(err)
	}
	for _, c := range res.Cookies() {
		if c.Value == "" {
			delete(v.cookies, c.Name)
		} else {
			v.cookies[c.Name] = c.Value
		}
	}
	return &reply{v.T, req.Method + " " + req.URL.Path, res.StatusCode, res.Header, body}
}

// shows asserts that a page has all of these words on it.
func (r *reply) shows(words ...string) *reply {
	r.t.Helper()
	for _, w := range words {
		if !strings.Contains(string(r.body), w) {
			r.t.Errorf("%s does not show %q", r.what, w)
		}
	}
	return r
}

// hides asserts that a page has none of these words on it.
func (r *reply) hides(words ...string) *reply {
	r.t.Helper()
	for _, w := range words {
		if strings.Contains(string(r.body), w) {
			r.t.Errorf("%s shows %q", r.what, w)
		}
	}
	return r
}

func TestSigningIn(t *testing.T) {
	st := newStage(t)
	v := st.visit()
	if r := v.open("/auftraege/neu"); r.status != 404 { // a page that is somebody's asks who is there
		r.is(303)
	}
	v.open("/").is(303)
	v.open("/anmelden")
	v.send("/anmelden", url.Values{"email": {""}, "password": {""}}).is(422).shows("Fehler:", "Geben Sie Ihre E-Mail-Adresse ein.", "Geben Sie Ihr Kennwort ein.")
	v.send("/anmelden", url.Values{"email": {st.Clerk.Email}, "password": {"falsch"}}).is(422).shows("stimmt nicht", st.Clerk.Email)
	v.send("/anmelden", url.Values{"email": {"niemand@bautzen.example"}, "password": {"falsch"}}).is(422).shows("stimmt nicht")

	in := st.signIn(st.Clerk)
	in.open("/").is(200).shows(st.Clerk.Name, "Neuer Änderungsauftrag")
	old := in.cookies["__Host-fw"]
	in.send("/abmelden", url.Values{}).is(303)
	in.cookies["__Host-fw"] = old
	in.open("/").is(303)
}

func TestForgedFormsAreRefused(t *testing.T) {
	st := newStage(t)
	in, other := st.signIn(st.Clerk), st.signIn(st.Agent)
	in.open("/")
	other.open("/")
	token := csrfField.FindStringSubmatch(in.html)[1]
	for name, values := range map[string]url.Values{"none": {}, "empty": {"csrf": {""}}, "another's": {"csrf": {other.cookies["__Host-fw"]}}, "short": {"csrf": {token[:20]}}} {
		if r := in.sendAs("/abmelden", values); r.status != 403 {
			t.Errorf("%s: %d", name, r.status)
		}
	}
	for _, header := range []string{"Sec-Fetch-Site: cross-site", "Origin: https://evil.example", "Origin: null"} {
		req := httptest.NewRequest(http.MethodPost, "/abmelden", strings.NewReader(url.Values{"csrf": {token}}.Encode()))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		name, value, _ := strings.Cut(header, ": ")
		req.Header.Set(name, value)
		if r := in.do(req); r.status != 403 {
			t.Errorf("%s: %d", header, r.status)
		}
	}
	in.open("/").is(200)
}
