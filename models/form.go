package models

import (
	"context"
	"strings"
	"time"

	"formwandel/models/calendar"
	"formwandel/models/definition"
	"formwandel/models/fields"
)

// FormView is a form with its questionnaire and its live values.
type FormView struct {
	Form
	Title        string
	Municipality string
	Definition   *definition.Definition
	Values       map[string]fields.Value // protected ones left out
}

// visible finds a form the user may see.
func (c *catalogue) visible(u User, ags, assistant string) (Form, error) {
	f, ok := c.form(ags, assistant)
	if !ok || !u.Sees(f.AGS) {
		return Form{}, notFound("form")
	}
	return f, nil
}

// Form reads a form with its live values.
func (s *Store) Form(ctx context.Context, u User, ags, assistant string) (*FormView, error) {
	return s.formAt(ctx, u, ags, assistant, func(t *tx, l *liveForm) error { return nil })
}

// FormOn reads a form as it will be at the end of a day: the live values plus
// everything that is approved and will be applied. A day in the past shows the version that held then.
func (s *Store) FormOn(ctx context.Context, u User, ags, assistant, day string) (*FormView, error) {
	d, err := calendar.ParseDay(day)
	if err != nil {
		return nil, invalid("date", "not_a_day")
	}
	return s.formAt(ctx, u, ags, assistant, func(t *tx, l *liveForm) error {
		end := d.End()
		if end.After(t.now) {
			p, err := t.loadPlan(l)
			l.values = compose(l.values, p.until(end.Add(-time.Microsecond))).values
			return err
		}
		return t.becomeAsOf(l, end)
	})
}

// become shows a form as one of its versions.
func (l *liveForm) become(c Configuration) (err error) {
	l.config, l.form.Live, l.form.Definition, l.form.Maintenance = c, c.Number, c.Definition, c.Maintenance
	l.values, err = c.Values()
	return err
}

func (s *Store) formAt(ctx context.Context, u User, ags, assistant string, change func(*tx, *liveForm) error) (*FormView, error) {
	ctx = as(ctx, u)
	cat, err := s.catalogueNow(ctx)
	if err != nil {
		return nil, err
	}
	f, err := cat.visible(u, ags, assistant)
	if err != nil {
		return nil, err
	}
	var out *FormView
	err = s.read(ctx, func(t *tx) error {
		l, err := t.loadLive(f)
		if err != nil {
			return err
		}
		if err := change(t, l); err != nil {
			return err
		}
		out = cat.view(l)
		return nil
	})
	return out, err
}

// view shows a form's values; protected ones are left out.
func (c *catalogue) view(l *liveForm) *FormView {
	d := c.definition(l.form.Assistant, l.form.Definition)
	return &FormView{Form: l.form, Title: c.title(l.form.Assistant), Municipality: c.name(l.form.AGS), Definition: d, Values: withoutProtected(d, l.values)}
}

// withoutProtected are values without those of protected fields.
func withoutProtected(d *definition.Definition, values map[string]fields.Value) map[string]fields.Value {
	out := make(map[string]fields.Value, len(values))
	for k, v := range values {
		if f, ok := d.Field(k); ok && f.Type != fields.Protected {
			out[k] = v
		}
	}
	return out
}

// FormEntry is a form as a list shows it.
type FormEntry struct {
	Form
	Title, Municipality string
}

// Forms lists the forms a user may see, by key, a page at a time.
func (s *Store) Forms(ctx context.Context, u User, ags, assistant, cursor string, limit int) ([]FormEntry, string, error) {
	ctx = as(ctx, u)
	n, after, err := textPage(cursor, limit)
	if err != nil {
		return nil, "", err
	}
	cat, err := s.catalogueNow(ctx)
	if err != nil {
		return nil, "", err
	}
	db, err := tenant(s.reader.WithContext(ctx).Table("forms AS r"), u)
	if err != nil {
		return nil, "", err
	}
	if db, err = byForm(db, ags, assistant); err != nil {
		return nil, "", err
	}
	if fromAGS, fromAssistant, ok := strings.Cut(after, "/"); ok {
		db = db.Where("(r.ags, r.assistant) > (?, ?)", fromAGS, fromAssistant)
	}
	var fs []Form
	if err := db.Order("r.ags, r.assistant").Limit(n + 1).Find(&fs).Error; err != nil {
		return nil, "", trouble(err)
	}
	fs, next := cut(fs, n, func(x Form) string { return cursorText(x.Key()) })
	out := make([]FormEntry, 0, len(fs))
	for _, f := range fs {
		out = append(out, FormEntry{f, cat.title(f.Assistant), cat.name(f.AGS)})
	}
	return out, next, nil
}

// Maintain switches a form's maintenance mode: the municipality's own switch,
// an event, a version and a mail like everything else.
func (s *Store) Maintain(ctx context.Context, u User, ags, assistant string, on bool, o *Once) (*FormView, error) {
	return s.MaintainSeen(ctx, u, ags, assistant, on, 0, o)
}

// MaintainSeen does the same if the live version is still the one that was seen; 0 is any.
func (s *Store) MaintainSeen(ctx context.Context, u User, ags, assistant string, on bool, seen int64, o *Once) (*FormView, error) {
	cat, f, err := s.seen(ctx, u, ags, assistant)
	if err != nil {
		return nil, err
	}
	if err := u.refused(SwitchMaintenance, f.AGS); err != nil {
		return nil, err
	}
	var out *FormView
	err = s.once(ctx, u, o, func(t *tx) (any, error) {
		if err := t.enter(ags); err != nil {
			return nil, err
		}
		if kept, err := t.answered(o); kept != nil || err != nil {
			return nil, err
		}
		grant, err := t.under(u, SwitchMaintenance, ags)
		if err != nil {
			return nil, err
		}
		l, err := t.loadLive(f)
		if err != nil {
			return nil, err
		}
		if seen != 0 && seen != l.config.Number {
			return nil, conflict("stale")
		}
		if l.form.Maintenance != on {
			if err := t.switchMaintenance(l, cat.municipalities[ags], on, grant); err != nil {
				return nil, err
			}
		}
		out = cat.view(l)
		return out, nil
	})
	return out, err
}

func (t *tx) switchMaintenance(l *liveForm, m *Municipality, on bool, grant int64) error {
	c := t.append(l, Configuration{Definition: l.form.Definition, Maintenance: on, Cause: causeMaintenance, Effective: t.now})
	e, err := t.recordUnder(grant, Event{FormID: &l.form.ID, ActorID: &t.actor.ID, Action: "maintenance"}, EventData{On: &on, Config: c.Number, ConfigHash: c.Hash})
	if err != nil {
		return err
	}
	team, err := t.team()
	if err != nil {
		return err
	}
	for _, to := range append([]recipient{{m.OfficeMail, "de", string(toOffice)}}, team...) {
		if to.Email != "" {
			t.post(e, MailMaintenance, to, nil)
		}
	}
	return nil
}
