package models

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// germanWords are the words on screen for what the table calls by its English name.
var germanWords = map[string]string{
	"draft": "Entwurf", "submitted": "eingereicht", "in_review": "in Prüfung", "question": "Rückfrage", "approved": "freigegeben",
	"applied": "umgesetzt", "accepted": "abgenommen", "rejected": "abgelehnt", "withdrawn": "zurückgezogen", "failed": "gescheitert",

	"submit": "einreichen", "claim": "übernehmen", "assign": "zuweisen", "ask": "rückfragen", "answer": "antworten", "edit": "bearbeiten", "approve": "freigeben",
	"reject": "ablehnen", "reopen": "wieder öffnen", "apply": "umsetzen", "fail": "scheitern", "rebase": "neu aufsetzen", "withdraw": "zurückziehen",
	"accept": "abnehmen", "revert": "rückgängig machen", "return": "zurückkehren", "due_soon": "bald fällig", "overdue": "überfällig",

	"clerk": "Sachbearbeitung", "approver": "Freigabe der Kommune", "author": "wer eingereicht hat", "agent": "Bearbeitung",
	"assignee": "wer übernommen hat", "lead": "Freigabe des Dienstleisters", "clock": "die Uhr",

	"team": "Postfach des Teams", "office": "Postfach der Kommune", "open_lane": "Freigabe der Kommune, solange sie fehlt", "participant": "alle Beteiligten und das Team",
}

// both is a word in English and German.
func both[T ~string](word T) string {
	if g := germanWords[string(word)]; g != "" {
		return string(word) + " (" + g + ")"
	}
	return string(word) + " (?)"
}

func list[T ~string](words []T) string {
	var out []string
	for _, w := range words {
		out = append(out, both(w))
	}
	return strings.Join(out, ", ")
}

func TestWorkflowDocument(t *testing.T) {
	doc := workflowDocument()
	if strings.Contains(doc, "(?)") {
		t.Error("a word of the workflow has no German one")
	}
	hold(t, filepath.Join("..", "docs", "workflow.md"), doc)
}

func workflowDocument() string {
	var b strings.Builder
	b.WriteString("# Workflow\n\nGenerated from the rules in `models/workflow.go` by `go test ./models -update`; a test fails when it is out of date.\n" +
		"What a cell of it means for every person is in `models/testdata/matrix.golden`.\n\n")
	diagram(&b)
	b.WriteString("\n## Rules\n\n| action | from | to | who | what it asks, what it does | mail, to whom |\n|---|---|---|---|---|---|\n")
	for _, a := range Actions {
		for _, ru := range rules[a] {
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", both(a), list(ru.from), destination(a, ru), both(ru.may), demands(ru), letters(ru))
		}
	}
	fmt.Fprintf(&b, "\nWhat builds on a request hears when that is no longer approved, and when it ends while it is open again: %s.\n", letters(rule{mail: MailSuccessor, tell: heirs()}))
	b.WriteString("\nFour eyes: whoever filed a request or edited its changes approves it in no lane. A stale version is refused with 409 in every row.\n")
	return b.String()
}

func diagram(b *strings.Builder) {
	b.WriteString("```mermaid\nstateDiagram-v2\n")
	for _, s := range Statuses {
		fmt.Fprintf(b, "    %s : %s\n", s, both(s))
	}
	b.WriteString("    [*] --> draft : file (anlegen)\n")
	drawn := map[string]bool{}
	draw := func(from, to Status, a Action) {
		line := fmt.Sprintf("    %s --> %s : %s\n", from, to, both(a))
		if !drawn[line] {
			drawn[line] = true
			b.WriteString(line)
		}
	}
	for _, a := range Actions {
		for _, ru := range rules[a] {
			for _, from := range ru.from {
				if ru.to != "" {
					draw(from, ru.to, a)
				}
			}
		}
	}
	draw(InReview, Approved, Approve)
	for _, s := range Statuses {
		if isEnd(s) {
			fmt.Fprintf(b, "    %s --> [*]\n", s)
		}
	}
	b.WriteString("```\n")
}

// isEnd tells whether no rule leads on from a state.
func isEnd(s Status) bool {
	for _, rs := range rules {
		for _, ru := range rs {
			if ru.to != "" && ru.startsIn(s) {
				return false
			}
		}
	}
	return true
}

func destination(a Action, ru rule) string {
	switch {
	case a == Approve:
		return "stays; " + both(Approved) + " when every lane is complete in review"
	case a == Revert:
		return "stays; a new request, " + both(Draft) + ", with the way back"
	case ru.to == "":
		return "stays"
	}
	return both(ru.to)
}

func demands(ru rule) string {
	var out []string
	if ru.text {
		out = append(out, "a text is required")
	}
	if ru.voids {
		out = append(out, "voids all approvals")
	}
	return strings.Join(out, "; ")
}

func letters(ru rule) string {
	if ru.mail == "" {
		return ""
	}
	return "`" + string(ru.mail) + "`: " + list(ru.tell)
}
