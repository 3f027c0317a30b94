package templates

import (
	"slices"
	"strings"

	"formwandel/models"
	"formwandel/models/calendar"
	"formwandel/models/definition"
	"formwandel/models/fields"
)

// Fill puts on the page what a request says: sentences, before and after, date, approvals, and what is missing.
func (p *CheckPage) Fill(k *models.Sheet) {
	from := "?von=pruefen"
	for i, ch := range k.Changes {
		f := k.Fields[i]
		p.Sentences = append(p.Sentences, CheckLine{f.Sentence(ch.Old, ch.New, k.Effective(), p.Lang), p.Base + "/felder" + from + "#" + FieldInput(f), ch.Label})
		if h := f.Hint(ch.Old, ch.New); h != nil {
			p.Hints = append(p.Hints, f.Label+": "+h.Detail(p.Lang, Words(p.Lang).Say))
		}
	}
	for _, s := range k.Definition.Sections {
		if slices.Contains(k.Sections, s.Key) {
			p.Sections = append(p.Sections, p.section(k, s))
		}
	}
	p.When = whenIn(Words(p.Lang), &k.Request)
	if !k.Date.IsZero() && k.Date.Before(k.Earliest.Day) {
		e := k.Earliest
		p.TooEarly = &e
	}
	p.Needs = p.needs(k)
	if p.When == "" {
		p.Missing = append(p.Missing, CheckGap{p.Say("web.filing.check.no_date"), p.Base + "/wann" + from})
	}
	if len(k.Changes) == 0 && k.Wish == "" {
		p.Missing = append(p.Missing, CheckGap{p.Say("web.filing.check.no_change"), p.Base + "/felder" + from})
	}
}

// section is a section of the form, before and after.
func (p *CheckPage) section(k *models.Sheet, s definition.Section) CheckSection {
	out := CheckSection{Key: s.Key, Title: s.Title}
	for _, f := range s.Fields {
		row := CheckRow{Label: f.Label, Old: f.Display(k.Old[f.Key], p.Lang)}
		if f.Type == fields.Protected {
			row.Old = p.Say("web.filing.secret")
		}
		i := slices.IndexFunc(k.Changes, func(c models.Change) bool { return c.Field == f.Key })
		if i >= 0 {
			row.Changed, row.New = true, f.Display(k.Changes[i].New, p.Lang)
			if f.Type == fields.Protected && k.Changes[i].New != "" {
				row.New = p.Say("web.filing.secret_new")
			}
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

// needs says which approvals the request will need, and from whom.
func (p *CheckPage) needs(k *models.Sheet) []string {
	var out []string
	if n := k.NeedMunicipality; n > 0 {
		out = append(out, p.Say(plural("web.filing.check.need_own.", n), "n", n, "town", k.Municipality))
	}
	return append(out, p.Say(plural("web.filing.check.need_provider.", k.NeedProvider), "n", k.NeedProvider))
}

// plural is the key for one, or for more than one, of those that begin so.
func plural(key string, n int) string {
	if n == 1 {
		return key + "one"
	}
	return key + "many"
}

// whenIn is a request's date as a phrase: "ab Freitag, 01.01.2027".
func whenIn(words Catalogue, r *models.Request) string {
	if r.Date.IsZero() || r.Kind == "" {
		return ""
	}
	s := words.Say("web.filing.effective."+r.Kind, map[string]any{"day": longDay(words, r.Date)})
	if !r.Until.IsZero() {
		s += ", " + words.Say("web.filing.effective.until", map[string]any{"day": longDay(words, r.Until)})
	}
	return s
}

// longDay is a day with its weekday: Freitag, 04.12.2026.
func longDay(words Catalogue, d calendar.Day) string {
	return words.Say("web.filing.weekday."+strings.ToLower(d.Weekday().String()), nil) + ", " + dayIn(words, d)
}

// EarliestLine says which day is realistic, and why.
func (p *WhenPage) EarliestLine() string { return earliestIn(&p.Frame, p.Earliest) }

// EarlyLine says that the chosen day is before what is realistic.
func (p *CheckPage) EarlyLine() string { return earliestIn(&p.Frame, *p.TooEarly) }

func earliestIn(fr *Frame, e models.Earliest) string {
	key := "web.filing.earliest"
	if e.Municipality == 0 {
		key = "web.filing.earliest_provider"
	}
	return fr.Say(key, "day", longDay(Words(fr.Lang), e.Day), "review", e.Review, "own", e.Municipality, "provider", e.Provider)
}

// Tell puts on the page what was sent and what happens next.
func (p *SentPage) Tell(k *models.Case) {
	words := Words(p.Lang)
	for i, ch := range k.Changes {
		p.Sentences = append(p.Sentences, k.Fields[i].Sentence(ch.Old, ch.New, k.Effective(), p.Lang))
	}
	if len(p.Sentences) == 0 && k.Wish != "" {
		p.Sentences = []string{words.Say("web.wish", map[string]any{"text": shorten(k.Wish, longWish)})}
	}
	step := func(key string, args ...any) { p.Steps = append(p.Steps, p.Say("web.filing.sent."+key, args...)) }
	step("review")
	if len(k.Changes) == 0 {
		step("wish")
	}
	if k.NeedMunicipality > 0 {
		step("approve_both", "town", k.Municipality)
	} else {
		step("approve_provider")
	}
	if !k.Date.IsZero() {
		step("apply_"+k.Kind, "day", longDay(words, k.Date))
	}
	step("accept")
}

// MeanwhileLine says what somebody did to a request.
func MeanwhileLine(lang string, h models.History) string {
	words := Words(lang)
	s := words.Say("web.filing.meanwhile.line", map[string]any{"actor": h.Actor.Name, "at": instantIn(words, h.At), "what": words.Say("web.filing.action."+string(h.Action), nil)})
	var said []string
	for i, c := range h.Changes {
		var e fields.Effective
		if h.Effective != nil {
			e = *h.Effective
		}
		said = append(said, h.Fields[i].Sentence(c.Old, c.New, e, words.Lang()))
	}
	if len(said) > 0 {
		s += " " + strings.Join(said, "; ")
	}
	return s
}
