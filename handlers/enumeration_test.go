package handlers_test

import (
	"fmt"
	"math/rand"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// TestTimeTellsNothing: sign-in, reset and link pages do the same work whether or not there is an
// account behind them.
func TestTimeTellsNothing(t *testing.T) {
	st := newStage(t)
	st.signIn(st.Clerk)
	if err := st.s.AskReset(t.Context(), st.Approver.Email, ""); err != nil {
		t.Fatal(err)
	}
	over := lastPart(st.letter(st.Approver.Email, models.MailReset).Facts.Link)
	calls, chance := 0, rand.New(rand.NewSource(Seed(t)))
	for name, ask := range map[string]func(v *visitor, known bool) *reply{
		"sign-in": func(v *visitor, known bool) *reply {
			return v.send("/anmelden", url.Values{"email": {address(st, known)}, "password": {"geraten"}})
		},
		"reset": func(v *visitor, known bool) *reply {
			return v.send("/anmelden/vergessen", url.Values{"email": {address(st, known)}})
		},
		"link page": func(v *visitor, known bool) *reply {
			v.cookies["__Host-fw-zugang"] = map[bool]string{true: over, false: strings.Repeat("b", 43)}[known]
			return v.open("/zugang")
		},
	} {
		v := st.visit()
		n, times := Share(400), &sample{}
		for i := range n {
			if i%9 == 0 { // before an account has had ten bad tries
				SetNow(t, st.s, Epoch.Add(time.Duration(1+calls)*2*time.Hour))
				calls++
			}
			known := chance.Intn(2) == 0
			times.take(t, known, func() {
				if r := ask(v, known); r.status == 429 || r.status >= 500 {
					t.Fatal(name, r.status)
				}
			})
		}
		times.same(t, name, "with an account", "without", 2*time.Millisecond)
		Score(t, "S42", name+" with and without an account, interleaved by chance", n, times.String())
	}
}

func address(st *stage, known bool) string {
	if known {
		return st.Clerk.Email
	}
	return "niemand@bautzen.example"
}

// TestAFloodOfSignIns: what can't be tried at once is refused at once, and whoever is signed in goes on working.
func TestAFloodOfSignIns(t *testing.T) {
	st := newStage(t)
	// Counts have their places by a hash with a secret of the installation. With one by chance, one in some hundred runs puts another
	// address into the place of the one that floods; with this one none of ten thousand is there.
	st.exec(st.beside("rw"), "UPDATE attempt_salt SET salt = '"+strings.Repeat("0", 64)+"'")
	in := st.signIn(st.Clerk)
	const at = 50
	visitors := make([]*visitor, at)
	for i := range visitors {
		visitors[i] = st.visit()
	}
	calm := pageTimes(in, 20)
	var all sync.WaitGroup
	var tried atomic.Int64
	statuses := make([]map[int]int, at)
	for i, v := range visitors {
		statuses[i] = map[int]int{}
		all.Go(func() {
			for n := range Share(200) {
				if err := st.s.Attempt(t.Context(), models.SignInAttempt, fmt.Sprintf("f%d.%d@b.example", i, n), fmt.Sprintf("10.1.%d.%d", i, n), ""); err != nil {
					t.Error(err)
				}
				r := v.send("/anmelden", url.Values{"email": {fmt.Sprintf("f%d.%d@b.example", i, n)}, "password": {"geraten"}})
				statuses[i][r.status]++
				tried.Add(1)
			}
		})
	}
	flooded := pageTimes(in, 20)
	all.Wait()
	sum := map[int]int{}
	for _, s := range statuses {
		for status, n := range s {
			sum[status] += n
		}
	}
	for status := range sum {
		if status != 422 && status != http.StatusTooManyRequests && status != http.StatusServiceUnavailable {
			t.Errorf("%v", sum)
		}
	}
	if sum[422] > 20 {
		t.Errorf("%v: an address may try twenty times", sum)
	}
	Score(t, "S29", "sign-ins by fifty at once", int(tried.Load()), fmt.Sprintf("answers %v; a page of somebody signed in took %v before and %v meanwhile (medians)", sum, calm.Round(time.Millisecond), flooded.Round(time.Millisecond)))
}

// pageTimes is the median time of a page for somebody who is signed in.
func pageTimes(v *visitor, n int) time.Duration {
	v.Helper()
	var took []time.Duration
	for range n {
		start := time.Now()
		v.open("/formulare").is(200)
		took = append(took, time.Since(start))
	}
	return median(took)
}

// TestTokensAreNotGuessed: guesses are made to wait; a token that counts is answered from the same address all the same.
func TestTokensAreNotGuessed(t *testing.T) {
	st := newStage(t)
	for n := range 25 {
		want := 401
		if n >= 20 {
			want = 429
		}
		r := st.send(call{method: "GET", path: "/api/v1/me", header: []string{"Authorization", fmt.Sprintf("Bearer fw_%048d", n)}})
		if r.status != want || want == 429 && r.header.Get("Retry-After") == "" {
			t.Errorf("guess %d: %d", n, r.status)
		}
	}
	st.get(st.Clerk, "/api/v1/me").is(200)
}

// TestTheSchemeIsInAnyLetters: programs write bearer as they like (RFC 9110, 11.1).
func TestTheSchemeIsInAnyLetters(t *testing.T) {
	st := newStage(t)
	for scheme, status := range map[string]int{"Bearer": 200, "bearer": 200, "BEARER": 200, "Token": 401, "": 401} {
		st.send(call{method: "GET", path: "/api/v1/me", header: []string{"Authorization", scheme + " " + st.tokens[st.Clerk.Email]}}).is(status)
	}
}
