package definition

import (
	"os"
	"strings"
	"testing"
)

func TestExampleInTheDocumentationIsSound(t *testing.T) {
	doc, err := os.ReadFile("../../docs/assistants.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(doc), "```json\n")
	example, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatal("docs/assistants.md has no example")
	}
	if d := mustRead(t, example); d.Title != "Geburtsurkunde" {
		t.Error(d.Title)
	}
	if err := validate(t, compileSchema(t), example); err != nil {
		t.Error(err)
	}
}
