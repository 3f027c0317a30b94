package handlers_test

import (
	"strings"
	"testing"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// siege is a stage with something in it worth attacking.
type siege struct {
	*stage
	number string // a submitted request
	path   string // of that request
}

func newSiege(t *testing.T) *siege {
	st := newStage(t)
	number := st.file(st.Clerk, fee(2500, "2027-01-01"))
	st.attach(st.Clerk, number, []part{{"file", "a.pdf", pdf}}).is(201)
	return &siege{st, number, requests + "/" + number}
}

// attack is a call that has to be refused without a trace.
type attack struct {
	name   string
	call   call
	status int
	code   string // of the problem or of one of its errors
}

// repel runs attacks: each is refused as it should be, and nothing is written, not even in part.
func (s *siege) repel(attacks []attack) {
	s.Helper()
	before := s.rows()
	for _, a := range attacks {
		r := s.send(a.call)
		if r.status != a.status || !strings.Contains(string(r.body), `"code":"`+a.code+`"`) {
			s.Errorf("%s: %s %s: %d, want %d %s: %s", a.name, a.call.method, a.call.path, r.status, a.status, a.code, clip(r.body))
		}
		s.unchanged(before, a.name)
		if s.Failed() {
			before = s.rows() // one fault, one report
		}
	}
}

func TestHostileBodies(t *testing.T) {
	s := newSiege(t)
	good := `"form":"` + Bautzen + "/" + Birth + `","effective":{"kind":"from","date":"2027-01-01"}`
	change := func(v string) string {
		return "{" + good + `,"submit":true,"changes":[{"field":"gebuehren.erste","new":` + v + `}]}`
	}
	link := func(v string) string {
		return "{" + good + `,"changes":[{"field":"zahlung.sepa_mandat_url","new":` + v + `}]}`
	}
	var attacks []attack
	file := func(name, body string, status int, code string) {
		attacks = append(attacks, attack{name, call{s.Clerk, "POST", requests, body, nil}, status, code})
	}
	file("no body", "", 400, "json_syntax")
	file("blank body", " \n", 400, "json_syntax")
	file("no JSON", "form=1", 400, "json_syntax")
	file("half of it", "{"+good, 400, "json_syntax")
	file("an array", "[{"+good+"}]", 400, "json_type")
	file("a text", `"{}"`, 400, "json_type")
	file("null", "null", 422, "form_required")
	file("nothing said", "{}", 422, "form_required")
	file("a BOM", "\ufeff{"+good+"}", 400, "json_syntax")
	file("UTF-16", "{\x00\"\x00f\x00", 400, "json_syntax")
	file("a comment", "{/**/"+good+"}", 400, "json_syntax")
	file("single quotes", "{'form':'x'}", 400, "json_syntax")
	file("a comma too many", "{"+good+",}", 400, "json_syntax")
	file("doubled name", "{"+good+`,"form":"x"}`, 400, "duplicate_name")
	file("doubled name, escaped", "{"+good+`,"f\u006frm":"x"}`, 400, "duplicate_name")
	file("doubled name below", `{"effective":{"kind":"from","kind":"by"}}`, 400, "duplicate_name")
	file("trailing data", "{"+good+"}{}", 400, "json_syntax")
	file("trailing bracket", "{"+good+"}]", 400, "json_syntax")
	file("trailing NUL", "{"+good+"}\x00", 400, "json_syntax")
	file("another case of a name", `{"Form":"x"}`, 400, "unknown_name")
	file("a pointer as a name", `{"a~1b":1}`, 400, "unknown_name")
	file("a very long name", `{"`+strings.Repeat("a", 5000)+`":1}`, 400, "unknown_name")
	file("prototype", `{"__proto__":{}}`, 400, "unknown_name")
	file("deep arrays", change(strings.Repeat("[", 40)+strings.Repeat("]", 40)), 400, "too_deep")
	file("very deep", strings.Repeat("[", 500_000), 400, "too_deep")
	file("deep objects", strings.Repeat(`{"a":`, 40), 400, "too_deep")
	file("too large", "{"+good+`,"reason":"`+strings.Repeat("a", 1<<20)+`"}`, 413, "body_too_large")
	file("NUL raw", "{"+good+",\"reason\":\"a\x00b\"}", 400, "json_syntax")
	file("NUL escaped", "{"+good+`,"reason":"a\u0000b"}`, 422, "control_character")
	file("NUL in the form", `{"form":"14625020/\u0000"}`, 404, "not_found")
	file("NUL in a section", "{"+good+`,"sections":["a\u0000"]}`, 422, "unknown_section")
	file("a change of no field", "{"+good+`,"changes":[{"new":1}]}`, 422, "field_missing")
	file("NUL in a field", "{"+good+`,"changes":[{"field":"\u0000","new":1}]}`, 422, "unknown_field")
	file("escape sequence", "{"+good+`,"wish":"\u001b[31m"}`, 422, "control_character")
	file("invalid UTF-8", "{"+good+",\"reason\":\"\xff\xfe\"}", 400, "json_syntax")
	file("overlong UTF-8", "{"+good+",\"reason\":\"\xc0\xaf\"}", 400, "json_syntax")
	file("a surrogate in UTF-8", "{"+good+",\"reason\":\"\xed\xa0\x80\"}", 400, "json_syntax")
	file("a lone surrogate", "{"+good+`,"reason":"\ud800"}`, 400, "json_syntax")
	file("surrogates the wrong way round", "{"+good+`,"reason":"\udc00\ud800"}`, 400, "json_syntax")
	file("too long a reason", "{"+good+`,"reason":"`+strings.Repeat("ä", 2001)+`"}`, 422, "too_long")
	file("too long a wish", "{"+good+`,"wish":"`+strings.Repeat("x", 10001)+`"}`, 422, "too_long")
	file("too many sections", "{"+good+`,"sections":[`+strings.TrimSuffix(strings.Repeat(`"gebuehren",`, 41), ",")+"]}", 422, "too_many")
	file("too many changes", "{"+good+`,"changes":[`+strings.TrimSuffix(strings.Repeat(`{"field":"gebuehren.erste","new":1},`, 201), ",")+"]}", 422, "too_many")
	file("the same field twice", "{"+good+`,"changes":[{"field":"gebuehren.erste","new":1},{"field":"gebuehren.erste","new":2}]}`, 422, "twice")
	for name, v := range map[string]string{
		"negative": "-1", "1e400": "1e400", "a huge number": strings.Repeat("9", 400), "above int64": "9223372036854775808", "a fraction of a cent": "25.5",
		"NaN as text": `"NaN"`, "hexadecimal": `"0x10"`, "an object": `{"a":1}`, "an array": "[2500]", "true": "true", "a formula": `"=1+1"`, "other digits": `"٢٥"`,
	} {
		attacks = append(attacks, attack{"a fee: " + name, call{s.Clerk, "POST", requests, change(v), nil}, 422, "invalid"})
	}
	file("a fee: NaN", change("NaN"), 400, "json_syntax")
	for name, v := range map[string]string{
		"script": `"javascript:alert(1)"`, "data": `"data:text/html,x"`, "loopback": `"https://127.0.0.1/x.pdf"`, "metadata": `"https://169.254.169.254/"`, "user": `"https://a:b@town.example/x.pdf"`,
		"no host": `"https:///x.pdf"`, "CRLF": `"https://town.example/\r\nX: 1"`, "backslash": `"https:\\\\town.example"`, "long": `"https://town.example/` + strings.Repeat("a", 5000) + `"`,
	} {
		attacks = append(attacks, attack{"a link: " + name, call{s.Clerk, "POST", requests, link(v), nil}, 422, "invalid"})
	}
	file("a field nobody may change", "{"+good+`,"changes":[{"field":"einstieg.vertrauensniveau","new":"HOCH"}]}`, 422, "read_only")
	for name, e := range map[string]string{
		"no such day": `{"kind":"from","date":"2027-02-29"}`, "past": `{"kind":"by","date":"1999-01-01"}`, "an instant": `{"kind":"from","date":"2027-01-01T00:00:00Z"}`, "year 10000": `{"kind":"from","date":"10000-01-01"}`,
		"another kind": `{"kind":"at","date":"2027-01-01"}`, "until before": `{"kind":"from","date":"2027-01-02","until":"2027-01-01"}`, "SQL": `{"kind":"from","date":"2027-01-01'; --"}`,
	} {
		body := `{"form":"` + Bautzen + "/" + Birth + `","effective":` + e + "}"
		attacks = append(attacks, attack{"a day: " + name, call{s.Clerk, "POST", requests, body, nil}, 422, "invalid"})
	}
	s.repel(attacks)
}

func TestHostileHeaders(t *testing.T) {
	s := newSiege(t)
	body := fee(2500, "2027-01-01")
	var attacks []attack
	for name, h := range map[string][]string{
		"unicode": {"Idempotency-Key", "schlüssel"}, "blank": {"Idempotency-Key", "a b"}, "too long": {"Idempotency-Key", strings.Repeat("k", 201)}, "invalid UTF-8": {"Idempotency-Key", "\xff"},
	} {
		attacks = append(attacks, attack{"key: " + name, call{s.Clerk, "POST", requests, body, h}, 422, "bad_key"})
	}
	for name, v := range map[string]string{
		"text": "text/plain", "form": "application/x-www-form-urlencoded", "none": "", "multipart": "multipart/form-data; boundary=x", "xml": "application/xml", "suffix": "application/vnd.api+json", "broken": "application/json;;", "problem": "application/problem+json",
	} {
		attacks = append(attacks, attack{"type: " + name, call{s.Clerk, "POST", requests, body, []string{"Content-Type", v}}, 415, "content_type"})
	}
	for name, v := range map[string]string{
		"none": "", "basic": "Basic YTpi", "empty": "Bearer ", "short": "Bearer fw_x", "wrong": "Bearer fw_" + strings.Repeat("0", 48),
		"SQL": "Bearer fw_' OR '1'='1" + strings.Repeat(" ", 34), "two": "Bearer a, Bearer b", "unicode": "Bearer fw_" + strings.Repeat("ä", 24), "a token and more": "Bearer " + s.tokens[s.Clerk.Email] + "0",
	} {
		attacks = append(attacks, attack{"token: " + name, call{nobody, "POST", requests, body, []string{"Authorization", v}}, 401, "unauthorized"})
	}
	for _, h := range []string{"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"} {
		attacks = append(attacks, attack{h, call{s.Clerk, "DELETE", s.path, nil, []string{h, "PATCH"}}, 405, "method_not_allowed"})
	}
	attacks = append(attacks,
		attack{"method by query", call{s.Auditor, "POST", requests + "?_method=GET", body, nil}, 403, "not_your_role"},
		attack{"an unknown Host", call{s.Clerk, "POST", requests, body, []string{"Host", "evil.example"}}, 400, "unknown_host"},
	)
	for _, m := range []string{"DELETE", "PUT", "OPTIONS", "TRACE", "PATCH"} {
		attacks = append(attacks, attack{m, call{s.Clerk, m, requests, body, nil}, 405, "method_not_allowed"})
	}
	s.repel(attacks)
}

// TestHostileSteps: the numbers that writes name.
func TestHostileSteps(t *testing.T) {
	s := newSiege(t)
	var attacks []attack
	for v, want := range map[string]string{
		"0": "version_required", "-1": "stale", "2": "stale", "2147483648": "stale", "9223372036854775807": "stale", "9223372036854775808": "json_type",
		"1.5": "json_type", "1e2": "json_type", `"1"`: "json_type", "null": "version_required", "[1]": "json_type", "true": "json_type",
	} {
		status := map[string]int{"stale": 409, "version_required": 422, "json_type": 400}[want]
		for _, c := range []call{
			{s.Agent, "POST", s.path + "/claim", `{"version":` + v + `}`, nil}, {s.Clerk, "PATCH", s.path, `{"version":` + v + `,"reason":"x"}`, nil},
		} {
			attacks = append(attacks, attack{"version " + v, c, status, want})
		}
	}
	for _, a := range []string{"fail", "return", "edit", "due_soon", "overdue", "predecessor_gone", "file", "comment", "attach", "delete", "Claim", "claim%00", "claim%20", "claim;x", "%63laim"} {
		attacks = append(attacks, attack{"step " + a, call{s.Agent, "POST", s.path + "/" + a, `{"version":1}`, nil}, 404, "not_found"})
	}
	attacks = append(attacks,
		attack{"a comment with NUL", call{s.Agent, "POST", s.path + "/claim", `{"version":1,"comment":"\u0000"}`, nil}, 422, "control_character"},
		attack{"a comment too long", call{s.Agent, "POST", s.path + "/claim", `{"version":1,"comment":"` + strings.Repeat("x", 5001) + `"}`, nil}, 422, "too_long"},
		attack{"another content", call{s.Agent, "POST", s.path + "/claim", `{"version":1,"content_hash":"' OR 1=1"}`, nil}, 409, "stale"},
		attack{"changes smuggled into a claim", call{s.Agent, "POST", s.path + "/claim", `{"version":1,"changes":[]}`, nil}, 400, "unknown_name"},
		attack{"changes smuggled into an approval", call{s.Approver, "POST", s.path + "/approve", `{"version":1,"wish":"x"}`, nil}, 400, "unknown_name"},
		attack{"own request approved", call{s.Clerk, "POST", s.path + "/approve", `{"version":1}`, nil}, 403, "not_your_role"},
	)
	for _, u := range []models.User{s.Auditor, s.Admin, s.TenantAdmin, s.Lead} {
		attacks = append(attacks, attack{u.Name + " claims", call{u, "POST", s.path + "/claim", `{"version":1}`, nil}, 403, "not_your_role"})
	}
	s.repel(attacks)
}
