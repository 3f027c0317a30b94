package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"

	"golang.org/x/net/html"
)

// hand fills in forms past the browser and calls the API, as whoever signed in:
// much has to be typed before somebody looks.
type hand struct {
	*house
	email, token string
	client       *http.Client
}

// hand signs in without a browser.
func (h *house) hand(email string) *hand {
	h.Helper()
	a := &hand{house: h, email: email, client: &http.Client{}}
	a.signIn()
	return a
}

// signIn begins a new session: one that is older than a quarter of an hour has to prove itself before serious steps.
func (a *hand) signIn() {
	a.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		a.Fatal(err)
	}
	a.client.Jar = jar
	if status, page := a.fill("/anmelden", "/anmelden", url.Values{"email": {a.email}, "password": {demoPassword}}); status != 200 || strings.Contains(page, `id="password"`) {
		a.Fatalf("%s cannot sign in: %d", a.email, status)
	}
}

// shown is a token where its owner sees it, once.
var shownToken = regexp.MustCompile(`value="(fw_[^"]+)"`)

// withToken makes the hand a token for the API.
func (a *hand) withToken(scopes ...string) *hand {
	a.Helper()
	_, page := a.fill("/konto/tokens", "/konto/tokens", url.Values{"name": {"API"}, "days": {"1"}, "umfang": scopes})
	m := shownToken.FindStringSubmatch(page)
	if m == nil {
		a.Fatalf("%s gets no token: %s", a.email, flat(page))
	}
	a.token = m[1]
	return a
}

// read opens a page; it returns what was shown after all redirects.
func (a *hand) read(path string) (status int, page string) {
	a.Helper()
	return a.send(must(http.NewRequest(http.MethodGet, a.url+path, http.NoBody)))
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func (a *hand) send(req *http.Request) (status int, body string) {
	a.Helper()
	req.Header.Set("Accept-Language", "de")
	res, err := a.client.Do(req)
	if err != nil {
		a.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		a.Fatal(err)
	}
	return res.StatusCode, string(text)
}

// fill opens a page and sends the form on it that leads to an address, as it
// stands there but for the values given. "@name" is a file: its name, then its content.
func (a *hand) fill(page, action string, values url.Values) (status int, shown string) {
	a.Helper()
	seen, text := a.read(page)
	have, found := formTo(text, action)
	if !found {
		a.Fatalf("%s finds no form to %s on %s (%d):\n%s", a.email, action, page, seen, flat(text))
	}
	for name, v := range values {
		have[name] = v
	}
	kind, body := "application/x-www-form-urlencoded", bytes.NewBufferString(have.Encode())
	for name := range have {
		if strings.HasPrefix(name, "@") {
			kind, body = parts(have)
			break
		}
	}
	req := must(http.NewRequest(http.MethodPost, a.url+action, body))
	req.Header.Set("Content-Type", kind)
	return a.send(req)
}

// parts is a form that carries files.
func parts(values url.Values) (kind string, body *bytes.Buffer) {
	body = &bytes.Buffer{}
	w := multipart.NewWriter(body)
	for name, all := range values {
		if file, is := strings.CutPrefix(name, "@"); is {
			_, _ = must(w.CreateFormFile(file, all[0])).Write([]byte(all[1])) // a buffer takes everything
			continue
		}
		for _, v := range all {
			_ = w.WriteField(name, v)
		}
	}
	_ = w.Close()
	return w.FormDataContentType(), body
}

// formTo are the values of the form on a page that leads to an address.
func formTo(page, action string) (url.Values, bool) {
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		return nil, false
	}
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && n.Data == "form" && attribute(n, "action") == action {
			return valuesOf(n), true
		}
	}
	return nil, false
}

// valuesOf is what a browser would send of a form that nobody touched, but for its buttons.
func valuesOf(form *html.Node) url.Values {
	out := url.Values{}
	for n := range form.Descendants() {
		if n.Type != html.ElementNode || attribute(n, "name") == "" {
			continue
		}
		name, kind := attribute(n, "name"), attribute(n, "type")
		switch {
		case n.Data == "textarea" && n.FirstChild != nil:
			out.Add(name, n.FirstChild.Data)
		case n.Data == "select":
			for o := range n.Descendants() {
				if o.Data == "option" && has(o, "selected") {
					out.Add(name, attribute(o, "value"))
				}
			}
		case n.Data != "input" || kind == "file" || kind == "submit" || (kind == "checkbox" || kind == "radio") && !has(n, "checked"):
		default:
			out.Add(name, attribute(n, "value"))
		}
	}
	return out
}

func has(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// call calls the API.
func (a *hand) call(method, path string, body any) (status int, answer map[string]any) {
	a.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		a.Fatal(err)
	}
	req := must(http.NewRequest(method, a.url+"/api/v1"+path, bytes.NewReader(text)))
	req.Header.Set("Authorization", "Bearer "+a.token)
	req.Header.Set("Content-Type", "application/json")
	status, shown := a.send(req)
	answer = map[string]any{}
	_ = json.Unmarshal([]byte(shown), &answer) // what is no JSON has nothing in it
	return status, answer
}

// step takes a step on a request as it is now, on the page that asks for it.
func (a *hand) step(number, action, words string) (status int) {
	a.Helper()
	path := "/auftraege/" + number + "/schritt/" + action
	status, page := a.fill(path, path, url.Values{"comment": {words}})
	if status != 200 {
		a.Errorf("%s %s: %d %s", action, number, status, flat(page))
	}
	return status
}

// newForm is a form on its way.
func newForm(to string, values url.Values) (*http.Request, error) {
	req, err := http.NewRequest(http.MethodPost, to, strings.NewReader(values.Encode()))
	if err == nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return req, err
}

// fillOf is fill for a page with several forms to one address: the one of a kind.
func (a *hand) fillOf(page, action, kind string, values url.Values) (status int, shown string) {
	a.Helper()
	_, text := a.read(page)
	root := must(html.Parse(strings.NewReader(text)))
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && n.Data == "form" && attribute(n, "action") == action {
			if have := valuesOf(n); have.Get("art") == kind {
				for name, v := range values {
					have[name] = v
				}
				return a.post(action, have)
			}
		}
	}
	a.Fatalf("%s finds no form for %s on %s", a.email, kind, page)
	return 0, ""
}
