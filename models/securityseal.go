package models

import (
	"math"
	"strconv"
	"time"
)

// The lines of the security log are numbered without a gap, under a lock, and each is sealed; where the numbers begin and
// end is sealed, too: so a line that was changed, put in or taken away is found, also the last one. See ADR 25.

// sealFor is the seal that a line should have, "" where the key is not known.
func (e *SecurityEntry) sealFor(s *Store) string {
	return s.sealOf("security", strconv.FormatInt(e.Nr, 10), stamp(e.Minute), string(e.Code), e.AGS, strconv.FormatInt(e.UserID, 10), strconv.FormatInt(e.TokenID, 10), e.Address, e.Detail, strconv.FormatInt(e.Count, 10))
}

// sealState is what a line's seal says.
func (e *SecurityEntry) sealState(s *Store) sealState { return sealSays(e.Seal, e.sealFor(s)) }

// counted is the line after it has happened n times more; one that was not right stays so.
func (e SecurityEntry) counted(s *Store, n int64) SecurityEntry {
	state := e.sealState(s)
	e.Count += n
	e.Seal = state.renewed(e.Seal, e.sealFor(s))
	return e
}

// securityEnds is where the numbers of the log begin and end.
type securityEnds struct {
	First, Last int64
	Seal        string
}

func (x *securityEnds) sealFor(s *Store) string {
	return s.sealOf("security ends", strconv.FormatInt(x.First, 10), strconv.FormatInt(x.Last, 10))
}

// lockLog locks the log's ends until this transaction is over.
func (t *tx) lockLog() (x securityEnds, err error) {
	query := `SELECT first, last, seal FROM security_ends`
	if t.s.postgres {
		query += ` FOR UPDATE`
	}
	if err = t.db.Raw(query).Scan(&x).Error; err != nil || sealSays(x.Seal, x.sealFor(t.s)) == sealRight && x.Seal != "" {
		return x, err
	}
	var last int64 // who has changed the ends has changed what comes next, too
	err = t.db.Raw(`SELECT coalesce(max(nr), 0) FROM security_events`).Row().Scan(&last)
	x.Last = max(x.Last, last)
	return x, err
}

// moveEnds writes the log's ends; was is what they were when they were locked. Wrong ones stay wrong, and so do, once all rows are sealed, those without a seal
// on SQLite, where nobody writes who does not know the key.
func (t *tx) moveEnds(was, x securityEnds) {
	state := sealSays(was.Seal, was.sealFor(t.s))
	if state == sealRight || state == sealNone && (t.s.postgres || !t.s.rowsSealed.Load()) {
		x.Seal = x.sealFor(t.s)
	}
	t.must(1, `UPDATE security_ends SET first = ?, last = ?, seal = ?`, x.First, x.Last, x.Seal)
}

// writeSeen writes what this transaction has witnessed, after everything else: who waits for the log's ends holds nothing that others wait for but what
// they write last, too.
func (t *tx) writeSeen() error {
	if len(t.seen) == 0 {
		return nil
	}
	was, err := t.lockLog()
	if err != nil {
		return err
	}
	now, minute := was, t.now.Truncate(time.Minute)
	counts := map[SecurityEvent]int64{}
	for _, e := range t.seen {
		counts[e]++
	}
	for _, e := range t.seen {
		if n := counts[e]; n > 0 {
			delete(counts, e)
			if err := t.see(e, minute, n, &now); err != nil {
				return err
			}
		}
	}
	t.seen = nil
	if now != was {
		t.moveEnds(was, now)
	}
	return t.flush()
}

// see writes a line, or counts one that is there.
func (t *tx) see(e SecurityEvent, minute time.Time, n int64, ends *securityEnds) error {
	var known []SecurityEntry
	err := t.db.Raw(`SELECT * FROM security_events WHERE minute = ? AND code = ? AND user_id = ? AND token_id = ? AND address = ? AND detail = ?`, minute, e.Code, e.UserID, e.TokenID, e.Address, e.Detail).Scan(&known).Error
	if err != nil {
		return err
	}
	if len(known) > 0 {
		x := known[0].counted(t.s, n)
		t.must(1, `UPDATE security_events SET count = ?, seal = ? WHERE nr = ?`, x.Count, x.Seal, x.Nr)
		return nil
	}
	ends.Last++
	var taken int64 // by lines that somebody has put in ahead: their seals say so
	if err := t.db.Raw(`SELECT coalesce(max(nr), 0) FROM security_events WHERE nr >= ? AND nr < ?`, ends.Last, int64(math.MaxInt64/2)).Row().Scan(&taken); err != nil {
		return err
	}
	ends.Last = max(ends.Last, taken+1)
	x := SecurityEntry{Minute: minute, Code: e.Code, AGS: e.AGS, UserID: e.UserID, TokenID: e.TokenID, Address: e.Address, Detail: e.Detail, Count: n, Nr: ends.Last}
	t.must(1, `INSERT INTO security_events (minute, code, ags, user_id, token_id, address, detail, count, nr, seal) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		minute, x.Code, x.AGS, x.UserID, x.TokenID, x.Address, x.Detail, x.Count, x.Nr, x.sealFor(t.s))
	return nil
}

// sealLog seals some lines that have no seal, and the ends; it tells how many it has found.
func (t *tx) sealLog() (int, error) {
	ends, err := t.lockLog()
	if err != nil {
		return 0, err
	}
	var es []SecurityEntry
	if err := t.db.Where("seal = ''").Order("nr").Limit(sealedAtOnce).Find(&es).Error; err != nil {
		return 0, err
	}
	for _, e := range es {
		t.must(1, `UPDATE security_events SET seal = ? WHERE nr = ?`, e.sealFor(t.s), e.Nr)
	}
	if ends.Seal == "" {
		t.must(1, `UPDATE security_ends SET last = ?, seal = ?`, ends.Last, ends.sealFor(t.s))
	}
	return len(es), nil
}

// expireLog deletes some lines of the log that have had their time, from its beginning on; it tells how many. When
// a line was written that is not sealed rightly, those behind it say.
func (t *tx) expireLog(before time.Time) (int64, error) {
	was, err := t.lockLog()
	if err != nil {
		return 0, err
	}
	var es []SecurityEntry
	if err := t.db.Order("nr").Limit(5000).Find(&es).Error; err != nil {
		return 0, err
	}
	now := was
	for _, e := range es {
		if e.sealState(t.s) == sealWrong {
			continue
		}
		if e.Minute.After(before) {
			break
		}
		now.First = max(now.First, e.Nr+1)
	}
	if now == was {
		return 0, nil
	}
	res := t.db.Exec(`DELETE FROM security_events WHERE nr < ?`, now.First)
	t.moveEnds(was, now)
	return res.RowsAffected, res.Error
}

// afterRestoreLog lets the log of this installation go on behind what the record says of it, to be sealed with the key of the backup's.
func (t *tx) afterRestoreLog() error {
	var last Event
	if err := t.db.Where("ags = ? AND action = 'checkpoint'", Installation).Order("seq DESC").Limit(1).Find(&last).Error; err != nil {
		return err
	}
	d, err := last.Decode()
	if err != nil {
		return err
	}
	t.do(`UPDATE security_events SET nr = -nr`) // no two have the same number at any moment
	t.do(`UPDATE security_events SET nr = ? - nr, seal = ''`, d.Seen)
	t.do(`UPDATE security_ends SET first = first + ?, last = last + ?, seal = ''`, d.Seen, d.Seen)
	return nil
}
