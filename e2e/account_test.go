package e2e

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
)

// elsewhere are pages of the site map that the readers do not open, and why.
var elsewhere = map[string]string{
	"/verwaltung/rechtevergabe":                "leads on",
	"/anmelden/mit/:provider":                  "leads to another house",
	"/anmelden/mit/:provider/zurueck":          "leads on",
	"/zugang/:secret":                          "leads to /zugang",
	"/konto/bestaetigen/:form":                 "belongs to the sign-in at another house",
	"/konto/bestaetigen/:form/mit/:provider":   "leads to another house",
	"/anmelden/zweiter-faktor":                 "shows nothing that anybody typed",
	"/konto/zweiter-faktor/app/bild.png":       "a picture",
	"/konto/zweiter-faktor/app":                "shows a secret and nothing that anybody typed",
	"/konto/daten/datei":                       "a download",
	"/auftraege/:number/anlagen/:id":           "a download",
	"/zahlen.csv":                              "a download",
	"/auftraege/:number/beleg":                 "a download",
	"/verwaltung/sicherheitsprotokoll.csv":     "a download",
	"/verwaltung/protokoll/enden.txt":          "plain text",
	"/verwaltung/protokoll/pruefpunkte/:n.txt": "plain text",
	"/verwaltung/protokoll/schluessel.pem":     "plain text",
}

// siteMap are the addresses of all pages that the source names.
func siteMap(h *house) []string {
	h.Helper()
	text, err := os.ReadFile("../handlers/sitemap.go")
	if err != nil {
		h.Fatal(err)
	}
	words := strings.NewReplacer("secondPath", `"/anmelden/zweiter-faktor"`, "sectionsStep", `"abschnitte"`, "fieldsStep", `"felder"`, "whenStep", `"wann"`, "filesStep", `"anlagen"`, "checkStep", `"pruefen"`, "edit+", `"/auftraege/:number/bearbeiten/"+`, `"+"`, "")
	var out []string
	for _, m := range regexp.MustCompile(`\.get\(([^,]+), `).FindAllStringSubmatch(string(text), -1) {
		path := strings.ReplaceAll(words.Replace(m[1]), `"+"`, "")
		if !strings.HasPrefix(path, `"/`) || !strings.HasSuffix(path, `"`) {
			h.Fatalf("what is %s?", m[1])
		}
		out = append(out, strings.Trim(path, `"`))
	}
	if len(out) < 80 {
		h.Fatalf("%d pages in the site map", len(out))
	}
	return out
}

// account holds the rounds against what was promised: every page, every field, every payload.
func (v *views) account(rounds [][]payload) (taken string) {
	v.Helper()
	opened := slices.Sorted(maps.Keys(v.opened))
	for _, path := range siteMap(v.house) {
		pattern := regexp.MustCompile("^" + regexp.MustCompile(`:[a-z]+`).ReplaceAllString(regexp.QuoteMeta(path), `[^/]+`) + "$")
		if slices.ContainsFunc(opened, pattern.MatchString) {
			v.known++
		} else if _, known := elsewhere[path]; !known {
			v.Errorf("nobody has opened %s", path)
		}
	}
	keepable := map[int]string{}
	for _, list := range rounds {
		for _, p := range list {
			if p.plain() {
				keepable[p.number] = p.text
			}
		}
	}
	var some []string
	fewest := len(keepable)
	for _, field := range slices.Sorted(maps.Keys(v.kept)) {
		kept := 0
		for n := range keepable {
			if v.kept[field][n] {
				kept++
			}
		}
		v.Logf("%-28s took %d of %d payloads", field, kept, len(keepable))
		if kept < len(keepable) {
			some = append(some, fmt.Sprint(field, " ", kept))
		}
		need := len(keepable)
		if slices.Contains(shortFields, field) {
			need = max(need/2, asked*len(rounds))
		}
		if kept < need {
			v.Errorf("%s took only %d of %d payloads, not %d", field, kept, len(keepable), need)
		}
		fewest = min(fewest, kept)
	}
	unread := 0
	for n, text := range keepable {
		pages := 0
		for _, read := range v.read {
			if read[n] {
				pages++
			}
		}
		if pages < 5 {
			unread++
			v.Logf("read on %d kinds of pages only: %s", pages, text)
		}
	}
	if unread > 0 {
		v.Errorf("%d payloads were hardly ever seen", unread)
	}
	return fmt.Sprintf("each of %d fields took at least %d, %d of them all %d that can be seen, the others what they have room for (%s)", len(v.kept), fewest, len(v.kept)-len(some), len(keepable), strings.Join(some, ", "))
}

// shortFields take no long payloads, or not many in a round: half are enough, if they are as many as are asked for.
var shortFields = []string{"name of a view", "name of a token", "name of a passkey", "name of a municipality", "words of a questionnaire", "reason of a redaction", "name of a file", "name of a person", "link of a form"}
