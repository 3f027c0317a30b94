package models

import (
	"maps"
	"slices"
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
	order  []string // of the values' keys, as they were when a version was made last
	own    bool     // the values are this transaction's, and not shared with memory
	moved  bool     // there are versions since those that were written
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
	kept.own, kept.moved = false, false
	s.lives.Store(l.form.ID, &kept)
}

// set changes values, the first time on a copy: those in memory are shared.
func (l *liveForm) set(changed map[string]fields.Value) {
	if !l.own {
		l.values, l.own = maps.Clone(l.values), true
	}
	maps.Copy(l.values, changed)
}

// content is the canonical text of the values. Most versions have the fields of
// the one before, so that their order is known.
func (l *liveForm) content() string {
	if !l.isInOrder() {
		l.order = slices.Sorted(maps.Keys(l.values))
	}
	return contentIn(l.order, l.values)
}

// isInOrder tells whether the order is of exactly the fields that have values.
func (l *liveForm) isInOrder() bool {
	return len(l.order) == len(l.values) && !slices.ContainsFunc(l.order, func(key string) bool { _, there := l.values[key]; return !there })
}

// move is a form that has got new versions, and which was live before them: it is pointed at the last one only.
type move struct {
	to   *liveForm
	from int64
}

// append adds a version to a form's chain and points the form at it.
func (t *tx) append(l *liveForm, c Configuration) Configuration {
	text := l.content()
	before := l.config.Number
	c.FormID, c.Number, c.Content, c.At = l.form.ID, before+1, text, t.now
	if c.ActorID == nil && !t.actor.IsClock() {
		c.ActorID = &t.actor.ID
	}
	c.seal(l.config.Hash)
	t.insert(&c)
	if !l.moved {
		t.moved = append(t.moved, move{l, before})
		l.moved = true
	}
	l.config, l.form.Live, l.form.Definition, l.form.Maintenance = c, c.Number, c.Definition, c.Maintenance
	t.changed[l.form.ID] = l
	if t.s.postgres {
		t.do(`SELECT pg_notify('`+channel+`', ?)`, l.form.Key())
	}
	return c
}
