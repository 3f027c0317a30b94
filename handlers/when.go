package handlers

import (
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
	"formwandel/models/calendar"
	"formwandel/templates"
)

// whenPage asks from when or by when a change shall hold.
func (d *door) whenPage(c *fiber.Ctx, k *desk) error { return d.showWhen(c, k, asShown) }

func (d *door) showWhen(c *fiber.Ctx, k *desk, a attempt) error {
	p := &templates.WhenPage{Wizard: d.wizard(c, k, "web.filing.when.title"), Earliest: k.Earliest, Today: k.Today, OwnLane: k.NeedMunicipality > 0}
	if err := d.put(c, k, &p.Wizard, a); err != nil {
		return err
	}
	in := k.whenAsSaved()
	if a.values == nil {
		a.values = k.typed[k.page].Values
	}
	for name := range in {
		if v, ok := a.values[name]; ok {
			in[name] = v
		}
	}
	p.Kind, p.Date, p.Until, p.Reason = in.one("art"), in.one("datum"), in.one("befristet"), in.one("grund")
	return d.render(c, a.status, p)
}

// whenAsSaved is what stands in the inputs of the page as it was saved. Most changes hold from a day on.
func (k *desk) whenAsSaved() inputs {
	kind := k.Kind
	if kind == "" {
		kind = models.From
	}
	return inputs{"art": {kind}, "datum": {k.Date.German()}, "befristet": {k.Until.German()}, "grund": {k.Reason}}
}

// saveWhen takes the date as people write it.
func (d *door) saveWhen(c *fiber.Ctx, k *desk) error {
	again := func(k *desk, a attempt) error { return d.showWhen(c, k, a) }
	in, reason := typedInputs(c), posted(c, "grund")
	date, until, problems := readWhen(c, in)
	if problems != nil {
		return d.giveBack(c, k, attempt{status: fiber.StatusUnprocessableEntity, problems: problems}, again)
	}
	if posted(c, "version") == strconv.Itoa(k.Version) && in.one("art") == k.Kind && date == k.Date && until == k.Until && sameText(reason, k.Reason) {
		return d.goOnUnsaved(c, k)
	}
	content := models.Content{Reason: &reason, Effective: &models.EffectiveInput{Kind: in.one("art"), Date: date.String(), Until: until.String()}}
	if in.one("art") == k.Kind && date == k.Date && until == k.Until {
		content.Effective = nil // a date that has passed meanwhile does not keep one from mending the reason
	}
	return d.save(c, k, content, again)
}

// readWhen reads the two days; each that can't be read is a problem at its input.
func readWhen(c *fiber.Ctx, in inputs) (date, until calendar.Day, problems []templates.Problem) {
	words := templates.Words(locale(c))
	wrong := func(field, key string) {
		problems = append(problems, templates.Problem{Field: field, Text: words.Say(key, nil)})
	}
	if kind := in.one("art"); kind != models.From && kind != models.By {
		wrong("art", "web.filing.when.kind_missing")
	}
	var err error
	if blank(in.one("datum")) {
		wrong("datum", "web.filing.when.date_missing")
	} else if date, err = calendar.ReadDay(in.one("datum")); err != nil {
		wrong("datum", "web.filing.when.date_wrong")
	}
	if !blank(in.one("befristet")) {
		if until, err = calendar.ReadDay(in.one("befristet")); err != nil {
			wrong("befristet", "web.filing.when.until_wrong")
		}
	}
	return date, until, problems
}

func blank(s string) bool { return strings.TrimSpace(s) == "" }
