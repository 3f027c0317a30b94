package handlers_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"formwandel/handlers"
	"formwandel/models"
	. "formwandel/models/modelstest"
)

// TestOwnDataPage: everybody gets their own data, and it is witnessed.
func TestOwnDataPage(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		number := st.file(st.Clerk, fee(2500, "2027-01-01"))
		elsewhere := fee(2500, "2027-01-01")
		elsewhere["form"] = Leipzig + "/" + Birth
		other := st.file(st.LeipzigClerk, elsewhere)
		for _, u := range []models.User{st.Clerk, st.LeipzigClerk, st.Agent, st.Admin, st.Auditor} {
			v := st.signIn(u)
			v.open("/konto/daten").is(200).shows("Meine Daten", "/konto/daten/datei")
			r := v.open("/konto/daten/datei").is(200)
			if !json.Valid(r.body) || r.header.Get("Content-Disposition") != `attachment; filename="meine-daten.json"` || r.header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s: %v %s", u.Name, r.header, clip(r.body))
			}
			r.shows(u.Email)
			for owner, n := range map[string]string{st.Clerk.Email: number, st.LeipzigClerk.Email: other} {
				if strings.Contains(string(r.body), n) != (owner == u.Email) {
					t.Errorf("%s: the request of %s", u.Name, owner)
				}
			}
		}
		st.query(fmt.Sprint("SELECT count(*) FROM security_events WHERE code = 'export' AND detail = 'own_data' AND user_id = ", st.Clerk.ID), func(scan func(...any) error) error {
			var n int
			err := scan(&n)
			if n != 1 {
				t.Errorf("%d lines in the security log", n)
			}
			return err
		})
	})
}

// TestForgettingOnThePage: for an account that is off, after a yes, by its own administration only.
func TestForgettingOnThePage(t *testing.T) {
	var letters []models.User
	st := stageOn(t, "sqlite", func(c *handlers.Config) {
		c.Letters = func(_ context.Context, who models.User) error { letters = append(letters, who); return nil }
	})
	place := fmt.Sprint("/verwaltung/personen/", st.Clerk2.ID)
	number := st.file(st.Clerk2, fee(2500, "2027-01-01"))
	v := st.signIn(st.TenantAdmin)
	v.open(place + "/vergessen").is(303)
	v.open(place).is(200).hides("Person vergessen")
	v.send(place+"/abschalten", url.Values{"version": {version(v)}}).is(303)
	v.open(place).is(200).shows("Person vergessen")
	for _, u := range []models.User{st.Clerk, st.Agent, st.LeipzigApprover} {
		if r := st.signIn(u).open(place + "/vergessen"); r.status != 403 && r.status != 404 {
			t.Errorf("%s: %d", u.Name, r.status)
		}
	}
	st.signIn(st.Auditor).open(place + "/vergessen").is(403)
	v.open(place+"/vergessen").is(200).shows(st.Clerk2.Name, st.Clerk2.Email)
	v.send(place+"/vergessen", url.Values{"version": {version(v)}}).is(422).shows("Bestätigen Sie")
	v.send(place+"/vergessen", url.Values{"version": {"99"}, "sicher": {"ja"}}).is(409)
	v.open(place + "/vergessen")
	v.send(place+"/vergessen", url.Values{"version": {version(v)}, "sicher": {"ja"}}).is(303)
	if len(letters) != 1 || letters[0].ID != st.Clerk2.ID || letters[0].Email != st.Clerk2.Email || letters[0].Name != st.Clerk2.Name {
		t.Errorf("letters as files: %v", letters)
	}
	name := fmt.Sprint("Ehemalige Person ", st.Clerk2.ID)
	v.open(place+"?erledigt=person_forgotten").is(200).shows(name, "durch ein Pseudonym ersetzt").hides("Konto ändern", "anschalten")
	agent := st.signIn(st.Agent)
	for _, p := range []string{"/auftraege/" + number, "/auftraege/" + number + "/verlauf", "/auftraege/" + number + "/akte", "/auftraege?q=" + number} {
		agent.open(p).is(200).hides(st.Clerk2.Name, st.Clerk2.Email)
	}
	agent.open("/auftraege/" + number).shows(name)
	st.get(st.Agent, "/api/v1/requests/"+number).is(200).hides(st.Clerk2.Name)
	trail := st.signIn(st.TenantAdmin).open("/verwaltung/protokoll?kommune=" + Bautzen).is(200)
	trail.shows("Person durch Pseudonym ersetzt").hides(st.Clerk2.Name)
}

// version is the version that the forms of the page carry.
func version(v *visitor) string {
	v.Helper()
	m := versionField.FindStringSubmatch(v.html)
	if m == nil {
		v.Fatalf("%s has no form with a version", v.at)
	}
	return m[1]
}

// TestRetentionPage: the administration changes how long things are kept, auditors look.
func TestRetentionPage(t *testing.T) {
	st := newStage(t)
	const place = "/verwaltung/aufbewahrung"
	st.signIn(st.TenantAdmin).open(place).is(403)
	st.signIn(st.Agent).open(place).is(403)
	auditor := st.signIn(st.Auditor)
	auditor.open(place).is(200).shows("90 Tage", "10 Jahre", "3 Jahre", "180 Tage", "nichts").hides(`name="drafts"`)
	auditor.send(place, url.Values{"drafts": {"30"}}).is(403)
	v := st.signIn(st.Admin)
	v.open(place).is(200).shows(`name="drafts"`)
	keep := url.Values{"drafts": {"1"}, "requests": {"zehn"}, "accounts": {"3"}, "mails": {"180"}, "security": {"90"}}
	v.send(place, keep).is(422).shows("von 7 bis 3650", "von 1 bis 100", `value="zehn"`)
	keep.Set("drafts", "30")
	keep.Set("requests", "5")
	v.send(place, keep).is(303)
	v.open(place+"?erledigt=retention").is(200).shows("30 Tage", "5 Jahre", "ist geändert")
	draft := st.signIn(st.Clerk).draft(Birth, "gebuehren")
	SetNow(t, st.s, Epoch.AddDate(0, 0, 31))
	v = st.signIn(st.Admin)
	v.open(place).is(200).shows(draft)
	if _, err := st.s.Expire(t.Context()); err != nil {
		t.Fatal(err)
	}
	v.open(place).is(200).hides(draft).shows("Entwürfe: 1")
}

// TestSecurityText: RFC 9116, and nothing where nobody is named.
func TestSecurityText(t *testing.T) {
	st := newStage(t)
	st.visit().open("/.well-known/security.txt").is(404)
	st.signIn(st.Admin).open("/verwaltung/einstellungen").is(200).shows("FORMWANDEL_SECURITY_CONTACT", "niemand genannt")
	named := stageWith(t, func(c *handlers.Config) { c.Contact = "mailto:sicherheit@kisa.example" })
	ruled := stageWith(t, func(c *handlers.Config) {
		c.Contact, c.Policy = "mailto:sicherheit@kisa.example", "https://kisa.example/regeln"
	})
	ruled.visit().open("/.well-known/security.txt").is(200).shows("\nPolicy: https://kisa.example/regeln\n")
	r := named.visit().open("/.well-known/security.txt").is(200)
	if r.header.Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Errorf("%v", r.header)
	}
	m := regexp.MustCompile(`^Contact: mailto:sicherheit@kisa\.example\nExpires: (\S+)\nPreferred-Languages: de, en\nCanonical: https://formwandel\.example/\.well-known/security\.txt\n$`).FindSubmatch(r.body)
	if m == nil {
		t.Fatalf("%s", r.body)
	}
	expires, err := time.Parse(time.RFC3339, string(m[1]))
	if left := time.Until(expires); err != nil || left < 150*24*time.Hour || left > 365*24*time.Hour {
		t.Errorf("expires %s: %v", m[1], err)
	}
	named.signIn(named.Admin).open("/verwaltung/einstellungen").is(200).hides("niemand genannt")
}

// TestAddressesHoldNobody: people are looked for by address in a form's body; the page's own address names them by number.
func TestAddressesHoldNobody(t *testing.T) {
	st := newTour(newStage(t))
	v := st.signIn(st.Admin)
	v.open("/verwaltung/personen")
	to := v.send("/verwaltung/personen/suche", url.Values{"email": {st.Clerk.Email}}).is(303).header.Get("Location")
	if to != fmt.Sprint("/verwaltung/personen/", st.Clerk.ID) {
		t.Errorf("the person is at %s", to)
	}
	v.open("/verwaltung/protokoll")
	to = v.send("/verwaltung/protokoll", url.Values{"kommune": {Bautzen}, "person": {st.Clerk.Email}}).is(303).header.Get("Location")
	if to != fmt.Sprintf("/verwaltung/protokoll?kommune=%s&person=%d", Bautzen, st.Clerk.ID) {
		t.Errorf("the log is at %s", to)
	}
	v.open(to).is(200).shows(`value="` + st.Clerk.Email + `"`)
	address := regexp.MustCompile(`(?:href|action|src)="([^"]*)"|@`)
	personal := regexp.MustCompile(`(?i)@|%40|sachbearbeitung|freigabe(?:bautzen|leipzig)`)
	for _, u := range []models.User{st.Clerk, st.TenantAdmin, st.AgentLead, st.Admin, st.Auditor} {
		in := st.as(u)
		for _, r := range st.pageRoutes() {
			if r.method != "GET" {
				continue
			}
			page := in.open(st.at(r.path))
			for _, m := range address.FindAllStringSubmatch(string(page.body), -1) {
				if a := m[1]; personal.MatchString(a) && !strings.HasPrefix(a, "mailto:") && !strings.HasPrefix(a, "/hilfe/sachbearbeitung") {
					t.Errorf("%s as %s leads to %s", r.path, u.Name, a)
				}
			}
			if to := page.header.Get("Location"); personal.MatchString(to) {
				t.Errorf("%s as %s leads on to %s", r.path, u.Name, to)
			}
		}
	}
	for _, r := range st.app.GetRoutes(true) {
		for _, name := range named.FindAllString(r.Path, -1) {
			if slices.Contains(strings.Fields("number ags assistant key n date day action id topic token kind role lang provider secret session passkey zugang form"), strings.TrimPrefix(name, ":")) {
				continue
			}
			t.Errorf("%s: may %s hold a person's name or address?", r.Path, name)
		}
	}
}
