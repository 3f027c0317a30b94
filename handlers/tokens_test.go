package handlers_test

import (
	"fmt"
	"log/slog"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"formwandel/handlers"
	"formwandel/models"
	. "formwandel/models/modelstest"
)

var tokenShown = regexp.MustCompile(`value="(fw_[0-9a-f]{48})"`)

// makeToken makes a token on the web and reads it from the page, once.
func (v *visitor) makeToken(name, days string, scopes ...string) string {
	v.Helper()
	v.open("/konto/tokens").is(200)
	m := tokenShown.FindStringSubmatch(string(v.send("/konto/tokens", url.Values{"name": {name}, "days": {days}, "umfang": scopes}).is(200).body))
	if m == nil {
		v.Fatal("no token on the page")
	}
	return m[1]
}

// bearer calls with a token.
func (st *stage) bearer(token, method, path string, body any) *reply {
	st.Helper()
	return st.send(call{nobody, method, path, body, []string{"Authorization", "Bearer " + token}})
}

// TestATokenOfTheWeb: made on the page, shown once, good for what was chosen, named by what is done with it, revoked at once.
func TestATokenOfTheWeb(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		v := st.signIn(st.Clerk)
		token := v.makeToken("Fachverfahren Standesamt", "30", "file")
		v.open("/konto/tokens").is(200).shows("Fachverfahren Standesamt", "fw_…"+token[len(token)-4:], "Einreichen", "noch nie").hides(token)
		number := st.bearer(token, "POST", requests, fee(2500, "2027-01-01")).is(201).text("number")
		st.bearer(token, "GET", requests+"/"+number, nil).is(200)
		if n := st.count("SELECT count(used_at) FROM tokens WHERE name = 'Fachverfahren Standesamt'"); n != 1 {
			t.Error("its use was not written down")
		}
		events := st.get(st.Clerk, requests+"/"+number+"/events").is(200)
		events.has("items/0/token/name", "Fachverfahren Standesamt")
		v.open("/auftraege/" + number + "/verlauf").is(200).shows("über Zugang Fachverfahren Standesamt")
		st.as(st.TenantAdmin).open("/verwaltung/protokoll?kommune=" + Bautzen).is(200).shows("über Zugang Fachverfahren Standesamt")
		v.open("/konto/tokens")
		place := regexp.MustCompile(`/konto/tokens/\d+/widerrufen`).FindString(v.html)
		v.send(place, url.Values{}).is(303)
		v.open("/konto/tokens?erledigt=token_ended").is(200).shows("Der Zugang ist widerrufen", "widerrufen").hides(place)
		st.bearer(token, "GET", requests, nil).refused(401, "unauthorized")
	})
}

// as is somebody with a browser.
func (st *stage) as(u models.User) *visitor { return st.signIn(u) }

// TestATokenIsGoodForNoMore than was chosen and than its owner may, whatever is sent.
func TestATokenIsGoodForNoMore(t *testing.T) {
	st := stageOn(t, "sqlite", func(c *handlers.Config) { c.Later = func(f func()) { f() } })
	v := st.signIn(st.Clerk)
	v.open("/konto/tokens").is(200).shows("Einreichen").hides(`value="work"`, `value="administer"`, `value="all"`, `value="approve"`)
	for _, scopes := range [][]string{{"work"}, {"administer"}, {"all"}, {"file", "all"}, {"approve"}, {""}, {"read file"}, {"file all"}, {"FILE"}} {
		v.open("/konto/tokens")
		v.send("/konto/tokens", url.Values{"name": {"x"}, "days": {"1"}, "umfang": scopes}).is(422).shows("Wählen Sie nur")
	}
	for _, days := range []string{"0", "366", "-1", "99999999999999999999", "1.5", "", "1e2"} {
		v.open("/konto/tokens")
		v.send("/konto/tokens", url.Values{"name": {"x"}, "days": {days}}).is(422).shows("1 bis 365")
	}
	for _, name := range []string{"", "  ", strings.Repeat("x", 61), "a\x00b"} {
		v.open("/konto/tokens")
		v.send("/konto/tokens", url.Values{"name": {name}, "days": {"1"}}).is(422)
	}
	number := st.file(st.Clerk, fee(2500, "2027-01-01"))
	read := v.makeToken("Anzeige", "1")
	st.bearer(read, "GET", requests+"/"+number, nil).is(200).has("actions", "[]")
	for _, c := range []struct {
		method, path string
		body         any
	}{
		{"POST", requests, fee(2600, "2027-02-01")}, {"PATCH", requests + "/" + number, object{"version": 1, "reason": "x"}},
		{"POST", requests + "/" + number + "/comments", object{"text": "x"}}, {"POST", requests + "/" + number + "/withdraw", object{"version": 1}},
	} {
		st.bearer(read, c.method, c.path, c.body).refused(403, "token_scope")
	}
	if n := st.count("SELECT coalesce(sum(count), 0) FROM security_events WHERE code = 'right_missing' AND token_id > 0"); n != 4 {
		t.Errorf("%d tries in the security log", n)
	}
}

// another is a second instance on the same database; SQLite has one.
func (st *stage) another() *stage {
	st.Helper()
	if st.sqlite() {
		return st
	}
	two := *st
	two.s = Open(st.T, st.url)
	var err error
	if two.app, err = handlers.New(handlers.Config{Store: two.s, BaseURL: base, Version: "test", Log: slog.New(slog.DiscardHandler), Now: time.Now}); err != nil {
		st.Fatal(err)
	}
	return &two
}

// count is a query for one number.
func (st *stage) count(q string) (n int) {
	st.Helper()
	st.query(q, func(scan func(...any) error) error { return scan(&n) })
	return n
}

// TestNoTokenOfTheWebApproves, whatever its scopes and whatever way it takes; the operator's does.
func TestNoTokenOfTheWebApproves(t *testing.T) {
	st := newStage(t)
	everything := []string{"file", "work", "administer"}
	for _, u := range []models.User{st.Deputy, st.Approver, st.AgentLead, st.Lead} {
		number := st.file(st.Clerk, fee(2500, "2027-01-01"))
		path, v := requests+"/"+number, st.signIn(u)
		may := slices.DeleteFunc(slices.Clone(everything), func(s string) bool { return !slices.Contains(u.ScopesFor(), models.Scope(s)) })
		token := v.makeToken("alles", "365", may...)
		if strings.Contains(fmt.Sprint(st.bearer(token, "GET", path, nil).is(200).at("actions")), "approve") {
			t.Errorf("%s is offered to approve", u.Email)
		}
		for _, a := range []string{"approve", "apply"} {
			r := st.bearer(token, "POST", path+"/"+a, object{"version": 1, "comment": "x"}).is(403)
			if code := r.text("code"); code != "token_scope" && (a == "approve" || code != "not_your_role") {
				t.Errorf("%s, %s: %s", u.Email, a, code)
			}
		}
		for _, other := range []string{path + "/Approve", path + "/approve/", path + "/approve%20", path + "/%61pprove%2f", path + "/approve?_method=POST"} {
			if r := st.bearer(token, "POST", other, object{"version": 1}); r.status < 400 {
				t.Errorf("%s: %s: %d", u.Email, other, r.status)
			}
		}
		if st.get(st.Auditor, path).is(200).at("approvals/0") != nil {
			t.Errorf("%s has approved", u.Email)
		}
		st.post(u, path+"/approve", object{"version": 1}).is(200)
	}
	st.visit().open("/konto/tokens").is(303)
}

// TestATokenIsRefusedAtOnce when it is over, revoked, its owner's role was taken or the account switched off; and never taken from an address.
func TestATokenIsRefusedAtOnce(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		second := st.another()
		v := st.signIn(st.Deputy)
		refused := func(token string) {
			t.Helper()
			for _, s := range []*stage{st, second} {
				s.bearer(token, "GET", requests, nil).refused(401, "unauthorized")
			}
		}
		token := v.makeToken("kurz", "1", "file")
		second.bearer(token, "GET", requests, nil).is(200)
		st.send(call{nobody, "GET", requests + "?access_token=" + token, nil, nil}).refused(401, "unauthorized")
		st.send(call{nobody, "GET", requests + "?token=" + token, nil, []string{"Cookie", "token=" + token, "X-Api-Key", token}}).refused(401, "unauthorized")
		v.open("/?access_token=" + token).is(200)
		st.visit().open("/?access_token=" + token).is(303)
		SetNow(t, st.s, Epoch.Add(25*time.Hour))
		SetNow(t, second.s, Epoch.Add(25*time.Hour))
		refused(token)

		people := func(ch models.PersonChange) {
			t.Helper()
			m, err := st.s.Person(t.Context(), st.TenantAdmin, st.Deputy.ID)
			if err == nil {
				err = st.s.ChangePerson(t.Context(), st.TenantAdmin, m.ID, m.Version, ch, nil)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		people(models.PersonChange{Name: "Vertretung", Roles: []models.Role{models.Approver}})
		refused(token)
		v.open("/auftraege").is(303)
		admin := st.signIn(st.TenantAdmin)
		v = st.signIn(st.Deputy)
		token = v.makeToken("noch einer", "1")
		page := admin.open("/verwaltung/personen/" + itoa(int(st.Deputy.ID))).is(200).shows("noch einer")
		admin.send(regexp.MustCompile(`/verwaltung/personen/\d+/zugaenge/\d+/widerrufen`).FindString(string(page.body)), url.Values{}).is(303)
		refused(token)
		token = v.makeToken("der letzte", "1")
		m, err := st.s.Person(t.Context(), st.TenantAdmin, st.Deputy.ID)
		if err != nil || st.s.SwitchPerson(t.Context(), st.TenantAdmin, m.ID, m.Version, false, nil) != nil {
			t.Fatal("not switched off", err)
		}
		refused(token)
		refused("fw_" + strings.Repeat("0", 48))
		Score(t, "S33", "tokens and sessions after a role was taken, the account switched off, the token revoked or over, on two instances", 10, "refused with the next call")
		for _, why := range []string{"expired", "revoked", "unknown"} {
			if n := st.count("SELECT coalesce(sum(count), 0) FROM security_events WHERE code = 'token_refused' AND detail = '" + why + "'"); n < 2 {
				t.Errorf("%s: %d lines in the security log", why, n)
			}
		}
	})
}

// TestEveryEventNamesTheOperatorsToken: whatever is done over the API, the record says by which token, one of that person's.
func TestEveryEventNamesTheOperatorsToken(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		since := st.count("SELECT coalesce(max(id), 0) FROM tokens")
		before := st.count("SELECT count(*) FROM events")
		cents := 2100
		for _, s := range models.Statuses {
			n := st.inState(s, cents)
			cents += 100
			path := requests + "/" + n
			st.post(st.Clerk, path+"/comments", object{"text": "Bitte beachten"}).is(201)
			st.post(st.Agent, path+"/comments", object{"text": "intern", "internal": true}).is(201)
			switch s {
			case models.Draft, models.Submitted:
				st.edit(st.Clerk, n, object{"reason": "Satzung"}).is(200)
				body, kind := st.form(part{"file", "satzung.txt", "Satzung"})
				st.send(call{st.Clerk, "POST", path + "/attachments", body, []string{"Content-Type", kind}}).is(201)
			case models.Question:
				st.do(st.Clerk, n, "answer", "Diese").is(200)
			case models.Failed:
				st.do(st.Agent, n, "rebase", "").is(200)
			case models.Approved:
				st.do(st.Agent, n, "reopen", "noch einmal").is(200)
				st.edit(st.Agent, n, object{"reason": "Satzung"}).is(200)
			case models.Applied:
				st.do(st.Clerk, n, "revert", "").is(201)
			}
		}
		town := "/api/v1/municipalities/" + Bautzen
		st.send(call{st.TenantAdmin, "PUT", birthForm + "/maintenance", object{"on": true}, nil}).is(200)
		st.send(call{st.TenantAdmin, "PUT", town + "/access", object{"kind": "maintenance", "granted": true, "until": "2027-01-31", "reason": "Urlaub", "number": 0}, nil}).is(200)
		st.send(call{st.Agent, "PUT", birthForm + "/maintenance", object{"on": false}, nil}).is(200)
		st.send(call{st.TenantAdmin, "PUT", town + "/policy", object{"version": st.get(st.TenantAdmin, town+"/policy").version(), "policy": object{"*": object{"gebuehren": 2}}}, nil}).is(200)
		if since == 0 {
			t.Fatal("the cast came without tokens")
		}
		done := map[string]int{}
		st.query(fmt.Sprintf(`SELECT e.action, e.seq, e.data, u.email, coalesce((SELECT max(t.id) FROM tokens t WHERE t.user_id = u.id), 0) FROM events e JOIN users u ON u.id = e.actor_id
			WHERE e.ags = '%s' AND e.action NOT LIKE 'user%%' AND e.action NOT LIKE 'token%%' ORDER BY e.seq`, Bautzen), func(scan func(...any) error) error {
			var action, email, data string
			var seq, token int64
			if err := scan(&action, &seq, &data, &email, &token); err != nil {
				return err
			}
			d, err := models.Event{Data: data}.Decode()
			if err != nil {
				return err
			}
			if done[action]++; d.Token != token || token == 0 {
				t.Errorf("event %d, %s by %s, names token %d, want %d", seq, action, email, d.Token, token)
			}
			return nil
		})
		for _, action := range strings.Fields("file submit claim ask answer edit approve reject withdraw reopen rebase apply accept revert comment attach maintenance access_grant") {
			if done[action] == 0 {
				t.Errorf("nobody has done %s: %v", action, done)
			}
		}
		if after := st.count("SELECT count(*) FROM events"); after-before < 60 {
			t.Errorf("%d events", after-before)
		}
	})
}
