package models

import (
	"cmp"
	"hash/maphash"
	"slices"
	"strings"
	"unicode/utf8"
)

// The search index is made from the record. An audit makes it anew in its mind: who takes a request's words out of the index lets
// nobody find it. Of each request only a sum over its words is kept, with a seed that nobody can know; where the sums differ, the
// words themselves are looked at.

// wordSums are sums over the words by which requests are found, by the requests' ids.
type wordSums struct {
	seed maphash.Seed
	of   map[int64]wordSum
}

func newWordSums() wordSums { return wordSums{maphash.MakeSeed(), map[int64]wordSum{}} }

// wordSum is over a request's words: what they should be, and what the index has.
type wordSum struct{ want, have uint64 }

// sum is a word's part; column tells in which text it stands.
func (x *wordSums) sum(column int, word string) uint64 {
	var h maphash.Hash
	h.SetSeed(x.seed)
	_ = h.WriteByte(byte(column)) // never fails
	_, _ = h.WriteString(word)
	return h.Sum64()
}

// wantWords reckons by which words some requests should be found; who took part in each, the walk through its chain has heard.
func (l *ledger) wantWords(rs []*Request, took map[int64]cast) error {
	return l.eachIndexed(rs, took, func(r *Request, texts indexTexts) {
		var sum uint64
		for column, words := range texts {
			for _, w := range words {
				sum += l.words.sum(column, w)
			}
		}
		x := l.words.of[r.ID]
		x.want = sum
		l.words.of[r.ID] = x
	})
}

// eachIndexed passes the words of some requests as the database's index should have them.
func (l *ledger) eachIndexed(rs []*Request, took map[int64]cast, each func(r *Request, texts indexTexts)) error {
	cat, err := l.s.catalogueNow(l.ctx)
	if err != nil {
		return err
	}
	said, err := l.lastSaid(rs)
	if err != nil {
		return err
	}
	for _, r := range rs {
		own := r.ownCast()
		c := cast{append(own.public, took[r.ID].public...), took[r.ID].internal}
		public, internal := cat.indexed(r, c.once(), said[r.ID].comments)
		each(r, l.texts(r, public, internal))
	}
	return nil
}

// told are the comments of a request, newest first, no more of them than is searched.
type told struct {
	comments []Event
	heard    int    // how many
	runes    [2]int // and how long, what all may read and what the provider may
}

// hear takes the comment before those that it has heard.
func (x *told) hear(comment string, internal bool) {
	if x.heard++; x.heard > saidLast {
		return
	}
	which := 0
	if internal {
		which = 1
	}
	if x.runes[which] < maxSaid {
		x.comments = append(x.comments, Event{Comment: comment, Internal: internal})
	}
	x.runes[which] += utf8.RuneCountInString(comment) + 1
}

// lastSaid reads what was said last about some requests.
func (l *ledger) lastSaid(rs []*Request) (map[int64]*told, error) {
	out := make(map[int64]*told, len(rs))
	ids := make([]int64, len(rs))
	for i, r := range rs {
		out[r.ID], ids[i] = &told{}, r.ID
	}
	rows, err := l.db.Raw(`SELECT request_id, internal, comment FROM events WHERE request_id IN ? AND comment <> '' ORDER BY request_id, seq DESC`, ids).Rows()
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var id int64
	var internal bool
	var comment string
	for rows.Next() {
		if err := rows.Scan(&id, &internal, &comment); err != nil {
			return nil, err
		}
		out[id].hear(comment, internal)
	}
	return out, rows.Err()
}

// tookPart reads who took part in some requests: see wholeCast.
func (l *ledger) tookPart(rs []*Request) (map[int64]cast, error) {
	out := make(map[int64]cast, len(rs))
	for _, r := range rs {
		c, err := (&tx{ctx: l.ctx, s: l.s, db: l.db}).wholeCast(r, nil)
		if err != nil {
			return nil, err
		}
		out[r.ID] = c
	}
	return out, nil
}

// indexTexts are a request's words as the database keeps them, each once in a column: what all may find, what the provider may, whose it is.
type indexTexts [indexColumns][]string

const indexColumns = 3

// texts are those that indexRow writes.
func (l *ledger) texts(r *Request, public, internal string) indexTexts {
	if l.postgres {
		public += " " + blockWord(r.ID)
		return indexTexts{distinct(public), distinct(public + " " + internal), {r.AGS}}
	}
	return indexTexts{distinct(public), distinct(internal)}
}

// search holds the index against the words that it should have.
func (l *ledger) search() error {
	if l.misread != nil && *l.misread > 0 {
		return nil // not all words are known
	}
	if err := l.haveWords(func(id int64, column int, word string) {
		x := l.words.of[id]
		x.have += l.words.sum(column, word)
		l.words.of[id] = x
	}); err != nil {
		return err
	}
	var odd []int64
	for id, x := range l.words.of {
		if x.want != x.have {
			odd = append(odd, id)
		}
	}
	slices.Sort(odd)
	return l.oddWords(odd[:min(len(odd), maxFindings)])
}

// haveWords passes the words of the index.
func (l *ledger) haveWords(each func(id int64, column int, word string)) error {
	if l.postgres {
		return eachOf(l.db, `SELECT request_id AS id, ags, array_to_string(tsvector_to_array(words), ' ') AS words, array_to_string(tsvector_to_array(everything), ' ') AS everything FROM search`, func(r *struct {
			ID                int64
			AGS               string `gorm:"column:ags"`
			Words, Everything string
		}) {
			for column, text := range []string{r.Words, r.Everything, r.AGS} {
				for w := range strings.FieldsSeq(text) {
					each(r.ID, column, w)
				}
			}
		})
	}
	return l.haveTerms(each)
}

// haveTerms passes them as SQLite has them, and holds the list of long words against them.
func (l *ledger) haveTerms(each func(id int64, column int, word string)) (err error) {
	known := map[string]bool{}
	err = eachOf(l.db, `SELECT word FROM search_words`, func(r *struct{ Word string }) { known[r.Word] = true })
	if err != nil {
		return err
	}
	if err := l.db.Exec(`CREATE VIRTUAL TABLE temp.found USING fts5vocab (main, search, instance)`).Error; err != nil {
		return err
	}
	defer func() { err = cmp.Or(err, l.db.Exec(`DROP TABLE temp.found`).Error) }()
	rows, err := l.db.Raw(`SELECT term, doc, col FROM temp.found`).Rows()
	if err != nil {
		return err
	}
	defer rows.Close()
	var term, column string
	var id int64
	for rows.Next() {
		if err := rows.Scan(&term, &id, &column); err != nil {
			return err
		}
		if isLong(term) && !known[term] {
			known[term] = true // once is enough
			l.found("is not in the list of long words", "search, word %q", term)
		}
		which := 0
		if column == "internal" {
			which = 1
		}
		each(id, which, term)
	}
	return rows.Err()
}

// oddWords looks at the words of requests whose sums differ. What an assistant is called in any version of its questionnaire may be
// there or not: a request is not indexed anew for that.
func (l *ledger) oddWords(ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	have := make(map[int64]*[indexColumns]map[string]bool, len(ids))
	for _, id := range ids {
		have[id] = &[indexColumns]map[string]bool{{}, {}, {}}
	}
	err := l.haveWords(func(id int64, column int, word string) {
		if x := have[id]; x != nil {
			x[column][word] = true
		}
	})
	if err != nil {
		return err
	}
	for some := range slices.Chunk(ids, auditChunk) {
		var rs []*Request
		if err := l.db.Where("id IN ?", some).Find(&rs).Error; err != nil {
			return err
		}
		if err := loadParts(l.db, rs); err != nil {
			return err
		}
		took, err := l.tookPart(rs)
		if err != nil {
			return err
		}
		err = l.eachIndexed(rs, took, func(r *Request, texts indexTexts) {
			if !l.sameWords(r, texts, have[r.ID]) {
				l.found("lists find it by other words than its own", "request %s", r.Number)
			}
			delete(have, r.ID)
		})
		if err != nil {
			return err
		}
	}
	for _, id := range ids {
		if have[id] != nil {
			l.found("is found, and is not there", "request with id %d", id)
		}
	}
	return nil
}

// sameWords compares words, but for those of titles.
func (l *ledger) sameWords(r *Request, want indexTexts, have *[indexColumns]map[string]bool) bool {
	free := l.titleWords(r.Assistant)
	for column, words := range want {
		for _, w := range words {
			if !have[column][w] && !free[w] {
				return false
			}
			delete(have[column], w)
		}
		for w := range have[column] {
			if !free[w] {
				return false
			}
		}
	}
	return true
}

// titleWords are the words of all titles that an assistant has had.
func (l *ledger) titleWords(assistant string) map[string]bool {
	out := map[string]bool{}
	for _, title := range l.called[assistant] {
		for _, w := range wordsToFind(title) {
			out[w] = true
		}
	}
	return out
}
