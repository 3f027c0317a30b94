package fields

import (
	"fmt"
	"strings"
	"testing"
)

func TestChoices(t *testing.T) {
	for _, c := range []typed{
		{policy, "verpflichtend", `"verpflichtend"`, ""}, {policy, "Verpflichtend", `"verpflichtend"`, ""}, {policy, "optional", "", "option"}, {policy, "", "", ""},
		{shipping, "Abholung, Post Inland", `["inland","abholung"]`, ""}, {shipping, "abholung,abholung", `["abholung"]`, ""}, {shipping, "inland,", `["inland"]`, ""}, {shipping, "Taube", "", "option"}, {shipping, "", "", "too_few_items"}, {shipping, ",", "", "too_few_items"},
	} {
		c.hold(t)
	}
}

func TestListsAndTablesAsTyped(t *testing.T) {
	for _, c := range []typed{
		{postcodes, "02625\n02627", `["02625","02627"]`, ""}, {postcodes, "\n 02625 \r\n\n02627\n", `["02625","02627"]`, ""}, {postcodes, "", "", ""}, {postcodes, "02625\n2627", "", "pattern"}, {postcodes, "02625\n02625", "", "duplicate"},
		{fees, "Geburtsurkunde; 25,00 €; § 1", `[{"bezeichnung":"Geburtsurkunde","betrag":2500,"rechtsgrundlage":"§ 1"}]`, ""},
		{fees, "Geburtsurkunde;25\n\nAuskunft;15;", `[{"bezeichnung":"Geburtsurkunde","betrag":2500,"rechtsgrundlage":null},{"bezeichnung":"Auskunft","betrag":1500,"rechtsgrundlage":null}]`, ""},
		{fees, "\"A; B\";1;\"a \"\"b\"\"\"", `[{"bezeichnung":"A; B","betrag":100,"rechtsgrundlage":"a \"b\""}]`, ""}, {fees, `12" Rohr;1`, `[{"bezeichnung":"12\" Rohr","betrag":100,"rechtsgrundlage":null}]`, ""},
		{fees, "A;1;;;", `[{"bezeichnung":"A","betrag":100,"rechtsgrundlage":null}]`, ""}, {fees, ";;\n", "", ""}, {fees, "A;1;b;c", "", "too_many_cells"}, {fees, "A", "", "required"}, {fees, "A;1\na;2", "", "duplicate"}, {fees, "A;-1", "", "negative"}, {fees, "\"A\nB\";1", "", "line_break"},
	} {
		c.hold(t)
	}
}

func TestCompoundsInJSON(t *testing.T) {
	for _, c := range []struct {
		field           Field
		raw, want, code string
	}{
		{shipping, `["abholung","inland"]`, `["inland","abholung"]`, ""}, {shipping, `"abholung"`, `["abholung"]`, ""}, {shipping, `[]`, "", "too_few_items"}, {shipping, `[1]`, "", "wrong_type"}, {shipping, `{}`, "", "wrong_type"}, {shipping, `["x"]`, "", "option"},
		{policy, `"inaktiv"`, `"inaktiv"`, ""}, {policy, `["inaktiv"]`, "", "wrong_type"}, {vetProof, `true`, `true`, ""}, {vetProof, `1`, "", "wrong_type"}, {vetProof, `"ja"`, `true`, ""},
		{postcodes, `[ "02625" , "02627" ]`, `["02625","02627"]`, ""}, {postcodes, `[]`, "", ""}, {postcodes, `["02625",null]`, "", "required"}, {postcodes, `[2625]`, "", "wrong_type"}, {postcodes, `[["02625"]]`, "", "wrong_type"}, {postcodes, `5`, "", "wrong_type"},
		{fees, `[{"betrag":2500,"bezeichnung":"Geburtsurkunde"}]`, `[{"bezeichnung":"Geburtsurkunde","betrag":2500,"rechtsgrundlage":null}]`, ""}, {fees, `[{"bezeichnung":"A","betrag":"25,00 €"}]`, `[{"bezeichnung":"A","betrag":2500,"rechtsgrundlage":null}]`, ""},
		{fees, `[{"bezeichnung":"A","betrag":1,"x":1}]`, "", "unknown_column"}, {fees, `[{"bezeichnung":"A","bezeichnung":"B","betrag":1}]`, "", "not_json"}, {fees, `[{}]`, "", "required"}, {fees, `["A"]`, "", "wrong_type"}, {fees, `{"bezeichnung":"A"}`, "", "wrong_type"}, {fees, `[{"bezeichnung":"A","betrag":{"a":1}}]`, "", "wrong_type"},
		{password, `" x"`, "", "outer_space"}, {password, `"  "`, "", "outer_space"}, {password, `5`, "", "wrong_type"}, {password, `"a\u0000"`, "", "invisible_characters"}, {password, `"a b<€>"`, `"a b<€>"`, ""}, {password, quotes(501), "", "too_long"}, {password, `null`, "", ""},
		{Field{Type: "colour"}, `"red"`, "", "unknown_type"},
	} {
		v, err := c.field.Parse([]byte(c.raw))
		if string(v) != c.want || codeOf(err) != c.code {
			t.Errorf("%s %.60s: %s, %v; want %s %s", c.field.Type, c.raw, v, err, c.want, c.code)
		}
	}
}

func quotes(n int) string { return string(quote(strings.Repeat("x", n))) }

func TestPlacesOfProblems(t *testing.T) {
	_, err := fees.ParseText("Geburtsurkunde;25\n\nAuskunft;viel\n;1;" + strings.Repeat("x", 1001))
	var got []string
	for _, p := range Problems(err) {
		got = append(got, fmt.Sprintf("%s %s %v %v", p.Path, p.Code, p.Args["line"], p.Args["column"]))
	}
	want := []string{
		"gebuehren.positionen[1].betrag money 3 Betrag", "gebuehren.positionen[2].bezeichnung required 4 Bezeichnung", "gebuehren.positionen[2].rechtsgrundlage too_long 4 Rechtsgrundlage",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if _, err = contact.ParseText("x"); err.Error() != "kontakt.email: email" {
		t.Error(err)
	}
}

func TestEverythingIsBounded(t *testing.T) {
	words := Field{Type: List, Constraints: Constraints{Item: &Item{Type: Text}}}
	for name, c := range map[string]struct {
		err  func() error
		code string
	}{
		"long text":  {func() error { _, err := notice.ParseText(strings.Repeat("x", maxBytes+1)); return err }, "too_big"},
		"many items": {func() error { _, err := words.ParseText(strings.Repeat("x\n", maxItems+1)); return err }, "too_many_items"},
		"many in JSON": {func() error {
			_, err := words.Parse([]byte("[" + strings.Repeat(`"x",`, maxItems) + `"x"]`))
			return err
		}, "too_many_items"},
		"deep JSON":     {func() error { _, err := words.Parse([]byte(strings.Repeat("[", 30000))); return err }, "not_json"},
		"many problems": {func() error { _, err := postcodes.ParseText(strings.Repeat("x\n", 400)); return err }, "pattern"},
		"a longer form": {func() error {
			_, err := words.ParseText(strings.Repeat(strings.Repeat(`"`, 200)+"\n", 300))
			return err
		}, "too_big"},
	} {
		err := c.err()
		if codeOf(err) != c.code || len(Problems(err)) > maxProblems {
			t.Errorf("%s: %.80v", name, err)
		}
	}
}
