package models

import (
	"cmp"
	"context"
	"slices"
	"strings"
)

// FormFilter narrows the list of forms.
type FormFilter struct {
	Q            string // words of the title or of the municipality's name
	Municipality string
	Cursor       string
	Limit        int // 1..200, 0 = 50
}

// FormLine is a form in the list, with how many approved changes wait for their day.
type FormLine struct {
	FormEntry
	Planned int
}

// listedForm is a form's place in the list: by municipality, then by title.
type listedForm struct {
	place string
	id    int64
	ags   string
}

// maxQuery is how much of what somebody looks for is used, in bytes.
const maxQuery = 200

// FindForms lists the forms a user may see by municipality and title, a page at a time.
func (s *Store) FindForms(ctx context.Context, u User, f FormFilter) ([]FormLine, string, error) {
	ctx = as(ctx, u)
	n, after, err := textPage(f.Cursor, f.Limit)
	if err != nil {
		return nil, "", err
	}
	if f.Municipality != "" && !agsPattern.MatchString(f.Municipality) {
		return nil, "", invalid("municipality", "unknown_municipality", "municipality", clip(f.Municipality))
	}
	cat, err := s.catalogueNow(ctx)
	if err != nil {
		return nil, "", err
	}
	found, next := cat.find(u, f, after, n), ""
	if len(found) > n {
		found, next = found[:n], cursorText(found[n-1].place)
	}
	lines, err := s.formLines(ctx, cat, found)
	return lines, next, err
}

// find is one page of the list and, if there is more, one form beyond it.
func (c *catalogue) find(u User, f FormFilter, after string, n int) []listedForm {
	all := c.list()
	at, there := slices.BinarySearchFunc(all, after, func(l listedForm, place string) int { return cmp.Compare(l.place, place) })
	if there {
		at++
	}
	wanted := tokens(f.Q[:min(len(f.Q), maxQuery)])
	var out []listedForm
	for _, l := range all[at:] {
		if len(out) > n {
			break
		}
		if u.Sees(l.ags) && (f.Municipality == "" || f.Municipality == l.ags) && containsAll(l.place, wanted) {
			out = append(out, l)
		}
	}
	return out
}

func containsAll(text string, words []string) bool {
	return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) })
}

// list is every form in the list's order, made once for each catalogue.
func (c *catalogue) list() []listedForm {
	c.listing.Do(func() {
		for _, f := range c.forms {
			c.listed = append(c.listed, listedForm{fold(c.name(f.AGS)) + "|" + fold(c.title(f.Assistant)) + "|" + strings.ToLower(f.Key()), f.ID, f.AGS})
		}
		slices.SortFunc(c.listed, func(a, b listedForm) int { return cmp.Compare(a.place, b.place) })
	})
	return c.listed
}

// formLines adds to a page of forms how each stands now, in two queries.
func (s *Store) formLines(ctx context.Context, cat *catalogue, page []listedForm) ([]FormLine, error) {
	if len(page) == 0 {
		return nil, nil
	}
	ids := make([]int64, len(page))
	for i, l := range page {
		ids[i] = l.id
	}
	db := s.reader.WithContext(ctx)
	var fs []Form
	var counts []struct {
		FormID int64
		N      int
	}
	err := cmp.Or(db.Where("id IN ?", ids).Find(&fs).Error,
		db.Raw(`SELECT form_id, count(*) AS n FROM requests WHERE form_id IN ? AND planned AND status = 'approved' GROUP BY form_id`, ids).Scan(&counts).Error)
	if err != nil {
		return nil, trouble(err)
	}
	planned, now := map[int64]int{}, map[int64]Form{}
	for _, c := range counts {
		planned[c.FormID] = c.N
	}
	for _, f := range fs {
		now[f.ID] = f
	}
	var out []FormLine
	for _, id := range ids {
		if f, ok := now[id]; ok {
			out = append(out, FormLine{FormEntry{f, cat.title(f.Assistant), cat.name(f.AGS)}, planned[id]})
		}
	}
	return out, nil
}

// Towns are the municipalities that have forms and that a user may see, by name.
func (s *Store) Towns(ctx context.Context, u User) ([]Municipality, error) {
	ctx = as(ctx, u)
	cat, err := s.catalogueNow(ctx)
	if err != nil {
		return nil, err
	}
	var out []Municipality
	for _, l := range cat.list() {
		if m := cat.municipalities[l.ags]; m != nil && u.Sees(l.ags) && (len(out) == 0 || out[len(out)-1].AGS != l.ags) {
			out = append(out, *m)
		}
	}
	return out, nil
}
