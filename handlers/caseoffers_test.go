package handlers_test

import (
	"slices"
	"testing"

	"formwandel/models"
)

// TestPagesOfferExactlyWhatTheRulesAllow compares the buttons of everybody in every state with the rules.
func TestPagesOfferExactlyWhatTheRulesAllow(t *testing.T) {
	st := newStage(t)
	numbers := map[models.Status]string{}
	for i, s := range models.Statuses {
		numbers[s] = st.inState(s, 2100+100*i)
	}
	for _, u := range []models.User{st.Clerk, st.Clerk2, st.Approver, st.Deputy, st.TenantAdmin, st.Agent, st.Agent2, st.Lead, st.AgentLead, st.Admin, st.Auditor} {
		v := st.signIn(u)
		for s, number := range numbers {
			r := v.see(number)
			var got, want []string
			for _, m := range offered.FindAllStringSubmatch(string(r.body), -1) {
				got = append(got, m[1]+m[2])
			}
			k, err := st.s.Case(t.Context(), u, number)
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range k.Can {
				switch a {
				case models.Submit, models.Assign: // where the draft is filled in; in the queue
				case models.Edit:
					want = append(want, "felder")
				default:
					want = append(want, string(a))
				}
			}
			slices.Sort(got)
			slices.Sort(want)
			if got = slices.Compact(got); !slices.Equal(got, want) {
				t.Errorf("%s, %s: the page offers %v, the rules allow %v", u.Name, s, got, want)
			}
		}
	}
}

// inState takes a new request to a state.
func (st *stage) inState(s models.Status, cents int) string {
	st.Helper()
	body := filing("gebuehren.erste", cents, "from", "2027-06-01")
	switch s {
	case models.Draft:
		body["submit"] = false
	case models.Applied, models.Accepted:
		body = filing("gebuehren.erste", cents, "by", "2027-06-01")
	}
	if s == models.Failed {
		return st.failing(1050)
	}
	n := st.file(st.Clerk, body)
	if s != models.Draft && s != models.Submitted {
		st.do(st.Agent, n, "claim", "").is(200)
	}
	switch s {
	case models.Question:
		st.do(st.Agent, n, "ask", "Welche?").is(200)
	case models.Rejected:
		st.do(st.Agent, n, "reject", "doppelt").is(200)
	case models.Withdrawn:
		st.do(st.Clerk, n, "withdraw", "").is(200)
	case models.Approved, models.Applied, models.Accepted:
		st.do(st.Approver, n, "approve", "").is(200)
		st.do(st.Lead, n, "approve", "").is(200)
	}
	if s == models.Applied || s == models.Accepted {
		st.do(st.Lead, n, "apply", "").is(200)
	}
	if s == models.Accepted {
		st.do(st.Clerk, n, "accept", "").is(200)
	}
	st.is(n, string(s))
	return n
}

// failing is a request whose old value is gone by the time the clock looks at it.
func (st *stage) failing(cents int) string {
	st.Helper()
	slow := st.file(st.Clerk, filing("gebuehren.weitere", cents, "by", "2027-06-01"))
	quick := st.file(st.Clerk, filing("gebuehren.weitere", cents+1, "by", "2027-06-01"))
	st.approved(quick)
	if _, _, err := st.s.Knock(st.Context()); err != nil {
		st.Fatal(err)
	}
	st.do(st.Agent, slow, "claim", "").is(200)
	st.do(st.Approver, slow, "approve", "").is(200)
	st.do(st.Lead, slow, "approve", "").is(200)
	if _, _, err := st.s.Knock(st.Context()); err != nil {
		st.Fatal(err)
	}
	return slow
}
