package models

import (
	"maps"
	"slices"
	"strings"
)

// hearPolicy remembers which policy counts and which one waits. That what counts was
// agreed to by a second person, the chain itself shows: policies from before
// proposals name none.
func (a *audit) hearPolicy(e *Event) {
	d, err := e.Decode()
	if err != nil {
		return // a changed event is found as such
	}
	waits, is := a.proposals[e.AGS]
	switch {
	case e.Action == "policy_propose":
		if is {
			a.found("proposes a policy while another waits", "municipality %s event %d", e.AGS, e.Seq)
		}
		a.proposals[e.AGS] = proposalRow{AGS: e.AGS, Policy: strings.Clone(e.Comment), ProposedBy: deref(e.ActorID), ProposedAt: e.At, EventSeq: e.Seq}
		return
	case e.Action == "policy" && d.Subject == "" && !is:
		return
	case !is || d.Subject != waits.subject():
		a.found("decides on a proposal that does not wait", "municipality %s event %d", e.AGS, e.Seq)
	case e.Action == "policy" && (deref(e.ActorID) == waits.ProposedBy || e.ActorID == nil || e.Comment != waits.Policy):
		a.found("is not what a second person has agreed to", "municipality %s event %d", e.AGS, e.Seq)
	}
	delete(a.proposals, e.AGS)
}

// proposed holds the policies that wait against what events say.
func (a *audit) proposed(rows []proposalRow) {
	for _, p := range rows {
		said, ok := a.proposals[p.AGS]
		if !ok || said.Policy != p.Policy || said.ProposedBy != p.ProposedBy || said.EventSeq != p.EventSeq || !said.ProposedAt.Equal(p.ProposedAt) {
			a.found("is not what its history says", "proposed policy of municipality %s", p.AGS)
		}
		delete(a.proposals, p.AGS)
	}
	for _, ags := range slices.Sorted(maps.Keys(a.proposals)) {
		a.found("is not there, an event speaks of it", "proposed policy of municipality %s", ags)
	}
}
