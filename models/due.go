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
	steps, full := 0, len(rs) >= chunk
	for ; len(rs) > 0; steps++ {
		if t.hasOpenBasis(rs[0]) {
			basisFirst(rs, func(x *Request) int64 { return x.ID }, (*Request).follows)
		}
		r := rs[0]
		if err := t.takeNext(r, cat); err != nil {
			return 0, err
		}
		rs = t.again(rs[1:], r, full)
	}
	return steps, nil
}

// hasOpenBasis tells whether something that an approved request builds on has yet to be applied.
func (t *tx) hasOpenBasis(r *Request) bool {
	return r.Status == Approved && slices.ContainsFunc(r.buildsOn(), func(id int64) bool { return t.fates[id].status == Approved })
}

// follows tells whether an approved request builds on another one that is to be applied at the same instant.
func (r *Request) follows(x *Request) bool {
	return r.Status == Approved && x.Status == Approved && r.ApplyAt.Equal(*x.ApplyAt) && buildOn(r.Changes, x.ID)
}

// loadDue reads a chunk of the requests that are due in the order of their instants, and behind them what they build on
// that is due as well and not among them: beyond the chunk, or where one is to be taken alone.
func (t *tx) loadDue(only int64) ([]*Request, error) {
	query, args := "SELECT "+requestColumns+" FROM requests WHERE ags = ? AND knock_at <= ?", []any{t.chain.ags, t.now}
	if only != 0 {
		query, args = query+" AND id = ?", append(args, only)
	}
	some, err := t.readDue(query+" ORDER BY knock_at, knock_rank, id LIMIT ?", append(args, chunk)...)
	rs, known := some, map[int64]bool{}
	for err == nil && len(some) > 0 {
		for _, r := range some {
			known[r.ID] = true
		}
		var missing []int64
		for _, r := range some {
			for _, id := range r.buildsOn() {
				if t.fates[id].status == Approved && !known[id] {
					known[id], missing = true, append(missing, id)
				}
			}
		}
		if len(missing) == 0 {
			break
		}
		some, err = t.readDue("SELECT "+requestColumns+" FROM requests WHERE id IN ? AND knock_at <= ? ORDER BY knock_at, knock_rank, id", missing, t.now)
		rs = append(rs, some...)
	}
	return rs, err
}

// readDue reads requests with all that a step needs, and what has become of those they build on.
func (t *tx) readDue(query string, args ...any) ([]*Request, error) {
	rs, err := readRows(t.db, (*Request).takeFrom, query, args...)
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
