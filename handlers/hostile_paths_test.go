package handlers_test

import (
	"net/url"
	"strings"
	"testing"

	. "formwandel/models/modelstest"
)

// injections are what should never reach a query, a file or a page as itself.
var injections = []string{
	"' OR '1'='1", `" OR ""="`, "1 OR 1=1", "1; DROP TABLE requests", "' UNION SELECT token FROM tokens --", "id DESC, (SELECT 1)", "-number; --", "%", "_", "\\", "'", `"`, "`", ")", "*", "a*", `"a`, "NEAR(a b)", "words:a", "-a", "a AND", "OR", "^a", "(a",
	"\x00", "a\x00b", "\xff\xfe", "\r\nX-Evil: 1", "<script>alert(1)</script>", "{{.}}", "${7*7}", "../../etc/passwd", "-1", "0", "9223372036854775808", "1e9", "0x10", "true", "null", "[]", "{}", "\u202e", "😀", strings.Repeat("a", 4000),
}

// TestHostileQueries: every query parameter of every list with every injection.
func TestHostileQueries(t *testing.T) {
	s := newSiege(t)
	lists := map[string][]string{
		requests:           {"status", "municipality", "assistant", "section", "assignee", "waiting_for", "due_before", "q", "sort", "cursor", "limit"},
		s.path + "/events": {"cursor", "limit"}, s.path + "/comments": {"cursor", "limit"}, birthForm + "/versions": {"cursor", "limit"}, birthForm + "/diff": {"from", "to"},
		"/api/v1/forms": {"municipality", "assistant", "cursor", "limit"}, "/api/v1/municipalities": {"cursor", "limit"}, "/api/v1/assistants": {"cursor", "limit"}, "/api/v1/mails": {"state", "cursor", "limit"},
	}
	before := s.rows()
	for list, names := range lists {
		for _, name := range append(names, "id", "ags", "order") {
			for _, v := range injections {
				r := s.get(s.Admin, list+"?"+name+"="+url.QueryEscape(v))
				if r.status != 200 && r.status != 422 && r.status != 404 {
					t.Errorf("%s: %d %s", r.what, r.status, clip(r.body))
				}
				if r.status == 200 && r.items() > 0 && (name != "q" || !strings.ContainsAny(v, "01")) { // a search for digits finds dates and fees
					t.Errorf("%s found %d", r.what, r.items())
				}
				if r.header.Get("X-Evil") != "" {
					t.Errorf("%s sets headers", r.what)
				}
			}
		}
	}
	for _, bad := range []string{"limit=0", "limit=-1", "limit=201", "limit=1.5", "limit=99999999999999999999", "limit=abc", "cursor=x", "cursor=" + strings.Repeat("A", 3000), "Status=draft", "status=draft,", "status[]=draft", "status=draft&Status=x"} {
		s.get(s.Clerk, requests+"?"+bad).is(422)
	}
	for _, cursor := range []string{"-number|1", "-number|x|", "due|1|", "number|1|", "-number|1||", "-number|99999999999999999999|", "c:1"} {
		s.get(s.Clerk, requests+"?cursor="+base64(cursor)).refused(422, "bad_cursor")
	}
	for _, cursor := range []string{"1", "c:x", "c:-1", "c:\x00", "c:\xff", "d:1", "c:99999999999999999999"} {
		s.get(s.Clerk, s.path+"/events?cursor="+base64(cursor)).refused(422, "bad_cursor")
	}
	s.unchanged(before, "queries")
}

// TestHostilePaths: every place in every path with every injection.
func TestHostilePaths(t *testing.T) {
	s := newSiege(t)
	before := s.rows()
	for _, v := range injections {
		x := url.PathEscape(v)
		for _, p := range []string{
			requests + "/" + x, requests + "/" + x + "/events", s.path + "/attachments/" + x, "/api/v1/municipalities/" + x + "/policy", "/api/v1/assistants/" + x,
			"/api/v1/forms/" + x + "/" + Birth, "/api/v1/forms/" + Bautzen + "/" + x, birthForm + "/versions/" + x, birthForm + "/at/" + x, "/public/v1/forms/" + x + "/" + Birth, "/public/v1/forms/" + Bautzen + "/" + x,
		} {
			if r := s.get(s.Admin, p); r.status != 404 && (r.status != 422 || !strings.Contains(p, "/at/")) {
				t.Errorf("GET %s: %d %s", p, r.status, clip(r.body))
			}
		}
		s.post(s.Clerk, requests+"/"+x+"/withdraw", object{"version": 1}).is(404)
		s.post(s.Clerk, s.path+"/"+x, object{"version": 1}).is(404)
		s.post(s.Admin, "/api/v1/mails/"+x+"/retry", nil).is(404)
	}
	s.unchanged(before, "paths")
}

// TestNoWayAround: another spelling of a path is no way around the sign-in.
func TestNoWayAround(t *testing.T) {
	s := newSiege(t)
	for _, p := range []string{
		"/API/V1/ME", "/Api/v1/me", "/api/V1/requests", "/api/v1/me/", "/api/v1/ME", "//api/v1/me", "/api//v1/me", "/api/v1//me", "/api/v1/./me", "/x/../api/v1/me", "/api/v1/%6de", "/api/%76%31/me", "/api/v1/me%00", "/api/v1/me%2f", "/api/v1%2fme",
		"/api/v1/me;x", "/api/v1/me.json", "/api/v1/me%20", "/api/v1\\me", "/api/v1/me%0d%0a", "/%2e%2e/api/v1/me", "/public/../api/v1/me", "/public/v1/forms/../../../api/v1/me", "/healthz/../api/v1/me", "/api/openapi.json/../v1/me", "/api/v1/me/x.css", "/api/v1/requests.css", "/static/../api/v1/requests",
	} {
		for _, method := range []string{"GET", "HEAD", "POST", "OPTIONS", "PATCH"} {
			r := s.send(call{nobody, method, p, nil, nil})
			if r.status != 401 && r.status != 404 && r.status != 405 {
				t.Errorf("%s %s: %d %s", method, p, r.status, clip(r.body))
			}
		}
	}
	for _, p := range []string{"/api/v1/me", requests, s.path, birthForm, "/api/v1/mails", "/api/v1/nix"} {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} {
			if r := s.send(call{nobody, method, p, nil, nil}); r.status != 401 {
				t.Errorf("%s %s without a token: %d", method, p, r.status)
			}
		}
	}
	s.get(s.Clerk, "/api/v1/nix").refused(404, "not_found")
	if r := s.send(call{s.Clerk, "HEAD", "/api/v1/me", nil, nil}).is(200); len(r.body) != 0 {
		t.Errorf("HEAD has a body of %d bytes", len(r.body))
	}
	if r := s.send(call{s.Clerk, "DELETE", "/api/v1/me", nil, nil}).refused(405, "method_not_allowed"); !strings.Contains(r.header.Get("Allow"), "GET") {
		t.Errorf("Allow: %q", r.header.Get("Allow"))
	}
}
