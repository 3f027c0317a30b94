package models

import (
	"cmp"
	"slices"
	"strings"
)

// moves are what each action does beyond changing the state. An action that is
// not here does only that.
var moves map[Action]func(*step) error

func init() {
	moves = map[Action]func(*step) error{
		Submit: (*step).submit, Claim: (*step).claim, Assign: (*step).assign, Ask: (*step).ask, Answer: (*step).answer, Edit: (*step).edit,
		Approve: (*step).approve, Reopen: (*step).reopen, Apply: (*step).apply, Rebase: (*step).rebase,
		Withdraw: (*step).withdraw, Revert: (*step).revert, Return: (*step).goBack, DueSoon: (*step).remind, Overdue: (*step).remind,
	}
}

func (st *step) submit() error {
	r := st.r
	r.Definition, r.Changes = st.def.Version, st.changes()
	if err := st.recordOld(); err != nil {
		return err
	}
	if err := st.checkComplete(); err != nil {
		return err
	}
	if r.Policy == "" {
		needs, err := st.cat.needs(st.form, st.def)
		if err != nil {
			return err
		}
		policy, err := canonical(needs)
		if err != nil {
			return err
		}
		r.Policy = policy
	}
	if err := st.takeOver(); err != nil {
		return err
	}
	r.SubmittedAt = at(st.tx.now)
	st.remindOnce()
	st.tx.do(`DELETE FROM typed WHERE request_id = ?`, r.ID)
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
		edited, err := st.editedSinceAsked()
		if err != nil {
			return err
		}
		if !edited {
			return invalid("comment", "answer_required")
		}
	}
	st.r.WishUnseen = false
	if st.in.Content == nil {
		return nil
	}
	return st.edit()
}

// editedSinceAsked tells whether the question was answered by an edit of its own: of asking and editing that came last.
func (st *step) editedSinceAsked() (bool, error) {
	var last Action
	err := st.tx.db.Raw(`SELECT action FROM events WHERE request_id = ? AND action IN ('ask', 'edit') ORDER BY seq DESC LIMIT 1`, st.r.ID).Scan(&last).Error
	return last == Edit, err
}

func (st *step) edit() error {
	if st.in.Content == nil {
		return invalid("changes", "nothing_to_edit")
	}
	r := st.r
	r.Definition, r.Changes = st.def.Version, st.changes()
	if err := st.writeContent(*st.in.Content); err != nil {
		return err
	}
	if r.Status != Draft {
		if err := st.checkEdited(); err != nil {
			return err
		}
	}
	st.contribute(st.actor.ID)
	if r.Date != st.before.Date || r.Kind != st.before.Kind {
		r.Reminded = 0 // another promise
		st.remindOnce()
		if r.Status == Question {
			r.AnswerBy = answerBy(r, st.cat.calendars[r.AGS], today(st.tx.now))
		}
	}
	st.rewrite, st.rule.voids = true, true
	err := st.applyPolicy()
	r.WishUnseen = st.unseen()
	st.keepReason()
	return err
}

// remindOnce spares people the notice that a day is missed that had begun when they named it.
func (st *step) remindOnce() {
	if p := st.r.promise(); p != nil && !p.After(st.tx.now) {
		st.r.Reminded = 2
	}
}

// keepReason keeps the reason that the provider's people take out of a request,
// and theirs, as words of the event: readers see both, and they can be taken out like all that people typed.
func (st *step) keepReason() {
	was, now := st.before.Reason, st.r.Reason
	if !st.actor.IsProvider() || was == now {
		return
	}
	said := func(reason string) string {
		if reason == "" {
			return "keine"
		}
		return reason
	}
	st.in.Comment = strings.TrimSpace(st.in.Comment + "\n\nBegründung bisher: " + said(was) + "\nBegründung neu: " + said(now))
}

// unseen tells whether the clerk has yet to see what the provider's people have
// made of the request: of a wish always, of changes, dates and the reason where
// nobody of the municipality will approve them.
func (st *step) unseen() bool {
	r, was := st.r, &st.before
	switch {
	case !st.actor.IsProvider() || len(r.Changes) == 0:
		return false
	case was.WishUnseen || was.Wish != "" || r.Wish != "":
		return true
	}
	return r.NeedMunicipality == 0 && (r.Reason != was.Reason || !r.asksTheSame(was))
}

// asksTheSame tells whether two versions of a request want the same values at the same time.
func (r *Request) asksTheSame(was *Request) bool {
	return r.Kind == was.Kind && r.Date == was.Date && r.Until == was.Until &&
		slices.EqualFunc(r.Changes, was.Changes, func(a, b Change) bool { return a.Field == b.Field && a.New == b.New })
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
	st.remindOnce()
	r.Status, r.ApprovedAt, r.ApplyAt, r.Conflicts = InReview, nil, nil, ""
	r.Definition, r.Changes = st.def.Version, st.changes()
	r.ContentHash = contentHash(r)
	st.rewrite = true
	return cmp.Or(st.recordOld(), st.applyPolicy())
}

func (st *step) withdraw() error {
	switch {
	case st.r.Status != Draft:
	case st.actor.ID == st.r.AuthorID:
		st.rule.mail = "" // nobody has heard of it
	default:
		st.rule.tell = say(toAuthor)
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
