package models_test

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"formwandel/models"
	. "formwandel/models/modelstest"
)

// populate makes the same colourful set of requests on every database: every
// state, several forms, both municipalities, each role waited for.
func (b *behind) populate(seed uint64, n int) {
	b.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	forms := []struct {
		key   string
		clerk []models.User
		ok    models.User
	}{
		{Bautzen + "/" + Birth, []models.User{b.Clerk, b.Clerk2, b.Deputy}, b.Approver},
		{Bautzen + "/" + Dog, []models.User{b.Clerk, b.Deputy}, b.Approver},
		{Leipzig + "/" + Birth, []models.User{b.LeipzigClerk}, b.LeipzigApprover},
	}
	for i := range n {
		f := forms[r.IntN(len(forms))]
		clerk := f.clerk[r.IntN(len(f.clerk))]
		in := models.FileInput{Form: f.key, Submit: r.IntN(5) > 0}
		day := fmt.Sprintf("2027-%02d-%02d", 1+r.IntN(3), 1+r.IntN(3))
		if in.Submit || r.IntN(2) == 0 {
			in.Content.Effective = &models.EffectiveInput{Kind: []string{"from", "by"}[r.IntN(2)], Date: day}
		}
		field := []string{"kontakt.ansprechstelle", "kontakt.sprechzeiten", "zahlung.epaybl_mandant"}[r.IntN(3)]
		in.Content.Changes = &[]models.ChangeInput{{Field: field, New: fmt.Appendf(nil, `"%03d"`, i)}}
		c := b.file(clerk, in)
		if !in.Submit {
			continue
		}
		agent := []models.User{b.Agent, b.Agent2, b.AgentLead}[r.IntN(3)]
		switch depth := r.IntN(9); {
		case depth == 0:
		case depth == 1:
			b.do(f.ok, c.Number, models.Reject, "Nein.")
		case depth == 2:
			b.do(clerk, c.Number, models.Withdraw, "")
		case depth == 3:
			b.do(f.ok, c.Number, models.Approve, "")
		default:
			b.do(agent, c.Number, models.Claim, "")
			if depth == 4 {
				b.do(agent, c.Number, models.Ask, "Warum?")
			}
			if depth > 5 {
				if c = b.do(b.Lead, c.Number, models.Approve, ""); c.Status != models.Approved {
					b.do(f.ok, c.Number, models.Approve, "")
				}
			}
			if depth == 8 {
				b.knock()
			}
		}
	}
}

// walk reads every page of a list.
func (b *behind) walk(u models.User, f models.Filter) []string {
	b.Helper()
	var out []string
	for range 1000 {
		page, next, err := b.s.Requests(ctx, u, f)
		if err != nil {
			b.Fatalf("%+v: %v", f, err)
		}
		limit := cmp.Or(f.Limit, 50)
		if len(page) > limit || (next != "" && len(page) != limit) {
			b.Fatalf("a page of %d with limit %d, next %q", len(page), limit, next)
		}
		for _, e := range page {
			out = append(out, e.Number)
		}
		if next == "" {
			return out
		}
		f.Cursor = next
	}
	b.Fatal("no last page")
	return nil
}

// expected is the same list as a person would make it from the cases themselves.
func (b *behind) expected(u models.User, f models.Filter, all []*models.Case, waits map[string]bool) []string {
	keep := []*models.Case{}
	for _, c := range all {
		if b.wanted(u, f, c) && (!f.WaitingForMe || waits[u.Email+c.Number]) {
			keep = append(keep, c)
		}
	}
	slices.SortFunc(keep, func(x, y *models.Case) int {
		id := cmp.Compare(x.ID, y.ID)
		if strings.HasPrefix(f.Sort, "-") || f.Sort == "" {
			id = -id
		}
		switch {
		case !strings.HasSuffix(f.Sort, "due") || x.DueAt == nil && y.DueAt == nil:
			return id
		case x.DueAt == nil || y.DueAt == nil: // without a date it stands last
			return map[bool]int{true: 1, false: -1}[x.DueAt == nil]
		case f.Sort == "-due":
			return cmp.Or(y.DueAt.Compare(*x.DueAt), id)
		}
		return cmp.Or(x.DueAt.Compare(*y.DueAt), id)
	})
	var out []string
	for _, c := range keep {
		out = append(out, c.Number)
	}
	return out
}

func (b *behind) wanted(u models.User, f models.Filter, c *models.Case) bool {
	b.Helper()
	due, err := time.Parse(time.RFC3339, f.DueBefore)
	if err != nil {
		due, _ = time.ParseInLocation("2006-01-02", f.DueBefore, berlin) // "" is no condition, see below
	}
	return u.Sees(c.AGS) &&
		(len(f.Status) > 0 || c.Status != models.Draft || !u.IsProvider() || u.Has(models.Auditor) || c.AuthorID == u.ID) && // not in the queue yet
		(len(f.Status) == 0 || slices.Contains(f.Status, string(c.Status))) &&
		(f.Municipality == "" || c.AGS == f.Municipality) &&
		(f.Assistant == "" || c.Assistant == f.Assistant) &&
		(f.Section == "" || slices.Contains(c.Sections, f.Section)) &&
		(f.Assignee == "" ||
			(f.Assignee == "none" && c.AssigneeID == nil) ||
			(f.Assignee == "me" && c.AssigneeID != nil && *c.AssigneeID == u.ID) ||
			(c.AssigneeID != nil && f.Assignee == fmt.Sprint(*c.AssigneeID))) &&
		(f.DueBefore == "" || (c.DueAt != nil && c.DueAt.Before(due)))
}

// waits tells from what a user may do whether a request waits for them.
func (b *behind) waits(u models.User, c *models.Case) bool {
	b.Helper()
	own, err := b.s.Case(ctx, u, c.Number)
	if err != nil {
		b.Fatal(err)
	}
	can := func(a models.Action) bool { return slices.Contains(own.Can, a) }
	if own.Status == models.Draft {
		return own.AuthorID == u.ID
	}
	if can(models.Claim) || can(models.Answer) || can(models.Accept) || can(models.Rebase) {
		return true
	}
	if own.Status == models.InReview && own.AssigneeID != nil && *own.AssigneeID == u.ID {
		return true
	}
	if !can(models.Approve) {
		return false
	}
	return (u.Has(models.Approver) && own.GivenMunicipality < own.NeedMunicipality) ||
		(u.Has(models.Lead) && own.Status == models.InReview && own.GivenProvider < own.NeedProvider)
}

// filters are every condition alone and many together.
func (b *behind) filters(r *rand.Rand, n int) []models.Filter {
	pick := func(values ...string) string { return values[r.IntN(len(values))] }
	var out []models.Filter
	for range n {
		f := models.Filter{Sort: pick("", "-number", "number", "due", "-due"), Limit: 3 + r.IntN(30)}
		for range r.IntN(3) {
			switch r.IntN(8) {
			case 0:
				f.Status = append(f.Status, pick("draft", "submitted", "in_review", "question", "approved", "applied", "rejected", "withdrawn", "failed"), pick("submitted", "approved"))
			case 1:
				f.Municipality = pick(Bautzen, Leipzig, "14999999")
			case 2:
				f.Assistant = pick(Birth, Dog, "KOMM24Unbekannt")
			case 3:
				f.Section = pick("kontakt", "zahlung", "gebuehren")
			case 4:
				f.Assignee = pick("me", "none", fmt.Sprint(b.Agent.ID), "99999")
			case 5, 6:
				f.WaitingForMe = true
			case 7:
				f.DueBefore = pick("2027-01-02", "2027-02-01", "2027-01-01T23:00:00Z", "2027-01-02T00:00:00+01:00", "2027-02-01T22:59:59.999Z")
			}
		}
		out = append(out, f)
	}
	return out
}

// TestListsShowWhatTheyShould holds random lists of everybody, page by page,
// against the cases themselves, and one database against the other.
func TestListsShowWhatTheyShould(t *testing.T) {
	lists := map[string][]string{}
	waiting := map[string]int{}
	look(t, func(b *behind) {
		b.populate(7, 120)
		people := []models.User{b.Clerk, b.Clerk2, b.Approver, b.Deputy, b.TenantAdmin, b.LeipzigClerk, b.LeipzigApprover, b.Agent, b.Agent2, b.Lead, b.Lead2, b.Admin, b.Auditor, b.AgentLead}
		var all []*models.Case
		states := map[models.Status]bool{}
		for _, number := range b.walk(b.Auditor, models.Filter{}) {
			c := b.get(number)
			all, states[c.Status] = append(all, c), true
		}
		if len(all) != 120 || len(states) < 8 {
			b.Fatalf("%d requests in states %v", len(all), states)
		}
		waits := map[string]bool{}
		for _, u := range people {
			for _, c := range all {
				waits[u.Email+c.Number] = u.Sees(c.AGS) && b.waits(u, c)
			}
		}
		for i, f := range b.filters(rand.New(rand.NewPCG(3, 5)), 200) {
			u := people[i%len(people)]
			got, want := b.walk(u, f), b.expected(u, f, all, waits)
			if !slices.Equal(got, want) {
				b.Errorf("%s with %+v\ngot  %v\nwant %v", u.Name, f, got, want)
			}
			if f.WaitingForMe {
				waiting[u.Name] += len(want)
			}
			name := fmt.Sprintf("%d %s %+v", i, u.Name, f)
			if other, ok := lists[name]; ok && !slices.Equal(other, got) {
				b.Errorf("%s\nsqlite   %v\npostgres %v", name, other, got)
			}
			lists[name] = got
		}
		for _, u := range people {
			if f := (models.Filter{WaitingForMe: true, Sort: "due"}); !slices.Equal(b.walk(u, f), b.expected(u, f, all, waits)) {
				b.Errorf("%s waits for\ngot  %v\nwant %v", u.Name, b.walk(u, f), b.expected(u, f, all, waits))
			}
		}
	})
	if len(waiting) < 10 {
		t.Errorf("only %v were waited for", waiting)
	}
}

// TestFourEyesInTheQueue: nobody is asked to approve what they wrote or have approved.
func TestFourEyesInTheQueue(t *testing.T) {
	look(t, func(b *behind) {
		waits := func(u models.User, number string) bool {
			return slices.Contains(b.walk(u, models.Filter{WaitingForMe: true}), number)
		}
		own := b.file(b.Deputy, fee("2500", "2027-01-01"))
		others := b.file(b.Clerk, fee("2600", "2027-01-01"))
		if waits(b.Deputy, own.Number) || !waits(b.Approver, own.Number) {
			b.Error("who filed it is asked to approve it, or nobody is")
		}
		if !waits(b.Deputy, others.Number) {
			b.Error("the deputy is not asked for another's")
		}
		b.do(b.Deputy, others.Number, models.Approve, "")
		if waits(b.Deputy, others.Number) || waits(b.Approver, others.Number) {
			b.Error("asked again after the lane is complete")
		}
		edit := models.Input{Content: &models.Content{Changes: &[]models.ChangeInput{{Field: "gebuehren.erste", New: []byte("2700")}}}}
		if _, err := b.try(b.Deputy, others.Number, models.Edit, edit); err != nil {
			b.Fatal(err)
		}
		if waits(b.Deputy, others.Number) || !waits(b.Approver, others.Number) {
			b.Error("who edited it is asked to approve it, or nobody is")
		}
	})
}

// TestPagesHoldStillWhileRequestsArrive: what was there when the reading began is read once, whatever is filed meanwhile.
func TestPagesHoldStillWhileRequestsArrive(t *testing.T) {
	look(t, func(b *behind) {
		b.populate(11, 40)
		for _, sort := range []string{"-number", "number", "due", "-due"} {
			before := b.walk(b.Auditor, models.Filter{Sort: sort})
			seen := map[string]int{}
			f := models.Filter{Sort: sort, Limit: 3}
			for {
				page, next, err := b.s.Requests(ctx, b.Auditor, f)
				b.must(err)
				for _, e := range page {
					seen[e.Number]++
				}
				if next == "" {
					break
				}
				if f.Cursor = next; len(seen) < 60 {
					b.file(b.Clerk, wording(fmt.Sprintf("%s %d", sort, len(seen))))
				}
			}
			for _, number := range before {
				if seen[number] != 1 {
					b.Errorf("%s: %s was read %d times", sort, number, seen[number])
				}
			}
		}
	})
}

// TestBadFiltersAreRefused names what is wrong with each.
func TestBadFiltersAreRefused(t *testing.T) {
	look(t, func(b *behind) {
		b.populate(13, 12)
		_, next, err := b.s.Requests(ctx, b.Auditor, models.Filter{Limit: 2, Sort: "due"})
		if err != nil || next == "" {
			b.Fatal(next, err)
		}
		raw := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
		for field, fs := range map[string][]models.Filter{
			"limit": {{Limit: -1}, {Limit: 201}, {Limit: 1 << 40}},
			"sort":  {{Sort: "DUE"}, {Sort: "r.id"}, {Sort: "due "}, {Sort: "due", Q: "Gebühr"}},
			"cursor": {
				{Cursor: "x"}, {Cursor: "=="}, {Cursor: next}, {Sort: "-due", Cursor: next}, {Cursor: raw("-number|1")}, {Cursor: raw("-number|x|")},
				{Cursor: raw("-number|99999999999999999999|")}, {Sort: "due", Cursor: raw("due|1|yesterday")}, {Sort: "due", Cursor: raw("due|x|")},
			},
			"status":       {{Status: []string{""}}, {Status: []string{"submitted", "open"}}, {Status: []string{"Draft"}}},
			"assignee":     {{Assignee: "nobody"}, {Assignee: "1.5"}, {Assignee: "99999999999999999999"}},
			"due_before":   {{DueBefore: "tomorrow"}, {DueBefore: "2027-02-30"}, {DueBefore: "2027-1-1"}, {DueBefore: "2027-01-01T25:00:00Z"}},
			"q":            {{Q: strings.Repeat("a", 501)}},
			"municipality": {{Municipality: "Bautzen"}, {Municipality: "1462502"}},
			"assistant":    {{Assistant: "Geburts urkunde"}},
			"section":      {{Section: "gebühren"}},
		} {
			for _, f := range fs {
				_, _, err := b.s.Requests(ctx, b.Auditor, f)
				var e *models.Error
				if kindOf(err) != models.Invalid || !errors.As(err, &e) || e.Fields[0].Field != field {
					b.Errorf("%+v: %v, want it to name %s", f, err, field)
				}
			}
		}
	})
}

// TestEveryListPages reads the other lists in small pages: complete, in order, nothing twice.
func TestEveryListPages(t *testing.T) {
	look(t, func(b *behind) {
		c := b.file(b.Clerk, fee("2500", "2027-01-01"))
		for i := range 7 {
			b.must(last(b.s.Comment(ctx, b.Clerk, c.Number, fmt.Sprintf("Wort %d", i), false, nil)))
			b.must(last(b.s.Maintain(ctx, b.TenantAdmin, Bautzen, Birth, i%2 == 0, nil)))
		}
		type page func(cursor string, limit int) (keys []string, next string, err error)
		for name, read := range map[string]page{
			"events": func(from string, n int) ([]string, string, error) {
				x, next, err := b.s.Events(ctx, b.Auditor, c.Number, from, n)
				return keys(x, func(h models.History) string { return fmt.Sprintf("%06d", h.Seq) }), next, err
			},
			"comments": func(from string, n int) ([]string, string, error) {
				x, next, err := b.s.Comments(ctx, b.Auditor, c.Number, from, n)
				return keys(x, func(h models.History) string { return fmt.Sprintf("%06d", h.Seq) }), next, err
			},
			"versions": func(from string, n int) ([]string, string, error) {
				x, next, err := b.s.Versions(ctx, b.Auditor, Bautzen, Birth, from, n)
				return keys(x, func(v models.Version) string { return fmt.Sprintf("%06d", 1000-v.Number) }), next, err
			},
			"forms": func(from string, n int) ([]string, string, error) {
				x, next, err := b.s.Forms(ctx, b.Auditor, "", "", from, n)
				return keys(x, func(f models.FormEntry) string { return f.Key() }), next, err
			},
			"municipalities": func(from string, n int) ([]string, string, error) {
				x, next, err := b.s.Municipalities(ctx, b.Auditor, from, n)
				return keys(x, func(m models.Municipality) string { return m.AGS }), next, err
			},
			"assistants": func(from string, n int) ([]string, string, error) {
				x, next, err := b.s.Assistants(ctx, from, n)
				return keys(x, func(a models.Assistant) string { return a.Key }), next, err
			},
			"mails": func(from string, n int) ([]string, string, error) {
				x, next, err := b.s.Mails(ctx, b.Auditor, "", from, n)
				return keys(x, func(m models.Outgoing) string { return fmt.Sprintf("%06d", 100000-m.ID) }), next, err
			},
		} {
			whole, next, err := read("", 200)
			if err != nil || next != "" || len(whole) < 2 || !slices.IsSorted(whole) {
				b.Errorf("%s: %v, next %q, %v", name, whole, next, err)
			}
			for _, limit := range []int{1, 2, len(whole)} {
				var pieces []string
				cursor := ""
				for range 100 {
					part, next, err := read(cursor, limit)
					b.must(err)
					pieces = append(pieces, part...)
					if cursor = next; next == "" {
						break
					}
				}
				if !slices.Equal(pieces, whole) {
					b.Errorf("%s by %d: %v, want %v", name, limit, pieces, whole)
				}
			}
			for _, limit := range []int{-1, 201} {
				if _, _, err := read("", limit); kindOf(err) != models.Invalid {
					b.Errorf("%s with limit %d: %v", name, limit, err)
				}
			}
		}
	})
}

func keys[T any](xs []T, of func(T) string) []string {
	var out []string
	for _, x := range xs {
		out = append(out, of(x))
	}
	return out
}
