package models

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"gorm.io/gorm"
)

// ownFormat is raised when the file of one's own data changes its shape.
const ownFormat = 1

// ownPart is one list in the file: everything of a kind that is kept about a
// person. The query has one placeholder for each of args.
type ownPart struct {
	name  string
	query string
	args  func(User) []any
}

func byID(u User) []any      { return []any{u.ID} }
func byAddress(u User) []any { return []any{u.Email} }

// ownParts are all of them, in the order of the file. Never in it: what one
// signs in with, and hashes of it. docs/privacy.md describes the format.
var ownParts = []ownPart{
	{"account", `SELECT id, coalesce(ags, '') AS municipality, email, name, locale, active, demo, created_at, signed_in_at FROM users WHERE id = ?`, byID},
	{"roles", `SELECT role FROM user_roles WHERE user_id = ? ORDER BY role`, byID},
	{"sessions", `SELECT browser, system, address, method, created_at, seen_at, confirmed_at FROM sessions WHERE user_id = ? ORDER BY created_at`, byID},
	{"tokens", `SELECT id, name, scopes, tail, created_at, expires_at, used_at, revoked_at FROM tokens WHERE user_id = ? ORDER BY id`, byID},
	{"factors", `SELECT 'totp' AS kind, '' AS name, created_at, NULL AS used_at FROM totps WHERE user_id = ? UNION ALL SELECT 'passkey', name, created_at, used_at FROM passkeys WHERE user_id = ?
		UNION ALL SELECT 'recovery_code', '', NULL, used_at FROM recovery_codes WHERE user_id = ?`, func(u User) []any { return []any{u.ID, u.ID, u.ID} }},
	{"identities", `SELECT provider, issuer, subject, created_at, used_at FROM identities WHERE user_id = ? ORDER BY created_at`, byID},
	{"links", `SELECT kind, email, created_at, expires_at, used_at FROM account_links WHERE user_id = ? ORDER BY created_at`, byID},
	{"browsers", `SELECT seen_at FROM devices WHERE user_id = ? ORDER BY seen_at`, byID},
	{"grants", `SELECT ags AS municipality, kind, reason, granted_at, ends_at FROM access_grants WHERE granted_by = ? ORDER BY ags, kind`, byID},
	{"proposals", `SELECT ags AS municipality, policy, proposed_at FROM policy_proposals WHERE proposed_by = ? ORDER BY ags`, byID},
	{"requests", `SELECT number, ags AS municipality, assistant, status, reason, wish, kind, date, until, created_at, updated_at, submitted_at FROM requests WHERE author_id = ? ORDER BY id`, byID},
	{"changes", `SELECT r.number, c.label, c.type, CASE WHEN c.type = 'protected' THEN '' ELSE c.old END AS old, CASE WHEN c.type = 'protected' THEN '' ELSE c.new END AS new
		FROM changes c JOIN requests r ON r.id = c.request_id WHERE r.author_id = ? ORDER BY r.id, c.ord`, byID},
	{"edited", `SELECT r.number FROM request_editors e JOIN requests r ON r.id = e.request_id WHERE e.user_id = ? ORDER BY r.id`, byID},
	{"assigned", `SELECT number, status FROM requests WHERE assignee_id = ? ORDER BY id`, byID},
	{"approvals", `SELECT r.number, a.side, a.version, a.at, a.void_at FROM approvals a JOIN requests r ON r.id = a.request_id WHERE a.user_id = ? ORDER BY a.id`, byID},
	{"comments", `SELECT r.number, e.at, e.internal, e.comment FROM events e JOIN requests r ON r.id = e.request_id WHERE e.actor_id = ? AND e.action = 'comment' ORDER BY e.at, e.seq`, byID},
	{"attachments", `SELECT r.number, a.name, a.type, a.size, a.at FROM attachments a JOIN requests r ON r.id = a.request_id WHERE a.author_id = ? ORDER BY a.id`, byID},
	{"events", `SELECT e.ags AS chain, e.seq, e.at, e.action, coalesce(r.number, '') AS number, e.from_state, e.to_state, e.version, e.comment
		FROM events e LEFT JOIN requests r ON r.id = e.request_id WHERE e.actor_id = ? ORDER BY e.at, e.ags, e.seq`, byID},
	{"mails", `SELECT m.kind, m.role, m.state, m.created_at, m.sent_at, coalesce(r.number, '') AS number FROM mails m LEFT JOIN requests r ON r.id = m.request_id WHERE m.recipient = ? ORDER BY m.id`, byAddress},
	{"security", `SELECT minute, code, address, detail, count FROM security_events WHERE user_id = ? ORDER BY nr`, byID},
	{"views", `SELECT name, query, created_at FROM saved_views WHERE user_id = ? ORDER BY id`, byID},
	{"calendar_links", `SELECT created_at FROM calendar_links WHERE user_id = ?`, byID},
	{"typed", `SELECT r.number, t.page, t.content, t.updated_at FROM typed t JOIN requests r ON r.id = t.request_id WHERE t.user_id = ? ORDER BY t.updated_at`, byID},
	{"looking", `SELECT r.number, p.seen_at FROM presence p JOIN requests r ON r.id = p.request_id WHERE p.user_id = ?`, byID},
}

// OwnData writes everything that is kept about somebody as one JSON file (Art. 15
// and 20 DSGVO), as it stood at one moment. It is written row by row: w may be a file.
func (s *Store) OwnData(ctx context.Context, u User, w io.Writer) error {
	ctx = as(ctx, u)
	return s.ownData(ctx, u, w)
}

// OwnDataOf does the same for the operator, by the account's address.
func (s *Store) OwnDataOf(ctx context.Context, email string, w io.Writer) error {
	ctx = asInstallation(ctx)
	t := &tx{ctx: ctx, s: s, db: s.reader.WithContext(ctx)}
	u, err := t.byEmail(email)
	if err != nil {
		return trouble(err)
	}
	if err := s.ownData(ctx, u, w); err != nil {
		return err
	}
	return s.Witness(ctx, SecurityEvent{Code: Exported, AGS: u.AGS, Detail: "own_data of user " + number(&u.ID)})
}

func (s *Store) ownData(ctx context.Context, u User, w io.Writer) error {
	return trouble(s.snapshot(ctx, func(db *gorm.DB) error {
		now, err := s.databaseClock(db)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(w, "{\"formwandel_own_data\":%d,\"at\":%q", ownFormat, now.Format(time.RFC3339)); err != nil {
			return err
		}
		for _, p := range ownParts {
			if err := writeOwn(db, p, u, w); err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
		}
		_, err = io.WriteString(w, "\n}\n")
		return err
	}))
}

// writeOwn writes one list.
func writeOwn(db *gorm.DB, p ownPart, u User, w io.Writer) error {
	rows, err := db.Raw(p.query, p.args(u)...).Rows()
	if err != nil {
		return err
	}
	defer rows.Close()
	if _, err := fmt.Fprintf(w, ",\n%q:[", p.name); err != nil {
		return err
	}
	sep := "\n"
	err = eachByColumn(rows, func(row map[string]any) error {
		text, err := json.Marshal(ownRow(row))
		if err != nil {
			return err
		}
		_, err = io.WriteString(w, sep+string(text))
		sep = ",\n"
		return err
	})
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, "]")
	return err
}

// ownRow is a row as both databases would write it.
func ownRow(row map[string]any) map[string]any {
	for name, v := range row {
		switch v := v.(type) {
		case []byte:
			row[name] = string(v)
		case time.Time:
			row[name] = v.UTC().Format(time.RFC3339)
			if name == "date" || name == "until" {
				row[name] = v.Format("2006-01-02")
			}
		case int64:
			if name == "active" || name == "demo" || name == "internal" {
				row[name] = v != 0
			}
		}
	}
	return row
}
