package models

import (
	"context"
	"fmt"
	"slices"

	"gorm.io/gorm"
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
	schema, err := schemaRows(l.db)
	if err != nil {
		return err
	}
	if l.outbox.schema != "" && schema != l.outbox.schema {
		l.found("is not what it was when every row got its seal", "list of migrations (goose_db_version)")
	}
	counted, parts, err := l.counted()
	if err != nil {
		return err
	}
	for _, table := range tallied {
		was := counted[table.name]
		if parts[table.name] != l.s.tallyParts() {
			l.found("is not there as often as it should be", "tally of %s", table.name)
			continue
		}
		there, err := table.count(l.db)
		if err != nil {
			return err
		}
		if there != *was {
			l.found(fmt.Sprintf("%d rows were counted, and %s", was.n, differs(there, *was)), "table %s", table.name)
		}
	}
	return nil
}

// counted reads what was counted by table, and in how many parts.
func (l *ledger) counted() (map[string]*rowCount, map[string]int, error) {
	rows, err := allTallies(l.db)
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
		if !slices.ContainsFunc(tallied, func(t talliedTable) bool { return t.name == x.Name }) {
			l.found("is of a table that nobody counts", "tally of %s", clipName(x.Name))
		}
	}
	return counted, parts, err
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
	fs, err := movedPast(l.db, maxFindings)
	for _, f := range fs {
		l.found(f.What, "%s", f.Where)
	}
	return err
}

// MovedPast names some rows that somebody has moved past the program, once it is known what is there. What a transaction moves
// that is not over yet, nobody else sees.
func (s *Store) MovedPast(ctx context.Context) ([]Finding, error) {
	if !s.rowsSealed.Load() {
		return nil, nil
	}
	fs, err := movedPast(s.reader.WithContext(asInstallation(ctx)), 10)
	return fs, trouble(err)
}

func movedPast(db *gorm.DB, most int) (out []Finding, err error) {
	var rows []struct{ Name, What string }
	err = db.Raw(`SELECT DISTINCT name, what FROM row_moves ORDER BY name, what LIMIT ?`, most).Scan(&rows).Error
	for _, r := range rows {
		out = append(out, Finding{fmt.Sprintf("%s (%s)", clipName(r.Name), clipName(r.What)), "was put in, changed or taken away past the program"})
	}
	return out, err
}
