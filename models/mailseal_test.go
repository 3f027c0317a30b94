package models_test

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// TestAForgedMailIsNotSent: whatever is changed about a mail past the program, nobody gets it, the security log
// says so, and trying it again does not make it right.
func TestAForgedMailIsNotSent(t *testing.T) {
	for name, change := range map[string]string{
		"to somebody else": "recipient = 'dieb@ort.example'", "of another kind": "kind = 'applied'", "in another language": "locale = 'fr'", "of another event": "event_seq = 1", "sealed by somebody else": "seal = 'abc'",
	} {
		t.Run(name, func(t *testing.T) {
			look(t, func(b *behind) {
				c := b.file(b.Clerk, fee("2500", "2027-01-01"))
				id := b.number("SELECT max(id) FROM mails")
				b.exec("UPDATE mails SET "+change+" WHERE id = ?", id)
				b.notSent(id, len(c.Mails)-1)
			})
		})
	}
}

// notSent asserts that a mail goes to nobody, but others do.
func (b *behind) notSent(id int64, others int) {
	b.Helper()
	for range 2 {
		letters := b.lease(b.s, "w", 100)
		for _, l := range letters {
			if l.Mail.ID == id {
				b.Fatalf("mail %d goes to %s", id, l.Mail.Recipient)
			}
		}
		if len(letters) != others {
			b.Errorf("%d mails, want %d", len(letters), others)
		}
		others = 0
		out, err := b.s.RetryMail(ctx, b.Admin, id, nil)
		b.must(err)
		if out.State != models.MailWaiting {
			b.Errorf("once more: %+v", out)
		}
	}
	if n := b.number("SELECT count(*) FROM security_events WHERE code = 'mail_forged'"); n != 1 {
		b.Errorf("%d lines in the security log", n)
	}
	report, err := b.s.Audit(ctx, models.Evidence{})
	b.must(err)
	if len(report.Findings) == 0 || !strings.HasPrefix(report.Findings[0].Where, "mail ") {
		b.Errorf("nobody finds it: %v", report.Findings)
	}
}

// TestAMailWithoutASeal: on SQLite nobody can have written it, and it goes to nobody. With PostgreSQL an instance without the key can: it
// goes out and is told of, and an audit says how many there are.
func TestAMailWithoutASeal(t *testing.T) {
	look(t, func(b *behind) {
		b.must(b.s.RecordKeys(ctx))
		if b.sqlite() {
			b.file(b.Clerk, fee("2500", "2027-01-01"))
			id := b.number("SELECT max(id) FROM mails")
			b.exec("UPDATE mails SET seal = '' WHERE id = ?", id)
			b.notSent(id, int(id)-1)
			return
		}
		keyless, err := models.Open(models.Options{URL: b.url, Host: "formwandel.example"})
		b.must(err)
		defer keyless.Close()
		SetNow(b, keyless, Epoch)
		b.must(keyless.RecordKeys(ctx))
		c, err := keyless.File(ctx, b.Clerk, fee("2500", "2027-01-01"))
		b.must(err)
		letters := b.lease(b.s, "w", 100)
		if len(letters) != len(c.Mails) {
			t.Fatalf("%d mails go out, of %d", len(letters), len(c.Mails))
		}
		for _, l := range letters {
			b.must(b.s.MarkSent(ctx, l.Mail))
		}
		if n := b.number("SELECT count(*) FROM security_events WHERE code = 'mail_unsealed'"); int(n) != len(c.Mails) {
			t.Errorf("told of %d", n)
		}
		sealed := b.file(b.Clerk, fee("2600", "2027-01-02")) // and one without the key sends what others have sealed
		b.shift(time.Minute, keyless)
		for _, l := range b.lease(keyless, "k", 100) {
			b.must(keyless.MarkSent(ctx, l.Mail))
		}
		if n := b.number("SELECT count(*) FROM mails WHERE state = 'sent' AND request_id = (SELECT id FROM requests WHERE number = ?)", sealed.Number); int(n) != len(sealed.Mails) {
			t.Errorf("%d sent", n)
		}
		if n := int(b.number("SELECT count(*) FROM mails WHERE seal = ''")); n != len(c.Mails)+len(sealed.Mails) {
			t.Errorf("%d mails without a seal", n)
		}
		b.noted(b.bare()) // and the end of the chain that the one without the key has written to
	})
}

// noted asserts that an audit finds nothing, and tells of rows without a seal if there are any.
func (b *behind) noted(rows int) {
	b.Helper()
	b.audit()
	report, err := b.s.Audit(ctx, models.Evidence{})
	b.must(err)
	if rows > 0 && (len(report.Notes) != 1 || !strings.HasPrefix(report.Notes[0], strconv.Itoa(rows)+" rows")) || rows == 0 && report.Notes != nil {
		b.Errorf("%d rows without a seal: %q", rows, report.Notes)
	}
}

// bare counts the rows without a seal.
func (b *behind) bare() (n int) {
	b.Helper()
	tables := slices.Concat(slices.Sorted(maps.Keys(models.SealedCells())), []string{"mails", "devices", "security_events", "security_ends"})
	if b.number("SELECT count(*) FROM events WHERE action = 'rows_sealed'") > b.number("SELECT count(*) FROM settings WHERE name = 'seals.wanted'") { // before that nothing is counted
		tables = append(tables, "tallies")
	}
	for _, table := range tables {
		column := "seal"
		if table == "sessions" {
			column = "use_seal"
		}
		n += int(b.number("SELECT count(*) FROM " + table + " WHERE " + column + " = ''"))
	}
	return n
}

// TestRowsFromBeforeGetTheirSeals: those of a database from before there were any, when the server starts; that is recorded once.
func TestRowsFromBeforeGetTheirSeals(t *testing.T) {
	look(t, func(b *behind) {
		b.file(b.Clerk, fee("2500", "2027-01-01"))
		b.exec("UPDATE mails SET seal = ''")
		n := int(b.number("SELECT count(*) FROM mails"))
		b.noted(b.bare()) // and what the migrations have left
		for range 2 {
			b.must(b.s.RecordKeys(ctx))
			b.noted(0)
		}
		if b.number("SELECT count(*) FROM events WHERE action = 'rows_sealed'") != 1 || b.number("SELECT count(*) FROM mails WHERE seal = ''") != 0 {
			t.Error("not recorded, or twice, or not done")
		}
		if len(b.lease(b.s, "w", 100)) != n {
			t.Error("they are not sent")
		}
		b.exec("UPDATE mails SET seal = ''") // and somebody says that this is right, while the server runs
		b.exec("INSERT INTO settings (name, value) VALUES ('seals.wanted', 'yes')")
		b.must(b.s.RecordKeys(ctx))
		if report, err := b.s.Audit(ctx, models.Evidence{}); err != nil || b.sqlite() && len(report.Findings) != n+3 || // and the row that was put in, twice, and the mails as they were counted
			!b.sqlite() && len(report.Notes) != 1 {
			t.Errorf("%v, %v", report, err)
		}
	})
}

// TestARestoredMailIsNoForgery: neither where the key is not known, nor when it has been copied there.
func TestARestoredMailIsNoForgery(t *testing.T) {
	for _, from := range Databases {
		for _, to := range Databases {
			t.Run(from+" to "+to, func(t *testing.T) {
				b := behindOf(t, from)
				b.must(b.s.RecordKeys(ctx))
				b.file(b.Clerk, fee("2500", "2027-01-01"))
				b.must(b.s.MarkSent(ctx, b.lease(b.s, "w", 1)[0].Mail))
				waiting := int(b.number("SELECT count(*) FROM mails WHERE state = 'waiting'"))
				file := b.backedUp()
				b.wholeFile(file)
				url := URL(t, to)
				copied := &behind{story: &story{T: t, Cast: b.Cast, s: Open(t, url)}, url: url, db: past(t, url)}
				copied.must(last(copied.s.Restore(ctx, gzipped(file))))
				bare, err := models.Open(models.Options{URL: url, Host: "formwandel.example"}) // another start, now with a record
				b.must(err)
				defer bare.Close()
				SetNow(t, bare, Epoch)
				copied.s = bare
				if known, err := bare.EnsureFactorKey(ctx, t.TempDir()); known || err != nil {
					t.Fatal("the key is known", err)
				}
				copied.must(bare.RecordKeys(ctx))
				copied.must(last(copied.s.RetryMail(ctx, b.Admin, copied.number("SELECT max(id) FROM mails"), nil)))
				if len(copied.lease(bare, "w", 100)) != 1 {
					t.Error("it is not sent without the key")
				}
				copied.audit()
				if known, err := bare.EnsureFactorKey(ctx, Keys(t, b.url)); !known || err != nil {
					t.Fatal("the key is not known", err)
				}
				if n := int(copied.number("SELECT count(*) FROM mails WHERE seal = ''")); n != waiting {
					t.Errorf("%d mails without a seal, want %d", n, waiting)
				}
				copied.noted(copied.bare()) // and where the security log begins and ends, and what was written meanwhile
				copied.must(bare.RecordKeys(ctx))
				copied.noted(0)
				copied.shift(time.Hour)
				copied.must(last(copied.s.RetryMail(ctx, b.Admin, 2, nil)))
				if len(copied.lease(bare, "w", 100)) == 0 {
					t.Error("it is not sent with the key")
				}
			})
		}
	}
}

// wholeFile asserts that an audit of a backup finds nothing.
func (b *behind) wholeFile(file string) {
	b.Helper()
	r, err := models.AuditFile(ctx, gzipped(file), models.Evidence{})
	if err != nil || len(r.Findings) > 0 {
		b.Errorf("the backup: %v, %v", r, err)
	}
}
