package handlers_test

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"formwandel/models"
	. "formwandel/models/modelstest"
	"formwandel/templates"
)

// tour is a stage on which every page route leads somewhere: Bautzen has filed
// a request and a draft, enclosed a document, saved a view, and follows its calendar.
type tour struct {
	*siege
	draft, attachment, mail, person, view, token string
	people                                       map[string]*visitor // signed in, by address
}

func newTour(st *stage) *tour {
	st.Helper()
	t := &tour{siege: &siege{stage: st}, people: map[string]*visitor{}}
	t.number = st.file(st.Clerk, fee(2500, "2027-01-01"))
	t.attachment = lastPart(st.attach(st.Clerk, t.number, []part{{"file", "a.pdf", pdf}}).is(201).text("href"))
	t.path, t.person = requests+"/"+t.number, itoa(int(st.Approver.ID))
	clerk := t.as(st.Clerk)
	t.draft = clerk.draft(Birth, "gebuehren")
	clerk.open("/auftraege")
	clerk.send("/auftraege/ansichten", url.Values{"name": {"Meine"}, "zurueck": {"sort=due"}}).is(303)
	clerk.open("/auftraege")
	t.view = regexp.MustCompile(`name="loeschen" value="(\d+)"`).FindStringSubmatch(clerk.html)[1]
	clerk.open("/kalender")
	t.token = regexp.MustCompile(`/kalender/([0-9a-f]{48})\.ics`).FindStringSubmatch(string(clerk.send("/kalender/abo", url.Values{}).is(200).body))[1]
	mails, _, err := st.s.Mails(st.Context(), st.Admin, "", "", 1)
	if err != nil || len(mails) == 0 {
		st.Fatal("no mail", err)
	}
	t.mail = itoa(int(mails[0].ID))
	return t
}

func lastPart(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

// as is somebody with a browser, signed in once.
func (t *tour) as(u models.User) *visitor {
	t.Helper()
	if t.people[u.Email] == nil {
		t.people[u.Email] = t.signIn(u)
	}
	return t.people[u.Email]
}

// pageRoute is a page by its method and its address with names in it.
type pageRoute struct{ method, path string }

// pageRoutes are all routes but those of machines and of what pages load.
func (t *tour) pageRoutes() []pageRoute {
	var out []pageRoute
	loaded := templates.Assets()
	for _, r := range t.app.GetRoutes(true) {
		machine := slices.ContainsFunc([]string{"/api/", "/public/", "/healthz", "/readyz", "/metrics"}, func(p string) bool { return strings.HasPrefix(r.Path, p) })
		asset := slices.ContainsFunc(loaded, func(a templates.Asset) bool { return a.Path == r.Path })
		if p := (pageRoute{r.Method, r.Path}); !machine && !asset && r.Method != "HEAD" && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	if len(out) < 80 {
		t.Fatalf("%d page routes", len(out))
	}
	return out
}

var named = regexp.MustCompile(`:[a-z]+`)

// at is the address of a page with what Bautzen has; given values come first: name, value, …
func (t *tour) at(path string, given ...string) string {
	t.Helper()
	return named.ReplaceAllStringFunc(path, func(name string) string {
		for i := 0; i+1 < len(given); i += 2 {
			if given[i] == name {
				return given[i+1]
			}
		}
		switch name {
		case ":number":
			if strings.Contains(path, "/bearbeiten/") {
				return t.draft
			}
			return t.number
		case ":id":
			return map[bool]string{true: "999999"}[strings.Contains(path, "/konto/")] + map[bool]string{true: t.mail}[strings.Contains(path, "postausgang")] + map[bool]string{true: t.person}[strings.Contains(path, "personen")] + map[bool]string{true: t.attachment}[strings.Contains(path, "anlagen")]
		case ":key":
			return map[bool]string{true: "gebuehren.erste", false: Birth}[strings.Contains(path, "/feld/")]
		}
		value, ok := map[string]string{":ags": Bautzen, ":assistant": Birth, ":n": "1", ":action": "claim", ":topic": "sachbearbeitung", ":kind": "submitted", ":role": "author", ":lang": "de", ":token": t.token, ":provider": "kisa", ":session": "0123456789abcdef", ":secret": strings.Repeat("x", 43), ":passkey": "1", ":zugang": "1", ":form": strings.Repeat("0", 32)}[name]
		if !ok {
			t.Errorf("%s: what stands for %s?", path, name)
		}
		return value
	})
}
