package models

import (
	"maps"
	"time"

	"formwandel/models/fields"
)

// Configuration is one immutable, numbered version of a form's values.
type Configuration struct {
	FormID      int64
	Number      int64
	Content     string // the values as canonical JSON
	Definition  int
	Maintenance bool
	Cause       string // initial, apply, return, maintenance, definition
	RequestID   *int64
	ActorID     *int64
	At          time.Time
	Effective   time.Time // the instant it was meant for
	Prev        string
	Hash        string
}

// The causes of a new version.
const (
	causeInitial     = "initial"
	causeApply       = "apply"
	causeReturn      = "return"
	causeMaintenance = "maintenance"
	causeDefinition  = "definition"
)

// Values are the fields' values by key.
func (c Configuration) Values() (map[string]fields.Value, error) { return valuesOf(c.Content) }

// liveForm is a form inside a transaction: its live version and its values as they stand now.
type liveForm struct {
	form   Form
	config Configuration
	values map[string]fields.Value
}

// loadLive reads a form's live version. Versions never change, so one that was
// read before comes from memory; which one is live is asked of the database.
func (t *tx) loadLive(form Form) (*liveForm, error) {
	if l, ok := t.live[form.ID]; ok {
		return l, nil
	}
	number := t.known[form.ID].live
	if number == 0 {
		if err := t.db.Raw(`SELECT live FROM forms WHERE id = ?`, form.ID).Scan(&number).Error; err != nil {
			return nil, err
		}
	}
	if v, ok := t.s.lives.Load(form.ID); ok && v.(*liveForm).config.Number == number {
		l := *v.(*liveForm)
		t.live[form.ID] = &l
		return &l, nil
	}
	var c Configuration
	if err := t.db.Raw(`SELECT * FROM configurations WHERE form_id = ? AND number = ?`, form.ID, number).Scan(&c).Error; err != nil {
		return nil, err
	}
	if c.Number == 0 {
		return nil, notFound("form")
	}
	l := &liveForm{form: form}
	if err := l.become(c); err != nil {
		return nil, err
	}
	if err := t.s.learn(t.ctx, form.Assistant, c.Definition); err != nil {
		return nil, err
	}
	t.live[form.ID] = l
	t.s.rememberLive(l)
	return l, nil
}

// maxLives bounds how many forms' live versions are kept in memory.
const maxLives = 5000

// rememberLive keeps a committed version in memory.
func (s *Store) rememberLive(l *liveForm) {
	if s.livesKept.Add(1) > maxLives {
		s.lives.Clear()
		s.livesKept.Store(1)
	}
	kept := *l
	s.lives.Store(l.form.ID, &kept)
}

// set changes values on a copy: those in memory are shared.
func (l *liveForm) set(changed map[string]fields.Value) {
	l.values = maps.Clone(l.values)
	maps.Copy(l.values, changed)
}

// append adds a version to a form's chain and points the form at it.
func (t *tx) append(l *liveForm, c Configuration) Configuration {
	text := content(l.values)
	before := l.config.Number
	c.FormID, c.Number, c.Content, c.At = l.form.ID, before+1, text, t.now
	if c.ActorID == nil && !t.actor.IsClock() {
		c.ActorID = &t.actor.ID
	}
	c.seal(l.config.Hash)
	t.insert(&c)
	t.must(1, `UPDATE forms SET live = ?, definition = ?, maintenance = ? WHERE id = ? AND live = ?`, c.Number, c.Definition, c.Maintenance, l.form.ID, before)
	l.config, l.form.Live, l.form.Definition, l.form.Maintenance = c, c.Number, c.Definition, c.Maintenance
	t.changed[l.form.ID] = l
	if t.s.postgres {
		t.do(`SELECT pg_notify('`+channel+`', ?)`, l.form.Key())
	}
	return c
}
