package handlers_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// padding is so much of a body that the server does not read all of it before it asks who sends it.
var padding = strings.Repeat(" ", 14<<10)

// lastByteLate sends a call but for its last byte, lets something happen, and sends the byte when it has been a while.
func (st *stage) lastByteLate(addr, head, body string, meanwhile func()) *http.Response {
	st.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		st.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, head+fmt.Sprintf("Host: formwandel.example\r\nConnection: close\r\nContent-Length: %d\r\n\r\n", len(body))+body[:len(body)-1]); err != nil {
		st.Fatal(err)
	}
	time.Sleep(400 * time.Millisecond) // it has been read who calls
	meanwhile()
	time.Sleep(400 * time.Millisecond)
	return answers(st.T, talk(st.T, c, body[len(body)-1:]))[0]
}

// must fails the test where something it needs does not work.
func (st *stage) must(err error) {
	st.Helper()
	if err != nil {
		st.Fatal(err)
	}
}

// approvalsOf is how many have approved a request.
func (st *stage) approvalsOf(number string) int {
	st.Helper()
	list, _ := st.get(st.Auditor, requests+"/"+number).is(200).at("approvals").([]any)
	return len(list)
}

// TestTheLastByteComesTooLate: who is revoked while the last byte of a body is held back does nothing with it.
func TestTheLastByteComesTooLate(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		addr := st.listen()
		number := st.file(st.Clerk, fee(2500, "2027-01-01"))
		for i, c := range []struct {
			name   string
			lose   func(u models.User)
			status int
		}{
			{"token revoked", func(u models.User) { _, err := st.s.RevokeTokens(st.Context(), u.Email); st.must(err) }, 401},
			{"switched off", func(u models.User) { st.must(st.s.SwitchPerson(st.Context(), st.TenantAdmin, u.ID, 1, false, nil)) }, 401},
			{"roles changed", func(u models.User) {
				st.must(st.s.ChangePerson(st.Context(), st.TenantAdmin, u.ID, 1, models.PersonChange{Name: "Neu", Locale: "de", Roles: []models.Role{models.Clerk}}, nil))
			}, 401},
			{"nothing", func(models.User) {}, 200},
		} {
			u := st.colleague(fmt.Sprintf("neu%d@bautzen.example", i), models.Clerk, models.Approver)
			token, err := st.s.CreateToken(st.Context(), u.Email, "test", time.Hour)
			st.must(err)
			head := "Authorization: Bearer " + token + "\r\nContent-Type: application/json\r\n"
			post := func(path, more, body string, meanwhile func()) int {
				return st.lastByteLate(addr, "POST "+path+" HTTP/1.1\r\n"+head+more, body, meanwhile).StatusCode
			}
			other := padding + `{"form": "` + Bautzen + "/" + Dog + `"}`
			if got := post(requests, "Idempotency-Key: eins\r\n", other, func() {}); got != 201 {
				t.Fatalf("%s: a slow body alone is answered with %d", c.name, got)
			}
			before := st.approvalsOf(number)
			got := post(requests+"/"+number+"/approve", "", padding+fmt.Sprintf(`{"version": %d}`, st.now(number)), func() { c.lose(u) })
			if done := st.approvalsOf(number) - before; got != c.status || done != map[bool]int{true: 1}[c.status == 200] {
				t.Errorf("%s: answered with %d, %d approvals more", c.name, got, done)
			}
			if c.status == 200 {
				continue
			}
			if got := post(requests, "Idempotency-Key: eins\r\n", other, func() {}); got != 401 {
				t.Errorf("%s: an answer from before is given again: %d", c.name, got)
			}
		}
	})
}

// TestTheLastByteOfAFormComesTooLate: the same for pages, also for the proof that somebody is there: a quarter of an hour is over when it is over.
func TestTheLastByteOfAFormComesTooLate(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		addr := st.listen()
		number := st.file(st.Clerk, fee(2500, "2027-01-01"))
		page := "/auftraege/" + number + "/schritt/approve"
		for i, c := range []struct {
			name   string
			lose   func(u models.User)
			status int
		}{
			{"session ended", func(u models.User) { st.must(st.s.EndOtherSessions(st.Context(), u, "", "192.0.2.1")) }, 401},
			{"password set", func(u models.User) { st.must(st.s.SetPassword(st.Context(), u.Email, "x")) }, 401},
			{"switched off", func(u models.User) { st.must(st.s.SwitchPerson(st.Context(), st.TenantAdmin, u.ID, 1, false, nil)) }, 401},
			{"nothing", func(models.User) {}, 303},
			{"the proof is old", func(models.User) { st.later(models.ConfirmFor) }, 403},
		} {
			u := st.colleague(fmt.Sprintf("neu%d@bautzen.example", i), models.Approver)
			v := st.signIn(u)
			v.open(page)
			form := url.Values{"comment": {"Gesehen."}, "mehr": {padding}}
			for _, name := range []string{"csrf", "key", "version", "content_hash"} {
				if m := regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(v.html); m != nil {
					form.Set(name, m[1])
				}
			}
			head := "POST " + page + " HTTP/1.1\r\nAccept: text/html\r\nContent-Type: application/x-www-form-urlencoded\r\nCookie: __Host-fw=" + v.cookies["__Host-fw"] + "\r\n"
			before := st.approvalsOf(number)
			res := st.lastByteLate(addr, head, form.Encode(), func() { c.lose(u) })
			if done := st.approvalsOf(number) - before; res.StatusCode != c.status || done != map[bool]int{true: 1}[c.status == 303] {
				t.Errorf("%s: answered with %s, %d approvals more", c.name, res.Status, done)
			}
		}
	})
}
