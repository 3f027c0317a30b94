package templates

import (
	"strings"

	"formwandel/models"
	"formwandel/models/calendar"
)

// about says what the request asks for and what people wrote about it.
func (w *letterWriter) about() []Block {
	var blocks []Block
	if quote := quoteLines(w.facts.Comment); len(quote) > 0 {
		key := "mail.comment." + string(w.kind)
		if !w.words.Has(key) {
			key = "mail.comment"
		}
		blocks = append(blocks, Block{Kind: Quote, Text: w.say(key), Items: quote})
	}
	if sentences := eachOnOneLine(w.facts.Sentences); len(sentences) > 0 {
		blocks = append(blocks, Block{Kind: List, Text: w.say("mail.sentences"), Items: sentences})
	}
	if policy := w.policyLines(); len(policy) > 0 {
		blocks = append(blocks, Block{Kind: List, Text: w.say("mail.policy.changes." + string(w.kind)), Items: policy})
	}
	if wish := quoteLines(w.facts.Wish); len(wish) > 0 {
		blocks = append(blocks, Block{Kind: Quote, Text: w.say("mail.wish"), Items: wish})
	}
	return blocks
}

// outcome says which values stand in the form now and what is still missing.
func (w *letterWriter) outcome() []Block {
	var blocks []Block
	if len(w.facts.ReadBack) > 0 {
		key := "mail.readback"
		if w.kind != models.MailApplied {
			key = "mail.readback.ended"
		}
		blocks = append(blocks, Block{Kind: List, Text: w.say(key), Items: w.readings()})
	}
	conflicts, unfit := w.conflicts()
	if len(conflicts) > 0 {
		blocks = append(blocks, Block{Kind: List, Text: w.say("mail.conflicts"), Items: conflicts})
	}
	if len(unfit) > 0 {
		key := "mail.unfits"
		if w.kind == models.MailKept {
			key = "mail.unfits.former"
		}
		blocks = append(blocks, Block{Kind: List, Text: w.say(key), Items: unfit})
	}
	if signed := eachOnOneLine(w.facts.Signed); len(signed) > 0 {
		blocks = append(blocks, w.paragraph("mail.signed"), Block{Kind: Facts, Items: signed})
	}
	if open := eachOnOneLine(w.facts.Open); len(open) > 0 {
		blocks = append(blocks, Block{Kind: List, Text: w.say("mail.open"), Items: open})
	}
	return blocks
}

func (w *letterWriter) readings() []string {
	items := make([]string, len(w.facts.ReadBack))
	for i, r := range w.facts.ReadBack {
		items[i] = w.words.Say("mail.reading", map[string]any{
			"label": unlinked(oneLine(r.Label)), "value": w.value(r.Value),
		})
	}
	return items
}

// conflicts are the fields that held another value, and those whose new value no longer fits.
func (w *letterWriter) conflicts() (conflicts, unfit []string) {
	for _, c := range w.facts.Conflicts {
		label := unlinked(oneLine(c.Label))
		if c.Unfit {
			key := "mail.unfit"
			switch {
			case w.kind == models.MailKept:
				key = "mail.unfit.former"
			case c.Closed:
				key = "mail.unfit.closed"
			}
			unfit = append(unfit, w.words.Say(key, map[string]any{"label": label, "wanted": w.value(c.Wanted)}))
			continue
		}
		conflicts = append(conflicts, w.words.Say("mail.conflict", map[string]any{"label": label, "expected": w.value(c.Expected), "found": w.value(c.Found)}))
	}
	return conflicts, unfit
}

func (w *letterWriter) value(v string) string {
	if v = unlinked(strings.TrimSpace(oneLine(v))); v == "" {
		return w.say("mail.empty")
	}
	return v
}

func (w *letterWriter) factLines() []string {
	var items []string
	add := func(key string, value any) {
		if value != "" {
			items = append(items, w.sayWith(key, "value", value))
		}
	}
	add("mail.fact.number", w.args["number"])
	add("mail.fact.form", w.args["form"])
	add("mail.fact.municipality", w.args["municipality"])
	add("mail.fact.effective", unlinked(oneLine(w.facts.Effective)))
	add("mail.fact.actor", w.args["actor"])
	if !w.facts.At.IsZero() {
		items = append(items, w.happened())
	}
	return items
}

// happened says when it was.
func (w *letterWriter) happened() string {
	return w.words.Say("mail.fact.at", map[string]any{
		"day":  dayIn(w.words, calendar.DayOf(w.facts.At)),
		"time": w.facts.At.In(calendar.Berlin).Format("15:04"),
	})
}

func eachOnOneLine(from []string) []string {
	var items []string
	for _, s := range from {
		if s = unlinked(strings.TrimSpace(oneLine(s))); s != "" {
			items = append(items, s)
		}
	}
	return items
}
