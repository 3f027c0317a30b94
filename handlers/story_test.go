package handlers_test

import (
	"strings"
	"testing"

	. "formwandel/models/modelstest"
)

const publicBirth = "/public/v1/forms/" + Bautzen + "/" + Birth

// TestFeeFromNewYear is the first example from filing to acceptance, with a
// question on the way, seen from every door.
func TestFeeFromNewYear(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		before := st.get(nobody, publicBirth).is(200).has("values/gebuehren.erste", 2000, "maintenance", false)
		tag := before.header.Get("ETag")

		filed := st.post(st.Clerk, requests, fee(2500, "2027-01-01")).is(201).has("status", "submitted", "version", 1, "changes/0/old", 2000, "changes/0/new", 2500)
		if got := strings.ReplaceAll(filed.text("changes/0/sentence"), "\u00a0", " "); got != "Gebühr erste Geburtsurkunde: 20,00 € → 25,00 €, ab 01.01.2027" {
			t.Errorf("sentence %q", got)
		}
		number := filed.text("number")
		if got := filed.header.Get("Location"); got != base+requests+"/"+number {
			t.Errorf("Location %q", got)
		}
		st.do(st.Agent, number, "claim", "").is(200).has("assignee/name", "Bearbeitung KISA")
		st.do(st.Agent2, number, "ask", "Satzung?").refused(403, "not_assignee")
		st.do(st.Agent, number, "ask", "").refused(422, "comment_required")
		st.do(st.Agent, number, "ask", "Ist die Satzung beschlossen?").is(200).has("status", "question")
		st.do(st.Clerk, number, "answer", "").refused(422, "answer_required")
		st.post(st.Clerk, requests+"/"+number+"/answer", object{"version": st.now(number), "comment": "Ja", "changes": []object{{"field": "gebuehren.erste", "new": "25,50"}}}).
			is(200).has("status", "in_review", "changes/0/new", 2550)
		st.edit(st.Agent, number, object{"changes": []object{{"field": "gebuehren.erste", "new": 2500}}}).is(200)
		st.do(st.Clerk, number, "approve", "").refused(403, "not_your_role")
		st.do(st.Approver, number, "approve", "Einverstanden").is(200).has("status", "in_review", "lanes/0/given", 1, "blocked_by/0/code", "approval_missing_provider")
		st.do(st.Approver, number, "approve", "").refused(409, "already_approved")
		st.do(st.Lead, number, "approve", "").is(200).has("status", "approved", "due", "2026-12-31T23:00:00Z")
		st.do(st.Lead, number, "apply", "").refused(409, "only_by")

		st.get(st.Clerk, birthForm+"/at/2026-12-31").is(200).has("values/gebuehren.erste", 2000)
		st.get(st.Clerk, birthForm+"/at/2027-01-01").is(200).has("values/gebuehren.erste", 2500, "date", "2027-01-01")
		st.at("2026-12-31 23:59:59")
		st.is(number, "approved")
		if r := st.get(nobody, publicBirth, "If-None-Match", tag).is(304); len(r.body) != 0 || r.header.Get("ETag") != tag {
			t.Errorf("304 with %d bytes and ETag %q", len(r.body), r.header.Get("ETag"))
		}
		st.at("2027-01-01 00:00:00")
		st.is(number, "applied").has("late", nil, "config_version", 2)
		after := st.get(nobody, publicBirth, "If-None-Match", tag).is(200).has("values/gebuehren.erste", 2500, "version", 2)
		if got := after.header.Get("ETag"); got == tag || got == "" {
			t.Errorf("the ETag is still %q", got)
		}
		for _, match := range []string{after.header.Get("ETag"), `"x", W/` + after.header.Get("ETag"), "*"} {
			st.get(nobody, publicBirth, "If-None-Match", match).is(304)
		}
		st.get(nobody, publicBirth, "If-None-Match", `"x"`).is(200)
		st.do(st.Clerk, number, "accept", "").is(200).has("status", "accepted", "blocked_by", "[]")

		var actions []string
		for i := range st.get(st.Clerk, requests+"/"+number+"/events").items() {
			actions = append(actions, st.get(st.Clerk, requests+"/"+number+"/events").text("items/"+itoa(i)+"/action"))
		}
		if got := join(actions); got != "submit claim ask answer edit approve approve apply accept" {
			t.Errorf("history: %s", got)
		}
		st.get(st.Clerk, birthForm+"/versions").is(200).has("items/0/version", 2, "items/0/request", number, "items/0/cause", "apply", "items/1/version", 1)
		st.get(st.Clerk, birthForm+"/versions/1").is(200).has("values/gebuehren.erste", 2000)
		st.get(st.Clerk, birthForm+"/versions/3").refused(404, "not_found")
		st.get(st.Clerk, birthForm+"/diff?from=1&to=2").is(200).has("changes/0/field", "gebuehren.erste", "changes/0/old", 2000, "changes/0/new", 2500, "changes/1", nil)
		st.get(st.Clerk, birthForm+"/diff?from=1&to=9").refused(404, "not_found")
		st.get(st.Clerk, birthForm+"/at/2026-12-31").is(200).has("values/gebuehren.erste", 2000)
		st.get(st.Clerk, birthForm+"/at/gestern").refused(422, "not_a_day")
		st.get(st.Clerk, birthForm+"/at/2020-01-01").refused(404, "not_found").has("detail", "An diesem Tag gab es das Formular noch nicht. Nennen Sie einen späteren Tag.")
		st.get(st.Clerk, birthForm+"/at/9999-12-31").is(200).has("values/gebuehren.erste", 2500)
	})
}

// TestLinkByDeadline is the second example: a deadline, applied by the lead at once.
func TestLinkByDeadline(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		const link = "https://www.bautzen.example/neu/sepa.pdf"
		number := st.file(st.Clerk, filing("zahlung.sepa_mandat_url", link, "by", "2026-12-15"))
		st.do(st.Agent, number, "claim", "").is(200)
		st.do(st.Lead, number, "approve", "").is(200)
		st.do(st.Approver, number, "approve", "").is(200).has("status", "approved")
		st.do(st.Agent, number, "apply", "").refused(403, "not_your_role")
		st.do(st.Lead, number, "apply", "").is(200).has("status", "applied", "late", nil)
		st.get(nobody, publicBirth).is(200).has("values/zahlung.sepa_mandat_url", link)
	})
}

// TestWish: free text, turned into changes by the team, seen by the clerk.
func TestWish(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		number := st.file(st.Clerk, object{
			"form": Bautzen + "/" + Birth, "sections": []string{"gebuehren"}, "submit": true,
			"wish": "Bitte die erste Urkunde fünf Euro teurer.", "effective": object{"kind": "from", "date": "2027-01-01", "until": nil},
		})
		st.do(st.Agent, number, "claim", "").is(200).has("blocked_by/0/code", "changes_missing")
		st.do(st.Lead, number, "approve", "").refused(409, "changes_missing")
		st.edit(st.Agent, number, object{"changes": []object{{"field": "gebuehren.erste", "new": 2500}}}).is(200).has("wish_unseen", true)
		st.do(st.Lead, number, "approve", "").refused(409, "wish_unseen")
		st.do(st.Agent, number, "ask", "So gemeint?").is(200)
		st.do(st.Clerk, number, "answer", "Genau so.").is(200).has("wish_unseen", false)
		st.do(st.Lead, number, "approve", "").is(200)
		st.do(st.Approver, number, "approve", "").is(200).has("status", "approved")
		st.at("2027-01-01 00:00:00")
		st.is(number, "applied")
	})
}

// TestDraft: nobody has to be ready at once.
func TestDraft(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		body := fee(2500, "2027-01-01")
		delete(body, "submit")
		delete(body, "effective")
		number := st.post(st.Clerk, requests, body).is(201).has("status", "draft", "effective", nil, "due", nil).text("number")
		st.do(st.Clerk, number, "submit", "").refused(422, "effective_required")
		st.edit(st.Clerk, number, object{"effective": object{"kind": "from", "date": "2020-01-01"}}).refused(422, "past_day")
		st.edit(st.Clerk, number, object{"effective": object{"kind": "from", "date": "2027-01-01"}, "reason": "Satzung"}).is(200)
		st.do(st.Clerk, number, "submit", "").is(200).has("status", "submitted", "reason", "Satzung")
	})
}

// TestWaysOut: rejected, withdrawn, reopened.
func TestWaysOut(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		rejected := st.file(st.Clerk, fee(2500, "2027-01-01"))
		st.do(st.Approver, rejected, "reject", "").refused(422, "comment_required")
		st.do(st.Approver, rejected, "reject", "Der Rat hat anders entschieden.").is(200).has("status", "rejected", "actions", "[]")
		st.do(st.Clerk, rejected, "withdraw", "").refused(409, "wrong_state").has("detail", "Dieser Schritt ist im Zustand „abgelehnt“ nicht möglich. Welche Schritte jetzt möglich sind, steht beim Auftrag.")

		withdrawn := st.file(st.Clerk, fee(2500, "2027-01-01"))
		st.do(st.Clerk, withdrawn, "withdraw", "Doppelt").is(200).has("status", "withdrawn")

		reopened := st.file(st.Clerk, fee(2500, "2027-01-01"))
		st.approved(reopened)
		st.do(st.Clerk, reopened, "reopen", "Noch einmal rechnen").is(200).has("status", "in_review", "lanes/0/given", 0, "lanes/1/given", 0)
	})
}

// TestConflict: what changed meanwhile is never overwritten.
func TestConflict(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		later, sooner := st.file(st.Clerk, fee(2500, "2027-02-01")), st.file(st.Clerk, fee(2800, "2027-01-01"))
		st.approved(later)
		st.approved(sooner)
		st.at("2027-01-01 00:00:00")
		st.is(sooner, "applied")
		st.is(later, "approved").has("blocked_by/0/code", "old_value_changed")
		st.at("2027-02-01 00:00:00")
		st.is(later, "failed").has("failure/code", "conflict", "failure/conflicts/0/expected", 2000, "failure/conflicts/0/found", 2800)
		st.get(st.Clerk, birthForm).is(200).has("values/gebuehren.erste", 2800)
		st.do(st.Agent, later, "rebase", "").is(200).has("status", "in_review", "changes/0/old", 2800, "failure", nil)
	})
}

// TestRevert: the way back is a request of its own.
func TestRevert(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		number := st.file(st.Clerk, fee(2500, "2027-01-01"))
		st.approved(number)
		st.at("2027-01-01 00:00:00")
		back := st.do(st.Clerk, number, "revert", "").is(201).has("status", "draft", "reverts", number, "changes/0/new", 2000)
		if got := back.header.Get("Location"); got != base+requests+"/"+back.text("number") || back.text("number") == number {
			t.Errorf("Location %q", got)
		}
		st.is(number, "applied").has("reverted_by/0", back.text("number"))
	})
}

// TestTemporary: the former value returns by itself.
func TestTemporary(t *testing.T) {
	tell(t, func(t *testing.T, st *stage) {
		body := fee(1500, "2027-01-01")
		body["effective"] = object{"kind": "from", "date": "2027-01-01", "until": "2027-01-31"}
		number := st.file(st.Clerk, body)
		st.approved(number)
		st.at("2027-01-01 00:00:00")
		st.get(st.Clerk, birthForm).is(200).has("values/gebuehren.erste", 1500)
		st.at("2027-01-31 23:59:59")
		st.get(st.Clerk, birthForm).is(200).has("values/gebuehren.erste", 1500, "version", 2)
		st.at("2027-02-01 00:00:00")
		st.get(st.Clerk, birthForm).is(200).has("values/gebuehren.erste", 2000, "version", 3)
		st.get(st.Clerk, birthForm+"/versions").is(200).has("items/0/cause", "return", "items/0/request", number)
	})
}
