package models

import (
	"context"
	"slices"
)

// Look says which part of a request's history is wanted.
type Look struct {
	Only   []Action // nil: everything
	Cursor string
	Limit  int
}

// Recent lists a request's history, newest first, a page at a time.
func (s *Store) Recent(ctx context.Context, u User, number string, l Look) ([]History, string, error) {
	ctx = as(ctx, u)
	ags, err := s.whose(ctx, u, number)
	if err != nil {
		return nil, "", err
	}
	n, before, err := idPage(l.Cursor, l.Limit)
	if err != nil {
		return nil, "", err
	}
	db := s.reader.WithContext(ctx).Where("ags = ?", ags).Order("seq DESC")
	if before > 0 {
		db = db.Where("seq < ?", before)
	}
	if l.Only != nil {
		db = db.Where("action IN ?", l.Only)
	}
	return s.pageOfHistory(ctx, u, number, db, n)
}

// Cursor is where a list goes on that was shown up to and with this event.
func (h History) Cursor() string { return h.cursor() }

// Surroundings is what stands around a request.
type Surroundings struct {
	BuildsOn     []string          // numbers of the approved requests whose values it takes for the old ones
	BuiltOnBy    []string          // numbers of the requests that do so with its own
	Sections     []string          // titles, in the order of the request's sections
	CouldApprove map[Side][]string // names of whoever may still approve in a lane that lacks something
}

// Around reads what stands around a case that a user has read.
func (s *Store) Around(ctx context.Context, u User, c *Case) (*Surroundings, error) {
	ctx = as(ctx, u)
	if !u.Sees(c.AGS) {
		return nil, notFound("request")
	}
	cat, err := s.catalogueNow(ctx)
	if err != nil {
		return nil, err
	}
	out := &Surroundings{Sections: cat.sectionTitles(&c.Request), CouldApprove: map[Side][]string{}}
	db := s.reader.WithContext(ctx)
	var on []int64
	for _, ch := range c.Changes {
		if ch.BuildsOn != nil {
			on = append(on, *ch.BuildsOn)
		}
	}
	if len(on) > 0 {
		err = db.Raw(`SELECT number FROM requests WHERE id IN ? AND ags = ? ORDER BY id LIMIT 20`, on, c.AGS).Scan(&out.BuildsOn).Error
	}
	if err == nil {
		err = db.Raw(`SELECT DISTINCT r.number FROM changes c JOIN requests r ON r.id = c.request_id WHERE c.builds_on = ? AND r.ags = ? ORDER BY r.number LIMIT 20`, c.ID, c.AGS).Scan(&out.BuiltOnBy).Error
	}
	if err == nil && !c.complete() && slices.Contains(rules[Approve][0].from, c.Status) {
		err = s.couldApprove(ctx, c, out.CouldApprove)
	}
	return out, trouble(err)
}

// couldApprove names, lane by lane, who holds the role and has neither made nor approved the request.
func (s *Store) couldApprove(ctx context.Context, c *Case, lanes map[Side][]string) error {
	var people []struct {
		User
		Role Role
	}
	err := s.reader.WithContext(ctx).Raw(`SELECT u.id, u.name, coalesce(u.address_by, 0) AS address_by, r.role FROM users u JOIN user_roles r ON r.user_id = u.id WHERE u.active AND u.ags = ? AND r.role = 'approver'
		UNION ALL SELECT u.id, u.name, coalesce(u.address_by, 0), r.role FROM users u JOIN user_roles r ON r.user_id = u.id WHERE u.active AND u.ags IS NULL AND r.role = 'lead' ORDER BY 2 LIMIT 100`, c.AGS).Scan(&people).Error
	for _, p := range people {
		if c.fourEyes(p.User) == "" && !c.approvedBy(p.ID) {
			lanes[p.Role.Side()] = append(lanes[p.Role.Side()], p.Name)
		}
	}
	return err
}

// sectionTitles are a request's sections as people call them.
func (c *catalogue) sectionTitles(r *Request) []string {
	out := make([]string, 0, len(r.Sections))
	def := c.definition(r.Assistant, r.Definition)
	for _, key := range r.Sections {
		title := key
		if def != nil {
			if section, ok := def.Section(key); ok {
				title = section.Title
			}
		}
		out = append(out, title)
	}
	return out
}

// Hindrance tells why somebody who approves can't approve this request, whatever
// else it lacks: a code of the catalogue ("error.<code>"), "" for no such reason.
func (r *Request) Hindrance(u User) string {
	if !slices.ContainsFunc(rules[Approve], func(ru rule) bool { return ru.startsIn(r.Status) && ru.may.is(u, r) }) {
		return ""
	}
	if code := r.fourEyes(u); code != "" || !r.approvedBy(u.ID) {
		return code
	}
	return "already_approved"
}
