package models

import (
	"cmp"
	"slices"
	"strconv"
)

// mail writes one row per recipient; the same person is told once, for the
// first reason in the rule's order.
func (t *tx) mail(e Event, kind MailKind, r *Request, m *Municipality, tell []audience) error {
	told := map[string]bool{}
	for _, a := range tell {
		people, err := t.recipients(a, r, m)
		if err != nil {
			return err
		}
		for _, p := range people {
			if p.Email == "" || told[p.Email] {
				continue
			}
			told[p.Email] = true
			t.post(e, kind, p, r)
		}
	}
	return nil
}

// maxPosted bounds how many mails of a transaction are remembered for its answer.
const maxPosted = 200

// recipient is where a mail goes and why.
type recipient struct {
	Email, Locale, role string
}

// post queues one mail. Its Message-ID is fixed now, before the first try.
func (t *tx) post(e Event, kind MailKind, to recipient, r *Request) {
	about := "formwandel"
	m := Mail{
		AGS: e.AGS, EventSeq: e.Seq, Kind: kind, Role: to.role, Recipient: to.Email, Locale: to.Locale,
		State: MailWaiting, NextAt: t.now, CreatedAt: t.now,
	}
	if r != nil {
		about, m.RequestID = r.Number, &r.ID
	}
	// it begins with the time, so that a midnight's mails stand side by side in its index
	m.MessageID = "<" + strconv.FormatInt(t.now.UnixMicro(), 16) + "." + randomHex(12) + "." + about + "." + string(kind) + "@" + t.s.host + ">"
	var err error
	if m.ID, err = t.mailNumber(); err != nil {
		t.late = cmp.Or(t.late, err)
		return
	}
	m.Seal = m.sealFor(t.s)
	t.movesOf("mails").in("mails", m.Seal)
	t.named(&m)
	t.insert(&m)
	t.mails = true
	if len(t.posted) < maxPosted {
		t.posted = append(t.posted, m)
	}
}

// recipients are the people behind an audience.
func (t *tx) recipients(a audience, r *Request, m *Municipality) ([]recipient, error) {
	switch a {
	case toAuthor:
		return t.author(r, m)
	case toAssignee:
		if r.AssigneeID == nil {
			return nil, nil
		}
		return t.to(string(toAssignee), *r.AssigneeID)
	case toOffice:
		return office(m), nil
	case toLane:
		return t.lane(r)
	case toApprovers:
		return t.holders(string(toApprovers), r.AGS, Approver, nil)
	case toEverybody:
		return t.participants(r, m)
	}
	return t.team()
}

// office is a municipality's mailbox.
func office(m *Municipality) []recipient {
	if m == nil {
		return nil
	}
	return []recipient{{m.OfficeMail, "de", string(toOffice)}}
}

// author is who filed a request; where that account is off, the municipality's mailbox: its side is to hear of it, whoever works there by now.
func (t *tx) author(r *Request, m *Municipality) ([]recipient, error) {
	out, err := t.to(string(toAuthor), r.AuthorID)
	if err == nil && len(out) == 0 {
		return office(m), nil
	}
	return out, err
}

// lane are the approvers of a request's municipality who may approve it, if their lane is open. Of a wish they hear that it is there; see openLane.
func (t *tx) lane(r *Request) ([]recipient, error) {
	if r.GivenMunicipality >= r.NeedMunicipality {
		return nil, nil
	}
	return t.holders(string(toApprovers), r.AGS, Approver, func(u User) bool { return r.fourEyes(u) == "" })
}

// team is the team's mailbox; without one, every agent.
func (t *tx) team() ([]recipient, error) {
	if t.s.team != "" {
		return []recipient{{t.s.team, "de", string(toTeam)}}, nil
	}
	return t.holders(string(toTeam), "", Agent, nil)
}

// to is a person, if still active.
func (t *tx) to(role string, ids ...int64) ([]recipient, error) {
	var out []recipient
	for _, id := range ids {
		u, err := t.person(id)
		if err != nil {
			return nil, err
		}
		if u.Active {
			out = append(out, recipient{u.Email, u.Locale, role})
		}
	}
	return out, nil
}

// roleHolder is somebody who holds a role: where mails go, and what four eyes ask of the person.
type roleHolder struct {
	recipient
	person User // no more than ID and AddressBy
}

// holders are the active people of a municipality ("" = the provider) with a role, those of them that may hear; nil is all.
func (t *tx) holders(why, ags string, role Role, may func(User) bool) ([]recipient, error) {
	cat, err := t.s.catalogueNow(t.ctx)
	if err != nil {
		return nil, err
	}
	var out []recipient
	for _, h := range cat.holders[ags+"/"+string(role)] {
		if may == nil || may(h.person) {
			out = append(out, recipient{h.Email, h.Locale, why})
		}
	}
	return out, nil
}

// participants is everybody who took part in a request, each told as what they are in it, and the team.
func (t *tx) participants(r *Request, m *Municipality) ([]recipient, error) {
	var acted []int64
	if err := t.db.Raw(`SELECT DISTINCT actor_id FROM events WHERE request_id = ? AND actor_id IS NOT NULL ORDER BY actor_id`, r.ID).Scan(&acted).Error; err != nil {
		return nil, err
	}
	out, err := t.author(r, m)
	if err != nil {
		return nil, err
	}
	if r.AssigneeID != nil {
		holder, err := t.to(string(toAssignee), *r.AssigneeID)
		if err != nil {
			return nil, err
		}
		out = append(out, holder...)
	}
	others, err := t.to(string(toEverybody), acted...)
	if err != nil {
		return nil, err
	}
	team, err := t.team()
	return slices.Concat(out, others, team), err
}

// tellSuccessors writes to those whose requests build on one that is gone, or open again.
func (st *step) tellSuccessors() error {
	var ids []string
	err := st.tx.db.Raw(`SELECT DISTINCT r.number FROM changes c JOIN requests r ON r.id = c.request_id WHERE c.builds_on = ? AND r.open ORDER BY r.number`, st.r.ID).Scan(&ids).Error
	if err != nil {
		return err
	}
	for _, n := range ids {
		r, err := st.tx.loadRequest(n)
		if err != nil {
			return err
		}
		if now, moved := st.tx.fates[r.ID]; moved && now.status != r.Status {
			continue // it has moved in this transaction, and its people hear of that
		}
		e, err := st.tx.record(Event{RequestID: &r.ID, Action: PredecessorGone, From: r.Status, To: r.Status, Version: r.Version}, EventData{Gone: st.r.Number, Basis: basisState(st.r.Status)})
		if err != nil {
			return err
		}
		if err := st.tx.mail(e, MailSuccessor, r, st.cat.municipalities[r.AGS], heirs()); err != nil {
			return err
		}
	}
	return nil
}
