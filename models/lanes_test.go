package models_test

import (
	"strconv"
	"strings"
	"testing"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// surcharge is a section of money that a next questionnaire brings, in front of the contact.
const surcharge = `{"approval":{"municipality":1,"provider":1},"fields":[{"configurable":true,"key":"zuschlag.eil","label":"Eilzuschlag","type":"money"}],"key":"zuschlag","title":"Zuschläge"},`

// bring imports a next questionnaire with a section more than this one.
func (st *story) bring(section string) {
	st.Helper()
	st.newQuestionnaire(`"sections":[`, `"sections":[`+section)
}

// lanes asserts how many approvals a request needs of either side, and that it keeps them.
func (st *story) lanes(what string, c *models.Case, municipality, provider int) {
	st.Helper()
	if c.NeedMunicipality != municipality || c.NeedProvider != provider {
		st.Errorf("%s: %d of the municipality and %d of the provider, want %d and %d", what, c.NeedMunicipality, c.NeedProvider, municipality, provider)
	}
}

// An old request that takes up a section which a later questionnaire has
// brought needs what that section demands now, and goes on needing it.
func TestPolicyOfASectionThatCameLater(t *testing.T) {
	tell(t, func(st *story) {
		n := st.file(st.Clerk, wording("Zimmer 1")).Number
		other := st.file(st.Clerk, wording("Zimmer 2")).Number
		st.lanes("as filed", st.get(n), 0, 1)
		st.bring(surcharge)
		c := st.with(st.Clerk, n, models.Edit, edit("zuschlag.eil", "99900"))
		st.lanes("with the new section", c, 1, 1)
		if !strings.Contains(c.Policy, `"zuschlag":{"municipality":1,"provider":1}`) {
			st.Errorf("the copy does not say so: %s", c.Policy)
		}
		st.do(st.Agent, n, models.Claim, "")
		st.do(st.Lead, n, models.Approve, "")
		st.is(n, models.InReview)
		st.blockedBy(n, "approval_missing_municipality")
		st.demand(map[string]map[string]int{"*": {"*": 2}})
		st.lanes("what the town demands later counts for later ones", st.with(st.Agent, n, models.Edit, edit("zuschlag.eil", "88800")), 1, 1)
		st.lanes("a section that comes up after that takes what the town demands by then", st.with(st.Clerk, other, models.Edit, edit("zuschlag.eil", "77700")), 2, 1)
		st.do(st.Approver, n, models.Approve, "")
		st.do(st.Lead, n, models.Approve, "")
		st.is(n, models.Approved)
	})
}

// A questionnaire that demands more of a known section leaves alone what was
// filed, until somebody edits it: then it speaks of the new questionnaire.
func TestPolicyOfASectionThatDemandsMore(t *testing.T) {
	tell(t, func(st *story) {
		left := st.file(st.Clerk, want("by", "2026-12-01", notice, `"Eins"`)).Number
		edited := st.file(st.Clerk, want("by", "2026-12-01", notice, `"Zwei"`)).Number
		dear := st.file(st.Clerk, fee("2500", "2027-01-01")).Number
		st.newQuestionnaire(`"approval":{"municipality":0,"provider":1}`, `"approval":{"municipality":1,"provider":2}`, `"approval":{"municipality":1,"provider":1}`, `"approval":{"municipality":0,"provider":1}`)
		st.do(st.Agent, left, models.Claim, "")
		st.do(st.Lead, left, models.Approve, "")
		st.is(left, models.Approved)
		st.lanes("edited", st.with(st.Clerk, edited, models.Edit, edit(notice, `"Drei"`)), 1, 2)
		st.lanes("less than before is not enough", st.with(st.Clerk, dear, models.Edit, edit(first, "2501")), 1, 1)
		reopened := st.filed(want("from", "2027-03-01", further, "900"))
		st.lanes("filed now", reopened, 0, 1)
	})
}

// Opening an approved request again takes the new questionnaire, and what it demands; so does a rebase.
func TestPolicyOfARequestThatIsOpenedAgain(t *testing.T) {
	tell(t, func(st *story) {
		n := st.file(st.Clerk, want("from", "2027-01-01", notice, `"Eins"`)).Number
		failing := st.file(st.Clerk, want("from", "2027-01-02", notice, strconv.Quote(strings.Repeat("Zu lang für später. ", 10)))).Number
		for _, x := range []string{n, failing} {
			st.do(st.Agent, x, models.Claim, "")
			st.do(st.Lead, x, models.Approve, "")
			st.is(x, models.Approved)
		}
		st.newQuestionnaire(`"approval":{"municipality":0,"provider":1}`, `"approval":{"municipality":2,"provider":1}`, `"max_length":4000`, `"max_length":150`)
		st.lanes("opened again", st.do(st.Agent, n, models.Reopen, ""), 2, 1)
		st.at("2027-01-02 00:00:00")
		st.is(failing, models.Failed)
		st.lanes("rebased", st.do(st.Agent, failing, models.Rebase, ""), 2, 1)
	})
}

// Nobody approves and nothing is applied under lanes of which the copy knows nothing.
func TestPolicyThatIsEmptyApprovesNothing(t *testing.T) {
	Each(t, func(t *testing.T, s *models.Store) {
		st := &story{T: t, Cast: Stage(t, s), s: s}
		waiting, claimed, done := st.in(models.InReview), st.in(models.Submitted), st.filed(st.another()).Number
		empty := func(n string) {
			st.tamper(`UPDATE requests SET policy = '{}', need_municipality = 0, need_provider = 1 WHERE number = ?`, n)
		}
		empty(waiting)
		st.do(st.Lead, waiting, models.Approve, "")
		st.lanes("approved by the provider alone", st.is(waiting, models.InReview), 1, 1)
		st.do(st.Lead, claimed, models.Approve, "")
		empty(claimed)
		st.do(st.Agent, claimed, models.Claim, "")
		st.lanes("claimed when the provider had approved", st.is(claimed, models.InReview), 1, 1)
		st.tamper(`UPDATE requests SET policy = '{}', need_municipality = 0 WHERE number = ?`, done)
		st.at("2027-01-01 00:00:00")
		if f := st.is(done, models.Failed).Failure; f.Reason != "tampered" {
			st.Errorf("%+v", f)
		}
	})
}

// demand lets Bautzen's people demand more approvals.
func (st *story) demand(policy models.PolicyRules) {
	st.Helper()
	SetPolicy(st.T, st.s, st.TenantAdmin, st.Approver, Bautzen, policy)
}
