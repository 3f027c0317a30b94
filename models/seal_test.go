package models_test

import (
	"bytes"
	"strings"
	"testing"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// secretly asks for a change of a protected value.
func secretly(b *behind, value string) models.FileInput {
	b.Helper()
	f, err := b.s.Form(ctx, b.Clerk, Bautzen, Trade)
	b.must(err)
	return models.FileInput{Form: Bautzen + "/" + Trade, Submit: true, Content: models.Content{
		Effective: &models.EffectiveInput{Kind: "by", Date: "2027-01-31"}, Changes: &[]models.ChangeInput{{Field: protectedField(f.Definition).Key, New: []byte(`"` + value + `"`)}},
	}}
}

// TestNobodysKeyIsUsed: whoever puts another key for protected values into the settings gets none sealed with it, neither by an instance that
// runs nor by one that starts; none is made where the record names one; and the audit names the setting (T31).
func TestNobodysKeyIsUsed(t *testing.T) {
	look(t, func(b *behind) {
		b.must(b.s.RecordKeys(ctx))
		b.must(b.s.RecordKeys(ctx))
		for name, tamper := range map[string]string{
			"seal":       "UPDATE settings SET value = '" + strings.Repeat("ab", 32) + "' WHERE name = 'seal'",
			"factor_key": "UPDATE settings SET value = '" + strings.Repeat("ab", 32) + "' WHERE name = 'factor_key'",
		} {
			b.exec("DROP TABLE IF EXISTS was_settings")
			b.exec("CREATE TABLE was_settings AS SELECT * FROM settings")
			for _, q := range []string{tamper, "DELETE FROM settings WHERE name = '" + name + "'"} {
				s := b.instance() // it has sealed nothing yet
				b.exec(q)
				err := s.RecordKeys(ctx)
				if gone := strings.HasPrefix(q, "DELETE"); gone && name == "seal" {
					err = s.EnsureSealKey(ctx, t.TempDir())
				} else if gone {
					_, err = s.EnsureFactorKey(ctx, t.TempDir())
				}
				if err == nil || !strings.Contains(err.Error(), "audit verify") || !strings.Contains(err.Error(), name) {
					b.Errorf("%s: it starts: %v", q, err)
				}
				if name == "seal" {
					if _, err := s.File(ctx, b.Clerk, secretly(b, "Geheimnis")); err == nil {
						b.Errorf("%s: a value is sealed", q)
					}
				}
				b.mustFind(q, "setting "+name+":", nil)
				b.exec("DELETE FROM settings")
				b.exec("INSERT INTO settings SELECT * FROM was_settings")
				b.exec("DELETE FROM row_moves") // all is as it was
			}
		}
		if n := b.number("SELECT count(*) FROM secrets"); n != 0 {
			b.Errorf("%d values were sealed", n)
		}
		b.must(last(b.instance().File(ctx, b.Clerk, secretly(b, "Geheimnis"))))
		b.audit()
	})
}

// TestAReferenceIsBound: a reference is of the sealed value that it stands for; those of before, by chance, go on counting. A file shows the
// same as the database (T31).
func TestAReferenceIsBound(t *testing.T) {
	look(t, func(b *behind) {
		b.approved(b.file(b.Clerk, secretly(b, "Geheimnis")).Number)
		b.knock()
		ref := b.column("SELECT ref FROM secrets")[0]
		if len(ref) != 32 || ref[0] != 'h' {
			b.Errorf("the reference is %s", ref)
		}
		b.inFile("untouched", "")
		b.exec("CREATE TABLE was_secrets AS SELECT * FROM secrets")
		b.exec("UPDATE secrets SET sealed = ?", []byte("etwas anderes"))
		b.inFile("another", "protected value "+ref+": content is another")
		b.exec("DELETE FROM secrets")
		b.inFile("none", "protected value "+ref+": is not there")
		b.exec("INSERT INTO secrets SELECT * FROM was_secrets")
		b.exec("INSERT INTO secrets SELECT '0123456789abcdef0123456789abcdef', ags, sealed, created_at, '' FROM was_secrets") // as older programs named them
		b.inFile("put back", "")
	})
}

// inFile asserts what an audit says of the database and of a backup of it: nothing where name is "".
func (b *behind) inFile(when, name string) {
	b.Helper()
	var file bytes.Buffer
	_, err := b.s.Backup(ctx, &file)
	b.must(err)
	filed, err := models.AuditFile(ctx, &file, models.Evidence{})
	b.must(err)
	live, err := b.s.Audit(ctx, models.Evidence{})
	b.must(err)
	for where, r := range map[string]*models.Report{"the backup": filed, "the database": live} {
		named := len(r.Findings) == 0 && name == ""
		for _, f := range r.Findings {
			named = named || name != "" && strings.HasPrefix(f.String(), name)
		}
		if !named {
			b.Errorf("%s: in %s nobody says %q, only %v", when, where, name, r.Findings)
		}
	}
}
