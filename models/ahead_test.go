package models_test

import (
	"errors"
	"testing"
	"time"

	"formwandel/models"
	"formwandel/models/calendar"
	. "formwandel/models/modelstest"
)

// What the clock has decided on ahead is written only if nobody has done
// anything since that it may depend on; and then it is decided on anew.
func TestDecidedAheadUnlessSomethingMoves(t *testing.T) {
	acts := map[string]struct {
		act  func(*story, *models.Case)
		hold bool
		then models.Status
	}{
		"nothing":   {func(*story, *models.Case) {}, true, models.Applied},
		"withdrawn": {func(st *story, c *models.Case) { st.do(st.Clerk, c.Number, models.Withdraw, "") }, false, models.Withdrawn},
		"a comment": {func(st *story, c *models.Case) {
			st.must(last(st.s.Comment(ctx, st.Agent, c.Number, "Bald.", false, nil)))
		}, false, models.Applied},
		"the form switched": {func(st *story, _ *models.Case) {
			st.must(last(st.s.Maintain(ctx, st.TenantAdmin, Bautzen, Birth, true, nil)))
		}, false, models.Applied},
		"another mailbox":       {func(st *story, _ *models.Case) { st.must(st.s.SetOffice(ctx, Bautzen, "neu@bautzen.example")) }, false, models.Applied},
		"something in Leipzig":  {func(st *story, _ *models.Case) { st.leipzig("2027-02-01") }, true, models.Applied},
		"applied by the clock":  {func(st *story, _ *models.Case) { st.knock() }, false, models.Applied},
		"applied by hand, once": {func(st *story, c *models.Case) { st.knock(); st.do(st.Clerk, c.Number, models.Accept, "") }, false, models.Accepted},
	}
	for name, x := range acts {
		t.Run(name, func(t *testing.T) {
			s := Open(t, URL(t, "sqlite"))
			st := &story{T: t, Cast: Stage(t, s), s: s}
			c := st.filed(fee("2500", "2027-01-01"))
			SetNow(t, s, onDay("2027-01-01").Start())
			write := s.DecideAhead(ctx, Bautzen)
			x.act(st, c)
			if err := write(); (err == nil) != x.hold || (!x.hold && !errors.Is(err, models.ErrMoved)) {
				t.Fatalf("written: %v", err)
			}
			st.knock()
			st.is(c.Number, x.then)
			if n := st.one(`SELECT count(*) FROM configurations WHERE cause = 'apply'`); (n == 1) == (x.then == models.Withdrawn) || n > 1 {
				t.Errorf("%d versions", n)
			}
			st.audit()
		})
	}
}

// Portions share a transaction. If one of them can't be written as it was decided on, each is decided on anew; one that does not come is not waited for.
func TestPortionsShareATransaction(t *testing.T) {
	for name, x := range map[string]struct {
		all          bool
		act          func(st *story, leipzig *models.Case)
		transactions int64
	}{
		"nothing moves": {true, func(*story, *models.Case) {}, 1},
		"the second moves": {true, func(st *story, c *models.Case) {
			st.must(last(st.s.Comment(ctx, st.Agent, c.Number, "Bald.", false, nil)))
		}, 2},
		"a third is late": {false, func(*story, *models.Case) {}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := Open(t, URL(t, "sqlite"))
			st := &story{T: t, Cast: Stage(t, s), s: s}
			a, b := st.filed(fee("2500", "2027-01-01")), st.leipzig("2027-01-01")
			SetNow(t, s, onDay("2027-01-01").Start())
			const turns = `SELECT turn FROM tallies WHERE name = 'mails'` // each transaction that writes mails is one
			var before int64
			took, err := s.WriteAhead(ctx, x.all, func() { x.act(st, b); before = st.one(turns) }, Bautzen, Leipzig)
			if err != nil || took != 2 {
				t.Errorf("%d steps (%v)", took, err)
			}
			if n := st.one(turns) - before; n != x.transactions {
				t.Errorf("%d transactions", n)
			}
			st.is(a.Number, models.Applied)
			st.is(b.Number, models.Applied)
			if n := st.one(`SELECT count(*) FROM configurations WHERE cause = 'apply'`); n != 2 {
				t.Errorf("%d versions", n)
			}
			st.audit()
		})
	}
}

// A way back that has to see what the same chunk has done is left to the writer.
func TestNotDecidedAhead(t *testing.T) {
	s := Open(t, URL(t, "sqlite"))
	st := &story{T: t, Cast: Stage(t, s), s: s}
	in := fee("2500", "2026-12-01")
	in.Content.Effective.Until = "2026-12-31"
	a := st.filed(in)
	b := st.filed(fee("2700", "2026-12-10"))
	st.at("2026-12-02 00:00:00")
	SetNow(t, s, onDay("2027-01-01").Start()) // the clock was away: b applies, then a goes back beneath it
	if err := s.DecideAhead(ctx, Bautzen)(); !errors.Is(err, models.ErrReadsOwn) {
		t.Errorf("written: %v", err)
	}
	st.knock()
	st.is(b.Number, models.Applied)
	if !st.get(a.Number).Returned {
		t.Error("it did not go back")
	}
	st.audit()
}

// The writer, for whom everybody waits, is given values that need no more to be done to them.
func TestDecidedAheadIsReadyForTheDriver(t *testing.T) {
	s := Open(t, URL(t, "sqlite"))
	st := &story{T: t, Cast: Stage(t, s), s: s}
	st.filed(fee("2500", "2027-01-01"))
	SetNow(t, s, onDay("2027-01-01").Start())
	if all, plain, err := s.PlainAhead(ctx, Bautzen); err != nil || all < 50 || plain != all {
		t.Errorf("%d of %d values are (%v)", plain, all, err)
	}
}

// Instants are written down as the driver would write them: the order of what is stored is that of its text.
func TestDecidedAheadWritesInstantsAsTheDriverDoes(t *testing.T) {
	s := Open(t, URL(t, "sqlite"))
	for _, at := range []time.Time{
		time.Date(2026, 12, 31, 23, 0, 0, 0, time.UTC),
		time.Date(2027, 1, 1, 0, 0, 0, 120_000, calendar.Berlin),
		time.Date(2027, 7, 1, 12, 30, 5, 999_999_000, calendar.Berlin),
	} {
		if ours, drivers, err := s.InstantAhead(ctx, at); err != nil || ours == "" || ours != drivers {
			t.Errorf("%v: %q, and the driver writes %q (%v)", at, ours, drivers, err)
		}
	}
}

// Who decides ahead never waits for the writer to reserve numbers for mails: each chunk leaves enough for the next two.
func TestNumbersAreKeptForWhoDecidesAhead(t *testing.T) {
	s := Open(t, URL(t, "sqlite"))
	st := &story{T: t, Cast: Stage(t, s), s: s}
	st.filed(fee("2500", "2027-01-01"))
	SetNow(t, s, onDay("2027-01-01").Start())
	write := s.DecideAhead(ctx, Bautzen)
	s.UseUpMailNumbers()
	st.must(write())
	mails := st.one(`SELECT count(*) FROM mails WHERE kind = 'applied'`)
	if left := s.UseUpMailNumbers(); mails == 0 || left != 2*mails {
		t.Errorf("%d mails were written, and %d numbers are left", mails, left)
	}
	st.audit()
}

// A midnight that fills more than a transaction takes everything once, with
// what the next municipality wants decided on beside the writing.
func TestMidnightOfSeveralChunks(t *testing.T) {
	tell(t, func(st *story) {
		st.midnight(models.Chunk)
		foreign := st.leipzig("2027-01-01")
		st.on("2027-01-01")
		if took := st.knock(); took != models.Chunk+1 {
			st.Fatalf("%d steps", took)
		}
		st.is(foreign.Number, models.Applied)
		if n := st.one(`SELECT count(*) FROM configurations WHERE cause = 'apply'`); n != models.Chunk+1 {
			st.Errorf("%d versions", n)
		}
		if st.s.Dialect() == "sqlite" {
			var pages string // the log is left to the commits again
			if writer, _ := st.s.GORM(); writer.Raw(`PRAGMA wal_autocheckpoint`).Scan(&pages).Error != nil || pages != models.LogPages {
				st.Errorf("commits carry the log over when it has %s pages", pages)
			}
		}
		st.audit()
	})
}

// leipzig has an approved change of Leipzig's for a day.
func (st *story) leipzig(day string) *models.Case {
	st.Helper()
	c := st.file(st.LeipzigClerk, models.FileInput{Form: Leipzig + "/" + Birth, Submit: true, Content: fee("2700", day).Content})
	st.do(st.Agent, c.Number, models.Claim, "")
	st.do(st.LeipzigApprover, c.Number, models.Approve, "")
	return st.do(st.Lead, c.Number, models.Approve, "")
}
