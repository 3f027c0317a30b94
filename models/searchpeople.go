package models

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// A request is found by the names of those who took part in it. The index has no names, but a word for each
// person; a searched word stands for the people whose names have it, too. So whoever is called otherwise, or
// forgotten, is found by the present name at once, and no request is indexed anew.

// personWord is a person in the index. Nobody can look for it: its sign is no letter, see tokens.
func personWord(id int64) string { return "§" + strconv.FormatInt(id, 10) }

// personWords are some people in the index.
func personWords(ids []int64) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = personWord(id)
	}
	return out
}

// How many people a searched word stands for, and all words of a search together; of more, those whose names have
// most of the searched words come first, then whoever has signed in last.
const (
	maxPeople    = 500
	maxPeopleAll = 1000
)

// sought is a word of a search, and the people whose names have it.
type sought struct {
	word   string
	people []int64
}

// isPerson tells whether a word stands for anybody.
func (w sought) isPerson() bool { return len(w.people) > 0 }

// seek finds out for whom the words of a search stand. A municipality learns of its own people and the provider's only.
func (s *Store) seek(ctx context.Context, u User, q string) ([]sought, error) {
	ws := wanted(q)
	out := make([]sought, len(ws))
	for i, w := range ws {
		out[i].word = w
	}
	if len(ws) == 0 || isNumber(q) {
		return out, nil
	}
	people, err := s.named(ctx, u, ws)
	for _, p := range people {
		out[p.Place].people = append(out[p.Place].people, p.UserID)
	}
	return notByNumber(out), err
}

// namesake is somebody whose name has the word at a place of a search.
type namesake struct{ Place, UserID int64 }

// named are the people whose names have some words. Who comes first is only asked if they are too many.
func (s *Store) named(ctx context.Context, u User, ws []string) (people []namesake, err error) {
	named, args := namedSo(u, ws)
	db := s.reader.WithContext(ctx)
	err = db.Raw(named+` ORDER BY place, user_id LIMIT ?`, append(args, maxPeople+1)...).Scan(&people).Error
	if err != nil || len(people) <= maxPeople {
		return people, err
	}
	people = nil
	err = db.Raw(`SELECT place, user_id FROM (SELECT place, user_id, row_number() OVER (PARTITION BY place ORDER BY words DESC, seen DESC, user_id DESC) AS nth FROM (
		SELECT f.place, f.user_id, count(*) OVER (PARTITION BY f.user_id) AS words, coalesce(p.signed_in_at, p.created_at) AS seen FROM (`+named+`) AS f JOIN users p ON p.id = f.user_id) AS x) AS y
		WHERE nth <= ? ORDER BY nth, place LIMIT ?`, append(args, maxPeople, maxPeopleAll)...).Scan(&people).Error
	return people, err
}

// namedSo asks which people's names have each of some words, the last one as a beginning.
func namedSo(u User, ws []string) (query string, args []any) {
	for i, w := range ws {
		if i > 0 {
			query += " UNION "
		}
		query, args = query+"SELECT CAST(? AS INTEGER) AS place, user_id FROM name_words WHERE word ", append(args, i)
		if i < len(ws)-1 {
			query, args = query+"= ?", append(args, w)
		} else {
			query, args = query+">= ? AND word < ?", append(args, w, w+"\U0010FFFF")
		}
		if u.AGS != "" {
			query, args = query+" AND ags IN ('', ?)", append(args, u.AGS)
		}
	}
	return query, args
}

// notByNumber keeps a figure from standing for a person ("Ehemalige Person 17") unless another word does,
// too: who looks for 17 alone means the request.
func notByNumber(ws []sought) []sought {
	isFigure := func(w string) bool { return !strings.ContainsFunc(w, func(r rune) bool { return !unicode.IsDigit(r) }) }
	named := map[int64]bool{}
	for _, w := range ws {
		for _, id := range w.people {
			named[id] = named[id] || !isFigure(w.word)
		}
	}
	for i := range ws {
		ws[i].people = slices.DeleteFunc(ws[i].people, func(id int64) bool { return !named[id] })
	}
	return ws
}

// call keeps the words of a person's name.
func (t *tx) call(id int64, ags, name string) {
	t.do(`DELETE FROM name_words WHERE ags = ? AND user_id = ?`, ags, id)
	for _, w := range distinct(strings.Join(wordsToFind(name), " ")) {
		t.do(`INSERT INTO name_words (ags, word, user_id) VALUES (?, ?, ?)`, ags, w, id)
	}
}

// callAll keeps the words of everybody's name anew.
func (t *tx) callAll() error {
	var everybody []User
	if err := t.db.Order("id").Find(&everybody).Error; err != nil {
		return err
	}
	for _, u := range everybody {
		t.call(u.ID, u.AGS, u.Name)
	}
	return t.flush()
}
