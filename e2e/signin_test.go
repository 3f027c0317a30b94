package e2e

import "testing"

func TestSigningInAndOut(t *testing.T) {
	h := newHouse(t)
	p := h.visitor("Sachbearbeitung")
	p.open("/")
	p.sees("Anmelden", "Konten der Vorführung")
	p.accessible()
	p.press("main form button[type=submit]")
	p.sees("Fehler:", "Es gibt ein Problem", "Geben Sie Ihre E-Mail-Adresse ein.")
	if id := ask[string](p, "document.activeElement.id"); id != "fehler" {
		t.Errorf("the focus is on %q, not on the summary of errors", id)
	}
	p.accessible()
	p.enter("sachbearbeitung@bautzen.example")
	p.sees("Guten Tag, Sachbearbeitung Bautzen", "Neuer Änderungsauftrag")
	p.accessible()
}

func TestSigningInWithoutScripts(t *testing.T) {
	h := newHouse(t)
	p := h.plain("Sachbearbeitung").enter("sachbearbeitung@bautzen.example")
	p.sees("Guten Tag, Sachbearbeitung Bautzen")
}
