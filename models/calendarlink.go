package models

import (
	"cmp"
	"context"
	"time"
)

// What a followed calendar holds: so many days back and ahead, and at most so many appointments.
const (
	linkPast  = 30
	linkAhead = 400
	linkHolds = 1000
)

// LinkCalendar gives a person a private link to follow the calendar with. The
// secret in it is returned once and never again; one made before is void.
func (s *Store) LinkCalendar(ctx context.Context, u User) (string, error) {
	secret := randomHex(sessionBytes)
	err := s.write(ctx, u, func(t *tx) error {
		if err := t.enter(cmp.Or(u.AGS, Installation)); err != nil {
			return err
		}
		t.do(`DELETE FROM calendar_links WHERE user_id = ?`, u.ID)
		t.touches("calendar_links", "user_id = ?", u.ID)
		t.must(1, `INSERT INTO calendar_links (user_id, hash, created_at) VALUES (?, ?, ?)`, u.ID, tokenHash(secret), t.now)
		_, err := t.record(Event{ActorID: &u.ID, Action: "calendar_link"}, EventData{Subject: "user " + number(&u.ID), File: tokenHash(secret)})
		return err
	})
	return secret, err
}

// UnlinkCalendar makes a person's link void; without one nothing happens.
func (s *Store) UnlinkCalendar(ctx context.Context, u User) error {
	since, err := s.CalendarLink(ctx, u)
	if err != nil || since.IsZero() {
		return err
	}
	return s.write(ctx, u, func(t *tx) error {
		if err := t.enter(cmp.Or(u.AGS, Installation)); err != nil {
			return err
		}
		t.do(`DELETE FROM calendar_links WHERE user_id = ?`, u.ID)
		_, err := t.record(Event{ActorID: &u.ID, Action: "calendar_unlink"}, EventData{Subject: "user " + number(&u.ID)})
		return err
	})
}

// CalendarLink is when a person made the link that is in force; zero without one.
func (s *Store) CalendarLink(ctx context.Context, u User) (time.Time, error) {
	var since []time.Time
	err := s.reader.WithContext(ctx).Raw(`SELECT created_at FROM calendar_links WHERE user_id = ?`, u.ID).Scan(&since).Error
	if err != nil || len(since) == 0 {
		return time.Time{}, trouble(err)
	}
	return since[0], nil
}

// FollowedCalendar is what the owner of a link may see. A link that is nobody's, or
// of an account that was switched off, is not found.
func (s *Store) FollowedCalendar(ctx context.Context, secret string) (User, []Appointment, error) {
	u, err := s.linkedUser(ctx, secret)
	if err != nil {
		return User{}, nil, err
	}
	now, err := s.Now(ctx)
	if err != nil {
		return User{}, nil, err
	}
	day := today(now)
	all, _, err := s.appointments(as(ctx, u), u, Span{From: day.AddDays(-linkPast), Until: day.AddDays(linkAhead + 1)}, linkHolds)
	return u, all, err
}

func (s *Store) linkedUser(ctx context.Context, secret string) (User, error) {
	if len(secret) != 2*sessionBytes {
		return User{}, notFound("calendar")
	}
	var rows []struct {
		User
		Role Role
	}
	err := s.reader.WithContext(ctx).Raw(`SELECT u.id, coalesce(u.ags, '') AS ags, u.email, u.name, u.locale, u.active, u.demo, r.role
		FROM calendar_links l JOIN users u ON u.id = l.user_id JOIN user_roles r ON r.user_id = u.id WHERE l.hash = ? AND u.active ORDER BY r.role`, tokenHash(secret)).Scan(&rows).Error
	if err != nil {
		return User{}, trouble(err)
	}
	if len(rows) == 0 {
		return User{}, notFound("calendar")
	}
	u := rows[0].User
	for _, r := range rows {
		u.Roles = append(u.Roles, r.Role)
	}
	return u, nil
}
