package handlers_test

import (
	"net/url"
	"strings"
	"testing"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

const (
	birthPage = "/formulare/" + Bautzen + "/" + Birth
	newFee    = `{"form":"` + Bautzen + `/` + Birth + `","reason":"Neue Satzung","effective":{"kind":"from","date":"2027-01-01"},"changes":[{"field":"gebuehren.erste","new":2500}],"submit":true}`
)

// filed files a request and returns its number.
func (st *stage) filed(u models.User, body string) string {
	st.Helper()
	return st.post(u, "/api/v1/requests", body).is(201).text("number")
}

// approvedFee is a fee that is approved for New Year's Day.
func (st *stage) approvedFee() string {
	st.Helper()
	n := st.filed(st.Clerk, newFee)
	for _, step := range []struct {
		who    models.User
		action string
	}{{st.Agent, "claim"}, {st.Approver, "approve"}, {st.Lead, "approve"}} {
		st.post(step.who, "/api/v1/requests/"+n+"/"+step.action, map[string]any{"version": st.get(st.Auditor, "/api/v1/requests/"+n).version()}).is(200)
	}
	return n
}

func TestFormsPages(t *testing.T) {
	st := newStage(t)
	number := st.approvedFee()
	open := st.filed(st.Clerk, strings.ReplaceAll(newFee, "2500", "2700"))
	v := st.signIn(st.Clerk)
	v.open("/formulare").is(200).shows("Geburtsurkunde", "Hundesteueranmeldung", "in Betrieb", "1 geplant").hides("Leipzig")
	v.open("/formulare?q=hunde").is(200).shows("Hundesteueranmeldung").hides(">Geburtsurkunde<")
	v.open("/formulare?q=%22%3E%3Cscript%3E").is(200).shows("Kein Formular passt").hides("<script>")
	v.open("/formulare?cursor=Quatsch").is(422)
	v.open("/formulare?kommune=Quatsch").is(422)

	v.open(birthPage).is(200).shows("Änderung beantragen", "/auftraege/neu/"+Birth, "Gebühr erste Geburtsurkunde: 20,00 € → 25,00 €, ab 01.01.2027", number, open, "eingereicht",
		`rel="noopener noreferrer"`, "99 027 002 012 000", "https://verwaltung.bund.de/leistungsverzeichnis/DE/leistung/99027002012000", "Nicht änderbar").hides("/wartung\"", "sealed:")
	v.open(birthPage+"/am?tag=1.1.2027").is(200).shows("Geburtsurkunde am 01.01.2027", "25,00", "anders als jetzt", "durch "+number, "Jetzt: 20,00")
	v.open(birthPage + "/am?tag=1.%20Januar%202027").is(200).shows("Geburtsurkunde am 01.01.2027")
	v.open(birthPage + "/am?tag=2026-12-31").is(200).shows("Nichts ist anders als jetzt.")
	v.open(birthPage + "/am?tag=01.01.2020").is(200).shows("gab es dieses Formular noch nicht")
	v.open(birthPage+"/am?tag=31.02.2027").is(422).shows("<title>Fehler:", "31.02.2027", `aria-describedby="tag-hint tag-error"`)
	v.open(birthPage+"/vergleich?tag=01.01.2027").is(200).shows("Gebühr erste Geburtsurkunde: 20,00 € → 25,00 €", number)
	v.open(birthPage + "/feld/gebuehren.erste").is(200).shows("Zuerst: 20,00")
	v.open(birthPage + "/feld/nichts.da").is(404)
	v.open("/formulare/" + Bautzen + "/KOMM24Nichts").is(404)

	p := st.signIn(st.Agent)
	p.open("/formulare?kommune="+Leipzig).is(200).shows("Leipzig", `<option value="`+Bautzen+`">Bautzen`).hides("<td class=\"kern-table__cell\">Bautzen")
	p.open(birthPage).is(200).hides("Änderung beantragen", "/wartung\"")
}

func TestVersionPages(t *testing.T) {
	st := newStage(t)
	if _, err := st.s.Maintain(st.Context(), st.TenantAdmin, Bautzen, Birth, true, nil); err != nil {
		t.Fatal(err)
	}
	number := st.filed(st.Clerk, strings.Replace(newFee, `"from"`, `"by"`, 1))
	for _, step := range []struct {
		who    models.User
		action string
	}{{st.Agent, "claim"}, {st.Approver, "approve"}, {st.Lead, "approve"}} {
		st.post(step.who, "/api/v1/requests/"+number+"/"+step.action, map[string]any{"version": st.get(st.Auditor, "/api/v1/requests/"+number).version()}).is(200)
	}
	if _, _, err := st.s.Knock(st.Context()); err != nil {
		t.Fatal(err)
	}
	v := st.signIn(st.Clerk)
	v.open(birthPage+"/fassungen").is(200).shows("Fassung 3", "Wartungsmodus eingeschaltet", "Auftrag umgesetzt", number, "gilt jetzt", `name="von" value="2" checked`, `name="bis" value="3" checked`)
	v.open(birthPage+"/vergleich?von=3&bis=1").is(200).shows("Fassung 1 und 3 im Vergleich", "Gebühr erste Geburtsurkunde: 20,00 € → 25,00 €", "Der Wartungsmodus ist verschieden: aus → an.")
	v.open(birthPage + "/vergleich?von=1&bis=2").is(200).shows("Kein Wert ist verschieden.")
	for _, q := range []string{"", "?von=1", "?von=2&bis=2", "?von=x&bis=1"} {
		v.open(birthPage+"/vergleich"+q).is(422).shows("<title>Fehler:", "Wählen Sie zwei verschiedene Fassungen aus.")
	}
	v.open(birthPage + "/vergleich?von=1&bis=99").is(404)
	v.open(birthPage+"/fassungen/1").is(200).shows("Erste Fassung", "20,00", "Mit der Fassung vergleichen")
	v.open(birthPage + "/fassungen/99").is(404)
	v.open(birthPage + "/fassungen/x").is(404)
	v.open(birthPage+"/feld/gebuehren.erste").is(200).shows("Gebühr erste Geburtsurkunde: 20,00 € → 25,00 €", "Neue Satzung", "Freigabe Bautzen", "Freigabe KISA", number)
	SetNow(t, st.s, Epoch.AddDate(0, 0, 2))
	v = st.signIn(st.Clerk)
	v.open(birthPage + "/am?tag=23.11.2026").is(200).shows("So war das Formular am Ende dieses Tages: Fassung 3.")
}

func TestForeignFormsAreNotFound(t *testing.T) {
	st := newStage(t)
	v := st.signIn(st.LeipzigClerk)
	for _, path := range []string{"", "/am?tag=01.01.2027", "/fassungen", "/fassungen/1", "/vergleich?von=1&bis=2", "/vergleich", "/vergleich?tag=01.01.2027", "/feld/gebuehren.erste", "/wartung"} {
		v.open(birthPage + path).is(404)
	}
	v.open("/formulare?kommune=" + Bautzen).is(200).hides("Geburtsurkunde")
	v.send(birthPage+"/wartung", url.Values{"an": {"ja"}, "version": {"1"}}).is(404)
	nobody := st.visit()
	for _, path := range []string{"/formulare", birthPage, "/kalender", "/kalender/liste"} {
		nobody.open(path).is(303)
	}
}

func TestMaintenanceIsSwitchedInTheBrowser(t *testing.T) {
	st := newStage(t)
	clerk := st.signIn(st.Clerk)
	clerk.open(birthPage + "/wartung").is(403)
	clerk.open(birthPage)
	clerk.send(birthPage+"/wartung", url.Values{"an": {"ja"}, "version": {"1"}}).is(403)

	v := st.signIn(st.TenantAdmin)
	v.open(birthPage).is(200).shows("Wartungsmodus einschalten").hides("Änderung beantragen")
	v.open(birthPage+"/wartung").is(200).shows("können Bürgerinnen und Bürger diesen Antrag nicht stellen", `name="version" value="1"`)
	before := st.rows()
	v.send(birthPage+"/wartung", url.Values{"an": {"vielleicht"}, "version": {"1"}}).is(400)
	v.send(birthPage+"/wartung", url.Values{"an": {"ja"}, "version": {""}}).is(400)
	v.send(birthPage+"/wartung", url.Values{"an": {"ja"}, "version": {"1"}, "csrf": {"falsch"}}).is(403)
	st.unchanged(before, "refused forms")

	twice := url.Values{"an": {"ja"}, "version": {"1"}}
	for range 2 {
		if r := v.send(birthPage+"/wartung", twice).is(303); r.header.Get("Location") != birthPage+"?erledigt=wartung_an" {
			t.Error(r.header)
		}
	}
	v.open(birthPage+"?erledigt=wartung_an").is(200).shows("Der Wartungsmodus ist jetzt an.", "Wartungsmodus ausschalten", "Fassung 2").hides("Fassung 3")

	v.open(birthPage + "/wartung")
	if _, err := st.s.Maintain(st.Context(), st.TenantAdmin, Bautzen, Birth, false, nil); err != nil {
		t.Fatal(err)
	}
	v.send(birthPage+"/wartung", url.Values{"an": {"nein"}, "version": {"2"}}).is(409).shows("<title>Fehler:", "Statt Fassung 2 gilt jetzt Fassung 3", "/vergleich?von=2&amp;bis=3", `name="version" value="3"`)
}

func TestFormPagesSpeakEnglish(t *testing.T) {
	st := newStage(t)
	st.approvedFee()
	v := st.signIn(st.Clerk)
	v.cookies["__Host-fw-sprache"] = "en"
	for path, words := range map[string]string{
		"/formulare": "in operation", birthPage: "Planned changes", birthPage + "/am?tag=01.01.2027": "differs from now", birthPage + "/fassungen": "First version",
		birthPage + "/feld/gebuehren.erste": "Who changed this value?", "/kalender?monat=2027-01": "Calendar: January 2027", "/kalender/liste": "Calendar as a list",
	} {
		v.open(path).is(200).shows(words)
	}
}
