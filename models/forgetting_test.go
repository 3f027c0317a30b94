package models_test

import (
	"bytes"
	"compress/gzip"
	"database/sql"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// Somebody whose name nobody else has: the beginning of it is looked for in everything.
const (
	leaverName  = "Ottilie Zwetschgenhuber-Őry, Bürgerbüro"
	leaverEmail = "ottilie.zwetschgenhuber@bautzen.example"
	leaverTrace = "zwetschg"

	formerName  = "Zwetschgenhuber (https://zwetschgen.example)" // as the account was called before
	formerEmail = "alt.zwetschgenhuber@bautzen.example"
)

// allTables are all of a database's own, the tables behind the search index included.
func (b *behind) allTables() []string {
	b.Helper()
	if b.sqlite() {
		return b.column("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
	}
	return b.column("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1")
}

// dumped is every cell of every table, as bytes.
func (b *behind) dumped() map[string][]byte {
	b.Helper()
	out := map[string][]byte{}
	for _, table := range b.allTables() {
		if b.sqlite() && strings.HasPrefix(table, "sqlite_") {
			continue
		}
		rows, err := b.db.Query(`SELECT * FROM "` + table + `"`)
		if err != nil {
			b.Fatalf("%s: %v", table, err)
		}
		names, err := rows.Columns()
		b.must(err)
		var text bytes.Buffer
		for rows.Next() {
			cells := make([]any, len(names))
			for i := range cells {
				cells[i] = new(sql.RawBytes)
			}
			b.must(rows.Scan(cells...))
			for _, c := range cells {
				text.Write(*c.(*sql.RawBytes))
				text.WriteByte('\n')
			}
		}
		b.must(rows.Err())
		b.must(rows.Close()) //nolint:sqlclosecheck // one table after the other
		out[table] = text.Bytes()
	}
	return out
}

// traced tells in which tables somebody's name or address stands.
func (b *behind) traced() (where []string) {
	b.Helper()
	for table, text := range b.dumped() {
		if bytes.Contains(bytes.ToLower(text), []byte(leaverTrace)) {
			where = append(where, table)
		}
	}
	slices.Sort(where)
	return where
}

// leaver is somebody who has used everything there is, in two municipalities' requests.
func (b *behind) leaver() models.User {
	b.Helper()
	_, err := b.s.AddUser(ctx, models.NewUser{AGS: Bautzen, Email: formerEmail, Name: formerName, Roles: []models.Role{models.Clerk, models.Approver}})
	b.must(err)
	u := SignIn(b, b.s, formerEmail)
	says := func(key, name, email string) *models.Once {
		return &models.Once{Key: key, Body: []byte(key), Answer: func(any) (int, string, []byte, error) {
			return 201, "", []byte(`{"author":"` + name + `","mail":"` + email + `"}`), nil
		}}
	}
	in := wording("Raum 4")
	in.Once = says("k1", formerName, formerEmail)
	c := b.file(u, in)
	b.must(last(b.s.Comment(ctx, b.Agent, c.Number, "Gelesen.", false, says("k0", formerName, formerEmail))))
	b.must(b.s.ConfirmAddress(ctx, b.move(formerEmail, leaverEmail)))
	m := b.person(leaverEmail)
	b.must(b.s.ChangePerson(ctx, b.TenantAdmin, m.ID, m.Version, models.PersonChange{Name: leaverName, Locale: "de", Roles: m.Roles}, nil))
	u = SignIn(b, b.s, leaverEmail)
	b.must(last(b.s.Comment(ctx, u, c.Number, "Der Stadtrat tagt am Montag.", false, nil)))
	b.do(b.Agent, c.Number, models.Claim, "")
	b.must(last(b.s.Comment(ctx, b.Agent, c.Number, "Verstanden.", false, says("k2", leaverName, leaverEmail))))
	b.do(b.Agent, c.Number, models.Ask, "Welcher Montag?")
	b.do(u, c.Number, models.Answer, "Der nächste.")
	_, _, err = b.s.SignIn(ctx, u, models.Proof{Method: "password"}, models.Visit{Browser: "Firefox", Address: "192.0.2.1"})
	b.must(err)
	b.must(last(b.s.Recognise(ctx, models.Identity{Provider: "bautzen", Issuer: "https://login.bautzen.example", Subject: leaverName, Email: leaverEmail, Verified: true, AGS: Bautzen, Roles: u.Roles, Confined: Bautzen})))
	b.must(b.s.SaveView(ctx, u, "Meine", "status=question"))
	_, err = b.s.LinkCalendar(ctx, u)
	b.must(err)
	draft := wording("Raum 5")
	draft.Submit = false
	d := b.file(u, draft)
	_, err = b.s.KeepTyped(ctx, u, d.Number, "felder", 1, map[string][]string{"x": {"y"}})
	b.must(err)
	now := "2026-11-23 08:00:00+00:00"
	b.exec("INSERT INTO totps (user_id, sealed, created_at) VALUES (?, ?, '"+now+"')", u.ID, []byte("x"))
	b.exec("INSERT INTO passkeys (user_id, handle, credential_id, credential, name, created_at) VALUES (?, 'h', 'c', 'd', ?, '"+now+"')", u.ID, leaverName)
	b.exec("INSERT INTO recovery_codes (user_id, hash) VALUES (?, ?)", u.ID, strings.Repeat("0", 64))
	b.exec("INSERT INTO challenges (holder, user_id, data, created_at) VALUES (?, ?, ?, '"+now+"')", strings.Repeat("0", 64), u.ID, leaverEmail)
	b.exec("INSERT INTO account_links (id, user_id, kind, email, ags, event_seq, created_at, expires_at) VALUES (?, ?, 'address', ?, ?, 1, '"+now+"', '2026-11-24 08:00:00+00:00')", strings.Repeat("0", 32), u.ID, "neu."+leaverEmail, Bautzen)
	b.exec("INSERT INTO reset_asks (email, known, at) VALUES (?, ?, '"+now+"')", leaverEmail, true)
	b.exec("INSERT INTO devices (hash, user_id, seen_at) VALUES (?, ?, '"+now+"')", strings.Repeat("0", 64), u.ID)
	b.exec("INSERT INTO identities (issuer, subject, user_id, provider, created_at, used_at) VALUES ('https://idp.example', ?, ?, 'stadt', '"+now+"', '"+now+"')", leaverEmail, u.ID)
	b.exec("UPDATE mails SET state = 'failed', last_error = '550 no such user <' || recipient || '>' WHERE recipient = ? AND kind = 'submitted'", leaverEmail)
	return u
}

// TestAForgottenPersonIsNowhere: name and address of a person are in no cell of any table, in no
// search, export or backup, and the record is whole (T32, S47).
func TestAForgottenPersonIsNowhere(t *testing.T) {
	look(t, func(b *behind) {
		u := b.leaver()
		b.file(b.Clerk, wording("Raum 9")) // of no concern to the person
		if got := b.finds(b.Clerk, "Zwetschgenhuber"); len(got) != 2 {
			b.Fatalf("before, a search finds %v", got)
		}
		before := b.traced()
		if !slices.Contains(before, "users") || !slices.Contains(before, "mails") || !slices.Contains(before, "idempotency") || len(before) < 4 {
			b.Fatalf("before, the name stands in %v only", before)
		}
		named := b.mailsNaming(u)
		heads, _, err := b.s.Heads(ctx)
		b.must(err)
		forget := func() error {
			m, err := b.s.Person(ctx, b.TenantAdmin, u.ID)
			b.must(err)
			return b.s.Pseudonymise(ctx, b.TenantAdmin, u.ID, m.Version, nil)
		}
		if err := forget(); kindOf(err) != models.Conflict {
			b.Errorf("an account in use: %v", err)
		}
		m, err := b.s.Person(ctx, b.TenantAdmin, u.ID)
		b.must(err)
		b.must(b.s.SwitchPerson(ctx, b.TenantAdmin, u.ID, m.Version, false, nil))
		b.must(forget())
		tables := len(b.dumped())
		if where := b.traced(); len(where) != 0 {
			b.Errorf("the name stands in %v", where)
		}
		b.nowhereElse(u)
		if after := b.mailsNaming(u); !slices.Equal(after, named) {
			b.Errorf("mails that name the person: %v, and afterwards %v", named, after)
		}
		report, err := b.s.Verify(ctx, heads)
		b.must(err)
		for _, f := range report.Findings {
			b.Errorf("audit: %s", f)
		}
		c := b.get("KA-2026-000001")
		if c.Author.Name != fmt.Sprintf("Ehemalige Person %d", u.ID) {
			b.Errorf("the author is %q", c.Author.Name)
		}
		if got := b.finds(b.Clerk, "Ehemalige Person"); len(got) != 2 {
			b.Errorf("by the pseudonym %v are found", got)
		}
		m, err = b.s.Person(ctx, b.TenantAdmin, u.ID)
		b.must(err)
		if err := forget(); kindOf(err) != models.Conflict {
			b.Errorf("twice: %v", err)
		}
		if err := b.s.SwitchPerson(ctx, b.TenantAdmin, u.ID, m.Version, true, nil); kindOf(err) != models.Conflict {
			b.Errorf("on again: %v", err)
		}
		Score(b, "S47", "a person is forgotten on "+b.s.Dialect()+", then every cell of the database is searched", tables, fmt.Sprintf("0 of %d tables, 0 finds of the search, 0 lines of export and backup name the person (before: %d tables); the audit finds %d of %d events changed", tables, len(before), len(report.Findings), report.Events))
	})
}

// mailsNaming are the mails that name a person. Each that does so as it is written now is one of them, and so is
// one that nobody knows; others are not.
func (b *behind) mailsNaming(u models.User) (named []string) {
	b.Helper()
	ids := []int64{1 << 40}
	for _, id := range b.column("SELECT id FROM mails ORDER BY id") {
		n, err := strconv.ParseInt(id, 10, 64)
		b.must(err)
		ids = append(ids, n)
	}
	without, err := b.s.MailsWithout(ctx, u.ID, ids)
	b.must(err)
	for _, id := range ids[1:] {
		l, err := b.s.Letter(ctx, b.Admin, id)
		b.must(err)
		said := strings.ToLower(fmt.Sprint(l.Mail.Recipient, l.Facts.Actor, l.Facts.Account))
		if !slices.ContainsFunc(without, func(m models.Mail) bool { return m.ID == id }) {
			named = append(named, strconv.FormatInt(id, 10))
		} else if strings.Contains(said, leaverTrace) || l.Facts.AccountID == u.ID || strings.Contains(said, fmt.Sprint("person ", u.ID)) {
			b.Errorf("mail %d names the person: %s", id, said)
		}
	}
	if len(named)+len(without) != len(ids)-1 || len(without) == 0 {
		b.Errorf("%d mails name the person, %d do not, of %d", len(named), len(without), len(ids)-1)
	}
	return named
}

// nowhereElse looks for the forgotten person outside of the tables.
func (b *behind) nowhereElse(u models.User) {
	b.Helper()
	for _, q := range []string{"Zwetschgenhuber", "Zwetsch", "Ottilie", "ory", leaverEmail} {
		if got := b.finds(b.Auditor, q); len(got) != 0 {
			b.Errorf("%q finds %v", q, got)
		}
	}
	var export, backup, own bytes.Buffer
	b.must(b.s.Export(ctx, "", &export))
	b.must(last(b.s.Backup(ctx, &backup)))
	zip, err := gzip.NewReader(&backup)
	b.must(err)
	plain, err := io.ReadAll(zip)
	b.must(err)
	b.must(b.s.OwnData(ctx, b.Agent, &own))
	texts := map[string][]byte{"export": export.Bytes(), "backup": plain, "own data": own.Bytes()}
	if b.sqlite() {
		for _, end := range []string{"", "-wal"} {
			texts["file"+end], err = os.ReadFile(strings.TrimPrefix(b.url, "sqlite://") + end)
			b.must(err)
		}
	}
	for what, text := range texts {
		if len(text) == 0 && what != "file-wal" || bytes.Contains(bytes.ToLower(text), []byte(leaverTrace)) {
			b.Errorf("%s (%d bytes) names the person", what, len(text))
		}
	}
	if _, err := b.s.Authenticate(ctx, "fw_"+strings.Repeat("0", 48)); kindOf(err) != models.Unauthorized {
		b.Errorf("a token: %v", err)
	}
	if n := b.number("SELECT count(*) FROM tokens WHERE user_id = ?", u.ID); n != 0 {
		b.Errorf("%d tokens are left", n)
	}
}

// TestTheOperatorForgets: by address, told beforehand what goes.
func TestTheOperatorForgets(t *testing.T) {
	look(t, func(b *behind) {
		u := b.leaver()
		f, err := b.s.ForgetPerson(ctx, leaverEmail)
		if kindOf(err) != models.Conflict || !f.Active {
			b.Errorf("in use: %+v, %v", f, err)
		}
		m, err := b.s.Person(ctx, b.TenantAdmin, u.ID)
		b.must(err)
		b.must(b.s.SwitchPerson(ctx, b.TenantAdmin, u.ID, m.Version, false, nil))
		would, err := b.s.WouldForget(ctx, leaverEmail)
		b.must(err)
		if would.Requests != 2 || would.Mails == 0 || would.Rows == 0 || len(b.traced()) == 0 {
			b.Errorf("%+v", would)
		}
		did, err := b.s.ForgetPerson(ctx, leaverEmail)
		b.must(err)
		if *did != *would || len(b.traced()) != 0 {
			b.Errorf("did %+v, would %+v; traces in %v", did, would, b.traced())
		}
		if _, err := b.s.ForgetPerson(ctx, leaverEmail); kindOf(err) != models.NotFound {
			b.Errorf("again: %v", err)
		}
		b.audit()
	})
}

// keptByNumber are the columns that go on pointing at an account whose person
// was forgotten: the record of who did what, under a number and a pseudonym.
var keptByNumber = []string{
	"approvals.user_id", "attachments.author_id", "configurations.actor_id", "events.actor_id", "request_editors.user_id",
	"requests.assignee_id", "requests.author_id", "security_events.user_id", "user_roles.user_id", "access_grants.granted_by", "account_links.asked_by", "policy_proposals.proposed_by",
	"name_words.user_id",
}

// TestEveryColumnOfAPersonIsAccountedFor: a new table that speaks of people is
// either emptied when a person is forgotten, or said to keep the number.
func TestEveryColumnOfAPersonIsAccountedFor(t *testing.T) {
	look(t, func(b *behind) {
		query := `SELECT tc.table_name || '.' || kcu.column_name FROM information_schema.table_constraints tc
			JOIN information_schema.key_column_usage kcu ON kcu.constraint_name = tc.constraint_name
			JOIN information_schema.constraint_column_usage ccu ON ccu.constraint_name = tc.constraint_name
			WHERE tc.constraint_type = 'FOREIGN KEY' AND ccu.table_name = 'users'
			UNION SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name IN ('user_id', 'actor_id', 'author_id')`
		if b.sqlite() {
			query = `SELECT m.name || '.' || f."from" FROM sqlite_master m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table' AND f."table" = 'users'
				UNION SELECT m.name || '.' || c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND c.name IN ('user_id', 'actor_id', 'author_id')`
		}
		columns := b.column(query)
		for _, c := range columns {
			table, column, _ := strings.Cut(c, ".")
			emptied := column == "user_id" && slices.Contains(models.Personal, table)
			if emptied == slices.Contains(keptByNumber, c) {
				b.Errorf("%s: say in models/forgetting.go that it goes with the person, or here that it stays", c)
			}
		}
		if len(columns) < len(keptByNumber)+len(models.Personal) {
			b.Errorf("only %d columns speak of people: %v", len(columns), columns)
		}
	})
}
