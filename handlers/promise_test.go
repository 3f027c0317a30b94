package handlers_test

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// TestTheSameKey: a write that is sent again happens once.
func TestTheSameKey(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		key := []string{"Idempotency-Key", "k-1"}
		first := st.post(st.Clerk, requests, fee(2500, "2027-01-01"), key...).is(201)
		before := st.rows()
		again := st.post(st.Clerk, requests, fee(2500, "2027-01-01"), key...).is(201)
		if string(again.body) != string(first.body) || again.header.Get("Location") != first.header.Get("Location") {
			t.Errorf("first  %s\nsecond %s", clip(first.body), clip(again.body))
		}
		if first.header.Get("Idempotency-Replayed") != "" || again.header.Get("Idempotency-Replayed") != "true" {
			t.Error("the second answer has to say that it is the first one")
		}
		st.post(st.Clerk, requests, fee(2600, "2027-01-01"), key...).refused(422, "key_reused")
		st.post(st.Clerk, requests+"/"+first.text("number")+"/withdraw", object{"version": 1}, key...).refused(422, "key_reused")
		for _, bad := range []string{strings.Repeat("k", 201), "ein Leerzeichen", "schlüssel"} {
			st.post(st.Clerk, requests, fee(2500, "2027-01-01"), "Idempotency-Key", bad).refused(422, "bad_key")
		}
		st.unchanged(before, "keys")
		if st.file(st.Clerk2, fee(2500, "2027-01-01")) == first.text("number") {
			t.Error("the key of one person is another's")
		}
		number := first.text("number")
		file := []part{{"file", "a.pdf", pdf}}
		one := st.attach(st.Clerk, number, file, "Idempotency-Key", "k-2").is(201)
		two := st.attach(st.Clerk, number, file, "Idempotency-Key", "k-2").is(201) // with another boundary, as every client sends it
		if string(one.body) != string(two.body) {
			t.Errorf("first  %s\nsecond %s", one.body, two.body)
		}
		st.attach(st.Clerk, number, []part{{"file", "b.pdf", pdf}}, "Idempotency-Key", "k-2").refused(422, "key_reused")
	})
}

// TestTheSameKeyAtOnce: of many at the same time one works, the others wait or get its answer.
func TestTheSameKeyAtOnce(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		var wg sync.WaitGroup
		answers := make([]*reply, 24)
		start := make(chan bool)
		for i := range answers {
			wg.Go(func() {
				<-start
				answers[i] = st.post(st.Clerk, requests, fee(2500, "2027-01-01"), "Idempotency-Key", "once")
			})
		}
		close(start)
		wg.Wait()
		numbers := map[string]bool{}
		for _, a := range answers {
			if a.status == 409 {
				a.refused(409, "still_running")
				continue
			}
			numbers[a.is(201).text("number")] = true
		}
		if len(numbers) != 1 {
			t.Errorf("filed %v", slices.Collect(maps.Keys(numbers)))
		}
		if n := st.get(st.Clerk, requests).items(); n != 1 {
			t.Errorf("%d requests", n)
		}
	})
}

// TestStale: a decision on an older version is refused and changes nothing.
func TestStale(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		number := st.file(st.Clerk, fee(2500, "2027-01-01"))
		hash := st.is(number, "submitted").text("content_hash")
		st.edit(st.Clerk, number, object{"changes": []object{{"field": "gebuehren.erste", "new": 2600}}}).is(200).has("version", 2)
		before := st.rows()
		step := func(action string, body object) *reply {
			t.Helper()
			return st.post(st.Approver, requests+"/"+number+"/"+action, body)
		}
		step("approve", object{"version": 1}).refused(409, "stale")
		step("approve", object{"version": 3}).refused(409, "stale")
		step("approve", object{"version": 2, "content_hash": hash}).refused(409, "stale")
		step("approve", object{}).refused(422, "version_required")
		st.send(call{st.Clerk, "PATCH", requests + "/" + number, object{"version": 1, "reason": "x"}, nil}).refused(409, "stale")
		st.send(call{st.Clerk, "PATCH", requests + "/" + number, object{"version": 2}, nil}).refused(422, "nothing_to_edit")
		st.unchanged(before, "stale steps")
		step("approve", object{"version": 2, "content_hash": st.is(number, "submitted").text("content_hash")}).is(200)
	})
}

// TestForeignLooksMissing: what belongs to another municipality answers
// exactly like what does not exist, on every route that names something.
func TestForeignLooksMissing(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		foreign, missing := st.file(st.Clerk, fee(2500, "2027-01-01")), "KA-2026-777777"
		st.attach(st.Clerk, foreign, []part{{"file", "a.pdf", pdf}}).is(201)
		pairs := [][3]string{
			{"GET", requests + "/" + foreign, requests + "/" + missing},
			{"PATCH", requests + "/" + foreign, requests + "/" + missing},
			{"GET", birthForm, "/api/v1/forms/99999999/" + Birth},
			{"GET", "/api/v1/municipalities/" + Bautzen + "/policy", "/api/v1/municipalities/99999999/policy"},
			{"PUT", "/api/v1/municipalities/" + Bautzen + "/policy", "/api/v1/municipalities/99999999/policy"},
			{"POST", "/api/v1/municipalities/" + Bautzen + "/policy/agree", "/api/v1/municipalities/99999999/policy/agree"},
			{"POST", "/api/v1/municipalities/" + Bautzen + "/policy/decline", "/api/v1/municipalities/99999999/policy/decline"},
			{"POST", "/api/v1/municipalities/" + Bautzen + "/policy/withdraw", "/api/v1/municipalities/99999999/policy/withdraw"},
			{"PUT", birthForm + "/maintenance", "/api/v1/forms/99999999/" + Birth + "/maintenance"},
		}
		for _, rest := range []string{"/events", "/comments", "/attachments", "/attachments/1", "/attachments/7"} {
			pairs = append(pairs, [3]string{"GET", requests + "/" + foreign + rest, requests + "/" + missing + rest})
		}
		for _, rest := range []string{"/versions", "/versions/1", "/versions/9", "/diff?from=1&to=1", "/at/2027-01-01", "/at/nie"} {
			pairs = append(pairs, [3]string{"GET", birthForm + rest, "/api/v1/forms/99999999/" + Birth + rest})
		}
		for _, action := range []string{"submit", "claim", "ask", "answer", "approve", "reject", "reopen", "apply", "rebase", "withdraw", "accept", "revert", "comments"} {
			pairs = append(pairs, [3]string{"POST", requests + "/" + foreign + "/" + action, requests + "/" + missing + "/" + action})
		}
		before := st.rows()
		for _, p := range pairs {
			var body any
			switch {
			case strings.HasSuffix(p[1], "comments") && p[0] == "POST":
				body = object{"text": "x"}
			case strings.HasSuffix(p[1], "policy") && p[0] == "PUT":
				body = object{"version": 1, "policy": object{}}
			case strings.Contains(p[1], "/policy/"):
				body = object{"version": 1}
			case p[0] == "PUT":
				body = object{"on": true}
			case p[0] != "GET":
				body = object{"version": 1, "comment": "x"}
			}
			for _, u := range []models.User{st.LeipzigClerk, st.LeipzigApprover} {
				one, two := st.send(call{u, p[0], p[1], body, nil}), st.send(call{u, p[0], p[2], body, nil})
				one.header.Del("Date")
				two.header.Del("Date")
				if one.status != two.status || string(one.body) != string(two.body) || !maps.EqualFunc(one.header, two.header, slices.Equal) {
					t.Errorf("%s %s as %s:\nforeign %d %v %s\nmissing %d %v %s", p[0], p[1], u.Name, one.status, one.header, one.body, two.status, two.header, two.body)
				}
				if one.status != 404 && !strings.HasSuffix(p[1], "/at/nie") {
					t.Errorf("%s %s: %d", p[0], p[1], one.status)
				}
			}
		}
		body := fee(2500, "2027-01-01")
		st.post(st.LeipzigClerk, requests, body).refused(404, "not_found")
		st.unchanged(before, "foreign calls")
		Score(t, "S30", "calls for what is another municipality's, beside the same for what is missing, on "+st.s.Dialect(), 2*len(pairs), "the same status, body and headers, byte for byte; nothing done")
	})
}

// TestLanguages: details come in the caller's language, codes never change.
func TestLanguages(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		for accept, want := range map[string]string{
			"": "de", "*": "de", "de": "de", "en": "en", "en-GB,de;q=0.5": "en", "fr": "de", "de;q=0.2, en;q=0.9": "en", "\"; DROP": "de",
		} {
			r := st.get(st.Clerk, requests+"/KA-2026-777777", "Accept-Language", accept).refused(404, "not_found")
			if got := r.header.Get("Content-Language"); got != want {
				t.Errorf("Accept-Language %q: %q", accept, got)
			}
			if english := strings.Contains(r.text("detail"), "There is no"); english != (want == "en") {
				t.Errorf("Accept-Language %q: %s", accept, r.text("detail"))
			}
		}
		st.post(st.Clerk, requests, fee(2500, "2027-01-01"), "Accept-Language", "en").is(201)
		sentence := st.get(st.Clerk, requests, "Accept-Language", "en").text("items/0/sentences/0")
		if !strings.Contains(sentence, "€25.00") {
			t.Errorf("the English sentence is %q", sentence)
		}
	})
}

// TestPages: every entry once, in order, however small the page.
func TestPages(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		var want []string
		for i := range 5 {
			want = append(want, st.file(st.Clerk, fee(2500+i, "2027-01-0"+itoa(i+1))))
		}
		for sort, order := range map[string][]string{"number": want, "due": want, "-number": backwards(want), "-due": backwards(want)} {
			var got []string
			for next := ""; ; {
				r := st.get(st.Clerk, requests+"?limit=2&sort="+sort+"&cursor="+url.QueryEscape(next)).is(200)
				for i := range r.items() {
					got = append(got, r.text("items/"+itoa(i)+"/number"))
				}
				if r.at("next") == nil {
					break
				}
				next = r.text("next")
			}
			if !slices.Equal(got, order) {
				t.Errorf("by %s: %v, want %v", sort, got, order)
			}
		}
		cursor := st.get(st.Clerk, requests+"?limit=2&sort=due").text("next")
		st.get(st.Clerk, requests+"?limit=2&sort=number&cursor="+cursor).refused(422, "bad_cursor")
		lists := []string{requests + "/" + want[0] + "/events", birthForm + "/versions", "/api/v1/forms", "/api/v1/assistants", "/api/v1/municipalities", "/api/v1/mails", requests + "/" + want[0] + "/comments"}
		for _, list := range lists {
			for next, n := "", 0; ; n++ {
				r := st.get(st.Admin, list+"?limit=1&cursor="+next).is(200)
				if r.items() > 1 || n > 100 {
					t.Fatalf("%s: %d entries on page %d", list, r.items(), n)
				}
				if r.at("next") == nil {
					break
				}
				next = r.text("next")
			}
		}
	})
}

func backwards(in []string) []string {
	out := slices.Clone(in)
	slices.Reverse(out)
	return out
}
