package models_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// guarded are the tables whose rows PostgreSQL itself keeps apart.
var guarded = []string{"municipalities", "chains", "forms", "requests", "events", "secrets", "mails", "configurations", "changes", "approvals", "attachments", "access_grants", "access_uses", "policy_proposals"}

// guardedStory has rows of two municipalities in every guarded table.
func guardedStory(t *testing.T) *behind {
	t.Helper()
	b := behindOf(t, "postgres")
	for _, u := range []models.User{b.Clerk, b.LeipzigClerk} {
		in := fee("2500", "2027-01-01")
		in.Form = u.AGS + "/" + Birth
		c := b.file(u, in)
		b.must(last(b.s.Attach(ctx, u, c.Number, "a.txt", []byte("Beschluss in "+u.AGS), nil)))
		b.do(b.Lead, c.Number, models.Approve, "")
		b.exec("INSERT INTO access_grants (ags, kind, seq, granted_by, granted_at) VALUES (?, 'profile', 1, ?, now())", u.AGS, u.ID)
		b.exec("INSERT INTO access_uses (ags, seq) VALUES (?, 1)", u.AGS)
		b.exec("INSERT INTO policy_proposals (ags, policy, proposed_by, proposed_at, event_seq) VALUES (?, '{}', ?, now(), 1)", u.AGS, u.ID)
		b.bent = append(b.bent, "proposed policy of municipality "+u.AGS)
		b.bent = append(b.bent, "grant of municipality "+u.AGS+" profile", "municipality "+u.AGS+" event 1")
		b.exec("INSERT INTO secrets (ref, ags, sealed, created_at) VALUES (?, ?, '', now())", "ref"+u.AGS, u.AGS)
	}
	return b
}

// counted is how many rows each guarded table shows under a context, with no condition at all.
func (b *behind) counted(under context.Context) []int64 {
	b.Helper()
	pool, _ := b.s.Pools()
	var out []int64
	for _, table := range guarded {
		var n int64
		b.must(pool.QueryRowContext(under, "SELECT count(*) FROM "+table).Scan(&n))
		out = append(out, n)
	}
	return out
}

// TestADroppedConditionShowsNothingForeign: a query without its tenant condition
// shows a municipality its own rows, and nobody's without a mark (T1, T2).
func TestADroppedConditionShowsNothingForeign(t *testing.T) {
	b := guardedStory(t)
	own, other, all := b.counted(models.As(ctx, b.Clerk)), b.counted(models.As(ctx, b.LeipzigClerk)), b.counted(models.Everybodys(ctx))
	for i, table := range guarded {
		if own[i] == 0 || other[i] == 0 || own[i]+other[i] > all[i] {
			b.Errorf("%s: %d and %d of %d", table, own[i], other[i], all[i])
		}
	}
	if fmt.Sprint(b.counted(models.As(ctx, b.Auditor))) != fmt.Sprint(all) {
		b.Error("the provider's people see all")
	}
	for who, under := range map[string]context.Context{
		"no mark": ctx, "no role": models.As(ctx, models.User{ID: 1, Active: true}), "a clerk of nobody": models.As(ctx, models.User{ID: 1, Active: true, Roles: []models.Role{models.Clerk}}),
		"an AGS that says OR 1 = 1": models.As(ctx, models.User{ID: 1, Active: true, AGS: "' OR 1=1", Roles: models.Roles}),
	} {
		for i, n := range b.counted(under) {
			if n != 0 {
				b.Errorf("%s sees %d rows of %s", who, n, guarded[i])
			}
		}
	}
}

// TestADroppedConditionChangesNothingForeign: the same for what is written.
func TestADroppedConditionChangesNothingForeign(t *testing.T) {
	b := guardedStory(t)
	pool, _ := b.s.Pools()
	own := models.As(ctx, b.Clerk)
	for _, table := range []string{"forms", "requests", "mails"} {
		res, err := pool.ExecContext(own, "UPDATE "+table+" SET id = id")
		b.must(err)
		if n, err := res.RowsAffected(); err != nil || n != b.number("SELECT count(*) FROM "+table+" WHERE ags = ?", Bautzen) {
			b.Errorf("%s: %d rows changed, %v", table, n, err)
		}
	}
	for _, q := range []string{
		"INSERT INTO secrets (ref, ags, sealed, created_at) VALUES ('x', '" + Leipzig + "', '', now())",
		"UPDATE requests SET ags = '" + Leipzig + "'",
	} {
		if _, err := pool.ExecContext(own, q); err == nil {
			b.Errorf("the database takes %s", q)
		}
	}
}

// TestAConnectionShowsOnlyWhoseTurnItIs: connections are shared; each statement is of its own context.
func TestAConnectionShowsOnlyWhoseTurnItIs(t *testing.T) {
	b := guardedStory(t)
	pool, _ := b.s.Pools()
	conn, err := pool.Conn(ctx)
	b.must(err)
	defer conn.Close()
	seen := func(under context.Context) (ags string) {
		b.Helper()
		b.must(conn.QueryRowContext(under, "SELECT coalesce(string_agg(ags, ' ' ORDER BY ags), '') FROM requests").Scan(&ags))
		return ags
	}
	bautzen, leipzig := models.As(ctx, b.Clerk), models.As(ctx, b.LeipzigClerk)
	for i := range 3 {
		if got := []string{seen(bautzen), seen(leipzig), seen(ctx), seen(models.Everybodys(ctx))}; fmt.Sprint(got) != fmt.Sprint([]string{Bautzen, Leipzig, "", Bautzen + " " + Leipzig}) {
			b.Fatalf("%d: %q", i, got)
		}
		tx, err := conn.BeginTx(bautzen, nil)
		b.must(err)
		if got := seen(bautzen); got != Bautzen {
			b.Errorf("in a transaction: %q", got)
		}
		var n int
		if err := tx.QueryRowContext(leipzig, "SELECT count(*) FROM requests").Scan(&n); err == nil {
			b.Error("another municipality's context inside a transaction")
		}
		b.must(tx.Rollback())
		if got := seen(leipzig); got != Leipzig {
			b.Errorf("after a transaction: %q", got)
		}
		if prepared, err := conn.PrepareContext(bautzen, "SELECT 1"); err == nil {
			defer prepared.Close()
			b.Error("a statement was prepared past the guard")
		}
	}
}

// TestTheInstallationSeesAll: the clock, mails, backup, export and audit are not held up.
func TestTheInstallationSeesAll(t *testing.T) {
	b := guardedStory(t)
	letters, err := b.s.LeaseMails(ctx, "w", 1000, time.Minute)
	b.must(err)
	if n := b.number("SELECT count(*) FROM mails"); int64(len(letters)) != n {
		b.Errorf("%d of %d mails", len(letters), n)
	}
	var out bytes.Buffer
	m, err := b.s.Backup(ctx, &out)
	b.must(err)
	if m.Rows["requests"] != 2 || m.Rows["events"] != b.number("SELECT count(*) FROM events") {
		b.Errorf("the backup holds %v", m.Rows)
	}
	b.audit()
	if backlog, err := b.s.Backlog(ctx); err != nil || backlog.MailsWaiting == 0 {
		b.Errorf("%+v, %v", backlog, err)
	}
}

// TestTheGuardIsUnderTest: tests connect as the role that it holds for, and a superuser is told apart.
func TestTheGuardIsUnderTest(t *testing.T) {
	b := behindOf(t, "postgres")
	if on, err := b.s.Guarded(ctx); !on || err != nil {
		t.Errorf("this test program goes past row-level security: %v", err)
	}
	s, err := models.Open(models.Options{URL: Superuser(t, b.url)})
	b.must(err)
	defer s.Close()
	if on, err := s.Guarded(ctx); on || err != nil {
		t.Errorf("a superuser goes unnoticed: %v", err)
	}
}
