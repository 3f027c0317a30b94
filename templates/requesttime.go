package templates

import (
	"slices"
	"time"

	"formwandel/models"
	"formwandel/models/calendar"
)

// TimelineStep is one station of a request's way.
type TimelineStep struct {
	State  string // done, current, ahead or stopped
	Title  string
	Detail string
}

// timelineOf is the way of a request: stations passed, the one it is at, those ahead.
func timelineOf(words Catalogue, k Told) []TimelineStep {
	w := way{words: words, k: k, c: k.Case}
	w.add(w.submitted())
	w.add(w.reviewed())
	w.add(w.approved())
	w.add(w.applied())
	if w.c.ReturnAt != nil {
		w.add(w.returned())
	}
	w.add(w.accepted())
	return w.steps
}

// way puts a timeline together.
type way struct {
	words Catalogue
	k     Told
	c     *models.Case
	steps []TimelineStep
	over  bool // rejected or withdrawn: nothing comes any more
}

func (w *way) add(s TimelineStep) {
	if !w.over {
		w.steps = append(w.steps, s)
	}
	w.over = w.over || s.State == "stopped"
}

func (w *way) say(key string, args ...any) string {
	return sayPairs(w.words, "web.request.line."+key, args...)
}

// last is the latest event of one of some actions.
func (w *way) last(actions ...models.Action) *models.History {
	if i := slices.IndexFunc(w.k.Steps, func(h models.History) bool { return slices.Contains(actions, h.Action) }); i >= 0 {
		return &w.k.Steps[i]
	}
	return nil
}

// step is a station with a state, a name, and what there is to say of it.
func (w *way) step(state, title, detail string) TimelineStep {
	return TimelineStep{state, w.say(title), detail}
}

// on says when something was done and by whom.
func (w *way) on(h *models.History) string {
	if h == nil {
		return ""
	}
	return w.say("on_by", "day", dayIn(w.words, calendar.DayOf(h.At)), "who", h.Actor.Name)
}

func (w *way) at(t *time.Time) string { return w.say("on", "day", dateIn(w.words, t)) }

// stopped is where a rejected or withdrawn request came to its end, if that was in one of these states.
func (w *way) stopped(from ...models.Status) (TimelineStep, bool) {
	if w.c.Status != models.Rejected && w.c.Status != models.Withdrawn {
		return TimelineStep{}, false
	}
	h := w.last(models.Reject, models.Withdraw)
	if h == nil || !slices.Contains(from, h.From) {
		return TimelineStep{}, false
	}
	return w.step("stopped", string(w.c.Status), w.on(h)), true
}

func (w *way) submitted() TimelineStep {
	if s, ended := w.stopped(models.Draft); ended {
		return s
	}
	if w.c.SubmittedAt == nil {
		return w.step("current", "draft", w.say("draft_since", "day", dateIn(w.words, w.c.CreatedAt)))
	}
	return w.step("done", "submitted", w.say("on_by", "day", dateIn(w.words, w.c.SubmittedAt), "who", w.c.Author.Name))
}

func (w *way) reviewed() TimelineStep {
	if s, ended := w.stopped(models.Submitted, models.InReview, models.Question, models.Failed); ended {
		return s
	}
	with := ""
	if w.c.Assignee != nil {
		with = w.say("with", "who", w.c.Assignee.Name)
	}
	switch w.c.Status {
	case models.Draft:
		return w.step("ahead", "review", "")
	case models.Submitted:
		return w.step("current", "review_waits", w.say("unclaimed"))
	case models.InReview:
		return w.step("current", "in_review", with)
	case models.Question:
		return w.step("current", "question", w.say("answer_by", "day", dayIn(w.words, w.c.AnswerBy)))
	}
	return w.step("done", "reviewed", with)
}

func (w *way) approved() TimelineStep {
	if s, ended := w.stopped(models.Approved); ended {
		return s
	}
	if w.c.ApprovedAt != nil {
		return w.step("done", "approved", w.at(w.c.ApprovedAt))
	}
	if w.c.Status == models.Draft {
		return w.step("ahead", "approvals", "")
	}
	given, needed := w.c.GivenMunicipality+w.c.GivenProvider, w.c.NeedMunicipality+w.c.NeedProvider
	return w.step("ahead", "approvals", w.say("given", "given", given, "needed", needed))
}

func (w *way) applied() TimelineStep {
	switch {
	case w.c.AppliedAt != nil:
		detail := w.at(w.c.AppliedAt)
		if w.c.ConfigNumber != nil {
			detail = w.say("on_version", "day", dateIn(w.words, w.c.AppliedAt), "version", *w.c.ConfigNumber)
		}
		return w.step("done", "applied", detail)
	case w.c.Status == models.Failed:
		return w.step("current", "failed", w.on(w.last(models.Fail)))
	case w.c.Status == models.Approved && len(w.c.Blockers) > 0: // what follows says why, and the way out
		return w.step("current", "apply", w.blocked())
	case w.c.Status == models.Approved:
		return w.step("current", "apply", w.planned())
	}
	return w.step("ahead", "apply", w.planned())
}

// blocked says that an approved request will not be applied as things are; and the request that is why, if it is one.
func (w *way) blocked() string {
	for _, b := range w.c.Blockers {
		if state := b.Basis(); state != "" {
			return w.say("apply_blocked."+string(state), "number", b.Args["number"])
		}
	}
	return w.say("apply_blocked")
}

// planned is the promise about the date.
func (w *way) planned() string {
	switch {
	case w.c.Date.IsZero():
		return ""
	case w.c.Kind == models.By:
		return w.say("by", "day", dayIn(w.words, w.c.Date))
	}
	return w.say("from", "day", dayIn(w.words, w.c.Date))
}

func (w *way) returned() TimelineStep {
	detail := w.say("after", "day", dayIn(w.words, w.c.Until))
	switch {
	case w.c.Returned:
		return w.step("done", "returned", detail)
	case w.c.Status == models.Approved && len(w.c.Blockers) > 0:
		detail = w.say("after_apply")
	}
	return w.step("ahead", "return", detail)
}

func (w *way) accepted() TimelineStep {
	switch w.c.Status {
	case models.Accepted:
		return w.step("done", "accepted", w.on(w.last(models.Accept)))
	case models.Applied:
		return w.step("current", "accept", w.say("until", "day", dayIn(w.words, w.c.AcceptBy)))
	}
	return w.step("ahead", "accept", w.say("after_apply"))
}
