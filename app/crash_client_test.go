package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"
)

// office is everybody who works during a test, over HTTP as everybody does.
type office struct {
	testing.TB
	addrs  []string          // of the instances
	tokens map[string]string // by e-mail
	http   *http.Client
}

func newOffice(p *program, addrs ...string) *office {
	o := &office{TB: p.TB, addrs: addrs, tokens: map[string]string{}, http: &http.Client{Timeout: 30 * time.Second}}
	for _, email := range []string{
		"sachbearbeitung@bautzen.example", "freigabe@bautzen.example", "vertretung@bautzen.example", "sachbearbeitung@leipzig.example", "freigabe@leipzig.example",
		"bearbeitung@kisa.example", "bearbeitung2@kisa.example", "freigabe@kisa.example", "admin@kisa.example",
	} {
		o.tokens[email] = p.token(email)
	}
	return o
}

// call is one request of a person; a key makes it repeatable.
type call struct {
	who, method, path, key string
	body                   any
}

// reply is what came back.
type reply struct {
	status   int
	body     []byte
	replayed bool
	Number   string `json:"number"`
	Status   string `json:"status"`
	Version  int    `json:"version"`
	Late     *int64 `json:"late"`
	Code     string `json:"code"`
}

// send sends a call to one instance; an error means that nobody knows what became of it.
func (o *office) send(addr string, c call) (*reply, error) {
	body, err := json.Marshal(c.body)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(context.Background(), c.method, "http://"+addr+c.path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+o.tokens[c.who])
	if c.method != http.MethodGet {
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Idempotency-Key", c.key)
	}
	res, err := o.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	out := &reply{status: res.StatusCode, replayed: res.Header.Get("Idempotency-Replayed") == "true"}
	if out.body, err = io.ReadAll(res.Body); err != nil {
		return nil, err
	}
	_ = json.Unmarshal(out.body, out) // what is no JSON has no fields
	return out, nil
}

// settled tells whether a reply says what became of a call: not "try again",
// and not "still running".
func (r *reply) settled() bool {
	return r.status < 500 && r.status != http.StatusTooManyRequests && r.Code != "still_running"
}

// mind is what a client remembers of its own request: what it was told is done.
type mind struct {
	marker, number, status, field, value string
	version                              int
	dead                                 bool // withdrawn
}

// worker files and follows one request after another, on a form of its own, so
// that no two get in each other's way.
type worker struct {
	*office
	id                                int
	clerk, approver, agent, form, fld string
	rnd                               *rand.Rand
	value                             func(n int) any

	mu      sync.Mutex
	n       int
	minds   []*mind
	retried int // calls that were sent again after a kill
	known   int // of these, how many had been done the first time
}

// work files and follows requests until ctx ends; what has begun is followed to its end.
func (w *worker) work(ctx context.Context) {
	for ctx.Err() == nil {
		if !w.one() {
			return
		}
	}
}

// must sends a call until somebody says what became of it, to whichever instance answers.
func (w *worker) must(c call) *reply {
	w.n++
	c.key = fmt.Sprintf("w%d-%d", w.id, w.n)
	end := time.Now().Add(patience)
	for try := 0; time.Now().Before(end); try++ {
		r, err := w.send(w.addrs[(w.id+try)%len(w.addrs)], c)
		if err == nil && r.settled() {
			if try > 0 {
				w.retried++
				if r.replayed {
					w.known++
				}
			}
			return r
		}
		time.Sleep(20 * time.Millisecond)
	}
	w.Errorf("%s %s: nobody answers", c.method, c.path)
	return nil
}

// step makes one call about a request and remembers what it was told.
func (w *worker) step(m *mind, c call) bool {
	r := w.must(c)
	if r == nil {
		return false
	}
	if r.status >= 300 {
		w.Errorf("%s %s as %s: %d %s", c.method, c.path, c.who, r.status, r.body)
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if m.number == "" {
		w.minds = append(w.minds, m)
	}
	m.number, m.version, m.status = r.Number, r.Version, r.Status
	return true
}

func (w *worker) act(m *mind, who, action string) bool {
	return w.step(m, call{who: who, method: http.MethodPost, path: "/api/v1/requests/" + m.number + "/" + action, body: map[string]any{"version": m.version}})
}

// one is the life of one request: filed, perhaps edited, perhaps withdrawn,
// else claimed and approved by both sides, and then it is due at once.
func (w *worker) one() bool {
	m := &mind{marker: fmt.Sprintf("Auftrag %d-%d", w.id, w.n), field: w.fld}
	fate := w.rnd.IntN(10)
	changes := func() []map[string]any {
		v := w.value(w.n)
		text, _ := json.Marshal(v) // a string or a number
		m.value = string(text)
		return []map[string]any{{"field": w.fld, "new": v}}
	}
	if !w.step(m, call{who: w.clerk, method: http.MethodPost, path: "/api/v1/requests", body: map[string]any{
		"form": w.form, "reason": m.marker, "effective": map[string]any{"kind": "by", "date": "2098-12-01"}, "changes": changes(), "submit": true,
	}}) {
		return false
	}
	if fate%2 == 0 && !w.step(m, call{who: w.clerk, method: http.MethodPatch, path: "/api/v1/requests/" + m.number, body: map[string]any{"version": m.version, "changes": changes()}}) {
		return false
	}
	if fate < 2 {
		m.dead = true
		return w.act(m, w.clerk, "withdraw")
	}
	if !w.act(m, w.agent, "claim") || !w.act(m, w.approver, "approve") || !w.act(m, "freigabe@kisa.example", "approve") {
		return false
	}
	return w.followed(m)
}

// followed waits until a request that is due has been applied: the next one
// changes the same field.
func (w *worker) followed(m *mind) bool {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		r, err := w.send(w.addrs[w.id%len(w.addrs)], call{who: w.clerk, method: http.MethodGet, path: "/api/v1/requests/" + m.number})
		switch {
		case err != nil || r.status != http.StatusOK:
			if err == nil && r.status == http.StatusNotFound {
				w.Errorf("%s was acknowledged and is gone", m.number)
				return false
			}
			time.Sleep(50 * time.Millisecond)
		case r.Status == "applied":
			w.mu.Lock()
			m.status, m.version = r.Status, r.Version
			w.mu.Unlock()
			return true
		case r.Status != "approved":
			w.Errorf("%s is %s", m.number, r.Status)
			return false
		}
	}
	w.Errorf("%s is approved and due, and never applied", m.number)
	return false
}

// crew are workers on forms of their own in two municipalities.
func crew(o *office, seed uint64) []*worker {
	cents := func(n int) any { return 2100 + n }
	words := func(n int) any { return fmt.Sprintf("Sachgebiet %d", n) }
	b, l := "sachbearbeitung@bautzen.example", "sachbearbeitung@leipzig.example"
	out := []*worker{
		{clerk: b, approver: "freigabe@bautzen.example", agent: "bearbeitung@kisa.example", form: "14625020/KOMM24Geburtsurkunde", fld: "gebuehren.erste", value: cents},
		{clerk: b, approver: "vertretung@bautzen.example", agent: "bearbeitung2@kisa.example", form: "14625020/KOMM24Hundesteueranmeldung", fld: "kontakt.ansprechstelle", value: words},
		{clerk: "vertretung@bautzen.example", approver: "freigabe@bautzen.example", agent: "bearbeitung@kisa.example", form: "14625020/KOMM24Gewerbeanmeldung", fld: "kontakt.ansprechstelle", value: words},
		{clerk: l, approver: "freigabe@leipzig.example", agent: "bearbeitung2@kisa.example", form: "14713000/KOMM24Geburtsurkunde", fld: "gebuehren.erste", value: cents},
		{clerk: l, approver: "freigabe@leipzig.example", agent: "bearbeitung@kisa.example", form: "14713000/KOMM24Hundesteueranmeldung", fld: "kontakt.ansprechstelle", value: words},
		{clerk: l, approver: "freigabe@leipzig.example", agent: "bearbeitung2@kisa.example", form: "14713000/KOMM24Gewerbeanmeldung", fld: "kontakt.ansprechstelle", value: words},
	}
	for i, w := range out {
		w.office, w.id, w.rnd = o, i, rand.New(rand.NewPCG(seed, uint64(i)))
	}
	return out
}
