package handlers_test

import (
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// harmless are the forms that do their work without asking again who sends
// them. Every other one asks: whoever adds a form decides, and a form that
// approves, gives rights or says who somebody is never stands here.
var harmless = []string{
	"/anmelden", "/anmelden/passkey", "/anmelden/passkey/frage", "/anmelden/zweiter-faktor", "/anmelden/zweiter-faktor/frage", "/abmelden", "/ansicht",
	"/auftraege/neu/:assistant", "/auftraege/:number/bearbeiten/abschnitte", "/auftraege/:number/bearbeiten/felder", "/auftraege/:number/bearbeiten/wann", "/auftraege/:number/bearbeiten/anlagen",
	"/auftraege/:number/bearbeiten/pruefen", "/auftraege/:number/bearbeiten/merken", "/auftraege/:number/bearbeiten/verwerfen", "/auftraege/:number/kommentar", "/auftraege/:number/anlagen",
	"/auftraege/auswahl", "/auftraege/ansichten", "/auftraege/:number/da", "/formulare/:ags/:assistant/wartung", "/kalender/abo", "/kalender/abo/loeschen",
	"/verwaltung/protokoll", "/verwaltung/protokoll/pruefung", "/verwaltung/personen/suche", "/verwaltung/kommunen/einlesen", "/verwaltung/kommunen/einlesen/tun", "/verwaltung/postausgang/:id/erneut",
	"/verwaltung/assistenten/pruefen",
	"/anmelden/vergessen", "/zugang", // of people who are not signed in
	"/konto/tokens/:id/widerrufen", "/verwaltung/personen/:id/zugaenge/:zugang/widerrufen", // they take rights away
	"/verwaltung/personen/:id/adresse/ablehnen", "/konto/adresse/ablehnen", "/freigaberegeln/:ags/ablehnen", "/freigaberegeln/:ags/zurueckziehen", // so do these: all stays as it is
	"/konto/kennwort", "/konto/adresse", // they ask for the password themselves, every time
	"/konto/sitzungen/beenden", "/konto/sitzungen/:session/beenden", "/konto/bestaetigen/frage", "/konto/zweiter-faktor/passkey/frage",
}

// TestSeriousFormsAsk: a quarter of an hour after the sign-in every form that is not known to be harmless asks again who sends it, and has done nothing.
func TestSeriousFormsAsk(t *testing.T) {
	st := newTour(newStage(t))
	people := map[string]*visitor{}
	for _, u := range []models.User{st.Deputy, st.TenantAdmin, st.Lead, st.Admin} {
		people[u.Email] = st.as(u)
	}
	st.later(models.ConfirmFor)
	for _, v := range people {
		v.open("/auftraege").is(200)
	}
	before, asked := st.rows(), map[string]int{}
	for _, r := range st.pageRoutes() {
		if r.method != "POST" || slices.Contains(harmless, r.path) {
			continue
		}
		actions := []string{":action", "approve"}
		if strings.Contains(r.path, ":action") {
			actions = append(actions, ":action", "apply")
		}
		for who, v := range people {
			for i := 0; i < len(actions); i += 2 {
				got := v.send(st.at(r.path, actions[i:i+2]...), url.Values{"version": {"1"}, "comment": {"Ein längerer Kommentar <mit> Zeichen."}, "rollen": {"clerk", "approver"}})
				if got.status != 403 || !strings.Contains(string(got.body), "Bestätigen Sie, dass Sie es sind") {
					if strings.HasPrefix(r.path, "/verwaltung/") && got.status == 403 && !strings.Contains(string(got.body), "proof_password") {
						continue // not theirs at all
					}
					t.Errorf("%s %s does not ask: %d", who, r.path, got.status)
					continue
				}
				asked[r.path]++
			}
		}
		st.unchanged(before, r.path)
	}
	for _, path := range []string{"/auftraege/:number/schritt/:action", "/verwaltung/personen", "/verwaltung/personen/:id", "/verwaltung/personen/:id/faktoren", "/verwaltung/freigaben/:ags", "/freigaberegeln/:ags/zustimmen", "/verwaltung/sicherheit", "/konto/notfallcodes", "/verwaltung/kommunen/:ags", "/verwaltung/assistenten/einlesen"} {
		if asked[path] == 0 {
			t.Errorf("%s was never asked for", path)
		}
	}
	for _, action := range []string{"claim", "reject", "withdraw"} {
		people[st.Lead.Email].send("/auftraege/"+st.number+"/schritt/"+action, url.Values{"version": {"99"}}).hides("Bestätigen Sie, dass")
	}
	t.Log(len(asked), "forms ask")
}

var carried = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`)

// waiting is the form on a page that asks for a proof, with what it carries along.
func (r *reply) waiting() url.Values {
	r.t.Helper()
	form := string(r.body)
	before, _, _ := strings.Cut(form, `id="proof_password"`)
	form = form[max(0, strings.LastIndex(before, "<form")):]
	form, _, _ = strings.Cut(form, "</form>")
	values := url.Values{}
	for _, m := range carried.FindAllStringSubmatch(form, -1) {
		values.Add(html.UnescapeString(m[1]), html.UnescapeString(m[2]))
	}
	return values
}

// TestConfirmingKeepsWhatWasTyped: the page that asks carries the form along, and the step is taken right after, once.
func TestConfirmingKeepsWhatWasTyped(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		number := st.file(st.Clerk, fee(2500, "2027-01-01"))
		v := st.signIn(st.Approver)
		st.later(models.ConfirmFor)
		page := "/auftraege/" + number + "/schritt/approve"
		v.open(page).is(200)
		hash := regexp.MustCompile(`name="content_hash" value="([^"]*)"`).FindStringSubmatch(v.html)[1]
		version := regexp.MustCompile(`name="version" value="(\d+)"`).FindStringSubmatch(v.html)[1]
		comment := "Satzung <b>geprüft</b> & \"gut\".\r\nZweite Zeile – „äöü“ \u2028 +%&="
		asked := v.send(page, url.Values{"version": {version}, "content_hash": {hash}, "comment": {comment}}).is(403)
		values := asked.waiting()
		if values.Get("comment") != comment || values.Get("version") != version || values.Get("key") == "" {
			t.Fatalf("%q", values)
		}
		old := v.cookies["__Host-fw"]
		send := func(more ...string) *reply {
			out := url.Values{}
			for k, vs := range values {
				out[k] = vs
			}
			out.Set(more[0], more[1])
			return v.sendAs(page, out)
		}
		if again := send("proof_password", "falsch").is(422).shows("Das Kennwort stimmt nicht").waiting(); again.Get("comment") != comment {
			t.Errorf("a wrong password loses what was typed: %q", again)
		}
		send("proof_password", "").is(422)
		if n := st.counted("approvals", "TRUE"); n != 0 {
			t.Fatal("approved without a proof")
		}
		first := v.cookies["__Host-fw"]
		send("proof_password", castPassword).is(303)
		fresh := v.cookies["__Host-fw"]
		if fresh == old || first != old {
			t.Error("the secret is rotated with the proof, and not before")
		}
		v.cookies["__Host-fw"] = old // the second click of a double click
		send("proof_password", castPassword).is(303)
		if n := st.counted("approvals", "TRUE"); n != 1 {
			t.Errorf("%d approvals", n)
		}
		if n := st.counted("events", "action = 'approve' AND comment LIKE '%geprüft%'"); n != 1 {
			t.Errorf("%d events", n)
		}
		v.open("/konto").is(200) // with the secret of the second answer
		st.later(20e9)
		if st.holds(old) || st.holds(fresh) {
			t.Error("a secret that was replaced still opens")
		}
		st.secretFree(castPassword)
		st.sound()
	})
}

// TestAQuestionnaireIsConfirmed: a questionnaire says how many approve each section; it is taken after its sender has shown who they are, and is not lost over it.
func TestAQuestionnaireIsConfirmed(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		const in = "/verwaltung/assistenten/einlesen"
		text := read(t, "../models/definition/assistants/"+Birth+".json")
		newer := strings.Replace(text, `"version": 1`, `"version": 2`, 1)
		if newer == text {
			t.Fatal("the questionnaire has another version")
		}
		v := st.signIn(st.Admin)
		v.open("/verwaltung/assistenten/pruefen").is(200)
		r := v.upload("/verwaltung/assistenten/pruefen", "neu.json", newer).is(200)
		typed := url.Values{"fragebogen": {hidden(t, r, "fragebogen")}, "pruefsumme": {hidden(t, r, "pruefsumme")}}
		st.later(models.ConfirmFor)
		v.open("/verwaltung/assistenten/pruefen").is(200)
		asked := v.send(in, typed).is(403).shows("Bestätigen Sie, dass Sie es sind")
		waits := asked.waiting()
		if waits.Get("fragebogen") != typed.Get("fragebogen") || waits.Get("pruefsumme") != typed.Get("pruefsumme") {
			t.Fatal("what was uploaded is lost")
		}
		if n := st.counted("definitions", "version = 2"); n != 0 {
			t.Fatal("taken without a proof")
		}
		waits.Set("proof_password", castPassword)
		where := v.sendAs(in, waits).is(303).header.Get("Location")
		v.open(where).is(200).shows("Die Daten sind eingelesen.", "Version 2")
		st.sound()
	})
}

// TestAnOfficeMailboxIsConfirmed: letters of a municipality go to another mailbox only after its administrator has shown who they are; closing days need no proof.
func TestAnOfficeMailboxIsConfirmed(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		const page = "/verwaltung/kommunen/" + Bautzen
		v := st.signIn(st.TenantAdmin)
		st.later(models.ConfirmFor)
		typed := func(mail, days string) url.Values {
			return url.Values{"version": {hidden(t, v.open(page).is(200), "version")}, "office_mail": {mail}, "closing_days": {days}}
		}
		v.send(page, typed("amt@14625020.example", "24.12.2026")).is(303)
		asked := v.send(page, typed("dieb@bautzen.example", "24.12.2026\r\n31.12.2026")).is(403).shows("Bestätigen Sie, dass Sie es sind")
		if n := st.counted("municipalities", "office_mail LIKE 'dieb@%'"); n != 0 {
			t.Fatal("changed without a proof")
		}
		v.send(page, typed("", "24.12.2026")).is(403) // no mailbox is another one, too
		waits := asked.waiting()
		waits.Set("proof_password", castPassword)
		where := v.sendAs(page, waits).is(303).header.Get("Location")
		v.open(where).is(200).shows("Die Angaben sind gespeichert.", "dieb@bautzen.example", "31.12.2026")
		st.sound()
	})
}

// TestAnOfficeMailboxUnreadIsConfirmed: where it can't be read whether the mailbox is another one, a proof is asked for all the same.
func TestAnOfficeMailboxUnreadIsConfirmed(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		const page = "/verwaltung/kommunen/" + Bautzen
		v := st.signIn(st.TenantAdmin)
		st.later(models.ConfirmFor)
		typed := url.Values{"version": {hidden(t, v.open(page).is(200), "version")}, "office_mail": {"dieb@bautzen.example"}}
		conn := st.beside("rw")
		row := func(days string) {
			st.exec(conn, `UPDATE municipalities SET closing_days = '`+days+`' WHERE ags = '`+Bautzen+`'`)
		}
		row("unreadable")
		waits := v.send(page, typed).is(403).shows("Bestätigen Sie, dass Sie es sind").waiting()
		row("[]")
		waits.Set("proof_password", castPassword)
		v.sendAs(page, waits).is(303)
		v.open(page).is(200).shows("dieb@bautzen.example")
		st.sound()
	})
}

// TestAProofRunsOutWhileTheFormWaits: a proof that counted when the form came, but no more when its turn in the database comes, is asked for, and what was typed is kept.
func TestAProofRunsOutWhileTheFormWaits(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		number := st.file(st.Clerk, fee(2500, "2027-01-01"))
		v := st.signIn(st.Approver)
		st.later(models.ConfirmFor - time.Minute)
		page := "/auftraege/" + number + "/schritt/approve"
		r := v.open(page).is(200)
		typed := url.Values{"version": {hidden(t, r, "version")}, "content_hash": {hidden(t, r, "content_hash")}, "comment": {"Satzung <b>geprüft</b> & \"gut\"."}}
		lock := []string{"BEGIN", "SELECT seq FROM chains WHERE ags = '" + Bautzen + "' FOR UPDATE"}
		if st.sqlite() {
			lock = []string{"BEGIN IMMEDIATE"}
		}
		conn := st.beside("rw")
		st.exec(conn, lock...)
		answer := make(chan *reply, 1)
		go func() { answer <- v.send(page, typed) }()
		time.Sleep(700 * time.Millisecond) // it has been read whose session this is
		st.later(2 * time.Minute)
		st.exec(conn, "COMMIT")
		waits := (<-answer).is(403).shows("Bestätigen Sie, dass Sie es sind", "proof_password").waiting()
		for _, name := range []string{"version", "content_hash", "comment"} {
			if waits.Get(name) != typed.Get(name) {
				t.Errorf("%s was %q, and is %q", name, typed.Get(name), waits.Get(name))
			}
		}
		if n := st.counted("approvals", "TRUE"); n != 0 {
			t.Fatal("approved with a proof that has run out")
		}
		waits.Set("proof_password", castPassword)
		v.sendAs(page, waits).is(303)
		if n := st.counted("approvals", "TRUE"); n != 1 {
			t.Errorf("%d approvals", n)
		}
		st.sound()
	})
}

// TestOldSecretProvesNothing: the secret that a proof has replaced finds its session for a moment, but the proof does not count for it.
func TestOldSecretProvesNothing(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		v := st.signIn(st.TenantAdmin)
		st.later(models.ConfirmFor)
		v.open("/konto").is(200)
		thief := &visitor{stage: st, cookies: map[string]string{"__Host-fw": v.cookies["__Host-fw"]}, html: v.html}
		page := "/verwaltung/freigaben/" + Bautzen
		version := func() string {
			v.open(page).is(200)
			return regexp.MustCompile(`name="version" value="(\d+)"`).FindStringSubmatch(v.html)[1]
		}
		first := version()
		v.send(page, url.Values{"jede-zahl": {"2"}, "version": {first}, "proof_password": {castPassword}}).is(303)
		st.agrees(st.Approver)
		v.send(page, url.Values{"jede-zahl": {"1"}, "version": {version()}}).is(303) // not asked again
		st.agrees(st.Approver)
		now := version()
		thief.send(page, url.Values{"jede-zahl": {"3"}, "version": {now}}).is(403).shows("Bestätigen Sie, dass")
		st.later(20e9)
		thief.send(page, url.Values{"jede-zahl": {"3"}, "version": {now}}).is(401)
		v.send(page, url.Values{"jede-zahl": {"0"}, "version": {now}, "csrf": {csrfField.FindStringSubmatch(thief.html)[1]}}).is(303) // a form that was open in another tab
	})
}

// TestGuessingIsPaused: whoever knows the password and guesses at the second factor is stopped, whatever session they begin; the owner's own browser is not.
func TestGuessingIsPaused(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		own := st.signIn(st.Clerk)
		secret := own.enrolApp()
		own.open("/formulare")
		own.send("/abmelden", url.Values{}).is(303)
		tried, stopped := 0, false
		for !stopped && tried < 40 {
			thief := st.halfway(st.Clerk)
			for range 5 {
				tried++
				r := thief.send("/anmelden/zweiter-faktor", url.Values{"code": {"000000"}})
				if r.status == 429 {
					stopped = true
					break
				}
				r.is(422)
			}
		}
		if !stopped || tried > 11 {
			t.Errorf("%d guesses", tried)
		}
		thief := st.halfway(st.Clerk)
		thief.send("/anmelden/zweiter-faktor", url.Values{"code": {st.code(secret, 1)}}).is(429) // even the right one
		own.open("/anmelden").is(200)
		own.send("/anmelden", url.Values{"email": {st.Clerk.Email}, "password": {castPassword}}).is(303)
		own.open("/anmelden/zweiter-faktor").is(200)
		own.send("/anmelden/zweiter-faktor", url.Values{"code": {st.code(secret, 1)}}).is(303)
	})
}

// TestConfirmingByCode: an app's code is a proof, once; ten wrong tries end the session.
func TestConfirmingByCode(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		v := st.signIn(st.Clerk)
		secret := v.enrolApp()
		st.later(models.ConfirmFor)
		v.open("/konto/notfallcodes").is(200)
		v.send("/konto/notfallcodes", url.Values{}).is(403).shows("Code aus der App", `id="proof_code"`).hides(`id="proof_password"`)
		code := st.code(secret, 0)
		codesOn(v.send("/konto/notfallcodes", url.Values{"proof_code": {code}}).is(200))
		st.later(models.ConfirmFor)
		v.open("/konto/notfallcodes").is(200)
		v.send("/konto/notfallcodes", url.Values{"proof_code": {code}}).is(422)
		for range 9 {
			v.send("/konto/notfallcodes", url.Values{"proof_code": {"000000"}})
		}
		if st.holds(v.cookies["__Host-fw"]) {
			t.Error("ten wrong proofs, and the session goes on")
		}
		if n := st.counted("security_events", "code = 'confirmation_failed' AND user_id > 0"); n < 10 {
			t.Errorf("%d in the log", n)
		}
		st.later(31e9)
		in := st.halfway(st.Clerk)
		in.send("/anmelden/zweiter-faktor", url.Values{"code": {st.code(secret, 0)}}).is(303)
		in.open("/konto").is(200).shows("in den letzten 7 Tagen")
	})
}
