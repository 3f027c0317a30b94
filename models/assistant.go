package models

import (
	"context"

	"formwandel/models/definition"
)

// Assistants lists the kinds of form, by key, a page at a time.
func (s *Store) Assistants(ctx context.Context, cursor string, limit int) ([]Assistant, string, error) {
	n, after, err := textPage(cursor, limit)
	if err != nil {
		return nil, "", err
	}
	var as []Assistant
	if err := s.reader.WithContext(ctx).Where("key > ?", after).Order("key").Limit(n + 1).Find(&as).Error; err != nil {
		return nil, "", trouble(err)
	}
	as, next := cut(as, n, func(x Assistant) string { return cursorText(x.Key) })
	return as, next, nil
}

// Assistant reads one kind of form with its questionnaire.
func (s *Store) Assistant(ctx context.Context, key string) (*Assistant, *definition.Definition, error) {
	cat, err := s.catalogueNow(ctx)
	if err != nil {
		return nil, nil, err
	}
	a := cat.assistants[key]
	if a == nil {
		return nil, nil, notFound("assistant")
	}
	return a, cat.definition(key, a.Definition), nil
}
