package definition

import (
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"formwandel/models/fields"
)

func builtinFiles(t testing.TB) map[string]string {
	t.Helper()
	entries, err := builtin.ReadDir("assistants")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, e := range entries {
		text, err := builtin.ReadFile("assistants/" + e.Name())
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = string(text)
	}
	return files
}

func builtins(t testing.TB) map[string]*Definition {
	t.Helper()
	all, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	byKey := map[string]*Definition{}
	for _, d := range all {
		byKey[d.Key] = d
	}
	return byKey
}

// money are the sections whose changes the municipality approves too.
var money = []string{"gebuehren", "zahlung", "steuersaetze", "erstattung"}

func TestBuiltinFilesKeepTheHouseRules(t *testing.T) {
	for name, text := range builtinFiles(t) {
		d := mustRead(t, text)
		if name != d.Key+".json" || !d.Demo || !strings.HasPrefix(d.Source, "Beispieldaten: ") {
			t.Errorf("%s: key %s, demo %v, source %q", name, d.Key, d.Demo, d.Source)
		}
		var raw struct {
			Schema   string `json:"$schema"`
			Sections []map[string]jsontext.Value
		}
		if err := json.Unmarshal([]byte(text), &raw, json.MatchCaseInsensitiveNames(true)); err != nil || raw.Schema != schemaID {
			t.Errorf("%s: $schema %q, %v", name, raw.Schema, err)
		}
		for i, s := range d.Sections {
			if raw.Sections[i]["approval"] == nil {
				t.Errorf("%s: section %s leaves its approvals to the reader", name, s.Key)
			}
			if want := slices.Contains(money, s.Key); (s.Approval.Municipality == 1) != want || s.Approval.Provider != 1 {
				t.Errorf("%s: section %s needs %v", name, s.Key, s.Approval)
			}
		}
	}
}

func TestEveryTypeIsUsed(t *testing.T) {
	used := map[fields.Type]bool{}
	for _, d := range builtins(t) {
		for _, f := range d.Fields() {
			used[f.Type] = true
		}
	}
	for _, want := range strings.Fields("text markdown url email phone money integer decimal date bool enum enum_set list table iban protected") {
		if !used[fields.Type(want)] {
			t.Errorf("no field is of type %s", want)
		}
	}
}

func TestExamplesAreValues(t *testing.T) {
	for key, d := range builtins(t) {
		for _, f := range d.Fields() {
			if f.Example == "" {
				continue
			}
			if _, err := f.ParseText(f.Example); err != nil {
				t.Errorf("%s: example %q of %s: %v", key, f.Example, f.Key, err)
			}
		}
	}
}

func TestMoneyIsNeverWithoutLimits(t *testing.T) {
	for key, d := range builtins(t) {
		for _, f := range d.Fields() {
			if f.Type == fields.Money && (f.Constraints.Min == "" || f.Constraints.Max == "") {
				t.Errorf("%s: %s", key, f.Key)
			}
		}
	}
}

func TestKnownFields(t *testing.T) {
	all := builtins(t)
	for _, c := range []struct {
		assistant, field string
		label            string
		typ              fields.Type
		value            fields.Value
	}{
		{"KOMM24Geburtsurkunde", "gebuehren.erste", "Gebühr erste Geburtsurkunde", fields.Money, "2000"},
		{"KOMM24Geburtsurkunde", "gebuehren.weitere", "Gebühr jede weitere Geburtsurkunde", fields.Money, "1000"},
		{"KOMM24Geburtsurkunde", "zahlung.sepa_mandat_url", "Link zum SEPA-Lastschriftmandat", fields.URL, `"https://www.bautzen.example/sepa-lastschriftmandat.pdf"`},
		{"KOMM24Geburtsurkunde", "kontakt.email", "E-Mail-Adresse für Rückfragen", fields.Email, ""},
		{"KOMM24Hundesteueranmeldung", "steuersaetze.erster", "Steuer für den ersten Hund", fields.Money, "7200"},
		{"KOMM24Gewerbeanmeldung", "zahlung.epaybl_keystore_passwort", "ePayBL: Passwort des Keystores", fields.Protected, ""},
		{"KOMM24Hundesteuerabmeldung", "erstattung.auszahlungskonto", "Konto, von dem erstattet wird", fields.IBAN, ""},
	} {
		f, ok := all[c.assistant].Field(c.field)
		if !ok || f.Label != c.label || f.Type != c.typ || f.Default != c.value || !f.Configurable {
			t.Errorf("%s %s: %+v", c.assistant, c.field, f)
		}
	}
	for _, key := range []string{"einstieg.hinweistext", "kontakt.sprechzeiten"} {
		if _, ok := all["KOMM24Geburtsurkunde"].Field(key); !ok {
			t.Errorf("%s is missing", key)
		}
	}
}

func TestStatutoryPeriodsAreFixedAndSayWhy(t *testing.T) {
	all := builtins(t)
	for _, c := range []struct {
		assistant, field, law string
		value                 fields.Value
	}{
		{"KOMM24Wohnsitzanmeldung", "anmeldung.frist_tage", "§ 17 BMG", "14"},
		{"KOMM24Gaststaettengewerbe", "anzeige.frist_wochen", "§ 2 SächsGastG", "4"},
		{"KOMM24Geburtsurkunde", "urkunde.mindestalter", "§ 62 PStG", "16"},
	} {
		f, _ := all[c.assistant].Field(c.field)
		if f.Configurable || !strings.Contains(f.Reason, c.law) || f.Default != c.value {
			t.Errorf("%s %s: %+v", c.assistant, c.field, f)
		}
	}
}

func TestPurposeOfPaymentFitsTheBankStatement(t *testing.T) {
	f, _ := builtins(t)["KOMM24Geburtsurkunde"].Field("zahlung.epaybl_verwendungszweck")
	for text, fits := range map[string]bool{
		"GEBURTSURKUNDE 2027": true, strings.Repeat("A", 27): true, "A/B+C-1,2.3": true,
		strings.Repeat("A", 28): false, "Geburtsurkunde": false, "GEBÜHR": false,
	} {
		if _, err := f.ParseText(text); (err == nil) != fits {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestDemoLeikaKeys(t *testing.T) {
	want := map[string]string{
		"KOMM24Hundesteueranmeldung": "99102013104000", "KOMM24Hundesteuerabmeldung": "99102013070000", "KOMM24Geburtsurkunde": "99027002012000",
		"KOMM24Meldebescheinigung": "99115003012000", "KOMM24Wohnsitzanmeldung": "99115005104000", "KOMM24Gewerbeanmeldung": "99050012104000",
		"KOMM24Bewohnerparkausweis": "99108001001000", "KOMM24Wohngeld": "99107023037000", "KOMM24Gaststaettengewerbe": "",
		"KOMM24Sondernutzung": "", "KOMM24Brauchtumsfeuer": "", "K24-IOZ-AE": "",
	}
	all := builtins(t)
	for key, leika := range want {
		if d := all[key]; d == nil || d.Leika != leika {
			t.Errorf("%s: %v", key, d)
		}
	}
}
