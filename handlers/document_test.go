package handlers_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"formwandel/handlers"
	"formwandel/models"
)

// TestDocumentsAreLookedInto: what carries a virus, and what nobody could look into, is not kept.
func TestDocumentsAreLookedInto(t *testing.T) {
	silent := false
	st := newTour(stageWith(t, func(c *handlers.Config) {
		c.Scan = func(_ context.Context, body []byte) (string, error) {
			switch {
			case silent:
				return "", errors.New("broken pipe")
			case strings.Contains(string(body), "EICAR"):
				return "Eicar-Test\nSignature", nil
			}
			return "", nil
		}
	}))
	clerk := st.as(st.Clerk)
	places := []string{"/auftraege/" + st.number + "/anlagen", edit(st.draft, "anlagen")}
	clerk.see(st.number) // which leaves a row that says who is looking
	before := st.rows()
	st.attach(st.Clerk, st.number, []part{{"file", "a.pdf", pdf + "EICAR"}}).refused(422, "virus_found")
	for _, place := range places {
		clerk.open("/auftraege")
		clerk.upload(place, "a.pdf", pdf+"EICAR").is(422).shows("Schadsoftware")
	}
	silent = true
	r := st.attach(st.Clerk, st.number, []part{{"file", "a.pdf", pdf}}).refused(503, "scanner_silent")
	if r.header.Get("Retry-After") == "" {
		t.Error("no word about when to come again")
	}
	for _, place := range places {
		clerk.open("/auftraege")
		clerk.upload(place, "a.pdf", pdf).is(503).shows("nicht möglich")
	}
	st.unchanged(before, "what was refused")
	st.query(`SELECT count(*), min(detail) FROM security_events WHERE code = 'virus_found'`, func(scan func(...any) error) error {
		var n int
		var detail string
		err := scan(&n, &detail)
		if n == 0 || detail != "Eicar-Test_Signature" {
			t.Errorf("%d lines in the security log: %q", n, detail)
		}
		return err
	})
	silent = false
	st.attach(st.Clerk, st.number, []part{{"file", "b.pdf", pdf}}).is(http.StatusCreated)
}

// TestTooManyCalls: a program that has run wild is asked to wait; nobody else is.
func TestTooManyCalls(t *testing.T) {
	st := stageWith(t, func(c *handlers.Config) { c.Rate = 2 })
	limited := 0
	for range 40 {
		if r := st.get(st.Clerk, "/api/v1/me"); r.status == 429 {
			limited++
			if r.refused(429, "too_many_calls").header.Get("Retry-After") == "" {
				t.Error("no word about when to come again")
			}
		}
	}
	if limited < 10 {
		t.Errorf("%d of 40 calls limited, 20 are free", limited)
	}
	st.get(st.Agent, "/api/v1/me").is(200)
	st.get(st.Agent, requests+"?q=x").is(429) // a search costs twenty
}

// TestMetricsAreForThisMachine: asked by its address only; everybody else finds nothing there.
func TestMetricsAreForThisMachine(t *testing.T) {
	st := newStage(t)
	addr := st.listen()
	ask := func(header string) string {
		return exchange(t, addr, "GET /metrics HTTP/1.1\r\n"+header+"\r\nConnection: close\r\n\r\n")
	}
	res := answers(t, ask("Host: "+addr))[0]
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != 200 || !strings.Contains(string(text), "formwandel_mails_waiting") {
		t.Errorf("%v %s %s", err, res.Status, clip(text))
	}
	st.check(st.request(call{nobody, "GET", "/metrics", nil, nil}), &reply{t, "GET /metrics", res.StatusCode, res.Header, text})
	others := []string{"Host: formwandel.example"}
	for _, name := range []string{"X-Forwarded-For", "x-forwarded-for", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Server", "Forwarded", "X-Real-IP", "x-real-ip", "Via"} {
		others = append(others, "Host: "+addr+"\r\n"+name+": 192.0.2.1", "Host: "+addr+"\r\n"+name+": ")
	}
	for _, header := range others {
		if got := ask(header); !strings.HasPrefix(got, "HTTP/1.1 404") {
			t.Errorf("%s: %s", header, clip([]byte(got)))
		}
	}
	for _, path := range []string{"/debug/pprof/", "/debug/vars", "/debug", "/metrics/", "/.git/config", "/.env", "/server-status"} {
		st.send(call{nobody, "GET", path, nil, nil}).is(404)
	}
	elsewhere := stageWith(t, func(c *handlers.Config) { c.Metrics = handlers.NewMetrics(c.Store) })
	if got := exchange(t, elsewhere.listen(), "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"); !strings.HasPrefix(got, "HTTP/1.1 404") {
		t.Errorf("%s", clip([]byte(got)))
	}
}

// TestWhatTakesLongHasALimit: figures, lists and files cost one person twenty calls each, whoever asks for them.
func TestWhatTakesLongHasALimit(t *testing.T) {
	st := stageWith(t, func(c *handlers.Config) { c.Rate = 2 })
	number := st.file(st.Clerk, fee(2500, "2027-01-01"))
	for i, path := range []string{"/konto/daten/datei", "/verwaltung/sicherheitsprotokoll.csv", "/zahlen", "/zahlen.csv", "/kalender", "/kalender/liste", "/auftraege/" + number + "/akte", "/auftraege/" + number + "/beleg"} {
		v := st.signIn(st.colleague(fmt.Sprintf("neu%d@bautzen.example", i), models.Clerk, models.TenantAdmin))
		v.open(path).is(200)
		v.open(path).is(429)
	}
}
