package e2e

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// TestScreenshots takes the README's pictures; `make screenshots` says where to.
func TestScreenshots(t *testing.T) {
	folder := os.Getenv("FORMWANDEL_TEST_SCREENSHOTS")
	if folder == "" {
		t.Skip("only on demand: make screenshots")
	}
	h := newHouse(t, "FORMWANDEL_ENV=rehearsal", "FORMWANDEL_CLOCK=2026-11-24T09:30:00+01:00")
	p := h.signIn(clerk)
	first := p.files("Geburtsurkunde", "gebuehren", fee, "25", "from", "1.1.2027")
	p.files("Hundesteueranmeldung", "zahlung", sepa, "https://www.xyz.example/sepa.pdf", "by", "4.12.2026")
	h.signIn(agent).says(first, "Auftrag übernehmen", "", "Rückfrage stellen")
	save := func(p *person, name string) {
		if err := os.WriteFile(filepath.Join(folder, name+".png"), p.picture(), 0o600); err != nil {
			t.Fatal(err)
		}
	}

	p.open("/")
	save(p, "start")
	p.follow("Neuer Änderungsauftrag")
	p.follow("Geburtsurkunde")
	p.tick(`input[name=abschnitt][value=zahlung]`)
	p.follow("Weiter")
	p.write(sepa, "https://www.xyz.example/sepa.pdf")
	save(p, "fields")
	p.follow("Weiter")
	p.tick(`input[name=art][value=by]`)
	p.write("#datum", "1.2.2027")
	p.follow("Weiter")
	save(p, "check")
	p.reads(first)
	save(p, "request")

	a := h.signIn(agent2)
	save(a, "queue")
	dark := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}}
	if _, err := chromedp.Call(a.tab, emulation.SetEmulatedMedia, dark); err != nil {
		t.Fatal(err)
	}
	a.do(chromedp.EmulateViewport(390, 844))
	a.open("/auftraege")
	save(a, "queue-phone")
}
