package models_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"formwandel/models"
	"formwandel/models/calendar"
	. "formwandel/models/modelstest"
)

// Lanes may be complete before anybody of the team has claimed the request:
// claiming it then leads to approved.
func TestLanesCompleteBeforeClaim(t *testing.T) {
	tell(t, func(st *story) {
		c := st.file(st.Clerk, fee("2500", "2027-01-01"))
		st.do(st.Approver, c.Number, models.Approve, "")
		st.do(st.Lead, c.Number, models.Approve, "")
		st.is(c.Number, models.Submitted)
		st.hear(c.Number, models.MailApproved)
		st.blockedBy(c.Number, "not_claimed")
		claimed := st.do(st.Agent, c.Number, models.Claim, "")
		if claimed.Status != models.Approved || claimed.Version != 5 {
			st.Fatalf("%s, version %d", claimed.Status, claimed.Version)
		}
		st.hear(c.Number, models.MailApproved, st.Clerk.Email, st.Agent.Email)
		h := st.history(c.Number)
		if a, b := h[len(h)-2], h[len(h)-1]; a.Action != models.Claim || a.To != models.InReview || b.Action != models.Approve || b.To != models.Approved || b.ActorID != nil {
			st.Fatalf("%+v\n%+v", a, b)
		}
		st.at("2027-01-01 00:00:00")
		st.holds(first, "2500")
	})
}

// The same after a question.
func TestLanesCompleteDuringQuestion(t *testing.T) {
	tell(t, func(st *story) {
		c := st.file(st.Clerk, fee("2500", "2027-01-01"))
		st.do(st.Agent, c.Number, models.Claim, "")
		st.do(st.Agent, c.Number, models.Ask, "Sicher?")
		st.do(st.Approver, c.Number, models.Approve, "")
		st.do(st.Lead, c.Number, models.Approve, "")
		st.is(c.Number, models.Question)
		if c := st.do(st.Clerk, c.Number, models.Answer, "Ja."); c.Status != models.Approved {
			st.Fatal(c.Status)
		}
	})
}

// Sections that cost nothing need no approval of the municipality.
func TestLanesFollowTheSections(t *testing.T) {
	tell(t, func(st *story) {
		c := st.file(st.Clerk, want("by", "2026-12-01", notice, `"Bitte Ausweis mitbringen."`))
		if c.NeedMunicipality != 0 || c.NeedProvider != 1 {
			st.Fatalf("%d and %d", c.NeedMunicipality, c.NeedProvider)
		}
		st.hear(c.Number, models.MailSubmitted, st.Clerk.Email, team)
		c = st.with(st.Clerk, c.Number, models.Edit, edit(notice, `"Bitte Ausweis mitbringen."`, first, "2500"))
		if c.NeedMunicipality != 1 {
			st.Fatal("an edit that adds a fee needs the municipality")
		}
		c = st.with(st.Clerk, c.Number, models.Edit, models.Input{Content: &models.Content{Sections: &[]string{"einstieg"}, Changes: changes(notice, `"Bitte Ausweis mitbringen."`)}})
		if c.NeedMunicipality != 0 {
			st.Fatal("the fee is gone again")
		}
		st.do(st.Agent, c.Number, models.Claim, "")
		st.do(st.Lead, c.Number, models.Approve, "")
		st.is(c.Number, models.Approved)
	})
}

// A municipality may demand more of itself; what was submitted before keeps its policy.
func TestPolicyIsCopiedOnSubmit(t *testing.T) {
	tell(t, func(st *story) {
		before := st.file(st.Clerk, fee("2500", "2027-01-01"))
		drafted := st.file(st.Clerk, draft(fee("2600", "2027-02-01")))
		SetPolicy(st, st.s, st.TenantAdmin, st.Approver, Bautzen, models.PolicyRules{"*": {"gebuehren": 2}})
		after := st.file(st.Clerk, fee("2700", "2027-03-01"))
		if n := after.NeedMunicipality; n != 2 {
			st.Fatalf("filed after: %d", n)
		}
		if n := st.do(st.Clerk, drafted.Number, models.Submit, "").NeedMunicipality; n != 2 {
			st.Fatalf("submitted after: %d", n)
		}
		if n := st.with(st.Clerk, before.Number, models.Edit, edit(first, "2501")).NeedMunicipality; n != 1 {
			st.Fatalf("submitted before, edited after: %d", n)
		}
		st.approved(before.Number)
		st.is(before.Number, models.Approved)
		st.approved(after.Number)
		st.is(after.Number, models.InReview)
		st.blockedBy(after.Number, "approval_missing_municipality", "old_value_changed")
		st.do(st.Deputy, after.Number, models.Approve, "")
		st.is(after.Number, models.Approved)
		if foreign := st.file(st.LeipzigClerk, models.FileInput{Form: Leipzig + "/" + Birth, Submit: true, Content: fee("2500", "2027-01-01").Content}); foreign.NeedMunicipality != 1 {
			st.Fatal("Leipzig is not Bautzen")
		}
	})
}

// Nobody approves twice, in no lane.
func TestOnePersonOneApproval(t *testing.T) {
	tell(t, func(st *story) {
		n := st.in(models.InReview)
		st.do(st.Approver, n, models.Approve, "")
		_, err := st.try(st.Approver, n, models.Approve, models.Input{})
		st.refused(err, models.Conflict, "already_approved")
		st.do(st.Lead, n, models.Approve, "")
		_, err = st.try(st.Lead, n, models.Approve, models.Input{})
		st.refused(err, models.Conflict, "wrong_state")
	})
}

// An approval binds to what was shown: any edit makes it void.
func TestEditVoidsApprovals(t *testing.T) {
	tell(t, func(st *story) {
		n := st.in(models.InReview)
		shown := st.get(n)
		st.do(st.Approver, n, models.Approve, "")
		c := st.with(st.Agent, n, models.Edit, edit(first, "4711"))
		if c.GivenMunicipality != 0 || len(c.Given) != 0 || c.ContentHash == shown.ContentHash {
			st.Fatalf("%+v", c.Request)
		}
		if v := st.one(`SELECT count(*) FROM approvals WHERE void_at IS NOT NULL`); v != 1 {
			st.Fatalf("%d void approvals are kept", v)
		}
		_, err := st.try(st.Lead, n, models.Approve, models.Input{ContentHash: shown.ContentHash})
		st.refused(err, models.Conflict, "stale")
		st.do(st.Lead, n, models.Approve, "")
		st.is(n, models.InReview)
		st.do(st.Approver, n, models.Approve, "") // again, to what it is now
		st.is(n, models.Approved)
	})
}

// Ways to approve one's own work, and none works: neither through the
// rules nor, behind their back, through the database.
func TestFourEyes(t *testing.T) {
	stories := []struct {
		name string
		tell func(st *story) (number string, who models.User)
	}{
		{"the author, promoted later", func(st *story) (string, models.User) {
			return st.in(models.InReview), st.promoted(st.Clerk, models.Approver)
		}},
		{"the deputy who filed", func(st *story) (string, models.User) {
			return st.file(st.Deputy, st.another()).Number, st.Deputy
		}},
		{"the deputy who edited another's draft", func(st *story) (string, models.User) {
			c := st.file(st.Clerk, draft(st.another()))
			st.with(st.Deputy, c.Number, models.Edit, edit(first, "2600"))
			st.do(st.Clerk, c.Number, models.Submit, "")
			return c.Number, st.Deputy
		}},
		{"the deputy who submitted another's draft", func(st *story) (string, models.User) {
			c := st.file(st.Clerk, draft(st.another()))
			st.do(st.Deputy, c.Number, models.Submit, "")
			return c.Number, st.Deputy
		}},
		{"the deputy who edited after submission", func(st *story) (string, models.User) {
			n := st.in(models.Submitted)
			st.with(st.Deputy, n, models.Edit, edit(first, "2600"))
			return n, st.Deputy
		}},
		{"the deputy who edited an earlier revision", func(st *story) (string, models.User) {
			n := st.in(models.Submitted)
			st.with(st.Deputy, n, models.Edit, edit(first, "2600"))
			st.with(st.Clerk, n, models.Edit, edit(first, "2700"))
			return n, st.Deputy
		}},
		{"the deputy who answered with an edit", func(st *story) (string, models.User) {
			n := st.in(models.Question)
			st.with(st.Deputy, n, models.Answer, edit(first, "2600"))
			return n, st.Deputy
		}},
		{"the assignee who edited and is lead", func(st *story) (string, models.User) {
			n := st.in(models.Submitted)
			st.do(st.AgentLead, n, models.Claim, "")
			st.with(st.AgentLead, n, models.Edit, edit(first, "2600"))
			return n, st.AgentLead
		}},
		{"the agent who edited and became lead", func(st *story) (string, models.User) {
			n := st.in(models.InReview)
			st.with(st.Agent, n, models.Edit, edit(first, "2600"))
			return n, st.promoted(st.Agent, models.Lead)
		}},
		{"the editor, after it was reopened", func(st *story) (string, models.User) {
			c := st.file(st.Deputy, st.another())
			st.approved(c.Number)
			st.do(st.Agent, c.Number, models.Reopen, "")
			return c.Number, st.Deputy
		}},
		{"the editor, after a rebase", func(st *story) (string, models.User) {
			n := st.in(models.Submitted)
			st.do(st.AgentLead, n, models.Claim, "")
			st.with(st.AgentLead, n, models.Edit, models.Input{Content: &models.Content{Effective: &models.EffectiveInput{Kind: "by", Date: "2026-12-01"}}})
			st.do(st.Approver, n, models.Approve, "")
			st.applied(want("by", "2026-12-01", first, "4712"))
			st.do(st.Lead, n, models.Approve, "")
			st.knock()
			st.is(n, models.Failed)
			st.do(st.AgentLead, n, models.Rebase, "")
			return n, st.AgentLead
		}},
		{"the agent and lead who drafted the way back", func(st *story) (string, models.User) {
			n := st.in(models.Applied)
			back := st.do(st.AgentLead, n, models.Revert, "")
			st.do(st.Clerk, back.Number, models.Submit, "")
			return back.Number, st.AgentLead
		}},
		{"the deputy who submitted the way back", func(st *story) (string, models.User) {
			n := st.in(models.Applied)
			back := st.do(st.Agent, n, models.Revert, "")
			st.do(st.Deputy, back.Number, models.Submit, "")
			return back.Number, st.Deputy
		}},
		{"the author who changed the policy", func(st *story) (string, models.User) {
			boss := st.promoted(st.TenantAdmin, models.Clerk)
			c := st.file(boss, st.another())
			boss = st.promoted(st.TenantAdmin, models.Approver)
			SetPolicy(st, st.s, boss, st.Deputy, Bautzen, models.PolicyRules{"*": {"*": 1}})
			return c.Number, boss
		}},
		{"the author who agreed to another policy", func(st *story) (string, models.User) {
			c := st.file(st.Deputy, st.another())
			SetPolicy(st, st.s, st.TenantAdmin, st.Deputy, Bautzen, models.PolicyRules{})
			return c.Number, st.Deputy
		}},
		{"the deputy, after the creator's account was switched off", func(st *story) (string, models.User) {
			c := st.file(st.Clerk2, draft(st.another()))
			st.with(st.Deputy, c.Number, models.Edit, edit(first, "2600"))
			st.do(st.Deputy, c.Number, models.Submit, "")
			st.tamper(`UPDATE users SET active = FALSE WHERE id = ?`, st.Clerk2.ID)
			st.bent = append(st.bent, fmt.Sprintf("account %d", st.Clerk2.ID))
			return c.Number, st.Deputy
		}},
		{"the author with another token of the operator's", func(st *story) (string, models.User) {
			return st.file(st.Deputy, st.another()).Number, SignIn(st, st.s, st.Deputy.Email)
		}},
		{"the author of another lane", func(st *story) (string, models.User) {
			return st.in(models.InReview), st.promoted(st.Clerk, models.Lead)
		}},
	}
	Score(t, "S33", "ways around four eyes, on two databases", 2*len(stories), "none succeeded, neither through the rules nor straight in the database")
	tell(t, func(st *story) {
		for _, x := range stories {
			st.cannotApprove(x.name, x.tell)
		}
	})
}

// TestFourEyesThroughMovedAccounts: whoever gave an account its address may be who signs in with it. So neither
// approves what the other filed, nor do two accounts that the same person has moved; the next best colleague does.
func TestFourEyesThroughMovedAccounts(t *testing.T) {
	stories := []struct {
		name, code string
		tell       func(st *story, moved func(u, by models.User) models.User) (number string, who models.User)
	}{
		{"the account whose address the author set", "four_eyes_address", func(st *story, moved func(u, by models.User) models.User) (string, models.User) {
			return st.file(st.Clerk, st.another()).Number, moved(st.Approver, st.Clerk)
		}},
		{"who set the address of the author's account", "four_eyes_mover", func(st *story, moved func(u, by models.User) models.User) (string, models.User) {
			return st.file(moved(st.Clerk, st.Approver), st.another()).Number, st.Approver
		}},
		{"who set the address of an editor's account", "four_eyes_mover", func(st *story, moved func(u, by models.User) models.User) (string, models.User) {
			c := st.file(st.Clerk, draft(st.another()))
			st.with(moved(st.Clerk2, st.Approver), c.Number, models.Edit, edit(first, "2600"))
			st.do(st.Clerk, c.Number, models.Submit, "")
			return c.Number, st.Approver
		}},
		{"one of two accounts that a third person has moved", "four_eyes_address", func(st *story, moved func(u, by models.User) models.User) (string, models.User) {
			return st.file(moved(st.Clerk, st.TenantAdmin), st.another()).Number, moved(st.Approver, st.TenantAdmin)
		}},
	}
	Score(t, "S33", "ways around four eyes through accounts that were moved, on two databases", 2*len(stories), "none succeeded")
	for _, x := range stories {
		tell(t, func(st *story) {
			n, who := x.tell(st, func(u, by models.User) models.User {
				st.tamper(`UPDATE users SET address_by = ? WHERE id = ?`, by.ID, u.ID)
				st.bent = append(st.bent, fmt.Sprintf("account %d", u.ID))
				return SignIn(st, st.s, u.Email)
			})
			before := st.get(n)
			if c, err := st.s.Case(ctx, who, n); err != nil || slices.Contains(c.Can, models.Approve) || c.Hindrance(who) != x.code {
				st.Errorf("%s: the page offers it, or says %q: %v", x.name, c.Hindrance(who), err)
			}
			if _, err := st.try(who, n, models.Approve, models.Input{}); !models.IsKind(err, models.Forbidden) || said(err) != "forbidden "+x.code {
				st.Errorf("%s: the rules say: %s", x.name, said(err))
			}
			if after := st.get(n); after.Version != before.Version || len(after.Approvals) != len(before.Approvals) {
				st.Errorf("%s: something was written", x.name)
			}
			st.do(st.Deputy, n, models.Approve, "")
		})
	}
}

// another is a fee that nobody has asked for yet.
func (st *story) another() models.FileInput {
	cents++
	return fee(fmt.Sprint(cents), "2027-01-01")
}

// cannotApprove holds the page, the rules and the database against somebody who has had a hand in a request.
func (st *story) cannotApprove(name string, tell func(*story) (string, models.User)) {
	st.Helper()
	n, who := tell(st)
	before := st.get(n)
	c, err := st.s.Case(ctx, who, n)
	if err == nil && slices.Contains(c.Can, models.Approve) {
		st.Errorf("%s: the page offers it", name)
	}
	if _, err := st.try(who, n, models.Approve, models.Input{}); !models.IsKind(err, models.Forbidden) {
		st.Errorf("%s: the rules say: %s", name, said(err))
	}
	if after := st.get(n); after.Version != before.Version || len(after.Approvals) != len(before.Approvals) {
		st.Errorf("%s: something was written", name)
	}
	err = st.force(`INSERT INTO approvals (request_id, side, user_id, version, content_hash, at) SELECT id, 'municipality', ?, version, content_hash, created_at FROM requests WHERE id = ?`, who.ID, before.ID)
	if err == nil || !strings.Contains(err.Error(), "four eyes") {
		st.Errorf("%s: the database takes a forged approval: %v", name, err)
	}
}

// promoted is somebody who got another role since.
func (st *story) promoted(u models.User, r models.Role) models.User {
	st.Helper()
	st.tamper(`INSERT INTO user_roles (user_id, role) VALUES (?, ?)`, u.ID, string(r))
	st.bent = append(st.bent, fmt.Sprintf("account %d", u.ID))
	return SignIn(st, st.s, u.Email)
}

// What somebody changes in the database is never applied.
func TestTampering(t *testing.T) {
	tamperings := []struct{ name, query string }{
		{"a new value", `UPDATE changes SET new = '9900' WHERE request_id = ?`},
		{"another field", `UPDATE changes SET field = 'gebuehren.auskunft', old = '1500' WHERE request_id = ?`},
		{"one change more", `INSERT INTO changes (request_id, ord, field, section, label, type, old, new) SELECT request_id, 7, 'gebuehren.versand', section, label, type, '0', '1' FROM changes WHERE request_id = ?`},
		{"no change left", `DELETE FROM changes WHERE request_id = ?`},
		{"another day", `UPDATE requests SET date = '2026-12-24' WHERE id = ?`},
		{"the content's hash", fmt.Sprintf(`UPDATE requests SET content_hash = '%064d' WHERE id = ?`, 0)},
		{"an approval's hash", fmt.Sprintf(`UPDATE approvals SET content_hash = '%064d' WHERE request_id = ? AND side = 'provider'`, 0)},
		{"an approval withdrawn", `UPDATE approvals SET void_at = at WHERE request_id = ? AND side = 'municipality'`},
		{"an approval gone", `DELETE FROM approvals WHERE request_id = ? AND side = 'provider'`},
		{"an approval moved to the other lane", `UPDATE approvals SET side = 'provider' WHERE request_id = ? AND side = 'municipality'`},
		{"an approval of the author's", `UPDATE approvals SET user_id = (SELECT author_id FROM requests r WHERE r.id = approvals.request_id) WHERE request_id = ? AND side = 'municipality'`},
		{"a form of another", `UPDATE requests SET form_id = (SELECT max(id) FROM forms f WHERE f.ags = requests.ags AND f.id <> requests.form_id) WHERE id = ?`},
	}
	Each(t, func(t *testing.T, s *models.Store) {
		st := &story{T: t, Cast: Stage(t, s), s: s}
		for i, x := range tamperings {
			day := calendar.NewDay(2027, 1, 1+i).String()
			c := st.filed(fee(fmt.Sprint(2500+i), day))
			st.tamper(x.query, c.ID)
			st.at(day + " 00:00:00")
			failed := st.is(c.Number, models.Failed)
			if failed.Failure == nil || failed.Failure.Reason != "tampered" {
				st.Errorf("%s: %+v", x.name, failed.Failure)
			}
			if len(st.told(c.Number, models.MailFailed)) == 0 {
				st.Errorf("%s: nobody was told", x.name)
			}
		}
		if now := st.live(); now.Live != 1 {
			st.Fatalf("version %d was made", now.Live)
		}
	})
}

// Somebody who moves the hour of application gains nothing: never before its day.
func TestNeverEarlierThanItsDay(t *testing.T) {
	Each(t, func(t *testing.T, s *models.Store) {
		st := &story{T: t, Cast: Stage(t, s), s: s}
		c := st.filed(fee("2500", "2027-01-01"))
		st.tamper(`UPDATE requests SET apply_at = created_at, knock_at = created_at WHERE id = ?`, c.ID)
		st.knock()
		st.holds(first, "2000")
	})
}

// What was approved by tampered content is refused when the next one approves.
func TestTamperingBeforeApproval(t *testing.T) {
	Each(t, func(t *testing.T, s *models.Store) {
		st := &story{T: t, Cast: Stage(t, s), s: s}
		n := st.in(models.InReview)
		st.do(st.Approver, n, models.Approve, "")
		st.tamper(`UPDATE changes SET new = '9900' WHERE request_id = ?`, st.get(n).ID)
		_, err := st.try(st.Lead, n, models.Approve, models.Input{})
		st.refused(err, models.Conflict, "tampered")
	})
}

// After a failure through tampering the way on is a rebase, and new approvals.
func TestWayOutOfTampering(t *testing.T) {
	Each(t, func(t *testing.T, s *models.Store) {
		st := &story{T: t, Cast: Stage(t, s), s: s}
		c := st.filed(fee("2500", "2027-01-01"))
		st.tamper(`UPDATE changes SET new = '9900' WHERE request_id = ?`, c.ID)
		st.at("2027-01-01 00:00:00")
		st.do(st.Agent, c.Number, models.Rebase, "")
		if r := st.with(st.Agent, c.Number, models.Edit, edit(first, "2500")); len(r.Given) != 0 {
			st.Fatal("old approvals still count")
		}
		st.do(st.Approver, c.Number, models.Approve, "")
		st.do(st.Lead, c.Number, models.Approve, "")
		st.knock()
		st.is(c.Number, models.Applied)
		st.holds(first, "2500")
	})
}
