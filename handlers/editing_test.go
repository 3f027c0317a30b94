package handlers_test

import (
	"testing"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// What happens to a request on the desk: others edit it too, it is submitted already, documents are added.

// TestTwoClerksAtOnce: who comes second is told what happened, and nothing typed is lost.
func TestTwoClerksAtOnce(t *testing.T) {
	st := newStage(t)
	v := st.signIn(st.Clerk)
	number := v.draft(Birth, "gebuehren")
	mine := v.filled(firstInput, "28,00")
	st.edit(st.Clerk2, number, object{"changes": []object{{"field": "gebuehren.erste", "new": 2500}}}).is(200)
	r := v.send(edit(number, "felder"), mine).is(409).shows("inzwischen geändert", st.Clerk2.Name, "Gebühr erste Geburtsurkunde: 20,00 € → 25,00 €", `value="28,00"`)
	v.open(edit(number, "felder")).shows("inzwischen geändert", `value="28,00"`)
	v.html = string(r.body)
	v.send(edit(number, "felder"), v.filled()).follows(edit(number, "wann"))
	st.get(st.Clerk, requests+"/"+number).has("changes/0/new", 2800)
}

// TestEditingInOtherStates saves at once, says what becomes void, and is for those the rules allow.
func TestEditingInOtherStates(t *testing.T) {
	st := newStage(t)
	number := st.file(st.Clerk, fee(2500, "2027-01-01"))
	st.do(st.Approver, number, "approve", "").is(200)
	v := st.signIn(st.Clerk)
	v.open(edit(number, "felder")).is(200).shows("Eine Freigabe ist schon gegeben", "Änderungen speichern", `value="25,00"`)
	v.send(edit(number, "felder"), v.filled()).follows(edit(number, "pruefen"))
	st.get(st.Clerk, requests+"/"+number).has("approvals/0/side", "municipality")
	v.open(edit(number, "felder"))
	v.send(edit(number, "felder"), v.filled(firstInput, "26")).follows(edit(number, "pruefen") + "?erledigt=inhalt")
	v.open(edit(number, "pruefen")+"?erledigt=inhalt").shows("Gespeichert.", "Zum Auftrag", "20,00 € → 26,00 €")
	st.get(st.Clerk, requests+"/"+number).has("approvals/0", nil, "changes/0/new", 2600)
	st.do(st.Agent, number, "claim", "").is(200)
	v.open(edit(number, "felder")).follows("/auftraege/" + number)
	v.send(edit(number, "felder"), v.filled(firstInput, "27")).is(409)
	st.signIn(st.Agent2).open(edit(number, "felder")).follows("/auftraege/" + number)
	st.signIn(st.Agent).open(edit(number, "wann")).is(200)
}

// TestWishBecomesChanges: the agent sees the wish beside the fields.
func TestWishBecomesChanges(t *testing.T) {
	st := newStage(t)
	v := st.signIn(st.Clerk)
	number := v.draft(Birth, "gebuehren")
	v.send(edit(number, "felder"), v.filled("wunsch", "Die Gebühr soll mit der neuen Satzung steigen.")).follows(edit(number, "wann"))
	v.open(edit(number, "wann"))
	v.send(edit(number, "wann"), v.filled("datum", "1.1.2027")).follows(edit(number, "pruefen"))
	v.open(edit(number, "pruefen")).shows("Die Gebühr soll mit der neuen Satzung steigen.", "Keine Änderung an einem Feld")
	v.send(edit(number, "pruefen"), v.filled()).is(303)
	st.do(st.Agent, number, "claim", "").is(200)
	a := st.signIn(st.Agent)
	a.open(edit(number, "felder")).is(200).shows("Wunsch der Kommune", "Die Gebühr soll mit der neuen Satzung steigen.")
	a.send(edit(number, "felder"), a.filled(firstInput, "25")).follows(edit(number, "pruefen") + "?erledigt=inhalt")
	st.get(st.Clerk, requests+"/"+number).has("wish", "Die Gebühr soll mit der neuen Satzung steigen.", "changes/0/new", 2500, "wish_unseen", true)
}

// TestAnotherRequestForTheSameField is told before sending, and so is what will hold by then.
func TestAnotherRequestForTheSameField(t *testing.T) {
	st := newStage(t)
	first := st.file(st.Clerk2, fee(2500, "2027-01-01"))
	for u, action := range map[*models.User]string{&st.Approver: "approve", &st.Lead: "approve"} {
		st.do(*u, first, action, "").is(200)
	}
	st.do(st.Agent, first, "claim", "").is(200)
	v := st.signIn(st.Clerk)
	number := v.draft(Birth, "gebuehren")
	v.open(edit(number, "felder")).shows("Ab 01.01.2027: 25,00\u00a0€ (Auftrag " + first + ")")
	v.send(edit(number, "felder"), v.filled(firstInput, "28")).is(303)
	v.open(edit(number, "wann"))
	v.send(edit(number, "wann"), v.filled("datum", "1.3.2027")).is(303)
	v.open(edit(number, "pruefen")).shows("Andere Aufträge für dieselben Felder", first, "25,00 € → 28,00 €, ab 01.03.2027")
}

// TestSectionsTakenOut take their changes along.
func TestSectionsTakenOut(t *testing.T) {
	st := newStage(t)
	v := st.signIn(st.Clerk)
	number := v.draft(Birth, "gebuehren", "zahlung")
	v.send(edit(number, "felder"), v.filled(firstInput, "25", sepaInput, "https://www.xyz.example/sepa.pdf")).is(303)
	v.open(edit(number, "abschnitte")).shows("gehen seine Änderungen verloren")
	page := v.filled()
	page["abschnitt"] = []string{"zahlung", "kontakt"}
	v.send(edit(number, "abschnitte"), page).follows(edit(number, "felder"))
	st.get(st.Clerk, requests+"/"+number).has("changes/0/field", "zahlung.sepa_mandat_url", "changes/1", nil, "sections/1", "kontakt")
}

// TestAttachmentsOfADraft are taken once, and what is no document is refused with words.
func TestAttachmentsOfADraft(t *testing.T) {
	st := newStage(t)
	v := st.signIn(st.Clerk)
	number := v.draft(Birth, "gebuehren")
	v.open(edit(number, "anlagen")).is(200).shows("Keine Anlagen")
	to := edit(number, "anlagen")
	v.upload(to, "satzung.txt", "Gebührensatzung").follows(to + "?erledigt=anlage")
	v.upload(to, "satzung.txt", "Gebührensatzung").is(303)
	v.open(edit(number, "pruefen")).shows("satzung.txt")
	if n := st.get(st.Clerk, requests+"/"+number+"/attachments").items(); n != 1 {
		t.Errorf("%d attachments", n)
	}
	v.open(to)
	v.upload(to, "leer.txt", "").is(422).shows("Fehler:", "nicht leer")
	v.upload(to, "x.exe", "MZ\x90\x00\x03\x00\x00\x00\x04\x00").is(415).shows("Fehler:")
	v.html = ""
	v.upload(to, "satzung.txt", "x").is(403)
}
