package models

import (
	"cmp"
	"context"
	"slices"
)

// FieldChange is one version in which a field's value changed.
type FieldChange struct {
	Version
	Difference
	First  bool // the form's first version
	Reason string
	Given  []GivenApproval
}

// How many versions one look into a field's past reads at most, and how many at a time.
const (
	pastVersions = 400
	pastStep     = 100
)

// FieldPast tells who changed a field's value when and why, newest first, a
// page at a time. A page reads a bounded number of versions, so it can be
// short, or empty, and still have a next one.
func (s *Store) FieldPast(ctx context.Context, u User, ags, assistant, field, cursor string, limit int) ([]FieldChange, string, error) {
	ctx = as(ctx, u)
	n, before, err := idPage(cursor, limit)
	if err != nil {
		return nil, "", err
	}
	cat, f, err := s.seen(ctx, u, ags, assistant)
	if err != nil {
		return nil, "", err
	}
	w := &lookBack{s: s, cat: cat, form: f, field: field, limit: n, before: before}
	if err := w.back(ctx); err != nil {
		return nil, "", trouble(err)
	}
	if len(w.found) == 0 && !w.known && w.before == 0 && !cat.asks(f, field) {
		return nil, "", notFound("field")
	}
	out, err := s.fieldChanges(ctx, cat, f, w)
	next := ""
	if w.before > 0 {
		next = cursorID(w.before)
	}
	return out, next, err
}

// lookBack goes back through a form's versions and keeps those in which a field changed.
type lookBack struct {
	s      *Store
	cat    *catalogue
	form   Form
	field  string
	limit  int
	before int64 // versions from here on were looked at; 0: none, or all
	known  bool  // some version has the field
	found  []Configuration
	values map[int64][2]held // by number: old and new
}

// back reads versions, newest first, until the page is full or enough was read.
// Each is held against the one before it.
func (w *lookBack) back(ctx context.Context) error {
	w.values = map[int64][2]held{}
	if w.before == 0 {
		w.before = 1 << 62
	}
	for range pastVersions / pastStep {
		var cs []Configuration
		err := w.s.reader.WithContext(ctx).Where("form_id = ? AND number < ?", w.form.ID, w.before).Order("number DESC").Limit(pastStep + 1).Find(&cs).Error
		if err != nil {
			return err
		}
		whole := len(cs) <= pastStep
		if done, err := w.compare(cs, whole); done || err != nil {
			return err
		}
		if whole {
			w.before = 0
			return nil
		}
		w.before = cs[pastStep-1].Number
	}
	return nil
}

// compare looks at some versions; the last one only serves the one above it, unless it is the form's first.
func (w *lookBack) compare(cs []Configuration, whole bool) (done bool, err error) {
	var now held
	for i, c := range cs {
		values, err := c.Values()
		if err != nil {
			return false, err
		}
		value, has := values[w.field]
		w.known = w.known || has
		if old := (held{c.Definition, value}); i > 0 && w.differ(old, now) {
			w.keep(cs[i-1], old, now)
		}
		if len(w.found) == w.limit {
			w.before = w.found[w.limit-1].Number
			return true, nil
		}
		now = held{c.Definition, value}
	}
	if whole && now.value != "" {
		w.keep(cs[len(cs)-1], held{definition: now.definition}, now)
	}
	return false, nil
}

// differ tells whether people read two values differently.
func (w *lookBack) differ(old, now held) bool {
	_, differ := w.cat.difference(w.form.Assistant, w.field, old, now)
	return differ
}

func (w *lookBack) keep(c Configuration, old, now held) {
	if len(w.found) < w.limit {
		w.found = append(w.found, c)
		w.values[c.Number] = [2]held{old, now}
	}
}

// fieldChanges adds to the versions found who, why and by whose approval.
func (s *Store) fieldChanges(ctx context.Context, cat *catalogue, f Form, w *lookBack) ([]FieldChange, error) {
	vs, err := s.versions(ctx, cat, f, w.found)
	if err != nil {
		return nil, err
	}
	why, err := s.reasons(ctx, w.found)
	if err != nil {
		return nil, trouble(err)
	}
	out := make([]FieldChange, 0, len(vs))
	for _, v := range vs {
		pair := w.values[v.Number]
		d, _ := cat.difference(f.Assistant, w.field, pair[0], pair[1]) // they were found because they differ
		c := FieldChange{Version: v, Difference: d, First: v.Number == 1}
		if v.RequestID != nil {
			c.Reason, c.Given = why[*v.RequestID].Reason, why[*v.RequestID].given
		}
		out = append(out, c)
	}
	return out, nil
}

// asks says whether the form's questionnaire has the field, even if no version ever gave it a value.
func (c *catalogue) asks(f Form, key string) bool {
	d := c.definition(f.Assistant, f.Definition)
	if d == nil {
		return false
	}
	_, ok := d.Field(key)
	return ok
}

// reason is why a request was made, and who approved it.
type reason struct {
	ID     int64
	Reason string
	given  []GivenApproval
}

// reasons reads why versions came to be, in three queries.
func (s *Store) reasons(ctx context.Context, cs []Configuration) (map[int64]*reason, error) {
	var ids []int64
	for _, c := range cs {
		if c.RequestID != nil && !slices.Contains(ids, *c.RequestID) {
			ids = append(ids, *c.RequestID)
		}
	}
	out := map[int64]*reason{}
	if len(ids) == 0 {
		return out, nil
	}
	t := &tx{ctx: ctx, s: s, db: s.reader.WithContext(ctx), people: map[int64]User{}}
	var rows []*reason
	var given []Approval
	if err := cmp.Or(t.db.Raw(`SELECT id, reason FROM requests WHERE id IN ?`, ids).Scan(&rows).Error,
		t.db.Where("request_id IN ? AND void_at IS NULL", ids).Order("id").Find(&given).Error); err != nil {
		return nil, err
	}
	var people []int64
	for _, r := range rows {
		out[r.ID] = r
	}
	for _, a := range given {
		people = append(people, a.UserID)
	}
	if len(people) > 0 {
		if err := t.loadPeople(people); err != nil {
			return nil, err
		}
	}
	for _, a := range given {
		out[a.RequestID].given = append(out[a.RequestID].given, GivenApproval{a.Side, t.people[a.UserID].person(), a.At})
	}
	return out, nil
}
