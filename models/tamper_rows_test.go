package models_test

import (
	"fmt"
	"time"

	. "formwandel/models/modelstest"
)

// mailed lets some mails go out, one be refused and one wait for another try.
func (x *crime) mailed() {
	x.Helper()
	letters := x.lease(x.s, "scene", 12)
	for i, l := range letters {
		switch i {
		case 0:
			x.must(x.s.MarkRefused(ctx, l.Mail, "550 unbekannt"))
		case 1:
			x.must(x.s.MarkRetry(ctx, l.Mail.ID, l.Mail.LeaseToken, time.Hour, "451 später"))
		default:
			x.must(x.s.MarkSent(ctx, l.Mail))
		}
	}
}

// rowOf picks a row by the query for its number.
func (x *crime) rowOf(query string) string { return any1(x, x.column(query)) }

// rowTamperings are those of rows that stand in no event.
var rowTamperings = []tampering{
	{"somebody is called otherwise", func(x *crime, seq int64) string {
		id := x.rowOf("SELECT id FROM users ORDER BY id")
		x.loosely("UPDATE users SET name = " + any1(x, []string{"'Leitung Dieb'", "name || '.'", "''", "(SELECT max(name) || ' ' || min(name) FROM users)"}) + " WHERE id = " + id)
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
}
