package models

import "slices"

// cast are the people of a request: those whom everybody reads of on its page, and those of whom only the provider does.
type cast struct{ public, internal []int64 }

// ownCast are whoever its own rows name: who filed it, works on it, had a hand in it or has approved it.
func (r *Request) ownCast() cast {
	c := cast{public: append([]int64{r.AuthorID}, r.Editors...)}
	if r.AssigneeID != nil {
		c.public = append(c.public, *r.AssigneeID)
	}
	for _, a := range r.Approvals {
		c.public = append(c.public, a.UserID)
	}
	return c
}

// names tells whether somebody is among these: such a request is found by that person's name already. nil is the clock, which nobody looks for.
func (c cast) names(person *int64) bool { return person == nil || slices.Contains(c.public, *person) }

// wholeCast are all who took part in a request, by its rows and by its history; more of it is not written yet.
func (t *tx) wholeCast(r *Request, more []Event) (cast, error) {
	c := r.ownCast()
	var told []struct {
		ActorID  *int64
		Internal bool
		Data     string
	}
	err := t.db.Raw(`SELECT DISTINCT actor_id, internal, CASE action WHEN 'assign' THEN data ELSE '' END AS data FROM events WHERE request_id = ? AND actor_id IS NOT NULL`, r.ID).Scan(&told).Error
	if err != nil {
		return c, err
	}
	for _, e := range told {
		if err := c.join(Event{ActorID: e.ActorID, Internal: e.Internal, Data: e.Data}); err != nil {
			return c, err
		}
	}
	for _, e := range more {
		if err := c.join(e); err != nil {
			return c, err
		}
	}
	return c.once(), nil
}

// join adds whom an event names: who did it, and whom it gave the request to.
func (c *cast) join(e Event) error {
	if e.ActorID == nil {
		return nil
	}
	if e.Internal {
		c.internal = append(c.internal, *e.ActorID)
		return nil
	}
	d, err := e.Decode()
	if c.public = append(c.public, *e.ActorID); d.Assignee != 0 {
		c.public = append(c.public, d.Assignee)
	}
	return err
}

// once names everybody once: who is public is so.
func (c cast) once() cast {
	slices.Sort(c.public)
	slices.Sort(c.internal)
	c.public, c.internal = slices.Compact(c.public), slices.Compact(c.internal)
	c.internal = slices.DeleteFunc(c.internal, func(id int64) bool { return slices.Contains(c.public, id) })
	return c
}
