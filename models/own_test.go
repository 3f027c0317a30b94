package models_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// ownFile is the file of somebody's own data, read back.
func (b *behind) ownFile(u models.User) (map[string]any, string) {
	b.Helper()
	var text bytes.Buffer
	b.must(b.s.OwnData(ctx, u, &text))
	var out map[string]any
	if err := json.Unmarshal(text.Bytes(), &out); err != nil {
		b.Fatalf("%v: %s", err, text.Bytes())
	}
	return out, text.String()
}

// TestOwnDataIsWhole: everything that is kept about somebody, nothing of others, no secret.
func TestOwnDataIsWhole(t *testing.T) {
	look(t, func(b *behind) {
		u := b.leaver()
		b.must(last(b.s.Comment(ctx, b.Clerk, "KA-2026-000001", "Von jemand anderem.", false, nil)))
		b.must(last(b.s.Attach(ctx, u, "KA-2026-000001", "a.txt", []byte("Beschluss"), nil)))
		b.must(b.s.Witness(ctx, models.SecurityEvent{Code: models.SignedIn, UserID: u.ID, AGS: Bautzen, Address: "192.0.2.1"}))
		b.exec("INSERT INTO presence (request_id, user_id, seen_at) VALUES (1, ?, '2026-11-23 08:00:00+00:00')", u.ID)
		b.exec("INSERT INTO request_editors (request_id, user_id) VALUES (1, ?) ON CONFLICT DO NOTHING", u.ID)
		file, text := b.ownFile(u)
		for _, part := range models.OwnParts() {
			rows, _ := file[part].([]any)
			if want := !slices.Contains([]string{"approvals", "assigned", "grants", "proposals"}, part); want != (len(rows) > 0) {
				b.Errorf("%s has %d rows", part, len(rows))
			}
		}
		account := file["account"].([]any)[0].(map[string]any)
		if account["name"] != leaverName || account["email"] != leaverEmail || account["active"] != true || account["created_at"] == nil {
			b.Errorf("account: %v", account)
		}
		if file["formwandel_own_data"] != 1.0 || len(file["requests"].([]any)) != 2 || file["requests"].([]any)[0].(map[string]any)["date"] != "2027-01-31" {
			b.Errorf("requests: %v", file["requests"])
		}
		for _, q := range []string{"SELECT hash FROM tokens", "SELECT hash FROM sessions", "SELECT csrf FROM sessions", "SELECT hash FROM calendar_links", "SELECT password_hash FROM users WHERE password_hash <> ''"} {
			for _, secret := range b.column(q) {
				if strings.Contains(text, secret) {
					b.Errorf("%s: in the file", q)
				}
			}
		}
		for _, foreign := range []string{"Von jemand anderem", "Verstanden", "Welcher Montag", b.Agent.Email, b.Clerk.Email, b.Agent.Name} {
			if strings.Contains(text, foreign) {
				b.Errorf("the file has %q", foreign)
			}
		}
		if _, others := b.ownFile(b.LeipzigClerk); strings.Contains(others, "Zwetschg") || strings.Contains(others, "KA-2026") {
			b.Errorf("somebody else's file: %s", others)
		}
		var again bytes.Buffer
		b.must(b.s.OwnDataOf(ctx, leaverEmail, &again))
		if !json.Valid(again.Bytes()) || b.number("SELECT count(*) FROM security_events WHERE code = 'export'") != 1 {
			b.Errorf("the operator's: %s", again.Bytes())
		}
		if err := b.s.OwnDataOf(ctx, "niemand@bautzen.example", &again); kindOf(err) != models.NotFound {
			b.Errorf("nobody's: %v", err)
		}
	})
}
