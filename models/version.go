package models

import (
	"context"

	"formwandel/models/fields"
)

// Version is a version of a form with who made it and why.
type Version struct {
	Configuration
	Actor   Person
	Request string // number of the request that made it
	Values  map[string]fields.Value
}

// Versions lists a form's versions, newest first, a page at a time.
func (s *Store) Versions(ctx context.Context, u User, ags, assistant, cursor string, limit int) ([]Version, string, error) {
	ctx = as(ctx, u)
	n, before, err := idPage(cursor, limit)
	if err != nil {
		return nil, "", err
	}
	if before == 0 {
		before = 1 << 62
	}
	cat, f, err := s.seen(ctx, u, ags, assistant)
	if err != nil {
		return nil, "", err
	}
	var cs []Configuration
	if err := s.reader.WithContext(ctx).Where("form_id = ? AND number < ?", f.ID, before).Order("number DESC").Limit(n + 1).Find(&cs).Error; err != nil {
		return nil, "", trouble(err)
	}
	cs, next := cut(cs, n, func(x Configuration) string { return cursorID(x.Number) })
	out, err := s.versions(ctx, cat, f, cs)
	return out, next, err
}

func (s *Store) seen(ctx context.Context, u User, ags, assistant string) (*catalogue, Form, error) {
	cat, err := s.catalogueNow(ctx)
	if err != nil {
		return nil, Form{}, err
	}
	f, err := cat.visible(u, ags, assistant)
	return cat, f, err
}

// versions adds to configurations who made them and by which request.
func (s *Store) versions(ctx context.Context, cat *catalogue, f Form, cs []Configuration) ([]Version, error) {
	t := &tx{ctx: ctx, s: s, db: s.reader.WithContext(ctx), people: map[int64]User{}}
	var people, requests []int64
	for _, c := range cs {
		if c.ActorID != nil {
			people = append(people, *c.ActorID)
		}
		if c.RequestID != nil {
			requests = append(requests, *c.RequestID)
		}
	}
	numbers, err := t.numbers(requests)
	if err != nil {
		return nil, trouble(err)
	}
	if len(people) > 0 {
		if err := t.loadPeople(people); err != nil {
			return nil, trouble(err)
		}
	}
	out := make([]Version, 0, len(cs))
	for _, c := range cs {
		v := Version{Configuration: c, Actor: Person{Name: clockUser.Name, Side: Provider}}
		if c.ActorID != nil {
			v.Actor = t.people[*c.ActorID].person()
		}
		if c.RequestID != nil {
			v.Request = numbers[*c.RequestID]
		}
		values, err := c.Values()
		if err != nil {
			return nil, err
		}
		if err := s.learn(ctx, f.Assistant, c.Definition); err != nil {
			return nil, err
		}
		v.Values = withoutProtected(cat.definition(f.Assistant, c.Definition), values)
		out = append(out, v)
	}
	return out, nil
}

// numbers reads the numbers of some requests.
func (t *tx) numbers(ids []int64) (map[int64]string, error) {
	out := map[int64]string{}
	if len(ids) == 0 {
		return out, nil
	}
	var rows []struct {
		ID     int64
		Number string
	}
	err := t.db.Raw(`SELECT id, number FROM requests WHERE id IN ?`, ids).Scan(&rows).Error
	for _, r := range rows {
		out[r.ID] = r.Number
	}
	return out, err
}

// Version reads one version of a form.
func (s *Store) Version(ctx context.Context, u User, ags, assistant string, number int64) (*Version, error) {
	ctx = as(ctx, u)
	cat, f, err := s.seen(ctx, u, ags, assistant)
	if err != nil {
		return nil, err
	}
	var cs []Configuration
	if err := s.reader.WithContext(ctx).Where("form_id = ? AND number = ?", f.ID, number).Find(&cs).Error; err != nil {
		return nil, trouble(err)
	}
	if len(cs) == 0 {
		return nil, notFound("version")
	}
	vs, err := s.versions(ctx, cat, f, cs)
	if err != nil {
		return nil, err
	}
	return &vs[0], nil
}

// Diff compares two versions of a form, in the questionnaire's order. Of a
// protected field it says only that it changed.
func (s *Store) Diff(ctx context.Context, u User, ags, assistant string, from, to int64) ([]Difference, error) {
	ctx = as(ctx, u)
	cat, f, err := s.seen(ctx, u, ags, assistant)
	if err != nil {
		return nil, err
	}
	var cs []Configuration
	if err := s.reader.WithContext(ctx).Where("form_id = ? AND number IN ?", f.ID, []int64{from, to}).Find(&cs).Error; err != nil {
		return nil, trouble(err)
	}
	sides := map[int64]filled{}
	for _, c := range cs {
		values, err := c.Values()
		if err != nil {
			return nil, err
		}
		sides[c.Number] = filled{c.Definition, values}
	}
	if sides[from].values == nil || sides[to].values == nil {
		return nil, notFound("version")
	}
	if err := s.learn(ctx, f.Assistant, max(sides[from].definition, sides[to].definition)); err != nil {
		return nil, err
	}
	return cat.differences(f.Assistant, sides[from], sides[to]), nil
}
