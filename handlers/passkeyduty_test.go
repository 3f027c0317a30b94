package handlers_test

import (
	"net/url"
	"regexp"
	"testing"

	"formwandel/models"
	. "formwandel/models/modelstest"
	"formwandel/templates"
)

// needsKey is a requirement of a passkey for roles.
func needsKey(roles ...models.Role) (r models.Requirement) {
	for _, role := range roles {
		r = append(r, models.RoleFactor{Role: role, Kind: models.PasskeyFactor})
	}
	return r
}

// stands asserts where the door leads somebody who wants in; "" is in.
func (v *visitor) stands(where string) {
	v.Helper()
	r := v.open("/formulare")
	if where == "" {
		r.is(200)
	} else if to := r.is(303).header.Get("Location"); to != where+"?weiter=%2Fformulare" {
		v.Errorf("the door leads to %s, want %s", to, where)
	}
}

const (
	atSecond = "/anmelden/zweiter-faktor"
	atSetUp  = "/konto/zweiter-faktor"
)

// signs shows a passkey as the second factor.
func (v *visitor) signs(d *device) *reply {
	v.Helper()
	v.open(atSecond).is(200)
	return v.send(atSecond, url.Values{"passkey": {d.signed(v.T, v.options(atSecond+"/frage").is(200).body)}, "weiter": {"/formulare"}})
}

// TestARoleNeedsAPasskey tells of an agent with a code app whose role needs a passkey from now on: the
// app is asked for and does not do, a passkey has to be set up, and then it or a recovery code opens.
func TestARoleNeedsAPasskey(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		running := st.signIn(st.Agent)
		secret := running.enrolApp()
		running.open("/konto/notfallcodes")
		codes := codesOn(running.send("/konto/notfallcodes", url.Values{}).is(200))
		running.stands("")
		admin := st.signIn(st.Admin)
		admin.open("/verwaltung/sicherheit").is(200)
		admin.send("/verwaltung/sicherheit", duties(nil, "agent", "passkey", "lead", "any")).is(303)
		admin.open("/verwaltung/sicherheit").is(200).shows(`name="faktor-agent" value="passkey" checked`, `name="gesehen" value="agent:passkey lead"`)
		st.signIn(st.Auditor).open("/verwaltung/sicherheit").is(200).shows("Nur Passkey").hides(`name="faktor-agent"`)
		running.stands(atSetUp) // the session that has shown a code
		running.open(atSetUp).is(200).shows("ist ein Passkey vorgeschrieben", "Passkey einrichten").hides("App einrichten", "App mit Codes")

		v := st.halfway(st.Agent)
		v.shows("Code aus der App")
		st.later(models.ConfirmFor)
		if to := v.send(atSecond, url.Values{"code": {v.code(secret, 0)}, "weiter": {"/formulare"}}).is(303).header.Get("Location"); to != atSetUp+"?weiter=%2Fformulare" {
			t.Error("the code leads to", to)
		}
		v.stands(atSetUp)
		lost := st.halfway(st.Agent) // nothing is lost that a recovery code could stand in for
		lost.send(atSecond, url.Values{"notfallcode": {codes[0]}}).is(303)
		lost.stands(atSetUp)

		phone := newDevice()
		v.enrolPasskey(phone, "Telefon").is(303)
		v.stands("")
		v.open("/konto").is(200).shows("Für Ihre Rolle ist ein Passkey vorgeschrieben")
		running.stands(atSecond)
		running.open(atSecond).is(200).shows("ein Code aus der App genügt nicht", "Passkey benutzen", "Notfallcode").hides(`id="code"`)
		running.send(atSecond, url.Values{"code": {running.code(secret, 1)}}).is(422).shows("Kennwort und Code aus der App genügen nicht", `href="#passkey"`)
		running.send(atSecond, url.Values{"code": {running.code(secret, 1)}, "notfallcode": {codes[1]}}).is(422) // nor beside something else
		running.stands(atSecond)
		running.signs(phone).is(303)
		running.stands("")

		lost = st.halfway(st.Agent)
		lost.send(atSecond, url.Values{"notfallcode": {codes[1]}}).is(303)
		lost.stands("")
		st.letter(st.Agent.Email, models.MailRecoveryUsed)
		first := st.visit()
		first.send("/anmelden/passkey", url.Values{"passkey": {phone.signed(t, first.options("/anmelden/passkey/frage").is(200).body)}}).is(303)
		first.stands("")
		st.secretFree(secret)
		st.sound()
	})
}

// TestARoleProvesItselfByPasskey: where the role needs a passkey, a serious step does, too: neither the password nor a code of the
// app confirms it, a recovery code stands in for a passkey that is lost, and its owner hears of it.
func TestARoleProvesItselfByPasskey(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		const page = "/verwaltung/sicherheit"
		v, phone := st.signIn(st.Admin), newDevice()
		secret := v.enrolApp()
		v.open("/konto/notfallcodes")
		codes := codesOn(v.send("/konto/notfallcodes", url.Values{}).is(200))
		v.enrolPasskey(phone, "Telefon").is(303)
		v.open(page)
		v.send(page, duties(nil, "admin", "passkey")).is(303)
		v.stands("")

		is := []string{"admin:passkey"}
		proves := func(name, value string, status int) *reply {
			v.Helper()
			st.later(models.ConfirmFor)
			v.open(page).is(200)
			to := duties(is, "admin", "passkey", "agent", map[bool]string{true: "any", false: "none"}[len(is) == 1])
			asked := v.send(page, to).is(403).shows("Für Ihre Rolle ist der Passkey vorgeschrieben.", `name="proof_passkey"`, `id="proof_recovery"`).hides(`id="proof_password"`, `id="proof_code"`)
			if name == "" {
				return asked
			}
			if name == "proof_passkey" {
				value = phone.signed(t, v.options("/konto/bestaetigen/frage").is(200).body)
			}
			to.Set(name, value)
			r := v.send(page, to).is(status)
			if status == 303 {
				is = map[bool][]string{true: {"agent", "admin:passkey"}, false: {"admin:passkey"}}[len(is) == 1]
			}
			return r
		}
		proves("proof_password", castPassword, 422).shows("Kennwort und Code aus der App genügen nicht")
		proves("proof_code", v.code(secret, 1), 422).shows("Kennwort und Code aus der App genügen nicht")
		proves("proof_recovery", "falsch", 422).shows("Dieser Notfallcode stimmt nicht", `href="#proof_recovery"`)
		if n := st.counted("factor_roles", "role = 'agent'"); n != 0 {
			t.Fatal("done without the passkey")
		}
		proves("proof_passkey", "", 303)
		proves("proof_recovery", codes[0], 303)
		st.letter(st.Admin.Email, models.MailRecoveryUsed)
		st.later(models.ConfirmFor)
		v.open(page).is(200)
		both := duties(is, "admin", "passkey", "lead", "any") // the passkey goes before: the code is not used up, and nobody hears of it
		both.Set("proof_passkey", phone.signed(t, v.options("/konto/bestaetigen/frage").is(200).body))
		both.Set("proof_recovery", codes[1])
		v.send(page, both).is(303)
		if n, m := st.counted("recovery_codes", "used_at IS NOT NULL"), st.letters(st.Admin.Email, models.MailRecoveryUsed); n != 1 || m != 1 {
			t.Errorf("%d codes are used up, %d letters say so", n, m)
		}
		if (&templates.ConfirmPage{OnlyKey: true, Recovery: true}).None() {
			t.Error("with a recovery code there is something to show")
		}
		v.open(page).is(200)
		v.send(page, duties([]string{"lead", "admin:passkey"}, "admin", "passkey")).is(303)
		proves("proof_recovery", codes[0], 422).shows("Dieser Notfallcode stimmt nicht")
		Require(t, st.s, st.Admin, nil)
		st.later(models.ConfirmFor)
		v.open(page).is(200)
		v.send(page, duties(nil, "agent", "any")).is(403).shows(`id="proof_password"`).hides(`id="proof_recovery"`, "vorgeschrieben.")
		st.secretFree(secret)
		st.sound()
	})
}

// TestThePasskeyGoes where the role needs one: with the last one every session stands before the set-up
// again, with the requirement nobody does.
func TestThePasskeyGoes(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		v, phone, stick := st.signIn(st.Agent), newDevice(), newDevice()
		v.enrolPasskey(phone, "Telefon").is(303)
		v.enrolPasskey(stick, "Schlüsselbund").is(303)
		other := st.halfway(st.Agent)
		other.signs(stick).is(303)
		v.enrolApp()
		Require(t, st.s, st.Admin, needsKey(models.Agent))
		other.stands("") // it has shown one before anybody asked
		v.stands("")
		v.open("/konto").is(200)
		keys := regexp.MustCompile(`/konto/zweiter-faktor/passkey/\d+/entfernen`).FindAllString(v.html, -1)
		if len(keys) != 2 {
			t.Fatal(keys)
		}
		v.send(keys[0], url.Values{}).is(303)
		v.stands("")
		other.stands("")
		v.open("/konto")
		v.send("/konto/zweiter-faktor/app/entfernen", url.Values{}).is(303)
		v.stands("")
		v.enrolApp()
		v.open("/konto")
		v.send(keys[1], url.Values{}).is(303)
		v.stands(atSetUp)
		other.stands(atSetUp)
		v.open(atSetUp).is(200).hides("App einrichten")
		Require(t, st.s, st.Admin, nil)
		v.stands("")
		other.stands("")
		st.sound()
	})
}

// TestAnAppIsNoPasskey: who has nothing yet and sets up an app instead, past the page, is let in no further.
func TestAnAppIsNoPasskey(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		Require(t, st.s, st.Admin, needsKey(models.Lead, models.Clerk))
		v := st.signIn(st.Lead)
		v.stands(atSetUp)
		v.enrolApp()
		v.stands(atSetUp)
		v.open("/konto/notfallcodes").is(303)
		st.signIn(st.Agent).stands("") // another role
		v.enrolPasskey(newDevice(), "Telefon").is(303)
		v.stands("")

		// a proof with a passkey is a passkey shown; a proof with a code is not
		at, phone := st.signIn(st.Clerk), newDevice()
		Require(t, st.s, st.Admin, nil)
		secret := at.enrolApp()
		at.enrolPasskey(phone, "Telefon").is(303)
		clerk := st.halfway(st.Clerk)
		clerk.send(atSecond, url.Values{"code": {clerk.code(secret, 1)}}).is(303)
		for _, proof := range []struct{ name, value, where string }{{"proof_code", "", atSecond}, {"proof_passkey", "", ""}} {
			st.later(models.ConfirmFor)
			clerk.open("/konto/notfallcodes").is(200)
			proof.value = st.code(secret, 0)
			if proof.name == "proof_passkey" {
				proof.value = phone.signed(t, clerk.options("/konto/bestaetigen/frage").is(200).body)
			}
			clerk.send("/konto/notfallcodes", url.Values{proof.name: {proof.value}}).is(200)
			Require(t, st.s, st.Admin, needsKey(models.Clerk))
			clerk.stands(proof.where)
			Require(t, st.s, st.Admin, nil)
		}
		st.sound()
	})
}

// TestPasskeysAreRequiredWhereTheyWork, and where they do not any more, everybody is told what to do.
func TestPasskeysAreRequiredWhereTheyWork(t *testing.T) {
	named := newStage(t)
	named.signIn(named.Agent).enrolPasskey(newDevice(), "Telefon").is(303)
	st := named.instanceAt(named.s, "http://formwandel.example") // somebody has set another address
	const page = "/verwaltung/sicherheit"
	admin := st.signIn(st.Admin)
	need := templates.Words("de").Say("field.passkeys_need_https", nil)
	admin.open(page).is(200).shows("FORMWANDEL_BASE_URL", `name="faktor-lead" value="passkey" disabled`).hides("aber nicht möglich")
	admin.send(page, duties(nil, "lead", "passkey")).is(422).shows(need, "https://", `href="#roles"`)
	Require(t, st.s, st.Admin, needsKey(models.Lead, models.Agent)) // as it came from where they work
	admin.open(page).is(200).shows("aber nicht möglich", `name="faktor-lead" value="passkey" checked>`)
	st.signIn(st.Lead).open(atSetUp).is(200).shows("ist ein Passkey vorgeschrieben", "FORMWANDEL_BASE_URL").hides("App einrichten", "Passkey einrichten</")
	half := st.halfway(st.Agent)
	half.open(atSecond).is(200).shows("FORMWANDEL_BASE_URL", "Notfallcode").hides("Passkey benutzen")
	half.options(atSecond + "/frage").is(409)
	admin.open(page)
	admin.send(page, duties([]string{"agent:passkey", "lead:passkey"}, "lead", "passkey", "agent", "any", "admin", "passkey")).is(422)
	admin.open(page)
	admin.send(page, duties([]string{"agent:passkey", "lead:passkey"}, "lead", "passkey", "agent", "any")).is(303) // what stands may stay
	admin.open(page)
	admin.send(page, duties([]string{"agent", "lead:passkey"}, "lead", "any")).is(303)
	admin.open(page).is(200).hides("aber nicht möglich")
}

// TestAPasskeyElsewhere: a sign-in at a provider counts as one only if its token says so; else ours is asked for.
func TestAPasskeyElsewhere(t *testing.T) {
	tellElsewhere(t, func(t *testing.T, e *elsewhere) {
		Require(t, e.s, e.Admin, needsKey(models.Agent))
		says := func(amr ...string) {
			e.kisa.forge = func(claims map[string]any) string {
				claims["amr"] = amr
				return e.kisa.sign(claims, "RS256", e.kisa.key)
			}
		}
		says("mfa", "hwk")
		strong, _ := e.through(e.kisa, "agentin")
		strong.stands("")
		says("hwk") // our settings do not count it as two factors
		one, _ := e.through(e.kisa, "agentin")
		one.stands(atSetUp)
		says("mfa", "otp")
		weak, r := e.through(e.kisa, "agentin")
		r.is(303)
		weak.stands(atSetUp)
		phone := newDevice()
		weak.enrolPasskey(phone, "Telefon").is(303)
		weak.stands("")
		again, _ := e.through(e.kisa, "agentin")
		again.stands(atSecond)
		again.signs(phone).is(303)
		again.stands("")
		strong.stands("")
		e.sound()
	})
}
