package handlers

import (
	"cmp"
	"errors"
	"net/url"
	"slices"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
	"formwandel/templates"
)

// openStates are the states of work that is not done, as the queue shows it first.
var openStates = []string{string(models.Submitted), string(models.InReview), string(models.Question), string(models.Approved), string(models.Failed)}

// queueViews are the views of the house: who has them, their words, what they show.
// What shows only what is open is counted.
var queueViews = []struct {
	key     string
	right   models.Right
	filter  models.Filter
	uncount bool
}{
	{"open", models.SeeRequests, models.Filter{Status: openStates, Sort: "due"}, false},
	{"waiting", models.AwaitRequests, models.Filter{WaitingForMe: true, Sort: "due"}, false},
	{"submitted", models.SeeRequests, inState(models.Submitted), false},
	{"in_review", models.SeeRequests, inState(models.InReview), false},
	{"question", models.SeeRequests, inState(models.Question), false},
	{"approved", models.SeeRequests, inState(models.Approved), false},
	{"failed", models.SeeRequests, inState(models.Failed), false},
	{"mine", models.StepRight(models.Claim), models.Filter{Status: openStates, Assignee: "me", Sort: "due"}, false},
	{"all", models.SeeRequests, models.Filter{Sort: "-number"}, true},
}

func inState(s models.Status) models.Filter {
	return models.Filter{Status: []string{string(s)}, Sort: "due"}
}

// firstView is what the queue shows to somebody who has asked for nothing: the
// team what is open by date, a town hall its own, newest first.
func firstView(u models.User) models.Filter {
	if u.AGS == "" {
		return models.Filter{Status: openStates, Sort: "due"}
	}
	return models.Filter{Sort: "-number"}
}

// asked is what the queue is asked to show, with what a form on it has brought about.
type asked struct {
	models.Filter
	bad      error                  // why the filter can't be used
	wrong    error                  // what has to be mended in another form of the page
	viewName string                 // of a view to be saved
	picked   []string               // what was selected
	assignee int64                  // and for whom
	note     string                 // what has been done
	refused  []templates.RefusedRow // and what has not
}

// queuePage shows the queue.
func (d *door) queuePage(c *fiber.Ctx) error {
	v := queryOf(c)
	a := d.asked(c, v)
	a.note, a.refused = outcomeOf(v.Get("ergebnis"), locale(c))
	return d.showQueue(c, a)
}

// asked reads what a query asks for. A search is always in the order of the
// numbers: an order that was chosen before is let go.
func (d *door) asked(c *fiber.Ctx, v url.Values) asked {
	if v = without(v, "ergebnis", "erledigt"); len(v) == 0 {
		return asked{Filter: firstView(user(c))}
	}
	f, err := readFilter(v)
	if f.Q != "" {
		f.Sort = ""
	}
	return asked{Filter: f, bad: cmp.Or(knownOnly(v, queueParameters), err)}
}

// without is a query without some parameters.
func without(v url.Values, names ...string) url.Values {
	out := url.Values{}
	for name, values := range v {
		if !slices.Contains(names, name) {
			out[name] = values
		}
	}
	return out
}

// showQueue shows the queue with what has to be mended; a filter that can't be used lists nothing.
func (d *door) showQueue(c *fiber.Ctx, a asked) error {
	var entries []models.Entry
	var next string
	if a.bad == nil {
		entries, next, a.bad = d.Store.Requests(c.UserContext(), user(c), a.Filter)
	}
	p := &templates.QueuePage{Frame: d.frame(c, "web.queue.title"), Asked: a.Filter, ViewName: a.viewName, Assignee: a.assignee, Refused: a.refused}
	p.Wide = true
	if a.note != "" {
		p.Notice = a.note
	}
	if err := cmp.Or(mendable(p, a.bad), mendable(p, a.wrong), d.queueAround(c, p), d.queueRows(c, p, entries, a.picked)); err != nil {
		return err
	}
	p.Next, p.First = turning(a.Filter, next)
	if p.Problems != nil {
		return d.render(c, fiber.StatusUnprocessableEntity, p)
	}
	return d.render(c, fiber.StatusOK, p)
}

// mendable shows what a person can mend; every other error stays one.
func mendable(p *templates.QueuePage, err error) error {
	var refusal *models.Error
	if !errors.As(err, &refusal) || refusal.Kind != models.Invalid {
		return err
	}
	for _, f := range fieldsOf(refusal.Fields, templates.Words(p.Lang)) {
		p.Problems = append(p.Problems, templates.Problem{Field: f.Field, Text: f.Detail})
	}
	return nil
}

// queueAround adds what stands around the list: views, choices, chips.
func (d *door) queueAround(c *fiber.Ctx, p *templates.QueuePage) error {
	u, f := user(c), p.Asked
	f.Cursor, f.Limit = "", 0
	if p.Asked.Sort == "" {
		p.Asked.Sort = "-number"
	}
	p.Query, p.Towns = writeFilter(f), u.AGS == ""
	var err error
	if p.Choices, err = d.Store.Choices(c.UserContext(), u); err != nil {
		return err
	}
	p.Chips = chipsOf(f, p.Choices, p.Lang)
	if err := d.queueViews(c, p); err != nil {
		return err
	}
	saved, err := d.Store.SavedViews(c.UserContext(), u)
	for _, s := range saved {
		p.Saved = append(p.Saved, templates.QueueView{ID: s.ID, Path: "/auftraege?" + s.Query, Label: s.Name, Current: s.Query == p.Query})
	}
	for _, v := range slices.Concat(p.Views, p.Saved) {
		if v.Current {
			p.Title = p.Say("web.queue.title_view", "view", v.Label)
			break
		}
	}
	return err
}

// queueViews adds the views of the house that a person has, with their counts.
func (d *door) queueViews(c *fiber.Ctx, p *templates.QueuePage) error {
	u := user(c)
	var counted []models.Filter
	var at []int
	for _, v := range queueViews {
		if !u.MaySomewhere(v.right) {
			continue
		}
		query := writeFilter(v.filter)
		view := templates.QueueView{Path: "/auftraege?" + query, Label: p.Say("web.queue.view." + v.key), Current: query == p.Query}
		if query == writeFilter(firstView(u)) {
			view.Path = "/auftraege"
		}
		if !v.uncount {
			counted, at = append(counted, v.filter), append(at, len(p.Views))
		}
		p.Views = append(p.Views, view)
	}
	counts, err := d.Store.Count(c.UserContext(), u, counted)
	for i, n := range counts {
		p.Views[at[i]].Count = strconv.Itoa(n)
		if n >= models.CountUpTo {
			p.Views[at[i]].Count = p.Say("web.queue.count_more", "n", models.CountUpTo-1)
		}
	}
	return err
}

// queueRows adds the requests themselves, with who looks at them.
func (d *door) queueRows(c *fiber.Ctx, p *templates.QueuePage, entries []models.Entry, picked []string) error {
	u := user(c)
	now, err := d.Store.Now(c.UserContext())
	if err != nil {
		return err
	}
	lookers, err := d.Store.LookersOf(c.UserContext(), u, entries)
	if err != nil {
		return err
	}
	for i := range entries {
		e := &entries[i]
		row := templates.NewQueueRow(*e, p.Lang, now)
		row.Looking = templates.Looking(p.Lang, lookers[e.ID])
		if can := e.Can(u, now); slices.Contains(can, models.Claim) || slices.Contains(can, models.Assign) {
			row.Pick = e.Number + ":" + strconv.Itoa(e.Version)
			row.Picked = slices.Contains(picked, row.Pick)
			p.MayWork = true
		}
		p.Rows = append(p.Rows, row)
	}
	return nil
}

// turning are the ways to the next page of a list and back to the first.
func turning(f models.Filter, next string) (on, first string) {
	if next != "" {
		g := f
		g.Cursor = next
		on = "/auftraege?" + writeFilter(g)
	}
	if f.Cursor != "" {
		f.Cursor = ""
		first = "/auftraege?" + writeFilter(f)
	}
	return on, first
}
