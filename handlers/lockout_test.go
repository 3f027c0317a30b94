package handlers_test

import (
	"fmt"
	"net/netip"
	"net/url"
	"testing"
	"time"

	"formwandel/handlers"
	"formwandel/models"
	. "formwandel/models/modelstest"
)

// signsInFrom tries a password from an address, in a browser of its own or in one that is there.
func (v *visitor) signsInFrom(address, email, password string) *reply {
	v.Helper()
	return v.do(formTo("/anmelden", url.Values{"csrf": {v.token("/anmelden")}, "email": {email}, "password": {password}}, "X-Forwarded-For: "+address))
}

// TestTheWayOutOfAPause: whoever guesses at an account from many addresses stops unknown browsers only. Its owner gets in with
// a browser that has signed in before, and with a new one by a link of a letter, while the guessing goes on.
func TestTheWayOutOfAPause(t *testing.T) {
	for _, kind := range Databases {
		t.Run(kind, func(t *testing.T) {
			st := stageOn(t, kind, func(c *handlers.Config) { c.Proxies = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/32")} }) // the test's own connection
			own := st.signIn(st.Clerk)
			own.open("/")
			own.send("/abmelden", url.Values{}).is(303)
			tries, paused := 0, 0
			guess := func(n int) {
				for range n {
					tries++
					address := fmt.Sprintf("198.51.100.%d", tries)
					if tries%2 == 0 {
						address = fmt.Sprintf("2001:db8:%x::1", tries)
					}
					if r := st.visit().signsInFrom(address, st.Clerk.Email, "geraten"); r.status == 429 {
						paused++
					} else {
						r.is(422)
					}
				}
			}
			guess(25)
			if tries-paused != 10 {
				t.Errorf("%d of %d guesses were looked at", tries-paused, tries)
			}
			fresh := st.visit()
			fresh.signsInFrom("203.0.113.7", st.Clerk.Email, castPassword).is(429).shows("Zu viele Versuche", "schon einmal angemeldet")
			own.signsInFrom("203.0.113.7", st.Clerk.Email, castPassword).is(303)
			own.open("/").is(200)
			guess(5)
			fresh.signsInFrom("203.0.113.7", st.Clerk.Email, castPassword).is(429) // what the owner does opens nothing for strangers

			fresh.open("/anmelden/vergessen").is(200)
			fresh.send("/anmelden/vergessen", url.Values{"email": {st.Clerk.Email}}).is(303)
			fresh.accept(st.letter(st.Clerk.Email, models.MailReset))
			guess(5)
			fresh.signsInFrom("203.0.113.7", st.Clerk.Email, chosen).is(303)
			fresh.open("/").is(200)
			st.visit().signsInFrom("192.0.2.1", st.Clerk.Email, chosen).is(429) // nor does this
			st.later(16 * time.Minute)
			st.visit().signsInFrom("192.0.2.1", st.Clerk.Email, chosen).is(303) // once the guessing rests
			st.sound()
			if paused != tries-10 {
				t.Errorf("%d of %d guesses were paused", paused, tries)
			}
			Score(t, "T13", "guesses at one account from as many addresses, "+kind, tries, fmt.Sprintf("%d paused; meanwhile its owner signs in with a known browser, and with a new one by a reset", paused))
		})
	}
}
