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
	models.Approve, models.Claim, models.Accept, models.Rebase, models.Ask, models.Apply,
	models.Reopen, models.Revert, models.Reject, models.Withdraw,
}

// directSteps need no page of their own: nothing has to be typed, and what was shown is what is decided on.
var directSteps = []models.Action{models.Approve, models.Claim, models.Accept}

// seriousSteps end something or put it into force.
var seriousSteps = []models.Action{models.Reject, models.Withdraw, models.Apply}

// offer makes buttons of exactly what the rules allow. An answer is written on
// the page itself, a draft is submitted where it is filled in.
func (v *RequestView) offer(_ Catalogue, c *models.Case) {
	for _, a := range stepOrder {
		if !slices.Contains(c.Can, a) {
			continue
		}
		b := StepButton{Action: a, Path: v.Path + "/schritt/" + string(a), Direct: slices.Contains(directSteps, a), Serious: slices.Contains(seriousSteps, a), Weight: "secondary"}
		if b.Serious && a != models.Apply {
			b.Weight = "tertiary"
		}
		if len(v.Buttons) == 0 && b.Weight == "secondary" && !v.answerFirst(c) {
			b.Weight = "primary"
		}
		v.Buttons = append(v.Buttons, b)
	}
	if !slices.Contains(c.Can, models.Edit) {
		return
	}
	if where := v.Path + "/bearbeiten/felder"; c.Status == models.Draft {
		v.Continue = where
	} else {
		v.Edit = where
	}
}

// answerFirst tells whether the answer, which has a form of its own, is what is waited for.
func (v *RequestView) answerFirst(c *models.Case) bool { return slices.Contains(c.Can, models.Answer) }

// StepPage asks before a step is taken, or tells why it was not.
type StepPage struct {
	Frame
	R         *RequestView
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
