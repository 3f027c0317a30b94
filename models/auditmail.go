package models

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// outbox is what an audit knows of mails: those that events name, and which of them may be gone.
type outbox struct {
	named   map[string][]namedMail // by municipality, in the order of events
	since   *time.Time             // when every row had its seal; from then on every event names its mails
	expired time.Time              // a run of retention has deleted what was older
	keep    int                    // days for which mails are kept
	latest  time.Time              // the last event
	emptied map[int64]int64        // request → the last event that says that it was emptied
	bare    int                    // rows without a seal, by right
	schema  string                 // the hash over the migrations, when every row had its seal last; "" in records from before it was said
}

// namedMail is a mail as its event names it.
type namedMail struct {
	seq, request int64
	at           time.Time
	mark         uint64
	there        bool
}

func newOutbox() outbox {
	i := slices.IndexFunc(keepings, func(k Keeping) bool { return k.Key == "mails" })
	return outbox{named: map[string][]namedMail{}, emptied: map[int64]int64{}, keep: keepings[i].Keep}
}

// hear remembers the mails that an event names, and what says that mails may be gone.
func (o *outbox) hear(e *Event) {
	if e.At.After(o.latest) {
		o.latest = e.At
	}
	if i := strings.LastIndex(e.Data, mailsKey); i >= 0 && e.At.After(o.expired) {
		for text := range strings.SplitSeq(strings.TrimSuffix(e.Data[i+len(mailsKey):], "]}"), ",") {
			mark, err := strconv.ParseUint(strings.Trim(text, `"`), 16, 64)
			if err == nil { // else the event is changed, which is found
				o.named[e.AGS] = append(o.named[e.AGS], namedMail{seq: e.Seq, request: deref(e.RequestID), at: e.At, mark: mark})
			}
		}
	}
	switch e.Action {
	case SealRows:
		if o.since == nil {
			o.since = at(e.At)
		}
		if d, err := e.Decode(); err == nil { // else the event is changed, which is found
			o.schema = d.File
		}
	case EmptyRequest:
		if d, err := e.Decode(); err == nil {
			id, _ := strconv.ParseInt(strings.TrimPrefix(d.Subject, "request "), 10, 64) // 0 is nobody's
			o.emptied[id] = e.Seq
		}
	case "retention_policy":
		var keep map[string]int
		if json.Unmarshal([]byte(e.Comment), &keep) == nil && keep["mails"] > 0 {
			o.keep = keep["mails"]
		}
	case "retention_run":
		o.hearRun(e)
	}
}

// hearRun remembers how far a run of retention has gone.
func (o *outbox) hearRun(e *Event) {
	var rules []struct {
		Key    string
		Before time.Time
	}
	if json.Unmarshal([]byte(e.Comment), &rules) != nil {
		return // a changed event is found as such
	}
	for _, r := range rules {
		if r.Key == "mails" && r.Before.After(o.expired) {
			o.expired = r.Before
		}
	}
}

// keptMail is a mail's row, as far as it is held against events.
type keptMail struct {
	id, seq int64
	ags     string
	mark    uint64
	made    time.Time
	bare    bool // it has no seal
}

func (m *Mail) kept() keptMail {
	mark, _ := strconv.ParseUint(m.mark(), 16, 64) // it is a number
	return keptMail{m.ID, m.EventSeq, m.AGS, mark, m.CreatedAt, m.Seal == ""}
}

// mail holds a mail against the event that has made it. other programs' events name none: where there
// may be such beside this one, a mail without a seal may be theirs.
func (a *audit) mail(m keptMail, others bool) {
	named := a.outbox.named[m.ags]
	i, _ := slices.BinarySearchFunc(named, m.seq, func(n namedMail, seq int64) int { return int(max(-1, min(1, n.seq-seq))) })
	names := false
	for ; i < len(named) && named[i].seq == m.seq; i++ {
		names = true
		if named[i].mark == m.mark && !named[i].there {
			named[i].there = true
			return
		}
	}
	late := a.outbox.since != nil && m.made.After(*a.outbox.since) && m.made.After(a.outbox.expired)
	if names || late && (!others || !m.bare) {
		a.found("no event has made it", "mail %d, municipality %s event %d", m.id, m.ags, m.seq)
	}
}

// mailsGone reports mails that events name and that are not there, but for those that may be deleted: they were kept long enough, or their request was emptied.
func (a *audit) mailsGone() {
	o := &a.outbox
	if !a.office { // what retention has deleted stands in the installation's chain
		return
	}
	expired := o.latest.AddDate(0, 0, -o.keep)
	if o.expired.After(expired) {
		expired = o.expired
	}
	for _, ags := range slices.Sorted(maps.Keys(o.named)) {
		for _, n := range o.named[ags] {
			if !n.there && n.at.After(expired) && o.emptied[n.request] < n.seq {
				a.found("a mail that it has made is not there", "municipality %s event %d", ags, n.seq)
			}
		}
	}
}

// mails holds every mail against its event and its seal.
func (l *ledger) mails() error {
	now, err := l.s.databaseClock(l.db)
	if err != nil {
		return err
	}
	rows, err := l.db.Raw(`SELECT * FROM mails ORDER BY id`).Rows()
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var m Mail
		if err := l.db.ScanRows(rows, &m); err != nil {
			return err
		}
		l.mail(m.kept(), l.postgres)
		l.sealed(m.sealState(l.s), "mail %d", m.ID)
		if m.LeaseUntil != nil && m.LeaseUntil.After(now.Add(longestLease)) {
			l.found("waits for a worker longer than any has it", "mail %d", m.ID)
		}
	}
	l.mailsGone()
	return rows.Err()
}

// sealed reports a row whose seal is wrong. One without a seal is told where another instance may have written it, or before all had one.
func (l *ledger) sealed(state sealState, where string, args ...any) {
	switch {
	case state == sealWrong:
		l.found("is not as this program has written it", where, args...)
	case state == sealNone && (l.postgres || l.outbox.since == nil || l.wanted):
		l.outbox.bare++
	case state == sealNone:
		l.found("has no seal: this program has not written it", where, args...)
	}
}

// wantsSeals reads whether rows without a seal have come by right.
func (l *ledger) wantsSeals() error {
	return l.db.Raw(`SELECT EXISTS (SELECT 1 FROM settings WHERE name = ?)`, sealsWanted).Row().Scan(&l.wanted)
}

// unsealed tells of rows without a seal that are no finding.
func (l *ledger) unsealed() error {
	if n := l.outbox.bare; n > 0 {
		l.report.Notes = append(l.report.Notes, fmt.Sprintf("%d rows have no seal: they are from before, from a backup, or an instance that does not have factors-….key has written them; who else has changed them is not known", n))
	}
	return nil
}
