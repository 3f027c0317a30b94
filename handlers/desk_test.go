package handlers_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"formwandel/handlers"
	"formwandel/models"
	. "formwandel/models/modelstest"
	"formwandel/templates"
)

// mailed is a request that has written mails.
func (st *stage) mailed() string {
	st.Helper()
	return st.post(st.Clerk, "/api/v1/requests", `{"form":"14625020/KOMM24Geburtsurkunde","effective":{"kind":"from","date":"2027-01-01"},"sections":["gebuehren"],"changes":[{"field":"gebuehren.erste","new":2500}],"submit":true}`).is(201).text("number")
}

// TestTheDeskIsForThoseWhoAdminister: everybody gets what is theirs, others are refused.
func TestTheDeskIsForThoseWhoAdminister(t *testing.T) {
	st := newStage(t)
	st.mailed()
	everywhere := []string{"/verwaltung", "/verwaltung/personen", "/verwaltung/freigaben/14625020", "/verwaltung/kommunen/14625020", "/verwaltung/protokoll?kommune=14625020"}
	house := []string{"/verwaltung/kommunen", "/verwaltung/postausgang", "/verwaltung/postausgang/1", "/verwaltung/postausgang/vorlagen", "/verwaltung/assistenten", "/verwaltung/assistenten/" + Birth, "/verwaltung/protokoll", "/verwaltung/einstellungen", "/verwaltung/personen/1"}
	for _, u := range []models.User{st.Clerk, st.Approver, st.Agent, st.Lead} {
		v := st.signIn(u)
		for _, path := range append(everywhere, house...) {
			if path == "/verwaltung/kommunen/14625020" && u.Has(models.Agent) {
				v.open(path).is(200).lacks("Speichern") // the team looks at a profile, and changes it under a grant
				continue
			}
			v.open(path).is(403)
		}
	}
	mandant, revision, admin := st.signIn(st.TenantAdmin), st.signIn(st.Auditor), st.signIn(st.Admin)
	for _, path := range everywhere {
		mandant.open(path).is(200)
	}
	for _, path := range house[:6] {
		mandant.open(path).is(403)
	}
	for _, path := range []string{"/verwaltung/freigaben/14713000", "/verwaltung/kommunen/14713000", "/verwaltung/protokoll?kommune=14713000", "/verwaltung/protokoll?kommune=00000000", fmt.Sprint("/verwaltung/personen/", st.LeipzigClerk.ID), fmt.Sprint("/verwaltung/personen/", st.Admin.ID)} {
		mandant.open(path).is(404)
	}
	for _, path := range append(everywhere, house...) {
		revision.open(path).is(200)
		admin.open(path).is(200)
	}
	st.visit().open("/verwaltung").is(303)
	revision.open("/verwaltung/personen/1").is(200)
	revision.open("/verwaltung/personen/neu").is(403)
	revision.open("/verwaltung/kommunen/einlesen").is(403)
	revision.open("/verwaltung/assistenten/pruefen").is(403)
	revision.open("/verwaltung")
	for path, values := range map[string]url.Values{
		"/verwaltung/personen":              {"kommune": {""}, "email": {"x@kisa.example"}, "name": {"X"}, "rollen": {"agent"}},
		"/verwaltung/personen/1/kennwort":   {"version": {"1"}},
		"/verwaltung/personen/1/abschalten": {"version": {"1"}},
		"/verwaltung/kommunen/14625020":     {"version": {"3"}},
		"/verwaltung/freigaben/14625020":    {"version": {"3"}, "jede-zahl": {"2"}},
		"/verwaltung/postausgang/1/erneut":  {},
		"/verwaltung/kommunen/einlesen/tun": {"liste": {"H4sIAAAAAAAA_4qOBQQAAP__KbtMDQIAAAA"}},
		"/verwaltung/assistenten/pruefen":   {"text": {"{}"}},
		"/verwaltung/personen/1":            {"version": {"1"}, "name": {"Y"}, "rollen": {"clerk"}},
		"/verwaltung/personen/1/anschalten": {"version": {"1"}},
	} {
		if r := revision.send(path, values); r.status != 403 && r.status != 400 {
			t.Errorf("auditor, %s: %d", path, r.status)
		}
	}
}

func TestReadingMails(t *testing.T) {
	st := newStage(t)
	number := st.mailed()
	v := st.signIn(st.Admin)
	v.open("/verwaltung").is(200).shows("warten", "Postausgang")
	v.open("/verwaltung/postausgang").is(200).shows(number, st.Clerk.Email, "wartet", "Noch einmal senden")
	v.open("/verwaltung/postausgang?state=failed").is(200).shows("Keine Benachrichtigung wurde abgelehnt.")
	v.open("/verwaltung/postausgang?state=falsch").is(422)
	r := v.open("/verwaltung/postausgang/1").is(200).shows("["+number+"] Eingereicht: Geburtsurkunde (Bautzen)", "20,00", "25,00", "Message-ID", "&lt;"+number+"@", `sandbox src="/verwaltung/postausgang/1/html"`)
	if csp := r.header.Get("Content-Security-Policy"); !strings.Contains(csp, "frame-src 'self'") || strings.Contains(csp, "unsafe") {
		t.Error(csp)
	}
	r = v.open("/verwaltung/postausgang/1/html").is(200).shows("Guten Tag")
	if csp := r.header.Get("Content-Security-Policy"); !strings.Contains(csp, "sandbox") || !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "script-src") {
		t.Error(csp)
	}
	v.open("/verwaltung/postausgang/999").is(404)
	v.open("/verwaltung/postausgang/abc").is(404)
	v.open("/verwaltung/postausgang/1")
	v.sendAs("/verwaltung/postausgang/1/erneut", url.Values{}).is(403)
	where := v.send("/verwaltung/postausgang/1/erneut", url.Values{}).is(303).header.Get("Location")
	v.open(where).is(200).shows("gleich noch einmal gesendet")
	v.open("/verwaltung/postausgang/vorlagen").is(200).shows("Umgesetzt", "Postfach des Antragsmanagements")
	for _, s := range templates.MailSamples() {
		for _, lang := range []string{"de", "en"} {
			path := "/verwaltung/postausgang/vorlagen/" + string(s.Kind) + "/" + s.Role + "/" + lang
			v.open(path).is(200).shows("/html")
			v.open(path + "/html").is(200)
		}
	}
	v.open("/verwaltung/postausgang/vorlagen/applied/nobody/de").is(404)
	v.open("/verwaltung/postausgang/vorlagen/applied/author/fr").is(404)
}

func TestAddingAndChangingPeople(t *testing.T) {
	st := newStage(t)
	v := st.signIn(st.TenantAdmin)
	v.open("/verwaltung/personen").is(200).shows(st.Clerk.Email, "Person hinzufügen")
	v.open("/verwaltung/personen/neu").is(200).shows("Bautzen", "Mandanten-Administration")
	v.send("/verwaltung/personen", url.Values{"kommune": {Bautzen}, "email": {"kein"}, "name": {""}}).is(422).shows("Fehler:", `value="kein"`, "E-Mail-Adresse")
	v.send("/verwaltung/personen", url.Values{"kommune": {Bautzen}, "email": {st.Clerk.Email}, "name": {"Doppelt"}, "rollen": {"clerk"}}).is(422).shows("hat schon ein Konto", "Doppelt")
	v.send("/verwaltung/personen", url.Values{"kommune": {Bautzen}, "email": {"neu@bautzen.example"}, "name": {"Neu"}, "rollen": {"agent"}}).is(422)
	v.send("/verwaltung/personen", url.Values{"kommune": {Leipzig}, "email": {"neu@leipzig.example"}, "name": {"Neu"}, "rollen": {"clerk"}}).is(404)
	v.send("/verwaltung/personen", url.Values{"kommune": {""}, "email": {"neu@kisa.example"}, "name": {"Neu"}, "rollen": {"admin"}}).is(404)
	v.open("/verwaltung/personen/neu")
	form := url.Values{"kommune": {Bautzen}, "email": {"Neu@Bautzen.example"}, "name": {"Kasse"}, "rollen": {"clerk", "approver"}, "sprache": {"en"}}
	made := v.send("/verwaltung/personen", form).is(303).header.Get("Location")
	if again := v.send("/verwaltung/personen", form).is(303).header.Get("Location"); again != made {
		t.Fatalf("a double click: %s, %s", made, again)
	}
	v.open(made).is(200).shows("Die Einladung ist unterwegs.", "eingeladen, noch nicht angenommen")
	v.open("/verwaltung/personen").is(200).shows("eingeladen, noch nicht angenommen")
	in := st.visit()
	in.accept(st.letter("neu@bautzen.example", models.MailInvitation))
	in.send("/anmelden", url.Values{"email": {"neu@bautzen.example"}, "password": {chosen}}).is(303)
	in.open("/").is(200)
	m, err := st.s.PersonByEmail(t.Context(), st.Admin, "neu@bautzen.example")
	if err != nil || len(m.Roles) != 2 || m.SignedInAt == nil || m.Locale != "en" {
		t.Fatalf("%+v %v", m, err)
	}
	page := fmt.Sprint("/verwaltung/personen/", m.ID)
	v.open(page).is(200).shows("neu@bautzen.example", "Zuletzt angemeldet")
	where := v.send(page, url.Values{"version": {"1"}, "name": {"Kasse 2"}, "sprache": {"de"}, "rollen": {"clerk"}}).is(303).header.Get("Location")
	v.open(where).is(200).shows("Das Konto ist geändert.", "Kasse 2")
	in.open("/").is(303) // roles changed: signed out
	v.send(page, url.Values{"version": {"1"}, "name": {"Kasse 3"}, "rollen": {"approver"}}).is(409).shows("inzwischen geändert", "Kasse 3", "Kasse 2")
	v.open(page)
	v.send(page+"/abschalten", url.Values{"version": {"2"}}).is(303)
	v.open(page).is(200).shows("abgeschaltet")
	v.send("/verwaltung/personen", form).is(303) // an old form makes no other account
	own := fmt.Sprint("/verwaltung/personen/", st.TenantAdmin.ID)
	v.open(own).is(200)
	v.send(own, url.Values{"version": {"1"}, "name": {"M"}, "rollen": {"clerk"}}).is(409).shows("nicht selbst nehmen")
	v.open(own)
	v.send(own+"/abschalten", url.Values{"version": {"1"}}).is(409)
	v.open(own)
	v.open(v.send(fmt.Sprint("/verwaltung/personen/", st.Clerk2.ID, "/kennwort"), url.Values{"version": {"1"}}).is(303).header.Get("Location")).is(200).shows("Ein Link ist unterwegs")
	st.letter(st.Clerk2.Email, models.MailReset)
	v.send(fmt.Sprint("/verwaltung/personen/", st.LeipzigClerk.ID, "/kennwort"), url.Values{"version": {"1"}}).is(404)
}

func TestTheLastAdminStays(t *testing.T) {
	st := newStage(t)
	v := st.signIn(st.Admin)
	own := fmt.Sprint("/verwaltung/personen/", st.Admin.ID)
	v.open(own)
	v.send(own, url.Values{"version": {"1"}, "name": {"A"}, "rollen": {"auditor"}}).is(409)
	v.open("/verwaltung/personen")
	v.send("/verwaltung/personen/suche", url.Values{"email": {st.Clerk.Email}}).is(303)
	v.send("/verwaltung/personen/suche", url.Values{"email": {"niemand@x.example"}}).is(200).shows("gibt es hier nicht")
	v.open("/verwaltung/personen?kommune=Leipzig").is(200).shows(st.LeipzigClerk.Email)
	v.open("/verwaltung/personen?kommune=Atlantis").is(200).shows("Atlantis")
	v.open("/verwaltung/personen?seite=kisa").is(200).shows(st.Agent.Email)
	v.open("/verwaltung/personen/neu?kommune=Leipzig").is(200).shows("Neues Konto für Leipzig")
	v.send("/verwaltung/personen", url.Values{"kommune": {Leipzig}, "email": {"neu@leipzig.example"}, "name": {"Neu"}, "rollen": {"tenant_admin"}}).is(303)
}

func TestChangingThePolicy(t *testing.T) {
	st := newStage(t)
	v, admin := st.signIn(st.TenantAdmin), st.signIn(st.Admin)
	v.open("/verwaltung/freigaben").is(303)
	r := v.open("/verwaltung/freigaben/14625020").is(200).shows("Freigaberegeln: Bautzen", "Geburtsurkunde")
	version := regexp.MustCompile(`name="version" value="(\d+)"`).FindStringSubmatch(string(r.body))[1]
	v.send("/verwaltung/freigaben/14625020", url.Values{"version": {version}, "jede-zahl": {"9"}}).is(422).shows("Fehler:", `value="9"`)
	where := v.send("/verwaltung/freigaben/14625020", url.Values{"version": {version}, "jede-zahl": {"2"}}).is(303).header.Get("Location")
	v.open(where).is(200).shows("wartet jetzt auf eine zweite Person", st.Approver.Name).lacks("verlangt mehr")
	v.open("/verwaltung/freigaben/14625020/" + Birth).is(303) // nothing else is proposed meanwhile
	st.agrees(st.Approver)
	v.open("/verwaltung/freigaben/14625020").is(200).shows("verlangt mehr")
	v.open("/verwaltung/freigaben/14625020")
	v.send("/verwaltung/freigaben/14625020", url.Values{"version": {version}, "jede-zahl": {"3"}}).is(409).shows("inzwischen geändert", `value="3"`, ": 2")
	form := "/verwaltung/freigaben/14625020/" + Birth
	r = v.open(form).is(200).shows("Für jede Änderung verlangt Ihre Kommune schon 2 Freigaben.", "abschnitt-gebuehren")
	values := url.Values{}
	for _, m := range regexp.MustCompile(`id="(abschnitt-[^"]+)" name="[^"]+" type="text" value="(\d)"`).FindAllStringSubmatch(string(r.body), -1) {
		values.Set(m[1], m[2])
	}
	values.Set("version", regexp.MustCompile(`name="version" value="(\d+)"`).FindStringSubmatch(string(r.body))[1])
	values.Set("abschnitt-gebuehren", "0")
	v.send(form, values).is(422).shows("von 1 bis 5")
	values.Set("abschnitt-gebuehren", "3")
	v.send(form, values).is(303)
	st.agrees(st.Deputy)
	p, err := st.s.Policy(t.Context(), st.Admin, Bautzen)
	if err != nil || p.Rules["*"]["*"] != 2 || len(p.Rules[Birth]) != 1 || p.Rules[Birth]["gebuehren"] != 3 {
		t.Fatalf("%v %v", p, err)
	}
	admin.open("/verwaltung/freigaben?kommune=bautzen").is(303)
	admin.open("/verwaltung/freigaben?kommune=Nirgends").is(200).shows("Nirgends")
	admin.open("/verwaltung/freigaben/14625020").is(200).shows("verlangt für jede Änderung 2 Freigaben")
	admin.open(form).is(403)
	admin.send("/verwaltung/freigaben/14625020", url.Values{"version": {"5"}, "jede-zahl": {"1"}}).is(403)
	admin.open("/verwaltung/freigaben/14999999").is(404)
}

func TestChangingAProfile(t *testing.T) {
	st := newStage(t)
	v := st.signIn(st.TenantAdmin)
	r := v.open("/verwaltung/kommunen/14625020").is(200).shows("amt@14625020.example", "Gemeindeschlüssel", "Geburtsurkunde")
	version := regexp.MustCompile(`name="version" value="(\d+)"`).FindStringSubmatch(string(r.body))[1]
	post := func(mail, days, version string) *reply {
		t.Helper()
		return v.send("/verwaltung/kommunen/14625020", url.Values{"version": {version}, "office_mail": {mail}, "closing_days": {days}})
	}
	post("kein", "", version).is(422).shows("Fehler:", `value="kein"`)
	post("amt@bautzen.example", "24.12.2026\nmorgen", version).is(422).shows("„morgen“ ist kein Tag")
	where := post("buergeramt@bautzen.example", "31.12.2026\n24.12.2026\n24.12.2026", version).is(303).header.Get("Location")
	v.open(where).is(200).shows("Die Angaben sind gespeichert.", "buergeramt@bautzen.example", "24.12.2026\n31.12.2026")
	post("alt@bautzen.example", "", version).is(409).shows("inzwischen geändert", "alt@bautzen.example", "buergeramt@bautzen.example")
	v.send("/verwaltung/kommunen/14713000", url.Values{"version": {"2"}}).is(404)
	admin := st.signIn(st.Admin)
	admin.open("/verwaltung/kommunen?q=leip").is(200).shows("Leipzig")
	admin.open("/verwaltung/kommunen?q=1462").is(200).shows("Bautzen")
	admin.open("/verwaltung/kommunen?q=zzz").is(200).shows("Keine Kommune gefunden")
}

// upload sends a file as a browser does, to the address that the form names.
func (v *visitor) upload(path, name, content string) *reply {
	v.Helper()
	body, kind := v.form(append(v.sealed(), part{"file", name, content})...)
	req := httptest.NewRequest(http.MethodPost, path, bytes.NewReader(body))
	req.Header.Set("Content-Type", kind)
	r := v.do(req)
	if r.status == 200 {
		v.html = string(r.body)
	}
	return r
}

func hidden(t *testing.T, r *reply, name string) string {
	t.Helper()
	m := regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(string(r.body))
	if m == nil {
		t.Fatalf("no %s on the page", name)
	}
	return m[1]
}

func TestImportingTheRegister(t *testing.T) {
	st := newStage(t)
	v := st.signIn(st.Admin)
	v.open("/verwaltung/kommunen/einlesen").is(200).shows("GV100AD")
	v.upload("/verwaltung/kommunen/einlesen", "leer.txt", "").is(422).shows("Fehler:", "Wählen Sie eine Datei aus.")
	v.upload("/verwaltung/kommunen/einlesen", "falsch.txt", "Guten Tag").is(422).shows("kein Gemeindeverzeichnis")
	r := v.upload("/verwaltung/kommunen/einlesen", "gv.txt", read(t, "../models/gv100ad/testdata/made-for-tests.txt")).is(200).shows("Neu", "Jetzt einlesen", "Noch ist nichts gespeichert.")
	before, _, _, _ := st.s.Holdings(t.Context())
	list := hidden(t, r, "liste")
	v.send("/verwaltung/kommunen/einlesen/tun", url.Values{"liste": {"x" + list}}).is(400)
	v.send("/verwaltung/kommunen/einlesen/tun", url.Values{"liste": {list}}).is(303)
	after, _, _, _ := st.s.Holdings(t.Context())
	if after <= before {
		t.Errorf("%d, %d", before, after)
	}
}

func TestImportingAQuestionnaire(t *testing.T) {
	st := newStage(t)
	v := st.signIn(st.Admin)
	v.open("/verwaltung/assistenten").is(200).shows("Geburtsurkunde", Birth)
	v.open("/verwaltung/assistenten/"+Birth).is(200).shows("Version 1", "Geldbetrag", "Abschnitte und Datenfelder")
	v.open("/verwaltung/assistenten/GibtEsNicht").is(404)
	v.open("/verwaltung/assistenten/pruefen").is(200)
	v.send("/verwaltung/assistenten/pruefen", url.Values{"text": {""}}).is(422).shows("Fügen Sie den Fragebogen ein.")
	v.send("/verwaltung/assistenten/pruefen", url.Values{"text": {`{"key": 5}`}}).is(422).shows("Fehler im Fragebogen", "/key", "&#34;key&#34;")
	text := read(t, "../models/definition/assistants/"+Birth+".json")
	v.send("/verwaltung/assistenten/pruefen", url.Values{"text": {text}}).is(200).shows("ist schon eingelesen")
	v.send("/verwaltung/assistenten/pruefen", url.Values{"text": {strings.Replace(text, `"Geburtsurkunde"`, `"Urkunde"`, 1)}}).is(409).shows("höhere Version")
	newer := strings.Replace(text, `"version": 1`, `"version": 2`, 1)
	newer = strings.Replace(newer, `"kontakt.email"`, `"kontakt.mail"`, 1)
	v.open("/verwaltung/assistenten/pruefen")
	r := v.upload("/verwaltung/assistenten/pruefen", "neu.json", newer).is(200).shows("Version 2 würde Version 1 ablösen", "Neue Datenfelder", "Weggefallene Datenfelder", "2 Formulare würden", "Werte, die nicht mehr passen", "standesamt@town.example", "Das Feld gibt es nicht mehr.")
	packed, sum := hidden(t, r, "fragebogen"), hidden(t, r, "pruefsumme")
	v.send("/verwaltung/assistenten/einlesen", url.Values{"fragebogen": {packed}, "pruefsumme": {"anders"}}).is(400)
	where := v.send("/verwaltung/assistenten/einlesen", url.Values{"fragebogen": {packed}, "pruefsumme": {sum}}).is(303).header.Get("Location")
	v.open(where).is(200).shows("Die Daten sind eingelesen.", "Version 2", "vergleich?von=1&amp;bis=2")
	v.open("/verwaltung/assistenten/" + Birth + "?version=1").is(200).shows("ältere Version")
	v.open("/verwaltung/assistenten/"+Birth+"/vergleich?von=1&bis=2").is(200).shows("kontakt.mail", "kontakt.email")
	v.open("/verwaltung/assistenten/" + Birth + "/vergleich?von=1&bis=7").is(404)
	v.open("/verwaltung/protokoll?kommune=Bautzen").is(200).shows("neuer Fragebogen übernommen", st.Admin.Name)
}

func TestTheTrailAndItsCheck(t *testing.T) {
	st := stageWith(t, func(c *handlers.Config) {
		c.Settings = []templates.Setting{{Name: "FORMWANDEL_ADDR", Value: "127.0.0.1:8080", Default: true}, {Name: "FORMWANDEL_DEMO_PASSWORD", Secret: true}}
	})
	number := st.mailed()
	st.post(st.Agent, "/api/v1/requests/"+number+"/comments", `{"text":"nur für uns","internal":true}`).is(201)
	v, mandant := st.signIn(st.Auditor), st.signIn(st.TenantAdmin)
	v.open("/verwaltung/protokoll").is(200).shows("Ganze Installation", "Konto angelegt", "Fragebogen eingelesen", "Jetzt prüfen")
	v.open("/verwaltung/protokoll?kommune=Bautzen").is(200).shows(number, "eingereicht", st.Clerk.Name, "kommentiert")
	v.open(fmt.Sprint("/verwaltung/protokoll?kommune=Bautzen&vorgang=submit&person=", st.Clerk.ID)).is(200).shows(number)
	v.open("/verwaltung/protokoll?kommune=Bautzen&person=niemand@x.example").is(200).shows("Kein Eintrag gefunden.")
	v.open("/verwaltung/protokoll?kommune=Atlantis").is(200).shows("Fehler:", "Atlantis")
	r := mandant.open("/verwaltung/protokoll").is(200).shows(number, "Bautzen")
	if bytes.Contains(r.body, []byte("kommentiert</td>")) || bytes.Contains(r.body, []byte(">kommentiert<br>")) || bytes.Contains(r.body, []byte("Jetzt prüfen")) {
		t.Error("a municipality sees what is for the provider's eyes")
	}
	v.open("/verwaltung/protokoll")
	v.send("/verwaltung/protokoll/pruefung", url.Values{}).is(200).shows("vollständig und unverändert", "Gesamtprüfsumme")
	v.open("/verwaltung").is(200).shows("vollständig")
	heads := v.open("/verwaltung/protokoll/enden.txt").is(200).shows("00000000 ", Bautzen+" ", "all ")
	if !strings.HasPrefix(heads.header.Get("Content-Disposition"), "attachment") {
		t.Error(heads.header)
	}
	mandant.open("/verwaltung/protokoll/enden.txt").is(403)
	v.open("/verwaltung/einstellungen").is(200).shows("127.0.0.1:8080", "SQLite", "gesetzt, wird nicht gezeigt", "Adresse, an der das Programm antwortet")
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestCheckingAFileKeepsThePastedText: the two ways to check a questionnaire are one form.
func TestCheckingAFileKeepsThePastedText(t *testing.T) {
	st := newStage(t)
	admin := st.signIn(st.Admin)
	const place, pasted = "/verwaltung/assistenten/pruefen", "eingefügter Fragebogen"
	for tun, says := range map[string]string{"datei": "Wählen Sie eine Datei aus.", "text": pasted} {
		admin.open(place)
		body, kind := admin.form(append(admin.sealed(), part{"text", "", pasted}, part{"tun", "", tun})...)
		req := httptest.NewRequest(http.MethodPost, place, bytes.NewReader(body))
		req.Header.Set("Content-Type", kind)
		admin.do(req).is(422).shows(says, pasted)
	}
}
