package handlers_test

import (
	"context"
	"testing"
	"time"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// TestComments: what is internal stays with the provider.
func TestComments(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		comments := requests + "/" + st.file(st.Clerk, fee(2500, "2027-01-01")) + "/comments"
		said := st.post(st.Clerk, comments, object{"text": "Bitte\nvor Weihnachten."}).is(201).has("internal", false, "author/side", "municipality")
		if said.header.Get("Location") != "" {
			t.Error("a comment has no place of its own")
		}
		st.post(st.Agent, comments, object{"text": "Satzung noch nicht veröffentlicht?", "internal": true}).is(201).has("internal", true)
		st.post(st.Clerk, comments, object{"text": "geheim", "internal": true}).refused(422, "internal_provider_only")
		st.post(st.Clerk, comments, object{"text": " \n "}).refused(422, "text_required")
		st.post(st.Auditor, comments, object{"text": "Ich lese nur."}).refused(403, "not_your_role")
		if mine, theirs := st.get(st.Clerk, comments).items(), st.get(st.Agent, comments).items(); mine != 1 || theirs != 2 {
			t.Errorf("the clerk reads %d comments, the agent %d", mine, theirs)
		}
		events := comments[:len(comments)-len("comments")] + "events"
		if mine, theirs := st.get(st.Clerk, events).items(), st.get(st.Agent, events).items(); mine != 2 || theirs != 3 {
			t.Errorf("the clerk reads %d events, the agent %d", mine, theirs)
		}
	})
}

// TestAttachments: a document comes back as it was sent, and only as a download.
func TestAttachments(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		number := st.file(st.Clerk, fee(2500, "2027-01-01"))
		first := st.attach(st.Clerk, number, []part{{"file", "Gebührensatzung 2027.exe", pdf}}).is(201).
			has("name", "Gebührensatzung 2027.pdf", "type", "application/pdf", "size", len(pdf))
		href := first.text("href")
		if first.header.Get("Location") != href || href != base+requests+"/"+number+"/attachments/"+itoa(int(first.at("id").(float64))) {
			t.Errorf("Location %q, href %q", first.header.Get("Location"), href)
		}
		st.attach(st.Agent, number, []part{{"file", "notiz.txt", "Nur eine Notiz."}}).is(201).has("type", "text/plain")
		if n := st.get(st.Clerk, requests+"/"+number+"/attachments").items(); n != 2 {
			t.Errorf("%d attachments", n)
		}
		got := st.get(st.Clerk, href[len(base):]).is(200)
		if string(got.body) != pdf {
			t.Errorf("downloaded %q", clip(got.body))
		}
		for name, want := range map[string]string{
			"Content-Type": "application/pdf", "Cache-Control": "no-store", "Content-Security-Policy": "default-src 'none'; sandbox",
			"Content-Disposition": "attachment; filename*=utf-8''Geb%C3%BChrensatzung%202027.pdf",
		} {
			if got.header.Get(name) != want {
				t.Errorf("%s: %q", name, got.header.Get(name))
			}
		}
		other := st.file(st.Clerk, fee(2600, "2027-02-01"))
		st.get(st.Clerk, requests+"/"+other+"/attachments"+href[len(href)-2:]).refused(404, "not_found")
		st.do(st.Clerk, number, "withdraw", "").is(200)
		st.attach(st.Clerk, number, []part{{"file", "spät.pdf", pdf}}).refused(409, "closed")
	})
}

// TestOutbox: a refused mail is seen on the request and in the outbox, and can be sent again.
func TestOutbox(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		ctx := context.Background()
		number := st.file(st.Clerk, fee(2500, "2027-01-01"))
		letters, err := st.s.LeaseMails(ctx, "test", 1, time.Hour)
		if err != nil || len(letters) != 1 {
			t.Fatalf("%d letters, %v", len(letters), err)
		}
		refused := letters[0].Mail
		if err := st.s.MarkRefused(ctx, refused, "550 no such user"); err != nil {
			t.Fatal(err)
		}
		st.get(st.Clerk, requests+"/"+number).is(200).has("mails/0/state", "failed", "mails/0/error", "550 no such user", "mails/1/state", "waiting")
		const mails = "/api/v1/mails"
		st.get(st.Clerk, mails).refused(403, "not_your_role")
		st.get(st.Agent, mails).refused(403, "not_your_role")
		st.get(st.Auditor, mails+"?state=failed").is(200).has("items/0/request", number, "items/0/to", refused.Recipient, "items/0/next_at", nil, "items/1", nil)
		st.get(st.Admin, mails+"?state=sent").is(200).has("items", "[]")
		st.get(st.Admin, mails+"?state=lost").refused(422, "unknown_state")
		retry := mails + "/" + itoa(int(refused.ID)) + "/retry"
		st.post(st.Auditor, retry, nil).refused(403, "not_your_role")
		st.post(st.Admin, retry, nil).is(200).has("state", "waiting", "error", "", "message_id", refused.MessageID)
		st.post(st.Admin, mails+"/999999/retry", nil).refused(404, "not_found")

		again, err := st.s.LeaseMails(ctx, "test", 100, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range again {
			if err := st.s.MarkSent(ctx, l.Mail); err != nil {
				t.Fatal(err)
			}
		}
		st.post(st.Admin, retry, nil).refused(409, "already_sent")
	})
}

// TestMaintenance: the municipality's own switch takes the values from the public at once.
func TestMaintenance(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		put := func(u models.User, on any) *reply {
			t.Helper()
			return st.send(call{u, "PUT", birthForm + "/maintenance", object{"on": on}, nil})
		}
		tag := st.get(nobody, publicBirth).is(200).header.Get("ETag")
		put(st.Clerk, true).refused(403, "not_your_role")
		put(st.Admin, true).refused(403, "access_needed_maintenance")
		put(st.LeipzigClerk, true).refused(404, "not_found")
		put(st.TenantAdmin, nil).refused(422, "on_required")
		put(st.TenantAdmin, true).is(200).has("maintenance", true, "version", 2)
		st.get(nobody, publicBirth, "If-None-Match", tag).is(200).has("maintenance", true, "values", nil)
		put(st.TenantAdmin, true).is(200).has("version", 2)
		put(st.TenantAdmin, false).is(200).has("maintenance", false, "version", 3)
		st.get(nobody, publicBirth).is(200).has("maintenance", false, "values/gebuehren.erste", 2000)
		st.get(st.Clerk, birthForm+"/versions").is(200).has("items/0/cause", "maintenance", "items/0/maintenance", false, "items/1/maintenance", true)
	})
}

// TestPolicy: a municipality may demand more of itself, for requests submitted from then on.
func TestPolicy(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		const policy = "/api/v1/municipalities/" + Bautzen + "/policy"
		put := func(u models.User, version int, p any) *reply {
			t.Helper()
			return st.send(call{u, "PUT", policy, object{"version": version, "policy": p}, nil})
		}
		before := st.file(st.Clerk, fee(2500, "2027-01-01"))
		v := st.get(st.TenantAdmin, policy).is(200).has("policy", "map[]").version()
		put(st.Clerk, v, object{}).refused(403, "not_your_role")
		put(st.Admin, v, object{}).refused(403, "not_your_role")
		put(st.LeipzigClerk, v, object{}).refused(404, "not_found")
		put(st.TenantAdmin, v, object{"KOMM24Nix": object{"*": 2}}).refused(422, "unknown_assistant")
		put(st.TenantAdmin, v, object{Birth: object{"nix": 2}}).refused(422, "unknown_section")
		put(st.TenantAdmin, v, object{Birth: object{"gebuehren": 6}}).refused(422, "approvals_range")
		put(st.TenantAdmin, v, object{Birth: object{"gebuehren": -1}}).refused(422, "approvals_range")
		put(st.TenantAdmin, v, nil).refused(422, "parameter_required")
		put(st.TenantAdmin, v, object{Birth: object{"gebuehren": 2}}).is(200).has("version", v+1, "policy", "map[]", "proposed/policy/"+Birth+"/gebuehren", 2, "proposed/by/name", st.TenantAdmin.Name)
		put(st.TenantAdmin, v, object{}).refused(409, "stale_policy")
		put(st.TenantAdmin, v+1, object{"*": object{"*": 1}}).refused(409, "policy_waits")
		st.get(st.Auditor, policy).is(200).has("version", v+1, "policy", "map[]", "proposed/policy/"+Birth+"/gebuehren", 2)
		st.get(st.Clerk, requests+"/"+st.file(st.Clerk, fee(2550, "2027-01-15"))).is(200).has("lanes/0/needed", 1)
		decide := func(u models.User, how string, body object, headers ...string) *reply {
			t.Helper()
			return st.send(call{u, "POST", policy + "/" + how, body, headers})
		}
		decide(st.TenantAdmin, "agree", object{"version": v + 1}).refused(403, "policy_own")
		decide(st.Clerk, "agree", object{"version": v + 1}).refused(403, "not_your_role")
		decide(st.Lead, "agree", object{"version": v + 1}).refused(403, "not_your_role")
		decide(st.LeipzigApprover, "agree", object{"version": v + 1}).refused(404, "not_found")
		decide(st.Approver, "agree", object{"version": v}).refused(409, "stale_policy")
		decide(st.Approver, "withdraw", object{"version": v + 1}).refused(403, "not_your_role")
		decide(st.Approver, "decline", object{"version": v + 1, "reason": "Lieber drei."}).is(200).has("version", v+2, "policy", "map[]", "proposed", nil)
		put(st.TenantAdmin, v+2, object{"*": object{"*": 3}}).is(200)
		decide(st.TenantAdmin, "withdraw", object{"version": v + 3}).is(200).has("version", v+4, "proposed", nil)
		decide(st.Approver, "agree", object{"version": v + 4}).refused(409, "policy_nothing_waits")
		put(st.TenantAdmin, v+4, object{Birth: object{"gebuehren": 2}}).is(200)
		for range 2 { // a retry counts once
			decide(st.Approver, "agree", object{"version": v + 5}, "Idempotency-Key", "zustimmen").is(200).has("version", v+6, "policy/"+Birth+"/gebuehren", 2, "proposed", nil)
		}
		put(st.TenantAdmin, v+6, object{Birth: object{"gebuehren": 2}}).refused(409, "policy_same")
		st.get(st.Auditor, policy).is(200).has("version", v+6, "policy/"+Birth+"/gebuehren", 2)
		st.get(st.Clerk, requests+"/"+before).is(200).has("lanes/0/needed", 1)
		st.post(st.Clerk, requests, fee(2600, "2027-02-01")).is(201).has("lanes/0/needed", 2)
	})
}

// TestWhoAmI: the caller, the catalogue, and what watches the server.
func TestWhoAmI(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		st.get(st.Deputy, "/api/v1/me").is(200).has("email", "vertretung@bautzen.example", "roles", "[approver clerk]", "municipality/name", "Bautzen", "side", "municipality")
		st.get(st.AgentLead, "/api/v1/me").is(200).has("roles", "[agent lead]", "municipality", nil, "side", "provider")
		st.get(st.Clerk, "/api/v1/municipalities").is(200).has("items/0/ags", Bautzen, "items/1", nil)
		st.get(st.Agent, "/api/v1/municipalities").is(200).has("items/1/ags", Leipzig)
		st.get(st.Clerk, "/api/v1/assistants").is(200).has("items/0/key", Birth)
		st.get(st.Clerk, "/api/v1/assistants/"+Birth).is(200).has("title", "Geburtsurkunde", "sections/0/key", "einstieg")
		st.get(st.Clerk, "/api/v1/assistants/Nix").refused(404, "not_found")
		st.get(st.Clerk, "/api/v1/forms?assistant="+Birth).is(200).has("items/0/form", Bautzen+"/"+Birth, "items/1", nil)
		for path, want := range map[string]string{"/healthz": "ok\n", "/readyz": "ready\n"} {
			if got := st.get(nobody, path).is(200); string(got.body) != want {
				t.Errorf("%s: %q", path, got.body)
			}
		}
		st.get(nobody, "/api/openapi.json").is(200).has("openapi", "3.1.0")
	})
}
