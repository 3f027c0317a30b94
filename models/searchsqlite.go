package models

import (
	"context"
	"regexp"
	"strings"
	"unicode/utf8"

	"gorm.io/gorm"
)

// fewFound is up to how many finds are looked at one by one whether they are the municipality's.
const fewFound = 50

// indexFirst asks the index once and looks each find up. CROSS keeps SQLite from turning that round where it thinks that a filter
// leaves few requests: it would put the whole search to the index again for each of them, and take seconds for a page.
const indexFirst = "search AS s CROSS JOIN requests AS r ON r.id = s.rowid"

// matchingSQLite asks for a municipality's requests only in the index if many
// are found: to hold few against all of the municipality's takes longer the more it has.
func (s *Store) matchingSQLite(db *gorm.DB, u User, f *Filter) (*gorm.DB, string, error) {
	ctx := db.Statement.Context
	q, err := s.querySQLite(ctx, f.sought, u)
	if err != nil {
		return db, "r.id", trouble(err)
	}
	if ids, few, err := s.amongFew(ctx, u, f, q); few || err != nil {
		return db.Where("r.id IN ?", ids), "r.id", trouble(err)
	}
	if u.AGS != "" {
		ids, err := s.firstFound(ctx, q, f, fewFound)
		if err != nil || len(ids) < fewFound {
			return db.Where("r.id IN ?", ids), "r.id", trouble(err)
		}
		if q, err = s.querySQLite(ctx, f.sought, u, tenantWord(u.AGS)); err != nil {
			return db, "r.id", trouble(err)
		}
	}
	return db.Table(indexFirst).Where("search MATCH ?", q), "s.rowid", nil
}

// amongFew finds what a search asks for if little has all its words but the last: the last is the beginning of
// a word, and many a beginning is in all requests. The index can skip in their list from the oldest on only;
// from the newest back it would pass over each of them.
func (s *Store) amongFew(ctx context.Context, u User, f *Filter, q string) (ids []int64, few bool, err error) {
	rest := f.sought[:len(f.sought)-1]
	if len(rest) == 0 {
		return nil, false, nil
	}
	some, err := s.firstFound(ctx, inColumns(eitherOf(rest), u), f, fewFound)
	if err != nil || len(some) == fewFound {
		return nil, false, err
	}
	if len(some) > 0 {
		err = s.reader.WithContext(ctx).Raw(`SELECT rowid FROM search WHERE search MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid`, q, some[len(some)-1], some[0]).Scan(&ids).Error
	}
	return ids, true, err
}

// firstFound are the first n that a search finds behind the cursor, whoever's they are.
func (s *Store) firstFound(ctx context.Context, q string, f *Filter, n int) (ids []int64, err error) {
	before, err := before(f)
	if err != nil {
		return nil, err
	}
	err = s.reader.WithContext(ctx).Raw(`SELECT rowid FROM search WHERE search MATCH ? AND rowid < ? ORDER BY rowid DESC LIMIT ?`, q, before, n).Scan(&ids).Error
	return ids, err
}

// querySQLite is a search as SQLite takes it, with more words that have to be there.
func (s *Store) querySQLite(ctx context.Context, ws []sought, u User, more ...string) (string, error) {
	last := ws[len(ws)-1]
	begun, err := s.begun(ctx, last.word)
	if err != nil {
		return "", err
	}
	parts := append([]string{last.or(begun)}, quoted(more)...)
	return inColumns(append(parts, eitherOf(ws[:len(ws)-1])...), u), nil
}

// eitherOf are whole words, each with the people it stands for.
func eitherOf(ws []sought) []string {
	out := make([]string, len(ws))
	for i, w := range ws {
		out[i] = w.or(`"` + w.word + `"`)
	}
	return out
}

// or widens what is asked of SQLite for a word by the people whom it stands for.
func (w sought) or(asked string) string {
	if !w.isPerson() {
		return asked
	}
	return "(" + asked + " OR " + strings.Join(quoted(personWords(w.people)), " OR ") + ")"
}

// quoted are words as SQLite takes them.
func quoted(ws []string) []string {
	out := make([]string, len(ws))
	for i, w := range ws {
		out[i] = `"` + w + `"`
	}
	return out
}

// inColumns asks for all parts, where the user may look.
func inColumns(parts []string, u User) string {
	q := "(" + strings.Join(parts, " AND ") + ")"
	if u.AGS != "" {
		q = "words : " + q
	}
	return q
}

// Beginnings of up to maxBegun characters are in SQLite's index themselves;
// a longer one is looked up as the words that begin so, if these are at most maxTerms.
const (
	maxBegun = 8 // see the table's prefix
	maxTerms = 64
)

// manyNumbers are words of which there is one for each request: ten thousand
// of a beginning's, at most, have as many characters.
var manyNumbers = regexp.MustCompile(`^ka[0-9]+$`)

// isLong tells words that are kept for the beginnings that the index lacks.
func isLong(w string) bool {
	return utf8.RuneCountInString(w) > maxBegun && !manyNumbers.MatchString(w)
}

// begun is the beginning of a word as SQLite searches it fast. It would put
// together everything that begins so before it gives the first; words
// themselves it walks from the newest and stops when the page is full.
func (s *Store) begun(ctx context.Context, w string) (string, error) {
	prefix := `"` + w + `"*`
	if !isLong(w) {
		return prefix, nil
	}
	var terms []string
	err := s.reader.WithContext(ctx).Raw(`SELECT word FROM search_words WHERE word >= ? AND word < ? ORDER BY word LIMIT ?`, w, w+"\U0010FFFF", maxTerms+1).Scan(&terms).Error
	if err != nil || len(terms) > maxTerms || len(terms) == 0 {
		return prefix, err
	}
	return `("` + strings.Join(terms, `" OR "`) + `")`, nil
}
