package models_test

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// TestTheRecordOnlyGrows: the database itself refuses to change or drop what has been recorded.
func TestTheRecordOnlyGrows(t *testing.T) {
	look(t, func(b *behind) {
		b.approved(b.file(b.Clerk, wordingOf("Zimmer 1")).Number)
		b.knock()
		statements := []string{
			"UPDATE events SET comment = 'x'", "UPDATE events SET hash = hash WHERE seq = 1", "DELETE FROM events", "DELETE FROM events WHERE seq = 3",
			"UPDATE configurations SET content = '{}'", "DELETE FROM configurations WHERE number = 2", "UPDATE definitions SET content = '{}'", "DELETE FROM definitions",
		}
		if !b.sqlite() {
			statements = append(statements, "TRUNCATE events CASCADE", "TRUNCATE configurations", "TRUNCATE definitions CASCADE", "UPDATE events SET seq = seq + 1000000")
		} else {
			statements = append(statements, "REPLACE INTO events SELECT * FROM events WHERE seq = 1", "REPLACE INTO configurations SELECT * FROM configurations LIMIT 1")
		}
		for _, q := range statements {
			if _, err := b.db.Exec(q); err == nil || !strings.Contains(err.Error(), "append-only") {
				b.Errorf("%s: %v", q, err)
			}
		}
		b.audit()
	})
}

// wordingOf files a change in a section that both sides approve.
func wordingOf(text string) models.FileInput {
	in := wording(text)
	in.Content.Sections = &[]string{"gebuehren"}
	return in
}

// recorded is a municipality with a history: applied, rejected, commented, maintained.
func recorded(t *testing.T, kind string) *behind {
	b := behindOf(t, kind)
	for i := range 6 {
		c := b.file(b.Clerk, wordingOf(fmt.Sprintf("Zimmer %d", i)))
		b.must(last(b.s.Comment(ctx, b.Clerk, c.Number, fmt.Sprintf("Wort %d", i), false, nil)))
		switch i {
		case 4:
			b.do(b.Approver, c.Number, models.Reject, "Nein.")
		case 5:
		default:
			b.approved(c.Number)
			b.knock()
		}
	}
	b.must(last(b.s.Maintain(ctx, b.TenantAdmin, Bautzen, Birth, true, nil)))
	b.must(last(b.s.Maintain(ctx, b.TenantAdmin, Bautzen, Birth, false, nil)))
	c := b.file(b.LeipzigClerk, models.FileInput{Form: Leipzig + "/" + Birth, Content: wording("Zimmer").Content, Submit: true})
	b.do(b.LeipzigClerk, c.Number, models.Withdraw, "")
	b.audit()
	b.unguard()
	if !b.sqlite() {
		b.exec("ALTER TABLE mails DROP CONSTRAINT mails_ags_event_seq_fkey")
	}
	return b
}

// trigger is one that hinders tampering.
type trigger struct{ name, table, words string }

func (g trigger) String() string { return g.name + " on " + g.table }

// unguard takes all triggers away; audits put them back for as long as they look.
func (b *behind) unguard() {
	b.Helper()
	query := "SELECT name || ' ' || tbl_name || ' ' || sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name"
	if !b.sqlite() {
		query = "SELECT t.tgname || ' ' || c.relname || ' ' || pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal ORDER BY t.tgname"
	}
	for _, row := range b.column(query) {
		cells := strings.SplitN(row, " ", 3)
		if strings.HasSuffix(cells[0], "_moves") { // PostgreSQL's, that refuse nothing and see nothing of what is done loosely
			continue
		}
		b.lowered = append(b.lowered, trigger{cells[0], cells[1], cells[2]})
	}
	b.guards(false)
}

// guards puts the triggers back that were taken away, or takes them away again.
func (b *behind) guards(up bool) {
	b.Helper()
	all := "BEGIN; "
	for _, g := range b.lowered {
		switch {
		case up:
			all += g.words + "; "
		case b.sqlite():
			all += "DROP TRIGGER IF EXISTS " + g.name + "; "
		default:
			all += "DROP TRIGGER IF EXISTS " + g.name + " ON " + g.table + "; "
		}
	}
	b.exec(all + "COMMIT")
}

// audited is what an audit says, with the triggers in place but for what a test has done to them meanwhile.
func (b *behind) audited(ev models.Evidence) (*models.Report, error) {
	b.Helper()
	if b.lowered != nil {
		b.guards(true)
		defer b.guards(false)
	}
	if b.meddle != "" {
		b.exec(b.meddle)
		b.meddle = ""
	}
	return b.s.Audit(ctx, ev)
}

// event reads one event of a chain past the store.
func (b *behind) event(ags string, seq int64) models.Event {
	b.Helper()
	writer, _ := b.s.GORM()
	var e models.Event
	b.must(writer.WithContext(models.Everybodys(ctx)).Where("ags = ? AND seq = ?", ags, seq).Take(&e).Error)
	return e
}

// forge writes an event past the store, whatever it says.
func (b *behind) forge(e models.Event) {
	b.Helper()
	b.exec("UPDATE events SET comment = ?, action = ?, actor_id = ?, at = ?, data = ?, to_state = ?, prev = ?, hash = ? WHERE ags = ? AND seq = ?",
		e.Comment, string(e.Action), e.ActorID, e.At, e.Data, string(e.To), e.Prev, e.Hash, e.AGS, e.Seq)
}

// resealed seals a chain anew from one event on: the work of somebody who knows how it is made.
func (b *behind) resealed(ags string, from int64) {
	b.Helper()
	prev := ""
	if from > 1 {
		prev = b.event(ags, from-1).Hash
	}
	head := b.number("SELECT seq FROM chains WHERE ags = ?", ags)
	for seq := from; seq <= head; seq++ {
		e := b.event(ags, seq).Sealed(prev)
		b.forge(e)
		prev = e.Hash
	}
	b.exec("UPDATE chains SET hash = ? WHERE ags = ?", prev, ags)
}

// mustFind asserts that an audit finds something and names it.
func (b *behind) mustFind(what, name string, heads []models.Head) {
	b.Helper()
	b.mustFindWith(what, name, models.Evidence{Heads: heads})
}

func (b *behind) mustFindWith(what, name string, ev models.Evidence) {
	b.Helper()
	report, err := b.audited(ev)
	b.must(err)
	for _, f := range report.Findings {
		if strings.HasPrefix(f.String(), name) {
			return
		}
	}
	b.Errorf("%s: nobody says %q, only %v", what, name, report.Findings)
}

// photograph remembers what tampering touches, and puts it back.
func (b *behind) photograph() func() { return b.photographAs("photo") }

func (b *behind) photographAs(album string) func() {
	b.Helper()
	tables := []string{"events", "chains", "configurations", "forms", "requests", "changes", "approvals", "checkpoints", "user_roles", "request_editors", "attachments", "blobs", "tokens", "access_grants", "policy_proposals", "users", "totps", "passkeys", "identities", "recovery_codes", "factor_roles", "assistants", "municipalities", "settings", "calendar_links", "secrets", "definitions", "signing_keys", "mails", "security_events", "security_ends", "devices", "sessions", "request_sections", "retention_runs",
		"typed", "presence", "saved_views", "idempotency", "parked_forms", "challenges", "identity_attempts", "reset_asks", "attempts", "attempt_salt", "account_links", "account_link_secrets", "access_uses", "name_words", "tallies", "row_moves", "goose_db_version"}
	for _, t := range tables {
		b.exec("DROP TABLE IF EXISTS " + album + "_" + t)
		b.exec("CREATE TABLE " + album + "_" + t + " AS SELECT * FROM " + t)
	}
	return func() {
		b.Helper()
		for _, t := range tables {
			b.loose(func(db *sql.Conn) error {
				if _, err := db.ExecContext(ctx, "DELETE FROM "+t); err != nil {
					return err
				}
				anyID := " OVERRIDING SYSTEM VALUE"
				if b.sqlite() {
					anyID = ""
				}
				_, err := db.ExecContext(ctx, "INSERT INTO "+t+anyID+" SELECT * FROM "+album+"_"+t)
				return err
			})
		}
	}
}

// loose works on one connection on which keys do not hold.
func (b *behind) loose(what func(*sql.Conn) error) {
	b.Helper()
	if b.super == nil {
		b.super = past(b, Superuser(b, b.url))
	}
	c, err := b.super.Conn(ctx)
	b.must(err)
	defer c.Close()
	if !b.sqlite() {
		_, err = c.ExecContext(ctx, "SET session_replication_role = replica")
		b.must(err)
		defer c.ExecContext(ctx, "SET session_replication_role = origin") //nolint:errcheck // the test ends soon
	}
	b.must(what(c))
}

// TestAnAuditHoldsTheStateAgainstTheHistory: what stands in the tables is what the chain says.
func TestAnAuditHoldsTheStateAgainstTheHistory(t *testing.T) {
	for _, kind := range Databases {
		t.Run(kind, func(t *testing.T) {
			b := recorded(t, kind)
			heads, _, err := b.s.Heads(ctx)
			b.must(err)
			form := "form " + Bautzen + "/" + Birth
			id := b.number("SELECT id FROM forms WHERE ags = ? AND assistant = ?", Bautzen, Birth)
			live := b.number("SELECT live FROM forms WHERE id = ?", id)
			restore := b.photograph()
			for _, x := range []struct{ name, finding, sql string }{
				{"a version holds another value", form + " version 3: changed", fmt.Sprintf("UPDATE configurations SET content = replace(content, 'Zimmer', 'Keller') WHERE form_id = %d AND number = 3", id)},
				{"a version was meant for another day", form + " version 2: changed", fmt.Sprintf("UPDATE configurations SET effective = '2020-01-01 00:00:00+00:00' WHERE form_id = %d AND number = 2", id)},
				{"a version is gone", form + " version 3: missing", fmt.Sprintf("DELETE FROM configurations WHERE form_id = %d AND number = 3", id)},
				{"the first version is gone", form + " version 1: missing", fmt.Sprintf("DELETE FROM configurations WHERE form_id = %d AND number = 1", id)},
				{"the last version is gone", form, fmt.Sprintf("DELETE FROM configurations WHERE form_id = %d AND number = %d", id, live)},
				{"another version is live", form + ": live pointer", fmt.Sprintf("UPDATE forms SET live = 2 WHERE id = %d", id)},
				{"the last version is gone and the one before is live", form, fmt.Sprintf("DELETE FROM configurations WHERE form_id = %d AND number = %d; UPDATE forms SET live = %d, maintenance = TRUE WHERE id = %d", id, live, live-1, id)},
				{"all versions of a form are gone", form, fmt.Sprintf("DELETE FROM configurations WHERE form_id = %d", id)},
				{"maintenance is switched behind the chain", form, fmt.Sprintf("UPDATE forms SET maintenance = TRUE WHERE id = %d", id)},
				{"a rejected request is approved after all", "request KA-2026-000005: state", "UPDATE requests SET status = 'withdrawn' WHERE number = 'KA-2026-000005'"},
				{"a request has another version", "request KA-2026-000001: state", "UPDATE requests SET version = version + 1 WHERE number = 'KA-2026-000001'"},
				{"a request has another content", "request KA-2026-000006: content", "UPDATE requests SET content_hash = (SELECT content_hash FROM requests WHERE number = 'KA-2026-000001') WHERE number = 'KA-2026-000006'"},
				{"a change says something else", "request KA-2026-000006: content", "UPDATE changes SET new = '\"Keller\"' WHERE request_id = (SELECT id FROM requests WHERE number = 'KA-2026-000006')"},
				{"a change is gone", "request KA-2026-000002: content", "DELETE FROM changes WHERE request_id = (SELECT id FROM requests WHERE number = 'KA-2026-000002')"},
				{"a change speaks of another old value", "request KA-2026-000002: changes", "UPDATE changes SET old = '\"Keller\"' WHERE request_id = (SELECT id FROM requests WHERE number = 'KA-2026-000002')"},
				{"a change stands at another place", "request KA-2026-000002: changes", "UPDATE changes SET ord = 5 WHERE request_id = (SELECT id FROM requests WHERE number = 'KA-2026-000002')"},
				{"another day", "request KA-2026-000006: content", "UPDATE requests SET date = '2027-01-30' WHERE number = 'KA-2026-000006'"},
				{"a request without history", "request KA-2026-000099: has no history", "UPDATE requests SET number = 'KA-2026-000099', id = 99 WHERE number = 'KA-2026-000006'"},
				{"somebody else approved it", "request KA-2026-000001: approval", "UPDATE approvals SET user_id = (SELECT min(id) FROM users WHERE email LIKE 'freigabe2@%') WHERE side = 'provider' AND request_id = (SELECT id FROM requests WHERE number = 'KA-2026-000001')"},
				{"something else was approved", "request KA-2026-000001: approval", "UPDATE approvals SET content_hash = (SELECT content_hash FROM requests WHERE number = 'KA-2026-000002') WHERE request_id = (SELECT id FROM requests WHERE number = 'KA-2026-000001')"},
				{"an approval is gone", "request KA-2026-000001: approval", "DELETE FROM approvals WHERE side = 'municipality' AND request_id = (SELECT id FROM requests WHERE number = 'KA-2026-000001')"},
				{"an approval that nobody gave", "request KA-2026-000006: approval", "INSERT INTO approvals (request_id, side, user_id, version, content_hash, at) SELECT id, 'provider', (SELECT min(id) FROM users WHERE email = 'freigabe@kisa.example'), 1, content_hash, created_at FROM requests WHERE number = 'KA-2026-000006'"},
			} {
				b.loose(func(c *sql.Conn) error {
					for _, q := range strings.Split(x.sql, "; ") {
						if _, err := c.ExecContext(ctx, q); err != nil {
							return fmt.Errorf("%s: %w", q, err)
						}
					}
					return nil
				})
				b.mustFind(x.name, x.finding, heads)
				restore()
			}
			if report, err := b.audited(models.Evidence{Heads: heads}); err != nil || len(report.Findings) != 0 {
				t.Fatalf("after all was put back: %v, %v", report, err)
			}
		})
	}
}

// TestAnAuditAtWork finds nothing wrong while people go on working.
func TestAnAuditAtWork(t *testing.T) {
	look(t, func(b *behind) {
		done := make(chan struct{})
		go func() {
			defer close(done)
			for i := range 20 {
				c := b.file(b.Clerk, wordingOf(fmt.Sprintf("Zimmer %d", i)))
				b.approved(c.Number)
				b.knock()
			}
		}()
		for working := true; working; {
			select {
			case <-done:
				working = false
			default:
			}
			report, err := b.s.Verify(ctx, nil)
			b.must(err)
			for _, f := range report.Findings {
				b.Errorf("a false alarm: %s", f)
			}
		}
	})
}

// TestAKeptHeadStaysTrue: what is added later does not disturb a head that was kept.
func TestAKeptHeadStaysTrue(t *testing.T) {
	look(t, func(b *behind) {
		b.file(b.Clerk, fee("2500", "2027-01-01"))
		heads, digest, err := b.s.Heads(ctx)
		b.must(err)
		_, same, err := b.s.Heads(ctx)
		if err != nil || same != digest || len(digest) != 64 || len(heads) != 3 {
			b.Errorf("%d heads, digest %s and %s, %v", len(heads), digest, same, err)
		}
		b.file(b.Clerk, fee("2600", "2027-02-01"))
		report, err := b.s.Verify(ctx, heads)
		if err != nil || len(report.Findings) != 0 || report.Events == 0 || report.Versions == 0 || report.Requests != 2 {
			b.Errorf("%+v, %v", report, err)
		}
		if _, later, err := b.s.Heads(ctx); err != nil || later == digest {
			b.Errorf("the digest did not move: %v", err)
		}
		heads[1].Hash = strings.Repeat("0", 64)
		b.mustFind("a head of another installation", "municipality "+heads[1].Chain, heads)
		b.mustFind("a head of a municipality that is gone", "municipality 14999999", []models.Head{{Chain: "14999999", Seq: 3, Hash: "x"}})
	})
}
