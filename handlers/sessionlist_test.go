package handlers_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"formwandel/handlers"
	"formwandel/models"
	. "formwandel/models/modelstest"
)

// instance is another server on the same database.
func (st *stage) instance() *stage {
	st.Helper()
	return st.instanceOn(Open(st.T, st.url))
}

// instanceOn is one with records that were opened already.
func (st *stage) instanceOn(s *models.Store) *stage {
	st.Helper()
	return st.instanceAt(s, base)
}

// instanceAt is one under another address.
func (st *stage) instanceAt(s *models.Store, address string) *stage {
	st.Helper()
	other := *st
	other.s, other.conn = s, nil
	now, err := st.s.Now(st.Context())
	if err != nil {
		st.Fatal(err)
	}
	SetNow(st.T, other.s, now)
	if other.app, err = handlers.New(handlers.Config{Store: other.s, BaseURL: address, Version: "test", Log: slog.New(slog.DiscardHandler), Now: time.Now}); err != nil {
		st.Fatal(err)
	}
	return &other
}

var endForm = regexp.MustCompile(`action="(/konto/sitzungen/[0-9a-f]{16}/beenden)"`)

// TestSessionsAreListedAndEnded: people see where they are signed in, and end it there, on every instance at once.
func TestSessionsAreListedAndEnded(t *testing.T) {
	rounds := Share(100)
	ended := 0
	tell(t, func(t *testing.T, st *stage) {
		other := st.instance()
		mine := st.signIn(st.Clerk)
		mine.open("/konto").is(200).hides("Alle anderen beenden")
		lost := &visitor{stage: other, cookies: map[string]string{}}
		enter := func() string {
			lost.cookies = map[string]string{}
			lost.open("/anmelden").is(200)
			req := formTo("/anmelden", url.Values{"email": {st.Clerk.Email}, "password": {castPassword}, "csrf": {csrfField.FindStringSubmatch(lost.html)[1]}}, "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
			lost.do(req).is(303)
			return lost.cookies["__Host-fw"]
		}
		stranger := st.signIn(st.Agent)
		for range rounds {
			secret := enter()
			lost.open("/formulare").is(200)
			mine.open("/konto").is(200).shows("Firefox auf Linux", "mit Kennwort", "Alle anderen beenden")
			forms := endForm.FindAllStringSubmatch(mine.html, -1)
			if len(forms) != 1 {
				t.Fatalf("%d sessions to end", len(forms))
			}
			stranger.open("/konto").is(200)
			stranger.send(forms[0][1], url.Values{}).is(303) // somebody else's: nothing happens
			if !other.holds(secret) {
				t.Fatal("a stranger has ended a session")
			}
			mine.send(forms[0][1], url.Values{}).is(303)
			if other.holds(secret) || st.holds(secret) {
				t.Fatal("a session goes on after it was ended")
			}
			lost.open("/formulare").is(303)
			ended++
		}
		for _, end := range map[string]func(secret string) error{
			"the others": func(string) error {
				mine.open("/konto")
				mine.send("/konto/sitzungen/beenden", url.Values{}).is(303)
				return nil
			},
			"signing out": func(secret string) error {
				v := &visitor{stage: st, cookies: map[string]string{"__Host-fw": secret}}
				v.open("/formulare").is(200)
				v.send("/abmelden", url.Values{}).is(303)
				return nil
			},
			"the roles": func(string) error {
				m, err := st.s.Person(t.Context(), st.TenantAdmin, st.Clerk.ID)
				if err != nil {
					return err
				}
				roles := []models.Role{models.Clerk, models.Approver}[:1+m.Version%2]
				return st.s.ChangePerson(t.Context(), st.TenantAdmin, st.Clerk.ID, m.Version, models.PersonChange{Name: m.Name, Locale: "de", Roles: roles}, nil)
			},
		} {
			secret := enter()
			other.holds(secret)
			if err := end(secret); err != nil {
				t.Fatal(err)
			}
			if other.holds(secret) || st.holds(secret) {
				t.Error("a session goes on")
			}
			ended++
			mine = st.signIn(st.Clerk)
		}
	})
	Score(t, "S41", "sessions ended from another browser and another instance, then used at once", ended, "0 went on")
}

// TestClocksThatGoBackReviveNothing: a session that has ended stays so, whatever the clock says later.
func TestClocksThatGoBackReviveNothing(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		at := func(after time.Duration) { SetNow(t, st.s, Epoch.Add(after)) }
		at(0)
		noticed := st.signIn(st.Clerk).cookies["__Host-fw"]
		at(models.SessionIdle + time.Minute)
		if st.holds(noticed) {
			t.Error("an idle session goes on")
		}
		at(10 * time.Minute)
		if st.holds(noticed) {
			t.Error("a session comes back to life with the clock")
		}
		at(24 * time.Hour)
		ahead := st.signIn(st.Clerk).cookies["__Host-fw"]
		at(23*time.Hour + 50*time.Minute)
		if st.holds(ahead) {
			t.Error("a session from the future lets in")
		}
		at(24 * time.Hour)
		if st.holds(ahead) {
			t.Error("and then again")
		}
	})
}

// TestSessionSecrets: 192 bits of chance, none twice, rotated whenever more is shown; none is in the database.
func TestSessionSecrets(t *testing.T) {
	n := Share(1000)
	tell(t, func(t *testing.T, st *stage) {
		seen := map[string]bool{}
		ones := make([]int, 192)
		for range n {
			secret, x, err := st.s.SignIn(t.Context(), st.Clerk, models.Proof{Method: "password"}, models.Visit{})
			if err != nil || seen[secret] || len(secret) != 48 || x.ID == secret || x.CSRF == secret {
				t.Fatal(secret, err)
			}
			seen[secret] = true
			for i := range ones {
				var digit int
				if _, err := fmt.Sscanf(secret[i/4:i/4+1], "%x", &digit); err != nil {
					t.Fatal(err)
				}
				ones[i] += digit >> (i % 4) & 1
			}
		}
		for i, c := range ones {
			if far := float64(c)/float64(n) - .5; n >= 100 && (far > .25 || far < -.25) {
				t.Errorf("bit %d is one %d times in %d", i, c, n)
			}
		}
		st.query("SELECT hash || former || id FROM sessions", func(scan func(...any) error) error {
			var kept string
			err := scan(&kept)
			if seen[kept[:48]] || seen[kept[16:]] {
				t.Error("a secret is kept as it is")
			}
			return err
		})
	})
	Score(t, "S41", "secrets of sessions looked at, bit by bit", 2*n, "all different, 192 bits, only hashes kept")
}

// TestBrowsersHaveNames: what people recognise their session by.
func TestBrowsersHaveNames(t *testing.T) {
	st := newStage(t)
	st.signIn(st.Clerk)
	for agent, want := range map[string]string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0":              "Edge auf Windows",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 Safari/605.1.15":                      "Safari auf macOS",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/140.0 Mobile/15E148 Safari/604.1":     "Chrome auf iOS",
		"Mozilla/5.0 (Linux; Android 15; SM-S921B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36": "Samsung Internet auf Android",
		"": "Unbekannter Browser", "<script>alert(1)</script>" + strings.Repeat("x", 5000): "Unbekannter Browser", "curl/8 (Linux)": ">Linux",
	} {
		v := st.visit()
		req := formTo("/anmelden", url.Values{"email": {st.Clerk.Email}, "password": {castPassword}, "csrf": {csrfField.FindStringSubmatch(v.html)[1]}}, "User-Agent: "+agent)
		v.do(req).is(303)
		page := httptest.NewRequest(http.MethodGet, "/konto", http.NoBody)
		v.do(page).is(200).shows(want).hides("<script>alert")
	}
}
