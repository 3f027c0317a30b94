package handlers_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"formwandel/models"
	. "formwandel/models/modelstest"
	"formwandel/templates"
)

// chosen is the password that people of these stories choose.
const chosen = "vier Schafe am Deich"

// letter is the newest letter of a kind to an address, as it is sent.
func (st *stage) letter(email string, kind models.MailKind) models.Letter {
	st.Helper()
	st.deliver()
	for _, l := range slices.Backward(st.sent) {
		if l.Mail.Recipient == email && l.Mail.Kind == kind {
			return l
		}
	}
	st.Fatalf("no letter of kind %s to %s", kind, email)
	return models.Letter{}
}

// deliver answers who has asked for a reset, and takes the letters that wait.
func (st *stage) deliver() {
	st.Helper()
	if err := st.s.AnswerResets(st.Context()); err != nil {
		st.Fatal(err)
	}
	for {
		letters, err := st.s.LeaseMails(st.Context(), "test", 200, time.Minute)
		if err != nil {
			st.Fatal(err)
		}
		if len(letters) == 0 {
			return
		}
		for _, l := range letters {
			if err := st.s.MarkSent(st.Context(), l.Mail); err != nil {
				st.Fatal(err)
			}
		}
		st.sent = append(st.sent, letters...)
	}
}

// letters is how many letters of a kind went to an address.
func (st *stage) letters(email string, kind models.MailKind) (n int) {
	st.Helper()
	st.deliver()
	for _, l := range st.sent {
		if l.Mail.Recipient == email && l.Mail.Kind == kind {
			n++
		}
	}
	return n
}

// come opens a link from a letter: the address that stays holds no secret.
func (v *visitor) come(l models.Letter) *reply {
	v.Helper()
	if to := v.open(l.Facts.Link).is(303).header.Get("Location"); to != "/zugang" {
		v.Fatalf("%s leads to %s", l.Facts.Link, to)
	}
	return v.open("/zugang")
}

// accept sets the chosen password by a link.
func (v *visitor) accept(l models.Letter) {
	v.Helper()
	v.come(l).is(200).shows("Mindestens 12 Zeichen")
	if to := v.send("/zugang", url.Values{"password": {chosen}}).is(303).header.Get("Location"); to != "/anmelden?erledigt=password_set" {
		v.Fatal(to)
	}
}

// over asserts that a link does not count.
func (v *visitor) over(l models.Letter) {
	v.Helper()
	v.come(l).is(404).shows("Dieser Link gilt nicht mehr").hides(`name="password"`)
}

// TestAnInvitation: the person sets the password, once, in time, and nobody else can.
func TestAnInvitation(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		admin := st.signIn(st.TenantAdmin)
		admin.open("/verwaltung/personen/neu")
		page := admin.send("/verwaltung/personen", url.Values{"kommune": {Bautzen}, "email": {"neu@bautzen.example"}, "name": {"Kasse"}, "rollen": {"clerk"}}).is(303).header.Get("Location")
		first := st.letter("neu@bautzen.example", models.MailInvitation)
		scanner, person := st.visit(), st.visit()
		scanner.come(first).is(200)
		scanner.open("/zugang").is(200)
		person.come(first).is(200).shows("neu@bautzen.example", `autocomplete="new-password"`).hides(lastPart(first.Facts.Link))
		for password, want := range map[string]string{
			"": "mindestens 12 Zeichen", "elf Zeichen": "mindestens 12 Zeichen", strings.Repeat("ä ", 70): "höchstens 128", "Formwandel-Zugang 7": "weder Ihre E-Mail-Adresse",
			"meine Kasse am Markt": "weder Ihre E-Mail-Adresse", "passwort1234": "zu leicht erraten", "Passwort2026!": "zu leicht erraten", "aaaaaaaaaaaaaaaa": "zu leicht erraten",
			"qwertyuiop123": "zu leicht erraten", "iloveyou1234": "zu leicht erraten", "ein\x00Zeichen zu viel": "nicht gespeichert",
		} {
			if r := person.send("/zugang", url.Values{"password": {password}}).is(422).shows(want); password != "" && strings.Contains(string(r.body), password) {
				t.Errorf("%q is shown again", password)
			}
		}

		admin.open(page).shows("Einladung noch einmal senden")
		admin.send(strings.SplitN(page, "?", 2)[0]+"/kennwort", url.Values{"version": {"1"}}).is(303)
		second := st.letter("neu@bautzen.example", models.MailInvitation)
		if first.Facts.Link == second.Facts.Link {
			t.Fatal("the same link twice")
		}
		person.over(first) // a newer one took its place
		SetNow(t, st.s, Epoch.Add(7*24*time.Hour+10*time.Minute))
		person.over(second) // expired
		admin = st.signIn(st.TenantAdmin)
		admin.open(page).shows("nicht angenommen. Der Link galt bis")
		admin.send(strings.SplitN(page, "?", 2)[0]+"/kennwort", url.Values{"version": {"2"}}).is(303)
		third := st.letter("neu@bautzen.example", models.MailInvitation)
		person.accept(third)
		person.over(third) // used
		if st.letters("neu@bautzen.example", models.MailPasswordChanged) != 0 {
			t.Error("whoever sets the first password knows of it")
		}
		person.open("/anmelden?erledigt=password_set").shows("Ihr Kennwort ist gespeichert.")
		person.open("/").is(303) // signed in is nobody by a link
		person.send("/anmelden", url.Values{"email": {"neu@bautzen.example"}, "password": {chosen}}).is(303)
		person.open("/").is(200).shows("Kasse")
		admin.open(page).hides("eingeladen, noch nicht").shows("Link zum Zurücksetzen senden")
		st.whole()
	})
}

// whole asserts that the record is.
func (st *stage) whole() {
	st.Helper()
	if r, err := st.s.Verify(st.Context(), nil); err != nil || len(r.Findings) > 0 {
		st.Error(r, err)
	}
}

// TestAReset: it is asked for by anybody, goes to the mailbox only, ends all sessions, and is told.
func TestAReset(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		in, v := st.signIn(st.Clerk), st.visit()
		ask := func(email string) string {
			v.open("/anmelden/vergessen").is(200)
			return v.open(v.send("/anmelden/vergessen", url.Values{"email": {email}}).is(303).header.Get("Location")).is(200).stripped()
		}
		known := ask(" " + strings.ToUpper(st.Clerk.Email))
		if unknown := ask("niemand@bautzen.example"); known != unknown {
			t.Errorf("the page tells who has an account:\n%s\n%s", known, unknown)
		}
		l := st.letter(st.Clerk.Email, models.MailReset)
		v.come(l).is(200).shows(st.Clerk.Email)
		in.open("/").is(200)
		v.accept(l)
		in.open("/").is(303) // all sessions have ended
		v.over(l)
		st.letter(st.Clerk.Email, models.MailPasswordChanged)
		v.send("/anmelden", url.Values{"email": {st.Clerk.Email}, "password": {castPassword}}).is(422)
		v.send("/anmelden", url.Values{"email": {st.Clerk.Email}, "password": {chosen}}).is(303)

		for range 6 {
			ask(st.Approver.Email)
		}
		if n := st.letters(st.Approver.Email, models.MailReset); n != 3 {
			t.Errorf("%d letters in an hour", n)
		}
		SetNow(t, st.s, Epoch.Add(59*time.Minute))
		ask(st.Approver.Email)
		if n := st.letters(st.Approver.Email, models.MailReset); n != 3 {
			t.Errorf("%d letters in an hour", n)
		}
		v.come(st.letter(st.Approver.Email, models.MailReset)).is(200) // whoever has used them up leaves their owner the last
		SetNow(t, st.s, Epoch.Add(61*time.Minute))
		v.over(st.letter(st.Approver.Email, models.MailReset)) // expired
		SetNow(t, st.s, Epoch.Add(2*time.Hour))
		ask(st.Approver.Email)
		off := st.letter(st.Approver.Email, models.MailReset)
		m, err := st.s.Person(t.Context(), st.TenantAdmin, st.Approver.ID)
		if err == nil {
			err = st.s.SwitchPerson(t.Context(), st.TenantAdmin, m.ID, m.Version, false, nil)
		}
		if err != nil {
			t.Fatal(err)
		}
		v.over(off)
		before := st.letters(st.Approver.Email, models.MailReset)
		if ask(st.Approver.Email); st.letters(st.Approver.Email, models.MailReset) != before {
			t.Error("an account that is off gets a link")
		}
		st.whole()
	})
}

// stripped is a page without what is other each time.
func (r *reply) stripped() string {
	return keyField.ReplaceAllString(csrfField.ReplaceAllString(string(r.body), ""), "")
}

// TestALinkCountsOnce: of several who use it at once, one wins.
func TestALinkCountsOnce(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		for range Share(20) {
			if err := st.s.AskReset(t.Context(), st.Clerk.Email, ""); err != nil {
				t.Fatal(err)
			}
			secret := lastPart(st.letter(st.Clerk.Email, models.MailReset).Facts.Link)
			start, out := make(chan struct{}), make(chan error, 4)
			for i := range cap(out) {
				go func() {
					<-start
					_, err := st.s.SetOwnPassword(t.Context(), secret, fmt.Sprint(chosen, i))
					out <- err
				}()
			}
			close(start)
			won := 0
			for range cap(out) {
				if err := <-out; err == nil {
					won++
				} else if !models.IsKind(err, models.NotFound) && !models.IsKind(err, models.Conflict) {
					t.Error(err)
				}
			}
			if won != 1 {
				t.Errorf("%d of %d won", won, cap(out))
			}
			SetNow(t, st.s, now(st).Add(time.Hour))
		}
	})
}

func now(st *stage) time.Time {
	st.Helper()
	at, err := st.s.Now(st.Context())
	if err != nil {
		st.Fatal(err)
	}
	return at
}

// lies are what a caller may say about where it has called.
var lies = []string{
	"Host: evil.example", "Host: formwandel.example:8443", "X-Forwarded-Host: evil.example", "X-Forwarded-Host: formwandel.example, evil.example", "X-Host: evil.example",
	"X-Forwarded-Server: evil.example", "Forwarded: host=evil.example;proto=http", "X-Original-URL: https://evil.example/", "X-Forwarded-Proto: gopher", "X-HTTP-Host-Override: evil.example",
	"Origin: https://formwandel.example", "Referer: https://evil.example/anmelden/vergessen",
}

// lying sends a form with a lie, and counts the letters that come of it: the one link in each leads home.
func (v *visitor) lying(lie, place string, values url.Values) (letters int) {
	v.Helper()
	req := formTo(place, values, "")
	name, value, _ := strings.Cut(lie, ": ")
	req.Header.Set(name, value)
	if name == "Host" {
		if r := v.hosted(v, req, value); r.status != 303 && r.status != 400 && r.status != 403 {
			v.Errorf("%s: %d", lie, r.status)
		}
	} else {
		v.do(req).is(303)
	}
	before := len(v.sent)
	v.deliver()
	for _, l := range v.sent[before:] {
		_, text, html, err := templates.RenderMail(l, base)
		if err != nil || strings.Contains(text+html, "evil") || strings.Contains(text+html, "8443") {
			v.Errorf("%s: %v %s", lie, err, text)
		}
		if l.Facts.Link == "" {
			continue // others hear of a new account
		}
		letters++
		if strings.Count(text, "https://formwandel.example/zugang/") != 1 {
			v.Errorf("%s: %s", lie, text)
		}
	}
	return letters
}

// TestLinksLeadHome: whatever a caller says the host is, letters name the configured address only.
func TestLinksLeadHome(t *testing.T) {
	t.Run("resets", func(t *testing.T) {
		st := newStage(t)
		v, links := st.visit(), 0
		for n, lie := range lies {
			SetNow(t, st.s, Epoch.Add(time.Duration(n)*2*time.Hour))
			links += v.lying(lie, "/anmelden/vergessen", url.Values{"csrf": {v.token("/anmelden/vergessen")}, "email": {st.Clerk.Email}})
		}
		if links < 10 {
			t.Errorf("%d letters", links)
		}
		Score(t, "S44", "resets asked for under Host and X-Forwarded-Host of somebody else", len(lies), fmt.Sprintf("%d letters, every link begins with the configured address", links))
	})
	t.Run("invitations", func(t *testing.T) {
		st := newStage(t)
		v, links := st.signIn(st.TenantAdmin), 0
		st.deliver()
		for n, lie := range lies {
			links += v.lying(lie, "/verwaltung/personen", url.Values{"csrf": {v.token("/verwaltung/personen/neu")}, "key": keyField.FindStringSubmatch(v.html)[1:], "kommune": {Bautzen}, "email": {fmt.Sprintf("gast%d@bautzen.example", n)}, "name": {"Gast"}, "rollen": {"clerk"}})
		}
		if links < 10 {
			t.Errorf("%d letters", links)
		}
		Score(t, "S44", "invitations under Host and X-Forwarded-Host of somebody else", len(lies), fmt.Sprintf("%d letters, every link begins with the configured address", links))
	})
}

// hosted sends a request to a host of its own choice.
func (st *stage) hosted(v *visitor, req *http.Request, host string) *reply {
	st.Helper()
	req.Host = host
	for name, value := range v.cookies {
		req.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	res, err := st.app.Test(req, -1)
	if err != nil {
		st.Fatal(err)
	}
	defer res.Body.Close()
	return &reply{st.T, req.Method, res.StatusCode, res.Header, nil}
}

// TestNobodyElseReadsALink: neither administration nor the record, the outbox, a backup or the log holds what opens an account.
func TestNobodyElseReadsALink(t *testing.T) {
	st := newStage(t)
	if err := st.s.AskReset(t.Context(), st.Approver.Email, ""); err != nil {
		t.Fatal(err)
	}
	l := st.letter(st.Approver.Email, models.MailReset)
	secret := lastPart(l.Facts.Link)
	if len(secret) != 43 {
		t.Fatalf("%q has less than 256 bits", secret)
	}
	var zipped bytes.Buffer
	var export strings.Builder
	if _, err := st.s.Backup(t.Context(), &zipped); err != nil {
		t.Fatal(err)
	}
	unzip, err := gzip.NewReader(&zipped)
	if err != nil {
		t.Fatal(err)
	}
	backup, err := io.ReadAll(unzip)
	if err != nil {
		t.Fatal(err)
	}
	if err := st.s.Export(t.Context(), "", &export); err != nil {
		t.Fatal(err)
	}
	admin := st.signIn(st.Admin)
	page := admin.open("/verwaltung/postausgang/" + itoa(int(l.Mail.ID))).is(200).shows("Hier steht in der Nachricht selbst der persönliche Link.")
	html := admin.open("/verwaltung/postausgang/" + itoa(int(l.Mail.ID)) + "/html").is(200).shows("Hier steht in der Nachricht selbst")
	api, err := json.Marshal(st.get(st.Admin, "/api/v1/mails").is(200).at("items"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"outbox": string(page.body), "its HTML": string(html.body), "the API": string(api), "export": export.String(), "backup": string(backup)} {
		if strings.Contains(text, secret) || strings.Contains(text, "/zugang/") {
			t.Errorf("%s shows the link", name)
		}
	}
	for _, file := range []string{"", "-wal"} {
		held, err := os.ReadFile(strings.TrimPrefix(st.url, "sqlite://") + file)
		if err != nil || len(held) == 0 || strings.Contains(string(held), secret) {
			t.Errorf("the database%s holds the secret, or nothing: %v", file, err)
		}
	}
}

// TestOneChangesOnesOwnPassword: the old one is asked for, this session goes on, the others end.
func TestOneChangesOnesOwnPassword(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		here := st.signIn(st.Clerk)
		there := st.visit()
		there.send("/anmelden", url.Values{"email": {st.Clerk.Email}, "password": {castPassword}}).is(303)
		here.open("/konto/kennwort").is(200)
		here.send("/konto/kennwort", url.Values{"geheim_alt": {"falsch"}, "password": {chosen}}).is(422).shows("Das Kennwort stimmt nicht.")
		here.send("/konto/kennwort", url.Values{"geheim_alt": {castPassword}, "password": {"kurz"}}).is(422).shows("mindestens 12 Zeichen")
		to := here.send("/konto/kennwort", url.Values{"geheim_alt": {castPassword}, "password": {chosen}}).is(303).header.Get("Location")
		here.open(to).is(200).shows("Ihr Kennwort ist geändert.")
		there.open("/").is(303)
		st.letter(st.Clerk.Email, models.MailPasswordChanged)
		there.open("/anmelden")
		there.send("/anmelden", url.Values{"email": {st.Clerk.Email}, "password": {chosen}}).is(303)
		st.whole()
	})
}

// TestAnAddressIsConfirmed: by whoever reads the new mailbox; the old one is told before and after.
func TestAnAddressIsConfirmed(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		in := st.signIn(st.Clerk)
		in.open("/konto/adresse").is(200).shows(st.Clerk.Email)
		ask := func(email, password string) *reply {
			in.open("/konto/adresse")
			return in.send("/konto/adresse", url.Values{"email": {email}, "geheim_alt": {password}})
		}
		ask("anders@bautzen.example", "falsch").is(422).shows("Das Kennwort stimmt nicht.", "anders@bautzen.example")
		ask("keine Adresse", castPassword).is(422).shows("Geben Sie eine E-Mail-Adresse an.")
		ask(st.Clerk.Email, castPassword).is(422).shows("Geben Sie eine andere ein.")
		ask(st.Approver.Email, castPassword).is(303) // somebody else's: nobody is told that there is an account
		if st.letters(st.Approver.Email, models.MailAddress) != 0 || st.letters(st.Clerk.Email, models.MailAddressAsked) != 1 {
			t.Error("an address that is taken")
		}
		in.open(ask("Anders@bautzen.example", castPassword).is(303).header.Get("Location")).shows("Ein Link ist unterwegs")
		if st.letters(st.Clerk.Email, models.MailAddressAsked) != 2 {
			t.Error("the old mailbox hears nothing")
		}
		mailbox := st.visit()
		mailbox.come(st.letter("anders@bautzen.example", models.MailAddress)).is(200).shows("anders@bautzen.example", "Adresse bestätigen")
		in.open("/").is(200)
		mailbox.send("/zugang", url.Values{}).is(303)
		in.open("/").is(303)
		st.letter(st.Clerk.Email, models.MailAddressChanged)
		mailbox.open("/anmelden")
		mailbox.send("/anmelden", url.Values{"email": {st.Clerk.Email}, "password": {castPassword}}).is(422)
		mailbox.send("/anmelden", url.Values{"email": {"anders@bautzen.example"}, "password": {castPassword}}).is(303)

		admin := st.signIn(st.TenantAdmin)
		person := "/verwaltung/personen/" + itoa(int(st.Approver.ID))
		admin.open(person)
		admin.send(person+"/adresse", url.Values{"version": {"1"}, "email": {"x"}}).is(422)
		st.whole()
	})
}

// TestGuessersLockNobodyOut: an address is refused after twenty bad tries; who has signed in here before gets in all the same.
func TestGuessersLockNobodyOut(t *testing.T) {
	st := newStage(t)
	owner := st.signIn(st.Clerk)
	owner.open("/")
	owner.send("/abmelden", url.Values{}).is(303)
	guesser := st.visit()
	statuses := map[int]int{}
	for n := range 40 {
		r := guesser.send("/anmelden", url.Values{"email": {[]string{st.Clerk.Email, "niemand@bautzen.example", "keiner@bautzen.example"}[n%3]}, "password": {"geraten"}})
		statuses[r.status]++
		if r.status == http.StatusTooManyRequests {
			r.shows("Zu viele Versuche. Bitte warten Sie bis", "schon einmal angemeldet")
			if r.header.Get("Retry-After") == "" {
				t.Error("until when, no machine is told")
			}
		}
	}
	if statuses[422] != 20 || statuses[429] != 20 {
		t.Errorf("%v", statuses)
	}
	owner.open("/anmelden")
	owner.send("/anmelden", url.Values{"email": {st.Clerk.Email}, "password": {castPassword}}).is(303)
	owner.open("/").is(200)
	Score(t, "T13", "bad sign-ins from one address in a row", 40, "20 refused as wrong, then 20 with 429 and Retry-After; the owner's browser signs in from the same address")
}

// TestRefusedLinksAreCounted: who tries one link after the other is made to wait; one that counts is opened all the same.
func TestRefusedLinksAreCounted(t *testing.T) {
	st := newStage(t)
	v := st.visit()
	for range 20 {
		v.open("/zugang/" + strings.Repeat("x", 43)).is(303)
		v.open("/zugang").is(404)
	}
	v.open("/zugang").is(429)
	if err := st.s.AskReset(t.Context(), st.Clerk.Email, ""); err != nil {
		t.Fatal(err)
	}
	v.come(st.letter(st.Clerk.Email, models.MailReset)).is(200)
	for _, bad := range []string{"/zugang/" + strings.Repeat("y", 3000), "/zugang/%00", "/zugang/%0d%0aSet-Cookie:%20a=b", "/zugang/%2e%2e"} {
		if r := v.do(httptest.NewRequest(http.MethodGet, bad, http.NoBody)); r.status >= 500 || strings.Contains(fmt.Sprint(r.header["Set-Cookie"]), "a=b") {
			t.Errorf("%s: %d %v", bad, r.status, r.header)
		}
	}
}
