package models

import (
	"context"
	"slices"
	"strings"
	"time"

	"formwandel/models/calendar"
)

// Access is something of its own that a municipality can let the provider do for it (Rechtevergabe).
type Access string

// What can be granted.
const (
	AccessProfile     Access = "profile"
	AccessMaintenance Access = "maintenance"
)

// Accesses lists what can be granted.
var Accesses = []Access{AccessProfile, AccessMaintenance}

// Grant is an access as a municipality has granted it; Seq is the number of the
// event by which it did, 0 if it has not.
type Grant struct {
	Kind      Access
	Seq       int64
	Reason    string
	GrantedBy int64
	GrantedAt time.Time
	EndsAt    *time.Time // nil: until it is withdrawn
	Ended     bool       // its last day is over
	By        Person     `gorm:"-"`
}

// Until is the last day of a grant, zero if it has none.
func (g Grant) Until() calendar.Day {
	if g.EndsAt == nil {
		return calendar.Day{}
	}
	return calendar.DayOf(*g.EndsAt).AddDays(-1)
}

// InForce tells whether the provider may act under it now.
func (g Grant) InForce() bool { return g.Seq != 0 && !g.Ended }

// Access tells what a municipality has granted, one entry for each kind.
func (s *Store) Access(ctx context.Context, u User, ags string) ([]Grant, error) {
	ctx = as(ctx, u)
	if err := s.reachTown(ctx, u, SeeAccess, ags); err != nil {
		return nil, err
	}
	var out []Grant
	err := s.read(ctx, func(t *tx) (err error) {
		out, err = t.access(ags)
		return err
	})
	return out, err
}

// reachTown refuses a municipality that is another's or that does not exist.
func (s *Store) reachTown(ctx context.Context, u User, r Right, ags string) error {
	if err := u.reach(r, ags, "municipality"); err != nil {
		return err
	}
	cat, err := s.catalogueNow(ctx)
	if err == nil && cat.municipalities[ags] == nil {
		err = notFound("municipality")
	}
	return err
}

// access reads what a municipality has granted.
func (t *tx) access(ags string) ([]Grant, error) {
	var rows []Grant
	if err := t.db.Raw(`SELECT kind, seq, reason, granted_by, granted_at, ends_at FROM access_grants WHERE ags = ?`, ags).Scan(&rows).Error; err != nil {
		return nil, err
	}
	out := make([]Grant, len(Accesses))
	for i, kind := range Accesses {
		out[i].Kind = kind
		for _, g := range rows {
			if g.Kind == kind {
				out[i] = g
			}
		}
		g := &out[i]
		g.Ended = g.EndsAt != nil && !g.EndsAt.After(t.now)
		if g.Seq == 0 {
			continue
		}
		if err := t.loadPeople([]int64{g.GrantedBy}); err != nil {
			return nil, err
		}
		g.By = t.people[g.GrantedBy].person()
	}
	return out, nil
}

// AccessChange grants an access, or withdraws it.
type AccessChange struct {
	Kind   Access
	On     bool
	Until  calendar.Day // its last day; zero: until it is withdrawn
	Reason string
	Seen   *int64 // number of the grant that was seen, 0 for none; nil: any
}

// SetAccess grants the provider access to something of a municipality's, or withdraws it.
func (s *Store) SetAccess(ctx context.Context, u User, ags string, ch AccessChange, o *Once) error {
	ctx = as(ctx, u)
	if err := s.reachTown(ctx, u, GrantAccess, ags); err != nil {
		return err
	}
	return s.once(ctx, u, o, func(t *tx) (any, error) {
		if err := t.enter(ags); err != nil {
			return nil, err
		}
		if kept, err := t.answered(o); kept != nil || err != nil {
			return nil, err
		}
		if err := ch.check(t.now); err != nil {
			return nil, err
		}
		known, err := t.grantOf(ags, ch.Kind)
		switch {
		case err != nil:
			return nil, err
		case ch.Seen != nil && *ch.Seen != known.Seq:
			return nil, conflict("stale_access")
		case !ch.On && known.Seq == 0:
			return nil, conflict("not_granted")
		}
		return ags, t.setAccess(u, ags, ch, known)
	})
}

// check refuses a change that could not be.
func (ch *AccessChange) check(now time.Time) error {
	var f findings
	if !slices.Contains(Accesses, ch.Kind) {
		var known []string
		for _, a := range Accesses {
			known = append(known, string(a))
		}
		f.add("kind", "unknown_access", "known", strings.Join(known, ", "))
	}
	if ch.On && !ch.Until.IsZero() && ch.Until.Before(today(now)) {
		f.add("until", "in_the_past", "today", today(now))
	}
	ch.Reason = strings.TrimSpace(text(ch.Reason, "reason", maxReason, &f))
	return f.err()
}

// grantOf reads one grant, whether its last day is over or not.
func (t *tx) grantOf(ags string, kind Access) (Grant, error) {
	var g Grant
	err := t.db.Raw(`SELECT kind, seq, ends_at FROM access_grants WHERE ags = ? AND kind = ?`, ags, kind).Scan(&g).Error
	g.Ended = g.EndsAt != nil && !g.EndsAt.After(t.now)
	return g, err
}

func (t *tx) setAccess(u User, ags string, ch AccessChange, known Grant) error {
	e, code := Event{ActorID: &u.ID, Action: "access_grant", Comment: ch.Reason}, AccessGranted
	data := EventData{Subject: string(ch.Kind)}
	if !ch.On {
		e.Action, code, data.Grant = "access_withdraw", AccessWithdrawn, known.Seq
	} else if !ch.Until.IsZero() {
		data.Until = &ch.Until
	}
	e, err := t.record(e, data)
	if err != nil {
		return err
	}
	t.witness(SecurityEvent{Code: code, AGS: ags, UserID: u.ID, TokenID: u.TokenID, Detail: string(ch.Kind)})
	t.do(`DELETE FROM access_grants WHERE ags = ? AND kind = ?`, ags, ch.Kind)
	if !ch.On {
		return nil
	}
	var ends *time.Time
	if !ch.Until.IsZero() {
		end := ch.Until.End()
		ends = &end
	}
	t.do(`INSERT INTO access_grants (ags, kind, seq, reason, granted_by, granted_at, ends_at) VALUES (?, ?, ?, ?, ?, ?, ?)`, ags, ch.Kind, e.Seq, ch.Reason, u.ID, t.now, ends)
	return nil
}

// Allowed refuses what somebody may not do with what is a municipality's, a grant that is needed included.
func (s *Store) Allowed(ctx context.Context, u User, r Right, ags string) error {
	ctx = as(ctx, u)
	if err := u.reach(r, ags, "municipality"); err != nil {
		return err
	}
	return s.read(ctx, func(t *tx) error {
		_, err := t.under(u, r, ags)
		return err
	})
}

// under finds the grant under which somebody uses a right, 0 if it is their
// own. Without the grant that the provider needs it is refused.
func (t *tx) under(u User, r Right, ags string) (int64, error) {
	kind := rights[r].Under
	if kind == "" || u.AGS != "" || u.IsClock() {
		return 0, nil
	}
	g, err := t.grantOf(ags, kind)
	if err == nil && !g.InForce() {
		err = forbidden("access_needed_" + string(kind))
	}
	return g.Seq, err
}

// recordUnder records an event, and for the municipality that it was done under its grant; 0 is none.
func (t *tx) recordUnder(grant int64, e Event, d EventData) (Event, error) {
	d.Grant = grant
	e, err := t.record(e, d)
	if err == nil && grant != 0 {
		t.do(`INSERT INTO access_uses (ags, seq) VALUES (?, ?)`, e.AGS, e.Seq)
	}
	return e, err
}

// AccessUses lists what the provider has done under a municipality's grants, newest first, a page at a time.
func (s *Store) AccessUses(ctx context.Context, u User, ags, cursor string, limit int) ([]TrailEvent, string, error) {
	ctx = as(ctx, u)
	if err := s.reachTown(ctx, u, SeeAccess, ags); err != nil {
		return nil, "", err
	}
	n, before, err := idPage(cursor, limit)
	if err != nil {
		return nil, "", err
	}
	db := s.reader.WithContext(ctx).Table("events AS e").Select("e.*").Joins("JOIN access_uses x ON x.ags = e.ags AND x.seq = e.seq").Where("x.ags = ?", ags)
	if before > 0 {
		db = db.Where("x.seq < ?", before)
	}
	var es []Event
	if err := db.Order("x.seq DESC").Limit(n + 1).Scan(&es).Error; err != nil {
		return nil, "", trouble(err)
	}
	es, next := cut(es, n, Event.cursor)
	out, err := s.trail(ctx, es)
	return out, next, err
}
