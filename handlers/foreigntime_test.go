package handlers_test

import (
	"fmt"
	"io"
	"math/rand"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	. "formwandel/models/modelstest"
)

// TestTimeTellsNotWhatIsForeign: what is another municipality's is answered in the time, too, like what is nobody's.
// That both say the same words is TestForeignLooksMissing's.
func TestTimeTellsNotWhatIsForeign(t *testing.T) {
	st := newStage(t)
	foreign, missing := st.file(st.Clerk, fee(2500, "2027-01-01")), "KA-2026-777777"
	st.attach(st.Clerk, foreign, []part{{"file", "a.pdf", pdf}}).is(201)
	admin := st.signIn(st.TenantAdmin)
	reader := st.signIn(st.LeipzigClerk)
	api := func(path string) func() *http.Request {
		return func() *http.Request { return st.request(call{st.LeipzigClerk, "GET", path, nil, nil}) }
	}
	page := func(v *visitor, path string) func() *http.Request {
		return func() *http.Request {
			req := httptest.NewRequest(http.MethodGet, path, http.NoBody)
			req.Host = "formwandel.example"
			for name, value := range v.cookies {
				req.AddCookie(&http.Cookie{Name: name, Value: value})
			}
			return req
		}
	}
	const elsewhere = "/formulare/99999999/" + Birth
	chance := rand.New(rand.NewSource(Seed(t)))
	for what, of := range map[string][2]func() *http.Request{
		"a request":             {api(requests + "/" + foreign), api(requests + "/" + missing)},
		"a document":            {api(requests + "/" + foreign + "/attachments/1"), api(requests + "/" + missing + "/attachments/1")},
		"a form":                {api(birthForm), api("/api/v1/forms/99999999/" + Birth)},
		"a request's page":      {page(reader, "/auftraege/"+foreign), page(reader, "/auftraege/"+missing)},
		"a request's documents": {page(reader, "/auftraege/"+foreign+"/anlagen/1"), page(reader, "/auftraege/"+missing+"/anlagen/1")},
		"a form's page":         {page(reader, "/formulare/"+Bautzen+"/"+Birth), page(reader, elsewhere)},
		"a person":              {page(admin, fmt.Sprintf("/verwaltung/personen/%d/vergessen", st.LeipzigClerk.ID)), page(admin, "/verwaltung/personen/777777/vergessen")},
	} {
		n, times, status := Share(400), &sample{}, map[bool]int{}
		for range n {
			isForeign := chance.Intn(2) == 0
			req := of[map[bool]int{true: 0, false: 1}[isForeign]]()
			times.take(t, isForeign, func() {
				res, err := st.app.Test(req, -1)
				if err != nil {
					t.Fatal(err)
				}
				defer res.Body.Close()
				if _, err := io.Copy(io.Discard, res.Body); err != nil {
					t.Fatal(err)
				}
				status[isForeign] = res.StatusCode
			})
		}
		if status[true] != 404 || status[false] != 404 {
			t.Errorf("%s: %v", what, status)
		}
		times.same(t, what, "when it is foreign", "when it is missing", max(median(times.work[1])/10, 200*time.Microsecond))
		Score(t, "S30", what+" of another municipality and one that is missing, asked for by chance", n, times.String())
	}
}
