package models

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// account is what events say of an account.
type account struct {
	ags   string // whose, as the chain that made it says
	roles string // sorted, with spaces between
	off   bool
	row   string // hash over what decides, "" in records from before there was one
	name  string // hash over the name, the same

	switched  time.Time  // on or off, the last time
	sealed    bool       // the event of that has a hash
	forgotten *time.Time // nil: nobody has forgotten the person
}

// sealing are the acts that change what an account's hash is over.
var sealing = []Action{
	"user_add", "user_roles", "user_on", "user_off", "password_set", "user_password", "user_accept", "user_email", "user_link", "user_unlink", "factor_add", "factor_remove", "factor_reset", "recovery_used", ForgetUser,
}

// naming are the acts that may give an account another name.
var naming = []Action{"user_add", "user_change", "user_roles", ForgetUser}

// hearAccount remembers roles, whether somebody may come in at all, and how.
func (a *audit) hearAccount(e *Event) {
	d, err := e.Decode()
	if err != nil {
		return
	}
	for _, l := range a.links[d.Subject] {
		l.hear(e, d)
	}
	id, err := strconv.ParseInt(strings.TrimPrefix(d.Subject, "user "), 10, 64)
	if err != nil {
		return
	}
	x := a.people[id]
	if x == nil {
		x = &account{}
		a.people[id] = x
	}
	switch e.Action {
	case "user_add", "user_roles":
		x.roles = sortedWords(e.Comment)
	case "user_on", "user_off":
		x.off, x.switched, x.sealed = e.Action == "user_off", e.At, d.Row != ""
	case ForgetUser:
		x.forgotten = at(e.At)
		a.forgotten[strings.Clone(d.Subject)] = true
	case "token_create", "token_revoke": // their rows are the tokens'
		return
	}
	if e.Action == "user_add" {
		x.ags = e.AGS
	}
	if d.Row != "" || slices.Contains(sealing, e.Action) { // a program from before, beside this one, seals nothing
		x.row = d.Row
	}
	if d.Name != "" || slices.Contains(naming, e.Action) {
		x.name = d.Name
	}
}

// accounts holds every account against what events say of it.
func (a *audit) accounts(rows *accountRows, roles map[int64]string) {
	hashes := rows.hashes()
	for _, p := range rows.accounts {
		a.person(p, roles[p.ID], hashes[p.ID])
	}
}

// sortedWords are words in order.
func sortedWords(text string) string {
	words := strings.Fields(text)
	slices.Sort(words)
	return strings.Join(words, " ")
}

// person holds an account against what events say of it: nobody is given a right behind the record, or let in.
func (a *audit) person(p accountRow, roles, row string) {
	id, active := p.ID, p.Active
	x := a.people[id]
	switch {
	case x == nil || x.ags == "":
		a.found("no event has made it", "account %d", id)
	case x.ags != chainOf(value(p.AGS)):
		a.found("is not whose its history says", "account %d", id)
	case x.roles != sortedWords(roles):
		a.found("roles are not what its history says", "account %d", id)
	case x.off == active:
		a.found("is switched otherwise than its history says", "account %d", id)
	case x.row != "" && x.row != row:
		a.found("its address, password, second factors or sign-ins elsewhere are not what its history says", "account %d", id)
	case x.name != "" && x.name != p.nameHash():
		a.found("its name is not what its history says", "account %d", id)
	case stamped(x.forgotten) != stamped(p.ForgottenAt):
		a.found("is forgotten otherwise than its history says", "account %d", id)
	case !x.isOffWhen(p.OffAt):
		a.found("has been off otherwise than its history says", "account %d", id)
	}
	delete(a.people, id)
}

// isOffWhen tells whether an account's time since it was switched off is the record's. It may begin later (see isOffSince), which only keeps
// things longer; and a program from before the column, which sealed nothing either, has left it when it switched the account on again.
func (x *account) isOffWhen(off *time.Time) bool {
	switch {
	case off == nil:
		return true
	case x.off:
		return stamp(x.switched) <= stamp(*off)
	}
	return !x.switched.IsZero() && !x.sealed
}

// factorsAtFirst are the roles that ask for a second factor until somebody says otherwise; migration 13 has them.
const factorsAtFirst = "admin agent auditor lead"

// factorRoles holds the roles that ask for a second factor, and for which, against the event that has said so.
func (a *audit) factorRoles(now Requirement) {
	if words := sortedWords(now.String()); words != a.factors {
		a.found("are not those that the history says: "+cmp.Or(words, "none"), "roles that ask for a second factor")
	}
}

// value is a text that may be missing.
func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
