package handlers_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http/httptest"
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
	var all []string
	for _, s := range []string{"einstieg", "zustaendigkeit", "kontakt", "urkunde", "gebuehren", "zahlung", "versand", "anlagen", "zustellung", "aufbewahrung", "abschluss", "rechtliches"} {
		all = append(all, s)
	}
	number := v.draft(Birth, all...)
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

// TestTwoClerksAtOnce: who comes second is told what happened, and nothing typed is lost.
func TestTwoClerksAtOnce(t *testing.T) {
	st := newStage(t)
	v := st.signIn(st.Clerk)
	number := v.draft(Birth, "gebuehren")
	mine := v.filled(firstInput, "28,00")
	st.edit(st.Clerk2, number, object{"changes": []object{{"field": "gebuehren.erste", "new": 2500}}}).is(200)
	r := v.send(edit(number, "felder"), mine).is(409).shows("inzwischen geändert", st.Clerk2.Name, "Gebühr erste Geburtsurkunde: 20,00 € → 25,00 €", `value="28,00"`)
	v.open(edit(number, "felder")).shows("inzwischen geändert", `value="28,00"`)
	v.html = string(r.body)
	v.send(edit(number, "felder"), v.filled()).follows(edit(number, "wann"))
	st.get(st.Clerk, requests+"/"+number).has("changes/0/new", 2800)
}

// TestEditingInOtherStates saves at once, says what becomes void, and is for those the rules allow.
func TestEditingInOtherStates(t *testing.T) {
	st := newStage(t)
	number := st.file(st.Clerk, fee(2500, "2027-01-01"))
	st.do(st.Approver, number, "approve", "").is(200)
	v := st.signIn(st.Clerk)
	v.open(edit(number, "felder")).is(200).shows("Eine Freigabe ist schon gegeben", "Änderungen speichern", `value="25,00"`)
	v.send(edit(number, "felder"), v.filled()).follows(edit(number, "pruefen"))
	st.get(st.Clerk, requests+"/"+number).has("approvals/0/side", "municipality")
	v.open(edit(number, "felder"))
	v.send(edit(number, "felder"), v.filled(firstInput, "26")).follows(edit(number, "pruefen") + "?erledigt=inhalt")
	v.open(edit(number, "pruefen")+"?erledigt=inhalt").shows("Gespeichert.", "Zum Auftrag", "20,00 € → 26,00 €")
	st.get(st.Clerk, requests+"/"+number).has("approvals/0", nil, "changes/0/new", 2600)
	st.do(st.Agent, number, "claim", "").is(200)
	v.open(edit(number, "felder")).follows("/auftraege/" + number)
	v.send(edit(number, "felder"), v.filled(firstInput, "27")).is(409)
	st.signIn(st.Agent2).open(edit(number, "felder")).follows("/auftraege/" + number)
	st.signIn(st.Agent).open(edit(number, "wann")).is(200)
}

// TestWishBecomesChanges: the agent sees the wish beside the fields.
func TestWishBecomesChanges(t *testing.T) {
	st := newStage(t)
	v := st.signIn(st.Clerk)
	number := v.draft(Birth, "gebuehren")
	v.send(edit(number, "felder"), v.filled("wunsch", "Die Gebühr soll mit der neuen Satzung steigen.")).follows(edit(number, "wann"))
	v.open(edit(number, "wann"))
	v.send(edit(number, "wann"), v.filled("datum", "1.1.2027")).follows(edit(number, "pruefen"))
	v.open(edit(number, "pruefen")).shows("Die Gebühr soll mit der neuen Satzung steigen.", "Keine Änderung an einem Feld")
	v.send(edit(number, "pruefen"), v.filled()).is(303)
	st.do(st.Agent, number, "claim", "").is(200)
	a := st.signIn(st.Agent)
	a.open(edit(number, "felder")).is(200).shows("Wunsch der Kommune", "Die Gebühr soll mit der neuen Satzung steigen.")
	a.send(edit(number, "felder"), a.filled(firstInput, "25")).follows(edit(number, "pruefen") + "?erledigt=inhalt")
	st.get(st.Clerk, requests+"/"+number).has("wish", "Die Gebühr soll mit der neuen Satzung steigen.", "changes/0/new", 2500, "wish_unseen", true)
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

// TestAnotherRequestForTheSameField is told before sending, and so is what will hold by then.
func TestAnotherRequestForTheSameField(t *testing.T) {
	st := newStage(t)
	first := st.file(st.Clerk2, fee(2500, "2027-01-01"))
	for u, action := range map[*models.User]string{&st.Approver: "approve", &st.Lead: "approve"} {
		st.do(*u, first, action, "").is(200)
	}
	st.do(st.Agent, first, "claim", "").is(200)
	v := st.signIn(st.Clerk)
	number := v.draft(Birth, "gebuehren")
	v.open(edit(number, "felder")).shows("Ab 01.01.2027: 25,00\u00a0€ (Auftrag " + first + ")")
	v.send(edit(number, "felder"), v.filled(firstInput, "28")).is(303)
	v.open(edit(number, "wann"))
	v.send(edit(number, "wann"), v.filled("datum", "1.3.2027")).is(303)
	v.open(edit(number, "pruefen")).shows("Andere Aufträge für dieselben Felder", first, "25,00 € → 28,00 €, ab 01.03.2027")
}

// TestSectionsTakenOut take their changes along.
func TestSectionsTakenOut(t *testing.T) {
	st := newStage(t)
	v := st.signIn(st.Clerk)
	number := v.draft(Birth, "gebuehren", "zahlung")
	v.send(edit(number, "felder"), v.filled(firstInput, "25", sepaInput, "https://www.xyz.example/sepa.pdf")).is(303)
	v.open(edit(number, "abschnitte")).shows("gehen seine Änderungen verloren")
	page := v.filled()
	page["abschnitt"] = []string{"zahlung", "kontakt"}
	v.send(edit(number, "abschnitte"), page).follows(edit(number, "felder"))
	st.get(st.Clerk, requests+"/"+number).has("changes/0/field", "zahlung.sepa_mandat_url", "changes/1", nil, "sections/1", "kontakt")
}

// TestAttachmentsOfADraft are taken once, and what is no document is refused with words.
func TestAttachmentsOfADraft(t *testing.T) {
	st := newStage(t)
	v := st.signIn(st.Clerk)
	number := v.draft(Birth, "gebuehren")
	v.open(edit(number, "anlagen")).is(200).shows("Keine Anlagen")
	action := unescape(regexp.MustCompile(`action="(/auftraege/[^"]*anlagen[^"]*)"`).FindStringSubmatch(v.html)[1])
	send := func(path, name string, content []byte) *reply {
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		part, _ := w.CreateFormFile("file", name)
		_, _ = part.Write(content)
		_ = w.Close()
		req := httptest.NewRequest("POST", path, &body)
		req.Header.Set("Content-Type", w.FormDataContentType())
		return v.do(req)
	}
	send(action, "satzung.txt", []byte("Gebührensatzung")).follows(edit(number, "anlagen") + "?erledigt=anlage")
	send(action, "satzung.txt", []byte("Gebührensatzung")).is(303)
	v.open(edit(number, "pruefen")).shows("satzung.txt")
	if n := st.get(st.Clerk, requests+"/"+number+"/attachments").items(); n != 1 {
		t.Errorf("%d attachments", n)
	}
	v.open(edit(number, "anlagen"))
	action = unescape(regexp.MustCompile(`action="(/auftraege/[^"]*anlagen[^"]*)"`).FindStringSubmatch(v.html)[1])
	send(action, "leer.txt", nil).is(422).shows("Fehler:", "nicht leer")
	send(action, "x.exe", []byte("MZ\x90\x00\x03\x00\x00\x00\x04\x00")).is(415).shows("Fehler:")
	send(edit(number, "anlagen"), "satzung.txt", []byte("x")).is(403)
}
