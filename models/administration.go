package models

import "context"

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
