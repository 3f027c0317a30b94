package models_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// aRow puts one more row into each table of a backup, without an id where the database gives it. {n} is a number,
// {32} and {64} are digits of that many places that end with it, {now} is an instant, {bytes} some bytes.
var aRow = map[string]string{
	"municipalities":   `INSERT INTO municipalities (ags, name, demo) VALUES ('9900000{n}', 'Ort {n}', TRUE)`,
	"chains":           `INSERT INTO chains (ags) VALUES ('9900000{n}')`,
	"signing_keys":     `INSERT INTO signing_keys (id, public, created_at, retired_at) VALUES ('{32}', '{64}', {now}, {now})`,
	"checkpoints":      `INSERT INTO checkpoints (number, at, statement, signature, heads) VALUES ({n}, {now}, '-', '-', '[]')`,
	"users":            `INSERT INTO users (ags, email, name, created_at) VALUES ('9900000{n}', 'person{n}@ort.example', 'Person {n}', {now})`,
	"user_roles":       `INSERT INTO user_roles (user_id, role) VALUES ({user}, 'clerk')`,
	"identities":       `INSERT INTO identities (issuer, subject, user_id, provider, created_at, used_at) VALUES ('https://konto.example', 'person{n}', {user}, 'konto', {now}, {now})`,
	"tokens":           `INSERT INTO tokens (user_id, hash, created_at, expires_at) VALUES ({user}, '{64}', {now}, {now})`,
	"totps":            `INSERT INTO totps (user_id, sealed, created_at) VALUES ({user}, {bytes}, {now})`,
	"passkeys":         `INSERT INTO passkeys (user_id, handle, credential_id, credential, name, created_at) VALUES ({user}, 'h', 'credential {n}', '{}', 'Schlüssel', {now})`,
	"recovery_codes":   `INSERT INTO recovery_codes (user_id, hash) VALUES ({user}, '{64}')`,
	"factor_roles":     `INSERT INTO factor_roles (role) VALUES ('role {n}')`,
	"assistants":       `INSERT INTO assistants (key, title, definition, demo) VALUES ('A{n}', 'Assistent {n}', 1, TRUE)`,
	"definitions":      `INSERT INTO definitions (assistant, version, content, hash, created_at) SELECT 'A{n}', 1, content, '{64}', {now} FROM definitions WHERE assistant = 'KOMM24Hundesteueranmeldung'`,
	"forms":            `INSERT INTO forms (ags, assistant, definition, live, maintenance) VALUES ('9900000{n}', 'A{n}', 1, 1, TRUE)`,
	"requests":         `INSERT INTO requests (number, ags, form_id, assistant, definition, status, version, date, author_id, created_at, updated_at, open, planned) VALUES ('KA-{n}', '9900000{n}', {form}, 'A{n}', 1, 'draft', 1, '2026-12-0{n}', {user}, {now}, {now}, FALSE, TRUE)`,
	"request_sections": `INSERT INTO request_sections (section, request_id) VALUES ('gebuehren', {request})`,
	"changes":          `INSERT INTO changes (request_id, ord, field, section, label, type, old, new) VALUES ({request}, 1, 'f', 's', 'l', 'text', '"alt"', '"neu"')`,
	"request_editors":  `INSERT INTO request_editors (request_id, user_id) VALUES ({request}, {user})`,
	"approvals":        `INSERT INTO approvals (request_id, side, user_id, version, content_hash, at) SELECT {request}, 'provider', min(id), 1, '{64}', {now} FROM users`,
	"events":           `INSERT INTO events (ags, seq, at, action, internal, prev, hash) VALUES ('9900000{n}', 1, {now}, 'file', TRUE, '', '{64}')`,
	"configurations":   `INSERT INTO configurations (form_id, number, content, definition, maintenance, cause, at, effective, prev, hash) VALUES ({form}, 1, '{}', 1, TRUE, 'initial', {now}, {now}, '', '{64}')`,
	"secrets":          `INSERT INTO secrets (ref, ags, sealed, created_at) VALUES ('{32}', '9900000{n}', {bytes}, {now})`,
	"blobs":            `INSERT INTO blobs (hash, size, content) VALUES ('{64}', 2, {bytes})`,
	"attachments":      `INSERT INTO attachments (request_id, author_id, name, type, size, blob, at) VALUES ({request}, {user}, 'a.pdf', 'application/pdf', 2, '{64}', {now})`,
	"mails":            `INSERT INTO mails (ags, event_seq, kind, role, recipient, locale, message_id, state, sent_at, next_at, created_at) VALUES ('9900000{n}', 1, 'filed', 'clerk', 'amt@ort.example', 'de', '<{n}@ort.example>', 'sent', {now}, {now}, {now})`,
	"idempotency":      `INSERT INTO idempotency (user_id, key, salt, body_hash, status, answer, created_at) VALUES ({user}, 'k', 's', 'h', 200, '{}', {now})`,
	"saved_views":      `INSERT INTO saved_views (user_id, name, query, created_at) VALUES ({user}, 'Meine', 'q=x', {now})`,
	"calendar_links":   `INSERT INTO calendar_links (user_id, hash, created_at) VALUES ({user}, '{64}', {now})`,
	"settings":         `INSERT INTO settings (name, value) VALUES ('setting {n}', '1')`,
	"access_grants":    `INSERT INTO access_grants (ags, kind, seq, granted_by, granted_at) VALUES ('9900000{n}', 'profile', 1, {user}, {now})`,
	"access_uses":      `INSERT INTO access_uses (ags, seq) VALUES ('9900000{n}', 1)`,
	"policy_proposals": `INSERT INTO policy_proposals (ags, policy, proposed_by, proposed_at, event_seq) VALUES ('9900000{n}', '{}', {user}, {now}, 1)`,
	"retention_runs":   `INSERT INTO retention_runs (at, report) VALUES ({now}, '{}')`,
}

// oneMore puts one more row into each table; n has one digit.
func (b *behind) oneMore(n int) {
	b.Helper()
	digit := strconv.Itoa(n)
	content := `'\x00ff'::bytea`
	if b.sqlite() {
		content = `x'00ff'`
	}
	words := strings.NewReplacer("{n}", digit, "{32}", strings.Repeat("0", 31)+digit, "{64}", strings.Repeat("0", 63)+digit, "{now}", "'2026-11-23 08:00:00+00:00'", "{bytes}", content,
		"{user}", "(SELECT id FROM users WHERE email = 'person"+digit+"@ort.example')", "{form}", "(SELECT id FROM forms WHERE assistant = 'A"+digit+"')", "{request}", "(SELECT id FROM requests WHERE number = 'KA-"+digit+"')")
	tx, err := b.db.Begin() // a questionnaire and its assistant name one another
	b.must(err)
	for _, table := range models.BackupTables {
		query, known := aRow[table]
		if !known {
			b.Fatalf("%s is in every backup, and this test has no row for it", table)
		}
		if _, err := tx.Exec(words.Replace(query)); err != nil {
			b.Fatalf("one more row of %s: %v", table, err)
		}
	}
	b.must(tx.Commit())
}

// byTable are the rows of a backup by table, as they are written; none may be without a row.
func byTable(t *testing.T, backup string) map[string]string {
	t.Helper()
	rows := map[string][]string{}
	for line := range strings.Lines(backup) {
		if rest, isRow := strings.CutPrefix(line, `{"t":"`); isRow {
			table, row, _ := strings.Cut(rest, `"`)
			rows[table] = append(rows[table], row)
		}
	}
	sorted := map[string]string{}
	for _, table := range models.BackupTables {
		if len(rows[table]) == 0 {
			t.Errorf("the backup has no row of %s", table)
		}
		sorted[table] = strings.Join(slices.Sorted(slices.Values(rows[table])), "")
	}
	return sorted
}

// TestEveryTableComesBack: a row of each goes from each database into each, is the same there, and another one follows.
func TestEveryTableComesBack(t *testing.T) {
	for _, from := range Databases {
		t.Run("from "+from, func(t *testing.T) {
			b := behindOf(t, from)
			b.oneMore(1)
			file := b.backedUp()
			before := byTable(t, file)
			for _, to := range Databases {
				t.Run("to "+to, func(t *testing.T) {
					url := URL(t, to)
					copied := &behind{story: &story{T: t, Cast: b.Cast, s: Open(t, url)}, url: url, db: past(t, url)}
					copied.must(last(copied.s.Restore(ctx, gzipped(file))))
					after := byTable(t, copied.backedUp())
					for _, table := range models.BackupTables {
						ours := table == "mails" || table == "settings" // what waited is held back, and the catalogue's number rises
						if !ours && after[table] != before[table] {
							t.Errorf("%s: was\n%s\nis\n%s", table, before[table], after[table])
						}
					}
					copied.oneMore(2)
				})
			}
		})
	}
}
