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
	status := m.Run()
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

// check holds an exchange against the description: every answer has to be
// documented, and what succeeded has to be a documented request.
func (st *stage) check(req *http.Request, r *reply) {
	st.Helper()
	st.checkHeaders(r)
	if r.status >= 400 {
		st.checkProblem(req, r)
	}
	route, params, err := sitemap().FindRoute(req)
	if err != nil {
		if r.status < 400 && req.Method != http.MethodHead {
			st.Errorf("%s: %d, but it is not in the description", r.what, r.status)
		}
		return
	}
	in := &openapi3filter.RequestValidationInput{
		Request: req, Route: route, PathParams: params,
		Options: &openapi3filter.Options{IncludeResponseStatus: true, AuthenticationFunc: openapi3filter.NoopAuthenticationFunc},
	}
	if r.status < 300 {
		succeeded.Store(route.Operation.OperationID, true)
		if err := openapi3filter.ValidateRequest(context.Background(), in); err != nil {
			st.Errorf("%s succeeded, but the request is not as described: %v", r.what, err)
		}
	}
	out := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: r.status, Header: r.header, Body: io.NopCloser(bytes.NewReader(r.body)), Options: in.Options,
	}
	if err := openapi3filter.ValidateResponse(context.Background(), out); err != nil {
		st.Errorf("%s: the answer %d is not as described: %v\n%s", r.what, r.status, err, clip(r.body))
	}
}

// everyAnswer are the headers that no answer may lack.
var everyAnswer = map[string]string{
	"X-Content-Type-Options":  "nosniff",
	"Referrer-Policy":         "same-origin",
	"Content-Security-Policy": "default-src 'none'",
}

func (st *stage) checkHeaders(r *reply) {
	st.Helper()
	for name, want := range everyAnswer {
		if !strings.HasPrefix(r.header.Get(name), want) {
			st.Errorf("%s: %d has %s %q", r.what, r.status, name, r.header.Get(name))
		}
	}
	if r.header.Get("Cross-Origin-Resource-Policy") == "" || r.header.Get("Server") != "" {
		st.Errorf("%s: %d has headers %v", r.what, r.status, r.header)
	}
}

// checkProblem asks of every refusal a code, and words in the language it says.
func (st *stage) checkProblem(req *http.Request, r *reply) {
	st.Helper()
	if got := r.header.Get("Content-Type"); got != "application/problem+json; charset=utf-8" {
		st.Errorf("%s: %d is %q", r.what, r.status, got)
	}
	if got := r.header.Get("Cache-Control"); got != "no-store" {
		st.Errorf("%s: %d has Cache-Control %q", r.what, r.status, got)
	}
	if lang := r.header.Get("Content-Language"); lang != "de" && lang != "en" {
		st.Errorf("%s: %d has Content-Language %q", r.what, r.status, lang)
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
		st.Errorf("%s: %d: %v: %s", r.what, r.status, err, clip(r.body))
		return
	}
	if p.Status != r.status || p.Code == "" || !isSentence(p.Detail) {
		st.Errorf("%s: %d: %s", r.what, r.status, clip(r.body))
	}
	for _, e := range p.Errors {
		if e.Code == "" || !isSentence(e.Detail) {
			st.Errorf("%s: %d: %s", r.what, r.status, clip(r.body))
		}
	}
}

// isSentence tells words for people from a key that has no translation or an argument that was left open.
func isSentence(s string) bool {
	return strings.Contains(s, " ") && !strings.HasPrefix(s, "error.") && !strings.HasPrefix(s, "field.") && !strings.Contains(s, "<no value>")
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
		if r.Method == http.MethodHead {
			continue // comes with every GET
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
