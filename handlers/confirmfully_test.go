package handlers_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"formwandel/models"
)

var removesPasskey = regexp.MustCompile(`/konto/zweiter-faktor/passkey/\d+/entfernen`)

// aged is somebody a quarter of an hour after the sign-in, who has shown nothing but the password since then.
func (st *stage) aged(v *visitor) {
	st.Helper()
	st.later(models.ConfirmFor)
	v.open("/konto/tokens").is(200)
	v.send("/konto/tokens", url.Values{"name": {"x"}, "proof_password": {castPassword}}).is(422) // asked no more: the form itself is wrong
	v.send("/konto/tokens", url.Values{"name": {"x"}}).is(422)
}

// TestSecondFactorsNeedOne: whoever has a second factor shows one before anything about them is changed or shown: neither the
// password does, nor a proof by password from before. Without one everything is as it is elsewhere, and nobody is left without a way.
func TestSecondFactorsNeedOne(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		const codes, app, key = "/konto/notfallcodes", "/konto/zweiter-faktor/app", "/konto/zweiter-faktor/passkey"
		v, phone, stick := st.signIn(st.Clerk), newDevice(), newDevice()
		st.aged(v)
		v.open(atSetUp)
		v.send(app+"/beginnen", url.Values{}).is(303) // no second factor yet: the password does
		v.send(app+"/entfernen", url.Values{}).is(303)
		secret := v.enrolApp()
		rows := func() string {
			var n []string
			for _, what := range []string{"recovery_codes WHERE used_at IS NULL", "passkeys", "totps WHERE confirmed_at IS NOT NULL"} {
				st.query("SELECT count(*) FROM "+what, func(scan func(...any) error) error {
					var s string
					err := scan(&s)
					n = append(n, s)
					return err
				})
			}
			return strings.Join(n, " ")
		}
		// refused sends a form with the password, and without anything
		refused := func(path string, form url.Values) {
			t.Helper()
			before := rows()
			form.Del("proof_password")
			for range 2 {
				v.send(path, form).is(403).shows("Bestätigen Sie, dass Sie es sind", "das Kennwort allein genügt nicht").hides(`id="proof_password"`, "noch einmal gefragt")
				form.Set("proof_password", castPassword)
			}
			form.Del("proof_password")
			if after := rows(); after != before {
				t.Fatalf("%s: %s, and then %s", path, before, after)
			}
		}
		with := func(form url.Values, name, value string) url.Values {
			form.Set(name, value)
			return form
		}
		signed := func(d *device) string {
			t.Helper()
			return d.signed(t, v.options("/konto/bestaetigen/frage").is(200).body)
		}
		adds := func(d *device, name string) url.Values {
			t.Helper()
			v.open(key).is(200)
			return url.Values{"name": {name}, "passkey": {d.made(t, v.options(key+"/frage").is(200).body)}}
		}

		st.aged(v)
		v.open(codes).is(200)
		refused(codes, url.Values{})
		v.send(codes, url.Values{"proof_code": {""}}).is(422)
		left := codesOn(v.send(codes, url.Values{"proof_code": {st.code(secret, 0)}}).is(200))

		st.aged(v)
		form := adds(phone, "Telefon")
		refused(key, form)
		v.send(key, with(form, "proof_code", st.code(secret, 0))).is(303)
		v.open("/konto").is(200)
		remove := removesPasskey.FindString(v.html)

		st.aged(v)
		form = adds(stick, "Schlüssel")
		refused(key, form)
		v.send(key, with(form, "proof_passkey", signed(phone))).is(303)

		st.aged(v)
		v.open("/konto").is(200)
		refused(app+"/entfernen", url.Values{})
		v.send(app+"/entfernen", url.Values{"proof_code": {st.code(secret, 0)}}).is(303) // what goes can be shown
		st.aged(v)
		v.open(atSetUp)
		refused(app+"/beginnen", url.Values{})
		v.send(app+"/beginnen", url.Values{"proof_passkey": {signed(phone)}}).is(303)
		v.open(app).is(200)
		secret = ""
		for _, m := range typedSecret.FindAllStringSubmatch(v.html, -1) {
			secret += m[1]
		}
		refused(app, url.Values{"code": {st.code(secret, 0)}})
		v.send(app, url.Values{"code": {st.code(secret, 0)}, "proof_passkey": {signed(stick)}}).is(303)

		st.aged(v)
		v.open("/konto").is(200)
		refused(remove, url.Values{})
		v.send(remove, url.Values{"proof_recovery": {"falsch"}}).is(422).shows("Dieser Notfallcode stimmt nicht")
		v.send(remove, url.Values{"proof_recovery": {left[0]}}).is(303) // the phone is lost
		st.letter(st.Clerk.Email, models.MailRecoveryUsed)

		// a sign-in with a second factor counts a quarter of an hour, and no longer by the password
		v = st.halfway(st.Clerk)
		st.later(60e9)
		v.send(atSecond, url.Values{"code": {st.code(secret, 0)}}).is(303)
		v.open(codes).is(200)
		codesOn(v.send(codes, url.Values{}).is(200))
		st.aged(v)
		v.open(codes).is(200)
		refused(codes, url.Values{})
		for _, form := range []url.Values{{"proof_code": {st.code(secret, 0)}}, {"proof_passkey": {signed(stick)}}} {
			v.open(codes).is(200)
			codesOn(v.send(codes, form).is(200))
		}
		st.sound()
	})
}

// TestAFactorIsNotShownElsewhere: what the provider says of its sign-in is no second factor of the account here.
func TestAFactorIsNotShownElsewhere(t *testing.T) {
	tellElsewhere(t, func(t *testing.T, e *elsewhere) {
		v, r := e.through(e.kisa, "agentin")
		r.is(303)
		secret := v.enrolApp()
		e.later(models.ConfirmFor)
		v.open("/konto/tokens").is(200)
		m := elsewhereLink.FindSubmatch(v.send("/konto/tokens", typedToken("x")).is(403).body)
		if m == nil {
			t.Fatal("the page leads nowhere")
		}
		v.open(e.kisa.signInAt(v.open(string(m[0])).is(303).header.Get("Location"), "agentin")).is(303)
		v.open("/konto/notfallcodes").is(200)
		v.send("/konto/notfallcodes", url.Values{}).is(403).shows(`id="proof_code"`, "Mit Code aus der App bestätigen").hides("Bei KISA-Konto bestätigen")
		codesOn(v.send("/konto/notfallcodes", url.Values{"proof_code": {v.code(secret, 0)}}).is(200))
		e.whole()
	})
}
