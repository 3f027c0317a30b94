package handlers_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/gofiber/fiber/v2"

	"formwandel/handlers"
)

// TestKeptValuesStay: what a handler keeps of a request does not change when
// the server reuses its buffers for the next ones.
func TestKeptValuesStay(t *testing.T) {
	st := newStage(t)
	var mu sync.Mutex
	kept := map[string]string{} // a copy made at once → the value as it was handed out
	st.app.Get("/kept/:value", func(c *fiber.Ctx) error {
		mu.Lock()
		defer mu.Unlock()
		for _, v := range []string{c.Params("value"), c.Query("q"), c.Get("X-Value"), c.Path()} {
			kept[strings.Clone(v)] = v
		}
		return c.SendString("ok")
	})
	addr := st.listen()
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			for i := range 250 {
				mark := strings.Repeat(fmt.Sprintf("%d-%03d.", worker, i), 1+i%7)
				r, err := http.NewRequest("GET", "http://"+addr+"/kept/p"+mark+"?q=q"+mark, nil)
				if err != nil {
					t.Error(err)
					return
				}
				r.Header.Set("X-Value", "h"+mark)
				res, err := http.DefaultClient.Do(r)
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, res.Body) // so that the connection is used again
				_ = res.Body.Close()                 // the same
			}
		})
	}
	wg.Wait()
	http.DefaultClient.CloseIdleConnections()
	mu.Lock()
	defer mu.Unlock()
	if len(kept) != 4*4*250 {
		t.Errorf("kept %d values", len(kept))
	}
	for want, got := range kept {
		if got != want {
			t.Fatalf("%q became %q", want, got)
		}
	}
}

// TestFaultsSayNothing: a fault of the server is told in general words, with an id, and with every header.
func TestFaultsSayNothing(t *testing.T) {
	var log strings.Builder
	st := stageWith(t, func(c *handlers.Config) {
		c.Log = logTo(&log)
		c.Ready = func() error { return errors.New("disk of secret-host is full") }
	})
	st.app.Get("/panic", func(*fiber.Ctx) error { panic("secret-host") })
	st.app.Get("/error", func(*fiber.Ctx) error { return errors.New("secret-host") })
	for _, path := range []string{"/panic", "/error"} {
		r := st.get(nobody, path).refused(500, "internal")
		if strings.Contains(string(r.body), "secret-host") || !strings.Contains(log.String(), r.text("id")) {
			t.Errorf("%s: %s\n%s", path, r.body, log.String())
		}
	}
	ready := st.get(nobody, "/readyz").refused(503, "not_ready")
	if strings.Contains(string(ready.body), "secret-host") || ready.header.Get("Retry-After") == "" || !strings.Contains(log.String(), "secret-host is full") {
		t.Errorf("not ready: %s\n%s", ready.body, log.String())
	}
	st.get(nobody, "/healthz").is(200)
}

// TestNoAnswerIsKept: nobody's answer lies in a shared cache.
func TestNoAnswerIsKept(t *testing.T) {
	st := newStage(t)
	number := st.file(st.Clerk, fee(2500, "2027-01-01"))
	for _, p := range []string{"/api/v1/me", requests, requests + "/" + number, birthForm, "/api/v1/forms"} {
		if r := st.get(st.Clerk, p).is(200); r.header.Get("Cache-Control") != "no-store" || !strings.Contains(r.header.Get("Vary"), "Authorization") {
			t.Errorf("%s: %v", p, r.header)
		}
	}
}

// TestRehearsalIsSaid: whoever talks to a server on another time is told so by every answer.
func TestRehearsalIsSaid(t *testing.T) {
	st := stageWith(t, func(c *handlers.Config) { c.Rehearsal = true })
	for _, r := range []*reply{st.get(nobody, "/healthz"), st.get(nobody, "/nix"), st.get(st.Clerk, "/api/v1/me"), st.get(nobody, publicBirth)} {
		if r.header.Get("Formwandel-Rehearsal") != "true" {
			t.Errorf("%s: %v", r.what, r.header)
		}
	}
}
