package models_test

import (
	"fmt"
	"testing"

	"formwandel/models"
)

func (st *story) assign(u models.User, number string, to int64) (*models.Case, error) {
	return st.try(u, number, models.Assign, models.Input{Assignee: to})
}

func TestAssigning(t *testing.T) {
	tell(t, func(st *story) {
		n := st.file(st.Clerk, want("from", "2027-01-11", first, "2500")).Number
		c, err := st.assign(st.Agent, n, st.Agent2.ID)
		st.must(err)
		if c.Status != models.InReview || c.Assignee == nil || c.Assignee.ID != st.Agent2.ID {
			st.Errorf("%s, %v", c.Status, c.Assignee)
		}
		st.hear(n, models.MailAssigned, st.Agent2.Email)
		h := st.last(n, models.Assign)
		if h.Actor.ID != st.Agent.ID || h.Assigned == nil || h.Assigned.Name != st.Agent2.Name || h.Former != 0 || h.From != models.Submitted || h.To != models.InReview {
			st.Errorf("history says %+v", h)
		}
		for name, c := range map[string]struct {
			u    models.User
			to   int64
			kind models.Kind
			code string
		}{
			"again": {st.Agent, st.Agent2.ID, models.Conflict, "already_assignee"}, "nobody": {st.Agent, 0, models.Invalid, "not_an_agent"}, "a lead": {st.Agent, st.Lead.ID, models.Invalid, "not_an_agent"},
			"a clerk": {st.Agent, st.Clerk.ID, models.Invalid, "not_an_agent"}, "by a lead": {st.Lead, st.Agent.ID, models.Forbidden, "not_your_role"}, "by a clerk": {st.Clerk, st.Agent.ID, models.Forbidden, "not_your_role"},
			"by a foreigner": {st.LeipzigClerk, st.Agent.ID, models.NotFound, "request"},
		} {
			_, err := st.assign(c.u, n, c.to)
			if !models.IsKind(err, c.kind) {
				st.Errorf("%s: %v, want %s %s", name, err, c.kind, c.code)
			}
		}
		_, err = st.assign(st.Agent, n, st.Agent.ID) // taking it over: nobody writes to oneself
		st.must(err)
		st.hear(n, models.MailAssigned, st.Agent2.Email)
		if h := st.last(n, models.Assign); h.Former != st.Agent2.ID || h.Assignee != st.Agent.ID {
			st.Errorf("from %d to %d", h.Former, h.Assignee)
		}
		st.audit()
	})
}

// TestAssigningVoidsNothing keeps approvals, and lets lanes that are complete approve on arrival.
func TestAssigningVoidsNothing(t *testing.T) {
	tell(t, func(st *story) {
		n := st.file(st.Clerk, want("from", "2027-01-11", first, "2500")).Number
		st.do(st.Approver, n, models.Approve, "")
		st.do(st.Lead, n, models.Approve, "")
		st.is(n, models.Submitted)
		c, err := st.assign(st.Agent, n, st.Agent2.ID)
		if st.must(err); c.Status != models.Approved || c.Version != 5 {
			st.Errorf("%s, version %d", c.Status, c.Version)
		}
		st.hear(n, models.MailApproved, st.Clerk.Email, st.Agent2.Email)
		c, err = st.assign(st.Agent2, n, st.Agent.ID)
		if st.must(err); c.Status != models.Approved || len(c.Given) != 2 || fmt.Sprint(c.GivenProvider, c.GivenMunicipality) != "1 1" {
			st.Errorf("%s, %v", c.Status, c.Given)
		}
		st.audit()
	})
}
