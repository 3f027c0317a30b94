package handlers_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
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

	approver.take(number, "reject", "Auch ich sage nein.").is(409).shows("Dieser Schritt ist im Zustand „abgelehnt“ nicht möglich. Welche Schritte jetzt möglich sind, steht beim Auftrag.", "Auch ich sage nein.").hides("<textarea")
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
	clerk.open("/auftraege/" + number + "/schritt/reject").is(403).shows("Ihre Rolle erlaubt diesen Schritt nicht.")
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
