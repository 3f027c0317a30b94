package handlers_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

func TestCalendarPages(t *testing.T) {
	st := newStage(t)
	planned := st.approvedFee()
	var wished []string
	for i := range 6 {
		wished = append(wished, st.filed(st.Clerk, strings.ReplaceAll(newFee, "2500", fmt.Sprint(2600+i))))
	}
	st.filed(st.LeipzigClerk, strings.ReplaceAll(strings.ReplaceAll(newFee, Bautzen, Leipzig), "Neue Satzung", "Kanarienvogel"))
	v := st.signIn(st.Clerk)
	v.open("/kalender").is(200).shows("Kalender: November 2026", "heute", "In diesem Monat wird nichts wirksam.")
	r := v.open("/kalender?monat=2027-01").is(200).shows("Kalender: Januar 2027", "<caption", `<th scope="col">`, "Neujahr", planned, ">geplant<", ">gewünscht<", "2 weitere<", "/kalender?monat=2026-12", "/kalender?monat=2027-02",
		`<time datetime="2027-01-31">`, "Freitag, 01.01.2027")
	if i, j := strings.Index(string(r.body), `title="Montag"`), strings.Index(string(r.body), `title="Sonntag"`); i < 0 || j < i {
		t.Error("the week does not begin on Monday")
	}
	r.hides(wished[5])
	v.open("/kalender?monat=2026-11").is(200).shows("Buß- und Bettag")
	for _, wrong := range []string{"2027-13", "Quatsch", "27-1", "1900-01", "9999-12"} {
		v.open("/kalender?monat="+wrong).is(200).shows("Fehler:", "Diesen Monat gibt es im Kalender nicht.")
	}
	v.open("/kalender?monat=2000-01").is(200).hides("Voriger Monat")
	v.open("/kalender?monat=2099-12").is(200).hides("Nächster Monat")
	v.open("/kalender/liste").is(200).shows("Freitag, 01.01.2027", wished[5], "Gebühr erste Geburtsurkunde: 20,00 € → 25,00 €, ab 01.01.2027")
	v.open("/kalender/liste?tag=2027-01-01").is(200).shows("Kalender: 01.01.2027", wished[5])
	v.open("/kalender/liste?tag=02.01.2027").is(200).shows("An diesem Tag wird nichts wirksam.")
	v.open("/kalender/liste?cursor=Quatsch").is(422)
	v.open("/kalender?kommune=" + Leipzig + "&monat=2027-01").is(200).hides(planned)

	p := st.signIn(st.Agent)
	p.open("/kalender?monat=2027-01").is(200).shows("alle Kommunen", "3 weitere<")
	p.open("/kalender?monat=2027-01&kommune=" + Leipzig).is(200).shows("Leipzig").hides(planned)
	p.open("/kalender?kommune=Quatsch").is(422)
}

var shownLink = regexp.MustCompile(`value="` + base + `(/kalender/[0-9a-f]{48}\.ics)"`)

// follow makes somebody's private link in the browser.
func (v *visitor) follow() string {
	v.Helper()
	v.open("/kalender").is(200)
	r := v.send("/kalender/abo", url.Values{}).is(200)
	m := shownLink.FindStringSubmatch(string(r.body))
	if m == nil {
		v.Fatal("no link is shown")
	}
	return m[1]
}

func TestPrivateCalendarLink(t *testing.T) {
	st := newStage(t)
	planned := st.approvedFee()
	st.filed(st.Clerk, `{"form":"`+Bautzen+`/`+Birth+`","effective":{"kind":"by","date":"2027-02-01"},"sections":["gebuehren"],"wish":"Bitte; mit, Komma\\n\r\nBEGIN:VEVENT\r\nX-EVIL:1 und Umlauten äöü und sehr viel Text, damit die Zeile umbrochen werden muss","submit":true}`)
	canary := st.filed(st.LeipzigClerk, `{"form":"`+Leipzig+`/`+Birth+`","effective":{"kind":"by","date":"2027-02-01"},"sections":["gebuehren"],"wish":"Kanarienvogel","submit":true}`)

	v := st.signIn(st.Clerk)
	old := v.follow()
	link := v.follow()
	v.open("/kalender").is(200).shows("Ihr Link besteht seit 23.11.2026", "Link löschen").hides(link, old)
	stranger := &visitor{stage: st, cookies: map[string]string{}}
	r := stranger.open(link).is(200)
	if ct := r.header.Get("Content-Type"); ct != "text/calendar; charset=utf-8" || !strings.Contains(r.header.Get("Cache-Control"), "private") {
		t.Error(ct, r.header)
	}
	r.hides(canary, "Kanarienvogel", "Leipzig", st.Clerk.Name, st.Clerk.Email, link)
	events := parseCalendar(t, r.body)
	if len(events) != 2 {
		t.Fatalf("%d events: %v", len(events), events)
	}
	first := events[0]
	for name, want := range map[string]string{
		"UID": planned + "-start@formwandel.example", "SUMMARY": planned + " wird umgesetzt: Geburtsurkunde (Bautzen)", "DTSTART;VALUE=DATE": "20270101", "DTEND;VALUE=DATE": "20270102",
		"URL": base + "/auftraege/" + planned, "DESCRIPTION": "Gebühr erste Geburtsurkunde: 20,00 € → 25,00 €, ab 01.01.2027",
	} {
		if first[name] != want {
			t.Errorf("%s is %q, want %q", name, first[name], want)
		}
	}
	if d := events[1]["DESCRIPTION"]; !strings.HasPrefix(d, `Wunsch: Bitte; mit, Komma`) || strings.Contains(d, "\n") {
		t.Errorf("what was typed: %q", d)
	}

	req := httptest.NewRequest(http.MethodGet, link, http.NoBody)
	req.Header.Set("If-None-Match", r.header.Get("ETag"))
	if again := stranger.do(req); again.status != 304 || len(again.body) != 0 {
		t.Error(again.status)
	}
	for _, wrong := range []string{old, "/kalender/" + strings.Repeat("0", 48) + ".ics", "/kalender/x.ics", strings.TrimSuffix(link, ".ics"), strings.ToUpper(link)} {
		stranger.open(wrong).is(404)
	}
	foreign := st.signIn(st.LeipzigClerk).follow()
	stranger.open(foreign).is(200).shows(canary).hides(planned)

	v.open("/kalender")
	v.sendAs("/kalender/abo/loeschen", url.Values{}).is(403)
	v.sendAs("/kalender/abo", url.Values{}).is(403)
	stranger.open(link).is(200)
	v.send("/kalender/abo/loeschen", url.Values{}).is(303)
	v.open("/kalender?erledigt=kalender_geloescht").is(200).shows("Der Link ist gelöscht.", "Persönlichen Link anlegen")
	stranger.open(link).is(404)
}

// parseCalendar reads iCalendar as strictly as RFC 5545 asks, and returns the
// events by property.
func parseCalendar(t *testing.T, body []byte) (events []map[string]string) {
	t.Helper()
	text := string(body)
	if !strings.HasSuffix(text, "\r\n") || strings.Contains(strings.ReplaceAll(text, "\r\n", ""), "\r") || strings.Contains(strings.ReplaceAll(text, "\r\n", ""), "\n") {
		t.Fatal("lines do not end as they must")
	}
	for line := range strings.SplitSeq(text, "\r\n") {
		if len(line) > 75 {
			t.Errorf("a line of %d bytes: %s", len(line), line)
		}
	}
	property := regexp.MustCompile(`^([A-Z-]+(?:;[A-Z]+=[^:;"]+)*):(.*)$`)
	unescape := strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\;`, ";", `\,`, ",")
	var open []string
	for line := range strings.SplitSeq(strings.TrimSuffix(strings.ReplaceAll(text, "\r\n ", ""), "\r\n"), "\r\n") {
		m := property.FindStringSubmatch(line)
		if m == nil {
			t.Fatalf("no property: %q", line)
		}
		switch name, value := m[1], m[2]; {
		case name == "BEGIN":
			if value != "VCALENDAR" && value != "VEVENT" {
				t.Fatalf("a %s", value)
			}
			open = append(open, value)
			if value == "VEVENT" {
				events = append(events, map[string]string{})
			}
		case name == "END":
			if len(open) == 0 || open[len(open)-1] != value {
				t.Fatalf("%s ends", value)
			}
			open = open[:len(open)-1]
		case len(open) == 2:
			last := events[len(events)-1]
			if _, twice := last[name]; twice {
				t.Errorf("%s twice", name)
			}
			last[name] = unescape.Replace(value)
		}
	}
	if len(open) != 0 || !strings.HasPrefix(text, "BEGIN:VCALENDAR\r\n") || !strings.Contains(text, "\r\nVERSION:2.0\r\n") || !strings.Contains(text, "\r\nPRODID:") {
		t.Error("no whole calendar")
	}
	for _, e := range events {
		for _, must := range []string{"UID", "DTSTAMP", "DTSTART;VALUE=DATE", "SUMMARY"} {
			if e[must] == "" {
				t.Errorf("an event without %s: %v", must, e)
			}
		}
	}
	return events
}

// What will not be applied as things are is promised nowhere: not on the first page, not in the list of the team, not in the
// calendar or in the one that is followed, nor in the steps of its own page; each says which request is why.
func TestWhatWillNotComeIsPromisedNowhere(t *testing.T) {
	st := newStage(t)
	first := st.approvedFee()
	second := st.filed(st.Clerk, strings.NewReplacer("2500", "2800", "2027-01-01", "2027-03-01").Replace(newFee))
	for _, step := range []struct {
		who    models.User
		action string
	}{{st.Agent, "claim"}, {st.Approver, "approve"}, {st.Lead, "approve"}} {
		st.do(step.who, second, step.action, "").is(200)
	}
	v, team := st.signIn(st.Clerk), st.signIn(st.Agent)
	link := v.follow()
	stranger := &visitor{stage: st, cookies: map[string]string{}}
	v.open("/").is(200).shows(second + " · wird am 01.03.2027 umgesetzt")
	promised := stranger.open(link).is(200).shows(second + " wird umgesetzt")
	for _, c := range []struct{ action, why string }{{"reopen", "ist wieder in Bearbeitung"}, {"withdraw", "kommt nicht zustande"}} {
		st.do(st.Clerk, first, c.action, "").is(200)
		because := first + ", auf dem er aufbaut, " + c.why
		v.open("/").is(200).shows(second + " · <strong>wird so, wie es ist, nicht umgesetzt: " + because + "</strong>").hides("wird am 01.03.2027 umgesetzt")
		team.open("/auftraege").is(200).shows("wird so, wie es ist, nicht umgesetzt: " + because)
		v.open("/kalender?monat=2027-03").is(200).shows(">wird so nicht umgesetzt<", because, "Freigegeben. So, wie es ist, wird die Änderung aber nicht umgesetzt.").hides("fw-cal__item--planned")
		v.open("/kalender/liste?tag=2027-03-01").is(200).shows(">wird so nicht umgesetzt<", because)
		v.open("/auftraege/" + second).is(200).shows("so, wie es ist, nicht: " + first + " " + c.why).hides("am 01.03.2027<")
		followed := stranger.open(link).is(200).hides(second + " wird umgesetzt")
		for _, e := range parseCalendar(t, followed.body) {
			if strings.HasPrefix(e["UID"], second) && (e["SUMMARY"] != second+" wird so nicht umgesetzt: Geburtsurkunde (Bautzen)" || !strings.HasPrefix(strings.ReplaceAll(e["DESCRIPTION"], `\,`, ","), because)) {
				t.Errorf("%s: %s", e["SUMMARY"], e["DESCRIPTION"])
			}
		}
		if followed.header.Get("ETag") == promised.header.Get("ETag") {
			t.Error("programmes that follow the calendar see nothing new")
		}
	}
}
