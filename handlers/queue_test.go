package handlers_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// asks files a request of Bautzen's for the queue; it returns its number.
func (st *stage) asks(u models.User, ags, date string, cents int) string {
	st.Helper()
	return st.post(u, "/api/v1/requests", fmt.Sprintf(`{"form":"%s/%s","reason":"Satzung","effective":{"kind":"from","date":"%s"},"sections":["gebuehren"],"changes":[{"field":"gebuehren.erste","new":%d}],"submit":true}`, ags, Birth, date, cents)).is(201).text("number")
}

func TestTheQueueOfTheTeam(t *testing.T) {
	st := newStage(t)
	late, soon := st.asks(st.Clerk, Bautzen, "2027-03-01", 2500), st.asks(st.LeipzigClerk, Leipzig, "2027-02-01", 2600)
	v := st.signIn(st.Agent)
	r := v.open("/auftraege").is(200).shows("Aufträge: Offen", late, soon, "Geburtsurkunde", "25,00", "Bautzen", "Leipzig", "eingereicht", "Arbeitstagen", "Kommune 0 von 1", "KISA 0 von 1", `Neu <span class="fw-views__count">2</span>`, "Stand: Offen")
	if strings.Index(string(r.body), soon) > strings.Index(string(r.body), late) {
		t.Error("the team's queue is not in the order of the dates")
	}
	v.open("/auftraege?municipality=14713000&sort=due").is(200).shows(soon, "Kommune: Leipzig").lacks(late)
	v.open("/auftraege?status=submitted&status=question&q=&assistant=&due_before=&sort=-number").is(200).shows(late, soon, "Stand: eingereicht", "Stand: Rückfrage")
	v.open("/auftraege?q=Leipzig&sort=due").is(200).shows(soon, "Suche: Leipzig").lacks(late)
	v.open("/auftraege?status=draft&sort=due").is(200).shows("Kein Auftrag passt")
	v.open("/auftraege?assignee=none&section=gebuehren&waiting_for=me").is(200).shows("noch niemand", late)
	next := regexp.MustCompile(`href="(/auftraege\?cursor=[^"]+)"`).FindStringSubmatch(string(v.open("/auftraege?sort=due&limit=1").is(200).shows(soon).body))
	if next == nil {
		t.Fatal("there is no way to the next page")
	}
	v.open(strings.ReplaceAll(next[1], "&amp;", "&")).is(200).shows(late, "Zum Anfang der Liste").lacks("Weitere anzeigen")

	town := st.signIn(st.Clerk)
	town.open("/auftraege").is(200).shows("Aufträge: Alle", late).lacks(soon, "Übernehmen", "Zuweisen", "Leipzig")
	town.open("/auftraege?municipality=14713000").is(200).shows("Kein Auftrag passt")
	st.signIn(st.Auditor).open("/auftraege").is(200).shows(late, soon).lacks("Zuweisen")
}

func TestAFilterThatCannotBeUsedKeepsWhatWasTyped(t *testing.T) {
	st := newStage(t)
	v := st.signIn(st.Agent)
	v.open("/auftraege?status=quatsch&due_before=bald&q=Hunde&assistant="+Dog).is(422).shows("Fehler:", "Den Zustand quatsch gibt es nicht.", "Geben Sie einen Tag an", `value="Hunde"`, `value="bald"`, `value="`+Dog+`" selected`, `href="#due_before"`)
	for _, bad := range []string{"sort=egal", "limit=viel", "limit=500", "cursor=x", "assignee=er", "waiting_for=you", "municipality=Bautzen", "staus=draft"} {
		v.open("/auftraege?" + bad).is(422).shows("Fehler:")
	}
	st.visit().open("/auftraege?sort=due").is(303)
}

func TestClaimingAndAssigningMany(t *testing.T) {
	st := newStage(t)
	a, b, c := st.asks(st.Clerk, Bautzen, "2027-03-01", 2500), st.asks(st.Clerk, Bautzen, "2027-03-02", 2600), st.asks(st.Clerk, Bautzen, "2027-03-03", 2700)
	v := st.signIn(st.Agent)
	v.open("/auftraege").is(200).shows(`value="` + a + `:1"`)
	st.post(st.Agent2, "/api/v1/requests/"+b+"/claim", `{"version":1}`).is(200)
	form := url.Values{"tun": {"uebernehmen"}, "zurueck": {"sort=due"}, "auswahl": {a + ":1", b + ":1", "KA-2026-999999:1", "unfug"}}
	to := v.send("/auftraege/auswahl", form).is(303).header.Get("Location")
	again := v.send("/auftraege/auswahl", form).is(303).header.Get("Location") // the same form sent twice
	if to != again {
		t.Errorf("sent twice: %s, then %s", to, again)
	}
	v.open(to).is(200).shows("Übernommen: "+a, b, "inzwischen einen anderen Stand", "KA-2026-999999", "Diesen Auftrag gibt es nicht.")
	st.get(st.Agent, "/api/v1/requests/"+a).is(200).has("status", "in_review", "version", 2)

	v.send("/auftraege/auswahl", url.Values{"tun": {"zuweisen"}, "zurueck": {"sort=due"}, "auswahl": {c + ":1"}}).is(422).shows("Fehler:", "wem die Aufträge zugewiesen", `value="`+c+`:1" checked`)
	v.send("/auftraege/auswahl", url.Values{"tun": {"zuweisen"}, "assignee_to": {fmt.Sprint(st.Agent2.ID)}}).is(422).shows("mindestens einen Auftrag", fmt.Sprintf(`value="%d" selected`, st.Agent2.ID))
	v.open("/auftraege")
	to = v.send("/auftraege/auswahl", url.Values{"tun": {"zuweisen"}, "zurueck": {"sort=due"}, "assignee_to": {fmt.Sprint(st.Agent2.ID)}, "auswahl": {a + ":2", b + ":2", c + ":1"}}).is(303).header.Get("Location")
	v.open(to).is(200).shows("Zugewiesen: "+a+", "+c, b, "bearbeitet den Auftrag schon", st.Agent2.Name)
	st.get(st.Agent, "/api/v1/requests/"+c).is(200).has("status", "in_review", "assignee/name", st.Agent2.Name)

	v.send("/auftraege/auswahl", url.Values{"tun": {"zerreissen"}, "auswahl": {a + ":3"}}).is(404)
	v.sendAs("/auftraege/auswahl", url.Values{"tun": {"uebernehmen"}, "auswahl": {c + ":2"}}).is(403)
	clerk := st.signIn(st.Clerk)
	clerk.open("/auftraege")
	clerk.send("/auftraege/auswahl", url.Values{"tun": {"uebernehmen"}, "auswahl": {c + ":2"}}).is(403)
	foreign := st.signIn(st.LeipzigClerk)
	foreign.open("/auftraege")
	foreign.send("/auftraege/auswahl", url.Values{"tun": {"uebernehmen"}, "auswahl": {c + ":2"}}).is(403)
	v.open("/auftraege?sort=due&ergebnis=claim:<script>.ok,KA-2026-000001.erfunden").is(200).lacks("<script>.ok", "Bei diesen Aufträgen", "Übernommen:")
}

func TestAssigningThroughTheAPI(t *testing.T) {
	st := newStage(t)
	n := "/api/v1/requests/" + st.asks(st.Clerk, Bautzen, "2027-03-01", 2500)
	st.post(st.Agent, n+"/assign", fmt.Sprintf(`{"version":1,"assignee":%d}`, st.Agent2.ID)).is(200).has("assignee/id", st.Agent2.ID, "status", "in_review")
	st.post(st.Agent, n+"/assign", fmt.Sprintf(`{"version":2,"assignee":%d}`, st.Agent2.ID)).refused(409, "already_assignee")
	st.post(st.Agent, n+"/assign", fmt.Sprintf(`{"version":2,"assignee":%d}`, st.Clerk.ID)).refused(422, "not_an_agent")
	st.post(st.Agent, n+"/assign", `{"version":2}`).refused(422, "not_an_agent")
	st.post(st.Agent, n+"/claim", `{"version":2,"assignee":1}`).refused(400, "unknown_name")
	st.get(st.Clerk, n+"/events").is(200).shows(`"assigned":{"id":`, `"action":"assign"`)
}

func TestViewsOfOnesOwn(t *testing.T) {
	st := newStage(t)
	v := st.signIn(st.Agent)
	v.open("/auftraege?municipality=14625020&sort=due&status=in_review,submitted").is(200)
	to := v.send("/auftraege/ansichten", url.Values{"name": {"Bautzen offen"}, "zurueck": {"municipality=14625020&sort=due&status=in_review,submitted&cursor=x"}}).is(303).header.Get("Location")
	r := v.open(to).is(200).shows("Die Ansicht ist gespeichert.", "Bautzen offen", "Aufträge: Bautzen offen")
	st.signIn(st.Agent2).open("/auftraege").is(200).lacks("Bautzen offen")
	v.send("/auftraege/ansichten", url.Values{"name": {" "}, "zurueck": {"sort=due"}}).is(422).shows("Fehler:", "Geben Sie der Ansicht einen Namen.")
	v.send("/auftraege/ansichten", url.Values{"name": {"Kaputt"}, "zurueck": {"sort=egal"}}).is(422).shows(`value="Kaputt"`)
	id := regexp.MustCompile(`name="loeschen" value="(\d+)"`).FindStringSubmatch(string(r.body))
	v.open(v.send("/auftraege/ansichten", url.Values{"loeschen": {id[1]}, "zurueck": {"sort=due"}}).is(303).header.Get("Location")).is(200).shows("gelöscht").lacks("Bautzen offen")
}

func TestWhoElseLooks(t *testing.T) {
	st := newStage(t)
	n := st.asks(st.Clerk, Bautzen, "2027-03-01", 2500)
	one, two := st.signIn(st.Agent), st.signIn(st.Agent2)
	one.open("/auftraege")
	two.open("/auftraege")
	one.send("/auftraege/"+n+"/da", url.Values{}).is(200).has("text", "")
	two.send("/auftraege/"+n+"/da", url.Values{}).is(200).has("text", st.Agent.Name+" sieht diesen Auftrag gerade an.", "lookers/0", st.Agent.Name)
	two.open("/auftraege").shows(st.Agent.Name + " sieht diesen Auftrag gerade an.")
	st.signIn(st.Clerk).open("/auftraege").lacks("gerade an")
	foreign := st.signIn(st.LeipzigClerk)
	foreign.open("/auftraege")
	foreign.send("/auftraege/"+n+"/da", url.Values{}).is(404)
	foreign.sendAs("/auftraege/"+n+"/da", url.Values{}).is(403)
	req := httptest.NewRequest(http.MethodPost, "/auftraege/"+n+"/da", http.NoBody) // as the script sends it
	req.Header.Set("X-CSRF-Token", csrfField.FindStringSubmatch(one.html)[1])
	one.do(req).is(200).has("lookers/0", st.Agent2.Name)
}

// TestAPageOfTheQueueIsSmall fills a page with long requests.
func TestAPageOfTheQueueIsSmall(t *testing.T) {
	st := newStage(t)
	long := strings.Repeat("Sehr langer Text ", 60)
	for i := range 51 {
		st.post(st.Clerk, "/api/v1/requests", fmt.Sprintf(`{"form":"%s/%s","effective":{"kind":"by","date":"2027-03-01"},"sections":["gebuehren"],"wish":"%d %s","submit":true}`, Bautzen, Birth, i, long)).is(201)
	}
	r := st.signIn(st.Agent).open("/auftraege").is(200).shows("Weitere anzeigen")
	if n := strings.Count(string(r.body), "<tr role=\"row\">"); n != 51 {
		t.Errorf("%d rows with the head", n)
	}
	if len(r.body) > 100_000 {
		t.Errorf("%d bytes", len(r.body))
	}
}

// lacks asserts that a page has none of these words on it.
func (r *reply) lacks(words ...string) *reply {
	r.t.Helper()
	for _, w := range words {
		if strings.Contains(string(r.body), w) {
			r.t.Errorf("%s shows %q", r.what, w)
		}
	}
	return r
}
