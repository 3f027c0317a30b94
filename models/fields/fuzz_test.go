package fields

import (
	"fmt"
	"html"
	"html/template"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"formwandel/models/modelstest/prompt"
)

// seeds are texts of every kind, good and bad.
var seeds = []string{
	"", " ", "25", "25,00 €", "1.234,50", "1.23,4", "EUR 25", "-0", "1,5", "0.125", "12 500", "01.01.2027", "2027-01-01", "ja", "Nein", "verpflichtend", "Abholung, Post Inland",
	"02625\n02627", "Geburtsurkunde;25;§ 1\nAuskunft;15", "\"A; B\";1;\"\"\"\"", ";;", "\"", "\\.;1", "steuern@bautzen.de", "Info@Görlitz.DE", "+49 (0)3591 534-0", "115", "DE02 1203 0000 0000 2020 51",
	"https://www.bautzen.de/a?b=c#d", "https://www.görlitz.de/bürger(1).pdf", "[a](https://www.bautzen.de/)", "<b>", "a\u200bb", "e\u0301", "\xff", "HUNDESTEUER 2027", "Ihr Antrag ${az}",
	"null", "true", "2500", "25.5", "1e9", `"25,00 €"`, `["inland"]`, `[{"bezeichnung":"A","betrag":1}]`, `[[]]`, `{"a":1,"a":2}`, `[" "]`, `"\ud800"`, `"\u00e4"`, "[1,",
}

// sound fails unless v is what Parse and Check call canonical, writes itself
// for people so that it can be read back, and can be shown.
func sound(t *testing.T, f Field, v Value) {
	t.Helper()
	if !utf8.ValidString(string(v)) || len(v) > maxBytes {
		t.Fatalf("%s: %q is not fit to be stored", f.Type, v)
	}
	again, err := f.Parse([]byte(v.orNull()))
	if err != nil || again != v {
		t.Fatalf("%s: %q is read again as %q, %v", f.Type, v, again, err)
	}
	f.Constraints.NotPast = false
	if err := f.Check(v, newYear); err != nil {
		t.Fatalf("%s: %q fails its check: %v", f.Type, v, err)
	}
	for _, locale := range []string{"de", "en"} {
		if strings.Contains(f.Sentence(v, v, Effective{}, locale), "\n") {
			t.Fatalf("%s: %q breaks the sentence", f.Type, v)
		}
	}
	if f.Type == Protected {
		return
	}
	texts := []string{f.Text(v)}
	if f.Type != List && f.Type != Table && v != "" {
		texts = append(texts, f.Display(v, "de"))
	}
	for _, text := range texts {
		if back, err := f.ParseText(text); (err != nil || back != v) && len(text) <= maxBytes {
			t.Fatalf("%s: %q is written %q and read as %q, %v", f.Type, v, text, back, err)
		}
	}
}

func FuzzParseText(f *testing.F) {
	for _, s := range seeds {
		for i := range cast {
			f.Add(uint8(i), s)
		}
	}
	f.Fuzz(func(t *testing.T, i uint8, s string) {
		defer prompt.Answer(t)()
		field := cast[int(i)%len(cast)]
		if v, err := field.ParseText(s); err == nil {
			sound(t, field, v)
		} else if v != "" || len(Problems(err)) == 0 || Problems(err)[0].Path == "" {
			t.Fatalf("%s: %q gives %q, %v", field.Type, s, v, err)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range seeds {
		for i := range cast {
			f.Add(uint8(i), []byte(s))
			f.Add(uint8(i), []byte(quote(s)))
		}
	}
	f.Fuzz(func(t *testing.T, i uint8, raw []byte) {
		defer prompt.Answer(t)()
		field := cast[int(i)%len(cast)]
		if v, err := field.Parse(raw); err == nil {
			sound(t, field, v)
		} else if v != "" || len(Problems(err)) == 0 || Problems(err)[0].Path == "" {
			t.Fatalf("%s: %q gives %q, %v", field.Type, raw, v, err)
		}
		// What other code stored is shown, never trusted.
		field.Display(Value(raw), "de")
		field.Text(Value(raw))
		_ = field.Hint(Value(raw), "2500")
		_ = field.Check(Value(raw), newYear)
	})
}

var page = template.Must(template.New("").Parse(`<a href="{{.}}">`))

func FuzzURL(f *testing.F) {
	for _, s := range tricks(f) {
		f.Add(s)
	}
	for s := range real {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		defer prompt.Answer(t)()
		address, err := webAddress(s)
		if err != nil {
			return
		}
		if again, err := webAddress(address); err != nil || again != address {
			t.Fatalf("%q gives %q, then %q, %v", s, address, again, err)
		}
		u, err := url.Parse(address)
		if err != nil || u.Scheme != "https" || u.User != nil || u.Port() != "" || !strings.Contains(u.Host, ".") || u.Host != strings.ToLower(u.Host) {
			t.Fatalf("%q gives %q: %+v, %v", s, address, u, err)
		}
		for i := range len(address) {
			if c := address[i]; c <= ' ' || c >= 0x7f || strings.IndexByte(`\<>"{}|^`+"`'", c) >= 0 {
				t.Fatalf("%q gives %q", s, address)
			}
		}
		var b strings.Builder
		if err := page.Execute(&b, address); err != nil || html.UnescapeString(b.String()) != `<a href="`+address+`">` {
			t.Fatalf("%q is linked as %s, %v", address, b.String(), err)
		}
	})
}

func TestWhatIsShownCanBeTypedAgain(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		cents := rapid.Int64Range(0, 999_999_999_999_999).Draw(r, "cents")
		whole := rapid.Int64Range(-999_999_999_999_999, 999_999_999_999_999).Draw(r, "whole")
		day := newYear.AddDays(rapid.IntRange(-40000, 400000).Draw(r, "day"))
		exact := rapid.StringMatching(`-?[1-9][0-9]{0,8}\.[0-9]{0,8}[1-9]`).Draw(r, "decimal")
		for _, c := range []struct {
			field Field
			value Value
		}{
			{Field{Type: Money}, Value(fmt.Sprint(cents))}, {Field{Type: Integer}, Value(fmt.Sprint(whole))}, {Field{Type: Decimal}, Value(fmt.Sprint(whole))}, {Field{Type: Decimal}, Value(exact)}, {Field{Type: Date}, quote(day.String())},
		} {
			if got, err := c.field.ParseText(c.field.Display(c.value, "de")); err != nil || got != c.value {
				r.Fatalf("%s: %s is shown as %q, read as %s, %v", c.field.Type, c.value, c.field.Display(c.value, "de"), got, err)
			}
		}
	})
}

func TestTablesOfAnyTextCanBeTypedAgain(t *testing.T) {
	text := rapid.StringMatching(`[A-Za-z0-9;",'ü§\\. -]{1,12}`)
	rapid.Check(t, func(r *rapid.T) {
		var rows []Value
		for range rapid.IntRange(1, 5).Draw(r, "rows") {
			name, err := fees.Constraints.Columns[0].field().ParseText(text.Draw(r, "name"))
			law, err2 := fees.Constraints.Columns[2].field().ParseText(text.Draw(r, "law"))
			if err == nil && err2 == nil {
				rows = append(rows, Value(`{"bezeichnung":`+name.orNull()+`,"betrag":5,"rechtsgrundlage":`+law.orNull()+`}`))
			}
		}
		v, err := fees.Parse([]byte(array(rows).orNull()))
		if err != nil {
			return // two rows of one name
		}
		if again, err := fees.ParseText(fees.Text(v)); err != nil || again != v {
			r.Fatalf("%s is written %q, read as %s, %v", v, fees.Text(v), again, err)
		}
	})
}
