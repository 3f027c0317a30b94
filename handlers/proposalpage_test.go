package handlers_test

import (
	"net/url"
	"strings"
	"testing"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

const (
	policyDesk = "/verwaltung/freigaben/" + Bautzen
	policyPage = "/freigaberegeln/" + Bautzen
)

// agrees lets somebody agree to the policy that waits in Bautzen.
func (st *stage) agrees(u models.User) {
	st.Helper()
	p, err := st.s.Policy(st.Context(), u, Bautzen)
	if err == nil {
		_, err = st.s.AgreePolicy(st.Context(), u, Bautzen, p.Version, nil)
	}
	if err != nil {
		st.Fatal(err)
	}
}

// proposes lets Bautzen's administrator propose so many approvals for every change, on the page.
func (v *visitor) proposes(n string) *reply {
	v.Helper()
	version := hidden(v.T, v.open(policyDesk).is(200), "version")
	return v.send(policyDesk, url.Values{"version": {version}, "jede-zahl": {n}})
}

// decides sends what a page about a proposal offers.
func (v *visitor) decides(how, version string, more ...string) *reply {
	v.Helper()
	values := url.Values{"version": {version}}
	for i := 0; i+1 < len(more); i += 2 {
		values.Set(more[i], more[i+1])
	}
	return v.send(policyPage+"/"+how, values)
}

// TestAProposalOnThePages: who proposes sees that it waits; who may agree is led there, sees what changes, and it counts (T15).
func TestAProposalOnThePages(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		mandant, approver, clerk, admin := st.signIn(st.TenantAdmin), st.signIn(st.Approver), st.signIn(st.Clerk), st.signIn(st.Admin)
		approver.open("/").is(200).hides(policyPage)
		approver.open(policyPage).is(200).shows("Freigaberegeln: Bautzen").hides("wartet", "Vorschlagen", "/verwaltung")
		mandant.open(mandant.proposes("2").is(303).header.Get("Location")).is(200).
			shows("Vorschlag wartet auf Zustimmung", "Alle Formulare", "jede Änderung", "wie im Fragebogen", st.TenantAdmin.Name, st.Approver.Name, "entscheidet nicht selbst", "/zurueckziehen").hides("/zustimmen", "/ablehnen", `name="jede-zahl"`)
		mandant.open("/").is(200).hides("wartet auf Ihre Zustimmung")
		mandant.open("/verwaltung").is(200).shows("Ein Vorschlag wartet auf Zustimmung.")
		clerk.open("/").is(200).hides(policyPage)
		clerk.open(policyPage).is(200).shows("Vorschlag wartet").hides("/zustimmen", "/ablehnen", "/zurueckziehen")
		admin.open(policyDesk).is(200).shows("Vorschlag wartet", "dort eine zweite Person").hides("/zustimmen", "/ablehnen", "/zurueckziehen")
		st.signIn(st.LeipzigApprover).open(policyPage).is(404)

		approver.open("/").is(200).shows("wartet auf Ihre Zustimmung", policyPage)
		l := st.letter(st.Approver.Email, models.MailPolicyProposed)
		if len(l.Facts.Policy) != 1 || l.Facts.Actor != st.TenantAdmin.Name || l.Facts.Comment != "" {
			t.Errorf("%+v", l.Facts)
		}
		version := hidden(t, approver.open(policyPage).is(200).shows("/zustimmen", "/ablehnen").hides("/zurueckziehen"), "version")
		mandant.decides("zustimmen", version).is(403).shows("entscheidet nicht selbst")
		approver.decides("zustimmen", "1").is(409).shows("inzwischen geändert", "Vorschlag wartet auf Zustimmung")
		before := st.file(st.Clerk, fee(2500, "2027-01-01"))
		approver.open(approver.decides("zustimmen", version).is(303).header.Get("Location")).is(200).shows("Sie haben zugestimmt", "verlangt mehr").hides("Vorschlag wartet")
		approver.decides("zustimmen", version).is(409)
		st.get(st.Clerk, requests+"/"+before).is(200).has("lanes/0/needed", 1)
		st.get(st.Clerk, requests+"/"+st.file(st.Clerk, fee(2600, "2027-02-01"))).is(200).has("lanes/0/needed", 2)
		mandant.open("/verwaltung/protokoll").is(200).shows("Freigaberegeln vorgeschlagen", "Freigaberegeln geändert", st.Approver.Name)
		if st.letters(st.TenantAdmin.Email, models.MailPolicyAgreed) != 1 {
			t.Error("who proposed it is not told")
		}
		st.whole()
	})
}

// TestDecliningOnThePage: the reason goes to who proposed it, and is not lost when somebody was faster.
func TestDecliningOnThePage(t *testing.T) {
	st := newStage(t)
	mandant, approver, deputy := st.signIn(st.TenantAdmin), st.signIn(st.Approver), st.signIn(st.Deputy)
	mandant.proposes("2").is(303)
	version := hidden(t, approver.open(policyPage).is(200), "version")
	deputy.open(policyPage)
	approver.open(approver.decides("ablehnen", version, "grund", "Das <schaffen> wir nicht.").is(303).header.Get("Location")).is(200).shows("Sie haben den Vorschlag abgelehnt").hides("Vorschlag wartet")
	deputy.decides("ablehnen", version, "grund", "Ich auch nicht.").is(409).shows("inzwischen geändert", "Ich auch nicht.")
	mandant.proposes("3").is(303)
	version = hidden(t, deputy.open(policyPage).is(200), "version")
	deputy.decides("ablehnen", version, "grund", "x"+strings.Repeat("ä", 3000)).is(422).shows("xää", "Fehler:")
	deputy.decides("ablehnen", "7777", "grund", "Zu viele.").is(409).shows("Zu viele.", "Vorschlag wartet")
	mandant.send(policyDesk, url.Values{"version": {"1"}, "jede-zahl": {"4"}}).is(409).shows("inzwischen geändert", "für jede Änderung: 4", "Vorschlag wartet") // typed before the proposal was there
	mandant.open(mandant.decides("zurueckziehen", version).is(303).header.Get("Location")).is(200).shows("Der Vorschlag ist zurückgezogen", `name="jede-zahl"`)
	if l := st.letter(st.TenantAdmin.Email, models.MailPolicyDeclined); l.Facts.Comment != "Das <schaffen> wir nicht." {
		t.Errorf("%+v", l.Facts)
	}
	st.whole()
}

// TestAgreeingIsConfirmed: a second person shows again who they are before the policy counts.
func TestAgreeingIsConfirmed(t *testing.T) {
	st := newStage(t)
	mandant, approver := st.signIn(st.TenantAdmin), st.signIn(st.Approver)
	mandant.proposes("2").is(303)
	st.later(models.ConfirmFor)
	version := hidden(t, approver.open(policyPage).is(200), "version")
	waits := approver.decides("zustimmen", version).is(403).shows("Bestätigen Sie, dass Sie es sind").waiting()
	if st.counted("events", "action = 'policy'") != 0 {
		t.Fatal("agreed without a proof")
	}
	waits.Set("proof_password", castPassword)
	approver.sendAs(policyPage+"/zustimmen", waits).is(303)
	if st.counted("events", "action = 'policy'") != 1 {
		t.Error("it does not count")
	}
}

// TestNobodyElseCouldAgree: the page says so before anything is typed, and leads to the way out.
func TestNobodyElseCouldAgree(t *testing.T) {
	st := newStage(t)
	st.colleague("zweite@bautzen.example", models.TenantAdmin)
	mandant := st.signIn(st.TenantAdmin)
	version := hidden(t, mandant.open(policyDesk).is(200).shows("Vorschlagen"), "version")
	for _, email := range []string{st.Approver.Email, st.Deputy.Email, "zweite@bautzen.example"} {
		m := st.member(email)
		if err := st.s.SwitchPerson(t.Context(), st.Admin, m.ID, m.Version, false, nil); err != nil {
			t.Fatal(err)
		}
	}
	mandant.open(policyDesk).is(200).shows("zurzeit niemand außer Ihnen", "/verwaltung/personen/neu").hides(`name="jede-zahl"`)
	mandant.send(policyDesk, url.Values{"version": {version}, "jede-zahl": {"2"}}).is(409).shows("Außer Ihnen kann in Ihrer Kommune niemand zustimmen")
}

// TestAQuestionnaireThatLowersIsRefused on the page that looks at it, and when it is sent past that page (T15).
func TestAQuestionnaireThatLowersIsRefused(t *testing.T) {
	st := newStage(t)
	v := st.signIn(st.Admin)
	text := strings.Replace(read(t, "../models/definition/assistants/"+Birth+".json"), `"version": 1`, `"version": 2`, 1)
	lower := strings.Replace(text, `"approval": {"municipality": 1, "provider": 1}`, `"approval": {"municipality": 0, "provider": 1}`, 1)
	higher := strings.Replace(text, `"approval": {"municipality": 1, "provider": 1}`, `"approval": {"municipality": 2, "provider": 3}`, 1)
	if lower == text || higher == text {
		t.Fatal("nothing was replaced")
	}
	v.open("/verwaltung/assistenten/pruefen").is(200)
	v.send("/verwaltung/assistenten/pruefen", url.Values{"text": {lower}}).is(422).shows("Freigaben der Kommune im Abschnitt „Gebühren“: bisher 1, in diesem Fragebogen nur 0", "formwandel import assistant DATEI").hides("pruefsumme")
	looked := func(text string) url.Values {
		r := v.send("/verwaltung/assistenten/pruefen", url.Values{"text": {text}}).is(200)
		return url.Values{"fragebogen": {hidden(t, r, "fragebogen")}, "pruefsumme": {hidden(t, r, "pruefsumme")}}
	}
	same, more := looked(strings.Replace(text, `"version": 2`, `"version": 3`, 1)), looked(higher)
	v.send("/verwaltung/assistenten/einlesen", more).is(303)
	v.send("/verwaltung/assistenten/einlesen", same).is(422).shows("bisher 2, in diesem Fragebogen nur 1", "bisher 3, in diesem Fragebogen nur 1")
	if n := st.counted("definitions", "version = 3"); n != 0 {
		t.Error("it was taken")
	}
	st.whole()
}
