package templates

import (
	"strings"
	"testing"

	"formwandel/models"
)

// A mail about a request whose values no longer fit says so, names what was wanted, and promises only what is possible.
func TestFailedMailSaysWhatDoesNotFit(t *testing.T) {
	for role, says := range map[string][2]string{
		"author":   {"passt den Wert an", "nimmt sie heraus oder lehnt den Auftrag ab"},
		"assignee": {"passen Sie den Wert an", "lehnen Sie den Auftrag ab"},
	} {
		for i, closed := range []bool{false, true} {
			l := SampleLetter(models.MailFailed, role, "de")
			l.Facts.Reason = "no_longer_valid"
			l.Facts.Conflicts = []models.MailConflict{{Label: "Mail", Wanted: "neu", Unfit: true, Closed: closed}}
			m, err := NewMail(l, "https://formwandel.example")
			if err != nil {
				t.Fatal(err)
			}
			text := strings.Join(strings.Fields(m.Text()), " ")
			for _, want := range []string{"Mail: gewünscht war neu", "passt nicht mehr zum Fragebogen", says[i]} {
				if !strings.Contains(text, want) {
					t.Errorf("to %s: no %q in %s", role, want, text)
				}
			}
			for _, never := range []string{"vorgefunden", "gleicht den Auftrag", "gleichen Sie"} {
				if strings.Contains(text, never) {
					t.Errorf("to %s: %q in %s", role, never, text)
				}
			}
		}
	}
}

// A temporary change whose time is over does not go on with the values of today: it needs another time.
func TestFailedMailAsksForAnotherTime(t *testing.T) {
	for role, want := range map[string]string{
		"author":   "trägt einen neuen Zeitraum ein",
		"team":     "trägt einen neuen Zeitraum ein",
		"assignee": "tragen Sie einen neuen Zeitraum ein",
	} {
		l := SampleLetter(models.MailFailed, role, "de")
		l.Facts.Reason, l.Facts.Conflicts = "until_past", nil
		m, err := NewMail(l, "https://formwandel.example")
		if err != nil {
			t.Fatal(err)
		}
		text := strings.Join(strings.Fields(m.Text()), " ")
		if !strings.Contains(text, want) || strings.Contains(text, "gleicht den Auftrag") || strings.Contains(text, "gleichen Sie") {
			t.Errorf("to %s: no %q in %s", role, want, text)
		}
	}
}

// What keeps a failed request from going on has its way out by the reason.
func TestFailedHasAWayOutByItsReason(t *testing.T) {
	for reason, want := range map[string]string{
		"conflict": "übernimmt die aktuellen Werte", "predecessor_gone": "übernimmt die aktuellen Werte", "tampered": "übernimmt die aktuellen Werte",
		"no_longer_valid": "ändert, was nicht mehr passt", "until_past": "trägt einen neuen Zeitraum ein", "": "übernimmt die aktuellen Werte",
	} {
		b := models.Blocker{Code: "failed", Args: map[string]any{"reason": reason}}
		if said := BlockerWords(Words("de"), b); !strings.Contains(said, want) {
			t.Errorf("%s: %s", reason, said)
		}
	}
}

// A former value that the questionnaire no longer allows was not wished for: it held before.
func TestKeptMailNamesTheFormerValue(t *testing.T) {
	l := SampleLetter(models.MailKept, "author", "de")
	l.Facts.Conflicts = []models.MailConflict{{Label: "Versand", Wanted: "0,00 €", Unfit: true}}
	m, err := NewMail(l, "https://formwandel.example")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(strings.Fields(m.Text()), " ")
	if !strings.Contains(text, "Diese früheren Werte passen nicht mehr zum Fragebogen: - Versand: früher galt 0,00 €") || strings.Contains(text, "gewünscht") {
		t.Error(text)
	}
}

// Of a wish there is nothing to decide on yet: approvers hear of it, and are asked for nothing.
func TestApproversAreAskedForNothingByAWish(t *testing.T) {
	l := SampleLetter(models.MailSubmitted, "approver", "de")
	l.Facts.Sentences, l.Facts.Wish = nil, "Bitte 27 Euro"
	m, err := NewMail(l, "https://formwandel.example")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(strings.Fields(m.Subject+" "+m.Text()), " ")
	if !strings.Contains(text, "Neuer Wunsch") || !strings.Contains(text, "Sie müssen noch nichts tun") || strings.Contains(text, "wartet auf Ihre Freigabe") || strings.Contains(text, "entscheiden:") {
		t.Error(text)
	}
}
