package models_test

import (
	"testing"
	"time"

	"formwandel/models"
)

// TestWhoWasMeantIsReadBehindTheLock: an address that goes to nobody while the operator's act waits for the chain gives
// nobody a password or a token. PostgreSQL only: SQLite has one writer.
func TestWhoWasMeantIsReadBehindTheLock(t *testing.T) {
	b := behindOf(t, "postgres")
	acts := map[string]func(email string) error{
		"a password": func(email string) error { return b.s.SetPassword(ctx, email, "x") },
		"a token":    func(email string) error { return last(b.s.CreateToken(ctx, email, "t", time.Hour)) },
		"no token":   func(email string) error { return last(b.s.RevokeTokens(ctx, email)) },
	}
	people := []models.User{b.Clerk, b.Clerk2, b.Approver}
	for name, act := range acts {
		u := people[0]
		people = people[1:]
		tx, err := b.db.Begin()
		b.must(err)
		_, err = tx.Exec("SELECT * FROM chains WHERE ags = $1 FOR UPDATE", u.AGS)
		b.must(err)
		done := make(chan error, 1)
		go func() { done <- act(u.Email) }()
		for end := time.Now().Add(20 * time.Second); b.number("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") == 0; time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				b.Fatalf("%s: nobody waits for the chain", name)
			}
		}
		_, err = tx.Exec("UPDATE users SET email = 'umgezogen.' || email WHERE id = $1", u.ID)
		b.must(err)
		b.must(tx.Commit())
		if err := <-done; !models.IsKind(err, models.NotFound) {
			b.Errorf("%s: %v", name, err)
		}
	}
}
