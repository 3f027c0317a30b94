package handlers_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"formwandel/handlers"
	"formwandel/models"
	. "formwandel/models/modelstest"
)

// diary is all that the program logs, GORM's lines included, and how many lines it was asked for.
type diary struct {
	*testing.T
	kind  string // json, text
	mu    sync.Mutex
	text  bytes.Buffer
	asked atomic.Int64
}

func newDiary(t *testing.T, kind string) *diary {
	d := &diary{T: t, kind: kind}
	before := slog.Default()
	slog.SetDefault(slog.New(d.handler()))
	t.Cleanup(func() { slog.SetDefault(before) })
	return d
}

// Write implements io.Writer.
func (d *diary) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.text.Write(p)
}

func (d *diary) config(c *handlers.Config) { c.Log = slog.New(d.handler()) }

func (d *diary) handler() slog.Handler {
	o := &slog.HandlerOptions{Level: slog.LevelDebug}
	if d.kind == "json" {
		return &counting{slog.NewJSONHandler(d, o), &d.asked}
	}
	return &counting{slog.NewTextHandler(d, o), &d.asked}
}

// counting counts what is logged.
type counting struct {
	slog.Handler
	n *atomic.Int64
}

// Handle implements slog.Handler.
func (c *counting) Handle(ctx context.Context, r slog.Record) error {
	c.n.Add(1)
	return c.Handler.Handle(ctx, r)
}

// isWhole asserts that each thing logged is one line, of the form it should have, with none of these words in it.
func (d *diary) isWhole(canaries ...string) int {
	d.Helper()
	d.mu.Lock()
	text := d.text.String()
	d.mu.Unlock()
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if int64(len(lines)) != d.asked.Load() || len(lines) < 20 {
		d.Errorf("%d lines for %d entries", len(lines), d.asked.Load())
	}
	for _, l := range lines {
		if d.kind == "json" && !json.Valid([]byte(l)) || d.kind == "text" && !strings.HasPrefix(l, "time=") {
			d.Errorf("this is no line of the log: %s", l)
		}
		if strings.ContainsFunc(l, func(r rune) bool { return r < ' ' || r == 0x7f || r == 0x85 || r == '\u2028' || r == '\u2029' }) {
			d.Errorf("this line has control characters: %q", l)
		}
		for _, c := range canaries {
			if strings.Contains(strings.ToLower(l), strings.ToLower(c)) {
				d.Errorf("the log has %q: %s", c, l)
				return len(lines)
			}
		}
	}
	return len(lines)
}

// poisons are what breaks logs that are put together from text.
var poisons = []string{
	"Kanarie\r\n{\"level\":\"INFO\",\"msg\":\"forged\"}", "Kanarie\nlevel=ERROR msg=forged", "Kanarie\x1b[31mrot\x1b[0m", "Kanarie\",\"user\":1,\"x\":\"", "Kanarie\u2028forged", "Kanarie\x00\x07\x08", "Kanarie\u202egedreht",
	"Kanarie %0d%0aforged", "Kanarie {{.}} ${jndi:ldap://x} %s%n", "Kanarie DE89370400440532013000", "Kanarie \xff\xfe", "Kanarie '; DROP TABLE events; --", "Kanarie \\\\\" \\n", strings.Repeat("Kanarie ", 2000),
}

// poison sends a text by every way by which words come in.
func (t *tour) poison(p string) {
	t.Helper()
	body := filing("kontakt.ansprechstelle", p, "from", "2027-01-01")
	body["reason"], body["wish"] = p, p
	t.post(t.Clerk, requests, body)
	t.post(t.Clerk, requests, "{"+p)
	t.post(t.Clerk, requests+"/"+t.number+"/comments", object{"text": p})
	t.post(t.Agent, requests+"/"+t.number+"/ask", object{"version": 1, "comment": p})
	t.post(t.Clerk, requests, body, "Idempotency-Key", "kanarie-"+url.QueryEscape(p)[:10])
	t.attach(t.Clerk, t.number, []part{{"file", p + ".pdf", pdf + p}})
	t.get(t.Clerk, requests+"?q="+url.QueryEscape(p))
	t.get(t.Clerk, requests+"?kanarie="+url.QueryEscape(p))
	t.get(t.Clerk, requests+"/"+url.PathEscape(p[:min(len(p), 60)]))
	t.get(nobody, requests, "Authorization", "Bearer fw_kanarie"+url.QueryEscape(p[:min(len(p), 60)]))
	clerk, admin := t.as(t.Clerk), t.as(t.TenantAdmin)
	clerk.open("/auftraege")
	clerk.send("/auftraege/"+t.number+"/kommentar", url.Values{"text": {p}})
	clerk.send("/auftraege/ansichten", url.Values{"name": {p}, "zurueck": {"q=" + p}})
	clerk.send("/auftraege/"+t.draft+"/bearbeiten/merken", url.Values{"seite": {"felder"}, "version": {"1"}, "wunsch": {p}})
	admin.open("/verwaltung/personen/neu")
	admin.send("/verwaltung/personen", url.Values{"email": {p}, "name": {p}, "rollen": {"clerk"}, "sprache": {"de"}})
	admin.send("/verwaltung/personen/suche", url.Values{"email": {p}})
	stranger := t.visit()
	stranger.send("/anmelden", url.Values{"email": {p + "@bautzen.example"}, "password": {p}})
	req := httptest.NewRequest(http.MethodGet, "/gibt/es/nicht?kanarie", http.NoBody)
	req.Header["User-Agent"], req.Header["Referer"] = []string{strings.Map(printableOnly, p[:min(len(p), 60)])}, []string{"https://kanarie.example/" + url.PathEscape(p[:min(len(p), 60)])}
	stranger.do(req)
}

func printableOnly(r rune) rune {
	if r < ' ' || r > '~' {
		return -1
	}
	return r
}

// TestTheLogHoldsNothing: no name, address, word, secret or session that came in by any way; each entry is one line,
// whatever is in it, also when the database breaks (T21, S48).
func TestTheLogHoldsNothing(t *testing.T) {
	for _, kind := range []string{"json", "text"} {
		t.Run(kind, func(t *testing.T) {
			d := newDiary(t, kind)
			st := newTour(stageWith(t, d.config))
			canaries := []string{"kanarie", "forged", "DE89370400440532013000", castPassword}
			some := poisons[:min(len(poisons), max(5, Share(len(poisons)*10)))]
			for _, p := range some {
				st.poison(p)
			}
			for _, u := range []models.User{st.Clerk, st.TenantAdmin, st.AgentLead, st.Admin, st.Auditor} {
				v := st.as(u)
				canaries = append(canaries, u.Email, u.Name, st.tokens[u.Email])
				for _, c := range v.cookies {
					canaries = append(canaries, c)
				}
				for _, r := range st.pageRoutes() {
					if r.method == "GET" {
						v.open(st.at(r.path))
					}
				}
				canaries = append(canaries, v.token("/auftraege"))
			}
			canaries = append(canaries, st.token)
			st.broken()
			st.as(st.Clerk).open("/auftraege")
			st.poison(some[0])
			canaries = slices.DeleteFunc(canaries, func(c string) bool { return len(c) < 6 })
			lines := d.isWhole(canaries...)
			Score(t, "S48", "hostile texts by 20 ways, then every page by five people, log as "+kind, len(some)*20, fmt.Sprintf("%d lines, each whole; 0 of %d canaries in them", lines, len(canaries)))
		})
	}
}

// TestFiguresNameNobody: what operators watch has no label that names a person, a municipality or a value.
func TestFiguresNameNobody(t *testing.T) {
	st := newTour(newStage(t))
	st.poison(poisons[0])
	addr := st.listen()
	res := answers(t, exchange(t, addr, "GET /metrics HTTP/1.1\r\nHost: "+addr+"\r\nConnection: close\r\n\r\n"))[0]
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != 200 {
		t.Fatal(err, res.Status)
	}
	text := string(body)
	for _, c := range []string{"kanarie", "@", "KA-2026", Bautzen, st.Clerk.Name, st.token} {
		if strings.Contains(strings.ToLower(text), strings.ToLower(c)) {
			t.Errorf("/metrics has %q", c)
		}
	}
	if !strings.Contains(text, `route="/api/v1/requests/:number"`) {
		t.Error("no route was counted")
	}
}
