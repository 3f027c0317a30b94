package models

import "formwandel/models/calendar"

// approve gives a person's yes to exactly what was shown; the last one that is needed makes the request approved.
func (st *step) approve() error {
	r := st.r
	if code := r.fourEyes(st.actor); code != "" {
		return forbidden(code)
	}
	switch {
	case r.approvedBy(st.actor.ID):
		return conflict("already_approved")
	case len(r.Changes) == 0:
		return conflict("changes_missing")
	case r.WishUnseen:
		return conflict("wish_unseen")
	case r.ReturnAt != nil && !r.ReturnAt.After(st.tx.now):
		return conflict("until_past", "until", r.Until)
	}
	if err := st.checkStillValid(); err != nil {
		return err
	}
	st.tx.touches("approvals", "request_id = ? AND void_at IS NULL", r.ID)
	a := Approval{RequestID: r.ID, Side: st.rule.lane(), UserID: st.actor.ID, Version: r.Version, ContentHash: r.ContentHash, At: st.tx.now}
	st.tx.insert(&a)
	r.Approvals = append(r.Approvals, a)
	r.count()
	st.data.Side = a.Side
	st.approveIfComplete()
	return nil
}

// checkStillValid checks every change against the questionnaire as it is now,
// and refuses one that has come to change nothing.
func (st *step) checkStillValid() error {
	var f findings
	for _, c := range st.changes() {
		fd, _ := st.def.Field(c.Field)
		if err := checkValue(fd, c, calendar.Day{}); err != nil {
			fd.Key, fd.Label = c.Field, c.Label // it may be gone
			f.problem(fd, err)
		}
	}
	if contentHash(st.r) != st.r.ContentHash {
		return conflict("tampered")
	}
	st.refuseUnchanged(&f)
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
