package models_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// crowd are n people with the same roles.
func (st *story) crowd(n int, roles ...models.Role) []models.User {
	st.Helper()
	out := make([]models.User, n)
	for i := range out {
		ags := Bautzen
		if roles[0].Side() == models.Provider {
			ags = ""
		}
		email := fmt.Sprintf("%s%d@crowd.example", roles[0], i)
		_, err := st.s.AddUser(ctx, models.NewUser{AGS: ags, Email: email, Name: email, Roles: roles})
		st.must(err)
		out[i] = SignIn(st, st.s, email)
	}
	return out
}

// oneWinner asserts that exactly one of many got through and the others were refused as too late.
func (st *story) oneWinner(what string, errs []error) {
	st.Helper()
	won := 0
	for _, err := range errs {
		switch kindOf(err) {
		case "":
			won++
		case models.Conflict:
		default:
			st.Errorf("%s: a loser got %v", what, err)
		}
	}
	if won != 1 {
		st.Errorf("%s: %d winners", what, won)
	}
}

func TestSixteenClaimsHaveOneWinner(t *testing.T) {
	look(t, func(b *behind) {
		agents := b.crowd(16, models.Agent)
		for round := range 20 {
			c := b.file(b.Clerk, wording(fmt.Sprintf("Zimmer %d", round)))
			warm(b, b.s)
			errs := make([]error, len(agents))
			start(len(agents), func(i int) {
				_, errs[i] = b.s.Do(ctx, agents[i], c.Number, models.Claim, models.Input{Version: 1})
			})
			b.oneWinner("claim", errs)
			after := b.is(c.Number, models.InReview)
			if after.Version != 2 || errs[index(agents, *after.AssigneeID)] != nil {
				b.Errorf("version %d, assignee %d is not the winner", after.Version, *after.AssigneeID)
			}
			if n := b.number("SELECT count(*) FROM events WHERE request_id = ? AND action = 'claim'", c.ID); n != 1 {
				b.Errorf("%d claims in the history", n)
			}
		}
		b.audit()
	})
}

func index(us []models.User, id int64) int {
	for i, u := range us {
		if u.ID == id {
			return i
		}
	}
	return 0
}

// TestSixteenDifferentStepsHaveOneWinner lets everybody act on the same version.
func TestSixteenDifferentStepsHaveOneWinner(t *testing.T) {
	look(t, func(b *behind) {
		approvers, leads := b.crowd(4, models.Approver), b.crowd(3, models.Lead)
		winners := map[models.Action]int{}
		for round := range 24 {
			c := b.file(b.Clerk, fee("2500", "2027-01-01"))
			steps := []func() (models.Action, error){}
			add := func(u models.User, a models.Action, in models.Input) {
				in.Version = c.Version
				steps = append(steps, func() (models.Action, error) {
					_, err := b.s.Do(ctx, u, c.Number, a, in)
					return a, err
				})
			}
			for i, u := range []models.User{b.Clerk, b.Clerk2, b.Deputy} {
				add(u, models.Edit, models.Input{Content: &models.Content{Changes: &[]models.ChangeInput{{Field: "gebuehren.erste", New: fmt.Append(nil, 3000+10*round+i)}}}})
			}
			for _, u := range append(approvers, leads...) {
				add(u, models.Approve, models.Input{ContentHash: c.ContentHash})
			}
			add(b.Clerk, models.Withdraw, models.Input{})
			add(b.Clerk2, models.Withdraw, models.Input{})
			add(b.Approver, models.Reject, models.Input{Comment: "Nein."})
			add(b.Agent, models.Claim, models.Input{})
			add(b.Agent2, models.Claim, models.Input{})
			add(b.Approver, models.Approve, models.Input{ContentHash: c.ContentHash})
			warm(b, b.s)
			errs := make([]error, len(steps))
			start(len(steps), func(i int) {
				var a models.Action
				if a, errs[i] = steps[i](); errs[i] == nil {
					defer func() { winners[a]++ }() // one winner: nobody else writes here
				}
			})
			b.oneWinner("steps", errs)
			if v := b.get(c.Number).Version; v != 2 {
				b.Errorf("version %d after one step", v)
			}
		}
		if len(winners) < 2 {
			b.Errorf("only %v ever won: nobody raced", winners)
		}
		b.audit()
	})
}

// TestApprovedIsWhatIsApplied lets the lead approve while the assignee edits
// and the clock knocks: what is applied is always what was approved.
func TestApprovedIsWhatIsApplied(t *testing.T) {
	look(t, func(b *behind) {
		rounds := Share(10_000) / 2 // half of them on each database
		if testing.Short() {
			rounds = 50
		}
		var c *models.Case
		approved, edits := 0, 0
		for i := range rounds {
			if c == nil {
				c = b.do(b.Agent, b.file(b.Clerk, wording(fmt.Sprintf("Zimmer %d", i))).Number, models.Claim, "")
			}
			warm(b, b.s)
			errs := make([]error, 2)
			start(3, func(who int) {
				switch who {
				case 0:
					_, errs[0] = b.s.Do(ctx, b.Lead, c.Number, models.Approve, models.Input{Version: c.Version, ContentHash: c.ContentHash})
				case 1:
					_, errs[1] = b.s.Do(ctx, b.Agent, c.Number, models.Edit, models.Input{Version: c.Version, Content: edited(fmt.Sprintf("Schalter %d", i))})
				case 2:
					if _, _, err := b.s.Knock(ctx); err != nil {
						b.Errorf("knock: %v", err)
					}
				}
			})
			b.oneWinner("approve and edit", errs)
			shown := c.ContentHash
			if c = b.get(c.Number); errs[0] != nil {
				edits++
				if len(c.Approvals) != 0 || c.Status != models.InReview {
					b.Fatalf("%s, %d approvals after an edit", c.Status, len(c.Approvals))
				}
				b.do(b.Agent, c.Number, models.Ask, "So?")
				c = b.do(b.Clerk, c.Number, models.Answer, "Ja.")
				continue
			}
			approved++
			b.knock()
			c = b.is(c.Number, models.Applied)
			if c.Approvals[0].ContentHash != shown || c.ContentHash != shown || models.ContentHash(&c.Request) != shown {
				b.Fatalf("approved %s, applied %s", shown, models.ContentHash(&c.Request))
			}
			f, err := b.s.Version(ctx, b.Auditor, Bautzen, Birth, *c.ConfigNumber)
			b.must(err)
			if got := f.Values["kontakt.ansprechstelle"]; got != c.Changes[0].New {
				b.Fatalf("applied %s, approved %s", got, c.Changes[0].New)
			}
			c = nil
		}
		if approved == 0 || edits == 0 {
			b.Errorf("%d approvals, %d edits: nobody raced", approved, edits)
		}
		b.audit()
		Score(b, "S10", "concurrent pairs of approve and edit on "+b.s.Dialect(), rounds, fmt.Sprintf("%d approvals won, each applied with the hash that was approved; %d edits won, the stale approval was refused", approved, edits))
	})
}

// answer makes what a caller gets to read, as the edge does.
func answer(result any) (int, string, []byte, error) {
	c, ok := result.(*models.Case)
	if !ok {
		body, err := json.Marshal(result)
		return 200, "", body, err
	}
	body, err := json.Marshal(map[string]any{"number": c.Number, "version": c.Version})
	return 201, "/requests/" + c.Number, body, err
}

func key(k, body string) *models.Once {
	return &models.Once{Key: k, Body: []byte(body), Answer: answer}
}

// TestHundredEqualFilings sends the same filing a hundred times at once, to two instances where there can be two.
func TestHundredEqualFilings(t *testing.T) {
	look(t, func(b *behind) {
		stores := []*models.Store{b.s}
		if !b.sqlite() {
			stores = append(stores, b.instance())
		}
		rounds := Share(500) / 2 // half of them on each database
		for round := range rounds {
			requests, mails := b.number("SELECT count(*) FROM requests"), b.number("SELECT count(*) FROM mails")
			name := fmt.Sprintf("key-%d", round)
			onces, errs, numbers := make([]*models.Once, 100), make([]error, 100), make([]string, 100)
			for _, s := range stores {
				warm(b, s)
			}
			start(100, func(i int) {
				onces[i] = key(name, "the same")
				in := fee("2500", "2027-01-01")
				in.Once = onces[i]
				var c *models.Case
				if c, errs[i] = stores[i%len(stores)].File(ctx, b.Clerk, in); errs[i] == nil && onces[i].Kept == nil {
					numbers[i] = c.Number
				}
			})
			number := ""
			for i, err := range errs {
				switch {
				case err != nil:
					if kindOf(err) != models.Conflict {
						b.Errorf("call %d: %v", i, err)
					}
				case onces[i].Kept == nil:
					if number != "" {
						b.Errorf("filed twice: %s and %s", number, numbers[i])
					}
					number = numbers[i]
				}
			}
			late := key(name, "the same")
			in := fee("2500", "2027-01-01")
			in.Once = late
			_, err := b.s.File(ctx, b.Clerk, in)
			b.must(err)
			want := fmt.Sprintf(`{"number":%q,"version":1}`, number)
			for i, o := range append(onces, late) {
				if o.Kept != nil && (string(o.Kept.Body) != want || o.Kept.Status != 201 || o.Kept.Location != "/requests/"+number) {
					b.Errorf("call %d was answered %d %s, want %s", i, o.Kept.Status, o.Kept.Body, want)
				}
			}
			if late.Kept == nil {
				b.Error("the late call ran again")
			}
			if n := b.number("SELECT count(*) FROM requests") - requests; n != 1 {
				b.Errorf("%d requests", n)
			}
			if n := b.number("SELECT count(*) FROM mails") - mails; n != 4 { // author, team, two approvers
				b.Errorf("%d mails", n)
			}
		}
		Score(b, "S11", "rounds of 100 parallel equal submissions on "+b.s.Dialect(), rounds, "one request each round, and one mail for each of its four readers")
	})
}

// TestTwoInstancesApplyEachChangeOnce lets two instances and many goroutines knock at the same midnight.
func TestTwoInstancesApplyEachChangeOnce(t *testing.T) {
	b := behindOf(t, "postgres")
	other := b.instance()
	const each = 60
	forms := []struct {
		form  string
		clerk models.User
	}{{Bautzen + "/" + Birth, b.Clerk}, {Leipzig + "/" + Birth, b.LeipzigClerk}, {Bautzen + "/" + Dog, b.Clerk}}
	for i := range each {
		for _, f := range forms {
			in := wording(fmt.Sprintf("Zimmer %d", i))
			in.Form, in.Content.Effective = f.form, &models.EffectiveInput{Kind: "from", Date: "2027-01-01"}
			c := b.file(f.clerk, in)
			b.do(b.Agent, c.Number, models.Claim, "")
			b.do(b.Lead, c.Number, models.Approve, "")
		}
	}
	midnight := time.Date(2026, 12, 31, 23, 0, 0, 0, time.UTC)
	for _, s := range []*models.Store{b.s, other} {
		SetNow(b, s, midnight.Add(-time.Minute))
	}
	start(4, func(i int) {
		if n, _, err := []*models.Store{b.s, other}[i%2].Knock(ctx); n != 0 || err != nil {
			b.Errorf("%d steps before midnight, %v", n, err)
		}
	})
	warm(b, b.s)
	warm(b, other)
	for _, s := range []*models.Store{b.s, other} {
		SetNow(b, s, midnight)
	}
	start(8, func(i int) {
		if _, _, err := []*models.Store{b.s, other}[i%2].Knock(ctx); err != nil {
			b.Errorf("knock: %v", err)
		}
	})
	b.knock()
	if n := b.number("SELECT count(*) FROM requests WHERE status = 'applied'"); n != each*3 {
		b.Errorf("%d of %d are applied", n, each*3)
	}
	for _, why := range b.column("SELECT DISTINCT number||' '||conflicts FROM requests WHERE status = 'failed' ORDER BY 1 LIMIT 5") {
		b.Errorf("failed: %s", why)
	}
	if n := b.number("SELECT count(*) FROM events WHERE action = 'apply'"); n != each*3 {
		b.Errorf("%d applications of %d requests", n, each*3)
	}
	if n := b.number("SELECT count(*) FROM (SELECT form_id FROM configurations GROUP BY form_id HAVING max(number) <> count(*) OR min(number) <> 1) gaps"); n != 0 {
		b.Errorf("%d forms have gaps in their versions", n)
	}
	if n := b.number("SELECT count(*) FROM configurations WHERE at < effective"); n != 0 {
		b.Errorf("%d applied early", n)
	}
	b.audit()
}

// TestAWrongClockAppliesNothingEarly: on PostgreSQL the machine's clock decides nothing.
func TestAWrongClockAppliesNothingEarly(t *testing.T) {
	b := behindOf(t, "postgres")
	b.approved(b.file(b.Clerk, fee("2500", "2027-01-01")).Number)
	ahead, err := models.Open(models.Options{URL: b.url, Now: func() time.Time { return time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC) }})
	b.must(err)
	defer ahead.Close()
	now, err := b.s.Now(ctx)
	b.must(err)
	SetNow(b, ahead, now)
	if n, _, err := ahead.Knock(ctx); n != 0 || err != nil {
		b.Errorf("the instance ahead took %d steps, %v", n, err)
	}
	if got, err := ahead.LeaseMails(ctx, "w", 3, time.Minute); err != nil || len(got) != 3 {
		b.Errorf("leased %d mails, %v", len(got), err)
	}
	if again, err := b.s.LeaseMails(ctx, "w2", 100, time.Minute); err != nil || len(again) != int(b.number("SELECT count(*) FROM mails"))-3 {
		b.Errorf("leased %d mails of another's, %v", len(again), err)
	}
}
