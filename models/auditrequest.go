package models

import (
	"encoding/json"
	"fmt"
	"slices"

	"formwandel/models/fields"
)

// file is everything that tables have about one request.
type file struct {
	r         *Request // with changes and editors
	approvals []Approval
	made      []Configuration // by applying it
	documents []Attachment
	sections  []string // in which lists find it

	changes []Change // as a file has them; else the request's own
	editors []int64
}

// request holds one request's state and content against what its events say.
func (a *audit) request(f *file) {
	a.report.Requests++
	r, h := f.r, a.heard[f.r.ID]
	if h == nil || h.ags != r.AGS || h.last.version == 0 {
		a.found("has no history", "request %s", r.Number)
		return
	}
	delete(a.heard, r.ID)
	a.said[r.FormID] = max(a.said[r.FormID], h.config)
	if h.sealedRow(r) {
		a.hearForm(r.FormID, r.AGS, r.Assistant)
	}
	d, err := Event{Data: h.last.data}.Decode()
	switch {
	case err != nil:
		a.found("its last event can't be read", "request %s", r.Number)
		return
	case h.last.to != r.Status || h.last.version != r.Version:
		a.found("state is not what its history says", "request %s", r.Number)
	case d.ContentHash != r.ContentHash || contentHash(r) != r.ContentHash:
		a.found("content is not what its history says", "request %s", r.Number)
	case !sameChanges(d.Changes, shown(r.Changes)) || !inOrder(r.Changes):
		a.found("changes are not what its history says", "request %s", r.Number)
	case !h.sealedRow(r):
		a.found("row is not what its last event has sealed", "request %s", r.Number)
	case stamp(r.UpdatedAt) != stamp(h.at):
		a.found("was not written last when its history says", "request %s", r.Number)
	case a.sections && !f.isInItsSections():
		a.found("lists find it in other sections than its own", "request %s", r.Number)
	default:
		a.derived(r)
	}
	for _, c := range r.Changes {
		a.refersTo(c, r.Number)
	}
	a.approvals(f, h)
	a.documents(f, h)
	if r.ConfigNumber != nil && !f.isIn(*r.ConfigNumber) {
		a.found("the version it made does not hold its values", "request %s", r.Number)
	}
}

// isInItsSections tells whether lists find a request in the sections of its row.
func (f *file) isInItsSections() bool {
	own := slices.Clone([]string(f.r.Sections))
	slices.Sort(own)
	slices.Sort(f.sections)
	return slices.Equal(own, f.sections)
}

// sealedRow tells whether a row is as the last event that has sealed it left it.
// Records from before there was such a seal have none.
func (h *heard) sealedRow(r *Request) bool {
	if h.row == "" {
		return true
	}
	d, err := Event{Data: h.row}.Decode()
	return err == nil && isRow(d.Row, r)
}

// sameChanges compares changes as history keeps them.
func sameChanges(said, are []Change) bool {
	return slices.EqualFunc(said, are, func(x, y Change) bool {
		if x.Type == fields.Protected && x.Old == "" && x.New == "" {
			y.Old, y.New = "", "" // older events did not even say whether there is a value
		}
		return x.Field == y.Field && x.Section == y.Section && x.Label == y.Label && x.Type == y.Type && x.Old == y.Old && x.New == y.New
	})
}

// inOrder tells whether changes are numbered as they are written: from 0, without a gap.
func inOrder(changes []Change) bool {
	for i, c := range changes {
		if c.Ord != i {
			return false
		}
	}
	return true
}

// isIn tells whether the version that applying made holds the new values, if need be as a later questionnaire writes them.
func (f *file) isIn(number int64) bool {
	i := slices.IndexFunc(f.made, func(c Configuration) bool { return c.FormID == f.r.FormID && c.Number == number })
	if i < 0 {
		return false
	}
	values, err := f.made[i].Values()
	return err == nil && !slices.ContainsFunc(f.r.Changes, func(c Change) bool {
		if f.made[i].Definition == f.r.Definition {
			return values[c.Field] != c.New
		}
		return !fields.SameBut(c.Type, values[c.Field], c.New)
	})
}

// approvals holds every approval against the event that gave it, and the other way round.
func (a *audit) approvals(f *file, h *heard) {
	inForce, given := 0, slices.Clone(h.approvals) // one by one: an event gives no two
	for _, x := range f.approvals {
		if i := slices.IndexFunc(given, x.isSaidBy); i < 0 {
			a.found(fmt.Sprintf("approval by user %d is not in its history", x.UserID), "request %s", f.r.Number)
		} else {
			if !given[i].isVoidSince(x.VoidAt) {
				a.found(fmt.Sprintf("approval by user %d became void when nothing did it", x.UserID), "request %s", f.r.Number)
			}
			given = slices.Delete(given, i, i+1)
		}
		if x.VoidAt != nil {
			continue
		}
		inForce++
		if x.ContentHash != f.r.ContentHash {
			a.found(fmt.Sprintf("approval by user %d is of another content", x.UserID), "request %s", f.r.Number)
		}
	}
	for _, e := range given {
		a.found(fmt.Sprintf("approval by user %d is missing", e.user), "request %s", f.r.Number)
	}
	if inForce != f.r.GivenMunicipality+f.r.GivenProvider {
		a.found("approvals in force are not as many as it counts", "request %s", f.r.Number)
	}
}

// isSaidBy tells whether an event gave this approval.
func (a Approval) isSaidBy(e approved) bool {
	var d struct {
		Side        Side   `json:"side"`
		ContentHash string `json:"content_hash"`
	}
	return e.user == a.UserID && e.version == a.Version+1 && e.at.Equal(a.At) &&
		json.Unmarshal([]byte(e.data), &d) == nil && d.Side == a.Side && d.ContentHash == a.ContentHash
}

// documents holds a request's documents against the events that added them, one by one.
func (a *audit) documents(f *file, h *heard) {
	for _, x := range f.documents {
		a.blobs.named[x.Blob] = "request " + f.r.Number
	}
	for _, d := range h.documents {
		i := slices.IndexFunc(f.documents, func(x Attachment) bool { return x.Blob == d.File && (d.Row == "" || x.rowHash() == d.Row) })
		if i < 0 {
			a.found("a document is missing or another: "+d.File, "request %s", f.r.Number)
			continue
		}
		f.documents = slices.Delete(f.documents, i, i+1)
	}
	for _, x := range f.documents {
		a.found("a document that nobody added: "+x.Blob, "request %s", f.r.Number)
	}
}
