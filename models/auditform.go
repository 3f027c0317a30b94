package models

import (
	"cmp"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"formwandel/models/definition"
)

// version holds one version against the one before it.
func (a *audit) version(form string, before, c Configuration) {
	a.report.Versions++
	a.missing(before.Number+1, c.Number, "form %s version %d", form)
	stored := c.Hash
	c.seal(c.Prev)
	switch {
	case c.Hash != stored:
		a.found("changed", "form %s version %d", form, c.Number)
	case c.Number == before.Number+1 && c.Prev != before.Hash:
		a.found("does not follow the version before it", "form %s version %d", form, c.Number)
	case !a.spoken[stored]:
		a.found("no event speaks of it", "form %s version %d", form, c.Number)
	}
}

// endOf holds a form against its last version, and that against what the chain says.
func (a *audit) endOf(f Form, last Configuration) {
	a.missing(last.Number+1, min(a.said[f.ID], math.MaxInt64-1)+1, "form %s version %d", f.Key())
	delete(a.said, f.ID)
	if said, heard := a.forms[f.ID]; heard && (said.ags != f.AGS || said.assistant != "" && said.assistant != f.Assistant) {
		a.found("is not whose, or not of what, its history says", "form %s", f.Key())
	}
	if f.Live != last.Number || f.Maintenance != last.Maintenance || f.Definition != last.Definition {
		a.found("live pointer does not show its last version", "form %s", f.Key())
	}
	a.refers(last.Content, "form "+f.Key())
	a.assistants.named[f.Assistant] = "form " + f.Key()
}

// formSaid is whose form it is and of which assistant, as events and requests say.
type formSaid struct{ ags, assistant string }

// hearForm remembers whose form it is; assistant is "" where an event does not say it.
func (a *audit) hearForm(id int64, ags, assistant string) {
	a.forms[id] = formSaid{ags, cmp.Or(strings.Clone(assistant), a.forms[id].assistant)}
}

// assistant holds which version of its questionnaire counts against the import that was last.
func (a *audit) assistant(x assistantRow) {
	a.assistants.there[x.Key] = true
	if said, heard := a.newest[x.Key]; heard && said != x.Definition {
		a.found("the version of its questionnaire that counts is not the one imported last", "assistant %s", x.Key)
	} else if title := a.titles[x.Key+" "+strconv.FormatInt(x.Definition, 10)]; title != "" && title != x.titled() {
		a.found("is called otherwise than in its questionnaire", "assistant %s", x.Key)
	}
}

// assistantRow is an assistant, as far as it says which questionnaire counts.
type assistantRow struct {
	Key, Title, Leika string
	Definition        int64
	Demo              bool
}

// TableName implements GORM's Tabler.
func (assistantRow) TableName() string { return "assistants" }

// titled is what an assistant is called, and whether it is one of the demonstration.
func (x assistantRow) titled() string { return digest(x.Title, x.Leika, strconv.FormatBool(x.Demo)) }

// titleIn is the same as a questionnaire says it, "" if it can't be read.
func titleIn(content string) string {
	var d definition.Definition
	if json.Unmarshal([]byte(content), &d) != nil {
		return "" // another content has another hash, which is found
	}
	return assistantRow{Title: d.Title, Leika: d.Leika, Demo: d.Demo}.titled()
}

// questionnaire holds a questionnaire against its own hash and the one that its import has recorded.
func (a *audit) questionnaire(q definitionRow) {
	name := q.Assistant + " " + strconv.Itoa(q.Version)
	said, heard := a.known[name]
	delete(a.known, name)
	a.titles[name] = titleIn(q.Content)
	switch {
	case sha256Hex(q.Content) != q.Hash || heard && said != q.Hash:
		a.found("changed", "questionnaire %s version %d", q.Assistant, q.Version)
	case heard && !q.CreatedAt.Equal(a.imported[name]):
		a.found("was not imported when its event says", "questionnaire %s version %d", q.Assistant, q.Version)
	case !heard && a.imports[q.Assistant] > 0:
		a.imports[q.Assistant]--
	case !heard && a.office:
		a.found("no event has imported it", "questionnaire %s version %d", q.Assistant, q.Version)
	}
}

// hearImport remembers an import that does not say what it imported, as events of older programs do not.
func (a *audit) hearImport(e *Event) {
	if d, err := e.Decode(); err == nil {
		a.imports[strings.Clone(d.Subject)]++
		a.assistants.named[strings.Clone(d.Subject)] = "an event"
	}
}

// definitionRow is a questionnaire as it is kept.
type definitionRow struct {
	Assistant string
	Version   int
	Content   string
	Hash      string
	CreatedAt time.Time
}

// TableName implements GORM's Tabler.
func (definitionRow) TableName() string { return "definitions" }

// formsGone reports forms that events speak of and that are not there.
func (a *audit) formsGone() {
	for _, id := range slices.Sorted(maps.Keys(a.said)) {
		if a.said[id] > 0 {
			a.found("is not there, events speak of it", "form with id %d", id)
		}
	}
}

// othersGone reports questionnaires, municipalities and accounts that events speak of and that are not there.
func (a *audit) othersGone() {
	for _, name := range slices.Sorted(maps.Keys(a.known)) {
		a.found("is not there, an event speaks of it", "questionnaire %s", name)
	}
	for _, ags := range slices.Sorted(maps.Keys(a.registers)) {
		a.found("is not there, an import has written it", "municipality %s", ags)
	}
	for _, id := range slices.Sorted(maps.Keys(a.people)) {
		a.found("is not there, events speak of it", "account %d", id)
	}
}
