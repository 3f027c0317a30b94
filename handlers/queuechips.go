package handlers

import (
	"slices"
	"strconv"

	"formwandel/models"
	"formwandel/models/calendar"
	"formwandel/templates"
)

// chipsOf are the things that narrow a list, each with the way to the list without it.
func chipsOf(f models.Filter, choices models.Choices, lang string) []templates.Chip {
	w := chipWriter{f: f, words: templates.Words(lang)}
	w.states()
	w.add("q", f.Q, func(g *models.Filter) { g.Q = "" })
	if f.WaitingForMe {
		w.put(w.words.Say("web.queue.waiting_for", nil), func(g *models.Filter) { g.WaitingForMe = false })
	}
	w.add("municipality", nameIn(choices.Municipalities, f.Municipality), func(g *models.Filter) { g.Municipality = "" })
	w.add("assistant", nameIn(choices.Assistants, f.Assistant), func(g *models.Filter) { g.Assistant = "" })
	w.add("section", nameIn(choices.Sections, f.Section), func(g *models.Filter) { g.Section = "" })
	w.add("assignee", w.assignee(choices.Agents), func(g *models.Filter) { g.Assignee = "" })
	w.add("due_before", dayOr(f.DueBefore, lang), func(g *models.Filter) { g.DueBefore = "" })
	return w.chips
}

// chipWriter collects the chips of a filter.
type chipWriter struct {
	f     models.Filter
	words templates.Catalogue
	chips []templates.Chip
}

// put adds a chip; drop takes its part out of the filter.
func (w *chipWriter) put(label string, drop func(*models.Filter)) {
	g := w.f
	drop(&g)
	w.chips = append(w.chips, templates.Chip{Path: "/auftraege?" + writeFilter(g), Label: label})
}

// add adds a chip of a value, if there is one.
func (w *chipWriter) add(name, value string, drop func(*models.Filter)) {
	if value != "" {
		w.put(w.words.Say("web.queue.chip", map[string]any{"what": w.words.Say("web.queue."+name, nil), "value": value}), drop)
	}
}

// states adds one chip for all that is open, else one for each state.
func (w *chipWriter) states() {
	if len(w.f.Status) == len(openStates) && !slices.ContainsFunc(openStates, func(s string) bool { return !slices.Contains(w.f.Status, s) }) {
		w.add("status", w.words.Say("web.queue.view.open", nil), func(g *models.Filter) { g.Status = nil })
		return
	}
	for _, s := range w.f.Status {
		if w.words.Has("web.status." + s) {
			w.add("status", w.words.Say("web.status."+s, nil), func(g *models.Filter) {
				g.Status = slices.DeleteFunc(slices.Clone(g.Status), func(x string) bool { return x == s })
			})
		}
	}
}

// assignee is who the filter asks for, in words.
func (w *chipWriter) assignee(agents []models.Person) string {
	switch w.f.Assignee {
	case "":
		return ""
	case "me", "none":
		return w.words.Say("web.queue.assignee."+w.f.Assignee, nil)
	}
	for _, a := range agents {
		if strconv.FormatInt(a.ID, 10) == w.f.Assignee {
			return a.Name
		}
	}
	return w.f.Assignee
}

// nameIn is a key's name among choices; what is none keeps its key.
func nameIn(choices []models.Choice, key string) string {
	for _, c := range choices {
		if c.Key == key {
			return c.Name
		}
	}
	return key
}

// dayOr is a day as people read it; what is none stays as it is.
func dayOr(text, lang string) string {
	d, err := calendar.ParseDay(text)
	switch {
	case err != nil:
		return text
	case lang == "en":
		return d.English()
	}
	return d.German()
}
