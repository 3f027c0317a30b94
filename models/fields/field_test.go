package fields

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	jsonv2 "github.com/go-json-experiment/json"

	"formwandel/models/calendar"
)

func TestSoundDefinitions(t *testing.T) {
	for _, f := range cast {
		if err := f.Validate(); err != nil {
			t.Errorf("%s: %v", f.Key, err)
		}
	}
}

func TestUnsoundDefinitions(t *testing.T) {
	change := func(f Field, edit func(*Field)) Field { edit(&f); return f }
	for want, f := range map[string]Field{
		"def_key":         change(firstCopy, func(f *Field) { f.Key = "gebühr erste" }),
		"def_label":       change(firstCopy, func(f *Field) { f.Label = "Gebühr\u202e" }),
		"def_reason":      change(firstCopy, func(f *Field) { f.Configurable = false }),
		"def_type":        change(firstCopy, func(f *Field) { f.Type = "colour" }),
		"def_default":     change(firstCopy, func(f *Field) { f.Default = `"20,00 €"` }),
		"def_bounds":      change(firstCopy, func(f *Field) { f.Constraints.Min = "1000001" }),
		"def_constraint":  change(firstCopy, func(f *Field) { f.Constraints.Hosts = []string{"x.de"} }),
		"def_pattern":     change(purpose, func(f *Field) { f.Constraints.Pattern = "(" }),
		"def_placeholder": change(subject, func(f *Field) { f.Constraints.Placeholders = []string{"a b"} }),
		"def_options":     change(policy, func(f *Field) { f.Constraints.Options = []Option{{"a", "B"}, {"b", "C"}} }),
		"def_item":        change(postcodes, func(f *Field) { f.Constraints.Item = nil }),
		"def_columns":     change(fees, func(f *Field) { f.Constraints.Columns = nil }),
	} {
		if err := f.Validate(); codeOf(err) != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	for want, f := range map[string]Field{
		"gebuehren.positionen.x: def_type":                                      change(fees, func(f *Field) { f.Constraints.Columns = []Column{{Key: "x", Label: "X", Type: Protected}} }),
		"zustaendigkeit.plz_liste[]: def_type":                                  change(postcodes, func(f *Field) { f.Constraints.Item = &Item{Type: List} }),
		"zustaendigkeit.plz_liste[]: def_constraint":                            change(postcodes, func(f *Field) { f.Constraints.Item = &Item{Type: Date, Constraints: Constraints{NotPast: true}} }),
		"zahlung.ePayBL.keystorePassword: def_default":                          change(password, func(f *Field) { f.Default = `"x"` }),
		"einstieg.hinweistext: def_label\neinstieg.hinweistext: def_constraint": change(notice, func(f *Field) { f.Label, f.Constraints.Unique = "", true }),
	} {
		if err := f.Validate(); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestDefinitionsInJSON(t *testing.T) {
	var f Field
	for name, read := range map[string]func([]byte, any) error{
		"v1": json.Unmarshal, "v2": func(b []byte, v any) error { return jsonv2.Unmarshal(b, v) },
	} {
		if err := read([]byte(`{"key":"a.b","label":"B","type":"money","default":2000,"constraints":{"max": 5000}}`), &f); err != nil || !f.Configurable || f.Default != "2000" || f.Constraints.Max != "5000" {
			t.Errorf("%s: %+v, %v", name, f, err)
		}
		if err := read([]byte(`{"key":"a.b","label":"B","type":"text","configurable":false,"reason":"§ 17 BMG"}`), &f); err != nil || f.Configurable || f.Default != "" {
			t.Errorf("%s: %+v, %v", name, f, err)
		}
		if err := read([]byte(`{"key":"a.b","label":"B","type":"text","maxlength":5}`), &f); err == nil {
			t.Errorf("%s: an unknown name was read", name)
		}
	}
	for _, f := range cast {
		one, err1 := json.Marshal(f)
		two, err2 := jsonv2.Marshal(f)
		var back, back2 Field
		if err := errors.Join(err1, err2, json.Unmarshal(two, &back), jsonv2.Unmarshal(one, &back2)); err != nil || !reflect.DeepEqual(back, f) || !reflect.DeepEqual(back2, f) {
			t.Errorf("%s: %s, %s, %v", f.Key, one, two, err)
		}
	}
}

func TestValuesInJSON(t *testing.T) {
	type holder struct {
		V Value            `json:"v"`
		M map[string]Value `json:"m"`
	}
	for _, v := range []Value{"", "2500", "1.50", `"a<b>&ü\"\\"`, `[{"b":1,"a":null}]`, "123456789012345678"} {
		one, err1 := json.Marshal(holder{v, map[string]Value{"x": v}})
		two, err2 := jsonv2.Marshal(holder{v, map[string]Value{"x": v}})
		var a, b holder
		err := errors.Join(err1, err2, json.Unmarshal(one, &a), jsonv2.Unmarshal(two, &b))
		if err != nil || a.V != v || b.V != v || a.M["x"] != v || b.M["x"] != v {
			t.Errorf("%s: %s, %s, %v", v, one, two, err)
		}
	}
	var v Value
	if err := json.Unmarshal([]byte(` { "a" : "\u00fc" } `), &v); err != nil || v != `{"a":"ü"}` {
		t.Error(v, err)
	}
}

func TestCheckHoldsStoredValuesAgainstTheDefinition(t *testing.T) {
	for _, c := range []struct {
		field Field
		value Value
		code  string
	}{
		{firstCopy, "2500", ""}, {firstCopy, "", "required"}, {firstCopy, "2000000", "too_large"}, {firstCopy, `"25,00 €"`, "not_canonical"}, {firstCopy, "2500.0", "not_canonical"}, {firstCopy, "x", "not_json"},
		{shipping, `["abholung","inland"]`, "not_canonical"}, {shipping, `["taube"]`, "option"}, {postcodes, `["02625"]`, ""}, {postcodes, `["2625"]`, "pattern"}, {postcodes, "[]", "not_canonical"}, {policy, `"Inaktiv"`, "not_canonical"},
		{password, `"sealed: anything"`, ""}, {password, "", ""}, {password, "5", "wrong_type"}, {link, `"https://www.leipzig.de"`, "not_canonical"}, {vetProof, "", ""},
	} {
		err := c.field.Check(c.value, newYear)
		if codeOf(err) != c.code || err != nil && Problems(err)[0].Path != c.field.Key && c.field.Type != List {
			t.Errorf("%s %s: %v, want %s", c.field.Type, c.value, err, c.code)
		}
	}
}

func TestSecretsAreNeverTold(t *testing.T) {
	const secret = "S3cr3t"
	long, odd := strings.Repeat(secret, 100), secret+"\x00"
	var told []any
	for _, f := range []Field{password, {Key: "a.b", Label: "Kennwort", Type: Protected, Constraints: Constraints{MinLength: 50, Pattern: "x", PatternHint: "nur x"}}} {
		for _, s := range []string{secret, " " + secret, long, odd, secret + "\xff"} {
			_, err1 := f.ParseText(s)
			_, err2 := f.Parse([]byte(quote(s)))
			_, err3 := f.Parse([]byte("[" + string(quote(s)) + "]"))
			told = append(told, err1, err2, err3, f.Check(quote(s), newYear), f.Hint(quote(s), quote(s+"2")), f.Display(quote(s), "de"), f.Text(quote(s)),
				f.Sentence(quote(s), quote(s+"2"), Effective{From, newYear, calendar.Day{}}, "de"), f.Validate())
			for _, p := range append(Problems(err1), Problems(err2)...) {
				told = append(told, p.Detail("de", sayings(t, "de")))
			}
		}
	}
	if text := fmt.Sprintf("%#v %+v", told, told); strings.Contains(text, secret) {
		t.Errorf("told: %s", text)
	}
}

// sayings fills in the words of a locale, and fails at a gap.
func sayings(t *testing.T, locale string) func(string, map[string]any) string {
	words := locales(t, locale)
	return func(key string, args map[string]any) string {
		text, ok := words[key]
		if !ok {
			t.Errorf("%s: no words for %s", locale, key)
		}
		return placeholders.ReplaceAllStringFunc(text, func(name string) string {
			arg, ok := args[strings.Trim(name, "{}")]
			if !ok {
				t.Errorf("%s: %s needs %s", locale, key, name)
			}
			return fmt.Sprint(arg)
		})
	}
}

var placeholders = regexp.MustCompile(`\{[a-z]+\}`)

func locales(t *testing.T, locale string) map[string]string {
	b, err := os.ReadFile("../../templates/locales/" + locale + "/fields.json")
	if err != nil {
		t.Fatal(err)
	}
	words := map[string]string{}
	if err := json.Unmarshal(b, &words); err != nil {
		t.Fatal(err)
	}
	return words
}

// codes are all codes in the source, and the arguments given with each.
func codes(t *testing.T) map[string]bool {
	found := map[string]bool{"at_line": true, "at_cell": true}
	call := regexp.MustCompile(`refuse\("([a-z_]+)"|"(hint_[a-z]+)"|"(not_(?:above|below|before|after))", f\.`)
	files, _ := os.ReadDir(".")
	for _, file := range files {
		if !strings.HasSuffix(file.Name(), ".go") || strings.HasSuffix(file.Name(), "_test.go") {
			continue
		}
		b, err := os.ReadFile(file.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range call.FindAllStringSubmatch(string(b), -1) {
			found[m[1]+m[2]+m[3]] = true
		}
	}
	return found
}

func TestEveryCodeHasWordsInEveryLanguage(t *testing.T) {
	de, en := locales(t, "de"), locales(t, "en")
	for code := range codes(t) {
		key := "field." + code
		if de[key] == "" || en[key] == "" {
			t.Errorf("no words for %s", key)
		}
		a, b := placeholders.FindAllString(de[key], -1), placeholders.FindAllString(en[key], -1)
		slices.Sort(a)
		slices.Sort(b)
		if !slices.Equal(a, b) {
			t.Errorf("%s: %v in German, %v in English", key, a, b)
		}
	}
	for key := range de {
		if !codes(t)[strings.TrimPrefix(key, "field.")] || en[key] == "" {
			t.Errorf("nobody says %s", key)
		}
	}
	t.Logf("%d codes", len(codes(t)))
}

func TestProblemsSpeak(t *testing.T) {
	_, large := firstCopy.ParseText("10.000,01")
	_, cell := fees.ParseText("A;1\nB;10.000,01")
	_, line := postcodes.ParseText("1")
	for _, c := range []struct {
		err    error
		locale string
		want   string
	}{
		{large, "de", "Der Wert darf höchstens 10.000,00\u00a0€ sein."}, {large, "en", "The value must be at most €10,000.00."},
		{cell, "de", "Zeile 2, Spalte „Betrag“: Der Wert darf höchstens 10.000,00\u00a0€ sein."}, {line, "de", "Zeile 1: Die Eingabe hat nicht die richtige Form. Erwartet: Eine Postleitzahl hat fünf Ziffern."},
	} {
		if got := Problems(c.err)[0].Detail(c.locale, sayings(t, c.locale)); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
	if b, err := json.Marshal(Problems(large)[0].Args); err != nil || string(b) != "{\"max\":\"10.000,00\u00a0€\"}" {
		t.Errorf("%s, %v", b, err)
	}
	if Problems(errors.New("disk full")) != nil || Problems(nil) != nil {
		t.Error("an error of another kind became a problem")
	}
}
