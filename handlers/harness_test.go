package handlers_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"formwandel/handlers"
	"formwandel/models"
	. "formwandel/models/modelstest"
)

// base is the address that links must have, whatever a request claims.
const base = "https://formwandel.example"

// stage is the real server on a real database with the whole cast; every
// answer it gives is held against the API's description.
type stage struct {
	*testing.T
	*Cast
	s      *models.Store
	app    *fiber.App
	url    string    // of the database
	conn   *sql.Conn // past the store
	tokens map[string]string
	sent   []models.Letter // taken from the outbox so far
	extra  url.Values      // goes along with every form, where it has no such name itself
}

func newStage(t *testing.T) *stage { return stageWith(t, nil) }

// tell tells a story on every kind of database.
func tell(t *testing.T, story func(t *testing.T, st *stage)) {
	t.Helper()
	for _, kind := range Databases {
		t.Run(kind, func(t *testing.T) { story(t, stageOn(t, kind, nil)) })
	}
}

// stageWith lets a test change the server's settings.
func stageWith(t *testing.T, change func(*handlers.Config)) *stage {
	t.Helper()
	return stageOn(t, "sqlite", change)
}

// stageOn lets a test choose the kind of database, too.
func stageOn(t *testing.T, kind string, change func(*handlers.Config)) *stage {
	t.Helper()
	st := &stage{T: t, url: URL(t, kind), tokens: map[string]string{}}
	st.s = Open(t, st.url)
	st.Cast = Stage(t, st.s)
	c := handlers.Config{Store: st.s, BaseURL: base, Version: "test", Log: Watched(t), Now: time.Now, Later: func(func()) {}}
	if change != nil {
		change(&c)
	}
	var err error
	if st.app, err = handlers.New(c); err != nil {
		t.Fatal(err)
	}
	for _, u := range []models.User{
		st.Clerk, st.Clerk2, st.Approver, st.Deputy, st.TenantAdmin, st.LeipzigClerk, st.LeipzigApprover,
		st.Agent, st.Agent2, st.Lead, st.Lead2, st.Admin, st.Auditor, st.AgentLead,
	} {
		if st.tokens[u.Email], err = st.s.CreateToken(context.Background(), u.Email, "test", time.Hour*24*3650); err != nil {
			t.Fatal(err)
		}
	}
	return st
}

// nobody is a caller without a token.
var nobody models.User

// reply is an answer that has been read.
type reply struct {
	t      *testing.T
	what   string
	status int
	header http.Header
	body   []byte
}

// call is one request; body is JSON text, bytes, or anything that becomes JSON.
type call struct {
	as           models.User
	method, path string
	body         any
	header       []string // name, value, …
}

// request makes an HTTP request out of a call.
func (st *stage) request(c call) *http.Request {
	st.Helper()
	var body io.Reader = http.NoBody
	switch b := c.body.(type) {
	case nil:
	case string:
		body = strings.NewReader(b)
	case []byte:
		body = bytes.NewReader(b)
	default:
		text, err := json.Marshal(b)
		if err != nil {
			st.Fatal(err)
		}
		body = bytes.NewReader(text)
	}
	r := httptest.NewRequest(c.method, c.path, body)
	r.Host = "formwandel.example"
	if c.body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if c.as.Email != "" {
		r.Header.Set("Authorization", "Bearer "+st.tokens[c.as.Email])
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(c.header); i += 2 {
		if name := http.CanonicalHeaderKey(c.header[i]); !seen[name] {
			r.Header.Del(name)
			seen[name] = true
		}
		r.Header.Add(c.header[i], c.header[i+1])
		if c.header[i] == "Host" {
			r.Host = c.header[i+1]
		}
	}
	return r
}

// send sends a call and holds the answer against the description.
func (st *stage) send(c call) *reply {
	st.Helper()
	res, err := st.app.Test(st.request(c), -1)
	if err != nil {
		st.Fatalf("%s %s: %v", c.method, c.path, err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		st.Fatal(err)
	}
	r := &reply{st.T, c.method + " " + c.path, res.StatusCode, res.Header, body}
	st.check(st.request(c), r)
	return r
}

func (st *stage) get(u models.User, path string, header ...string) *reply {
	st.Helper()
	return st.send(call{u, "GET", path, nil, header})
}

func (st *stage) post(u models.User, path string, body any, header ...string) *reply {
	st.Helper()
	return st.send(call{u, "POST", path, body, header})
}

// is asserts the status; it returns the answer so that one can go on.
func (r *reply) is(status int) *reply {
	r.t.Helper()
	if r.status != status {
		r.t.Fatalf("%s: %d, want %d: %s", r.what, r.status, status, clip(r.body))
	}
	return r
}

// refused asserts a problem by status and code, or by the code of one of its errors.
func (r *reply) refused(status int, code string) *reply {
	r.t.Helper()
	r.is(status)
	codes := []any{r.at("code")}
	errs, _ := r.at("errors").([]any)
	for _, e := range errs {
		codes = append(codes, e.(map[string]any)["code"])
	}
	for _, c := range codes {
		if c == code {
			return r
		}
	}
	r.t.Fatalf("%s: codes %v, want %s", r.what, codes, code)
	return r
}

// at reads a value from the JSON answer by its path: "changes.0.old".
func (r *reply) at(path string) any {
	r.t.Helper()
	var v any
	if err := json.Unmarshal(r.body, &v); err != nil {
		r.t.Fatalf("%s: %v: %s", r.what, err, clip(r.body))
	}
	for part := range strings.SplitSeq(path, "/") {
		switch x := v.(type) {
		case map[string]any:
			v = x[part]
		case []any:
			i := -1
			if _, err := fmt.Sscan(part, &i); err != nil || i < 0 || i >= len(x) {
				return nil
			}
			v = x[i]
		default:
			return nil
		}
	}
	return v
}

// has asserts values: path, want, path, want, …
func (r *reply) has(want ...any) *reply {
	r.t.Helper()
	for i := 0; i+1 < len(want); i += 2 {
		if got := fmt.Sprint(r.at(want[i].(string))); got != fmt.Sprint(want[i+1]) {
			r.t.Errorf("%s: %s is %s, want %v", r.what, want[i], got, want[i+1])
		}
	}
	return r
}

// text is a value of the answer that has to be a string.
func (r *reply) text(path string) string {
	r.t.Helper()
	s, ok := r.at(path).(string)
	if !ok {
		r.t.Fatalf("%s: %s is no text: %s", r.what, path, clip(r.body))
	}
	return s
}

// items is how many entries a page has.
func (r *reply) items() int {
	r.t.Helper()
	list, ok := r.is(200).at("items").([]any)
	if !ok {
		r.t.Fatalf("%s is no page: %s", r.what, clip(r.body))
	}
	return len(list)
}

// version is the version of the request in the answer.
func (r *reply) version() int {
	r.t.Helper()
	n, ok := r.at("version").(float64)
	if !ok {
		r.t.Fatalf("%s: no version: %s", r.what, clip(r.body))
	}
	return int(n)
}

func clip(b []byte) string {
	if len(b) > 1500 {
		return string(b[:1500]) + "…"
	}
	return string(b)
}
