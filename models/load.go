package models

import (
	"cmp"
	"context"
	"io"
	"regexp"
	"slices"

	"github.com/go-json-experiment/json"
	"gorm.io/gorm"
)

// A number looks like KA-2026-000001; anything else is no request's.
var numberPattern = regexp.MustCompile(`^KA-[0-9]{4}-[0-9]{6,12}$`)

// whose finds the municipality of a request that the user may see.
func (s *Store) whose(ctx context.Context, u User, number string) (string, error) {
	ctx = as(ctx, u)
	if !numberPattern.MatchString(number) {
		return "", notFound("request")
	}
	var ags string
	err := s.reader.WithContext(ctx).Raw(`SELECT ags FROM requests WHERE number = ?`, number).Scan(&ags).Error
	if err != nil {
		return "", trouble(err)
	}
	if ags == "" || !u.Sees(ags) {
		return "", notFound("request")
	}
	return ags, nil
}

// loadRequest reads a request with its changes, approvals and editors.
func (t *tx) loadRequest(number string) (*Request, error) {
	return loadRequest(t.db, number)
}

func loadRequest(db *gorm.DB, number string) (*Request, error) {
	rs, err := readRows(db, (*Request).takeFrom, "SELECT "+requestColumns+" FROM requests WHERE number = ?", number)
	if err != nil {
		return nil, err
	}
	if len(rs) == 0 {
		return nil, notFound("request")
	}
	return rs[0], loadParts(db, rs)
}

// loadParts reads what belongs to some requests, one query a kind.
func loadParts(db *gorm.DB, rs []*Request) error {
	if len(rs) == 0 {
		return nil
	}
	byID := make(map[int64]*Request, len(rs))
	ids := make([]int64, len(rs))
	for i, r := range rs {
		byID[r.ID], ids[i] = r, r.ID
	}
	approvals, err := readRows(db, (*Approval).takeFrom, "SELECT "+approvalColumns+" FROM approvals WHERE request_id IN ? AND void_at IS NULL ORDER BY id", ids)
	for _, a := range approvals {
		byID[a.RequestID].Approvals = append(byID[a.RequestID].Approvals, *a)
	}
	return cmp.Or(err,
		loadChanges(db, rs),
		eachCells(db, "SELECT request_id, user_id FROM request_editors WHERE request_id IN ?", []any{ids}, func(x *cells) {
			if r, ok := byID[x.number()]; ok {
				r.Editors = append(r.Editors, x.number())
			}
		}),
		eachCells(db, `SELECT wrote.request_id, u.address_by FROM (SELECT request_id, user_id FROM request_editors WHERE request_id IN ?
			UNION SELECT id, author_id FROM requests WHERE id IN ?) wrote JOIN users u ON u.id = wrote.user_id WHERE u.address_by IS NOT NULL`, []any{ids, ids}, func(x *cells) {
			if r, ok := byID[x.number()]; ok {
				r.Movers = append(r.Movers, x.number())
			}
		}))
}

// loadPlan reads what approved and temporarily applied requests will do to a form, as far as it will come true, once in a transaction.
func (t *tx) loadPlan(l *liveForm) (plan, error) {
	form := l.form.ID
	if p, ok := t.plans[form]; ok {
		return p, nil
	}
	if k, ok := t.known[form]; ok && !k.planned {
		return plan{}, nil
	}
	p, err := t.planWithout(l, 0)
	if err == nil {
		t.plans[form] = p
	}
	return p, err
}

// planWithout is the plan of a form as it would be without a request; 0 is none.
func (t *tx) planWithout(l *liveForm, request int64) (plan, error) {
	p, err := t.readPlan(l.form.ID)
	p.steps = slices.DeleteFunc(p.steps, func(x planned) bool { return x.id == request })
	if err == nil && len(p.steps) > 0 {
		var cat *catalogue
		if cat, err = t.s.catalogueNow(t.ctx); err != nil {
			return plan{}, err
		}
		d := cat.definition(l.form.Assistant, l.form.Definition)
		if d == nil {
			return plan{}, notFound("definition")
		}
		p = p.rewritten(d).sound(l.values, d, func(id int64) bool { return t.fates[id].gone() })
	}
	return p, err
}

// readPlan reads what is planned for a form, and what has become of those it builds on.
func (t *tx) readPlan(form int64) (plan, error) {
	rs, err := readRows(t.db, (*Request).takeFrom, "SELECT "+requestColumns+" FROM requests WHERE form_id = ? AND planned", form)
	if err != nil || len(rs) == 0 {
		return plan{}, err
	}
	if err := t.loadBuilt(rs); err != nil {
		return plan{}, err
	}
	var lying []string // fields on which a temporary change lies now
	for _, r := range rs {
		for _, c := range r.Changes {
			if r.Status != Approved {
				lying = append(lying, c.Field)
			}
		}
	}
	p := makePlan(rs)
	p.past, err = loadPast(t.db, form, lying)
	return p, err
}

// loadBuilt reads the changes of some requests, each with the fate of the one it builds on.
func (t *tx) loadBuilt(rs []*Request) error {
	byID := make(map[int64]*Request, len(rs))
	ids := make([]int64, len(rs))
	for i, r := range rs {
		byID[r.ID], ids[i] = r, r.ID
	}
	return eachCells(t.db, `SELECT `+changeColumns+`, p.number, p.status
		FROM changes c LEFT JOIN requests p ON p.id = c.builds_on WHERE c.request_id IN ? ORDER BY c.request_id, c.ord`, []any{ids}, func(x *cells) {
		var c Change
		c.takeFrom(x)
		before := fate{x.text(), Status(x.text())}
		if r, ok := byID[c.RequestID]; ok {
			r.Changes = append(r.Changes, c)
		}
		if c.BuildsOn == nil {
			return
		}
		if _, known := t.fates[*c.BuildsOn]; !known {
			t.fates[*c.BuildsOn] = before
		}
	})
}

// loadChanges reads the changes of some requests.
func loadChanges(db *gorm.DB, rs []*Request) error {
	byID := make(map[int64]*Request, len(rs))
	ids := make([]int64, len(rs))
	for i, r := range rs {
		byID[r.ID], ids[i] = r, r.ID
	}
	changes, err := readRows(db, (*Change).takeFrom, "SELECT "+changeColumns+" FROM changes WHERE request_id IN ? ORDER BY request_id, ord", ids)
	for _, c := range changes {
		byID[c.RequestID].Changes = append(byID[c.RequestID].Changes, *c)
	}
	return err
}

// person reads somebody by id, once in a transaction.
func (t *tx) person(id int64) (User, error) {
	if u, ok := t.people[id]; ok {
		return u, nil
	}
	err := t.loadPeople([]int64{id})
	return t.people[id], err
}

// loadPeople reads some people, without their roles.
func (t *tx) loadPeople(ids []int64) error {
	us, err := readRows(t.db, (*User).takeFrom, "SELECT "+userColumns+" FROM users WHERE id IN ?", ids)
	for _, u := range us {
		t.people[u.ID] = *u
	}
	return err
}

// fate is what has become of a request that others build on.
type fate struct {
	number string
	status Status
}

// gone tells whether it will not happen.
func (f fate) gone() bool { return f.status != Approved && f.status != Applied && f.status != Accepted }

// buildsOn are the ids of the requests whose values a request takes for the old ones.
func (r *Request) buildsOn() []int64 {
	var ids []int64
	for _, c := range r.Changes {
		if c.BuildsOn != nil && !slices.Contains(ids, *c.BuildsOn) {
			ids = append(ids, *c.BuildsOn)
		}
	}
	return ids
}

// buildOn tells whether some changes take a request's values for the old ones.
func buildOn(changes []Change, id int64) bool {
	return slices.ContainsFunc(changes, func(c Change) bool { return c.BuildsOn != nil && *c.BuildsOn == id })
}

// gonePredecessor is the number of a request this one builds on that will not
// happen; "" if there is none.
func (t *tx) gonePredecessor(r *Request) (string, error) {
	ids := r.buildsOn()
	if err := t.loadFates(ids); err != nil {
		return "", err
	}
	for _, id := range ids {
		if t.fates[id].gone() {
			return t.fates[id].number, nil
		}
	}
	return "", nil
}

// loadFates reads what has become of some requests, those not known yet in one query.
func (t *tx) loadFates(ids []int64) error {
	unknown := slices.DeleteFunc(slices.Clone(ids), func(id int64) bool { _, ok := t.fates[id]; return ok })
	if len(unknown) == 0 {
		return nil
	}
	return eachCells(t.db, `SELECT id, number, status FROM requests WHERE id IN ?`, []any{unknown}, func(x *cells) {
		t.fates[x.number()] = fate{x.text(), Status(x.text())}
	})
}

// fromJSON reads strict JSON: no unknown names, no duplicates, nothing after it.
func fromJSON(r io.Reader, into any) error {
	return json.UnmarshalRead(r, into, json.RejectUnknownMembers(true))
}
