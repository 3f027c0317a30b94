package models

import (
	"cmp"
	"context"
	"slices"
	"time"

	"formwandel/models/fields"
)

// Case is a request with everything a page about it needs, as one user may see it.
type Case struct {
	Request
	FormTitle    string // Geburtsurkunde
	FormKey      string // 14625020/KOMM24Geburtsurkunde
	Municipality string // Bautzen
	Author       Person
	Assignee     *Person
	Given        []GivenApproval
	Fields       []fields.Field // of the changes, in their order
	Blockers     []Blocker
	Can          []Action
	Mails        []Mail
	RevertsWhat  string   // number of the request this one takes back
	RevertedBy   []string // numbers of the requests that take this one back
	Failure      *Failure
}

// Person is somebody as others may know them.
type Person struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
	Side Side   `json:"side"`
}

// GivenApproval is an approval with the office that gave it.
type GivenApproval struct {
	Side Side
	By   Person
	At   time.Time
}

// Failure says why a request failed.
type Failure struct {
	Reason    string
	Conflicts []FieldConflict
	Gone      string
}

// Case reads a request as a user may see it.
func (s *Store) Case(ctx context.Context, u User, number string) (*Case, error) {
	ctx = as(ctx, u)
	var out *Case
	err := s.open(ctx, u, number, func(t *tx, cat *catalogue, r *Request) (err error) {
		out, err = t.caseOf(cat, u, r)
		return err
	})
	return out, err
}

// open reads a request that a user may see, with the catalogue of that moment, and shows both to fn.
func (s *Store) open(ctx context.Context, u User, number string, fn func(*tx, *catalogue, *Request) error) error {
	if _, err := s.whose(ctx, u, number); err != nil {
		return err
	}
	cat, err := s.catalogueNow(ctx)
	if err != nil {
		return err
	}
	return s.read(ctx, func(t *tx) error {
		r, err := t.loadRequest(number)
		if err != nil {
			return err
		}
		if !u.Sees(r.AGS) {
			return notFound("request")
		}
		return fn(t, cat, r)
	})
}

// caseOf puts together what a user sees of a request.
func (t *tx) caseOf(cat *catalogue, u User, r *Request) (*Case, error) {
	c := &Case{Request: *r}
	form := cat.forms[r.FormID]
	c.FormKey, c.Municipality, c.FormTitle = form.Key(), cat.name(r.AGS), cat.title(r.Assistant)
	for _, ch := range r.Changes {
		c.Fields = append(c.Fields, cat.field(r.Assistant, r.Definition, ch))
	}
	c.Can = r.Can(u, t.now)
	var f failure
	if err := decode(r.Conflicts, &f); err != nil {
		return nil, err
	}
	if f.Reason != "" {
		c.Failure = &Failure{f.Reason, f.Conflicts, f.Gone}
	}
	if err := cmp.Or(t.castOf(c), t.mailsOf(c), t.linksOf(c), t.blockersOf(cat, c, form)); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *catalogue) name(ags string) string {
	if m := c.municipalities[ags]; m != nil {
		return m.Name
	}
	return ags
}

func (c *catalogue) title(assistant string) string {
	if a := c.assistants[assistant]; a != nil {
		return a.Title
	}
	return assistant
}

// Can lists what a user may do to a request now: the same table that Do obeys.
func (r *Request) Can(u User, now time.Time) []Action {
	out := []Action{}
	for _, a := range Actions {
		if _, err := ruleFor(u, a, r); err != nil || u.IsClock() {
			continue
		}
		if r.allows(u, a, now) {
			out = append(out, a)
		}
	}
	return out
}

// allows are the guards that need no look at the form.
func (r *Request) allows(u User, a Action, now time.Time) bool {
	switch a {
	case Approve:
		return r.fourEyes(u) == "" && !r.approvedBy(u.ID) && len(r.Changes) > 0 && !r.WishUnseen && (r.ReturnAt == nil || r.ReturnAt.After(now))
	case Apply:
		return r.Kind == By
	case Reopen:
		return r.ApplyAt != nil && r.ApplyAt.After(now)
	}
	return true
}

// castOf fills in the people.
func (t *tx) castOf(c *Case) error {
	ids := []int64{c.AuthorID}
	if c.AssigneeID != nil {
		ids = append(ids, *c.AssigneeID)
	}
	for _, a := range c.Approvals {
		ids = append(ids, a.UserID)
	}
	ids = slices.DeleteFunc(ids, func(id int64) bool { _, known := t.people[id]; return known })
	if len(ids) > 0 {
		if err := t.loadPeople(ids); err != nil {
			return err
		}
	}
	c.Author = t.people[c.AuthorID].person()
	if c.AssigneeID != nil {
		p := t.people[*c.AssigneeID].person()
		c.Assignee = &p
	}
	for _, a := range c.Approvals {
		c.Given = append(c.Given, GivenApproval{a.Side, t.people[a.UserID].person(), a.At})
	}
	return nil
}

func (u User) person() Person {
	side := Provider
	if u.AGS != "" {
		side = Municipal
	}
	return Person{u.ID, u.Name, side}
}

func (t *tx) mailsOf(c *Case) error {
	if t.fresh {
		c.Mails = t.posted
		return nil
	}
	return t.db.Where("request_id = ?", c.ID).Order("id").Limit(500).Find(&c.Mails).Error
}

func (t *tx) linksOf(c *Case) error {
	if t.fresh && c.Reverts == nil {
		return nil
	}
	if c.Reverts != nil {
		if err := t.db.Raw(`SELECT number FROM requests WHERE id = ?`, *c.Reverts).Scan(&c.RevertsWhat).Error; err != nil {
			return err
		}
	}
	if c.Status != Applied && c.Status != Accepted {
		return nil
	}
	return t.db.Raw(`SELECT number FROM requests WHERE reverts = ? ORDER BY id LIMIT 20`, c.ID).Scan(&c.RevertedBy).Error
}
