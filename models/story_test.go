package models_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

var ctx = context.Background()

// story is a test that tells what people do, one after another.
type story struct {
	*testing.T
	*Cast
	s    *models.Store
	bent []string // places that the story has changed behind the record: an audit must name them
}

// tell runs a story on every kind of database.
func tell(t *testing.T, what func(s *story)) {
	Each(t, func(t *testing.T, s *models.Store) {
		st := &story{T: t, Cast: Stage(t, s), s: s}
		what(st)
		st.audit()
	})
}

// audit holds the record against itself at the end of every story.
func (st *story) audit() {
	st.Helper()
	report, err := st.s.Verify(ctx, nil)
	if err != nil {
		st.Fatal(err)
	}
	named := map[string]bool{}
	for _, f := range report.Findings {
		if named[f.Where] = true; !slices.Contains(st.bent, f.Where) {
			st.Errorf("audit: %s", f)
		}
	}
	for _, where := range st.bent {
		if !named[where] {
			st.Errorf("audit: %s was changed behind the record, and nobody says so", where)
		}
	}
}

// fee files example 1: another fee for the first birth certificate from a day on.
func fee(cents, from string) models.FileInput {
	return models.FileInput{Form: Bautzen + "/" + Birth, Submit: true, Content: models.Content{
		Effective: &models.EffectiveInput{Kind: "from", Date: from},
		Changes:   &[]models.ChangeInput{{Field: "gebuehren.erste", New: []byte(cents)}},
	}}
}

func (st *story) file(u models.User, in models.FileInput) *models.Case {
	st.Helper()
	c, err := st.s.File(ctx, u, in)
	if err != nil {
		st.Fatalf("%s files: %v", u.Name, err)
	}
	return c
}

// do takes a step that has to succeed, on the version as it is now.
func (st *story) do(u models.User, number string, a models.Action, comment string) *models.Case {
	st.Helper()
	c, err := st.try(u, number, a, models.Input{Comment: comment})
	if err != nil {
		st.Fatalf("%s: %s %s: %v", u.Name, a, number, err)
	}
	return c
}

func (st *story) try(u models.User, number string, a models.Action, in models.Input) (*models.Case, error) {
	st.Helper()
	if in.Version == 0 {
		in.Version = st.get(number).Version
	}
	return st.s.Do(ctx, u, number, a, in)
}

func (st *story) get(number string) *models.Case {
	st.Helper()
	c, err := st.s.Case(ctx, st.Auditor, number)
	if err != nil {
		st.Fatal(err)
	}
	return c
}

// approved takes a filed request through both lanes.
func (st *story) approved(number string) *models.Case {
	st.Helper()
	st.do(st.Agent, number, models.Claim, "")
	st.do(st.Approver, number, models.Approve, "")
	return st.do(st.Lead, number, models.Approve, "")
}

// at moves time forward and lets the clock knock.
func (st *story) at(when string) {
	st.Helper()
	t, err := time.ParseInLocation("2006-01-02 15:04:05", when, berlin)
	if err != nil {
		st.Fatal(err)
	}
	SetNow(st, st.s, t)
	st.knock()
}

func (st *story) knock() int {
	st.Helper()
	n, _, err := st.s.Knock(ctx)
	if err != nil {
		st.Fatal(err)
	}
	return n
}

var berlin = func() *time.Location {
	l, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	return l
}()

// is asserts the state of a request.
func (st *story) is(number string, want models.Status) *models.Case {
	st.Helper()
	c := st.get(number)
	if c.Status != want {
		st.Fatalf("%s is %s, want %s (failure: %+v)", number, c.Status, want, c.Failure)
	}
	return c
}

// holds asserts a value of a form as it is live.
func (st *story) holds(field, want string) {
	st.Helper()
	f, err := st.s.Form(ctx, st.Auditor, Bautzen, Birth)
	if err != nil {
		st.Fatal(err)
	}
	if got := string(f.Values[field]); got != want {
		st.Fatalf("%s is %s, want %s", field, got, want)
	}
}

func TestFeeFromNewYear(t *testing.T) {
	tell(t, func(st *story) {
		c := st.file(st.Clerk, fee("2500", "2027-01-01"))
		if c.Number != "KA-2026-000001" || c.Status != models.Submitted || c.Version != 1 {
			st.Fatalf("filed: %+v", c.Request)
		}
		st.approved(c.Number)
		st.is(c.Number, models.Approved)
		st.at("2026-12-31 23:59:59")
		st.is(c.Number, models.Approved)
		st.holds("gebuehren.erste", "2000")
		st.at("2027-01-01 00:00:00")
		if c := st.is(c.Number, models.Applied); c.Late != nil {
			st.Fatalf("late by %d s", *c.Late)
		}
		st.holds("gebuehren.erste", "2500")
		st.do(st.Clerk, c.Number, models.Accept, "")
		if n := st.knock(); n != 0 {
			st.Fatalf("the clock had %d more to do", n)
		}
	})
}
