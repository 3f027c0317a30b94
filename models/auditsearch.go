package models

import (
	"cmp"
	"hash/maphash"
	"slices"
	"strings"
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

// wantWords reckons by which words some requests should be found.
func (l *ledger) wantWords(rs []*Request) error {
	return l.eachIndexed(rs, func(r *Request, texts indexTexts) {
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
func (l *ledger) eachIndexed(rs []*Request, each func(r *Request, texts indexTexts)) error {
	cat, err := l.s.catalogueNow(l.ctx)
	if err != nil {
		return err
	}
	ids := make([]int64, len(rs))
	for i, r := range rs {
		ids[i] = r.ID
	}
	casts, said := map[int64]*cast{}, map[int64][]Event{}
	for _, r := range rs {
		c := r.ownCast()
		casts[r.ID] = &c
	}
	var told []Event
	err = l.db.Raw(`SELECT request_id, actor_id, internal, comment, CASE action WHEN 'assign' THEN data ELSE '' END AS data FROM events WHERE request_id IN ? ORDER BY ags, seq DESC`, ids).Scan(&told).Error
	for _, e := range told {
		if c := casts[*e.RequestID]; c != nil {
			err = cmp.Or(err, c.join(e))
		}
		if e.Comment != "" && len(said[*e.RequestID]) < saidLast {
			said[*e.RequestID] = append(said[*e.RequestID], e)
		}
	}
	for _, r := range rs {
		public, internal := cat.indexed(r, casts[r.ID].once(), said[r.ID])
		each(r, l.texts(r, public, internal))
	}
	return err
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
func (l *ledger) haveTerms(each func(id int64, column int, word string)) error {
	known := map[string]bool{}
	err := eachOf(l.db, `SELECT word FROM search_words`, func(r *struct{ Word string }) { known[r.Word] = true })
	if err != nil {
		return err
	}
	if err := l.db.Exec(`CREATE VIRTUAL TABLE temp.found USING fts5vocab (main, search, instance)`).Error; err != nil {
		return err
	}
	defer l.db.Exec(`DROP TABLE temp.found`)
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
		if err := cmp.Or(l.db.Where("id IN ?", some).Find(&rs).Error, loadParts(l.db, rs)); err != nil {
			return err
		}
		err := l.eachIndexed(rs, func(r *Request, texts indexTexts) {
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
