package models

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// ForgetUser is the act after which an account is nobody's any more.
const ForgetUser Action = "user_forget"

// personal are the tables whose rows are of use only while somebody has the
// account; what else speaks of a person does so by number. A test holds this
// against every column of the schema that points at an account.
var personal = []string{
	"sessions", "identities", "tokens", "totps", "passkeys", "recovery_codes", "challenges", "account_links", "devices",
	"saved_views", "calendar_links", "typed", "presence", "idempotency",
}

// Forgotten says what forgetting a person takes away.
type Forgotten struct {
	ID       int64
	Was      string // the name until then
	Name     string // the pseudonym that stands for the person from then on
	Active   bool   // the account is still in use: it has to be switched off first
	Already  bool   // it has been done before
	Requests int64  // filed by the person: they stay, under the pseudonym
	Mails    int64  // to the person: they lose the address
	Rows     int64  // sessions, tokens, views, links, drafts of pages: they go
}

// pseudonym is what stands for a person who was forgotten: the same everywhere and for ever.
func pseudonym(id int64) (name, email string) {
	n := number(&id)
	return "Ehemalige Person " + n, "person-" + n + "@geloescht.invalid"
}

// Pseudonymise forgets the person of an account that was switched off: name and
// address give way to a pseudonym wherever they stand, and everything that is of
// use only to the person goes. The record stays whole: it knows people by number.
func (s *Store) Pseudonymise(ctx context.Context, u User, id int64, version int, o *Once) error {
	ctx = as(ctx, u)
	err := s.onPerson(ctx, u, id, version, o, func(t *tx, m *Member) error {
		if m.Active {
			return conflict("still_active")
		}
		return t.forget(m.User, &u.ID)
	})
	if err != nil {
		return err
	}
	return s.scour(ctx)
}

// WouldForget tells what forgetting a person takes away, and does nothing.
func (s *Store) WouldForget(ctx context.Context, email string) (*Forgotten, error) {
	ctx = asInstallation(ctx)
	t := &tx{ctx: ctx, s: s, db: s.reader.WithContext(ctx)}
	u, err := t.byEmail(email)
	if err != nil {
		return nil, trouble(err)
	}
	f := &Forgotten{ID: u.ID, Was: u.Name, Active: u.Active, Already: strings.HasSuffix(u.Email, "@geloescht.invalid")}
	f.Name, _ = pseudonym(u.ID)
	for _, table := range personal {
		var n int64
		if err := t.db.Raw(`SELECT count(*) FROM `+table+` WHERE user_id = ?`, u.ID).Scan(&n).Error; err != nil {
			return nil, trouble(err)
		}
		f.Rows += n
	}
	addresses, err := t.addressesOf(u)
	if err != nil {
		return nil, trouble(err)
	}
	err = cmp.Or(t.db.Raw(`SELECT count(*) FROM requests WHERE author_id = ?`, u.ID).Scan(&f.Requests).Error,
		t.db.Raw(`SELECT count(*) FROM mails WHERE recipient IN ?`, addresses).Scan(&f.Mails).Error)
	return f, trouble(err)
}

// ForgetPerson does the same as the operator's act, by the account's address.
func (s *Store) ForgetPerson(ctx context.Context, email string) (*Forgotten, error) {
	f, err := s.WouldForget(ctx, email)
	if err != nil {
		return nil, err
	}
	if f.Active {
		return f, conflict("still_active")
	}
	if f.Already {
		return f, conflict("person_forgotten")
	}
	if _, err := s.forgetAccount(ctx, f.ID, nil); err != nil {
		return nil, err
	}
	return f, s.scour(ctx)
}

// forgetting is what became of an account that was to be forgotten.
type forgetting string

const (
	accountStays     forgetting = "stays" // its person has been forgotten, or is back meanwhile
	accountHeld      forgetting = "held"  // the record says otherwise than its row
	accountForgotten forgetting = "forgotten"
)

// forgetAccount forgets a person in a transaction of its own. before, if any, is when the account must have been off.
func (s *Store) forgetAccount(ctx context.Context, id int64, before *time.Time) (became forgetting, err error) {
	if _, err := s.catalogueNow(ctx); err != nil {
		return accountStays, err
	}
	err = s.write(ctx, clockUser, func(t *tx) error {
		became = accountStays
		var ags string
		if err := t.db.Raw(`SELECT coalesce(ags, '') FROM users WHERE id = ?`, id).Scan(&ags).Error; err != nil {
			return err
		}
		if err := t.enter(chainOf(ags)); err != nil {
			return err
		}
		var m Member // as it is now that nobody else can change it
		if err := t.db.Raw(`SELECT `+memberColumns+` FROM users u WHERE u.id = ?`, id).Scan(&m).Error; err != nil || m.Active || m.ForgottenAt != nil {
			return err
		}
		if before != nil {
			var off []time.Time
			if err := t.db.Raw(`SELECT off_at FROM users WHERE id = ? AND off_at <= ?`, id, *before).Scan(&off).Error; err != nil || off == nil {
				return err
			}
			if aged, err := t.isOffSince(id, off[0]); err != nil {
				return err
			} else if !aged {
				became = accountHeld
				return nil
			}
		}
		became = accountForgotten
		return t.forget(m.User, nil)
	})
	return became, err
}

// forget replaces a person by a pseudonym; by is who asks for it, nil the operator or the clock.
func (t *tx) forget(u User, by *int64) error {
	addresses, err := t.addressesOf(u)
	if err != nil {
		return err
	}
	name, email := pseudonym(u.ID)
	t.touches("users", "id = ?", u.ID)
	t.must(1, `UPDATE users SET name = ?, email = ?, password_hash = '', locale = 'de', signed_in_at = NULL, version = version + 1, salt = ?, forgotten_at = ? WHERE id = ?`, name, email, randomHex(saltBytes), t.now, u.ID)
	t.call(u.ID, u.AGS, name)
	for _, table := range personal {
		t.do(`DELETE FROM `+table+` WHERE user_id = ?`, u.ID)
	}
	if err := t.forgetMails(addresses, email); err != nil {
		return err
	}
	for _, a := range addresses {
		t.do(`DELETE FROM reset_asks WHERE email = ?`, a)
		t.forgetIn(a, email)
	}
	t.forgetIn(u.Name, name)
	t.touchCatalogue()
	if _, err := t.recordAccount(Event{ActorID: by, Action: ForgetUser}, u.ID); err != nil {
		return err
	}
	t.witness(SecurityEvent{Code: Pseudonymised, AGS: u.AGS, UserID: deref(by), Detail: "user " + number(&u.ID)})
	return nil
}

// deref is an id, 0 for none.
func deref(id *int64) int64 {
	if id == nil {
		return 0
	}
	return *id
}

// forgetIn replaces a word in the answers that are kept for repeated calls.
func (t *tx) forgetIn(old, now string) { t.replaceIn(inJSON(old), inJSON(now)) }

// renamedIn lets those answers say the present name of an account, so that no former
// one stays in them: a whole value of JSON, never a part of one.
func (t *tx) renamedIn(old, now string) {
	if old != now {
		t.replaceIn(`:"`+inJSON(old)+`"`, `:"`+inJSON(now)+`"`)
	}
}

func (t *tx) replaceIn(old, now string) {
	has := "%" + strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(old) + "%"
	t.touches("idempotency", `answer LIKE ? ESCAPE '!'`, has)
	t.do(`UPDATE idempotency SET answer = replace(answer, ?, ?) WHERE answer LIKE ? ESCAPE '!'`, old, now, has)
}

// inJSON is a text as it stands between the quotes of JSON.
func inJSON(s string) string {
	b, _ := json.Marshal(s) // strings always can be
	return strings.Trim(string(b), `"`)
}

// scour lets the database's files forget, too: deleted rows would stay in them until their room is used again,
// and SQLite's index keeps the words of deleted rows until it is put in order.
func (s *Store) scour(ctx context.Context) error {
	ctx = context.WithoutCancel(asInstallation(ctx))
	statements := []string{`VACUUM users, name_words, mails, events, requests, search, idempotency, sessions, tokens, saved_views, typed, row_moves`}
	if !s.postgres {
		statements = []string{
			`INSERT INTO search (search) VALUES ('optimize')`,
			`CREATE VIRTUAL TABLE temp.found USING fts5vocab (main, search, row)`,
			`DELETE FROM search_words WHERE word NOT IN (SELECT term FROM temp.found)`,
			`DROP TABLE temp.found`, `VACUUM`, `PRAGMA wal_checkpoint(TRUNCATE)`,
		}
	}
	conn, err := s.pool.Conn(ctx)
	if err != nil {
		return trouble(err)
	}
	defer conn.Close()
	for _, q := range statements {
		if _, err := conn.ExecContext(ctx, q); err != nil {
			return trouble(fmt.Errorf("%s: %w", q, err))
		}
	}
	return nil
}

// switchAccount switches an account off or on, and notes since when it is off.
func (t *tx) switchAccount(id int64, on bool) {
	var off *time.Time
	if !on {
		off = &t.now
	}
	t.touches("users", "id = ?", id)
	t.do(`UPDATE users SET active = ?, off_at = ? WHERE id = ?`, on, off, id)
}
