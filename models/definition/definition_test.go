package definition

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"formwandel/models/fields"
)

func TestFieldsAndSectionsAreFoundByKey(t *testing.T) {
	d := mustRead(t, sound)
	if f, ok := d.Field("zahlung.frist"); !ok || f.Label != "Frist" || f.Configurable {
		t.Errorf("zahlung.frist: %+v, %v", f, ok)
	}
	if s, ok := d.SectionOf("zahlung.frist"); !ok || s.Title != "Zahlung" {
		t.Errorf("section of zahlung.frist: %v, %v", s.Title, ok)
	}
	if s, ok := d.Section("gebuehren"); !ok || s.Title != "Gebühren" {
		t.Errorf("gebuehren: %v, %v", s.Title, ok)
	}
	_, field := d.Field("zahlung.nichts")
	_, of := d.SectionOf("zahlung.nichts")
	_, section := d.Section("nichts")
	if field || of || section {
		t.Error("something was found that is not there")
	}
	if n := len(d.Fields()); n != 10 {
		t.Errorf("%d fields", n)
	}
}

func TestDefaultsAreCanonical(t *testing.T) {
	want := map[string]fields.Value{
		"gebuehren.erste": "2000", "gebuehren.weitere": "1000", "gebuehren.gueltig_ab": `"2020-01-01"`,
		"zahlung.zweck": `"URKUNDE"`, "zahlung.frist": "14", "zahlung.art": `"karte"`,
		"zahlung.zonen": `[{"code":"A","preis":100}]`,
	}
	if got := mustRead(t, sound).Defaults(); !maps.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	d := mustRead(t, altered(t, `{"code": "A", "preis": 100}`, `{"code": "A"}`))
	if got := d.Defaults()["zahlung.zonen"]; got != `[{"code":"A","preis":null}]` {
		t.Errorf("empty cell: %s", got)
	}
}

func TestMissingApprovalIsTheUsualOne(t *testing.T) {
	for text, want := range map[string]Approval{
		`"approval": {"municipality": 1, "provider": 2},`: {1, 2},
		`"approval": {"municipality": 2},`:                {2, 1},
		`"approval": {"provider": 3},`:                    {0, 3},
		`"approval": {},`:                                 {0, 1},
		``:                                                {0, 1},
	} {
		d := mustRead(t, altered(t, `"approval": {"municipality": 1, "provider": 2},`, text))
		if got := d.Sections[0].Approval; got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

func TestHashIsOfWhatTheFileSays(t *testing.T) {
	d := mustRead(t, sound)
	text := jsontext.Value(d.JSON())
	if err := text.Canonicalize(); err != nil || !bytes.Equal(text, d.JSON()) {
		t.Errorf("not canonical: %v", err)
	}
	if strings.Contains(string(d.JSON()), "$schema") {
		t.Error("$schema is no part of the definition")
	}
	again := mustRead(t, string(d.JSON()))
	if again.Hash() != d.Hash() || len(d.Hash()) != 64 {
		t.Errorf("hash %s became %s", d.Hash(), again.Hash())
	}
	blanks := mustRead(t, "\uFEFF"+strings.ReplaceAll(sound, "\n", "\r\n\t"))
	changed := mustRead(t, altered(t, `"version": 3`, `"version": 4`))
	if blanks.Hash() != d.Hash() || changed.Hash() == d.Hash() {
		t.Error("the hash must see the content and nothing else")
	}
	d.JSON()[0] = 'x'
	if again.Hash() != d.Hash() {
		t.Error("who gets the JSON can change the definition")
	}
}

func TestBuiltinOrderIsStable(t *testing.T) {
	all, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, d := range all {
		keys = append(keys, d.Key)
	}
	if len(keys) != 12 || !slices.IsSorted(keys) || len(slices.Compact(keys)) != 12 {
		t.Errorf("keys %v", keys)
	}
}
