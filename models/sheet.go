package models

import (
	"context"
	"time"

	"formwandel/models/calendar"
	"formwandel/models/definition"
	"formwandel/models/fields"
)

// Sheet is everything that somebody needs to know to edit a request.
type Sheet struct {
	*Case
	Definition  *definition.Definition  // as it is now
	Maintenance bool                    // of the form
	Live        map[string]fields.Value // protected ones left out
	Old         map[string]fields.Value // what will hold when the request does its work; protected ones left out
	Coming      map[string][]Coming     // by field, what others will change
	Earliest    Earliest
	Today       calendar.Day
}

// Coming is a value that a field will hold by another request that is approved.
type Coming struct {
	Number string
	At     time.Time
	Value  fields.Value
	Back   bool // a temporary change goes back
}

// Sheet reads a request for whoever may edit it now.
func (s *Store) Sheet(ctx context.Context, u User, number string) (*Sheet, error) {
	ctx = as(ctx, u)
	var out *Sheet
	err := s.open(ctx, u, number, func(t *tx, cat *catalogue, r *Request) error {
		_, err := ruleFor(u, Edit, r)
		if err == nil {
			out, err = t.sheetOf(cat, u, r)
		}
		return err
	})
	return out, err
}

func (t *tx) sheetOf(cat *catalogue, u User, r *Request) (*Sheet, error) {
	c, err := t.caseOf(cat, u, r)
	if err != nil {
		return nil, err
	}
	live, err := t.loadLive(cat.forms[r.FormID])
	if err != nil {
		return nil, err
	}
	p, err := t.loadPlan(live)
	if err != nil {
		return nil, err
	}
	d := cat.definition(r.Assistant, live.form.Definition)
	if d == nil {
		return nil, notFound("definition")
	}
	day := today(t.now)
	return &Sheet{
		Case: c, Definition: d, Maintenance: live.form.Maintenance, Live: withoutProtected(d, live.values), Old: withoutProtected(d, compose(live.values, p.before(r, t.now)).values),
		Coming: p.coming(d, live.values, r.ID, t.now), Earliest: earliest(r, cat.calendars[r.AGS], day), Today: day,
	}, nil
}

// coming tells field by field what a plan will change after an instant, leaving out one request.
func (p plan) coming(d *definition.Definition, live map[string]fields.Value, but int64, now time.Time) map[string][]Coming {
	out := map[string][]Coming{}
	for i, x := range p.steps {
		if x.id == but || !x.at.After(now) {
			continue
		}
		after := compose(live, p.first(i+1)).values
		for _, c := range x.changes {
			if f, ok := d.Field(c.Field); ok && f.Type != fields.Protected {
				out[c.Field] = append(out[c.Field], Coming{x.number, x.at, after[c.Field], x.back})
			}
		}
	}
	return out
}

// Rivals are other open requests that change a field which this one changes too, newest first.
func (s *Store) Rivals(ctx context.Context, u User, number string) ([]Entry, error) {
	ctx = as(ctx, u)
	ags, err := s.whose(ctx, u, number)
	if err != nil {
		return nil, err
	}
	const most = 10
	var rs []*Request
	err = s.reader.WithContext(ctx).Raw(`SELECT r.* FROM requests mine JOIN requests r ON r.form_id = mine.form_id AND r.id <> mine.id
		WHERE mine.number = ? AND mine.ags = ? AND r.open AND EXISTS (
			SELECT 1 FROM changes a JOIN changes b ON b.request_id = mine.id AND b.field = a.field WHERE a.request_id = r.id)
		ORDER BY r.id DESC LIMIT ?`, number, ags, most).Scan(&rs).Error
	if err != nil {
		return nil, trouble(err)
	}
	return s.entries(ctx, rs)
}

// TeamMail is where the provider's team can be reached, "" if nobody said so.
func (s *Store) TeamMail() string { return s.team }
