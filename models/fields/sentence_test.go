package fields

import (
	"strings"
	"testing"
	"unicode/utf8"

	"formwandel/models/calendar"
)

func TestTheOneSentence(t *testing.T) {
	from := Effective{Kind: From, Date: newYear}
	by := Effective{Kind: By, Date: newYear}
	until := Effective{From, newYear, calendar.NewDay(2027, 3, 31)}
	for _, c := range []struct {
		field    Field
		old, new Value
		when     Effective
		locale   string
		want     string
	}{
		{firstCopy, "2000", "2500", from, "de", "Gebühr erste Geburtsurkunde: 20,00 € → 25,00 €, ab 01.01.2027"},
		{firstCopy, "2000", "2500", by, "de", "Gebühr erste Geburtsurkunde: 20,00 € → 25,00 €, bis spätestens 01.01.2027"},
		{firstCopy, "2000", "2500", until, "de", "Gebühr erste Geburtsurkunde: 20,00 € → 25,00 €, vom 01.01.2027 bis 31.03.2027"},
		{firstCopy, "2000", "2500", Effective{By, newYear, until.Until}, "de", "Gebühr erste Geburtsurkunde: 20,00 € → 25,00 €, bis spätestens 01.01.2027, befristet bis 31.03.2027"},
		{firstCopy, "2000", "2500", from, "en", "Gebühr erste Geburtsurkunde: €20.00 → €25.00, from 1 January 2027"},
		{firstCopy, "2000", "2500", until, "en", "Gebühr erste Geburtsurkunde: €20.00 → €25.00, from 1 January 2027 to 31 March 2027"},
		{firstCopy, "2000", "2500", Effective{}, "de", "Gebühr erste Geburtsurkunde: 20,00 € → 25,00 €"},
		{link, "", `"https://www.riesa.de/sepa.pdf"`, from, "de", "Link: (leer) → https://www.riesa.de/sepa.pdf, ab 01.01.2027"},
		{vetProof, "true", "false", from, "de", "Nachweis vom Tierarzt: ja → nein, ab 01.01.2027"},
		{vetProof, "true", "", by, "en", "Nachweis vom Tierarzt: yes → (empty), by 1 January 2027"},
		{shipping, `["inland"]`, `["inland","abholung"]`, from, "de", "Versandarten: Post Inland → Post Inland, Abholung, ab 01.01.2027"},
		{postcodes, `["02625"]`, `["02625","02627"]`, from, "de", "Zulässige Postleitzahlen: 02625 → 02625, 02627, ab 01.01.2027"},
		{fees, "", `[{"bezeichnung":"A","betrag":2500,"rechtsgrundlage":null},{"bezeichnung":"B","betrag":100,"rechtsgrundlage":null}]`, from, "de",
			"Gebühren: (leer) → Bezeichnung: A, Betrag: 25,00 €; Bezeichnung: B, Betrag: 1,00 €, ab 01.01.2027"},
		{notice, "", `"eins\n\n  zwei"`, from, "de", "Hinweistext: (leer) → eins zwei, ab 01.01.2027"},
		{password, `"alt"`, `"geheim"`, from, "de", "Kennwort des Schlüsselspeichers: (geschützt) → neuer Wert (geschützt), ab 01.01.2027"},
		{password, "", `"geheim"`, from, "en", "Kennwort des Schlüsselspeichers: (empty) → new value (protected), from 1 January 2027"},
		{password, `"alt"`, "", from, "de", "Kennwort des Schlüsselspeichers: (geschützt) → (leer), ab 01.01.2027"},
	} {
		if got := c.field.Sentence(c.old, c.new, c.when, c.locale); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

func TestLongTextsAreShortenedWhereTheyDiffer(t *testing.T) {
	long := strings.Repeat("Bitte halten Sie Ihren Impfausweis bereit. ", 6)
	before, after := notice.sides(notice, quote(long+"Dienstag ist zu."), quote(long+"Mittwoch ist zu."), "de")
	if before == after || !strings.Contains(before, "Dienstag") || !strings.Contains(after, "Mittwoch") {
		t.Errorf("%s → %s", before, after)
	}
	before, after = notice.sides(notice, quote("Erst das. "+long), quote("Zuerst das. "+long), "de")
	if !strings.HasPrefix(before, "Erst") || !strings.HasSuffix(before, "…") || !strings.HasPrefix(after, "Zuerst") {
		t.Errorf("%s → %s", before, after)
	}
	before, after = notice.sides(notice, quote(long), quote(long+"Ende"), "de")
	for _, side := range []string{before, after} {
		if utf8.RuneCountInString(side) > longest {
			t.Errorf("%s has %d characters", side, utf8.RuneCountInString(side))
		}
	}
	if before == after {
		t.Errorf("both are %s", before)
	}
}

func TestHints(t *testing.T) {
	for _, c := range []struct {
		field    Field
		old, new Value
		code     string
		meant    string
	}{
		{firstCopy, "2000", "2500", "", ""}, {firstCopy, "2000", "25000", "hint_tenfold", "25,00\u00a0€"}, {firstCopy, "2000", "250000", "hint_tenfold", "25,00\u00a0€"}, {firstCopy, "2000", "250", "hint_tenfold", "25,00\u00a0€"}, {firstCopy, "2000", "25", "hint_tenfold", "25,00\u00a0€"},
		{firstCopy, "2000", "20000", "hint_jump", ""}, {firstCopy, "2000", "900000", "hint_jump", ""}, {firstCopy, "2000", "0", "hint_zero", ""}, {firstCopy, "0", "2000", "", ""}, {firstCopy, "", "2000", "", ""}, {firstCopy, "2000", "", "", ""}, {firstCopy, "2000", "5000", "", ""},
		{Field{Type: Integer}, "14", "140", "hint_jump", ""}, {Field{Type: Integer}, "14", "210", "hint_tenfold", "21"}, {Field{Type: Decimal}, "1.5", "16", "hint_tenfold", "1,6"},
		{contact, `"a@bautzen.de"`, `"b@bautzen.de"`, "", ""}, {contact, `"a@bautzen.de"`, `"a@bautzen.example"`, "hint_domain", ""}, {link, `"https://a.de/x"`, `"https://a.de/y"`, "", ""}, {link, `"https://a.de/x"`, `"https://b.de/x"`, "hint_host", ""},
		{password, `"a"`, `"b"`, "", ""}, {subject, `"a"`, `"b"`, "", ""}, {Field{Type: "colour"}, `"a"`, `"b"`, "", ""},
	} {
		p := c.field.Hint(c.old, c.new)
		if p == nil {
			p = &Problem{}
		}
		meant := ""
		if s, ok := p.Args["suggestion"].(Shown); ok {
			meant = s.String()
		}
		if p.Code != c.code || meant != c.meant || p.Code != "" && p.Path != c.field.Key {
			t.Errorf("%s → %s: %v %q, want %s %q", c.old, c.new, p, meant, c.code, c.meant)
		}
	}
}

func TestCheckTogether(t *testing.T) {
	start := Field{Key: "a.von", Label: "Von", Type: Date}
	end := Field{Key: "a.bis", Label: "Bis", Type: Date, Constraints: Constraints{NotBelow: "a.von"}}
	third := Field{Key: "a.dritte", Label: "Dritte", Type: Money, Constraints: Constraints{NotBelow: "gebuehren.weitere", NotAbove: "gibt.es.nicht"}}
	values := map[string]Value{"gebuehren.erste": "2000", "gebuehren.weitere": "2500", "a.dritte": "100", "a.von": `"2027-02-01"`, "a.bis": `"2027-01-31"`}
	for _, c := range []struct{ changed, want string }{
		{"", ""}, {"kontakt.email", ""}, {"gebuehren.erste", "gebuehren.erste not_above"}, {"gebuehren.weitere", "gebuehren.weitere not_above, gebuehren.weitere not_below"}, {"a.dritte", "a.dritte not_below"}, {"a.von", "a.von not_before"}, {"a.bis", "a.bis not_before"},
	} {
		var got []string
		for _, p := range CheckTogether([]Field{firstCopy, nextCopy, third, start, end}, values, map[string]bool{c.changed: true}) {
			got = append(got, p.Path+" "+p.Code)
		}
		if strings.Join(got, ", ") != c.want {
			t.Errorf("%s changed: %q, want %q", c.changed, got, c.want)
		}
	}
	values["gebuehren.weitere"] = "2000"
	if ps := CheckTogether([]Field{firstCopy, nextCopy}, values, map[string]bool{"gebuehren.weitere": true}); ps != nil {
		t.Errorf("the same fee twice: %v", ps)
	}
	delete(values, "gebuehren.erste")
	if ps := CheckTogether([]Field{firstCopy, nextCopy}, values, map[string]bool{"gebuehren.weitere": true}); ps != nil {
		t.Errorf("no first fee: %v", ps)
	}
}
