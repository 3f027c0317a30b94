package models

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// grantRow is a grant as it is kept.
type grantRow struct {
	AGS       string `gorm:"column:ags"`
	Kind      string
	Seq       int64
	Reason    string
	GrantedBy int64
	GrantedAt time.Time
	EndsAt    *time.Time
}

// TableName implements GORM's Tabler.
func (grantRow) TableName() string { return "access_grants" }

func (g grantRow) name() string { return g.AGS + " " + g.Kind }

// useRow is an event that was done under a grant.
type useRow struct {
	AGS string `gorm:"column:ags"`
	Seq int64
}

// TableName implements GORM's Tabler.
func (useRow) TableName() string { return "access_uses" }

// tokenSaid is an API token as the event of its making tells it.
type tokenSaid struct{ subject, scopes, at string }

// hearGrant remembers what a municipality has granted, and what was done under it.
func (a *audit) hearGrant(e *Event) {
	if e.Action != "access_grant" && !strings.Contains(e.Data, `"grant":`) {
		return
	}
	d, err := e.Decode()
	g := grantRow{AGS: e.AGS, Kind: d.Subject, Seq: e.Seq, Reason: e.Comment, GrantedAt: e.At}
	switch {
	case err != nil:
	case e.Action == "access_withdraw":
		delete(a.grants, g.name())
	case e.Action == "access_grant" && e.ActorID != nil:
		g.GrantedBy = *e.ActorID
		if d.Until != nil {
			g.EndsAt = at(d.Until.End())
		}
		a.grants[g.name()] = g
	case d.Grant != 0:
		a.uses[fmt.Sprintf("%s event %d", e.AGS, e.Seq)] = true
	}
}

// granted holds grants, and what was done under them, against what events say.
func (a *audit) granted(rows []grantRow, uses []useRow) {
	for _, g := range rows {
		said, ok := a.grants[g.name()]
		if !ok || said.Seq != g.Seq || said.Reason != g.Reason || said.GrantedBy != g.GrantedBy || !said.GrantedAt.Equal(g.GrantedAt) || stamped(said.EndsAt) != stamped(g.EndsAt) {
			a.found("is not what its history says", "grant of municipality %s", g.name())
		}
		delete(a.grants, g.name())
	}
	for _, name := range slices.Sorted(maps.Keys(a.grants)) {
		a.found("is not there, an event speaks of it", "grant of municipality %s", name)
	}
	for _, u := range uses {
		name := fmt.Sprintf("%s event %d", u.AGS, u.Seq)
		if !a.uses[name] {
			a.found("was not done under a grant", "municipality %s", name)
		}
		delete(a.uses, name)
	}
	for _, name := range slices.Sorted(maps.Keys(a.uses)) {
		a.found("was done under a grant, the list does not say so", "municipality %s", name)
	}
}

// issued is an API token whose row was sealed when it was made.
type issued struct {
	subject string // whose
	ended   bool
	there   bool
}

// hearToken remembers which tokens were made, and which have ended since: one, or all that an account had.
func (a *audit) hearToken(e *Event) {
	d, err := e.Decode()
	switch {
	case err != nil:
	case e.Action == "token_create" && d.Row == "":
		a.tokens[tokenSaid{strings.Clone(d.Subject), cmp.Or(strings.Clone(e.Comment), string(ScopeAll)), stamp(e.At)}]++
	case e.Action == "token_create":
		x := &issued{subject: strings.Clone(d.Subject)}
		a.issued[d.Row] = x
		a.held[x.subject] = append(a.held[x.subject], x)
	case d.Row == "":
		for _, x := range a.held[d.Subject] {
			x.ended = true
		}
	case a.issued[d.Row] != nil:
		a.issued[d.Row].ended = true
	case a.issued[d.File] != nil: // made by a program from before
		a.issued[d.File].ended = true
	}
}

// token holds an API token against the event of its making: nobody is given one behind the record, or gets back one that has ended.
func (a *audit) token(x Token) {
	said := a.issued[x.rowHash()]
	if said == nil {
		said = a.issued[x.rowHashBefore()]
	}
	if said != nil {
		said.there = true
		if said.ended != (x.RevokedAt != nil) {
			a.found("is in force otherwise than its history says", "token %d of account %d", x.ID, x.UserID)
		}
		return
	}
	old := tokenSaid{"user " + number(&x.UserID), cmp.Or(x.Scopes, string(ScopeAll)), stamp(x.CreatedAt)}
	if a.tokens[old] == 0 {
		a.found("no event has made it", "token %d of account %d", x.ID, x.UserID)
		return
	}
	a.tokens[old]--
}

// tokensGone reports API tokens that events have made and that are not there. The program deletes none but those of people who were forgotten.
func (a *audit) tokensGone() {
	lost := map[string]int{}
	for _, x := range a.issued {
		if !x.there {
			lost[x.subject]++
		}
	}
	for x, n := range a.tokens {
		lost[x.subject] += n
	}
	for _, subject := range slices.Sorted(maps.Keys(lost)) {
		if n := lost[subject]; n > 0 && !a.forgotten[subject] {
			a.found(fmt.Sprintf("%d that events speak of are not there", n), "tokens of account %s", strings.TrimPrefix(subject, "user "))
		}
	}
}
