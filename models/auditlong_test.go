package models_test

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// TestALongChainIsReadAsAShortOne: SQLite packs the events of a long chain into one text each;
// whatever somebody has written into a cell is found there as it is in a short chain.
func TestALongChainIsReadAsAShortOne(t *testing.T) {
	b := behindOf(t, "sqlite")
	b.unguard()
	b.plantEvents(9_000)
	const seq = 4_321
	whole := b.event(Bautzen, seq)
	var prev models.Event
	found := func() string {
		report, err := b.audited(models.Evidence{})
		if err != nil {
			return err.Error()
		}
		return strings.TrimSpace(strings.Join(words(report.Findings), "; "))
	}
	if said := found(); said != "" {
		t.Fatal(said)
	}
	for name, sql := range map[string]string{
		"another word": "comment = 'Nein.'", "a separator more": "comment = comment || char(31)", "words moved into the next cell": "comment = '', salt = comment", "a zero": "comment = comment || char(0) || 'x'",
		"no request": "request_id = NULL", "an empty form": "form_id = ''", "a form that is a separator": "form_id = char(31)", "another hour": "at = '2026-01-01 00:00:00+00:00'", "an hour written otherwise": "at = '2026-01-01T00:00:00Z'",
		"no hour": "at = 'nie'", "a version with a word": "version = '1x'", "hidden": "internal = TRUE", "half hidden": "internal = 2", "another actor": "actor_id = NULL", "another act": "action = 'approve'", "bytes": "data = x'00ff1f'",
		"two cells in one": "from_state = from_state || char(31) || to_state, to_state = ''",
	} {
		b.exec("UPDATE events SET "+sql+" WHERE ags = ? AND seq = ?", Bautzen, seq)
		if said := found(); !strings.Contains(said, "event 4321: changed") && !strings.Contains(said, "Scan error") && !strings.Contains(said, "parsing time") {
			t.Errorf("%s: %q", name, said)
		}
		b.exec("UPDATE events SET version = 1, internal = FALSE, request_id = ?, form_id = NULL, salt = '', from_state = ? WHERE ags = ? AND seq = ?", *whole.RequestID, string(whole.From), Bautzen, seq)
		b.forge(whole)
	}
	if said := found(); said != "" {
		t.Errorf("put back: %s", said)
	}
	prev = b.event(Bautzen, 9_000)
	odd := prev
	odd.Comment = "mit \x1f mitten\x1fdarin"
	b.forge(odd.Sealed(prev.Prev))
	b.resealed(Bautzen, 9_000)
	b.must(b.s.ReindexAll(ctx))
	if said := found(); said != "" {
		t.Errorf("a separator in words that are sealed with it: %s", said)
	}
}

// TestALongChainComesOverTheWire: PostgreSQL's rows of a long chain are read as they are sent;
// whatever somebody has written into a cell, or made of a column, is found there as it is in a short chain.
func TestALongChainComesOverTheWire(t *testing.T) {
	b := behindOf(t, "postgres")
	b.unguard()
	b.plantEvents(9_000)
	const seq = 4_321
	whole := b.event(Bautzen, seq)
	found := func() string {
		report, err := b.audited(models.Evidence{})
		if err != nil {
			return err.Error()
		}
		return strings.TrimSpace(strings.Join(words(report.Findings), "; "))
	}
	mend := func() {
		b.exec("UPDATE events SET version = 1, internal = FALSE, request_id = ?, form_id = NULL, salt = '', from_state = ? WHERE ags = ? AND seq = ?", *whole.RequestID, string(whole.From), Bautzen, seq)
		b.forge(whole)
	}
	if said := found(); said != "" {
		t.Fatal(said)
	}
	b.exec("ALTER TABLE events ALTER COLUMN comment DROP NOT NULL, ALTER COLUMN version DROP NOT NULL, ALTER COLUMN internal DROP NOT NULL, ALTER COLUMN at DROP NOT NULL")
	for name, sql := range map[string]string{
		"another word": "comment = 'Nein.'", "a sign more": "comment = comment || chr(1)", "words moved into the next cell": "comment = '', salt = comment", "a letter moved into the next cell": "from_state = from_state || left(to_state, 1), to_state = substr(to_state, 2)",
		"no request": "request_id = NULL", "a form": "form_id = (SELECT min(id) FROM forms)", "another hour": "at = at + interval '1 microsecond'", "before all time": "at = '-infinity'", "after all time": "at = 'infinity'", "no hour": "at = NULL",
		"another version": "version = 2", "a version of eight bytes": "version = version + 4294967296", "no version": "version = NULL", "no words": "comment = NULL", "hidden": "internal = TRUE", "neither": "internal = NULL", "another actor": "actor_id = NULL",
		"another act": "action = 'approve'", "another hash": "hash = reverse(hash)",
	} {
		b.exec("UPDATE events SET "+sql+" WHERE ags = ? AND seq = ?", Bautzen, seq)
		if said := found(); !strings.Contains(said, "event 4321: changed") && !strings.Contains(said, "Scan error") {
			t.Errorf("%s: %q", name, said)
		}
		mend()
	}
	if said := found(); said != "" {
		t.Errorf("put back: %s", said)
	}
	b.exec("ALTER TABLE events ALTER COLUMN version TYPE integer, ALTER COLUMN at TYPE timestamp USING at AT TIME ZONE 'UTC'")
	b.s = b.instance()
	if said := found(); said != "" {
		t.Errorf("columns of other types with the same in them: %s", said)
	}
	b.exec("UPDATE events SET version = 2 WHERE ags = ? AND seq = ?", Bautzen, seq)
	if said := found(); !strings.Contains(said, "event 4321: changed") {
		t.Errorf("another version in a column of another type: %q", said)
	}
}

func words(fs []models.Finding) (out []string) {
	for _, f := range fs {
		out = append(out, f.String())
	}
	return out
}

// TestAnAuditIsFast looks at a long chain. What it takes is held against what it takes to seal as
// many events, in time of processors, which others on the machine change little.
func TestAnAuditIsFast(t *testing.T) {
	look(t, func(b *behind) {
		n := int64(Share(1_000_000))
		sealing := b.plantEvents(n)
		spent, began := processors(t), time.Now()
		report, err := b.audited(models.Evidence{})
		took, cpu := time.Since(began), processors(t)-spent
		if err != nil || len(report.Findings) != 0 || int64(report.Events) < n {
			b.Fatalf("%+v, %v", report, err)
		}
		if most := 20 * sealing; cpu > most {
			b.Errorf("%s of processors' time; sealing as many takes %s", cpu, sealing)
		}
		million := func(d time.Duration) float64 { return d.Seconds() * 1e6 / float64(report.Events) }
		Score(b, "S45", "events audited on "+b.s.Dialect(), report.Events, fmt.Sprintf("%.1f s a million on this machine, which others use, too; %.1f s of the program's processor time, %.1f times that of sealing them",
			million(took), million(cpu), float64(cpu)/float64(sealing)))
	})
}

// processors is the time that this process has had of processors.
func processors(t testing.TB) time.Duration {
	t.Helper()
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		t.Fatal(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// plantEvents appends n events to Bautzen's chain past the store, rightly sealed; it tells what of the processors' time sealing took.
func (b *behind) plantEvents(n int64) (sealing time.Duration) {
	b.Helper()
	c := b.file(b.Clerk, wordingOf("Zimmer"))
	seq := b.number("SELECT seq FROM chains WHERE ags = ?", Bautzen)
	e := b.event(Bautzen, seq)
	tx, err := b.db.Begin()
	b.must(err)
	const rows = 200
	for done := int64(0); done < n; {
		var args []any
		var marks []string
		spent := processors(b)
		for ; len(marks) < rows && done < n; done++ {
			seq++
			e = models.Event{
				AGS: Bautzen, Seq: seq, RequestID: &c.ID, ActorID: &b.Clerk.ID, At: e.At.Add(time.Millisecond), Action: models.Comment, From: models.Submitted, To: models.Submitted, Version: 1,
				Comment: fmt.Sprintf("Bitte prüfen Sie die Gebühr noch einmal, Nummer %d.", seq), Data: `{"token":17,"session":"3f2a91c4d5e6b7a8"}`,
			}.Sealed(e.Hash)
			marks = append(marks, "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
			args = append(args, e.AGS, e.Seq, *e.RequestID, e.At, *e.ActorID, string(e.Action), string(e.From), string(e.To), e.Version, e.Comment, e.Data, e.Prev, e.Hash)
		}
		sealing += processors(b) - spent
		_, err := tx.Exec(b.dollars("INSERT INTO events (ags, seq, request_id, at, actor_id, action, from_state, to_state, version, comment, data, prev, hash) VALUES "+strings.Join(marks, ", ")), args...)
		b.must(err)
	}
	_, err = tx.Exec(b.dollars("UPDATE chains SET seq = ?, hash = ?, seal = '' WHERE ags = ?"), seq, e.Hash, Bautzen)
	b.must(err)
	b.must(tx.Commit())
	b.must(b.s.ReindexAll(ctx))
	return sealing
}
