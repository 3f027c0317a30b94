package handlers_test

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"formwandel/models"
	. "formwandel/models/modelstest"
	"formwandel/templates"
)

// actor is somebody who tries every route, with a session and with a token.
type actor struct {
	name   string
	user   models.User    // zero: nobody
	scopes []models.Scope // of the token; nil: a session
	gone   bool           // the account was switched off
	secret string         // of the session
	csrf   string
	token  string
}

// thing is what the names in an address stand for.
type thing struct {
	what string // own, other, missing, nonsense
	ags  string // "": of nobody
	of   map[string]string
}

// cells is the program with everybody and everything that the table of rights speaks of.
type cells struct {
	*tour
	actors []*actor
	things []thing
	n      int
}

// TestEveryRouteAsksTheTable walks every route of the running program as everybody, on what is Bautzen's,
// Leipzig's, the provider's and nobody's, and holds what happens against the table of rights (T1, T14).
func TestEveryRouteAsksTheTable(t *testing.T) {
	c := newCells(t)
	begun := time.Now()
	unknown := map[string]bool{}
	for _, r := range c.routes() {
		e, ok := routeRights[r.method+" "+r.path]
		if !ok {
			t.Errorf("%s %s is not in the table of rights: say in routeRights what it takes", r.method, r.path)
			continue
		}
		unknown[r.method+" "+r.path] = true
		c.walk(r, e)
	}
	for r := range routeRights {
		if !unknown[r] {
			t.Errorf("there is no route %s any more", r)
		}
	}
	Score(t, "S30", "routes × people × objects × verbs held against the table of rights", c.n, fmt.Sprintf("%d routes, %d people", len(unknown), len(c.actors)))
	t.Logf("%d cells in %v", c.n, time.Since(begun).Round(time.Millisecond))
	if c.n < 3000 {
		t.Errorf("%d cells", c.n)
	}
}

// routes are all routes but those of what pages load.
func (c *cells) routes() []pageRoute {
	var out []pageRoute
	for _, r := range c.app.GetRoutes(true) {
		asset := slices.ContainsFunc(templates.Assets(), func(a templates.Asset) bool { return a.Path == r.Path })
		if p := (pageRoute{r.Method, r.Path}); !asset && r.Method != "HEAD" && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

// walk tries one route as everybody, on everything.
func (c *cells) walk(r pageRoute, e entry) {
	if e.right != "step" {
		c.try(r, e)
		return
	}
	for _, a := range steps {
		if page := !strings.HasPrefix(r.path, "/api/"); page && (a == models.Submit || a == models.Assign) {
			continue // they have pages of their own
		}
		one, step := r, e
		one.path, step.right = strings.Replace(r.path, ":action", string(a), 1), models.StepRight(a)
		c.try(one, step)
	}
}

func (c *cells) try(r pageRoute, e entry) {
	api := strings.HasPrefix(r.path, "/api/v1/")
	for _, a := range c.actors {
		if a.scopes != nil && !api || e.skip != "" && a.user.ID != 0 {
			continue
		}
		var foreign, missing *reply
		for _, x := range c.things {
			if e.object == "" && x.what != "own" || x.what == "house" && e.object != "person" {
				continue
			}
			got := c.ask(a, r, e, x)
			c.n++
			if fault := c.fault(a, r, e, x, got); fault != "" {
				c.Errorf("%s: %s %s on %s (%s): %d, %s\n%s", a.name, r.method, r.path, x.what, e.right, got.status, fault, clip(got.body))
			}
			switch {
			case x.what == "missing":
				missing = got
			case got.status == 404 && x.ags != "" && x.ags != a.user.AGS:
				foreign = got
			}
		}
		if foreign != nil && missing != nil && a.user.AGS != "" && c.differ(foreign, missing) {
			c.Errorf("%s: %s %s: what is foreign differs from what is missing:\n%v\n%s\n%v\n%s", a.name, r.method, r.path, foreign.header, clip(foreign.body), missing.header, clip(missing.body))
		}
	}
}

// differ tells whether somebody could tell two refusals apart.
func (c *cells) differ(a, b *reply) bool {
	plain := func(r *reply) string {
		h := r.header.Clone()
		h.Del("Content-Length")
		h.Del("Date")
		place := strings.SplitN(r.what, " ", 2)[1]
		text := everyOther.ReplaceAllString(string(r.body), "$1")
		return fmt.Sprint(r.status, h) + strings.NewReplacer(place, "PLACE", url.QueryEscape(place), "PLACE", html.EscapeString(place), "PLACE", "14999999/KOMM24GibtEsNicht", "FORM", Bautzen+"/"+Birth, "FORM", Leipzig+"/"+Birth, "FORM").Replace(text)
	}
	return plain(a) != plain(b)
}

// fault says what is wrong with an answer, "" for nothing.
func (c *cells) fault(a *actor, r pageRoute, e entry, x thing, got *reply) string {
	api := strings.HasPrefix(r.path, "/api/v1/")
	switch {
	case got.status >= 500:
		return "no answer at all"
	case e.public:
		return want(got.status != 401 && got.status != 403, "for everybody")
	case a.user.ID == 0 || a.gone:
		if api || r.method != "GET" {
			return want(got.status == 401 || a.gone && api && got.status == 429, "401: nobody is there") // whose token has gone seems to guess, after a while
		}
		return want(got.status == 303 && strings.HasPrefix(got.header.Get("Location"), "/anmelden?weiter="), "to the sign-in page")
	case !holds(a, e.door, ""):
		return want(got.status == 403, "403: no way in")
	case !c.sees(a, e, x):
		lacking := (a.user.AGS == "" || e.object == "house") && !holds(a, e.right, x.ags)
		return want(got.status == 404 || lacking && got.status == 403, "404: not there")
	case !c.may(a, e, x):
		if e.leads {
			return want(got.status == 303 && strings.HasPrefix(got.header.Get("Location"), "/auftraege/KA-"), "back to the request")
		}
		return want(got.status == 403, "403: not their right")
	case got.status == 403 && e.rules:
		return want(e.right == models.StepRight(models.Reopen) || !strings.Contains(string(got.body), "not_your_role") && !strings.Contains(string(got.body), "token_scope"), "their right, and not only their relation to it")
	}
	return want(got.status != 401 && got.status != 403 && got.status != 404 && got.status != 405 && !strings.HasPrefix(got.header.Get("Location"), "/anmelden"), "allowed")
}

func want(ok bool, what string) string {
	if ok {
		return ""
	}
	return "want " + what
}

// sees tells whether somebody may know of a thing.
func (c *cells) sees(a *actor, e entry, x thing) bool {
	switch e.object {
	case "":
		return true
	case "own": // what is filed is one's own or not there
		return x.ags != "" && (a.user.AGS == x.ags || a.user.AGS == "")
	case "chosen": // what the provider chooses is held against the records with everything else
		return a.user.AGS == "" || a.user.AGS == x.ags
	case "self": // nobody of the cast has one
		return false
	case "all", "house":
		return x.what != "missing" && x.what != "nonsense"
	case "person":
		return x.what == "house" && a.user.AGS == "" || x.ags != "" && (a.user.AGS == "" || a.user.AGS == x.ags)
	}
	return x.ags != "" && (a.user.AGS == "" || a.user.AGS == x.ags)
}

// may tells what the table says, by reading it in the test's own way.
func (c *cells) may(a *actor, e entry, x thing) bool {
	if e.right == anyone {
		return true
	}
	ags := x.ags
	if e.object == "" || e.object == "all" || e.object == "house" {
		ags = a.user.AGS
	}
	allowance, _ := e.right.Allowance()
	if a.user.AGS == "" && allowance.Under != "" && ags != Leipzig { // which has granted everything
		return false
	}
	return holds(a, e.right, ags)
}

// holds tells whether a role of somebody's has a right, and their token its scope; ags is whose it is about, "" anything.
func holds(a *actor, r models.Right, ags string) bool {
	if r == anyone {
		return true
	}
	allowance, known := r.Allowance()
	if !known {
		panic("there is no right " + r)
	}
	h := allowance.Own
	if a.user.AGS == "" {
		h = allowance.House
	} else if ags != "" && ags != a.user.AGS {
		return false
	}
	if !slices.ContainsFunc(h.Roles, func(r models.Role) bool { return slices.Contains(a.user.Roles, r) }) {
		return false
	}
	return a.scopes == nil || h.Scope == models.ScopeRead || slices.Contains(a.scopes, h.Scope) || h.Scope != "" && slices.Contains(a.scopes, models.ScopeAll)
}

// ask sends one call.
func (c *cells) ask(a *actor, r pageRoute, e entry, x thing) *reply {
	place := c.name(r.path, x)
	if e.query != "" {
		place += "?" + c.name(e.query, x)
	}
	req := httptest.NewRequest(r.method, place, c.payload(a, e, x))
	return c.call(a, req, e, place)
}

func (c *cells) name(path string, x thing) string {
	return named.ReplaceAllStringFunc(path, func(name string) string {
		if name == ":number" && strings.Contains(path, "/bearbeiten/") {
			return x.of[":draft"]
		}
		if name == ":id" {
			name += map[bool]string{true: "own"}[strings.Contains(path, "/konto/")] + map[bool]string{true: "mail"}[strings.Contains(path, "postausgang") || strings.Contains(path, "/mails/")] +
				map[bool]string{true: "person"}[strings.Contains(path, "personen")] + map[bool]string{true: "file"}[strings.Contains(path, "anlagen") || strings.Contains(path, "attachments")]
		}
		if name == ":key" && strings.Contains(path, "/feld/") {
			name = ":field"
		}
		value, ok := x.of[name]
		if !ok {
			c.Fatalf("%s: what stands for %s?", path, name)
		}
		return value
	})
}

func (c *cells) payload(a *actor, e entry, x thing) io.Reader {
	if e.body == "file" {
		var b bytes.Buffer
		form := multipart.NewWriter(&b)
		_ = form.SetBoundary("grenze") // it is sound, and nothing fails in memory
		part, _ := form.CreateFormFile("file", "a.exe")
		_, _ = part.Write([]byte("MZ\x90\x00\x03\x00"))
		_ = form.Close()
		return &b
	}
	return strings.NewReader(c.name(e.body, x))
}

func (c *cells) call(a *actor, req *http.Request, e entry, place string) *reply {
	req.Host = "formwandel.example"
	switch {
	case e.body == "file":
		req.Header.Set("Content-Type", "multipart/form-data; boundary=grenze")
	case strings.HasPrefix(place, "/api/"):
		req.Header.Set("Content-Type", "application/json")
	default:
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if strings.HasPrefix(place, "/api/") && a.token != "" {
		req.Header.Set("Authorization", "Bearer "+a.token)
	} else {
		req.Header.Set("Accept", "text/html")
		req.Header.Set("X-CSRF-Token", a.csrf)
		req.AddCookie(&http.Cookie{Name: "__Host-fw", Value: a.secret})
		req.AddCookie(&http.Cookie{Name: "__Host-fw-gast", Value: a.csrf})
	}
	res, err := c.app.Test(req, -1)
	if err != nil {
		c.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		c.Fatal(err)
	}
	return &reply{c.T, req.Method + " " + place, res.StatusCode, res.Header, body}
}
