package models_test

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// mailed lets some mails go out, one be refused and one wait for another try.
func (x *crime) mailed() {
	x.Helper()
	admin := x.Admin
	admin.TokenID = 0 // in person
	x.must(x.s.SetKeepings(ctx, admin, map[string]int{"security": 7}, nil))
	x.shift(8 * 24 * time.Hour)
	x.must(last(x.s.Expire(ctx)))
	x.must(last(x.s.KnowDevice(ctx, x.Clerk, "")))
	x.must(last2(x.s.SignIn(ctx, x.Clerk, models.Proof{Method: "password"}, models.Visit{})))
	letters := x.lease(x.s, "scene", 12)
	for i, l := range letters {
		switch i {
		case 0:
			x.must(x.s.MarkRefused(ctx, l.Mail, "550 unbekannt"))
		case 1:
			x.must(x.s.MarkRetry(ctx, l.Mail, time.Hour, "451 später"))
		default:
			x.must(x.s.MarkSent(ctx, l.Mail))
		}
	}
}

// rowOf picks a row by the query for its number.
func (x *crime) rowOf(query string) string { return any1(x, x.column(query)) }

// rowTamperings are those of rows that stand in no event.
var rowTamperings = []tampering{
	{"a cell that no event tells is another", func(x *crime, seq int64) string {
		for {
			table := any1(x, slices.Sorted(maps.Keys(models.SealedCells())))
			c := any1(x, slices.DeleteFunc(x.columns(), func(c cell) bool { return c.table != table || !slices.Contains(models.SealedCells()[table], c.name) }))
			if table != "chains" && x.falsify(c) != "" { // whose events are missing then, more than an audit names
				return table + " ("
			}
		}
	}},
	{"a row that no event tells is put in", func(x *crime, seq int64) string {
		for {
			table := any1(x, []string{"typed", "presence", "saved_views", "idempotency", "parked_forms", "challenges", "identity_attempts", "reset_asks", "attempts", "tokens"})
			var names []string
			for _, c := range x.columns() {
				if c.table == table {
					names = append(names, c.name)
				}
			}
			if how := x.double(table, names); how != "" {
				x.loosely(how)
				return table + " ("
			}
		}
	}},
	{"somebody is found by another name", func(x *crime, seq int64) string {
		id := x.rowOf("SELECT DISTINCT user_id FROM name_words ORDER BY user_id")
		x.loosely(any1(x, []string{"DELETE FROM name_words WHERE user_id = " + id, "UPDATE name_words SET word = word || 'x' WHERE user_id = " + id}))
		return "account " + id + ": is found by other words"
	}},
	{"somebody is called otherwise", func(x *crime, seq int64) string {
		id := x.rowOf("SELECT id FROM users ORDER BY id")
		x.loosely("UPDATE users SET name = " + any1(x, []string{"'Leitung Dieb'", "name || '.'", "'x'", "(SELECT max(name) || ' ' || min(name) FROM users)"}) + " WHERE id = " + id)
		return "account " + id + ": its name is not"
	}},
	{"an office has another mailbox, or other closing days", func(x *crime, seq int64) string {
		ags := any1(x, []string{Bautzen, Leipzig})
		x.loosely("UPDATE municipalities SET " + any1(x, []string{"office_mail = 'dieb@ort.example'", "office_mail = ''", "closing_days = '[\"2026-12-24\",\"2026-12-30\"]'", "closing_days = '[\"2026-12-24\"]'", "closing_days = 'x'"}) + " WHERE ags = '" + ags + "'")
		return "municipality " + ags + ": office mailbox or closing days"
	}},
	{"a municipality is called otherwise than in the register", func(x *crime, seq int64) string {
		ags := x.rowOf("SELECT ags FROM municipalities ORDER BY ags")
		x.loosely("UPDATE municipalities SET " + any1(x, []string{"name = 'x'", "kind = 'x'", "plz = '99999'", "population = population + 1", "as_of = 'x'", "demo = NOT demo"}) + " WHERE ags = '" + ags + "'")
		return "municipality " + ags + ": name, kind"
	}},
	{"a municipality is gone", func(x *crime, seq int64) string {
		ags := x.rowOf("SELECT ags FROM municipalities ORDER BY ags")
		x.loosely("DELETE FROM municipalities WHERE ags = '" + ags + "'")
		return "municipality " + ags + ": is not there"
	}},
	{"a mail goes to somebody else", func(x *crime, seq int64) string {
		id := x.rowOf("SELECT id FROM mails ORDER BY id")
		x.loosely("UPDATE mails SET recipient = " + any1(x, []string{"'dieb@ort.example'", "'x' || recipient"}) + " WHERE id = " + id)
		return "mail " + id + ": is not as"
	}},
	{"a mail that waits was sent, or the other way round", func(x *crime, seq int64) string {
		id := x.rowOf("SELECT id FROM mails ORDER BY id")
		x.loosely("UPDATE mails SET sent_at = CASE state WHEN 'sent' THEN NULL ELSE created_at END, state = CASE state WHEN 'sent' THEN 'waiting' ELSE 'sent' END WHERE id = " + id)
		return "mail " + id + ": is not as"
	}},
	{"a mail was refused, at another time, or for another reason", func(x *crime, seq int64) string {
		what := any1(x, [][2]string{{"waiting", "state = 'failed'"}, {"failed", "last_error = 'x'"}, {"sent", "sent_at = '2026-01-01 00:00:00+00:00'"}})
		id := x.rowOf("SELECT id FROM mails WHERE state = '" + what[0] + "' ORDER BY id")
		x.loosely("UPDATE mails SET " + what[1] + " WHERE id = " + id)
		return "mail " + id + ": is not as"
	}},
	{"a mail is about something else", func(x *crime, seq int64) string {
		id := x.rowOf("SELECT id FROM mails WHERE ags = '" + Bautzen + "' ORDER BY id")
		x.loosely("UPDATE mails SET " + any1(x, []string{"kind = 'failed'", "role = 'x'", "locale = 'fr'", "message_id = '<' || message_id", "request_id = 77", "event_seq = event_seq + 1"}) + " WHERE id = " + id)
		return "mail " + id
	}},
	{"a mail is gone", func(x *crime, seq int64) string {
		id := x.rowOf("SELECT id FROM mails ORDER BY id")
		where := x.column("SELECT 'municipality ' || ags || ' event ' || event_seq FROM mails WHERE id = " + id)[0]
		x.loosely("DELETE FROM mails WHERE id = " + id)
		return where + ": a mail that it has made is not there"
	}},
	{"a mail is put in", func(x *crime, seq int64) string {
		x.loosely(fmt.Sprintf(`INSERT INTO mails (ags, event_seq, kind, role, recipient, locale, message_id, state, next_at, created_at, seal)
			SELECT ags, event_seq, kind, role, 'opfer@ort.example', locale, '<x' || message_id, 'waiting', next_at, created_at, %s FROM mails WHERE id = %s`, any1(x, []string{"''", "seal", "'abc'"}), x.rowOf("SELECT id FROM mails ORDER BY id")))
		return fmt.Sprintf("mail %d, municipality ", x.number("SELECT max(id) FROM mails"))
	}},
	{"a mail is put in for an event that has made none", func(x *crime, seq int64) string {
		x.loosely(fmt.Sprintf(`INSERT INTO mails (ags, event_seq, kind, role, recipient, locale, message_id, state, next_at, created_at, seal)
			SELECT ags, %d, kind, role, 'opfer@ort.example', locale, '<x' || message_id, 'waiting', next_at, created_at, '' FROM mails WHERE id = %s`,
			x.number("SELECT max(seq) FROM events WHERE action = 'factor_roles'"), x.rowOf("SELECT id FROM mails WHERE ags = '00000000' ORDER BY id")))
		if !x.sqlite() { // an instance without the key may have written it: only its seal gives it away
			x.loosely("UPDATE mails SET seal = 'abc' WHERE id = (SELECT max(id) FROM mails)")
		}
		return fmt.Sprintf("mail %d", x.number("SELECT max(id) FROM mails"))
	}},
	{"the seal of a mail is cleared", func(x *crime, seq int64) string {
		id := x.rowOf("SELECT id FROM mails ORDER BY id")
		x.loosely("UPDATE mails SET seal = '', recipient = 'dieb@ort.example' WHERE id = " + id)
		if x.sqlite() {
			return "mail " + id + ": has no seal"
		}
		x.loosely("UPDATE mails SET kind = 'failed' WHERE id = " + id) // with PostgreSQL this alone is a finding
		return "mail " + id + ", municipality "
	}},
	{"a line of the security log says something else", func(x *crime, seq int64) string {
		nr := x.rowOf("SELECT nr FROM security_events ORDER BY nr")
		x.loosely("UPDATE security_events SET " + any1(x, []string{"code = 'signed_out'", "count = count + 1", "address = '192.0.2.7'", "detail = 'x'", "minute = '2026-01-01 00:00:00+00:00'", "user_id = 77", "token_id = 77", "ags = 'x'", "seal = 'x'"}) + " WHERE nr = " + nr)
		return "security log line " + nr + ": is not as"
	}},
	{"a line of the security log is gone", func(x *crime, seq int64) string {
		nr := x.rowOf("SELECT nr FROM security_events ORDER BY nr")
		x.loosely("DELETE FROM security_events WHERE nr = " + nr)
		return "security log line " + nr + ": missing"
	}},
	{"the end of the security log is gone", func(x *crime, seq int64) string {
		nr := x.number("SELECT max(nr) FROM security_events")
		x.loosely(fmt.Sprintf("DELETE FROM security_events WHERE nr >= %d", nr-seq%3))
		switch seq % 4 {
		case 0: // and where it ends says so
			x.loosely(fmt.Sprintf("UPDATE security_ends SET last = %d", nr-seq%3-1))
			return "security log, where it begins and ends: is not as"
		case 1:
			x.loosely("DELETE FROM security_ends")
			return "security log: where it begins"
		}
		return fmt.Sprintf("security log line %d: missing", nr)
	}},
	{"the beginning of the security log is gone", func(x *crime, seq int64) string {
		x.loosely("DELETE FROM security_events WHERE nr <= 2", "UPDATE security_ends SET first = 3")
		return "security log, where it begins and ends: is not as"
	}},
	{"a line is put into the security log", func(x *crime, seq int64) string {
		x.loosely("INSERT INTO security_events (minute, code, detail, nr, seal) SELECT minute, code, 'x' || nr, " + any1(x, []string{"-nr", "(SELECT min(nr) - 1 FROM security_events)", "(SELECT max(nr) + 1 FROM security_events)"}) + ", seal FROM security_events WHERE nr = " + x.rowOf("SELECT nr FROM security_events ORDER BY nr"))
		return fmt.Sprintf("security log line %s", x.column("SELECT nr FROM security_events WHERE detail LIKE 'x%' ORDER BY nr LIMIT 1")[0])
	}},
	{"a strange browser is known, or as long as it likes", func(x *crime, seq int64) string {
		x.loosely(any1(x, []string{
			fmt.Sprintf("UPDATE devices SET user_id = %d", x.Lead.ID), fmt.Sprintf("UPDATE devices SET user_id = %d, hash = '%064d'", x.Lead.ID, seq), fmt.Sprintf("UPDATE devices SET seen_at = '2036-01-01 00:00:00+00:00', user_id = %d", x.Lead.ID),
			fmt.Sprintf("INSERT INTO devices (hash, user_id, seen_at, seal) VALUES ('%064d', %d, '2026-01-01 00:00:00+00:00', 'x')", seq, x.Lead.ID),
		}))
		return fmt.Sprintf("known browser of account %d: is not as", x.Lead.ID)
	}},
	{"somebody is signed in past the program", func(x *crime, seq int64) string {
		id := x.rowOf("SELECT id FROM sessions ORDER BY id")
		x.loosely("UPDATE sessions SET " + any1(x, []string{"confirmed_at = '2036-01-01 00:00:00+00:00'", "second = NOT second", fmt.Sprintf("user_id = %d", x.Lead.ID), fmt.Sprintf("hash = '%064d'", seq)}) + " WHERE id = '" + id + "'")
		return "session " + id + " of account"
	}},
	{"lists find a request in another section", func(x *crime, seq int64) string {
		number := x.rowOf("SELECT r.number FROM requests r JOIN request_sections s ON s.request_id = r.id ORDER BY r.id")
		of := "(SELECT id FROM requests WHERE number = '" + number + "')"
		x.loosely(any1(x, []string{"DELETE FROM request_sections WHERE request_id = " + of, "UPDATE request_sections SET section = section || 'x' WHERE request_id = " + of, "INSERT INTO request_sections (section, request_id) SELECT 'x', id FROM requests WHERE number = '" + number + "'"}))
		return "request " + number + ": lists find it"
	}},
	{"a report of retention is another, planted, or gone", func(x *crime, seq int64) string {
		switch id := x.rowOf("SELECT id FROM retention_runs ORDER BY id"); seq % 4 {
		case 0:
			x.loosely("DELETE FROM retention_runs WHERE id = " + id)
			return "a report of retention: is not there"
		case 1:
			x.loosely("INSERT INTO retention_runs (at, report) SELECT at, report FROM retention_runs WHERE id = " + id)
			return fmt.Sprintf("report %d of retention: is not what", x.number("SELECT max(id) FROM retention_runs"))
		default:
			x.loosely("UPDATE retention_runs SET " + any1(x, []string{"report = '[]'", "at = '2026-01-01 00:00:00+00:00'"}) + " WHERE id = " + id)
			return "report " + id + " of retention: is not what"
		}
	}},
}
