package handlers_test

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// oneself are the tables that hold what people say about their own sign-in.
var oneself = []string{"totps", "challenges", "sessions", "security_events", "attempts"}

// everyOther are things that differ on a page each time it is made.
var everyOther = regexp.MustCompile(`(name="(?:csrf|key)" value="|data-csrf=")[0-9a-f]+`)

// TestNeighboursSeeNothing: what is Bautzen's is to Leipzig's people, whatever their role, as if it were not
// there, and nothing that Bautzen has written is on any page of theirs.
func TestNeighboursSeeNothing(t *testing.T) {
	st := newTour(newStage(t))
	const canary = "Kanarienvogel"
	body := filing("kontakt.ansprechstelle", canary, "from", "2027-01-01")
	body["reason"], body["wish"] = canary, canary
	secret := st.file(st.Clerk, body)
	st.attach(st.Clerk, secret, []part{{"file", canary + ".pdf", pdf}}).is(201)
	st.post(st.Clerk, requests+"/"+secret+"/comments", object{"text": canary}).is(201)
	id, err := st.s.AddPerson(t.Context(), st.TenantAdmin, models.NewUser{AGS: Bautzen, Email: "kanarienvogel@bautzen.example", Name: canary, Locale: "de", Roles: []models.Role{models.Clerk}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := st.s.AddUser(t.Context(), models.NewUser{AGS: Leipzig, Email: "mandant@leipzig.example", Name: "Mandant Leipzig", Roles: []models.Role{models.TenantAdmin, models.Clerk}}); err != nil {
		t.Fatal(err)
	}
	st.person = itoa(int(id))
	n, compared := 0, 0
	for _, u := range []models.User{st.LeipzigClerk, st.LeipzigApprover, SignIn(t, st.s, "mandant@leipzig.example")} {
		v := st.as(u)
		v.open("/kalender")
		feed := regexp.MustCompile(`/kalender/[0-9a-f]{48}\.ics`).FindString(string(v.send("/kalender/abo", url.Values{}).is(200).body))
		clean := func(r *reply) *reply {
			t.Helper()
			n++
			if strings.Contains(strings.ToLower(string(r.body)+fmt.Sprint(r.header)), strings.ToLower(canary)) || r.status >= 500 {
				t.Errorf("%s %s: %d shows what Bautzen has written: %s", u.Email, r.what, r.status, clip(r.body))
			}
			return r
		}
		before := st.rows()
		for _, r := range st.pageRoutes() {
			if strings.HasSuffix(r.path, ".ics") || r.path == "/abmelden" {
				continue
			}
			ask := func(place string) *reply {
				if r.method == "GET" {
					return clean(v.open(place))
				}
				v.html = `name="csrf" value="` + v.token("/auftraege") + `"`
				return clean(v.send(place, url.Values{"version": {"1"}, "text": {"x"}, "comment": {"x"}, "name": {"x"}, "an": {"ja"}, "seite": {"felder"}, "tun": {"uebernehmen"}, "auswahl": {secret + ":1"}}))
			}
			theirs := st.at(r.path, ":number", secret)
			nobodys := st.at(r.path, ":number", "KA-2026-999999", ":id", "999999", ":ags", "14999999")
			got, want := ask(theirs), ask(nobodys)
			if theirs == nobodys {
				continue
			}
			compared++
			bland := func(r *reply, place string) string {
				text := everyOther.ReplaceAllString(string(r.body), "$1")
				return strings.NewReplacer(place, "PLACE", url.QueryEscape(place), "PLACE").Replace(text)
			}
			if got.status != want.status || got.status < 400 || bland(got, theirs) != bland(want, nobodys) {
				t.Errorf("%s %s %s: %d, and %d where nothing is", u.Email, r.method, theirs, got.status, want.status)
			}
			if got.status != 404 && got.status != 403 {
				t.Errorf("%s %s %s: %d", u.Email, r.method, theirs, got.status)
			}
		}
		for _, place := range []string{feed, "/zahlen.csv", "/zahlen?kommune=" + Bautzen, "/zahlen.csv?kommune=" + Bautzen, "/kalender?kommune=" + Bautzen + "&monat=2027-01", "/kalender/liste?kommune=" + Bautzen, "/auftraege?municipality=" + Bautzen, "/auftraege?q=" + canary + "x",
			"/auftraege?status=submitted,draft", "/formulare?kommune=" + Bautzen, "/formulare?q=Bautzen", "/verwaltung/personen?kommune=" + Bautzen, "/verwaltung/personen?seite=kisa", "/verwaltung/protokoll?kommune=" + Bautzen, "/auftraege/hinweis?form=" + Bautzen + "/" + Birth + "&feld=kontakt.ansprechstelle&wert=x", "/auftraege/hinweis?form=" + Leipzig + "/" + Birth + "&feld=kontakt.ansprechstelle&wert=x"} {
			if r := v.open(place); strings.Contains(place, canary) || clean(r) == nil {
				continue
			}
		}
		v.html = `name="csrf" value="` + v.token("/auftraege") + `"`
		clean(v.send("/auftraege/ansichten", url.Values{"loeschen": {st.view}, "zurueck": {"sort=due"}}).is(303))
		clean(v.send("/verwaltung/personen", url.Values{"kommune": {Bautzen}, "email": {"x@bautzen.example"}, "name": {"X"}, "rollen": {"clerk"}, "sprache": {"de"}}))
		after := st.rows()
		for i := range before.counts {
			if before.counts[i] != after.counts[i] && !strings.HasPrefix(before.counts[i], "events ") && !strings.HasPrefix(before.counts[i], "calendar_links ") && !strings.HasPrefix(before.counts[i], "saved_views ") && !slices.Contains(oneself, strings.Fields(before.counts[i])[0]) {
				t.Errorf("%s: %s, then %s", u.Email, before.counts[i], after.counts[i])
			}
		}
	}
	st.as(st.Clerk).open("/auftraege").shows("Meine")
	t.Log(n, "answers without a word of Bautzen's,", compared, "pairs alike")
	if compared < 120 {
		t.Error("too few")
	}
}
