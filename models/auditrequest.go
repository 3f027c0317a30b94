package models

import (
	"encoding/json"
	"fmt"
	"slices"
)

// auditChunk is how many requests an audit looks at together.
const auditChunk = 500

// requests holds every request against its history.
func (a *audit) requests() error {
	for last := int64(-1 << 62); ; {
		var rs []*Request
		if err := a.db.Where("id > ?", last).Order("id").Limit(auditChunk).Find(&rs).Error; err != nil || len(rs) == 0 {
			return err
		}
		last = rs[len(rs)-1].ID
		if err := a.some(rs); err != nil {
			return err
		}
	}
}

// file is everything the record has about one request.
type file struct {
	r         *Request
	events    []Event // those that say where it stands
	approvals []Approval
	made      []Configuration // by applying it
}

// some reads what belongs to some requests and holds it together.
func (a *audit) some(rs []*Request) error {
	files := make(map[int64]*file, len(rs))
	ids := make([]int64, len(rs))
	for i, r := range rs {
		files[r.ID], ids[i] = &file{r: r}, r.ID
	}
	var es []Event
	var as []Approval
	var cs []Configuration
	err := firstError(loadChanges(a.db, rs),
		a.db.Where("request_id IN ? AND action NOT IN ?", ids, []Action{Comment, Attach, DueSoon, Overdue, PredecessorGone, Revert}).Order("request_id, seq").Find(&es).Error,
		a.db.Where("request_id IN ?", ids).Order("id").Find(&as).Error,
		a.db.Where("request_id IN ? AND cause = ?", ids, causeApply).Find(&cs).Error)
	if err != nil {
		return err
	}
	for _, e := range es {
		if f := files[*e.RequestID]; e.AGS == f.r.AGS {
			f.events = append(f.events, e)
		}
	}
	for _, x := range as {
		files[x.RequestID].approvals = append(files[x.RequestID].approvals, x)
	}
	for _, c := range cs {
		files[*c.RequestID].made = append(files[*c.RequestID].made, c)
	}
	for _, r := range rs {
		a.report.Requests++
		a.said[r.FormID] = max(a.said[r.FormID], a.saidBy[r.ID])
		a.request(files[r.ID])
	}
	return nil
}

// request holds one request's state and content against its last event.
func (a *audit) request(f *file) {
	r := f.r
	if len(f.events) == 0 {
		a.found("has no history", "request %s", r.Number)
		return
	}
	e := f.events[len(f.events)-1]
	d, err := e.Decode()
	switch {
	case err != nil:
		a.found("its last event can't be read", "request %s", r.Number)
		return
	case e.To != r.Status || e.Version != r.Version:
		a.found("state is not what its history says", "request %s", r.Number)
	case d.ContentHash != r.ContentHash || contentHash(r) != r.ContentHash:
		a.found("content is not what its history says", "request %s", r.Number)
	case !sameChanges(d.Changes, shown(r.Changes)):
		a.found("changes are not what its history says", "request %s", r.Number)
	}
	a.approvals(f)
	if r.ConfigNumber != nil && !f.isIn(*r.ConfigNumber) {
		a.found("the version it made does not hold its values", "request %s", r.Number)
	}
}

// sameChanges compares changes as history keeps them.
func sameChanges(a, b []Change) bool {
	return slices.EqualFunc(a, b, func(x, y Change) bool {
		return x.Field == y.Field && x.Section == y.Section && x.Label == y.Label && x.Type == y.Type && x.Old == y.Old && x.New == y.New
	})
}

// isIn tells whether the version that applying made holds the new values.
func (f *file) isIn(number int64) bool {
	i := slices.IndexFunc(f.made, func(c Configuration) bool { return c.FormID == f.r.FormID && c.Number == number })
	if i < 0 {
		return false
	}
	values, err := f.made[i].Values()
	return err == nil && !slices.ContainsFunc(f.r.Changes, func(c Change) bool { return values[c.Field] != c.New })
}

// approvals holds every approval against the event that gave it, and the other way round.
func (a *audit) approvals(f *file) {
	inForce := 0
	for _, x := range f.approvals {
		if !slices.ContainsFunc(f.events, x.isSaidBy) {
			a.found(fmt.Sprintf("approval by user %d is not in its history", x.UserID), "request %s", f.r.Number)
		}
		if x.VoidAt != nil {
			continue
		}
		inForce++
		if x.ContentHash != f.r.ContentHash {
			a.found(fmt.Sprintf("approval by user %d is of another content", x.UserID), "request %s", f.r.Number)
		}
	}
	for _, e := range f.events {
		if e.Action == Approve && e.ActorID != nil && !slices.ContainsFunc(f.approvals, func(x Approval) bool { return x.isSaidBy(e) }) {
			a.found(fmt.Sprintf("approval by user %d is missing", *e.ActorID), "request %s", f.r.Number)
		}
	}
	if inForce != f.r.GivenMunicipality+f.r.GivenProvider {
		a.found("approvals in force are not as many as it counts", "request %s", f.r.Number)
	}
}

// isSaidBy tells whether an event gave this approval.
func (x Approval) isSaidBy(e Event) bool {
	var d struct {
		Side        Side   `json:"side"`
		ContentHash string `json:"content_hash"`
	}
	return e.Action == Approve && e.ActorID != nil && *e.ActorID == x.UserID && e.Version == x.Version+1 &&
		json.Unmarshal([]byte(e.Data), &d) == nil && d.Side == x.Side && d.ContentHash == x.ContentHash
}
