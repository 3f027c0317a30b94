package models

import (
	"bytes"
	"context"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

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
// everything that is approved. A day in the past shows the version that held then.
func (s *Store) FormOn(ctx context.Context, u User, ags, assistant, day string) (*FormView, error) {
	d, err := calendar.ParseDay(day)
	if err != nil {
		return nil, invalid("date", "not_a_day")
	}
	return s.formAt(ctx, u, ags, assistant, func(t *tx, l *liveForm) error {
		end := d.AddDays(1).Start()
		if end.After(t.now) {
			p, err := t.loadPlan(l.form.ID)
			l.values = compose(l.values, p.until(end.Add(-time.Microsecond))).values
			return err
		}
		var c Configuration
		if err := t.db.Raw(`SELECT * FROM configurations WHERE form_id = ? AND at < ? ORDER BY number DESC LIMIT 1`, l.form.ID, end).Scan(&c).Error; err != nil {
			return err
		}
		if c.Number == 0 {
			return notFound("version")
		}
		return l.become(c)
	})
}

// become shows a form as one of its versions.
func (l *liveForm) become(c Configuration) (err error) {
	l.config, l.form.Live, l.form.Definition, l.form.Maintenance = c, c.Number, c.Definition, c.Maintenance
	l.values, err = c.Values()
	return err
}

func (s *Store) formAt(ctx context.Context, u User, ags, assistant string, change func(*tx, *liveForm) error) (*FormView, error) {
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
	return &FormView{Form: l.form, Title: c.title(l.form.Assistant), Municipality: c.name(l.form.AGS), Definition: d, Values: open(d, l.values)}
}

// open leaves protected values out.
func open(d *definition.Definition, values map[string]fields.Value) map[string]fields.Value {
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
	n, err := pageLimit(limit)
	if err != nil {
		return nil, "", err
	}
	after, err := textCursor(cursor)
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
	next := ""
	if len(fs) > n {
		fs, next = fs[:n], cursorText(fs[n-1].Key())
	}
	out := make([]FormEntry, 0, len(fs))
	for _, f := range fs {
		out = append(out, FormEntry{f, cat.title(f.Assistant), cat.name(f.AGS)})
	}
	return out, next, nil
}

// Version is a version of a form with who made it and why.
type Version struct {
	Configuration
	Actor   Person
	Request string // number of the request that made it
	Values  map[string]fields.Value
}

// Versions lists a form's versions, newest first, a page at a time.
func (s *Store) Versions(ctx context.Context, u User, ags, assistant, cursor string, limit int) ([]Version, string, error) {
	n, err := pageLimit(limit)
	if err != nil {
		return nil, "", err
	}
	before, err := idCursor(cursor)
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
	next := ""
	if len(cs) > n {
		cs, next = cs[:n], cursorID(cs[n-1].Number)
	}
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
		v.Values = open(cat.definition(f.Assistant, c.Definition), values)
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

// Difference is one field that two versions hold differently.
type Difference struct {
	Field    fields.Field
	Old, New fields.Value
}

// Diff compares two versions of a form, in the questionnaire's order. Of a
// protected field it says only that it changed.
func (s *Store) Diff(ctx context.Context, u User, ags, assistant string, from, to int64) ([]Difference, error) {
	cat, f, err := s.seen(ctx, u, ags, assistant)
	if err != nil {
		return nil, err
	}
	var cs []Configuration
	if err := s.reader.WithContext(ctx).Where("form_id = ? AND number IN ?", f.ID, []int64{from, to}).Find(&cs).Error; err != nil {
		return nil, trouble(err)
	}
	sides := map[int64]map[string]fields.Value{}
	def := map[int64]int{}
	for _, c := range cs {
		if sides[c.Number], err = c.Values(); err != nil {
			return nil, err
		}
		def[c.Number] = c.Definition
	}
	if sides[from] == nil || sides[to] == nil {
		return nil, notFound("version")
	}
	newer := max(def[from], def[to])
	if err := s.learn(ctx, f.Assistant, newer); err != nil {
		return nil, err
	}
	return differences(cat.definition(f.Assistant, newer), sides[from], sides[to]), nil
}

func differences(d *definition.Definition, old, now map[string]fields.Value) []Difference {
	out := []Difference{}
	seen := map[string]bool{}
	for _, f := range d.Fields() {
		seen[f.Key] = true
		if old[f.Key] != now[f.Key] {
			out = append(out, difference(f, old[f.Key], now[f.Key]))
		}
	}
	var gone []string
	for k := range old {
		if !seen[k] && old[k] != now[k] {
			gone = append(gone, k)
		}
	}
	slices.Sort(gone)
	for _, k := range gone {
		out = append(out, difference(fields.Field{Key: k, Label: k, Type: fields.Text}, old[k], now[k]))
	}
	return out
}

func difference(f fields.Field, old, now fields.Value) Difference {
	if f.Type == fields.Protected {
		old, now = "", ""
	}
	return Difference{f, old, now}
}

// Maintain switches a form's maintenance mode: the municipality's own switch,
// an event, a version and a mail like everything else.
func (s *Store) Maintain(ctx context.Context, u User, ags, assistant string, on bool, o *Once) (*FormView, error) {
	cat, f, err := s.seen(ctx, u, ags, assistant)
	if err != nil {
		return nil, err
	}
	if !u.Has(TenantAdmin) || u.AGS != f.AGS {
		return nil, forbidden("not_your_role", "action", "maintenance")
	}
	var out *FormView
	err = s.once(ctx, u, o, func(t *tx) (any, error) {
		if err := t.enter(ags); err != nil {
			return nil, err
		}
		if kept, err := t.answered(o); kept != nil || err != nil {
			return nil, err
		}
		l, err := t.loadLive(f)
		if err != nil {
			return nil, err
		}
		if l.form.Maintenance != on {
			if err := t.switchMaintenance(l, cat.municipalities[ags], on); err != nil {
				return nil, err
			}
		}
		out = cat.view(l)
		return out, nil
	})
	return out, err
}

func (t *tx) switchMaintenance(l *liveForm, m *Municipality, on bool) error {
	c := t.append(l, Configuration{Definition: l.form.Definition, Maintenance: on, Cause: causeMaintenance, Effective: t.now})
	e, err := t.record(Event{FormID: &l.form.ID, ActorID: &t.actor.ID, Action: "maintenance"}, EventData{On: &on, Config: c.Number, ConfigHash: c.Hash})
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

// idCursor and its like are opaque to callers, so that an order can change.
func idCursor(c string) (int64, error) {
	text, err := textCursor(c)
	if err != nil || text == "" {
		return 0, err
	}
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 0 {
		return 0, invalid("cursor", "bad_cursor")
	}
	return id, nil
}

func cursorID(id int64) string { return cursorText(strconv.FormatInt(id, 10)) }

func textCursor(c string) (string, error) {
	if c == "" {
		return "", nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(c)
	if err != nil || !strings.HasPrefix(string(raw), "c:") || !utf8.Valid(raw) || bytes.IndexByte(raw, 0) >= 0 {
		return "", invalid("cursor", "bad_cursor")
	}
	return string(raw[2:]), nil
}

func cursorText(s string) string { return base64.RawURLEncoding.EncodeToString([]byte("c:" + s)) }
