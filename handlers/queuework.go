package handlers

import (
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
	"formwandel/templates"
)

// pick is a request that was selected, as it was shown.
type pick struct {
	number  string
	version int
}

// mostPicked bounds how many requests are worked on at once: a page of a list.
const mostPicked = 200

// pickedForm is what can be done to many requests: tun names the action.
var pickedForm = map[string]models.Action{"uebernehmen": models.Claim, "zuweisen": models.Assign}

// workOnMany takes a step on each of the selected requests, one by one: what
// is refused holds up nothing else. The page that follows says what worked and
// what did not.
func (d *door) workOnMany(c *fiber.Ctx) error {
	a, ok := pickedForm[posted(c, "tun")]
	if !ok {
		return fiber.ErrNotFound
	}
	if !user(c).MaySomewhere(models.StepRight(a)) {
		return notYours()
	}
	chosen := postedAll(c, "auswahl")
	assignee, _ := strconv.ParseInt(posted(c, "assignee_to"), 10, 64) // what is no number is nobody's
	back := d.asked(c, queryIn(posted(c, "zurueck")))
	back.picked, back.assignee = chosen, assignee
	picks := picksOf(chosen)
	switch {
	case len(picks) == 0 || len(picks) > mostPicked:
		back.wrong = invalidForm("auswahl", "nothing_picked")
	case a == models.Assign && assignee == 0:
		back.wrong = invalidForm("assignee_to", "assignee_required")
	}
	if back.wrong != nil {
		return d.showQueue(c, back)
	}
	outcome := make([]string, 0, len(picks))
	for _, p := range picks {
		outcome = append(outcome, p.number+"."+d.workOnOne(c, p, a, assignee))
	}
	query := writeFilter(back.Filter)
	return c.Redirect("/auftraege?"+query+"&ergebnis="+string(a)+":"+strings.Join(outcome, ","), fiber.StatusSeeOther)
}

func invalidForm(field, code string) error {
	return &models.Error{Kind: models.Invalid, Code: "invalid", Fields: []models.FieldError{{Field: field, Code: code}}}
}

// queryIn reads a query that a form carried; what can't be read asks for nothing.
func queryIn(text string) url.Values {
	v, err := url.ParseQuery(text)
	if err != nil {
		return url.Values{}
	}
	return v
}

// picksOf reads number:version of what was selected.
func picksOf(values []string) []pick {
	var out []pick
	for _, v := range values {
		number, version, _ := strings.Cut(v, ":")
		n, err := strconv.Atoi(version)
		if err == nil && !slices.ContainsFunc(out, func(p pick) bool { return p.number == number }) && outcomePattern.MatchString(number+".ok") {
			out = append(out, pick{number, n})
		}
	}
	return out
}

// workOnOne takes a step on one request, once however often the form is sent; the answer is a word of outcomes.
func (d *door) workOnOne(c *fiber.Ctx, p pick, a models.Action, assignee int64) string {
	in := models.Input{Version: p.version}
	if a == models.Assign {
		in.Assignee = assignee
	}
	if o := onceForm(c, func(*models.Case) string { return "" }); o != nil {
		o.Key += " " + p.number
		in.Once = o
	}
	_, err := d.Store.Do(c.UserContext(), user(c), p.number, a, in)
	var refusal *models.Error
	switch {
	case err == nil:
		return "ok"
	case !errors.As(err, &refusal) || refusal.Kind == models.Busy:
		d.logged(c, err)
		return "trouble"
	}
	if word, ok := outcomes[refusal.Code]; ok {
		return word
	}
	return outcomes[string(refusal.Kind)]
}

// outcomes are the reasons that a list of what did not work knows, by code or kind of a refusal.
var outcomes = map[string]string{
	"stale": "stale", "wrong_state": "state", "already_assignee": "same", "still_running": "trouble", "key_reused": "stale",
	"not_found": "gone", "forbidden": "forbidden", "unauthorized": "forbidden", "conflict": "stale", "invalid": "person",
}

// outcomePattern is what became of one request: its number, and ok or a word of outcomes.
var outcomePattern = regexp.MustCompile(`^(KA-[0-9]{4}-[0-9]{6,12})\.([a-z]+)$`)

// outcomeOf says what became of the selected requests, from the address the form led to.
func outcomeOf(text, lang string) (note string, refused []templates.RefusedRow) {
	action, list, _ := strings.Cut(text, ":")
	words := templates.Words(lang)
	if action != string(models.Claim) && action != string(models.Assign) {
		return "", nil
	}
	var done []string
	for part := range strings.SplitSeq(list, ",") {
		m := outcomePattern.FindStringSubmatch(part)
		switch {
		case m == nil || len(done)+len(refused) >= mostPicked:
		case m[2] == "ok":
			done = append(done, m[1])
		case words.Has("web.queue.refused." + m[2]):
			refused = append(refused, templates.RefusedRow{Number: m[1], Why: words.Say("web.queue.refused."+m[2], nil)})
		}
	}
	if len(done) == 0 {
		return "", refused
	}
	return words.Say("web.queue.done."+action, map[string]any{"numbers": strings.Join(done, ", ")}), refused
}
