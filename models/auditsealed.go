package models

import (
	"fmt"
	"slices"
	"strings"
)

// sealedCells holds the rows that stand in no event, and the cells that no event tells, against their seals.
func (l *ledger) sealedCells() error {
	rows := map[string]int{}
	for _, x := range sealedTables {
		err := l.s.eachSealed(l.db, x, "TRUE", nil, func(r *sealedRow) error {
			rows[x.name]++
			l.sealed(r.state(), "%s (%s)", x.name, r.name())
			return nil
		})
		if err != nil {
			return err
		}
	}
	if n := rows["attempt_salt"]; n != 1 {
		l.found("is not there once, without it nobody's tries are counted", "attempt_salt")
	}
	return nil
}

// names holds the words by which people are found against their names.
func (l *ledger) names() error {
	var kept, people []struct {
		AGS   string `gorm:"column:ags"`
		ID    int64
		Words string
	}
	gather := `group_concat(word, ' ')`
	if l.postgres {
		gather = `string_agg(word, ' ')`
	}
	if err := l.db.Raw(`SELECT ags, user_id AS id, ` + gather + ` AS words FROM name_words GROUP BY ags, user_id`).Scan(&kept).Error; err != nil {
		return err
	}
	if err := l.db.Raw(`SELECT coalesce(ags, '') AS ags, id, name AS words FROM users ORDER BY id`).Scan(&people).Error; err != nil {
		return err
	}
	found := make(map[string]string, len(kept))
	for _, x := range kept {
		found[fmt.Sprint(x.ID, " ", x.AGS)] = sortedWords(x.Words)
	}
	for _, p := range people {
		of := fmt.Sprint(p.ID, " ", p.AGS)
		words := distinct(strings.Join(wordsToFind(p.Words), " "))
		slices.Sort(words)
		if found[of] != strings.Join(words, " ") {
			l.found("is found by other words than its name", "account %d", p.ID)
		}
		delete(found, of)
	}
	for _, x := range kept {
		if _, left := found[fmt.Sprint(x.ID, " ", x.AGS)]; left {
			l.found("is found by words of a name and is not there", "account %d of municipality %q", x.ID, x.AGS)
		}
	}
	return nil
}
