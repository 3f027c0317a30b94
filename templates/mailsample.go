package templates

import (
	"time"

	"formwandel/models"
	"formwandel/models/calendar"
)

// MailSample is one kind of letter as it goes to one kind of recipient.
type MailSample struct {
	Kind models.MailKind
	Role string
}

// kindOrder is the order in which a request's life brings its letters.
var kindOrder = []models.MailKind{
	models.MailSubmitted, models.MailAssigned, models.MailQuestion, models.MailAnswered, models.MailApproved, models.MailApplied, models.MailAccepted, models.MailRejected,
	models.MailReopened, models.MailWithdrawn, models.MailFailed, models.MailReturned, models.MailKept, models.MailDueSoon, models.MailOverdue,
	models.MailSuccessor, models.MailReverted, models.MailMaintenance, models.MailPolicyProposed, models.MailPolicyAgreed, models.MailPolicyDeclined, models.MailPolicyWithdrawn, models.MailCheckpoint,
}

// MailSamples lists every letter that the product writes.
func MailSamples() []MailSample {
	var out []MailSample
	for _, kind := range kindOrder {
		for _, role := range letterRoles[kind] {
			out = append(out, MailSample{kind, role})
		}
	}
	for _, kind := range accountOrder {
		out = append(out, MailSample{kind, accountReader(kind)})
	}
	return out
}

// letterRoles says to whom each kind of mail goes.
var letterRoles = map[models.MailKind][]string{
	models.MailSubmitted:   {"author", "team", "approver"},
	models.MailQuestion:    {"author", "office"},
	models.MailAssigned:    {"assignee"},
	models.MailAnswered:    {"assignee"},
	models.MailApproved:    {"author", "assignee"},
	models.MailRejected:    {"author", "assignee", "approver", "participant", "team"},
	models.MailFailed:      {"author", "assignee", "approver", "participant", "team"},
	models.MailReopened:    {"author", "assignee", "approver", "participant", "team"},
	models.MailWithdrawn:   {"author", "assignee", "approver", "participant", "team"},
	models.MailApplied:     {"author", "approver", "team"},
	models.MailReturned:    {"author", "approver", "team"},
	models.MailKept:        {"author", "approver", "team"},
	models.MailDueSoon:     {"assignee", "team"},
	models.MailOverdue:     {"assignee", "team", "author"},
	models.MailAccepted:    {"author"},
	models.MailSuccessor:   {"author", "assignee"},
	models.MailReverted:    {"author"},
	models.MailMaintenance: {"office", "team"},
	models.MailCheckpoint:  {"auditor"},

	models.MailPolicyProposed:  {"seconder"},
	models.MailPolicyAgreed:    {"proposer"},
	models.MailPolicyDeclined:  {"proposer"},
	models.MailPolicyWithdrawn: {"proposer"},
}

// SampleLetter is a letter with example facts: about the fee for birth certificates in Bautzen.
func SampleLetter(kind models.MailKind, role, locale string) models.Letter {
	l := models.Letter{
		Mail: models.Mail{Kind: kind, Role: role, Locale: locale},
		Facts: models.MailFacts{
			Number: "KA-2026-000001", FormTitle: "Geburtsurkunde", Municipality: "Bautzen",
			AGS: "14625020", Assistant: "KOMM24Geburtsurkunde",
			Sentences: []string{"Gebühr erste Geburtsurkunde: 20,00\u00a0€ → 25,00\u00a0€, ab 01.01.2027"},
			Effective: "ab 01.01.2027", Actor: "Stadt Bautzen, Standesamt",
			At: time.Date(2026, 11, 24, 8, 30, 0, 0, time.UTC),
		},
	}
	if locale == "en" {
		l.Facts.Sentences[0] = "Fee first birth certificate: €20.00 → €25.00, from 1 January 2027"
		l.Facts.Effective = "from 1 January 2027"
	}
	if accountKinds[kind] {
		return sampleAccountLetter(kind, role, locale)
	}
	addFacts(&l.Facts, kind)
	return l
}

// addFacts adds what only one kind of letter tells.
func addFacts(f *models.MailFacts, kind models.MailKind) {
	switch kind {
	case models.MailQuestion:
		f.Actor, f.Comment = "KISA, Bearbeitung", "Gilt die Gebühr auch für weitere Urkunden?"
		f.AnswerBy = calendar.NewDay(2026, 12, 11)
	case models.MailAssigned:
		f.Actor = "KISA, Bearbeitung"
	case models.MailAnswered:
		f.Comment = "Nein, nur für die erste."
	case models.MailRejected:
		f.Actor, f.Comment = "KISA, Freigabe", "Die Satzung ist noch nicht beschlossen."
	case models.MailApplied:
		f.Actor, f.ConfigNumber, f.Late = "", 7, 26*time.Hour
		f.AcceptBy = calendar.NewDay(2027, 1, 18)
		f.ReadBack = []models.MailReading{{Label: "Gebühr erste Geburtsurkunde", Value: "25,00\u00a0€"}}
	case models.MailReturned:
		f.Actor, f.ConfigNumber, f.Late = "", 7, 26*time.Hour
		f.ReadBack = []models.MailReading{{Label: "Gebühr erste Geburtsurkunde", Value: "20,00\u00a0€"}}
	case models.MailFailed, models.MailKept:
		f.Actor = ""
		if kind == models.MailKept {
			f.ReadBack = []models.MailReading{{Label: "Gebühr erste Geburtsurkunde", Value: "22,00\u00a0€"}, {Label: "Hinweis zur Zahlung", Value: "Bitte bar zahlen"}}
		}
		f.Conflicts = []models.MailConflict{
			{Label: "Gebühr erste Geburtsurkunde", Expected: "20,00\u00a0€", Found: "22,00\u00a0€"},
			{Label: "Hinweis zur Zahlung", Expected: "", Found: "Bitte bar zahlen"},
		}
	case models.MailDueSoon, models.MailOverdue:
		f.Actor = ""
		f.Open = []string{"Freigabe der Kommune fehlt: Eine Person mit der Rolle Freigabe muss zustimmen."}
		if kind == models.MailOverdue {
			f.Late = 90 * time.Minute
		}
	case models.MailSuccessor:
		f.Predecessor = "KA-2026-000000"
	case models.MailReverted:
		f.Actor, f.Revert = "KISA, Bearbeitung", "KA-2027-000003"
	case models.MailMaintenance:
		f.Number, f.Sentences, f.Effective, f.On, f.ConfigNumber = "", nil, "", true, 8
		f.Actor = "Stadt Bautzen, Mandanten-Administration"
	case models.MailPolicyProposed, models.MailPolicyAgreed, models.MailPolicyDeclined, models.MailPolicyWithdrawn:
		*f = samplePolicy(f.At, kind)
	case models.MailCheckpoint:
		*f = models.MailFacts{At: f.At, Signed: []string{
			"formwandel checkpoint 1", "installation: formwandel.example", "number: 17", "at: 2026-11-24T08:30:00.000000Z", "chains: 413",
			"digest: 5f2d9c0a7be41d3c88a6f0b1e2d4c6a85f2d9c0a7be41d3c88a6f0b1e2d4c6a8", "previous: 0c1b2a3948576675849302a1b0c9d8e70c1b2a3948576675849302a1b0c9d8e7",
			"key: 3f2a91c4d5e6b7a83f2a91c4d5e6b7a8", "signature: AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==",
		}}
	case models.MailWithdrawn:
		f.Comment = "Hat sich erledigt."
	case models.MailReopened:
		f.Sentences, f.Wish = nil, "Bitte die Gebühr anheben."
	}
}

// samplePolicy is a proposal for every change, and for one section.
func samplePolicy(at time.Time, kind models.MailKind) models.MailFacts {
	f := models.MailFacts{Municipality: "Bautzen", AGS: "14625020", Actor: "Mandant Bautzen", At: at, Policy: []models.PolicyDifference{
		{Assistant: "*", AssistantTitle: "*", Section: "*", SectionTitle: "*", Asked: -1, Now: 1},
		{Assistant: "KOMM24Geburtsurkunde", AssistantTitle: "Geburtsurkunde", Section: "gebuehren", SectionTitle: "Gebühren", Asked: 1, Now: 2},
	}}
	if kind != models.MailPolicyProposed {
		f.Actor = "Freigabe Bautzen"
	}
	if kind == models.MailPolicyDeclined {
		f.Comment = "Zwei Freigaben für jede Änderung schaffen wir nicht."
	}
	return f
}
