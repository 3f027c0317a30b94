package main_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"
)

// TestNewYearsEve rehearses the night on which fees change: what holds from
// the first of January holds from then and not before, also when nobody was
// there at midnight.
func TestNewYearsEve(t *testing.T) {
	bin := build(t)
	sink := newSink(t)
	rehearsal := func(at string) []string { return []string{"FORMWANDEL_ENV=rehearsal", "FORMWANDEL_CLOCK=" + at} }
	const birth, dog = "14625020/KOMM24Geburtsurkunde", "14625020/KOMM24Hundesteueranmeldung"
	midnight := time.Date(2026, 12, 31, 23, 0, 0, 0, time.UTC)

	t.Run("at midnight", func(t *testing.T) {
		p := newProgram(t, bin, "", append(rehearsal("2026-12-30T10:00:00+01:00"), "FORMWANDEL_SMTP_URL="+sink.url)...)
		addr := freeAddr(t)
		o := newOffice(p, addr)
		s := p.serve(addr).wait()
		number := o.approved(birth, "gebuehren.erste", 2500)
		s.stop()

		const before = 5 * time.Second
		s = p.serve(addr, rehearsal("2026-12-31T23:59:55+01:00")...)
		s.wait()
		eventually(t, "the fee of the new year", func() (bool, string) {
			value, body := o.public(birth, "gebuehren.erste")
			if value == "2500" && time.Since(s.started) < before { // the clock started after the process did
				t.Errorf("the new fee %v after the start, midnight is %v after it", time.Since(s.started), before)
			}
			return value == "2500", body
		})
		r := o.get("/api/v1/requests/" + number)
		at := o.appliedAt(number)
		if at.Before(midnight) {
			t.Errorf("applied at %v", at)
		}
		if onTime := at.Sub(midnight) <= 10*time.Second; onTime != (r.Late == nil) {
			t.Errorf("applied at %v, late %v", at, r.Late)
		}
		s.stop()
	})

	t.Run("down at midnight", func(t *testing.T) {
		p := newProgram(t, bin, "", append(rehearsal("2026-12-31T23:00:00+01:00"), "FORMWANDEL_SMTP_URL="+sink.url)...)
		addr := freeAddr(t)
		o := newOffice(p, addr)
		s := p.serve(addr).wait()
		number := o.approved(dog, "steuersaetze.erster", 9300)
		if value, body := o.public(dog, "steuersaetze.erster"); value == "9300" {
			t.Errorf("too early: %s", body)
		}
		s.kill()

		s = p.serve(addr, rehearsal("2027-01-01T08:30:00+01:00")...)
		s.wait()
		eventually(t, "the tax of the new year", func() (bool, string) {
			value, body := o.public(dog, "steuersaetze.erster")
			return value == "9300", body
		})
		late := int64(8*time.Hour/time.Second) + 30*60
		if r := o.get("/api/v1/requests/" + number); r.Late == nil || *r.Late < late {
			t.Errorf("late %v, want at least %d s", r.Late, late)
		}
		if e := o.event(number, "apply"); e.Late == nil || *e.Late < late {
			t.Errorf("the history says late %v", e.Late)
		}
		if n := p.number(`SELECT count(*) FROM configurations WHERE cause = 'apply'`); n != 1 {
			t.Errorf("%d versions", n)
		}
		s.stop()
	})
}

// approved files a change from New Year and gets it approved by both sides.
func (o *office) approved(form, field string, value any) (number string) {
	o.Helper()
	r := o.do(call{who: "sachbearbeitung@bautzen.example", method: http.MethodPost, path: "/api/v1/requests", body: map[string]any{
		"form": form, "effective": map[string]any{"kind": "from", "date": "2027-01-01"}, "changes": []map[string]any{{"field": field, "new": value}}, "submit": true,
	}})
	for _, step := range []struct{ who, action string }{
		{"bearbeitung@kisa.example", "claim"}, {"freigabe@bautzen.example", "approve"}, {"freigabe@kisa.example", "approve"},
	} {
		r = o.do(call{who: step.who, method: http.MethodPost, path: "/api/v1/requests/" + r.Number + "/" + step.action, body: map[string]any{"version": r.Version}})
	}
	if r.Status != "approved" {
		o.Fatalf("%s is %s", r.Number, r.Status)
	}
	return r.Number
}

// do makes a call that has to succeed.
func (o *office) do(c call) *reply {
	o.Helper()
	c.key = c.path // each once
	r, err := o.send(o.addrs[0], c)
	if err != nil {
		o.Fatal(err)
	}
	if r.status >= 300 {
		o.Fatalf("%s %s: %d %s", c.method, c.path, r.status, r.body)
	}
	return r
}

func (o *office) get(path string) *reply {
	o.Helper()
	return o.do(call{who: "bearbeitung@kisa.example", method: http.MethodGet, path: path})
}

// public is a value as form runtimes read it.
func (o *office) public(form, field string) (value, body string) {
	o.Helper()
	r := o.do(call{method: http.MethodGet, path: "/public/v1/forms/" + form})
	var f struct {
		Values map[string]json.RawMessage `json:"values"`
	}
	if err := json.Unmarshal(r.body, &f); err != nil {
		o.Fatal(err)
	}
	return string(f.Values[field]), string(r.body)
}

// happening is an entry of the history.
type happening struct {
	At     time.Time `json:"at"`
	Action string    `json:"action"`
	Late   *int64    `json:"late"`
}

// event is a request's entry of an action in its history.
func (o *office) event(number, action string) happening {
	o.Helper()
	var list struct {
		Items []happening `json:"items"`
	}
	if err := json.Unmarshal(o.get("/api/v1/requests/"+number+"/events").body, &list); err != nil {
		o.Fatal(err)
	}
	for _, e := range list.Items {
		if e.Action == action {
			return e
		}
	}
	o.Fatalf("%s has no %s in its history: %+v", number, action, list)
	return happening{}
}

func (o *office) appliedAt(number string) time.Time {
	o.Helper()
	return o.event(number, "apply").At
}
