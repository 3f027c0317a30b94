package models

import (
	"context"
	"fmt"
	"strings"

	"gorm.io/gorm"
)

// Finding is one thing wrong with the record, named so that it can be looked up.
type Finding struct {
	Where string // "municipality 14625020 event 17", "form 14625020/… version 3", "request KA-2026-000001"
	What  string // changed, missing, reordered, …
}

func (f Finding) String() string { return f.Where + ": " + f.What }

// Head is the end of one chain: whoever keeps it elsewhere can prove later
// that nothing before it was changed.
type Head struct {
	Chain string // AGS
	Seq   int64
	Hash  string
}

// Report is what an audit has looked at and found.
type Report struct {
	Events, Versions, Requests int
	Findings                   []Finding
}

// maxFindings ends an audit that finds one thing after another.
const maxFindings = 1000

// Heads lists the end of every chain, and one digest over all of them.
func (s *Store) Heads(ctx context.Context) ([]Head, string, error) {
	ctx = asInstallation(ctx)
	var hs []Head
	err := s.reader.WithContext(ctx).Raw(`SELECT ags AS chain, seq, hash FROM chains WHERE seq > 0 ORDER BY ags`).Scan(&hs).Error
	return hs, digestOf(hs), trouble(err)
}

// digestOf is one digest over the ends of all chains.
func digestOf(hs []Head) string {
	parts := make([]string, 0, len(hs))
	for _, h := range hs {
		parts = append(parts, fmt.Sprintf("%s %d %s", h.Chain, h.Seq, h.Hash))
	}
	return digest(parts...)
}

// Verify recomputes every chain from the rows, and holds the state of every
// request and form against what the chains say. It looks at one moment, while
// others go on working.
func (s *Store) Verify(ctx context.Context, against []Head) (*Report, error) {
	ctx = asInstallation(ctx)
	var report *Report
	err := s.snapshot(ctx, func(db *gorm.DB) error {
		a := &audit{db: db, report: &Report{}, against: map[string]Head{}, said: map[int64]int64{}, saidBy: map[int64]int64{}, spoken: map[string]bool{}}
		for _, h := range against {
			a.against[h.Chain] = h
		}
		report = a.report
		return firstFailure(a.chains, a.requests, a.versions)
	})
	return report, trouble(err)
}

func firstFailure(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

type audit struct {
	db      *gorm.DB
	report  *Report
	against map[string]Head
	said    map[int64]int64 // form → the last version that a chain speaks of
	spoken  map[string]bool // hashes of versions that a chain speaks of
	saidBy  map[int64]int64 // request → the last version that its events speak of
}

func (a *audit) found(what, where string, args ...any) {
	if len(a.report.Findings) < maxFindings {
		a.report.Findings = append(a.report.Findings, Finding{fmt.Sprintf(where, args...), what})
	}
}

// chains walks every municipality's events.
func (a *audit) chains() error {
	var heads []Head
	if err := a.db.Raw(`SELECT ags AS chain, seq, hash FROM chains ORDER BY ags`).Scan(&heads).Error; err != nil {
		return err
	}
	for _, h := range heads {
		if err := a.chain(h); err != nil {
			return err
		}
		delete(a.against, h.Chain)
	}
	for chain, h := range a.against {
		a.found(fmt.Sprintf("is gone, the kept head knows it up to event %d", h.Seq), "municipality %s chain", chain)
	}
	return nil
}

// chain walks one municipality's events from the first to the head.
func (a *audit) chain(head Head) error {
	rows, err := a.db.Model(&Event{}).Where("ags = ?", head.Chain).Order("seq").Rows()
	if err != nil {
		return err
	}
	defer rows.Close()
	w := walk{a: a, head: head, want: 1}
	for rows.Next() {
		var e Event
		if err := a.db.ScanRows(rows, &e); err != nil {
			return err
		}
		w.next(e)
	}
	w.end()
	return rows.Err()
}

// walk is where the audit of one chain stands.
type walk struct {
	a    *audit
	head Head
	want int64  // the next event's number
	prev string // the hash of the event before, "" if that is missing
}

// missing reports what is not there before an event.
func (w *walk) missing(until int64) {
	for ; w.want < until; w.want++ {
		w.a.found("missing", "municipality %s event %d", w.head.Chain, w.want)
		w.prev = ""
	}
}

func (w *walk) next(e Event) {
	a := w.a
	a.report.Events++
	w.missing(e.Seq)
	stored, link := e.Hash, e.Prev
	e.seal(e.Prev)
	switch {
	case e.Hash != stored:
		a.found("changed", "municipality %s event %d", w.head.Chain, e.Seq)
	case link != w.prev && (w.prev != "" || e.Seq == 1):
		a.found("does not follow the event before it", "municipality %s event %d", w.head.Chain, e.Seq)
	}
	if k, ok := a.against[w.head.Chain]; ok && k.Seq == e.Seq && k.Hash != stored {
		a.found("is not the one in the kept head", "municipality %s event %d", w.head.Chain, e.Seq)
	}
	a.hear(e)
	w.prev, w.want = stored, e.Seq+1
}

// end holds the last event against the head.
func (w *walk) end() {
	a := w.a
	w.missing(w.head.Seq + 1)
	if w.want > w.head.Seq+1 || (w.head.Seq == 0 && w.head.Hash != "") || (w.prev != "" && w.prev != w.head.Hash) {
		a.found("head is not the last event", "municipality %s chain", w.head.Chain)
	}
	if k, ok := a.against[w.head.Chain]; ok && k.Seq > w.head.Seq {
		a.found(fmt.Sprintf("ends before event %d of the kept head", k.Seq), "municipality %s chain", w.head.Chain)
	}
}

// hear remembers which version of a form an event speaks of.
func (a *audit) hear(e Event) {
	if !strings.Contains(e.Data, `"config":`) {
		return
	}
	d, err := e.Decode()
	if err != nil {
		return // a changed event is found as such
	}
	a.spoken[d.ConfigHash] = true
	switch {
	case e.RequestID != nil:
		a.saidBy[*e.RequestID] = max(a.saidBy[*e.RequestID], d.Config)
	case e.FormID != nil:
		a.said[*e.FormID] = max(a.said[*e.FormID], d.Config)
	}
}

// versions walks every form's configurations.
func (a *audit) versions() error {
	var forms []Form
	if err := a.db.Order("id").Find(&forms).Error; err != nil {
		return err
	}
	last := map[int64]Configuration{}
	rows, err := a.db.Model(&Configuration{}).Order("form_id, number").Rows()
	if err != nil {
		return err
	}
	defer rows.Close()
	names := map[int64]string{}
	for _, f := range forms {
		names[f.ID] = f.Key()
	}
	for rows.Next() {
		var c Configuration
		if err := a.db.ScanRows(rows, &c); err != nil {
			return err
		}
		a.version(names[c.FormID], last[c.FormID], c)
		last[c.FormID] = c
	}
	for _, f := range forms {
		a.endOf(f, last[f.ID])
	}
	return rows.Err()
}

// version holds one version against the one before it.
func (a *audit) version(form string, before, c Configuration) {
	a.report.Versions++
	for n := before.Number + 1; n < c.Number; n++ {
		a.found("missing", "form %s version %d", form, n)
	}
	stored := c.Hash
	c.seal(c.Prev)
	switch {
	case c.Hash != stored:
		a.found("changed", "form %s version %d", form, c.Number)
	case c.Number == before.Number+1 && c.Prev != before.Hash:
		a.found("does not follow the version before it", "form %s version %d", form, c.Number)
	case !a.spoken[stored]:
		a.found("no event speaks of it", "form %s version %d", form, c.Number)
	}
}

// endOf holds a form against its last version, and that against what the chain says.
func (a *audit) endOf(f Form, last Configuration) {
	for n := last.Number + 1; n <= a.said[f.ID]; n++ {
		a.found("missing", "form %s version %d", f.Key(), n)
	}
	if f.Live != last.Number || f.Maintenance != last.Maintenance || f.Definition != last.Definition {
		a.found("live pointer does not show its last version", "form %s", f.Key())
	}
}
