package models

import (
	"database/sql"
	"regexp"
	"strings"
	"unicode"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/german"
	"golang.org/x/text/unicode/norm"
)

// maxIndexed bounds how much text of one request is searchable, in characters.
const maxIndexed = 60000

// words are the search words of a text: lower case, without accents, umlauts
// as people type them on any keyboard (Gebühr, Gebuehr, Gebuhr alike), stemmed.
func words(text string) []string {
	var out []string
	for _, w := range tokens(text) {
		out = append(out, stem(w))
	}
	return out
}

// longEnding is how much longer than its stem a word may be and still be found by each of its beginnings.
const longEnding = 2

// wordsToFind are the words under which a text is indexed: the stems, and
// where much was cut off (Anmeld-ung) the whole word, so that "Anmeldu" finds it too.
func wordsToFind(text string) []string {
	if r := []rune(text); len(r) > maxIndexed {
		text = string(r[:maxIndexed])
	}
	var out []string
	for _, w := range tokens(fullNumber.ReplaceAllString(text, "${0} "+oneWord)) {
		s := stem(w)
		out = append(out, s)
		if whole := clipBytes(w); len(whole) > len(s)+longEnding {
			out = append(out, whole)
		}
	}
	return out
}

// tokens are the folded words of a text.
func tokens(text string) []string {
	return strings.FieldsFunc(fold(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

var umlauts = strings.NewReplacer("ß", "ss", "ae", "a", "oe", "o", "ue", "u")

// fold removes what people type differently.
func fold(s string) string {
	plain := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKD.String(s))
	return umlauts.Replace(plain)
}

// stem cuts a German word to its stem; numbers stay whole.
func stem(w string) string {
	if strings.ContainsFunc(w, unicode.IsDigit) || len(w) > 64 {
		return clipBytes(w)
	}
	env := snowballstem.NewEnv(w)
	german.Stem(env)
	return env.Current()
}

func clipBytes(w string) string {
	if len(w) > 64 {
		return strings.ToValidUTF8(w[:64], "")
	}
	return w
}

// tenantWord marks a request's municipality in the index, so that a search
// inside one never walks through another's.
func tenantWord(ags string) string { return "mandant" + ags }

// indexed is the text by which a request is found: what everybody may know,
// and what only the provider may.
func (t *tx) indexed(r *Request, comments []Event) (public, internal string, err error) {
	cat, err := t.s.catalogueNow(t.ctx)
	if err != nil {
		return "", "", err
	}
	author, err := t.person(r.AuthorID)
	if err != nil {
		return "", "", err
	}
	parts := []string{r.Number, tail(r.Number), r.Reason, r.Wish, r.Assistant, cat.title(r.Assistant), cat.name(r.AGS), r.AGS, author.Name}
	for _, c := range r.Changes {
		f := cat.field(r.Assistant, r.Definition, c)
		parts = append(parts, c.Label, f.Display(c.New, "de"), f.Display(c.Old, "de"))
	}
	var hidden []string
	for _, e := range comments {
		if e.Internal {
			hidden = append(hidden, e.Comment)
		} else {
			parts = append(parts, e.Comment)
		}
	}
	tenant := tenantWord(r.AGS)
	return strings.Join(append(wordsToFind(strings.Join(parts, " ")), tenant), " "), strings.Join(wordsToFind(strings.Join(hidden, " ")), " "), nil
}

// A number that is written in full is also one word of the index: its parts
// are in thousands of requests.
var fullNumber = regexp.MustCompile(`(?i)\bKA-([0-9]{4})-([0-9]{6,12})\b`)

const oneWord = "KA${1}${2}"

// tail is the running part of a number without its zeros: people search "17".
func tail(number string) string {
	return strings.TrimLeft(number[strings.LastIndexByte(number, '-')+1:], "0")
}

// index makes a new request findable.
func (t *tx) index(r *Request) error {
	public, internal, err := t.indexed(r, nil)
	if err != nil {
		return err
	}
	t.indexRow(r, public, internal)
	return nil
}

func (t *tx) indexRow(r *Request, public, internal string) {
	if t.s.postgres {
		t.do(`INSERT INTO search (request_id, ags, words, everything) VALUES (?, ?, array_to_tsvector(?), array_to_tsvector(?))`,
			r.ID, r.AGS, distinct(public), distinct(public+" "+internal))
		return
	}
	t.do(`INSERT INTO search (rowid, words, internal) VALUES (?, ?, ?)`, r.ID, public, internal)
}

// reindex makes a changed request findable by what it says now.
func (t *tx) reindex(r *Request, more ...Event) error {
	var comments []Event
	if err := t.db.Where("request_id = ? AND comment <> ''", r.ID).Order("seq").Find(&comments).Error; err != nil {
		return err
	}
	public, internal, err := t.indexed(r, append(comments, more...))
	if err != nil {
		return err
	}
	if t.s.postgres {
		t.do(`DELETE FROM search WHERE request_id = ?`, r.ID)
	} else {
		t.do(`DELETE FROM search WHERE rowid = ?`, r.ID)
	}
	t.indexRow(r, public, internal)
	return nil
}

// distinct are the different words of an indexed text.
func distinct(text string) []string {
	seen := map[string]bool{}
	out := []string{}
	for _, w := range strings.Fields(text) {
		if !seen[w] {
			seen[w] = true
			out = append(out, w)
		}
	}
	return out
}

// maxWords bounds a query.
const maxWords = 12

// query is a search as the database takes it: all words, the last one as the
// beginning of a word; "" if there is nothing to look for.
func (s *Store) query(q string, u User) string {
	ws := words(fullNumber.ReplaceAllString(q, oneWord))
	if len(ws) == 0 {
		return ""
	}
	ws = ws[:min(len(ws), maxWords)]
	if s.postgres {
		parts := make([]string, len(ws))
		for i, w := range ws {
			parts[i] = "'" + w + "'" // letters and digits only: see words
		}
		parts[len(parts)-1] += ":*"
		if u.AGS != "" {
			parts = append(parts, "'"+tenantWord(u.AGS)+"'")
		}
		return strings.Join(parts, " & ")
	}
	parts := make([]string, len(ws))
	for i, w := range ws {
		parts[i] = `"` + w + `"`
	}
	parts[len(parts)-1] = s.begun(ws[len(ws)-1])
	if u.AGS != "" {
		return `words : (` + strings.Join(append(parts, `"`+tenantWord(u.AGS)+`"`), " AND ") + `)`
	}
	return strings.Join(parts, " AND ")
}

// maxTerms is up to how many words a beginning is looked up as these words.
const maxTerms = 64

// begun is the beginning of a word as SQLite searches it fast. It would put
// together everything that begins so before it gives the first; the words
// themselves, of which there are few, it walks from the newest and stops when
// the page is full.
func (s *Store) begun(w string) string {
	prefix := `"` + w + `"*`
	rows, err := s.readers.Query(`WITH RECURSIVE found (term, n) AS (
			SELECT (SELECT term FROM search_terms WHERE term >= @from ORDER BY term LIMIT 1), 1
			UNION ALL
			SELECT (SELECT t.term FROM search_terms t WHERE t.term >= found.term || char(1) ORDER BY t.term LIMIT 1), n + 1
			FROM found WHERE found.term < @to AND n <= @most)
		SELECT term FROM found WHERE term < @to`, sql.Named("from", w), sql.Named("to", w+"\U0010FFFF"), sql.Named("most", maxTerms))
	if err != nil {
		return prefix // slower, and the search itself will tell what is wrong
	}
	defer rows.Close()
	var terms []string
	for rows.Next() {
		var t string
		if err := rows.Scan(&t); err != nil {
			return prefix
		}
		terms = append(terms, `"`+t+`"`)
	}
	if rows.Err() != nil || len(terms) > maxTerms || len(terms) == 0 {
		return prefix
	}
	return "(" + strings.Join(terms, " OR ") + ")"
}
