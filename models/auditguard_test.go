package models_test

import (
	"testing"

	"formwandel/models"
)

// TestGuardsAreAllThere: an audit knows every trigger of a database, finds none amiss in a new one, and misses each that is gone.
func TestGuardsAreAllThere(t *testing.T) {
	look(t, func(b *behind) {
		b.audit()
		b.unguard()
		if len(b.lowered) < 8 {
			b.Fatalf("only %v", b.lowered)
		}
		r, err := b.s.Audit(ctx, models.Evidence{})
		b.must(err)
		missed := map[string]bool{}
		for _, f := range r.Findings {
			missed[f.String()] = true
		}
		for _, g := range b.lowered {
			if !missed["guard "+g.String()+": is not there"] {
				b.Errorf("nobody misses %s: %v", g, r.Findings)
			}
		}
		if len(missed) != len(b.lowered) {
			b.Errorf("missed are %v", r.Findings)
		}
		b.exec("CREATE TABLE another (n INTEGER)") // what somebody else has put there is theirs
		if b.sqlite() {
			b.exec("CREATE TRIGGER theirs BEFORE DELETE ON another BEGIN SELECT RAISE(ABORT, 'no'); END")
		} else {
			b.exec("CREATE TRIGGER theirs BEFORE DELETE ON another FOR EACH ROW EXECUTE FUNCTION append_only()")
		}
		if r, err := b.audited(models.Evidence{}); err != nil || len(r.Findings) != 0 {
			b.Errorf("put back: %+v, %v", r, err)
		}
	})
}
