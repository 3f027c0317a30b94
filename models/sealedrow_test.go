package models_test

import (
	"fmt"
	"strings"
	"testing"

	"formwandel/models"
	"formwandel/models/gv100ad"
	. "formwandel/models/modelstest"
)

// adopted is a scene in which all rows have their seals.
func adopted(t *testing.T, fn func(*behind)) {
	t.Helper()
	look(t, func(b *behind) {
		b.must(b.s.RecordKeys(ctx))
		fn(b)
	})
}

// forgedRow asserts that the security log has heard of a row of a table, and the audit too while it is there.
func (b *behind) forgedRow(table string) {
	b.Helper()
	if n := b.number("SELECT count(*) FROM security_events WHERE code = 'row_forged' AND detail = ?", table); n != 1 {
		b.Errorf("the security log has %d lines of a forged row of %s", n, table)
	}
}

// TestWordsPutIntoAFormPastTheProgramAreNotShown, nor is a list of that kind; what its owner types next is.
func TestWordsPutIntoAFormPastTheProgramAreNotShown(t *testing.T) {
	adopted(t, func(b *behind) {
		number := b.file(b.Clerk, wordingOf("Keller")).Number
		keep := func(word string) {
			b.must(last(b.s.KeepTyped(ctx, b.Clerk, number, "texte", 1, map[string][]string{"link": {word}})))
		}
		read := func() int {
			kept, err := b.s.Typed(ctx, b.Clerk, number)
			b.must(err)
			return len(kept)
		}
		keep("https://amt.example")
		if read() != 1 {
			t.Fatal("what was typed is not there")
		}
		b.exec("UPDATE typed SET content = replace(content, 'amt', 'dieb')")
		if read() != 0 {
			t.Error("what somebody has put in is shown")
		}
		b.forgedRow("typed")
		if keep("https://amt.example"); read() != 1 {
			t.Error("its owner's own words are not shown")
		}
		b.must(b.s.SaveView(ctx, b.Agent, "Meine", "status=submitted"))
		b.exec("UPDATE saved_views SET query = 'status=withdrawn'")
		if vs, err := b.s.SavedViews(ctx, b.Agent); err != nil || len(vs) != 0 {
			t.Errorf("%v, %v", vs, err)
		}
		b.forgedRow("saved_views")
	})
}

// TestAForgedAnswerIsGivenToNobody who repeats a call: it is refused, and nothing happens twice.
func TestAForgedAnswerIsGivenToNobody(t *testing.T) {
	adopted(t, func(b *behind) {
		number := b.file(b.Clerk, wordingOf("Keller")).Number
		say := func() error {
			return last(b.s.Comment(ctx, b.Clerk, number, "Bitte bald.", false, &models.Once{Key: "k", Body: []byte("b"), Answer: func(any) (int, string, []byte, error) { return 200, "", []byte("{}"), nil }}))
		}
		b.must(say())
		b.must(say())
		b.exec("UPDATE idempotency SET answer = '[]'")
		if err := say(); !models.IsKind(err, models.Conflict) || !strings.Contains(err.Error(), "answer_forged") {
			t.Errorf("%v", err)
		}
		if n := b.number("SELECT count(*) FROM events WHERE action = 'comment'"); n != 1 {
			t.Errorf("said %d times", n)
		}
		b.forgedRow("idempotency")
	})
}

// TestWhatWaitsForAProofIsOfOurMaking: a form that waits, what a passkey was asked, a way back from a provider.
func TestWhatWaitsForAProofIsOfOurMaking(t *testing.T) {
	adopted(t, func(b *behind) {
		_, session, err := b.s.SignIn(ctx, b.Approver, models.Proof{Method: "password"}, models.Visit{})
		b.must(err)
		id, err := b.s.ParkForm(ctx, b.Approver, session, "/auftraege/KA-2026-000001/freigeben", "version=1")
		b.must(err)
		if f, err := b.s.Parked(ctx, session, id); err != nil || f.Form != "version=1" || !strings.HasSuffix(f.Place, "/freigeben") {
			t.Fatalf("%+v, %v", f, err)
		}
		b.exec("UPDATE parked_forms SET place = '/auftraege/KA-2026-000002/freigeben'")
		if f, err := b.s.Parked(ctx, session, id); !models.IsKind(err, models.NotFound) {
			t.Errorf("another form is sent on: %+v, %v", f, err)
		}
		b.forgedRow("parked_forms")
		state, browser := strings.Repeat("a", 48), strings.Repeat("b", 48)
		for _, change := range []string{"", "verifier = 'mine'"} {
			b.must(b.s.BeginAttempt(ctx, models.IdentityAttempt{State: state, Browser: browser, Provider: "konto", Nonce: "n", Verifier: "v", Next: "/"}))
			if change != "" {
				b.exec("UPDATE identity_attempts SET " + change)
			}
			if a, err := b.s.TakeAttempt(ctx, "konto", state, browser); (err == nil) != (change == "") || err == nil && a.Verifier != "v" {
				t.Errorf("%q: %+v, %v", change, a, err)
			}
		}
		b.forgedRow("identity_attempts")
	})
}

// TestASessionThatWasUsedOtherwiseIsRefused: who moves its last use on keeps no session open.
func TestASessionThatWasUsedOtherwiseIsRefused(t *testing.T) {
	for _, change := range []string{"seen_at = '2026-11-23 07:59:00+00:00'", "failures = 3", "browser = 'Dieb'", "seen_at = '2026-11-23 07:59:00+00:00', use_seal = ''"} {
		t.Run(change, func(t *testing.T) {
			adopted(t, func(b *behind) {
				secret, _, err := b.s.SignIn(ctx, b.Clerk, models.Proof{Method: "password"}, models.Visit{})
				b.must(err)
				b.must(last2(b.s.Resume(ctx, secret)))
				b.exec("UPDATE sessions SET " + change)
				_, _, err = b.s.Resume(ctx, secret)
				if strings.Contains(change, "use_seal") && !b.sqlite() { // an instance without the key may have used it
					b.must(err)
					return
				}
				if !models.IsKind(err, models.Unauthorized) || b.number("SELECT count(*) FROM sessions") != 0 || b.number("SELECT count(*) FROM events WHERE action = 'session_forged'") != 1 {
					t.Errorf("it goes on: %v", err)
				}
				if strings.Contains(change, "use_seal") { // a seal was changed: what was counted is not what has gone
					b.mustFind("it was ended", "table sessions: ", nil)
					return
				}
				b.audit()
			})
		})
	}
}

// TestSeenSessionsStaySound: each use is noted, and the seal with it.
func TestSeenSessionsStaySound(t *testing.T) {
	adopted(t, func(b *behind) {
		secret, _, err := b.s.SignIn(ctx, b.Clerk, models.Proof{Method: "password"}, models.Visit{})
		b.must(err)
		for range 4 {
			b.shift(2 * 60e9)
			b.must(last2(b.s.Resume(ctx, secret)))
		}
		b.noted(0)
	})
}

// TestARenamedTownIsFoundByItsNewName, in requests from before.
func TestARenamedTownIsFoundByItsNewName(t *testing.T) {
	adopted(t, func(b *behind) {
		number := b.file(b.Clerk, wordingOf("Keller")).Number
		b.finding("budysin", nil, nil)
		b.must(last(b.s.TakeMunicipalities(ctx, b.Admin, []gv100ad.Municipality{{AGS: Bautzen, Name: "Budyšin"}}, nil)))
		b.finding("budysin", []string{number}, []string{number})
		b.audit()
	})
}

// TestSomebodyTakesARequestOutOfTheIndex, and an audit names it.
func TestSomebodyTakesARequestOutOfTheIndex(t *testing.T) {
	adopted(t, func(b *behind) {
		for _, word := range []string{"Keller", "Anmeldungsbescheinigung", "Flur"} {
			b.file(b.Clerk, wordingOf(word))
		}
		b.audit()
		changes := []string{"DELETE FROM search WHERE rowid = 1", "INSERT INTO search (rowid, words, internal) VALUES (1, 'x', '')", "INSERT INTO search (rowid, words, internal) VALUES (99, 'x', '')"}
		if !b.sqlite() {
			changes = []string{
				"DELETE FROM search WHERE request_id = 1", "UPDATE search SET words = words || array_to_tsvector(ARRAY['x']) WHERE request_id = 2", "UPDATE search SET ags = '14713000'",
				"UPDATE search SET everything = ts_delete(everything, 'mandant14625020')",
			}
		}
		for _, change := range changes {
			b.exec(change)
			report, err := b.s.Audit(ctx, models.Evidence{})
			b.must(err)
			if len(report.Findings) == 0 {
				t.Errorf("%s: nobody says so", change)
			}
			b.must(b.s.ReindexAll(ctx))
			b.audit()
		}
		if b.sqlite() {
			b.exec("DELETE FROM search_words WHERE word LIKE 'anmeld%'")
			b.mustFind("a long word is gone", `search, word "anmeld`, nil)
		}
	})
}

// TestARowThatBelongsToNobodyIsNamed: the database lets nobody make one, so somebody has done it past its rules.
func TestARowThatBelongsToNobodyIsNamed(t *testing.T) {
	for _, kind := range Databases {
		t.Run(kind, func(t *testing.T) {
			x := scene(t, kind)
			x.loosely(fmt.Sprintf("INSERT INTO request_editors (request_id, user_id) VALUES (%d, %d)", 4711, x.Clerk.ID))
			name := "request_editors (4711, "
			if x.sqlite() {
				name = "request_editors row "
			}
			x.mustFindWith("an editor of no request", name, x.ev)
		})
	}
}
