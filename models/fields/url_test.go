package fields

import (
	"html"
	"html/template"
	"os"
	"strings"
	"testing"
)

var link = Field{Key: "recht.link", Label: "Link", Type: URL, Configurable: true}

// tricks are addresses that must never become a link, one a line; \x escapes
// stand for bytes, lines with # are remarks.
func tricks(t testing.TB) []string {
	b, err := os.ReadFile("testdata/url_tricks.txt")
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, line := range strings.Split(strings.TrimSpace(string(b)), "\n") {
		if !strings.HasPrefix(line, "# ") {
			all = append(all, unescape.Replace(line))
		}
	}
	return all
}

var unescape = strings.NewReplacer(`\t`, "\t", `\n`, "\n", `\r`, "\r", `\0`, "\x00", `\f`, "\f", `\v`, "\v", `\x01`, "\x01", `\x7f`, "\x7f",
	`\u200b`, "\u200b", `\u202e`, "\u202e", `\u2028`, "\u2028", `\ufeff`, "\ufeff", `\u00a0`, "\u00a0", `\u3000`, "\u3000",
	`\u2060`, "\u2060", `\u0085`, "\u0085", `\xff`, "\xff", `\xc0\xaf`, "\xc0\xaf")

func TestURLTricksAreRefused(t *testing.T) {
	all := tricks(t)
	if len(all) < 120 {
		t.Errorf("only %d tricks", len(all))
	}
	for _, s := range all {
		if v, err := link.ParseText(s); err == nil {
			t.Errorf("%q is accepted as %s", s, v)
		}
		if v, err := link.Parse([]byte(quote(s))); err == nil && !strings.Contains(s, "\xff") && !strings.Contains(s, "\xc0") {
			t.Errorf("%q is accepted from JSON as %s", s, v)
		}
	}
	t.Logf("%d tricks refused", len(all))
}

// real are addresses of the trade and what is stored for them, if that differs.
var real = map[string]string{
	"https://amt24.sachsen.de/zufi/leistungen/6000384?plz=02625&ags=14625020":            "",
	"https://amt24dev.sachsen.de/zufi/leistungen/6000384?plz=02625&ags=14625020":         "",
	"https://amt24.sachsen.de/zufi/leistungen/6000384":                                   "",
	"https://admincenter.amt24dev.sachsen.de/":                                           "",
	"https://www.service-bw.de/zufi/leistungen/6001501?plz=78467&ags=08335043":           "",
	"https://www.bautzen.de/datenschutz":                                                 "",
	"https://www.riesa.de/sepa.pdf":                                                      "",
	"https://cms-meissen.zv-kisa.de/":                                                    "",
	"https://www.pirna.de/buergerservice/hundesteuer/":                                   "",
	"https://www.heroldsberg.de/hund?id=7":                                               "",
	"https://www.magdeburg.de/Start/B%C3%BCrger-Stadt":                                   "",
	"https://www.hamburg.de/geburtsurkunde#gebuehren":                                    "",
	"https://www.bornheim.de/a/b/c.html?x=1&y=2":                                         "",
	"https://www.ochsenfurt.de/satzungen/2027/hundesteuer.pdf":                           "",
	"https://meineverwaltung.nrw/leistung?k=99115003012000":                              "",
	"https://www.vg-windach.de/wohnungsgeber,1.html":                                     "",
	"https://www.gemeinde-drebach.de/feuer;jsessionid=1":                                 "",
	"https://www.stadt-falkenstein.de/~amt/gaststaette.php":                              "",
	"https://fimportal.de/":                                                              "",
	"https://www.sakd.de/index.php?id=1267":                                              "",
	"https://docs.ozg-manager.site/Standardseiten":                                       "",
	"https://k24.komm24.de/K24-IOZ-AE":                                                   "",
	"https://formular.bautzen.example/sepa.pdf":                                          "",
	"https://www.leipzig.de/fileadmin/media/Geb%C3%BChren_2027-01.pdf":                   "",
	"https://www.leipzig.de":                                                             "https://www.leipzig.de/",
	"  https://www.leipzig.de/a ":                                                        "https://www.leipzig.de/a",
	"HTTPS://WWW.Meissen.DE/Rathaus":                                                     "https://www.meissen.de/Rathaus",
	"https://www.meißen.de/":                                                             "https://www.xn--meien-nqa.de/",
	"https://www.xn--meien-nqa.de/":                                                      "",
	"https://www.görlitz.de/bürger/gebühren.pdf":                                         "https://www.xn--grlitz-wxa.de/b%C3%BCrger/geb%C3%BChren.pdf",
	"https://www.budyšin.de/":                                                            "https://www.xn--budyin-ekb.de/",
	"https://www.bautzen.de:443/x":                                                       "https://www.bautzen.de/x",
	"https://www.bautzen.de?a=1":                                                         "https://www.bautzen.de/?a=1",
	"https://www.bautzen.de/a(1)'s.pdf":                                                  "https://www.bautzen.de/a%281%29%27s.pdf",
	"https://www.bautzen.de/suche?filter[art]=hund&next=https%3a%2f%2fwww.bautzen.de%2f": "https://www.bautzen.de/suche?filter%5Bart%5D=hund&next=https%3A%2F%2Fwww.bautzen.de%2F",
	"https://www.bautzen.de/x?#":                                                         "https://www.bautzen.de/x",
}

func TestRealURLsAreAccepted(t *testing.T) {
	for s, want := range real {
		if want == "" {
			want = s
		}
		v, err := link.ParseText(s)
		if err != nil || v.text() != want {
			t.Errorf("%q: %s, %v; want %s", s, v, err, want)
		}
	}
	t.Logf("%d addresses", len(real))
}

func TestPageLinksToWhatIsStored(t *testing.T) {
	page := template.Must(template.New("").Parse(`<a href="{{.}}">`))
	for s := range real {
		v, err := link.ParseText(s)
		if err != nil {
			continue // told elsewhere
		}
		var b strings.Builder
		if err := page.Execute(&b, v.text()); err != nil {
			t.Fatal(err)
		}
		if got := html.UnescapeString(strings.TrimSuffix(strings.TrimPrefix(b.String(), `<a href="`), `">`)); got != v.text() {
			t.Errorf("stored %s, linked %s", v.text(), got)
		}
	}
}

func TestURLProblemsNameTheRemedy(t *testing.T) {
	for s, want := range map[string]string{
		"http://www.bautzen.de/":                    "https",
		"www.bautzen.de":                            "https",
		"https://192.168.0.1/":                      "ip_address",
		"https://[::1]/":                            "ip_address",
		"https://localhost/":                        "inside",
		"https://server.local/":                     "inside",
		"https://bautzen/":                          "host",
		"https://me:secret@www.bautzen.de/":         "credentials",
		"https://www.bautzen.de:8443/":              "port",
		"https://www.bаutzen.de/":                   "lookalike",
		"https://www.bautzen.de/Satzung 1":          "url",
		"https://www.bautzen.de/\u200bx":            "invisible_characters",
		"https://www.bautzen.de/a\nb":               "line_break",
		"https://w.de/" + strings.Repeat("x", 2000): "too_long",
	} {
		if _, err := link.ParseText(s); codeOf(err) != want {
			t.Errorf("%q: %v, want %s", s, err, want)
		}
	}
}

func TestURLConstraints(t *testing.T) {
	f := link
	f.Constraints = Constraints{Hosts: []string{"amt24.sachsen.de"}, Suffixes: []string{".pdf"}}
	for s, want := range map[string]string{
		"https://amt24.sachsen.de/a.PDF?x=1":        "",
		"https://amt24.sachsen.de/a.html?x=.pdf":    "suffix",
		"https://amt24.sachsen.de.evil.de/a.pdf":    "host_not_allowed",
		"https://evil-amt24.sachsen.de/a.pdf":       "host_not_allowed",
		"https://evil.de/amt24.sachsen.de/a.pdf":    "host_not_allowed",
		"https://evil.de/?https://amt24.sachsen.de": "host_not_allowed",
	} {
		if _, err := f.ParseText(s); codeOf(err) != want {
			t.Errorf("%q: %v, want %q", s, err, want)
		}
	}
}

// codeOf is the code of the first problem, "" if there is none.
func codeOf(err error) string {
	if problems := Problems(err); len(problems) > 0 {
		return problems[0].Code
	}
	return ""
}
