package handlers_test

import (
	"strings"
	"testing"

	. "formwandel/models/modelstest"
)

// TestEnglishReaders: days and values in what blocks and what is refused are written as in the sentences beside them.
func TestEnglishReaders(t *testing.T) {
	st := newStage(t)
	const english, en = "Accept-Language", "en"
	// want holds the words of an answer in English and in German.
	want := func(r *reply, words ...string) {
		t.Helper()
		got := strings.ReplaceAll(string(r.body), "\u00a0", " ")
		for _, w := range words {
			if !strings.Contains(got, w) {
				t.Errorf("%s: no %q in %s", r.what, w, got)
			}
		}
	}
	want(st.post(st.Clerk, requests, fee(2500, "2020-01-01"), english, en).refused(422, "past_day"), "is today, 23 November 2026.")
	want(st.post(st.Clerk, requests, fee(2500, "2020-01-01")).refused(422, "past_day"), "heute, 23.11.2026.")
	limited := fee(2500, "2027-03-01")
	limited["effective"] = object{"kind": "from", "date": "2027-03-01", "until": "2027-02-01"}
	want(st.post(st.Clerk, requests, limited, english, en).refused(422, "until_before_date"), "before 1 March 2027.")
	want(st.post(st.Clerk, requests, fee(2000, "2027-03-01"), english, en).refused(422, "unchanged"), "value already: €20.00.")

	asked := st.file(st.Clerk, filing("kontakt.telefon", "+49 3591 534-123", "from", "2027-03-01"))
	st.do(st.Agent, asked, "claim", "").is(200)
	st.do(st.Agent, asked, "ask", "Sicher?").is(200)
	first := st.file(st.Clerk, filing("kontakt.telefon", "+49 3591 534-124", "from", "2027-01-01"))
	st.do(st.Agent, first, "claim", "").is(200)
	st.do(st.Lead, first, "approve", "").is(200).has("status", "approved")
	st.at("2027-01-01 00:00:00")
	st.is(first, "applied")
	want(st.get(st.Clerk, requests+"/"+asked, english, en).is(200), "expected was (empty), what will hold is", "answers by 2", " February 2027, the date")
	want(st.get(st.Clerk, requests+"/"+asked).is(200), "Erwartet war (leer), gelten wird", ".02.2027, dann ist")

	limited["effective"] = object{"kind": "from", "date": "2027-02-01", "until": "2027-02-02"}
	short := st.file(st.Clerk, limited)
	st.do(st.Agent, short, "claim", "").is(200)
	st.at("2027-02-05 00:00:00")
	want(st.get(st.Clerk, requests+"/"+short, english, en).is(200), "change (2 February 2027) has passed")
	want(st.post(st.Lead, requests+"/"+short+"/approve", object{"version": st.now(short)}, english, en).refused(409, "until_past"), "change (2 February 2027) has passed")
}

// TestUnreadableForms: who sends a form that can't be read hears of the form, not of JSON.
func TestUnreadableForms(t *testing.T) {
	st := newStage(t)
	path := requests + "/" + st.file(st.Clerk, fee(2500, "2027-01-01")) + "/attachments"
	for lang, want := range map[string]string{"de": "kein lesbares Formular", "en": "no readable form"} {
		r := st.send(call{st.Clerk, "POST", path, "--x--", []string{"Content-Type", "multipart/form-data", "Accept-Language", lang}}).refused(400, "not_multipart").has("code", "malformed")
		if got := r.text("detail"); !strings.Contains(got, want) || !strings.Contains(got, "boundary") || strings.Contains(got, "JSON") {
			t.Errorf("%s: %q", lang, got)
		}
		r = st.send(call{st.Clerk, "POST", requests, "{", []string{"Accept-Language", lang}}).refused(400, "malformed")
		if got := r.text("detail"); !strings.Contains(got, "JSON") {
			t.Errorf("%s: %q", lang, got)
		}
	}
}

// TestLinksOfAnotherMunicipality: a link into Amt24 that names a municipality names one's own.
func TestLinksOfAnotherMunicipality(t *testing.T) {
	st := newStage(t)
	link := func(query string) object {
		return filing("einstieg.amt24_link", "https://amt24.sachsen.de/zufi/leistungen/6000384"+query, "from", "2027-01-01")
	}
	for lang, want := range map[string]string{
		"de": "Der Link führt zu einer anderen Kommune. Nehmen Sie den Link, in dem ags=14625020 steht.",
		"en": "The link leads to another municipality. Use the link with ags=14625020.",
	} {
		r := st.post(st.Clerk, requests, link("?plz=04109&ags=14713000"), "Accept-Language", lang).refused(422, "other_municipality").has("errors/0/field", "einstieg.amt24_link")
		if got := r.text("errors/0/detail"); got != want {
			t.Errorf("%s: %q", lang, got)
		}
	}
	number := st.file(st.Clerk, link("?plz=02625&ags=14625020"))
	st.edit(st.Clerk, number, object{"changes": []object{{"field": "einstieg.amt24_link", "new": "https://amt24.sachsen.de/zufi/leistungen/6000384?plz=04109&ags=14713000"}}}).refused(422, "other_municipality")
	st.edit(st.Clerk, number, object{"changes": []object{{"field": "einstieg.amt24_link", "new": "https://amt24.sachsen.de/zufi/leistungen/6000384"}}}).is(200)
	st.post(st.LeipzigClerk, requests, object{
		"form": Leipzig + "/" + Dog, "effective": object{"kind": "from", "date": "2027-01-01"}, "submit": true,
		"changes": []object{{"field": "einstieg.amt24_link", "new": "https://amt24dev.sachsen.de/zufi/leistungen/6000384?plz=04109&ags=14713000"}},
	}).is(201)
}
