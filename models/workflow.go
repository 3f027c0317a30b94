package models

import "slices"

// Status is where a request stands.
type Status string

// The states of a request (product: "States and actions").
const (
	Draft     Status = "draft"
	Submitted Status = "submitted"
	InReview  Status = "in_review"
	Question  Status = "question"
	Approved  Status = "approved"
	Applied   Status = "applied"
	Accepted  Status = "accepted"
	Rejected  Status = "rejected"
	Withdrawn Status = "withdrawn"
	Failed    Status = "failed"
)

// Statuses lists every state in the order of a request's life.
var Statuses = []Status{Draft, Submitted, InReview, Question, Approved, Applied, Accepted, Rejected, Withdrawn, Failed}

// Action is something done to a request, by a person or by time.
type Action string

// The actions of people, then those of the clock, then those that move nothing.
const (
	Submit   Action = "submit"
	Claim    Action = "claim"
	Assign   Action = "assign"
	Ask      Action = "ask"
	Answer   Action = "answer"
	Edit     Action = "edit"
	Approve  Action = "approve"
	Reject   Action = "reject"
	Reopen   Action = "reopen"
	Apply    Action = "apply"
	Fail     Action = "fail"
	Rebase   Action = "rebase"
	Withdraw Action = "withdraw"
	Accept   Action = "accept"
	Revert   Action = "revert"

	Return  Action = "return"   // a temporary change goes back
	DueSoon Action = "due_soon" // the date is near
	Overdue Action = "overdue"  // the date has passed

	PredecessorGone Action = "predecessor_gone" // what it builds on will not happen

	File    Action = "file"    // a draft is begun
	Comment Action = "comment" // somebody says something
	Attach  Action = "attach"  // somebody adds a document
)

// Actions lists the actions that the rules speak of.
var Actions = []Action{Submit, Claim, Assign, Ask, Answer, Edit, Approve, Reject, Reopen, Apply, Fail, Rebase, Withdraw, Accept, Revert, Return, DueSoon, Overdue}

// who names a group of people by their relation to a request.
type who string

const (
	clerk    who = "clerk"    // any clerk of the request's municipality
	approver who = "approver" // any approver of the request's municipality
	author   who = "author"   // who filed it
	agent    who = "agent"    // anybody of the provider's team
	assignee who = "assignee" // the agent who claimed it
	lead     who = "lead"     // who approves for the provider
	clock    who = "clock"    // time itself
)

// audience names who hears of a step.
type audience string

const (
	toAuthor    audience = "author"
	toAssignee  audience = "assignee"
	toTeam      audience = "team"        // the team's mailbox
	toOffice    audience = "office"      // the municipality's office mailbox
	toApprovers audience = "approver"    // every approver of the municipality
	toLane      audience = "open_lane"   // its approvers, if their lane is still open
	toEverybody audience = "participant" // everybody who took part, and the team
)

// rule says who may take a step from where to where, what it demands, and who hears of it.
type rule struct {
	may   who
	from  []Status
	to    Status // "" = stays
	text  bool   // a comment is required
	voids bool   // approvals given so far are void
	mail  MailKind
	tell  []audience
}

func in(s ...Status) []Status         { return s }
func say(a ...audience) []audience    { return a }
func everybody() (m []audience)       { return say(toEverybody) }
func proof() []audience               { return say(toAuthor, toApprovers, toTeam) }
func heirs() []audience               { return say(toAuthor, toAssignee) } // of what builds on a request that is gone, or open again
func (r rule) startsIn(s Status) bool { return slices.Contains(r.from, s) }

// rules is the whole workflow: who may do what, from where, to where, and who hears of it.
var rules = map[Action][]rule{
	Submit: {{may: clerk, from: in(Draft), to: Submitted, mail: MailSubmitted, tell: say(toAuthor, toTeam, toLane)}},
	Claim:  {{may: agent, from: in(Submitted), to: InReview}},
	Assign: {
		{may: agent, from: in(Submitted), to: InReview, mail: MailAssigned, tell: say(toAssignee)},
		{may: agent, from: in(InReview, Question, Approved, Failed), mail: MailAssigned, tell: say(toAssignee)},
	},
	Ask:    {{may: assignee, from: in(InReview), to: Question, text: true, mail: MailQuestion, tell: say(toAuthor, toOffice)}},
	Answer: {{may: clerk, from: in(Question), to: InReview, mail: MailAnswered, tell: say(toAssignee)}},
	Edit: {
		{may: clerk, from: in(Draft, Submitted, Question), voids: true},
		{may: assignee, from: in(InReview), voids: true},
	},
	Approve: {
		{may: approver, from: in(Submitted, InReview, Question), mail: MailApproved, tell: say(toAuthor, toAssignee)},
		{may: lead, from: in(Submitted, InReview, Question), mail: MailApproved, tell: say(toAuthor, toAssignee)},
	},
	Reject: {
		{may: approver, from: in(Submitted, InReview, Question, Approved), to: Rejected, text: true, mail: MailRejected, tell: everybody()},
		{may: lead, from: in(Submitted, InReview, Question, Approved), to: Rejected, text: true, mail: MailRejected, tell: everybody()},
		{may: assignee, from: in(Submitted, InReview, Question, Approved), to: Rejected, text: true, mail: MailRejected, tell: everybody()},
	},
	Reopen: {
		{may: author, from: in(Approved), to: InReview, voids: true, mail: MailReopened, tell: everybody()},
		{may: assignee, from: in(Approved), to: InReview, voids: true, mail: MailReopened, tell: everybody()},
	},
	Apply: {
		{may: lead, from: in(Approved), to: Applied, mail: MailApplied, tell: proof()},
		{may: clock, from: in(Approved), to: Applied, mail: MailApplied, tell: proof()},
	},
	Fail:   {{may: clock, from: in(Approved), to: Failed, mail: MailFailed, tell: everybody()}},
	Rebase: {{may: assignee, from: in(Failed), to: InReview, voids: true}},
	Withdraw: {
		{may: clerk, from: in(Draft, Submitted, InReview, Question, Approved, Failed), to: Withdrawn, mail: MailWithdrawn, tell: everybody()},
		{may: clock, from: in(Draft), to: Withdrawn}, // nobody has touched it for as long as drafts are kept
	},
	Accept: {
		{may: clerk, from: in(Applied), to: Accepted},
		{may: clock, from: in(Applied), to: Accepted, mail: MailAccepted, tell: say(toAuthor)},
	},
	Revert: {
		{may: clerk, from: in(Applied, Accepted)},
		{may: agent, from: in(Applied, Accepted), mail: MailReverted, tell: say(toAuthor)},
	},
	Return:  {{may: clock, from: in(Applied, Accepted), mail: MailReturned, tell: proof()}},
	DueSoon: {{may: clock, from: in(Submitted, InReview, Question), mail: MailDueSoon, tell: say(toAssignee, toTeam)}},
	Overdue: {{may: clock, from: in(Submitted, InReview, Question), mail: MailOverdue, tell: say(toAssignee, toTeam, toAuthor)}},
}

// is tells whether u is that for r.
func (w who) is(u User, r *Request) bool {
	switch w {
	case author:
		return !u.IsClock() && u.ID == r.AuthorID && u.Sees(r.AGS)
	case assignee:
		return u.Has(Agent) && r.AssigneeID != nil && *r.AssigneeID == u.ID
	}
	return w.couldBe(u, r)
}

// couldBe tells whether u could ever be that for r: it separates "not your
// office" (forbidden) from "not now" (conflict).
func (w who) couldBe(u User, r *Request) bool {
	switch w {
	case clerk:
		return u.Has(Clerk) && u.AGS == r.AGS
	case approver:
		return u.Has(Approver) && u.AGS == r.AGS
	case author:
		return !u.IsClock() && u.ID == r.AuthorID
	case agent, assignee:
		return u.Has(Agent) && u.IsProvider()
	case lead:
		return u.Has(Lead) && u.IsProvider()
	case clock:
		return u.IsClock()
	}
	return false
}

// ruleFor finds the rule by which u takes step a on r, or says why there is
// none: forbidden (not your office, or not with this token), conflict (not in this state), forbidden
// (not in your relation to it).
func ruleFor(u User, a Action, r *Request) (rule, error) {
	if err := u.refused(StepRight(a), r.AGS); err != nil {
		return rule{}, err
	}
	could, now := false, false
	for _, ru := range rules[a] {
		if !ru.may.couldBe(u, r) {
			continue
		}
		could = true
		if !ru.startsIn(r.Status) {
			continue
		}
		now = true
		if ru.may.is(u, r) {
			return ru, nil
		}
	}
	switch {
	case !could:
		return rule{}, forbidden("not_your_role", "action", string(a))
	case !now:
		return rule{}, conflict("wrong_state", "action", string(a), "status", string(r.Status))
	}
	return rule{}, forbidden("not_assignee", "action", string(a))
}

// lane tells the side in which a rule's approval counts.
func (r rule) lane() Side {
	if r.may == lead {
		return Provider
	}
	return Municipal
}
