package definition

import (
	"strings"
	"testing"
)

// broken are files that Read refuses; schema says whether the JSON Schema can see it too.
var broken = []struct {
	name, old, with string
	path, message   string
	schema          bool
}{
	{"key too short", `"key": "Urkunde"`, `"key": "U"`, "/key", "does not match", true},
	{"key with blank", `"key": "Urkunde"`, `"key": "Meine Urkunde"`, "/key", "does not match", true},
	{"key missing", `"key": "Urkunde",`, ``, "/key", "does not match", true},
	{"version zero", `"version": 3`, `"version": 0`, "/version", "from 1", true},
	{"version as text", `"version": 3`, `"version": "3"`, "/version", "must be a whole number, not a text", true},
	{"version fraction", `"version": 3`, `"version": 3.5`, "/version", "whole number", true},
	{"title empty", `"title": "Urkunde"`, `"title": ""`, "/title", "must be a text of 1 to 100", true},
	{"title null", `"title": "Urkunde"`, `"title": null`, "/title", "null is not allowed", true},
	{"title too long", `"title": "Urkunde"`, `"title": "` + strings.Repeat("ü", 101) + `"`, "/title", "has 101 characters", true},
	{"title of two lines", `"title": "Urkunde"`, `"title": "Ur\nkunde"`, "/title", "one line", true},
	{"leika of 8 digits", `99027002012000`, `99027002`, "/leika", "does not match", true},
	{"demo without source", `"source": "Beispieldaten.",`, ``, "/source", "demo data must say", true},
	{"demo as text", `"demo": true`, `"demo": "ja"`, "/demo", "must be true or false, not a text", true},
	{"unknown member", `"demo": true`, `"demo": true, "owner": "KISA"`, "/owner", `unknown member "owner"`, true},
	{"member in capitals", `"demo": true`, `"Demo": true`, "/Demo", `unknown member "Demo"`, true},
	{"unknown in section", `"help": "Was`, `"hilfe": "Was`, "/sections/0/hilfe", "unknown member", true},
	{"unknown in field", `"label": "Passwort"`, `"label": "Passwort", "secret": true`, "/sections/1/fields/1/secret", "unknown member", true},
	{"unknown constraint", `"suffixes"`, `"endings"`, "/sections/1/fields/0/constraints/endings", "unknown member", true},
	{"unknown in option", `"label": "bar"`, `"label": "bar", "text": ""`, "/sections/1/fields/4/constraints/options/1/text", "unknown member", true},
	{"unknown in approval", `"provider": 2`, `"anbieter": 2`, "/sections/0/approval/anbieter", "unknown member", true},
	{"member twice", `"version": 3`, `"version": 3, "version": 4`, "/version", "duplicate", false},
	{"no provider", `"provider": 2`, `"provider": 0`, "/sections/0/approval/provider", "must be 1 to 9", true},
	{"too many approvals", `"municipality": 1`, `"municipality": 10`, "/sections/0/approval/municipality", "must be 0 to 9", true},
	{"section key", `"key": "gebuehren", `, `"key": "Gebühren", `, "/sections/0/key", "does not match", true},
	{"section twice", `"key": "zahlung", `, `"key": "gebuehren", `, "/sections/1/key", "already the key of /sections/0", false},
	{"section without fields", `"fields": [
        {"key": "zahlung.link"`, `"fields": [], "x": [{"key": "zahlung.link"`, "/sections/1/fields", "at least one field", true},
	{"field of another section", `"key": "zahlung.link"`, `"key": "gebuehren.link"`, "/sections/1/fields/0/key", `must be "zahlung."`, false},
	{"field without dot", `"key": "zahlung.link"`, `"key": "link"`, "/sections/1/fields/0/key", `must be "zahlung."`, true},
	{"field twice", `"key": "gebuehren.weitere"`, `"key": "gebuehren.erste"`, "/sections/0/fields/1/key", "already the key of /sections/0/fields/0", false},
	{"label missing", `"label": "Erste", `, ``, "/sections/0/fields/0/label", "must be a text", true},
	{"label as number", `"label": "Erste"`, `"label": 1`, "/sections/0/fields/0/label", "must be a text, not a number", true},
	{"unknown type", `"type": "url"`, `"type": "link"`, "/sections/1/fields/0/type", "unknown type", true},
	{"read-only without reason", `"reason": "§ 1 des Gesetzes.", `, ``, "/sections/1/fields/3/reason", "must say why", true},
	{"default not of the type", `"default": 2000`, `"default": true`, "/sections/0/fields/0/default", "wrong type", true},
	{"money as people type it", `"default": 2000`, `"default": "20,00"`, "/sections/0/fields/0/default", "must be written 2000", true},
	{"default above max", `"default": 2000`, `"default": 5001`, "/sections/0/fields/0/default", "too large", false},
	{"default negative", `"default": 2000`, `"default": -1`, "/sections/0/fields/0/default", "negative", true},
	{"default against pattern", `"default": "URKUNDE"`, `"default": "urkunde"`, "/sections/1/fields/2/default", "pattern", false},
	{"default no option", `"default": "karte"`, `"default": "scheck"`, "/sections/1/fields/4/default", "option", false},
	{"no such day", `2020-01-01`, `2020-02-30`, "/sections/0/fields/2/default", "date", false},
	{"default in a row", `"preis": 100`, `"preis": "x"`, "/sections/1/fields/5/default/0/preis", "money", false},
	{"default row with unknown cell", `"preis": 100`, `"kosten": 100`, "/sections/1/fields/5/default/0", "unknown column", false},
	{"defaults contradict", `"default": 1000`, `"default": 2001`, "/sections/0/fields/1/default", "not above", false},
	{"number with exponent", `"default": 2000`, `"default": 2e3`, "/sections/0/fields/0/default", "written plainly", false},
	{"number too long", `"default": 2000`, `"default": 12345678901234567`, "/sections/0/fields/0/default", "written plainly", false},
	{"compared with nothing", `"not_above": "gebuehren.erste"`, `"not_above": "gebuehren.dritte"`, "/sections/0/fields/1/constraints/not_above", "there is no field", false},
	{"compared with another type", `"not_above": "gebuehren.erste"`, `"not_above": "zahlung.frist"`, "/sections/0/fields/1/constraints/not_above", `"zahlung.frist" is integer, not money`, false},
	{"compared with itself", `"not_above": "gebuehren.erste"`, `"not_below": "gebuehren.weitere"`, "/sections/0/fields/1/constraints/not_below", "itself", false},
	{"protected with default", `"type": "protected"`, `"type": "protected", "default": "geheim"`, "/sections/1/fields/1/default", "no default", true},
	{"protected with example", `"type": "protected"`, `"type": "protected", "example": "geheim"`, "/sections/1/fields/1/example", "no example", true},
	{"constraint of another type", `"min": 0`, `"min_length": 3`, "/sections/0/fields/0/constraints/min_length", "no meaning", true},
	{"bounds crossed", `"min": 0, "max": 5000`, `"min": 6000, "max": 5000`, "/sections/0/fields/0/constraints", "bounds", false},
	{"bound not of the type", `"max": 5000`, `"max": "viel"`, "/sections/0/fields/0/constraints", "bounds", true},
	{"pattern unsound", `[A-Z]{1,27}`, `[A-Z`, "/sections/1/fields/2/constraints/pattern", "RE2", false},
	{"pattern without hint", `, "pattern_hint": "Großbuchstaben"`, ``, "/sections/1/fields/2/constraints/pattern", "pattern_hint", true},
	{"option twice", `"value": "bar"`, `"value": "karte"`, "/sections/1/fields/4/constraints/options", "choices", false},
	{"enum without options", `"options": [{"value": "karte", "label": "Karte"}, {"value": "bar", "label": "bar"}]`, ``, "/sections/1/fields/4/constraints/options", "choices", true},
	{"list without item", `"item": {"type": "text", "constraints": {"max_length": 5}}`, ``, "/sections/1/fields/6/constraints/item", "what its items are", true},
	{"list of lists", `"item": {"type": "text", "constraints": {"max_length": 5}}`, `"item": {"type": "list"}`, "/sections/1/fields/6/constraints/item/type", "not allowed here", true},
	{"item with foreign constraint", `"max_length": 5`, `"max": 5`, "/sections/1/fields/6/constraints/item/constraints/max", "no meaning", true},
	{"column of unknown type", `"label": "Preis", "type": "money"`, `"label": "Preis", "type": "euro"`, "/sections/1/fields/5/constraints/columns/1/type", "unknown type", true},
	{"no JSON", `"version": 3,`, `"version": 3`, "", "not JSON at line 5, column 3", false},
	{"something behind", "      ]\n    }\n  ]\n}", "      ]\n    }\n  ]\n} {}", "", "not JSON", false},
}

func TestBrokenFilesAreRefusedWithTheirPlace(t *testing.T) {
	compiled := compileSchema(t)
	for _, c := range broken {
		t.Run(c.name, func(t *testing.T) {
			text := altered(t, c.old, c.with)
			found := findings(t, text)
			first := Finding{}
			for _, f := range found {
				if f.Path == c.path && strings.Contains(f.Message, c.message) {
					first = f
				}
			}
			if first.File != "urkunde.json" || !strings.HasPrefix(first.String(), "urkunde.json: "+c.path) {
				t.Errorf("want %s: %s, got\n%v", c.path, c.message, found)
			}
			if strings.Contains(c.name, "JSON") || strings.Contains(c.name, "behind") {
				return // the schema is not asked about texts that are no JSON
			}
			if err := validate(t, compiled, text); (err != nil) != c.schema {
				t.Errorf("schema: want a refusal: %v, got %v", c.schema, err)
			}
		})
	}
}

func TestSoundFileIsAccepted(t *testing.T) {
	if found := findings(t, sound); found != nil {
		t.Error(found)
	}
	if err := validate(t, compileSchema(t), sound); err != nil {
		t.Error(err)
	}
}
