package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// witness is told of whatever ran, opened a dialog, or asked the evil host, in any of the tabs it listens to.
type witness struct {
	mu    sync.Mutex
	heard []string
}

func (w *witness) hear(event any) {
	text := ""
	switch e := event.(type) {
	case *runtime.EventBindingCalled:
		text = "ran: " + e.Payload
	case *page.EventJavascriptDialogOpening:
		text = "dialog: " + e.Message
	case *network.EventRequestWillBeSent:
		if strings.Contains(e.Request.URL, "://"+evil) {
			text = "asked: " + e.Request.URL
		}
	}
	if text != "" {
		w.mu.Lock()
		w.heard = append(w.heard, text)
		w.mu.Unlock()
	}
}

// told is what was heard since it was asked last.
func (w *witness) told() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := w.heard
	w.heard = nil
	return out
}

// trap is in every document before its own scripts: what payloads call tells the witness.
const trap = `(() => { const say = window.x35heard, set = (name, f) => Object.defineProperty(window, name, {value: f, writable: false, configurable: false});
set("x35", n => { say("x35(" + n + ") on " + location.href); return n });
for (const name of ["alert", "confirm", "prompt", "print"]) set(name, m => say(name + "(" + m + ") on " + location.href)); })()`

// watch lets a witness listen to a tab; with open the browser minds no page's policy.
func (p *person) watch(w *witness, open bool) {
	p.Helper()
	_, err := chromedp.Call(p.tab, runtime.AddBinding, runtime.AddBindingParams{Name: "x35heard"})
	if err == nil {
		_, err = chromedp.Call(p.tab, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: trap})
	}
	if err == nil {
		_, err = chromedp.Call(p.tab, page.SetBypassCSP, page.SetBypassCSPParams{Enabled: open})
	}
	if err == nil {
		err = chromedp.Listen(p.tab, w.hear)
	}
	if err != nil {
		p.Fatal(err)
	}
}

// made is what a browser has made of a page.
type made struct {
	Shapes []string `json:"shapes"` // every element with its attributes' names
	Acts   []string `json:"acts"`   // what does something by itself, or leads elsewhere
	Seen   []int    `json:"seen"`   // payloads that can be read, by number
}

// look tells what a page is made of; words are the texts to look for, by number.
const look = `(words => { const shapes = new Set(), acts = [], texts = [], flat = s => s.replace(/\s+/g, " ");
for (const d of document.querySelectorAll("details")) d.open = true;
for (const e of document.querySelectorAll("*")) {
	const names = e.getAttributeNames().filter(a => !/^aria-(invalid|describedby|required|current)$|^(checked|selected|disabled|hidden|open|required|readonly|value)$/.test(a)).sort();
	shapes.add((e.namespaceURI || "").slice(-10) + " " + e.localName + " " + names.join(" "));
	if (e.value !== undefined && typeof e.value == "string") texts.push(e.value);
	for (const a of e.attributes) {
		texts.push(a.value);
		if (/^on|^style$|^srcdoc$|^formaction$|^x35|^ping$|^is$/.test(a.name)) acts.push(e.localName + " " + a.name + "=" + a.value);
		if (["href", "src", "action", "data", "srcset", "poster", "background", "xlink:href", "manifest", "codebase", "cite", "longdesc"].includes(a.name)) {
			let u; try { u = new URL(a.value, location.href) } catch { continue }
			if (!["http:", "https:", "mailto:", "tel:"].includes(u.protocol) || u.host.endsWith("` + evil + `") || e.localName != "a" && u.host != location.host) acts.push(e.localName + " " + a.name + "=" + a.value);
		}
	}
	for (const type of ["mouseover", "pointerover", "mouseenter", "focus", "animationstart", "toggle"]) e.dispatchEvent(new Event(type, {bubbles: false}));
}
const comments = document.createTreeWalker(document, NodeFilter.SHOW_COMMENT | NodeFilter.SHOW_PROCESSING_INSTRUCTION | NodeFilter.SHOW_CDATA_SECTION);
while (comments.nextNode()) acts.push("<!-- " + comments.currentNode.data);
texts.push(document.documentElement.textContent);
const text = flat(texts.join("\n"));
return JSON.stringify({shapes: [...shapes], acts, seen: Object.keys(words).filter(n => text.includes(flat(words[n]))).map(Number)});
})(%s)`

// judge knows what pages are made of when nobody means harm, and finds what is there beside.
type judge struct {
	witness
	learns   bool
	harmless map[string]bool
	read     map[string]map[int]bool // by kind of page, the payloads that were read there
	pages    int
	known    int             // pages of the site map that were opened
	told35   map[string]bool // said once already
}

var (
	digits   = regexp.MustCompile(`\d+`)
	unlikely = regexp.MustCompile(`\?.*$`)
)

// letterStyle is how the HTML of letters is laid out, for readers of mail that know no style sheets.
var letterStyle = regexp.MustCompile(`^[a-z0-9]+ style=[a-zA-Z0-9 :;,.%#-]+$`)

// kindOf is a page's address without what differs from one to the next.
func kindOf(where string) string {
	return digits.ReplaceAllString(unlikely.ReplaceAllString(where, ""), "N")
}

// judges looks at the page that is shown.
func (p *person) judges(j *judge, words map[int]string, how string) {
	p.Helper()
	known, err := json.Marshal(words)
	if err != nil {
		p.Fatal(err)
	}
	var m made
	if err := json.Unmarshal([]byte(ask[string](p, fmt.Sprintf(look, known))), &m); err != nil {
		p.Fatal(err)
	}
	j.pages++
	where := how + " " + p.where()
	for _, s := range m.Shapes {
		if j.learns {
			j.harmless[s] = true
		} else if !j.harmless[s] && !j.told35[s] {
			j.told35[s] = true
			p.Errorf("%s: %s has an element that no harmless page has: %s", p.name, clipped(where), s)
		}
	}
	for _, a := range m.Acts {
		if j.learns && letterStyle.MatchString(a) {
			j.harmless[a] = true // the looks of a letter, word by word
		}
		if what := kindOf(where) + a; !j.harmless[a] && !j.told35[what] {
			j.told35[what] = true
			p.Errorf("%s: %s: this acts: %s", p.name, clipped(where), clipped(a))
		}
	}
	for _, t := range j.told() {
		p.Errorf("%s: %s: %s", p.name, clipped(where), clipped(t))
	}
	kind := kindOf(where)
	if j.read[kind] == nil {
		j.read[kind] = map[int]bool{}
	}
	for _, n := range m.Seen {
		j.read[kind][n] = true
	}
}

func clipped(s string) string {
	if r := []rune(s); len(r) > 300 {
		return string(r[:300]) + "…"
	}
	return s
}

// typable finds the forms of a page that take words, as "number action method".
const typable = `[...document.forms].map((f, i) => [i, f.getAttribute("action"), f.method, [...f.elements].some(e => e.type == "password"), [...f.elements].some(e => e.matches("textarea, input:not([type]), input[type=text], input[type=search], input[type=email], select"))]).filter(f => f[4] && !f[3]).map(f => f.slice(0, 3).join(" "))`

// pours puts words into everything that a form sends, but for its seals, and sends it; with deep also into what is hidden.
const pours = `((n, words, deep) => { const f = document.forms[n]; f.noValidate = true; let i = 0;
for (const e of [...f.elements]) {
	if (!e.name || ["csrf", "key"].includes(e.name) || e.type == "hidden" && !deep || e.type == "file") continue;
	const w = words[i++ %% words.length];
	if (e.localName == "select") { e.add(new Option(w, w)); e.value = w }
	else if (e.type == "checkbox" || e.type == "radio") { if (deep) { e.value = w; e.checked = true } }
	else if (e.localName != "button") { if (e.localName == "input") e.type = "text"; e.value = w }
}
setTimeout(() => HTMLFormElement.prototype.submit.call(f)); return true })(%d, %s, %v)`

// pour sends one form of the page with words in all of its inputs.
func (p *person) pour(n string, words []string, deep bool) {
	p.Helper()
	var i int
	if _, err := fmt.Sscan(n, &i); err != nil {
		p.Fatal(err)
	}
	list, err := json.Marshal(words)
	if err != nil {
		p.Fatal(err)
	}
	p.evaluates(fmt.Sprintf(pours, i, list, deep))
}

// evaluates runs something after which another page is shown.
func (p *person) evaluates(expression string) {
	p.Helper()
	p.turn(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := chromedp.Evaluate[bool](expression)(ctx, t)
		return err
	}))
}

// uploads sends a file that is made on the spot through the page's form to an address.
func (p *person) uploads(action, name, content string) {
	p.Helper()
	const put = `(() => { const f = document.querySelector('form[action=%q]'), t = new DataTransfer(); t.items.add(new File([%s], %q)); f.querySelector("input[type=file]").files = t.files;
setTimeout(() => f.requestSubmit()); return true })()`
	p.evaluates(fmt.Sprintf(put, action, quoted(content), name))
}

// bypass tells the browser whether to mind the pages' policies.
func (p *person) bypass(on bool) {
	p.Helper()
	if _, err := chromedp.Call(p.tab, page.SetBypassCSP, page.SetBypassCSPParams{Enabled: on}); err != nil {
		p.give(err)
	}
}

// bare lets a browser do without what only pleases the eye: it reads twice as many pages in a time.
func (p *person) bare() {
	p.Helper()
	p.do(chromedp.EmulateViewport(400, 300))
	if _, err := chromedp.Call(p.tab, network.SetBlockedURLs, network.SetBlockedURLsParams{URLPatterns: []*network.BlockPattern{{URLPattern: p.url + "/*.css", Block: true}, {URLPattern: p.url + "/*.woff2", Block: true}}}); err != nil {
		p.give(err)
	}
}
