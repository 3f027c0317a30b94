package models

import (
	"maps"
	"slices"
)

// PolicyDifference is one number in which two policies differ, with the names people know.
type PolicyDifference struct {
	Assistant, AssistantTitle string // "*": every form
	Section, SectionTitle     string // "*": every section
	Asked                     int    // what the questionnaire asks for anyway; -1: it depends on the form or section
	Was, Now                  int    // what the municipality demands beyond it; 0: nothing
}

// policyDifferences are the numbers in which two policies differ, what is said for all first.
func (c *catalogue) policyDifferences(was, now PolicyRules) []PolicyDifference {
	out := []PolicyDifference{}
	for _, assistant := range keysOfBoth(was, now) {
		for _, section := range keysOfBoth(was[assistant], now[assistant]) {
			if d := (PolicyDifference{Assistant: assistant, Section: section, Was: was[assistant][section], Now: now[assistant][section]}); d.Was != d.Now {
				c.called(&d)
				out = append(out, d)
			}
		}
	}
	return out
}

// keysOfBoth are the keys of two maps, in order; "*" sorts before every name.
func keysOfBoth[V any](a, b map[string]V) []string {
	keys := slices.Concat(slices.Collect(maps.Keys(a)), slices.Collect(maps.Keys(b)))
	slices.Sort(keys)
	return slices.Compact(keys)
}

// called gives a difference the titles of form and section; what no questionnaire has any more keeps its key.
func (c *catalogue) called(d *PolicyDifference) {
	d.AssistantTitle, d.SectionTitle, d.Asked = d.Assistant, d.Section, -1
	if a := c.assistants[d.Assistant]; a != nil {
		d.AssistantTitle = a.Title
		if s, ok := c.definition(a.Key, a.Definition).Section(d.Section); ok {
			d.SectionTitle, d.Asked = s.Title, s.Approval.Municipality
		}
		return
	}
	for _, key := range slices.Sorted(maps.Keys(c.assistants)) { // a section that many forms have: the title of the first
		if s, ok := c.definition(key, c.assistants[key].Definition).Section(d.Section); ok && d.Assistant == "*" {
			d.SectionTitle = s.Title
			return
		}
	}
}
