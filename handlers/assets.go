package handlers

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"formwandel/templates"
)

// assets serves what pages load: under an address that holds the content's hash, for ever.
func (d *door) assets(app *fiber.App) {
	for _, a := range templates.Assets() {
		app.Get(a.Path, func(c *fiber.Ctx) error {
			c.Set(fiber.HeaderContentType, a.Type)
			c.Set(fiber.HeaderCacheControl, "public, max-age=31536000, immutable")
			c.Set(fiber.HeaderVary, fiber.HeaderAcceptEncoding)
			if a.Gzip != nil && strings.Contains(c.Get(fiber.HeaderAcceptEncoding), "gzip") {
				c.Set(fiber.HeaderContentEncoding, "gzip")
				return c.Send(a.Gzip)
			}
			return c.Send(a.Body)
		})
	}
}
