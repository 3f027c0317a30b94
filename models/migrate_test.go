package models_test

import (
	"context"
	"strings"
	"testing"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

func opened(t testing.TB, url string) *models.Store {
	t.Helper()
	s, err := models.Open(models.Options{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() }) // closed a second time by some
	return s
}

// TestMigratingTwiceChangesNothing the second time.
func TestMigratingTwiceChangesNothing(t *testing.T) {
	look(t, func(b *behind) {
		b.file(b.Clerk, fee("2500", "2027-01-01"))
		before := b.rows()
		for range 2 {
			b.must(b.s.Migrate(ctx))
			b.must(b.s.Migrated(ctx))
		}
		if after := b.rows(); after != before {
			b.Errorf("before %s\nafter  %s", before, after)
		}
		b.audit()
	})
}

// TestManyStartersMigrateTogether on an empty database: all succeed, the schema is made once.
func TestManyStartersMigrateTogether(t *testing.T) {
	for _, kind := range Databases {
		t.Run(kind, func(t *testing.T) {
			for range 2 {
				url := URL(t, kind)
				stores := make([]*models.Store, 4)
				for i := range stores {
					stores[i] = opened(t, url)
				}
				errs := make([]error, len(stores))
				start(len(stores), func(i int) { errs[i] = stores[i].Migrate(ctx) })
				for i, err := range errs {
					if err != nil {
						t.Errorf("starter %d: %v", i, err)
					}
					if err := stores[i].Migrated(ctx); err != nil {
						t.Errorf("starter %d afterwards: %v", i, err)
					}
				}
				var rows int
				if err := past(t, url).QueryRow("SELECT count(*) FROM settings WHERE name = 'catalogue'").Scan(&rows); err != nil || rows != 1 {
					t.Errorf("%d rows, %v", rows, err)
				}
				for _, s := range stores {
					if err := s.Close(); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
}

// TestANewerSchemaIsRefused with a line that says what to do.
func TestANewerSchemaIsRefused(t *testing.T) {
	look(t, func(b *behind) {
		b.exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (9001, TRUE)")
		for name, check := range map[string]func(context.Context) error{"migrate": b.s.Migrate, "migrated": b.s.Migrated} {
			if err := check(ctx); err == nil || !strings.Contains(err.Error(), "9001") || !strings.Contains(err.Error(), "newer program") {
				b.Errorf("%s: %v", name, err)
			}
		}
	})
}

// TestAnUnmigratedDatabaseSaysSo instead of working on nothing.
func TestAnUnmigratedDatabaseSaysSo(t *testing.T) {
	for _, kind := range Databases {
		t.Run(kind, func(t *testing.T) {
			s := opened(t, URL(t, kind))
			if err := s.Migrated(ctx); err == nil || !strings.Contains(err.Error(), "formwandel migrate") {
				t.Errorf("%v", err)
			}
		})
	}
}

// TestAMigrationThatBreaksLeavesNothing and is done by the next start.
func TestAMigrationThatBreaksLeavesNothing(t *testing.T) {
	for _, kind := range Databases {
		t.Run(kind, func(t *testing.T) {
			url := URL(t, kind)
			db := past(t, url)
			s := opened(t, url)
			if _, err := db.Exec("CREATE TABLE settings (in_the_way INTEGER)"); err != nil { // the last table of the schema
				t.Fatal(err)
			}
			if err := s.Migrate(ctx); err == nil {
				t.Fatal("migrated over another's table")
			}
			if _, err := db.Exec("SELECT * FROM requests"); err == nil {
				t.Error("half a schema is left")
			}
			if err := s.Migrated(ctx); err == nil {
				t.Error("half a schema counts as whole")
			}
			if _, err := db.Exec("DROP TABLE settings"); err != nil {
				t.Fatal(err)
			}
			if err := opened(t, url).Migrate(ctx); err != nil {
				t.Errorf("the next start: %v", err)
			}
		})
	}
}

// TestBadAddressesOfDatabases are refused with what is wrong.
func TestBadAddressesOfDatabases(t *testing.T) {
	for url, want := range map[string]string{
		"": "sqlite://", "mysql://x": "sqlite://", "sqlite://": "needs a file", "data.db": "sqlite://",
		"postgres://127.0.0.1:1/x?connect_timeout=1": "database:", "sqlite:///proc/nowhere/x.db": "database:",
	} {
		s, err := models.Open(models.Options{URL: url})
		if err == nil {
			_ = s.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", url, err)
		}
	}
	if _, err := models.Open(models.Options{URL: "postgres://u:secret@127.0.0.1:1/x?connect_timeout=1"}); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("the password is in %v", err)
	}
}
