package models_test

import (
	"io"
	"os"
	"regexp"
	"strings"
	"testing"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// lesser are the grants that the hardening guide gives the serving role.
func lesser(t *testing.T, role string) []string {
	t.Helper()
	text, err := os.ReadFile("../docs/security/hardening.md")
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile(`(?s)<<'SQL'\n(.*?)\nSQL\n`).FindSubmatch(text)
	if block == nil {
		t.Fatal("the guide has no grants")
	}
	var out []string
	for _, line := range strings.Split(string(block[1]), "\n") {
		line, _, _ = strings.Cut(line, "--")
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, strings.NewReplacer(" TO formwandel;", " TO "+role, " FROM formwandel;", " FROM "+role).Replace(line))
		}
	}
	return out
}

// TestTheServingRole: with the grants of the hardening guide, and no more, the
// program does what it does every day, and history can't be rewritten.
func TestTheServingRole(t *testing.T) {
	b := behindOf(t, "postgres")
	url := b.url
	super := past(t, Superuser(t, url))
	role := "serves_" + regexp.MustCompile(`test_\d+_\d+`).FindString(url)
	for _, q := range append([]string{"CREATE ROLE " + role + " LOGIN PASSWORD '" + role + "'"}, lesser(t, role)...) {
		if _, err := super.Exec(q); err != nil {
			t.Fatal(q, err)
		}
	}
	t.Cleanup(func() {
		for _, q := range []string{"DROP OWNED BY " + role, "DROP ROLE " + role} {
			if _, err := super.Exec(q); err != nil {
				t.Error(err)
			}
		}
	})
	owner := regexp.MustCompile(`test_\d+_\d+(:test_\d+_\d+)?@`).FindString(url)
	served := strings.Replace(url, owner, role+":"+role+"@", 1)
	if served == url {
		t.Fatal(url)
	}
	b.s = opened(t, served)
	b.must(b.s.Migrated(ctx))
	serves(b)
	direct := past(t, served)
	for _, q := range []string{
		"UPDATE events SET action = 'x'", "DELETE FROM events", "UPDATE configurations SET number = 1", "DELETE FROM configurations", "UPDATE checkpoints SET at = now()", "DELETE FROM checkpoints",
		"ALTER TABLE events DISABLE TRIGGER ALL", "TRUNCATE events", "DROP TABLE users", "CREATE TABLE mine (a int)", "UPDATE goose_db_version SET version_id = 1 WHERE FALSE; DROP TRIGGER events_append_only ON events",
	} {
		if _, err := direct.Exec(q); err == nil {
			t.Errorf("%s is allowed", q)
		}
	}
}

// serves does what the program does every day.
func serves(b *behind) {
	b.Helper()
	for name, act := range b.acts() {
		if err := act(); err != nil {
			b.Errorf("%s: %v", name, err)
		}
	}
	c := b.file(b.Clerk, wordingOf("Zuletzt"))
	b.must(last(b.s.Comment(ctx, b.Clerk, c.Number, "Das hätte nie hier stehen sollen.", false, nil)))
	b.must(b.s.Redact(ctx, c.Number, b.number("SELECT max(seq) FROM events WHERE ags = '"+Bautzen+"' AND action = 'comment'"), "Probe"))
	m, err := b.s.Person(ctx, b.TenantAdmin, b.Clerk2.ID)
	b.must(err)
	b.must(b.s.SwitchPerson(ctx, b.TenantAdmin, m.ID, m.Version, false, nil))
	b.must(b.s.Pseudonymise(ctx, b.TenantAdmin, m.ID, m.Version+1, nil))
	b.must(b.s.SetAccess(ctx, b.TenantAdmin, Bautzen, models.AccessChange{Kind: models.AccessProfile, On: true, Reason: "Vertretung"}, nil))
	b.must(last(b.s.PersonalLink(ctx, b.Clerk.Email)))
	b.must(last(b.s.Backup(ctx, io.Discard)))
	_, _, err = b.s.SignIn(ctx, b.Clerk, models.Proof{Method: "password"}, models.Visit{})
	b.must(err)
	b.audit()
}
