package handlers_test

import (
	"bytes"
	"image/png"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"formwandel/models"
	. "formwandel/models/modelstest"
	"formwandel/templates"
)

var typedSecret = regexp.MustCompile(`<span>([A-Z2-7]{1,4})</span>`)

// enrolApp sets an app up and returns its secret.
func (v *visitor) enrolApp() string {
	v.Helper()
	v.open("/konto/zweiter-faktor").is(200)
	v.send("/konto/zweiter-faktor/app/beginnen", url.Values{}).is(303)
	v.open("/konto/zweiter-faktor/app").is(200)
	secret := ""
	for _, m := range typedSecret.FindAllStringSubmatch(v.html, -1) {
		secret += m[1]
	}
	v.send("/konto/zweiter-faktor/app", url.Values{"code": {v.code(secret, 0)}}).is(303)
	return secret
}

// code is what an app shows, some half minutes from now.
func (st *stage) code(secret string, steps int) string {
	st.Helper()
	now, err := st.s.Now(st.Context())
	if err != nil {
		st.Fatal(err)
	}
	code, err := totp.GenerateCode(secret, now.Add(time.Duration(steps)*30*time.Second))
	if err != nil {
		st.Fatal(err)
	}
	return code
}

// later lets time pass.
func (st *stage) later(d time.Duration) {
	st.Helper()
	now, err := st.s.Now(st.Context())
	if err != nil {
		st.Fatal(err)
	}
	SetNow(st.T, st.s, now.Add(d))
}

// halfway is a visit by somebody who has shown the password only.
func (st *stage) halfway(u models.User) *visitor {
	st.Helper()
	v := st.visit()
	to := v.send("/anmelden", url.Values{"email": {u.Email}, "password": {castPassword}, "weiter": {"/formulare"}}).is(303).header.Get("Location")
	if to != "/anmelden/zweiter-faktor?weiter=%2Fformulare" {
		st.Fatalf("the password leads to %s", to)
	}
	v.open(to).is(200)
	return v
}

// TestAnAppShowsCodes tells of a clerk who sets up an app: after that the password alone opens nothing, and each code counts once.
func TestAnAppShowsCodes(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		in := st.signIn(st.Clerk)
		before := in.cookies["__Host-fw"]
		other := st.visit()
		other.send("/anmelden", url.Values{"email": {st.Clerk.Email}, "password": {castPassword}}).is(303)
		in.open("/konto").is(200).shows("Mein Konto", st.Clerk.Email, "Sie haben noch keinen eingerichtet", "/konto/kennwort")

		in.send("/konto/zweiter-faktor/app/beginnen", url.Values{}).is(303)
		if _, err := png.Decode(bytes.NewReader(in.open("/konto/zweiter-faktor/app/bild.png").is(200).body)); err != nil {
			t.Error("no picture:", err)
		}
		in.open("/konto/zweiter-faktor/app").is(200)
		in.send("/konto/zweiter-faktor/app", url.Values{"code": {"000000"}}).is(422).shows("Der Code stimmt nicht")
		other.open("/formulare").is(200) // what was begun is no factor yet
		secret := in.enrolApp()
		if in.cookies["__Host-fw"] == before || st.holds(before) {
			t.Error("the session has its old secret after the factor")
		}
		in.open("/konto").is(200).shows("App mit Codes")
		in.open("/konto/zweiter-faktor/app").is(303) // it is shown never again
		in.open("/konto/zweiter-faktor/app/bild.png").is(404)
		in.open("/konto/zweiter-faktor").is(200).shows("Sie haben schon eine App eingerichtet")
		in.send("/konto/zweiter-faktor/app/beginnen", url.Values{}).is(409)
		if to := other.open("/formulare").is(303).header.Get("Location"); !strings.HasPrefix(to, "/anmelden/zweiter-faktor?") {
			t.Error("a session without the factor goes on:", to)
		}

		half := st.halfway(st.Clerk)
		half.shows("Code aus der App")
		half.send("/anmelden/zweiter-faktor", url.Values{"code": {half.code(secret, 0)}}).is(422).shows("wurde schon verwendet") // the one of the set-up
		half.send("/anmelden/zweiter-faktor", url.Values{"code": {""}}).is(422).shows("Geben Sie den Code")
		was := half.cookies["__Host-fw"]
		if to := half.send("/anmelden/zweiter-faktor", url.Values{"code": {half.code(secret, 1)}, "weiter": {"/formulare"}}).is(303).header.Get("Location"); to != "/formulare" {
			t.Error("the code leads to", to)
		}
		if half.cookies["__Host-fw"] == was || st.holds(was) {
			t.Error("the secret of the half session opens the house")
		}
		half.open("/formulare").is(200)

		again := st.halfway(st.Clerk)
		for _, steps := range []int{-2, -1, 0, 1} { // too old, or used, or before one that was used
			again.send("/anmelden/zweiter-faktor", url.Values{"code": {again.code(secret, steps)}}).is(422)
		}
		st.later(3 * time.Minute)
		again.open("/anmelden/zweiter-faktor")
		again.send("/anmelden/zweiter-faktor", url.Values{"code": {again.code(secret, 2)}}).is(422)
		if st.holds(again.cookies["__Host-fw"]) || again.open("/anmelden/zweiter-faktor").status != 303 {
			t.Error("five wrong codes, and the password is not asked for again")
		}
		for _, steps := range []int{-1, 0, 1} {
			v := st.halfway(st.Clerk)
			v.send("/anmelden/zweiter-faktor", url.Values{"code": {" " + v.code(secret, steps)[:3] + " " + v.code(secret, steps)[3:]}}).is(303)
			v.open("/formulare").is(200)
		}
		in.open("/konto").is(200)
		in.send("/konto/zweiter-faktor/app/entfernen", url.Values{}).is(303)
		in.open("/konto").is(200).shows("Sie haben noch keinen eingerichtet")
		st.signIn(st.Clerk).open("/formulare").is(200)
		st.sound()
	})
}

func (v *visitor) shows(words ...string) {
	v.Helper()
	for _, w := range words {
		if !strings.Contains(v.html, w) {
			v.Errorf("%s does not show %q", v.at, w)
		}
	}
}

// sound holds the record against itself.
func (st *stage) sound() {
	st.Helper()
	r, err := st.s.Verify(st.Context(), nil)
	if err != nil || len(r.Findings) > 0 {
		st.Error(r, err)
	}
}

// TestOneCodeOfManyAtOnce: of many who send one code at the same time, one gets in.
func TestOneCodeOfManyAtOnce(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		in := st.signIn(st.Clerk)
		secret := in.enrolApp()
		in.open("/konto/notfallcodes")
		recovery := codesOn(in.send("/konto/notfallcodes", url.Values{}).is(200))[0]
		st.later(time.Minute)
		for name, value := range map[string]string{"code": st.code(secret, 0), "notfallcode": recovery} {
			if won := st.atOnce(8, name, value); won != 1 {
				t.Errorf("%s: %d of 8 got in", name, won)
			}
		}
		in.open("/konto").is(200).shows("Noch 9 Notfallcodes übrig")
		st.sound()
	})
}

// atOnce is how many of n half sessions get in with the same code.
func (st *stage) atOnce(n int, name, value string) int {
	st.Helper()
	start, won := make(chan struct{}), make(chan bool, n)
	var all sync.WaitGroup
	for range n {
		v := st.halfway(st.Clerk)
		all.Go(func() {
			<-start
			won <- v.send("/anmelden/zweiter-faktor", url.Values{name: {value}}).status == 303
		})
	}
	close(start)
	all.Wait()
	close(won)
	count := 0
	for w := range won {
		if w {
			count++
		}
	}
	return count
}

var shownCode = regexp.MustCompile(`class="fw-account-code">([a-z0-9-]{29})<`)

// codesOn are the recovery codes on a page.
func codesOn(r *reply) (codes []string) {
	r.t.Helper()
	for _, m := range shownCode.FindAllStringSubmatch(string(r.body), -1) {
		codes = append(codes, m[1])
	}
	if len(codes) != 10 {
		r.t.Fatalf("%d codes", len(codes))
	}
	return codes
}

// TestRecoveryCodes: ten, each once, in any spelling; new ones void the old.
func TestRecoveryCodes(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		in := st.signIn(st.Agent)
		in.open("/konto/notfallcodes").is(200).shows("Richten Sie zuerst eine App")
		in.send("/konto/notfallcodes", url.Values{}).is(409)
		in.enrolApp()
		in.open("/konto/notfallcodes").is(200)
		old := codesOn(in.send("/konto/notfallcodes", url.Values{}).is(200))
		in.open("/konto/notfallcodes").is(200).hides(old[0])
		in.open("/konto/notfallcodes")
		codes := codesOn(in.send("/konto/notfallcodes", url.Values{}).is(200))
		use := func(code string) *reply {
			return st.halfway(st.Agent).send("/anmelden/zweiter-faktor", url.Values{"notfallcode": {code}})
		}
		use(old[0]).is(422).shows("Notfallcode stimmt nicht")
		use("aaaa-bbbb-cccc-dddd").is(422)
		use(codes[0]).is(303)
		use(codes[0]).is(422)
		use(" " + strings.ToUpper(strings.ReplaceAll(codes[1], "-", " "))).is(303)
		in.open("/konto").is(200).shows("Noch 8 Notfallcodes übrig")
		if n := st.counted("security_events", "code = 'recovery_code_used'"); n != 2 {
			t.Errorf("%d uses in the log", n)
		}
		in.open("/konto").is(200)
		in.send("/konto/zweiter-faktor/app/entfernen", url.Values{}).is(303)
		if n := st.counted("recovery_codes", "TRUE"); n != 0 {
			t.Errorf("%d codes outlive the factor", n)
		}
		st.secretFree(slices.Concat(old, codes)...)
		st.sound()
	})
}

// counted counts rows; security events by how often.
func (st *stage) counted(table, where string) (n int) {
	st.Helper()
	sum := "count(*)"
	if table == "security_events" {
		sum = "coalesce(sum(count), 0)"
	}
	st.query("SELECT "+sum+" FROM "+table+" WHERE "+where, func(scan func(...any) error) error { return scan(&n) })
	return n
}

// secretFree asserts that none of these stands anywhere in what is kept for long.
func (st *stage) secretFree(secrets ...string) {
	st.Helper()
	for _, q := range []string{"SELECT detail FROM security_events", "SELECT comment || data FROM events", "SELECT answer || location || key FROM idempotency", "SELECT hash FROM recovery_codes", "SELECT hash || csrf FROM sessions"} {
		st.query(q, func(scan func(...any) error) error {
			var text string
			err := scan(&text)
			for _, s := range secrets {
				if strings.Contains(text, s) {
					st.Errorf("%s has a secret", q)
				}
			}
			return err
		})
	}
}

// TestRequiredFactorOpensNothingElse: who must have a second factor and has none reaches the pages that set one up, and no other.
func TestRequiredFactorOpensNothingElse(t *testing.T) {
	st := newTour(newStage(t))
	v := st.as(st.AgentLead)
	v.open("/auftraege").is(200)
	RequireFactorOf(t, st.s, st.Admin, models.Lead)
	st.as(st.Agent).open("/auftraege").is(200) // another role
	v.open("/konto/zweiter-faktor").is(200).shows("vorgeschrieben").hides("/abmelden\" hidden", "fw-nav__link")
	before, reached := st.rows(), 0
	for _, r := range st.pageRoutes() {
		place := st.at(r.path)
		up := strings.HasPrefix(r.path, "/konto/zweiter-faktor") && !strings.HasSuffix(r.path, "entfernen") || strings.HasPrefix(r.path, "/konto/bestaetigen/") // what sets one up asks for a proof
		switch {
		case slices.Contains(publicPages, r), up:
			reached++
		case r.method == "GET":
			if to := v.open(place).is(303).header.Get("Location"); to != "/konto/zweiter-faktor?weiter="+url.QueryEscape(place) && !strings.HasPrefix(r.path, "/anmelden/") {
				t.Errorf("%s leads to %s", place, to)
			}
		default:
			if got := v.send(place, url.Values{"version": {"1"}, "text": {"Ein Text, der etwas länger ist."}}); !strings.HasPrefix(r.path, "/anmelden/") {
				got.is(403).shows("nicht vollständig")
			}
		}
		st.unchanged(before, place)
	}
	if reached < 15 {
		t.Error("too few", reached)
	}
	if to := v.open("/").is(303).header.Get("Location"); to != "/konto/zweiter-faktor?weiter=%2F" {
		t.Error("the start page leads to", to)
	}
	v.open("/konto/zweiter-faktor")
	secret := v.enrolApp()
	v.open("/auftraege").is(200)
	v.open("/konto").is(200)
	v.send("/konto/zweiter-faktor/app/entfernen", url.Values{}).is(303) // the last one: set up a new one at once
	v.open("/auftraege").is(303)
	v.open("/konto/zweiter-faktor").is(200)
	st.secretFree(secret)
}

// TestDemoAccountsNeedNoFactor: the demonstration stays open to whoever tries it.
func TestDemoAccountsNeedNoFactor(t *testing.T) {
	st := newStage(t)
	RequireFactorOf(t, st.s, st.Admin, models.Roles...)
	hash, err := models.HashPassword(castPassword)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := st.s.AddUser(t.Context(), models.NewUser{Email: "demo@kisa.example", Name: "Vorführung", PasswordHash: hash, Roles: []models.Role{models.Admin}, Demo: true}); err != nil {
		t.Fatal(err)
	}
	v := st.visit()
	v.send("/anmelden", url.Values{"email": {"demo@kisa.example"}, "password": {castPassword}}).is(303)
	v.open("/verwaltung").is(200)
	st.signIn(st.Clerk).open("/formulare").is(303)
}

// TestFactorsAreResetByAdministration: of one's own people, by confirmation, in the record; the person sets up new ones.
func TestFactorsAreResetByAdministration(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		clerk := st.signIn(st.Clerk)
		clerk.enrolApp()
		page := peoplePage(st.Clerk)
		st.signIn(st.LeipzigClerk).send(page+"/faktoren", url.Values{"version": {"1"}}).is(403) // no administration at all
		admin := st.signIn(st.TenantAdmin)
		admin.open(page).is(200).shows("App mit Codes", "Zweiten Faktor zurücksetzen")
		version := regexp.MustCompile(`name="version" value="(\d+)"`).FindStringSubmatch(admin.html)[1]
		st.later(models.ConfirmFor)
		admin.send(page+"/faktoren", url.Values{"version": {version}}).is(403).shows("Bestätigen Sie, dass Sie es sind")
		admin.send(page+"/faktoren", url.Values{"version": {version}, "proof_password": {castPassword}}).is(303)
		admin.open(page).is(200).hides("Zweiten Faktor zurücksetzen")
		if st.holds(clerk.cookies["__Host-fw"]) {
			t.Error("the session outlives the factor")
		}
		st.signIn(st.Clerk).open("/formulare").is(200)
		own := st.signIn(st.TenantAdmin)
		own.enrolApp()
		own.open(peoplePage(st.TenantAdmin)).is(200)
		version = regexp.MustCompile(`name="version" value="(\d+)"`).FindStringSubmatch(own.html)[1]
		own.send(peoplePage(st.TenantAdmin)+"/faktoren", url.Values{"version": {version}}).is(409).shows("Ihre eigenen Faktoren")
		if n := st.counted("events", "action = 'factor_reset'"); n != 1 {
			t.Errorf("%d events", n)
		}
		st.sound()
	})
}

func peoplePage(u models.User) string { return "/verwaltung/personen/" + strconv.FormatInt(u.ID, 10) }

// TestRequirementIsAdministrations: only the provider's administration says whose role requires a factor, on what it has seen.
func TestRequirementIsAdministrations(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		const page = "/verwaltung/sicherheit"
		st.signIn(st.Auditor).open(page).is(200).hides("<form method=\"post\" action=\"" + page)
		for _, u := range []models.User{st.Clerk, st.TenantAdmin, st.Agent, st.Lead} {
			st.signIn(u).open(page).is(403)
		}
		auditor := st.signIn(st.Auditor)
		auditor.open("/verwaltung")
		auditor.send(page, duties(nil, "clerk", "any")).is(403)
		admin := st.signIn(st.Admin)
		admin.open(page).is(200)
		admin.send(page, duties([]string{"agent"}, "clerk", "any", "lead", "any")).is(409).shows("inzwischen geändert", `id="faktor-clerk-any" name="faktor-clerk" value="any" checked`)
		admin.send(page, duties(nil, "king", "any")).is(422)
		admin.send(page, duties(nil, "lead", "finger")).is(422).shows("Wählen Sie für jede Rolle")
		admin.send(page, url.Values{"rollen": {"clerk", "lead"}, "gesehen": {""}}).is(422) // a form of before, and what it leaves out is not let off
		admin.send(page, duties(nil, "clerk", "any", "lead", "any")).is(303)
		admin.open(page).is(200).shows(`name="faktor-clerk" value="any" checked`, `name="faktor-lead" value="any" checked`, `name="faktor-agent" value="none" checked`)
		st.signIn(st.Clerk).open("/formulare").is(303)
		if n := st.counted("events", "action = 'factor_roles' AND comment = 'clerk lead'"); n != 1 {
			t.Errorf("%d events", n)
		}
		st.sound()
	})
}

// duties is the page's form as it would be sent: what each role asks for, nothing where none is named, and what was seen.
func duties(seen []string, chosen ...string) url.Values {
	form := url.Values{"gesehen": {strings.Join(seen, " ")}}
	for _, r := range models.Roles {
		form.Set("faktor-"+string(r), "none")
	}
	for i := 0; i < len(chosen); i += 2 {
		form.Set("faktor-"+chosen[i], chosen[i+1])
	}
	return form
}

// TestWithoutTheKey: an instance that lacks the key for second factors says so, and takes recovery codes.
func TestWithoutTheKey(t *testing.T) {
	st := newStage(t)
	in := st.signIn(st.Clerk)
	secret := in.enrolApp()
	in.open("/konto/notfallcodes")
	codes := codesOn(in.send("/konto/notfallcodes", url.Values{}).is(200))
	bare, err := models.Open(models.Options{URL: st.url, Host: "formwandel.example"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = bare.Close() }) // the other one says whether all is well
	if known, err := bare.EnsureFactorKey(t.Context(), t.TempDir()); known || err != nil {
		t.Fatal("a key from nowhere:", known, err)
	}
	other := st.instanceOn(bare)
	v := other.halfway(st.Clerk)
	v.send("/anmelden/zweiter-faktor", url.Values{"code": {st.code(secret, 1)}}).is(409).shows(templates.Words("de").Say("error.factor_key_missing", nil))
	v.send("/anmelden/zweiter-faktor", url.Values{"notfallcode": {codes[0]}}).is(303)
}
