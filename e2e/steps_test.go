package e2e

import (
	"regexp"
	"strings"

	"github.com/chromedp/chromedp/kb"
)

// The accounts of the stories.
const (
	clerk     = "sachbearbeitung@bautzen.example"
	approver  = "freigabe@bautzen.example"
	townAdmin = "mandant@bautzen.example"
	deputy    = "vertretung@bautzen.example"
	agent     = "bearbeitung@kisa.example"
	agent2    = "bearbeitung2@kisa.example"
	lead      = "freigabe@kisa.example"
	admin     = "admin@kisa.example"
	auditor   = "revision@kisa.example"
)

// The fields of the two examples.
const (
	fee  = `[id="f-gebuehren.erste"]`
	sepa = `[id="f-zahlung.sepa_mandat_url"]`
)

var numberPattern = regexp.MustCompile(`KA-\d{4}-\d{6}`)

// number is the number of the request that is shown.
func (p *person) number() string {
	p.Helper()
	n := numberPattern.FindString(p.where() + " " + p.text())
	if n == "" {
		p.Fatalf("%s sees no number on %s", p.name, p.where())
	}
	return n
}

// files asks for a change of one field, from the start page on, as a person with a mouse does.
func (p *person) files(form, section, field, value, kind, day string) string {
	p.Helper()
	p.open("/")
	p.follow("Neuer Änderungsauftrag")
	p.follow(form)
	p.tick(`input[name=abschnitt][value=` + section + `]`)
	p.follow("Weiter")
	p.write(field, value)
	p.follow("Weiter")
	p.tick(`input[name=art][value=` + kind + `]`)
	p.write("#datum", day)
	p.follow("Weiter")
	p.follow("verbindlich einreichen")
	p.sees("eingereicht")
	return p.number()
}

// reads opens a request.
func (p *person) reads(number string) {
	p.Helper()
	if status := p.open("/auftraege/" + number); status != 200 {
		p.Fatalf("%s reads %s: %d", p.name, number, status)
	}
}

// takes opens a request and takes the step that one button stands for.
func (p *person) takes(number, button string) {
	p.Helper()
	p.reads(number)
	p.follow(button)
}

// says opens a request and takes a step that wants words.
func (p *person) says(number, button, words, confirm string) {
	p.Helper()
	p.takes(number, button)
	if words != "" {
		p.write("#comment", words)
	}
	p.follow(confirm)
}

// become waits until the request that is shown is in a state, as the badge says it.
func (p *person) become(number, state string) {
	p.Helper()
	p.eventually(number+" is "+state, func() bool {
		p.reads(number)
		return strings.Contains(flat(p.text()), state)
	})
}

// tab moves the focus to what a selector names, with the Tab key alone.
func (p *person) tabTo(selector string) {
	p.Helper()
	for range 120 {
		if ask[bool](p, "!!document.activeElement && document.activeElement.matches("+quoted(selector)+")") {
			return
		}
		p.keys(kb.Tab)
	}
	p.Fatalf("%s never reaches %s on %s with the keyboard", p.name, selector, p.where())
}

// enterKey presses Enter, after which another page is shown.
func (p *person) enterKey() {
	p.Helper()
	p.turn(keyEvent(kb.Enter))
}

// containsWord tells whether a line of a text is this word.
func containsWord(text, word string) bool {
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) == word {
			return true
		}
	}
	return false
}
