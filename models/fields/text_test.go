package fields

import (
	"strings"
	"testing"
)

func TestTexts(t *testing.T) {
	free := Field{Type: Text}
	for _, c := range []typed{
		{free, "  Di 9-12, 13-18 Uhr ", `"Di 9-12, 13-18 Uhr"`, ""}, {free, "Gru\u0308n", `"Grün"`, ""}, {free, "Gebühren\u00adordnung", `"Gebührenordnung"`, ""},
		{free, `<b>"§ 5" & \ </b>`, `"<b>\"§ 5\" & \\ </b>"`, ""}, {free, "❤️ 5 €", `"❤️ 5 €"`, ""}, {free, "Budyšin", `"Budyšin"`, ""},
		{free, "a\nb", "", "line_break"}, {free, "a\rb", "", "line_break"}, {free, "a\tb", "", "invisible_characters"}, {free, "a\x00b", "", "invisible_characters"}, {free, "\x1b[31m", "", "invisible_characters"},
		{free, "a\u202eb", "", "invisible_characters"}, {free, "a\u200bb", "", "invisible_characters"}, {free, "a\u2066b", "", "invisible_characters"}, {free, "a\ufeffb", "", "invisible_characters"},
		{free, "a\u2028b", "", "invisible_characters"}, {free, "a\u3164b", "", "invisible_characters"}, {free, "a\U000e0041b", "", "invisible_characters"}, {free, "a\ue000b", "", "invisible_characters"},
		{free, "a\xffb", "", "invalid_text"}, {free, "a\ufffdb", "", "invalid_text"}, {free, strings.Repeat("ü", 1000), quote(strings.Repeat("ü", 1000)), ""}, {free, strings.Repeat("ü", 1001), "", "too_long"},
		{subject, "Ihr Antrag ${az}", `"Ihr Antrag ${az}"`, ""}, {subject, "Ihr Antrag ${as.vorname}", "", "placeholder_unknown"}, {subject, "Ihr ${az", "", "placeholder_open"}, {subject, "${${az}}", "", "placeholder_open"},
		{purpose, "HUNDESTEUER 2027", `"HUNDESTEUER 2027"`, ""}, {purpose, "Hundesteuer 2027", "", "pattern"}, {purpose, "HUNDESTEUER 2027 STADT BAUTZEN", "", "too_long"},
		{Field{Type: Text, Constraints: Constraints{MinLength: 3}}, "ab", "", "too_short"},
		{Field{Type: Text, Constraints: Constraints{Pattern: "a|b"}}, "ab", "", "pattern"},
	} {
		c.hold(t)
	}
}

func TestMarkdown(t *testing.T) {
	for _, s := range []string{
		"Bitte halten Sie Ihren Impfausweis bereit.", "# Hinweis\n\n- eins\n- **zwei**\n\n1 < 2 und 3 <4", "Siehe [Satzung](https://www.bautzen.de/satzung.pdf).",
		"[Satzung](https://www.bautzen.de/a_(1).pdf \"Titel\")", "Mehr unter https://www.bautzen.de/a, dort.", "**https://www.bautzen.de**", "> [a]\n\n[a]: https://www.bautzen.de/a",
		"Daten: siehe unten; data: ohne Slash", "(siehe § 5 [1])", "`code`", "![Wappen](https://www.bautzen.de/wappen.png)",
	} {
		typed{notice, s, quote(s), ""}.hold(t)
	}
	typed{notice, "eins\r\nzwei\n", `"eins\nzwei"`, ""}.hold(t)
	for s, code := range map[string]string{
		"<script>alert(1)</script>": "html", "a</b>": "html", "<!-- -->": "html", "<?php": "html", "<https://www.bautzen.de>": "html", "<img src=x onerror=alert(1)>": "html",
		"[a](javascript:alert(1))": "link", "[a](JAVASCRIPT\t:alert(1))": "invisible_characters", "[a]( javascript:alert(1))": "link", "[a](&#106;avascript:alert(1))": "link", "[a](//evil.de)": "link",
		"[a](http://www.bautzen.de)": "link", "[a](/pfad)": "link", "[a]()": "link", "[a](\nhttp://evil.de)": "link", "![a](data:image/png;base64,xx)": "link", "[a]: javascript:alert(1)": "link",
		"[a]: http://www.bautzen.de": "link", "> [a]:\n> http://evil.de": "link", "http://www.bautzen.de/": "link", "ftp://x.de": "link", "https://192.168.0.1/": "link", "[a](https://user@evil.de/)": "link",
		"javascript:alert(1)": "link", "VBScript: x": "link", "[a](mailto:a@b.de)": "link", "[a](https://www.bаutzen.de/)": "link", "a\u202eb": "invisible_characters", "[a](\\https://x.de)": "link",
		strings.Repeat("x", 4001): "too_long",
	} {
		typed{notice, s, "", code}.hold(t)
	}
}

func TestEmails(t *testing.T) {
	for s, want := range map[string]string{
		"steuern@bautzen.de": "", "dsb@bautzen.de": "", " Poststelle@BAUTZEN.DE ": "Poststelle@bautzen.de", "o'brien+amt@stadt-pirna.de": "", "info@görlitz.de": "info@xn--grlitz-wxa.de", "sachbearbeitung@bautzen.example": "",
	} {
		if want == "" {
			want = s
		}
		typed{contact, s, quote(want), ""}.hold(t)
	}
	for _, s := range []string{
		"bautzen.de", "@bautzen.de", "a@", "a@b", "a@@bautzen.de", "a@b@bautzen.de", "Amt <a@bautzen.de>", "<a@bautzen.de>", `"a b"@bautzen.de`, "a b@bautzen.de", "a@bautzen.de, b@bautzen.de", "a@bautzen.de;b@bautzen.de",
		".a@bautzen.de", "a.@bautzen.de", "a..b@bautzen.de", "-oX@bautzen.de", "ä@bautzen.de", "a@[127.0.0.1]", "a@127.0.0.1", "a@localhost", "a@server.local", "a@bаutzen.de", "a@bautzen.de.", "a(x)@bautzen.de", "a@bautzen.de?cc=x",
		"mailto:a@bautzen.de", "a@bautzen.de\\r\\nBcc:x", strings.Repeat("a", 65) + "@bautzen.de", "a@-bautzen.de", "a@bautzen..de", "a@bautzen,de", "a@bautzen.de%0d%0aBcc:x@y.de", "=?utf-8?q?a?=@bautzen.de\u00a0x",
	} {
		typed{contact, s, "", "email"}.hold(t)
	}
	typed{contact, "a@bautzen.de\nBcc: x@y.de", "", "line_break"}.hold(t)
	typed{contact, "a\x00@bautzen.de", "", "invisible_characters"}.hold(t)
}

func TestPhones(t *testing.T) {
	for s, want := range map[string]string{
		"03591 534-0": "+4935915340", "+49 3591 534-0": "+4935915340", "+49 (0)3591 534-0": "+4935915340", "0049 (0)3591 534-0": "+4935915340", "0049 (0) 3591 534-0": "+4935915340", "+49 (03591) 534-0": "+4935915340", "0049 (03591) 534-0": "+4935915340", "+49(0)351/488-0": "+493514880", "(0049) 3591 534-0": "+4935915340", "0049 3591/534-123": "+493591534123", "(03591) 534 0": "+4935915340", "0351 4880": "+493514880",
		"+49 35930 12345": "+493593012345", "0171 1234567": "+491711234567", "+420 123 456 789": "+420123456789", "115": "+49115", "03591 – 534": "+493591534", "03591\u00a0534": "+493591534",
	} {
		typed{phone, s, quote(want), ""}.hold(t)
	}
	for s, code := range map[string]string{
		"534-0": "area_code", "abc": "phone", "03591 534-0 Frau Muster": "phone", "0": "phone", "+": "phone", "+0123456789": "phone", "+49 0 3591": "phone", "++4935915340": "phone", "0359153400000000": "phone", "tel:+4935915340": "phone", "٠٣٥٩١": "phone",
	} {
		typed{phone, s, "", code}.hold(t)
	}
	for v, want := range map[Value]string{`"+4935915340"`: "+49 3591 5340", `"+493514880"`: "+49 351 4880", `"+49115"`: "115", `"+420123456789"`: "+420123456789"} {
		if got := phone.Display(v, "de"); got != want {
			t.Errorf("%s is shown as %s", v, got)
		}
	}
}

func TestIBANs(t *testing.T) {
	for s, want := range map[string]string{
		"DE02 1203 0000 0000 2020 51": "DE02120300000000202051", "de02120300000000202051": "DE02120300000000202051", "AT611904300234573201": "", "CH9300762011623852957": "", "FR1420041010050500013M02606": "", "NL91ABNA0417164300": "", "PL61109010140000071219812874": "", "CZ6508000000192000145399": "",
	} {
		if want == "" {
			want = s
		}
		typed{account, s, quote(want), ""}.hold(t)
	}
	for s, code := range map[string]string{
		"DE03 1203 0000 0000 2020 51": "iban_check", "DE0212030000000020205": "iban_length", "DE021203000000002020511": "iban_length", "US02120300000000202051": "iban_country", "DE02-1203": "iban", "12345": "iban", "DE": "iban", "DEXX120300000000202051": "iban", "DE0212030000000020205A": "iban_check",
	} {
		typed{account, s, "", code}.hold(t)
	}
	if got := account.Display(`"DE02120300000000202051"`, "de"); got != "DE02 1203 0000 0000 2020 51" {
		t.Error(got)
	}
}

func TestDatesAndAnswers(t *testing.T) {
	for _, c := range []typed{
		{validFrom, "01.01.2027", `"2027-01-01"`, ""}, {validFrom, "1.1.2027", `"2027-01-01"`, ""}, {validFrom, "2027-01-01", `"2027-01-01"`, ""}, {validFrom, "1.1.1990", `"1990-01-01"`, ""},
		{validFrom, "1.1.27", `"2027-01-01"`, ""}, {validFrom, "1. Januar 2027", `"2027-01-01"`, ""}, {validFrom, "1. Jan. 2027", `"2027-01-01"`, ""}, {validFrom, "1 March 2027", `"2027-03-01"`, ""}, {validFrom, "1. Quark 2027", "", "date"}, {validFrom, "32. Januar 2027", "", "date"}, {validFrom, "29.02.2027", "", "date"}, {validFrom, "31.04.2027", "", "date"}, {validFrom, "1/2/2027", `"2027-02-01"`, ""}, {validFrom, "morgen", "", "date"}, {validFrom, "1.1.1899", "", "date"}, {validFrom, "1.1.20270", "", "date"},
		{Field{Type: Date, Constraints: Constraints{Min: `"2027-01-01"`}}, "31.12.2026", "", "too_early"}, {Field{Type: Date, Constraints: Constraints{Max: `"2027-01-01"`}}, "02.01.2027", "", "too_late"},
		{vetProof, "ja", "true", ""}, {vetProof, "Nein", "false", ""}, {vetProof, "yes", "true", ""}, {vetProof, "no", "false", ""}, {vetProof, "TRUE", "true", ""}, {vetProof, "vielleicht", "", "yes_or_no"}, {vetProof, "1", "", "yes_or_no"},
	} {
		c.hold(t)
	}
	if de, en := validFrom.Display(`"2027-01-01"`, "de"), validFrom.Display(`"2027-01-01"`, "en"); de != "01.01.2027" || en != "1 January 2027" {
		t.Error(de, en)
	}
	if err := validFrom.Check(`"2026-12-31"`, newYear); codeOf(err) != "in_the_past" {
		t.Error(err)
	}
	if err := validFrom.Check(`"2027-01-01"`, newYear); err != nil {
		t.Error(err)
	}
}
