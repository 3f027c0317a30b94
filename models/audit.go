package models

import (
	"context"
	"fmt"
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
// request and form against what the chains say.
func (s *Store) Verify(ctx context.Context, against []Head) (*Report, error) {
	a := &audit{s: s, ctx: ctx, report: &Report{}, against: map[string]Head{}}
	for _, h := range against {
		a.against[h.Chain] = h
	}
	var chains []Head
	if err := s.reader.WithContext(ctx).Raw(`SELECT ags AS chain, seq, hash FROM chains ORDER BY ags`).Scan(&chains).Error; err != nil {
		return nil, trouble(err)
	}
	for _, h := range chains {
		if err := a.chain(h); err != nil {
			return nil, trouble(err)
		}
	}
	if err := firstError(a.versions(), a.requests()); err != nil {
		return nil, trouble(err)
	}
	return a.report, nil
}

type audit struct {
	s       *Store
	ctx     context.Context
	report  *Report
	against map[string]Head
}

func (a *audit) found(what, where string, args ...any) {
	if len(a.report.Findings) < maxFindings {
		a.report.Findings = append(a.report.Findings, Finding{fmt.Sprintf(where, args...), what})
	}
}

// chain walks one municipality's events from the first to the head.
func (a *audit) chain(head Head) error {
	rows, err := a.s.reader.WithContext(a.ctx).Model(&Event{}).Where("ags = ?", head.Chain).Order("seq").Rows()
	if err != nil {
		return err
	}
	defer rows.Close()
	want, prev := int64(1), ""
	for rows.Next() {
		var e Event
		if err := a.s.reader.ScanRows(rows, &e); err != nil {
			return err
		}
		a.report.Events++
		for ; want < e.Seq; want++ {
			a.found("missing", "municipality %s event %d", head.Chain, want)
			prev = ""
		}
		stored := e.Hash
		link := e.Prev
		e.seal(e.Prev)
		switch {
		case e.Hash != stored:
			a.found("changed", "municipality %s event %d", head.Chain, e.Seq)
		case link != prev && (prev != "" || want == 1):
			a.found("does not follow the event before it", "municipality %s event %d", head.Chain, e.Seq)
		}
		if k, ok := a.against[head.Chain]; ok && k.Seq == e.Seq && k.Hash != stored {
			a.found("is not the one in the kept head", "municipality %s event %d", head.Chain, e.Seq)
		}
		prev, want = stored, e.Seq+1
	}
	for ; want <= head.Seq; want++ {
		a.found("missing", "municipality %s event %d", head.Chain, want)
		prev = ""
	}
	if want > head.Seq+1 || (prev != "" && prev != head.Hash) {
		a.found("head is not the last event", "municipality %s chain", head.Chain)
	}
	if k, ok := a.against[head.Chain]; ok && k.Seq > head.Seq {
		a.found(fmt.Sprintf("ends before event %d of the kept head", k.Seq), "municipality %s chain", head.Chain)
	}
	return rows.Err()
}

// versions walks every form's configurations.
func (a *audit) versions() error {
	var forms []Form
	if err := a.s.reader.WithContext(a.ctx).Order("ags, assistant").Find(&forms).Error; err != nil {
		return err
	}
	byID := map[int64]*Form{}
	for i := range forms {
		byID[forms[i].ID] = &forms[i]
	}
	rows, err := a.s.reader.WithContext(a.ctx).Model(&Configuration{}).Order("form_id, number").Rows()
	if err != nil {
		return err
	}
	defer rows.Close()
	var at *Form
	var last Configuration
	for rows.Next() {
		var c Configuration
		if err := a.s.reader.ScanRows(rows, &c); err != nil {
			return err
		}
		a.report.Versions++
		if at == nil || at.ID != c.FormID {
			a.endOf(at, last)
			at, last = byID[c.FormID], Configuration{}
			if at == nil {
				at = &Form{ID: c.FormID}
			}
		}
		for n := last.Number + 1; n < c.Number; n++ {
			a.found("missing", "form %s version %d", at.Key(), n)
		}
		stored := c.Hash
		c.seal(c.Prev)
		switch {
		case c.Hash != stored:
			a.found("changed", "form %s version %d", at.Key(), c.Number)
		case c.Number == last.Number+1 && c.Prev != last.Hash:
			a.found("does not follow the version before it", "form %s version %d", at.Key(), c.Number)
		}
		c.Hash = stored
		last = c
	}
	a.endOf(at, last)
	return rows.Err()
}

func (a *audit) endOf(f *Form, last Configuration) {
	if f == nil {
		return
	}
	if f.Live != last.Number || f.Maintenance != last.Maintenance || f.Definition != last.Definition {
		a.found("live pointer does not show its last version", "form %s", f.Key())
	}
}

// requests holds every request's state, version and content against its last
// event that says so, and every approval against an event that gave it.
func (a *audit) requests() error {
	rows, err := a.s.reader.WithContext(a.ctx).Raw(`SELECT r.id, r.number, r.ags, r.status, r.version, r.content_hash, e.to_state, e.version AS said_version, e.data
		FROM requests r LEFT JOIN events e ON e.ags = r.ags AND e.seq = (SELECT max(seq) FROM events x WHERE x.ags = r.ags AND x.request_id = r.id AND x.action NOT IN ('comment', 'attach', 'due_soon', 'overdue', 'predecessor_gone', 'revert'))
		ORDER BY r.id`).Rows()
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var r struct {
			ID                  int64
			Number, AGS, Status string
			Version             int
			ContentHash         string
			ToState, Data       *string
			SaidVersion         *int
		}
		if err := rows.Scan(&r.ID, &r.Number, &r.AGS, &r.Status, &r.Version, &r.ContentHash, &r.ToState, &r.SaidVersion, &r.Data); err != nil {
			return err
		}
		a.report.Requests++
		if r.ToState == nil {
			a.found("has no history", "request %s", r.Number)
			continue
		}
		d, err := Event{Data: *r.Data}.Decode()
		switch {
		case err != nil:
			a.found("its last event can't be read", "request %s", r.Number)
		case *r.ToState != r.Status || *r.SaidVersion != r.Version:
			a.found("state is not what its history says", "request %s", r.Number)
		case d.ContentHash != r.ContentHash:
			a.found("content is not what its history says", "request %s", r.Number)
		}
	}
	return rows.Err()
}
