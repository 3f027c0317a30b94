package handlers_test

import (
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// malformed is what no page expects, in an address and in a form.
var malformed = []string{
	"", " ", "\x00", "a\x00b", "\xff", "\xc3\x28", "\xed\xa0\x80", "\xf0\x28\x8c\x28", "\ufffd", "\ufeff", "\u202e\u2066", "\r\n", "\t", "%", "%00", "%zz", "&", "=", ";", "[]", "{}", "null", "true", "NaN", "Infinity", "-1", "0", "-0", "1e400", "0x10", "٣",
	"2147483648", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "99999999999999999999999999", "0000-00-00", "9999-12-31", "2027-02-30", "31.12.99999", "KA-2026-000001", "KA-9999-999999999999", "' OR '1'='1", "%_\\%", "\" NEAR *", "(((((",
	strings.Repeat("[", 10_000), strings.Repeat("a", 100_000), strings.Repeat("ä ", 3_000), strings.Repeat("<", 12_000), strings.Repeat("a,", 2_000), strings.Repeat("\u0301", 2_000),
}

// asked are the parameters of every page, by page; those of forms are read from the forms.
var askedOf = map[string][]string{
	"/auftraege": {"status", "municipality", "assistant", "section", "assignee", "waiting_for", "due_before", "q", "sort", "cursor", "limit", "ergebnis", "erledigt"}, "/auftraege/neu": {"q", "cursor"}, "/auftraege/hinweis": {"form", "feld", "wert"},
	"/auftraege/:number": {"erledigt"}, "/auftraege/:number/aenderungen": {"ab"}, "/auftraege/:number/verlauf": {"cursor", "nur"}, "/auftraege/:number/akte": {"cursor"}, "/auftraege/:number/anlagen/:id": {"x"}, "/formulare": {"q", "kommune", "cursor"},
	"/formulare/:ags/:assistant": {"abschnitt"}, "/formulare/:ags/:assistant/am": {"tag", "abschnitt"}, "/formulare/:ags/:assistant/fassungen": {"cursor", "von", "bis"}, "/formulare/:ags/:assistant/fassungen/:n": {"abschnitt"}, "/formulare/:ags/:assistant/vergleich": {"tag", "von", "bis"},
	"/formulare/:ags/:assistant/feld/:key": {"cursor"}, "/kalender": {"monat", "kommune"}, "/kalender/liste": {"tag", "kommune", "cursor"}, "/zahlen": {"jahr", "kommune"}, "/zahlen.csv": {"jahr", "kommune"}, "/verwaltung/personen": {"kommune", "email", "seite", "cursor"},
	"/verwaltung/personen/neu": {"kommune"}, "/verwaltung/freigaben": {"kommune"}, "/verwaltung/protokoll": {"kommune", "person", "vorgang", "cursor"}, "/verwaltung/kommunen": {"q", "cursor"}, "/verwaltung/postausgang": {"state", "cursor"}, "/verwaltung/assistenten": {"cursor"},
	"/verwaltung/assistenten/:key": {"version"}, "/verwaltung/assistenten/:key/vergleich": {"von", "bis"}, "/anmelden": {"weiter", "erledigt"},
}

// TestMalformedAddresses: whatever stands in an address, the answer is a page of modest size and no failure.
func TestMalformedAddresses(t *testing.T) {
	for _, kind := range Databases {
		t.Run(kind, func(t *testing.T) {
			st := newTour(stageOn(t, kind, nil))
			n := 0
			try := func(v *visitor, place string) {
				if n++; len(place) > 14_000 {
					place = place[:14_000] // more is refused before anybody reads it
				}
				place = strings.TrimRight(place, "%")
				if len(place) > 2 && place[len(place)-2] == '%' {
					place = place[:len(place)-2]
				}
				if r := v.open(place); r.status >= 500 || len(r.body) > 100_000 {
					t.Errorf("%s: %d, %d bytes", clip([]byte(place)), r.status, len(r.body))
				}
			}
			for _, r := range st.pageRoutes() {
				v := st.as(st.Clerk)
				if strings.HasPrefix(r.path, "/verwaltung") {
					v = st.as(st.Admin)
				}
				for _, words := range malformed {
					if r.method != "GET" {
						continue
					}
					for _, name := range askedOf[r.path] {
						try(v, st.at(r.path)+"?"+name+"="+url.QueryEscape(words))
					}
					if name := named.FindString(r.path); name != "" && words != "" {
						last := named.FindAllString(r.path, -1)
						try(v, st.at(r.path, name, url.PathEscape(words)))
						try(v, st.at(r.path, last[len(last)-1], url.PathEscape(words)))
					}
				}
			}
			try(st.as(st.Clerk), "/auftraege?status=open&status=x&q=a&q=b&limit=1&limit=2&sort=due&sort=x&cursor=a&cursor=b")
			t.Log(n, "addresses")
			if n < 2000 {
				t.Error("too few")
			}
		})
	}
}

// TestMalformedForms: whatever stands in a form, nothing fails, and what is refused leaves no trace.
func TestMalformedForms(t *testing.T) {
	for _, kind := range Databases {
		t.Run(kind, func(t *testing.T) {
			st := newTour(stageOn(t, kind, nil))
			clerk, agent, tenant, admin := st.as(st.Clerk), st.as(st.Agent), st.as(st.TenantAdmin), st.as(st.Admin)
			posts := []struct {
				v     *visitor
				path  string
				names []string
			}{
				{st.visit(), "/anmelden", []string{"email", "password", "weiter"}}, {clerk, "/ansicht", []string{"sprache", "farben", "zurueck"}}, {clerk, "/auftraege/neu/" + Birth, []string{"abschnitt", "wunsch", "key"}},
				{clerk, edit(st.draft, "abschnitte"), []string{"abschnitt", "wunsch", "version", "von", "zurueck"}},
				{clerk, edit(st.draft, "felder"), []string{"version", "wunsch", "zeile", "f-gebuehren.erste", "alt-gebuehren.erste", "f-gebuehren.gebuehrenfreie_zwecke", "f-gebuehren.gueltig_ab", "f-gebuehren.satzung_url", "von", "zurueck", "key"}},
				{clerk, edit(st.draft, "wann"), []string{"art", "datum", "befristet", "grund", "version", "von", "zurueck"}}, {clerk, edit(st.draft, "pruefen"), []string{"version", "inhalt", "key"}}, {clerk, edit(st.draft, "merken"), []string{"seite", "version", "wunsch"}},
				{clerk, edit(st.draft, "verwerfen"), []string{"seite"}}, {clerk, "/auftraege/" + st.number + "/schritt/withdraw", []string{"version", "content_hash", "comment", "key"}}, {agent, "/auftraege/" + st.number + "/schritt/ask", []string{"version", "comment"}},
				{clerk, "/auftraege/" + st.number + "/kommentar", []string{"text", "intern", "key"}}, {agent, "/auftraege/auswahl", []string{"tun", "auswahl", "assignee_to", "zurueck"}}, {clerk, "/auftraege/ansichten", []string{"name", "loeschen", "zurueck"}},
				{tenant, birthPage + "/wartung", []string{"an", "version"}}, {tenant, "/verwaltung/personen", []string{"kommune", "email", "name", "sprache", "rollen"}}, {tenant, "/verwaltung/personen/" + st.person, []string{"version", "name", "sprache", "rollen"}},
				{tenant, "/verwaltung/personen/" + st.person + "/kennwort", []string{"version"}}, {tenant, "/verwaltung/kommunen/" + Bautzen, []string{"version", "office_mail", "closing_days"}}, {tenant, "/verwaltung/freigaben/" + Bautzen, []string{"version", "every"}}, {tenant, "/freigaberegeln/" + Bautzen + "/ablehnen", []string{"version", "grund"}},
				{tenant, "/verwaltung/freigaben/" + Bautzen + "/" + Birth, []string{"version", "abschnitt-gebuehren"}}, {admin, "/verwaltung/assistenten/pruefen", []string{"text"}}, {admin, "/verwaltung/assistenten/einlesen", []string{"fragebogen", "pruefsumme"}}, {admin, "/verwaltung/kommunen/einlesen/tun", []string{"liste"}},
			}
			n, answers := 0, map[int]int{}
			for _, p := range posts {
				page := "/auftraege"
				if p.path == "/anmelden" {
					page = "/anmelden"
				}
				token := p.v.token(page)
				for _, name := range p.names {
					for i, words := range malformed {
						if kind == "sqlite" && i%3 > 0 {
							continue // which takes almost everything
						}
						values := url.Values{"csrf": {token}, "version": {"1"}, name: {words, words}}
						if name == "version" || slices.Contains([]string{"", " "}, words) {
							values[name] = []string{words}
						}
						if p.path == "/anmelden" && name != "password" {
							values.Set("password", "")
						}
						r := p.v.sendAs(p.path, values)
						n++
						answers[r.status]++
						if r.status >= 500 || r.status == 403 || len(r.body) > 100_000+12*len(words) {
							t.Errorf("%s %s=%q: %d, %d bytes", p.path, name, clip([]byte(words))[:min(40, len(words))], r.status, len(r.body))
						}
					}
				}
			}
			if report, err := st.s.Verify(t.Context(), nil); err != nil || len(report.Findings) > 0 {
				t.Errorf("half of something was written: %v %v", report, err)
			}
			t.Log(n, "forms, answered with", answers)
			if n < 1200 {
				t.Error("too few")
			}
		})
	}
}

// TestOneFormManyTimes: a form that a hundred clicks send at the same moment counts once.
func TestOneFormManyTimes(t *testing.T) {
	for _, kind := range Databases {
		t.Run(kind, func(t *testing.T) {
			st := stageOn(t, kind, nil)
			number, v := st.file(st.Clerk, fee(2500, "2027-01-01")), st.signIn(st.Clerk)
			v.see(number)
			comment := url.Values{"csrf": csrfField.FindStringSubmatch(v.html)[1:], "key": keyField.FindStringSubmatch(v.html)[1:], "text": {"Einmal."}}
			v.open("/auftraege/neu/" + Birth)
			filing := url.Values{"csrf": csrfField.FindStringSubmatch(v.html)[1:], "key": keyField.FindStringSubmatch(v.html)[1:], "abschnitt": {"gebuehren"}}
			for place, values := range map[string]url.Values{"/auftraege/" + number + "/kommentar": comment, "/auftraege/neu/" + Birth: filing} {
				places, start := make([]*reply, 100), make(chan bool)
				var wg sync.WaitGroup
				for i := range places {
					one := &visitor{stage: st, cookies: map[string]string{"__Host-fw": v.cookies["__Host-fw"]}}
					wg.Go(func() {
						<-start
						places[i] = one.sendAs(place, values)
					})
				}
				close(start)
				wg.Wait()
				to := map[string]int{}
				for _, r := range places {
					if r.status != 303 && r.status != 409 && r.status != 503 {
						t.Errorf("%s: %d", place, r.status)
					} else if r.status == 303 {
						to[r.header.Get("Location")]++
					}
				}
				if len(to) != 1 {
					t.Errorf("%s leads to %v", place, to)
				}
			}
			drafts, _, err := st.s.Requests(t.Context(), st.Clerk, models.Filter{Status: []string{string(models.Draft)}})
			if comments := st.get(st.Clerk, requests+"/"+number+"/comments").items(); comments != 1 || len(drafts) != 1 || err != nil {
				t.Errorf("%d comments and %d drafts, %v", comments, len(drafts), err)
			}
		})
	}
}
