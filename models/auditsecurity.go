package models

import "math"

// log holds every line of the security log against its seal, and their numbers against where they begin and end.
func (l *ledger) log() error {
	var ends []securityEnds
	if err := l.db.Raw(`SELECT first, last, seal FROM security_ends`).Scan(&ends).Error; err != nil {
		return err
	}
	if len(ends) != 1 {
		l.found("where it begins and ends is not there", "security log")
		ends = []securityEnds{{First: 1}}
	}
	x := ends[0]
	l.sealed(sealSays(x.Seal, x.sealFor(l.s)), "security log, where it begins and ends")
	if x.Last < l.seen {
		l.found("ends before a line that is known to have been there", "security log line %d", x.Last)
	}
	rows, err := l.db.Model(&SecurityEntry{}).Order("nr").Rows()
	if err != nil {
		return err
	}
	defer rows.Close()
	want := x.First
	for rows.Next() {
		var e SecurityEntry
		if err := l.db.ScanRows(rows, &e); err != nil {
			return err
		}
		l.sealed(e.sealState(l.s), "security log line %d", e.Nr)
		l.missing(want, e.Nr, "security log line %d")
		if e.Nr < want || e.Nr > x.Last {
			l.found("is out of its place", "security log line %d", e.Nr)
		}
		want = max(want, min(e.Nr, math.MaxInt64-1)+1)
	}
	l.missing(want, x.Last+1, "security log line %d")
	return rows.Err()
}
