package models_test

import (
	"fmt"
	"sync"
	"testing"

	"formwandel/models"
	"formwandel/models/calendar"
	"formwandel/models/fields"
	. "formwandel/models/modelstest"
)

// midnight plants n approved requests for one midnight: each builds on the one
// before, so that any other order, or one applied twice, fails.
func (st *story) midnight(n int) calendar.Day {
	st.Helper()
	form := st.live()
	day := calendar.NewDay(2027, 1, 1)
	start := day.Start()
	approved := Epoch
	var rs []*models.Request
	for i := range n {
		rs = append(rs, &models.Request{
			AGS: Bautzen, FormID: form.ID, Assistant: Birth, Definition: form.Form.Definition, Kind: "from", Date: day, Sections: models.StringList{"gebuehren"},
			NeedMunicipality: 1, NeedProvider: 1, AuthorID: st.Clerk.ID, AssigneeID: &st.Agent.ID, SubmittedAt: &approved, ApprovedAt: &approved, ApplyAt: &start,
			Changes:   []models.Change{{Field: first, Section: "gebuehren", Label: "Gebühr", Type: fields.Money, Old: fields.Value(fmt.Sprint(2000 + i)), New: fields.Value(fmt.Sprint(2001 + i))}},
			Approvals: []models.Approval{{Side: models.Municipal, UserID: st.Approver.ID}, {Side: models.Provider, UserID: st.Lead.ID}},
		})
	}
	if err := st.s.Plant(ctx, st.Clerk, Bautzen, rs); err != nil {
		st.Fatal(err)
	}
	return day
}

// A large midnight is taken in one knock, in order, and nobody holds up the others.
func TestLargeMidnight(t *testing.T) {
	const n = 2*models.Chunk + 500
	tell(t, func(st *story) {
		st.midnight(n)
		broken := st.filed(models.FileInput{Form: Bautzen + "/" + Dog, Submit: true, Content: models.Content{
			Effective: &models.EffectiveInput{Kind: "from", Date: "2027-01-01"}, Changes: changes("gebuehren.ersatzmarke", "600"),
		}})
		st.applied(models.FileInput{Form: Bautzen + "/" + Dog, Submit: true, Content: models.Content{
			Effective: &models.EffectiveInput{Kind: "by", Date: "2026-12-01"}, Changes: changes("gebuehren.ersatzmarke", "700"),
		}})
		st.on("2027-01-01")
		if took := st.knock(); took != n+2 { // and by then the other one counts as accepted
			st.Fatalf("%d steps, want %d", took, n+2)
		}
		st.is(broken.Number, models.Failed)
		st.holds(first, fmt.Sprint(2000+n))
		if applied := st.one(`SELECT count(*) FROM requests WHERE status = 'applied' AND form_id = ?`, st.live().ID); applied != n {
			st.Fatalf("%d applied", applied)
		}
		if st.knock() != 0 {
			st.Fatal("there was more to do")
		}
	})
}

// A request that the database itself refuses to write holds up nobody, here or elsewhere.
func TestOnePoisonedRequest(t *testing.T) {
	tell(t, func(st *story) {
		a := st.filed(fee("2500", "2027-01-01"))
		b := st.filed(want("from", "2027-01-01", "gebuehren.auskunft", "1600"))
		c := st.filed(want("from", "2027-01-01", notice, `"Neu."`))
		foreign := st.file(st.LeipzigClerk, models.FileInput{Form: Leipzig + "/" + Birth, Submit: true, Content: fee("2700", "2027-01-01").Content})
		st.do(st.Agent, foreign.Number, models.Claim, "")
		st.do(st.LeipzigApprover, foreign.Number, models.Approve, "")
		st.do(st.Lead, foreign.Number, models.Approve, "")
		st.poison(b.Number)
		st.on("2027-01-01")
		took, _, err := st.s.Knock(ctx)
		if err == nil || took != 3 {
			st.Fatalf("%d steps, %v", took, err)
		}
		for _, n := range []string{a.Number, c.Number, foreign.Number} {
			st.is(n, models.Applied)
		}
		st.is(b.Number, models.Approved)
		st.heal()
		st.knock()
		st.is(b.Number, models.Applied)
	})
}

// poison lets the database refuse every write to a request.
func (st *story) poison(number string) {
	st.Helper()
	query := `CREATE TRIGGER poison BEFORE UPDATE ON requests WHEN NEW.number = '` + number + `' BEGIN SELECT RAISE(ABORT, 'poison'); END`
	if st.s.Dialect() == "postgres" {
		query = `CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'poison'; END $$;
			CREATE TRIGGER poison BEFORE UPDATE ON requests FOR EACH ROW WHEN (NEW.number = '` + number + `') EXECUTE FUNCTION poison()`
	}
	if _, err := st.s.Pool().Exec(query); err != nil {
		st.Fatal(err)
	}
}

func (st *story) heal() {
	st.Helper()
	query := `DROP TRIGGER poison`
	if st.s.Dialect() == "postgres" {
		query = `DROP TRIGGER poison ON requests`
	}
	if _, err := st.s.Pool().Exec(query); err != nil {
		st.Fatal(err)
	}
}

// Any number of instances may knock at once: everything is done exactly once, in order.
func TestManyKnockAtOnce(t *testing.T) {
	const n, each = 60, 4
	for _, kind := range Databases {
		t.Run(kind, func(t *testing.T) {
			url := URL(t, kind)
			s := Open(t, url)
			st := &story{T: t, Cast: Stage(t, s), s: s}
			instances := []*models.Store{s}
			if kind == "postgres" { // a SQLite file belongs to one process
				instances = append(instances, st.instance(url))
			}
			st.midnight(n)
			for _, in := range instances {
				SetNow(st, in, calendar.NewDay(2027, 1, 1).Start())
			}
			var wg sync.WaitGroup
			start := make(chan struct{})
			took := make([]int, each*len(instances))
			errs := make([]error, len(took))
			for i := range took {
				wg.Go(func() {
					<-start
					took[i], _, errs[i] = instances[i%len(instances)].Knock(ctx)
				})
			}
			close(start)
			wg.Wait()
			sum := st.knock() // whoever was turned away would come back
			for i := range took {
				sum += took[i]
				if errs[i] != nil {
					t.Error(errs[i])
				}
			}
			if sum != n {
				t.Errorf("%d steps, want %d", sum, n)
			}
			st.holds(first, fmt.Sprint(2000+n))
			if v := st.live().Live; v != n+1 {
				t.Errorf("version %d", v)
			}
			st.audit()
		})
	}
}

// instance is another program on the same database.
func (st *story) instance(url string) *models.Store {
	st.Helper()
	s, err := models.Open(models.Options{URL: url, Host: "formwandel.example", Team: team})
	if err != nil {
		st.Fatal(err)
	}
	st.Cleanup(func() {
		if err := s.Close(); err != nil {
			st.Error(err)
		}
	})
	return s
}

// What another instance is at work on is left to it, and looked at again soon but not at once.
func TestAnotherInstanceIsAtWork(t *testing.T) {
	Each(t, func(t *testing.T, s *models.Store) {
		if s.Dialect() != "postgres" {
			return // a SQLite file belongs to one process
		}
		st := &story{T: t, Cast: Stage(t, s), s: s}
		c := st.filed(fee("2500", "2026-11-23"))
		other, err := s.Pool().BeginTx(models.Everybodys(ctx), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := other.ExecContext(models.Everybodys(ctx), `SELECT * FROM chains WHERE ags = $1 FOR UPDATE`, Bautzen); err != nil {
			t.Fatal(err)
		}
		took, next, err := s.Knock(ctx)
		if took != 0 || next <= 0 || err != nil {
			t.Errorf("%d steps, next in %s, %v", took, next, err)
		}
		if err := other.Rollback(); err != nil {
			t.Fatal(err)
		}
		st.is(c.Number, models.Approved)
		st.knock()
		st.is(c.Number, models.Applied)
	})
}

// The clock knows how long it may sleep: until the next thing is due, a minute at most.
func TestUntilTheNextKnock(t *testing.T) {
	tell(t, func(st *story) {
		next := func() float64 {
			_, d, err := st.s.Knock(ctx)
			if err != nil {
				st.Fatal(err)
			}
			return d.Seconds()
		}
		if s := next(); s != 60 {
			st.Errorf("nothing to do: %v s", s)
		}
		st.filed(fee("2500", "2027-01-01"))
		st.at("2026-12-31 12:00:00")
		if s := next(); s != 60 {
			st.Errorf("far away: %v s", s)
		}
		st.at("2026-12-31 23:59:20")
		if s := next(); s <= 0 || s > 40 {
			st.Errorf("40 s before: %v s", s)
		}
	})
}
