package e2e

import "testing"

// TestWithoutScripts: the whole story with JavaScript off.
func TestWithoutScripts(t *testing.T) {
	h := newHouse(t)
	p := h.plain(clerk).enter(clerk)
	number := p.files("Geburtsurkunde", "zahlung", sepa, "https://www.xyz.example/sepa.pdf", "by", "1.2.2027")
	a := h.plain(agent).enter(agent)
	a.sees(number)
	a.says(number, "Auftrag übernehmen", "", "Rückfrage stellen")
	a.write("#comment", "Gilt das auch für die anderen Formulare?")
	a.follow("Rückfrage senden")
	p.reads(number)
	p.write("#comment", "Nein, nur für dieses.")
	p.follow("Antwort senden")
	h.plain(approver).enter(approver).takes(number, "Freigeben")
	l := h.plain(lead).enter(lead)
	l.takes(number, "Freigeben")
	p.become(number, "umgesetzt")
	p.takes(number, "Ergebnis abnehmen")
	p.sees("abgenommen")
	p.write("#text", "Danke, alles stimmt.")
	p.press(`form[action$="/kommentar"] button`)
	p.sees("Danke, alles stimmt.")
}
