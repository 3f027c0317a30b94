package models_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"formwandel/models"
)

// TestManyWitnessAtOnce: lines of several instances are numbered without a gap, each counts what it should, and when the oldest
// have had their time the others are whole; a transaction that fails takes no number.
func TestManyWitnessAtOnce(t *testing.T) {
	look(t, func(b *behind) {
		b.must(b.s.RecordKeys(ctx))
		stores := []*models.Store{b.s}
		if !b.sqlite() {
			stores = append(stores, b.instance(), b.instance())
		}
		var failed atomic.Int64
		start(60, func(i int) {
			e := models.SecurityEvent{Code: models.LoginFailed, Address: fmt.Sprintf("192.0.2.%d", i%20)}
			if stores[i%len(stores)].Witness(ctx, e) != nil {
				failed.Add(1)
			}
		})
		if n := b.number("SELECT sum(count) FROM security_events WHERE code = 'login_failed'"); n != 60 || failed.Load() != 0 {
			t.Errorf("%d written, %d failed", n, failed.Load())
		}
		b.noted(0)
		b.shift(91*24*time.Hour, stores[1:]...)
		b.must(b.s.Witness(ctx, models.SecurityEvent{Code: models.SignedOut}))
		b.must(last(b.s.Expire(ctx)))
		if n := b.number("SELECT count(*) FROM security_events WHERE code = 'login_failed'"); n != 0 {
			t.Errorf("%d lines stay", n)
		}
		b.noted(0)
	})
}

// TestAnOldEndDoesNotHideWhatFollowed: who puts an end of yesterday back, seal and all, is found by the event of a later checkpoint.
func TestAnOldEndDoesNotHideWhatFollowed(t *testing.T) {
	look(t, func(b *behind) {
		b.must(b.s.RecordKeys(ctx))
		b.exec("CREATE TABLE was_ends AS SELECT * FROM security_ends")
		b.must(b.s.Witness(ctx, models.SecurityEvent{Code: models.SignedOut}))
		b.must(last(b.s.Checkpoint(ctx, t.TempDir(), "")))
		b.noted(0)
		b.exec("DELETE FROM security_events WHERE nr > (SELECT last FROM was_ends)")
		b.exec("UPDATE security_ends SET last = (SELECT last FROM was_ends), seal = (SELECT seal FROM was_ends)")
		report, err := b.s.Audit(ctx, models.Evidence{})
		if err != nil || len(report.Findings) != 4 || report.Findings[0].What != "ends before a line that is known to have been there" {
			t.Errorf("%v, %v", report, err)
		}
	})
}

// TestAStrangeBrowserIsNotKnown: a row that this program has not written makes nobody known.
func TestAStrangeBrowserIsNotKnown(t *testing.T) {
	look(t, func(b *behind) {
		device, err := b.s.KnowDevice(ctx, b.Clerk, "")
		b.must(err)
		for change, line := range map[string]models.Line{
			"seal = seal": models.Known, "seen_at = '2027-11-23 08:00:00+00:00'": models.Strangers, "seal = 'x'": models.Strangers,
		} {
			b.exec("CREATE TABLE was_devices AS SELECT * FROM devices")
			b.exec("UPDATE devices SET " + change)
			if got, err := b.s.LineOf(ctx, b.Clerk.Email, device); err != nil || got != line {
				t.Errorf("%s: %v, %v", change, got, err)
			}
			b.exec("DELETE FROM devices")
			b.exec("INSERT INTO devices SELECT * FROM was_devices")
			b.exec("DROP TABLE was_devices")
		}
		b.must(b.s.RecordKeys(ctx))
		b.exec("UPDATE devices SET seal = ''")
		if got, err := b.s.LineOf(ctx, b.Clerk.Email, device); err != nil || (got == models.Known) == b.sqlite() {
			t.Errorf("without a seal: %v, %v", got, err)
		}
	})
}
