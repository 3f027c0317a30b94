package models_test

import (
	"fmt"
	"testing"
	"time"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// TestKeysOutliveAFailover: the primary is killed, its synchronous standby takes its place; what was acknowledged is
// there, and a key used again gives the same answer. The store itself goes on, on the host that takes writes.
func TestKeysOutliveAFailover(t *testing.T) {
	r := NewReplicated(t)
	s := Open(t, r.URL)
	b := &behind{story: &story{T: t, Cast: Stage(t, s), s: s}, url: r.URL, db: past(t, r.URL)}
	n := Share(500)
	numbers := make([]string, n)
	for i := range n {
		o := key(fmt.Sprintf("k%d", i), "body")
		o.Answer = answer
		var err error
		numbers[i], err = b.filed(b.s, b.Clerk, o)
		b.must(err)
	}
	before := b.rows()
	r.FailOver()
	b.db = past(t, r.URL)
	// asked is what a client does: a connection to the one that is gone is found out when it is used, and the call is made again with its key.
	asked := func(s *models.Store, o *models.Once) (err error) {
		for range 600 {
			if _, err = b.filed(s, b.Clerk, o); kindOf(err) != models.Busy {
				return err
			}
			time.Sleep(100 * time.Millisecond)
		}
		return err
	}
	again := func(what string, s *models.Store) {
		for i, number := range numbers {
			k := fmt.Sprintf("k%d", i)
			o := key(k, "body")
			if err := asked(s, o); err != nil || o.Kept == nil || o.Kept.Location != "/requests/"+number || o.Kept.Status != 201 {
				t.Errorf("%s, %s: %v, kept %+v", what, k, err, o.Kept)
			}
			if err := asked(s, key(k, "bodY")); kindOf(err) != models.Invalid {
				t.Errorf("%s, %s with another body: %v", what, k, err)
			}
		}
	}
	again("the same store", b.s)
	other := b.instance()
	again("another one", other)
	if after := b.rows(); after != before {
		t.Errorf("before %s\nafter  %s", before, after)
	}
	if report, err := other.Audit(ctx, models.Evidence{}); err != nil || len(report.Findings) > 0 {
		t.Errorf("%+v, %v", report, err)
	}
	Score(t, "S12", "keys used again after the primary was killed and its standby took its place", 2*n, "the same answer, 422 for another body, no row more or less; the audit finds nothing")
}
