package definition

import (
	"errors"
	"strings"
	"testing"
)

// sound is a small definition that the tests break in one place at a time.
const sound = `{
  "$schema": "https://formwandel.example/schema/assistant.schema.json",
  "key": "Urkunde",
  "version": 3,
  "title": "Urkunde",
  "leika": "99027002012000",
  "demo": true,
  "source": "Beispieldaten.",
  "sections": [
    {
      "key": "gebuehren", "title": "Gebühren", "help": "Was es kostet.",
      "approval": {"municipality": 1, "provider": 2},
      "fields": [
        {"key": "gebuehren.erste", "label": "Erste", "type": "money", "required": true, "default": 2000, "constraints": {"min": 0, "max": 5000}},
        {"key": "gebuehren.weitere", "label": "Weitere", "type": "money", "default": 1000, "constraints": {"not_above": "gebuehren.erste"}},
        {"key": "gebuehren.gueltig_ab", "label": "Gültig ab", "type": "date", "default": "2020-01-01", "constraints": {"not_past": true}}
      ]
    },
    {
      "key": "zahlung", "title": "Zahlung",
      "fields": [
        {"key": "zahlung.link", "label": "Link", "type": "url", "constraints": {"suffixes": [".pdf"]}},
        {"key": "zahlung.passwort", "label": "Passwort", "type": "protected"},
        {"key": "zahlung.zweck", "label": "Zweck", "type": "text", "default": "URKUNDE", "constraints": {"pattern": "[A-Z]{1,27}", "pattern_hint": "Großbuchstaben"}},
        {"key": "zahlung.frist", "label": "Frist", "type": "integer", "configurable": false, "reason": "§ 1 des Gesetzes.", "default": 14},
        {"key": "zahlung.art", "label": "Art", "type": "enum", "default": "karte", "constraints": {"options": [{"value": "karte", "label": "Karte"}, {"value": "bar", "label": "bar"}]}},
        {"key": "zahlung.zonen", "label": "Zonen", "type": "table", "default": [{"code": "A", "preis": 100}], "constraints": {"columns": [
          {"key": "code", "label": "Kürzel", "type": "text", "required": true}, {"key": "preis", "label": "Preis", "type": "money"}]}},
        {"key": "zahlung.plz", "label": "Postleitzahlen", "type": "list", "constraints": {"item": {"type": "text", "constraints": {"max_length": 5}}}}
      ]
    }
  ]
}`

// altered is the sound definition with one text replaced by another.
func altered(t testing.TB, old, with string) string {
	t.Helper()
	if !strings.Contains(sound, old) {
		t.Fatalf("the sound definition does not contain %s", old)
	}
	return strings.Replace(sound, old, with, 1)
}

func mustRead(t testing.TB, text string) *Definition {
	t.Helper()
	d, err := Read(strings.NewReader(text), "urkunde.json")
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// findings are what Read finds wrong with a text.
func findings(t testing.TB, text string) Errors {
	t.Helper()
	_, err := Read(strings.NewReader(text), "urkunde.json")
	var found Errors
	if err != nil && !errors.As(err, &found) {
		t.Fatalf("an error of another kind: %v", err)
	}
	return found
}
