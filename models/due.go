package models

import (
	"cmp"
	"errors"
	"slices"
)

// tryEnter enters a municipality's chain unless another instance is in it.
func (t *tx) tryEnter(ags string) (bool, error) {
	if t.s.postgres {
		var free string
		if err := t.db.Raw(`SELECT ags FROM chains WHERE ags = ? FOR UPDATE SKIP LOCKED`, ags).Scan(&free).Error; err != nil || free == "" {
			return false, err
		}
	}
	return true, t.enter(ags)
}

// takeDue takes every step that is due, in order: a request to which time has
// done one thing takes its place again for the next. It returns how many.
func (t *tx) takeDue(only int64) (int, error) {
	rs, err := t.loadDue(only)
	if err != nil {
		return 0, err
	}
	cat, err := t.s.catalogueNow(t.ctx)
	if err != nil {
		return 0, err
	}
	steps, full := 0, len(rs) == chunk
	for len(rs) > 0 {
		wait, err := t.waitsForBasis(rs)
		if err != nil {
			return 0, err
		}
		if wait {
			rs = rs[1:] // until next time
			continue
		}
		r := rs[0]
		if err := t.takeNext(r, cat); err != nil {
			return 0, err
		}
		steps++
		rs = t.again(rs[1:], r, full)
	}
	return steps, nil
}

// waitsForBasis puts what the first of some requests builds on before it, where that is due with it and has yet to be applied.
// It tells whether such a one is due that is not among them: behind a full chunk, or where each is taken on its own.
func (t *tx) waitsForBasis(rs []*Request) (bool, error) {
	r := rs[0]
	ids := slices.DeleteFunc(r.buildsOn(), func(id int64) bool { return t.fates[id].status != Approved })
	if len(ids) == 0 || r.Status != Approved {
		return false, nil
	}
	if basisFirst(rs, func(x *Request) int64 { return x.ID }, (*Request).follows); rs[0] != r {
		return false, nil
	}
	var due int
	err := t.db.Raw(`SELECT count(*) FROM requests WHERE id IN ? AND status = 'approved' AND apply_at = ? AND knock_at <= ?`, ids, *r.ApplyAt, t.now).Row().Scan(&due)
	return due > 0, err
}

// follows tells whether an approved request builds on another one that is to be applied at the same instant.
func (r *Request) follows(x *Request) bool {
	return r.Status == Approved && x.Status == Approved && r.ApplyAt.Equal(*x.ApplyAt) && buildOn(r.Changes, x.ID)
}

// loadDue reads a chunk of the requests that are due in the order of their instants.
func (t *tx) loadDue(only int64) ([]*Request, error) {
	query, args := "SELECT "+requestColumns+" FROM requests WHERE ags = ? AND knock_at <= ?", []any{t.chain.ags, t.now}
	if only != 0 {
		query, args = query+" AND id = ?", append(args, only)
	}
	rs, err := readRows(t.db, (*Request).takeFrom, query+" ORDER BY knock_at, knock_rank, id LIMIT ?", append(args, chunk)...)
	if err != nil || len(rs) == 0 {
		return nil, err
	}
	var built []int64
	for _, r := range rs {
		t.fates[r.ID] = fate{r.Number, r.Status}
	}
	err = cmp.Or(loadParts(t.db, rs), t.loadAuthors(rs))
	for _, r := range rs {
		built = append(built, r.buildsOn()...)
	}
	return rs, cmp.Or(err, t.loadFates(built))
}

// takeNext takes the one step that time does to a request next.
func (t *tx) takeNext(r *Request, cat *catalogue) error {
	w, ok := nextWake(r, cat.calendars[r.AGS])
	switch {
	case !ok || w.at.After(t.now):
		t.settleAgain(r, cat)
		return nil
	case w.do == DueSoon && !r.DueAt.After(t.now):
		w.do = Overdue // the clock was away: only what is true now is said
	}
	return t.takeOne(r, w.do)
}

// again puts a request to which time has more to do in its place. Behind the
// last of a full chunk there are others to come first: the next chunk has it.
func (t *tx) again(rs []*Request, r *Request, full bool) []*Request {
	if r.KnockAt == nil || r.KnockAt.After(t.now) {
		return rs
	}
	i, _ := slices.BinarySearchFunc(rs, r, func(a, b *Request) int {
		return cmp.Or(a.KnockAt.Compare(*b.KnockAt), cmp.Compare(a.KnockRank, b.KnockRank), cmp.Compare(a.ID, b.ID))
	})
	if i == len(rs) && full {
		return rs
	}
	return slices.Insert(rs, i, r)
}

// takeOne takes one step; a refusal by the rules is a failure of that request alone.
func (t *tx) takeOne(r *Request, do Action) error {
	st, err := t.stepOn(r, clockUser, do, Input{})
	if err != nil {
		return err
	}
	err = st.take()
	var refusal *Error
	if errors.As(err, &refusal) && refusal.Kind != Busy && st.before.Status == Approved {
		*r = st.before
		st.data = EventData{}
		if err := st.failWith(reasonInvalid, nil); err != nil {
			return err
		}
		return st.finish()
	}
	return err
}

// settleAgain mends a wake-up time that is out of date.
func (t *tx) settleAgain(r *Request, cat *catalogue) {
	before := *r
	settle(r, cat.calendars[r.AGS])
	t.update(&before, r)
}

func (t *tx) loadAuthors(rs []*Request) error {
	seen := map[int64]bool{}
	var ids []int64
	for _, r := range rs {
		for _, id := range []*int64{&r.AuthorID, r.AssigneeID} {
			if id != nil && !seen[*id] {
				seen[*id] = true
				ids = append(ids, *id)
			}
		}
	}
	return t.loadPeople(ids)
}
