package models

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
)

// indexed is the text by which a request is found: what everybody may know,
// and what only the provider may. Who took part is in it, but no name.
func (t *tx) indexed(r *Request, part cast, comments []Event) (public, internal string, err error) {
	cat := t.renamed
	if cat == nil {
		if cat, err = t.s.catalogueNow(t.ctx); err != nil {
			return "", "", err
		}
	}
	public, internal = cat.indexed(r, part, comments)
	return public, internal, nil
}

func (c *catalogue) indexed(r *Request, part cast, comments []Event) (public, internal string) {
	parts := []string{r.keys(), r.Reason, r.Wish, c.title(r.Assistant), c.name(r.AGS)}
	for _, ch := range r.Changes {
		f := c.field(r.Assistant, r.Definition, ch)
		parts = append(parts, ch.Label, f.Display(ch.New, "de"), f.Display(ch.Old, "de"))
	}
	said, hidden := lastSaid(comments)
	ws := append(wordsToFind(strings.Join(parts, " ")), wordsToFind(said)...)
	ws = append(append(ws, tenantWord(r.AGS)), personWords(part.public)...)
	return strings.Join(ws, " "), strings.Join(append(wordsToFind(hidden), personWords(part.internal)...), " ")
}

// lastSaid is what is searchable of comments that come newest first: as much as
// there is room for, public and internal, so that one more costs no more than the first.
func lastSaid(comments []Event) (public, internal string) {
	var open, hidden []rune
	for _, e := range comments {
		to := &open
		if e.Internal {
			to = &hidden
		}
		if room := maxSaid - len(*to); room > 0 {
			words := []rune(e.Comment + " ")
			*to = append(*to, words[:min(len(words), room)]...)
		}
	}
	return string(open), string(hidden)
}

// keys are the words of a request that never change: its number, its assistant, its municipality.
func (r *Request) keys() string {
	return strings.Join([]string{r.Number, tail(r.Number), r.Assistant, r.AGS}, " ")
}

// tail is the running part of a number without its zeros: people search "17".
func tail(number string) string {
	return strings.TrimLeft(number[strings.LastIndexByte(number, '-')+1:], "0")
}

// index makes a new request findable.
func (t *tx) index(r *Request) error {
	public, internal, err := t.indexed(r, r.ownCast(), nil)
	if err != nil {
		return err
	}
	t.indexRow(r, public, internal)
	return nil
}

func (t *tx) indexRow(r *Request, public, internal string) {
	if t.s.postgres {
		public += " " + blockWord(r.ID)
		t.do(`INSERT INTO search (request_id, ags, words, everything) VALUES (?, ?, array_to_tsvector(?), array_to_tsvector(?))`,
			r.ID, r.AGS, distinct(public), distinct(public+" "+internal))
		return
	}
	t.do(`INSERT INTO search (rowid, words, internal) VALUES (?, ?, ?)`, r.ID, public, internal)
	if long := slices.DeleteFunc(distinct(public+" "+internal), func(w string) bool { return !isLong(w) }); len(long) > 0 {
		list, _ := json.Marshal(long) // strings always can be
		t.do(`INSERT OR IGNORE INTO search_words (word) SELECT value FROM json_each(?)`, string(list))
	}
}

// reindex makes a changed request findable by what it says now; more are its events that are not written yet.
func (t *tx) reindex(r *Request, more ...Event) error {
	var comments []Event
	if err := t.db.Where("request_id = ? AND comment <> ''", r.ID).Order("seq DESC").Limit(saidLast).Find(&comments).Error; err != nil {
		return err
	}
	more = slices.Clone(more) // the caller's own stays as it is
	slices.Reverse(more)
	c, err := t.wholeCast(r, more)
	if err != nil {
		return err
	}
	public, internal, err := t.indexed(r, c, append(more, comments...))
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

// reindexAll makes every request findable again, by its people's names, too.
func (t *tx) reindexAll() error {
	if err := t.callAll(); err != nil {
		return err
	}
	return t.reindexSome("TRUE")
}

// reindexSome makes the requests that a condition names findable again, by what everything is called in this transaction.
func (t *tx) reindexSome(where string, args ...any) (err error) {
	if err = t.flush(); err != nil {
		return err
	}
	if t.renamed, err = t.s.loadCatalogueFrom(t.db); err != nil {
		return err
	}
	for after := int64(0); ; {
		var rs []*Request
		if err := t.db.Where("id > ?", after).Where(where, args...).Order("id").Limit(500).Find(&rs).Error; err != nil || len(rs) == 0 {
			return err
		}
		if err := loadParts(t.db, rs); err != nil {
			return err
		}
		for _, r := range rs {
			if err := t.reindex(r); err != nil {
				return err
			}
			after = r.ID
		}
		if err := t.flush(); err != nil {
			return err
		}
	}
}

// remakeIndex fills an index that a migration has emptied; the migration has
// left word of it, which goes in the same transaction.
func (s *Store) remakeIndex(ctx context.Context) error {
	empty, err := s.indexEmptied(ctx)
	if err != nil || !empty {
		return err
	}
	return s.write(ctx, clockUser, func(t *tx) error {
		t.do(`DELETE FROM settings WHERE name = 'search'`)
		return t.reindexAll()
	})
}

// indexEmptied tells whether the search index has still to be made anew.
func (s *Store) indexEmptied(ctx context.Context) (bool, error) {
	var n int
	err := s.pool.QueryRowContext(ctx, `SELECT count(*) FROM settings WHERE name = 'search'`).Scan(&n)
	return n > 0, err
}
