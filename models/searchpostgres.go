package models

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"gorm.io/gorm"
)

// reach is how far back a search on PostgreSQL goes. Its index finds all that
// match before it gives the newest, and can't tell a rare word from a common
// one. So the newest requests are looked at one by one first. A common word
// fills the page from these; if not, how many have it tells how to go on.
type reach int

// Reaches.
const (
	newest  reach = iota // one by one: so many
	further              // one by one: so many times as many
	lately               // by the index: the newest block of ids and the one before
	allTime              // by the index: what there is
)

// How many requests are looked at one by one; a municipality's lie further
// apart, and are read more slowly.
const (
	newestRequests  = 2000
	furtherRequests = 12000
	newestOwn       = 200
)

// firstReach is how a list begins. A number written in full is rare: there is one of it.
func (s *Store) firstReach(f *Filter) reach {
	if s.postgres && strings.TrimSpace(f.Q) != "" && !isNumber(f.Q) {
		return newest
	}
	return allTime
}

// isNumber tells whether a search is a number written in full, and nothing else.
func isNumber(q string) bool {
	q = strings.TrimSpace(q)
	return q != "" && fullNumber.FindString(q) == q
}

// after is the next reach when a page is not full with those found: the
// shortest that fills it if they lie as densely before; what is rare is found
// at all times as quickly.
func (r reach) after(u User, found int) reach {
	switch {
	case r != newest:
		return allTime
	case u.AGS == "" && found >= pageSize*newestRequests/furtherRequests*3/2:
		return further
	case u.AGS == "" && found > 0, found >= newestOwn/100:
		return lately
	}
	return allTime
}

// oneByOne looks each found request up by its id: OFFSET 0 keeps the planner
// from reading all requests in search of a few.
const oneByOne = ", LATERAL (SELECT * FROM requests WHERE id = s.request_id OFFSET 0) AS r"

// matchingPostgres lets a municipality search in what it may read only.
func (s *Store) matchingPostgres(db *gorm.DB, u User, f *Filter) (*gorm.DB, error) {
	before, err := before(f)
	if err != nil {
		return nil, err
	}
	rest, last := queryPostgres(f.sought, u)
	if isNumber(f.Q) {
		rest = "" // whose it is, the request itself says
	}
	if f.reach == newest || f.reach == further {
		from, args := newestOf(u, before, f.reach)
		return db.Table("("+from+") AS s"+oneByOne, args...).Where("s.text @@ CAST(? AS tsquery)", allOf(rest, last)), nil
	}
	return s.indexPostgres(db, u, f, before, rest, last)
}

// indexPostgres asks the index: of the newest blocks or of all there is, as far as the list reaches.
func (s *Store) indexPostgres(db *gorm.DB, u User, f *Filter, before int64, rest, last string) (*gorm.DB, error) {
	ask, words, check := allOf(rest, last), f.sought, ""
	if len(words) > 1 {
		wide, err := s.isWide(db.Statement.Context, u, before, rest, last)
		if err != nil {
			return nil, trouble(err)
		}
		if wide {
			ask, words, check = rest, words[:len(words)-1], last
		}
	}
	blocks := ""
	if f.reach == lately {
		id, err := s.newestBefore(db.Statement.Context, before)
		if err != nil {
			return nil, trouble(err)
		}
		blocks = "('" + blockWord(id) + "' | '" + blockWord(id-blockSize) + "')"
		ask = "(" + ask + ") & " + blocks
	}
	where, args := column(u)+" @@ CAST(? AS tsquery)", []any{ask}
	if slices.ContainsFunc(words, sought.isPerson) {
		where, args = apart(u, words, check == "", blocks)
	}
	db = db.Table("(SELECT request_id, "+column(u)+" AS text FROM search WHERE "+where+" ORDER BY request_id DESC OFFSET 0) AS s"+oneByOne, args...)
	if check != "" {
		db = db.Where("s.text @@ CAST(? AS tsquery)", check)
	}
	return db, nil
}

// blockSize is how many ids, one after the other, share a word of the index, so
// that a search need not gather what is older.
const blockSize = 1 << 15

// blockWord is that word; nobody can look for it, for it is no word.
func blockWord(id int64) string { return "#" + strconv.FormatInt(id/blockSize, 10) }

// newestBefore is the id of the newest request below one.
func (s *Store) newestBefore(ctx context.Context, before int64) (id int64, err error) {
	err = s.reader.WithContext(ctx).Raw(`SELECT coalesce(max(request_id), 0) FROM search WHERE request_id < ?`, before).Row().Scan(&id)
	return id, err
}

// column holds what a user may find requests by.
func column(u User) string {
	if u.AGS != "" {
		return "words"
	}
	return "everything"
}

// newestOf reads the newest requests that a user may find, below an id.
func newestOf(u User, before int64, r reach) (query string, args []any) {
	query, args = "SELECT request_id, "+column(u)+" AS text FROM search WHERE request_id < ?", []any{before}
	n := newestRequests
	if r == further {
		n = furtherRequests
	}
	if u.AGS != "" {
		query, args, n = query+" AND ags = ?", append(args, u.AGS), newestOwn
	}
	return query + " ORDER BY request_id DESC LIMIT ?", append(args, n)
}

// isWide tells whether more of the newest requests have a word that begins so
// than have the other words: then the index had better look for these alone,
// because it gathers everything that begins so first.
func (s *Store) isWide(ctx context.Context, u User, before int64, rest, last string) (wide bool, err error) {
	from, args := newestOf(u, before, newest)
	err = s.reader.WithContext(ctx).Raw(`SELECT count(*) FILTER (WHERE text @@ CAST(? AS tsquery)) > count(*) FILTER (WHERE text @@ CAST(? AS tsquery))
		FROM (`+from+`) AS s`, append([]any{last, rest}, args...)...).Row().Scan(&wide)
	return wide, err
}

// queryPostgres is a search as PostgreSQL takes it: the whole words, the
// municipality's own among them, and the beginning of the last.
func queryPostgres(ws []sought, u User) (rest, last string) {
	var parts []string
	for _, w := range ws[:len(ws)-1] {
		parts = append(parts, w.either("'"+w.word+"'")) // letters and digits only: see words
	}
	if u.AGS != "" {
		parts = append(parts, "'"+tenantWord(u.AGS)+"'")
	}
	end := ws[len(ws)-1]
	return strings.Join(parts, " & "), end.either("'" + end.word + "':*")
}

func allOf(rest, last string) string {
	if rest == "" {
		return last
	}
	return rest + " & " + last
}
