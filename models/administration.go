package models

import "context"

// Administers tells whether somebody may change a municipality's people and
// profile; "" stands for the provider itself.
func (u User) Administers(ags string) bool {
	if u.AGS != "" {
		return u.AGS == ags && ags != Installation && u.Has(TenantAdmin)
	}
	return u.IsProvider() && u.Has(Admin)
}

// Inspects tells whether somebody may look at the administration of a municipality; "" stands for the provider itself.
func (u User) Inspects(ags string) bool {
	return u.Administers(ags) || u.IsProvider() && u.Has(Auditor)
}

// InspectsAll tells whether somebody may look at the administration of the whole installation.
func (u User) InspectsAll() bool { return u.Inspects("") && u.IsProvider() }

// reach refuses what is foreign as missing, and what is one's own but not one's task as forbidden.
func (u User) reach(ags string, may bool, missing, action string) error {
	foreign := !u.Sees(ags)
	if ags == "" {
		foreign = !u.IsProvider() || !u.Has(Agent, Lead, Admin, Auditor)
	}
	switch {
	case foreign:
		return notFound(missing)
	case !may:
		return forbidden("not_your_role", "action", action)
	}
	return nil
}

// Holdings counts what the catalogue holds.
func (s *Store) Holdings(ctx context.Context) (municipalities, assistants, forms int, err error) {
	cat, err := s.catalogueNow(ctx)
	if err != nil {
		return 0, 0, 0, err
	}
	return len(cat.municipalities), len(cat.assistants), len(cat.forms), nil
}

// Schema is the number of the newest migration that the database has seen.
func (s *Store) Schema(ctx context.Context) (int64, error) {
	var n int64
	err := s.reader.WithContext(ctx).Raw(`SELECT max(version_id) FROM goose_db_version`).Scan(&n).Error
	return n, trouble(err)
}
