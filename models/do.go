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
	Assignee    int64    // assign: an agent's id
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
	told    []Event  // what it has recorded
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
	p, err := st.plan()
	if err != nil {
		return outlook{}, err
	}
	o := compose(st.live.values, p.before(st.r, st.tx.now))
	st.seen, st.seenFor = &o, when
	return o, nil
}

// plan is what is planned for the form. An approved request that is taken up again has no part in it any
// more, nor has what builds on it: else the two would build on each other.
func (st *step) plan() (plan, error) {
	if st.before.Status == Approved && st.r.Status != Approved {
		return st.tx.planWithout(st.live, st.r.ID)
	}
	return st.tx.loadPlan(st.live)
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
	if st.leadsToApproval() {
		if err := st.applyPolicy(); err != nil {
			return err
		}
	}
	if move := moves[st.action]; move != nil {
		if err := move(st); err != nil {
			return err
		}
	}
	return st.finish()
}

// leadsToApproval tells whether the step may end with an approved request: its lanes are reckoned anew before.
func (st *step) leadsToApproval() bool {
	return slices.Contains([]Action{Claim, Assign, Answer, Approve}, st.action) && st.r.Status != Approved
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
