package models

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"gorm.io/gorm"

	"formwandel/models/calendar"
	"formwandel/models/definition"
	"formwandel/models/fields"
)

// Municipality is a tenant (Kommune, Mandant), keyed by its AGS.
type Municipality struct {
	AGS         string `gorm:"column:ags;primaryKey"`
	Name        string
	Kind        string // Große Kreisstadt, …
	PLZ         string `gorm:"column:plz"`
	Population  int64
	OfficeMail  string     // mailbox that hears of questions
	ClosingDays StringList // days beyond the holidays on which the office is closed, 2006-01-02
	Policy      string     // approvals it demands of itself: {"assistant or *": {"section or *": n}}
	AsOf        string     // state of the register it was imported from
	Demo        bool
	Version     int
}

// Calendar is the municipality's working days.
func (m Municipality) Calendar() calendar.Calendar {
	var extra []calendar.Day
	for _, d := range m.ClosingDays {
		if day, err := calendar.ParseDay(d); err == nil {
			extra = append(extra, day)
		}
	}
	return calendar.Saxony(extra...)
}

// Assistant is a kind of form (Online-Antragsassistent).
type Assistant struct {
	Key        string `gorm:"primaryKey"`
	Title      string
	Leika      string
	Definition int // the version new forms get
	Demo       bool
}

// Form is one assistant at one municipality.
type Form struct {
	ID          int64
	AGS         string `gorm:"column:ags"`
	Assistant   string
	Definition  int
	Live        int64 // number of the live version
	Maintenance bool
}

// Key is the form's name outside: 14625020/KOMM24Geburtsurkunde.
func (f Form) Key() string { return f.AGS + "/" + f.Assistant }

// catalogue is what changes rarely and is asked for always; it is replaced as a whole.
type catalogue struct {
	generation     string
	municipalities map[string]*Municipality
	calendars      map[string]calendar.Calendar
	assistants     map[string]*Assistant
	definitions    *sync.Map // definitionKey → *definition.Definition; they never change, so all catalogues share them
	forms          map[int64]Form
	byKey          map[string]int64
	holders        map[string][]roleHolder // active people by "ags/role"; the provider's ags is ""
	listing        sync.Once
	listed         []listedForm // see list
}

type definitionKey struct {
	assistant string
	version   int
}

// catalogueNow is the catalogue, read on first use.
func (s *Store) catalogueNow(ctx context.Context) (*catalogue, error) {
	if c := s.catalogue.Load(); c != nil {
		return c, nil
	}
	return s.loadCatalogue(ctx)
}

// RefreshCatalogue reads it anew if another process has changed it.
func (s *Store) RefreshCatalogue(ctx context.Context) error {
	ctx = asInstallation(ctx)
	c := s.catalogue.Load()
	var generation string
	if err := s.reader.WithContext(ctx).Raw(`SELECT value FROM settings WHERE name = 'catalogue'`).Scan(&generation).Error; err != nil {
		return trouble(err)
	}
	if c != nil && c.generation == generation {
		return nil
	}
	_, err := s.loadCatalogue(ctx)
	return err
}

func (s *Store) loadCatalogue(ctx context.Context) (*catalogue, error) {
	ctx = asInstallation(ctx)
	s.loading.Lock()
	defer s.loading.Unlock()
	before := s.outdated.Load()
	c, err := s.loadCatalogueFrom(s.reader.WithContext(ctx))
	if err != nil {
		return nil, trouble(err)
	}
	s.catalogue.Store(c)
	if s.outdated.Load() != before {
		s.catalogue.CompareAndSwap(c, nil) // it was changed while it was being read
	}
	s.Unpublish("")
	return c, nil
}

// loadCatalogueFrom reads it; questionnaires, which never change, are parsed once.
func (s *Store) loadCatalogueFrom(db *gorm.DB) (*catalogue, error) {
	c := &catalogue{
		municipalities: map[string]*Municipality{}, calendars: map[string]calendar.Calendar{}, assistants: map[string]*Assistant{},
		definitions: &s.definitions, forms: map[int64]Form{}, byKey: map[string]int64{}, holders: map[string][]roleHolder{},
	}
	if err := db.Raw(`SELECT value FROM settings WHERE name = 'catalogue'`).Scan(&c.generation).Error; err != nil {
		return nil, err
	}
	var ms []Municipality
	var as []Assistant
	var fs []Form
	if err := cmp.Or(db.Find(&ms).Error, db.Find(&as).Error, db.Find(&fs).Error, s.loadDefinitions(db, c), c.loadHolders(db)); err != nil {
		return nil, err
	}
	for i := range ms {
		c.municipalities[ms[i].AGS], c.calendars[ms[i].AGS] = &ms[i], ms[i].Calendar()
	}
	for i := range as {
		c.assistants[as[i].Key] = &as[i]
	}
	for _, f := range fs {
		c.forms[f.ID], c.byKey[f.Key()] = f, f.ID
	}
	return c, nil
}

// loadHolders reads who holds a role where: they hear of things by mail.
func (c *catalogue) loadHolders(db *gorm.DB) error {
	var rows []struct {
		AGS, Role, Email, Locale string
		ID, AddressBy            int64
	}
	err := db.Raw(`SELECT coalesce(u.ags, '') AS ags, r.role, u.email, u.locale, u.id, coalesce(u.address_by, 0) AS address_by FROM users u JOIN user_roles r ON r.user_id = u.id WHERE u.active ORDER BY u.id`).Scan(&rows).Error
	for _, r := range rows {
		key := r.AGS + "/" + r.Role
		c.holders[key] = append(c.holders[key], roleHolder{recipient{Email: r.Email, Locale: r.Locale}, User{ID: r.ID, AddressBy: r.AddressBy}})
	}
	return err
}

func (s *Store) loadDefinitions(db *gorm.DB, c *catalogue) error {
	var ds []struct {
		Assistant, Hash string
		Version         int
	}
	if err := db.Raw(`SELECT assistant, version, hash FROM definitions`).Scan(&ds).Error; err != nil {
		return err
	}
	for _, d := range ds {
		known, ok := s.parsed.Load(d.Hash)
		if !ok {
			var content string
			if err := db.Raw(`SELECT content FROM definitions WHERE assistant = ? AND version = ?`, d.Assistant, d.Version).Scan(&content).Error; err != nil {
				return err
			}
			def, err := definition.Read(strings.NewReader(content), d.Assistant)
			if err != nil {
				return err
			}
			s.parsed.Store(d.Hash, def)
			known = def
		}
		c.definitions.Store(definitionKey{d.Assistant, d.Version}, known)
	}
	return nil
}

// touchCatalogue tells every instance to read it anew; this one does so as soon as the transaction is over.
func (t *tx) touchCatalogue() {
	t.touches("settings", "name = 'catalogue'")
	t.do(`UPDATE settings SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT) WHERE name = 'catalogue'`)
	t.after = append(t.after, func() {
		t.s.outdated.Add(1)
		t.s.catalogue.Store(nil)
		t.s.Unpublish("")
	})
}

// learn reads the catalogue anew if it lacks a questionnaire that another instance has imported.
func (s *Store) learn(ctx context.Context, assistant string, version int) error {
	if _, ok := s.definitions.Load(definitionKey{assistant, version}); ok {
		return nil
	}
	_, err := s.loadCatalogue(ctx)
	return err
}

// form finds a form by municipality and assistant.
func (c *catalogue) form(ags, assistant string) (Form, bool) {
	f, ok := c.forms[c.byKey[ags+"/"+assistant]]
	return f, ok
}

// definition finds a version of an assistant's questionnaire.
func (c *catalogue) definition(assistant string, version int) *definition.Definition {
	d, ok := c.definitions.Load(definitionKey{assistant, version})
	if !ok {
		return nil
	}
	return d.(*definition.Definition)
}

// field finds the field of a change as it was meant: by its own label, and by the
// newest questionnaire up to a version in which the field is of its type. What such a
// questionnaire protects is shown by nobody.
func (c *catalogue) field(assistant string, version int, ch Change) fields.Field {
	f := fields.Field{Key: ch.Field, Type: ch.Type}
	for v := version; v > 0; v-- {
		if known, ok := c.fieldIn(assistant, v, ch.Field); ok && (known.Type == ch.Type || v == version && known.Type == fields.Protected) {
			f = known
			break
		}
	}
	f.Label = ch.Label
	return f
}

// fieldIn finds a field in one version of a questionnaire.
func (c *catalogue) fieldIn(assistant string, version int, key string) (fields.Field, bool) {
	if d := c.definition(assistant, version); d != nil {
		return d.Field(key)
	}
	return fields.Field{}, false
}

// needs is how many approvals each lane of a form's sections demands: the
// questionnaire's minimum, or more where the municipality asks it of itself. A
// policy that can't be read stops the filing: fewer approvals are no way out.
func (c *catalogue) needs(f Form, d *definition.Definition) (map[string]definition.Approval, error) {
	var own map[string]map[string]int
	if m := c.municipalities[f.AGS]; m != nil {
		if err := decode(m.Policy, &own); err != nil {
			return nil, fmt.Errorf("policy of %s: %w", f.AGS, err)
		}
	}
	out := make(map[string]definition.Approval, len(d.Sections))
	for _, s := range d.Sections {
		a := s.Approval
		for _, assistant := range []string{"*", f.Assistant} {
			for _, section := range []string{"*", s.Key} {
				a.Municipality = max(a.Municipality, own[assistant][section])
			}
		}
		out[s.Key] = a
	}
	return out, nil
}

// today is the Berlin day of an instant.
func today(now time.Time) calendar.Day { return calendar.DayOf(now) }
