package handlers_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"formwandel/handlers"
	"formwandel/models"
	. "formwandel/models/modelstest"
)

// TestCheckpointsForEverybody: published without the lines of the chains, on pages with them.
func TestCheckpointsForEverybody(t *testing.T) {
	dir := t.TempDir()
	st := stageWith(t, func(c *handlers.Config) { c.Data = dir })
	latest, all := "/public/v1/checkpoints/latest", "/public/v1/checkpoints"
	st.do1(latest).is(404)
	st.do1(all).is(200)
	auditor := st.signIn(st.Auditor)
	auditor.open("/verwaltung/protokoll").is(200).shows("keinen signierten Prüfpunkt")
	auditor.open("/verwaltung/protokoll/pruefpunkte").is(200).shows("Es gibt noch keinen Prüfpunkt")
	made, err := st.s.Checkpoint(context.Background(), dir, "")
	if err != nil {
		t.Fatal(err)
	}
	r := st.do1(latest).is(200)
	if string(r.body) != made.Short() || strings.Contains(string(r.body), "14625020") {
		t.Errorf("%s", r.body)
	}
	if again := st.do1(latest, "If-None-Match", r.header.Get("ETag")).is(304); len(again.body) != 0 {
		t.Errorf("%s", again.body)
	}
	var list struct {
		Items []struct{ Statement string }
		Keys  []struct{ PEM string }
	}
	body := st.do1(all).is(200).body
	if err := json.Unmarshal(body, &list); err != nil || len(list.Items) != 1 || list.Items[0].Statement != made.Statement() || len(list.Keys) != 1 || bytes.Contains(body, []byte("14625020")) {
		t.Errorf("%s, %v", body, err)
	}
	auditor.open("/verwaltung/protokoll").is(200).shows("Letzter Prüfpunkt: Nummer 1")
	auditor.open("/verwaltung/protokoll/pruefpunkte").is(200).shows(made.Key, made.Digest[:16], "in Gebrauch seit")
	if text := auditor.open("/verwaltung/protokoll/pruefpunkte/1.txt").is(200); string(text.body) != made.Text() {
		t.Errorf("%s", text.body)
	}
	auditor.open("/verwaltung/protokoll/pruefpunkte/2.txt").is(404)
	auditor.open("/verwaltung/protokoll/pruefpunkte/x.txt").is(404)
	if pem := auditor.open("/verwaltung/protokoll/schluessel.pem").is(200); string(pem.body) != list.Keys[0].PEM {
		t.Errorf("%s", pem.body)
	}
	st.signIn(st.TenantAdmin).open("/verwaltung/protokoll/pruefpunkte").is(403)
}

// TestCheckpointsHaveALimit: nobody without an account keeps the server busy with the list of checkpoints; who reads forms is not slowed down by it.
func TestCheckpointsHaveALimit(t *testing.T) {
	st := stageWith(t, func(c *handlers.Config) { c.Rate = 2 })
	for _, path := range []string{"/public/v1/checkpoints", "/public/v1/checkpoints/latest"} {
		n, r := 0, st.do1(path)
		for ; r.status != 429 && n < 200; n++ {
			r = st.do1(path)
		}
		if r.is(429); r.header.Get("Retry-After") == "" || n > 50 {
			t.Errorf("%s: refused after %d calls, Retry-After %q", path, n, r.header.Get("Retry-After"))
		}
	}
	st.do1("/public/v1/forms/" + Bautzen + "/" + Dog).is(200)
}

// do1 asks for something without signing in.
func (st *stage) do1(path string, header ...string) *reply {
	st.Helper()
	return st.get(nobody, path, header...)
}

// TestAReceiptIsForWhoeverSeesTheRequest.
func TestAReceiptIsForWhoeverSeesTheRequest(t *testing.T) {
	dir := t.TempDir()
	st := stageWith(t, func(c *handlers.Config) { c.Data = dir })
	number := st.file(st.Clerk, fee(2500, "2027-01-01"))
	if _, err := st.s.Checkpoint(context.Background(), dir, ""); err != nil {
		t.Fatal(err)
	}
	keys, err := st.s.SigningKeys(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	clerk := st.signIn(st.Clerk)
	clerk.open("/auftraege/" + number + "/akte").is(200).shows("Beleg herunterladen")
	r := clerk.open("/auftraege/" + number + "/beleg").is(200)
	receipt, err := models.ReadReceipt(r.body)
	if err != nil || len(receipt.Flaws(keys)) != 0 || receipt.Number != number || !strings.HasPrefix(r.header.Get("Content-Disposition"), "attachment") {
		t.Errorf("%v: %s", err, r.body)
	}
	st.signIn(st.LeipzigClerk).open("/auftraege/" + number + "/beleg").is(404)
}

// TestTheSecurityLogKnowsWhoTookWhat: documents, case files, receipts and figures, each with whoever has taken it.
func TestTheSecurityLogKnowsWhoTookWhat(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		number := st.file(st.Clerk, fee(2500, "2027-01-01"))
		a, err := st.s.Attach(t.Context(), st.Clerk, number, "Satzung.txt", []byte("Satzung"), nil)
		if err != nil {
			t.Fatal(err)
		}
		clerk := st.signIn(st.Clerk)
		for _, path := range []string{"/anlagen/" + strconv.FormatInt(a.ID, 10), "/akte"} {
			clerk.open("/auftraege/" + number + path).is(200)
		}
		clerk.open("/zahlen.csv").is(200)
		st.get(st.Agent, requests+"/"+number+"/attachments/"+strconv.FormatInt(a.ID, 10))
		st.signIn(st.LeipzigClerk).open("/auftraege/" + number + "/akte").is(404)
		entries, _, err := st.s.SecurityLog(t.Context(), st.Auditor, models.SecurityFilter{Code: models.Downloaded, Since: 90 * 24 * time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range entries {
			got = append(got, fmt.Sprint(e.UserID, " ", e.Detail))
		}
		slices.Sort(got)
		document := fmt.Sprint("attachment ", a.ID)
		want := []string{fmt.Sprint(st.Agent.ID, " ", document), fmt.Sprint(st.Clerk.ID, " ", document), fmt.Sprint(st.Clerk.ID, " case_file ", number), fmt.Sprint(st.Clerk.ID, " figures")}
		if slices.Sort(want); !slices.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
	})
}

// TestTheSecurityLogKnowsWhoWasRefused, and shows a municipality what is its own.
func TestTheSecurityLogKnowsWhoWasRefused(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		var todo []func()
		st = stageOn(t, st.s.Dialect(), func(c *handlers.Config) { c.Later = func(f func()) { todo = append(todo, f) } })
		number := st.file(st.Clerk, fee(2500, "2027-01-01"))
		leipzig := st.signIn(st.LeipzigClerk)
		foreign, missing := leipzig.open("/auftraege/"+number).is(404), leipzig.open("/auftraege/KA-2026-999999").is(404)
		if strings.ReplaceAll(string(foreign.body), number, "") != strings.ReplaceAll(string(missing.body), "KA-2026-999999", "") {
			t.Error("what is foreign looks otherwise than what is missing")
		}
		leipzig.open("/formulare/14625020/KOMM24Geburtsurkunde").is(404)
		leipzig.open("/verwaltung").is(403)
		clerk := st.signIn(st.Clerk)
		clerk.sendAs("/auftraege/"+number+"/kommentar", nil).is(403)
		for _, f := range todo {
			f()
		}
		counts, err := st.s.SecurityCounts(t.Context(), st.Auditor, models.SecurityFilter{Since: 90 * 24 * time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		got := map[models.SecurityCode]int64{}
		for _, c := range counts {
			got[c.Code] = c.N
		}
		if got[models.TenantViolation] != 2 || got[models.RightMissing] != 1 || got[models.FormForged] != 1 {
			t.Errorf("%v", got)
		}
		auditor := st.signIn(st.Auditor)
		auditor.open("/verwaltung/sicherheitsprotokoll?stunden=2160").is(200).shows("Fremde Kommune angefragt", "Recht fehlte", "Gefälschtes Formular", "GET /verwaltung")
		auditor.open("/verwaltung/sicherheitsprotokoll?stunden=2160&vorgang=form_forged").is(200).shows("POST /auftraege/:number/kommentar").hides("GET /verwaltung<")
		auditor.open("/verwaltung/sicherheitsprotokoll?stunden=7&vorgang=nix").is(200)
		auditor.open("/verwaltung/sicherheitsprotokoll?kommune=Nirgendwo").is(200).shows("Nirgendwo")
		if file := auditor.open("/verwaltung/sicherheitsprotokoll.csv?stunden=2160").is(200); !bytes.Contains(file.body, []byte("tenant_violation;Fremde Kommune angefragt;14713000")) {
			t.Errorf("%s", file.body)
		}
		bautzen := st.signIn(st.TenantAdmin)
		bautzen.open("/verwaltung/sicherheitsprotokoll?stunden=2160").is(200).shows("Gefälschtes Formular").hides("GET /verwaltung<", `name="kommune"`)
		bautzen.open("/verwaltung/sicherheitsprotokoll?kommune=14713000").is(404)
		leipzig.open("/verwaltung/sicherheitsprotokoll").is(403)
		leipzig.open("/verwaltung/sicherheitsprotokoll.csv").is(403)
	})
}

// TestEveryWayToAskForWhatIsForeignIsNoticed: in a path, in a query whose list is empty, in a body; what is one's own
// or nobody's is not.
func TestEveryWayToAskForWhatIsForeignIsNoticed(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		var todo []func()
		st = stageOn(t, st.s.Dialect(), func(c *handlers.Config) { c.Later = func(f func()) { todo = append(todo, f) } })
		number := st.file(st.Clerk, fee(2500, "2027-01-01"))
		foreign := fee(2500, "2027-01-01") // of Bautzen
		missing, own := fee(2500, "2027-01-01"), fee(2500, "2027-01-01")
		missing["form"], own["form"] = "99999999/KOMM24Geburtsurkunde", "14713000/GibtEsNicht"
		leipzig := st.signIn(st.LeipzigClerk)
		person := fmt.Sprint("/verwaltung/personen/", st.Clerk.ID)
		boss := st.signIn(st.colleagueIn("14713000", "mandant2@leipzig.example", models.TenantAdmin))
		for _, way := range []struct {
			name string
			ask  func()
			want int64
		}{
			{"a request", func() { st.get(st.LeipzigClerk, "/api/v1/requests/"+number).is(404) }, 1},
			{"a form", func() { st.get(st.LeipzigClerk, "/api/v1/forms/14625020/KOMM24Geburtsurkunde").is(404) }, 1},
			{"a form in a body", func() { st.post(st.LeipzigClerk, "/api/v1/requests", foreign).is(404) }, 1},
			{"no form in a body", func() { st.post(st.LeipzigClerk, "/api/v1/requests", missing).is(404) }, 0},
			{"no form of one's own", func() { st.post(st.LeipzigClerk, "/api/v1/requests", own).is(404) }, 0},
			{"a list", func() { st.get(st.LeipzigClerk, "/api/v1/requests?municipality=14625020").is(200) }, 1},
			{"one's own list", func() { st.get(st.LeipzigClerk, "/api/v1/requests?municipality=14713000").is(200) }, 0},
			{"a list of forms", func() { st.get(st.LeipzigClerk, "/api/v1/forms?municipality=14625020").is(200) }, 1},
			{"the provider's list", func() { st.get(st.Agent, "/api/v1/requests?municipality=14625020").is(200) }, 0},
			{"a page's list", func() { leipzig.open("/auftraege?municipality=14625020").is(200) }, 1},
			{"forms on a page", func() { leipzig.open("/formulare?kommune=14625020").is(200) }, 1},
			{"an account", func() { boss.open(person).is(404) }, 1},
			{"no account", func() { boss.open("/verwaltung/personen/999999").is(404) }, 0},
		} {
			seen := func() (n int64) {
				for _, f := range todo {
					f()
				}
				todo = nil
				st.query("SELECT coalesce(sum(count), 0) FROM security_events WHERE code = 'tenant_violation' AND ags = '14713000'", func(scan func(...any) error) error { return scan(&n) })
				return n
			}
			before := seen()
			way.ask()
			if n := seen() - before; n != way.want {
				t.Errorf("%s: noticed %d times, want %d", way.name, n, way.want)
			}
		}
	})
}
