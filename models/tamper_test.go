package models_test

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"formwandel/models"
	"formwandel/models/calendar"
	. "formwandel/models/modelstest"
)

// crime is a record with a history of two days, and what an auditor has kept of it.
type crime struct {
	*behind
	ev       models.Evidence
	marks    []int64 // where Bautzen's chain ended in the checkpoints
	length   int64
	requests []string
	yesterday,
	today func() // put everything back
	chance *rand.Rand
	after  string // what puts back what no photograph shows
}

// scene is where tampering is tried: everything that could hinder it is taken away.
func scene(t *testing.T, kind string) *crime {
	t.Helper()
	x := &crime{behind: recorded(t, kind)}
	x.guards(true) // the database notes what moves
	seed := Seed(t)
	x.chance = rand.New(rand.NewPCG(uint64(seed), 31))
	dir := t.TempDir()
	sign := func() {
		t.Helper()
		c, err := x.s.Checkpoint(ctx, dir, "")
		x.must(err)
		x.ev.Checkpoints = append(x.ev.Checkpoints, c)
		x.marks = append(x.marks, x.number("SELECT seq FROM chains WHERE ags = ?", Bautzen))
	}
	sign()
	x.yesterday = x.photographAs("yesterday")
	for i := range 3 {
		c := x.file(x.Clerk, wordingOf(fmt.Sprintf("Flur %d", i)))
		x.must(last(x.s.Do(ctx, x.Clerk2, c.Number, models.Edit, models.Input{Version: c.Version, Content: edited(fmt.Sprintf("Treppe %d", i))})))
		x.must(last(x.s.Attach(ctx, x.Clerk, c.Number, "a.txt", fmt.Appendf(nil, "Beschluss %d", i), nil)))
		x.approved(c.Number)
	}
	x.approved(x.file(x.Clerk, secretly(x.behind, "Geheimnis")).Number)
	x.knock()
	SetPolicy(x, x.s, x.TenantAdmin, x.Approver, Bautzen, models.PolicyRules{Dog: {"*": 1}})
	x.must(last(x.s.ProposePolicy(ctx, x.TenantAdmin, Bautzen, x.policyVersion(), models.PolicyRules{"*": {"*": 2}}, nil)))
	x.must(last(x.s.CreateToken(ctx, x.Lead.Email, "alt", time.Hour)))
	x.must(last(x.s.RevokeTokens(ctx, x.Lead.Email)))
	Require(t, x.s, x.Admin, models.Requirement{{Role: models.Agent, Kind: models.AnyFactor}, {Role: models.Lead, Kind: models.PasskeyFactor}, {Role: models.Admin, Kind: models.PasskeyFactor}})
	x.must(x.s.RecordKeys(ctx))
	admin := x.Admin
	admin.TokenID = 0 // in person
	x.must(x.s.SetKeepings(ctx, admin, map[string]int{"drafts": 30, "mails": 90}, nil))
	x.must(last(x.s.LinkCalendar(ctx, x.Approver)))
	x.switched(x.Agent2, false)
	x.switched(x.Clerk2, false)
	x.switched(x.Clerk2, true)
	x.switched(x.Lead2, false)
	x.must(last(x.s.ForgetPerson(ctx, x.Lead2.Email)))
	x.mailed()
	x.belongings()
	x.moves()
	x.must(x.s.SetProfile(ctx, x.TenantAdmin, Bautzen, x.policyVersion(), models.Profile{OfficeMail: "amt@bautzen.example", ClosingDays: []calendar.Day{calendar.NewDay(2026, 12, 28)}}, nil))
	sign()
	var err error
	x.ev.Keys, err = x.s.SigningKeys(ctx)
	x.must(err)
	x.length = x.marks[1]
	x.requests = x.column("SELECT number FROM requests WHERE ags = ? AND status IN ('applied', 'accepted') ORDER BY id", Bautzen)
	x.today = x.photographAs("today")
	x.guards(false)
	return x
}

// switched switches an account on or off.
func (b *behind) switched(who models.User, on bool) {
	b.Helper()
	by := b.Admin
	if who.AGS != "" {
		by = b.TenantAdmin
	}
	m, err := b.s.Person(ctx, by, who.ID)
	b.must(err)
	b.must(b.s.SwitchPerson(ctx, by, who.ID, m.Version, on, nil))
}

// loosely runs statements on which neither keys nor triggers hold.
func (x *crime) loosely(statements ...string) {
	x.Helper()
	x.loose(func(c *sql.Conn) error {
		for _, q := range statements {
			if _, err := c.ExecContext(ctx, q); err != nil {
				return fmt.Errorf("%s: %w", q, err)
			}
		}
		return nil
	})
}

// any is one of some things.
func any1[T any](x *crime, of []T) T { return of[x.chance.IntN(len(of))] }

// withoutOwn takes the record's own checkpoints away: only what was kept elsewhere is left.
func (x *crime) withoutOwn() { x.loosely("DELETE FROM checkpoints") }

// tampering is one way to falsify the record at a place; it tells what an audit must name.
type tampering struct {
	name string
	do   func(x *crime, seq int64) string
}

func at(seq int64) string { return fmt.Sprintf("municipality %s event %d:", Bautzen, seq) }

// set changes one column of an event, which its own seal shows.
func set(column, value string) func(x *crime, seq int64) string {
	return func(x *crime, seq int64) string {
		x.exec("UPDATE events SET "+column+" = "+value+" WHERE ags = ? AND seq = ?", Bautzen, seq)
		return at(seq) + " changed"
	}
}

var tamperings = []tampering{
	{"an event says something else", set("data", `'{"reason":"x"}'`)},
	{"a comment is another", set("comment", "comment || '!'")},
	{"somebody else did it", func(x *crime, seq int64) string {
		return set("actor_id", fmt.Sprint(x.Auditor.ID))(x, seq)
	}},
	{"it happened later", func(x *crime, seq int64) string {
		e := x.event(Bautzen, seq)
		e.At = e.At.Add(time.Second)
		x.forge(e)
		return at(seq) + " changed"
	}},
	{"an event is sealed anew, its successors are not", func(x *crime, seq int64) string {
		e := x.event(Bautzen, seq)
		e.Comment += "!"
		x.forge(e.Sealed(e.Prev))
		if seq == x.length {
			return "municipality " + Bautzen + " chain: head is not the last event"
		}
		return at(seq+1) + " does not follow"
	}},
	{"an event in the middle is gone", func(x *crime, seq int64) string {
		x.loosely(fmt.Sprintf("DELETE FROM events WHERE ags = '%s' AND seq = %d", Bautzen, seq))
		return at(seq) + " missing"
	}},
	{"the end is cut off", func(x *crime, seq int64) string {
		x.loosely(fmt.Sprintf("DELETE FROM events WHERE ags = '%s' AND seq >= %d", Bautzen, seq))
		return at(seq) + " missing"
	}},
	{"the end is cut off, the head set back, the checkpoints deleted", func(x *crime, seq int64) string {
		x.withoutOwn()
		x.loosely(fmt.Sprintf("DELETE FROM events WHERE ags = '%s' AND seq >= %d", Bautzen, seq))
		x.exec("UPDATE chains SET seq = ?, hash = coalesce((SELECT hash FROM events WHERE ags = ? AND seq = ?), '') WHERE ags = ?", seq-1, Bautzen, seq-1, Bautzen)
		return fmt.Sprintf("municipality %s chain: ends before event %d of kept checkpoint 2: event %d is the last", Bautzen, x.length, seq-1)
	}},
	{"a forged event is appended, with the right hashes", func(x *crime, seq int64) string {
		number := any1(x, x.requests)
		id := x.number("SELECT id FROM requests WHERE number = ?", number)
		e := models.Event{
			AGS: Bautzen, Seq: x.length + 1, RequestID: &id, At: x.event(Bautzen, x.length).At, Action: models.Reject, From: models.Approved, To: models.Rejected, Version: 9,
		}.Sealed(x.event(Bautzen, x.length).Hash)
		x.exec("INSERT INTO events (ags, seq, request_id, at, action, from_state, to_state, version, prev, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			e.AGS, e.Seq, id, e.At, string(e.Action), string(e.From), string(e.To), e.Version, e.Prev, e.Hash)
		x.exec("UPDATE chains SET seq = ?, hash = ? WHERE ags = ?", e.Seq, e.Hash, Bautzen)
		return "request " + number + ": state"
	}},
	{"somebody has said something, appended with the right hashes", func(x *crime, seq int64) string {
		number := any1(x, x.requests)
		id, end := x.number("SELECT id FROM requests WHERE number = ?", number), x.event(Bautzen, x.length)
		e := models.Event{
			AGS: Bautzen, Seq: x.length + 1, RequestID: &id, At: end.At, ActorID: &x.Clerk.ID, Action: models.Comment, From: models.Applied, To: models.Applied, Version: 5, Comment: "Einverstanden.",
		}.Sealed(end.Hash)
		x.exec("INSERT INTO events (ags, seq, request_id, at, actor_id, action, from_state, to_state, version, comment, prev, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			e.AGS, e.Seq, id, e.At, *e.ActorID, string(e.Action), string(e.From), string(e.To), e.Version, e.Comment, e.Prev, e.Hash)
		x.exec("UPDATE chains SET seq = ?, hash = ? WHERE ags = ?", e.Seq, e.Hash, Bautzen)
		return "chains (ags " + Bautzen + "): is not as"
	}},
	{"a forged event is put behind the end", func(x *crime, seq int64) string {
		e := models.Event{AGS: Bautzen, Seq: x.length + 1, At: x.event(Bautzen, x.length).At, Action: models.Comment, Comment: "Gefälscht."}.Sealed("")
		x.exec("INSERT INTO events (ags, seq, at, action, comment, prev, hash) VALUES (?, ?, ?, ?, ?, ?, ?)", e.AGS, e.Seq, e.At, string(e.Action), e.Comment, e.Prev, e.Hash)
		return at(e.Seq) + " does not follow"
	}},
	{"two events have changed places", func(x *crime, seq int64) string {
		other := seq%x.length + 1
		x.loosely(fmt.Sprintf("UPDATE events SET seq = seq + 1000000 WHERE ags = '%s' AND seq IN (%d, %d)", Bautzen, seq, other),
			fmt.Sprintf("UPDATE events SET seq = CASE seq WHEN %d THEN %d ELSE %d END WHERE ags = '%s' AND seq > 1000000", seq+1000000, other, seq, Bautzen))
		return at(min(seq, other))
	}},
	{"the whole chain is written anew, with the right hashes", func(x *crime, seq int64) string {
		x.withoutOwn()
		e := x.event(Bautzen, seq)
		e.Comment += " und mehr"
		x.forge(e)
		x.resealed(Bautzen, seq)
		first := x.marks[1] // the first place behind it that a checkpoint knows
		if seq <= x.marks[0] {
			first = x.marks[0]
		}
		return at(first) + " is not the one in kept checkpoint"
	}},
	{"everything is rolled back to yesterday", func(x *crime, seq int64) string {
		x.yesterday()
		return fmt.Sprintf("municipality %s chain: ends before event %d of kept checkpoint 2: event %d is the last", Bautzen, x.length, x.marks[0])
	}},
	{"a version holds another value", func(x *crime, seq int64) string {
		id := x.number("SELECT id FROM forms WHERE ags = ? AND assistant = ?", Bautzen, Birth)
		n := 1 + x.chance.Int64N(x.number("SELECT live FROM forms WHERE id = ?", id))
		x.loosely(fmt.Sprintf("UPDATE configurations SET content = replace(content, ':2000', ':1') WHERE form_id = %d AND number = %d", id, n))
		return fmt.Sprintf("form %s/%s version %d: changed", Bautzen, Birth, n)
	}},
	{"somebody else has approved", func(x *crime, seq int64) string {
		number := any1(x, x.requests)
		x.loosely(fmt.Sprintf("UPDATE approvals SET user_id = %d WHERE side = 'provider' AND request_id = (SELECT id FROM requests WHERE number = '%s')", x.Lead2.ID, number))
		return fmt.Sprintf("request %s: approval by user %d is not in its history", number, x.Lead2.ID)
	}},
	{"something else was approved", func(x *crime, seq int64) string {
		number := any1(x, x.requests)
		x.loosely(fmt.Sprintf("UPDATE approvals SET content_hash = '%064d' WHERE request_id = (SELECT id FROM requests WHERE number = '%s')", seq, number))
		return "request " + number + ": approval by user"
	}},
	{"a request stands elsewhere", func(x *crime, seq int64) string {
		number := any1(x, x.requests)
		x.loosely("UPDATE requests SET status = 'withdrawn' WHERE number = '" + number + "'")
		return "request " + number + ": state"
	}},
	{"one column of a request is another", func(x *crime, seq int64) string {
		number := any1(x, x.requests)
		column := any1(x, []string{
			"reason = 'x'", "wish = 'x'", "need_provider = 2", "policy = 'x'", "late = 77", "conflicts = 'x'", "created_at = '2020-01-01 00:00:00+00:00'",
			fmt.Sprintf("author_id = %d", x.Auditor.ID), fmt.Sprintf("assignee_id = %d", x.Auditor.ID), // an account that took no part
			"definition = 7", "accept_by = '2030-01-01'", "reminded = 2", "applied_at = '2020-01-01 00:00:00+00:00'", "apply_at = '2020-01-01 00:00:00+00:00'", "due_at = '2020-01-01 00:00:00+00:00'",
		})
		x.loosely("UPDATE requests SET " + column + " WHERE number = '" + number + "'")
		return "request " + number + ":"
	}},
	{"what a protected value was before is another", func(x *crime, seq int64) string {
		number := any1(x, x.column("SELECT r.number FROM changes c JOIN requests r ON r.id = c.request_id WHERE c.type = 'protected' ORDER BY r.number"))
		old := any1(x, []string{`"x"`, fmt.Sprintf(`"sealed:h%031x"`, seq)})
		x.loosely("UPDATE changes SET old = '" + old + "' WHERE type = 'protected' AND request_id = (SELECT id FROM requests WHERE number = '" + number + "')")
		return "request " + number + ":"
	}},
	{"an editor is gone, or one too many", func(x *crime, seq int64) string {
		number := any1(x, x.requests)
		x.loosely(fmt.Sprintf("INSERT INTO request_editors (request_id, user_id) SELECT id, %d FROM requests WHERE number = '%s'", x.Auditor.ID, number))
		return "request " + number + ": row"
	}},
	{"a document is another", func(x *crime, seq int64) string {
		hash := any1(x, x.column("SELECT hash FROM blobs ORDER BY hash"))
		x.loosely(fmt.Sprintf("UPDATE blobs SET content = '%x' WHERE hash = '%s'", seq, hash))
		return "document " + hash + ": content"
	}},
	{"an event is moved into another municipality's chain", func(x *crime, seq int64) string {
		x.loosely(fmt.Sprintf("UPDATE events SET ags = '%s', seq = (SELECT seq + 1 FROM chains WHERE ags = '%s') WHERE ags = '%s' AND seq = %d", Leipzig, Leipzig, Bautzen, seq))
		return at(seq) + " missing"
	}},
	{"a request is moved to another municipality", func(x *crime, seq int64) string {
		number := any1(x, x.requests)
		x.loosely(fmt.Sprintf("UPDATE requests SET ags = '%s' WHERE number = '%s'", Leipzig, number))
		return "request " + number + ": has no history"
	}},
	{"a role is given behind the record", func(x *crime, seq int64) string {
		x.loosely(fmt.Sprintf("INSERT INTO user_roles (user_id, role) VALUES (%d, 'lead')", x.Auditor.ID))
		return fmt.Sprintf("account %d: roles", x.Auditor.ID)
	}},
	{"a token is made behind the record", func(x *crime, seq int64) string {
		x.loosely(fmt.Sprintf("INSERT INTO tokens (user_id, hash, scopes, created_at, expires_at) VALUES (%d, '%064d', 'all', '2026-01-01 00:00:00+00:00', '2036-01-01 00:00:00+00:00')", x.Lead.ID, seq))
		return fmt.Sprintf("token %d of account %d: no event", x.number("SELECT max(id) FROM tokens"), x.Lead.ID)
	}},
	{"an access is granted behind the record", func(x *crime, seq int64) string {
		x.loosely(fmt.Sprintf("INSERT INTO access_grants (ags, kind, seq, granted_by, granted_at) VALUES ('%s', 'profile', %d, %d, '2026-01-01 00:00:00+00:00')", Bautzen, seq, x.TenantAdmin.ID))
		return "grant of municipality " + Bautzen + " profile"
	}},
	{"a policy is proposed behind the record, or the one that waits is another, or gone", func(x *crime, seq int64) string {
		change := any1(x, []string{
			"UPDATE policy_proposals SET policy = '{}'", fmt.Sprintf("UPDATE policy_proposals SET proposed_by = %d", x.Clerk2.ID), fmt.Sprintf("UPDATE policy_proposals SET event_seq = %d", x.length+seq),
			"UPDATE policy_proposals SET proposed_at = '2026-01-01 00:00:00+00:00'", "DELETE FROM policy_proposals", "",
		})
		if change != "" {
			x.loosely(change)
			return "proposed policy of municipality " + Bautzen
		}
		x.loosely(fmt.Sprintf("INSERT INTO policy_proposals (ags, policy, proposed_by, proposed_at, event_seq) VALUES ('%s', '{}', %d, '2026-01-01 00:00:00+00:00', %d)", Leipzig, x.LeipzigClerk.ID, seq))
		return "proposed policy of municipality " + Leipzig
	}},
	{"another policy counts than two persons have agreed on", func(x *crime, seq int64) string {
		x.loosely("UPDATE municipalities SET policy = '{}' WHERE ags = '" + Bautzen + "'")
		return "municipality " + Bautzen + ": approval policy"
	}},
	{"an account is moved to another municipality", func(x *crime, seq int64) string {
		x.loosely(fmt.Sprintf("UPDATE users SET ags = '%s' WHERE id = %d", Leipzig, x.Clerk2.ID))
		return fmt.Sprintf("account %d: is not whose", x.Clerk2.ID)
	}},
	{"somebody is let in by another way", func(x *crime, seq int64) string {
		who := any1(x, []models.User{x.Lead, x.Approver, x.Auditor}) // who has no factor yet
		x.loosely(any1(x, []string{
			fmt.Sprintf("UPDATE users SET password_hash = '$argon2id$%d' WHERE id = %d", seq, who.ID),
			fmt.Sprintf("UPDATE users SET email = 'dieb%d@bautzen.example' WHERE id = %d", seq, who.ID),
			fmt.Sprintf("UPDATE users SET demo = NOT demo WHERE id = %d", who.ID),
			fmt.Sprintf("UPDATE users SET address_by = %d WHERE id = %d", x.Auditor.ID, who.ID),
			fmt.Sprintf("INSERT INTO passkeys (user_id, handle, credential_id, credential, name, created_at) VALUES (%d, 'x', 'x%d', '{}', 'x', '2026-01-01 00:00:00+00:00')", who.ID, seq),
			fmt.Sprintf("INSERT INTO identities (issuer, subject, user_id, provider, created_at, used_at) VALUES ('https://x.example', '%d', %d, 'x', '2026-01-01 00:00:00+00:00', '2026-01-01 00:00:00+00:00')", seq, who.ID),
			fmt.Sprintf("INSERT INTO totps (user_id, sealed, created_at, confirmed_at) VALUES (%d, '%040d', '2026-01-01 00:00:00+00:00', '2026-01-01 00:00:00+00:00')", who.ID, seq),
			fmt.Sprintf("INSERT INTO recovery_codes (user_id, hash) VALUES (%d, '%064d')", who.ID, seq),
		}))
		return fmt.Sprintf("account %d: its address, password", who.ID)
	}},
	{"second factors are asked for no more", func(x *crime, seq int64) string {
		x.loosely("DELETE FROM factor_roles WHERE role = '" + any1(x, x.column("SELECT role FROM factor_roles ORDER BY role")) + "'")
		return "roles that ask for a second factor: are not"
	}},
	{"a passkey is needed no more", func(x *crime, seq int64) string {
		x.loosely(any1(x, []string{
			"UPDATE factor_roles SET kind = 'any'",
			"UPDATE factor_roles SET kind = 'any' WHERE role = '" + any1(x, x.column("SELECT role FROM factor_roles WHERE kind = 'passkey' ORDER BY role")) + "'",
			"UPDATE factor_roles SET role = 'lead:passkey', kind = 'any' WHERE role = 'lead'", // reads alike, and is nobody's role
			"UPDATE factor_roles SET role = 'clerk' WHERE role = 'lead'",                      // of others
		}))
		return "roles that ask for a second factor: are not"
	}},
	{"a token that has ended opens again, or one lives longer", func(x *crime, seq int64) string {
		id := x.number("SELECT max(id) FROM tokens WHERE revoked_at IS NOT NULL")
		if change := any1(x, []string{"revoked_at = NULL", "expires_at = '2099-01-01 00:00:00+00:00'", fmt.Sprintf("hash = '%064d'", seq)}); change == "revoked_at = NULL" {
			x.loosely(fmt.Sprintf("UPDATE tokens SET %s WHERE id = %d", change, id))
			return fmt.Sprintf("token %d of account %d: is in force otherwise", id, x.Lead.ID)
		} else {
			x.loosely(fmt.Sprintf("UPDATE tokens SET %s WHERE id = %d", change, id))
			return fmt.Sprintf("token %d of account %d: no event", id, x.Lead.ID)
		}
	}},
	{"two municipalities' forms have changed places", func(x *crime, seq int64) string {
		x.loosely("UPDATE forms SET ags = 'x' || ags WHERE assistant = '"+Birth+"' AND ags IN ('"+Bautzen+"', '"+Leipzig+"')",
			"UPDATE forms SET ags = CASE ags WHEN 'x"+Bautzen+"' THEN '"+Leipzig+"' ELSE '"+Bautzen+"' END WHERE ags LIKE 'x%'")
		return "form " + Leipzig + "/" + Birth + ": is not whose"
	}},
	{"two forms of a municipality have changed places", func(x *crime, seq int64) string {
		x.loosely("UPDATE forms SET assistant = 'x' || assistant WHERE ags = '"+Bautzen+"' AND assistant IN ('"+Birth+"', '"+Dog+"')",
			"UPDATE forms SET assistant = CASE assistant WHEN 'x"+Birth+"' THEN '"+Dog+"' ELSE '"+Birth+"' END WHERE assistant LIKE 'x%'")
		return "form " + Bautzen + "/" + Dog + ": is not whose"
	}},
	{"protected values are sealed for somebody else, or words go early", func(x *crime, seq int64) string {
		name := any1(x, []string{"seal", "factor_key", "keep.drafts", "keep.mails", "keep.accounts"})
		x.loosely("DELETE FROM settings WHERE name = '" + name + "'")
		if name != "keep.accounts" && any1(x, []string{"gone", "another"}) == "gone" { // nobody has said anything of accounts
			return "setting " + name + ": is not there"
		}
		x.loosely(fmt.Sprintf("INSERT INTO settings (name, value) VALUES ('%s', '%d')", name, 1000+seq))
		return "setting " + name + ": is not what"
	}},
	{"a stranger follows a calendar", func(x *crime, seq int64) string {
		who := any1(x, []models.User{x.Approver, x.Lead})
		x.loosely(fmt.Sprintf("DELETE FROM calendar_links WHERE user_id = %d", who.ID),
			fmt.Sprintf("INSERT INTO calendar_links (user_id, hash, created_at) VALUES (%d, '%064d', '2026-01-01 00:00:00+00:00')", who.ID, seq))
		return fmt.Sprintf("private calendar of account %d: no event", who.ID)
	}},
	{"a document's content is gone", func(x *crime, seq int64) string {
		hash := any1(x, x.column("SELECT hash FROM blobs ORDER BY hash"))
		x.loosely("DELETE FROM blobs WHERE hash = '" + hash + "'")
		return "document " + hash + ": is not there"
	}},
	{"a protected value is another, or gone", func(x *crime, seq int64) string {
		ref := any1(x, x.column("SELECT ref FROM secrets ORDER BY ref"))
		if seq%2 == 0 {
			x.loosely("DELETE FROM secrets WHERE ref = '" + ref + "'")
			return "protected value " + ref + ": is not there"
		}
		x.exec("UPDATE secrets SET sealed = ? WHERE ref = ?", []byte("etwas anderes"), ref)
		return "protected value " + ref + ": content"
	}},
	{"a token is gone, or is another's in the record", func(x *crime, seq int64) string {
		if id := x.number("SELECT max(id) FROM tokens"); seq%2 == 0 {
			x.loosely(fmt.Sprintf("UPDATE tokens SET id = id + 1000 WHERE id = %d", id))
			return fmt.Sprintf("token %d of account %d: no event", id+1000, x.Lead.ID)
		}
		who := any1(x, []models.User{x.Lead, x.Approver, x.Admin})
		x.loosely(fmt.Sprintf("DELETE FROM tokens WHERE id = (SELECT max(id) FROM tokens WHERE user_id = %d)", who.ID))
		return fmt.Sprintf("tokens of account %d: 1 that events speak of are not there", who.ID)
	}},
	{"an assistant is gone", func(x *crime, seq int64) string {
		key := any1(x, x.column("SELECT key FROM assistants ORDER BY key"))
		x.loosely("DELETE FROM assistants WHERE key = '" + key + "'")
		return "assistant " + key + ": is not there"
	}},
	{"a questionnaire that nobody has imported, or one is gone", func(x *crime, seq int64) string {
		if seq%2 == 0 {
			x.loosely("DELETE FROM definitions WHERE assistant = '" + Dog + "'")
			return "questionnaire " + Dog + " 1: is not there"
		}
		x.loosely("INSERT INTO definitions (assistant, version, content, hash, created_at) SELECT assistant, version + 1, content, hash, created_at FROM definitions WHERE assistant = '" + Birth + "'")
		return "questionnaire " + Birth + " version 2: no event"
	}},
	{"a signing key is older, or signs no more", func(x *crime, seq int64) string {
		x.loosely("UPDATE signing_keys SET " + any1(x, []string{"created_at", "retired_at"}) + " = '2026-01-01 00:00:00+00:00'")
		return "signing key " + x.column("SELECT id FROM signing_keys")[0] + ": was made or retired"
	}},
	{"the lines of a checkpoint are laid out otherwise", func(x *crime, seq int64) string {
		x.exec(any1(x, []string{"UPDATE checkpoints SET heads = heads || ? WHERE number = 1", "UPDATE checkpoints SET heads = ? || heads WHERE number = 1", "UPDATE checkpoints SET signature = signature || ? WHERE number = 1"}), "\n")
		return "checkpoint 1: changed"
	}},
	{"a request seems older than it is", func(x *crime, seq int64) string {
		number := any1(x, x.requests)
		x.loosely("UPDATE requests SET updated_at = '2001-01-01 00:00:00+00:00' WHERE number = '" + number + "'")
		return "request " + number + ": was not written last when"
	}},
	{"the clock and the lists pass a request by, or take it up", func(x *crime, seq int64) string {
		number := any1(x, x.column("SELECT number FROM requests ORDER BY id"))
		change := any1(x, []string{"open = NOT open", "planned = NOT planned", "waiting = waiting + 1", "knock_at = '2026-12-24 00:00:00+00:00'", "knock_rank = knock_rank + 1"})
		if open := x.column("SELECT number FROM requests WHERE knock_at IS NOT NULL ORDER BY id"); x.chance.IntN(3) == 0 {
			number, change = any1(x, open), "knock_at = NULL"
		}
		x.loosely("UPDATE requests SET " + change + " WHERE number = '" + number + "'")
		return "request " + number + ": "
	}},
	{"an account seems to have been off for long, or is nobody's", func(x *crime, seq int64) string {
		who := any1(x, []models.User{x.Clerk2, x.Agent2, x.Approver})
		column := any1(x, []string{"off_at", "forgotten_at"})
		x.loosely(fmt.Sprintf("UPDATE users SET %s = '2001-01-01 00:00:00+00:00' WHERE id = %d", column, who.ID))
		return fmt.Sprintf("account %d: %s otherwise", who.ID, map[string]string{"off_at": "has been off", "forgotten_at": "is forgotten"}[column])
	}},
	{"a forgotten person is somebody's again", func(x *crime, seq int64) string {
		id := x.number("SELECT max(id) FROM users WHERE forgotten_at IS NOT NULL")
		x.loosely(fmt.Sprintf("UPDATE users SET forgotten_at = %s WHERE id = %d", any1(x, []string{"NULL", "'2026-11-01 00:00:00+00:00'"}), id))
		return fmt.Sprintf("account %d: is forgotten otherwise", id)
	}},
	{"another questionnaire counts", func(x *crime, seq int64) string {
		x.loosely("UPDATE assistants SET definition = definition + 1 WHERE key = '" + Birth + "'")
		return "assistant " + Birth + ": the version"
	}},
	{"a guard is gone, switched off, or lets everything pass", func(x *crime, seq int64) string {
		g := any1(x, x.lowered)
		if x.sqlite() {
			x.meddle = "DROP TRIGGER " + g.name
			if seq%2 == 0 {
				return "guard " + g.String() + ": is not there"
			}
			x.meddle += "; " + strings.Replace(g.words, "BEGIN", "BEGIN SELECT 1;", 1)
			return "guard " + g.String() + ": is not as"
		}
		switch x.chance.IntN(5) {
		case 0:
			x.meddle = "DROP TRIGGER " + g.name + " ON " + g.table
			return "guard " + g.String() + ": is not there"
		case 1:
			x.meddle = "ALTER TABLE " + g.table + any1(x, []string{" DISABLE TRIGGER ", " ENABLE REPLICA TRIGGER "}) + g.name
			return "guard " + g.String() + ": is switched off"
		case 2:
			x.meddle = "DROP TRIGGER " + g.name + " ON " + g.table + "; " + strings.NewReplacer(" BEFORE ", " AFTER ", " AFTER ", " BEFORE ").Replace(g.words)
			return "guard " + g.String() + ": is not as"
		case 3:
			x.loosely("ALTER TABLE approvals DISABLE TRIGGER ALL")
			x.after = "ALTER TABLE approvals ENABLE TRIGGER ALL"
			return "key approvals_request_id_fkey on approvals: is switched off"
		}
		does := x.column("SELECT prosrc FROM pg_proc WHERE proname = 'four_eyes'")[0]
		x.exec("CREATE OR REPLACE FUNCTION four_eyes() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$")
		x.after = "CREATE OR REPLACE FUNCTION four_eyes() RETURNS trigger LANGUAGE plpgsql AS $$" + does + "$$"
		return "guard approvals_four_eyes on approvals: is not as"
	}},
	{"a checkpoint is another", func(x *crime, seq int64) string {
		x.loosely("UPDATE checkpoints SET heads = replace(heads, '" + Bautzen + " ', '" + Bautzen + " 1') WHERE number = 1")
		return "checkpoint 1:"
	}},
}

// TestAnAuditFindsWhatWasFalsified tries each kind of tampering at many places.
func TestAnAuditFindsWhatWasFalsified(t *testing.T) {
	each := Share(100)
	for _, kind := range Databases {
		t.Run(kind, func(t *testing.T) {
			x := scene(t, kind)
			x.whole("untouched")
			kinds := slices.Concat(tamperings, rowTamperings, countedTamperings)
			for _, tamper := range kinds {
				for i := range each {
					seq := 1 + x.chance.Int64N(x.length)
					if i == 0 {
						seq = x.length
					} else if i == 1 {
						seq = 1
					}
					name := tamper.do(x, seq)
					x.mustFindWith(fmt.Sprintf("%s (%d)", tamper.name, seq), name, x.ev)
					x.today()
					if x.after != "" {
						x.loosely(x.after)
						x.after = ""
					}
				}
			}
			x.whole("after all was put back")
			Score(t, "S45", fmt.Sprintf("%d kinds of tampering × %d on %s", len(kinds), each, kind), len(kinds)*each, "each found and named by chain and first bad sequence, or by request, version, document, account, table")
		})
	}
}

// whole asserts that an audit finds nothing.
func (x *crime) whole(when string) {
	x.Helper()
	if report, err := x.audited(x.ev); err != nil || len(report.Findings) != 0 || report.Checkpoints != 2 {
		x.Fatalf("%s: %+v, %v", when, report, err)
	}
}
