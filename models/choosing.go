package models

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
)

// FormsToFile lists the forms of a clerk's municipality by title, a page at a
// time; q narrows them to those whose title or key has every one of its words.
func (s *Store) FormsToFile(ctx context.Context, u User, q, cursor string, limit int) ([]FormEntry, string, error) {
	ctx = as(ctx, u)
	if err := u.refused(FileRequests, u.AGS); err != nil {
		return nil, "", err
	}
	n, after, err := textPage(cursor, limit)
	if err != nil {
		return nil, "", err
	}
	cat, err := s.catalogueNow(ctx)
	if err != nil {
		return nil, "", err
	}
	found, next := cat.choose(u.AGS, q), ""
	if i := slices.IndexFunc(found, func(f FormEntry) bool { return f.Assistant == after }); i >= 0 {
		found = found[i+1:]
	}
	if len(found) > n {
		found, next = found[:n], cursorText(found[n-1].Assistant)
	}
	return found, next, s.switches(ctx, u.AGS, found)
}

// choose finds a municipality's forms by words, in the order of their titles.
func (c *catalogue) choose(ags, q string) []FormEntry {
	words := strings.Fields(strings.ToLower(q))
	var found []FormEntry
	for key, a := range c.assistants {
		text := strings.ToLower(a.Title + " " + key)
		missing := slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) })
		if f, ok := c.form(ags, key); ok && !missing {
			found = append(found, FormEntry{f, a.Title, c.name(ags)})
		}
	}
	german := collate.New(language.German)
	slices.SortFunc(found, func(a, b FormEntry) int {
		return cmp.Or(german.CompareString(a.Title, b.Title), cmp.Compare(a.Assistant, b.Assistant))
	})
	return found
}

// switches brings the maintenance switches of some forms up to date: they turn without the catalogue.
func (s *Store) switches(ctx context.Context, ags string, fs []FormEntry) error {
	if len(fs) == 0 {
		return nil
	}
	keys := make([]string, len(fs))
	for i, f := range fs {
		keys[i] = f.Assistant
	}
	var on []string
	err := s.reader.WithContext(ctx).Raw(`SELECT assistant FROM forms WHERE ags = ? AND assistant IN ? AND maintenance`, ags, keys).Scan(&on).Error
	for i := range fs {
		fs[i].Maintenance = slices.Contains(on, fs[i].Assistant)
	}
	return trouble(err)
}
