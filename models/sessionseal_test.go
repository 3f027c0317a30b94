package models_test

import (
	"strings"
	"testing"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// TestAForgedSessionIsRefused: whatever is changed about a session, or put in, past the program, it ends, and
// record and security log say so; a step of its owner does not make it right.
func TestAForgedSessionIsRefused(t *testing.T) {
	hash, err := models.HashPassword(castWord)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]string{
		"confirmed": "confirmed_at = '2026-11-23 07:59:00+00:00'", "second": "second = TRUE", "keyed": "keyed = TRUE", "of somebody else": "user_id = (SELECT id FROM users WHERE email = '%')",
		"method": "method = 'passkey'", "former": "former = hash", "csrf": "csrf = id || id", "another secret": "hash = former || '0' || substr(hash, 2)",
	} {
		t.Run(name, func(t *testing.T) {
			look(t, func(b *behind) {
				b.must(b.s.SetPassword(ctx, b.Clerk.Email, hash)) // else the step is refused for its password
				secret, x, err := b.s.SignIn(ctx, b.Clerk, models.Proof{Method: "password"}, models.Visit{})
				b.must(err)
				if name == "another secret" {
					b.exec("UPDATE sessions SET hash = ?", models.TokenHash(strings.Repeat("a", 48)))
					secret = strings.Repeat("a", 48)
				} else {
					b.exec("UPDATE sessions SET " + strings.ReplaceAll(change, "%", b.Approver.Email))
				}
				refused := models.Unauthorized
				if name == "of somebody else" {
					refused = models.Conflict // its owner has none of that name
				}
				if _, err := b.s.Confirm(ctx, nil, b.Clerk, x, models.Shown{Password: castWord}); kindOf(err) != refused {
					t.Errorf("a step of its owner makes it right: %v", err)
				}
				if _, _, err := b.s.Resume(ctx, secret); !models.IsKind(err, models.Unauthorized) {
					t.Errorf("it goes on: %v", err)
				}
				if b.number("SELECT count(*) FROM sessions") != 0 || b.number("SELECT count(*) FROM events WHERE action = 'session_forged'") != 1 || b.number("SELECT count(*) FROM security_events WHERE code = 'session_forged'") != 1 {
					t.Error("it is still there, or nobody says so")
				}
				b.audit()
			})
		})
	}
}

const castWord = "x"

// TestASessionWithoutASealIsToldOfOnce: an instance that does not know the key goes on working, beside one that does.
func TestASessionWithoutASealIsToldOfOnce(t *testing.T) {
	look(t, func(b *behind) {
		secret, _, err := b.s.SignIn(ctx, b.Clerk, models.Proof{Method: "password"}, models.Visit{})
		b.must(err)
		b.exec("UPDATE sessions SET seal = ''")
		if b.sqlite() { // no other instance can have begun it
			if _, _, err := b.s.Resume(ctx, secret); kindOf(err) != models.Unauthorized {
				t.Errorf("on SQLite: %v", err)
			}
			if b.number("SELECT count(*) FROM events WHERE action = 'session_forged' AND ags = ?", Bautzen) != 1 || b.number("SELECT count(*) FROM sessions") != 0 {
				t.Error("nobody says so, or the session is still there")
			}
			b.audit()
			return
		}
		for range 2 {
			b.must(last2(b.s.Resume(ctx, secret)))
		}
		if b.number("SELECT count(*) FROM events WHERE action = 'session_unsealed' AND ags = ?", Bautzen) != 1 || b.number("SELECT count(*) FROM sessions WHERE seal <> ''") != 1 {
			t.Error("nobody says so, or not once")
		}
		b.audit()
	})
}

func last2[A, B any](_ A, _ B, err error) error { return err }

// TestASecretOfALinkIsSealed: who puts a secret of their own beside somebody's link opens nothing; one without a seal is told of once.
func TestASecretOfALinkIsSealed(t *testing.T) {
	look(t, func(b *behind) {
		_, secret := b.invited("frisch@bautzen.example", models.Clerk)
		planted := strings.Repeat("A", 43)
		b.exec("INSERT INTO account_link_secrets (hash, link_id, owners, seal) SELECT ?, link_id, owners, seal FROM account_link_secrets", models.TokenHash(planted))
		b.over(last(b.s.SetOwnPassword(ctx, planted, "Neun blaue Elefanten tanzen")))
		b.exec("UPDATE account_link_secrets SET seal = '' WHERE hash = ?", models.TokenHash(secret))
		for range 2 {
			b.must(last(b.s.Link(ctx, secret)))
		}
		if report, err := b.s.Audit(ctx, models.Evidence{}); err != nil || len(report.Findings) != 1 || !strings.HasPrefix(report.Findings[0].Where, "secret of a link by mail of account ") {
			t.Errorf("what was planted is not found: %v, %v", report, err)
		}
		b.exec("DELETE FROM account_link_secrets WHERE hash = ?", models.TokenHash(planted))
		if b.number("SELECT count(*) FROM events WHERE action = 'link_unsealed'") != 1 || b.number("SELECT count(*) FROM security_events WHERE code = 'link_forged'") != 1 {
			t.Error("nobody says so, or not once")
		}
		b.audit()
	})
}
