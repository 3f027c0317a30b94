package models_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"formwandel/models"
)

// TestNothingIsDeletedBeforeItsTime: whoever makes a request or an account old in the tables only has nothing deleted by it: a run leaves
// what the record does not call as old, says so, and the audit names it (T31).
func TestNothingIsDeletedBeforeItsTime(t *testing.T) {
	const old = "'2001-01-01 00:00:00+00:00'"
	look(t, func(b *behind) {
		reason := "Beschluss des Rates"
		in := wordingOf("Zimmer 1")
		in.Content.Reason = &reason
		done, open := b.file(b.Clerk, in).Number, b.file(b.Clerk, in).Number
		b.must(last(b.s.Attach(ctx, b.Clerk, done, "a.txt", []byte("Beschluss"), nil)))
		b.do(b.Clerk, done, models.Withdraw, "")
		in.Submit = false
		draft := b.file(b.Clerk, in).Number
		b.switched(b.Agent2, false)
		b.audit()
		b.exec("CREATE TABLE was_requests AS SELECT id, updated_at, status, open FROM requests")
		b.exec("CREATE TABLE was_users AS SELECT id, active, off_at FROM users")
		for _, x := range []struct{ what, rule, name, tamper string }{
			{"a finished request", "requests", done, "UPDATE requests SET updated_at = " + old + " WHERE number = '" + done + "'"},
			{"one that is not finished at all", "requests", open, "UPDATE requests SET updated_at = " + old + ", status = 'withdrawn', open = false WHERE number = '" + open + "'"},
			{"a draft", "drafts", draft, "UPDATE requests SET updated_at = " + old + " WHERE number = '" + draft + "'"},
			{"an account that is off", "accounts", fmt.Sprintf("user %d", b.Agent2.ID), fmt.Sprintf("UPDATE users SET off_at = %s WHERE id = %d", old, b.Agent2.ID)},
			{"one that is not", "accounts", fmt.Sprintf("user %d", b.Lead2.ID), fmt.Sprintf("UPDATE users SET active = false, off_at = %s WHERE id = %d", old, b.Lead2.ID)},
		} {
			b.exec(x.tamper)
			did, err := b.s.Expire(ctx)
			b.must(err)
			if e := expiring(did.Rules, x.rule); e.Count != 1 || e.Done != 0 || e.Held != 1 || !slices.Equal(did.Held(), []string{x.name}) {
				b.Errorf("%s: %+v", x.what, e)
			}
			if n := b.number("SELECT count(*) FROM requests WHERE reason = ?", reason) + b.number("SELECT count(*) FROM attachments") + b.number("SELECT count(*) FROM users WHERE forgotten_at IS NULL"); n != 4+b.number("SELECT count(*) FROM users") {
				b.Errorf("%s: something is gone", x.what)
			}
			named := "request " + x.name
			if x.rule == "accounts" {
				named = "account" + x.name[len("user"):]
			}
			b.mustFind(x.what, named+":", nil)
			if n := b.number("SELECT count(*) FROM security_events WHERE code = 'record_broken' AND detail = 'retention'"); n == 0 {
				b.Errorf("%s: the security log does not know", x.what)
			}
			reports, err := b.s.RetentionReports(ctx, b.Admin)
			b.must(err)
			if len(reports) == 0 || expiring(reports[0].Rules, x.rule).Held != 1 {
				b.Errorf("%s: reports: %+v", x.what, reports)
			}
			b.exec("UPDATE requests SET (updated_at, status, open) = (SELECT updated_at, status, open FROM was_requests w WHERE w.id = requests.id)")
			b.exec("UPDATE users SET (active, off_at) = (SELECT active, off_at FROM was_users w WHERE w.id = users.id)")
		}
		b.on(10, 8, 0)
		if e := expiring(b.expire(), "requests"); e.Done != 1 || e.Held != 0 {
			b.Errorf("when their time has come: %+v", e)
		}
		b.on(10, 8, time.Hour)
		b.audit()
	})
}
