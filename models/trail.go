package models

import (
	"context"
	"slices"
)

// TrailFilter narrows the audit log: one chain, newest first.
type TrailFilter struct {
	Chain  string // an AGS, or Installation
	Action string // one kind of event
	Actor  int64  // a person; -1 is nobody, 0 everybody
	Cursor string
	Limit  int
}

// TrailEvent is an event with the names of what it is about.
type TrailEvent struct {
	Event
	Actor  Person
	Number string // of the request
	Form   string // 14625020/KOMM24Geburtsurkunde
	By     string // the name of the API token it was done with, "" in person
	EventData
}

// trailWindow is how many events of a chain one page of a filtered log looks at.
const trailWindow = 5000

// Trail lists the events of one chain, newest first, a page at a time. A filter may leave a page
// empty that has a next one: events are looked at in windows, so that the log needs no index but the chain itself.
func (s *Store) Trail(ctx context.Context, u User, f TrailFilter) ([]TrailEvent, string, error) {
	ctx = as(ctx, u)
	n, before, err := idPage(f.Cursor, f.Limit)
	if err != nil {
		return nil, "", err
	}
	if err := s.mayTrail(ctx, u, f.Chain); err != nil {
		return nil, "", err
	}
	if before == 0 {
		if err := s.reader.WithContext(ctx).Raw(`SELECT seq + 1 FROM chains WHERE ags = ?`, f.Chain).Scan(&before).Error; err != nil {
			return nil, "", trouble(err)
		}
	}
	db := s.reader.WithContext(ctx).Where("ags = ? AND seq < ? AND seq >= ?", f.Chain, before, before-trailWindow)
	if !u.IsProvider() {
		db = db.Where("NOT internal")
	}
	if f.Action != "" {
		db = db.Where("action = ?", clip500(f.Action))
	}
	if f.Actor != 0 {
		db = db.Where("actor_id = ?", f.Actor)
	}
	var es []Event
	if err := db.Order("seq DESC").Limit(n + 1).Find(&es).Error; err != nil {
		return nil, "", trouble(err)
	}
	next := ""
	switch {
	case len(es) > n:
		es, next = es[:n], cursorID(es[n-1].Seq)
	case before-trailWindow > 1:
		next = cursorID(before - trailWindow)
	}
	out, err := s.trail(ctx, es)
	return out, next, err
}

// mayTrail refuses a log that is another's or that does not exist.
func (s *Store) mayTrail(ctx context.Context, u User, chain string) error {
	if chain == Installation {
		if !u.May(SeeTrail, "") {
			return notFound("municipality")
		}
		return nil
	}
	cat, err := s.catalogueNow(ctx)
	if err != nil {
		return err
	}
	if cat.municipalities[chain] == nil {
		return notFound("municipality")
	}
	return u.reach(SeeTrail, chain, "municipality")
}

// trail adds to events who did it and what it is about, in two queries.
func (s *Store) trail(ctx context.Context, es []Event) ([]TrailEvent, error) {
	cat, err := s.catalogueNow(ctx)
	if err != nil {
		return nil, err
	}
	t := &tx{ctx: ctx, s: s, db: s.reader.WithContext(ctx), people: map[int64]User{}}
	var people, requests []int64
	for _, e := range es {
		if e.ActorID != nil && !slices.Contains(people, *e.ActorID) {
			people = append(people, *e.ActorID)
		}
		if e.RequestID != nil {
			requests = append(requests, *e.RequestID)
		}
	}
	numbers, err := t.numbers(requests)
	if err == nil && len(people) > 0 {
		err = t.loadPeople(people)
	}
	if err != nil {
		return nil, trouble(err)
	}
	var tokens []int64
	out := make([]TrailEvent, 0, len(es))
	for _, e := range es {
		x := TrailEvent{Event: e, Actor: Person{Name: clockUser.Name, Side: Provider}}
		if e.ActorID != nil {
			x.Actor = t.people[*e.ActorID].person()
		}
		if e.RequestID != nil {
			x.Number = numbers[*e.RequestID]
		}
		if e.FormID != nil {
			x.Form = cat.forms[*e.FormID].Key()
		}
		x.EventData, _ = e.Decode() // what can't be read is found by the audit
		if x.Token != 0 {
			tokens = append(tokens, x.Token)
		}
		out = append(out, x)
	}
	named, err := t.tokenNames(tokens)
	for i := range out {
		out[i].By = named[out[i].Token]
	}
	return out, trouble(err)
}

// Actions that are no step of a request: acts of administration and of the operator.
var officeActions = []Action{
	"import_municipalities", "import_assistant", "go_live", "definition", "maintenance", "policy_propose", "policy", "policy_decline", "policy_withdraw", "municipality_change", "office_mail",
	"user_add", "user_change", "user_roles", "user_on", "user_off", "user_password", "user_link", "user_unlink", "token_create", "token_revoke", "mail_retry", "access_grant", "access_withdraw", "signing_key", "checkpoint", "password_set", "user_invitation", "user_accept", "user_reset", "user_address", agreedToLink, "user_address_stop", "user_email",
	Action(SessionForged), Action(SessionUnsealed), Action(LinkUnsealed), "factor_add", "factor_remove", "factor_reset", "recovery_used", "factor_roles", "seal_key", "factor_key", "calendar_link", "calendar_unlink", ForgetUser, EmptyRequest, RedactEvent, "retention_policy", "retention_run",
}

// TrailActions lists every kind of event that a log can hold.
func TrailActions() []Action {
	return slices.Concat([]Action{File}, Actions, []Action{PredecessorGone, Comment, Attach}, officeActions)
}
