package models_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// TestACommentCostsNoMoreTheMoreThereAre: what is stemmed and indexed of them is
// bounded; the newest are found, and never in the place of the request's own words.
func TestACommentCostsNoMoreTheMoreThereAre(t *testing.T) {
	var es []models.Event
	for i := range 1000 {
		es = append(es, models.Event{Comment: strings.Repeat("wörter ", 700), Internal: i%2 == 0})
		public, internal := models.LastSaid(es)
		if len([]rune(public)) > 10_000 || len([]rune(internal)) > 10_000 {
			t.Fatalf("of %d comments %d and %d characters are indexed", i+1, len(public), len(internal))
		}
	}
	look(t, func(b *behind) {
		n := b.tellsOf(b.Clerk, Bautzen+"/"+Birth, "Rathausneubau", "")
		for i := range 5 {
			b.must(last(b.s.Comment(ctx, b.Clerk, n, fmt.Sprintf("zaunkönig%d ", i)+strings.Repeat("laub ", 900), false, nil)))
		}
		b.must(last(b.s.Comment(ctx, b.Agent, n, "Verzögerung", true, nil)))
		for q, found := range map[string]bool{"zaunkönig4": true, "zaunkönig3": true, "zaunkönig0": false, "Rathausneubau": true, "Verzögerung": true} {
			if got := slices.Contains(b.finds(b.Agent, q), n); got != found {
				b.Errorf("%s is found: %v", q, got)
			}
		}
	})
}

// TestARequestHoldsSoManyComments, and says then what to do.
func TestARequestHoldsSoManyComments(t *testing.T) {
	look(t, func(b *behind) {
		n := b.file(b.Clerk, wording("Saal")).Number
		b.must(last(b.s.Comment(ctx, b.Clerk, n, "Eins", false, nil)))
		b.exec(`WITH RECURSIVE k (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM k WHERE i < 4998)
			INSERT INTO events (ags, seq, request_id, at, actor_id, action, from_state, to_state, version, comment, salt, internal, data, prev, hash)
			SELECT ags, 100000 + k.i, request_id, at, actor_id, action, from_state, to_state, version, comment, salt, internal, data, prev, substr(hash, 1, 50) || (100000 + k.i)
			FROM k JOIN events ON action = 'comment'`)
		b.must(last(b.s.Comment(ctx, b.Clerk, n, "Das letzte", false, nil)))
		err := last(b.s.Comment(ctx, b.Clerk, n, "Eins zu viel", false, nil))
		if kindOf(err) != models.Conflict || !strings.Contains(said(err), "too_many_comments") {
			b.Errorf("%v", err)
		}
	})
}
