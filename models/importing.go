package models

import (
	"context"

	"formwandel/models/definition"
	"formwandel/models/fields"
	"formwandel/models/gv100ad"
)

// Imported says what an import did.
type Imported struct {
	Added, Updated, Unchanged int
	Lost                      []LostValue // values that do not fit a new questionnaire
}

// LostValue is a value of one form that a new questionnaire version has no room for.
type LostValue struct {
	Form string // 14625020/KOMM24Geburtsurkunde
	definition.Lost
}

// ImportMunicipalities takes over the municipalities of the official register:
// new ones are added, names and figures of known ones brought up to date,
// none is removed.
func (s *Store) ImportMunicipalities(ctx context.Context, ms []gv100ad.Municipality, demo bool) (Imported, error) {
	var out Imported
	err := s.write(ctx, clockUser, func(t *tx) error {
		out = Imported{}
		if err := t.enter(Installation); err != nil {
			return err
		}
		return t.importMunicipalities(ms, demo, nil, &out)
	})
	return out, err
}

// importMunicipalities does it inside the installation's chain; by is who does it, nil the operator.
func (t *tx) importMunicipalities(ms []gv100ad.Municipality, demo bool, by *int64, out *Imported) error {
	var have []Municipality
	if err := t.db.Find(&have).Error; err != nil {
		return err
	}
	known := map[string]Municipality{}
	for _, m := range have {
		known[m.AGS] = m
	}
	d, renamed := EventData{Towns: map[string]string{}}, []string{}
	for _, m := range ms {
		if was, is := known[m.AGS]; is && was.Name != m.Name {
			renamed = append(renamed, m.AGS)
		}
		if n := t.takeMunicipality(m, known, demo, out); n != nil {
			d.Towns[n.AGS] = n.row().registered()
		}
	}
	if out.Added+out.Updated == 0 {
		return nil
	}
	t.touchCatalogue()
	if _, err := t.record(Event{ActorID: by, Action: "import_municipalities"}, d); err != nil || len(renamed) == 0 {
		return err
	}
	return t.reindexSome("ags IN ?", renamed) // they are found by the new name, too
}

// differs tells whether the register knows a municipality otherwise.
func (m *Municipality) differs(r gv100ad.Municipality) bool {
	return m.Name != r.Name || m.Kind != r.Kind || m.PLZ != r.PLZ || m.Population != int64(r.Population)
}

// takeMunicipality writes one down as it is in the register; nil is one that stays as it is.
func (t *tx) takeMunicipality(m gv100ad.Municipality, known map[string]Municipality, demo bool, out *Imported) *Municipality {
	old, ok := known[m.AGS]
	switch {
	case !ok:
		n := &Municipality{AGS: m.AGS, Name: m.Name, Kind: m.Kind, PLZ: m.PLZ, Population: int64(m.Population), AsOf: m.AsOf, Policy: "{}", Demo: demo, Version: 1}
		t.touches("municipalities", "ags = ?", m.AGS)
		t.insert(n)
		t.touches("chains", "ags = ?", m.AGS)
		t.do(`INSERT INTO chains (ags) VALUES (?)`, m.AGS)
		known[m.AGS] = *n
		out.Added++
		return n
	case old.differs(m):
		t.touches("municipalities", "ags = ?", m.AGS)
		t.must(1, `UPDATE municipalities SET name = ?, kind = ?, plz = ?, population = ?, as_of = ?, version = version + 1 WHERE ags = ?`, m.Name, m.Kind, m.PLZ, m.Population, m.AsOf, m.AGS)
		out.Updated++
		old.Name, old.Kind, old.PLZ, old.Population, old.AsOf = m.Name, m.Kind, m.PLZ, int64(m.Population), m.AsOf
		known[m.AGS] = old
		return &old
	default:
		out.Unchanged++
	}
	return nil
}

// SetOffice sets the mailbox of a municipality's office.
func (s *Store) SetOffice(ctx context.Context, ags, address string) error {
	return s.write(ctx, clockUser, func(t *tx) error {
		if err := t.enter(ags); err != nil {
			return err
		}
		var m townRow
		if err := t.db.Where("ags = ?", ags).Limit(1).Find(&m).Error; err != nil {
			return err
		}
		m.OfficeMail = address
		t.touches("municipalities", "ags = ?", ags)
		t.must(1, `UPDATE municipalities SET office_mail = ?, version = version + 1 WHERE ags = ?`, address, ags)
		t.touchCatalogue()
		_, err := t.record(Event{Action: "office_mail"}, EventData{Profile: m.profile()})
		return err
	})
}

// ImportAssistant takes over an assistant's questionnaire. The same content is
// left as it is; another content needs a higher version. Every form takes the
// new version over: values that still fit are kept, those that do not are listed.
func (s *Store) ImportAssistant(ctx context.Context, d *definition.Definition) (Imported, error) {
	return s.importAssistant(ctx, clockUser, d, nil)
}

// importAssistant takes the questionnaire over, then one form after the other: those that are behind, whether this
// call has brought the questionnaire or one before it that broke midway.
func (s *Store) importAssistant(ctx context.Context, u User, d *definition.Definition, o *Once) (Imported, error) {
	var out Imported
	err := s.once(ctx, u, o, func(t *tx) (any, error) {
		out = Imported{}
		if err := t.enter(Installation); err != nil {
			return nil, err
		}
		if kept, err := t.answered(o); kept != nil || err != nil {
			return nil, err
		}
		if err := t.takeDefinition(d, &out); err != nil || out.Unchanged > 0 {
			return out, err
		}
		if !u.IsClock() { // the operator may: it stands in the record as theirs
			if err := t.refuseLowered(d); err != nil {
				return nil, err
			}
		}
		_, err := t.record(Event{ActorID: t.by(), Action: "import_assistant"}, EventData{Subject: d.Key, Config: int64(d.Version), ConfigHash: d.Hash()})
		return out, err
	})
	if err != nil {
		return out, err
	}
	var behind []Form
	if err := s.reader.WithContext(asInstallation(ctx)).Where("assistant = ? AND definition < ?", d.Key, d.Version).Order("ags").Find(&behind).Error; err != nil {
		return out, trouble(err)
	}
	cat, err := s.catalogueNow(ctx)
	if err != nil {
		return out, err
	}
	for _, f := range behind {
		u.ReadAt = s.now() // begun is finished, whatever becomes meanwhile of who began it
		lost, err := s.carry(ctx, u, f, cat.definition(d.Key, f.Definition), d)
		if err != nil {
			return out, err
		}
		out.Lost = append(out.Lost, lost...)
	}
	return out, nil
}

// by is who acts in this transaction; nil is time or the operator.
func (t *tx) by() *int64 {
	if t.actor.ID == 0 {
		return nil
	}
	return &t.actor.ID
}

// takeDefinition writes a questionnaire as the newest version of its assistant.
func (t *tx) takeDefinition(d *definition.Definition, out *Imported) error {
	known, err := t.newest(d.Key)
	switch {
	case err != nil:
		return err
	case known.Hash == d.Hash():
		out.Unchanged = 1
		return nil
	case known.Version >= d.Version:
		return conflict("definition_version", "key", d.Key, "version", d.Version, "known", known.Version)
	}
	t.do(`INSERT INTO assistants (key, title, leika, definition, demo) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (key) DO UPDATE SET title = excluded.title, leika = excluded.leika, definition = excluded.definition, demo = excluded.demo`,
		d.Key, d.Title, d.Leika, d.Version, d.Demo)
	t.do(`INSERT INTO definitions (assistant, version, content, hash, created_at) VALUES (?, ?, ?, ?, ?)`, d.Key, d.Version, string(d.JSON()), d.Hash(), t.now)
	t.touchCatalogue()
	out.Added = 1
	if known.Version > 0 {
		out.Added, out.Updated = 0, 1
	}
	return nil
}

type knownDefinition struct {
	Version int
	Hash    string
}

func (t *tx) newest(key string) (knownDefinition, error) {
	var k knownDefinition
	err := t.db.Raw(`SELECT version, hash FROM definitions WHERE assistant = ? ORDER BY version DESC LIMIT 1`, key).Scan(&k).Error
	return k, err
}

// carry takes one form over to a questionnaire version, as a version of its own.
func (s *Store) carry(ctx context.Context, u User, f Form, from, d *definition.Definition) ([]LostValue, error) {
	var out []LostValue
	err := s.write(ctx, u, func(t *tx) error {
		out = nil
		if err := t.enter(f.AGS); err != nil {
			return err
		}
		l, err := t.loadLive(f)
		if err != nil || l.form.Definition >= d.Version {
			return err
		}
		kept, lost := d.Carry(from, l.values, today(t.now))
		for _, x := range lost {
			out = append(out, LostValue{f.Key(), x})
		}
		l.values = kept
		c := t.append(l, Configuration{Definition: d.Version, Maintenance: l.form.Maintenance, Cause: causeDefinition, Effective: t.now})
		t.touchCatalogue()
		_, err = t.record(Event{FormID: &f.ID, ActorID: t.by(), Action: "definition"}, EventData{Config: c.Number, ConfigHash: c.Hash, Subject: d.Key})
		return err
	})
	return out, err
}

// GoLive makes a form of an assistant at a municipality: version 1 with the
// questionnaire's defaults, in maintenance until the municipality switches it
// on. One that exists is left as it is.
func (s *Store) GoLive(ctx context.Context, ags, assistant string, values map[string]fields.Value, maintenance bool) (made bool, err error) {
	cat, err := s.catalogueNow(ctx)
	if err != nil {
		return false, err
	}
	if _, ok := cat.form(ags, assistant); ok {
		return false, nil
	}
	a := cat.assistants[assistant]
	if a == nil {
		return false, notFound("assistant")
	}
	d := cat.definition(assistant, a.Definition)
	err = s.write(ctx, clockUser, func(t *tx) error {
		if err := t.enter(ags); err != nil {
			return err
		}
		all := d.Defaults()
		for k, v := range values {
			all[k] = v
		}
		f := Form{AGS: ags, Assistant: assistant, Definition: d.Version, Live: 1, Maintenance: maintenance}
		err := t.db.Raw(`INSERT INTO forms (ags, assistant, definition, live, maintenance) VALUES (?, ?, ?, 1, ?) RETURNING id`, ags, assistant, d.Version, maintenance).Row().Scan(&f.ID)
		if err != nil {
			return err
		}
		text := content(all)
		c := &Configuration{FormID: f.ID, Number: 1, Content: text, Definition: d.Version, Maintenance: maintenance, Cause: causeInitial, At: t.now, Effective: t.now}
		c.seal("")
		t.insert(c)
		t.touchCatalogue()
		made = true
		_, err = t.record(Event{FormID: &f.ID, Action: "go_live"}, EventData{Config: 1, ConfigHash: c.Hash, Subject: assistant})
		return err
	})
	return made, err
}
