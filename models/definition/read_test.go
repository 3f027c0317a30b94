package definition

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"formwandel/models/modelstest/prompt"
)

func TestAllFindingsComeAtOnce(t *testing.T) {
	text := sound
	for _, change := range [][2]string{
		{`"version": 3`, `"version": "drei"`},
		{`"demo": true`, `"demo": true, "owner": "KISA", "office": "SG"`},
		{`"label": "Weitere"`, `"label": 5`},
		{`"default": "karte"`, `"default": "scheck"`},
		{`"label": "Passwort"`, `"label": null`},
		{`{"key": "zahlung.link", "label": "Link", "type": "url", "constraints": {"suffixes": [".pdf"]}}`, `7`},
	} {
		if !strings.Contains(text, change[0]) {
			t.Fatal(change[0])
		}
		text = strings.Replace(text, change[0], change[1], 1)
	}
	want := `urkunde.json: /sections/1/fields/1/label: null is not allowed, leave the member out
urkunde.json: /office: unknown member "office"
urkunde.json: /owner: unknown member "owner"
urkunde.json: /sections/0/fields/1/label: must be a text, not a number
urkunde.json: /sections/1/fields/0: must be an object, not a number
urkunde.json: /version: must be a whole number, not a text
urkunde.json: /sections/1/fields/4/default: option (options Karte, bar)`
	if got := findings(t, text).Error(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestLimits(t *testing.T) {
	field := func(section, i int) string {
		return fmt.Sprintf(`{"key": "s%d.f%d", "label": "Feld", "type": "bool"}`, section, i)
	}
	file := func(sections, each int) string {
		var all []string
		for s := range sections {
			var fs []string
			for i := range each {
				fs = append(fs, field(s, i))
			}
			all = append(all, fmt.Sprintf(`{"key": "s%d", "title": "Abschnitt", "fields": [%s]}`, s, strings.Join(fs, ",")))
		}
		return `{"key": "Viele", "version": 1, "title": "Viele", "sections": [` + strings.Join(all, ",") + `]}`
	}
	for _, c := range []struct {
		name, text, want string
	}{
		{"40 sections and 1000 fields", file(40, 25), ""},
		{"41 sections", file(41, 1), "/sections: must be 1 to 40 sections, not 41"},
		{"1001 fields", file(7, 143), "/sections: must have at most 1000 fields, not 1001"},
		{"no section", file(0, 0), "/sections: must be 1 to 40 sections, not 0"},
		{"too large", strings.Repeat(" ", maxBytes) + sound, "file is larger than 2 MiB"},
		{"empty", "", "not JSON"},
		{"array", "[]", "a definition is a JSON object"},
		{"null", "null", "null is not allowed"},
		{"ISO-8859-1", strings.Replace(sound, "ü", "\xfc", 1), "invalid UTF-8"},
		{"only nulls", "[" + strings.Repeat("null,", 400_000) + "null]", "more findings left out"},
		{"very deep", strings.Repeat("[", 100_000), "not JSON"},
	} {
		t.Run(c.name, func(t *testing.T) {
			found := findings(t, c.text)
			if (found == nil) != (c.want == "") || !strings.Contains(found.Error(), c.want) {
				t.Errorf("want %q, got %.300v", c.want, found)
			}
		})
	}
}

func TestFindingsAreBounded(t *testing.T) {
	var members []string
	for i := range 300 {
		members = append(members, fmt.Sprintf(`"x%d": 1`, i))
	}
	found := findings(t, altered(t, `"demo": true`, `"demo": true, `+strings.Join(members, ", ")))
	if len(found) != maxFindings+1 || found[maxFindings].String() != "urkunde.json: more findings left out" {
		t.Errorf("%d findings, the last is %v", len(found), found[len(found)-1])
	}
}

func TestTroubleWithTheDiskIsNoFinding(t *testing.T) {
	_, err := Read(iotest.ErrReader(io.ErrUnexpectedEOF), "urkunde.json")
	var found Errors
	if !errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &found) {
		t.Error(err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(sound)
	for _, c := range broken[:20] {
		f.Add(strings.Replace(sound, c.old, c.with, 1))
	}
	f.Fuzz(func(t *testing.T, text string) {
		defer prompt.Answer(t)()
		d, err := Read(strings.NewReader(text), "x")
		if (d == nil) != (err != nil) {
			t.Fatalf("definition %v, error %v", d, err)
		}
		if err != nil {
			return
		}
		again, err := Read(strings.NewReader(string(d.JSON())), "x")
		if err != nil || again.Hash() != d.Hash() {
			t.Fatalf("what was read cannot be read again: %v", err)
		}
	})
}
