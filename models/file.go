package models

import (
	"context"
	"strings"

	"formwandel/models/calendar"
)

// FileInput is a new request: the form by its key, and what the clerk enters.
type FileInput struct {
	Form    string // 14625020/KOMM24Geburtsurkunde
	Content Content
	Submit  bool // else it stays a draft
	Once    *Once
}

// File files a request: a draft, or submitted at once.
func (s *Store) File(ctx context.Context, actor User, in FileInput) (*Case, error) {
	if err := actor.refused(FileRequests, actor.AGS); err != nil {
		return nil, err
	}
	if in.Form == "" {
		return nil, &Error{Kind: Invalid, Code: "invalid", Fields: []FieldError{{Field: "form", Code: "form_required"}}}
	}
	ags, assistant, _ := strings.Cut(in.Form, "/")
	cat, err := s.catalogueNow(ctx)
	if err != nil {
		return nil, err
	}
	form, ok := cat.form(ags, assistant)
	if !ok || !actor.Sees(form.AGS) {
		return nil, &Error{Kind: NotFound, Code: "form", Fields: []FieldError{{Field: "form", Code: "unknown_form", Args: pairs([]any{"form", clip(in.Form)})}}}
	}
	var out *Case
	err = s.once(ctx, actor, in.Once, func(t *tx) (any, error) {
		r := &Request{AGS: form.AGS, FormID: form.ID, Assistant: assistant, Status: Draft, Version: 1, AuthorID: actor.ID}
		if err := t.enterToFile(form, &r.ID); err != nil {
			return nil, err
		}
		if out, err = t.answered(in.Once); out != nil || err != nil {
			return out, err
		}
		t.fresh = true
		r.CreatedAt, r.UpdatedAt = t.now, t.now
		r.Number = numberOf(t.now.In(calendar.Berlin).Year(), r.ID)
		st, err := t.stepOn(r, actor, File, Input{})
		if err != nil {
			return nil, err
		}
		if err := st.fill(in); err != nil {
			return nil, err
		}
		if err := st.file(); err != nil {
			return nil, err
		}
		out, err = t.caseOf(cat, actor, r)
		return out, err
	})
	return out, err
}

// fill puts what the clerk entered into the new request and submits it, if that is wanted.
func (st *step) fill(in FileInput) error {
	st.r.Definition = st.def.Version
	st.tx.people[st.actor.ID] = st.actor
	if err := st.writeContent(in.Content); err != nil {
		return err
	}
	if !in.Submit {
		return nil
	}
	st.action, st.rule = Submit, rules[Submit][0]
	if err := st.submit(); err != nil {
		return err
	}
	st.r.Status = Submitted
	return nil
}

// file writes a new request: its rows, its first event, its mails.
func (st *step) file() error {
	t, r := st.tx, st.r
	if r.Policy == "" {
		if err := st.applyPolicy(); err != nil {
			return err
		}
	}
	if len(r.Sections) == 0 {
		st.coverSections()
	}
	r.ContentHash = contentHash(r)
	settle(r, st.cat.calendars[r.AGS])
	t.insert(r)
	t.insertChanges(r)
	t.insertSections(r)
	if err := t.index(r); err != nil {
		return err
	}
	from := Status("")
	if st.action == Submit {
		from = Draft
	}
	return st.tell(st.action, from, r.Status, st.rule)
}

// nextRequest gives a request that is made inside another step its id and number.
func (t *tx) nextRequest(r *Request) error {
	query := `SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'requests'), 0) + 1`
	if t.s.postgres {
		query = `SELECT nextval('requests_id_seq')`
	}
	if err := t.db.Raw(query).Row().Scan(&r.ID); err != nil {
		return err
	}
	r.Number = numberOf(t.now.In(calendar.Berlin).Year(), r.ID)
	for i := range r.Changes {
		r.Changes[i].RequestID = r.ID
	}
	return nil
}
