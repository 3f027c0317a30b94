package e2e

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	. "formwandel/models/modelstest"
)

// rounds are typed one after the other, each with a share of all payloads; in each every field takes so many that are asked of it.
const (
	rounds = 10
	asked  = 50
)

// meek is what somebody types who means no harm, in as many words as a payload has.
var meek = []string{
	"Satzung vom 1. Januar", "Bitte ab sofort", "Gebühr & Auslagen", "O'Neill", `sogenannte "Gebühr"`, "[Satzung](https://www.bautzen.example/satzung.pdf)", "**wichtig**", "eins, zwei", "10 < 20", "a=b", "https://www.bautzen.example/", "javascript", "{Klammer}", "Zeile 2", "noch eine Zeile", "Ä Ö Ü ß", "§ 5 Abs. 2", "1/2", "#4", "50 %",
}

// TestScriptsStayWords: whatever is typed into every text field there is, no page of anybody runs it, asks anybody for
// anything, or has an element more than with harmless words: with the pages' policy switched off in the browser.
func TestScriptsStayWords(t *testing.T) {
	rounds := dealt(payloads(), rounds, rand.New(rand.NewPCG(uint64(Seed(t)), 35)))[:Share(rounds)]
	h := namedHouse(t) // passkeys want a name
	v := newViews(h)
	for n := range append([][]payload{nil}, rounds...) {
		r := &round{typists: v.typists, n: n, words: func(p payload) string { return p.text }}
		if v.learns = n == 0; v.learns {
			for i, words := range meek {
				r.list = append(r.list, payload{number: -i, text: words})
			}
		} else {
			r.list = rounds[n-1]
		}
		began := time.Now()
		r.types()
		v.collects(r)
		typed := time.Now()
		v.everywhere(r, n == len(rounds))
		t.Logf("round %d: typed in %v, read in %v, %d pages", n, typed.Sub(began), time.Since(typed), v.pages)
	}
	taken := v.account(rounds)
	tried := 0
	for _, list := range rounds {
		tried += len(list)
	}
	Score(t, "S35", "payloads typed into every text field and looked at on every page in Chromium with the policy switched off (the last round once more with it)", tried,
		fmt.Sprintf("%s; %d kinds of pages, %d pages looked at: 0 ran, 0 dialogs, 0 requests elsewhere, 0 elements more than with harmless words", taken, v.known, v.pages))
}

// types does all the typing of a round.
func (r *round) types() {
	r.Helper()
	for _, who := range []*hand{r.clerk, r.approver, r.town, r.agent, r.lead, r.admin} {
		who.signIn()
	}
	r.worded()
	r.named()
	r.labels()
	r.granted()
	r.writes()
	r.a, r.b = r.asked("by", 0), r.asked("from", 1)
	r.talk(r.a, true)
	r.talk(r.b, false)
	r.eventually("applied", func() bool {
		_, now := r.clerk.call("GET", "/requests/"+r.a, nil)
		return now["status"] == "applied"
	})
	if r.clerk.step(r.a, "accept", first(r.one(5000))) != 200 {
		r.Errorf("round %d: accepting", r.n)
	}
	r.regrets(r.b)
}

// mostPasskeys is how many an account may have.
const mostPasskeys = 20

// collects invites somebody new and lets their browser make passkeys under the round's names.
func (v *views) collects(r *round) {
	r.Helper()
	p := v.readers[collectors]
	if _, err := chromedp.Call(p.tab, network.ClearBrowserCookies, cdp.Empty{}); err != nil {
		p.give(err)
	}
	office := fmt.Sprintf("schluessel%d@bautzen.example", r.n)
	p.invited(office).chooses()
	p.enter(office)
	texts, lists := r.shortFirst().sized(80, payload.plain)
	for i, name := range texts[:min(len(texts), mostPasskeys)] {
		if _, err := chromedp.Call(p.tab, webauthn.ClearCredentials, webauthn.ClearCredentialsParams{AuthenticatorID: v.authenticator}); err != nil { // it would not make a second one for the same account
			p.give(err)
		}
		p.open("/konto/zweiter-faktor/passkey")
		p.evaluates(fmt.Sprintf(`(() => { document.querySelector("#name").value = %s; setTimeout(() => document.querySelector("[data-passkey-do]").click()); return true })()`, quoted(name)))
		taken := strings.HasPrefix(p.where(), "/konto?") || strings.HasPrefix(p.where(), "/konto/notfallcodes?")
		r.keep("name of a passkey", taken, lists[i])
		if !taken {
			p.Errorf("round %d: a passkey %q: %s", r.n, name, flat(p.text()))
		}
	}
}

// whole tells whether this is a run of the whole abuse suite.
func whole() bool { return Share(10) == 10 }

func first[A, B any](a A, _ B) A { return a }

// views are the browsers of everybody, and what they have seen.
type views struct {
	*judge
	*typists
	readers       map[string]*person
	authenticator webauthn.AuthenticatorID // of who collects passkeys
	poured        map[string]bool          // forms that were sent in this round
	opened        map[string]bool          // addresses, by kind
}

// collectors share a browser.
const collectors = "collector of passkeys"

func newViews(h *house) *views {
	h.Helper()
	v := &views{judge: &judge{harmless: map[string]bool{}, read: map[string]map[int]bool{}, told35: map[string]bool{}}, typists: newTypists(h), readers: map[string]*person{}, opened: map[string]bool{}}
	for _, email := range []string{clerk, approver, townAdmin, agent, lead, admin, auditor} {
		v.readers[email] = h.signIn(email)
	}
	v.readers[""], v.readers[collectors] = h.visitor("somebody"), h.visitor(collectors)
	v.authenticator = v.readers[collectors].key()
	for _, p := range v.readers {
		p.watch(&v.witness, true)
		p.bare()
	}
	return v
}

// everywhere opens every page as whoever sees it, some also with the words in their address, and pours the words into each kind of form.
func (v *views) everywhere(r *round, last bool) {
	r.Helper()
	words, list, all := map[int]string{}, []string{}, []string{}
	for _, p := range r.list {
		words[p.number] = r.words(p)
		list = append(list, r.words(p))
	}
	for part := range slices.Chunk(list, 24) {
		all = append(all, strings.Join(part, " ")) // a form is smaller than a page
	}
	v.poured = map[string]bool{}
	places := v.places(r)
	for i, at := range places {
		if at.framed && (r.n > 1 || r.n == 1 && !whole()) {
			continue // of all that was typed it shows the name in its frame, as every page does
		}
		p := v.readers[at.who]
		v.opens(p, at.path, words, "page")
		if strings.HasSuffix(at.path, "/akte") {
			p.printed(func() { p.judges(v.judge, words, "print") })
		}
		v.pours(p, at.path, words, all, r.n == 1 && whole())
		if at.asks {
			v.opens(p, at.path+echoed(at.path, list, i), words, "echo")
		}
	}
	v.previews(r, words)
	if last {
		for i := range Share(len(places)) {
			v.strict(places[i*len(places)/Share(len(places))], words)
		}
	}
}

func (v *views) opens(p *person, path string, words map[int]string, how string) {
	p.Helper()
	if status := p.open(path); status >= 500 {
		p.Errorf("%s opens %s: %d", p.name, path, status)
	}
	v.opened[kindOf(p.where())] = true
	p.judges(v.judge, words, how)
}

// strict opens a page as it is meant: with its policy.
func (v *views) strict(at place, words map[int]string) {
	p := v.readers[at.who]
	p.bypass(false)
	v.opens(p, at.path, words, "page with policy")
	p.bypass(true)
}

// pours sends every form of the page that is shown with the words in it, once for each kind of form and round; with deep also with what is hidden changed.
func (v *views) pours(p *person, path string, words map[int]string, list []string, deep bool) {
	p.Helper()
	forms := ask[[]string](p, typable)
	for i, form := range forms {
		parts := strings.SplitN(form, " ", 3)
		what := p.name + " " + kindOf(parts[1]) + parts[2]
		if v.poured[what] || strings.HasPrefix(parts[1], "/ansicht") {
			continue
		}
		v.poured[what] = true
		for _, hidden := range []bool{false, true}[:map[bool]int{true: 2, false: 1}[deep]] {
			if i > 0 || hidden {
				p.open(path)
			}
			if now := ask[[]string](p, typable); i >= len(now) || now[i] != form {
				continue // what was sent before has changed the page
			}
			p.pour(parts[0], list, hidden)
			p.judges(v.judge, words, "form "+kindOf(parts[1]))
		}
	}
}

// previews looks at what would be imported.
func (v *views) previews(r *round, words map[int]string) {
	p := v.readers[admin]
	const check, towns = "/verwaltung/assistenten/pruefen", "/verwaltung/kommunen/einlesen"
	next := *r
	next.n += 1000
	p.open(check)
	p.uploads(check, "fragebogen.json", string(next.definition()))
	p.judges(v.judge, words, "preview of")
	p.open(check)
	p.uploads(check, r.words(r.list[0])+".json", strings.Replace(string(next.definition()), `"key":"probe.text"`, `"key":`+quoted(r.words(r.list[1]))+`,`+quoted(r.words(r.list[2]))+`:1`, 1))
	p.judges(v.judge, words, "faults of")
	p.open(towns)
	var register strings.Builder
	for i, q := range r.plain() {
		register.WriteString(record(fmt.Sprint("146279", 10+i), r.words(q)))
	}
	p.uploads(towns, "GV100AD.txt", register.String()+r.words(r.list[0])+"\n60"+r.words(r.list[1])+"\n")
	p.judges(v.judge, words, "preview of")
}

// echoed puts words into everything that the address of a page may carry.
func echoed(path string, words []string, shift int) string {
	q := url.Values{}
	for i, name := range []string{"q", "sort", "status", "kommune", "tag", "von", "bis", "cursor", "monat", "jahr", "abschnitt", "assistant", "person", "vorgang", "erledigt", "nur", "email", "weiter"} {
		q.Set(name, words[(shift+i)%len(words)])
	}
	return map[bool]string{true: "&", false: "?"}[strings.Contains(path, "?")] + q.Encode()
}

func (p *person) printed(look func()) {
	media := func(m string) {
		if _, err := chromedp.Call(p.tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: m}); err != nil {
			p.give(err)
		}
	}
	media("print")
	look()
	media("")
}

// place is a page and who opens it.
type place struct {
	who, path string
	asks      bool // its address may ask for something
	framed    bool // shows nothing that anybody typed but the name in its frame
}

// places are all pages, with what the round has typed: "?" before those whose address asks for something, "." before those with nothing typed on them.
func (v *views) places(r *round) []place {
	form, f := "/formulare/"+bautzen+"/"+probe, "/auftraege/"
	lists := map[string][]string{
		clerk: {
			"/", "?/auftraege", "/auftraege?q=Satzung", "?" + f + "neu", f + "neu/" + probe, "?/formulare", "?" + form, form + "/am?tag=1.1.2027", form + "/fassungen", form + "/fassungen/2", "?" + form + "/vergleich?von=1&bis=2", form + "/feld/probe.mehr0", form + "/feld/probe.liste", "?/kalender", "?/kalender/liste", "?/zahlen",
			".?/konto", "./konto/daten", "./konto/kennwort", "./konto/adresse", "./konto/zweiter-faktor", "./konto/zweiter-faktor/passkey", "./konto/notfallcodes", "./hilfe", "./hilfe/sachbearbeitung", "./impressum", "./datenschutz", "./barrierefreiheit",
			"?" + f + r.a, f + r.a + "/aenderungen", "?" + f + r.a + "/verlauf", f + r.a + "/verlauf?nur=kommentare", f + r.a + "/akte", f + r.a + "/eingereicht", f + r.a + "/schritt/revert", f + r.b, f + r.b + "/schritt/withdraw",
			f + r.draft, f + r.draft + "/bearbeiten/abschnitte", f + r.draft + "/bearbeiten/felder", f + r.draft + "/bearbeiten/wann", f + r.draft + "/bearbeiten/anlagen", f + r.draft + "/bearbeiten/pruefen", "?/gibt/es/" + url.PathEscape(r.words(r.list[0])), f + url.PathEscape(r.words(r.list[1])),
			f + "hinweis?form=" + bautzen + "/" + probe + "&feld=probe.text&wert=" + url.QueryEscape(r.words(r.list[2])),
		},
		approver: {"/", f + r.b, "/freigaberegeln/" + bautzen},
		townAdmin: {
			"/verwaltung", "?" + people, people + "/neu", people + "/" + r.id[townAdmin], people + "/" + r.newID, people + "/" + r.goneID + "/vergessen", "/verwaltung/freigaben/" + bautzen, "/verwaltung/freigaben/" + bautzen + "/" + probe,
			"/verwaltung/protokoll", "/verwaltung/rechtevergabe/" + bautzen, "/verwaltung/kommunen/" + bautzen, "/konto/tokens", form + "/wartung",
		},
		agent: {"?/auftraege", f + r.a, f + r.b + "/verlauf", f + r.b + "/akte", "/formulare", "/verwaltung/kommunen/" + bautzen, "/zahlen"},
		lead:  {"/auftraege"},
		admin: {
			"?/verwaltung/kommunen", "/verwaltung/kommunen/" + bautzen, "/verwaltung/kommunen/einlesen", people + "?kommune=" + bautzen, "?" + people + "/neu?kommune=" + bautzen, people + "/" + r.id[agent], "?/verwaltung/protokoll?kommune=" + bautzen, "./verwaltung/protokoll/pruefpunkte",
			"./verwaltung/sicherheitsprotokoll", "?/verwaltung/postausgang?state=sent", "./verwaltung/postausgang/vorlagen", "./verwaltung/postausgang/vorlagen/submitted/author/de", "./verwaltung/postausgang/vorlagen/submitted/author/de/html",
			"/verwaltung/assistenten", "/verwaltung/assistenten/pruefen", "?/verwaltung/assistenten/" + probe, "?/verwaltung/assistenten/" + probe + fmt.Sprintf("/vergleich?von=%d&bis=%d", r.n+1, r.n+2), "/verwaltung/freigaben", "/verwaltung/rechtevergabe", "./verwaltung/einstellungen", "./verwaltung/sicherheit", "./verwaltung/aufbewahrung",
		},
		auditor:    {"?/verwaltung/sicherheitsprotokoll", f + r.a},
		collectors: {"/konto", "/konto/daten", "/konto/zweiter-faktor", "/konto/zweiter-faktor/passkey"},
		"":         {"?/anmelden", "./anmelden/vergessen", v.invitation(r)},
	}
	for _, id := range v.letters(r) {
		lists[admin] = append(lists[admin], "/verwaltung/postausgang/"+id, "/verwaltung/postausgang/"+id+"/html")
	}
	var out []place
	for _, who := range []string{clerk, approver, townAdmin, agent, lead, admin, auditor, collectors, ""} {
		for _, path := range lists[who] {
			path, framed := strings.CutPrefix(path, ".")
			path, asks := strings.CutPrefix(path, "?")
			out = append(out, place{who, path, asks, framed})
		}
	}
	return out
}

// letters are the last mails, one of each kind.
func (v *views) letters(r *round) (ids []string) {
	seen := map[string]bool{}
	_, answer := v.admin.call("GET", "/mails?limit=100", nil)
	items, _ := answer["items"].([]any)
	for _, item := range items {
		m, _ := item.(map[string]any)
		if kind := fmt.Sprint(m["kind"]); !seen[kind] {
			seen[kind] = true
			ids = append(ids, fmt.Sprint(m["id"]))
		}
	}
	if len(ids) < 5 {
		r.Errorf("round %d: only %d kinds of mails: %v", r.n, len(ids), answer)
	}
	return ids
}

// invitation is where the link of an invitation of this round leads; the account is there and waits for its password.
func (v *views) invitation(r *round) string {
	var link string
	v.eventually("an invitation was sent", func() bool {
		files, err := filepath.Glob(filepath.Join(v.dir, "mail", "*.eml"))
		if err != nil {
			v.Fatal(err)
		}
		for _, f := range files {
			text, err := os.ReadFile(f)
			if m := regexp.MustCompile(`/zugang/[A-Za-z0-9_-]{20,}`).FindString(strings.ReplaceAll(string(text), "=\r\n", "")); err == nil && m != "" && strings.Contains(string(text), fmt.Sprintf("neu%d-", r.n)) {
				link = m
			}
		}
		return link != ""
	})
	return link
}
