package models

import (
	"slices"
	"time"
)

// Basis is a request on which another builds, and that keeps the other from being applied as things are.
type Basis struct {
	Number string
	State  BasisState
	Since  time.Time // lists only: when what is at the bottom of it was last touched
}

// BasisState is why it does.
type BasisState string

// What may have become of a basis.
const (
	BasisGone BasisState = "gone" // withdrawn, rejected or failed
	BasisOpen BasisState = "open" // taken up again: it may still be approved as it was
	BasisLost BasisState = "lost" // approved, but not going to be applied itself
)

// basisState is what a state means for those who build on it.
func basisState(s Status) BasisState {
	switch s {
	case Approved:
		return BasisLost
	case Rejected, Withdrawn, Failed:
		return BasisGone
	}
	return BasisOpen
}

// basisOf is the basis that keeps a request from being applied; nil if there is none.
func (t *tx) basisOf(r *Request, p plan) (*Basis, error) {
	gone, err := t.gonePredecessor(r)
	if err != nil {
		return nil, err
	}
	for _, id := range r.buildsOn() {
		if f := t.fates[id]; gone != "" && f.number == gone {
			return &Basis{Number: gone, State: basisState(f.status)}, nil
		}
	}
	if lost := p.lostBelow(r); lost != "" {
		return &Basis{Number: lost, State: BasisLost}, nil
	}
	return nil, nil
}

// loadBases finds the bases of a list's approved requests, however far below the reason lies, in one query.
func (t *tx) loadBases(rs []*Request) (map[int64]*Basis, error) {
	var ids []int64
	for _, r := range rs {
		if r.Status == Approved && len(r.buildsOn()) > 0 && !slices.Contains(ids, r.ID) {
			ids = append(ids, r.ID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	var rows []struct {
		Top    int64
		Number string
		Status Status
		Since  time.Time
	}
	err := t.db.Raw(`WITH RECURSIVE below (top, via, id) AS (
			SELECT c.request_id, c.builds_on, c.builds_on FROM changes c WHERE c.request_id IN ? AND c.builds_on IS NOT NULL
			UNION SELECT b.top, b.via, c.builds_on FROM below b JOIN requests r ON r.id = b.id JOIN changes c ON c.request_id = r.id WHERE r.status = 'approved' AND c.builds_on IS NOT NULL)
		SELECT b.top, v.number, v.status, r.updated_at AS since FROM below b JOIN requests r ON r.id = b.id JOIN requests v ON v.id = b.via
		WHERE r.status NOT IN ('approved', 'applied', 'accepted') ORDER BY CASE WHEN b.id = b.via THEN 0 ELSE 1 END, b.via, b.id`, ids).Scan(&rows).Error
	out := make(map[int64]*Basis, len(rows))
	for _, row := range rows {
		if out[row.Top] == nil {
			out[row.Top] = &Basis{row.Number, basisState(row.Status), row.Since}
		}
	}
	return out, err
}
