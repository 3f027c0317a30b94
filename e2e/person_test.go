package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// person is somebody with a browser of their own: own cookies, own window.
type person struct {
	*house
	name   string
	tab    context.Context
	clicks int
	nojs   bool
	quiet  bool // what its pages' scripts break is to be expected
}

// slow is how long a person waits for a page or an element before giving up.
const slow = 30 * time.Second

// visitor opens a browser in which nobody is signed in.
func (h *house) visitor(name string) *person {
	h.Helper()
	p := &person{house: h, name: name}
	var end context.CancelFunc
	p.tab, end = chromedp.NewContext(browser, chromedp.WithNewBrowserContext(), chromedp.WithListener(p.hear))
	h.Cleanup(end)
	if err := chromedp.Do(p.tab); err != nil { // the tab lives as long as this context, so no shorter one may open it
		h.Fatal(err)
	}
	p.do(chromedp.EmulateViewport(1280, 900))
	return p
}

// plain opens a browser that runs no scripts.
func (h *house) plain(name string) *person {
	h.Helper()
	p := h.visitor(name)
	p.nojs = true
	if _, err := chromedp.Call(p.tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		h.Fatal(err)
	}
	return p
}

// hear fails the story when a page's script breaks or its policy is violated.
func (p *person) hear(event any) {
	if p.quiet {
		return
	}
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		p.Errorf("%s: a script broke: %s", p.name, e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		if e.Type == "error" {
			p.Errorf("%s: the console says: %v", p.name, e.Args)
		}
	}
}

// do takes steps in the browser; one that fails ends the story with a picture of what was seen.
func (p *person) do(steps ...chromedp.Action[chromedp.Void]) {
	p.Helper()
	ctx, cancel := context.WithTimeout(p.tab, slow)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.give(err)
	}
}

// give ends the story, telling what was on the screen.
func (p *person) give(err error) {
	p.Helper()
	if folder := os.Getenv("FORMWANDEL_TEST_PICTURES"); folder != "" {
		if picture, e := chromedp.Run(p.tab, chromedp.CaptureScreenshot()); e == nil {
			_ = os.WriteFile(fmt.Sprintf("%s/%s.png", folder, strings.ReplaceAll(p.Name(), "/", "-")), picture, 0o600)
		}
	}
	ctx, cancel := context.WithTimeout(p.tab, slow)
	defer cancel()
	text, _ := chromedp.Run(ctx, chromedp.TextContent(chromedp.CSS("body")))
	p.Fatalf("%s: %v\non %s:\n%s", p.name, err, p.where(), flat(text))
}

// ask evaluates an expression on the page.
func ask[T any](p *person, expression string) T {
	p.Helper()
	ctx, cancel := context.WithTimeout(p.tab, slow)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		p.give(err)
	}
	return v
}

// where is the path of the page that is shown.
func (p *person) where() string {
	ctx, cancel := context.WithTimeout(p.tab, slow)
	defer cancel()
	at, err := chromedp.Run(ctx, chromedp.Location())
	if err != nil {
		return err.Error()
	}
	u, err := url.Parse(at)
	if err != nil {
		return at
	}
	return u.RequestURI()
}

// open goes to a page by its address and returns the status of the answer.
func (p *person) open(path string) int {
	p.Helper()
	ctx, cancel := context.WithTimeout(p.tab, slow)
	defer cancel()
	res, err := chromedp.RunResponse(ctx, chromedp.Navigate(p.url+path))
	if err != nil {
		p.give(err)
	}
	return int(res.Status)
}

// signIn signs in to an account of the demonstration.
func (h *house) signIn(email string) *person {
	h.Helper()
	return h.visitor(email).enter(email)
}

// enter signs in.
func (p *person) enter(email string) *person {
	p.Helper()
	p.open("/anmelden")
	p.write("#email", email)
	p.write("#password", demoPassword)
	p.press("main form button[type=submit]")
	return p
}

// write types into an input; what stood there is replaced.
func (p *person) write(selector, text string) {
	p.Helper()
	p.do(chromedp.Focus(chromedp.CSS(selector)), chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl)), chromedp.KeyEvent(kb.Delete), chromedp.KeyEvent(text))
}

// keys types on whatever has the focus.
func (p *person) keys(text string) {
	p.Helper()
	p.do(chromedp.KeyEvent(text))
}

// tick clicks on something that opens no page: a box, a choice.
func (p *person) tick(selector string) {
	p.Helper()
	p.clicks++
	p.do(chromedp.Click(chromedp.CSS(selector)))
}

// press clicks on something that opens a page, and waits for it.
func (p *person) press(selector string) {
	p.Helper()
	p.clicks++
	p.turn(chromedp.Click(chromedp.CSS(selector)))
}

// follow clicks on the link or button with these words.
func (p *person) follow(words string) {
	p.Helper()
	p.clicks++
	p.turn(chromedp.Click(chromedp.Search(byWords(words))))
}

// turn takes a step after which another page is shown.
func (p *person) turn(step chromedp.Action[chromedp.Void]) {
	p.Helper()
	ctx, cancel := context.WithTimeout(p.tab, slow)
	defer cancel()
	if _, err := chromedp.RunResponse(ctx, step); err != nil {
		p.give(err)
	}
}

// byWords finds the first visible link or button whose words contain these.
func byWords(words string) string {
	return fmt.Sprintf(`//main//*[(self::a or self::button) and contains(normalize-space(.), %q)]`, words)
}

// text is what can be read on the page.
func (p *person) text() string {
	p.Helper()
	return ask[string](p, "document.title + '\\n' + document.body.innerText")
}

// sees asserts that all of these words can be read on the page.
func (p *person) sees(words ...string) {
	p.Helper()
	text := flat(p.text())
	for _, w := range words {
		if !strings.Contains(text, flat(w)) {
			p.Fatalf("%s does not see %q on %s:\n%s", p.name, w, p.where(), text)
		}
	}
}

// seesNot asserts that none of these words can be read on the page.
func (p *person) seesNot(words ...string) {
	p.Helper()
	text := flat(p.text())
	for _, w := range words {
		if strings.Contains(text, flat(w)) {
			p.Fatalf("%s sees %q on %s:\n%s", p.name, w, p.where(), text)
		}
	}
}

// flat writes all white space as single blanks.
func flat(s string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(s, "\u00a0", " ")), " ")
}

// finding is what the checker of accessibility complains about.
type finding struct {
	ID    string `json:"id"`
	Help  string `json:"help"`
	Nodes []struct {
		HTML string `json:"html"`
	} `json:"nodes"`
}

// axe is the checker of accessibility; it comes from npm and only into tests.
func axe(h *house) string {
	h.Helper()
	source, err := os.ReadFile("../node_modules/axe-core/axe.min.js")
	if err != nil {
		h.Fatal("axe-core is missing: make assets: ", err)
	}
	return string(source)
}

// accessible holds the page against WCAG 2.2 AA, in light and dark colours, and looks for sideways scrolling at 320 pixels.
func (p *person) accessible() {
	p.Helper()
	source := axe(p.house)
	for _, colours := range []string{"light", "dark"} {
		media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: colours}}}
		if _, err := chromedp.Call(p.tab, emulation.SetEmulatedMedia, media); err != nil {
			p.give(err)
		}
		ask[bool](p, source+"; true")
		found := p.axeFindings()
		for _, f := range found {
			for _, n := range f.Nodes {
				p.Errorf("%s, %s, %s: %s (%s): %s", p.name, p.where(), colours, f.ID, f.Help, n.HTML)
			}
		}
	}
	p.do(chromedp.EmulateViewport(320, 800))
	if over := ask[int](p, "document.documentElement.scrollWidth - document.documentElement.clientWidth"); over > 0 {
		p.Errorf("%s: %s scrolls sideways by %d pixels at 320", p.name, p.where(), over)
	}
	p.do(chromedp.EmulateViewport(1280, 900))
	if size := ask[int](p, "document.documentElement.outerHTML.length"); size > 100_000 {
		p.Errorf("%s: %s has %d characters of HTML", p.name, p.where(), size)
	}
}

func (p *person) axeFindings() []finding {
	p.Helper()
	ctx, cancel := context.WithTimeout(p.tab, slow)
	defer cancel()
	const run = `axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}).then(r => JSON.stringify(r.violations))`
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](run, chromedp.EvalAwaitPromise))
	if err != nil {
		p.give(err)
	}
	var found []finding
	if err := json.Unmarshal([]byte(text), &found); err != nil {
		p.Fatal(err)
	}
	return found
}

// picture takes a screenshot of the whole page.
func (p *person) picture() []byte {
	p.Helper()
	res, err := chromedp.Call(p.tab, page.CaptureScreenshot, page.CaptureScreenshotParams{Format: "png"})
	if err != nil {
		p.give(err)
	}
	return res.Data
}

func keyEvent(keys string) chromedp.Action[chromedp.Void] { return chromedp.KeyEvent(keys) }

// quoted is a string of JavaScript.
func quoted(s string) string {
	b, _ := json.Marshal(s) // a string can always be written
	return string(b)
}
