package models

import (
	"context"
	"slices"
	"strings"

	"formwandel/models/calendar"
	"formwandel/models/definition"
)

// Input is what comes with an action.
type Input struct {
	Version     int    // the version it was decided on; a stale one is refused
	ContentHash string // the content that was shown, if the caller names it
	Comment     string
	Content     *Content // edit, answer
	Once        *Once
}

// step is one action on one request inside a transaction.
type step struct {
	tx     *tx
	cat    *catalogue
	actor  User
	action Action
	rule   rule
	in     Input

	r       *Request
	before  Request // as it was read
	form    Form
	def     *definition.Definition
	live    *liveForm
	seen    *outlook // the last outlook, and for which moment
	seenFor moment

	data    EventData
	words   []Event  // events with words that people search for
	rewrite bool     // the changes' rows are to be written anew
	made    *Request // revert: the drafted way back
}

// Do performs one action on a request as actor. The move, its history and its
// mails are written together or not at all. For revert the answer is the new
// request, for everything else the request itself.
func (s *Store) Do(ctx context.Context, actor User, number string, a Action, in Input) (*Case, error) {
	ags, err := s.whose(ctx, actor, number)
	if err != nil {
		return nil, err
	}
	var out *Case
	err = s.once(ctx, actor, in.Once, func(t *tx) (any, error) {
		if err := t.enter(ags); err != nil {
			return nil, err
		}
		if out, err = t.answered(in.Once); out != nil || err != nil {
			return out, err
		}
		st, err := t.begin(actor, number, a, in)
		if err != nil {
			return nil, err
		}
		if err := st.take(); err != nil {
			return nil, err
		}
		if err := t.flush(); err != nil {
			return nil, err
		}
		clear(t.plans)
		r := st.r
		if st.made != nil {
			r = st.made
		}
		out, err = t.caseOf(st.cat, actor, r)
		return out, err
	})
	return out, err
}

// begin reads everything a step needs to know.
func (t *tx) begin(actor User, number string, a Action, in Input) (*step, error) {
	r, err := t.loadRequest(number)
	if err != nil {
		return nil, err
	}
	if !actor.Sees(r.AGS) {
		return nil, notFound("request")
	}
	return t.stepOn(r, actor, a, in)
}

// stepOn prepares a step on a request that has been read.
func (t *tx) stepOn(r *Request, actor User, a Action, in Input) (*step, error) {
	cat, err := t.s.catalogueNow(t.ctx)
	if err != nil {
		return nil, err
	}
	form, ok := cat.forms[r.FormID]
	if !ok {
		return nil, notFound("form")
	}
	st := &step{tx: t, cat: cat, actor: actor, action: a, in: in, r: r, before: *r, form: form}
	if st.live, err = t.loadLive(form); err != nil {
		return nil, err
	}
	st.def = cat.definition(form.Assistant, st.live.form.Definition)
	if st.def == nil {
		return nil, notFound("definition")
	}
	return st, nil
}

// outlook is the form as it will be when the request does its work.
func (st *step) outlook() (outlook, error) {
	when := moment{st.r.Status, st.r.Kind, st.r.Date}
	if st.seen != nil && st.seenFor == when {
		return *st.seen, nil
	}
	p, err := st.tx.loadPlan(st.form.ID)
	if err != nil {
		return outlook{}, err
	}
	o := compose(st.live.values, p.before(st.r, st.tx.now))
	st.seen, st.seenFor = &o, when
	return o, nil
}

// moment is what an outlook depends on.
type moment struct {
	status Status
	kind   string
	date   calendar.Day
}

// take finds the rule, checks what it demands, makes the move and writes it down.
func (st *step) take() error {
	var err error
	if st.rule, err = ruleFor(st.actor, st.action, st.r); err != nil {
		return err
	}
	if err := st.checkInput(); err != nil {
		return err
	}
	if move := moves[st.action]; move != nil {
		if err := move(st); err != nil {
			return err
		}
	}
	return st.finish()
}

// checkInput guards against staleness and asks for the words the rule wants.
func (st *step) checkInput() error {
	if !st.actor.IsClock() {
		switch {
		case st.in.Version == 0:
			return invalid("version", "version_required")
		case st.in.Version != st.r.Version:
			return conflict("stale", "version", st.r.Version, "yours", st.in.Version)
		case st.in.ContentHash != "" && st.in.ContentHash != st.r.ContentHash:
			return conflict("stale", "version", st.r.Version, "yours", st.in.Version)
		}
	}
	var f findings
	st.in.Comment = text(st.in.Comment, "comment", maxComment, &f)
	if st.rule.text && st.in.Comment == "" {
		f.add("comment", "comment_required")
	}
	return f.err()
}

// moves are what each action does beyond changing the state. An action that is
// not here does only that.
var moves map[Action]func(*step) error

func init() {
	moves = map[Action]func(*step) error{
		Submit: (*step).submit, Claim: (*step).claim, Ask: (*step).ask, Answer: (*step).answer, Edit: (*step).edit,
		Approve: (*step).approve, Reopen: (*step).reopen, Apply: (*step).apply, Rebase: (*step).rebase,
		Withdraw: (*step).withdraw, Revert: (*step).revert, Return: (*step).goBack, DueSoon: (*step).remind, Overdue: (*step).remind,
	}
}

func (st *step) submit() error {
	r := st.r
	st.r.Definition = st.def.Version
	if err := st.recordOld(); err != nil {
		return err
	}
	if err := st.checkComplete(); err != nil {
		return err
	}
	if r.Policy == "" {
		policy, err := canonical(st.cat.needs(st.form, st.def))
		if err != nil {
			return err
		}
		r.Policy = policy
	}
	if err := st.takeOver(); err != nil {
		return err
	}
	r.SubmittedAt = at(st.tx.now)
	r.ContentHash = contentHash(r)
	st.rewrite = true
	return st.applyPolicy()
}

// takeOver makes whoever submits another's draft one of its makers, and the
// author of what the provider drafted: the request is the municipality's.
func (st *step) takeOver() error {
	r := st.r
	if r.AuthorID == st.actor.ID {
		return nil
	}
	author, err := st.tx.person(r.AuthorID)
	if err != nil {
		return err
	}
	maker := st.actor.ID
	if author.AGS == "" {
		maker, r.AuthorID = r.AuthorID, maker
	}
	st.contribute(maker)
	return nil
}

// contribute remembers somebody who had a hand in what is to be approved.
func (st *step) contribute(user int64) {
	if !slices.Contains(st.r.Editors, user) {
		st.r.Editors = append(st.r.Editors, user)
		st.tx.editor(st.r.ID, user)
	}
}

// applyPolicy takes the approvals needed from the policy that was copied on submit.
func (st *step) applyPolicy() error {
	var needs map[string]definition.Approval
	if st.r.Policy == "" {
		needs = st.cat.needs(st.form, st.def)
	} else if err := decode(st.r.Policy, &needs); err != nil {
		return err
	}
	st.r.NeedMunicipality, st.r.NeedProvider = 0, 1
	for _, s := range st.r.Sections {
		st.r.NeedMunicipality = max(st.r.NeedMunicipality, needs[s].Municipality)
		st.r.NeedProvider = max(st.r.NeedProvider, needs[s].Provider)
	}
	return nil
}

func (st *step) claim() error {
	st.r.AssigneeID = st.actorID()
	return nil
}

func (st *step) ask() error {
	st.r.AnswerBy = answerBy(st.r, st.cat.calendars[st.r.AGS], today(st.tx.now))
	st.data.AnswerBy = &st.r.AnswerBy
	return nil
}

func (st *step) answer() error {
	if st.in.Content == nil && st.in.Comment == "" {
		return invalid("comment", "answer_required")
	}
	st.r.WishUnseen = false
	if st.in.Content == nil {
		return nil
	}
	return st.edit()
}

func (st *step) edit() error {
	if st.in.Content == nil {
		return invalid("changes", "nothing_to_edit")
	}
	r := st.r
	r.Definition = st.def.Version
	if err := st.writeContent(*st.in.Content); err != nil {
		return err
	}
	if r.Status != Draft {
		if err := st.checkEdited(); err != nil {
			return err
		}
	}
	st.contribute(st.actor.ID)
	r.WishUnseen = st.actor.IsProvider() && r.Wish != "" && len(r.Changes) > 0
	if r.Date != st.before.Date || r.Kind != st.before.Kind {
		r.Reminded = 0 // another promise
	}
	st.rewrite, st.rule.voids = true, true
	return st.applyPolicy()
}

// checkEdited keeps what has been submitted decidable.
func (st *step) checkEdited() error {
	var f findings
	if st.r.Kind == "" || st.r.Date.IsZero() {
		f.add("effective", "effective_required")
	}
	if len(st.r.Sections) == 0 {
		f.add("sections", "sections_required")
	}
	if len(st.r.Changes) == 0 && st.r.Wish == "" {
		f.add("changes", "changes_or_wish")
	}
	return f.err()
}

func (st *step) approve() error {
	r := st.r
	switch {
	case r.contributed(st.actor.ID):
		return forbidden("four_eyes")
	case r.approvedBy(st.actor.ID):
		return conflict("already_approved")
	case len(r.Changes) == 0:
		return conflict("changes_missing")
	case r.WishUnseen:
		return conflict("wish_unseen")
	case r.ReturnAt != nil && !r.ReturnAt.After(st.tx.now):
		return conflict("until_past", "until", r.Until.German())
	}
	if err := st.checkStillValid(); err != nil {
		return err
	}
	a := Approval{RequestID: r.ID, Side: st.rule.lane(), UserID: st.actor.ID, Version: r.Version, ContentHash: r.ContentHash, At: st.tx.now}
	st.tx.insert(&a)
	r.Approvals = append(r.Approvals, a)
	r.count()
	st.data.Side = a.Side
	st.approveIfComplete()
	return nil
}

// checkStillValid checks every change against the questionnaire as it is now.
func (st *step) checkStillValid() error {
	var f findings
	for _, c := range st.r.Changes {
		fd, _ := st.def.Field(c.Field)
		if err := st.checkValue(fd, c, today(st.tx.now)); err != nil {
			fd.Key, fd.Label = c.Field, c.Label
			f.problem(fd, err)
		}
	}
	if contentHash(st.r) != st.r.ContentHash {
		return conflict("tampered")
	}
	return f.err()
}

// approveIfComplete makes it approved when every lane is complete in review;
// the promise then has an instant.
func (st *step) approveIfComplete() {
	r := st.r
	if r.Status != InReview || !r.complete() || len(r.Changes) == 0 || r.WishUnseen {
		st.rule.mail = ""
		return
	}
	r.Status, r.ApprovedAt = Approved, at(st.tx.now)
	r.ApplyAt = at(st.tx.now)
	if r.Kind == From && r.DueAt.After(st.tx.now) {
		r.ApplyAt = r.DueAt
	}
	st.rewrite = true
}

func (st *step) reopen() error {
	if !st.r.ApplyAt.After(st.tx.now) {
		return conflict("already_due")
	}
	return st.backToReview()
}

func (st *step) rebase() error { return st.backToReview() }

// backToReview takes the values as they are now for the old ones. A promise
// that is broken by then has been reported: nobody is reminded of it.
func (st *step) backToReview() error {
	r := st.r
	if !r.DueAt.After(st.tx.now) {
		r.Reminded = 2
	}
	r.Status, r.ApprovedAt, r.ApplyAt, r.Conflicts = InReview, nil, nil, ""
	r.Definition = st.def.Version
	r.ContentHash = contentHash(r)
	st.rewrite = true
	return st.recordOld()
}

func (st *step) withdraw() error {
	if st.r.Status == Draft {
		st.rule.mail = "" // nobody has heard of it
	}
	return nil
}

func (st *step) remind() error {
	st.r.Reminded = 1
	if st.action == Overdue {
		st.r.Reminded = 2
	}
	return nil
}

// isTransition tells whether the step is one that the version counts: all but
// what only reminds, links or says.
func (a Action) isTransition() bool {
	return !slices.Contains([]Action{DueSoon, Overdue, Return, Revert, PredecessorGone, Comment, Attach}, a)
}

// decode reads JSON that this program has written.
func decode(text string, into any) error {
	if text == "" {
		return nil
	}
	return fromJSON(strings.NewReader(text), into)
}
