package models

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"

	"formwandel/models/fields"
)

// PublicForm is a form's live configuration as runtimes read it, ready to send.
type PublicForm struct {
	ETag string // strong: two answers with the same one are the same bytes
	Body []byte
}

// publicAnswer is what the public reads: no values while in maintenance, never a protected one.
type publicAnswer struct {
	Form        string                  `json:"form"`
	Version     int64                   `json:"version"`
	Maintenance bool                    `json:"maintenance"`
	Values      map[string]fields.Value `json:"values,omitempty"`
}

// Public is a form's live configuration, from memory.
func (s *Store) Public(ctx context.Context, ags, assistant string) (*PublicForm, error) {
	ctx = asInstallation(ctx)
	if p, ok := s.public.Load(ags + "/" + assistant); ok {
		return p.(*PublicForm), nil
	}
	cat, err := s.catalogueNow(ctx)
	if err != nil {
		return nil, err
	}
	f, ok := cat.form(ags, assistant)
	if !ok {
		return nil, notFound("form")
	}
	generation := s.published.Load()
	var out *PublicForm
	err = s.read(ctx, func(t *tx) error {
		l, err := t.loadLive(f)
		if err == nil {
			out, err = cat.public(l)
		}
		return err
	})
	if err == nil {
		s.remember(f.Key(), out, generation)
	}
	return out, err
}

// remember keeps an answer in memory, unless something was published while it was being made.
func (s *Store) remember(key string, p *PublicForm, generation int64) {
	s.publishing.Lock()
	defer s.publishing.Unlock()
	if s.published.Load() == generation {
		s.public.Store(key, p)
	}
}

// public makes the answer for a form's live version.
func (c *catalogue) public(l *liveForm) (*PublicForm, error) {
	a := publicAnswer{Form: l.form.Key(), Version: l.form.Live, Maintenance: l.form.Maintenance}
	if !a.Maintenance {
		a.Values = c.view(l).Values
	}
	body, err := json.Marshal(a)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(body)
	return &PublicForm{`"` + base64.RawURLEncoding.EncodeToString(sum[:18]) + `"`, body}, nil
}

// Unpublish forgets a form's answer, before the change is acknowledged or when
// another instance tells of it; "" forgets all.
func (s *Store) Unpublish(key string) {
	s.publishing.Lock()
	defer s.publishing.Unlock()
	s.published.Add(1)
	if key == "" {
		s.public.Clear()
		return
	}
	s.public.Delete(key)
}
