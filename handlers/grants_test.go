package handlers_test

import (
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestGrantingAccess on the web and by the API: what the provider may not, it is told whom to ask; under a grant it may, and the municipality sees what was done.
func TestGrantingAccess(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		town := "/verwaltung/kommunen/14625020"
		page, access := "/verwaltung/rechtevergabe/14625020", "/api/v1/municipalities/14625020/access"
		form := "/formulare/14625020/KOMM24Geburtsurkunde"
		mandant, admin, agent := st.signIn(st.TenantAdmin), st.signIn(st.Admin), st.signIn(st.Agent)
		st.get(st.Agent, access).is(200).has("items/0/granted", false, "items/1/kind", "maintenance")
		admin.open(town).is(200).shows("Das Profil pflegt die Kommune selbst").hides(`name="office_mail"`)
		admin.send(town, url.Values{"version": {"1"}, "office_mail": {"x@bautzen.example"}}).is(403).shows("Mandanten-Administration")
		agent.open(form).is(200).shows("Den Wartungsmodus schaltet die Kommune selbst").hides(form + "/wartung")
		agent.open(form + "/wartung").is(403)
		st.send(call{st.Agent, "PUT", "/api/v1/forms/14625020/KOMM24Geburtsurkunde/maintenance", object{"on": true}, nil}).refused(403, "access_needed_maintenance")

		mandant.open("/verwaltung").is(200).shows("Rechtevergabe")
		mandant.open("/verwaltung/rechtevergabe").is(303)
		mandant.open(page).is(200).shows("nicht freigegeben", "noch keine Freigabe genutzt")
		mandant.send(page, url.Values{"art": {"maintenance"}, "tun": {"erteilen"}, "gesehen": {"0"}, "bis-maintenance": {"31.02.2027"}, "grund-maintenance": {"Urlaub"}}).is(422).shows("31.01.2027", "31.02.2027", "Urlaub")
		mandant.send(page, url.Values{"art": {"maintenance"}, "tun": {"erteilen"}, "gesehen": {"0"}, "bis-maintenance": {"01.01.2020"}}).is(422).shows("Vergangenheit")
		mandant.send(page, url.Values{"art": {"maintenance"}, "tun": {"erteilen"}, "gesehen": {"0"}, "bis-maintenance": {"31. Januar 2027"}, "grund-maintenance": {"Urlaub"}}).is(303)
		mandant.open(page+"?erledigt=access_grant").is(200).shows("Die Freigabe ist erteilt", "31.01.2027", "Urlaub")
		mandant.send(page, url.Values{"art": {"maintenance"}, "tun": {"erteilen"}, "gesehen": {"0"}}).is(409).shows("inzwischen geändert")
		st.send(call{st.TenantAdmin, "PUT", access, object{"kind": "profile", "granted": true}, nil}).is(200).has("granted", true)
		st.send(call{st.TenantAdmin, "PUT", access, object{"kind": "profile"}, nil}).refused(422, "parameter_required")
		st.send(call{st.TenantAdmin, "PUT", access, object{"kind": "profile", "granted": true, "until": "2027-02-30"}, nil}).refused(422, "not_a_day")
		st.get(st.Auditor, access).is(200).has("items/0/granted", true, "items/1/until", "2027-01-31", "items/1/by/name", st.TenantAdmin.Name)

		agent.open(form).is(200).shows(form + "/wartung")
		agent.open(form + "/wartung").is(200)
		agent.send(form+"/wartung", url.Values{"version": {"1"}, "an": {"ja"}}).is(303)
		admin.open(town).is(200).shows(`name="office_mail"`)
		admin.send(town, url.Values{"office_mail": {"neu@bautzen.example"}, "version": regexp.MustCompile(`name="version" value="(\d+)"`).FindStringSubmatch(admin.html)[1:]}).is(303)
		mandant.open(page).is(200).shows("Bearbeitung KISA", "Administration KISA", "KOMM24Geburtsurkunde").hides("noch keine Freigabe genutzt")
		agent.open(page).is(200).hides("Widerrufen", "<form method=\"post\" action=\""+page)
		seen := regexp.MustCompile(`name="art" value="maintenance"><input type="hidden" name="gesehen" value="(\d+)"`).FindStringSubmatch(mandant.html)
		mandant.send(page, url.Values{"art": {"maintenance"}, "tun": {"widerrufen"}, "gesehen": seen[1:]}).is(303)
		agent.open(form + "/wartung").is(403)
		for _, code := range []string{"access_granted", "access_withdrawn"} {
			if st.count("SELECT coalesce(sum(count), 0) FROM security_events WHERE code = '"+code+"'") == 0 {
				t.Errorf("%s is not in the security log", code)
			}
		}
	})
}

// TestHandlersAskTheTable: no handler and no page looks at roles itself; what may be done is asked by the name of the right.
func TestHandlersAskTheTable(t *testing.T) {
	byHand := regexp.MustCompile(`\.Has\(models\.|slices\.Contains\([a-z.]*Roles, models\.`)
	for _, room := range []string{".", "../templates"} {
		files, err := filepath.Glob(room + "/*.go")
		if err != nil || len(files) == 0 {
			t.Fatal("no files", err)
		}
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			if found := byHand.Find(text); found != nil && !strings.HasSuffix(f, "_test.go") {
				t.Errorf("%s: %s", f, found)
			}
		}
	}
}
