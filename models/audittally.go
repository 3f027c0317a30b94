package models

import (
	"fmt"
	"maps"
	"slices"
)

// tallies holds how many rows there are, and what they say, against what was counted: a row that is gone, or an older one that
// was put back with its true seal, is seen by nothing else.
func (l *ledger) tallies() error {
	if l.outbox.since == nil || l.wanted { // nothing has been counted yet
		return nil
	}
	if err := l.moves(); err != nil {
		return err
	}
	var rows []tallyRow
	if err := l.db.Raw(`SELECT name, part, total, sum, turn, seal FROM tallies ORDER BY name, part`).Scan(&rows).Error; err != nil {
		return err
	}
	counted, parts := map[string]*rowCount{}, map[string]int{}
	for _, x := range rows {
		if counted[x.Name] == nil {
			counted[x.Name] = &rowCount{}
		}
		counted[x.Name].add(x.count())
		parts[x.Name]++
		l.sealed(sealSays(x.Seal, x.sealFor(l.s)), "tally of %s, part %d", clipName(x.Name), x.Part)
		if x.Sum != readSum(x.Sum).String() {
			l.found("is no sum", "tally of %s, part %d", clipName(x.Name), x.Part)
		}
		if _, known := tallied[x.Name]; !known {
			l.found("is of a table that nobody counts", "tally of %s", clipName(x.Name))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(tallied)) {
		if parts[name] != l.s.tallyParts() {
			l.found("is not there as often as it should be", "tally of %s", name)
			continue
		}
		there, err := countRows(l.ctx, l.db, name)
		if err != nil {
			return err
		}
		if there != *counted[name] {
			l.found(fmt.Sprintf("%d rows were counted, and %s", counted[name].n, differs(there, *counted[name])), "table %s", name)
		}
	}
	return nil
}

// differs says how what is there differs from what was counted.
func differs(there, counted rowCount) string {
	if there.n == counted.n {
		return "not all of them are as they were"
	}
	return fmt.Sprintf("%d are there", there.n)
}

// moves names rows that somebody has moved past the program.
func (l *ledger) moves() error {
	var rows []struct{ Name, What string }
	if err := l.db.Raw(`SELECT DISTINCT name, what FROM row_moves ORDER BY name, what LIMIT ?`, maxFindings).Scan(&rows).Error; err != nil {
		return err
	}
	for _, r := range rows {
		l.found("was put in, changed or taken away past the program", "%s (%s)", clipName(r.Name), clipName(r.What))
	}
	return nil
}
