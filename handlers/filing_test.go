package handlers_test

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// The way of a clerk through the pages of filing.

const (
	sepaInput  = "f-zahlung.sepa_mandat_url"
	firstInput = "f-gebuehren.erste"
)

// filled are the values of the form that was shown last, as a browser would send them, with changes: name, value, …
func (v *visitor) filled(changes ...string) url.Values {
	v.Helper()
	out := url.Values{}
	for _, m := range regexp.MustCompile(`<input[^>]*>`).FindAllString(v.html, -1) {
		name, value, kind := attribute(m, "name"), attribute(m, "value"), attribute(m, "type")
		if name == "" || name == "zurueck" || name == "sprache" || (kind == "checkbox" || kind == "radio") && !strings.Contains(m, " checked") {
			continue
		}
		if !out.Has(name) || kind != "hidden" {
			out.Add(name, value)
		}
	}
	for _, m := range regexp.MustCompile(`(?s)<textarea[^>]*name="([^"]*)"[^>]*>\n?(.*?)</textarea>`).FindAllStringSubmatch(v.html, -1) {
		out.Set(m[1], unescape(m[2]))
	}
	for _, m := range regexp.MustCompile(`(?s)<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>`).FindAllStringSubmatch(v.html, -1) {
		chosen := regexp.MustCompile(`<option value="([^"]*)" selected`).FindStringSubmatch(m[2])
		if chosen == nil {
			chosen = regexp.MustCompile(`<option value="([^"]*)"`).FindStringSubmatch(m[2])
		}
		out.Add(m[1], unescape(chosen[1]))
	}
	for i := 0; i+1 < len(changes); i += 2 {
		out.Set(changes[i], changes[i+1])
	}
	return out
}

func attribute(tag, name string) string {
	m := regexp.MustCompile(` ` + name + `="([^"]*)"`).FindStringSubmatch(tag)
	if m == nil {
		return ""
	}
	return unescape(m[1])
}

var unescape = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&#34;", `"`, "&#39;", "'", "&#43;", "+", "&amp;", "&").Replace

// draft begins a draft and returns its number; the page of fields has been opened.
func (v *visitor) draft(assistant string, sections ...string) string {
	v.Helper()
	v.open("/auftraege/neu/" + assistant).is(200)
	to := v.send("/auftraege/neu/"+assistant, url.Values{"abschnitt": sections}).is(303).header.Get("Location")
	v.open(to).is(200)
	return strings.Split(to, "/")[2]
}

// edit is the address of one of a request's pages.
func edit(number, page string) string { return "/auftraege/" + number + "/bearbeiten/" + page }

// follows asserts where one is sent.
func (r *reply) follows(path string) {
	r.t.Helper()
	if to := r.is(303).header.Get("Location"); to != path {
		r.t.Fatalf("%s leads to %s, want %s", r.what, to, path)
	}
}

// TestFilingFromTheStartPage is the second example: another link for the SEPA mandate.
func TestFilingFromTheStartPage(t *testing.T) {
	st := newStage(t)
	v := st.signIn(st.Clerk)
	v.open("/").shows(`href="/auftraege/neu"`)
	v.open("/auftraege/neu").is(200).shows("Geburtsurkunde", "Hundesteueranmeldung", "Gewerbeanmeldung")
	if r := v.open("/auftraege/neu?q=hunde"); strings.Contains(string(r.body), "Geburtsurkunde</a>") {
		t.Error("the search does not narrow")
	}
	v.open("/auftraege/neu?q=xyz").shows("Kein Formular gefunden")
	v.open("/auftraege/neu/"+Birth).is(200).shows("Zahlung", "Link zum SEPA-Lastschriftmandat", "Passt nicht")
	v.send("/auftraege/neu/"+Birth, url.Values{}).is(422).shows("Fehler:", `href="#abschnitt"`, "mindestens einen Abschnitt")

	number := v.draft(Birth, "zahlung")
	v.open("/").shows(edit(number, "felder"))
	v.open(edit(number, "felder")).shows("https://www.bautzen.example/sepa-lastschriftmandat.pdf", "Gilt jetzt:", "Schritt 2 von 4")
	v.send(edit(number, "felder"), v.filled("weiter", "1")).is(422).shows("Ändern Sie mindestens ein Feld")
	v.send(edit(number, "felder"), v.filled(sepaInput, "http://www.xyz.example/sepa.pdf")).is(422).
		shows("Fehler:", "Die Adresse muss mit https:// beginnen.", "http://www.xyz.example/sepa.pdf", `href="#`+sepaInput+`"`)
	v.open(edit(number, "felder")).shows("http://www.xyz.example/sepa.pdf", "sind wieder da")
	v.send(edit(number, "felder"), v.filled(sepaInput, "https://www.xyz.example/sepa.pdf")).follows(edit(number, "wann"))

	v.open(edit(number, "wann")).shows("Frühester realistischer Termin: Mittwoch, 02.12.2026")
	v.send(edit(number, "wann"), v.filled("datum", "31.2.2027", "grund", "neue Bank")).is(422).shows("Dieses Datum gibt es nicht", "31.2.2027", "neue Bank")
	v.send(edit(number, "wann"), v.filled("datum", "1.1.2020")).is(422).shows("liegt in der Vergangenheit")
	v.send(edit(number, "wann"), v.filled("art", "by", "datum", "15. Dezember 2026", "grund", "neue Bank")).follows(edit(number, "pruefen"))

	v.open(edit(number, "pruefen")).is(200).shows("Link zum SEPA-Lastschriftmandat: https://www.bautzen.example/sepa-lastschriftmandat.pdf → https://www.xyz.example/sepa.pdf, bis spätestens 15.12.2026",
		"bis spätestens Dienstag, 15.12.2026", "neue Bank", "1 Freigabe der Kommune Bautzen", "1 Freigabe von KISA", "Die bisherige Adresse liegt auf", "unverändert")
	page := v.filled()
	v.send(edit(number, "pruefen"), page).follows("/auftraege/" + number + "/eingereicht")
	v.send(edit(number, "pruefen"), page) // twice counts once
	v.open("/auftraege/"+number+"/eingereicht").is(200).shows(number, "So geht es weiter", "spätestens am Dienstag, 15.12.2026", st.Clerk.Email)
	st.get(st.Clerk, requests+"/"+number).has("status", "submitted", "changes/0/new", "https://www.xyz.example/sepa.pdf", "version", 4)
}

// TestUntouchedIsNoChange: only what somebody put something else into is a change, and taking it back is none.
func TestUntouchedIsNoChange(t *testing.T) {
	st := newStage(t)
	v := st.signIn(st.Clerk)
	number := v.draft(Birth, "einstieg", "zustaendigkeit", "kontakt", "urkunde", "gebuehren", "zahlung", "versand", "anlagen", "zustellung", "aufbewahrung", "abschluss", "rechtliches")
	v.send(edit(number, "felder"), v.filled(firstInput, " 20 € ")).is(422).shows("Ändern Sie mindestens ein Feld")
	v.open(edit(number, "felder"))
	v.send(edit(number, "felder"), v.filled(firstInput, "25,5 €", "f-abschluss.bestaetigung_aktiv", "nein")).follows(edit(number, "wann"))
	st.get(st.Clerk, requests+"/"+number).has("changes/0/new", 2550, "changes/1/new", false, "changes/2", nil)
	v.open(edit(number, "felder")).shows(`value="25,50"`)
	v.send(edit(number, "felder"), v.filled(firstInput, "20,00")).follows(edit(number, "wann"))
	st.get(st.Clerk, requests+"/"+number).has("changes/0/field", "abschluss.bestaetigung_aktiv", "changes/1", nil)
}

// TestEveryTypeOfField goes through its input and back.
func TestEveryTypeOfField(t *testing.T) {
	st := newStage(t)
	v := st.signIn(st.Clerk)
	number := v.draft(Trade, "gebuehren", "zahlung", "anlagen", "zustellung", "kontakt")
	page := v.filled("f-kontakt.telefon", "03591 534-0", "f-zustellung.art", "email", "geheim-zahlung.epaybl_keystore_passwort", "streng geheim 1")
	page["f-zustellung.datenformat"] = []string{"PDF"}
	rows := len(page["f-anlagen.liste.bezeichnung"])
	page["f-anlagen.liste.bezeichnung"][rows-1] = "Handwerkskarte"
	for column, value := range map[string]string{"pflicht": "ja", "formate": "pdf", "max_mb": "zehn", "max_anzahl": "1"} {
		page["f-anlagen.liste."+column][rows-1] = value
	}
	page["weg-anlagen.liste"] = []string{"0"}
	r := v.send(edit(number, "felder"), page).is(422).shows("Handwerkskarte", "zehn", fmt.Sprintf("f-anlagen.liste.%d.max_mb", rows-2))
	if strings.Contains(string(r.body), "streng geheim") {
		t.Error("a protected value is shown")
	}
	v.html = string(r.body)
	page = v.filled("geheim-zahlung.epaybl_keystore_passwort", "streng geheim 1")
	page["f-anlagen.liste.max_mb"][rows-2] = "10"
	v.send(edit(number, "felder"), page).follows(edit(number, "wann"))
	a := st.get(st.Clerk, requests+"/"+number)
	a.has("changes/0/field", "kontakt.telefon", "changes/0/new", "+4935915340")
	for _, want := range []string{"Handwerkskarte", `"new":["PDF"]`, "neuer Wert (geschützt)", `"new":"email"`} {
		if !strings.Contains(string(a.body), want) {
			t.Errorf("%s is missing in %s", want, clip(a.body))
		}
	}
	if r := v.open(edit(number, "felder")).shows("Ein neuer Wert ist eingegeben"); strings.Contains(string(r.body), "streng geheim") {
		t.Error("a protected value is shown")
	}
	v.send(edit(number, "felder"), v.filled("zeile", "anlagen.liste")).is(200)
	v.open(edit(number, "felder"))
	v.send(edit(number, "felder"), v.filled("wegwerfen-zahlung.epaybl_keystore_passwort", "1")).follows(edit(number, "wann"))
	if a := st.get(st.Clerk, requests+"/"+number); strings.Contains(string(a.body), "geschützt") {
		t.Error("the protected value was not dropped")
	}
}

// TestWhatIsTypedSurvives leaving the page, half typed and all, and belongs to who typed it.
func TestWhatIsTypedSurvives(t *testing.T) {
	st := newStage(t)
	v, other := st.signIn(st.Clerk), st.signIn(st.Clerk2)
	number := v.draft(Trade, "gebuehren", "zahlung")
	page := v.filled("seite", "felder", "f-zahlung.sepa_mandat_url", "https://www.xy", "geheim-zahlung.epaybl_keystore_passwort", "streng geheim 1")
	v.send(edit(number, "merken"), page).is(200).shows("Gespeichert um")
	if strings.Contains(st.kept(), "streng") {
		t.Error("a protected value is kept as typed")
	}
	v.open(edit(number, "felder")).shows("https://www.xy", "sind wieder da")
	if r := other.open(edit(number, "felder")); strings.Contains(string(r.body), "https://www.xy&") || strings.Contains(string(r.body), "sind wieder da") {
		t.Error("another sees what was typed")
	}
	v.open(edit(number, "pruefen")).shows("noch nicht übernommen")
	v.send(edit(number, "pruefen"), v.filled()).is(422).shows("noch nicht übernommen")
	v.open(edit(number, "felder"))
	v.send(edit(number, "felder"), v.filled("f-zahlung.sepa_mandat_url", "halb", "zurueck", "1")).follows(edit(number, "abschnitte"))
	v.open(edit(number, "felder")).shows(`value="halb"`)
	v.send(edit(number, "verwerfen"), v.filled("seite", "felder")).follows(edit(number, "felder"))
	if r := v.open(edit(number, "felder")); strings.Contains(string(r.body), `value="halb"`) {
		t.Error("what was discarded is still there")
	}
	v.send(edit(number, "merken"), v.filled("seite", "anderes")).is(400)
	st.get(st.Clerk, requests+"/"+number).has("version", 1)
}

// kept is everything that was typed and not saved.
func (st *stage) kept() string {
	st.Helper()
	k, err := st.s.Typed(st.Context(), st.Clerk, "KA-2026-000001")
	if err != nil {
		st.Fatal(err)
	}
	return fmt.Sprint(k)
}

// TestTheSessionEndsWhileTyping: what was typed stays on the screen, and the way on is to sign in.
func TestTheSessionEndsWhileTyping(t *testing.T) {
	st := newStage(t)
	v := st.signIn(st.Clerk)
	number := v.draft(Birth, "gebuehren")
	v.open(edit(number, "wann")).is(200)
	clear(v.cookies)
	v.send(edit(number, "wann"), url.Values{"begruendung": {"Eine lange Begründung, die nicht verloren gehen darf."}}).is(401).shows("Ihre Anmeldung ist abgelaufen", "Eine lange Begründung", "Neu anmelden")
	v = st.signIn(st.Clerk)
	v.open(edit(number, "felder")).is(200)
	typed := v.filled(firstInput, "27,30 €")
	clear(v.cookies)
	v.send(edit(number, "felder"), typed).is(401).shows("27,30 €").hides("10,00")
}

// TestDraftsOnTheStartPage: those who may go on with one see the town hall's drafts, nobody else.
func TestDraftsOnTheStartPage(t *testing.T) {
	st := newStage(t)
	number := st.signIn(st.Clerk).draft(Birth, "gebuehren")
	for _, u := range []models.User{st.Clerk, st.Deputy} {
		st.signIn(u).open("/").is(200).shows("Entwürfe Ihrer Kommune", number)
	}
	for _, u := range []models.User{st.Approver, st.TenantAdmin} {
		st.signIn(u).open("/").is(200).hides("Entwürfe Ihrer Kommune", number)
	}
}

// TestAWishThatWasMeant: who has said that no field fits is not sent to the fields when nothing was typed.
func TestAWishThatWasMeant(t *testing.T) {
	st := newStage(t)
	v := st.signIn(st.Clerk)
	number := v.draft(Birth, "gebuehren")
	v.open(edit(number, "felder") + "?wunsch=1").is(200).shows(`/felder?wunsch=1"`)
	v.send(edit(number, "felder")+"?wunsch=1", v.filled()).is(422).shows(`href="#wunsch"`, `<details class="fw-wish" open>`)
}

// TestNobodyElseFiles: strangers, other towns, other roles, forged forms.
func TestNobodyElseFiles(t *testing.T) {
	st := newStage(t)
	v := st.signIn(st.Clerk)
	number := v.draft(Birth, "gebuehren")
	st.visit().open("/auftraege/neu").is(303)
	for _, u := range []models.User{st.Approver, st.Agent, st.Auditor} {
		other := st.signIn(u)
		other.open("/auftraege/neu").is(403)
		other.open("/auftraege/neu/" + Birth).is(403)
		other.open("/")
		other.send("/auftraege/neu/"+Birth, url.Values{"abschnitt": {"gebuehren"}}).is(403)
	}
	leipzig := st.signIn(st.LeipzigClerk)
	leipzig.open("/auftraege/neu")
	for _, page := range []string{"abschnitte", "felder", "wann", "anlagen", "pruefen"} {
		leipzig.open(edit(number, page)).is(404)
		leipzig.send(edit(number, page), url.Values{}).is(404)
	}
	for _, page := range []string{"merken", "verwerfen"} {
		leipzig.send(edit(number, page), url.Values{"seite": {"felder"}, "version": {"1"}}).is(404)
	}
	leipzig.open("/auftraege/" + number + "/eingereicht").is(404)
	leipzig.open("/auftraege/hinweis?form=" + Bautzen + "/" + Birth + "&feld=gebuehren.erste&wert=1").is(404)
	v.sendAs(edit(number, "felder"), url.Values{"version": {"1"}, firstInput: {"25"}}).is(403)
	v.open("/auftraege/neu/Unbekannt").is(404)
	v.open(edit("KA-2026-999999", "felder")).is(404)
	v.open("/auftraege/" + number + "/eingereicht").follows(edit(number, "pruefen"))
}

// TestHints are what the server says while one types.
func TestHints(t *testing.T) {
	st := newStage(t)
	v := st.signIn(st.Clerk)
	ask := func(field, value string) *reply {
		return v.open("/auftraege/hinweis?form=" + Bautzen + "/" + Birth + "&feld=" + field + "&wert=" + url.QueryEscape(value)).is(200)
	}
	ask("gebuehren.erste", "25").has("understood", "Verstanden als 25,00\u00a0€", "hint", "", "problem", "")
	ask("gebuehren.erste", "250").shows("Meinten Sie 25,00\u00a0€?")
	ask("gebuehren.erste", "viel").shows("Geben Sie einen Betrag").has("understood", "")
	ask("zahlung.sepa_mandat_url", "http://x").shows("https://")
	ask("zahlung.sepa_mandat_url", "https://www.bautzen.example/neu.pdf").has("understood", "", "hint", "", "problem", "")
	v.open("/auftraege/hinweis?form=" + Bautzen + "/" + Trade + "&feld=zahlung.epaybl_keystore_passwort&wert=x").is(404)
	v.open("/auftraege/hinweis?form=" + Bautzen + "/" + Birth + "&feld=gibt.es.nicht&wert=x").is(404)
}

// TestFilingInEnglish has words for everything.
func TestFilingInEnglish(t *testing.T) {
	st := newStage(t)
	v := st.signIn(st.Clerk)
	v.cookies["__Host-fw-sprache"] = "en"
	v.open("/auftraege/neu").is(200).shows("Which form is to change?")
	number := v.draft(Trade, "gebuehren", "zahlung", "einstieg", "anlagen")
	v.open(edit(number, "felder")).is(200).shows("Holds now:", "Can’t be changed:", "Add a row")
	v.send(edit(number, "felder"), v.filled("wunsch", "Something else", "zurueck", "1")).follows(edit(number, "abschnitte"))
	v.open(edit(number, "abschnitte")).is(200).shows("Sections of the form")
	v.open(edit(number, "wann")).is(200).shows("Earliest realistic date: Wednesday, 2 December 2026")
	v.send(edit(number, "wann"), v.filled("datum", "24 November 2026", "befristet", "1 December 2026")).follows(edit(number, "pruefen"))
	v.open(edit(number, "anlagen")).is(200).shows("Choose a file")
	v.open(edit(number, "pruefen")).is(200).shows("from Tuesday, 24 November 2026, limited until Tuesday, 1 December 2026", "The date you want is tight.", "Submit the change request")
	v.send(edit(number, "pruefen"), v.filled()).follows("/auftraege/" + number + "/eingereicht")
	v.open("/auftraege/" + number + "/eingereicht").is(200).shows("What happens next")
}
