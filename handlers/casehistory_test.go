package handlers_test

import (
	"bytes"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// enclose uploads a document from the page shown last.
func (v *visitor) enclose(number string, parts ...part) *reply {
	v.Helper()
	body, kind := v.form(append(v.sealed(), parts...)...)
	req := httptest.NewRequest(http.MethodPost, "/auftraege/"+number+"/anlagen", bytes.NewReader(body))
	req.Header.Set("Content-Type", kind)
	return v.do(req)
}

// sealed are the hidden fields of the page shown last, as a form with files carries them.
func (v *visitor) sealed() (out []part) {
	for name, field := range map[string]*regexp.Regexp{"csrf": csrfField, "key": keyField} {
		if m := field.FindStringSubmatch(v.html); m != nil {
			out = append(out, part{name, "", m[1]})
		}
	}
	return out
}

// TestDocuments adds documents to a request and reads them.
func TestDocuments(t *testing.T) {
	st := newStage(t)
	number := st.file(st.Clerk, fee(2500, "2027-01-01"))
	clerk, agent, admin := st.signIn(st.Clerk), st.signIn(st.Agent), st.signIn(st.TenantAdmin)
	clerk.see(number, "Keine Anlagen.", "Höchstens 10 MB", `enctype="multipart/form-data"`)
	clerk.enclose(number, part{"file", "", ""}).is(422).shows("Fehler:", "Wählen Sie eine Datei aus.", `href="#file"`)
	clerk.enclose(number, part{"file", "boese.pdf", "<html><script>alert(1)</script>"}).is(415).shows("Fehler:", "text/html werden nicht angenommen")
	clerk.enclose(number, part{"file", "leer.pdf", ""}).is(422).shows("Die Datei ist leer.")
	clerk.done(clerk.enclose(number, part{"file", "Satzung 2027.pdf", pdf}), "Die Anlage ist gespeichert.", "Satzung 2027.pdf", "PDF")
	link := regexp.MustCompile(`/auftraege/[^"]*/anlagen/\d+`).FindString(clerk.html)
	r := agent.open(link).is(200)
	if string(r.body) != pdf || !strings.HasPrefix(r.header.Get("Content-Disposition"), "attachment") || !strings.Contains(r.header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("%v", r.header)
	}
	for range 2 { // a double click
		clerk.enclose(number, part{"file", "zweimal.pdf", pdf}).is(303)
	}
	if n := st.get(st.Clerk, requests+"/"+number+"/attachments").items(); n != 2 {
		t.Errorf("%d documents", n)
	}
	admin.see(number).hides(`type="file"`)
	admin.enclose(number, part{"file", "x.pdf", pdf}).is(403)
	st.do(st.Clerk, number, "withdraw", "").is(200)
	clerk.see(number).hides(`type="file"`)
	clerk.enclose(number, part{"file", "x.pdf", pdf}).is(409).shows("abgeschlossen")
}

// TestWhatIsSaid keeps internal notes inside, and everything that was typed.
func TestWhatIsSaid(t *testing.T) {
	st := newStage(t)
	number := st.file(st.Clerk, fee(2500, "2027-01-01"))
	clerk, agent, auditor := st.signIn(st.Clerk), st.signIn(st.Agent), st.signIn(st.Auditor)
	say := "/auftraege/" + number + "/kommentar"
	agent.see(number, "Öffentlich kommentieren", "Intern notieren")
	agent.send(say, url.Values{"text": {" "}}).is(422).shows("Fehler:", "Schreiben Sie einen Text.", `href="#text"`)
	agent.done(agent.send(say, url.Values{"text": {"Vorsicht, <b>Sonderfall</b>"}, "intern": {"ja"}}), "Ihre interne Notiz ist gespeichert.", "Intern – die Kommune sieht das nicht", "Vorsicht, &lt;b&gt;Sonderfall&lt;/b&gt;")
	agent.done(agent.send(say, url.Values{"text": {"Wird geprüft."}}), "Ihr Kommentar ist gespeichert.")
	clerk.see(number, "Wird geprüft.", "Kommentieren").hides("Sonderfall", "Intern")
	for _, path := range []string{"/verlauf", "/verlauf?nur=kommentare", "/akte"} {
		clerk.open("/auftraege/"+number+path).is(200).shows("Wird geprüft.").hides("Sonderfall", "Intern")
		auditor.open("/auftraege/"+number+path).is(200).shows("Sonderfall", "Intern – die Kommune sieht das nicht")
	}
	clerk.send(say, url.Values{"text": {"heimlich"}, "intern": {"ja"}}).is(422).shows("heimlich</textarea>")
	long := strings.Repeat("wort ", 1100)
	clerk.send(say, url.Values{"text": {long}}).is(422).shows(long)
	auditor.see(number).hides(say)
	auditor.send(say, url.Values{"text": {"Ich schaue nur zu."}}).is(403)
}

// TestALongHistory reads everything there is, a page at a time, and no page grows.
func TestALongHistory(t *testing.T) {
	st := newStage(t)
	number := st.file(st.Clerk, fee(2500, "2027-01-01"))
	st.do(st.Agent, number, "claim", "").is(200)
	st.do(st.Agent, number, "ask", "Die allererste Frage?").is(200)
	for i := range 70 {
		st.post(st.Clerk, requests+"/"+number+"/comments", object{"text": "Nummer " + itoa(i) + " " + strings.Repeat("lang und breit ", 250)}).is(201)
	}
	clerk := st.signIn(st.Clerk)
	clerk.see(number, "Die allererste Frage?", "Ganzen Verlauf ansehen", "Ältere Kommentare ansehen", "Nummer 69")
	for _, start := range []string{"/verlauf", "/verlauf?nur=kommentare", "/akte"} {
		seen := map[string]bool{}
		path, pages := "/auftraege/"+number+start, 0
		for path != "" && pages < 40 {
			r := clerk.open(path).is(200)
			if len(r.body) > 100<<10 {
				t.Errorf("%s has %d bytes", path, len(r.body))
			}
			for _, m := range regexp.MustCompile(`Nummer (\d+) `).FindAllStringSubmatch(string(r.body), -1) {
				seen[m[1]] = true
			}
			path, pages = "", pages+1
			if m := regexp.MustCompile(`href="([^"]*cursor=[^"]*)"(?: rel="next")?>(?:Weitere|Fortsetzung)`).FindStringSubmatch(string(r.body)); m != nil {
				path = html.UnescapeString(m[1])
			}
		}
		if len(seen) != 70 || pages < 3 {
			t.Errorf("%s: %d of 70 comments on %d pages", start, len(seen), pages)
		}
	}
	clerk.open("/auftraege/" + number + "/verlauf?cursor=unsinn").is(422)
	if n := len(clerk.see(number).body); n > 100<<10 {
		t.Errorf("the request's page has %d bytes", n)
	}
}

// TestTheFileOfACase has everything that makes a request verifiable.
func TestTheFileOfACase(t *testing.T) {
	st := newStage(t)
	number := st.file(st.Clerk, fee(2500, "2027-01-01"))
	st.attach(st.Clerk, number, []part{{"file", "satzung.pdf", pdf}}).is(201)
	st.approved(number)
	hash := st.get(st.Clerk, requests+"/"+number).text("content_hash")
	last := st.get(st.Clerk, requests+"/"+number+"/events").text("items/4/hash")
	st.signIn(st.Clerk).open("/auftraege/"+number+"/akte").is(200).shows("Akte zu "+number, "20,00 € → 25,00 €", hash, last, "satzung.pdf", "Freigabe Bautzen", "noch nicht zugestellt", st.Clerk.Email)
}

// TestWhatStandsAround leads to what a request builds on, and tells what failed field by field.
func TestWhatStandsAround(t *testing.T) {
	st := newStage(t)
	first := st.file(st.Clerk, fee(2500, "2027-01-01"))
	st.approved(first)
	second := st.file(st.Clerk, fee(2800, "2027-03-01"))
	clerk := st.signIn(st.Clerk)
	clerk.see(second, "Baut auf", first)
	clerk.see(first, "Grundlage für", second)
	st.do(st.Clerk, first, "withdraw", "").is(200)
	clerk.see(second, "auf dem dieser aufbaut, kommt nicht zustande")

	failed := st.failing(1250)
	clerk.see(failed, "Der Auftrag konnte nicht umgesetzt werden", "Erwartet", "10,00", "12,51")
	agent := st.signIn(st.Agent)
	agent.open("/auftraege/" + failed + "/schritt/rebase").is(200)
	agent.done(agent.take(failed, "rebase", ""), "Die aktuellen Werte sind übernommen.", "12,51 € → 12,50 €")

	own := st.file(st.Deputy, fee(2600, "2027-05-01"))
	st.signIn(st.Deputy).see(own, "Wer einen Auftrag gestellt oder bearbeitet hat, kann ihn nicht freigeben.")
}

// TestManyAndLongChanges keeps pages small, and protected values out of them.
func TestManyAndLongChanges(t *testing.T) {
	st := newStage(t)
	text := strings.Repeat("Bitte halten Sie Ihren Ausweis bereit. ", 50)
	body := filing("einstieg.hinweistext", text+"Vielen Dank.", "by", "2026-12-15")
	body["wish"] = strings.Repeat("Wunsch ", 1300)
	body["changes"] = append(body["changes"].([]object), object{"field": "abschluss.bestaetigung_text", "new": text}, object{"field": "rechtliches.erklaerung_text", "new": text},
		object{"field": "datenschutz.bereitstellungspflicht_text", "new": text})
	number := st.file(st.Clerk, body)
	clerk := st.signIn(st.Clerk)
	r := clerk.see(number, "<ins>", "<del>", "entfällt:").hides("Weitere Werte vergleichen")
	if len(r.body) > 100<<10 {
		t.Errorf("%d bytes", len(r.body))
	}
	clerk.open("/auftraege/" + number + "/aenderungen?ab=2").is(200).shows("Zum Anfang der Liste").hides("Vielen Dank.")
	clerk.open("/auftraege/" + number + "/aenderungen?ab=99").is(200)
	clerk.open("/auftraege/" + number + "/aenderungen?ab=x").is(422)
}

// TestRequestInEnglish shows a request to somebody who reads English.
func TestRequestInEnglish(t *testing.T) {
	st := newStage(t)
	number := st.file(st.Clerk, fee(2500, "2027-01-01"))
	clerk := st.signIn(st.Clerk)
	clerk.cookies["__Host-fw-sprache"] = "en"
	clerk.see(number, "What happens next", "from 1 January 2027", "Withdraw the request").hides("Was als Nächstes")
	clerk.open("/auftraege/" + number + "/schritt/withdraw").is(200).shows("Withdraw for good")
	clerk.open("/auftraege/"+number+"/akte").is(200).shows("File of "+number, "As of")
}
