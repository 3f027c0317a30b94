package models_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// TestEverySQLiteConnectionSurvivesAPowerCut asks each pooled connection for its settings (F2).
func TestEverySQLiteConnectionSurvivesAPowerCut(t *testing.T) {
	b := behindOf(t, "sqlite")
	writer, readers := b.s.Pools()
	for name, pool := range map[string]*sql.DB{"writer": writer, "reader": readers} {
		n := pool.Stats().MaxOpenConnections
		if name == "writer" && n != 1 {
			t.Errorf("%d writers", n)
		}
		for i := range n { // all held at once, so that each is another one
			c, err := pool.Conn(ctx)
			b.must(err)
			defer c.Close()
			for pragma, want := range map[string]string{"synchronous": "2", "journal_mode": "wal", "foreign_keys": "1", "busy_timeout": "10000"} {
				var got string
				b.must(c.QueryRowContext(ctx, "PRAGMA "+pragma).Scan(&got))
				if got != want {
					t.Errorf("%s %d: %s is %s, want %s", name, i, pragma, got, want)
				}
			}
			if _, err := c.ExecContext(ctx, "UPDATE settings SET value = value"); name == "reader" && err == nil {
				t.Errorf("%s %d writes", name, i)
			}
		}
	}
}

// TestSQLiteIsNewEnough: up to 3.51.2 a reset of the write-ahead log could damage the file (F10).
func TestSQLiteIsNewEnough(t *testing.T) {
	b := behindOf(t, "sqlite")
	_, readers := b.s.Pools()
	var version string
	b.must(readers.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&version))
	var major, minor, patch int
	_, err := fmt.Sscanf(version, "%d.%d.%d", &major, &minor, &patch)
	b.must(err)
	if major*1_000_000+minor*1_000+patch < 3_051_003 {
		t.Errorf("SQLite %s, want 3.51.3 or later", version)
	}
}

// TestNoWriteIsLost: eight people save fifty times each what they have just read (F3, F4).
func TestNoWriteIsLost(t *testing.T) {
	look(t, func(b *behind) {
		number := b.file(b.Clerk, wording("0")).Number
		before := b.number("SELECT count(*) FROM events WHERE action = 'edit'")
		saved := make([]int, 8)
		start(8, func(i int) {
			for saved[i] < 50 {
				c, err := b.s.Case(ctx, b.Clerk, number)
				if err != nil {
					b.Errorf("reading: %v", err)
					return
				}
				var n int
				if _, err := fmt.Sscanf(string(c.Changes[0].New), `"%d"`, &n); err != nil {
					b.Errorf("%s: %v", c.Changes[0].New, err)
					return
				}
				_, err = b.s.Do(ctx, b.Clerk, number, models.Edit, models.Input{Version: c.Version, Content: edited(fmt.Sprint(n + 1))})
				if err == nil {
					saved[i]++
				} else if kindOf(err) != models.Conflict {
					b.Errorf("saving: %v", err)
					return
				}
			}
		})
		c := b.get(number)
		if string(c.Changes[0].New) != `"400"` || c.Version != 401 {
			b.Errorf("after 400 saves: %s, version %d", c.Changes[0].New, c.Version)
		}
		if n := b.number("SELECT count(*) FROM events WHERE action = 'edit'") - before; n != 400 {
			b.Errorf("%d of 400 in the history", n)
		}
		b.audit()
	})
}

// TestReadersDoNotWaitForTheWriter: on SQLite a page is read while a transaction is open.
func TestReadersDoNotWaitForTheWriter(t *testing.T) {
	look(t, func(b *behind) {
		number := b.file(b.Clerk, fee("2500", "2027-01-01")).Number
		writer, _ := b.s.Pools()
		tx, err := writer.BeginTx(ctx, nil)
		b.must(err)
		defer tx.Rollback() //nolint:errcheck // it changes nothing
		_, err = tx.Exec("UPDATE chains SET hash = hash")
		b.must(err)
		if c := b.get(number); c.Number != number {
			b.Errorf("read %s", c.Number)
		}
		b.must(b.s.Ping(ctx))
	})
}

// TestTheLogKeepsNoValues provokes errors and greps what was logged (F13).
func TestTheLogKeepsNoValues(t *testing.T) {
	var log bytes.Buffer
	var mu sync.Mutex
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(lockedWriter{&mu, &log}, &slog.HandlerOptions{Level: slog.LevelDebug})))
	t.Cleanup(func() { slog.SetDefault(before) })
	look(t, func(b *behind) {
		const canary = "Kanarienvogel"
		writer, reader := b.s.GORM()
		for _, db := range []*gorm.DB{writer, reader} {
			if err := db.Exec("UPDATE no_such_table SET x = ?", canary).Error; err == nil {
				b.Error("no error to log")
			}
			var rows []models.User
			if err := db.Where("no_such_column = ?", canary).Find(&rows).Error; err == nil {
				b.Error("no error to log")
			}
		}
		if err := writer.Exec("INSERT INTO users (email, name, created_at) VALUES (?, ?, ?)", b.Clerk.Email, canary, time.Now()).Error; err == nil {
			b.Error("a second account with the same address")
		}
		b.exec("CREATE TABLE blocker (x INTEGER)")
		b.breakEvents()
		reason := canary
		in := fee("2500", "2027-01-01")
		in.Content.Reason = &reason
		_, err := b.s.File(ctx, b.Clerk, in)
		if err == nil || strings.Contains(err.Error(), canary) {
			b.Errorf("filing: %v", err)
		}
		mu.Lock()
		defer mu.Unlock()
		if !strings.Contains(log.String(), "no_such_table") {
			b.Errorf("nothing was logged: %s", log.String())
		}
		if strings.Contains(log.String(), canary) || strings.Contains(log.String(), b.Clerk.Email) {
			b.Errorf("the log keeps values: %s", log.String())
		}
	})
}

type lockedWriter struct {
	mu *sync.Mutex
	w  *bytes.Buffer
}

func (l lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

// breakEvents makes the database refuse what is written near the end of each transaction.
func (b *behind) breakEvents() {
	b.Helper()
	if b.sqlite() {
		b.exec("CREATE TRIGGER broken BEFORE UPDATE ON chains BEGIN SELECT RAISE(ABORT, 'broken on purpose'); END")
		return
	}
	b.exec("CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''broken on purpose''; END'")
	b.exec("CREATE TRIGGER broken BEFORE UPDATE ON chains FOR EACH ROW EXECUTE FUNCTION broken()")
}

func (b *behind) mendEvents() {
	b.Helper()
	b.exec(map[bool]string{true: "DROP TRIGGER broken", false: "DROP TRIGGER broken ON chains"}[b.sqlite()])
}

// TestAFailingStatementLeavesNothing breaks the last statement of every kind of write.
func TestAFailingStatementLeavesNothing(t *testing.T) {
	look(t, func(b *behind) {
		c := b.file(b.Clerk, fee("2500", "2027-01-01"))
		due := b.file(b.Clerk, wordingOf("Zimmer 3"))
		b.approved(due.Number)
		before := b.rows()
		b.breakEvents()
		writes := map[string]func() error{
			"file":    func() error { return last(b.s.File(ctx, b.Clerk, fee("2600", "2027-02-01"))) },
			"claim":   func() error { return last(b.s.Do(ctx, b.Agent, c.Number, models.Claim, models.Input{Version: 1})) },
			"comment": func() error { return last(b.s.Comment(ctx, b.Clerk, c.Number, "Wort", false, nil)) },
			"attach":  func() error { return last(b.s.Attach(ctx, b.Clerk, c.Number, "a.txt", []byte("Text"), nil)) },
			"edit": func() error {
				return last(b.s.Do(ctx, b.Clerk, c.Number, models.Edit, models.Input{Version: 1, Content: &models.Content{Changes: &[]models.ChangeInput{{Field: "gebuehren.erste", New: []byte("2700")}}}}))
			},
			"maintain": func() error { return last(b.s.Maintain(ctx, b.TenantAdmin, Bautzen, Birth, true, nil)) },
			"knock":    func() error { _, _, err := b.s.Knock(ctx); return err },
			"retry":    func() error { return last(b.s.RetryMail(ctx, b.Admin, b.number("SELECT min(id) FROM mails"), nil)) },
			"user": func() error {
				return last(b.s.AddUser(ctx, models.NewUser{AGS: Bautzen, Email: "neu@bautzen.example", Name: "Neu", Roles: []models.Role{models.Clerk}}))
			},
		}
		for name, write := range writes {
			err := write()
			if kindOf(err) != models.Busy || !strings.Contains(err.Error(), "broken on purpose") {
				b.Errorf("%s: %v", name, err)
			}
			if after := b.rows(); after != before {
				b.Errorf("%s\nbefore %s\nafter  %s", name, before, after)
			}
		}
		b.mendEvents()
		b.audit()
		for name, write := range writes {
			if err := write(); err != nil && kindOf(err) != models.Conflict { // edit after claim
				b.Errorf("%s, mended: %v", name, err)
			}
		}
		b.audit()
	})
}

// TestABrokenConnectionIsBusyOnce: a connection that dies in the middle fails one call, not the next.
func TestABrokenConnectionIsBusyOnce(t *testing.T) {
	b := behindOf(t, "postgres")
	c := b.file(b.Clerk, fee("2500", "2027-01-01"))
	kill := "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
	before := b.rows()
	b.db.SetMaxOpenConns(1)
	b.exec("CREATE FUNCTION hang() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(600); RETURN NEW; END'")
	b.exec("CREATE TRIGGER hang BEFORE UPDATE ON chains FOR EACH ROW EXECUTE FUNCTION hang()")
	failed := make(chan error, 1)
	go func() {
		_, err := b.s.Do(ctx, b.Agent, c.Number, models.Claim, models.Input{Version: 1})
		failed <- err
	}()
	until(t, func() bool {
		return b.number("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'") == 1
	})
	b.exec(kill)
	if err := <-failed; kindOf(err) != models.Busy {
		t.Errorf("killed in the middle: %v", err)
	}
	b.exec("DROP TRIGGER hang ON chains")
	if after := b.rows(); after != before {
		t.Errorf("before %s\nafter  %s", before, after)
	}
	warm(t, b.s)
	b.exec(kill) // all of them, idle
	if err := last(b.s.Case(ctx, b.Clerk, c.Number)); err != nil {
		t.Errorf("reading over dead connections: %v", err)
	}
	if err := last(b.s.Do(ctx, b.Agent, c.Number, models.Claim, models.Input{Version: 1})); err != nil {
		t.Errorf("writing over dead connections: %v", err)
	}
	b.audit()
}

// TestWhatNobodyWaitsForEndsInTheDatabase, too: a statement whose time is over is stopped where it runs (T22).
func TestWhatNobodyWaitsForEndsInTheDatabase(t *testing.T) {
	b := behindOf(t, "postgres")
	c := b.file(b.Clerk, fee("2500", "2027-01-01"))
	before := b.rows()
	b.exec("CREATE FUNCTION hang() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(600); RETURN NEW; END'")
	b.exec("CREATE TRIGGER hang BEFORE UPDATE ON chains FOR EACH ROW EXECUTE FUNCTION hang()")
	hanging := func() int64 {
		return b.number("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'")
	}
	short, stop := context.WithCancel(ctx)
	failed := make(chan error, 1)
	go func() {
		_, err := b.s.Do(short, b.Agent, c.Number, models.Claim, models.Input{Version: 1})
		failed <- err
	}()
	until(t, func() bool { return hanging() == 1 })
	stop()
	if err := <-failed; err == nil {
		t.Error("claimed by somebody who has gone")
	}
	until(t, func() bool { return hanging() == 0 })
	b.exec("DROP TRIGGER hang ON chains")
	if after := b.rows(); after != before {
		t.Errorf("before %s\nafter  %s", before, after)
	}
	b.audit()
}

// until waits for something to become true.
func until(t testing.TB, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it never became true")
		}
	}
}

// TestACancelledCallLeavesNothing and does not harm the one after it.
func TestACancelledCallLeavesNothing(t *testing.T) {
	look(t, func(b *behind) {
		c := b.file(b.Clerk, fee("2500", "2027-01-01"))
		before := b.rows()
		for i := range 40 {
			gone, cancel := context.WithTimeout(ctx, time.Duration(i)*100*time.Microsecond)
			in := fee("2600", "2027-02-01")
			in.Once = key(fmt.Sprint(i), "x")
			_, err := b.s.File(gone, b.Clerk, in)
			cancel()
			if after := b.rows(); err != nil && after != before {
				b.Errorf("cancelled: %v\nbefore %s\nafter  %s", err, before, after)
			} else if err == nil {
				before = after
			}
		}
		gone, cancel := context.WithCancel(ctx)
		cancel()
		if _, err := b.s.File(gone, b.Clerk, fee("2600", "2027-02-01")); !errors.Is(err, context.Canceled) {
			b.Errorf("cancelled before: %v", err)
		}
		b.do(b.Agent, c.Number, models.Claim, "")
		b.audit()
	})
}

// TestDuplicatesAndForeignKeysAreRecognised by GORM's own errors, on both databases.
func TestDuplicatesAndForeignKeysAreRecognised(t *testing.T) {
	look(t, func(b *behind) {
		writer, _ := b.s.GORM()
		db := writer.Session(&gorm.Session{})
		db.Config.TranslateError = true
		err := db.Exec("INSERT INTO users (email, name, created_at) VALUES (?, ?, ?)", b.Clerk.Email, "x", time.Now()).Error
		if err == nil || !strings.Contains(strings.ToLower(err.Error()), "unique") && !errors.Is(err, gorm.ErrDuplicatedKey) {
			b.Errorf("a duplicate: %v", err)
		}
		err = db.Exec("INSERT INTO user_roles (user_id, role) VALUES (999999, 'clerk')").Error
		if err == nil || !strings.Contains(strings.ToLower(err.Error()), "foreign key") && !errors.Is(err, gorm.ErrForeignKeyViolated) {
			b.Errorf("a missing key: %v", err)
		}
		added, err := b.s.AddUser(ctx, models.NewUser{AGS: Bautzen, Email: strings.ToUpper(b.Clerk.Email), Name: "Noch einmal", Roles: []models.Role{models.Clerk}})
		if err != nil || added {
			b.Errorf("the same address again: %t, %v", added, err)
		}
		if _, err := b.s.AddUser(ctx, models.NewUser{AGS: "14999999", Email: "x@x.example", Name: "X", Roles: []models.Role{models.Clerk}}); kindOf(err) != models.NotFound {
			b.Errorf("an account of no municipality: %v", err)
		}
		for name, n := range map[string]models.NewUser{
			"a role of the other side": {Email: "x@x.example", Name: "X", Roles: []models.Role{models.Clerk}},
			"an admin in a town":       {AGS: Bautzen, Email: "x@x.example", Name: "X", Roles: []models.Role{models.Admin}},
			"no address":               {AGS: Bautzen, Email: "x", Name: "X", Roles: []models.Role{models.Clerk}},
			"two addresses":            {AGS: Bautzen, Email: "x@x.example\r\nBcc: y@y.example", Name: "X", Roles: []models.Role{models.Clerk}},
			"no role":                  {AGS: Bautzen, Email: "x@x.example", Name: "X"},
			"no name":                  {AGS: Bautzen, Email: "x@x.example", Roles: []models.Role{models.Clerk}},
		} {
			if _, err := b.s.AddUser(ctx, n); kindOf(err) != models.Invalid {
				b.Errorf("%s: %v", name, err)
			}
		}
	})
}

// TestWhatIsClearedIsEmpty: an edit that takes something away leaves NULL, not the old value.
func TestWhatIsClearedIsEmpty(t *testing.T) {
	look(t, func(b *behind) {
		in := fee("2500", "2027-01-01")
		in.Content.Effective.Until = "2027-03-31"
		reason, wish := "Grund", "Wunsch"
		in.Content.Reason, in.Content.Wish = &reason, &wish
		c := b.file(b.Clerk, in)
		if b.number("SELECT count(*) FROM requests WHERE until IS NOT NULL AND return_at IS NOT NULL AND reason <> ''") != 1 {
			b.Fatal("nothing to clear")
		}
		empty := ""
		_, err := b.try(b.Clerk, c.Number, models.Edit, models.Input{Content: &models.Content{Reason: &empty, Wish: &empty, Effective: &models.EffectiveInput{Kind: "by", Date: "2027-01-02"}}})
		b.must(err)
		if n := b.number("SELECT count(*) FROM requests WHERE until IS NULL AND return_at IS NULL AND reason = '' AND wish = '' AND kind = 'by'"); n != 1 {
			b.Error("what was cleared is still there")
		}
		if c := b.get(c.Number); !c.Until.IsZero() || c.ReturnAt != nil {
			b.Errorf("until %s, return at %v", c.Until, c.ReturnAt)
		}
		b.approved(c.Number)
		b.at("2027-01-02 00:00:00")
		b.is(c.Number, models.Applied)
		if b.number("SELECT count(*) FROM requests WHERE apply_at IS NULL AND returned = FALSE AND late IS NULL") != 1 {
			b.Error("apply_at stays after applying")
		}
	})
}

// TestAStaleVersionIsRefused by the guard in the statement itself, whatever was read before.
func TestAStaleVersionIsRefused(t *testing.T) {
	look(t, func(b *behind) {
		c := b.file(b.Clerk, fee("2500", "2027-01-01"))
		for _, version := range []int{2, -1, 99} {
			if _, err := b.s.Do(ctx, b.Agent, c.Number, models.Claim, models.Input{Version: version}); kindOf(err) != models.Conflict {
				b.Errorf("version %d: %v", version, err)
			}
		}
		if _, err := b.s.Do(ctx, b.Agent, c.Number, models.Claim, models.Input{}); kindOf(err) != models.Invalid {
			b.Errorf("no version: %v", err)
		}
		if _, err := b.s.Do(ctx, b.Approver, c.Number, models.Approve, models.Input{Version: 1, ContentHash: strings.Repeat("0", 64)}); kindOf(err) != models.Conflict {
			b.Errorf("another content: %v", err)
		}
		b.is(c.Number, models.Submitted)
		b.must(b.s.Write(Bautzen, "UPDATE settings SET value = value"))
		if err := b.s.Write("14999999", "UPDATE settings SET value = value"); kindOf(err) != models.NotFound {
			b.Errorf("a chain that is not there: %v", err)
		}
	})
}

// TestTheDatabaseKeepsTheRules where a program with a fault would break them (F16, T15, T30).
func TestTheDatabaseKeepsTheRules(t *testing.T) {
	look(t, func(b *behind) {
		c := b.file(b.Clerk, wordingOf("Zimmer 1"))
		b.approved(c.Number)
		b.knock()
		c = b.is(c.Number, models.Applied)
		open := b.file(b.Deputy, fee("2500", "2027-01-01"))
		for name, q := range map[string]string{
			"an approval by who filed it": fmt.Sprintf("INSERT INTO approvals (request_id, side, user_id, version, content_hash, at) VALUES (%d, 'municipality', %d, 1, '%s', CURRENT_TIMESTAMP)", open.ID, b.Deputy.ID, open.ContentHash),
			"a second approval":           fmt.Sprintf("INSERT INTO approvals (request_id, side, user_id, version, content_hash, at) VALUES (%d, 'provider', %d, 9, '%s', CURRENT_TIMESTAMP)", c.ID, b.Lead.ID, c.ContentHash),
			"a second application":        fmt.Sprintf("INSERT INTO configurations SELECT form_id, number + 1, content, definition, maintenance, cause, request_id, actor_id, at, effective, prev, hash FROM configurations WHERE request_id = %d", c.ID),
			"approved without approvals":  fmt.Sprintf("UPDATE requests SET status = 'approved', approved_at = CURRENT_TIMESTAMP, apply_at = CURRENT_TIMESTAMP, assignee_id = %d WHERE id = %d", b.Agent.ID, open.ID),
			"a state nobody knows":        fmt.Sprintf("UPDATE requests SET status = 'done' WHERE id = %d", open.ID),
			"until before the date":       fmt.Sprintf("UPDATE requests SET until = '2026-12-31' WHERE id = %d", open.ID),
			"a number given twice":        fmt.Sprintf("UPDATE requests SET number = '%s' WHERE id = %d", c.Number, open.ID),
			"a mail without an event":     fmt.Sprintf("UPDATE mails SET event_seq = 99999 WHERE request_id = %d", open.ID),
			"a form of nobody":            "INSERT INTO forms (ags, assistant, definition, live) VALUES ('14999999', 'KOMM24Geburtsurkunde', 1, 1)",
		} {
			if _, err := b.db.Exec(foreignKeys(b, q)); err == nil {
				b.Errorf("the database takes %s", name)
			}
		}
	})
}

// TestTheDatabaseKeepsTownsApart where a program with a fault would mix them: nothing of one municipality hangs on what is another's (T2).
func TestTheDatabaseKeepsTownsApart(t *testing.T) {
	look(t, func(b *behind) {
		c := b.file(b.Clerk, fee("2500", "2027-01-01"))
		b.file(b.LeipzigClerk, models.FileInput{Form: Leipzig + "/" + Birth, Content: wording("Zimmer").Content, Submit: true})
		form := func(ags string) string {
			return fmt.Sprintf("(SELECT id FROM forms WHERE ags = '%s' AND assistant = '%s')", ags, Birth)
		}
		request := func(ags, form string) string {
			return fmt.Sprintf(`INSERT INTO requests (number, ags, form_id, assistant, definition, status, version, author_id, created_at, updated_at, open, planned)
				VALUES ('KA-2026-999999', '%s', %s, '%s', 1, 'draft', 1, %d, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP, TRUE, FALSE)`, ags, form, Birth, b.Clerk.ID)
		}
		event := func(ags, request, form string) string {
			return fmt.Sprintf(`INSERT INTO events (ags, seq, request_id, form_id, at, action, prev, hash) VALUES ('%s', 9999, %s, %s, CURRENT_TIMESTAMP, 'comment', '', 'x')`, ags, request, form)
		}
		mail := func(ags string) string {
			return fmt.Sprintf(`INSERT INTO mails (ags, request_id, event_seq, kind, role, recipient, locale, message_id, next_at, created_at)
				VALUES ('%s', %d, 1, 'submitted', 'author', 'a@b.example', 'de', '<a@b>', CURRENT_TIMESTAMP, CURRENT_TIMESTAMP)`, ags, c.ID)
		}
		id := fmt.Sprint(c.ID)
		for name, x := range map[string]struct {
			sql  string
			fits bool
		}{
			"a request at its own form":                    {request(Bautzen, form(Bautzen)), true},
			"a request at another municipality's form":     {request(Leipzig, form(Bautzen)), false},
			"a request moved to another municipality":      {fmt.Sprintf("UPDATE requests SET ags = '%s' WHERE id = %s", Leipzig, id), false},
			"a request moved to another's form":            {fmt.Sprintf("UPDATE requests SET form_id = %s WHERE id = %s", form(Leipzig), id), false},
			"a form moved to another municipality":         {fmt.Sprintf("UPDATE forms SET ags = '14627140' WHERE id = %s", form(Bautzen)), false},
			"an event of one's own":                        {event(Bautzen, id, form(Bautzen)), true},
			"an event about another's request":             {event(Leipzig, id, "NULL"), false},
			"an event about another's form":                {event(Leipzig, "NULL", form(Bautzen)), false},
			"a mail about one's own request":               {mail(Bautzen), true},
			"a mail about another's request":               {mail(Leipzig), false},
			"a mail moved to another municipality's event": {fmt.Sprintf("UPDATE mails SET ags = '%s', event_seq = 1 WHERE request_id = %s", Leipzig, id), false},
		} {
			tx, err := b.db.Begin()
			b.must(err)
			if _, err := tx.Exec(x.sql); (err == nil) != x.fits {
				b.Errorf("%s: %v", name, err)
			}
			b.must(tx.Rollback())
		}
	})
}

// foreignKeys lets keys hold on SQLite, where each connection has to ask for it.
func foreignKeys(b *behind, q string) string {
	if b.sqlite() {
		b.db.SetMaxOpenConns(1)
		b.exec("PRAGMA foreign_keys = 1")
	}
	return q
}

// TestABrokenPolicyStopsTheFiling: what a municipality demands of itself is never taken for less because it can't be read.
func TestABrokenPolicyStopsTheFiling(t *testing.T) {
	look(t, func(b *behind) {
		b.must(b.s.Write(Bautzen, `UPDATE municipalities SET policy = '{"*": {"gebuehren": 2' WHERE ags = '`+Bautzen+`'`,
			`UPDATE settings SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT) WHERE name = 'catalogue'`))
		b.must(b.s.RefreshCatalogue(ctx))
		requests := b.number(`SELECT count(*) FROM requests`)
		if c, err := b.s.File(ctx, b.Clerk, fee("2500", "2027-01-01")); err == nil {
			t.Errorf("filed with %d approvals of the municipality", c.NeedMunicipality)
		}
		if got := b.number(`SELECT count(*) FROM requests`); got != requests {
			t.Errorf("%d requests, want %d", got, requests)
		}
	})
}
