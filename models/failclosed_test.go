package models_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"strings"
	"testing"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// everything is every row of every table, as a backup holds it.
func (b *behind) everything() string {
	b.Helper()
	var zipped bytes.Buffer
	if _, err := b.s.Backup(ctx, &zipped); err != nil {
		b.Fatal(err)
	}
	z, err := gzip.NewReader(&zipped)
	b.must(err)
	all, err := io.ReadAll(z)
	b.must(err)
	lines := strings.Split(string(all), "\n")
	return strings.Join(lines[1:len(lines)-2], "\n") // the manifest has an instant
}

// deaf lets no event be written any more; hear lets them again.
func (b *behind) deaf(how string) (hear func()) {
	b.Helper()
	if b.sqlite() {
		b.exec("CREATE TRIGGER deaf BEFORE INSERT ON events BEGIN SELECT RAISE(" + how + ", 'the record takes nothing'); END")
		return func() { b.exec("DROP TRIGGER deaf") }
	}
	when := "BEFORE INSERT ON events FOR EACH ROW"
	if how == "FAIL" { // at the commit
		when = "AFTER INSERT ON events DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"
		b.exec("CREATE OR REPLACE FUNCTION deaf() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the record takes nothing'; END $$")
		b.exec("CREATE CONSTRAINT TRIGGER deaf " + when + " EXECUTE FUNCTION deaf()")
	} else {
		b.exec("CREATE OR REPLACE FUNCTION deaf() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the record takes nothing'; END $$")
		b.exec("CREATE TRIGGER deaf " + when + " EXECUTE FUNCTION deaf()")
	}
	return func() { b.exec("DROP TRIGGER deaf ON events") }
}

// acts is one act of each kind, on requests that stand where it is possible.
func (b *behind) acts() map[string]func() error {
	b.Helper()
	n := 0
	filed := func() string {
		n++
		return b.file(b.Clerk, wordingOf(fmt.Sprintf("Zimmer %d", n))).Number
	}
	claimed := func() string { return b.do(b.Agent, filed(), models.Claim, "").Number }
	asked := func() string { return b.do(b.Agent, claimed(), models.Ask, "So?").Number }
	approved := func() string {
		number := filed()
		b.approved(number)
		return number
	}
	step := func(u models.User, number string, a models.Action, in models.Input) func() error {
		in.Version = b.get(number).Version
		return func() error { _, err := b.s.Do(ctx, u, number, a, in); return err }
	}
	due, talked := approved(), filed()
	done := approved()
	b.knock()
	out := map[string]func() error{
		"file":     func() error { _, err := b.s.File(ctx, b.Clerk, wordingOf("Neu")); return err },
		"claim":    step(b.Agent, filed(), models.Claim, models.Input{}),
		"ask":      step(b.Agent, claimed(), models.Ask, models.Input{Comment: "So?"}),
		"answer":   step(b.Clerk, asked(), models.Answer, models.Input{Comment: "Ja."}),
		"edit":     step(b.Clerk, filed(), models.Edit, models.Input{Content: edited("Anders")}),
		"approve":  step(b.Lead, claimed(), models.Approve, models.Input{}),
		"reject":   step(b.Approver, filed(), models.Reject, models.Input{Comment: "Nein."}),
		"withdraw": step(b.Clerk, filed(), models.Withdraw, models.Input{}),
		"accept":   step(b.Clerk, done, models.Accept, models.Input{}),
		"revert":   step(b.Clerk, due, models.Revert, models.Input{}),
		"comment":  func() error { _, err := b.s.Comment(ctx, b.Clerk, talked, "Ein Wort.", false, nil); return err },
		"attach": func() error {
			_, err := b.s.Attach(ctx, b.Clerk, talked, "a.txt", []byte("Beschluss"), nil)
			return err
		},
		"maintain": func() error { _, err := b.s.Maintain(ctx, b.TenantAdmin, Bautzen, Birth, true, nil); return err },
		"token":    func() error { _, err := b.s.CreateToken(ctx, b.Agent.Email, "x", 1e15); return err },
		"account": func() error {
			_, err := b.s.AddUser(ctx, models.NewUser{Email: "neu@kisa.example", Name: "Neu", Roles: []models.Role{models.Agent}})
			return err
		},
		"switch": func() error {
			m, err := b.s.Person(ctx, b.Admin, b.Agent2.ID)
			if err != nil {
				return err
			}
			return b.s.SwitchPerson(ctx, b.Admin, b.Agent2.ID, m.Version, false, nil)
		},
		"checkpoint": func() error { _, err := b.s.Checkpoint(ctx, b.TempDir(), ""); return err },
	}
	b.approved(filed())
	out["apply"] = func() error { _, _, err := b.s.Knock(ctx); return err }
	return out
}

// TestWithoutTheRecordNothingHappens: where an event can't be written, nothing of its act is.
func TestWithoutTheRecordNothingHappens(t *testing.T) {
	for _, kind := range Databases {
		t.Run(kind, func(t *testing.T) {
			b := behindOf(t, kind)
			acts := b.acts()
			tries, rounds := 0, max(1, Share(100)/len(acts))
			for _, how := range []string{"ABORT", "FAIL"} {
				hear := b.deaf(how)
				before := b.everything()
				for range rounds {
					for name, act := range acts {
						tries++
						if err := act(); err == nil {
							t.Errorf("%s succeeds without the record", name)
						}
						if after := b.everything(); after != before {
							t.Fatalf("%s leaves something behind: %s", name, difference(before, after))
						}
					}
				}
				hear()
			}
			for name, act := range acts { // they were refused for no other reason
				if name == "revert" || name == "accept" {
					continue // the clock or an earlier act may have made them impossible
				}
				if err := act(); err != nil {
					t.Errorf("%s fails with the record: %v", name, err)
				}
			}
			b.audit()
			Score(t, "S46", fmt.Sprintf("%d kinds of act on %s while the record takes no event", len(acts), kind), tries, "every row as before, each time")
		})
	}
}

// TestAFullDiskHappensWhole: where the disk is full in the middle of an act, nothing of it is there.
func TestAFullDiskHappensWhole(t *testing.T) {
	b := behindOf(t, "sqlite")
	c := b.file(b.Clerk, wordingOf("Zimmer"))
	pool, _ := b.s.Pools()
	full := func(pages int64) {
		t.Helper()
		var n int64
		if err := pool.QueryRow(fmt.Sprintf("PRAGMA max_page_count = %d", pages)).Scan(&n); err != nil {
			t.Fatal(err)
		}
	}
	tries := 0
	for i := range Share(100) {
		before := b.everything()
		full(b.number("PRAGMA page_count"))
		tries++
		_, err := b.s.Attach(ctx, b.Clerk, c.Number, "a.txt", bytes.Repeat(fmt.Appendf(nil, "%d Beschluss ", i), 20_000), nil)
		full(1 << 30)
		if err == nil {
			t.Fatal("a document has room on a full disk")
		}
		if after := b.everything(); after != before {
			t.Fatalf("%s", difference(before, after))
		}
	}
	b.must(last(b.s.Comment(ctx, b.Clerk, c.Number, "Es geht wieder.", false, nil)))
	b.audit()
	Score(t, "S46", "documents written while the disk is full (SQLite)", tries, "every row as before, works again once there is room")
}

// difference is the first line that is not in both.
func difference(before, after string) string {
	had := map[string]bool{}
	for l := range strings.Lines(before) {
		had[strings.TrimSpace(l)] = true
	}
	for l := range strings.Lines(after) {
		if l = strings.TrimSpace(l); !had[l] {
			return l[:min(len(l), 500)]
		}
	}
	return "rows are gone"
}
