package templates

import "formwandel/models"

// PolicyLine is one number that a proposed policy changes, in words.
type PolicyLine struct{ Form, Section, Was, Now string }

// NewPolicyLines says in words what a proposed policy changes.
func NewPolicyLines(lang string, ds []models.PolicyDifference) []PolicyLine {
	words := Words(lang)
	out := make([]PolicyLine, 0, len(ds))
	for _, d := range ds {
		l := PolicyLine{Form: d.AssistantTitle, Section: d.SectionTitle, Was: policyNumber(words, d.Was, d.Asked), Now: policyNumber(words, d.Now, d.Asked)}
		if d.Assistant == "*" {
			l.Form = words.Say("web.policy.all_forms", nil)
		}
		if d.Section == "*" {
			l.Section = words.Say("web.policy.all_sections", nil)
		}
		out = append(out, l)
	}
	return out
}

// policyNumber is how many approvals hold when a municipality demands n of itself and the questionnaire asks for some anyway.
func policyNumber(words Catalogue, n, asked int) string {
	switch {
	case n > max(asked, 0):
		return words.Say("web.policy.number", map[string]any{"n": n})
	case asked < 0:
		return words.Say("web.policy.nothing", nil)
	}
	return words.Say("web.policy.asked", map[string]any{"n": asked})
}

// mostPolicyLines bounds how many numbers of a proposed policy a letter says.
const mostPolicyLines = 50

// policyLines are the numbers that a proposed policy changes, as a letter says them.
func (w *letterWriter) policyLines() []string {
	var out []string
	lines := NewPolicyLines(w.words.Lang(), w.facts.Policy)
	for _, l := range lines[:min(len(lines), mostPolicyLines)] {
		out = append(out, w.words.Say("mail.policy.line", map[string]any{"where": registerName(l.Form) + ", " + registerName(l.Section), "was": l.Was, "now": l.Now}))
	}
	if more := len(lines) - mostPolicyLines; more > 0 {
		out = append(out, w.sayWith("mail.policy.more", "n", more))
	}
	return out
}
