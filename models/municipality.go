package models

import (
	"context"
	"maps"
	"slices"
	"strings"

	"formwandel/models/calendar"
	"formwandel/models/gv100ad"
)

// TownEntry is a municipality with the number of its forms.
type TownEntry struct {
	Municipality
	Forms int
}

// MunicipalityName is a municipality's name.
func (s *Store) MunicipalityName(ctx context.Context, ags string) (string, error) {
	cat, err := s.catalogueNow(ctx)
	if err != nil {
		return "", err
	}
	return cat.name(ags), nil
}

// Municipalities lists those a user may see, by AGS, a page at a time.
func (s *Store) Municipalities(ctx context.Context, u User, cursor string, limit int) ([]Municipality, string, error) {
	ctx = as(ctx, u)
	n, after, err := textPage(cursor, limit)
	if err != nil {
		return nil, "", err
	}
	db, err := tenant(s.reader.WithContext(ctx).Table("municipalities AS r"), u)
	if err != nil {
		return nil, "", err
	}
	var ms []Municipality
	if err := db.Where("r.ags > ?", after).Order("r.ags").Limit(n + 1).Find(&ms).Error; err != nil {
		return nil, "", trouble(err)
	}
	ms, next := cut(ms, n, func(x Municipality) string { return cursorText(x.AGS) })
	return ms, next, nil
}

// FindMunicipalities lists municipalities by AGS whose name or key holds q, a page at a time. They are in memory.
func (s *Store) FindMunicipalities(ctx context.Context, u User, q, cursor string, limit int) ([]TownEntry, string, error) {
	ctx = as(ctx, u)
	n, after, err := textPage(cursor, limit)
	if err != nil {
		return nil, "", err
	}
	cat, err := s.catalogueNow(ctx)
	if err != nil {
		return nil, "", err
	}
	q = strings.ToLower(strings.TrimSpace(q))
	var out []TownEntry
	for _, ags := range slices.Sorted(maps.Keys(cat.municipalities)) {
		m := cat.municipalities[ags]
		if ags <= after || !u.May(SeeProfile, ags) || !strings.Contains(strings.ToLower(m.Name), q) && !strings.HasPrefix(ags, q) {
			continue
		}
		if len(out) == n {
			return cat.counted(out), cursorText(out[n-1].AGS), nil
		}
		out = append(out, TownEntry{Municipality: *m})
	}
	return cat.counted(out), "", nil
}

// counted adds the number of forms.
func (c *catalogue) counted(ms []TownEntry) []TownEntry {
	n := map[string]int{}
	for _, f := range c.forms {
		n[f.AGS]++
	}
	for i := range ms {
		ms[i].Forms = n[ms[i].AGS]
	}
	return ms
}

// MunicipalityCalled finds a municipality by its key or its whole name.
func (s *Store) MunicipalityCalled(ctx context.Context, u User, called string) (*Municipality, error) {
	ctx = as(ctx, u)
	cat, err := s.catalogueNow(ctx)
	if err != nil {
		return nil, err
	}
	for _, ags := range slices.Sorted(maps.Keys(cat.municipalities)) {
		m := cat.municipalities[ags]
		if (ags == called || strings.EqualFold(m.Name, called)) && u.Sees(ags) {
			return m, nil
		}
	}
	return nil, notFound("municipality")
}

// MunicipalityOf reads one municipality with its profile.
func (s *Store) MunicipalityOf(ctx context.Context, u User, ags string) (*Municipality, error) {
	ctx = as(ctx, u)
	var m Municipality
	if err := u.reach(SeeProfile, ags, "municipality"); err != nil {
		return nil, err
	}
	if err := s.reader.WithContext(ctx).Raw(`SELECT * FROM municipalities WHERE ags = ?`, ags).Scan(&m).Error; err != nil {
		return nil, trouble(err)
	}
	if m.AGS == "" {
		return nil, notFound("municipality")
	}
	return &m, nil
}

// Profile is what a municipality says about itself.
type Profile struct {
	OfficeMail  string         // mailbox that hears of questions; empty: none
	ClosingDays []calendar.Day // days beyond the holidays on which the office is closed
}

// maxClosingDays bounds a profile.
const maxClosingDays = 200

// SetProfile replaces a municipality's profile.
func (s *Store) SetProfile(ctx context.Context, u User, ags string, version int, p Profile, o *Once) error {
	if err := u.reach(ChangeProfile, ags, "municipality"); err != nil {
		return err
	}
	if _, err := s.MunicipalityOf(ctx, u, ags); err != nil {
		return err
	}
	return s.once(ctx, u, o, func(t *tx) (any, error) {
		if err := t.enter(ags); err != nil {
			return nil, err
		}
		if kept, err := t.answered(o); kept != nil || err != nil {
			return nil, err
		}
		grant, err := t.under(u, ChangeProfile, ags)
		if err != nil {
			return nil, err
		}
		days, err := p.check()
		if err != nil {
			return nil, err
		}
		var known int
		if err := t.db.Raw(`SELECT version FROM municipalities WHERE ags = ?`, ags).Scan(&known).Error; err != nil {
			return nil, err
		}
		if known != version {
			return nil, conflict("stale_profile")
		}
		t.touches("municipalities", "ags = ?", ags)
		t.must(1, `UPDATE municipalities SET office_mail = ?, closing_days = ?, version = version + 1 WHERE ags = ? AND version = ?`, p.OfficeMail, days, ags, version)
		t.touchCatalogue()
		now := Municipality{AGS: ags, OfficeMail: p.OfficeMail, ClosingDays: days}
		_, err = t.recordUnder(grant, Event{ActorID: &u.ID, Action: "municipality_change"}, EventData{Subject: "profile", Profile: now.row().profile()})
		return ags, err
	})
}

// check refuses a profile that could not be used; it returns the closing days in order, each once.
func (p *Profile) check() (StringList, error) {
	var f findings
	p.OfficeMail = strings.TrimSpace(p.OfficeMail)
	if p.OfficeMail != "" && !isEmail(p.OfficeMail) {
		f.add("office_mail", "not_an_email")
	}
	if len(p.ClosingDays) > maxClosingDays {
		f.add("closing_days", "too_many_days", "max", maxClosingDays)
	}
	days := StringList{}
	for _, d := range p.ClosingDays {
		days = append(days, d.String())
	}
	slices.Sort(days)
	return slices.Compact(days), f.err()
}

// Forecast is what an import of municipalities would change.
type Forecast struct {
	Added, Renamed, Updated []string // names; updated ones keep their name
	Unchanged               int
}

// ForecastMunicipalities tells what ImportMunicipalities would do, and does nothing.
func (s *Store) ForecastMunicipalities(ctx context.Context, u User, ms []gv100ad.Municipality) (Forecast, error) {
	ctx = as(ctx, u)
	var out Forecast
	if err := u.refused(ForecastImports, ""); err != nil {
		return out, err
	}
	cat, err := s.catalogueNow(ctx)
	if err != nil {
		return out, err
	}
	for _, m := range ms {
		old := cat.municipalities[m.AGS]
		switch {
		case old == nil:
			out.Added = append(out.Added, m.Name)
		case old.Name != m.Name:
			out.Renamed = append(out.Renamed, old.Name+" → "+m.Name)
		case old.differs(m):
			out.Updated = append(out.Updated, m.Name)
		default:
			out.Unchanged++
		}
	}
	return out, nil
}

// TakeMunicipalities is ImportMunicipalities by a person.
func (s *Store) TakeMunicipalities(ctx context.Context, u User, ms []gv100ad.Municipality, o *Once) (Imported, error) {
	if err := u.refused(ImportTowns, ""); err != nil {
		return Imported{}, err
	}
	var out Imported
	err := s.once(ctx, u, o, func(t *tx) (any, error) {
		if err := t.enter(Installation); err != nil {
			return nil, err
		}
		if kept, err := t.answered(o); kept != nil || err != nil {
			return nil, err
		}
		out = Imported{}
		return out, t.importMunicipalities(ms, false, &u.ID, &out)
	})
	return out, err
}
