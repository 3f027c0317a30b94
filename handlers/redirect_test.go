package handlers_test

import (
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	. "formwandel/models/modelstest"
)

// outside are ways to write an address that leads out of this house, or into a script.
var outside = []string{
	"//evil.example", "///evil.example", "////evil.example", "/\\evil.example", "\\\\evil.example", "\\/evil.example", "/\\/evil.example", "https:evil.example", "https:/evil.example", "https:///evil.example",
	"https://evil.example", "HTTPS://EVIL.example", "http://evil.example", "ftp://evil.example", "//evil.example/%2f..", "/\t/evil.example", "/\n/evil.example", "/\r\n/evil.example", "\t//evil.example", " //evil.example",
	"\x00//evil.example", "/\x00/evil.example", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\nscript:alert(1)", "\x01javascript:alert(1)", "data:text/html,<script>alert(1)</script>", "vbscript:x", "//user@evil.example",
	"https://formwandel.example@evil.example", "https://formwandel.example.evil.example", "//formwandel.example:80@evil.example", "//evil.example:443/", "//[::1]/", "//0x7f.1/", "//evil。example", "/\u2028/evil.example", "/\u00a0/evil.example",
	"/x\r\nLocation: https://evil.example", "/x\r\nSet-Cookie: a=b", "/%0d%0aSet-Cookie:%20a=b", "/%09/evil.example", "/%5cevil.example", "/%2f/evil.example", "/%2fevil.example", "/..//evil.example", "/.//evil.example", "/;//evil.example",
	"?//evil.example", "#//evil.example", ".evil.example", "@evil.example", "evil.example", "../../evil", "/" + strings.Repeat("a", 5000), "%2f%2fevil.example", "%68ttps://evil.example", "/x?a=\r\n\r\n<script>", "//", "/", "",
}

var (
	onward = regexp.MustCompile(`name="(?:weiter|zurueck)" value="([^"]*)"`)
	leads  = regexp.MustCompile(` (?:href|action|formaction|src)="([^"]*)"`)
)

// inside tells whether a browser that stands on a page of ours stays with us at this address.
func inside(to string) bool {
	for _, r := range to {
		if r < 0x20 || r == 0x7f || r == '\\' {
			return false
		}
	}
	if to == "" || to[0] == '#' || to[0] == '?' || strings.HasPrefix(to, "mailto:") {
		return true
	}
	u, err := url.Parse(to)
	if err == nil && (u.Scheme == "https" || u.Scheme == "http") {
		return !strings.Contains(strings.ToLower(u.Host), "evil") && u.Host != ""
	}
	return err == nil && to[0] == '/' && !strings.HasPrefix(to, "//") && u.Scheme == "" && u.Host == ""
}

// TestNoWayLeadsOut: wherever a form or an address names a place to go on to, the place is one of ours.
func TestNoWayLeadsOut(t *testing.T) {
	st := newTour(newStage(t))
	clerk, agent, n := st.as(st.Clerk), st.as(st.Agent), 0
	clerk.open("/auftraege")
	agent.open("/auftraege")
	for _, trick := range outside {
		check := func(r *reply) {
			t.Helper()
			n++
			if to := r.header.Get("Location"); to != "" && !inside(to) || r.header.Get("Set-Cookie") == "a=b" || r.status >= 500 || r.status == 303 && to == "" {
				t.Errorf("%q: %s: %d leads to %q", trick, r.what, r.status, to)
			}
			for _, m := range leads.FindAllStringSubmatch(string(r.body), -1) {
				if to := html.UnescapeString(m[1]); !inside(to) {
					t.Errorf("%q: %s shows %q", trick, r.what, to)
				}
			}
			for _, m := range onward.FindAllStringSubmatch(string(r.body), -1) { // a place, or what a list shows
				if to := html.UnescapeString(m[1]); strings.HasPrefix(to, "/") && !inside(to) {
					t.Errorf("%q: %s carries %q", trick, r.what, to)
				}
			}
		}
		q := url.QueryEscape(trick)
		check(st.visit().open("/anmelden?weiter=" + q))
		check(clerk.open("/anmelden?weiter=" + q))
		stranger := st.visit()
		check(stranger.send("/anmelden", url.Values{"email": {st.Clerk.Email}, "password": {"falsch"}, "weiter": {trick}}))
		check(stranger.send("/anmelden", url.Values{"email": {st.Clerk.Email}, "password": {castPassword}, "weiter": {trick}}))
		check(clerk.send("/ansicht", url.Values{"zurueck": {trick}}))
		check(agent.send("/auftraege/auswahl", url.Values{"tun": {"uebernehmen"}, "auswahl": {st.number + ":99"}, "zurueck": {trick}}))
		check(clerk.send("/auftraege/ansichten", url.Values{"loeschen": {"999"}, "zurueck": {trick}}))
		for _, name := range []string{"q", "sort", "erledigt", "ergebnis", "cursor", "municipality"} {
			check(clerk.open("/auftraege?" + name + "=" + q))
		}
		for _, place := range []string{"/kalender?monat=", "/kalender/liste?tag=", "/kalender/liste?kommune=", birthPage + "/vergleich?tag=", birthPage + "/fassungen?cursor=", "/formulare?q=", "/zahlen?kommune=", "/verwaltung/personen?cursor="} {
			check(clerk.open(place + q))
		}
		req := httptest.NewRequest(http.MethodGet, "/gibt/es/nicht", http.NoBody)
		req.Header.Set("Referer", "https://formwandel.example"+strings.NewReplacer("\r", "", "\n", "", "\x00", "", "\x01", "").Replace(trick))
		check(clerk.do(req))
	}
	Score(t, "S37", fmt.Sprintf("%d ways to write an address that leads away, in every place that goes on to one", len(outside)), n, "every place is one of ours")
	if n < 1000 {
		t.Errorf("%d ways tried", n)
	}
}
