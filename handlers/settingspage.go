package handlers

import (
	"github.com/gofiber/fiber/v2"

	"formwandel/templates"
)

// settingsPage shows how the program is set up.
func (d *door) settingsPage(c *fiber.Ctx) error {
	p := &templates.SettingsPage{Desk: d.desk(c, say(c, "web.admin.settings")), Version: d.Version, Settings: d.Settings, NoContact: d.Contact == ""}
	p.Database = map[string]string{"sqlite": "SQLite", "postgres": "PostgreSQL"}[d.Store.Dialect()]
	var err error
	if p.Schema, err = d.Store.Schema(c.UserContext()); err != nil {
		return err
	}
	return d.render(c, fiber.StatusOK, p)
}
