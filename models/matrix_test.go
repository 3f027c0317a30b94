package models

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"formwandel/models/calendar"
	"formwandel/models/fields"
)

// member is somebody of the cast, as the matrix names them.
type member struct {
	name string
	user User
}

// members are everybody who could try something, with the ids of the matrix.
var members = []member{
	{"author", User{ID: 1, Active: true, AGS: "14625020", Roles: []Role{Clerk}}},
	{"clerk", User{ID: 2, Active: true, AGS: "14625020", Roles: []Role{Clerk}}},
	{"approver", User{ID: 3, Active: true, AGS: "14625020", Roles: []Role{Approver}}},
	{"deputy", User{ID: 4, Active: true, AGS: "14625020", Roles: []Role{Clerk, Approver}}},
	{"tenant_admin", User{ID: 5, Active: true, AGS: "14625020", Roles: []Role{TenantAdmin}}},
	{"assignee", User{ID: 6, Active: true, Roles: []Role{Agent}}},
	{"agent", User{ID: 7, Active: true, Roles: []Role{Agent}}},
	{"lead", User{ID: 8, Active: true, Roles: []Role{Lead}}},
	{"agent+lead", User{ID: 9, Active: true, Roles: []Role{Agent, Lead}}},
	{"admin", User{ID: 10, Active: true, Roles: []Role{Admin}}},
	{"auditor", User{ID: 11, Active: true, Roles: []Role{Auditor}}},
	{"other_clerk", User{ID: 12, Active: true, AGS: "14713000", Roles: []Role{Clerk}}},
	{"other_appr", User{ID: 13, Active: true, AGS: "14713000", Roles: []Role{Approver}}},
	{"clock", clockUser},
}

var matrixNow = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

// inStatus is a typical request of Bautzen's in a state.
func inStatus(s Status, kind string) *Request {
	six := int64(6)
	r := &Request{
		AGS: "14625020", Status: s, Version: 3, AuthorID: 1, Kind: kind, Date: calendar.NewDay(2027, 1, 1),
		NeedMunicipality: 1, NeedProvider: 1, Changes: []Change{{Field: "gebuehren.erste", Type: fields.Money, Old: "2000", New: "2500"}},
	}
	if s != Draft && s != Submitted {
		r.AssigneeID = &six
	}
	if s == Approved {
		r.ApplyAt = at(matrixNow)
		if kind == From {
			r.ApplyAt = at(r.Date.Start())
		}
	}
	return r
}

// outcome is what becomes of an attempt: the new state, or the refusal.
func outcome(u User, a Action, r *Request) string {
	if !u.Sees(r.AGS) {
		return string(NotFound)
	}
	ru, err := ruleFor(u, a, r)
	var refusal *Error
	switch {
	case errors.As(err, &refusal):
		return string(refusal.Kind) + ":" + refusal.Code
	case !r.allows(u, a, matrixNow):
		return "guarded"
	case ru.to == "":
		return "stays"
	}
	return string(ru.to)
}

// short are the words of the matrix for what is most often said.
var short = strings.NewReplacer("forbidden:not_your_role", "-", "conflict:wrong_state", "state", "forbidden:not_assignee", "assignee", "not_found", "404")

func TestMatrix(t *testing.T) {
	var b strings.Builder
	b.WriteString("Every state, every action, everybody: the new state, or the refusal.\n\n" +
		"  stays     accepted, the state stays (approve: approved, once every lane is complete in review)\n" +
		"  -         forbidden not_your_role: nobody of this office ever does that\n" +
		"  assignee  forbidden not_assignee: somebody of this office does, but another one\n" +
		"  state     conflict wrong_state: not now\n" +
		"  guarded   the table allows it, this request does not: four eyes, already due, only for `by`\n" +
		"  404       not_found: another municipality's\n")
	matrix(&b, "a change from a day on, filed by author, claimed by assignee", func(s Status) *Request { return inStatus(s, From) })
	matrix(&b, "a change by a day, filed by deputy, claimed by assignee, edited by agent+lead, its approval due at once", func(s Status) *Request {
		r := inStatus(s, By)
		r.AuthorID, r.Editors = 4, []int64{9}
		return r
	})
	matrix(&b, "a wish that nobody has turned into changes", func(s Status) *Request {
		r := inStatus(s, By)
		r.Changes, r.Wish = nil, "Bitte die Gebühr auf 25 Euro"
		return r
	})
	hold(t, filepath.Join("testdata", "matrix.golden"), b.String())
}

func matrix(b *strings.Builder, title string, request func(Status) *Request) {
	fmt.Fprintf(b, "\n# %s\n", title)
	for _, s := range Statuses {
		fmt.Fprintf(b, "\n%-12s", s)
		for _, m := range members {
			fmt.Fprintf(b, " %-12s", m.name)
		}
		for _, a := range Actions {
			fmt.Fprintf(b, "\n  %-10s", a)
			for _, m := range members {
				fmt.Fprintf(b, " %-12s", short.Replace(outcome(m.user, a, request(s))))
			}
		}
		b.WriteString("\n")
	}
}

// hold holds a text against its file; -update rewrites the file.
func hold(t *testing.T, path, got string) {
	t.Helper()
	var lines []string
	for _, l := range strings.Split(got, "\n") {
		lines = append(lines, strings.TrimRight(l, " "))
	}
	got = strings.Join(lines, "\n")
	if *Update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != got {
		t.Errorf("%s is out of date; go test ./models -update rewrites it, then read the difference", path)
	}
}

// TestClockIsNobody keeps people from ever passing for the clock.
func TestClockIsNobody(t *testing.T) {
	for _, m := range members {
		if m.user.IsClock() != (m.name == "clock") {
			t.Errorf("%s passes for the clock", m.name)
		}
	}
	for _, u := range []User{{}, {Name: clockUser.Name}, {Name: clockUser.Name, Locale: clockUser.Locale}, {Name: "Formwandel", ID: 7}, {ID: 0, Name: "Sachbearbeitung"}} {
		if u.IsClock() {
			t.Errorf("%+v passes for the clock", u)
		}
	}
}

// TestRulesAreWhole asks every rule for what none may lack.
func TestRulesAreWhole(t *testing.T) {
	for a, rs := range rules {
		for _, ru := range rs {
			if ru.may == "" || len(ru.from) == 0 {
				t.Errorf("%s: nobody may, or from nowhere: %+v", a, ru)
			}
			if (ru.mail == "") != (len(ru.tell) == 0) {
				t.Errorf("%s: a mail to nobody, or somebody without a mail: %+v", a, ru)
			}
		}
	}
	for _, a := range Actions {
		if len(rules[a]) == 0 {
			t.Errorf("%s has no rule", a)
		}
	}
	if len(rules) != len(Actions) {
		t.Errorf("%d rules, %d actions", len(rules), len(Actions))
	}
}
