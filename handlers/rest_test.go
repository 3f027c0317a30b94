package handlers_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"formwandel/handlers"
	"formwandel/models"
	. "formwandel/models/modelstest"
	"formwandel/templates"
)

// TestEveryCookieIsTheHosts: behind https each is held to this host by its name, and no other is read.
func TestEveryCookieIsTheHosts(t *testing.T) {
	st := newStage(t)
	v := st.signIn(st.Clerk)
	v.open("/konto").is(200).shows("Abmelden")
	v.send("/ansicht", url.Values{"sprache": {"en"}, "farben": {"dark"}, "zurueck": {"/konto"}}).is(303)
	v.open("/konto").is(200).shows("Sign out", `data-kern-theme="dark"`)
	if len(v.cookies) < 4 {
		t.Errorf("only %d cookies: %v", len(v.cookies), v.cookies)
	}
	for name := range v.cookies {
		if !strings.HasPrefix(name, "__Host-") {
			t.Errorf("%s is anybody's", name)
		}
	}
	w := st.signIn(st.Clerk)
	w.cookies["fw-sprache"], w.cookies["fw-farben"] = "en", "dark"
	w.open("/konto").is(200).shows("Abmelden").hides(`data-kern-theme="dark"`)
}

// TestNamesBeneath: that names beneath this host's speak https only is told if the operator says so.
func TestNamesBeneath(t *testing.T) {
	st := stageWith(t, func(c *handlers.Config) { c.Beneath = true })
	if got := st.visit().open("/anmelden").header.Get("Strict-Transport-Security"); got != "max-age=31536000; includeSubDomains" {
		t.Error(got)
	}
}

// TestALinkForTheOperatorsHand: what `user password` prints sets a password once, in a quarter of an hour, and no letter brings it.
func TestALinkForTheOperatorsHand(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		link := func() models.Letter {
			path, err := st.s.PersonalLink(t.Context(), strings.ToUpper(st.Admin.Email))
			if err != nil {
				t.Fatal(err)
			}
			return models.Letter{Facts: models.MailFacts{Link: path}}
		}
		first, v := link(), st.visit()
		second := link()
		v.over(first)
		v.accept(second)
		v.over(second)
		v.send("/anmelden", url.Values{"email": {st.Admin.Email}, "password": {chosen}}).is(303)
		third := link()
		st.later(61 * time.Minute)
		v.over(third)
		if st.letters(st.Admin.Email, models.MailReset) != 0 || st.letters(st.Admin.Email, models.MailPasswordChanged) != 1 {
			t.Error("a letter brings it")
		}
		if _, err := st.s.PersonalLink(t.Context(), "niemand@kisa.example"); !models.IsKind(err, models.NotFound) {
			t.Error(err)
		}
		st.whole()
	})
}

// TestRecoveryCodesAreLong: 120 bits each, typable, and the person is told when one was used.
func TestRecoveryCodesAreLong(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		in := st.signIn(st.Clerk)
		in.enrolApp()
		in.open("/konto/notfallcodes")
		codes := codesOn(in.send("/konto/notfallcodes", url.Values{}).is(200))
		different := map[string]bool{}
		for _, c := range codes {
			different[c] = len(strings.ReplaceAll(c, "-", "")) == 24 && len(strings.Split(c, "-")) == 6 // of 32 letters: five bits each
		}
		if len(different) != 10 || !different[codes[0]] {
			t.Error("the codes are too short")
		}
		half := st.halfway(st.Clerk)
		half.open("/anmelden/zweiter-faktor")
		half.send("/anmelden/zweiter-faktor", url.Values{"notfallcode": {" " + strings.ToUpper(strings.ReplaceAll(codes[3], "-", " "))}}).is(303)
		if n := st.letters(st.Clerk.Email, models.MailRecoveryUsed); n != 1 {
			t.Errorf("%d letters", n)
		}
		m := st.member(st.Clerk.Email)
		if err := st.s.ResetFactors(t.Context(), st.TenantAdmin, m.ID, m.Version, nil); err != nil {
			t.Fatal(err)
		}
		if l := st.letter(st.Clerk.Email, models.MailFactorReset); l.Facts.Actor != st.TenantAdmin.Name {
			t.Error(l.Facts)
		}
		st.whole()
	})
}

// TestADemoAccountStaysEverybodys: who visits the demonstration locks nobody else out.
func TestADemoAccountStaysEverybodys(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		hash, err := models.HashPassword(castPassword)
		if err == nil {
			_, err = st.s.AddUser(t.Context(), models.NewUser{AGS: Bautzen, Email: "probe@bautzen.example", Name: "Probe", PasswordHash: hash, Roles: []models.Role{models.Clerk}, Demo: true})
		}
		if err != nil {
			t.Fatal(err)
		}
		sentence := templates.Words("de").Say("error.demo_account", nil)
		signIn := func() *visitor {
			v := st.visit()
			v.send("/anmelden", url.Values{"email": {"probe@bautzen.example"}, "password": {castPassword}}).is(303)
			return v
		}
		v := signIn()
		v.open("/konto/kennwort").is(200).shows(sentence).hides(`name="geheim_alt"`)
		v.send("/konto/kennwort", url.Values{"geheim_alt": {castPassword}, "password": {chosen}}).is(409).shows(sentence)
		v.open("/konto/adresse").is(200).shows(sentence).hides(`name="email"`)
		v.send("/konto/adresse", url.Values{"geheim_alt": {castPassword}, "email": {"x@bautzen.example"}}).is(409)
		v.open("/konto/zweiter-faktor").is(200).shows(sentence).hides("/app/beginnen", `href="/konto/zweiter-faktor/passkey"`)
		v.send("/konto/zweiter-faktor/app/beginnen", url.Values{}).is(409).shows(sentence)
		v.send("/konto/notfallcodes", url.Values{}).is(409)
		v.send("/konto/zweiter-faktor/passkey/frage", url.Values{}).is(409)
		admin, person := st.signIn(st.TenantAdmin), "/verwaltung/personen/"+itoa(int(st.member("probe@bautzen.example").ID))
		page := admin.open(person).is(200)
		admin.send(person+"/adresse", url.Values{"version": {string(versionField.FindSubmatch(page.body)[1])}, "email": {"x@bautzen.example"}}).is(409).shows(sentence)
		signIn().open("/konto").is(200)
		if st.letters("x@bautzen.example", models.MailAddress) != 0 {
			t.Error("a link is on its way")
		}
	})
}

// TestAPasswordSentTwice counts once, is no wrong password the second time, and no bad try; another one on the same page is one of its own.
func TestAPasswordSentTwice(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		v := st.signIn(st.Clerk)
		v.open("/konto/kennwort").is(200)
		form := url.Values{"geheim_alt": {castPassword}, "password": {chosen}}
		first := v.send("/konto/kennwort", form).is(303).header.Get("Location")
		for range 12 {
			if again := v.sendAs("/konto/kennwort", form).is(303).header.Get("Location"); again != first {
				t.Fatal(again)
			}
		}
		if n := st.letters(st.Clerk.Email, models.MailPasswordChanged); n != 1 {
			t.Errorf("%d letters", n)
		}
		v.send("/konto/kennwort", url.Values{"geheim_alt": {castPassword}, "password": {chosen + " und"}}).is(422).shows("Das Kennwort stimmt nicht.")
		v.send("/konto/kennwort", url.Values{"geheim_alt": {chosen}, "password": {chosen + " und"}}).is(303)
		if n := st.letters(st.Clerk.Email, models.MailPasswordChanged); n != 2 {
			t.Errorf("%d letters", n)
		}
		st.whole()
	})
}

// TestARevokedTokenIsOver: it is 401 however often it comes; only guessing is made to wait.
func TestARevokedTokenIsOver(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		token, err := st.s.CreateToken(t.Context(), st.Clerk.Email, "alt", time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		st.later(2 * time.Hour)
		for range 30 {
			st.bearer(token, "GET", "/api/v1/me", nil).is(401)
		}
		guess := "fw_" + strings.Repeat("0", len(token)-3)
		for range 20 {
			st.bearer(guess, "GET", "/api/v1/me", nil).is(401)
		}
		st.bearer(guess, "GET", "/api/v1/me", nil).is(429)
		st.bearer(token, "GET", "/api/v1/me", nil).is(401)
		st.get(st.Clerk, "/api/v1/me").is(200)
	})
}

// TestAnEmptiedRequestSaysSo: whoever misses the words learns since when they are gone, and why.
func TestAnEmptiedRequestSaysSo(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		number := st.file(st.Clerk, fee(2500, "2027-01-01"))
		st.signIn(st.Clerk).open("/auftraege/" + number).is(200).hides("Aufbewahrungsfrist")
		st.do(st.Clerk, number, "withdraw", "Doch nicht.").is(200)
		SetNow(t, st.s, Epoch.AddDate(30, 0, 0))
		if _, err := st.s.Expire(t.Context()); err != nil {
			t.Fatal(err)
		}
		st.signIn(st.Clerk).open("/auftraege/" + number).is(200).shows("wurden Begründung, Wunsch, Kommentare und Anlagen dieses Auftrags gelöscht").hides("Doch nicht.")
	})
}

// TestAListOfTokensSaysThatItIsCut when it shows as many as it shows at most.
func TestAListOfTokensSaysThatItIsCut(t *testing.T) {
	st := newStage(t)
	person := "/verwaltung/personen/" + itoa(int(st.Clerk.ID))
	admin := st.signIn(st.TenantAdmin)
	admin.open(person).is(200).hides("Gezeigt sind höchstens")
	for range models.TokensShown {
		if _, err := st.s.CreateToken(t.Context(), st.Clerk.Email, "eines von vielen", time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	admin.open(person).is(200).shows("Gezeigt sind höchstens 100 Zugänge")
}

// TestANewPasswordTellsOfTokens: they go on counting, so the page after it and the letter say how many there are, and where they
// are revoked; whoever has none is told nothing.
func TestANewPasswordTellsOfTokens(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		change := func(v *visitor, old, password string) *reply {
			v.open("/konto/kennwort").is(200).hides("Zugänge für Programme gelten", "Zugang für Programme gilt")
			return v.open(v.send("/konto/kennwort", url.Values{"geheim_alt": {old}, "password": {password}}).is(303).header.Get("Location")).is(200).shows("Ihr Kennwort ist geändert.")
		}
		reset := func(v *visitor, u models.User) *reply {
			st.must(st.s.AskReset(t.Context(), u.Email, ""))
			v.accept(st.letter(u.Email, models.MailReset))
			return v.open("/anmelden?erledigt=password_set").is(200).shows("Ihr Kennwort ist gespeichert.")
		}
		more := func() {
			_, err := st.s.CreateToken(t.Context(), st.Clerk.Email, "einer mehr", time.Hour)
			st.must(err)
		}
		_, err := st.s.RevokeTokens(t.Context(), st.Clerk.Email)
		st.must(err)
		more()
		v := st.signIn(st.Clerk)
		change(v, castPassword, chosen).shows("Ein Zugang für Programme gilt mit dem neuen Kennwort weiter.", `href="/konto/tokens"`)
		if n := st.letter(st.Clerk.Email, models.MailPasswordChanged).Facts.Tokens; n != 1 {
			t.Errorf("the letter says %d", n)
		}
		more()
		stranger := st.visit()
		reset(stranger, st.Clerk).shows("2 Zugänge für Programme gelten mit dem neuen Kennwort weiter.", "„Mein Konto“, „Zugänge für Programme“")
		if n := st.letter(st.Clerk.Email, models.MailPasswordChanged).Facts.Tokens; n != 2 {
			t.Errorf("the letter says %d", n)
		}
		stranger.open("/anmelden?erledigt=password_set").is(200).hides("Zugänge für Programme gelten") // it is said once
		st.visit().open("/anmelden?erledigt=password_set").is(200).hides("Zugänge für Programme gelten")

		if n, err := st.s.RevokeTokens(t.Context(), st.Clerk.Email); n != 2 || err != nil {
			t.Fatal(n, err)
		}
		reset(st.visit(), st.Clerk).hides("für Programme")
		v = st.visit()
		v.open("/anmelden")
		v.send("/anmelden", url.Values{"email": {st.Clerk.Email}, "password": {chosen}}).is(303)
		change(v, chosen, chosen+" und").hides("für Programme gelten", "für Programme gilt")
		if n := st.letter(st.Clerk.Email, models.MailPasswordChanged).Facts.Tokens; n != 0 {
			t.Errorf("the letter says %d", n)
		}
		st.whole()
	})
}
