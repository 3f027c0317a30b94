package handlers

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
)

// queueParameters are the filters of the queue, of the API and of the page alike.
var queueParameters = []string{"status", "municipality", "assistant", "section", "assignee", "waiting_for", "due_before", "q", "sort", "cursor", "limit"}

// queryOf is what the address asks for, as a copy that outlives the call.
func queryOf(c *fiber.Ctx) url.Values {
	v := url.Values{}
	for name, value := range c.Context().QueryArgs().All() {
		v.Add(string(name), string(value))
	}
	return v
}

// readFilter reads a filter of the queue; what the store takes is the store's to check.
func readFilter(v url.Values) (models.Filter, error) {
	f := models.Filter{
		Status: statesOf(v["status"]), Municipality: v.Get("municipality"), Assistant: v.Get("assistant"), Section: v.Get("section"),
		Assignee: v.Get("assignee"), DueBefore: v.Get("due_before"), Q: v.Get("q"), Sort: v.Get("sort"), Cursor: v.Get("cursor"),
	}
	var faults []models.FieldError
	if limit := v.Get("limit"); limit != "" {
		n, err := strconv.Atoi(limit)
		if err != nil {
			faults = append(faults, models.FieldError{Field: "limit", Code: "not_a_number"})
		}
		if f.Limit = n; n < 1 {
			f.Limit = -1
		}
	}
	switch v.Get("waiting_for") {
	case "":
	case "me":
		f.WaitingForMe = true
	default:
		faults = append(faults, models.FieldError{Field: "waiting_for", Code: "waiting_for_me"})
	}
	if faults != nil {
		return f, &models.Error{Kind: models.Invalid, Code: "invalid", Fields: faults}
	}
	return f, nil
}

// statesOf are states separated by commas (API) or named one by one (form).
func statesOf(values []string) []string {
	var out []string
	for _, v := range values {
		if v != "" {
			out = append(out, strings.Split(v, ",")...)
		}
	}
	return out
}

// writeFilter is the address of a filter: the same filter always has the same
// one, and it always says the order, so that it is never empty.
func writeFilter(f models.Filter) string {
	v := url.Values{}
	set := func(name, value string) {
		if value != "" {
			v.Set(name, value)
		}
	}
	states := slices.Clone(f.Status)
	slices.SortStableFunc(states, func(a, b string) int { return place(a) - place(b) })
	set("status", strings.Join(slices.Compact(states), ","))
	set("municipality", f.Municipality)
	set("assistant", f.Assistant)
	set("section", f.Section)
	set("assignee", f.Assignee)
	set("due_before", f.DueBefore)
	set("q", f.Q)
	set("cursor", f.Cursor)
	if f.WaitingForMe {
		set("waiting_for", "me")
	}
	if f.Limit > 0 {
		set("limit", strconv.Itoa(f.Limit))
	}
	if f.Sort == "" {
		f.Sort = "-number"
	}
	set("sort", f.Sort)
	return strings.ReplaceAll(v.Encode(), "%2C", ",")
}

// place is where a state stands in a request's life.
func place(status string) int { return slices.Index(models.Statuses, models.Status(status)) }
