package models

import (
	"slices"
	"strconv"
	"strings"
)

// account is what events say of an account.
type account struct {
	roles string // sorted, with spaces between
	off   bool
}

// hearAccount remembers roles and whether somebody may come in at all.
func (a *audit) hearAccount(e *Event) {
	d, err := e.Decode()
	if err != nil {
		return
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
	default:
		x.off = e.Action == "user_off"
	}
}

// sortedWords are words in order.
func sortedWords(text string) string {
	words := strings.Fields(text)
	slices.Sort(words)
	return strings.Join(words, " ")
}

// person holds an account against what events say of it: nobody is given a right behind the record.
func (a *audit) person(id int64, roles string, active bool) {
	x := a.people[id]
	switch {
	case x == nil:
		a.found("no event has made it", "account %d", id)
	case x.roles != sortedWords(roles):
		a.found("roles are not what its history says", "account %d", id)
	case x.off == active:
		a.found("is switched otherwise than its history says", "account %d", id)
	}
	delete(a.people, id)
}

// town holds a municipality's policy against the event that set it.
func (a *audit) town(ags, policy string) {
	said, heard := a.policy[ags]
	if (heard && said != policy) || (!heard && policy != "{}") {
		a.found("approval policy is not what its history says", "municipality %s", ags)
	}
}
