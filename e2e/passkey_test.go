package e2e

import (
	"net"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
)

// namedHouse starts a house under a name, as passkeys want it.
func namedHouse(t *testing.T) *house {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	h := newHouse(t, "FORMWANDEL_ADDR=127.0.0.1:"+port, "FORMWANDEL_BASE_URL=http://localhost:"+port)
	h.url = "http://localhost:" + port
	return h
}

// key gives a browser an authenticator of its own, which always says yes.
func (p *person) key() webauthn.AuthenticatorID {
	p.Helper()
	_, err := chromedp.Call(p.tab, webauthn.Enable, webauthn.EnableParams{})
	if err != nil {
		p.Fatal(err)
	}
	added, err := chromedp.Call(p.tab, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: "ctap2", Transport: "internal", HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
	}})
	if err != nil {
		p.Fatal(err)
	}
	return added.AuthenticatorID
}

// invited makes an account that is nobody's demonstration, and opens the page that asks for its password.
func (p *person) invited(email string) *person {
	p.Helper()
	p.run("user", "add", "--email="+email, "--name=Standesamt Bautzen", "--role=clerk", "--municipality="+bautzen)
	link := regexp.MustCompile(`http://\S+`).FindString(p.run("user", "password", "--email="+email))
	p.open(strings.TrimPrefix(link, p.url))
	return p
}

// chooses chooses the password of who is invited.
func (p *person) chooses() {
	p.Helper()
	p.write("#password", demoPassword)
	p.press("main form button[type=submit]")
}

// TestPasskeyInTheBrowser tells of a clerk who sets up a passkey, signs in with it after the password, and then without any.
func TestPasskeyInTheBrowser(t *testing.T) {
	h := namedHouse(t)
	p := h.visitor("Standesamt")
	p.key()
	const office = "standesamt@bautzen.example"
	p.invited(office).accessible()
	p.chooses()
	p.enter(office)
	p.open("/konto")
	p.accessible()
	p.follow("Zweiten Faktor einrichten")
	p.accessible()
	p.follow("Passkey einrichten")
	p.accessible()
	p.write("#name", "Dienstlaptop")
	p.follow("Passkey erstellen")
	p.sees("Der zweite Faktor ist eingerichtet", "Notfallcodes")
	p.accessible()
	p.follow("Neue Notfallcodes anzeigen")
	p.sees("Sie werden nur jetzt angezeigt")
	p.accessible()
	p.follow("Ich habe die Codes aufbewahrt")
	p.sees("Passkey: Dienstlaptop", "Noch 10 Notfallcodes")
	p.accessible()

	p.press("form[action='/abmelden'] button")
	p.enter(office)
	p.sees("Ihr Konto ist mit einem zweiten Faktor geschützt")
	p.accessible()
	p.follow("Passkey benutzen")
	p.sees("Aufträge")
	if p.where() == "/anmelden/zweiter-faktor" {
		t.Error("the passkey opens nothing")
	}

	p.press("form[action='/abmelden'] button")
	p.follow("Mit Passkey anmelden")
	p.open("/konto")
	p.sees("mit Passkey", "dieser Browser")

	plain := h.plain("Standesamt ohne Skripte").enter(office)
	plain.sees("Für Passkeys muss JavaScript im Browser eingeschaltet sein")
}

// TestAPasskeyIsNeededInTheBrowser tells of an administrator who requires passkeys of clerks, and of a clerk who is offered nothing else.
func TestAPasskeyIsNeededInTheBrowser(t *testing.T) {
	h := namedHouse(t)
	chief := h.visitor("Administration").enter(admin)
	chief.open("/verwaltung/sicherheit")
	chief.tick("#faktor-clerk-passkey")
	chief.press("main form button[type=submit]")
	chief.sees("Die Vorgabe ist gespeichert")
	chief.accessible()

	p := h.visitor("Standesamt")
	p.key()
	const office = "standesamt@bautzen.example"
	p.invited(office)
	p.chooses()
	p.enter(office)
	p.sees("Für Ihre Rolle ist ein Passkey vorgeschrieben", "Passkey einrichten")
	p.seesNot("App mit Codes")
	p.accessible()
	p.follow("Passkey einrichten")
	p.write("#name", "Dienstlaptop")
	p.follow("Passkey erstellen")
	p.sees("Der zweite Faktor ist eingerichtet")
	p.press("form[action='/abmelden'] button")
	p.enter(office)
	p.sees("ein Code aus der App genügt nicht")
	p.accessible()
	p.follow("Passkey benutzen")
	p.sees("Aufträge")
	p.open("/konto")
	p.sees("Für Ihre Rolle ist ein Passkey vorgeschrieben")
}
