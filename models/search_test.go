package models_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// tellsOf files a request with words of the clerk's own.
func (st *story) tellsOf(u models.User, form, reason, wish string) string {
	st.Helper()
	in := wording(fmt.Sprintf("Raum %d", len(reason)+len(wish)))
	in.Form, in.Content.Reason, in.Content.Wish = form, &reason, &wish
	return st.file(u, in).Number
}

// finds are the numbers a search finds.
func (st *story) finds(u models.User, q string) []string {
	st.Helper()
	es, _, err := st.s.Requests(ctx, u, models.Filter{Q: q, Limit: 200})
	if err != nil {
		st.Fatalf("%q: %v", q, err)
	}
	out := []string{}
	for _, e := range es {
		out = append(out, e.Number)
	}
	return out
}

func TestSearchReadsGerman(t *testing.T) {
	look(t, func(b *behind) {
		form := Bautzen + "/" + Birth
		number := b.tellsOf(b.Clerk, form, "Die Gebührensatzung der Straße wurde geändert; Müller und Weiß melden die Kündigung der Anmeldungen. Gebühren in Höhe von 25 €.", "")
		b.tellsOf(b.Clerk, form, "Etwas ganz anderes", "")
		for _, q := range []string{
			"Gebühr", "Gebuehr", "Gebuhr", "gebühren", "GEBÜHREN", "GEBUEHREN", "Gebühren Höhe", "Gebu\u0308hr",
			"Straße", "Strasse", "STRASSE", "straße", "Straßen", "MÜLLER", "Mueller", "muller", "müll", "Weiß", "weiss", "WEISS",
			"geändert Gebührensatzung", "Anmeldung", "Anmeldungen", "anmeldung kündigung", "Kuendigung", "Kündigungen",
			"25 €", "Höhe von 25", "  Gebühr   Straße  ",
		} {
			if got := b.finds(b.Clerk, q); !slices.Equal(got, []string{number}) {
				b.Errorf("%q finds %v", q, got)
			}
		}
		for _, q := range []string{"Gebühr Hund", "Gerbühr", "bühr", "ebühren", "26 €"} {
			if got := b.finds(b.Clerk, q); len(got) != 0 {
				b.Errorf("%q finds %v", q, got)
			}
		}
	})
}

// TestSearchFindsWhileTyping: every beginning of a word finds it.
func TestSearchFindsWhileTyping(t *testing.T) {
	look(t, func(b *behind) {
		for _, word := range []string{"Anmeldung", "Bestätigung", "Freundlichkeit", "Gebührenfreiheit", "Ortsübliche", "Verwaltungsgebäude", "Straßenreinigung", "Steuern", "Neue", "polnische", "Ämter", "Kindern"} {
			number := b.tellsOf(b.Clerk, Bautzen+"/"+Birth, word, "")
			for i := range []rune(word) {
				if i < 2 {
					continue
				}
				start := string([]rune(word)[:i+1])
				for _, q := range []string{start, "Sachbearbeitung " + start, strings.ToUpper(start)} {
					if !slices.Contains(b.finds(b.Clerk, q), number) {
						b.Errorf("%q does not find %q", q, word)
					}
				}
			}
		}
	})
}

// TestSearchFindsAllThatBegins: requests with the whole word do not hide newer
// ones that only begin with it, however many there are of either.
func TestSearchFindsAllThatBegins(t *testing.T) {
	look(t, func(b *behind) {
		for range 60 {
			b.file(b.Clerk, wording("Saal 9"))
		}
		for i := range 70 {
			b.file(b.Clerk, wording(fmt.Sprintf("Saal %d", 900+i)))
		}
		seen := map[string]bool{}
		f := models.Filter{Q: "Saal 9", Limit: 20}
		for {
			es, next, err := b.s.Requests(ctx, b.Clerk, f)
			b.must(err)
			for _, e := range es {
				seen[e.Number] = true
			}
			if next == "" {
				break
			}
			f.Cursor = next
		}
		if len(seen) != 130 {
			b.Errorf("%d of 130 found", len(seen))
		}
	})
}

func TestSearchFindsNumbersAndNames(t *testing.T) {
	look(t, func(b *behind) {
		var numbers []string
		for i := range 18 {
			numbers = append(numbers, b.tellsOf(b.Clerk, Bautzen+"/"+Birth, strings.Repeat("x", i+1), ""))
		}
		dog := b.tellsOf(b.LeipzigClerk, Leipzig+"/"+Dog, "Hund", "")
		seventeen := numbers[16]
		for _, q := range []string{"KA-2026-000017", "ka-2026-000017", "000017", "17", "KA 2026 17", " 17 "} {
			if got := b.finds(b.Agent, q); !slices.Equal(got, []string{seventeen}) {
				b.Errorf("%q finds %v", q, got)
			}
		}
		// a word of one request with the beginning of another, which may be in all
		for _, q := range []string{"xxxxx ka2", "xxxxx 2", "xxxxx 2026", "xxxxx ka-2026", "xxxxx 5", "xxxxx komm", "xxxxx 1462", "xxxxx raum", "xxxxx bautz", "komm24geburtsurkunde xxxxx ka"} {
			for _, u := range []models.User{b.Agent, b.Clerk} {
				if got := b.finds(u, q); !slices.Equal(got, []string{numbers[4]}) {
					b.Errorf("%q finds %v", q, got)
				}
			}
			if got := b.finds(b.LeipzigClerk, q); len(got) != 0 {
				b.Errorf("Leipzig's clerk finds %v by %q", got, q)
			}
		}
		for _, q := range []string{"xxxxx 17", "xxxxx hund", "xxxxx ka3", "keines ka2", "xxxxx xxxxxx 2"} {
			if got := b.finds(b.Agent, q); len(got) != 0 {
				b.Errorf("%q finds %v", q, got)
			}
		}
		for _, q := range []string{"Leipzig", "leipz", "Hundesteuer", "Hundesteueranmeldung", "KOMM24Hundesteueranmeldung", "14713000", "Sachbearbeitung Leipzig", "Ansprechstelle Leipzig", "Leipzig SG Steuern"} {
			if got := b.finds(b.Agent, q); !slices.Equal(got, []string{dog}) {
				b.Errorf("%q finds %v", q, got)
			}
		}
		if got := b.finds(b.Agent, "Bautzen Geburtsurkunde"); len(got) != 18 || !slices.IsSortedFunc(got, func(x, y string) int { return strings.Compare(y, x) }) {
			b.Errorf("Bautzen: %v", got)
		}
		for _, q := range []string{"Leipzig", "mandant14713000", dog, "Hund"} {
			if got := b.finds(b.Clerk, q); len(got) != 0 {
				b.Errorf("Bautzen's clerk finds %v by %q", got, q)
			}
		}
	})
}

// TestSearchInComments: what only the provider may read, only the provider finds.
func TestSearchInComments(t *testing.T) {
	look(t, func(b *behind) {
		n := b.tellsOf(b.Clerk, Bautzen+"/"+Birth, "Grund", "")
		b.must(last(b.s.Comment(ctx, b.Clerk, n, "Der Stadtrat tagt am Donnerstag.", false, nil)))
		b.must(last(b.s.Comment(ctx, b.Agent, n, "Die Kommune zögert wie immer.", true, nil)))
		both := []string{n}
		for q, want := range map[string][2][]string{
			"Stadtrat":           {both, both},
			"zögert":             {{}, both},
			"z":                  {{}, both},
			"zög":                {{}, both},
			"zoegert Stadtrat":   {{}, both},
			"Stadtrat zög":       {{}, both},
			"internal : zogert":  {{}, {}},
			"words : Stadtrat":   {{}, {}},
			"Donnerstag Bautzen": {both, both},
		} {
			if got := b.finds(b.Clerk, q); !slices.Equal(got, want[0]) {
				b.Errorf("the clerk finds %v by %q", got, q)
			}
			if got := b.finds(b.Agent, q); !slices.Equal(got, want[1]) {
				b.Errorf("the agent finds %v by %q", got, q)
			}
		}
	})
}

func TestAfterAnEditOldWordsAreGone(t *testing.T) {
	look(t, func(b *behind) {
		n := b.tellsOf(b.Clerk, Bautzen+"/"+Birth, "Rathausneubau", "Bitte den Sonnenschirm austauschen")
		b.must(last(b.s.Comment(ctx, b.Clerk, n, "Ein Zwischenruf", false, nil)))
		reason, wish := "Schlossumbau", "Bitte den Regenschirm austauschen"
		if _, err := b.try(b.Clerk, n, models.Edit, models.Input{Content: &models.Content{Reason: &reason, Wish: &wish, Changes: edited("Kellergewölbe").Changes}}); err != nil {
			b.Fatal(err)
		}
		for _, q := range []string{"Schlossumbau", "Regenschirm", "Kellergewölbe", "Zwischenruf", "Standesamt"} {
			if got := b.finds(b.Clerk, q); !slices.Equal(got, []string{n}) {
				b.Errorf("%q finds %v", q, got)
			}
		}
		for _, q := range []string{"Rathausneubau", "Sonnenschirm", "Raum"} {
			if got := b.finds(b.Clerk, q); len(got) != 0 {
				b.Errorf("%q still finds %v", q, got)
			}
		}
		if n := b.number("SELECT count(*) FROM search"); n != 1 {
			b.Errorf("%d rows in the index", n)
		}
	})
}

// TestSearchTakesAnything: no sign means anything to the search itself, and
// both databases find the same.
func TestSearchTakesAnything(t *testing.T) {
	found := map[string]string{}
	look(t, func(b *behind) {
		texts := []string{
			`Gebühr "in Anführung" (und Klammern)`, "NEAR AND OR NOT near and or not", "a*b a:b a&b a|b !a <-> a-b", "internal words mandant", "1e5 0x1f 17a 17.5 3,14 -5 +5",
			"http://beispiel.example/pfad?x=1&y=2 post@amt.example", "Łódź Ñandú İstanbul ǅ ﬁ ½ ² Ⅳ", "日本語 テスト", "Привет мир", "Ärger öffnen über", "emoji 🙂 text", "don't o'brien l'été",
			strings.Repeat("lang", 40), "x", "ka 2026",
		}
		for _, s := range texts {
			b.tellsOf(b.Clerk, Bautzen+"/"+Birth, s, "")
		}
		queries := []string{
			`"`, `""`, `"Gebühr`, `'`, `''`, `(`, `)`, `()`, `((Gebühr`, `*`, `**`, `Gebühr*`, `*Gebühr`, `^Gebühr`, `NEAR(a b)`, `NEAR/2`, `NEAR`, `AND`, `OR`, `NOT`, `AND OR`, `a AND`, `- a`, `-a`, `+a`, `a NOT b`,
			`words:Gebühr`, `words : (a)`, `{words internal} : a`, `a:b`, `a & b`, `a | b`, `!a`, `a <-> b`, `:*`, `a:*`, `a:A`, `\`, `\'`, `;`, `--`, `/*`, `%`, `_`, `?`, `$1`, "\x00", "a\x00b", "\xff", "\u202e", "🙂",
			`1e5`, `0x1f`, `17a`, `17.5`, `3,14`, `-5`, `pfad?x=1`, `post@amt.example`, `Łódź`, `lodz`, `Ñandú`, `istanbul`, `日本`, `Привет`, `привет`, `½`, `Ⅳ`, `IV`, `fi`, `o'brien`, `brien`, `x`, `ka`,
			strings.Repeat("lang", 40), strings.Repeat("a ", 200), strings.Repeat("Gebühr ", 60)[:480],
		}
		queries = append(queries, texts...)
		hits := 0
		for _, q := range queries {
			if len(q) > 500 {
				continue
			}
			for who, u := range map[string]models.User{"clerk": b.Clerk, "agent": b.Agent, "foreign": b.LeipzigClerk} {
				got := b.finds(u, q)
				if hits += len(got); who == "foreign" && len(got) > 0 && strings.ContainsFunc(q, unicode.IsLetter) {
					b.Errorf("%q finds foreign %v", q, got)
				}
				name := who + " " + q
				if other, ok := found[name]; ok && other != fmt.Sprint(got) {
					b.Errorf("%s: sqlite %s, postgres %v", name, other, got)
				}
				found[name] = fmt.Sprint(got)
			}
		}
		for i, s := range texts {
			number := fmt.Sprintf("KA-2026-%06d", i+1)
			if got := b.finds(b.Clerk, s); !slices.Contains(got, number) {
				b.Errorf("%q is not found by itself, only %v", s, got)
			}
		}
		if hits == 0 {
			b.Error("nothing was ever found")
		}
	})
}

func TestSearchGoesWithOtherFilters(t *testing.T) {
	look(t, func(b *behind) {
		first := b.tellsOf(b.Clerk, Bautzen+"/"+Birth, "Gebühr eins", "")
		second := b.tellsOf(b.Clerk, Bautzen+"/"+Birth, "Gebühr zwei", "")
		b.do(b.Agent, second, models.Claim, "")
		for want, f := range map[string]models.Filter{
			first:  {Status: []string{"submitted"}},
			second: {Assignee: fmt.Sprint(b.Agent.ID), Section: "kontakt", Municipality: Bautzen, Assistant: Birth},
		} {
			f.Q = "Gebühr"
			if got := b.walk(b.Auditor, f); !slices.Equal(got, []string{want}) {
				b.Errorf("%+v: %v", f, got)
			}
		}
		if got := b.walk(b.Auditor, models.Filter{Q: "Gebühr", Limit: 1}); !slices.Equal(got, []string{second, first}) {
			b.Errorf("page by page: %v", got)
		}
	})
}
