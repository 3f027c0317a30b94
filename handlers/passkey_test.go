package handlers_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"

	"formwandel/handlers"
	"formwandel/models"
)

// device is an authenticator with one key, made of software.
type device struct {
	rp   virtualwebauthn.RelyingParty
	auth virtualwebauthn.Authenticator
	key  virtualwebauthn.Credential
}

func newDevice() *device {
	key := virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
	for len(key.Key.AttestationData()) != wholeKey { // the library leaves out zeros that a number begins with
		key = virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
	}
	return &device{virtualwebauthn.RelyingParty{ID: "formwandel.example", Name: "Formwandel", Origin: base}, virtualwebauthn.NewAuthenticator(), key}
}

// wholeKey is how long a public key of two numbers of 32 bytes is, written down.
const wholeKey = 77

// options asks a page's server what is to be signed, as its script does.
func (v *visitor) options(path string) *reply {
	v.Helper()
	req := httptest.NewRequest(http.MethodPost, path, http.NoBody)
	req.Header.Set("X-CSRF-Token", csrfField.FindStringSubmatch(v.html)[1])
	return v.do(req)
}

// made is the answer of a device that makes a key.
func (d *device) made(t *testing.T, options []byte) string {
	t.Helper()
	o, err := virtualwebauthn.ParseAttestationOptions(string(options))
	if err != nil {
		t.Fatal(err, clip(options))
	}
	var whole struct {
		PublicKey struct {
			User struct{ ID, Name, DisplayName string }
		} `json:"publicKey"`
	}
	if err := json.Unmarshal(options, &whole); err != nil || strings.Contains(whole.PublicKey.User.ID, "@") || len(whole.PublicKey.User.ID) < 40 {
		t.Fatal("the handle of a person", whole, err)
	}
	d.auth.Options.UserHandle = []byte(o.UserID)
	return virtualwebauthn.CreateAttestationResponse(d.rp, d.auth, d.key, *o)
}

// signed is the answer of a device that signs.
func (d *device) signed(t *testing.T, options []byte) string {
	t.Helper()
	o, err := virtualwebauthn.ParseAssertionOptions(string(options))
	if err != nil {
		t.Fatal(err, clip(options))
	}
	d.key.Counter++
	return virtualwebauthn.CreateAssertionResponse(d.rp, d.auth, d.key, *o)
}

// enrolPasskey sets a passkey up.
func (v *visitor) enrolPasskey(d *device, name string) *reply {
	v.Helper()
	v.open("/konto/zweiter-faktor/passkey").is(200)
	answer := d.made(v.T, v.options("/konto/zweiter-faktor/passkey/frage").is(200).body)
	return v.send("/konto/zweiter-faktor/passkey", url.Values{"name": {name}, "passkey": {answer}})
}

// TestPasskeys: several with names, after the password or instead of it, each answer once.
func TestPasskeys(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		v, phone, stick := st.signIn(st.Lead), newDevice(), newDevice()
		was := v.cookies["__Host-fw"]
		v.enrolPasskey(phone, " ").is(422).shows("Geben Sie dem Passkey einen Namen")
		v.enrolPasskey(phone, "Telefon").is(303)
		if st.holds(was) {
			t.Error("the session has its old secret after the factor")
		}
		v.enrolPasskey(phone, "Noch einmal").is(422).shows("ist schon eingerichtet")
		v.enrolPasskey(stick, "<b>Schlüsselbund</b>").is(303)
		v.open("/konto").is(200).shows("Telefon", "&lt;b&gt;Schlüsselbund")

		// after the password
		half := st.halfway(st.Lead)
		answer := stick.signed(t, half.options("/anmelden/zweiter-faktor/frage").is(200).body)
		half.send("/anmelden/zweiter-faktor", url.Values{"passkey": {answer}}).is(303)
		half.open("/formulare").is(200)
		again := st.halfway(st.Lead)
		again.send("/anmelden/zweiter-faktor", url.Values{"passkey": {answer}}).is(422) // nothing was asked
		again.options("/anmelden/zweiter-faktor/frage").is(200)
		again.send("/anmelden/zweiter-faktor", url.Values{"passkey": {answer}}).is(422) // something else was asked
		late := stick.signed(t, again.options("/anmelden/zweiter-faktor/frage").is(200).body)
		st.later(5 * time.Minute)
		again.send("/anmelden/zweiter-faktor", url.Values{"passkey": {late}}).is(422).shows("zu spät")

		// instead of it
		first := func(d *device) *reply {
			w := st.visit()
			r := w.send("/anmelden/passkey", url.Values{"passkey": {d.signed(t, w.options("/anmelden/passkey/frage").is(200).body)}, "weiter": {"/formulare"}})
			if r.status == 303 {
				w.open("/formulare").is(200)
				w.open("/konto").is(200).shows("mit Passkey")
			}
			return r
		}
		first(phone).is(303)
		phone.auth.Options.UserNotVerified = true // only touched: whoever found it could do that
		first(phone).is(422).shows("Der Passkey passt nicht")
		phone.auth.Options.UserNotVerified = false
		first(newDevice()).is(422).shows("hier nicht eingerichtet")
		phone.key.Counter -= 3 // a copy that has signed less
		first(phone).is(422).shows("nicht angenommen")
		phone.key.Counter += 10
		first(phone).is(303)
		evil := *phone
		evil.rp.Origin = "https://formwandel.example.evil.example"
		first(&evil).is(422)
		evil.rp = virtualwebauthn.RelyingParty{ID: "evil.example", Origin: "https://evil.example"}
		first(&evil).is(422)

		// before a serious step
		st.later(models.ConfirmFor)
		v.open("/konto").is(200)
		remove := regexp.MustCompile(`/konto/zweiter-faktor/passkey/\d+/entfernen`).FindString(v.html)
		v.send(remove, url.Values{}).is(403).shows("Mit Passkey bestätigen")
		proof := stick.signed(t, v.options("/konto/bestaetigen/frage").is(200).body)
		v.send(remove, url.Values{"proof_passkey": {proof}}).is(303)
		v.open("/konto").is(200).hides("Telefon")
		first(phone).is(422)
		without := st.signIn(st.Clerk)
		without.open("/konto").is(200)
		without.options("/konto/bestaetigen/frage").is(409)
		st.sound()
	})
}

// TestPasskeysOfOthers: a key that is somebody else's is no second factor, nor is a passkey known to belong to two.
func TestPasskeysOfOthers(t *testing.T) {
	st := newStage(t)
	lead, agent, phone, own := st.signIn(st.Lead), st.signIn(st.Agent), newDevice(), newDevice()
	lead.enrolPasskey(phone, "Telefon").is(303)
	agent.enrolPasskey(own, "Telefon").is(303)
	agent.enrolPasskey(phone, "Fremd").is(422).shows("ist schon eingerichtet")
	half := st.halfway(st.Agent)
	half.send("/anmelden/zweiter-faktor", url.Values{"passkey": {phone.signed(t, half.options("/anmelden/zweiter-faktor/frage").is(200).body)}}).is(422)
	for _, junk := range []string{"x", "{}", "null", `{"id":"x","rawId":"x","type":"public-key","response":{}}`, strings.Repeat("[", 3_000)} {
		v := st.halfway(st.Agent)
		v.options("/anmelden/zweiter-faktor/frage").is(200)
		v.send("/anmelden/zweiter-faktor", url.Values{"passkey": {junk}}).is(422)
		w := st.visit()
		w.options("/anmelden/passkey/frage").is(200)
		w.send("/anmelden/passkey", url.Values{"passkey": {junk}}).is(422)
		agent.open("/konto/zweiter-faktor/passkey").is(200)
		agent.options("/konto/zweiter-faktor/passkey/frage").is(200)
		agent.send("/konto/zweiter-faktor/passkey", url.Values{"name": {"x"}, "passkey": {junk}}).is(422)
	}
}

// TestPasskeysNeedAName: under an address that is a number, or without https, the pages say so instead of offering them.
func TestPasskeysNeedAName(t *testing.T) {
	for address, works := range map[string]bool{"https://formwandel.example": true, "http://localhost:8080": true, "http://127.0.0.1:8080": false, "http://formwandel.example": false, "https://[::1]:8443": false} {
		party, err := models.NewRelyingParty(address)
		if err != nil || party.Works() != works {
			t.Error(address, party.Works(), err)
		}
	}
	st := stageWith(t, func(c *handlers.Config) { c.BaseURL = "http://127.0.0.1:8080" })
	req := httptest.NewRequest(http.MethodGet, "/anmelden", http.NoBody)
	req.Host = "127.0.0.1:8080"
	res, err := st.app.Test(req, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if body, err := io.ReadAll(res.Body); err != nil || res.StatusCode != 200 || strings.Contains(string(body), "Mit Passkey anmelden") {
		t.Error("a passkey is offered where none can be used:", err, res.StatusCode)
	}
	if _, err := st.s.AskAnyPasskey(t.Context(), mustParty(t, "http://127.0.0.1:8080"), "x"); !models.IsKind(err, models.Conflict) {
		t.Error(err)
	}
}

func mustParty(t *testing.T, address string) *models.RelyingParty {
	t.Helper()
	party, err := models.NewRelyingParty(address)
	if err != nil {
		t.Fatal(err)
	}
	return party
}
