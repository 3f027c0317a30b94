package handlers

import (
	"cmp"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"formwandel/models"
	"formwandel/templates"
)

// saveView keeps the filter on the screen under a name, or forgets one that was kept.
func (d *door) saveView(c *fiber.Ctx) error {
	if id, err := strconv.ParseInt(posted(c, "loeschen"), 10, 64); err == nil {
		if err := d.Store.DropView(c.UserContext(), user(c), id); err != nil {
			return err
		}
		return c.Redirect("/auftraege?"+writeFilter(d.asked(c, queryIn(posted(c, "zurueck"))).Filter)+"&erledigt=ansicht_geloescht", fiber.StatusSeeOther)
	}
	a := d.asked(c, queryIn(posted(c, "zurueck")))
	a.Cursor = ""
	a.viewName = posted(c, "name")
	err := cmp.Or(a.bad, d.Store.CheckFilter(user(c), a.Filter))
	query := writeFilter(a.Filter)
	if err == nil {
		err = d.Store.SaveView(c.UserContext(), user(c), a.viewName, query)
	}
	if models.IsKind(err, models.Invalid) {
		a.wrong = err
		return d.showQueue(c, a)
	}
	if err != nil {
		return err
	}
	return c.Redirect("/auftraege?"+query+"&erledigt=ansicht_gespeichert", fiber.StatusSeeOther)
}

// look notes that a person still has a request on the screen, and tells who else does.
func (d *door) look(c *fiber.Ctx) error {
	people, err := d.Store.Look(c.UserContext(), user(c), c.Params("number"))
	if err != nil {
		return err
	}
	names := make([]string, 0, len(people))
	for _, p := range people {
		names = append(names, p.Name)
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.JSON(map[string]any{"lookers": names, "text": templates.Looking(locale(c), people)})
}
