package handlers

import (
	"slices"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
	"formwandel/templates"
)

// sectionsPage lets people choose the sections of a request anew.
func (d *door) sectionsPage(c *fiber.Ctx, k *desk) error {
	a := asShown
	a.values = inputs{"abschnitt": k.Sections}
	return d.showSections(c, k, a)
}

func (d *door) showSections(c *fiber.Ctx, k *desk, a attempt) error {
	p := &templates.SectionsPage{Wizard: d.wizard(c, k, "web.filing.sections.title")}
	if err := d.put(c, k, &p.Wizard, a); err != nil {
		return err
	}
	p.Action, p.Losing = k.base()+"/"+sectionsStep, len(k.Changes) > 0
	p.Wishing = k.Wish != "" || a.values.one("wunsch") != ""
	p.Sections = templates.SectionChoices(k.Definition, a.values["abschnitt"])
	return d.render(c, a.status, p)
}

// saveSections takes the sections, and drops the changes of those that were taken out.
func (d *door) saveSections(c *fiber.Ctx, k *desk) error {
	again := func(k *desk, a attempt) error { return d.showSections(c, k, a) }
	chosen := chosenSections(c)
	if len(chosen.sections) == 0 {
		return d.giveBack(c, k, attempt{status: fiber.StatusUnprocessableEntity, problems: noSection(c)}, again)
	}
	if slices.Equal(chosen.sections, k.Sections) && posted(c, "zurueck") == "" {
		if err := d.Store.ForgetTyped(c.UserContext(), user(c), k.Number, k.page); err != nil {
			return err
		}
		return c.Redirect(fieldsPath(k.Number, chosen.wishing), fiber.StatusSeeOther)
	}
	changes := []models.ChangeInput{}
	for _, ch := range k.Changes {
		if slices.Contains(chosen.sections, ch.Section) {
			changes = append(changes, kept(ch))
		}
	}
	return d.save(c, k, models.Content{Sections: &chosen.sections, Changes: &changes}, again)
}
