package handlers_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	. "formwandel/models/modelstest"
)

// description is the API's document, loaded as any client would.
var description = sync.OnceValue(func() *openapi3.T {
	doc, err := openapi3.NewLoader().LoadFromFile("openapi.json")
	if err != nil {
		panic(err)
	}
	return doc
})

// sitemap finds the operation of a request in the description.
var sitemap = sync.OnceValue(func() routers.Router {
	r, err := gorillamux.NewRouter(description())
	if err != nil {
		panic(err)
	}
	return r
})

// succeeded are the operations that have answered 2xx in this run.
var succeeded sync.Map

// TestMain asks at the end that the tests, run as a whole, have exercised
// every operation of the description with success.
func TestMain(m *testing.M) {
	status := ScoreLogs("all tests of handlers", m.Run())
	if status == 0 && flag.Lookup("test.run").Value.String() == "" && flag.Lookup("test.skip").Value.String() == "" && flag.Lookup("test.list").Value.String() == "" {
		for _, id := range operations() {
			if _, ok := succeeded.Load(id); !ok {
				fmt.Printf("no test has seen %s succeed\n", id)
				status = 1
			}
		}
	}
	os.Exit(status)
}

func operations() []string {
	var out []string
	for _, item := range description().Paths.Map() {
		for _, o := range item.Operations() {
			out = append(out, o.OperationID)
		}
	}
	slices.Sort(out)
	return out
}

// check holds an exchange against the description and against what every answer promises.
func (st *stage) check(req *http.Request, r *reply) {
	st.Helper()
	for _, fault := range faults(req, r) {
		st.Errorf("%s: %d: %s\n%s", r.what, r.status, fault, clip(r.body))
	}
}

// faults are what is wrong with an exchange: every answer has to be
// documented, and what succeeded has to be a documented request.
func faults(req *http.Request, r *reply) (out []string) {
	fault := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	headerFaults(r, fault)
	if r.status >= 400 {
		problemFaults(req, r, fault)
	}
	route, params, err := sitemap().FindRoute(req)
	if err != nil {
		if r.status < 400 && req.Method != http.MethodHead {
			fault("it is not in the description")
		}
		return out
	}
	in := &openapi3filter.RequestValidationInput{
		Request: req, Route: route, PathParams: params,
		Options: &openapi3filter.Options{IncludeResponseStatus: true, AuthenticationFunc: openapi3filter.NoopAuthenticationFunc},
	}
	if r.status < 300 {
		succeeded.Store(route.Operation.OperationID, true)
		if err := openapi3filter.ValidateRequest(context.Background(), in); err != nil {
			fault("it succeeded, but the request is not as described: %v", err)
		}
	}
	answer := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: r.status, Header: r.header, Body: io.NopCloser(bytes.NewReader(r.body)), Options: in.Options,
	}
	if err := openapi3filter.ValidateResponse(context.Background(), answer); err != nil {
		fault("the answer is not as described: %v", err)
	}
	return out
}

// everyAnswer are the headers that no answer may lack.
var everyAnswer = map[string]string{
	"X-Content-Type-Options":  "nosniff",
	"Referrer-Policy":         "same-origin",
	"Content-Security-Policy": "default-src 'none'",
}

func headerFaults(r *reply, fault func(string, ...any)) {
	for name, want := range everyAnswer {
		if !strings.HasPrefix(r.header.Get(name), want) {
			fault("%s is %q", name, r.header.Get(name))
		}
	}
	if r.header.Get("Cross-Origin-Resource-Policy") == "" || r.header.Get("Server") != "" {
		fault("headers %v", r.header)
	}
}

// problemFaults asks of every refusal a code, and words in the language it says.
func problemFaults(req *http.Request, r *reply, fault func(string, ...any)) {
	for name, want := range map[string]string{"Content-Type": "application/problem+json; charset=utf-8", "Cache-Control": "no-store"} {
		if got := r.header.Get(name); got != want {
			fault("%s is %q", name, got)
		}
	}
	if lang := r.header.Get("Content-Language"); lang != "de" && lang != "en" {
		fault("Content-Language is %q", lang)
	}
	if req.Method == http.MethodHead {
		return
	}
	var p struct {
		Status       int
		Code, Detail string
		Errors       []struct{ Code, Detail string }
	}
	if err := json.Unmarshal(r.body, &p); err != nil {
		fault("no problem: %v", err)
		return
	}
	if p.Status != r.status || p.Code == "" || !isSentence(p.Detail) {
		fault("status, code or detail is missing")
	}
	for _, e := range p.Errors {
		if e.Code == "" || !isSentence(e.Detail) {
			fault("code or detail of an error is missing")
		}
	}
}

// isSentence tells words for people from a key that has no translation or an argument that was left open.
func isSentence(s string) bool {
	return strings.Contains(s, " ") && !strings.HasPrefix(s, "error.") && !strings.HasPrefix(s, "field.") && !strings.Contains(s, "<nil>")
}

// TestTheDescriptionObjects: the check of every answer finds what is not as described.
func TestTheDescriptionObjects(t *testing.T) {
	st := newStage(t)
	c := call{st.Clerk, "POST", requests, fee(2500, "2027-01-01"), nil}
	good := st.send(c).is(201)
	refused := call{st.Clerk, "GET", requests + "/KA-2026-999999", nil, nil}
	missing := st.send(refused).is(404)
	swap := func(old, now string) func(*reply) {
		return func(r *reply) { r.body = bytes.Replace(r.body, []byte(old), []byte(now), 1) }
	}
	for name, f := range map[string]struct {
		call   call
		answer *reply
		change func(*reply)
	}{
		"an unknown name":       {c, good, swap(`"wish":`, `"password_hash":"x","wish":`)},
		"an unknown name below": {c, good, swap(`"old":`, `"ord":1,"old":`)},
		"a missing name":        {c, good, swap(`"wish":"",`, ``)},
		"an unknown state":      {c, good, swap(`"submitted"`, `"sent"`)},
		"a number as text":      {c, good, swap(`"version":1`, `"version":"1"`)},
		"no time":               {c, good, swap(`"created_at":"2026`, `"created_at":"gestern`)},
		"another status":        {c, good, func(r *reply) { r.status = 202 }},
		"no Location":           {c, good, func(r *reply) { r.header.Del("Location") }},
		"another type":          {c, good, func(r *reply) { r.header.Set("Content-Type", "text/html") }},
		"no guard":              {c, good, func(r *reply) { r.header.Del("X-Content-Type-Options") }},
		"a success not asked":   {call{st.Clerk, "POST", requests, `{"form":1}`, nil}, good, func(*reply) {}},
		"a success nowhere":     {call{st.Clerk, "POST", "/api/v1/secrets", `{}`, nil}, good, func(*reply) {}},
		"no code":               {refused, missing, swap(`"code":"not_found"`, `"code":""`)},
		"no words":              {refused, missing, swap(missing.text("detail"), "error.request")},
	} {
		r := &reply{t, name, f.answer.status, f.answer.header.Clone(), bytes.Clone(f.answer.body)}
		f.change(r)
		if len(faults(st.request(f.call), r)) == 0 {
			t.Errorf("%s is taken for described", name)
		}
	}
}

func TestDescriptionIsValid(t *testing.T) {
	if err := description().Validate(context.Background(), openapi3.EnableExamplesValidation()); err != nil {
		t.Fatal(err)
	}
	for path, item := range description().Paths.Map() {
		for method, o := range item.Operations() {
			if o.Summary == "" || o.Description == "" || o.OperationID == "" {
				t.Errorf("%s %s is not described", method, path)
			}
		}
	}
}

// TestDescriptionIsClosed: answers have no room for names that are not described.
func TestDescriptionIsClosed(t *testing.T) {
	for name, s := range description().Components.Schemas {
		if v := s.Value; v.Type.Is("object") && len(v.Properties) > 0 && (v.AdditionalProperties.Has == nil || *v.AdditionalProperties.Has) {
			t.Errorf("%s takes any name", name)
		}
	}
}

// TestDescriptionIsTheSiteMap: the routes of the running server are the paths of the description.
func TestDescriptionIsTheSiteMap(t *testing.T) {
	st := newStage(t)
	served := map[string]bool{}
	for _, r := range st.app.GetRoutes(true) {
		if r.Method == http.MethodHead || !isInterface(r.Path) {
			continue // comes with every GET; pages are for people
		}
		served[r.Method+" "+bracketed(r.Path)] = true
	}
	for path, item := range description().Paths.Map() {
		for method := range item.Operations() {
			if !served[method+" "+path] {
				t.Errorf("%s %s is described, but not served", method, path)
			}
			delete(served, method+" "+path)
		}
	}
	for route := range served {
		t.Errorf("%s is served, but not described", route)
	}
}

// isInterface tells whether machines are served there.
func isInterface(path string) bool {
	for _, prefix := range []string{"/api/", "/public/", "/healthz", "/readyz", "/metrics"} {
		if strings.HasPrefix(path, prefix) {
			return true
		}
	}
	return false
}

// bracketed writes a route's parameters as the description does: /forms/{ags}.
func bracketed(path string) string {
	parts := strings.Split(path, "/")
	for i, p := range parts {
		if name, ok := strings.CutPrefix(p, ":"); ok {
			parts[i] = "{" + name + "}"
		}
	}
	return strings.Join(parts, "/")
}
