package e2e

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestClerkFilesByKeyboard: example 1, 25 € instead of 20 € from 1 January, without a mouse.
func TestClerkFilesByKeyboard(t *testing.T) {
	h := newHouse(t)
	p := h.visitor(clerk)
	p.open("/anmelden")
	p.tabTo("#email")
	p.keys(clerk)
	p.tabTo("#password")
	p.keys(demoPassword)
	p.enterKey()
	p.tabTo(`a[href="/auftraege/neu"]`)
	p.enterKey()
	p.accessible()
	p.tabTo(`a[href="/auftraege/neu/KOMM24Geburtsurkunde"]`)
	p.enterKey()
	p.accessible()
	p.tabTo(`input[name=abschnitt][value=gebuehren]`)
	p.keys(" ")
	p.tabTo(`button[name=weiter]`)
	p.enterKey()
	p.accessible()
	p.tabTo(fee)
	p.keys("25")
	if got := ask[string](p, "document.activeElement.value"); got != "25" {
		t.Errorf("typing into the focused field gives %q", got)
	}
	p.tabTo(`button[name=weiter]:not([tabindex="-1"])`)
	p.enterKey()
	p.accessible()
	p.tabTo(`input[name=art]`)
	p.keys(" ")
	p.tabTo("#datum")
	p.keys("1.1.2027")
	p.tabTo(`button[name=weiter]`)
	p.enterKey()
	p.sees("Gebühr erste Geburtsurkunde: 20,00 € → 25,00 €, ab 01.01.2027")
	p.accessible()
	p.tabTo(`button.fw-big`)
	p.enterKey()
	p.sees("eingereicht", "Gebühr erste Geburtsurkunde: 20,00 € → 25,00 €, ab 01.01.2027")
	p.accessible()
	number := p.number()

	// and the approver says yes with the keyboard alone
	q := h.signIn(approver)
	q.tabTo(`a[href="/auftraege/` + number + `"]`)
	q.enterKey()
	q.accessible()
	q.tabTo(`form[action$="/schritt/approve"] button`)
	q.enterKey()
	q.sees("1 von 1 erteilt")
}

// TestClerkFilesTheLinkQuickly: example 2 from the start page, in less than ten clicks.
func TestClerkFilesTheLinkQuickly(t *testing.T) {
	h := newHouse(t)
	p := h.signIn(clerk)
	p.clicks = 0
	number := p.files("Geburtsurkunde", "zahlung", sepa, "https://www.xyz.example/sepa.pdf", "by", "1.2.2027")
	if p.clicks >= 10 {
		t.Errorf("filing took %d clicks", p.clicks)
	}

	// an agent and a lead handle it in three clicks each
	a := h.signIn(agent)
	a.sees(number)
	a.clicks = 0
	a.follow(number)
	a.follow("Auftrag übernehmen")
	if a.clicks > 3 {
		t.Errorf("claiming took %d clicks", a.clicks)
	}
	h.signIn(approver).takes(number, "Freigeben")
	l := h.signIn(lead)
	l.clicks = 0
	l.follow(number)
	l.follow("Freigeben")
	if l.clicks > 3 {
		t.Errorf("approving took %d clicks", l.clicks)
	}
	p.become(number, "umgesetzt")
	if live := h.fetch("/public/v1/forms/14625020/KOMM24Geburtsurkunde"); !strings.Contains(live, "https://www.xyz.example/sepa.pdf") {
		t.Errorf("the form's runtime reads %s", live)
	}
	p.takes(number, "Ergebnis abnehmen")
	p.sees("abgenommen")
}

// TestNewYearsEve: approved in time, the rehearsal's clock passes midnight, the form changes, the mails can be read.
func TestNewYearsEve(t *testing.T) {
	h := newHouse(t, "FORMWANDEL_ENV=rehearsal", "FORMWANDEL_CLOCK=2026-12-31T12:00:00+01:00")
	p := h.signIn(clerk)
	p.sees("Probebetrieb")
	number := p.files("Geburtsurkunde", "gebuehren", fee, "25,00 €", "from", "01.01.2027")
	h.signIn(agent).takes(number, "Auftrag übernehmen")
	h.signIn(approver).takes(number, "Freigeben")
	l := h.signIn(lead)
	l.takes(number, "Freigeben")
	l.sees("freigegeben")
	if live := h.fetch("/public/v1/forms/14625020/KOMM24Geburtsurkunde"); !strings.Contains(live, `"gebuehren.erste":2000`) {
		t.Errorf("the form changed before its day: %s", live)
	}

	// a minute before midnight the house is started again; then the year turns
	h.stop()
	h.env = append(h.env, "FORMWANDEL_CLOCK=2026-12-31T23:59:55+01:00")
	h.serve()
	h.eventually("the new fee is live", func() bool {
		return strings.Contains(h.fetch("/public/v1/forms/14625020/KOMM24Geburtsurkunde"), `"gebuehren.erste":2500`)
	})
	a := h.signIn(admin)
	a.open("/verwaltung/postausgang")
	a.accessible()
	a.sees(clerk)
	a.open("/verwaltung/postausgang?state=sent")
	a.follow("Umgesetzt")
	a.sees(number, "25,00 €")
	a.accessible()
}

// TestAgentTurnsAWishIntoChanges: words become typed changes, the clerk sees them before anybody approves.
func TestAgentTurnsAWishIntoChanges(t *testing.T) {
	h := newHouse(t)
	p := h.signIn(clerk)
	p.follow("Neuer Änderungsauftrag")
	p.follow("Geburtsurkunde")
	p.tick(`input[name=abschnitt][value=gebuehren]`)
	p.tick("#wunsch")
	p.follow("Weiter")
	p.write("#wunsch", "Bitte nehmen Sie ab Januar 25 Euro für die erste Geburtsurkunde.")
	p.follow("Weiter")
	p.tick(`input[name=art][value=from]`)
	p.write("#datum", "1.1.2027")
	p.follow("Weiter")
	p.follow("verbindlich einreichen")
	number := p.number()

	a := h.signIn(agent)
	a.takes(number, "Auftrag übernehmen")
	a.sees("Bitte nehmen Sie ab Januar 25 Euro")
	a.follow("Wunsch in Änderungen übersetzen")
	a.write(fee, "25")
	a.press(`button[name=weiter]:not([tabindex="-1"])`)
	a.says(number, "Rückfrage stellen", "Ist es so gemeint?", "Rückfrage senden")

	l := h.signIn(lead)
	l.reads(number)
	l.seesNot("Sie können freigeben")
	if ask[bool](l, `!!document.querySelector('form[action$="/schritt/approve"]')`) {
		t.Error("the lead may approve what the clerk has not seen")
	}
	p.reads(number)
	p.sees("Ist es so gemeint?", "20,00 € → 25,00 €")
	p.accessible()
	p.write("#comment", "Ja, genau so.")
	p.follow("Antwort senden")
	l.takes(number, "Freigeben")
	h.signIn(approver).takes(number, "Freigeben")
	l.become(number, "freigegeben")
}

// TestConflictAndRebase: two requests on one field; the second is not applied over the first, and goes on with today's value.
func TestConflictAndRebase(t *testing.T) {
	h := newHouse(t)
	p, a, f, l := h.signIn(clerk), h.signIn(agent), h.signIn(approver), h.signIn(lead)
	first := p.files("Geburtsurkunde", "zahlung", sepa, "https://www.xyz.example/eins.pdf", "by", "1.2.2027")
	second := p.files("Geburtsurkunde", "zahlung", sepa, "https://www.xyz.example/zwei.pdf", "by", "1.3.2027")
	for _, n := range []string{first, second} {
		a.takes(n, "Auftrag übernehmen")
		f.takes(n, "Freigeben")
	}
	l.takes(first, "Freigeben")
	p.become(first, "umgesetzt")
	l.takes(second, "Freigeben")
	a.become(second, "nicht umgesetzt")
	a.sees("eins.pdf", "Erwartet", "Vorgefunden")
	a.accessible()
	a.says(second, "Aktuelle Werte übernehmen", "", "Werte übernehmen und neu prüfen")
	a.sees("in Prüfung")
	f.takes(second, "Freigeben")
	l.takes(second, "Freigeben")
	p.become(second, "umgesetzt")
}

// TestTwoAgentsOnOneRequest: who is first gets it; the other one learns what happened and loses no word.
func TestTwoAgentsOnOneRequest(t *testing.T) {
	h := newHouse(t)
	number := h.signIn(clerk).files("Geburtsurkunde", "gebuehren", fee, "25", "from", "1.1.2027")
	a, b := h.signIn(agent), h.signIn(agent2)
	a.reads(number)
	b.reads(number)
	b.eventually("the second sees that the first is looking", func() bool {
		return strings.Contains(b.text(), "Antragsmanagement KISA")
	})
	a.follow("Auftrag übernehmen")
	b.follow("Auftrag übernehmen")
	b.sees("inzwischen")
	b.accessible()
	b.reads(number)
	b.sees("Antragsmanagement KISA")
}

// TestDraftKeepsWhatWasTyped: leaving in the middle loses nothing, not even what is wrong.
func TestDraftKeepsWhatWasTyped(t *testing.T) {
	h := newHouse(t)
	p := h.signIn(clerk)
	p.follow("Neuer Änderungsauftrag")
	p.follow("Geburtsurkunde")
	p.tick(`input[name=abschnitt][value=gebuehren]`)
	p.follow("Weiter")
	page := p.where()
	p.write(fee, "fünfundzwanzig")
	p.press(`button[name=weiter]:not([tabindex="-1"])`)
	p.sees("Fehler:", "Es gibt ein Problem")
	if id := ask[string](p, "document.activeElement.id"); id != "fehler" {
		t.Errorf("the focus is on %q, not on the summary", id)
	}
	p.accessible()
	p.write(fee, "250")
	p.keys(kb.Tab)
	p.eventually("the page asks about a tenfold jump", func() bool { return strings.Contains(flat(p.text()), "Meinten Sie 25,00 €?") })
	p.eventually("the draft is saved", func() bool { return strings.Contains(p.text(), "Gespeichert") })
	p.open("/")
	p.sees("Entwürfe")
	p.open(page)
	if got := ask[string](p, `document.querySelector('`+`[id="f-gebuehren.erste"]`+`').value`); !strings.HasPrefix(got, "250") {
		t.Errorf("the draft came back with %q", got)
	}
}

// TestBackAfterAnError: the browser's Back leads to the page, and does not ask whether to send once more what was refused.
func TestBackAfterAnError(t *testing.T) {
	h := newHouse(t)
	p := h.signIn(clerk)
	p.open("/auftraege/neu/KOMM24Geburtsurkunde")
	p.tick(`input[name=abschnitt][value=gebuehren]`)
	p.follow("Weiter")
	next := `button[name=weiter]:not([tabindex="-1"])`
	p.press(next)
	p.sees("Es gibt ein Problem")
	p.tick(`.fw-problems a[href="#felder"]`)
	if got := ask[string](p, "document.activeElement.name + ' ' + document.activeElement.type"); !strings.HasPrefix(got, "f-") || strings.Contains(got, "hidden") {
		t.Errorf("the link of the summary leads to %q", got)
	}
	p.write(fee, "abc")
	p.press(next)
	p.sees("Es gibt ein Problem")
	p.write(fee, "25")
	p.press(next)
	p.sees("Wann")
	p.turn(chromedp.NavigateBack())
	p.sees("Gebühr erste Geburtsurkunde")
	if got := ask[string](p, `document.querySelector('[id="f-gebuehren.erste"]').value`); !strings.HasPrefix(got, "25") {
		t.Errorf("the fee is %q", got)
	}
}
