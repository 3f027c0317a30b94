package handlers_test

import (
	"bytes"
	"log/slog"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"formwandel/handlers"
	"formwandel/models"
	. "formwandel/models/modelstest"
)

// holds tells whether a session cookie still lets its owner in.
func (st *stage) holds(secret string) bool {
	st.Helper()
	v := &visitor{stage: st, cookies: map[string]string{"__Host-fw": secret}}
	return v.open("/formulare").status == 200
}

// TestSessionsAreOfOurMaking: what a browser brings along is adopted by nobody, and each sign-in begins anew.
func TestSessionsAreOfOurMaking(t *testing.T) {
	st := newStage(t)
	st.signIn(st.Clerk)
	preset := strings.Repeat("ab", 24)
	v := &visitor{stage: st, cookies: map[string]string{"__Host-fw": preset, "__Host-fw-gast": preset}}
	enter := func() string {
		t.Helper()
		r := v.send("/anmelden", url.Values{"email": {st.Clerk.Email}, "password": {castPassword}}).is(303)
		for _, c := range r.header["Set-Cookie"] {
			low := strings.ToLower(c)
			for _, want := range []string{"; path=/", "; secure", "; httponly", "; samesite=lax"} {
				if !strings.Contains(low, want) || strings.Contains(low, "; domain=") || !strings.HasPrefix(c, "__Host-") {
					t.Errorf("%q is without %q", c, want)
				}
			}
		}
		v.open("/formulare").is(200)
		return v.cookies["__Host-fw"]
	}
	v.open("/anmelden")
	first := enter()
	if csrfField.FindStringSubmatch(v.html)[1] == preset || first == preset || st.holds(preset) || len(first) != 48 {
		t.Error("what was brought along is in use")
	}
	if _, stays := v.cookies["__Host-fw-gast"]; stays {
		t.Error("the token of a stranger outlives the sign-in")
	}
	second := enter()
	if second == first || st.holds(first) || !st.holds(second) {
		t.Error("a second sign-in in one browser leaves the first session behind")
	}
	v.send("/abmelden", url.Values{}).is(303)
	if st.holds(second) {
		t.Error("signing out ends nothing")
	}
	bent := []string{"", "x", preset, first, second, second[:47] + "g", strings.ToUpper(second), strings.Repeat("a", 4000), "' OR 1=1 --", second + "\x00"}
	for _, bad := range bent {
		if st.holds(bad) {
			t.Errorf("%q lets in", bad)
		}
	}
	Score(t, "S41", "secrets that a browser has brought along, that a later sign-in or a sign-out has ended, or that are bent", len(bent), "none lets in; each sign-in has another, in a cookie with __Host-, Secure, HttpOnly, SameSite")
}

// TestSessionsEnd: with the account, its roles, its password, unused, and at the latest after a day's work.
func TestSessionsEnd(t *testing.T) {
	st := newStage(t)
	ctx := t.Context()
	version := func() int {
		m, err := st.s.Person(ctx, st.TenantAdmin, st.Clerk2.ID)
		if err != nil {
			t.Fatal(err)
		}
		return m.Version
	}
	change := func(roles ...models.Role) error {
		return st.s.ChangePerson(ctx, st.TenantAdmin, st.Clerk2.ID, version(), models.PersonChange{Name: "X", Locale: "de", Roles: roles}, nil)
	}
	for name, end := range map[string]func() error{
		"roles": func() error { return change(models.Approver) },
		"switched off and on": func() error {
			if err := st.s.SwitchPerson(ctx, st.TenantAdmin, st.Clerk2.ID, version(), false, nil); err != nil {
				return err
			}
			return st.s.SwitchPerson(ctx, st.TenantAdmin, st.Clerk2.ID, version(), true, nil)
		},
		"a password of operators": func() error { return st.s.SetPassword(ctx, st.Clerk2.Email, "x") },
	} {
		one := st.signIn(st.Clerk2).cookies["__Host-fw"]
		two := st.visit()
		two.send("/anmelden", url.Values{"email": {st.Clerk2.Email}, "password": {castPassword}}).is(303)
		other := two.cookies["__Host-fw"]
		if !st.holds(one) || !st.holds(other) {
			t.Fatal("two browsers are two sessions")
		}
		if err := end(); err != nil {
			t.Fatal(name, err)
		}
		if st.holds(one) || st.holds(other) {
			t.Errorf("%s: a session goes on", name)
		}
		_ = change(models.Clerk) // if it is another one
	}
	at := func(after time.Duration) { SetNow(t, st.s, Epoch.Add(after)) }
	at(0)
	idle, busy := st.signIn(st.Clerk).cookies["__Host-fw"], st.signIn(st.Agent).cookies["__Host-fw"]
	for after := 25 * time.Minute; after < models.SessionLife; after += 25 * time.Minute {
		if at(after); !st.holds(busy) {
			t.Fatalf("a session in use ends after %s", after)
		}
		if after == 50*time.Minute && st.holds(idle) {
			t.Error("an unused session does not end")
		}
	}
	at(models.SessionLife - time.Minute)
	if !st.holds(busy) {
		t.Error("a session ends too early")
	}
	at(models.SessionLife + 5*time.Minute) // signing in took its time, too
	if st.holds(busy) {
		t.Error("a session outlives a day's work")
	}
	Score(t, "S41", "sessions after roles, account or password changed, after half an hour unused, after ten hours", 8, "ended at the next call, others go on")
}

var addressed = regexp.MustCompile(`(?:href|action|src|formaction|data-[a-z]+)="([^"]*)"`)

// TestSecretsStandInNoAddress: neither a session's secret nor its token is in an address, a redirect or the log.
func TestSecretsStandInNoAddress(t *testing.T) {
	var log bytes.Buffer
	st := newTour(stageWith(t, func(c *handlers.Config) {
		c.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}))
	secrets := []string{st.token, castPassword}
	addresses := 0
	for _, u := range []models.User{st.Clerk, st.TenantAdmin, st.AgentLead, st.Admin} {
		v := st.as(u)
		token := v.token("/auftraege")
		secrets = append(secrets, token, v.cookies["__Host-fw"])
		check := func(r *reply) {
			for _, m := range addressed.FindAllStringSubmatch(string(r.body), -1) {
				if addresses++; !strings.HasPrefix(m[0], "data-csrf=") && (strings.Contains(m[1], token) || strings.Contains(m[1], v.cookies["__Host-fw"])) {
					t.Errorf("%s: %s", r.what, m[0])
				}
			}
			if to := r.header.Get("Location"); strings.Contains(to, token) || strings.Contains(to, v.cookies["__Host-fw"]) {
				t.Errorf("%s leads to %s", r.what, to)
			}
		}
		for _, r := range st.pageRoutes() {
			if r.method == "GET" {
				check(v.open(st.at(r.path)))
			}
		}
		v.open("/auftraege")
		check(v.upload("/auftraege/"+st.number+"/anlagen", "x.exe", "MZ\x90\x00\x03\x00"))
		check(v.upload("/verwaltung/kommunen/einlesen", "x.txt", "x"))
	}
	st.visit().send("/anmelden", url.Values{"email": {st.Clerk.Email}, "password": {"ein falsches Kennwort"}}).is(422)
	for _, secret := range append(secrets, "ein falsches Kennwort", st.Clerk.Email) {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log has %s", secret)
		}
	}
	Score(t, "S41", "addresses, redirects and log lines of every page, as four people", addresses, "no secret of a session, no token in one")
	if lines := strings.Count(log.String(), "\n"); addresses < 1000 || lines < 200 {
		t.Errorf("%d addresses and %d lines of the log looked at", addresses, lines)
	}
}

// TestSigningInTellsNothing: whether there is an account, nobody learns, and long words are not sent back.
func TestSigningInTellsNothing(t *testing.T) {
	st := newStage(t)
	st.signIn(st.Clerk)
	changing := regexp.MustCompile(`(name="(?:csrf|key)" value=")[0-9a-f]+`)
	answer := func(email, password string) string {
		v := st.visit()
		r := v.send("/anmelden", url.Values{"email": {email}, "password": {password}}).is(422)
		if len(r.body) > 100_000 {
			t.Errorf("%d bytes", len(r.body))
		}
		return strings.ReplaceAll(changing.ReplaceAllString(string(r.body), "$1"), email, "EMAIL")
	}
	for _, password := range []string{"falsch", strings.Repeat("x", 1025), " " + castPassword, strings.ToUpper(castPassword)} {
		if known, unknown := answer(st.Clerk.Email, password), answer("niemand@bautzen.example", password); known != unknown {
			t.Errorf("known\n%s\nunknown\n%s", known, unknown)
		}
	}
	if known, without := answer(st.Clerk.Email, "falsch"), answer(st.Lead.Email, ""); strings.Contains(without, "stimmt nicht") || known == without {
		t.Error("no password is typed")
	}
	answer(strings.Repeat("<", 60_000), "x")
}
