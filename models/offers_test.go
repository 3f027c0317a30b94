package models_test

import (
	"fmt"
	"slices"
	"testing"

	"formwandel/models"
)

// TestPagesOfferWhatTheRulesAccept tries every action as everybody on a real
// request in every state: what a page offers is accepted, all else refused.
func TestPagesOfferWhatTheRulesAccept(t *testing.T) {
	tell(t, func(st *story) {
		for _, status := range models.Statuses {
			st.offers(status)
		}
	})
}

func (st *story) offers(status models.Status) {
	number := st.in(status)
	for name, u := range st.everybody() {
		c, err := st.s.Case(ctx, u, number)
		seen := u.Sees(st.Clerk.AGS)
		if seen != (err == nil) {
			st.Fatalf("%s reads a request of Bautzen: %v", name, err)
		}
		for _, a := range models.Actions {
			offered := seen && slices.Contains(c.Can, a)
			in := arguments(a)
			in.Assignee = st.Agent2.ID
			_, err := st.try(u, number, a, in)
			if offered != (err == nil) {
				st.Errorf("%s, %s, %s: offered %v, but %s", status, name, a, offered, said(err))
			}
			if !seen && said(err) != "not_found request" {
				st.Errorf("%s learns of a foreign request: %v", name, err)
			}
			if err == nil {
				number = st.in(status) // that one is spent
			}
		}
	}
}

// arguments are what an action asks for.
func arguments(a models.Action) models.Input {
	in := models.Input{Comment: "weil es so ist"}
	if a == models.Edit {
		words := "ein anderer Grund"
		in.Content = &models.Content{Reason: &words}
	}
	return in
}

func (st *story) everybody() map[string]models.User {
	return map[string]models.User{
		"author": st.Clerk, "other clerk": st.Clerk2, "approver": st.Approver, "deputy": st.Deputy, "tenant admin": st.TenantAdmin,
		"assignee": st.Agent, "other agent": st.Agent2, "lead": st.Lead, "other lead": st.Lead2, "agent+lead": st.AgentLead,
		"admin": st.Admin, "auditor": st.Auditor, "foreign clerk": st.LeipzigClerk, "foreign approver": st.LeipzigApprover, "nobody": {},
	}
}

var cents = 2000

// in is the number of a new request in a state, on the way that people take there.
func (st *story) in(status models.Status) string {
	st.Helper()
	cents++
	in := want("from", "2027-06-01", first, fmt.Sprint(cents))
	switch status {
	case models.Draft:
		in = draft(in)
	case models.Applied, models.Accepted, models.Failed:
		in = want("by", "2027-06-01", first, fmt.Sprint(cents))
	}
	n := st.file(st.Clerk, in).Number
	if status == models.Draft || status == models.Submitted {
		return n
	}
	st.do(st.Agent, n, models.Claim, "")
	switch status {
	case models.Question:
		st.do(st.Agent, n, models.Ask, "Welche Gebühr?")
	case models.Rejected:
		st.do(st.Agent, n, models.Reject, "doppelt")
	case models.Withdrawn:
		st.do(st.Clerk, n, models.Withdraw, "")
	case models.Approved, models.Applied, models.Accepted, models.Failed:
		st.do(st.Approver, n, models.Approve, "")
		if status == models.Failed {
			cents++
			st.filed(want("by", "2027-06-01", first, fmt.Sprint(cents)))
		}
		st.do(st.Lead, n, models.Approve, "")
	}
	if status == models.Applied || status == models.Accepted || status == models.Failed {
		st.knock()
	}
	if status == models.Accepted {
		st.do(st.Clerk, n, models.Accept, "")
	}
	return st.is(n, status).Number
}
