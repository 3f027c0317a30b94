package models_test

import (
	"strconv"
	"strings"
	"testing"

	"formwandel/models"
)

// TestWhoeverIsRenamedIsRenamedInTheRecord: by an administrator, with other roles or without; the record
// holds no name, also none that somebody could guess once the person is forgotten. Events from before have none.
func TestWhoeverIsRenamedIsRenamedInTheRecord(t *testing.T) {
	look(t, func(b *behind) {
		for _, roles := range [][]models.Role{{models.Clerk}, {models.Clerk, models.Approver}} {
			m, err := b.s.Person(ctx, b.TenantAdmin, b.Clerk2.ID)
			b.must(err)
			b.must(b.s.ChangePerson(ctx, b.TenantAdmin, m.ID, m.Version, models.PersonChange{Name: m.Name + " Zwei", Locale: "de", Roles: roles}, nil))
			b.audit()
		}
		said := b.column("SELECT data FROM events WHERE action IN ('user_add', 'user_change', 'user_roles') AND data LIKE ? ORDER BY at, seq", "%\"subject\":\"user "+strconv.FormatInt(b.Clerk2.ID, 10)+"\"%")
		if len(said) != 3 || strings.Count(strings.Join(said, " "), `"name":"`) != len(said) || strings.Contains(strings.Join(said, " "), "Zwei") {
			t.Errorf("the record says %v", said)
		}
		b.renamed("Dieb")
		b.switched(b.Clerk2, false)
		salt := b.column("SELECT salt FROM users WHERE id = ?", b.Clerk2.ID)[0]
		b.must(last(b.s.ForgetPerson(ctx, b.Clerk2.Email)))
		if b.column("SELECT salt FROM users WHERE id = ?", b.Clerk2.ID)[0] == salt {
			t.Error("the salt is still there")
		}
		b.audit()
		b.renamed("Ehemalige Person 1")
	})
}

// renamed calls the second clerk otherwise, past the program, and asserts that an audit sees it, in a backup, too.
func (b *behind) renamed(name string) {
	b.Helper()
	was := b.column("SELECT name FROM users WHERE id = ?", b.Clerk2.ID)[0]
	b.exec("UPDATE users SET name = ? WHERE id = ?", name, b.Clerk2.ID)
	live, err := b.s.Audit(ctx, models.Evidence{})
	b.must(err)
	filed, err := models.AuditFile(ctx, gzipped(b.backedUp()), models.Evidence{})
	b.must(err)
	for where, r := range map[string]*models.Report{"the database": live, "the backup": filed} {
		// a database has the words of names, too, by which people are found
		if n := map[bool]int{true: 2, false: 1}[where == "the database"]; len(r.Findings) != n || r.Findings[0].String() != "account "+strconv.FormatInt(b.Clerk2.ID, 10)+": its name is not what its history says" {
			b.Errorf("%s: %v", where, r.Findings)
		}
	}
	b.exec("UPDATE users SET name = ? WHERE id = ?", was, b.Clerk2.ID)
}
