package models

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// end holds what was kept against what the events have said.
func (f *filed) end() {
	if !f.begun {
		f.begin()
	}
	for _, chain := range slices.Sorted(maps.Keys(f.walks)) {
		f.walks[chain].end()
	}
	if f.strays > 0 {
		f.found(fmt.Sprintf("%d events belong to no chain", f.strays), "events")
	}
	f.unvisited()
	f.endRequests()
	f.endForms()
	f.endOthers()
}

// endRequests holds every request against its history.
func (f *filed) endRequests() {
	for _, c := range f.versions {
		if c.RequestID != nil && c.Cause == causeApply {
			f.of(*c.RequestID).made = append(f.of(*c.RequestID).made, c)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(f.files)) {
		x := f.files[id]
		if x.r == nil {
			f.found("rows belong to it, itself is not there", "request with id %d", id)
			continue
		}
		slices.SortFunc(x.changes, func(a, b Change) int { return cmp.Compare(a.Ord, b.Ord) })
		x.r.Changes, x.r.Editors = x.changes, x.editors
		f.request(x)
	}
	f.gone()
}

// endForms walks every form's versions.
func (f *filed) endForms() {
	names, last := map[int64]string{}, map[int64]Configuration{}
	for _, x := range f.forms {
		names[x.ID] = x.Key()
	}
	slices.SortStableFunc(f.versions, func(a, b Configuration) int {
		return int(max(-1, min(1, a.FormID-b.FormID)))*2 + int(max(-1, min(1, a.Number-b.Number)))
	})
	for _, c := range f.versions {
		f.version(names[c.FormID], last[c.FormID], c)
		last[c.FormID] = c
	}
	for _, x := range f.forms {
		f.endOf(x, last[x.ID])
	}
	f.formsGone()
}

// endOthers holds the rest against what events say; an export has no accounts.
func (f *filed) endOthers() {
	if f.Municipality == "" {
		f.spokenOf(f.keys)
	}
	for _, q := range f.quests {
		f.questionnaire(q)
	}
	for _, m := range f.towns {
		f.town(m)
	}
	f.accounts(&f.people, f.roles)
	if f.people.accounts == nil { // an export has neither accounts nor tokens, nor settings
		clear(f.audit.people)
	} else {
		f.lacks(f.blobs)
		f.lacks(f.secrets)
		f.factorRoles(f.factors)
		f.decides(f.settings)
		f.followed(f.calendars)
		f.reported(f.runs)
	}
	for _, x := range f.assistants {
		f.assistant(x)
	}
	f.lacks(f.audit.assistants)
	if f.office {
		f.unnamed(f.audit.assistants)
	}
	for _, m := range f.mails {
		f.mail(m, true)
	}
	f.mailsGone()
	f.granted(f.grants, f.uses)
	f.proposed(f.proposals)
	for _, x := range f.tokens {
		f.token(x)
	}
	if f.people.accounts != nil {
		f.tokensGone()
	}
	f.othersGone()
}
