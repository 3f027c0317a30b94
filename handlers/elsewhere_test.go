package handlers_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	b64 "encoding/base64"
	"encoding/json"
	"html"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"formwandel/handlers"
	"formwandel/models"
	. "formwandel/models/modelstest"
	"formwandel/templates"
)

// because asserts that the sign-in page tells why it did not work, and that nobody is signed in.
func (v *visitor) because(r *reply, status int, code, provider string) {
	v.Helper()
	r.is(status)
	if want := templates.Words("de").Say("error.identity_"+code, map[string]any{"provider": provider}); !strings.Contains(html.UnescapeString(string(r.body)), want) {
		v.Errorf("%s does not say %q", r.what, want)
	}
	r.shows(`name="password"`) // the other way in stays open
	if v.cookies["__Host-fw"] != "" {
		v.Error("a session has begun")
	}
}

// member is an account as it stands now.
func (st *stage) member(email string) *models.Member {
	st.Helper()
	m, err := st.s.PersonByEmail(st.Context(), st.Admin, email)
	if err != nil {
		st.Fatal(email, err)
	}
	return m
}

// said counts the events of an action in a chain.
func (st *stage) said(ags string, action models.Action) int {
	st.Helper()
	es, _, err := st.s.Trail(st.Context(), st.Admin, models.TrailFilter{Chain: ags, Action: string(action), Limit: 100})
	if err != nil {
		st.Fatal(err)
	}
	return len(es)
}

// TestSigningInElsewhere: the provider's people and a municipality's sign in with the accounts that they have anyway.
func TestSigningInElsewhere(t *testing.T) {
	tellElsewhere(t, func(t *testing.T, e *elsewhere) {
		e.visit().open("/anmelden?weiter=/zahlen").is(200).shows("Anmelden mit KISA-Konto", "Anmelden mit Stadt Bautzen", `href="/anmelden/mit/kisa?weiter=%2Fzahlen"`)
		v, r := e.through(e.kisa, "agentin")
		if to := r.is(303).header.Get("Location"); to != "/formulare" {
			t.Errorf("leads to %s", to)
		}
		v.open("/formulare").is(200).shows("Bearbeitung KISA")
		e.kisa.person("agentin", "anders@kisa.example", "fw-bearbeitung") // the address is only for getting to know each other
		v, r = e.through(e.kisa, "agentin")
		r.is(303)
		v.open("/formulare").is(200).shows("Bearbeitung KISA")

		v, r = e.through(e.bautzen, "neu")
		r.is(303)
		v.open("/").is(200).shows("Erika neu", "Bautzen", "Neuer Änderungsauftrag")
		if m := e.member("neu@bautzen.example"); m.AGS != Bautzen || !sameRoles(m.Roles, models.Clerk) || m.SignedInAt == nil {
			t.Errorf("%+v", m)
		}
		v, r = e.through(e.kisa, "leipzig")
		r.is(303)
		v.open("/").is(200).shows("Sachbearbeitung Leipzig")
		if a, b, c := e.said(Bautzen, "user_link"), e.said(Bautzen, "user_add"), e.said(models.Installation, "user_link"); a != 1 || c != 1 || b < 1 {
			t.Errorf("%d links and %d accounts in Bautzen, %d links of the provider's", a, b, c)
		}
		if r, err := e.s.Verify(t.Context(), nil); err != nil || len(r.Findings) > 0 {
			t.Error(r, err)
		}
	})
}

// texts are the rows of a query of one column.
func (st *stage) texts(query string) (out []string) {
	st.Helper()
	st.query(query, func(scan func(...any) error) error {
		var text string
		err := scan(&text)
		out = append(out, text)
		return err
	})
	return out
}

func sameRoles(have []models.Role, want ...models.Role) bool {
	return len(have) == len(want) && (len(want) == 0 || have[0] == want[0])
}

// TestTheWayBackIsOneBrowsers: an attempt comes back once, in time, to the browser and the provider that it belongs to.
func TestTheWayBackIsOneBrowsers(t *testing.T) {
	tellElsewhere(t, func(t *testing.T, e *elsewhere) {
		v := e.visit()
		back := e.kisa.signInAt(v.leave("kisa"), "agentin")
		u, _ := url.Parse(back)
		with := func(change func(url.Values)) string {
			q := u.Query()
			change(q)
			return u.Path + "?" + q.Encode()
		}
		stranger := e.visit()
		stranger.because(stranger.open(back), 403, "stale", "KISA-Konto")
		thief := e.visit()
		thief.leave("kisa") // has begun one of its own
		thief.because(thief.open(back), 403, "stale", "KISA-Konto")
		for name, place := range map[string]string{
			"none": with(func(q url.Values) { q.Del("state") }), "empty": with(func(q url.Values) { q.Set("state", "") }), "another": with(func(q url.Values) { q.Set("state", strings.Repeat("a", 48)) }),
			"hostile": with(func(q url.Values) { q.Set("state", "' OR 1=1 --\x00") }), "at another provider": strings.Replace(back, "kisa", "bautzen", 1),
		} {
			t.Log(name)
			v.because(v.open(place), 403, "stale", map[bool]string{true: "Stadt Bautzen", false: "KISA-Konto"}[strings.Contains(place, "/bautzen/")])
		}
		v.open(back).is(303) // none of that has spoilt it
		again := e.visit()
		again.because(again.open(back), 403, "stale", "KISA-Konto")
		v.cookies = map[string]string{"__Host-fw-hin": v.cookies["__Host-fw-hin"]}
		v.because(v.open(back), 403, "stale", "KISA-Konto")

		late := e.visit()
		back = e.kisa.signInAt(late.leave("kisa"), "agentin")
		SetNow(t, e.s, Epoch.Add(models.AttemptLife+time.Second+10*time.Minute))
		late.because(late.open(back), 403, "stale", "KISA-Konto")
		e.visit().leave("kisa")
		if n := e.count("SELECT count(*) FROM identity_attempts"); n != 1 {
			t.Errorf("%d attempts are kept", n)
		}
		late.open("/anmelden/mit/gibt-es-nicht").is(404)
		late.open("/anmelden/mit/gibt-es-nicht/zurueck?code=x&state=y").is(404)
	})
}

// TestOnlyTrueTokensLetIn: what the provider has not signed for us, now, for this attempt, is nobody's word.
func TestOnlyTrueTokensLetIn(t *testing.T) {
	e := newElsewhere(t, "sqlite", nil)
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	set := func(name string, value any) func(map[string]any) string {
		return func(c map[string]any) string {
			if c[name] = value; value == nil {
				delete(c, name)
			}
			return e.kisa.sign(c, jose.RS256, e.kisa.key)
		}
	}
	none := func(c map[string]any) string {
		text, _ := json.Marshal(c)
		return b64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + b64.RawURLEncoding.EncodeToString(text) + "."
	}
	hour := float64(time.Now().Add(-time.Hour).Unix())
	forgeries := map[string]func(map[string]any) string{
		"another key":                  func(c map[string]any) string { return e.kisa.sign(c, jose.RS256, other) },
		"no signature":                 none,
		"a signature of nothing":       func(c map[string]any) string { return none(c) + "AAAA" },
		"our own secret":               func(c map[string]any) string { return e.kisa.sign(c, jose.HS256, []byte(strings.Repeat(idpSecret, 3))) },
		"the public key as a secret":   func(c map[string]any) string { return e.kisa.sign(c, jose.HS256, e.kisa.key.N.Bytes()) },
		"another's signature":          func(c map[string]any) string { return e.kisa.sign(c, jose.RS256, e.bautzen.key) },
		"another audience":             set("aud", "jemand"),
		"audiences, and nobody's":      set("aud", []string{"formwandel", "jemand"}),
		"given to somebody else":       set("azp", "jemand"),
		"no audience":                  set("aud", nil),
		"another issuer":               set("iss", e.bautzen.server.URL),
		"no issuer":                    set("iss", nil),
		"an issuer with a slash":       set("iss", e.kisa.server.URL+"/"),
		"expired":                      set("exp", hour),
		"never expires":                set("exp", nil),
		"another nonce":                set("nonce", strings.Repeat("a", 48)),
		"no nonce":                     set("nonce", nil),
		"nobody":                       set("sub", ""),
		"a name that is too long":      set("sub", strings.Repeat("x", 256)),
		"another access token's hash":  set("at_hash", "AAAAAAAAAAAAAAAAAAAAAA"),
		"somebody else when asked":     set("sub", "sub-fremd"),
		"no token":                     func(map[string]any) string { return "" },
		"no token at all, but letters": func(map[string]any) string { return "x.y.z" },
	}
	for name, forge := range forgeries {
		if name == "audiences, and nobody's" {
			inner := forge
			forge = func(c map[string]any) string { delete(c, "azp"); return inner(c) }
		}
		e.kisa.forge = forge
		t.Log(name)
		v, r := e.through(e.kisa, "agentin")
		v.because(r, 403, "untrusted", "KISA-Konto")
	}
	e.kisa.forge = set("iat", hour) // the way of forging lets what is true pass
	_, r := e.through(e.kisa, "agentin")
	r.is(303)
	if n := e.count("SELECT count(*) FROM identities"); n != 1 {
		t.Errorf("%d identities", n)
	}
	if len(forgeries) < 20 {
		t.Errorf("%d forgeries", len(forgeries))
	}
}

// TestWhatComesBackIsOurs: a code counts once and for whom it was given; a refusal is told in our words.
func TestWhatComesBackIsOurs(t *testing.T) {
	e := newElsewhere(t, "sqlite", nil)
	v := e.visit()
	to := v.leave("kisa")
	q := func(to string) url.Values { u, _ := url.Parse(to); return u.Query() }
	if a := q(to); a.Get("code_challenge_method") != "S256" || len(a.Get("code_challenge")) != 43 || len(a.Get("state")) != 48 || len(a.Get("nonce")) != 48 || a.Get("nonce") == a.Get("state") ||
		a.Get("response_type") != "code" || a.Get("redirect_uri") != base+"/anmelden/mit/kisa/zurueck" {
		t.Error(to)
	}
	back := e.kisa.signInAt(to, "agentin")
	code := q(back).Get("code")
	v.open(back).is(303)
	with := func(key, query string) (*visitor, *reply) {
		v := e.visit()
		return v, v.open("/anmelden/mit/" + key + "/zurueck?state=" + q(v.leave(key)).Get("state") + query)
	}
	thief, r := with("kisa", "&code="+url.QueryEscape(code)) // spent, and of another attempt
	thief.because(r, 403, "refused", "KISA-Konto")
	fresh := e.visit()
	stolen := q(e.kisa.signInAt(fresh.leave("kisa"), "agentin")).Get("code")
	thief, r = with("kisa", "&code="+url.QueryEscape(stolen)) // not spent, but the verifier is another one
	thief.because(r, 403, "refused", "KISA-Konto")
	thief, r = with("kisa", "&code=x&iss="+url.QueryEscape(e.bautzen.server.URL)) // a mix-up
	thief.because(r, 403, "untrusted", "KISA-Konto")
	thief, r = with("bautzen", "&code="+url.QueryEscape(stolen)+"&iss="+url.QueryEscape(e.kisa.server.URL))
	thief.because(r, 403, "untrusted", "Stadt Bautzen")
	thief, r = with("kisa", "")
	thief.because(r, 403, "untrusted", "KISA-Konto")
	thief, r = with("kisa", "&error=access_denied&error_description=%3Cscript%3Ealert(1)%3C/script%3E")
	thief.because(r, 403, "cancelled", "KISA-Konto")
	r.hides("alert(1)")
	thief, r = with("kisa", "&error=%3Cb%3Ex&error_description=%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E&error_uri=javascript:alert(1)")
	thief.because(r, 403, "refused", "KISA-Konto")
	r.hides("alert(1)", "<b>x")
	good := e.visit()
	back = e.kisa.signInAt(good.leave("kisa"), "agentin") + "&iss=" + url.QueryEscape(e.kisa.server.URL)
	good.open(back).is(303)
}

// TestGroupsGiveRoles: what the groups stand for is what one may do, from the next sign-in on, and nothing else is.
func TestGroupsGiveRoles(t *testing.T) {
	tellElsewhere(t, func(t *testing.T, e *elsewhere) {
		old, r := e.through(e.kisa, "agentin")
		r.is(303)
		roles, before := e.said(models.Installation, "user_roles"), e.member("bearbeitung@kisa.example").Version
		same, r := e.through(e.kisa, "agentin")
		r.is(303)
		if n := e.said(models.Installation, "user_roles"); n != roles || !old.holds(old.cookies["__Host-fw"]) || !e.holds(same.cookies["__Host-fw"]) {
			t.Errorf("nothing has changed, but %d events are said", n-roles)
		}
		e.kisa.person("agentin", "bearbeitung@kisa.example", "fw-freigabe", "fw-bearbeitung")
		more, r := e.through(e.kisa, "agentin")
		r.is(303)
		m := e.member("bearbeitung@kisa.example")
		if !sameRoles(m.Roles, models.Agent, models.Lead) || m.Version != before+1 || e.said(models.Installation, "user_roles") != roles+1 {
			t.Errorf("%+v", m)
		}
		if e.holds(old.cookies["__Host-fw"]) || e.holds(same.cookies["__Host-fw"]) || !e.holds(more.cookies["__Host-fw"]) {
			t.Error("sessions with the former roles go on")
		}
		e.get(e.Agent, "/api/v1/me").is(401) // and so do tokens
		e.kisa.person("agentin", "bearbeitung@kisa.example", "kantine")
		none, r := e.through(e.kisa, "agentin")
		none.because(r, 403, "no_group", "KISA-Konto")
		if m := e.member("bearbeitung@kisa.example"); len(m.Roles) != 0 || e.holds(more.cookies["__Host-fw"]) || !m.Active {
			t.Errorf("whoever has left still has %v", m.Roles)
		}
		e.kisa.person("agentin", "bearbeitung@kisa.example", "fw-bearbeitung", "leipzig-sb")
		two, r := e.through(e.kisa, "agentin")
		two.because(r, 403, "two_sides", "KISA-Konto")
		e.kisa.person("agentin", "bearbeitung@kisa.example", "leipzig-sb") // has moved: needs an account there
		moved, r := e.through(e.kisa, "agentin")
		moved.because(r, 403, "side", "KISA-Konto")
		e.kisa.person("agentin", "bearbeitung@kisa.example", "fw-bearbeitung")
		_, r = e.through(e.kisa, "agentin")
		r.is(303)
		if r, err := e.s.Verify(t.Context(), nil); err != nil || len(r.Findings) > 0 {
			t.Error(r, err)
		}
	})
}

// TestNobodyIsTakenOver: a municipality's provider speaks for that municipality, of confirmed addresses, and of nobody who has another account there.
func TestNobodyIsTakenOver(t *testing.T) {
	tellElsewhere(t, func(t *testing.T, e *elsewhere) {
		refused := func(p *idp, name, code string) {
			t.Helper()
			v, r := e.through(p, name)
			v.because(r, 403, code, map[*idp]string{e.kisa: "KISA-Konto", e.bautzen: "Stadt Bautzen"}[p])
		}
		users, links := e.count("SELECT count(*) FROM users"), 0
		e.bautzen.person("admin", "admin@kisa.example", "sb")
		e.bautzen.person("leipzig", "Sachbearbeitung@Leipzig.example ", "sb")
		e.bautzen.person("agentin", "bearbeitung@kisa.example", "fw-bearbeitung", "fw-freigabe", "admin", "agent")
		e.bautzen.person("kauderwelsch", "kein Konto <x>", "sb")
		refused(e.bautzen, "admin", "taken")
		refused(e.bautzen, "leipzig", "taken")
		refused(e.bautzen, "agentin", "no_group")
		refused(e.bautzen, "kauderwelsch", "unusable")
		e.bautzen.people["alt"].EmailVerified = false
		refused(e.bautzen, "alt", "unverified")
		e.bautzen.people["neu"].EmailVerified = false
		refused(e.bautzen, "neu", "unverified")
		refused(e.kisa, "fremd", "unknown") // only whoever was invited
		if n := e.count("SELECT count(*) FROM identities"); n != links {
			t.Errorf("%d identities", n)
		}
		if n := e.count("SELECT count(*) FROM users"); n != users {
			t.Errorf("%d accounts more", n-users)
		}
		e.bautzen.people["alt"].EmailVerified = true
		_, r := e.through(e.bautzen, "alt")
		r.is(303)
		e.bautzen.person("nachfolge", "sachbearbeitung@bautzen.example", "sb") // the same address, another person there
		refused(e.bautzen, "nachfolge", "other")
		e.unlink("sachbearbeitung@bautzen.example")
		_, r = e.through(e.bautzen, "nachfolge")
		r.is(303)

		m := e.member("sachbearbeitung@bautzen.example")
		if err := e.s.SwitchPerson(t.Context(), e.Admin, m.ID, m.Version, false, nil); err != nil {
			t.Fatal(err)
		}
		refused(e.bautzen, "nachfolge", "off")
		refused(e.bautzen, "alt", "off")
	})
}

// unlink parts an account from all accounts elsewhere, as a municipality's administration does.
func (e *elsewhere) unlink(email string) {
	e.Helper()
	admin, id := e.signIn(e.TenantAdmin), itoa(int(e.member(email).ID))
	page := admin.open("/verwaltung/personen/"+id).is(200).shows("Anmeldung mit anderen Konten", "Stadt Bautzen, verknüpft am 23.11.2026")
	version := versionField.FindSubmatch(page.body)[1]
	to := admin.send("/verwaltung/personen/"+id+"/trennen", url.Values{"version": {string(version)}}).is(303).header.Get("Location")
	admin.open(to).is(200).shows("Die Verknüpfung ist getrennt.").hides("Stadt Bautzen, verknüpft")
}

// TestAProviderThatIsAway: the page says so, passwords work, and it is asked again.
func TestAProviderThatIsAway(t *testing.T) {
	e := newElsewhere(t, "sqlite", nil)
	e.kisa.down.Store(true)
	v := e.visit()
	v.because(v.open("/anmelden/mit/kisa"), 503, "away", "KISA-Konto")
	e.signIn(e.Agent).open("/formulare").is(200)
	_, r := e.through(e.bautzen, "neu") // another one is not touched
	r.is(303)
	e.bautzen.down.Store(true) // after it has been asked what it offers
	w := e.visit()
	w.because(w.open("/anmelden/mit/bautzen/zurueck?code=x&state="+state(w.leave("bautzen"))), 503, "away", "Stadt Bautzen")
	e.bautzen.server.Close()
	w.because(w.open("/anmelden/mit/bautzen/zurueck?code=x&state="+state(w.leave("bautzen"))), 503, "away", "Stadt Bautzen")
}

func state(to string) string {
	u, _ := url.Parse(to)
	return u.Query().Get("state")
}

// TestLeavingElsewhere: whoever signs out is told that the provider still knows them.
func TestLeavingElsewhere(t *testing.T) {
	e := newElsewhere(t, "sqlite", nil)
	v, r := e.through(e.kisa, "agentin")
	r.is(303)
	v.open("/formulare").is(200)
	to := v.send("/abmelden", url.Values{}).is(303).header.Get("Location")
	if to != "/anmelden?von=kisa" || v.cookies["__Host-fw"] != "" {
		t.Error(to)
	}
	v.open(to).is(200).shows("Bei KISA-Konto sind Sie noch angemeldet", "Auch bei KISA-Konto abmelden", e.kisa.server.URL+"/end_session?client_id=formwandel&amp;post_logout_redirect_uri=https%3A%2F%2Fformwandel.example%2Fanmelden")
	v.open("/anmelden?von=evil").is(200).hides("noch angemeldet")
	w := e.signIn(e.Clerk)
	w.open("/").is(200)
	if to := w.send("/abmelden", url.Values{}).is(303).header.Get("Location"); to != "/anmelden" {
		t.Error(to)
	}
}

// TestElsewhereLeadsNowhereElse: where one goes on to after coming back is a place of ours.
func TestElsewhereLeadsNowhereElse(t *testing.T) {
	e := newElsewhere(t, "sqlite", nil)
	n, begin := Share(len(outside)), int(Seed(t)%int64(len(outside)))
	for i := range n {
		trick := outside[(begin+i)%len(outside)]
		v := e.visit()
		r := v.open("/anmelden/mit/kisa?weiter=" + url.QueryEscape(trick)).is(303)
		if to := r.header.Get("Location"); !strings.HasPrefix(to, e.kisa.server.URL+"/auth?") {
			t.Errorf("%q leads to %q", trick, to)
		}
		back := v.open(e.kisa.signInAt(r.header.Get("Location"), "agentin")).is(303)
		if to := back.header.Get("Location"); !inside(to) {
			t.Errorf("%q leads back to %q", trick, to)
		}
	}
	Score(t, "S37", "ways out over the sign-in with an account elsewhere", n, "0 lead out")
}

// TestNothingOfThemIsLogged: neither tokens nor codes, secrets or people.
func TestNothingOfThemIsLogged(t *testing.T) {
	var log bytes.Buffer
	e := newElsewhere(t, "sqlite", func(c *handlers.Config) {
		c.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	secrets := []string{idpSecret, idpPassword, "bearbeitung@kisa.example", "anders@kisa.example", "Erika", "sub-agentin", "eindeutig-erkennbar"}
	for _, forge := range []func(map[string]any) string{nil, func(c map[string]any) string { c["nonce"] = "x"; return e.kisa.sign(c, jose.RS256, e.kisa.key) }, func(c map[string]any) string { return e.kisa.sign(c, jose.RS256, e.bautzen.key) }} {
		e.kisa.forge = forge
		v, _ := e.through(e.kisa, "agentin")
		secrets = append(secrets, v.cookies["__Host-fw"], v.cookies["__Host-fw-hin"])
	}
	e.kisa.forge = nil
	e.kisa.person("agentin", "anders@kisa.example", "kantine")
	_, _ = e.through(e.kisa, "agentin")
	v := e.visit()
	v.open("/anmelden/mit/kisa/zurueck?code=eindeutig-erkennbar&state=" + state(v.leave("kisa"))).is(403)
	v.open("/anmelden/mit/kisa/zurueck?error=eindeutig-erkennbar&error_description=eindeutig-erkennbar%0Aeindeutig&state=" + state(v.leave("kisa"))).is(403)
	for _, secret := range append(secrets, e.kisa.tokens...) {
		if secret != "" && strings.Contains(log.String(), secret) {
			t.Errorf("the log has %q", secret)
		}
	}
	if !strings.Contains(log.String(), "identity_untrusted") || !strings.Contains(log.String(), "invalid_grant") || strings.Count(log.String(), "\n") < 10 {
		t.Error("the log tells nothing", log.String())
	}
	for _, row := range e.texts(`SELECT detail FROM security_events`) {
		if strings.ContainsAny(row, "@<") {
			t.Errorf("the security log has %q", row)
		}
	}
}
