package models_test

import (
	"strings"
	"testing"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// TestWordsCanBeTakenOut: by the operator, with a reason; the chain is whole, and nobody else can do it.
func TestWordsCanBeTakenOut(t *testing.T) {
	look(t, func(b *behind) {
		c := b.file(b.Clerk, wording("Raum 4"))
		said, err := b.s.Comment(ctx, b.Clerk, c.Number, "Frau Zeisig ist krank, Zeisiglandverwaltungsangestellte.", false, nil)
		b.must(err)
		b.must(last(b.s.Comment(ctx, b.Agent, c.Number, "Gute Besserung.", false, nil)))
		heads, _, err := b.s.Heads(ctx)
		b.must(err)
		for why, want := range map[string]models.Kind{"": models.Invalid, "  ": models.Invalid, "a\nb": models.Invalid, strings.Repeat("x", 201): models.Invalid} {
			if err := b.s.Redact(ctx, c.Number, said.Seq, why); kindOf(err) != want {
				b.Errorf("%q: %v", why, err)
			}
		}
		if err := b.s.Redact(ctx, c.Number, said.Seq+99, "Krankheit"); kindOf(err) != models.NotFound {
			b.Errorf("no such event: %v", err)
		}
		b.must(b.s.Redact(ctx, c.Number, said.Seq, "Gesundheitsdaten"))
		if err := b.s.Redact(ctx, c.Number, said.Seq, "Gesundheitsdaten"); kindOf(err) != models.Conflict {
			b.Errorf("twice: %v", err)
		}
		for table, text := range b.dumped() {
			if strings.Contains(strings.ToLower(string(text)), "zeisig") {
				b.Errorf("%s still has the words", table)
			}
		}
		report, err := b.s.Verify(ctx, heads)
		b.must(err)
		for _, f := range report.Findings {
			b.Errorf("audit: %s", f)
		}
	})
}

// TestWordsTakenOutUnsaidAreFound: what the database lets through for the operator's act is found when nobody has
// said so, and everything else about an event stays refused.
func TestWordsTakenOutUnsaidAreFound(t *testing.T) {
	look(t, func(b *behind) {
		c := b.file(b.Clerk, wording("Raum 4"))
		said, err := b.s.Comment(ctx, b.Clerk, c.Number, "Das war anders.", false, nil)
		b.must(err)
		var digest string
		b.must(b.s.WordsOf(Bautzen, said.Seq, &digest))
		for _, q := range []string{
			"UPDATE events SET comment = 'x', salt = '=" + digest + "' WHERE comment <> ''", "UPDATE events SET comment = '' WHERE comment <> ''",
			"UPDATE events SET comment = '', salt = '=" + digest + "', actor_id = NULL WHERE comment <> ''", "UPDATE events SET salt = '=" + digest + "' WHERE comment <> ''",
			"UPDATE events SET comment = '', salt = '=" + digest + "', hash = '' WHERE comment <> ''", "UPDATE events SET comment = 'y' WHERE comment = ''",
		} {
			if _, err := b.db.Exec(q); err == nil || !strings.Contains(err.Error(), "append-only") {
				b.Errorf("%s: %v", q, err)
			}
		}
		b.audit()
		b.exec("UPDATE events SET comment = '', salt = ? WHERE ags = ? AND seq = ? AND comment <> ''", "="+digest, Bautzen, said.Seq)
		report, err := b.s.Verify(ctx, nil)
		b.must(err)
		if len(report.Findings) == 0 || !strings.Contains(report.Findings[0].String(), at(said.Seq)+" its words were taken out") {
			b.Errorf("the audit finds %v", report.Findings)
		}
	})
}
