package models_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// moves photographs every row and lets some go on, so that older states of them, with their true seals, are known.
func (x *crime) moves() {
	x.Helper()
	x.photographAs("older")
	x.shift(2 * time.Minute)
	number := x.column("SELECT r.number FROM typed t JOIN requests r ON r.id = t.request_id")[0]
	x.must(last(x.s.KeepTyped(ctx, x.Clerk, number, "texte", 1, map[string][]string{"a": {"c"}})))
	x.must(last(x.s.Look(ctx, x.Agent, number)))
	x.must(x.s.SaveView(ctx, x.Agent, "Meine", "status=all"))
	x.must(x.s.Attempt(ctx, models.SignInAttempt, x.Clerk.Email, "192.0.2.9", ""))
	x.must(last2(x.s.SignIn(ctx, x.Clerk, models.Proof{Method: "password"}, models.Visit{})))
	for _, l := range x.lease(x.s, "scene", 3) {
		x.must(x.s.MarkSent(ctx, l.Mail))
	}
}

// passing are the tables whose rows end by themselves, or when their owner wants.
var passing = []string{
	"account_links", "account_link_secrets", "attempts", "challenges", "devices", "idempotency", "identity_attempts", "parked_forms", "presence", "reset_asks",
	"saved_views", "sessions", "typed",
	"totps", // one that was begun and not confirmed
}

// countedTamperings are those that only a count of rows tells: every row that is there is as the program has written it.
var countedTamperings = []tampering{
	{"a row is gone that ends by itself", func(x *crime, seq int64) string {
		table := any1(x, passing)
		n := x.number("SELECT count(*) FROM " + table)
		x.loosely("DELETE FROM " + table + " WHERE " + x.picked(table))
		return fmt.Sprintf("table %s: %d rows were counted, and %d are there", table, n, n-1)
	}},
	{"an older state of a row is put back, with its seal", func(x *crime, seq int64) string {
		table := any1(x, []string{"typed", "presence", "saved_views", "attempts", "users", "mails"})
		key := x.keyOf(table)
		var same []string
		for _, k := range key {
			same = append(same, "o."+k+" = n."+k)
		}
		on := strings.Join(same, " AND ")
		changed := x.column("SELECT n." + strings.Join(key, " || ' ' || n.") + " FROM " + table + " n JOIN older_" + table + " o ON " + on + " WHERE o.seal <> n.seal")
		one := any1(x, changed)
		is := "(" + strings.Join(key, " || ' ' || ") + ") = '" + one + "'"
		if len(key) == 1 {
			is = "CAST(" + key[0] + " AS TEXT) = '" + one + "'"
		}
		anyID := " OVERRIDING SYSTEM VALUE"
		if x.sqlite() {
			anyID = ""
		}
		x.loosely("DELETE FROM "+table+" WHERE "+is, "INSERT INTO "+table+anyID+" SELECT * FROM older_"+table+" WHERE "+is)
		return "table " + table + ": "
	}},
	{"a row is gone, and the tally says so, too", func(x *crime, seq int64) string {
		table := any1(x, passing)
		x.loosely("DELETE FROM "+table+" WHERE "+x.picked(table), "UPDATE tallies SET "+any1(x, []string{"total = total - 1", "total = total - 1, turn = turn + 1", "total = total - 1, sum = '" + strings.Repeat("0", 64) + "'"})+" WHERE name = '"+table+"' AND part = 0")
		return "tally of " + table + ", part 0: is not as"
	}},
	{"a tally is gone, or one too many", func(x *crime, seq int64) string {
		table := any1(x, passing)
		x.loosely(any1(x, []string{"DELETE FROM tallies WHERE name = '" + table + "' AND part = 0", "INSERT INTO tallies (name, part) VALUES ('" + table + "', 77)"}))
		return "tally of " + table
	}},
}

// TestAllOfATableIsPutBack: an older state of all rows, with the tally as it was then, is whole in itself; the server's note knows it.
func TestAllOfATableIsPutBack(t *testing.T) {
	for _, kind := range Databases {
		t.Run(kind, func(t *testing.T) {
			x := scene(t, kind)
			noted, err := x.s.Ends(ctx)
			x.must(err)
			read, err := models.ReadEnds(noted.Text())
			if x.must(err); len(read.Tallies) == 0 || read.Text() != noted.Text() {
				t.Fatalf("a note is read otherwise than it was written: %+v", read)
			}
			x.loosely("DELETE FROM typed", "INSERT INTO typed SELECT * FROM older_typed",
				"DELETE FROM tallies WHERE name = 'typed'", "INSERT INTO tallies SELECT * FROM older_tallies WHERE name = 'typed'")
			x.whole("which nobody sees without the note")
			x.ev.Noted = read
			x.mustFindWith("with it", "tally of typed, part ", x.ev)
		})
	}
}

// TestWhatIsCountedStaysWhole: several instances that write the same rows at the same time, and take them away, count each once.
func TestWhatIsCountedStaysWhole(t *testing.T) {
	look(t, func(b *behind) {
		b.must(b.s.RecordKeys(ctx))
		number := b.file(b.Clerk, fee("2500", "2027-01-01")).Number
		stores := []*models.Store{b.s}
		if !b.sqlite() {
			for range 3 {
				s := b.instance()
				b.must(s.RecordKeys(ctx))
				stores = append(stores, s)
			}
		}
		var all sync.WaitGroup
		for i := range 8 {
			s := stores[i%len(stores)]
			all.Go(func() {
				for round := range 12 {
					_, _ = s.KeepTyped(ctx, b.Clerk, number, "texte", 1, map[string][]string{"a": {fmt.Sprint(i, round)}}) // one of them wins
					_, _ = s.Look(ctx, b.Agent, number)
					_ = s.Attempt(ctx, models.SignInAttempt, b.Clerk.Email, "192.0.2.9", "") // until there were too many
					_ = s.SaveView(ctx, b.Agent, "Meine", fmt.Sprintf("status=open&page=%d", i))
					secret, _, err := s.SignIn(ctx, b.Clerk, models.Proof{Method: "password"}, models.Visit{})
					if err == nil {
						_ = s.SignOut(ctx, secret)
						_ = s.SignOut(ctx, secret)
					}
					if _, err := s.KnowDevice(ctx, b.Clerk, strings.Repeat("ab", 24)); err != nil {
						t.Error(err)
					}
					letters, err := s.LeaseMails(ctx, fmt.Sprint("w", i), 2, time.Minute)
					if err != nil {
						t.Error(err)
					}
					for _, l := range letters {
						if err := s.MarkSent(ctx, l.Mail); err != nil {
							t.Error(err)
						}
					}
					if err := s.Tidy(ctx); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		b.audit()
		if n := b.number("SELECT count(DISTINCT name) FROM tallies WHERE turn > 1 AND name IN ('typed', 'presence', 'attempts', 'saved_views', 'sessions', 'devices', 'mails', 'users')"); n != 8 {
			t.Errorf("only %d of 8 tables have moved", n)
		}
		b.file(b.Clerk, fee("2600", "2027-01-02"))
		refused := b.lease(b.s, "w", 1)[0].Mail
		b.must(b.s.MarkRefused(ctx, refused, "550"))
		b.must(last(b.s.RetryMail(ctx, b.Admin, refused.ID, nil)))
		b.audit()
		b.shift(400*24*time.Hour, stores...) // everything has ended
		for _, s := range stores {
			all.Go(func() {
				if err := s.Tidy(ctx); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		b.audit()
		b.must(last(b.s.Expire(ctx))) // mails and the security log, too
		b.switched(b.Clerk2, false)
		b.must(last(b.s.ForgetPerson(ctx, b.Clerk2.Email)))
		b.audit()
		if n := b.number("SELECT (SELECT count(*) FROM row_moves) + (SELECT count(*) FROM sessions) + (SELECT count(*) FROM typed)"); n != 0 {
			t.Errorf("%d rows are left", n)
		}
	})
}

// TestWhatCameBeforeIsCountedAnew: what was moved before everything is counted, by a migration or whoever, is no finding, and neither is what
// the counting itself moves.
func TestWhatCameBeforeIsCountedAnew(t *testing.T) {
	look(t, func(b *behind) {
		b.exec("INSERT INTO settings (name, value) VALUES ('seals.wanted', 'yes')")
		b.exec("UPDATE users SET seal = 'x'")
		b.exec("UPDATE users SET seal = ''")
		b.must(b.s.RecordKeys(ctx))
		b.audit()
		if n := b.number("SELECT count(*) FROM row_moves"); n != 0 {
			t.Errorf("%d rows of what has moved are left", n)
		}
	})
}

// TestARowPastTheProgramIsNamed: the database notes what moves, whoever moves it.
func TestARowPastTheProgramIsNamed(t *testing.T) {
	look(t, func(b *behind) {
		b.must(b.s.RecordKeys(ctx))
		b.must(b.s.SaveView(ctx, b.Agent, "Meine", "status=open"))
		id := b.number("SELECT id FROM saved_views")
		b.exec("DELETE FROM saved_views")
		b.must(b.s.SaveView(ctx, b.Agent, "Andere", "status=open")) // what the program moves later is counted by itself
		report, err := b.s.Audit(ctx, models.Evidence{})
		b.must(err)
		want := []string{fmt.Sprintf("saved_views (%d): was put in, changed or taken away past the program", id), "table saved_views: 2 rows were counted, and 1 are there"}
		if fmt.Sprint(report.Findings) != fmt.Sprint(want) {
			t.Errorf("found %v", report.Findings)
		}
	})
}
