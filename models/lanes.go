package models

import "formwandel/models/definition"

// policy is how many approvals each section of a form demands of each lane.
type policy map[string]definition.Approval

// lanes are the approvals that some sections need; known is false if the policy says nothing of one of them.
func (p policy) lanes(sections []string) (municipality, provider int, known bool) {
	provider, known = 1, true
	for _, s := range sections {
		a, ok := p[s]
		municipality, provider, known = max(municipality, a.Municipality), max(provider, a.Provider), known && ok
	}
	return municipality, provider, known
}

// applyPolicy takes the approvals needed from the policy that was copied on submit, of a draft from that of now.
func (st *step) applyPolicy() error {
	r := st.r
	p, err := st.policy()
	if err != nil {
		return err
	}
	r.NeedMunicipality, r.NeedProvider, _ = p.lanes(r.Sections)
	return nil
}

// policy is what counts for the request. The copy counts for what it knows; a
// section that it lacks, and every one that the questionnaire brings to which
// the request has moved, counts as it does now, if that is more. Then the copy says so, too.
func (st *step) policy() (policy, error) {
	r := st.r
	copied := policy{}
	if err := decode(r.Policy, &copied); err != nil {
		return nil, err
	}
	moved := st.before.Definition != r.Definition
	if _, _, known := copied.lanes(r.Sections); known && !moved && r.Policy != "" {
		return copied, nil
	}
	now, err := st.cat.needs(st.form, st.def)
	if err != nil {
		return nil, err
	}
	for s, a := range now {
		had, known := copied[s]
		if !known || moved {
			copied[s] = stricter(had, a)
		}
	}
	copied.cover(r.Sections)
	if r.Policy != "" {
		r.Policy, err = canonical(copied)
	}
	return copied, err
}

// cover lets sections of which nobody knows any more what they demand, because
// they left the questionnaire before the submit, demand the most that any does.
func (p policy) cover(sections []string) {
	strictest := definition.Approval{Provider: 1}
	for _, a := range p {
		strictest = stricter(strictest, a)
	}
	for _, s := range sections {
		if _, known := p[s]; !known {
			p[s] = strictest
		}
	}
}

// stricter is the more that either demands, lane by lane.
func stricter(a, b definition.Approval) definition.Approval {
	return definition.Approval{Municipality: max(a.Municipality, b.Municipality), Provider: max(a.Provider, b.Provider)}
}

// lanesHold tells whether a request demands no less than the policy it keeps, and whether that speaks of all its sections.
func (st *step) lanesHold() bool {
	r := st.r
	copied, err := st.tx.copied(r.Policy)
	if err != nil {
		return false
	}
	municipality, provider, known := copied.lanes(r.Sections)
	return known && len(r.Sections) > 0 && r.NeedMunicipality >= municipality && r.NeedProvider >= provider
}

// copied is the policy that requests keep as a text: most of those of a midnight keep the same. It is for reading only.
func (t *tx) copied(text string) (policy, error) {
	if p, known := t.copies[text]; known {
		return p, nil
	}
	var p policy
	if err := decode(text, &p); err != nil {
		return nil, err
	}
	t.copies[text] = p
	return p, nil
}
