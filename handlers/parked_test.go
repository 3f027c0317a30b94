package handlers_test

import (
	"net/url"
	"regexp"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

var elsewhereLink = regexp.MustCompile(`/konto/bestaetigen/([0-9a-f]{32})/mit/kisa`)

// typedToken is what somebody types who makes a token: a serious form.
func typedToken(name string) url.Values {
	return url.Values{"name": {name}, "days": {"30"}, "umfang": {"read"}}
}

// asked sends a serious form that asks who its sender is, and goes to the provider.
func (v *visitor) asked(name string) (id, to string) {
	v.Helper()
	v.open("/konto/tokens").is(200)
	page := v.send("/konto/tokens", typedToken(name)).is(403).shows("Bei KISA-Konto bestätigen", "warten hier zehn Minuten lang").hides("proof_password", "weder Kennwort noch")
	m := elsewhereLink.FindSubmatch(page.body)
	if m == nil {
		v.Fatal("the page leads nowhere")
	}
	return string(m[1]), v.open(string(m[0])).is(303).header.Get("Location")
}

// TestConfirmingElsewhere: who has neither password nor factor here shows at the provider who they are, and loses nothing that was typed.
func TestConfirmingElsewhere(t *testing.T) {
	tellElsewhere(t, func(t *testing.T, e *elsewhere) {
		v, r := e.through(e.kisa, "agentin")
		r.is(303)
		e.later(models.ConfirmFor)
		name := `Fachverfahren "Umlaut" & <mehr>`
		id, to := v.asked(name)
		q, err := url.Parse(to)
		if err != nil || q.Query().Get("prompt") != "login" || q.Query().Get("max_age") != "0" {
			t.Error(to)
		}
		before := v.cookies["__Host-fw"]
		if place := v.open(e.kisa.signInAt(to, "agentin")).is(303).header.Get("Location"); place != "/konto/bestaetigen/"+id || v.cookies["__Host-fw"] == before {
			t.Error(place, "or the old secret")
		}
		waits := v.open("/konto/bestaetigen/"+id).is(200).shows("noch nicht gesendet", "Eingaben jetzt senden").waiting()
		if waits.Get("name") != name || waits.Get("days") != "30" || waits.Get("umfang") != "read" {
			t.Error(waits)
		}
		if n := e.count("SELECT count(*) FROM tokens WHERE name LIKE 'Fach%'"); n != 0 {
			t.Error("it was made before it was sent")
		}
		v.sendAs("/konto/tokens", waits).is(200).shows("fw_")
		stranger, r := e.through(e.kisa, "leipzig")
		r.is(303)
		stranger.open("/konto/bestaetigen/" + id).is(404)
		stranger.open("/konto/bestaetigen/" + id + "/mit/kisa").is(404)
		e.whole()
	})
}

// TestOnlyTheSamePersonConfirms: neither somebody else, nor a sign-in of before, nor one that was broken off; what was typed stays.
func TestOnlyTheSamePersonConfirms(t *testing.T) {
	e := newElsewhere(t, "sqlite", nil)
	v, r := e.through(e.kisa, "agentin")
	r.is(303)
	e.later(models.ConfirmFor)
	refused := func(who, words string, forge func(map[string]any)) {
		t.Helper()
		_, to := v.asked("bleibt")
		if e.kisa.forge = nil; forge != nil {
			e.kisa.forge = func(c map[string]any) string { forge(c); return e.kisa.sign(c, jose.RS256, e.kisa.key) }
		}
		back := e.kisa.signInAt(to, who)
		page := v.open(back).is(403).shows(words, "Bei KISA-Konto bestätigen").hides("Eingaben jetzt senden")
		e.kisa.forge = nil
		if m := elsewhereLink.FindSubmatch(page.body); m == nil || e.count("SELECT count(*) FROM parked_forms WHERE place = '/konto/tokens' AND form LIKE '%name=bleibt%' AND id = '"+string(m[1])+"'") != 1 {
			t.Error("the form is lost")
		}
		v.open(back).is(403) // once
	}
	refused("leipzig", "hat sich jemand anderes angemeldet", nil)
	refused("agentin", "eben noch einmal angemeldet", func(c map[string]any) { c["auth_time"] = time.Now().Add(-2 * time.Minute).Unix() })
	refused("agentin", "eben noch einmal angemeldet", func(c map[string]any) { delete(c, "auth_time") })
	refused("agentin", "eben noch einmal angemeldet", func(c map[string]any) { c["auth_time"] = "now" })
	refused("agentin", "ließ sich nicht prüfen", func(c map[string]any) { c["nonce"] = "x" })
	_, to := v.asked("bleibt")
	v.open("/anmelden/mit/kisa/zurueck?error=access_denied&state="+state(to)).is(403).shows("wurde abgebrochen", "Bei KISA-Konto bestätigen")
	if n := e.count("SELECT count(*) FROM tokens WHERE name = 'bleibt'"); n != 0 {
		t.Errorf("%d tokens", n)
	}
	if n := e.count("SELECT count(*) FROM parked_forms"); n > 5 {
		t.Errorf("%d forms wait", n)
	}
	if n := e.count("SELECT count(*) FROM security_events WHERE code = 'confirmation_failed'"); n == 0 {
		t.Error("nothing of it in the security log")
	}
	// an attempt of another session does not find the form
	_, to = v.asked("bleibt")
	back := e.kisa.signInAt(to, "agentin")
	thief, r := e.through(e.kisa, "leipzig")
	r.is(303)
	thief.cookies["__Host-fw-hin"] = v.cookies["__Host-fw-hin"]
	thief.open(back).is(403).hides("bleibt")
	// other groups: other roles, and a new sign-in
	_, to = v.asked("bleibt")
	e.kisa.person("agentin", "bearbeitung@kisa.example", "fw-freigabe")
	v.open(e.kisa.signInAt(to, "agentin")).is(403)
	v.open("/konto/tokens").is(303)
	if m := e.member("bearbeitung@kisa.example"); !sameRoles(m.Roles, models.Lead) {
		t.Error(m.Roles)
	}
	SetNow(t, e.s, now(e.stage).Add(models.AttemptLife+time.Minute))
	e.whole()
}

// TestLeavingIsCounted: who goes to a provider a hundred times from one address and never comes back waits a minute; who comes back does not count.
func TestLeavingIsCounted(t *testing.T) {
	tellElsewhere(t, func(t *testing.T, e *elsewhere) {
		for range 3 {
			_, r := e.through(e.kisa, "agentin")
			r.is(303)
		}
		v := e.visit()
		for range 100 {
			v.open("/anmelden/mit/kisa").is(303)
		}
		r := v.open("/anmelden/mit/kisa").is(429).shows("Zu viele Versuche.", `name="password"`)
		if r.header.Get("Retry-After") == "" {
			t.Error("until when, no machine is told")
		}
		if n := e.count("SELECT count(*) FROM identity_attempts"); n != 100 {
			t.Errorf("%d attempts", n)
		}
		SetNow(t, e.s, now(e.stage).Add(2*time.Minute))
		v.open("/anmelden/mit/kisa").is(303)
	})
}
