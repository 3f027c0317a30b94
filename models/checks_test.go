package models_test

import (
	"database/sql"
	"slices"
	"testing"

	"formwandel/models"
)

// TestTheLastGuardKnowsItsWords on both databases: a state, a promise, a cause that does not exist is refused by the database
// itself, and so is a request in hand that is in nobody's hands.
func TestTheLastGuardKnowsItsWords(t *testing.T) {
	look(t, func(b *behind) {
		r := b.do(b.Agent, b.file(b.Clerk, fee("2500", "2027-01-01")).Number, models.Claim, "")
		for _, query := range []string{
			"UPDATE requests SET status = 'lost' WHERE id = ?", "UPDATE requests SET status = '' WHERE id = ?",
			"UPDATE requests SET status = 'accepted' WHERE id = ?", "UPDATE requests SET kind = 'never' WHERE id = ?",
			"UPDATE requests SET assignee_id = NULL WHERE id = ?", "UPDATE requests SET status = 'question', assignee_id = NULL WHERE id = ?",
			"UPDATE requests SET status = 'failed', assignee_id = NULL WHERE id = ?",
			"UPDATE mails SET state = 'thrown away' WHERE request_id = ?", "UPDATE mails SET state = 'sent' WHERE request_id = ?",
			"INSERT INTO configurations (form_id, number, content, definition, maintenance, cause, at, effective, prev, hash) SELECT form_id, 99, '', 1, FALSE, 'whim', created_at, created_at, '', '' FROM requests WHERE id = ?",
		} {
			if _, err := b.db.Exec(b.dollars(query), r.ID); err == nil {
				b.Errorf("the database takes %s", query)
			}
		}
		for _, status := range []string{"draft", "submitted", "question", "rejected", "withdrawn", "failed", "in_review"} {
			if _, err := b.db.Exec(b.dollars("UPDATE requests SET status = ? WHERE id = ?"), status, r.ID); err != nil {
				b.Errorf("%s: %v", status, err)
			}
		}
		b.must(b.s.Migrated(ctx))
	})
}

// TestRulesCostNoTable: SQLite builds one for every write where a rule lists three words or more in IN (…).
func TestRulesCostNoTable(t *testing.T) {
	b := behindOf(t, "sqlite")
	for _, query := range []string{
		"UPDATE requests SET status = 'applied', kind = 'by', assignee_id = 1, open = FALSE WHERE id = 1",
		"UPDATE mails SET state = 'sent', sent_at = '' WHERE id = 1",
		"INSERT INTO mails (ags, event_seq, kind, role, recipient, locale, message_id, next_at, created_at) VALUES ('', 1, '', '', 'x', '', '', '', '')",
		"INSERT INTO events (ags, seq, at, action, prev, hash) VALUES ('', 1, '', '', '', '')",
		"INSERT INTO configurations (form_id, number, content, definition, maintenance, cause, at, effective, prev, hash) VALUES (1, 1, '', 1, FALSE, 'initial', '', '', '', '')",
		"INSERT INTO changes (request_id, ord, field, section, label, type, old, new) VALUES (1, 1, '', '', '', '', '', '')",
	} {
		if slices.Contains(b.opcodes(query), "OpenEphemeral") {
			t.Errorf("SQLite builds a table for each %s", query)
		}
	}
}

// opcodes are what SQLite's machine does for a statement.
func (b *behind) opcodes(query string) []string {
	b.Helper()
	rows, err := b.db.Query("EXPLAIN " + query)
	b.must(err)
	defer func() { _ = rows.Close() }()
	var out []string
	for rows.Next() {
		var addr, p1, p2, p3, p5 int
		var opcode string
		var p4, comment sql.NullString
		b.must(rows.Scan(&addr, &opcode, &p1, &p2, &p3, &p4, &p5, &comment))
		out = append(out, opcode)
	}
	b.must(rows.Err())
	return out
}
