package handlers_test

import (
	"bytes"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"formwandel/models"
)

var (
	versionField = regexp.MustCompile(`name="version" value="(\d+)"`)
	hashField    = regexp.MustCompile(`name="content_hash" value="([0-9a-f]*)"`)
	offered      = regexp.MustCompile(`(?:action|href)="/auftraege/[^/"]+/(?:schritt/(\w+)|bearbeiten/(felder))"`)
)

// take takes a step with what the page shown last knows of the request.
func (v *visitor) take(number, action, comment string) *reply {
	v.Helper()
	values := url.Values{"comment": {comment}}
	for name, field := range map[string]*regexp.Regexp{"version": versionField, "content_hash": hashField} {
		if m := field.FindStringSubmatch(v.html); m != nil {
			values.Set(name, m[1])
		}
	}
	return v.send("/auftraege/"+number+"/schritt/"+action, values)
}

// done asserts that a form did its work, and opens the page that shows it.
func (v *visitor) done(r *reply, words ...string) {
	v.Helper()
	place, _, _ := strings.Cut(r.is(303).header.Get("Location"), "#")
	v.open(place).is(200).shows(words...)
}

// see opens a request's page.
func (v *visitor) see(number string, words ...string) *reply {
	v.Helper()
	return v.open("/auftraege/" + number).is(200).shows(words...)
}

// hides asserts that a page has none of these words on it.
func (r *reply) hides(words ...string) *reply {
	r.t.Helper()
	for _, w := range words {
		if strings.Contains(string(r.body), w) {
			r.t.Errorf("%s shows %q", r.what, w)
		}
	}
	return r
}

// TestFeeInTheBrowser is the first example, from submission to acceptance, by everybody with a browser.
func TestFeeInTheBrowser(t *testing.T) {
	st := newStage(t)
	number := st.file(st.Clerk, fee(2500, "2027-01-01"))
	clerk, approver, agent, lead := st.signIn(st.Clerk), st.signIn(st.Approver), st.signIn(st.Agent), st.signIn(st.Lead)

	clerk.see(number, "Geburtsurkunde", "Bautzen", "eingereicht", "Gebühr erste Geburtsurkunde: 20,00 € → 25,00 €, ab 01.01.2027", "Noch nicht übernommen", `aria-current="step"`, "Freigeben kann: Freigabe Bautzen, Vertretung Bautzen")
	agent.see(number, "Auftrag übernehmen")
	agent.done(agent.take(number, "claim", ""), "Sie haben den Auftrag übernommen.", "bei Bearbeitung KISA")
	agent.open("/auftraege/"+number+"/schritt/ask").is(200).shows("Ihre Frage", "Rückfrage senden")
	agent.take(number, "ask", "  ").is(422).shows("Fehler:", "Schreiben Sie, worum es geht.", `aria-invalid="true"`, `aria-describedby="comment-error"`)
	agent.done(agent.take(number, "ask", "Ist die <Satzung> beschlossen?"), "Die Rückfrage ist gestellt.")
	clerk.see(number, "Offene Rückfrage", "Ist die &lt;Satzung&gt; beschlossen?", "Bei einer Antwort bis zum 30.12.2026", "Angaben ändern", `id="antwort"`)
	clerk.take(number, "answer", "").is(422).shows("Schreiben Sie eine Antwort oder bearbeiten Sie den Auftrag.")
	clerk.done(clerk.take(number, "answer", "Ja, am 12.11."), "Ihre Antwort ist gespeichert.", "Ja, am 12.11.", "Sachbearbeitung Bautzen antwortet:")

	approver.see(number, "Freigeben")
	approver.done(approver.take(number, "approve", ""), "Ihre Freigabe ist gespeichert.", "1 von 1 erteilt", "Sie haben diesen Auftrag schon freigegeben.")
	lead.see(number)
	lead.done(lead.take(number, "approve", ""), "Alle Freigaben liegen vor. Der Auftrag ist freigegeben.", "01.01.2027, 00:00 Uhr")
	st.at("2027-01-01 00:00:00")
	clerk = st.signIn(st.Clerk) // a session does not last that long
	clerk.see(number, "umgesetzt", "Fassung 2", "Ergebnis abnehmen")
	clerk.done(clerk.take(number, "accept", ""), "Der Auftrag ist abgeschlossen.", "Rückgängig machen")

	clerk.open("/auftraege/" + number + "/schritt/revert").is(200)
	r := clerk.take(number, "revert", "").is(303)
	back := strings.TrimPrefix(strings.Split(r.header.Get("Location"), "?")[0], "/auftraege/")
	clerk.done(r, "Dieser neue Auftrag stellt die früheren Werte wieder her.", "Entwurf fortsetzen", number, "25,00 € → 20,00 €")
	clerk.see(number, "Zurückgenommen durch", back)
}

// TestLinkInTheBrowser is the second example: a deadline, put into force by the lead.
func TestLinkInTheBrowser(t *testing.T) {
	st := newStage(t)
	number := st.file(st.Clerk, filing("zahlung.sepa_mandat_url", "https://www.bautzen.example/neu/sepa.pdf", "by", "2026-12-15"))
	agent, approver, lead := st.signIn(st.Agent), st.signIn(st.Approver), st.signIn(st.Lead)
	agent.see(number)
	agent.done(agent.take(number, "claim", ""))
	lead.see(number)
	lead.done(lead.take(number, "approve", ""))
	approver.see(number)
	approver.done(approver.take(number, "approve", ""), "Die Änderung wird jetzt umgesetzt.")
	lead.see(number, "Jetzt umsetzen")
	lead.open("/auftraege/"+number+"/schritt/apply").is(200).shows("Verbindlich umsetzen", "https://www.bautzen.example/neu/sepa.pdf")
	lead.done(lead.take(number, "apply", ""), "Die Änderung ist umgesetzt.", "Abnahme")
	st.is(number, "applied")
}

// TestADoubleClickCountsOnce sends the same form twice.
func TestADoubleClickCountsOnce(t *testing.T) {
	st := newStage(t)
	number := st.file(st.Clerk, fee(2500, "2027-01-01"))
	agent := st.signIn(st.Agent)
	agent.see(number)
	first := agent.take(number, "claim", "").is(303)
	second := agent.take(number, "claim", "").is(303)
	if first.header.Get("Location") != second.header.Get("Location") {
		t.Errorf("%s, then %s", first.header.Get("Location"), second.header.Get("Location"))
	}
	for range 2 {
		agent.send("/auftraege/"+number+"/kommentar", url.Values{"text": {"einmal"}}).is(303)
	}
	if n := st.get(st.Agent, requests+"/"+number+"/events").items(); n != 3 {
		t.Errorf("%d events, want submit, claim, comment", n)
	}
}

// TestStaleDecisions lets somebody decide on what is no longer so: nothing is lost, and it can be sent again.
func TestStaleDecisions(t *testing.T) {
	st := newStage(t)
	number := st.file(st.Clerk, fee(2500, "2027-01-01"))
	st.do(st.Agent, number, "claim", "").is(200)
	approver, lead := st.signIn(st.Approver), st.signIn(st.Lead)
	approver.see(number)
	lead.open("/auftraege/" + number + "/schritt/reject").is(200)
	st.edit(st.Agent, number, object{"changes": []object{{"field": "gebuehren.erste", "new": 2700}}}).is(200)

	r := approver.take(number, "approve", "").is(409).shows("Der Schritt wurde nicht ausgeführt", "Angaben geändert", "Bearbeitung KISA", "27,00 €", "Ihre Entscheidung galt einem früheren Stand")
	st.get(st.Approver, requests+"/"+number).is(200).has("lanes/0/given", 0)
	approver.html = string(r.body)
	approver.done(approver.take(number, "approve", ""), "Ihre Freigabe ist gespeichert.")

	r = lead.take(number, "reject", "Nicht in der Satzung <vorgesehen>.").is(409).shows("Nicht in der Satzung &lt;vorgesehen&gt;.</textarea>", "Freigegeben", "Ihre Eingabe ist noch da.")
	lead.html = string(r.body)
	lead.done(lead.take(number, "reject", "Nicht in der Satzung vorgesehen."), "Der Auftrag ist abgelehnt.")

	approver.take(number, "reject", "Auch ich sage nein.").is(409).shows("Dieser Schritt ist im Zustand „abgelehnt“ nicht möglich.", "Auch ich sage nein.").hides("<textarea")
}

// TestRejectingKeepsWhatWasTyped sends reasons that can't be taken.
func TestRejectingKeepsWhatWasTyped(t *testing.T) {
	st := newStage(t)
	number := st.file(st.Clerk, fee(2500, "2027-01-01"))
	lead := st.signIn(st.Lead)
	lead.open("/auftraege/"+number+"/schritt/reject").is(200).shows("Verbindlich ablehnen", `aria-required="true"`)
	lead.take(number, "reject", "").is(422).shows("<title>Fehler:", "Schreiben Sie, worum es geht.", `href="#comment"`)
	long := strings.Repeat("zu lang ", 700)
	lead.take(number, "reject", long).is(422).shows("Fehler:", long)
	lead.send("/auftraege/"+number+"/schritt/reject", url.Values{"comment": {"ohne Stand"}}).is(422).shows("ohne Stand")
	st.is(number, "submitted")
	clerk := st.signIn(st.Clerk)
	clerk.see(number)
	clerk.take(number, "reject", "Ich darf das nicht, versuche es aber.").is(403).shows("Ich darf das nicht, versuche es aber.")
	clerk.open("/auftraege/" + number + "/schritt/reject").is(409).shows("nicht möglich")
	clerk.open("/auftraege/" + number + "/schritt/fail").is(404)
	clerk.open("/auftraege/" + number + "/schritt/submit").is(404)
	clerk.sendAs("/auftraege/"+number+"/schritt/withdraw", url.Values{"version": {"1"}}).is(403)
	st.is(number, "submitted")
}

// TestRequestsOfOthersAreNotThere visits everything about a foreign request.
func TestRequestsOfOthersAreNotThere(t *testing.T) {
	st := newStage(t)
	number := st.file(st.Clerk, fee(2500, "2027-01-01"))
	file := st.attach(st.Clerk, number, []part{{"file", "satzung.pdf", pdf}}).is(201)
	other := st.signIn(st.LeipzigClerk)
	other.open("/")
	id := file.at("id").(float64)
	for _, path := range []string{"", "/aenderungen", "/verlauf", "/verlauf?nur=kommentare", "/akte", "/schritt/withdraw", "/anlagen/" + itoa(int(id))} {
		other.open("/auftraege/"+number+path).is(404).hides("Geburtsurkunde", "25,00")
	}
	other.take(number, "withdraw", "").is(404)
	other.send("/auftraege/"+number+"/kommentar", url.Values{"text": {"Hallo"}}).is(404)
	other.enclose(number, part{"file", "x.pdf", pdf}).is(404)
	for _, path := range []string{"KA-2026-999999", "KA-2026-1", "%00", "KA-2026-000001%27"} {
		other.open("/auftraege/" + path).is(404)
	}
}

// TestPagesOfferExactlyWhatTheRulesAllow compares the buttons of everybody in every state with the rules.
func TestPagesOfferExactlyWhatTheRulesAllow(t *testing.T) {
	st := newStage(t)
	numbers := map[models.Status]string{}
	for i, s := range models.Statuses {
		numbers[s] = st.inState(s, 2100+100*i)
	}
	for _, u := range []models.User{st.Clerk, st.Clerk2, st.Approver, st.Deputy, st.TenantAdmin, st.Agent, st.Agent2, st.Lead, st.AgentLead, st.Admin, st.Auditor} {
		v := st.signIn(u)
		for s, number := range numbers {
			r := v.see(number)
			var got, want []string
			for _, m := range offered.FindAllStringSubmatch(string(r.body), -1) {
				got = append(got, m[1]+m[2])
			}
			k, err := st.s.Case(t.Context(), u, number)
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range k.Can {
				switch a {
				case models.Submit: // where the draft is filled in
				case models.Edit:
					want = append(want, "felder")
				default:
					want = append(want, string(a))
				}
			}
			slices.Sort(got)
			slices.Sort(want)
			if got = slices.Compact(got); !slices.Equal(got, want) {
				t.Errorf("%s, %s: the page offers %v, the rules allow %v", u.Name, s, got, want)
			}
		}
	}
}

// inState takes a new request to a state.
func (st *stage) inState(s models.Status, cents int) string {
	st.Helper()
	body := filing("gebuehren.erste", cents, "from", "2027-06-01")
	switch s {
	case models.Draft:
		body["submit"] = false
	case models.Applied, models.Accepted:
		body = filing("gebuehren.erste", cents, "by", "2027-06-01")
	}
	if s == models.Failed {
		return st.failing(1050)
	}
	n := st.file(st.Clerk, body)
	if s != models.Draft && s != models.Submitted {
		st.do(st.Agent, n, "claim", "").is(200)
	}
	switch s {
	case models.Question:
		st.do(st.Agent, n, "ask", "Welche?").is(200)
	case models.Rejected:
		st.do(st.Agent, n, "reject", "doppelt").is(200)
	case models.Withdrawn:
		st.do(st.Clerk, n, "withdraw", "").is(200)
	case models.Approved, models.Applied, models.Accepted:
		st.do(st.Approver, n, "approve", "").is(200)
		st.do(st.Lead, n, "approve", "").is(200)
	}
	if s == models.Applied || s == models.Accepted {
		st.do(st.Lead, n, "apply", "").is(200)
	}
	if s == models.Accepted {
		st.do(st.Clerk, n, "accept", "").is(200)
	}
	st.is(n, string(s))
	return n
}

// failing is a request whose old value is gone by the time the clock looks at it.
func (st *stage) failing(cents int) string {
	st.Helper()
	slow := st.file(st.Clerk, filing("gebuehren.weitere", cents, "by", "2027-06-01"))
	quick := st.file(st.Clerk, filing("gebuehren.weitere", cents+1, "by", "2027-06-01"))
	st.approved(quick)
	if _, _, err := st.s.Knock(st.Context()); err != nil {
		st.Fatal(err)
	}
	st.do(st.Agent, slow, "claim", "").is(200)
	st.do(st.Approver, slow, "approve", "").is(200)
	st.do(st.Lead, slow, "approve", "").is(200)
	if _, _, err := st.s.Knock(st.Context()); err != nil {
		st.Fatal(err)
	}
	return slow
}

// enclose uploads a document from the page shown last.
func (v *visitor) enclose(number string, parts ...part) *reply {
	v.Helper()
	body, kind := v.form(parts...)
	query := "?csrf=" + csrfField.FindStringSubmatch(v.html)[1]
	if m := keyField.FindStringSubmatch(v.html); m != nil {
		query += "&key=" + m[1]
	}
	req := httptest.NewRequest(http.MethodPost, "/auftraege/"+number+"/anlagen"+query, bytes.NewReader(body))
	req.Header.Set("Content-Type", kind)
	return v.do(req)
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
	clerk.cookies["fw-sprache"] = "en"
	clerk.see(number, "What happens next", "from 1 January 2027", "Withdraw the request").hides("Was als Nächstes")
	clerk.open("/auftraege/" + number + "/schritt/withdraw").is(200).shows("Withdraw for good")
	clerk.open("/auftraege/"+number+"/akte").is(200).shows("File of "+number, "As of")
}
