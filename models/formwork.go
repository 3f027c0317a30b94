package models

import (
	"context"
	"slices"
)

// FormWork is what is going on with a form: what is approved and waits for its
// day, and what is still being decided, each by date.
type FormWork struct {
	Planned []PlannedEntry
	Open    []Entry
	More    bool // there is more than is listed
}

// PlannedEntry is an approved request, and whether it will not be applied as things are.
type PlannedEntry struct {
	Entry
	Lost bool
}

// formWork is how many open requests a form's page lists.
const formWork = 30

// WorkOn lists a form's open requests, drafts left out.
func (s *Store) WorkOn(ctx context.Context, u User, ags, assistant string) (*FormWork, error) {
	ctx = as(ctx, u)
	_, f, err := s.seen(ctx, u, ags, assistant)
	if err != nil {
		return nil, err
	}
	var rs []*Request
	err = s.reader.WithContext(ctx).Table("requests AS r").Select("r.*").Where("r.form_id = ? AND r.open AND r.status <> 'draft'", f.ID).Order("r.due_at, r.id").Limit(formWork + 1).Find(&rs).Error
	if err != nil {
		return nil, trouble(err)
	}
	out := &FormWork{More: len(rs) > formWork}
	entries, err := s.entries(ctx, rs[:min(len(rs), formWork)])
	if err != nil {
		return nil, err
	}
	lost, err := s.lostOf(ctx, f, entries)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if e.Status == Approved {
			out.Planned = append(out.Planned, PlannedEntry{e, lost[e.ID] != ""})
		} else {
			out.Open = append(out.Open, e)
		}
	}
	return out, nil
}

// lostOf tells which of a form's approved requests will not be applied as things are.
func (s *Store) lostOf(ctx context.Context, f Form, es []Entry) (lost map[int64]string, err error) {
	if !slices.ContainsFunc(es, func(e Entry) bool { return e.Status == Approved }) {
		return nil, nil
	}
	err = s.read(ctx, func(t *tx) error {
		l, err := t.loadLive(f)
		if err != nil {
			return err
		}
		p, err := t.loadPlan(l)
		lost = p.lost
		return err
	})
	return lost, err
}
