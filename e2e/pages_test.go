package e2e

import "testing"

// everyPage lists the pages that a role reaches, each held against WCAG in light and dark and at 320 pixels.
var everyPage = map[string][]string{
	clerk: {
		"/", "/auftraege", "/auftraege/neu", "/auftraege/neu/KOMM24Geburtsurkunde", "/formulare", "/formulare/14625020/KOMM24Geburtsurkunde", "/formulare/14625020/KOMM24Geburtsurkunde/fassungen",
		"/formulare/14625020/KOMM24Geburtsurkunde/am?tag=1.1.2027", "/formulare/14625020/KOMM24Geburtsurkunde/feld/gebuehren.erste", "/kalender", "/kalender/liste", "/zahlen",
		"/hilfe", "/hilfe/sachbearbeitung", "/hilfe/woerter", "/impressum", "/datenschutz", "/barrierefreiheit", "/gibtesnicht", "/zahlen?jahr=abc",
	},
	townAdmin: {"/", "/verwaltung", "/verwaltung/personen", "/verwaltung/freigaben", "/verwaltung/rechtevergabe/14625020", "/konto/tokens", "/formulare/14625020/KOMM24Wohngeld"},
	approver:  {"/", "/freigaberegeln/14625020"},
	agent:     {"/auftraege", "/auftraege?status=submitted&sort=due", "/auftraege?sort=unsinn", "/formulare", "/kalender", "/zahlen"},
	admin: {
		"/verwaltung", "/verwaltung/kommunen", "/verwaltung/kommunen/14625020", "/verwaltung/personen", "/verwaltung/freigaben", "/verwaltung/assistenten", "/verwaltung/assistenten/KOMM24Geburtsurkunde",
		"/verwaltung/postausgang", "/verwaltung/postausgang/vorlagen", "/verwaltung/protokoll", "/verwaltung/einstellungen", "/verwaltung/sicherheit", "/konto", "/konto/zweiter-faktor", "/konto/zweiter-faktor/passkey", "/konto/notfallcodes",
	},
	auditor: {"/verwaltung", "/verwaltung/protokoll", "/verwaltung/protokoll/pruefpunkte", "/verwaltung/sicherheitsprotokoll", "/auftraege"},
}

// TestEveryPageIsAccessible walks all pages of all roles, in German; the English ones differ in words only.
func TestEveryPageIsAccessible(t *testing.T) {
	h := newHouse(t)
	p := h.signIn(clerk)
	number := p.files("Geburtsurkunde", "gebuehren", fee, "25", "from", "1.1.2027")
	for who, paths := range everyPage {
		q := h.signIn(who)
		for _, path := range paths {
			if status := q.open(path); status >= 500 || status == 403 {
				t.Errorf("%s opens %s: %d", who, path, status)
			}
			q.accessible()
		}
	}
	a := h.signIn(agent)
	for _, path := range []string{"", "/schritt/reject", "/schritt/claim", "/verlauf", "/akte", "/aenderungen"} {
		a.open("/auftraege/" + number + path)
		a.accessible()
	}
}

// foreign are pages that each role must not find, by status.
var foreign = map[string]map[string]int{
	clerk:     {"/verwaltung": 403, "/verwaltung/postausgang": 403, "/formulare/14713000/KOMM24Geburtsurkunde": 404, "/auftraege/KA-2026-999999": 404},
	approver:  {"/auftraege/neu": 403, "/verwaltung/personen": 403},
	townAdmin: {"/verwaltung/postausgang": 403, "/verwaltung/einstellungen": 403},
	agent:     {"/auftraege/neu": 403, "/verwaltung/personen": 403, "/verwaltung/postausgang": 403},
	lead:      {"/verwaltung/einstellungen": 403},
}

// TestEveryRoleSeesItsPages: what is somebody else's is refused, and the menu does not offer it.
func TestEveryRoleSeesItsPages(t *testing.T) {
	h := newHouse(t)
	menus := map[string]map[string]bool{
		clerk: {"Start": true, "Aufträge": true, "Formulare": true, "Verwaltung": false}, approver: {"Start": true, "Verwaltung": false},
		townAdmin: {"Start": true, "Verwaltung": true}, deputy: {"Start": true}, agent: {"Start": false, "Aufträge": true, "Verwaltung": false},
		lead: {"Aufträge": true, "Verwaltung": false}, admin: {"Verwaltung": true}, auditor: {"Verwaltung": true},
	}
	for who, menu := range menus {
		p := h.signIn(who)
		words := ask[string](p, "document.querySelector('nav.fw-nav').innerText")
		for item, offered := range menu {
			if has := containsWord(words, item); has != offered {
				t.Errorf("%s: the menu offers %s: %v", who, item, has)
			}
		}
		for path, want := range foreign[who] {
			if status := p.open(path); status != want {
				t.Errorf("%s opens %s: %d, want %d", who, path, status, want)
			}
		}
	}
}
