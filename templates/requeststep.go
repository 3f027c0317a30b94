package templates

import (
	"slices"

	"formwandel/models"
)

// StepButton offers a step: at once, or by way of a page that asks.
type StepButton struct {
	Action  models.Action
	Path    string
	Direct  bool
	Weight  string // primary, secondary or tertiary
	Serious bool   // nobody takes it back
}

// stepOrder is the order in which steps are offered: what brings a request on comes first.
var stepOrder = []models.Action{
	models.Answer, models.Approve, models.Claim, models.Accept, models.Rebase, models.Ask, models.Apply,
	models.Edit, models.Reopen, models.Revert, models.Reject, models.Withdraw,
}

// directSteps need no page of their own: nothing has to be typed, and what was shown is what is decided on.
var directSteps = []models.Action{models.Approve, models.Claim, models.Accept}

// seriousSteps end something or put it into force.
var seriousSteps = []models.Action{models.Reject, models.Withdraw, models.Apply}

// offer makes buttons of exactly what the rules allow. A draft is submitted where it is filled in.
func (v *RequestView) offer(c *models.Case) {
	v.Untranslated = len(c.Changes) == 0 && c.Wish != "" && c.Status == models.InReview
	for _, a := range stepOrder {
		if slices.Contains(c.Can, a) {
			v.Buttons = append(v.Buttons, v.button(a))
		}
	}
	if i := slices.IndexFunc(v.Buttons, func(b StepButton) bool { return v.bringsOn(b.Action, c) }); i >= 0 {
		v.Buttons[i].Weight = "primary"
	}
	if slices.Contains(c.Can, models.Edit) {
		v.Edit = v.Path + "/bearbeiten/felder"
	}
}

// bringsOn tells whether a step is what a request waits for; the first such step stands out.
func (v *RequestView) bringsOn(a models.Action, c *models.Case) bool {
	switch a {
	case models.Answer, models.Approve, models.Claim, models.Accept, models.Rebase, models.Apply:
		return true
	case models.Edit:
		return v.Status == models.Draft || v.Untranslated
	case models.Ask:
		return c.WishUnseen
	}
	return false
}

// button offers one step.
func (v *RequestView) button(a models.Action) StepButton {
	b := StepButton{Action: a, Path: v.Path + "/schritt/" + string(a), Direct: slices.Contains(directSteps, a), Serious: slices.Contains(seriousSteps, a), Weight: "secondary"}
	switch {
	case a == models.Answer:
		b.Path = "#antwort" // written on the page itself
	case a == models.Edit:
		b.Path = v.Path + "/bearbeiten/felder"
	}
	if a == models.Reject || a == models.Withdraw {
		b.Weight = "tertiary"
	}
	return b
}

// Name is the key of a button's words.
func (v *RequestView) Name(b StepButton) string {
	switch {
	case b.Action == models.Edit && v.Status == models.Draft:
		return "web.request.continue"
	case b.Action == models.Edit && v.Untranslated:
		return "web.request.translate"
	}
	return "web.request.do." + string(b.Action)
}

// StepPage asks before a step is taken, or tells why it was not.
type StepPage struct {
	Frame
	R         *RequestView
	Heading   string
	Action    models.Action
	Text      string // as it was typed
	Asks      bool   // there is something to write
	Demands   bool   // it has to be written
	Possible  bool
	Meanwhile *Meanwhile
}

// File implements Page.
func (*StepPage) File() string { return "requeststep" }

// Serious tells whether nobody takes the step back.
func (p *StepPage) Serious() bool { return slices.Contains(seriousSteps, p.Action) }

// Meanwhile is what happened to a request while somebody was deciding on it.
type Meanwhile struct {
	Reason string // why the step was refused
	Events []EventLine
}

// Demanding tells whether a step can't be taken without words.
func Demanding(a models.Action) bool {
	return slices.Contains([]models.Action{models.Ask, models.Answer, models.Reject}, a)
}
