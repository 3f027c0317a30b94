package models

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"formwandel/models/calendar"
	"formwandel/models/definition"
	"formwandel/models/fields"
)

// form is a little form that plays the rules of applying and returning, one
// step at a time, as the clock does; the plan has to foresee it.
type form map[string]fields.Value

var fieldNames = []string{"s.a", "s.b", "s.c"}

// someForm is any form of three fields.
func someForm(t *rapid.T) form {
	f := form{}
	for _, k := range fieldNames {
		f[k] = someValue(t)
	}
	return f
}

// littleForm is its questionnaire: a has an upper bound, and b is never above c.
var littleForm = sync.OnceValue(func() *definition.Definition {
	d, err := definition.Read(strings.NewReader(`{"key": "KOMM24Klein", "version": 1, "title": "Klein", "sections": [{"key": "s", "title": "S", "fields": [
		{"key": "s.a", "label": "A", "type": "integer", "constraints": {"max": 3}},
		{"key": "s.b", "label": "B", "type": "integer", "constraints": {"not_above": "s.c"}},
		{"key": "s.c", "label": "C", "type": "integer"}]}]}`), "klein")
	if err != nil {
		panic(err)
	}
	return d
})

// foresee is the plan of some requests, as far as it will come true.
func foresee(live form, rs []*Request) plan {
	return makePlan(rs).sound(live, littleForm(), func(id int64) bool { return fate{status: rs[id-1].Status}.gone() })
}

func someValue(t *rapid.T) fields.Value {
	return fields.Value(rapid.SampledFrom([]string{"1", "2", "3", "4"}).Draw(t, "value"))
}

// someRequests are approved requests, some of them temporary, each built on what was foreseen when it was approved,
// or on something else; some were withdrawn afterwards.
func someRequests(t *rapid.T, live form) []*Request {
	base := calendar.NewDay(2027, 1, 1)
	var rs []*Request
	for i := range rapid.IntRange(0, 6).Draw(t, "requests") {
		day := base.AddDays(rapid.IntRange(0, 5).Draw(t, "day"))
		approved := matrixNow.Add(time.Duration(i) * time.Minute)
		r := &Request{ID: int64(i + 1), Number: fmt.Sprint(i + 1), Status: InReview, Kind: From, Date: day}
		if rapid.Bool().Draw(t, "temporary") {
			r.Until = day.AddDays(rapid.IntRange(0, 3).Draw(t, "days"))
			r.ReturnAt = at(r.Until.AddDays(1).Start())
		}
		o := compose(live, foresee(live, rs).before(r, matrixNow))
		for _, k := range rapid.SliceOfNDistinct(rapid.SampledFrom(fieldNames), 1, 2, rapid.ID[string]).Draw(t, "fields") {
			c := Change{Field: k, Type: fields.Integer, Old: o.values[k], New: someValue(t)}
			if id, ok := o.source[k]; ok {
				c.BuildsOn = &id
			}
			if rapid.IntRange(0, 9).Draw(t, "meddled") == 0 {
				c.Old = someValue(t)
			}
			r.Changes = append(r.Changes, c)
		}
		r.Status, r.ApprovedAt, r.ApplyAt = Approved, &approved, at(day.Start())
		settle(r, calendar.Saxony())
		rs = append(rs, r)
	}
	for _, r := range rs {
		if rapid.IntRange(0, 4).Draw(t, "withdrawn") == 0 {
			r.Status = Withdrawn
			settle(r, calendar.Saxony())
		}
	}
	return rs
}

// play lets the clock do everything that is due by an instant, by nextWake alone: one step at a time, first things first.
// It gives the values, and what has been done.
func play(live form, rs []*Request, until time.Time) (form, []laid) {
	now := maps.Clone(live)
	var past []laid
	var applied []*Request
	cal := calendar.Saxony()
	for {
		var next *Request
		var what wake
		for _, r := range rs {
			w, ok := nextWake(r, cal)
			if !ok || w.at.After(until) {
				continue
			}
			if next == nil || w.at.Before(what.at) || (w.at.Equal(what.at) && (w.rank < what.rank || (w.rank == what.rank && r.ID < next.ID))) {
				next, what = r, w
			}
		}
		if next == nil {
			for i := range past {
				past[i].Returned = rs[past[i].RequestID-1].Returned
			}
			return now, past
		}
		if what.do == Apply && now.refuses(next, rs) {
			next.Status = Failed
			continue
		}
		if what.do == Apply {
			applied = append(applied, next)
		}
		var done []laid
		done, applied = now.take(next, what.do, live, applied)
		for i := range done {
			done[i].Effective, done[i].ReturnAt = what.at, next.ReturnAt
		}
		past = append(past, done...)
	}
}

// refuses tells whether a request fails: a value is another one, one it builds on did not come, or it does not fit.
func (now form) refuses(r *Request, rs []*Request) bool {
	after := maps.Clone(now)
	for _, c := range r.Changes {
		if after[c.Field] != c.Old || c.BuildsOn != nil && rs[*c.BuildsOn-1].Status != Applied && rs[*c.BuildsOn-1].Status != Accepted {
			return true
		}
		after[c.Field] = c.New
	}
	if c, ok := r.change("s.a"); ok && c.New > "3" {
		return true
	}
	_, b := r.change("s.b")
	_, c := r.change("s.c")
	return (b || c) && after["s.b"] > after["s.c"]
}

// take does what the store does to the values.
func (now form) take(r *Request, do Action, begin form, applied []*Request) (done []laid, on []*Request) {
	switch do {
	case Apply:
		for i := range r.Changes {
			c := &r.Changes[i]
			now[c.Field] = c.New
			done = append(done, laid{RequestID: r.ID, Cause: causeApply, Field: c.Field, Old: c.Old, New: c.New})
		}
		r.Status, r.AcceptBy = Applied, calendar.NewDay(2027, 2, 1)
	case Return:
		before := maps.Clone(now)
		held := map[string]bool{}
		for _, c := range r.Changes {
			held[c.Field] = onTop(c.Field, applied) == r
		}
		r.Returned = true
		for _, c := range r.Changes {
			former := without(c.Field, begin, applied)
			if held[c.Field] && c.Field == "s.a" && former > "3" { // it does not fit any more, so what holds goes on, whoever's it was
				applied = append(applied, &Request{Changes: []Change{{Field: c.Field, New: now[c.Field]}}})
				continue
			}
			now[c.Field] = former
		}
		if !maps.Equal(before, now) {
			for _, c := range r.Changes {
				done = append(done, laid{RequestID: r.ID, Cause: causeReturn, Field: c.Field, Old: c.Old, New: c.New})
			}
		}
	case Accept:
		r.Status = Accepted
	}
	return done, applied
}

// onTop is the request whose value is on top of a field; nil if that is none's.
func onTop(field string, applied []*Request) *Request {
	for _, r := range slices.Backward(applied) {
		if _, ok := r.change(field); ok && !r.Returned {
			return r
		}
	}
	return nil
}

// without is what holds without those whose time is over: the value of whoever came last.
func without(field string, begin form, applied []*Request) fields.Value {
	if r := onTop(field, applied); r != nil {
		c, _ := r.change(field)
		return c.New
	}
	return begin[field]
}

// What a plan foresees for an instant is what comes of letting the clock take one step after another until then.
func TestPlanForesees(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		live := someForm(t)
		rs := someRequests(t, live)
		day := calendar.NewDay(2027, 1, rapid.IntRange(1, 15).Draw(t, "on")).Start()
		foreseen := compose(live, foresee(live, rs).until(day)).values
		if got, _ := play(live, rs, day); !maps.Equal(got, form(foreseen)) {
			t.Fatalf("foreseen %v, came %v", foreseen, got)
		}
	})
}

// Foreseeing from today is the same as foreseeing from any day in between, once that has come.
func TestPlanFromAnyDay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		live := someForm(t)
		rs := someRequests(t, live)
		end := calendar.NewDay(2027, 1, 20).Start()
		foreseen := compose(live, foresee(live, rs)).values
		between := calendar.NewDay(2027, 1, rapid.IntRange(1, 15).Draw(t, "between")).Start()
		then, past := play(live, rs, between)
		p := makePlan(rs)
		p.past = past
		p = p.sound(then, littleForm(), func(id int64) bool { return fate{status: rs[id-1].Status}.gone() })
		if got := compose(then, p.until(end)).values; !maps.Equal(got, foreseen) {
			t.Fatalf("from today %v, from %s %v", foreseen, between, got)
		}
	})
}

// The plan leaves what it is given as it was, and speaks only of what exists.
func TestPlanIsPure(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		live := someForm(t)
		before := maps.Clone(live)
		rs := someRequests(t, live)
		o := compose(live, foresee(live, rs))
		if !maps.Equal(live, before) {
			t.Fatal("the live values were touched")
		}
		for field, id := range o.source {
			i := slices.IndexFunc(rs, func(r *Request) bool { return r.ID == id })
			if c, touches := rs[i].change(field); !touches || c.New != o.values[field] {
				t.Fatalf("%s is %s and comes from %d, which does not say so", field, o.values[field], id)
			}
		}
	})
}

// Every day from 2024 to 2040, the nights of the clock change among them: a
// change from a day on is due from that day's first instant in Berlin, and
// not one microsecond before; a deadline is late from the next day's.
func TestEveryDayIsDueAtItsMidnight(t *testing.T) {
	cal := calendar.Saxony()
	for d := calendar.NewDay(2024, 1, 1); d.Before(calendar.NewDay(2041, 1, 1)); d = d.AddDays(1) {
		r := inStatus(Approved, From)
		r.Date, r.ApprovedAt = d, at(d.AddDays(-10).Start())
		settle(r, cal)
		r.ApplyAt = r.DueAt
		settle(r, cal)
		by := inStatus(Submitted, By)
		by.Date, by.SubmittedAt, by.Reminded = d, at(d.AddDays(-1).Start()), 1
		settle(by, cal)
		for _, x := range []struct {
			what string
			r    *Request
			day  calendar.Day // when it is due
		}{{"from", r, d}, {"by", by, d.AddDays(1)}} {
			midnight := x.day.Start()
			for _, at := range []time.Time{midnight.Add(-25 * time.Hour), midnight.Add(-time.Microsecond), midnight, midnight.Add(2*time.Hour + 30*time.Minute), midnight.Add(25 * time.Hour)} {
				reached := !calendar.DayOf(at).Before(x.day)
				if due := !x.r.KnockAt.After(at); due != reached {
					t.Fatalf("%s %s: at %s due %v, the day is reached %v", x.what, d, at.In(calendar.Berlin), due, reached)
				}
			}
			if l := lateness(*x.r.promise(), midnight.Add(26*time.Hour)); l == nil || *l != 26*3600 {
				t.Fatalf("%s %s: %v late", x.what, d, l)
			}
			if l := lateness(*x.r.promise(), midnight); l != nil {
				t.Fatalf("%s %s: late on the dot", x.what, d)
			}
		}
	}
}

// Reminders come at seven in the morning in Berlin, in summer and in winter, on a working day before the date.
func TestEveryMorning(t *testing.T) {
	cal := calendar.Saxony()
	for d := calendar.NewDay(2024, 1, 1); d.Before(calendar.NewDay(2041, 1, 1)); d = d.AddDays(1) {
		r := inStatus(Submitted, From)
		r.Date, r.SubmittedAt = d, at(d.AddDays(-30).Start())
		settle(r, cal)
		local := r.KnockAt.In(calendar.Berlin)
		if local.Hour() != noticeHour || local.Minute() != 0 || !cal.WorkingDay(calendar.DayOf(local)) || !local.Before(*r.DueAt) {
			t.Fatalf("for %s at %s", d, local)
		}
		if n := cal.WorkingDaysBetween(calendar.DayOf(local), d.AddDays(-1)); n < noticeDays-1 || n > noticeDays {
			t.Fatalf("for %s on %s: %d working days before", d, local, n)
		}
	}
}

// What follows from a state is consistent: something waits for somebody or for time, or is over.
func TestSettled(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := someState(t)
		settle(r, calendar.Saxony())
		w, ok := nextWake(r, calendar.Saxony())
		if ok != (r.KnockAt != nil) || (ok && (!w.at.Equal(*r.KnockAt) || w.rank != r.KnockRank)) {
			t.Fatalf("knock %v, wake %+v %v", r.KnockAt, w, ok)
		}
		over := slices.Contains([]Status{Accepted, Rejected, Withdrawn}, r.Status)
		if over != (r.Waiting == 0 && r.Status != Approved) {
			t.Fatalf("%s waits for %b", r.Status, r.Waiting)
		}
		if r.Status == Approved && (r.Waiting != 0 || r.KnockAt == nil) {
			t.Fatal("what is approved waits for time alone")
		}
		if r.Open == (over || r.Status == Applied) {
			t.Fatalf("%s is open: %v", r.Status, r.Open)
		}
		if r.Planned && len(makePlan([]*Request{r}).steps) == 0 {
			t.Fatal("planned, and nothing in the plan")
		}
		if !r.Planned && ok && (w.do == Apply || w.do == Return) {
			t.Fatalf("%s %s, and no plan of it", w.do, r.Status)
		}
		for lane, role := range map[int]Role{forApprover: Approver, forLead: Lead} {
			u := User{ID: 99, Active: true, AGS: "14625020", Roles: []Role{role}}
			if role == Lead {
				u.AGS = ""
			}
			if r.Waiting&lane != 0 && !slices.Contains(r.Can(u, matrixNow), Approve) {
				t.Fatalf("%s waits for %s, who cannot approve", r.Status, role)
			}
		}
		before := *r
		settle(r, calendar.Saxony())
		if !same(before.KnockAt, r.KnockAt) || before.Waiting != r.Waiting {
			t.Fatal("settling twice is something else")
		}
	})
}

// someState is a request in any state that the database allows.
func someState(t *rapid.T) *Request {
	r := inStatus(rapid.SampledFrom(Statuses).Draw(t, "status"), rapid.SampledFrom([]string{From, By}).Draw(t, "kind"))
	r.Date = calendar.NewDay(2027, 1, rapid.IntRange(1, 60).Draw(t, "date"))
	r.SubmittedAt, r.ApprovedAt = at(matrixNow), at(matrixNow)
	r.Reminded = rapid.IntRange(0, 2).Draw(t, "reminded")
	r.GivenMunicipality, r.GivenProvider = rapid.IntRange(0, 1).Draw(t, "municipality"), rapid.IntRange(0, 1).Draw(t, "provider")
	r.WishUnseen = rapid.Bool().Draw(t, "unseen")
	if r.Status == Applied {
		r.AcceptBy = calendar.NewDay(2027, 3, 1)
	}
	if rapid.Bool().Draw(t, "temporary") && r.Status != Draft {
		r.Until = r.Date.AddDays(10)
		r.ReturnAt, r.Returned = at(r.Until.AddDays(1).Start()), r.Status == Accepted
	}
	if rapid.Bool().Draw(t, "wish") {
		r.Wish, r.Changes = "Bitte", nil
	}
	return r
}
