package models_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// expiring finds a rule's line in a report.
func expiring(rules []models.Expired, key string) models.Expired {
	for _, e := range rules {
		if e.Key == key {
			return e
		}
	}
	return models.Expired{}
}

// on moves the clock to so many days (or years) after Epoch and a bit.
func (b *behind) on(years, days int, more time.Duration) {
	b.Helper()
	SetNow(b, b.s, Epoch.AddDate(years, 0, days).Add(more))
}

// expire lets the rules run; what they would have done is what they do.
func (b *behind) expire() []models.Expired {
	b.Helper()
	would, err := b.s.WouldExpire(ctx)
	b.must(err)
	did, err := b.s.Expire(ctx)
	b.must(err)
	for i, e := range did.Rules {
		if w := would[i]; w.Count != e.Count || e.Done != e.Count || fmt.Sprint(w.Examples) != fmt.Sprint(e.Examples) || fmt.Sprint(w.Oldest) != fmt.Sprint(e.Oldest) {
			b.Errorf("%s: would %d %v, did %d of %d %v", e.Key, w.Count, w.Examples, e.Done, e.Count, e.Examples)
		}
	}
	return did.Rules
}

// TestDraftsExpire: a draft that nobody has touched for 90 days is taken back and emptied; its number and its history stay.
func TestDraftsExpire(t *testing.T) {
	look(t, func(b *behind) {
		reason, wish := "Herr Zeisig wünscht es so", "Die Sprechzeiten von Herrn Zeisig"
		in := wording("Raum 5")
		in.Submit, in.Content.Reason, in.Content.Wish = false, &reason, &wish
		d := b.file(b.Clerk, in)
		b.must(last(b.s.Comment(ctx, b.Clerk, d.Number, "Zeisig ruft an.", false, nil)))
		b.must(last(b.s.Attach(ctx, b.Clerk, d.Number, "zeisig.txt", []byte("Brief von Zeisig"), nil)))
		b.must(last(b.s.KeepTyped(ctx, b.Clerk, d.Number, "felder", 1, map[string][]string{"x": {"Zeisig"}})))
		b.on(0, 90, -time.Hour)
		if e := expiring(b.expire(), "drafts"); e.Done != 0 || b.get(d.Number).Status != models.Draft {
			b.Errorf("a day before: %+v", e)
		}
		b.on(0, 91, 0)
		e := expiring(b.expire(), "drafts")
		if e.Done != 1 || !slices.Equal(e.Examples, []string{d.Number}) || e.KeptText != 0 {
			b.Errorf("a day after: %+v", e)
		}
		c := b.get(d.Number)
		if c.Status != models.Withdrawn || c.Reason != "" || c.Wish != "" || len(c.Changes) != 1 {
			b.Errorf("it is %s, %q, %q", c.Status, c.Reason, c.Wish)
		}
		for table, text := range b.dumped() {
			if strings.Contains(strings.ToLower(string(text)), "zeisig") {
				b.Errorf("%s still has what was typed", table)
			}
		}
		if got := b.finds(b.Agent, "Zeisig"); len(got) != 0 {
			b.Errorf("found: %v", got)
		}
		b.audit()
	})
}

// TestRequestsExpire: ten years after it was done, a request loses what people typed and enclosed.
func TestRequestsExpire(t *testing.T) {
	look(t, func(b *behind) {
		in := fee("2500", "2026-11-30")
		reason := "Beschluss, unterschrieben von Frau Zeisig"
		in.Content.Reason = &reason
		done := b.file(b.Clerk, in).Number
		b.must(last(b.s.Attach(ctx, b.Clerk, done, "zeisig.txt", []byte("Brief von Zeisig"), nil)))
		b.do(b.Agent, done, models.Claim, "")
		b.do(b.Agent, done, models.Ask, "Ist Frau Zeisig zuständig?")
		b.do(b.Clerk, done, models.Answer, "Frau Zeisig, ja.")
		b.do(b.Approver, done, models.Approve, "")
		b.do(b.Lead, done, models.Approve, "Zeisig stimmt zu.")
		b.on(0, 7, 0)
		b.knock()
		b.do(b.Clerk, done, models.Accept, "")
		open := b.file(b.Clerk, wording("Zeisig bleibt")).Number
		b.must(last(b.s.Comment(ctx, b.Clerk, open, "Zeisig bleibt", false, nil)))
		b.on(10, 7, -time.Hour)
		if e := expiring(b.expire(), "requests"); e.Done != 0 || b.get(done).Reason != reason {
			b.Errorf("a day before: %+v", e)
		}
		b.on(10, 8, 0)
		if e := expiring(b.expire(), "requests"); e.Done != 1 || !slices.Equal(e.Examples, []string{done}) || e.KeptText != 0 {
			b.Errorf("a day after: %+v", e)
		}
		if c := b.get(done); c.Status != models.Accepted || c.Reason != "" || len(c.Changes) != 1 || c.Changes[0].New != "2500" {
			b.Errorf("%s %q %v", c.Status, c.Reason, c.Changes)
		}
		hs, _, err := b.s.Events(ctx, b.Auditor, done, "", 100)
		b.must(err)
		for _, h := range hs {
			if h.Comment != "" || (h.Action == models.Ask || h.Action == models.Answer) != h.Redacted() && h.Action != models.Approve {
				b.Errorf("%s says %q", h.Action, h.Comment)
			}
		}
		if n := b.number("SELECT count(*) FROM attachments") + b.number("SELECT count(*) FROM blobs") + b.number("SELECT count(*) FROM mails WHERE request_id = 1"); n != 0 {
			b.Errorf("%d documents and mails are left", n)
		}
		for table, text := range b.dumped() {
			if n := strings.Count(strings.ToLower(string(text)), "frau zeisig"); n != 0 {
				b.Errorf("%s has it %d times", table, n)
			}
		}
		if got := b.finds(b.Agent, "Zeisig"); !slices.Equal(got, []string{open}) {
			b.Errorf("found: %v", got)
		}
		b.expire()
		b.audit()
	})
}

// TestAccountsExpire: three years after an account was switched off its person is forgotten, whoever switched it off.
func TestAccountsExpire(t *testing.T) {
	look(t, func(b *behind) {
		m, err := b.s.Person(ctx, b.TenantAdmin, b.Clerk2.ID)
		b.must(err)
		b.must(b.s.SwitchPerson(ctx, b.TenantAdmin, b.Clerk2.ID, m.Version, false, nil))
		other, err := b.s.Person(ctx, b.Admin, b.Agent2.ID)
		b.must(err)
		b.must(b.s.SwitchPerson(ctx, b.Admin, b.Agent2.ID, other.Version, false, nil))
		b.exec("UPDATE users SET off_at = NULL, seal = '' WHERE id = ?", b.Agent2.ID)
		b.exec("UPDATE users SET off_at = created_at, seal = '' WHERE id = ?", b.Clerk.ID)
		b.on(0, 0, time.Minute)
		b.expire()
		b.on(3, -1, 0)
		if e := expiring(b.expire(), "accounts"); e.Done != 0 {
			b.Errorf("a day before: %+v", e)
		}
		b.on(3, 1, 0)
		want := []string{fmt.Sprintf("user %d", b.Clerk2.ID), fmt.Sprintf("user %d", b.Agent2.ID)}
		if e := expiring(b.expire(), "accounts"); e.Done != 2 || !slices.Equal(e.Examples, want) {
			b.Errorf("a day after: %+v", e)
		}
		if n := b.number("SELECT count(*) FROM users WHERE forgotten_at IS NOT NULL"); n != 2 {
			b.Errorf("%d are forgotten", n)
		}
		b.audit()
	})
}

// TestRowsExpire: mails after 180 days, lines of the security log after 90; what waits to be sent stays.
func TestRowsExpire(t *testing.T) {
	look(t, func(b *behind) {
		b.file(b.Clerk, wording("Raum 1"))
		b.exec("UPDATE mails SET state = 'failed' WHERE kind = 'submitted'")
		b.must(b.s.Witness(ctx, models.SecurityEvent{Code: models.LoginFailed, Address: "192.0.2.1"}))
		mails, lines := b.number("SELECT count(*) FROM mails"), b.number("SELECT count(*) FROM security_events")
		b.file(b.Clerk, wording("Raum 2"))
		waiting := b.number("SELECT count(*) FROM mails WHERE state = 'waiting'")
		b.on(0, 90, -time.Hour)
		if e := expiring(b.expire(), "security"); e.Done != 0 {
			b.Errorf("security, a day before: %+v", e)
		}
		b.on(0, 91, 0)
		if e := expiring(b.expire(), "security"); e.Done != lines {
			b.Errorf("security, a day after: %+v", e)
		}
		b.on(0, 180, -time.Hour)
		if e := expiring(b.expire(), "mails"); e.Done != 0 {
			b.Errorf("mails, a day before: %+v", e)
		}
		b.on(0, 181, 0)
		if e := expiring(b.expire(), "mails"); e.Done != mails || b.number("SELECT count(*) FROM mails") != waiting {
			b.Errorf("mails, a day after: %+v of %d", e, mails)
		}
		b.audit()
	})
}

// TestOneFailingRuleLosesNoReport: what the others have deleted is reported and scoured, and what is in the way is said.
func TestOneFailingRuleLosesNoReport(t *testing.T) {
	look(t, func(b *behind) {
		in := wording("Raum 5")
		in.Submit = false
		draft := b.file(b.Clerk, in)
		b.must(b.s.Witness(ctx, models.SecurityEvent{Code: models.LoginFailed, Address: "192.0.2.1"}))
		lines := b.number("SELECT count(*) FROM security_events")
		b.on(0, 91, 0)
		free := b.stuck(Bautzen)
		report, err := b.s.ExpireDaily(ctx)
		if err == nil || report == nil {
			b.Fatalf("the report is %v, %v", report, err)
		}
		if e := expiring(report.Rules, "security"); e.Done != lines || b.get(draft.Number).Status != models.Draft {
			b.Errorf("%+v", e)
		}
		kept, err := b.s.RetentionReports(ctx, b.Admin)
		b.must(err)
		if len(kept) != 1 || expiring(kept[0].Rules, "security").Done != lines || expiring(kept[0].Rules, "drafts").Done != 0 {
			b.Errorf("kept %+v", kept)
		}
		free()
		if e := expiring(b.expire(), "drafts"); e.Done != 1 {
			b.Errorf("the next day: %+v", e)
		}
		b.audit()
	})
}

// TestOnlyTheForgottenAreCounted: whoever is back while the rule is at work stays, and is not among them.
func TestOnlyTheForgottenAreCounted(t *testing.T) {
	look(t, func(b *behind) {
		for by, id := range map[*models.User]int64{&b.TenantAdmin: b.Clerk2.ID, &b.Admin: b.Agent2.ID} {
			m, err := b.s.Person(ctx, *by, id)
			b.must(err)
			b.must(b.s.SwitchPerson(ctx, *by, id, m.Version, false, nil))
		}
		b.on(3, 1, 0)
		back := fmt.Sprintf("UPDATE users SET active = TRUE WHERE id = %d;", b.Agent2.ID)
		if b.sqlite() {
			b.exec("CREATE TRIGGER back AFTER UPDATE OF forgotten_at ON users BEGIN " + back + " END")
		} else {
			b.exec("CREATE FUNCTION back() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN " + back + " RETURN NULL; END $$")
			b.exec("CREATE TRIGGER back AFTER UPDATE OF forgotten_at ON users FOR EACH ROW EXECUTE FUNCTION back()")
		}
		report, err := b.s.Expire(ctx)
		b.must(err)
		e := expiring(report.Rules, "accounts")
		if n := b.number("SELECT count(*) FROM users WHERE forgotten_at IS NOT NULL"); e.Count != 2 || n != 1 || e.Done != 1 {
			b.Errorf("%d are forgotten, %d of %d counted, left %v", n, e.Done, e.Count, report.Held())
		}
	})
}

// TestRulesCanBeChanged: by the administration, within bounds, and it is recorded; a run is, too, once a day.
func TestRulesCanBeChanged(t *testing.T) {
	look(t, func(b *behind) {
		admin := b.Admin
		if err := b.s.SetKeepings(ctx, admin, map[string]int{"drafts": 30}, nil); kindOf(err) != models.Forbidden {
			b.Errorf("by a token: %v", err)
		}
		admin.TokenID = 0 // in person
		d := wording("Raum 5")
		d.Submit = false
		number := b.file(b.Clerk, d).Number
		for _, u := range []models.User{b.Clerk, b.TenantAdmin, b.Agent, b.Lead} {
			if _, err := b.s.Keepings(ctx, u); kindOf(err) != models.Forbidden {
				b.Errorf("%s reads the rules: %v", u.Name, err)
			}
			if _, err := b.s.Expiring(ctx, u); kindOf(err) != models.Forbidden {
				b.Errorf("%s looks ahead: %v", u.Name, err)
			}
		}
		for _, u := range []models.User{b.Clerk, b.TenantAdmin, b.Agent, b.Lead, b.Auditor} {
			if err := b.s.SetKeepings(ctx, u, map[string]int{"drafts": 30}, nil); kindOf(err) != models.Forbidden {
				b.Errorf("%s changes the rules: %v", u.Name, err)
			}
		}
		for key, n := range map[string]int{"drafts": 0, "requests": 0, "accounts": 101, "mails": 29, "security": 6, "everything": 30} {
			if err := b.s.SetKeepings(ctx, admin, map[string]int{key: n}, nil); kindOf(err) != models.Invalid {
				b.Errorf("%s = %d: %v", key, n, err)
			}
		}
		b.must(b.s.SetKeepings(ctx, admin, map[string]int{"drafts": 30}, nil))
		ks, err := b.s.Keepings(ctx, b.Auditor)
		b.must(err)
		if ks[0].Keep != 30 || ks[1].Keep != 10 {
			b.Errorf("%+v", ks)
		}
		b.on(0, 31, 0)
		first, err := b.s.ExpireDaily(ctx)
		b.must(err)
		if first == nil || expiring(first.Rules, "drafts").Done != 1 || b.get(number).Status != models.Withdrawn {
			b.Errorf("the first of the day: %+v", first)
		}
		for _, s := range []*models.Store{b.s, b.instance()} {
			if again, err := s.ExpireDaily(ctx); again != nil || err != nil {
				b.Errorf("again: %+v, %v", again, err)
			}
		}
		reports, err := b.s.RetentionReports(ctx, b.Admin)
		b.must(err)
		if len(reports) != 1 || expiring(reports[0].Rules, "drafts").Done != 1 {
			b.Errorf("reports: %+v", reports)
		}
		es, _, err := b.s.Trail(ctx, b.Admin, models.TrailFilter{Chain: models.Installation, Action: "retention_run"})
		b.must(err)
		if len(es) != 1 || !json.Valid([]byte(es[0].Comment)) {
			b.Errorf("the run is recorded as %+v", es)
		}
		if n := b.number("SELECT count(*) FROM security_events WHERE code = 'retention_run' OR code = 'policy_changed' AND detail = 'retention'"); n != 2 {
			b.Errorf("%d lines in the security log", n)
		}
		b.audit()
	})
}
