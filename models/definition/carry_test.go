package definition

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"formwandel/models/calendar"
	"formwandel/models/fields"
)

var today = calendar.NewDay(2026, time.November, 23)

// city are values a municipality may have under the sound definition.
func city() map[string]fields.Value {
	return map[string]fields.Value{
		"gebuehren.erste": "2500", "gebuehren.weitere": "1200", "gebuehren.gueltig_ab": `"2025-01-01"`,
		"zahlung.link": `"https://www.bautzen.example/sepa.pdf"`, "zahlung.passwort": `"sealed:xyz"`, "zahlung.zweck": `"URKUNDE"`,
		"zahlung.frist": "14", "zahlung.art": `"bar"`, "zahlung.plz": `["02625"]`,
		"zahlung.zonen": `[{"code":"A","preis":100},{"code":"B","preis":null}]`,
	}
}

func TestSameDefinitionKeepsEverything(t *testing.T) {
	d := mustRead(t, sound)
	kept, lost := d.Carry(d, city(), today)
	if !maps.Equal(kept, city()) || lost != nil {
		t.Errorf("kept %v, lost %v", kept, lost)
	}
}

func TestCarry(t *testing.T) {
	for _, c := range []struct {
		name, old, with string
		field           string
		kept            fields.Value
		lost            string // code and what people read of the value
	}{
		{"new field gets its default", `{"key": "zahlung.link"`, `{"key": "zahlung.neu", "label": "Neu", "type": "bool", "default": true}, {"key": "zahlung.link"`, "zahlung.neu", "true", ""},
		{"other default changes nothing", `"default": 2000`, `"default": 2200`, "gebuehren.erste", "2500", ""},
		{"other label changes nothing", `"label": "Erste"`, `"label": "Gebühr"`, "gebuehren.erste", "2500", ""},
		{"too large now", `"max": 5000`, `"max": 2400`, "gebuehren.erste", "2000", "too_large 25,00\u00a0€"},
		{"past day is kept", `"not_past": true`, `"not_past": true, "max": "2030-01-01"`, "gebuehren.gueltig_ab", `"2025-01-01"`, ""},
		{"option is gone", `{"value": "bar", "label": "bar"}`, `{"value": "bank", "label": "Bank"}`, "zahlung.art", `"karte"`, "option bar"},
		{"field is gone", `{"key": "zahlung.link", "label": "Link", "type": "url", "constraints": {"suffixes": [".pdf"]}},`, ``, "zahlung.link", "", "field_removed https://www.bautzen.example/sepa.pdf"},
		{"protected field is gone", `{"key": "zahlung.passwort", "label": "Passwort", "type": "protected"},`, ``, "zahlung.passwort", "", "field_removed "},
		{"protected becomes text", `"type": "protected"`, `"type": "text"`, "zahlung.passwort", "", "type_changed "},
		{"text becomes protected", `"type": "text", "default": "URKUNDE", "constraints": {"pattern": "[A-Z]{1,27}", "pattern_hint": "Großbuchstaben"}`, `"type": "protected"`, "zahlung.zweck", "", "type_changed "},
		{"money becomes integer", `"type": "money", "required": true`, `"type": "integer", "required": true`, "gebuehren.erste", "2000", "type_changed 25,00\u00a0€"},
		{"url becomes text", `"type": "url", "constraints": {"suffixes": [".pdf"]}`, `"type": "text"`, "zahlung.link", `"https://www.bautzen.example/sepa.pdf"`, ""},
		{"field is fixed now", `"label": "Art", `, `"label": "Art", "configurable": false, "reason": "§ 2.", `, "zahlung.art", `"karte"`, "field_fixed bar"},
		{"fixed period changes", `"default": 14`, `"default": 21`, "zahlung.frist", "21", ""},
		{"new column", `"label": "Preis", "type": "money"}`, `"label": "Preis", "type": "money"}, {"key": "aktiv", "label": "aktiv", "type": "bool"}`, "zahlung.zonen",
			`[{"code":"A","preis":100,"aktiv":null},{"code":"B","preis":null,"aktiv":null}]`, ""},
		{"column becomes integer", `"label": "Preis", "type": "money"`, `"label": "Preis", "type": "integer"`, "zahlung.zonen", `[{"code":"A","preis":100}]`, "type_changed Kürzel: A, Preis: 1,00\u00a0€; Kürzel: B"},
		{"list of numbers", `"item": {"type": "text", "constraints": {"max_length": 5}}`, `"item": {"type": "integer"}`, "zahlung.plz", "", "type_changed 02625"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := altered(t, c.old, c.with)
			if strings.Contains(c.name, "becomes integer") { // what is compared must be of one type
				text = strings.Replace(text, `"not_above": "gebuehren.erste"`, `"min": 0`, 1)
			}
			kept, lost := mustRead(t, text).Carry(mustRead(t, sound), city(), today)
			if kept[c.field] != c.kept {
				t.Errorf("kept %s, want %s", kept[c.field], c.kept)
			}
			said := ""
			for _, l := range lost {
				if l.Field != c.field {
					t.Errorf("%v is lost too", l)
				}
				said += fmt.Sprintf("%s %s", l.Code, l.Value)
			}
			if said != c.lost {
				t.Errorf("lost %q, want %q", said, c.lost)
			}
		})
	}
}

func TestColumnGoneKeepsTheOtherCells(t *testing.T) {
	next := mustRead(t, strings.Replace(altered(t, `, {"key": "preis", "label": "Preis", "type": "money"}`, ``), `, "preis": 100`, ``, 1))
	kept, lost := next.Carry(mustRead(t, sound), city(), today)
	if kept["zahlung.zonen"] != `[{"code":"A"},{"code":"B"}]` {
		t.Errorf("kept %s", kept["zahlung.zonen"])
	}
	if len(lost) != 1 || lost[0].Code != CodeColumn || !strings.Contains(lost[0].Value, "Preis: 1,00") {
		t.Errorf("lost %v", lost)
	}
}

func TestWhatWasEmptiedStaysEmpty(t *testing.T) {
	d, values := mustRead(t, sound), city()
	for _, key := range []string{"gebuehren.weitere", "gebuehren.erste", "zahlung.frist"} {
		delete(values, key)
	}
	kept, lost := d.Carry(d, values, today)
	if _, there := kept["gebuehren.weitere"]; there || lost != nil {
		t.Errorf("kept %v, lost %v", kept, lost)
	}
	if kept["gebuehren.erste"] != "2000" || kept["zahlung.frist"] != "14" {
		t.Error("a required and a fixed field get their default back")
	}
}

func TestContradictionsAreTakenOut(t *testing.T) {
	next := mustRead(t, altered(t, `{"key": "zahlung.link"`,
		`{"key": "zahlung.mahnung", "label": "Mahnung", "type": "money", "default": 2200, "constraints": {"not_below": "gebuehren.erste"}}, {"key": "zahlung.link"`))
	kept, lost := next.Carry(mustRead(t, sound), city(), today)
	if _, there := kept["zahlung.mahnung"]; there || kept["gebuehren.erste"] != "2500" {
		t.Errorf("kept %v", kept)
	}
	if len(lost) != 1 || lost[0] != (Lost{"zahlung.mahnung", "Mahnung", "22,00\u00a0€", "not_below"}) {
		t.Errorf("lost %v", lost)
	}
}

func TestValuesNobodyKnowsAreListedWithoutTheirContent(t *testing.T) {
	d, values := mustRead(t, sound), city()
	values["zahlung.rätsel"] = `"geheim"`
	kept, lost := d.Carry(d, values, today)
	if _, there := kept["zahlung.rätsel"]; there || !slices.Equal(lost, []Lost{{"zahlung.rätsel", "zahlung.rätsel", "", CodeRemoved}}) {
		t.Errorf("lost %v", lost)
	}
}

func TestBuiltinDefaultsAreCarriedWhole(t *testing.T) {
	for key, d := range builtins(t) {
		kept, lost := d.Carry(d, d.Defaults(), today)
		if !maps.Equal(kept, d.Defaults()) || lost != nil {
			t.Errorf("%s: lost %v", key, lost)
		}
	}
}
