package models

import (
	"slices"
	"time"
)

// Words are deleted for good once a row has its age, and anybody who reaches the database
// can change a column. So a run deletes what the record, too, calls as old, and nothing else.

// unmoving are the acts on a request that leave its row as it is; all others set updated_at to their instant.
var unmoving = []Action{Comment, Attach, PredecessorGone}

// moves tells whether an act on a request writes its row.
func (e *Event) moves() bool { return !slices.Contains(unmoving, e.Action) }

// isAsRecorded tells whether a request stands where, and since when, its last step has left it, so that its age is true.
func (t *tx) isAsRecorded(r *Request) (bool, error) {
	var last Event
	err := t.db.Where("ags = ? AND request_id = ? AND action NOT IN ?", r.AGS, r.ID, unmoving).Order("seq DESC").Limit(1).Find(&last).Error
	if err != nil {
		return false, err
	}
	d, err := last.Decode()
	intact, _ := last.intact(nil)
	return err == nil && intact && last.To == r.Status && last.Version == r.Version && stamp(last.At) == stamp(r.UpdatedAt) &&
		(d.Row == "" || isRow(d.Row, r)) && r.Planned == r.planned(), nil
}

// isOffSince tells whether the record says of an account that it was switched off last, and not after its column says so. Later is
// possible: accounts were switched off before there was such a column, and their time begins when a run sees them first.
func (t *tx) isOffSince(id int64, off time.Time) (bool, error) {
	var last Event
	err := t.db.Where("ags = ? AND action IN ? AND data LIKE ?", t.chain.ags, []Action{"user_on", "user_off"}, `%"subject":"user `+number(&id)+`"%`).
		Order("seq DESC").Limit(1).Find(&last).Error
	intact, _ := last.intact(nil)
	return intact && last.Action == "user_off" && stamp(last.At) <= stamp(off), err
}

// hold notes that something was left, because the record says otherwise than its row.
func (e *Expired) hold(name string) {
	if e.Held++; len(e.HeldNames) < examples {
		e.HeldNames = append(e.HeldNames, name)
	}
}
